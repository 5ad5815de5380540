//! The codec on whatever a stream may bring.

use pmsts_ipc::codec::{Content, DecodeError, Decoder, VERSION, encode};
use pmsts_ipc::message::{
    Message, MessageKind, NAME_LIMIT_BYTES, REASON_LIMIT_BYTES, Reply, Request, VALUE_LIMIT_BYTES,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What a stream comes to: its contents, and how it ends.
type Outcome<T> = (Vec<T>, Result<(), DecodeError>);

fn decode<'a, T: Content>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Outcome<T> {
    let mut decoder = Decoder::new();
    let mut contents = Vec::new();
    for mut chunk in chunks {
        loop {
            match decoder.decode(&mut chunk) {
                Ok(Some(content)) => contents.push(content),
                Ok(None) => break,
                Err(error) => return (contents, Err(error)),
            }
        }
        assert!(chunk.is_empty(), "it takes all input");
    }
    (contents, decoder.finish())
}

fn message() -> impl Strategy<Value = Message> {
    // 64 characters of UTF-8 are 256 bytes at most.
    let name = || "\\PC{0,64}";
    let kind = select(&MessageKind::ALL[..]);
    let value = vec(any::<u8>(), 0..500);
    let fields = (name(), name(), name(), kind, name(), value);
    fields.prop_map(|(token, ebuild, phase, kind, key, value)| Message {
        token,
        ebuild,
        phase,
        kind,
        key,
        value,
    })
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        1 => Just(Request::Ping),
        1 => "[ -~]{0,256}".prop_map(Request::Cancel),
        9 => message().prop_map(Request::Observe),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        Just(Reply::Accepted),
        ".{0,50}".prop_map(Reply::Pong),
        "\\PC{0,256}".prop_map(Reply::Refused),
    ]
}

/// Streams of frames, some with damage: bytes changed, cut off or added.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let frames = vec(request(), 0..4).prop_map(|requests| stream_of(&requests));
    let damage = vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    let cut = any::<prop::sample::Index>();
    let tail = vec(any::<u8>(), 0..12);
    (frames, damage, proptest::option::of(cut), tail).prop_map(|(mut bytes, damage, cut, tail)| {
        for (place, damaged) in damage {
            let place = place.index(bytes.len().max(1));
            if let Some(byte) = bytes.get_mut(place) {
                *byte = damaged;
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        bytes.extend(tail);
        bytes
    })
}

fn stream_of<T: Content>(contents: &[T]) -> Vec<u8> {
    contents.iter().flat_map(|c| encode(c).unwrap()).collect()
}

/// The bytes cut at some places.
fn split<'a>(mut bytes: &'a [u8], places: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for place in places {
        let (chunk, rest) = bytes.split_at(place.index(bytes.len() + 1));
        chunks.push(chunk);
        bytes = rest;
    }
    chunks.push(bytes);
    chunks
}

proptest! {
    #[test]
    fn any_requests_come_back_as_they_were(requests in vec(request(), 0..5)) {
        let stream = stream_of(&requests);
        prop_assert_eq!(decode([&stream[..]]), (requests, Ok(())));
    }

    #[test]
    fn any_replies_come_back_as_they_were(replies in vec(reply(), 0..5)) {
        let stream = stream_of(&replies);
        prop_assert_eq!(decode([&stream[..]]), (replies, Ok(())));
    }

    #[test]
    fn any_split_of_any_stream_gives_the_same(
        stream in stream(),
        places in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let whole: Outcome<Request> = decode([&stream[..]]);
        prop_assert_eq!(decode(split(&stream, &places)), whole.clone());
        prop_assert_eq!(decode(stream.chunks(1)), whole);
    }

    #[test]
    fn any_bytes_are_answered_without_panic(bytes in vec(any::<u8>(), 0..2000)) {
        let _: Outcome<Request> = decode([&bytes[..]]);
        let _: Outcome<Reply> = decode([&bytes[..]]);
    }

    #[test]
    fn any_body_is_answered_without_panic(body in vec(0..6_u8, 0..60)) {
        let _: Outcome<Request> = decode([&frame(&body)[..]]);
        let _: Outcome<Reply> = decode([&frame(&body)[..]]);
    }

    #[test]
    fn a_stream_cut_within_a_frame_is_truncated(
        request in request(),
        place in any::<prop::sample::Index>(),
    ) {
        let mut stream = stream_of(&[request]);
        stream.truncate(1 + place.index(stream.len() - 1));
        let truncated = DecodeError::Truncated { arrived_bytes: stream.len() };
        prop_assert_eq!(decode::<Request>([&stream[..]]), (vec![], Err(truncated)));
    }
}

/// A frame of this version around a body.
fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = vec![b'P', b'M', b'S', VERSION];
    frame.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    frame.extend(body);
    frame
}

fn error_of<T: Content + std::fmt::Debug>(stream: &[u8]) -> DecodeError {
    decode::<T>([stream]).1.unwrap_err()
}

fn message_of(token: &str, value: Vec<u8>) -> Request {
    Request::Observe(Message {
        token: token.to_owned(),
        ebuild: String::new(),
        phase: String::new(),
        kind: MessageKind::Value,
        key: String::new(),
        value,
    })
}

#[test]
fn every_damage_has_its_own_error() {
    use DecodeError as E;
    let mut other_version = frame(&[0]);
    other_version[3] = VERSION + 1;
    let long = [&[3, 0, 0, 1, 1][..], &[b'a'; 257]].concat();
    let table = [
        (b"GET / HTTP/1.1".to_vec(), E::NoFrame),
        (other_version, E::UnknownVersion(VERSION + 1)),
        (frame(&[]), E::NoType),
        (frame(&[9]), E::UnknownType(9)),
        (frame(&[128]), E::UnknownType(128)),
        (frame(&[3]), E::CutField { field: "token" }),
        (
            frame(&[3, 0, 0, 0, 2, b'a']),
            E::CutField { field: "token" },
        ),
        (
            frame(&[3, 0, 0, 0, 0, 0, 0, 0, 1, 0xff]),
            E::NotUtf8 { field: "ebuild" },
        ),
        (
            frame(&long),
            E::LongField {
                field: "token",
                announced_bytes: 257,
                limit_bytes: NAME_LIMIT_BYTES,
            },
        ),
        (frame(&[0, 1, 2]), E::TrailingBytes { count: 2 }),
        (b"PMS".to_vec(), E::Truncated { arrived_bytes: 3 }),
    ];
    for (stream, error) in table {
        assert_eq!(error_of::<Request>(&stream), error, "{stream:?}");
    }
}

#[test]
fn an_oversized_frame_is_refused_by_its_header() {
    let header = [b'P', b'M', b'S', VERSION, 0xff, 0xff, 0xff, 0xff];
    let oversized = DecodeError::Oversized {
        announced_bytes: u32::MAX,
        limit_bytes: Request::LIMIT_BYTES,
    };
    assert_eq!(error_of::<Request>(&header), oversized);
}

#[test]
fn the_longest_fields_fit_and_one_byte_more_does_not() {
    let longest = message_of(&"a".repeat(NAME_LIMIT_BYTES), vec![0; VALUE_LIMIT_BYTES]);
    let stream = encode(&longest).unwrap();
    assert_eq!(decode([&stream[..]]), (vec![longest], Ok(())));

    let long_name = message_of(&"a".repeat(NAME_LIMIT_BYTES + 1), vec![]);
    assert_eq!(encode(&long_name).unwrap_err().field, "token");
    let long_value = message_of("", vec![0; VALUE_LIMIT_BYTES + 1]);
    assert_eq!(encode(&long_value).unwrap_err().field, "value");
    let long_reason = Reply::Refused("a".repeat(REASON_LIMIT_BYTES + 1));
    assert_eq!(encode(&long_reason).unwrap_err().field, "reason");
}

#[test]
fn after_an_error_the_same_error_comes_again() {
    let mut decoder = Decoder::<Request>::new();
    assert_eq!(
        decoder.decode(&mut &b"rubbish!"[..]),
        Err(DecodeError::NoFrame)
    );
    let good = encode(&Request::Ping).unwrap();
    assert_eq!(decoder.decode(&mut &good[..]), Err(DecodeError::NoFrame));
    assert_eq!(decoder.finish(), Err(DecodeError::NoFrame));
}
