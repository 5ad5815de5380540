//! Any stream, in any chunks: no panic, the same outcome, and what was decoded encodes to the bytes
//! that it came from.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pmsts_ipc::codec::{Content, DecodeError, Decoder, encode};
use pmsts_ipc::message::{Reply, Request};

fuzz_target!(|input: &[u8]| {
    let Some((chunk_bytes, stream)) = input.split_first() else {
        return;
    };
    let chunk_bytes = usize::from(*chunk_bytes).max(1);
    check::<Request>(stream, chunk_bytes);
    check::<Reply>(stream, chunk_bytes);
});

fn check<T: Content + PartialEq + std::fmt::Debug>(stream: &[u8], chunk_bytes: usize) {
    let whole = decode::<T>(&[stream]);
    let chunks: Vec<_> = stream.chunks(chunk_bytes).collect();
    assert_eq!(decode(&chunks), whole);
    let encoded: Vec<u8> = whole.0.iter().flat_map(|c| encode(c).unwrap()).collect();
    assert!(stream.starts_with(&encoded));
    assert!(whole.1.is_err() || stream.len() == encoded.len());
}

fn decode<T: Content>(chunks: &[&[u8]]) -> (Vec<T>, Result<(), DecodeError>) {
    let mut decoder = Decoder::new();
    let mut contents = Vec::new();
    for chunk in chunks {
        let mut chunk = *chunk;
        loop {
            match decoder.decode(&mut chunk) {
                Ok(Some(content)) => contents.push(content),
                Ok(None) => break,
                Err(error) => return (contents, Err(error)),
            }
        }
    }
    (contents, decoder.finish())
}
