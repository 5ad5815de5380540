//! Tests of the reports in a real browser.

mod devtools;

use std::path::Path;
use std::time::{Duration, Instant};

use pmsts_testcases::Verdict;
use serde_json::json;

use super::{HtmlError, render, site, store};
use crate::record::Results;
use crate::sample;
use devtools::Browser;

/// Two package managers with different verdicts.
fn results() -> Results {
    let mut results = sample::results();
    let mut other = results.targets[0].clone();
    other.name = "pkgcore@0.12.48".to_owned();
    other.pm = "pkgcore".to_owned();
    other.instances[0] = sample::instance("good", Verdict::Failed, b"b");
    results.targets.push(other);
    results
}

fn write_site(results: &Results, dir: &Path) {
    std::fs::create_dir_all(dir.join("data")).unwrap();
    let write = |path: &str, text: &str| {
        std::fs::write(dir.join(path), text).unwrap();
        Ok::<(), HtmlError>(())
    };
    site(std::slice::from_ref(results), write).unwrap();
}

/// Uses a report as a reader does, and checks what it shows.
fn use_report(browser: &mut Browser, page: &Path) {
    browser.open(page);
    assert_eq!(
        browser.text("count.textContent"),
        "2 of 3 instances, 2 of 3 cases"
    );

    // Filter by verdict, by difference and by text; the address contains the filter.
    browser.value("form.verdict.value = 'all'; form.verdict.dispatchEvent(new Event('input', { bubbles: true }))");
    browser.until("count.textContent.startsWith('3 of 3')");
    browser.value("form.differs.click()");
    browser.until("count.textContent.startsWith('1 of 3')");
    assert_eq!(browser.text("location.hash"), "#verdict=all&differs=1");
    browser.value("form.differs.click(); form.text.value = 'LACK'; form.text.dispatchEvent(new Event('input', { bubbles: true }))");
    browser.until("document.querySelector('.row').dataset.id === 'lacking@8'");
    assert_eq!(browser.text("location.hash"), "#verdict=all&text=LACK");

    // Follow a link of the table to a failure, and open its difference.
    browser.value("document.querySelector('.matrix td.failed a').click()");
    browser.until("document.querySelector('.row[data-id=\"good@8\"]')");
    browser.value("document.querySelector('.row[data-id=\"good@8\"] > summary').click()");
    browser.until("document.querySelector('.row[open] ins')");
    assert_eq!(
        browser.text("document.querySelector('.row[open] ins').textContent"),
        "b"
    );
    assert_eq!(
        browser.text("document.querySelector('.row[open] del').textContent"),
        "a"
    );
    let ebuild = "[...document.querySelectorAll('.row[open] summary')].find(s => s.textContent.endsWith('.ebuild'))";
    browser.value(&format!("{ebuild}.click()"));
    browser.until("document.querySelector('.row[open] pre')?.textContent.includes('EAPI=8')");

    // A link to an instance opens it, and hostile text is shown as text.
    browser.value("location.hash = 'open=bad%408'");
    browser.until("document.querySelector('.row[open][data-id=\"bad@8\"] td.ins')?.textContent.includes('<script>')");
    // The arrow keys move from line to line.
    browser.value("document.querySelector('.row[open] > summary').focus()");
    let key = json!({ "type": "keyDown", "key": "ArrowDown", "code": "ArrowDown", "windowsVirtualKeyCode": 40 });
    browser.call("Input.dispatchKeyEvent", &key);
    browser.until("document.activeElement.textContent.includes('failed · portage@3.0.83')");
    // A link to a heading opens what it names.
    browser.value("location.hash = 'timeline'");
    browser.until("document.querySelector('#timeline rect')");
}

#[test]
#[ignore = "needs a browser: ./ci/test runs it"]
fn a_reader_finds_a_failure_and_its_difference() {
    let mut browser = Browser::start();
    let dir = tempfile::tempdir().unwrap();
    let results = results();
    write_site(&results, dir.path());
    use_report(&mut browser, &dir.path().join("index.html"));
    let page = dir.path().join("report.html");
    std::fs::write(&page, render(&[results]).unwrap()).unwrap();
    use_report(&mut browser, &page);
    browser.assert_quiet(dir.path());
}

#[test]
#[ignore = "needs a browser: ./ci/test runs it"]
fn the_page_of_a_store_asks_by_its_form_and_has_no_script() {
    let mut browser = Browser::start();
    let dir = tempfile::tempdir().unwrap();
    let view = store::View {
        about: "dosym*".to_owned(),
        show: "changes".to_owned(),
        next: Some("3 portage a@8".to_owned()),
        found: Some(vec![store::Row {
            instance: "dosym@8".to_owned(),
            title: "A case".to_owned(),
            section: "feat:dosym-relative".to_owned(),
            release: "portage@3.0.9".to_owned(),
            verdict: Verdict::Failed,
            before: Some("passed on portage@3.0.8".to_owned()),
            finding: None,
            found: "2026-01-01T00:00:00Z".to_owned(),
        }]),
        ..store::View::default()
    };
    let page = dir.path().join("index.html");
    std::fs::write(&page, store::render(&view).unwrap()).unwrap();
    browser.visit(&page);
    assert_eq!(browser.text("String(document.scripts.length)"), "0");
    assert_eq!(
        browser.text("document.querySelector('td.failed').textContent"),
        "failed"
    );
    let asks = "new URLSearchParams(new FormData(document.forms[0])).toString()";
    assert_eq!(
        browser.text(asks),
        "about=dosym*&pm=&text=&verdict=&show=changes"
    );
    let goes_on = "new URLSearchParams(new FormData(document.forms[1])).get('after')";
    assert_eq!(browser.text(goes_on), "3 portage a@8");
}

#[test]
#[ignore = "needs a browser: ./ci/test runs it"]
fn a_missing_part_is_reported() {
    let mut browser = Browser::start();
    let dir = tempfile::tempdir().unwrap();
    write_site(&results(), dir.path());
    std::fs::remove_file(dir.path().join("data/0-files.js")).unwrap();
    browser.open(&dir.path().join("index.html"));
    browser.value("location.hash = 'open=bad%408'");
    browser
        .until("document.querySelector('[role=alert]')?.textContent.includes('data/0-files.js')");
}

/// 10,000 instances on 10 targets. The limits are generous, as other tests run at the same time.
#[test]
#[ignore = "needs a browser: ./ci/test runs it"]
fn a_large_site_opens_and_filters_at_once() {
    let mut browser = Browser::start();
    let dir = tempfile::tempdir().unwrap();
    write_site(&large(), dir.path());
    let opened = browser.open(&dir.path().join("index.html"));
    let mut slowest = Duration::ZERO;
    for hash in [
        "verdict=all",
        "verdict=all&eapi=3",
        "verdict=all&text=case-77",
        "differs=1",
        "verdict=all",
    ] {
        let begun = Instant::now();
        browser.value(&format!(
            "history.replaceState(null, '', '#{hash}'); fromAddress(); document.body.offsetHeight; \
             new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
        ));
        slowest = slowest.max(begun.elapsed());
    }
    println!("opened in {opened:?}, filtered in {slowest:?} at most");
    assert!(opened < Duration::from_secs(20), "{opened:?}");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
}

fn large() -> Results {
    let mut results = sample::results();
    let instance = |n: usize| {
        let verdict = if n.is_multiple_of(60) {
            Verdict::Failed
        } else {
            Verdict::Passed
        };
        let mut instance = sample::instance(&format!("case-{}", n / 8), verdict, b"b");
        instance.eapi = (n % 8).to_string();
        instance.id = format!("{}@{}", instance.case, instance.eapi);
        instance.section = format!("sec:{}", n / 50);
        instance
    };
    results.targets[0].instances = (0..10_000).map(instance).collect();
    let target = results.targets[0].clone();
    for n in 1..10 {
        let mut target = target.clone();
        target.name = format!("portage@{n}");
        target.instances.rotate_left(n);
        results.targets.push(target);
    }
    results
}
