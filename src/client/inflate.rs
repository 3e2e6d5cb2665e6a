//! A compressed body as it arrives: RFC 9110 §8.4.1 names the codings.
//!
//! Whatever the server has flushed comes out at once; only what it holds back itself is late. One coding is undone, not
//! several on top of each other, with which nobody sends streams.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use bytes::{Buf as _, Bytes};
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use zstd::stream::write::Decoder as ZstdDecoder;

/// What is asked for with [`super::Request::compressed`]: what browsers ask for.
pub(super) const CODINGS: &str = "gzip, deflate, br, zstd";

/// How many bytes are inflated in one go. A hostile body grows by a factor of up to 32,768: this makes 8 MiB at most of
/// them, before the limit on an event is looked at.
const AT_ONCE: usize = 256;

/// How much inflated data is handed on at once, in bytes.
const ENOUGH: usize = 64 << 10;

/// The room in which brotli works, in bytes.
const BROTLI_BUFFER: usize = 4 << 10;

/// How far back a body compressed by zstd may reach, as a power of two: the 8 MiB of RFC 9659. What reaches further is
/// refused, for it would take as much memory.
const ZSTD_WINDOW: u32 = 23;

/// A decoder for one body.
pub(super) struct Inflate {
    decoder: Decoder,
    /// What follows that which is handed on.
    failed: Option<io::Error>,
}

enum Decoder {
    Gzip(MultiGzDecoder<Vec<u8>>),
    /// Whether it is one of the next two is seen from the first byte.
    Deflate(Vec<u8>),
    Zlib(ZlibDecoder<Vec<u8>>),
    RawDeflate(DeflateDecoder<Vec<u8>>),
    Brotli(Box<DecompressorWriter<Vec<u8>>>),
    Zstd(Box<ZstdDecoder<'static, Vec<u8>>>),
}

/// How a body is compressed, in lower case: one coding, or several as a list, the first of them first. Empty if it is not.
pub(super) fn coding(headers: &HeaderMap) -> String {
    let lines = headers.get_all(CONTENT_ENCODING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let codings = lines.map(|line| line.to_lowercase()).collect::<Vec<_>>().join(",");
    let real = codings.split(',').map(str::trim).filter(|coding| !matches!(*coding, "" | "identity"));
    real.collect::<Vec<_>>().join(", ")
}

impl Inflate {
    /// A decoder for a [`coding`]; `None` if it is none of [`CODINGS`].
    pub(super) fn of(coding: &str) -> Option<Self> {
        let decoder = match coding {
            "gzip" | "x-gzip" => Decoder::Gzip(MultiGzDecoder::new(Vec::new())),
            "deflate" => Decoder::Deflate(Vec::new()),
            "br" => Decoder::Brotli(Box::new(DecompressorWriter::new(Vec::new(), BROTLI_BUFFER))),
            "zstd" => Decoder::Zstd(Box::new(zstd().ok()?)),
            _ => return None,
        };
        Some(Self { decoder, failed: None })
    }

    /// Takes bytes off the front of `compressed`, and returns what they make: perhaps nothing yet. What was made before an
    /// error comes first.
    pub(super) fn take(&mut self, compressed: &mut Bytes) -> io::Result<Bytes> {
        while self.failed.is_none() && !compressed.is_empty() && self.decoder.made().len() < ENOUGH {
            match self.decoder.step(&compressed[..compressed.len().min(AT_ONCE)]) {
                Ok(taken) => compressed.advance(taken),
                Err(error) => self.failed = Some(error),
            }
        }
        let made = std::mem::take(self.decoder.made());
        match self.failed.take_if(|_| made.is_empty()) {
            Some(error) => Err(error),
            None => Ok(made.into()),
        }
    }
}

impl Decoder {
    /// Takes bytes, and makes all that can be made of them; returns how many it took.
    fn step(&mut self, compressed: &[u8]) -> io::Result<usize> {
        if let (Self::Deflate(_), Some(first)) = (&*self, compressed.first()) {
            *self = Self::of_deflate(*first);
        }
        let taken = self.sink().write(compressed)?;
        if taken == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "data follows its end"));
        }
        self.sink().flush()?;
        Ok(taken)
    }

    /// RFC 9110 §8.4.1.2 has deflate in the format of zlib, whose header begins with the method 8 (RFC 1950 §2.2); there are
    /// servers that leave that away, and browsers take it. No encoder makes a first block of which the byte could be both.
    fn of_deflate(first: u8) -> Self {
        match first & 0x0f {
            8 => Self::Zlib(ZlibDecoder::new(Vec::new())),
            _ => Self::RawDeflate(DeflateDecoder::new(Vec::new())),
        }
    }

    fn sink(&mut self) -> &mut dyn Write {
        match self {
            Self::Gzip(decoder) => decoder,
            Self::Deflate(nothing) => nothing,
            Self::Zlib(decoder) => decoder,
            Self::RawDeflate(decoder) => decoder,
            Self::Brotli(decoder) => decoder,
            Self::Zstd(decoder) => decoder,
        }
    }

    fn made(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Deflate(nothing) => nothing,
            Self::Zlib(decoder) => decoder.get_mut(),
            Self::RawDeflate(decoder) => decoder.get_mut(),
            Self::Brotli(decoder) => decoder.get_mut(),
            Self::Zstd(decoder) => decoder.get_mut(),
        }
    }
}

fn zstd() -> io::Result<ZstdDecoder<'static, Vec<u8>>> {
    let mut decoder = ZstdDecoder::new(Vec::new())?;
    decoder.window_log_max(ZSTD_WINDOW)?;
    Ok(decoder)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    #[test]
    fn what_was_flushed_is_there_at_once() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let mut inflate = Inflate::of("gzip").expect("known");
        for text in ["data: 1\n\n", "data: 2\n\n"] {
            encoder.write_all(text.as_bytes()).expect("memory");
            encoder.flush().expect("memory");
            let mut compressed = Bytes::from(std::mem::take(encoder.get_mut()));
            assert_eq!(inflate.take(&mut compressed).expect("gzip"), text);
        }
    }

    #[test]
    fn every_coding_is_inflated_byte_by_byte() {
        let text = "data: hello\n\n".repeat(50);
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(text.as_bytes()).expect("memory");
        let zstd = zstd::encode_all(text.as_bytes(), 0).expect("memory");
        for (coding, compressed) in [("deflate", deflate.finish().expect("memory")), ("zstd", zstd)] {
            let mut inflate = Inflate::of(coding).expect("known");
            let pieces =
                compressed.chunks(1).map(|byte| inflate.take(&mut Bytes::copy_from_slice(byte)).expect("valid"));
            assert_eq!(pieces.flatten().collect::<Vec<u8>>(), text.as_bytes(), "{coding}");
        }
    }

    #[test]
    fn what_came_before_an_error_is_not_lost() {
        let random = std::iter::repeat_with(|| fastrand::u8(..)).take(2000).collect::<Vec<_>>();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&random).expect("memory");
        encoder.flush().expect("memory");
        let mut inflate = Inflate::of("gzip").expect("known");
        let mut compressed = Bytes::from([encoder.get_ref(), &[0xff; 2000][..]].concat());
        let came = inflate.take(&mut compressed).expect("what is valid");
        assert!(came.len() > 1000 && random.starts_with(&came), "{}", came.len());
        assert!(inflate.take(&mut compressed).is_err());
    }

    #[test]
    fn a_window_that_takes_much_memory_is_refused() {
        let compressed = |window| {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 0).expect("memory");
            encoder.window_log(window).expect("a window");
            encoder.write_all(&[0; 1000]).expect("memory");
            Bytes::from(encoder.finish().expect("memory"))
        };
        let inflate = |mut compressed| Inflate::of("zstd").expect("known").take(&mut compressed);
        assert_eq!(inflate(compressed(23)).expect("valid").len(), 1000);
        assert!(inflate(compressed(24)).is_err());
    }

    #[test]
    fn a_bomb_comes_out_in_pieces_and_rubbish_is_an_error() {
        let bomb = zstd::encode_all(io::repeat(0).take(64 << 20), 0).expect("memory");
        let (mut inflate, mut rest) = (Inflate::of("zstd").expect("known"), Bytes::from(bomb));
        let mut largest = 0;
        while !rest.is_empty() {
            largest = largest.max(inflate.take(&mut rest).expect("valid").len());
        }
        assert!((1..=(8 << 20) + ENOUGH).contains(&largest), "{largest}");
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let mut inflate = Inflate::of(coding).expect("known");
            let rubbish = inflate.take(&mut Bytes::from_static(&[0xff; 64]));
            assert!(rubbish.is_err(), "{coding}");
        }
        assert!(Inflate::of("compress").is_none());
    }
}
