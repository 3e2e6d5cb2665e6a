//! A server that is wrong on purpose, at known places: `GET` subscribes, `POST` publishes its raw body to all
//! subscribers, connections stay open and requests may be pipelined. It counts what it did to the events, so that a
//! report can be held against it.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// What only the data of a measured event has in it: the letter that stands for its purpose.
const MEASURED: &str = ".m.";

/// How it answers; the default is a proper server.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // Each is a fault of its own.
pub(crate) struct Manners {
    /// Whether it drops, repeats and swaps measured events: see [`Faults`].
    pub(crate) faults: bool,
    /// `Transfer-Encoding: chunked` rather than a body that lasts as long as the connection.
    pub(crate) chunked: bool,
    /// Sends measured events in pairs, in pieces of seven bytes.
    pub(crate) cut: bool,
    /// Publishes the body inside JSON.
    pub(crate) json: bool,
    /// Publishes it inside JSON that is text inside JSON, with much that has to be escaped around it.
    pub(crate) nested: bool,
    /// Gives its events no IDs.
    pub(crate) no_ids: bool,
    /// How long it takes over each measured event before it answers.
    pub(crate) pause: Duration,
    /// What it answers to `GET` instead of a stream: status line, content type, body.
    pub(crate) instead: Option<(&'static str, &'static str, &'static str)>,
    /// Accepts this many subscribers and refuses the rest with 429.
    pub(crate) room_for: Option<usize>,
    /// What it answers to `POST` instead of 200.
    pub(crate) refuses: Option<&'static str>,
    /// Takes this many measured events and refuses the rest with 429.
    pub(crate) takes: Option<u64>,
    /// What it says where it refuses a `POST`, instead of the usual words.
    pub(crate) words: Option<&'static str>,
    /// Ends the connection after each answer to `POST`, as HTTP/1.0 does.
    pub(crate) one_answer: bool,
    /// Ends a connection after this many answers to `POST`, without a word.
    pub(crate) answers_each: Option<u32>,
    /// Ends a connection after this long without a request, without a word.
    pub(crate) idle_limit: Option<Duration>,
    /// Keeps measured events and sends what there is only this often.
    pub(crate) flushes_each: Option<Duration>,
    /// Sends an event of its own with every measured one.
    pub(crate) foreign: bool,
    /// Ends the first subscriber's stream with this measured event.
    pub(crate) ends_one_at: Option<u64>,
    /// Takes events and passes none on.
    pub(crate) mute: bool,
    /// Sends the head of a stream only with its first event.
    pub(crate) late_head: bool,
    /// How often it sends what came behind the `Last-Event-ID` of a subscriber.
    pub(crate) replays: usize,
    /// Sends all that there was to a subscriber that has none.
    pub(crate) tells_all: bool,
    /// Ends a stream when it has sent this many events of a replay.
    pub(crate) ends_replay: Option<usize>,
    /// Lets a subscriber with a `Last-Event-ID` wait until it has taken more measured events.
    pub(crate) stalls: Option<Stall>,
}

/// Where a subscriber waits, and until how many more events were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stall {
    BeforeHead(u64),
    BehindHead(u64),
}

/// What it did, to each subscriber alike. Measured events are numbered from 1 as they come in: each 100th is dropped and
/// has no other fault; of the rest, each 150th is sent twice. Those that are left form pairs; of each 200th pair the
/// first is held back until the second has been sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    pub(crate) measured: u64,
    pub(crate) dropped: u64,
    pub(crate) repeated: u64,
    pub(crate) swapped: u64,
    plain: u64,
}

/// A running faulty server. Its threads end with their connections.
pub(crate) struct Faulty {
    pub(crate) address: SocketAddr,
    topic: Arc<Topic>,
}

struct Topic {
    manners: Manners,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    faults: Faults,
    unmeasured: u64,
    subscribers: Vec<TcpStream>,
    accepted: usize,
    /// The first of a pair that is to be swapped, and what is kept for one chunk or the next flush.
    held: Option<String>,
    kept: String,
    /// What was sent for each event, which has its number as ID.
    log: Vec<String>,
    resumed: Resumed,
}

/// Subscribers that said what they had last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resumed {
    pub(crate) subscribers: u64,
    /// Measured events behind that, of all of them, as it sent them.
    pub(crate) missed: u64,
}

impl Faulty {
    pub(crate) fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let topic = Arc::new(Topic { manners, state: Mutex::default(), changed: Condvar::new() });
        let served = Arc::clone(&topic);
        if let Some(pause) = manners.flushes_each {
            let topic = Arc::clone(&topic);
            std::thread::spawn(move || topic.flush_each(pause));
        }
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let topic = Arc::clone(&served);
                // A client that goes away in the middle is no concern of this server.
                std::thread::spawn(move || topic.serve(&connection.expect("a connection")));
            }
        });
        Self { address, topic }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/topic?x=1", self.address)
    }

    pub(crate) fn faults(&self) -> Faults {
        self.topic.state.lock().unwrap().faults
    }

    /// How many events it took that were not measured.
    pub(crate) fn unmeasured(&self) -> u64 {
        self.topic.state.lock().unwrap().unmeasured
    }

    pub(crate) fn resumed(&self) -> Resumed {
        self.topic.state.lock().unwrap().resumed
    }

    /// Waits until it has taken this many measured events.
    pub(crate) fn wait_for_measured(&self, count: u64) {
        let state = self.topic.state.lock().unwrap();
        drop(self.topic.changed.wait_while(state, |state| state.faults.measured < count).unwrap());
    }

    /// Waits until it has this many subscribers.
    pub(crate) fn wait_for_subscribers(&self, count: usize) {
        let state = self.topic.state.lock().unwrap();
        drop(self.topic.changed.wait_while(state, |state| state.subscribers.len() < count).unwrap());
    }
}

impl Topic {
    fn serve(&self, connection: &TcpStream) -> Option<()> {
        connection.set_nodelay(true).ok()?;
        connection.set_read_timeout(self.manners.idle_limit).ok()?;
        let mut reader = BufReader::new(connection);
        for answers in 1.. {
            let Request { method, last_event_id, body } = Request::read(&mut reader)?;
            if method == "GET" {
                self.subscribe(connection, last_event_id)?;
                continue;
            }
            let refusal = self.publish(&body);
            self.answer(connection, refusal).ok()?;
            if self.manners.one_answer || self.manners.answers_each == Some(answers) {
                return connection.shutdown(Shutdown::Both).ok();
            }
        }
        None
    }

    fn answer(&self, mut connection: &TcpStream, refusal: Option<&str>) -> std::io::Result<()> {
        let version = u8::from(!self.manners.one_answer);
        let words = self.manners.words.unwrap_or("no publishing here");
        let (status, body) = refusal.map_or(("200 OK", "{}"), |status| (status, words));
        let answer = format!("HTTP/1.{version} {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        connection.write_all(answer.as_bytes())
    }

    fn subscribe(&self, mut connection: &TcpStream, last_event_id: Option<usize>) -> Option<()> {
        let mut state = self.state.lock().unwrap();
        state.accepted += 1;
        let full = self.manners.room_for.is_some_and(|room| state.accepted > room);
        let full = full.then_some(("429 Too Many Requests", "text/plain", "come back later"));
        if let Some((status, content_type, body)) = self.manners.instead.or(full) {
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n");
            return connection.write_all((head + body).as_bytes()).ok();
        }
        let stall = self.manners.stalls.filter(|_| last_event_id.is_some());
        if let Some(Stall::BeforeHead(events)) = stall {
            state = self.await_more(state, events);
        }
        if !self.manners.late_head {
            connection.write_all(self.head().as_bytes()).ok()?;
        }
        if let Some(Stall::BehindHead(events)) = stall {
            state = self.await_more(state, events);
        }
        if let Some(last) = last_event_id.or(self.manners.tells_all.then_some(0)) {
            let end = self.manners.ends_replay.map_or(state.log.len(), |events| (last + events).min(state.log.len()));
            let missed = state.log[last..end].concat();
            state.resumed.subscribers += 1;
            state.resumed.missed += missed.matches(MEASURED).count() as u64;
            connection.write_all(&self.framed(missed.repeat(self.manners.replays).as_bytes())).ok()?;
            if self.manners.ends_replay.is_some() {
                return connection.shutdown(Shutdown::Both).ok();
            }
        }
        state.subscribers.push(connection.try_clone().ok()?);
        self.changed.notify_all();
        Some(())
    }

    fn await_more<'s>(&self, state: MutexGuard<'s, State>, events: u64) -> MutexGuard<'s, State> {
        let until = state.faults.measured + events;
        self.changed.wait_while(state, |state| state.faults.measured < until).unwrap()
    }

    fn head(&self) -> String {
        let framing = if self.manners.chunked { "Transfer-Encoding: chunked\r\n" } else { "" };
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n{framing}\r\n")
    }

    /// Takes an event, or returns the status that refuses it.
    fn publish(&self, payload: &str) -> Option<&'static str> {
        if self.manners.mute || self.manners.refuses.is_some() {
            return self.manners.refuses;
        }
        let measured = payload.contains(MEASURED);
        if measured {
            std::thread::sleep(self.manners.pause);
        }
        let mut state = self.state.lock().unwrap();
        if measured && self.manners.takes.is_some_and(|room| state.faults.measured >= room) {
            return Some("429 Too Many Requests");
        }
        let json = serde_json::json!({ "payload": payload }).to_string();
        let data = match (self.manners.json, self.manners.nested) {
            (_, true) => serde_json::json!({ "to": "\"a\\b\"\n\u{1}", "body": json }).to_string(),
            (true, false) => json,
            (false, false) => payload.to_owned(),
        };
        let id = if self.manners.no_ids { String::new() } else { format!("id: {}\n", state.log.len() + 1) };
        let event = format!("{id}data: {data}\n\n");
        if measured {
            state.faults.measured += 1;
            let stream = self.with_faults(&mut state, event);
            state.log.push(stream.clone());
            self.send(&mut state, &stream);
            if self.manners.ends_one_at == Some(state.faults.measured) {
                state.subscribers.remove(0).shutdown(Shutdown::Both).expect("it was open");
            }
            self.changed.notify_all();
        } else {
            state.unmeasured += 1;
            state.log.push(event.clone());
            self.write(&mut state, &event);
        }
        None
    }

    fn flush_each(&self, pause: Duration) {
        loop {
            std::thread::sleep(pause);
            let mut state = self.state.lock().unwrap();
            let kept = std::mem::take(&mut state.kept);
            self.write(&mut state, &kept);
        }
    }

    /// What a measured event becomes.
    fn with_faults(&self, state: &mut State, event: String) -> String {
        let event = if self.manners.foreign { event + "data: not one of yours\n\n" } else { event };
        let State { faults, held, .. } = state;
        if !self.manners.faults {
            return event;
        }
        if faults.measured.is_multiple_of(100) {
            faults.dropped += 1;
            return String::new();
        }
        if faults.measured.is_multiple_of(150) {
            faults.repeated += 1;
            return event.repeat(2);
        }
        faults.plain += 1;
        match held.take() {
            Some(first) => {
                faults.swapped += 1;
                event + &first
            }
            None if faults.plain % 400 == 399 => {
                *held = Some(event);
                String::new()
            }
            None => event,
        }
    }

    /// Sends measured events, at once, in pairs or later.
    fn send(&self, state: &mut State, stream: &str) {
        let kept = std::mem::take(&mut state.kept) + stream;
        let in_pairs = self.manners.cut && !state.faults.measured.is_multiple_of(2);
        if in_pairs || self.manners.flushes_each.is_some() {
            state.kept = kept;
        } else {
            self.write(state, &kept);
        }
    }

    fn write(&self, state: &mut State, stream: &str) {
        let head = if self.manners.late_head && state.accepted > 0 { self.head() } else { String::new() };
        if self.manners.late_head {
            state.accepted = 0;
        }
        let size = if self.manners.cut { 7 } else { stream.len().max(1) };
        state.subscribers.retain_mut(|subscriber| {
            let pieces = stream.as_bytes().chunks(size).map(|piece| self.framed(piece));
            std::iter::once(head.clone().into_bytes()).chain(pieces).all(|piece| subscriber.write_all(&piece).is_ok())
        });
    }

    fn framed(&self, piece: &[u8]) -> Vec<u8> {
        if !self.manners.chunked || piece.is_empty() {
            return piece.to_vec();
        }
        [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
    }
}

/// What is of interest in a request.
#[derive(Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    last_event_id: Option<usize>,
    pub(crate) body: String,
}

impl Request {
    /// Reads one; `None` at the end of the connection.
    pub(crate) fn read(reader: &mut impl BufRead) -> Option<Self> {
        let (mut request, mut length) = (Self::default(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if request.method.is_empty() {
                request.method = line.split(' ').next()?.to_ascii_uppercase();
            } else if line.is_empty() {
                break;
            } else if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            } else if let Some(value) = line.strip_prefix("last-event-id:") {
                request.last_event_id = Some(value.trim().parse().ok()?);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        request.body = String::from_utf8(body).ok()?;
        Some(request)
    }
}
