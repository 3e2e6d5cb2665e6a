//! What outlives the files that are dropped: the current state of topics, and the acts of publishing that are still
//! remembered. It is written anew, whole, whenever the oldest file goes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Instant, SystemTime};

use bytes::Bytes;

use super::codec;
use super::format::{HEAD, Head};
use super::scan::{Found, scan};
use super::shelves::Kept;
use crate::store::Record;
use crate::store::intake::Act;

/// What the file is called.
pub(super) const NAME: &str = "kept";

/// The same while it is written.
const NEW: &str = "kept.new";

/// What is kept of an event, which may be both. If it is neither, it was the state of a topic, and is lost.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// It is the current state of its topics.
    pub(super) state: Option<Record>,
    /// The act with which it was published, and when.
    pub(super) act: Option<(SystemTime, Act)>,
}

/// Writes the file, with the items by their numbers.
pub(super) fn write(directory: &Path, head: Head, items: &BTreeMap<u64, Item>) -> io::Result<Kept> {
    let path = directory.join(NEW);
    let mut file = BufWriter::new(File::options().read(true).write(true).create(true).truncate(true).open(&path)?);
    // Nothing comes before what is kept, so the head has room for how much that is.
    file.write_all(&Head { before: items.len() as u64, ..head }.encode())?;
    let (mut places, mut at) = (BTreeMap::new(), HEAD as u64);
    for (seq, Item { state, act }) in items {
        let (mut payload, mut framed) = (Vec::new(), Vec::new());
        let published = act.as_ref().map_or(SystemTime::UNIX_EPOCH, |(at, _)| *at);
        let act = act.as_ref().map(|(_, act)| act);
        match state {
            Some(record) => codec::encode(record, act, &mut payload),
            None => codec::encode(&without_event(*seq, published), act, &mut payload),
        }
        head.identity.frame(*seq, &payload, &mut framed);
        file.write_all(&framed)?;
        if state.is_some() {
            places.insert(*seq, at);
        }
        at += framed.len() as u64;
    }
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    std::fs::rename(&path, directory.join(NAME))?;
    File::open(directory)?.sync_all()?;
    Ok(Kept { file, places })
}

/// Opens the file, if there is one, and hands over what it has of the numbers before those of the first other file. What is
/// damaged beyond recognition has the number 0.
pub(super) fn open(directory: &Path, first: Head, mut each: impl FnMut(Found)) -> io::Result<Option<Kept>> {
    let path = directory.join(NAME);
    if !path.try_exists()? {
        return Ok(None);
    }
    let file = File::open(path)?;
    let mut head = [0; HEAD];
    let expected =
        file.read_exact_at(&mut head, 0).ok().and_then(|()| Head::decode(&head).ok()).map(|head| head.before);
    let (mut places, mut count) = (BTreeMap::new(), 0);
    let scanned = scan(&file, first.identity, 1, |at, found| {
        count += 1;
        match found {
            Found::Record(record, seen) if record.seq < first.first => {
                // What has no topics is here for its act of publishing alone, or stands for state that was lost.
                if record.topics.is_empty() && seen.is_none() {
                    return each(Found::Damaged(record.seq));
                }
                if !record.topics.is_empty() {
                    places.insert(record.seq, at);
                }
                each(Found::Record(record, seen));
            }
            // It was about to be dropped from the other file, and was not.
            Found::Record(..) => {}
            damaged @ Found::Damaged(_) => each(damaged),
        }
    })?;
    if scanned.rubbish > 0 || expected.is_none_or(|expected| count < expected) {
        each(Found::Damaged(0));
    }
    Ok(Some(Kept { file, places }))
}

/// Stands for an event that is not kept.
fn without_event(seq: u64, published: SystemTime) -> Record {
    let (topics, frame) = (Box::default(), Bytes::new());
    Record {
        seq,
        published,
        expires: None,
        appended: Instant::now(),
        id: None,
        name: None,
        key: None,
        clears: false,
        topics,
        frame,
        stored: 0,
    }
}
