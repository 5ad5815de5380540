//! The client against a runner that is good, strict, silent or not there.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use pmsts_ipc::client::ask;
use pmsts_ipc::codec::{Decoder, encode};
use pmsts_ipc::message::{Message, MessageKind, Reply, Request, VALUE_LIMIT_BYTES};
use tempfile::TempDir;

const NAMES: [&str; 3] = ["token", "main", "src_install"];

/// A socket and whoever listens there.
struct Runner {
    directory: TempDir,
    thread: JoinHandle<Vec<Request>>,
}

impl Runner {
    /// Gives these replies to as many connections, one each.
    fn replying(replies: Vec<Reply>) -> Self {
        let directory = TempDir::new().unwrap();
        let listener = UnixListener::bind(directory.path().join("socket")).unwrap();
        let answer = move |reply| {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read_request(&mut stream);
            stream.write_all(&encode(&reply).unwrap()).unwrap();
            request
        };
        let thread = thread::spawn(move || replies.into_iter().map(answer).collect());
        Self { directory, thread }
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    /// What it heard.
    fn heard(self) -> Vec<Request> {
        self.thread.join().unwrap()
    }
}

fn read_request(stream: &mut UnixStream) -> Request {
    let mut decoder = Decoder::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        if let Some(request) = decoder.decode(&mut &buffer[..count]).unwrap() {
            return request;
        }
        decoder.finish().unwrap_err();
        assert_ne!(count, 0, "the client hung up");
    }
}

fn client(socket: &Path) -> Command {
    let mut client = Command::new(env!("CARGO_BIN_EXE_observe"));
    client.arg("--socket").arg(socket).stdin(Stdio::null());
    client
}

/// Runs the client with a value on standard input.
fn send(client: &mut Command, input: &[u8]) -> Output {
    let client = client.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut client = client.unwrap();
    let mut stdin = client.stdin.take().unwrap();
    // The client stops reading where the value is too long.
    let _ = stdin.write_all(input);
    drop(stdin);
    client.wait_with_output().unwrap()
}

fn value(key: &str, value: &[u8]) -> Request {
    message(MessageKind::Value, key, value)
}

fn message(kind: MessageKind, key: &str, value: &[u8]) -> Request {
    let [token, ebuild, phase] = NAMES.map(str::to_owned);
    Request::Observe(Message {
        token,
        ebuild,
        phase,
        kind,
        key: key.to_owned(),
        value: value.to_vec(),
    })
}

#[track_caller]
fn assert_failed(output: &Output, status: i32, what: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    assert_eq!(stderr, format!("observe: {what}\n"));
}

#[test]
fn what_is_accepted_arrives_exactly() {
    let hostile = b"a\nb\r\n\x1b[2J\xff\xfe<script>\\\n\n";
    let with_nul = b"\0\n\0\xff";
    let runner = Runner::replying(vec![Reply::Accepted; 5]);
    let socket = runner.socket();
    let run = |words: &[&[u8]], input| {
        let words = words.iter().map(|word| OsStr::from_bytes(word));
        let output = send(client(&socket).args(NAMES).args(words), input);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(output.stderr.is_empty() && output.stdout.is_empty());
    };
    run(&[b"begin"], b"not read");
    run(&[b"value", b"argument", hostile], b"not read");
    run(&[b"value", b"input"], with_nul);
    run(&[b"value", b"nothing"], b"");
    run(&[b"end", b"status", b"1"], b"");
    let heard = [
        message(MessageKind::Begin, "", b""),
        value("argument", hostile),
        value("input", with_nul),
        value("nothing", b""),
        message(MessageKind::End, "status", b"1"),
    ];
    assert_eq!(runner.heard(), heard);
}

#[test]
fn a_value_of_the_limit_is_sent_and_a_longer_one_is_not() {
    let runner = Runner::replying(vec![Reply::Accepted]);
    let longest = vec![b'\n'; VALUE_LIMIT_BYTES];
    let mut command = client(&runner.socket());
    command.args(NAMES).args(["value", "key"]);
    let output = send(&mut command, &[&longest[..], b"x"].concat());
    let what = "the value has more than the 1048576 bytes that can be sent";
    assert_failed(&output, 1, what);
    assert_eq!(send(&mut command, &longest).status.code(), Some(0));
    assert_eq!(runner.heard(), [value("key", &longest)]);
}

#[test]
fn a_refusal_is_one_line_and_status_1() {
    let runner = Runner::replying(vec![Reply::refused("unknown\ntoken")]);
    let mut command = client(&runner.socket());
    let output = command
        .args(NAMES)
        .args(["value", "key", "v"])
        .output()
        .unwrap();
    assert_failed(&output, 1, "refused: unknown token");
    assert_eq!(runner.heard().len(), 1);
}

#[test]
fn a_refusal_before_all_is_read_is_heard() {
    let directory = TempDir::new().unwrap();
    let socket = directory.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let runner = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let refusal = encode(&Reply::refused("not you")).unwrap();
        stream.write_all(&refusal).unwrap();
    });
    let mut command = client(&socket);
    let output = send(
        command.args(NAMES).args(["value", "key"]),
        &vec![0; VALUE_LIMIT_BYTES],
    );
    runner.join().unwrap();
    assert_failed(&output, 1, "refused: not you");
}

#[test]
fn without_a_runner_the_status_is_3() {
    let directory = TempDir::new().unwrap();
    let socket = directory.path().join("socket");
    let run = || client(&socket).args(NAMES).arg("begin").output().unwrap();
    let shown = socket.display();
    let missing = format!("{shown}: no connection: No such file or directory (os error 2)");
    assert_failed(&run(), 3, &missing);
    drop(UnixListener::bind(&socket).unwrap());
    let dead = format!("{shown}: no connection: Connection refused (os error 111)");
    assert_failed(&run(), 3, &dead);
}

#[test]
fn a_runner_that_never_answers_is_given_up() {
    let directory = TempDir::new().unwrap();
    let socket = directory.path().join("socket");
    let _silent = UnixListener::bind(&socket).unwrap();
    let start = Instant::now();
    let mut command = client(&socket);
    let output = command
        .args(["--timeout", "1"])
        .args(NAMES)
        .arg("begin")
        .output()
        .unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_failed(
        &output,
        3,
        &format!("{}: no answer within 1 s", socket.display()),
    );
}

#[test]
fn a_full_backlog_is_waited_for() {
    let directory = TempDir::new().unwrap();
    let socket = directory.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let (sender, receiver) = mpsc::channel();
    let path = socket.clone();
    // A connection that is closed again still waits to be accepted.
    let knock = move || UnixStream::connect(&path).map(drop);
    thread::spawn(move || while sender.send(knock()).is_ok() {});
    while let Ok(knocked) = receiver.recv_timeout(Duration::from_millis(300)) {
        knocked.unwrap();
    }
    let command = client(&socket).args(NAMES).arg("begin").spawn();
    thread::sleep(Duration::from_millis(100));
    drop(receiver);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let reply = encode(&Reply::Accepted).unwrap();
            let _ = stream.unwrap().write_all(&reply);
        }
    });
    assert!(command.unwrap().wait().unwrap().success());
}

#[test]
fn a_wrong_command_line_is_status_2() {
    let output = client(Path::new("/")).args(["token"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("observe: EBUILD is missing; usage: observe "),
        "{stderr}"
    );
}

#[test]
fn a_ping_is_answered() {
    let runner = Runner::replying(vec![Reply::pong("a run")]);
    let reply = ask(&runner.socket(), &Request::Ping, Duration::from_secs(10));
    assert_eq!(reply.unwrap(), Reply::pong("a run"));
    assert_eq!(runner.heard(), [Request::Ping]);
}
