//! Runs that share what they observe: by the service, by a server of files, and by stores that are broken. Wants root.

mod common;
mod served;

use std::process::Output;
use std::time::{Duration, Instant};

use common::{Bench, Scripted, case, text};
use serde_json::Value as Json;
use served::{Hostile, Nginx, Service, Tinyproxy, pmsts};

fn cases() -> String {
    let tells = |id: &str, expected: &str| {
        let expect = format!("\"src_compile.x\" = \"{expected}\"");
        case(id, "src_compile = 'observe x y'", &expect)
    };
    [tells("right", "y"), tells("wrong", "z")].join("\n")
}

/// A user with a cache of their own.
struct User {
    bench: Bench,
    pm: Scripted,
}

impl User {
    fn new() -> Self {
        Self {
            bench: Bench::new(&cases()),
            pm: Scripted::new(""),
        }
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = self.bench.command(arguments);
        command.args(self.pm.arguments()).args(["--jobs", "1"]);
        command.env("PMSTS_CACHE", self.bench.cases().with_file_name("cache"));
        command.envs(environment.iter().copied()).output().unwrap()
    }

    /// How many verdicts are of earlier runs, and what the record says of its first store.
    fn reused(&self) -> (usize, Json) {
        let results = self.bench.results();
        let instances = results["targets"][0]["instances"].as_array().unwrap();
        let reused = instances.iter().filter(|i| i.get("reused").is_some());
        (reused.count(), results["stores"][0].clone())
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_one_user_observed_another_one_reuses() {
    let service = Service::start();
    let (first, second) = (User::new(), User::new());
    let token = [("PMSTS_STORE_TOKEN", service.token.as_str())];
    let output = first.run(&["--store", &service.url], &token);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(first.reused().0, 0);
    assert_eq!(first.reused().1["written"], 2);
    // Without a token nothing is written, and that is said once.
    let output = second.run(&["--store", &service.url], &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(second.reused().0, 2);
    // The store answers the same in both ways.
    let file = service.store();
    let here = pmsts(&["history", "--store", &file, "--format", "json"]);
    let there = pmsts(&["history", "--store", &service.url, "--format", "json"]);
    assert_eq!(here.stdout, there.stdout);
    let page: Json = serde_json::from_slice(&here.stdout).unwrap();
    assert_eq!(page["rows"].as_array().unwrap().len(), 2);
    assert_eq!(page["rows"][1]["verdict"], "failed");
    let runs = pmsts(&["history", "--runs", "--store", &service.url]);
    assert!(text(&runs).contains("+checkout (2)"), "{}", text(&runs));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_store_that_takes_nothing_is_only_read() {
    let service = Service::start();
    let user = User::new();
    let output = user.run(
        &["--store", &service.url],
        &[("PMSTS_STORE_TOKEN", "wrong")],
    );
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let (_, used) = user.reused();
    assert_eq!(used["stored"], false);
    let said = text(&output)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!(
        said.matches("it takes nothing from this run").count(),
        1,
        "{said}"
    );
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn rules_send_some_cases_nowhere() {
    let service = Service::start();
    let user = User::new();
    let config = user.bench.cases().with_file_name("pmsts.toml");
    let rules = format!(
        "[[store]]\nurl = \"\"\ncases = \"wr*\"\n[[store]]\nurl = \"{}\"\nmode = \"read-write\"\n",
        service.url
    );
    std::fs::write(&config, rules).unwrap();
    let config = config.display().to_string();
    let token = [("PMSTS_STORE_TOKEN", service.token.as_str())];
    let output = user.run(&["--config", &config], &token);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let page = pmsts(&["history", "--store", &service.url, "--format", "json"]);
    let page: Json = serde_json::from_slice(&page.stdout).unwrap();
    let rows = page["rows"].as_array().unwrap();
    assert_eq!(
        rows.iter().map(|row| &row["case"]).collect::<Vec<_>>(),
        ["right"]
    );
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_store_of_its_own_serves_a_run_and_ends_with_it() {
    let user = User::new();
    let output = user.run(&["--store", "auto"], &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(user.reused().1["written"], 2);
    user.run(&["--store", "auto"], &[]);
    assert_eq!(user.reused().0, 2);
    let store = user.bench.cases().with_file_name("cache");
    let left = common::process_mentions(&store.display().to_string());
    assert!(!left, "the service is left");
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_store_that_is_away_or_hostile_harms_no_run() {
    let expected = Some(1);
    for hostile in Hostile::ALL {
        let store = hostile.listen();
        let user = User::new();
        let began = Instant::now();
        let output = user.run(&["--store", &store], &[("PMSTS_STORE_TOKEN", "x")]);
        assert_eq!(
            output.status.code(),
            expected,
            "{hostile:?}: {}",
            text(&output)
        );
        let (reused, used) = user.reused();
        assert_eq!(reused, 0, "{hostile:?}");
        // One that says yes to everything is believed to have taken it.
        let stored = matches!(hostile, Hostile::Garbage);
        assert_eq!(used["stored"], stored, "{hostile:?}: {used}");
        assert!(used["errors"].as_u64().unwrap() > 0, "{hostile:?}: {used}");
        assert!(began.elapsed() < Duration::from_secs(60), "{hostile:?}");
    }
    let store = Hostile::Closed.listen();
    let output = User::new().run(&["--store", &store, "--store-required"], &[]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(
        text(&output).contains("--store-required"),
        "{}",
        text(&output)
    );
}

#[test]
#[ignore = "wants root, nginx and tinyproxy: ./ci/test runs it"]
fn nginx_is_a_store_and_a_proxy_with_a_password_leads_there() {
    let nginx = Nginx::start();
    let proxy = Tinyproxy::start(&nginx.port());
    let (first, second) = (User::new(), User::new());
    let output = first.run(&["--store", &nginx.url()], &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(first.reused().1["written"], 2, "{}", first.reused().1);
    let through = [("http_proxy", proxy.url.as_str())];
    let output = second.run(&["--store", &nginx.url()], &through);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(second.reused().0, 2, "{}", second.reused().1);
    assert!(proxy.log().contains("CONNECT"), "{}", proxy.log());
    // It keeps files, and searches none.
    let history = pmsts(&["history", "--store", &nginx.url()]);
    assert_eq!(history.status.code(), Some(3));
    assert!(
        text(&history).contains("cannot search"),
        "{}",
        text(&history)
    );
}

#[test]
fn two_stores_are_brought_up_to_date() {
    let service = Service::start();
    let dir = tempfile::tempdir().unwrap();
    let mine = dir.path().join("mine.db").display().to_string();
    let entry = |case: &str| {
        let key = pmsts_store::Key::of([case]);
        format!(
            r#"{{"pmsts":1,"key":"{key}","build":"{key}","found":"2026-01-01T00:00:00Z","target":{{"name":"portage@1","pm":"portage","version":"1","bash":"5","key":"k"}},"verdicts":[{{"instance":"{case}@8","case":"{case}","title":"t","eapi":"8","section":"s","expect":"0000000000000001","verdict":"passed"}}],"body":{{}}}}"#
        )
    };
    let add = |store: &str, text: &str| {
        let file = dir.path().join("entries.zst");
        std::fs::write(&file, zstd::encode_all(text.as_bytes(), 0).unwrap()).unwrap();
        let output = pmsts(&[
            "store",
            "import",
            &file.display().to_string(),
            "--store",
            store,
        ]);
        assert!(output.status.success(), "{}", text_of(&output));
    };
    add(&mine, &format!("{}\n{}", entry("a"), entry("b")));
    let conflict = entry("b").replace("passed", "failed");
    add(&service.store(), &format!("{}\n{conflict}", entry("c")));
    let sync = || {
        let output = served::command(&[
            "store",
            "sync",
            &service.url,
            "--store",
            &mine,
            "--format",
            "json",
        ])
        .env("PMSTS_STORE_TOKEN", &service.token)
        .output()
        .unwrap();
        assert!(output.status.success(), "{}", text_of(&output));
        serde_json::from_slice::<Json>(&output.stdout).unwrap()
    };
    let first = sync();
    assert_eq!(
        (&first["sent"]["new"], &first["sent"]["conflicts"]),
        (&1.into(), &1.into())
    );
    assert_eq!(first["received"]["new"], 1);
    let again = sync();
    assert_eq!(
        (&again["sent"]["new"], &again["received"]["new"]),
        (&0.into(), &0.into())
    );
    let conflicts = pmsts(&["serve", "conflicts", "--store", &service.store()]);
    assert!(
        text_of(&conflicts).contains("1 conflicts"),
        "{}",
        text_of(&conflicts)
    );
}

fn text_of(output: &Output) -> String {
    text(output)
}
