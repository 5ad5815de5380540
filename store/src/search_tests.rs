//! Tests of questions.

use pmsts_testcases::Verdict::{Failed, Passed};

use crate::database::Store;
use crate::entry::Target;
use crate::question::{Page, Query, Show};
use crate::runs::{Run, RunTarget, Shown};
use crate::sample::{entry, with_store};

/// A store with two cases on 20 releases; `a` fails from 3.0.9 to 3.0.11.
fn known(test: impl FnOnce(&mut Store)) {
    with_store(|store| {
        let of = |n: u32| if (9..12).contains(&n) { Failed } else { Passed };
        let mut all: Vec<_> = (1..=20).rev().map(|n| entry("a", n, of(n))).collect();
        all.extend((1..=20).map(|n| entry("other-case", n, Passed)));
        store.put(&all).unwrap();
        test(store);
    });
}

fn about(case: &str) -> Query {
    Query {
        about: Some(case.to_owned()),
        ..Query::default()
    }
}

fn releases(page: &Page) -> Vec<&str> {
    let releases = page.rows.iter().map(|row| row.release.as_str());
    releases
        .map(|it| it.trim_start_matches("portage@3.0."))
        .collect()
}

#[test]
fn releases_come_in_the_order_of_their_versions_and_in_pages() {
    known(|store| {
        let mut query = Query {
            limit: Some(7),
            ..about("a")
        };
        let mut all = Vec::new();
        loop {
            let page = store.search(&query).unwrap();
            all.extend(
                releases(&page)
                    .into_iter()
                    .map(|it| it.parse::<u32>().unwrap()),
            );
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        assert_eq!(all, (1..=20).collect::<Vec<_>>());
    });
}

#[test]
fn a_question_selects_by_all_that_it_says() {
    known(|store| {
        let count = |query: &Query| store.search(query).unwrap().rows.len();
        assert_eq!(count(&Query::default()), 40);
        assert_eq!(count(&about("other*")), 20);
        assert_eq!(count(&about("a@8")), 20);
        assert_eq!(count(&about("feat:dosym-relative")), 40);
        assert_eq!(count(&about("nothing")), 0);
        let with = |change: &dyn Fn(&mut Query)| {
            let mut query = about("a");
            change(&mut query);
            count(&query)
        };
        assert_eq!(with(&|q| q.pm = Some("portage".to_owned())), 20);
        assert_eq!(with(&|q| q.pm = Some("pkgcore".to_owned())), 0);
        assert_eq!(with(&|q| q.pm = Some("portage@3.0.9".to_owned())), 1);
        assert_eq!(
            with(&|q| q.pm = Some("portage@3.0.9..3.0.11".to_owned())),
            3
        );
        assert_eq!(with(&|q| q.pm = Some("portage@>=3.0.19".to_owned())), 2);
        assert_eq!(with(&|q| q.eapi = Some("7".to_owned())), 0);
        assert_eq!(with(&|q| q.verdict = Some(Failed)), 3);
        assert_eq!(
            with(&|q| q.since = Some("2026-01-01T00:00:15Z".to_owned())),
            6
        );
        assert_eq!(with(&|q| q.text = Some("files work".to_owned())), 0);
        assert_eq!(with(&|q| q.text = Some("works on direct".to_owned())), 20);
    });
}

#[test]
fn questions_that_make_no_sense_are_refused_with_what_to_write() {
    known(|store| {
        let refused = |query: Query| store.search(&query).unwrap_err().to_string();
        let text = |text: &str| Query {
            text: Some(text.to_owned()),
            ..Query::default()
        };
        assert!(refused(text("\" *")).contains("no word"));
        store.search(&text("a\"b OR NEAR(")).unwrap();
        let since = Query {
            since: Some("yesterday".to_owned()),
            ..Query::default()
        };
        assert!(refused(since).contains("2026-"));
        let run = Query {
            not_in: Some("x".to_owned()),
            ..Query::default()
        };
        assert!(refused(run).contains("--runs"));
    });
}

#[test]
fn the_first_failure_and_the_changes_are_found_page_by_page() {
    known(|store| {
        let ask = |show, limit, after| {
            let query = Query {
                show,
                limit,
                after,
                ..about("a")
            };
            store.search(&query).unwrap()
        };
        let first = ask(Show::FirstFailure, None, None);
        assert_eq!(releases(&first), ["9"]);
        let changes = ask(Show::Changes, None, None);
        assert_eq!(releases(&changes), ["9", "12"]);
        let before = changes.rows[1].before.clone();
        assert_eq!(before, Some(("portage@3.0.11".to_owned(), Failed)));
        let one = ask(Show::Changes, Some(1), None);
        assert_eq!(releases(&one), ["9"]);
        assert_eq!(releases(&ask(Show::Changes, Some(1), one.next)), ["12"]);
    });
}

#[test]
fn of_several_verdicts_on_one_release_the_newest_counts() {
    with_store(|store| {
        let old = entry("a", 1, Passed);
        let mut new = entry("a", 1, Failed);
        new.key = crate::key::Key::of(["another configuration"]);
        new.found = "2026-02-01T00:00:00Z".to_owned();
        store.put(&[new, old]).unwrap();
        let page = store.search(&about("a")).unwrap();
        assert_eq!(page.rows.len(), 1);
        assert_eq!(page.rows[0].verdict, Failed);
    });
}

#[test]
fn a_run_is_listed_with_what_it_did_not_have_and_the_findings_that_it_showed() {
    known(|store| {
        let target = Target {
            name: "portage@3.0.9".to_owned(),
            pm: "portage".to_owned(),
            version: "3.0.9".to_owned(),
            bash: "5.2".to_owned(),
            key: "k".to_owned(),
        };
        let shown = Shown {
            finding: "links".to_owned(),
            title: "It breaks links".to_owned(),
            instances: vec!["a@8".to_owned()],
        };
        let run = Run {
            name: "r1".to_owned(),
            started: "2026-03-01T00:00:00Z".to_owned(),
            duration_ms: 5,
            arguments: Vec::new(),
            targets: vec![RunTarget {
                target,
                wall_ms: 5,
                instances: vec!["a@8".to_owned()],
                findings: vec![shown],
            }],
        };
        assert!(store.put_run(&run).unwrap());
        assert!(!store.put_run(&run).unwrap());
        assert_eq!(
            store.runs(5).unwrap()[0].targets,
            [("portage@3.0.9".to_owned(), 1)]
        );
        let lacks = Query {
            not_in: Some("r1".to_owned()),
            ..Query::default()
        };
        let page = store.search(&lacks).unwrap();
        assert_eq!(page.rows.len(), 1);
        assert_eq!(page.rows[0].instance, "other-case@8");
        assert_eq!(store.search(&about("links")).unwrap().rows.len(), 20);
        let row = store.search(&about("links")).unwrap();
        assert_eq!(row.rows[8].finding.as_deref(), Some("links"));
        assert_eq!(store.findings().unwrap()[0].releases.len(), 1);
    });
}
