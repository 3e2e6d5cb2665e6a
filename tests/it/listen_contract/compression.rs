//! Compressed streams: RFC 9110 §8.4.1, RFC 7932, RFC 8878.

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::{Listening, listen};
use crate::scripted::Answer::Close;
use crate::scripted::{Scripted, pieces, stream};

/// What each of these events is on the wire, flushed.
const EVENTS: [&str; 3] = ["id: 1\ndata: 1\n\n", "data: zwei\n\n", ":\ndata: 3\n\n"];

fn flushed<W: std::io::Write>(mut encoder: W, mut take: impl FnMut(&mut W) -> Vec<u8>) -> Vec<Vec<u8>> {
    let write = |event: &&str| {
        encoder.write_all(event.as_bytes()).unwrap();
        encoder.flush().unwrap();
        take(&mut encoder)
    };
    EVENTS.iter().map(write).collect()
}

fn gzip() -> Vec<Vec<u8>> {
    flushed(GzEncoder::new(Vec::new(), Compression::default()), |gzip| std::mem::take(gzip.get_mut()))
}

fn deflate() -> Vec<Vec<u8>> {
    flushed(ZlibEncoder::new(Vec::new(), Compression::default()), |zlib| std::mem::take(zlib.get_mut()))
}

/// The same without the header of zlib, as some servers send it and browsers take it.
fn raw_deflate() -> Vec<Vec<u8>> {
    flushed(DeflateEncoder::new(Vec::new(), Compression::default()), |raw| std::mem::take(raw.get_mut()))
}

fn zstd() -> Vec<Vec<u8>> {
    flushed(zstd::stream::write::Encoder::new(Vec::new(), 0).unwrap(), |zstd| std::mem::take(zstd.get_mut()))
}

/// Meta-blocks that hold their bytes as they are, RFC 7932 §9.2: the first comes after a bit for the window size.
fn brotli() -> Vec<Vec<u8>> {
    let block = |(n, event): (usize, &&str)| {
        let shift = u32::from(n == 0);
        let length = u32::try_from(event.len()).unwrap() - 1;
        let header = (length << 3 | 1 << 19) << shift;
        [&header.to_le_bytes()[..3], event.as_bytes()].concat()
    };
    EVENTS.iter().enumerate().map(block).collect()
}

fn head(coding: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: {coding}\r\n\r\n").into_bytes()
}

#[test]
fn what_is_flushed_is_shown_before_more_comes_in_every_coding() {
    for (coding, parts) in [
        ("gzip", gzip()),
        ("x-gzip", gzip()),
        ("deflate", deflate()),
        ("deflate", raw_deflate()),
        ("br", brotli()),
        ("zstd", zstd()),
    ] {
        let (bytes, answer) = pieces();
        let server = Scripted::start(vec![answer]);
        let listening = Listening::start(&server.url("/"), &["--compressed"]);
        bytes.send(head(coding)).unwrap();
        for (part, data) in parts.into_iter().zip(["1", "zwei", "3"]) {
            bytes.send(part).unwrap();
            assert_eq!(listening.data(), data, "{coding}");
        }
        assert_eq!(server.request().text("accept-encoding"), Some("gzip, deflate, br, zstd"), "{coding}");
    }
}

#[test]
fn a_compressed_stream_means_the_same_when_its_bytes_come_one_by_one() {
    let deflates = [("deflate", deflate()), ("deflate", raw_deflate())];
    for (coding, parts) in deflates.into_iter().chain([("gzip", gzip()), ("br", brotli()), ("zstd", zstd())]) {
        let (bytes, answer) = pieces();
        for byte in [head(coding), parts.concat()].concat() {
            bytes.send(vec![byte]).unwrap();
        }
        assert_eq!(listen(&Scripted::start(vec![answer]), &["-n", "3"]).data(), ["1", "zwei", "3"], "{coding}");
    }
}

#[test]
fn a_stream_may_be_compressed_event_by_event() {
    let gzip = EVENTS.map(|event| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        std::io::Write::write_all(&mut gzip, event.as_bytes()).unwrap();
        gzip.finish().unwrap()
    });
    let zstd = EVENTS.map(|event| zstd::encode_all(event.as_bytes(), 0).unwrap());
    for (coding, members) in [("gzip", gzip), ("zstd", zstd)] {
        let (bytes, answer) = pieces();
        let server = Scripted::start(vec![answer]);
        let listening = Listening::start(&server.url("/"), &[]);
        bytes.send(head(coding)).unwrap();
        for (member, data) in members.into_iter().zip(["1", "zwei", "3"]) {
            bytes.send(member).unwrap();
            assert_eq!(listening.data(), data, "{coding}");
        }
    }
}

#[test]
fn no_compression_is_one_too() {
    for coding in ["identity", "Identity", ""] {
        let bytes = [head(coding), b"data: 1\n\n".to_vec()].concat();
        assert_eq!(listen(&Scripted::start(vec![Close(bytes)]), &["-n", "1"]).data(), ["1"], "{coding:?}");
    }
}

/// The head of a stream whose coding is named in these header lines.
fn head_of_lines(codings: &[&str]) -> Vec<u8> {
    let lines = codings.iter().map(|coding| format!("Content-Encoding: {coding}\r\n")).collect::<Vec<_>>().concat();
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{lines}\r\n").into_bytes()
}

#[test]
fn the_coding_may_be_one_of_a_list_in_which_the_others_are_none() {
    for codings in [&["identity", "gzip"][..], &["identity, GZIP"], &[" , gzip ,"], &["", "x-gzip", "identity"]] {
        let bytes = [head_of_lines(codings), gzip().concat()].concat();
        let heard = listen(&Scripted::start(vec![Close(bytes)]), &["-n", "3"]);
        assert_eq!(heard.data(), ["1", "zwei", "3"], "{codings:?}: {}", heard.stderr);
    }
    let bytes = [head_of_lines(&["identity", "identity, "]), b"data: 1\n\n".to_vec()].concat();
    assert_eq!(listen(&Scripted::start(vec![Close(bytes)]), &["-n", "1"]).data(), ["1"]);
}

#[test]
fn what_is_compressed_more_than_once_is_refused() {
    for codings in [&["gzip, br"][..], &["Gzip", "identity", "br"]] {
        let heard = listen(&Scripted::start(vec![Close(head_of_lines(codings))]), &[]);
        assert_eq!(heard.code, Some(3), "{heard:?}");
        let said = "is not an event stream: it is compressed more than once (gzip, br)\nhint: ";
        assert!(heard.stderr.contains(said), "{}", heard.stderr);
    }
}

#[test]
fn a_refusal_is_shown_as_it_reads() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut gzip, "not today\n".repeat(1000).as_bytes()).unwrap();
    let plain = b"HTTP/1.1 503 X\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n\r\n";
    let heard =
        listen(&Scripted::start(vec![Close([&plain[..], &gzip.finish().unwrap()].concat())]), &["--compressed"]);
    assert_eq!(heard.code, Some(3));
    assert!(heard.stderr.contains("\nnot today\nnot today\n"), "{}", heard.stderr);
    assert!(heard.stderr.contains("only the beginning of the body is shown"), "{}", heard.stderr);
}

#[test]
fn a_corrupt_stream_shows_what_came_before_and_is_asked_for_again() {
    for (coding, parts) in [("gzip", gzip()), ("deflate", deflate()), ("zstd", zstd())] {
        for options in [&[][..], &["--no-reconnect"]] {
            let (bytes, corrupt) = pieces();
            let server = Scripted::start(vec![corrupt, Close(stream("data: again\n\n"))]);
            let listening = Listening::start(&server.url("/"), &[&["--retry", "0ms", "-n", "2"], options].concat());
            bytes.send([head(coding), parts[0].clone()].concat()).unwrap();
            assert_eq!(listening.data(), "1", "{coding}");
            bytes.send(vec![0xff; 64]).unwrap();
            drop(bytes);
            let heard = listening.end();
            if options.is_empty() {
                assert_eq!((heard.code, heard.data()), (Some(0), vec!["again"]), "{coding}: {heard:?}");
                assert!(heard.texts("retrying", "reason")[0].contains("cannot be decompressed"), "{coding}: {heard:?}");
                server.request();
                assert_eq!(server.request().text("last-event-id"), Some("1"), "{coding}");
            } else {
                assert_eq!((heard.code, heard.data().len()), (Some(1), 0), "{coding}: {heard:?}");
                assert!(
                    heard.stderr.contains("sse: the stream cannot be decompressed: "),
                    "{coding}: {}",
                    heard.stderr
                );
            }
        }
    }
}
