//! A server with topics, one for each path, that is wrong at known places: `GET` subscribes to the path, `POST` publishes to
//! it. It counts what it did to the measured events of each topic, which it numbers from 1.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How it treats measured events; a number means each so many-th of the topic.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// These go nowhere.
    pub drops: Option<(&'static str, u64)>,
    /// These go to their subscribers twice.
    pub repeats: Option<(&'static str, u64)>,
    /// These go to the subscribers of another topic too.
    pub misroutes: Option<(&'static str, u64, &'static str)>,
    /// It ends the first stream of a topic behind this event.
    pub ends_one: Option<(&'static str, u64)>,
    /// The events of /0, probes too, go to the subscribers of /1, and the other way round.
    pub confused: bool,
}

/// What it did to a topic.
#[derive(Clone, Debug, Default)]
pub struct Course {
    pub measured: u64,
    pub dropped: u64,
    pub repeated: u64,
    pub misrouted: u64,
    /// How long the payloads of all events were, in the order in which they came.
    pub sizes: Vec<usize>,
}

#[derive(Default)]
struct Topic {
    course: Course,
    subscribers: Vec<TcpStream>,
}

/// A running router. Its threads end with their connections.
pub struct Router {
    address: SocketAddr,
    topics: Arc<Mutex<BTreeMap<String, Topic>>>,
}

struct Served {
    manners: Manners,
    topics: Arc<Mutex<BTreeMap<String, Topic>>>,
}

impl Router {
    pub fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let topics = Arc::default();
        let served = Arc::new(Served { manners, topics: Arc::clone(&topics) });
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let served = Arc::clone(&served);
                // A client that goes away in the middle is no concern of this server.
                std::thread::spawn(move || served.serve(&connection.expect("a connection")));
            }
        });
        Self { address, topics }
    }

    /// The URL of a path on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What became of a topic, by its path.
    pub fn course(&self, path: &str) -> Course {
        self.topics.lock().unwrap().get(path).map(|topic| topic.course.clone()).unwrap_or_default()
    }

    /// The topics that were published to.
    pub fn published(&self) -> Vec<String> {
        let topics = self.topics.lock().unwrap();
        let published = topics.iter().filter(|(_, topic)| !topic.course.sizes.is_empty());
        published.map(|(path, _)| path.clone()).collect()
    }
}

impl Served {
    fn serve(&self, mut connection: &TcpStream) -> Option<()> {
        connection.set_nodelay(true).ok()?;
        let mut reader = BufReader::new(connection);
        loop {
            let (method, path, body) = request(&mut reader)?;
            let mut topics = self.topics.lock().unwrap();
            if method == "GET" {
                connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n").ok()?;
                topics.entry(path).or_default().subscribers.push(connection.try_clone().ok()?);
                continue;
            }
            self.publish(&mut topics, &path, &body);
            drop(topics);
            connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()?;
        }
    }

    fn publish(&self, topics: &mut BTreeMap<String, Topic>, path: &str, payload: &str) {
        let course = &mut topics.entry(path.to_owned()).or_default().course;
        course.sizes.push(payload.len());
        let event = format!("data: {payload}\n\n");
        if payload.split('.').nth(3) != Some("m") {
            return write(topics, self.destination(path), &event);
        }
        course.measured += 1;
        let number = course.measured;
        let is_one = |fault: Option<(&str, u64)>| {
            fault.is_some_and(|(topic, each)| topic == path && number.is_multiple_of(each))
        };
        if is_one(self.manners.drops) {
            course.dropped += 1;
            return;
        }
        let misrouted = self.manners.misroutes.filter(|(topic, each, _)| is_one(Some((*topic, *each))));
        course.misrouted += u64::from(misrouted.is_some());
        let repeated = is_one(self.manners.repeats);
        course.repeated += u64::from(repeated);
        write(topics, self.destination(path), &event.repeat(1 + usize::from(repeated)));
        if let Some((.., other)) = misrouted {
            write(topics, other, &event);
        }
        if self.manners.ends_one == Some((path, number)) {
            let first = topics.get_mut(path).expect("it has subscribers").subscribers.remove(0);
            first.shutdown(Shutdown::Both).expect("it was open");
        }
    }

    fn destination<'p>(&self, path: &'p str) -> &'p str {
        match path {
            "/0" if self.manners.confused => "/1",
            "/1" if self.manners.confused => "/0",
            path => path,
        }
    }
}

fn write(topics: &mut BTreeMap<String, Topic>, path: &str, event: &str) {
    if let Some(topic) = topics.get_mut(path) {
        topic.subscribers.retain_mut(|subscriber| subscriber.write_all(event.as_bytes()).is_ok());
    }
}

/// Reads one request: its method, path and body; `None` at the end of the connection.
fn request(reader: &mut impl BufRead) -> Option<(String, String, String)> {
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((method, path, String::from_utf8(body).ok()?))
}
