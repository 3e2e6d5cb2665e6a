//! What deliveries are measured with: a broker, a crowd of subscribers and a publisher. The crowd and the publisher are on
//! one thread, which never sleeps: on loopback, waking a generator that sleeps is work of the server's core, though not the
//! server's.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::crowd::Crowd;
use crate::marks::Mark;
use crate::process;
use crate::publishing::{Publisher, Publishing, histogram};
use crate::scenarios::Outcome;
use crate::server::Server;

/// How long the last events may be under way.
const LAST: Duration = Duration::from_secs(5);

/// Subscriber `n` listens to topic `n` modulo the number of topics.
#[derive(Debug)]
pub struct Stand<'s> {
    pub server: &'s Server,
    pub crowd: Crowd,
    /// Where the times in events count from.
    pub epoch: Instant,
}

/// The deliveries of a publishing.
#[derive(Debug)]
struct Deliveries {
    measured: bool,
    epoch: Instant,
    /// The event that each subscriber gets next.
    next: Vec<u64>,
    received: u64,
    wrong: u64,
    latency: Histogram<u64>,
}

impl Stand<'_> {
    /// Publishes, and reads until every event has arrived or none does any more; between the two, does something else.
    /// Returns how long deliveries took from when their event was due, in nanoseconds.
    pub fn publish(
        &mut self,
        publishing: Publishing,
        outcome: &mut Outcome,
        mut beside: impl FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<Histogram<u64>> {
        let Self { server, crowd, epoch } = self;
        let mut deliveries = Deliveries::expected(publishing, *epoch)?;
        let (requests, all) = (publishing.requests(), publishing.deliveries());
        let (begun, last) = (Instant::now(), publishing.lasts() + LAST);
        let mut publisher = publishing.begin(server, *epoch)?;
        while (deliveries.received < all || publisher.answered() < requests) && begun.elapsed() < last {
            publisher.step()?;
            crowd.read(Duration::ZERO, |subscriber, mark| deliveries.take(subscriber, mark))?;
            beside()?;
        }
        judge(&publisher, &deliveries, publishing, outcome);
        Ok(deliveries.latency)
    }
}

fn judge(publisher: &Publisher<'_>, deliveries: &Deliveries, publishing: Publishing, outcome: &mut Outcome) {
    let late = process::ratio(publisher.delay.value_at_quantile(0.99), 1_000_000);
    if late > 1.0 {
        outcome.notes.push(format!("the generator itself was late: p99 {late:.1} ms"));
    }
    let (requests, all) = (publishing.requests(), publishing.deliveries());
    let (answered, Deliveries { received, wrong, .. }) = (publisher.answered(), deliveries);
    if answered != requests || *received != all || *wrong > 0 {
        outcome.faults.push(format!(
            "{answered} of {requests} requests answered with success, {received} of {all} events arrived, {wrong} of them \
             repeated or out of order"
        ));
    }
}

impl Deliveries {
    fn expected(publishing: Publishing, epoch: Instant) -> anyhow::Result<Self> {
        let next = vec![0; usize::try_from(publishing.topics * publishing.readers)?];
        Ok(Self { measured: publishing.measured, epoch, next, received: 0, wrong: 0, latency: histogram()? })
    }

    fn take(&mut self, subscriber: usize, mark: Mark) {
        let expected = self.next.get_mut(subscriber).filter(|next| **next == mark.sequence);
        let right = mark.measured == self.measured && expected.map(|next| *next += 1).is_some();
        self.wrong += u64::from(!right);
        self.received += 1;
        let now = u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.latency.saturating_record(now.saturating_sub(mark.intended));
    }
}
