//! How a run and its workers talk through a pipe: each message is its length in eight bytes, the least significant first, and
//! so many bytes of JSON.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest message, in bytes: the account of the most events that a run may have, 16 bytes of text for each, fits twice.
const LONGEST: u64 = 1 << 30;

/// Writes a message.
///
/// # Errors
/// If the other end is gone.
pub(super) fn write(message: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    out.write_all(&(text.len() as u64).to_le_bytes())?;
    out.write_all(&text)?;
    out.flush()
}

/// Reads the next message; `None` at the end.
///
/// # Errors
/// If the other end breaks off in the middle, or says something else.
pub(super) fn read<T: DeserializeOwned>(source: &mut impl Read) -> io::Result<Option<T>> {
    let mut first = Vec::new();
    if source.take(1).read_to_end(&mut first)? == 0 {
        return Ok(None);
    }
    let mut length = [first[0], 0, 0, 0, 0, 0, 0, 0];
    source.read_exact(&mut length[1..])?;
    let length = u64::from_le_bytes(length);
    let too_long = || io::Error::new(io::ErrorKind::InvalidData, "a message is too long");
    let mut text = Vec::new();
    let length = (length <= LONGEST).then_some(length).ok_or_else(too_long)?;
    source.take(length).read_to_end(&mut text)?;
    Ok(Some(serde_json::from_slice(&text)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_as_they_went_in_and_nothing_else_is_taken_for_one() {
        let mut pipe = Vec::new();
        write(&vec![1, 2, 3], &mut pipe).expect("a Vec takes everything");
        write(&Vec::<u32>::new(), &mut pipe).expect("a Vec takes everything");
        let mut source = &pipe[..];
        let mut next = || read::<Vec<u32>>(&mut source).expect("a message");
        assert_eq!([next(), next(), next()], [Some(vec![1, 2, 3]), Some(vec![]), None]);
        let cut = pipe.len() - 12;
        assert!(read::<Vec<u32>>(&mut &pipe[..cut]).is_err() && read::<Vec<u32>>(&mut &pipe[..3]).is_err());
        assert!(read::<Vec<u32>>(&mut &b"Usage: sse [OPTIONS]"[..]).is_err(), "it is no message");
    }
}
