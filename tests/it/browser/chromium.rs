//! Headless Chromium with an empty profile; it and all its helpers are killed when dropped.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

pub struct Chromium {
    child: Child,
    _profile: TempDir,
}

const FLAGS: &[&str] = &[
    "--headless",
    // Tests run as root in containers, where there is neither a sandbox nor a large /dev/shm.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    // Nothing but the page: no update, no sync, no look-up of anything that is not on this machine.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
];

impl Chromium {
    /// Opens a page. Names that end in `.test` are this machine.
    pub fn open(url: &str) -> Self {
        let profile = tempfile::tempdir().expect("a directory");
        let mut command = Command::new("chromium");
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display())).arg(url);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = command.spawn().expect("chromium opens a page: tests/run installs it");
        Self { child, _profile: profile }
    }
}

impl Chromium {
    /// The page as it is once its scripts have run.
    pub fn shown(url: &str) -> String {
        let profile = tempfile::tempdir().expect("a directory");
        let mut command = Command::new("chromium");
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display())).args(["--dump-dom", url]);
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
        let output = output.expect("chromium shows a page: tests/run installs it");
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}
