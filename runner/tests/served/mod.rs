//! Peers of the tests of stores: the service of pmsts, nginx, tinyproxy, and servers that do harm.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

/// A command of pmsts without a proxy or a token from outside.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmsts"));
    for variable in [
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "PMSTS_STORE_TOKEN",
    ] {
        command.env_remove(variable);
    }
    command.args(arguments);
    command
}

pub(crate) fn pmsts(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// A process that ends with the test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The service, on a store of its own.
pub(crate) struct Service {
    pub(crate) url: String,
    pub(crate) token: String,
    dir: tempfile::TempDir,
    #[expect(dead_code, reason = "dropping it ends the service")]
    child: Ends,
}

impl Service {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("store.db").display().to_string();
        let token = pmsts(&["serve", "token", "add", "test", "--store", &store]);
        let mut child = command(&["serve", "--listen", "127.0.0.1:0", "--store", &store])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        Self {
            url: line.trim().to_owned(),
            token: String::from_utf8(token.stdout).unwrap().trim().to_owned(),
            dir,
            child: Ends(child),
        }
    }

    /// The file of its store.
    pub(crate) fn store(&self) -> String {
        self.dir.path().join("store.db").display().to_string()
    }
}

/// A port that is free.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn wait_for(port: u16) {
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing listens at port {port}");
}

/// nginx as a server of files.
pub(crate) struct Nginx {
    port: u16,
    #[expect(dead_code, reason = "dropping it removes the files")]
    dir: tempfile::TempDir,
    #[expect(dead_code, reason = "dropping it ends the server")]
    child: Ends,
}

impl Nginx {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let at = dir.path().display();
        fs::create_dir_all(dir.path().join("files")).unwrap();
        let config = format!(
            "user root;\ndaemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/error.log;\n\
             events {{}}\nhttp {{\n access_log off;\n client_body_temp_path {at}/body;\n proxy_temp_path {at}/p;\n\
             fastcgi_temp_path {at}/f;\n uwsgi_temp_path {at}/u;\n scgi_temp_path {at}/s;\n\
             server {{ listen 127.0.0.1:{port}; client_max_body_size 1m;\n\
             location / {{ root {at}/files; dav_methods PUT; create_full_put_path on; }} }}\n}}\n"
        );
        let file = dir.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let child = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .arg("-p")
            .arg(dir.path())
            .spawn();
        let child = Ends(child.expect("nginx: install it (Debian: nginx-light)"));
        wait_for(port);
        Self { port, dir, child }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> String {
        self.port.to_string()
    }
}

/// tinyproxy, with a password.
pub(crate) struct Tinyproxy {
    pub(crate) url: String,
    dir: tempfile::TempDir,
    #[expect(dead_code, reason = "dropping it ends the proxy")]
    child: Ends,
}

impl Tinyproxy {
    pub(crate) fn start(to: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let log = dir.path().join("log");
        let config = format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 60\nLogFile \"{}\"\nLogLevel Connect\nMaxClients 20\n\
             Allow 127.0.0.1\nBasicAuth user password\nConnectPort {to}\n",
            log.display()
        );
        let file = dir.path().join("tinyproxy.conf");
        fs::write(&file, config).unwrap();
        let child = Command::new("tinyproxy")
            .arg("-d")
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .spawn();
        let child = Ends(child.expect("tinyproxy: install it (Debian: tinyproxy-bin)"));
        wait_for(port);
        Self {
            url: format!("http://user:password@127.0.0.1:{port}"),
            dir,
            child,
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(Path::new(self.dir.path()).join("log")).unwrap_or_default()
    }
}

/// What a store that does harm answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hostile {
    /// Nothing listens.
    Closed,
    /// It accepts, and is silent.
    Silent,
    /// A byte now and then.
    Drip,
    /// What is no HTTP.
    Noise,
    /// A page.
    Garbage,
    /// Half of what it announced.
    Truncated,
    /// Another address.
    Elsewhere,
    /// A compressed answer.
    Bomb,
    /// An answer without end.
    Endless,
    /// An error of its own.
    Broken,
}

impl Hostile {
    pub(crate) const ALL: [Self; 10] = [
        Self::Closed,
        Self::Silent,
        Self::Drip,
        Self::Noise,
        Self::Garbage,
        Self::Truncated,
        Self::Elsewhere,
        Self::Bomb,
        Self::Endless,
        Self::Broken,
    ];

    /// Listens in threads that end with the test, and returns the address.
    pub(crate) fn listen(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        if !matches!(self, Self::Closed) {
            thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    thread::spawn(move || self.answer(client));
                }
            });
        }
        url
    }

    fn answer(self, mut client: TcpStream) {
        let mut request = vec![0; 64 * 1024];
        let _ = client.read(&mut request);
        let mut say = |text: &str| client.write_all(text.as_bytes()).is_ok();
        let ok = "HTTP/1.1 200 OK\r\n";
        let close = "connection: close\r\n";
        match self {
            Self::Closed => {}
            Self::Silent => thread::sleep(Duration::from_secs(600)),
            Self::Drip => {
                say(&format!("{ok}content-length: 100000\r\n\r\n"));
                while say(" ") {
                    thread::sleep(Duration::from_millis(300));
                }
            }
            Self::Noise => {
                say(&"\u{0}\u{1}noise\r\n".repeat(1000));
            }
            Self::Garbage => {
                say(&format!("{ok}{close}content-length: 9\r\n\r\n<p>hm</p>"));
            }
            Self::Truncated => {
                say(&format!(
                    "{ok}{close}content-length: 5000\r\n\r\n{{\"pmsts\":1"
                ));
            }
            Self::Elsewhere => {
                say(&format!(
                    "HTTP/1.1 302 Found\r\n{close}location: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
                ));
            }
            Self::Bomb => {
                say(&format!(
                    "{ok}{close}content-encoding: gzip\r\ncontent-length: 20\r\n\r\n"
                ));
                say(&"\u{1}".repeat(20));
            }
            Self::Endless => {
                say(&format!("{ok}{close}\r\n"));
                while say(&"x".repeat(64 * 1024)) {}
            }
            Self::Broken => {
                say(&format!(
                    "HTTP/1.1 500 Oops\r\n{close}content-length: 0\r\n\r\n"
                ));
            }
        }
    }
}
