//! Files that are read again when they change. A file that somebody is writing is left alone until it stays as it is: the
//! half of it may make sense, too. All looks are taken aside, since a disk may be slow.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// For how long files have to stay as they are before they are read.
const PAUSE: Duration = Duration::from_millis(250);

/// How often that is waited for when somebody has asked for them to be read: a file that changes all the time is read as it
/// is.
const LOOKS: usize = 20;

/// The files, and how each was when it was looked at last.
#[derive(Debug)]
pub(super) struct Files(Vec<(PathBuf, Option<Look>)>);

/// What tells a file from the one that was there before, whether it was written over or replaced.
type Look = (SystemTime, u64, u64);

impl Files {
    /// Begins to watch.
    pub(super) async fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut watched = Self(files.into_iter().map(|path| (path, None)).collect());
        watched.0 = watched.now().await;
        watched
    }

    /// Those that have changed since the last time, or since the beginning, and stay as they are now. One that is gone has
    /// changed, too.
    pub(super) async fn changed(&mut self) -> Vec<PathBuf> {
        self.changed_over(tokio::time::sleep(PAUSE)).await
    }

    async fn changed_over(&mut self, pause: impl Future<Output = ()>) -> Vec<PathBuf> {
        let now = self.now().await;
        if now == self.0 {
            return Vec::new();
        }
        pause.await;
        if self.now().await != now {
            return Vec::new();
        }
        let before = std::mem::replace(&mut self.0, now);
        let changed = self.0.iter().zip(&before).filter(|(now, before)| now != before);
        changed.map(|((path, _), _)| path.clone()).collect()
    }

    /// Waits until they stay as they are.
    pub(super) async fn settle(&mut self) {
        for _ in 0..LOOKS {
            let now = self.now().await;
            let is_settled = now == self.0;
            self.0 = now;
            if is_settled {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether it is these that are watched.
    pub(super) fn are_of(&self, files: &[PathBuf]) -> bool {
        self.0.iter().map(|(path, _)| path).eq(files)
    }

    /// Whether they are as they were when they were looked at last.
    pub(super) async fn are_the_same(&self) -> bool {
        self.now().await == self.0
    }

    async fn now(&self) -> Vec<(PathBuf, Option<Look>)> {
        let mut looks = Vec::with_capacity(self.0.len());
        for (path, _) in &self.0 {
            looks.push((path.clone(), look(path).await));
        }
        looks
    }
}

/// `None` if it is not there.
async fn look(path: &PathBuf) -> Option<Look> {
    let metadata = tokio::fs::metadata(path).await.ok()?;
    Some((metadata.modified().ok()?, metadata.ino(), metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_being_written_has_not_changed_until_it_stays_as_it_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let [written, other] = ["written", "other"].map(|name| directory.path().join(name));
        let write = |text: &str| std::fs::write(&written, text).expect("a file");
        write("before");
        let mut files = Files::new([written.clone(), other]).await;
        assert!(files.changed().await.is_empty());
        write("");
        let changed = files.changed_over(async { write("after") }).await;
        assert!(changed.is_empty(), "{changed:?}");
        assert!(!files.are_the_same().await);
        assert_eq!(files.changed().await, std::slice::from_ref(&written));
        assert!(files.changed().await.is_empty() && files.are_the_same().await);
        write("later");
        files.settle().await;
        assert!(files.are_the_same().await);
    }
}
