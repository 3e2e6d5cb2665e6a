//! The diagnostic log: what the program says about itself on stderr, one line an event.

use std::env::VarError;

use tracing_subscriber::EnvFilter;

const VARIABLE: &str = "SSE_LOG";

/// Why the log was not started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `SSE_LOG` is not UTF-8.
    #[error("SSE_LOG is not UTF-8")]
    NotUtf8,
    /// `SSE_LOG` is no filter.
    #[error("SSE_LOG is no filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
}

/// Starts the log. `SSE_LOG` (such as `sse=debug,hyper=info`) overrides `level` unless it is empty. A second call changes
/// nothing.
///
/// # Errors
/// If `SSE_LOG` makes no sense.
pub fn start(level: tracing::Level, color: bool) -> Result<(), Error> {
    let filter = match std::env::var(VARIABLE) {
        Ok(filter) if !filter.trim().is_empty() => EnvFilter::try_new(filter)?,
        Err(VarError::NotUnicode(_)) => return Err(Error::NotUtf8),
        _ => EnvFilter::new(format!("sse={level}")),
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(color);
    // Where stderr takes nothing it would report that to stderr, and panic.
    let log = log.log_internal_errors(false);
    // Only fails where a log was started before, which then stays.
    let _ = log.try_init();
    Ok(())
}
