//! The thread that writes: it alone changes the history. What is asked for while one write is under way goes into the next
//! one together, with one wait for the disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::group::{Begin, Group, Request};
use super::newest::{NewestFile, Note};
use super::segment::Segment;
use super::{Durability, Shared};
use crate::store::Retention;
use crate::store::intake::Intake;

/// Requests that wait for the thread at most; those beyond it wait to be let in.
pub(super) const QUEUE: usize = 1024;

/// Events after which a group is full.
const GROUP: usize = 1000;

/// Bytes after which a group is full.
const GROUP_BYTES: usize = 8 << 20;

/// The largest size of a file, in bytes: places in it are 32 bits wide.
const FULLEST: u64 = u32::MAX as u64;

/// How often is looked whether events have become too old.
const LOOK: Duration = Duration::from_millis(500);

/// What the thread can be told.
#[derive(Debug)]
pub(super) enum Order {
    Append(Request),
    /// Bring all to the disk, tell, and end.
    Close(oneshot::Sender<()>),
}

/// Everything that belongs to the thread.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) directory: PathBuf,
    /// Held for as long as the thread lives.
    pub(super) _lock: File,
    pub(super) newest: NewestFile,
    pub(super) intake: Intake,
    pub(super) retention: Retention,
    pub(super) durability: Durability,
    /// The size after which a file is followed by the next one.
    pub(super) file_bytes: u64,
    /// Since when there is something that the disk may not have.
    pub(super) unsynced: Option<Instant>,
    /// No new file could be begun when the newest was full.
    pub(super) crowded: bool,
    /// The last write failed.
    pub(super) failing: bool,
}

impl Writer {
    /// The thread. If it cannot begin, every append is refused, because nobody takes it.
    pub(super) fn start(self, queue: mpsc::Receiver<Order>) {
        match tokio::runtime::Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime.block_on(self.run(queue)),
            Err(error) => tracing::error!("the history cannot be written to: {error}"),
        }
    }

    /// Runs until it is told to close, or nobody is left to tell it anything.
    async fn run(mut self, mut queue: mpsc::Receiver<Order>) {
        let mut orders = Vec::new();
        let mut closing = None;
        while closing.is_none() {
            let received = timeout(self.patience(), queue.recv_many(&mut orders, QUEUE)).await;
            closing = self.obey(orders.drain(..));
            self.sync_if_due(closing.is_some());
            self.drop_expired();
            if received == Ok(0) {
                return;
            }
        }
        // Before anyone is told, so that another server can have the directory at once.
        drop(self);
        let _ = closing.map(|closed| closed.send(()));
    }

    fn patience(&self) -> Duration {
        match (self.durability, self.unsynced) {
            (Durability::Interval(interval), Some(since)) => interval.saturating_sub(since.elapsed()),
            _ => LOOK.min(self.retention.age / 4).max(Duration::from_millis(1)),
        }
    }

    /// Appends what is asked for, in groups; returns who wants the end.
    fn obey(&mut self, orders: impl Iterator<Item = Order>) -> Option<oneshot::Sender<()>> {
        let (mut group, mut closing) = (None, None);
        for order in orders {
            let request = match order {
                Order::Append(request) => request,
                Order::Close(closed) => {
                    closing = Some(closed);
                    continue;
                }
            };
            let open = group.get_or_insert_with(|| Group::new(self.begin()));
            open.add(request, &mut self.intake, &self.shared.read().index);
            if open.records.len() >= GROUP || open.bytes.len() >= GROUP_BYTES {
                self.commit(group.take());
            }
        }
        self.commit(group);
        closing
    }

    fn begin(&mut self) -> Begin {
        let history = self.shared.read();
        let newest_time = history.index.newest_time;
        Begin {
            identity: history.shelves.identity,
            first: history.index.span().last + 1,
            at: history.shelves.newest().end,
            state_bytes: history.index.state_bytes(),
            published: SystemTime::now().max(newest_time),
        }
    }

    fn commit(&mut self, group: Option<Group>) {
        let Some(group) = group else { return };
        if group.records.is_empty() {
            return group.answer(None);
        }
        match self.write(&group) {
            Ok(()) => {
                if std::mem::take(&mut self.failing) {
                    tracing::info!("the history can be written to again");
                }
                self.enter(&group);
                group.answer(None);
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(
                        "the history cannot be written to, and events are refused until it can be: {error}"
                    );
                }
                self.intake.forget_from(group.begin.first);
                group.answer(Some(&error));
            }
        }
    }

    /// Brings the bytes of a group to where they belong, and to the disk if that is wanted.
    fn write(&mut self, group: &Group) -> io::Result<()> {
        let history = self.shared.read();
        let newest = history.shelves.newest();
        if self.failing {
            // What the last one left behind would be read as events after a crash, if it were longer than this one.
            newest.file.set_len(newest.end)?;
        }
        if newest.end + group.bytes.len() as u64 > FULLEST {
            return Err(io::Error::other("the file is full, and no other could be begun"));
        }
        let written = newest.file.write_all_at(&group.bytes, newest.end).and_then(|()| match self.durability {
            Durability::Commit => newest.file.sync_data(),
            Durability::Interval(_) => Ok(()),
        });
        if written.is_err() {
            // Nobody was told of what is there now. If it stays, the next group is written over it.
            let _ = newest.file.set_len(newest.end);
        }
        written
    }

    /// Lets readers see a group, and keeps the retention.
    fn enter(&mut self, group: &Group) {
        let records: Vec<_> = group.records.iter().map(|(record, _)| Arc::clone(record)).collect();
        let mut history = self.shared.write();
        let newest = history.shelves.newest_mut();
        for (record, at) in &group.records {
            newest.note(record.seq, *at);
        }
        newest.end += group.bytes.len() as u64;
        let full = newest.end >= self.file_bytes;
        for record in &records {
            for released in history.index.push(record) {
                history.shelves.release(released);
            }
        }
        history.expire(&self.retention, group.begin.published);
        let last = history.index.span().last;
        let observer = self.shared.observer.get();
        if let Some(observer) = observer {
            observer.appended(&records);
        }
        drop(history);
        if let Some(observer) = observer {
            observer.settle();
        }
        self.note(last);
        self.unsynced = self.unsynced.or((self.durability != Durability::Commit).then(Instant::now));
        if full {
            self.begin_file();
        }
    }

    /// Notes the number of the newest event.
    pub(super) fn note(&self, number: u64) {
        let history = self.shared.read();
        let (identity, has_kept) = (history.shelves.identity, history.shelves.kept.is_some());
        if let Err(error) = self.newest.write(Note { identity, number, has_kept }) {
            tracing::warn!("the number of the newest event cannot be noted: {error}");
        }
    }

    /// Begins the next file. If that cannot be, the one that is full goes on.
    fn begin_file(&mut self) {
        self.sync_if_due(true);
        let history = self.shared.read();
        let head = history.index.next_head(history.shelves.identity);
        drop(history);
        match Segment::create(&self.directory, head) {
            Ok(segment) => self.shared.write().shelves.segments.push_back(segment),
            Err(error) => {
                if !std::mem::replace(&mut self.crowded, true) {
                    tracing::warn!("no new file can be begun, and the history goes on in one that is full: {error}");
                }
                return;
            }
        }
        self.crowded = false;
    }

    fn sync_if_due(&mut self, now: bool) {
        let Durability::Interval(interval) = self.durability else { return };
        if self.unsynced.is_none_or(|since| !now && since.elapsed() < interval) {
            return;
        }
        self.unsynced = None;
        if let Err(error) = self.shared.read().shelves.newest().file.sync_data() {
            tracing::error!("events of the last {interval:?} may not survive a power loss: {error}");
        }
    }
}
