//! The files of the history, and reading single records from them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::codec;
use super::format::{FRAME, Identity};
use super::segment::Segment;
use crate::store::Record;
use crate::store::index::Shelf;

/// Bytes that are read at once where the records that follow will be wanted too.
const AHEAD: usize = 128 << 10;

/// Bytes that are read at once for a single record.
const SINGLE: usize = 4 << 10;

/// Where the records are.
#[derive(Debug)]
pub(super) struct Shelves {
    pub(super) identity: Identity,
    /// The files with the history, the oldest first; there is always one.
    pub(super) segments: VecDeque<Segment>,
    /// The file with what was kept of those that are gone.
    pub(super) kept: Option<Kept>,
    /// The numbers of records that turned out to be damaged since the history was opened.
    damaged: Mutex<BTreeSet<u64>>,
}

/// A file with records that are older than all segments, and are the current state of their topics.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) file: File,
    pub(super) places: BTreeMap<u64, u64>,
}

/// Reads records, in one go where they follow each other.
pub(super) struct Reading<'s> {
    shelves: &'s Shelves,
    window: Vec<u8>,
    /// Where the window begins, in the file that has this first number; 0 stands for the kept ones.
    from: (u64, u64),
    /// The number that was read last.
    last: u64,
}

impl Shelves {
    /// Without a segment, which there has to be before anything else.
    pub(super) fn new(identity: Identity, kept: Option<Kept>) -> Self {
        Self { identity, segments: VecDeque::new(), kept, damaged: Mutex::default() }
    }

    /// The file that is appended to.
    pub(super) fn newest(&self) -> &Segment {
        self.segments.back().expect("there is always one")
    }

    pub(super) fn newest_mut(&mut self) -> &mut Segment {
        self.segments.back_mut().expect("there is always one")
    }

    /// Forgets a record that needs not be kept any more.
    pub(super) fn release(&mut self, seq: u64) {
        if let Some(kept) = &mut self.kept {
            kept.places.remove(&seq);
        }
    }

    /// How many records from this number on turned out to be damaged.
    pub(super) fn damaged_from(&self, first: u64) -> u64 {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner).range(first..).count() as u64
    }

    fn note_damage(&self, seq: u64, why: &str) {
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        // Of those in a row the first is said.
        if damaged.insert(seq) && !damaged.contains(&(seq - 1)) {
            tracing::error!(event = seq, "an event of the history cannot be read, and is left out: {why}");
        }
    }

    pub(super) fn read(&self) -> Reading<'_> {
        Reading { shelves: self, window: Vec::new(), from: (0, 0), last: 0 }
    }

    /// The file that a record is in, what that file is called in a [`Reading`], and where its frame begins.
    fn place_of(&self, seq: u64) -> Option<(&File, u64, u64)> {
        let later = self.segments.partition_point(|segment| segment.head.first <= seq);
        match later.checked_sub(1).and_then(|index| self.segments.get(index)) {
            Some(segment) => Some((&segment.file, segment.head.first, segment.place_of(seq)?)),
            None => self.kept.as_ref().and_then(|kept| Some((&kept.file, 0, *kept.places.get(&seq)?))),
        }
    }
}

impl Reading<'_> {
    fn record(&mut self, seq: u64) -> io::Result<Option<Record>> {
        let Some((file, name, at)) = self.shelves.place_of(seq) else { return Ok(None) };
        let ahead = if seq == self.last + 1 { AHEAD } else { SINGLE };
        self.last = seq;
        let identity = self.shelves.identity;
        let Some(frame) =
            identity.unframe(self.bytes(file, (name, at), FRAME, ahead)?).filter(|frame| frame.seq == seq)
        else {
            return Ok(None);
        };
        let bytes = self.bytes(file, (name, at), FRAME + frame.length, ahead)?;
        let Some(payload) = bytes.get(FRAME..).filter(|payload| identity.is_whole(&frame, payload)) else {
            return Ok(None);
        };
        Ok(codec::decode(seq, payload).map(|(record, _)| record))
    }

    /// Up to `count` bytes at a place: fewer at the end of the file.
    fn bytes(&mut self, file: &File, (name, at): (u64, u64), count: usize, ahead: usize) -> io::Result<&[u8]> {
        let inside = |begin: u64| usize::try_from(at.checked_sub(begin)?).ok();
        let held = (self.from.0 == name).then(|| inside(self.from.1)).flatten();
        let from = held.filter(|from| from + count <= self.window.len()).unwrap_or(0);
        if from == 0 && (self.from != (name, at) || count > self.window.len()) {
            // Until it is read anew it holds nothing.
            self.from = (0, 0);
            self.window.resize(count.max(ahead), 0);
            let read = read_up_to(file, &mut self.window, at)?;
            self.window.truncate(read);
            self.from = (name, at);
        }
        Ok(&self.window[from..(from + count).min(self.window.len())])
    }
}

fn read_up_to(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read_at(&mut buffer[read..], at + read as u64) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

impl Shelf for Reading<'_> {
    fn get(&mut self, seq: u64) -> Option<Arc<Record>> {
        match self.record(seq) {
            Ok(Some(record)) => return Some(Arc::new(record)),
            Ok(None) => self.shelves.note_damage(seq, "it is damaged"),
            Err(error) => self.shelves.note_damage(seq, &error.to_string()),
        }
        None
    }
}
