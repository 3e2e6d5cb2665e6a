//! `--resume-file`: the last event ID, kept over runs.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use anyhow::Context as _;
use tokio::fs;
use tokio::task::{JoinHandle, spawn_blocking};

use super::super::failure::Failure;
use super::options::ActionOptions;
use crate::wire::EventId;

/// No header can carry a longer ID, in bytes.
const LONGEST: u64 = 64 << 10;

/// A file that holds an ID and a line feed, or nothing.
pub(super) struct ResumeFile {
    path: PathBuf,
    id: String,
    /// What is being written still, though nobody waited for it.
    writing: Option<JoinHandle<io::Result<()>>>,
}

impl ResumeFile {
    /// Reads the one that was asked for, if it was.
    pub(super) async fn asked_for(options: &ActionOptions) -> Result<Option<Self>, Failure> {
        match &options.resume_file {
            Some(path) => Self::open(path.clone()).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads the file; one that is not there yet holds no ID. It is written as it is, so that one which cannot be is told at
    /// once.
    async fn open(path: PathBuf) -> Result<Self, Failure> {
        // A link stays one: it is the file behind it that is replaced.
        let path = fs::canonicalize(&path).await.unwrap_or(path);
        let text = match fs::metadata(&path).await {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Ok(metadata) if !metadata.is_file() || metadata.len() > LONGEST => {
                return Err(Failure::usage(format!("{} is no file that holds an event ID", path.display())));
            }
            _ => fs::read_to_string(&path).await.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let id = text.strip_suffix('\n').unwrap_or(&text).to_owned();
        if let Err(error) = id.parse::<EventId>() {
            return Err(Failure::from(error).context(format!("{} holds no event ID", path.display())));
        }
        let mut file = Self { path, id, writing: None };
        file.write(text).await?;
        Ok(file)
    }

    /// The ID to resume after; empty if there is none.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Keeps another ID: the file holds the one or the other, whenever the process ends.
    pub(super) async fn keep(&mut self, id: &str) -> anyhow::Result<()> {
        if id != self.id {
            self.write(format!("{id}\n")).await?;
            id.clone_into(&mut self.id);
        }
        Ok(())
    }

    /// Puts a new file in the place of the old one. If the future is dropped it is written all the same, and before the next.
    async fn write(&mut self, text: String) -> anyhow::Result<()> {
        self.written().await?;
        let (path, mut new) = (self.path.clone(), self.path.clone().into_os_string());
        new.push(".new");
        self.writing = Some(spawn_blocking(move || {
            std::fs::write(&new, text)?;
            if let Ok(metadata) = std::fs::metadata(&path) {
                std::fs::set_permissions(&new, metadata.permissions())?;
            }
            std::fs::rename(&new, path)
        }));
        self.written().await
    }

    async fn written(&mut self) -> anyhow::Result<()> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        let written = writing.await.map_err(io::Error::other).flatten();
        self.writing = None;
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }
}
