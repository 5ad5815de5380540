//! Drives Chromium over two pipes (Chrome `DevTools` Protocol).

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest wait for an answer or a condition.
const PATIENCE: Duration = Duration::from_secs(60);
/// Names of the executable.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser with one open page.
pub(super) struct Browser {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<Value>,
    session: Option<String>,
    /// Id of the last request.
    last: u64,
    /// Events that came between the answers.
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    /// Starts a headless browser; panics where none is installed.
    pub(super) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = launch(&program(), profile.path());
        let (sender, answers) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for message in output.split(0).map_while(Result::ok) {
                let _ = sender.send(serde_json::from_slice(&message).unwrap());
            }
        });
        let mut browser = Self {
            requests: child.stdin.take().unwrap(),
            child,
            answers,
            session: None,
            last: 0,
            events: Vec::new(),
            _profile: profile,
        };
        browser.attach();
        browser
    }

    /// Attaches to the page that the browser opened, and subscribes to its events.
    fn attach(&mut self) {
        let found = self.call("Target.getTargets", &json!({}));
        let mut found = found["targetInfos"].as_array().unwrap().iter();
        let page = found.find(|info| info["type"] == "page").unwrap();
        let page = json!({ "targetId": page["targetId"], "flatten": true });
        let session = self.call("Target.attachToTarget", &page)["sessionId"].clone();
        self.session = session.as_str().map(str::to_owned);
        for events in ["Page", "Runtime", "Network", "Log"] {
            self.call(&format!("{events}.enable"), &json!({}));
        }
    }

    /// The answer to a request.
    pub(super) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let mut request = json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        write!(self.requests, "{request}\0").unwrap();
        loop {
            let answer = self.answers.recv_timeout(PATIENCE).unwrap();
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    /// The value of a JavaScript expression in the page.
    pub(super) fn value(&mut self, expression: &str) -> Value {
        let params =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", &params);
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    /// The value of an expression that is a string.
    pub(super) fn text(&mut self, expression: &str) -> String {
        self.value(expression)
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until an expression is true.
    pub(super) fn until(&mut self, expression: &str) {
        let begun = Instant::now();
        while self.value(&format!("!!({expression})")) != json!(true) {
            assert!(
                begun.elapsed() < PATIENCE,
                "never became true: {expression}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Opens a page without a script, and waits until it is there.
    pub(super) fn visit(&mut self, page: &Path) {
        let url = format!("file://{}", page.display());
        self.call("Page.navigate", &json!({ "url": url }));
        self.until("location.protocol === 'file:' && document.readyState === 'complete'");
    }

    /// Opens a report, waits until its list is filled, and returns how long that took.
    pub(super) fn open(&mut self, page: &Path) -> Duration {
        let begun = Instant::now();
        let url = format!("file://{}", page.display());
        self.call("Page.navigate", &json!({ "url": url }));
        self.until(
            "location.protocol === 'file:' && document.getElementById('count')?.textContent",
        );
        begun.elapsed()
    }

    /// Asserts that the page reported no error and loaded nothing from outside the directory.
    pub(super) fn assert_quiet(&self, dir: &Path) {
        let inside = format!("file://{}/", dir.display());
        for event in &self.events {
            let params = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Runtime.exceptionThrown" | "Log.entryAdded" | "Runtime.consoleAPICalled" => {
                    panic!("the page reports an error: {event}");
                }
                "Network.requestWillBeSent" => {
                    let url = params["request"]["url"].as_str().unwrap_or_default();
                    assert!(
                        url.starts_with(&inside) || url.starts_with("data:"),
                        "the page loads {url}"
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

/// Path of the browser.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).flat_map(|dir| NAMES.map(|name| dir.join(name)));
    places
        .find(|place| place.is_file())
        .unwrap_or_else(|| panic!("no browser: install one of {}", NAMES.join(", ")))
}

/// Starts the browser, which then talks over its standard input and output.
fn launch(program: &Path, profile: &Path) -> Child {
    let flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
                 --disable-component-update --disable-sync --remote-debugging-pipe";
    Command::new("sh")
        // Chromium reads requests from descriptor 3 and writes answers to 4.
        .args([
            "-c",
            "exec \"$0\" \"$@\" 3<&0 4>&1 < /dev/null > /dev/null 2>&1",
        ])
        .arg(program)
        .args(flags.split_whitespace())
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg("about:blank")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}
