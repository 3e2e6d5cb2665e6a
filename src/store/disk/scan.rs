//! Looking through a file from its head to its end. What is damaged is passed over: byte by byte, to the next frame.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::codec;
use super::format::{FRAME, Frame, HEAD, Identity};
use crate::store::Record;
use crate::store::intake::{Name, Seen};

/// Bytes that are read at once.
const AHEAD: usize = 1 << 20;

/// What stands in a file.
pub(super) enum Found {
    /// A record, and the act of publishing that it came with.
    Record(Record, Option<(Name, Seen)>),
    /// A record that is damaged, by its number.
    Damaged(u64),
}

/// What a disk cannot read it cannot read in blocks of this size, in bytes.
const BLOCK: usize = 4 << 10;

/// What a look through a file comes to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanned {
    /// Where the last frame ends.
    pub(super) end: u64,
    /// Bytes that belong to no frame.
    pub(super) rubbish: u64,
}

/// Hands over what is found, and where, in the order of the numbers from `first` on.
pub(super) fn scan(
    file: &File,
    identity: Identity,
    first: u64,
    mut each: impl FnMut(u64, Found),
) -> io::Result<Scanned> {
    let mut scan = Scan { file, buffer: Vec::new(), begin: 0, length: file.metadata()?.len() };
    let (mut at, mut end, mut next, mut rubbish) = (HEAD as u64, HEAD as u64, first, 0);
    while at < scan.length {
        let Some(frame) = scan.frame(at, identity).filter(|frame| frame.seq >= next) else {
            (at, rubbish) = (at + 1, rubbish + 1);
            continue;
        };
        let payload = &scan.bytes(at, FRAME + frame.length)[FRAME..];
        let whole = identity.is_whole(&frame, payload).then(|| codec::decode(frame.seq, payload)).flatten();
        each(at, whole.map_or(Found::Damaged(frame.seq), |(record, seen)| Found::Record(record, seen)));
        next = frame.seq + 1;
        at += (FRAME + frame.length) as u64;
        end = at;
    }
    Ok(Scanned { end, rubbish })
}

/// A file that is read from its beginning to its end.
struct Scan<'f> {
    file: &'f File,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins.
    begin: u64,
    length: u64,
}

impl Scan<'_> {
    /// The frame that begins here, if one does and the file has all of it.
    fn frame(&mut self, at: u64, identity: Identity) -> Option<Frame> {
        let left = (self.length - at).saturating_sub(FRAME as u64);
        identity.unframe(self.bytes(at, FRAME)).filter(|frame| frame.length as u64 <= left)
    }

    /// Up to `count` bytes from here on: fewer at the end of the file.
    fn bytes(&mut self, at: u64, count: usize) -> &[u8] {
        let held = self.begin + self.buffer.len() as u64;
        let end = (at + count as u64).min(self.length);
        if at < self.begin || end > held {
            let size = (AHEAD as u64).max(count as u64).min(self.length - at);
            self.buffer.resize(usize::try_from(size).unwrap_or(usize::MAX), 0);
            read_or_zero(self.file, &mut self.buffer, at);
            self.begin = at;
        }
        let inside = |at: u64| usize::try_from(at - self.begin).unwrap_or(usize::MAX);
        self.buffer.get(inside(at)..inside(end)).unwrap_or_default()
    }
}

/// Reads, block by block where that fails: what cannot be read is zeros, which are no record.
fn read_or_zero(file: &File, buffer: &mut [u8], at: u64) {
    let Err(error) = file.read_exact_at(buffer, at) else { return };
    tracing::error!("a part of the history cannot be read, and is left out: {error}");
    for (index, block) in buffer.chunks_mut(BLOCK).enumerate() {
        if file.read_exact_at(block, at + (index * BLOCK) as u64).is_err() {
            block.fill(0);
        }
    }
}
