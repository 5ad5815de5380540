//! The pages in a real browser, spoken to over two pipes (Chrome `DevTools` Protocol).

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use pmsts_testcases::Verdict;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{HtmlError, render, site};
use crate::record::Results;
use crate::sample;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser with one page.
struct Browser {
    child: Child,
    orders: ChildStdin,
    answers: Receiver<Value>,
    session: Option<String>,
    last: u64,
    /// What happened beside the answers.
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    /// None, with the reason printed, where there is no browser.
    fn start() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut places =
            std::env::split_paths(&path).flat_map(|dir| NAMES.map(|name| dir.join(name)));
        let Some(program) = places.find(|place| place.is_file()) else {
            println!("skipped: none of {} is on PATH", NAMES.join(", "));
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
                     --disable-component-update --disable-sync --remote-debugging-pipe";
        let mut child = Command::new("sh")
            // It reads orders from 3 and answers on 4.
            .args([
                "-c",
                "exec \"$0\" \"$@\" 3<&0 4>&1 < /dev/null > /dev/null 2>&1",
            ])
            .arg(program)
            .args(flags.split_whitespace())
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, answers) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for message in output.split(0).map_while(Result::ok) {
                let _ = sender.send(serde_json::from_slice(&message).unwrap());
            }
        });
        let mut browser = Self {
            orders: child.stdin.take().unwrap(),
            child,
            answers,
            session: None,
            last: 0,
            events: Vec::new(),
            _profile: profile,
        };
        browser.attach();
        Some(browser)
    }

    fn attach(&mut self) {
        let targets = self.call("Target.getTargets", &json!({}));
        let page = targets["targetInfos"].as_array().unwrap().iter();
        let page = page
            .clone()
            .find(|target| target["type"] == "page")
            .unwrap();
        let page = json!({ "targetId": page["targetId"], "flatten": true });
        let session = self.call("Target.attachToTarget", &page)["sessionId"].clone();
        self.session = session.as_str().map(str::to_owned);
        for target in ["Page", "Runtime", "Network", "Log"] {
            self.call(&format!("{target}.enable"), &json!({}));
        }
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let mut order = json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = &self.session {
            order["sessionId"] = json!(session);
        }
        write!(self.orders, "{order}\0").unwrap();
        loop {
            let answer = self.answers.recv_timeout(PATIENCE).unwrap();
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    /// The value of an expression in the page.
    fn value(&mut self, expression: &str) -> Value {
        let params =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", &params);
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    fn text(&mut self, expression: &str) -> String {
        self.value(expression)
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until an expression holds.
    fn until(&mut self, expression: &str) {
        let begun = Instant::now();
        while self.value(&format!("!!({expression})")) != json!(true) {
            assert!(begun.elapsed() < PATIENCE, "never: {expression}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Opens a page and waits for its list.
    fn open(&mut self, page: &Path) -> Duration {
        let begun = Instant::now();
        let url = format!("file://{}", page.display());
        self.call("Page.navigate", &json!({ "url": url }));
        self.until(
            "location.protocol === 'file:' && document.getElementById('count')?.textContent",
        );
        begun.elapsed()
    }

    /// Nothing was complained of, and nothing asked for outside the directory.
    fn assert_quiet(&self, dir: &Path) {
        let inside = format!("file://{}/", dir.display());
        for event in &self.events {
            let params = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Runtime.exceptionThrown" | "Log.entryAdded" | "Runtime.consoleAPICalled" => {
                    panic!("the page complains: {event}");
                }
                "Network.requestWillBeSent" => {
                    let url = params["request"]["url"].as_str().unwrap_or_default();
                    assert!(
                        url.starts_with(&inside) || url.starts_with("data:"),
                        "it asks for {url}"
                    );
                }
                _ => {}
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two package managers that differ.
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

/// What a reader does with either form of the report.
fn read(browser: &mut Browser, page: &Path) {
    browser.open(page);
    assert_eq!(
        browser.text("count.textContent"),
        "2 of 3 instances, 2 of 3 cases"
    );

    // Filter: by verdict, by difference, by text; the address holds it.
    browser.value("form.verdict.value = 'all'; form.verdict.dispatchEvent(new Event('input', { bubbles: true }))");
    browser.until("count.textContent.startsWith('3 of 3')");
    browser.value("form.differs.click()");
    browser.until("count.textContent.startsWith('1 of 3')");
    assert_eq!(browser.text("location.hash"), "#verdict=all&differs=1");
    browser.value("form.differs.click(); form.text.value = 'LACK'; form.text.dispatchEvent(new Event('input', { bubbles: true }))");
    browser.until("document.querySelector('.row').dataset.id === 'lacking@8'");
    assert_eq!(browser.text("location.hash"), "#verdict=all&text=LACK");

    // From the matrix to a failure, and to its difference.
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

    // A link to an instance opens it, and hostile text is text.
    browser.value("location.hash = 'open=bad%408'");
    browser.until("document.querySelector('.row[open][data-id=\"bad@8\"] td.ins')?.textContent.includes('<script>')");
    // The arrows go from line to line.
    browser.value("document.querySelector('.row[open] > summary').focus()");
    let key = json!({ "type": "keyDown", "key": "ArrowDown", "code": "ArrowDown", "windowsVirtualKeyCode": 40 });
    browser.call("Input.dispatchKeyEvent", &key);
    browser.until("document.activeElement.textContent.includes('failed · portage@3.0.83')");
    // A place in the page opens.
    browser.value("location.hash = 'timeline'");
    browser.until("document.querySelector('#timeline rect')");
}

#[test]
fn a_reader_finds_a_failure_and_its_difference() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let results = results();
    write_site(&results, dir.path());
    read(&mut browser, &dir.path().join("index.html"));
    let page = dir.path().join("report.html");
    std::fs::write(&page, render(&[results]).unwrap()).unwrap();
    read(&mut browser, &page);
    browser.assert_quiet(dir.path());
}

#[test]
fn a_missing_part_is_told() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    write_site(&results(), dir.path());
    std::fs::remove_file(dir.path().join("data/0-files.js")).unwrap();
    browser.open(&dir.path().join("index.html"));
    browser.value("location.hash = 'open=bad%408'");
    browser
        .until("document.querySelector('[role=alert]')?.textContent.includes('data/0-files.js')");
}

/// 10,000 instances on 10 package managers. The limits are wide, as other tests run beside.
#[test]
fn a_large_site_opens_and_filters_at_once() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
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
