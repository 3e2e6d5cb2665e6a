//! The number of the newest event that was acknowledged, beside the history. It is written after every commit and not
//! waited for: what a crash of the process leaves of the history is compared with it, so that a number is not given twice,
//! and that what is missing at the end is noticed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use bytes::{Buf as _, BufMut as _};

use super::format::Identity;
use crate::store::Epoch;

pub(super) const NAME: &str = "newest";

/// Epoch, salt, number, whether something is kept, and a sum of these.
const BYTES: usize = 25;

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// Of which log it is.
    pub(super) identity: Identity,
    /// The number of the newest event that was acknowledged.
    pub(super) number: u64,
    /// There is a file with what outlives those that are gone.
    pub(super) has_kept: bool,
}

/// Reads the file, if there is one that is whole.
pub(super) fn read(directory: &Path) -> io::Result<Option<Note>> {
    let bytes = match std::fs::read(directory.join(NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    let Some((mut summed, mut sum)) = bytes.split_at_checked(BYTES - 4).filter(|_| bytes.len() == BYTES) else {
        return Ok(None);
    };
    let whole = crc32c::crc32c(summed) == sum.get_u32_le();
    let (epoch, salt) = (Epoch::from_bits(summed.get_u32_le()), summed.get_u64_le());
    let (number, has_kept) = (summed.get_u64_le(), summed.get_u8() != 0);
    Ok(whole.then_some(Note { identity: Identity { epoch, salt }, number, has_kept }))
}

/// The file, open to be written to.
#[derive(Debug)]
pub(super) struct NewestFile(File);

impl NewestFile {
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        File::options().write(true).create(true).truncate(false).open(directory.join(NAME)).map(Self)
    }

    pub(super) fn write(&self, note: Note) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.put_u32_le(note.identity.epoch.bits());
        bytes.put_u64_le(note.identity.salt);
        bytes.put_u64_le(note.number);
        bytes.put_u8(u8::from(note.has_kept));
        bytes.put_u32_le(crc32c::crc32c(&bytes));
        self.0.write_all_at(&bytes, 0)
    }
}
