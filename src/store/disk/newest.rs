//! The number of the newest event that was acknowledged, beside the history. It is written after every commit and not
//! waited for: what a crash of the process leaves of the history is compared with it, so that a number is not given twice,
//! and that what is missing at the end is noticed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use bytes::{Buf as _, BufMut as _};

const NAME: &str = "newest";

/// The file with the number.
#[derive(Debug)]
pub(super) struct NewestFile(File);

impl NewestFile {
    /// Opens it, and reads the number if there is one that can be read.
    pub(super) fn open(directory: &Path) -> io::Result<(Self, Option<u64>)> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(directory.join(NAME))?;
        let mut bytes = [0; 12];
        let read = file.read_at(&mut bytes, 0)?;
        let (number, mut sum) = bytes.split_at(8);
        let whole = read == bytes.len() && crc32c::crc32c(number) == sum.get_u32_le();
        Ok((Self(file), whole.then(|| (&number[..]).get_u64_le())))
    }

    pub(super) fn write(&self, number: u64) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(12);
        bytes.put_u64_le(number);
        bytes.put_u32_le(crc32c::crc32c(&bytes));
        self.0.write_all_at(&bytes, 0)
    }
}
