//! One file of the history: a head, and records in the order of their numbers.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::format::{HEAD, Head};
use super::scan::{Found, scan};

/// What the names of these files end in; before it stands the number of their first event.
pub(super) const SUFFIX: &str = ".log";

/// What such a file is called until it has its head.
const NEW: &str = "log.new";

/// What they end in when nothing in them can be read.
const ASIDE: &str = "unreadable";

/// Stands for the place of a record that is not in the file, or is damaged.
const MISSING: u32 = u32::MAX;

/// A file of the history, open for as long as it is part of it.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) head: Head,
    /// Where the frames of its records begin, by their numbers from the first. Files are far smaller than 4 GiB.
    places: Vec<u32>,
    /// Where the next one goes.
    pub(super) end: u64,
}

impl Segment {
    /// Makes a file that is on the disk when this returns. It has its name when it has its head, not before: whatever
    /// happens meanwhile, nothing is left behind that would be taken for a damaged file.
    pub(super) fn create(directory: &Path, head: Head) -> io::Result<Self> {
        let (new, path) = (directory.join(NEW), directory.join(format!("{:020}{SUFFIX}", head.first)));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&new)?;
        file.write_all_at(&head.encode(), 0)?;
        file.sync_all()?;
        std::fs::rename(&new, &path)?;
        File::open(directory)?.sync_all()?;
        Ok(Self { path, file, head, places: Vec::new(), end: HEAD as u64 })
    }

    /// Opens a file and looks through it; hands over what is found.
    pub(super) fn open(path: PathBuf, head: Head, mut each: impl FnMut(Found)) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(&path)?;
        let mut segment = Self { path, file: file.try_clone()?, head, places: Vec::new(), end: 0 };
        let scanned = scan(&file, head.identity, head.first, |at, found| {
            match &found {
                Found::Record(record, _) => segment.note(record.seq, at),
                Found::Damaged(seq) => segment.note(*seq, u64::from(MISSING)),
            }
            each(found);
        })?;
        segment.end = scanned.end;
        Ok(segment)
    }

    /// Takes a file out of the history in which nothing can be read.
    pub(super) fn set_aside(&self) -> io::Result<()> {
        let aside = self.path.with_extension(ASIDE);
        tracing::warn!(file = %aside.display(), "a file in which no event can be read is left out, and renamed");
        std::fs::rename(&self.path, aside)
    }

    /// Whether it has no records.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Cuts off what stands behind the last record: a write that was broken off, of which nobody was told.
    pub(super) fn cut_tail(&self) -> io::Result<()> {
        let left = self.file.metadata()?.len().saturating_sub(self.end);
        if left > 0 {
            tracing::info!(bytes = left, "cut off what a write had left unfinished at the end of the history");
            self.file.set_len(self.end)?;
        }
        Ok(())
    }

    /// The number after that of its last record.
    pub(super) fn next(&self) -> u64 {
        self.head.first + self.places.len() as u64
    }

    /// Notes where a record stands; numbers between it and the one before are missing.
    pub(super) fn note(&mut self, seq: u64, at: u64) {
        let missing = usize::try_from(seq.saturating_sub(self.next())).unwrap_or(usize::MAX);
        self.places.extend(std::iter::repeat_n(MISSING, missing));
        self.places.push(u32::try_from(at).unwrap_or(MISSING));
    }

    /// Where the frame of a record begins.
    pub(super) fn place_of(&self, seq: u64) -> Option<u64> {
        let index = usize::try_from(seq.checked_sub(self.head.first)?).ok()?;
        self.places.get(index).filter(|place| **place != MISSING).map(|place| u64::from(*place))
    }
}
