//! Files that are read again when they change.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::SystemTime;

/// The files, and how each was when it was looked at last.
#[derive(Debug)]
pub(super) struct Files(Vec<(PathBuf, Option<Look>)>);

/// What tells a file from the one that was there before, whether it was written over or replaced.
type Look = (SystemTime, u64, u64);

impl Files {
    /// Begins to watch.
    pub(super) fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(files.into_iter().map(|path| (path.clone(), look(&path))).collect())
    }

    /// Those that have changed since the last time, or since the beginning. One that is gone has changed, too.
    pub(super) fn changed(&mut self) -> Vec<PathBuf> {
        let changed = self.0.iter_mut().filter_map(|(path, last)| {
            let now = look(path);
            (std::mem::replace(last, now) != now).then(|| path.clone())
        });
        changed.collect()
    }
}

/// `None` if it is not there.
fn look(path: &PathBuf) -> Option<Look> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.ino(), metadata.len()))
}
