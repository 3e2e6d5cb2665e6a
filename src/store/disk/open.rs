//! Opening a directory: which files are there, what of them is whole, and what is missing.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::OpenError;
use super::format::{HEAD, Head, Identity, NoHead};
use super::newest::{self, NewestFile, Note};
use super::scan::Found;
use super::segment::{SUFFIX, Segment};
use super::shelves::Shelves;
use super::{codec, kept};
use crate::store::index::Index;
use crate::store::intake::{Allowance, Intake, Name, Seen};

const LOCK: &str = "lock";

/// A directory that is ready.
pub(super) struct Opened {
    /// Held for as long as the directory is in use.
    pub(super) lock: File,
    pub(super) newest: NewestFile,
    pub(super) index: Index,
    pub(super) intake: Intake,
    pub(super) shelves: Shelves,
}

/// What has been read so far.
struct Rebuilt {
    index: Index,
    intake: Intake,
    /// Acts of publishing before this are not remembered.
    remembered_since: SystemTime,
    now: SystemTime,
}

pub(super) fn open(directory: &Path, allowance: Allowance, now: SystemTime) -> Result<Opened, OpenError> {
    if directory.exists() && !directory.is_dir() {
        return Err(OpenError::NoDirectory { path: directory.to_owned() });
    }
    create(directory).map_err(OpenError::io(directory))?;
    let lock = lock(directory)?;
    let heads = heads(directory)?;
    let note = newest::read(directory).map_err(OpenError::io(directory))?;
    let identity = identity(directory, &heads, note)?;
    let note = note.filter(|note| note.identity == identity);
    let mut rebuilt = Rebuilt::new(allowance, now);
    let shelves = read(directory, heads, identity, note, &mut rebuilt).map_err(OpenError::io(directory))?;
    let newest = NewestFile::open(directory).map_err(OpenError::io(directory))?;
    Ok(Opened { lock, newest, index: rebuilt.index, intake: rebuilt.intake, shelves })
}

/// Makes the directory, and sees to it that it is on the disk.
fn create(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(directory)?;
    let parents = directory.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
    parents.take(2).try_for_each(|parent| File::open(parent)?.sync_all())
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK);
    let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(OpenError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: directory.to_owned() }),
        Err(TryLockError::Error(error)) => Err(OpenError::io(path)(error)),
    }
}

/// The files of the history with the numbers that their names say, the oldest first, and the heads that can be read.
fn heads(directory: &Path) -> Result<Vec<(PathBuf, u64, Option<Head>)>, OpenError> {
    let entries = std::fs::read_dir(directory).map_err(OpenError::io(directory))?;
    let mut heads = Vec::new();
    for entry in entries {
        let path = entry.map_err(OpenError::io(directory))?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.strip_suffix(SUFFIX)?.parse().ok());
        let Some(first) = number.filter(|first| *first > 0) else { continue };
        let head = head(&path)?.filter(|head| head.first == first);
        heads.push((path, first, head));
    }
    heads.sort_by_key(|(_, first, _)| *first);
    Ok(heads)
}

/// The head of a file, if it can be read.
fn head(path: &Path) -> Result<Option<Head>, OpenError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(OpenError::io(path))?;
    file.take(HEAD as u64).read_to_end(&mut bytes).map_err(OpenError::io(path))?;
    match Head::decode(&bytes) {
        Err(NoHead::Newer(version)) => Err(OpenError::Newer { path: path.to_owned(), version }),
        head => Ok(head.ok()),
    }
}

/// The file with what is kept of those that are gone, if there is one, and its head.
fn kept_head(directory: &Path) -> Result<Option<(PathBuf, Option<Head>)>, OpenError> {
    let path = directory.join(kept::NAME);
    if !path.try_exists().map_err(OpenError::io(&path))? {
        return Ok(None);
    }
    let head = head(&path)?;
    Ok(Some((path, head)))
}

/// Which log these files are of: a new one if there are none. A file that has lost its head is made up for by the others.
fn identity(
    directory: &Path,
    heads: &[(PathBuf, u64, Option<Head>)],
    note: Option<Note>,
) -> Result<Identity, OpenError> {
    let kept = kept_head(directory)?;
    let Some((oldest, ..)) = heads.first() else {
        // What is left of a history without its files: a new one beside it would take it for its own.
        let noted = note.filter(|note| note.number > 0).map(|_| directory.join(newest::NAME));
        let leftover = kept.map(|(path, _)| path).or(noted);
        return leftover.map_or(Ok(Identity::random()), |path| Err(OpenError::Leftover { path }));
    };
    let known = heads.iter().filter_map(|(path, _, head)| Some((path, (*head)?.identity)));
    let mut known = known.chain(kept.iter().filter_map(|(path, head)| Some((path, (*head)?.identity))));
    let Some((_, identity)) = known.next() else {
        return note.map(|note| note.identity).ok_or_else(|| OpenError::Damaged { path: oldest.clone() });
    };
    match known.find(|(_, other)| *other != identity) {
        Some((foreign, _)) => Err(OpenError::Foreign { path: foreign.clone() }),
        None => Ok(identity),
    }
}

/// Reads all files, of which there should be what was noted.
fn read(
    directory: &Path,
    heads: Vec<(PathBuf, u64, Option<Head>)>,
    identity: Identity,
    note: Option<Note>,
    rebuilt: &mut Rebuilt,
) -> io::Result<Shelves> {
    let without = |first| Head { identity, first, before: 0 };
    let first = heads.first().map_or(without(1), |(_, first, head)| head.unwrap_or(without(*first)));
    rebuilt.begin(first);
    let kept = kept::open(directory, first, |found| rebuilt.take_kept(found))?;
    if kept.is_none() && note.is_some_and(|note| note.has_kept) {
        rebuilt.take_kept(Found::Damaged(0));
    }
    let (mut shelves, mut has_head) = (Shelves::new(identity, kept), false);
    for (path, first, head) in heads {
        let before = rebuilt.index.span().last;
        let segment = Segment::open(path, head.unwrap_or(without(first)), |found| rebuilt.take(found))?;
        if segment.is_empty() && (head.is_none() || first <= before) {
            segment.set_aside()?;
            continue;
        }
        rebuilt.index.skip_to(first - 1);
        shelves.segments.push_back(segment);
        has_head = head.is_some();
    }
    // What was acknowledged and is not here has left its numbers behind: they are not given to other events.
    rebuilt.index.skip_to(note.map_or(0, |note| note.number));
    match shelves.segments.back_mut() {
        // What a process that was killed had written may not be on the disk yet; from here on it counts as stored.
        Some(newest) if has_head => newest.cut_tail().and_then(|()| newest.file.sync_all())?,
        // A file without a head could not stand alone when those before it are gone.
        _ => shelves.segments.push_back(Segment::create(directory, rebuilt.index.next_head(identity))?),
    }
    Ok(shelves)
}

impl Rebuilt {
    fn new(allowance: Allowance, now: SystemTime) -> Self {
        let remembered_since = now.checked_sub(allowance.idempotency_window).unwrap_or(SystemTime::UNIX_EPOCH);
        Self { index: Index::default(), intake: Intake::new(allowance), remembered_since, now }
    }

    /// Begins with the oldest file.
    fn begin(&mut self, first: Head) {
        self.index = Index::beginning_at(first.first);
        if let Some(before) = codec::time(first.before).filter(|_| first.first > 1) {
            (self.index.newest_time, self.index.dropped_time) = (before, Some(before));
        }
    }

    fn take(&mut self, found: Found) {
        match found {
            Found::Record(record, seen) if record.seq > self.index.span().last => {
                // Without the head of the first file it is not known when those before it were dropped: assume the latest.
                if self.index.dropped_time == Some(SystemTime::UNIX_EPOCH) {
                    self.index.dropped_time = Some(record.published);
                }
                self.index.push(&record);
                self.remember(seen, record.published);
            }
            Found::Damaged(seq) => self.index.skip_to(seq),
            Found::Record(..) => {}
        }
    }

    fn take_kept(&mut self, found: Found) {
        match found {
            Found::Record(record, seen) => {
                if !record.topics.is_empty() {
                    self.index.keep(&record);
                }
                self.remember(seen, record.published);
            }
            Found::Damaged(seq) => {
                self.index.lose_state();
                tracing::error!(event = seq, "the current state of a topic is damaged, and is left out");
            }
        }
    }

    fn remember(&mut self, seen: Option<(Name, Seen)>, published: SystemTime) {
        if let Some((name, seen)) = seen.filter(|_| published >= self.remembered_since) {
            // A clock that was ahead then must not have it remembered for longer than others.
            self.intake.remember(name, seen, published.min(self.now));
        }
    }
}
