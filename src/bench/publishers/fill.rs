//! The publisher of what is to be there before anybody asks for it: as fast as the server takes it, so it waits for
//! answers, and no time of it is measured.

use std::io;

use super::batch::Batch;
use super::pipeline::TRIES;
use super::{Connection, Published, Share, Slot, Work};
use crate::bench::clock;

/// How many requests are without an answer at once: so many answers fit into any socket, whose other end need not read them
/// to be able to write on.
const UNANSWERED: u64 = 128;

/// Works off a share of the schedule, whatever its times are. Without a connection the server ends each one after its
/// answer.
pub(super) fn publish(work: &Work, connection: Option<Connection>, share: &Share) -> Published {
    let at_once = if connection.is_some() { UNANSWERED } else { 1 };
    let mut filler = Filler { work, share, at_once, connection, next: 0, published: Published::new() };
    while filler.next < share.len() && !work.progress.is_stopped() {
        if !(0..TRIES).any(|_| filler.step()) {
            filler.published.left_out((filler.next..share.len()).map(|index| share.slot(index)));
            break;
        }
    }
    filler.published
}

struct Filler<'w> {
    work: &'w Work,
    share: &'w Share,
    at_once: u64,
    connection: Option<Connection>,
    next: u64,
    published: Published,
}

impl Filler<'_> {
    /// Sends some events and waits for their answers; returns whether any of them could be sent.
    fn step(&mut self) -> bool {
        let stands = self.connection.take().filter(|connection| !connection.is_over());
        let Ok(connection) = stands.map_or_else(|| self.work.connect(), Ok) else { return false };
        let Ok(mut writer) = connection.writer() else { return false };
        let now = clock::now();
        let last = self.share.len().min(self.next + self.at_once);
        let slots = (self.next..last).map(|index| Slot { intended: now, ..self.share.slot(index) });
        let requests = self.work.requests(self.share.publisher());
        let request = if self.at_once == 1 { &requests.closing } else { &requests.staying };
        let mut batch = Batch::of(self.work, request, self.share.publisher(), slots);
        let (gone, actual) = batch.write(0, &mut writer);
        let sent = &batch.slots()[..gone];
        self.work.written(&mut self.published, sent, actual);
        self.work.progress.sent.add(gone as u64);
        self.next += gone as u64;
        let goes_on = self.await_answers(connection, sent).ok().flatten();
        // Where it ends in the middle of a request, another one would be taken for the rest of that.
        let is_whole = gone == batch.slots().len();
        self.published.broken += u64::from(!is_whole);
        self.connection = goes_on.filter(|_| is_whole);
        gone > 0
    }

    /// Reads the answers as far as there are any; returns the connection if it goes on.
    fn await_answers(&mut self, mut connection: Connection, sent: &[Slot]) -> io::Result<Option<Connection>> {
        let mut goes_on = true;
        for slot in sent {
            let reply = connection.answer()?;
            goes_on = reply.keep_alive;
            self.published.answered(*slot, reply);
            if !goes_on {
                break;
            }
        }
        Ok(goes_on.then_some(connection))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::bench::publishers::Requests;
    use crate::bench::schedule::Schedule;
    use crate::bench::{Endpoint, MIN_SIZE, Part, Plan, Progress, Sizes};

    /// More than the buffers of both sides hold.
    const MUCH: usize = 64 << 20;

    /// Reads a request and answers it; returns how long its body was. One that is longer than `most` is not read to its end.
    fn take(connection: &mut BufReader<TcpStream>, most: usize) -> Option<usize> {
        let mut length = None;
        loop {
            let mut line = String::new();
            connection.read_line(&mut line).ok().filter(|count| *count > 0)?;
            if line == "\r\n" {
                break;
            }
            let line = line.to_ascii_lowercase();
            assert!(
                length.is_some() || line.starts_with("post ") || line.contains(": "),
                "the middle of one: {line:?}"
            );
            length = line.strip_prefix("content-length: ").and_then(|count| count.trim().parse().ok()).or(length);
        }
        let length = length.filter(|length| *length <= most)?;
        connection.read_exact(&mut vec![0; length]).ok()?;
        connection.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()?;
        Some(length)
    }

    /// Stops reading once, in the middle of the second request; returns what came whole on each connection.
    fn stop_once(listener: &TcpListener, done: &Receiver<()>) -> [Vec<usize>; 2] {
        let accept = || BufReader::new(listener.accept().expect("a connection").0);
        let (mut first, mut came) = (accept(), [Vec::new(), Vec::new()]);
        came[0].extend(std::iter::from_fn(|| take(&mut first, MUCH - 1)));
        let mut second = accept();
        came[1].extend(std::iter::from_fn(|| take(&mut second, MUCH)));
        // It was open all the while.
        let _ = done.recv();
        drop(first);
        came
    }

    #[test]
    fn what_is_half_written_is_sent_again_as_a_whole_and_on_another_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = Endpoint { address: listener.local_addr().expect("an address"), ..Plan::sample().publish };
        let part = |size| Part { least: size, most: size, weight: 1 };
        let sizes = Sizes::mix(vec![part(MIN_SIZE), part(MUCH)]).expect("sizes");
        let plan = Plan { publish: endpoint, sizes, ..Plan::sample() };
        let drawn = |run| [0, 1, 2].map(|number| plan.sizes.of(run, number));
        let run = (0..1_000).find(|run| drawn(*run) == [MIN_SIZE, MUCH, MIN_SIZE]).expect("one of a few");
        let schedule = Schedule { start: 0, rate: 1, warmup: 0, total: 3, publishers: 1, topics: 1 };
        let requests = vec![Requests::new(&plan, 0)];
        let work = Work { plan, run, schedule, progress: Arc::new(Progress::default()), requests };
        let (done, is_done) = channel();
        let server = std::thread::spawn(move || stop_once(&listener, &is_done));
        let published = publish(&work, Some(work.connect().expect("a connection")), &schedule.share(0));
        drop(done);
        let counts = (published.sent, published.acknowledged.len(), published.unsent, published.broken);
        assert_eq!(counts, (3, 3, 0, 1));
        let came = server.join().expect("it ends");
        assert_eq!(came, [vec![MIN_SIZE], vec![MUCH, MIN_SIZE]]);
    }
}
