//! Why a directory cannot be used for the history. Every sentence says what to do.

use std::io;
use std::path::PathBuf;

use super::format::VERSION;

/// Why a history cannot be opened. None of its events was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The operating system does not let us.
    #[error("cannot use {} for the history", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it says.
        #[source]
        source: io::Error,
    },
    /// It is something else.
    #[error("{} is no directory, and the history is one", path.display())]
    NoDirectory {
        /// The path.
        path: PathBuf,
    },
    /// Another server has it open.
    #[error("{} is the history of another sse serve that runs; give each a directory of its own", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// It was written by a program that is newer than this one.
    #[error("{} has version {version} of the format, and this sse reads up to {VERSION}: use a newer sse", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// No file says which log this is.
    #[error(
        "{} is damaged at its very beginning, or is no history of sse; restore the directory, or move it away to begin a \
         new history",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The files of its history are gone.
    #[error("{} is left of a history whose .log files are gone; restore them, or move it away too", path.display())]
    Leftover {
        /// The file.
        path: PathBuf,
    },
    /// Files were put together that do not belong together.
    #[error("{} belongs to another history than the files beside it; move it away", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

impl OpenError {
    /// The operating system's word about a path.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
