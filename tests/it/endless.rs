//! `sse listen` on a stream without end, as fast as it can be read: it takes no memory.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::history::is_long;
use crate::listen::spawn;

/// What it may need more, in KiB, after it has shown far more than that.
const ELASTIC: u64 = 8 << 10;

/// How long nothing has to be sent to be sure that nobody reads.
const BLOCKED: Duration = Duration::from_millis(500);

/// A server that sends events as fast as they are taken.
struct Endless {
    address: SocketAddr,
    sent: Arc<AtomicU64>,
}

impl Endless {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, sent) = (listener.local_addr().unwrap(), Arc::new(AtomicU64::new(0)));
        let counter = Arc::clone(&sent);
        let event = |id| format!("id: {id}\nevent: tick\ndata: {}\n\n", "x".repeat(180));
        let events = (0..1000).map(event).collect::<Vec<_>>().concat();
        thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            BufReader::new(&client).lines().map_while(Result::ok).find(String::is_empty).expect("a request");
            client.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n").unwrap();
            while client.write_all(events.as_bytes()).is_ok() {
                counter.fetch_add(events.len() as u64, Ordering::Relaxed);
            }
        });
        Self { address, sent }
    }

    fn listen(&self, options: &[&str]) -> Child {
        spawn(&[&["listen", &format!("http://{}/", self.address)], options].concat())
    }
}

/// The most memory that a process has had, in KiB.
fn peak(process: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn what_has_been_shown_takes_no_memory() {
    let bytes = if is_long() { 2 << 30 } else { 40 << 20 };
    for options in [&["-o", "data"][..], &["-o", "json", "--stats"], &["--format", "{id} {data}"]] {
        let server = Endless::start();
        let mut listening = server.listen(options);
        let mut shown = BufReader::new(listening.stdout.take().unwrap());
        let mut skip = |bytes: u64| std::io::copy(&mut shown.by_ref().take(bytes), &mut std::io::sink()).unwrap();
        skip(4 << 20);
        let before = peak(&listening);
        skip(bytes);
        let after = peak(&listening);
        listening.kill().unwrap();
        listening.wait().unwrap();
        assert!(after < before + ELASTIC, "{options:?}: {before} KiB after 4 MiB, {after} KiB after {bytes} bytes");
    }
}

#[test]
fn what_nobody_reads_is_not_asked_for() {
    let server = Endless::start();
    let mut listening = server.listen(&["-o", "data"]);
    let mut shown = BufReader::new(listening.stdout.take().unwrap());
    shown.read_line(&mut String::new()).unwrap();
    let before = peak(&listening);
    let (mut sent, mut since) = (0, Instant::now());
    while since.elapsed() < BLOCKED {
        let now = server.sent.load(Ordering::Relaxed);
        if now != sent {
            (sent, since) = (now, Instant::now());
        }
        thread::sleep(Duration::from_millis(10));
    }
    let after = peak(&listening);
    listening.kill().unwrap();
    listening.wait().unwrap();
    assert!(after < before + ELASTIC, "{before} KiB at first, {after} KiB when {sent} bytes were sent and nobody read");
}
