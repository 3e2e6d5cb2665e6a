//! The diagnostic log: what the program says about itself on stderr, one line an event.

use tracing_subscriber::EnvFilter;

/// Starts the log. `SSE_LOG` (such as `sse=debug,hyper=info`) overrides `level`. A second call changes nothing.
pub fn start(level: tracing::Level, color: bool) {
    let filter = EnvFilter::try_from_env("SSE_LOG").unwrap_or_else(|_| EnvFilter::new(format!("sse={level}")));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(color);
    // Only fails where a log was started before, which then stays.
    let _ = log.try_init();
}
