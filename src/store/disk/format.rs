//! How a file of the history is laid out: a head, and framed records behind it. Pure: bytes in, bytes out.
//!
//! All numbers are little-endian. Every sum is a CRC-32C that begins with the log's salt, which no publisher knows: what
//! looks like a record inside an event's own data is not taken for one, whatever else is damaged.
//!
//! | head | bytes | | frame | bytes |
//! |---|---|---|---|---|
//! | `sse-log` and a zero | 8 | | length of the payload | 4 |
//! | version | 4 | | sum of number and payload | 4 |
//! | epoch | 4 | | number of the event | 8 |
//! | salt | 8 | | sum of these three | 4 |
//! | number of the first event | 8 | | payload | its length |
//! | when the event before it was published | 8 | | | |
//! | sum of all this | 4 | | | |

use bytes::{Buf as _, BufMut as _};
use crc32c::crc32c_append;

use crate::store::Epoch;

/// The version of the format that this program writes, and the newest that it reads.
pub(super) const VERSION: u32 = 1;

/// The size of a head in bytes.
pub(super) const HEAD: usize = 44;

/// The size of a frame without its payload, in bytes.
pub(super) const FRAME: usize = 20;

const MAGIC: &[u8; 8] = b"sse-log\0";

/// What all files of a log have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) epoch: Epoch,
    pub(super) salt: u64,
}

/// The beginning of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) identity: Identity,
    /// The number of the first event that the file has, or will have.
    pub(super) first: u64,
    /// When the event before that was published, in nanoseconds since 1970.
    pub(super) before: u64,
}

/// Why a file has no head that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoHead {
    /// It was written by a newer program, in this version of the format.
    Newer(u32),
    /// It is damaged, or no file of a history.
    Damaged,
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) length: usize,
    pub(super) seq: u64,
    sum: u32,
}

impl Identity {
    pub(super) fn random() -> Self {
        Self { epoch: Epoch::random(), salt: fastrand::u64(..) }
    }

    fn sum(&self, bytes: &[u8]) -> u32 {
        crc32c_append(crc32c::crc32c(&self.salt.to_le_bytes()), bytes)
    }

    /// Appends a framed payload to `out`.
    pub(super) fn frame(&self, seq: u64, payload: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        out.put_u32_le(u32::try_from(payload.len()).expect("an event is far smaller than 4 GiB"));
        out.put_u32_le(crc32c_append(self.sum(&seq.to_le_bytes()), payload));
        out.put_u64_le(seq);
        let sum = self.sum(&out[begin..]);
        out.put_u32_le(sum);
        out.extend_from_slice(payload);
    }

    /// Reads a frame; `None` if these bytes are none.
    pub(super) fn unframe(&self, mut bytes: &[u8]) -> Option<Frame> {
        let sum = self.sum(bytes.get(..FRAME - 4)?);
        let (length, payload_sum, seq) = (bytes.get_u32_le(), bytes.get_u32_le(), bytes.get_u64_le());
        (bytes.try_get_u32_le().ok()? == sum).then_some(Frame {
            length: usize::try_from(length).ok()?,
            seq,
            sum: payload_sum,
        })
    }

    /// Whether the payload is what was framed.
    pub(super) fn is_whole(&self, frame: &Frame, payload: &[u8]) -> bool {
        payload.len() == frame.length && crc32c_append(self.sum(&frame.seq.to_le_bytes()), payload) == frame.sum
    }
}

impl Head {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.put_u32_le(VERSION);
        bytes.put_u32_le(self.identity.epoch.bits());
        bytes.put_u64_le(self.identity.salt);
        bytes.put_u64_le(self.first);
        bytes.put_u64_le(self.before);
        bytes.put_u32_le(crc32c::crc32c(&bytes));
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, NoHead> {
        let head = bytes.get(..HEAD).ok_or(NoHead::Damaged)?;
        let (summed, mut sum) = head.split_at(HEAD - 4);
        let mut fields = summed.strip_prefix(MAGIC).ok_or(NoHead::Damaged)?;
        if crc32c::crc32c(summed) != sum.get_u32_le() {
            return Err(NoHead::Damaged);
        }
        match fields.get_u32_le() {
            VERSION => {}
            newer => return Err(NoHead::Newer(newer)),
        }
        let epoch = Epoch::from_bits(fields.get_u32_le());
        let identity = Identity { epoch, salt: fields.get_u64_le() };
        Ok(Self { identity, first: fields.get_u64_le(), before: fields.get_u64_le() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_flipped_bit_of_a_head_or_a_frame_is_noticed() {
        let identity = Identity::random();
        let head = Head { identity, first: 7, before: 1 };
        assert_eq!(Head::decode(&head.encode()), Ok(head));
        let mut framed = Vec::new();
        identity.frame(9, b"payload", &mut framed);
        for bit in 0..HEAD * 8 {
            let mut bytes = head.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Head::decode(&bytes), Err(NoHead::Damaged), "bit {bit}");
        }
        for bit in 0..framed.len() * 8 {
            let mut bytes = framed.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let frame = identity.unframe(&bytes);
            assert!(frame.is_none_or(|frame| !identity.is_whole(&frame, &bytes[FRAME..])), "bit {bit}");
        }
    }

    #[test]
    fn what_another_log_framed_is_no_record_of_this_one() {
        let mut framed = Vec::new();
        Identity::random().frame(9, b"payload", &mut framed);
        assert_eq!(Identity::random().unframe(&framed), None);
    }
}
