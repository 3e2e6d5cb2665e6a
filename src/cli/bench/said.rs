//! What a server that was started writes: its last bytes are kept, and with `-v` all of it goes to stderr.

use std::io::{PipeReader, Read as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::cli::terminal::escape_control;

/// How much is kept, in bytes; what is older is forgotten.
const KEPT: usize = 4096;

/// How many lines of it are shown.
const LINES: usize = 10;

/// How long the rest of what a server wrote that has ended may take.
const REST: Duration = Duration::from_millis(500);

const LOOK: Duration = Duration::from_millis(5);

/// Reads all that comes.
#[derive(Debug)]
pub(super) struct Said {
    kept: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Said {
    pub(super) fn listen(mut reader: PipeReader, is_verbose: bool) -> std::io::Result<Self> {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keeper = Arc::clone(&kept);
        let named = std::thread::Builder::new().name("server output".into());
        let thread = named.spawn(move || {
            let mut buffer = [0; KEPT];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if is_verbose {
                    let text = String::from_utf8_lossy(&buffer[..count]);
                    // That nobody reads stderr is no reason to stop the server.
                    let _ = std::io::stderr().write_all(escape_control(&text, "\n\t").as_bytes());
                }
                keep(&mut keeper.lock().unwrap_or_else(PoisonError::into_inner), &buffer[..count]);
            }
        })?;
        Ok(Self { kept, thread })
    }

    /// The last lines, if there are any. If the server has ended, all that it wrote is waited for.
    pub(super) fn last(&self, has_ended: bool) -> Option<String> {
        let asked = Instant::now();
        while has_ended && !self.thread.is_finished() && asked.elapsed() < REST {
            std::thread::sleep(LOOK);
        }
        last_lines(&self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn keep(kept: &mut Vec<u8>, new: &[u8]) {
    kept.extend_from_slice(new);
    let surplus = kept.len().saturating_sub(KEPT);
    kept.drain(..surplus);
}

fn last_lines(kept: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(kept);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let shown = &lines[lines.len().saturating_sub(LINES)..];
    (!shown.is_empty()).then(|| shown.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_no_more_than_so_many_bytes() {
        let mut kept = Vec::new();
        for line in 0..10_000 {
            keep(&mut kept, format!("line {line}\n\n").as_bytes());
        }
        assert_eq!(kept.len(), KEPT);
        let last = last_lines(&kept).expect("lines");
        assert!(last.starts_with("line 9990 | ") && last.ends_with(" | line 9999"), "{last}");
        assert_eq!(last_lines(b" \n"), None);
    }
}
