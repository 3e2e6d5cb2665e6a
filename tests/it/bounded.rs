//! Far more events than the history may have: it stays as large as it may be, on the disk and in memory.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;

use crate::history::{is_long, replay, serve};
use crate::http::{NDJSON, request};

/// The events of a batch, and the size of each.
const BATCH: usize = 32;
const SIZE: usize = 32 << 10;

/// What the history may take, in bytes.
const RETAINED: u64 = 4 << 20;

/// What may be on the disk beyond that: the file that is the oldest, the one that is the newest, and what is just written.
const BEYOND: u64 = 3 << 20;

/// What the broker may need in memory for whatever comes and goes, in KiB.
const ELASTIC: u64 = 16 << 10;

/// The size of all files in a directory. Some may go while it looks.
fn size_of(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).expect("a directory");
    entries.map(|entry| entry.expect("an entry").metadata().map_or(0, |metadata| metadata.len())).sum()
}

#[test]
fn a_history_stays_as_large_as_it_may_be() {
    let directory = tempfile::tempdir().unwrap();
    let options = ["--retain-bytes", "4MiB", "--max-event-size", "64KiB", "--tail-bytes", "1MiB"];
    let broker = serve(directory.path(), &options);
    let mut first_resident = None;
    let batches = if is_long() { 1000 } else { 100 };
    for batch in 0..batches {
        let line = |n| format!("{{\"topic\":\"a\",\"data\":\"{batch}-{n} {}\"}}\n", "x".repeat(SIZE));
        let lines: String = (0..BATCH).map(line).collect();
        assert_eq!(request(broker.address, "POST", "/events", &NDJSON, lines.as_bytes()).status, 200);
        let size = size_of(directory.path());
        assert!(size <= RETAINED + BEYOND, "{size} bytes after batch {batch}");
        if batch >= 10 {
            let resident = broker.resident_kib();
            let first = *first_resident.get_or_insert(resident);
            assert!(resident < first + ELASTIC, "{first} KiB after ten batches, {resident} KiB after batch {batch}");
        }
    }
    let newest = |broker| {
        let events = replay(broker);
        assert!(events.len() as u64 > RETAINED / SIZE as u64 / 2, "{} are retained", events.len());
        events.into_iter().rev().map(|event| event.data.split(' ').next().map(str::to_owned))
    };
    let expected = |count: usize| {
        let all = (0..batches).rev().flat_map(|batch| (0..BATCH).rev().map(move |n| Some(format!("{batch}-{n}"))));
        all.take(count)
    };
    let before: Vec<_> = newest(broker.address).collect();
    assert!(expected(before.len()).eq(before.clone()), "the newest are there");
    broker.kill();
    let broker = serve(directory.path(), &options);
    assert!(newest(broker.address).eq(before), "and after a restart too");
    assert!(size_of(directory.path()) <= RETAINED + BEYOND);
}
