//! A disk that is full: events are refused until there is room again, nothing that was acknowledged is lost, and who listens
//! stays connected. The disk is a small one in memory, which only root can mount.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::history::{log_files, replay, serve};
use crate::http::{NDJSON, Reply, Stream, get, post, publish, request};
use crate::process::Broker;

/// The size of the disk.
const SIZE: usize = 4 << 20;

/// What it is handed out in.
const PAGE: usize = 4096;

/// A history in files of 1 MiB that may become larger than the disk.
const OPTIONS: [&str; 2] = ["--retain-bytes", "16MiB"];

/// A disk of its own, with a directory for the history and a file that takes some of its room.
struct Disk(TempDir);

impl Disk {
    /// Mounts it, if that can be.
    fn mount() -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={SIZE}"), "sse"]).arg(disk.path()).output();
        match mount {
            Ok(output) if output.status.success() => return Some(disk),
            Ok(output) => say(&String::from_utf8_lossy(&output.stderr)),
            Err(error) => say(&error.to_string()),
        }
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn history(&self) -> PathBuf {
        self.path().join("history")
    }

    /// Takes room away.
    fn fill(&self, bytes: usize) {
        fs::write(self.path().join("filler"), vec![1; bytes]).expect("there is as much room");
    }

    /// Gives it back.
    fn free(&self) {
        fs::remove_file(self.path().join("filler")).expect("it was filled");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also if the test has failed, and the broker is not quite gone. Where nothing was mounted, nothing is done.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).output();
    }
}

/// Says why a test is left out.
fn say(why: &str) {
    let _ = writeln!(std::io::stderr(), "left out, because no disk can be mounted: {}", why.trim());
}

/// Publishes events of this size until one is refused; returns the IDs of the others, and the refusal.
fn publish_until_refused(to: SocketAddr, size: usize) -> (Vec<String>, Reply) {
    let mut ids = Vec::new();
    loop {
        let reply = post(to, "/events/a", &"x".repeat(size));
        if reply.status != 200 {
            return (ids, reply);
        }
        ids.push(reply.json()["id"].as_str().expect("an ID").to_owned());
    }
}

fn ids_of(stream: &mut Stream, count: usize) -> Vec<String> {
    (0..count).map(|_| stream.event().last_event_id).collect()
}

fn replayed(broker: &Broker) -> Vec<String> {
    replay(broker.address).into_iter().map(|event| event.last_event_id).collect()
}

#[test]
fn a_full_disk_refuses_events_until_there_is_room_and_loses_none() {
    let Some(disk) = Disk::mount() else { return };
    disk.fill(1 << 20);
    let broker = serve(&disk.history(), &OPTIONS);
    let mut live = Stream::open(broker.address, "/events/a", &[]);
    let (mut ids, refusal) = publish_until_refused(broker.address, 30_000);
    assert!(ids.len() > 80, "{}", ids.len());
    assert_eq!((refusal.status, &refusal.json()["code"]), (503, &"store_failed".into()), "{refusal:?}");
    assert!(refusal.head.contains("content-type: application/problem+json"), "{refusal:?}");
    let batch = format!("{{\"topic\":\"a\",\"data\":\"{}\"}}\n", "y".repeat(30_000)).repeat(3);
    let results = request(broker.address, "POST", "/events", &NDJSON, batch.as_bytes()).lines();
    assert!(results.len() == 3 && results.iter().all(|result| result["code"] == "store_failed"), "{results:?}");
    assert_eq!(ids_of(&mut live, ids.len()), ids, "who listens has all that was acknowledged");
    assert_eq!(replayed(&broker), ids, "and so has who comes now");
    disk.free();
    let (more, _) = publish_until_refused(broker.address, 30_000);
    assert!(more.len() > 20, "it goes on: {}", more.len());
    assert_eq!(ids_of(&mut live, more.len()), more, "who listened still listens");
    ids.extend(more);
    assert_eq!(get(broker.address, "/healthz").status, 200);
    broker.kill();
    let broker = serve(&disk.history(), &[]);
    assert_eq!(replayed(&broker), ids, "what was acknowledged is there after a restart, and nothing else");
}

#[test]
fn a_disk_that_is_full_when_a_file_is_to_be_begun_costs_nothing() {
    let Some(disk) = Disk::mount() else { return };
    let broker = serve(&disk.history(), &OPTIONS);
    let mut ids = vec![publish(broker.address, "a", "first")];
    // Room for 1 MiB and a page, so that the first file can be full while the next one cannot be begun.
    disk.fill(SIZE - (1 << 20) - 3 * PAGE);
    let (large, _) = publish_until_refused(broker.address, 10_000);
    let (small, _) = publish_until_refused(broker.address, 100);
    assert!(large.len() > 90 && !small.is_empty(), "{} and {}", large.len(), small.len());
    ids.extend([large, small].concat());
    let [file] = &log_files(&disk.history())[..] else { panic!("no other file could be begun") };
    assert!(fs::metadata(file).unwrap().len() >= 1 << 20, "it is full");
    disk.free();
    ids.extend((0..10).map(|n| publish(broker.address, "a", &n.to_string())));
    assert_eq!(log_files(&disk.history()).len(), 2, "it could be begun now");
    assert_eq!(replayed(&broker), ids);
    broker.kill();
    let broker = serve(&disk.history(), &OPTIONS);
    assert_eq!(replayed(&broker), ids);
}
