//! What is written together: the drafts of several publishers, as records with their numbers, and as bytes.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::oneshot;

use super::codec;
use super::format::Identity;
use crate::store::index::Index;
use crate::store::intake::{Intake, act};
use crate::store::{Appended, Draft, Error, Record, Refused};

/// Drafts that are to be appended next to each other, and who waits for the answer.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) drafts: Vec<Draft>,
    pub(super) answer: Answer,
}

/// Who waits for an append.
type Answer = oneshot::Sender<Result<Vec<Appended>, Error>>;

/// Where a group begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begin {
    pub(super) identity: Identity,
    /// The number of its first event.
    pub(super) first: u64,
    /// Where in the file its bytes go.
    pub(super) at: u64,
    pub(super) state_bytes: u64,
    pub(super) published: SystemTime,
}

/// A group that is ready to be written.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) begin: Begin,
    pub(super) bytes: Vec<u8>,
    /// What is new, and where in the file it goes.
    pub(super) records: Vec<(Arc<Record>, u64)>,
    /// What each request will be told.
    answers: Vec<(Answer, Vec<Appended>)>,
    payload: Vec<u8>,
}

impl Group {
    pub(super) fn new(begin: Begin) -> Self {
        Self { begin, bytes: Vec::new(), records: Vec::new(), answers: Vec::new(), payload: Vec::new() }
    }

    /// Gives the drafts of a request their numbers, those that are let in.
    pub(super) fn add(&mut self, request: Request, intake: &mut Intake, index: &Index) {
        let appended = request.drafts.into_iter().map(|draft| self.put(draft, intake, index)).collect();
        self.answers.push((request.answer, appended));
    }

    fn put(&mut self, draft: Draft, intake: &mut Intake, index: &Index) -> Appended {
        let Begin { identity, first, at, published, .. } = self.begin;
        let (seq, act) = (first + self.records.len() as u64, act(&draft));
        let draft = match intake.admit(draft, act.as_ref(), seq, published) {
            Ok(draft) => draft,
            Err(instead) => return instead,
        };
        let mut record = Record::new(draft, identity.epoch.at(seq), published);
        self.payload.clear();
        codec::encode(&record, act.as_ref(), &mut self.payload);
        record.stored = codec::stored(&self.payload);
        let replaced = index.replaced_by(&record);
        if !intake.has_room(&record, replaced, self.begin.state_bytes) {
            intake.forget_from(seq);
            return Appended::Refused(Refused::StateFull);
        }
        let added = if record.is_state() { record.stored } else { 0 };
        self.begin.state_bytes = (self.begin.state_bytes + added).saturating_sub(replaced);
        let record = Arc::new(record);
        self.records.push((Arc::clone(&record), at + self.bytes.len() as u64));
        identity.frame(seq, &self.payload, &mut self.bytes);
        Appended::New(record)
    }

    /// Tells everyone. Who has gone does not hear it; the events are in the log all the same.
    pub(super) fn answer(self, error: Option<&std::io::Error>) {
        for (answer, appended) in self.answers {
            let copy = |error: &std::io::Error| Error::Write(std::io::Error::new(error.kind(), error.to_string()));
            let _ = answer.send(error.map_or(Ok(appended), |error| Err(copy(error))));
        }
    }
}
