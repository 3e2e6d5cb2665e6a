//! `--record`: all that a stream says, with its times, in a file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::recording::Recorder;
use crate::wire::Item;

/// How much is gathered before it is written, in bytes.
const FULL: usize = 256 << 10;

/// A recording that is being made.
pub(super) struct Record {
    path: PathBuf,
    file: File,
    /// Since when its times count: since the first bytes came.
    began: Option<(Duration, Recorder)>,
    /// What is not written yet.
    gathered: Vec<u8>,
}

impl Record {
    /// Begins a file. One that has something in it already is left alone.
    pub(super) async fn create(path: &Path) -> Result<Self, Failure> {
        let context = || format!("cannot write {}", path.display());
        let file = OpenOptions::new().append(true).create(true).open(path).await.with_context(context)?;
        if file.metadata().await.with_context(context)?.len() > 0 {
            let taken = anyhow::anyhow!("{} exists, and is not empty", path.display());
            return Err(Failure::new(Exit::Usage, taken).hint("give --record another name, or remove the file"));
        }
        Ok(Self { path: path.to_owned(), file, began: None, gathered: Vec::new() })
    }

    /// Takes in what came at this time, `at` so long after the start.
    pub(super) fn item(&mut self, item: &Item, at: Duration, time: Option<Timestamp>) {
        let gathered = &mut self.gathered;
        let (began, recorder) =
            self.began.get_or_insert_with(|| (at, Recorder::begin(time.unwrap_or_else(Timestamp::now), gathered)));
        recorder.record(at.saturating_sub(*began), item, gathered);
    }

    /// Whether no more should be taken in before a [`Record::flush`].
    pub(super) fn is_full(&self) -> bool {
        self.gathered.len() >= FULL
    }

    /// Writes what was taken in. If the future is dropped, what the file has not taken yet stays for the next call.
    pub(super) async fn flush(&mut self) -> anyhow::Result<()> {
        let context = || format!("cannot write {}", self.path.display());
        while !self.gathered.is_empty() {
            let taken = self.file.write(&self.gathered).await.with_context(context)?;
            self.gathered.drain(..taken);
        }
        self.file.flush().await.with_context(context)
    }
}
