//! The body of a response as it comes: the data without what frames it, from whatever cut of the bytes.

use super::{Framing, Malformed};

/// A body that is being read.
#[derive(Clone, Debug)]
pub(in crate::bench) struct Body {
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    UntilClose,
    /// This many bytes of a body of known length are to come.
    Length(u64),
    /// In the digits of a chunk's size.
    Size(u64, Digits),
    /// Behind the digits, up to the line's end: an extension that nobody reads.
    Extension(u64),
    /// In the data of a chunk.
    Chunk(u64),
    /// In the line end behind a chunk.
    ChunkEnd,
    /// In the trailer section; whether its current line has had a byte.
    Trailer(bool),
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digits {
    None,
    Some,
}

impl Body {
    pub(in crate::bench) fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::Chunked => State::Size(0, Digits::None),
            Framing::Length(0) => State::End,
            Framing::Length(length) => State::Length(length),
            Framing::UntilClose => State::UntilClose,
        };
        Self { state }
    }

    /// Whether the body has ended. One that lasts as long as the connection never says so.
    pub(in crate::bench) fn has_ended(&self) -> bool {
        self.state == State::End
    }

    /// Whether the end of the connection is a proper end of the body.
    pub(in crate::bench) fn may_end(&self) -> bool {
        matches!(self.state, State::End | State::UntilClose)
    }

    /// Takes bytes off the front of `input` up to the end of a piece of data, and returns the piece. `None` means that
    /// all of `input` was taken, or that the body has ended: then the rest belongs to what follows it.
    pub(in crate::bench) fn take<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, Malformed> {
        while let Some((&byte, rest)) = input.split_first() {
            match self.state {
                State::End => return Ok(None),
                State::UntilClose => return Ok(Some(std::mem::take(input))),
                State::Length(left) | State::Chunk(left) => return Ok(Some(self.data(left, input))),
                _ => {
                    *input = rest;
                    self.state = self.state.after(byte)?;
                }
            }
        }
        Ok(None)
    }

    fn data<'i>(&mut self, left: u64, input: &mut &'i [u8]) -> &'i [u8] {
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        let (data, rest) = input.split_at(length);
        *input = rest;
        let left = left - length as u64;
        self.state = match (self.state, left) {
            (State::Chunk(_), 0) => State::ChunkEnd,
            (State::Chunk(_), _) => State::Chunk(left),
            (_, 0) => State::End,
            (_, _) => State::Length(left),
        };
        data
    }
}

impl State {
    /// The state behind a byte that frames data. A bare LF ends a line as well: RFC 9112 §2.2.
    fn after(self, byte: u8) -> Result<Self, Malformed> {
        match (self, byte) {
            (Self::Size(size, Digits::Some) | Self::Extension(size), b'\n') => Ok(Self::sized(size)),
            (Self::Size(size, Digits::Some), b';' | b' ' | b'\t' | b'\r') | (Self::Extension(size), _) => {
                Ok(Self::Extension(size))
            }
            (Self::Size(size, _), _) => {
                let digit = char::from(byte).to_digit(16).ok_or(Malformed::Chunk)?;
                let size = size.checked_mul(16).ok_or(Malformed::Chunk)? + u64::from(digit);
                Ok(Self::Size(size, Digits::Some))
            }
            (Self::ChunkEnd, b'\r') => Ok(self),
            (Self::ChunkEnd, b'\n') => Ok(Self::Size(0, Digits::None)),
            (Self::Trailer(false), b'\n') => Ok(Self::End),
            (Self::Trailer(_), b'\n') => Ok(Self::Trailer(false)),
            (Self::Trailer(begun), _) => Ok(Self::Trailer(begun || byte != b'\r')),
            _ => Err(Malformed::Chunk),
        }
    }

    fn sized(size: u64) -> Self {
        if size == 0 { Self::Trailer(false) } else { Self::Chunk(size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The data, whether the body ended, and the bytes behind it.
    fn read(framing: Framing, chunks: &[&[u8]]) -> Result<(Vec<u8>, bool, Vec<u8>), Malformed> {
        let (mut body, mut data, mut behind) = (Body::new(framing), Vec::new(), Vec::new());
        for chunk in chunks {
            let mut rest = *chunk;
            while let Some(piece) = body.take(&mut rest)? {
                data.extend_from_slice(piece);
            }
            behind.extend_from_slice(rest);
        }
        Ok((data, body.has_ended(), behind))
    }

    #[test]
    fn chunks_are_the_same_split_at_every_byte() {
        let bytes: &[u8] = b"5\r\nhello\r\n1;ext=\"x\"\r\n \r\n0A \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nHTTP/1.1";
        let expected = Ok((b"hello 0123456789".to_vec(), true, b"HTTP/1.1".to_vec()));
        assert_eq!(read(Framing::Chunked, &[bytes]), expected);
        assert_eq!(read(Framing::Chunked, &bytes.chunks(1).collect::<Vec<_>>()), expected);
        for at in 0..bytes.len() {
            assert_eq!(read(Framing::Chunked, &[&bytes[..at], &bytes[at..]]), expected, "at {at}");
        }
    }

    #[test]
    fn a_body_of_known_length_leaves_what_follows() {
        let expected = Ok((b"hello".to_vec(), true, b"HTTP".to_vec()));
        assert_eq!(read(Framing::Length(5), &[b"he", b"lloHTTP"]), expected);
        assert_eq!(read(Framing::Length(0), &[b"HTTP"]), Ok((vec![], true, b"HTTP".to_vec())));
        assert_eq!(read(Framing::Length(9), &[b"hello"]), Ok((b"hello".to_vec(), false, vec![])));
    }

    #[test]
    fn without_a_length_everything_is_the_body() {
        assert_eq!(read(Framing::UntilClose, &[b"he", b"llo"]), Ok((b"hello".to_vec(), false, vec![])));
    }

    #[test]
    fn chunks_without_sense_are_an_error() {
        for bytes in [&b"x\r\n"[..], b"\r\n", b"5\r\nhelloworld", b"fffffffffffffffff\r\n"] {
            assert_eq!(read(Framing::Chunked, &[bytes]), Err(Malformed::Chunk), "{bytes:?}");
        }
    }
}
