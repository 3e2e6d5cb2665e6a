//! The number of the newest event that was acknowledged, beside the history. It is written after every commit and not
//! waited for: what a crash of the process leaves of the history is compared with it, so that a number is not given twice,
//! and that what is missing at the end is noticed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

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

impl NewestFile {
    /// Opens it, and reads the number if there is one that can be read and is of this log.
    pub(super) fn open(directory: &Path, epoch: Epoch) -> io::Result<(Self, Option<u64>)> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(directory.join(NAME))?;
        let mut bytes = [0; BYTES];
        let read = file.read_at(&mut bytes, 0)?;
        let (mut summed, mut sum) = bytes.split_at(BYTES - 4);
        let whole = read == BYTES && crc32c::crc32c(summed) == sum.get_u32_le();
        let ours = whole && summed.get_u32_le() == epoch.bits();
        Ok((Self { file, epoch }, ours.then(|| summed.get_u64_le())))
    }

    pub(super) fn write(&self, number: u64) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.put_u32_le(self.epoch.bits());
        bytes.put_u64_le(number);
        bytes.put_u32_le(crc32c::crc32c(&bytes));
        self.file.write_all_at(&bytes, 0)
    }
}
