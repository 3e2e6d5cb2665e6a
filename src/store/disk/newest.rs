//! The number of the newest event that was acknowledged, beside the history. It is written after every commit and not
//! waited for: what a crash of the process leaves of the history is compared with it, so that a number is not given twice,
//! and that what is missing at the end is noticed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use bytes::{Buf as _, BufMut as _};

use crate::store::Epoch;

const NAME: &str = "newest";

/// Epoch, number, and a sum of both.
const BYTES: usize = 16;

/// The file with the number.
#[derive(Debug)]
pub(super) struct NewestFile {
    file: File,
    epoch: Epoch,
}

/// The file, if there is one that says that events were acknowledged, of whatever log.
pub(super) fn left_by(directory: &Path) -> io::Result<Option<PathBuf>> {
    let path = directory.join(NAME);
    let bytes = match std::fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    Ok(parse(&bytes).filter(|(_, number)| *number > 0).map(|_| path))
}

/// The epoch and the number, if they are whole.
fn parse(bytes: &[u8]) -> Option<(Epoch, u64)> {
    let (mut summed, mut sum) = bytes.split_at_checked(BYTES - 4)?;
    let whole = sum.len() == 4 && crc32c::crc32c(summed) == sum.get_u32_le();
    whole.then(|| (Epoch::from_bits(summed.get_u32_le()), summed.get_u64_le()))
}

impl NewestFile {
    /// Opens it, and reads the number if there is one that can be read and is of this log.
    pub(super) fn open(directory: &Path, epoch: Epoch) -> io::Result<(Self, Option<u64>)> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(directory.join(NAME))?;
        let mut bytes = [0; BYTES];
        let read = file.read_at(&mut bytes, 0)?;
        let number = parse(&bytes[..read]).filter(|(of, _)| *of == epoch).map(|(_, number)| number);
        Ok((Self { file, epoch }, number))
    }

    pub(super) fn write(&self, number: u64) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.put_u32_le(self.epoch.bits());
        bytes.put_u64_le(number);
        bytes.put_u32_le(crc32c::crc32c(&bytes));
        self.file.write_all_at(&bytes, 0)
    }
}
