//! What becomes of the notices of a source: chosen, counted, shown, recorded, acted upon.

use std::convert::Infallible;
use std::ops::ControlFlow;

use super::super::Common;
use super::super::failure::Failure;
use super::super::recording::{Played, Timeline};
use super::actions::Actions;
use super::arrival::Clock;
use super::mcp::Pending;
use super::options::{ActionOptions, Options};
use super::record::Record;
use super::resume::ResumeFile;
use super::selection::{Choice, Selection};
use super::stats::Stats;
use super::view::View;
use crate::client::{Notice, Read};
use crate::wire::{Item, Message};

/// Whether all went as it should, besides the stream itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    Bad,
}

/// Files that are written beside stdout.
pub(super) struct Files {
    pub(super) record: Option<Record>,
    pub(super) resume: Option<ResumeFile>,
}

impl Files {
    /// Opens those that were asked for.
    pub(super) async fn open(options: &ActionOptions) -> Result<Self, Failure> {
        let resume = match &options.resume_file {
            Some(path) => Some(ResumeFile::open(path.clone()).await?),
            None => None,
        };
        let record = match &options.record {
            Some(path) => Some(Record::create(path).await?),
            None => None,
        };
        Ok(Self { record, resume })
    }
}

/// One run of `listen`.
pub(super) struct Session {
    view: View,
    selection: Selection,
    clock: Clock,
    /// The times in a recording.
    timeline: Option<Timeline>,
    stats: Option<Stats>,
    actions: Actions,
    record: Option<Record>,
    resume: Option<ResumeFile>,
    /// What a POST waits for that is resumed with GET.
    pending: Option<Pending>,
    /// The ID up to which everything has been done with.
    done: String,
}

impl Session {
    /// A session with what comes from `url`, or from a recording; `body` is that of the request.
    pub(super) fn new(
        options: &Options,
        common: &Common,
        url: Option<&str>,
        files: Files,
        body: Option<&[u8]>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            view: View::new(options, common, url)?,
            selection: Selection::new(&options.selection),
            clock: Clock::start(),
            timeline: url.is_none().then(Timeline::default),
            stats: options.output.stats.then(Stats::default),
            actions: Actions::new(options)?,
            done: files.resume.as_ref().map(|file| file.id().to_owned()).unwrap_or_default(),
            record: files.record,
            resume: files.resume,
            pending: body.filter(|_| options.request.resume_with_get).and_then(Pending::of),
        })
    }

    /// Takes in a notice. Breaks when it is enough.
    pub(super) async fn take(&mut self, notice: Notice) -> anyhow::Result<ControlFlow<()>> {
        match notice {
            Notice::Read(read) => return self.read(read).await,
            Notice::Chunk(bytes) => {
                self.clock.tick();
                if let Some(stats) = &mut self.stats {
                    stats.chunk(bytes.len(), self.clock.elapsed());
                }
            }
            Notice::Document { media_type, text } => return self.document(&media_type, text).await,
            notice => self.happened(&notice),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn happened(&mut self, notice: &Notice) {
        self.clock.tick();
        if matches!(notice, Notice::Connecting) {
            self.view.asked(self.clock.elapsed());
        }
        if let Some(stats) = &mut self.stats {
            match notice {
                Notice::Open(_) => stats.opened(),
                Notice::Retrying { .. } => stats.retrying(),
                _ => {}
            }
        }
        self.view.happened(notice);
    }

    /// Bytes of the stream, and what they say.
    async fn read(&mut self, read: Read) -> anyhow::Result<ControlFlow<()>> {
        self.view.bytes(&read.bytes);
        let item = self.played(read.item);
        if let (Some(record), Some(item)) = (&mut self.record, &item) {
            record.item(item, self.clock.elapsed(), self.clock.time());
        }
        match item {
            Some(Item::Event(message)) => return self.event(&message).await,
            Some(Item::Comment(comment)) => self.view.comment(&comment),
            Some(Item::Retry(time)) => self.view.retry(time),
            None => {}
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What a recording says but for the times in it, which are taken in.
    fn played(&mut self, item: Option<Item>) -> Option<Item> {
        let Some(timeline) = &mut self.timeline else { return item };
        let Played { at, item } = timeline.pass(item?)?;
        if let Some(at) = at {
            self.clock.play(at);
        }
        Some(item)
    }

    async fn event(&mut self, message: &Message) -> anyhow::Result<ControlFlow<()>> {
        if let Some(stats) = &mut self.stats {
            stats.event(message);
        }
        let flow = match self.selection.choose(message) {
            Choice::Show => self.show(message).await?,
            Choice::Skip => {
                self.actions.pass(message);
                ControlFlow::Continue(())
            }
            Choice::Stop => ControlFlow::Break(()),
        };
        let over = self.pending.as_mut().is_some_and(|pending| pending.is_over(&message.data));
        Ok(if over { ControlFlow::Break(()) } else { flow })
    }

    /// What is not shown is not counted, and nothing is done with it.
    async fn show(&mut self, message: &Message) -> anyhow::Result<ControlFlow<()>> {
        if self.view.is_model() {
            let over = self.view.model(message, self.clock.elapsed());
            return Ok(if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
        }
        let arrival = self.clock.arrival(message);
        if !self.view.event(&arrival) {
            self.actions.pass(message);
            return Ok(ControlFlow::Continue(()));
        }
        self.actions.act(&arrival, &mut self.view).await?;
        Ok(if self.selection.shown() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// An answer that is no stream is all there is.
    async fn document(&mut self, media_type: &str, text: String) -> anyhow::Result<ControlFlow<()>> {
        let message = Message { event_type: media_type.to_owned(), data: text, last_event_id: String::new() };
        let arrival = self.clock.arrival(&message);
        if self.view.document(media_type, &arrival) {
            self.actions.act(&arrival, &mut self.view).await?;
        }
        Ok(ControlFlow::Break(()))
    }

    /// Whether output should be written before more is gathered.
    pub(super) fn is_full(&self) -> bool {
        self.view.is_full() || self.record.as_ref().is_some_and(Record::is_full)
    }

    /// Takes note of what has been done with: everything up to this ID, unless actions overtake each other and know better.
    pub(super) fn passed(&mut self, id: Option<&str>) {
        if self.resume.is_some() {
            let done = self.actions.done_through().unwrap_or(id);
            if let Some(done) = done.filter(|done| *done != self.done) {
                done.clone_into(&mut self.done);
            }
        }
    }

    /// Makes visible what was gathered, and keeps the ID of what has been done with.
    pub(super) async fn flush(&mut self) -> anyhow::Result<()> {
        self.view.flush().await?;
        if let Some(record) = &mut self.record {
            record.flush().await?;
        }
        match &mut self.resume {
            Some(file) => file.keep(&self.done).await,
            None => Ok(()),
        }
    }

    /// Takes in what ended the stream, shows the rest and says how it went.
    pub(super) async fn finish(mut self, error: Option<&anyhow::Error>) -> anyhow::Result<Verdict> {
        self.clock.tick();
        if let Some(error) = error {
            self.view.error(error);
        }
        let failures = self.actions.finish(&mut self.view).await;
        self.passed(None);
        let timed = self.clock.tells(self.timeline.is_some());
        let answered = self.view.sum_up(self.clock.elapsed(), timed).await?;
        self.flush().await?;
        if let Some(stats) = &self.stats {
            self.view.stats(stats.figures(self.clock.elapsed()));
        }
        self.view.finish().await?;
        Ok(if failures == 0 && answered { Verdict::Good } else { Verdict::Bad })
    }

    /// Draws the status as it is now, and goes on with what was begun.
    pub(super) async fn rest(&mut self) -> anyhow::Result<Infallible> {
        loop {
            self.view.rest().await;
            self.actions.ended(&mut self.view).await;
            self.passed(None);
            self.flush().await?;
        }
    }
}
