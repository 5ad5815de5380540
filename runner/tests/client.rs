//! The embedded client needs nothing of the root it runs in.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::thread;

use pmsts::testbed::client::CLIENT;
use pmsts_ipc::codec::{Decoder, encode};
use pmsts_ipc::message::{Message, MessageKind, Reply, Request};
use tempfile::TempDir;

/// The type of the ELF program header that names a dynamic loader.
const PT_INTERP: u32 = 3;

/// The types of the program headers of a 64-bit little-endian ELF file.
fn program_header_types(elf: &[u8]) -> Vec<u32> {
    assert_eq!(elf[..6], *b"\x7fELF\x02\x01", "64-bit, little-endian");
    let half_word = |at: usize| usize::from(u16::from_le_bytes([elf[at], elf[at + 1]]));
    let table = u64::from_le_bytes(*elf[32..].first_chunk().unwrap());
    let table = usize::try_from(table).unwrap();
    let (entry_bytes, count) = (half_word(54), half_word(56));
    let headers = elf[table..].chunks(entry_bytes).take(count);
    let types = headers.map(|header| u32::from_le_bytes(*header.first_chunk().unwrap()));
    types.collect()
}

#[test]
fn the_client_is_linked_statically() {
    let types = program_header_types(CLIENT);
    assert!(!types.is_empty());
    assert!(!types.contains(&PT_INTERP));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn the_client_works_in_an_empty_root() {
    let root = TempDir::new().unwrap();
    let program = root.path().join("observe");
    fs::write(&program, CLIENT).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let listener = UnixListener::bind(root.path().join("socket")).unwrap();
    let runner = thread::spawn(move || answer_one(&listener));

    let mut client = Command::new("chroot");
    client
        .arg(root.path())
        .args(["/observe", "--socket", "/socket"]);
    let status = client
        .args(["token", "main", "src_install", "value", "key", "a b"])
        .status();

    assert!(status.unwrap().success());
    let message = Message {
        token: "token".to_owned(),
        ebuild: "main".to_owned(),
        phase: "src_install".to_owned(),
        kind: MessageKind::Value,
        key: "key".to_owned(),
        value: b"a b".to_vec(),
    };
    assert_eq!(runner.join().unwrap(), Request::Observe(message));
}

/// Accepts what one connection says.
fn answer_one(listener: &UnixListener) -> Request {
    let (mut stream, _) = listener.accept().unwrap();
    let mut decoder = Decoder::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the client hung up");
        if let Some(request) = decoder.decode(&mut &buffer[..count]).unwrap() {
            stream
                .write_all(&encode(&Reply::Accepted).unwrap())
                .unwrap();
            return request;
        }
    }
}
