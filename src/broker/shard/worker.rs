//! What belongs to a shard: one turn of its thread, and how connections come and go.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::{Events, Interest, Registry, Token};
use slab::Slab;

use super::audience::{Audiences, key};
use super::behind::Behind;
use super::connection::{Arrival, Connection};
use super::drain::Drain;
use super::heartbeat::Wheel;
use super::{Command, Lag, WAKE};
use crate::broker::Policy;
use crate::broker::hub::Hub;
use crate::broker::roster::Sink;
use crate::metrics::{Closed, Metrics};

/// How often the lag of all connections is looked at.
const REPORT: Duration = Duration::from_millis(250);

/// Everything that belongs to the shard: its connections, and where they are.
#[derive(Debug)]
pub(super) struct Worker {
    /// Which of the shards it is.
    number: u32,
    sockets: Registry,
    pub(super) hub: Arc<Hub>,
    pub(super) policy: Policy,
    pub(super) metrics: Metrics,
    pub(super) connections: Slab<Connection>,
    pub(super) audiences: Audiences,
    /// The number of the last event that was given to those who keep up.
    pub(super) seen: u64,
    /// Connections that are behind and can be written to, in the order in which they get their turn.
    pub(super) runnable: VecDeque<u32>,
    /// How many are behind, runnable or not.
    pub(super) behind: u64,
    /// By style.
    pub(super) wheels: Vec<Wheel>,
    pub(super) drain: Option<Drain>,
    lag: Arc<Lag>,
    next_report: Instant,
}

impl Worker {
    pub(super) fn new(
        number: u32,
        sockets: Registry,
        hub: Arc<Hub>,
        policy: Policy,
        metrics: Metrics,
        lag: Arc<Lag>,
    ) -> Self {
        Self {
            number,
            sockets,
            wheels: policy.styles.iter().map(|style| Wheel::new(style.heartbeat, Instant::now())).collect(),
            policy,
            metrics,
            connections: Slab::new(),
            audiences: Audiences::default(),
            seen: hub.newest(),
            hub,
            runnable: VecDeque::new(),
            behind: 0,
            drain: None,
            lag,
            next_report: Instant::now(),
        }
    }

    /// One turn of the thread: what the sockets and others have to say, and then to everyone what there is for them.
    pub(super) fn turn(&mut self, ready: &Events, commands: Vec<Command>) {
        for event in ready.iter().filter(|event| event.token() != WAKE) {
            self.on_ready(event);
        }
        self.advance();
        for command in commands {
            self.obey(command);
        }
        self.serve_those_behind();
        self.beat();
        self.go_on_draining();
        self.report_lag();
    }

    /// How long there is nothing to do unless something comes.
    pub(super) fn patience(&self) -> Duration {
        if !self.runnable.is_empty() {
            return Duration::ZERO;
        }
        let now = Instant::now();
        let draining = self.drain.as_ref().map_or(Duration::MAX, |drain| drain.next(now));
        let beat = self.wheels.iter().map(|wheel| wheel.next(now)).min().unwrap_or(Duration::MAX);
        beat.min(draining)
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Arrive(arrival) => self.admit(*arrival),
            Command::Count { topics, answer } => {
                // Who asked may have gone.
                let _ = answer.send(topics.iter().map(|topic| self.audiences.listeners(topic)).collect());
            }
            Command::End { key, id, end } => self.end(key, id, end),
            Command::Change(changed) => self.change(*changed),
            Command::Drain(drain) => self.begin_to_drain(drain),
        }
    }

    /// Takes a connection in. All that was appended before it subscribed has been passed by now, so its cursor is not
    /// ahead of ours: from where it is, it is read to like anyone who is behind.
    fn admit(&mut self, arrival: Arrival) {
        let Arrival { socket, layer, head, filter, beginning, permit, style } = arrival;
        let mut socket = mio::net::TcpStream::from_std(socket);
        let entry = self.connections.vacant_entry();
        let key = key(entry.key());
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.sockets.register(&mut socket, Token(key as usize), interest) {
            tracing::warn!("cannot watch a connection, which is closed: {error}");
            return;
        }
        let (audience, seat) = self.audiences.join(filter, style, key);
        let sink = Sink::Shard { number: self.number, key };
        let (id, to_end) = (permit.id(), permit.open(sink, &self.audiences.at(audience).filter));
        let behind = Some(Box::new(Behind::arriving(beginning, head)));
        let wheel = &mut self.wheels[style.place()];
        let touched = wheel.now();
        let due = wheel.enter(key, touched);
        entry.insert(Connection { socket, layer, audience, seat, touched, due, behind, permit });
        self.behind += 1;
        self.runnable.push_back(key);
        if let Some(end) = to_end {
            self.end(key, id, end);
        }
    }

    fn on_ready(&mut self, event: &Event) {
        let key = key(event.token().0);
        let Some(connection) = self.connections.get_mut(key as usize) else { return };
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            if let Err(closed) = connection.drain_input() {
                return self.close(key, closed);
            }
            // A half-closed socket is closed: nobody who still listens has a reason to half-close.
            if event.is_read_closed() {
                return self.close(key, Closed::Client);
            }
        }
        if event.is_writable() && connection.flush().is_err() {
            return self.close(key, Closed::Lost);
        }
        if event.is_writable()
            && let Some(behind) = connection.behind.as_mut().filter(|behind| behind.blocked)
        {
            behind.blocked = false;
            self.runnable.push_back(key);
        }
    }

    /// Lets a connection go, for this reason.
    pub(super) fn close(&mut self, key: u32, reason: Closed) {
        let Some(mut connection) = self.connections.try_remove(key as usize) else { return };
        self.behind -= u64::from(connection.behind.is_some());
        // The runnable list and the wheel may still name it; both look whether what they find is what they mean.
        if let Some(moved) = self.audiences.leave(connection.audience, connection.seat) {
            self.connections[moved as usize].seat = connection.seat;
        }
        connection.permit.note(reason);
        connection.shut_down();
    }

    /// Notes how far behind the slowest connection is. Asking them all takes a while, so that is done now and then.
    pub(super) fn report_lag(&mut self) {
        self.lag.connections.store(self.behind, Ordering::Relaxed);
        let now = Instant::now();
        if now < self.next_report {
            return;
        }
        self.next_report = now + REPORT;
        let cursors = self.connections.iter().filter_map(|(_, connection)| connection.behind.as_ref());
        let slowest = cursors.map(|behind| behind.cursor()).min().unwrap_or(self.seen);
        self.lag.events.store(self.seen.saturating_sub(slowest), Ordering::Relaxed);
    }
}
