//! `--resume-file`: the last event ID, kept over runs.

use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::Context as _;
use tokio::fs;

use super::super::failure::Failure;
use super::options::ActionOptions;
use crate::wire::EventId;

/// A file that holds an ID and a line feed, or nothing.
pub(super) struct ResumeFile {
    path: PathBuf,
    id: String,
}

impl ResumeFile {
    /// Reads the one that was asked for, if it was.
    pub(super) async fn asked_for(options: &ActionOptions) -> Result<Option<Self>, Failure> {
        match &options.resume_file {
            Some(path) => Self::open(path.clone()).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads the file; one that is not there yet holds no ID.
    async fn open(path: PathBuf) -> Result<Self, Failure> {
        let text = match fs::read_to_string(&path).await {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let id = text.strip_suffix('\n').unwrap_or(&text).to_owned();
        match id.parse::<EventId>() {
            Ok(_) => Ok(Self { path, id }),
            Err(error) => Err(Failure::from(error).context(format!("{} holds no event ID", path.display()))),
        }
    }

    /// The ID to resume after; empty if there is none.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Keeps another ID: the file holds the one or the other, whenever the process ends.
    pub(super) async fn keep(&mut self, id: &str) -> anyhow::Result<()> {
        if id == self.id {
            return Ok(());
        }
        let mut new = self.path.clone().into_os_string();
        new.push(".new");
        let context = || format!("cannot write {}", self.path.display());
        fs::write(&new, format!("{id}\n")).await.with_context(context)?;
        fs::rename(&new, &self.path).await.with_context(context)?;
        id.clone_into(&mut self.id);
        Ok(())
    }
}
