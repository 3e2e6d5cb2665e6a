//! The diagnostic log: what the program says about itself on stderr, one line an event.

use std::borrow::Cow;
use std::env::VarError;
use std::fmt::{self, Debug};

use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

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

/// Writes a field as the library does, but for what would act on a terminal or begin a line of its own: much of what is told
/// comes from clients and servers, and nobody but us is to write the lines of this log.
fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let text = format!("{value:?}");
    let text = escaped(&text);
    match field.name() {
        "message" => writer.write_str(&text),
        name if writer.has_ansi_escapes() => write!(writer, "\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m{text}"),
        name => write!(writer, "{name}={text}"),
    }
}

/// A text without control characters and line separators.
fn escaped(text: &str) -> Cow<'_, str> {
    let acts = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}');
    if !text.contains(acts) {
        return text.into();
    }
    let escape = |c: char| if acts(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect()
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
    let log = log.fmt_fields(debug_fn(field).delimited(" "));
    // Where stderr takes nothing it would report that to stderr, and panic.
    let log = log.log_internal_errors(false);
    // Only fails where a log was started before, which then stays.
    let _ = log.try_init();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_act_is_shown_instead() {
        assert_eq!(escaped("a\nb\x1b[31m\u{9b}\u{2028}\u{202e}"), "a\\nb\\u{1b}[31m\\u{9b}\\u{2028}\\u{202e}");
        assert!(matches!(escaped("räume ☃ \"x\""), Cow::Borrowed(_)));
    }
}
