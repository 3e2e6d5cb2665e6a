//! A history of which something is damaged: what is read of it is never altered, what is missing is told at its place, and
//! what is published then is published as ever.

mod known;

use std::fs::{self, File};
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use sse::store::{Draft, Log as _, Place, Retention};

use crate::history::{copy, is_long, log_files, seq, serve};
use crate::http::{Stream, publish};
use crate::process::wait_until;
use known::{Known, Lost};

/// What a disk writes at once.
const PAGE: usize = 4096;

/// A directory with the history.
fn original() -> (tempfile::TempDir, Known) {
    let directory = tempfile::tempdir().unwrap();
    let known = Known::publish(directory.path());
    assert_eq!(known.check(copy_of(directory.path()).path()), Lost::default(), "nothing is damaged");
    let files = log_files(directory.path());
    assert!(files.len() >= 3 && first(&files[0]) > 1 && directory.path().join("kept").exists(), "{files:?}");
    (directory, known)
}

fn copy_of(directory: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    copy(directory, to.path());
    to
}

/// The number of the first event of a file.
fn first(file: &Path) -> u64 {
    file.file_stem().and_then(|stem| stem.to_str()?.parse().ok()).expect("a number")
}

/// Changes a byte of a file: one of its first, or any.
fn flip(file: &Path, random: &mut Rng) -> (usize, u8) {
    let mut bytes = fs::read(file).unwrap();
    let end = if random.bool() { bytes.len() } else { bytes.len().min(100) };
    let (at, change) = (random.usize(..end), random.u8(1..));
    bytes[at] ^= change;
    fs::write(file, bytes).unwrap();
    (at, change)
}

/// Changes a byte in a copy of the history and has what is left of it checked; returns how much is lost.
fn flip_and_check(directory: &Path, seed: u64, check: impl Fn(&Path) -> Lost) -> u64 {
    let (mut random, damaged) = (Rng::with_seed(seed), copy_of(directory));
    let others = ["newest", "kept"].map(|name| damaged.path().join(name));
    let files = [log_files(damaged.path()), others.into()].concat();
    let file = &files[random.usize(..files.len())];
    let (at, change) = flip(file, &mut random);
    let lost = check(damaged.path());
    let (hit, file) = (if file.ends_with("kept") { lost.state } else { lost.events }, file.display());
    assert!(hit <= 1 && hit == lost.events + lost.state, "seed {seed}: {file} at {at} by {change}: {lost:?}");
    hit
}

#[test]
fn a_byte_that_has_changed_costs_one_event_at_most_and_that_is_told() {
    let (directory, known) = original();
    let (flips, served) = if is_long() { (950, 50) } else { (32, 8) };
    let check = |seeds: Range<u64>| {
        let lost = |seed| flip_and_check(directory.path(), seed, |damaged| known.check(damaged));
        seeds.map(lost).sum::<u64>()
    };
    let lost = thread::scope(|scope| {
        let half = scope.spawn(|| check(0..flips / 2));
        check(flips / 2..flips) + half.join().expect("checks that hold")
    });
    assert!(lost * 5 > flips, "most of the history is events: {lost} of {flips} were hit");
    // Not at the same time: a process that is just being started shares the locks of this one for a moment.
    for seed in flips..flips + served {
        flip_and_check(directory.path(), seed, |damaged| known.check_served(damaged));
    }
}

#[test]
fn many_bytes_that_have_changed_cost_one_event_each_at_most() {
    let (directory, known) = original();
    for seed in 0..if is_long() { 200 } else { 10 } {
        let (mut random, damaged) = (Rng::with_seed(seed), copy_of(directory.path()));
        let files = log_files(damaged.path());
        let flips = random.usize(2..50);
        for _ in 0..flips {
            let file = &files[random.usize(..files.len())];
            let mut bytes = fs::read(file).unwrap();
            let at = random.usize(..bytes.len());
            bytes[at] ^= random.u8(1..);
            fs::write(file, bytes).unwrap();
        }
        let lost = known.check(damaged.path()).events;
        assert!(lost <= flips as u64, "seed {seed}: {lost} are missing after {flips} changes");
    }
}

#[test]
fn pages_that_are_empty_are_missing_and_told() {
    let (directory, known) = original();
    for seed in 0..if is_long() { 200 } else { 10 } {
        let (mut random, damaged) = (Rng::with_seed(seed), copy_of(directory.path()));
        let files = log_files(damaged.path());
        let file = &files[random.usize(..files.len())];
        let mut bytes = fs::read(file).unwrap();
        let page = random.usize(..bytes.len() / PAGE) * PAGE;
        let end = bytes.len().min(page + random.usize(1..10) * PAGE);
        bytes[page..end].fill(0);
        fs::write(file, bytes).unwrap();
        assert!(known.check(damaged.path()).events < 20, "seed {seed}");
    }
}

/// What can happen to the files of a directory.
type Damage = fn(&Path, &[PathBuf]);

fn cut(file: &Path, length: u64) {
    File::options().write(true).open(file).unwrap().set_len(length).unwrap();
}

fn length(file: &Path) -> u64 {
    fs::metadata(file).unwrap().len()
}

fn append(file: &Path, bytes: &[u8]) {
    File::options().append(true).open(file).unwrap().write_all(bytes).unwrap();
}

fn last(files: &[PathBuf]) -> &Path {
    files.last().expect("files")
}

const CUTS: [(&str, Damage); 9] = [
    ("the first file is empty", |_, files| cut(&files[0], 0)),
    ("a file in the middle is cut in a record", |_, files| cut(&files[1], length(&files[1]) / 2)),
    ("a file in the middle is cut to its head", |_, files| cut(&files[1], 44)),
    ("a file in the middle is cut in its head", |_, files| cut(&files[1], 20)),
    ("a file in the middle is empty", |_, files| cut(&files[1], 0)),
    ("the last file is cut in a record", |_, files| cut(last(files), length(last(files)) - 10)),
    ("the last file is cut in its first record", |_, files| cut(last(files), 50)),
    ("the last file is cut to its head", |_, files| cut(last(files), 44)),
    ("the last file is empty", |_, files| cut(last(files), 0)),
];

const DELETIONS: [(&str, Damage); 3] = [
    ("the first file is deleted", |_, files| fs::remove_file(&files[0]).unwrap()),
    ("a file in the middle is deleted", |_, files| fs::remove_file(&files[1]).unwrap()),
    ("the last file is deleted", |_, files| fs::remove_file(last(files)).unwrap()),
];

/// What costs no event.
const HARMLESS: [(&str, Damage); 10] = [
    ("newest is deleted", |directory, _| fs::remove_file(directory.join("newest")).unwrap()),
    ("newest is empty", |directory, _| cut(&directory.join("newest"), 0)),
    ("kept is deleted", |directory, _| fs::remove_file(directory.join("kept")).unwrap()),
    ("kept is cut", |directory, _| cut(&directory.join("kept"), length(&directory.join("kept")) / 2)),
    ("text is behind the last record", |_, files| append(last(files), &b"text".repeat(1000))),
    ("zeros are behind the last record", |_, files| append(last(files), &[0; 100_000])),
    ("text is behind a file in the middle", |_, files| append(&files[1], &b"text".repeat(1000))),
    ("the last records are there twice", |_, files| {
        let bytes = fs::read(last(files)).unwrap();
        append(last(files), &bytes[bytes.len() / 2..]);
    }),
    ("there are files with the lowest and the highest number", |directory, _| {
        fs::write(directory.join(format!("{:020}.log", 0)), "").unwrap();
        fs::write(directory.join(format!("{}.log", u64::MAX)), "").unwrap();
    }),
    ("a file was begun while another went on", |directory, files| {
        fs::write(directory.join(format!("{:020}.log", first(last(files)) + 5)), "").unwrap();
    }),
];

/// Checks the history after each of these; returns how many events were missing each time.
fn missing_after(damages: &[(&str, Damage)]) -> Vec<(String, u64)> {
    let (directory, known) = original();
    let missing = |(what, damage): &(&str, Damage)| {
        let one = copy_of(directory.path());
        damage(one.path(), &log_files(one.path()));
        let other = copy_of(one.path());
        let lost = known.check(one.path());
        assert_eq!(known.check_served(other.path()), lost, "{what}");
        ((*what).to_owned(), lost.events)
    };
    damages.iter().map(missing).collect()
}

#[test]
fn what_is_cut_off_a_file_is_missing_and_told() {
    for (what, missing) in missing_after(&CUTS) {
        assert!((1..200).contains(&missing), "{what}: {missing} are missing");
    }
}

#[test]
fn what_was_in_a_deleted_file_is_missing_and_told() {
    for (what, missing) in missing_after(&DELETIONS) {
        assert!((1..200).contains(&missing), "{what}: {missing} are missing");
    }
}

#[test]
fn what_is_no_event_is_not_missed() {
    for (what, missing) in missing_after(&HARMLESS) {
        assert_eq!(missing, 0, "{what}");
    }
}

#[test]
fn a_file_that_was_just_begun_takes_no_other_with_it_when_it_goes() {
    let (directory, mut known) = original();
    fs::write(directory.path().join(format!("{:020}.log", known.newest() + 1)), "").unwrap();
    for _ in 0..2 {
        known.publish_more(directory.path());
        assert_eq!(known.check(copy_of(directory.path()).path()), Lost::default());
    }
}

/// Damages the record of an event.
fn damage_event(known: &Known, directory: &Path, seq: u64) {
    let files = log_files(directory);
    let file = files.iter().rev().find(|file| first(file) <= seq).expect("a file with this event");
    let mut bytes = fs::read(file).unwrap();
    let at = memchr::memmem::find(&bytes, &known.record(seq).frame).expect("the event is in its file");
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[test]
fn damage_to_what_is_not_retained_any_more_costs_nothing() {
    let (directory, known) = original();
    for seq in known.oldest() - 3..known.oldest() {
        damage_event(&known, directory.path(), seq);
    }
    assert_eq!(known.check(directory.path()), Lost::default());
}

#[test]
fn what_is_damaged_becomes_too_old_like_all_else() {
    let (directory, known) = original();
    for seq in [known.oldest(), known.oldest() + 1] {
        damage_event(&known, directory.path(), seq);
    }
    let retention = Retention { events: u64::MAX, bytes: u64::MAX, age: Duration::from_secs(2) };
    let log = known::open_retaining(directory.path(), retention).expect("a damaged history");
    wait_until("all that is old has gone, while new events come", || {
        known::append(&log, Draft { topics: vec!["a".parse().unwrap()], ..Draft::default() });
        log.span().first > known.newest()
    });
}

#[test]
fn a_time_before_a_damaged_event_is_found() {
    let (directory, known) = original();
    let damaged = [known.oldest() + 1, known.oldest() + 90, known.newest() - 5];
    for seq in damaged {
        damage_event(&known, directory.path(), seq);
    }
    let log = known::open(directory.path()).expect("a damaged history");
    for seq in known.oldest()..=known.newest() {
        let time = known.record(seq).published;
        let Place::After(after) = log.since(time) else { panic!("{seq} is retained") };
        assert!(after < seq, "since the time of {seq}: after {after}");
        let older = (after + 1..seq).filter(|older| known.record(*older).published < time);
        assert!(older.into_iter().all(|older| damaged.contains(&older)), "since the time of {seq}: after {after}");
    }
    assert_eq!(log.damaged(), 3, "asking for a time does not make it worse");
}

#[test]
fn a_file_whose_head_is_damaged_can_be_the_only_one() {
    let (directory, known) = original();
    let files = log_files(directory.path());
    let newest = last(&files);
    let mut bytes = fs::read(newest).unwrap();
    bytes[20] ^= 1;
    fs::write(newest, bytes).unwrap();
    let options = ["--retain-events", "1", "--retain-bytes", "16MiB"];
    let broker = serve(directory.path(), &options);
    publish(broker.address, "new", "x");
    broker.stop();
    assert!(first(&log_files(directory.path())[0]) >= first(newest), "all others were dropped");
    let broker = serve(directory.path(), &options);
    assert_eq!(Stream::open(broker.address, "/events/new?since=earliest", &[]).data(1), ["x"]);
    assert_eq!(seq(&publish(broker.address, "new", "y")), known.newest() + 2);
}

#[test]
fn damage_that_comes_while_the_broker_runs_is_told_and_leaves_with_its_event() {
    let (directory, known) = original();
    let log = known::open(directory.path()).expect("a history");
    damage_event(&known, directory.path(), known.newest() - 100);
    assert_eq!((log.damaged(), known.check_log(&log).events, log.damaged()), (0, 1, 1));
    for number in known.newest()..known.newest() + 120 {
        known::append(&log, known::draft(number + 1, &mut Rng::with_seed(number)));
    }
    assert_eq!(log.damaged(), 0);
}
