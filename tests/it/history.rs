//! Directories with a history, and what a broker that is started on one has to say: for tests of what outlasts it.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::thread;

use sse::wire::Message;

use crate::http::{Stream, get, publish};
use crate::process::Broker;

/// Whether the long form of tests is wanted.
pub fn is_long() -> bool {
    std::env::var_os("SSE_TEST_LONG").is_some()
}

/// Starts a broker on a directory, with more options.
pub fn serve(directory: &Path, options: &[&str]) -> Broker {
    let data = ["--data", directory.to_str().expect("a path in UTF-8")];
    Broker::start(&[&data, options].concat())
}

/// All that is retained, in the order in which it is replayed. Nothing of it may be missing.
pub fn replay(of: SocketAddr) -> Vec<Message> {
    let retained = get(of, "/api/stats").json()["retained"].clone();
    assert_eq!(retained["damaged"], 0, "nothing is damaged");
    let count = usize::try_from(retained["events"].as_u64().expect("a number")).expect("few events");
    let mut stream = Stream::open(of, "/events?topic=**&since=earliest", &[]);
    let events: Vec<Message> = (0..count).map(|_| stream.event()).collect();
    assert!(events.iter().all(|event| event.event_type != "sse.gap"), "nothing is missing");
    events
}

/// The current state of a topic: what a stream begins with.
pub fn state(of: SocketAddr, topic: &str) -> Vec<Message> {
    let mut stream = Stream::open(of, &format!("/events/{topic}"), &[]);
    let end = publish(of, topic, "this ends the state");
    std::iter::from_fn(|| Some(stream.event()).filter(|event| event.last_event_id != end)).collect()
}

/// The number in the ID that an event has from the broker.
pub fn seq(id: &str) -> u64 {
    id.split_once('-').expect("a position").1.parse().expect("a number")
}

/// The files of the history itself, the oldest first.
pub fn log_files(directory: &Path) -> Vec<PathBuf> {
    let is_log = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "log");
    let mut files: Vec<PathBuf> = paths(directory).into_iter().filter(is_log).collect();
    files.sort();
    files
}

/// All that is in a directory, by name. The lock is nothing that matters.
pub fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = paths(directory).into_iter().filter(|path| !path.ends_with("lock"));
    files.map(|path| (path.clone(), fs::read(&path).expect("a file"))).collect()
}

/// Copies the files of a directory to another.
pub fn copy(from: &Path, to: &Path) {
    for path in paths(from) {
        fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("a copy");
    }
}

fn paths(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path()).collect()
}

/// Has all publish at once, each until the broker is gone, and kills it after so many acknowledgements.
pub fn publish_and_kill<P: Send>(
    broker: Broker,
    publishers: &mut [P],
    acknowledgements: usize,
    publish: impl Fn(&mut P, SocketAddr, &Sender<()>) + Sync,
) {
    let (told, heard) = mpsc::channel();
    let (address, publish) = (broker.address, &publish);
    thread::scope(|scope| {
        for publisher in publishers {
            let told = told.clone();
            scope.spawn(move || publish(publisher, address, &told));
        }
        drop(told);
        assert_eq!(heard.iter().take(acknowledgements).count(), acknowledgements, "the broker lives until then");
        broker.kill();
    });
}
