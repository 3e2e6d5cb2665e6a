//! Directories that cannot be used for the history: each is refused with a line that says why, and left as it is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::history::{contents, log_files, replay, serve};
use crate::http::{NDJSON, publish, request};
use crate::process::{Broker, stderr, stdout};

/// Where in a file the version of its format stands, and the sum of its head.
const VERSION: std::ops::Range<usize> = 8..12;
const SUM: std::ops::Range<usize> = 40..44;

/// A history in files of 1 MiB.
const OPTIONS: [&str; 2] = ["--retain-bytes", "16MiB"];

/// Has a directory refused; returns the line that says why.
fn refusal(directory: &Path) -> String {
    let data = directory.to_str().expect("a path in UTF-8");
    let output = Broker::try_start(&["--data", data]).err().expect("no broker starts on it");
    let said = stderr(&output);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""), "{said}");
    let line = said.strip_suffix('\n').and_then(|line| line.strip_prefix("sse: ")).expect("a line of sse");
    assert!(!line.contains('\n') && !line.contains("panicked") && line.contains(data), "{line}");
    line.to_owned()
}

/// The same, of a directory that there is: it stays as it is.
fn refusal_of_what_stays(directory: &Path) -> String {
    let before = contents(directory);
    let line = refusal(directory);
    assert!(contents(directory) == before, "nothing is changed");
    line
}

/// Publishes more than two files have.
fn fill(directory: &Path, options: &[&str]) {
    let broker = serve(directory, options);
    let line = format!("{{\"topic\":\"b\",\"data\":\"{}\"}}\n", "x".repeat(32 << 10));
    for _ in 0..5 {
        assert_eq!(request(broker.address, "POST", "/events", &NDJSON, line.repeat(20).as_bytes()).status, 200);
    }
    broker.stop();
}

/// A directory with one file of a history.
fn with_one_file(bytes: &[u8]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("00000000000000000001.log"), bytes).unwrap();
    directory
}

#[test]
fn a_directory_that_another_server_uses() {
    let directory = tempfile::tempdir().unwrap();
    let broker = serve(directory.path(), &[]);
    publish(broker.address, "a", "1");
    assert!(refusal_of_what_stays(directory.path()).contains("is the history of another sse serve that runs"));
    publish(broker.address, "a", "2");
    assert_eq!(replay(broker.address).len(), 2, "the one that runs is not disturbed");
    broker.kill();
    assert_eq!(replay(serve(directory.path(), &[]).address).len(), 2, "when it has gone, so has its claim");
}

#[test]
fn a_path_below_a_file_and_a_path_that_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "text").unwrap();
    let line = refusal(&file.join("below"));
    assert!(line.contains("for the history: ") && line.contains("(os error"), "{line}");
    assert!(refusal(&file).contains("is no directory"));
    assert_eq!(fs::read(&file).unwrap(), b"text");
}

#[test]
fn a_directory_that_may_only_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let inside = |name: &str| directory.path().join(name);
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o500)).unwrap();
    // Whoever may do everything is refused nothing here.
    if fs::write(inside("probe"), "").is_err() {
        assert!(refusal_of_what_stays(directory.path()).contains("Permission denied"));
    }
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn directories_where_files_of_the_history_should_be() {
    for name in ["lock", "newest", "kept", "00000000000000000001.log"] {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join(name)).unwrap();
        let names = || fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let line = refusal(directory.path());
        assert!(line.contains("for the history: ") || name == "kept", "{line}");
        assert!(names().all(|found| found == name || found == "lock"), "{:?}", names().collect::<Vec<_>>());
    }
}

#[test]
fn a_history_in_a_newer_format() {
    for file in [0, 1] {
        let directory = tempfile::tempdir().unwrap();
        fill(directory.path(), &OPTIONS);
        let path = &log_files(directory.path())[file];
        let mut bytes = fs::read(path).unwrap();
        bytes[VERSION].copy_from_slice(&2_u32.to_le_bytes());
        let sum = crc32c::crc32c(&bytes[..SUM.start]);
        bytes[SUM].copy_from_slice(&sum.to_le_bytes());
        fs::write(path, bytes).unwrap();
        let line = refusal_of_what_stays(directory.path());
        assert!(line.contains("has version 2 of the format") && line.contains("use a newer sse"), "{line}");
    }
}

#[test]
fn a_directory_whose_only_file_is_no_history() {
    let zeros = vec![0; 100_000];
    for bytes in [&zeros[..], &zeros[..10], b"text\n", "a longer text\n".repeat(100).as_bytes()] {
        let directory = with_one_file(bytes);
        let line = refusal_of_what_stays(directory.path());
        assert!(line.contains("is damaged at its very beginning, or is no history of sse"), "{line}");
    }
}

#[test]
fn files_of_two_histories() {
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    fill(one.path(), &OPTIONS);
    fill(other.path(), &OPTIONS);
    let foreign: PathBuf = log_files(other.path()).remove(1);
    fs::remove_file(&log_files(one.path())[1]).unwrap();
    fs::copy(&foreign, one.path().join(foreign.file_name().unwrap())).unwrap();
    assert!(refusal_of_what_stays(one.path()).contains("belongs to another history than the files beside it"));
}

#[test]
fn a_history_with_the_state_of_another() {
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for directory in [one.path(), other.path()] {
        let broker = serve(directory, &["--retain-bytes", "1MiB"]);
        assert_eq!(request(broker.address, "POST", "/events/a", &[("sse-key", "k")], b"state").status, 200);
        broker.stop();
        fill(directory, &["--retain-bytes", "1MiB"]);
        assert!(directory.join("kept").exists());
    }
    fs::copy(other.path().join("kept"), one.path().join("kept")).unwrap();
    assert!(refusal_of_what_stays(one.path()).contains("belongs to another history than the files beside it"));
}
