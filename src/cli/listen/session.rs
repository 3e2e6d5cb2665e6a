//! What becomes of the notices of a source: chosen, counted, shown, recorded, acted upon.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::Duration;

use tokio::time::timeout;

use super::super::Common;
use super::super::failure::Failure;
use super::super::recording::{Played, Timeline};
use super::actions::Actions;
use super::arrival::Clock;
use super::diagnose::{self, Watch};
use super::mcp::Pending;
use super::options::{ActionOptions, Options};
use super::record::Record;
use super::resume::ResumeFile;
use super::selection::{Choice, Selection};
use super::stats::Stats;
use super::view::View;
use crate::client::{Kind, Notice, Read, Request};
use crate::diagnosis::{ENDED, End, why_ended};
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
        let resume = ResumeFile::asked_for(options).await?;
        let record = match &options.record {
            Some(path) => Some(Record::create(path).await?),
            None => None,
        };
        Ok(Self { record, resume })
    }
}

/// What a session is about.
pub(super) struct Subject<'a> {
    /// Where the stream comes from; none for a recording.
    pub(super) url: Option<&'a str>,
    /// What it is resumed after.
    pub(super) last_event_id: &'a str,
    /// The request that is made, if there is one.
    pub(super) request: Option<&'a Request>,
}

/// One run of `listen`.
pub(super) struct Session {
    view: View,
    selection: Selection,
    clock: Clock,
    /// The times in a recording.
    timeline: Option<Timeline>,
    stats: Option<Stats>,
    watch: Option<Watch>,
    /// Events are not shown, but what is wrong with the stream.
    diagnoses: bool,
    actions: Actions,
    record: Option<Record>,
    resume: Option<ResumeFile>,
    /// What a POST waits for that is resumed with GET.
    pending: Option<Pending>,
    /// The ID up to which everything has been done with.
    done: String,
}

impl Session {
    pub(super) async fn new(
        options: &Options,
        common: &Common,
        files: Files,
        subject: &Subject<'_>,
    ) -> Result<Self, Failure> {
        let Subject { url, last_event_id, request } = *subject;
        let diagnoses = options.output.diagnose;
        let compressed = request.is_some_and(|request| request.compressed);
        let watch = || Watch::new(diagnoses, compressed, last_event_id, url.is_none());
        let body = request.filter(|request| request.resume_with_get).and_then(|request| request.body.as_deref());
        Ok(Self {
            view: View::new(options, common, url)?,
            selection: Selection::new(&options.selection),
            clock: Clock::start(url.is_none()),
            timeline: url.is_none().then(Timeline::default),
            stats: (diagnoses || options.output.stats).then(Stats::default),
            // The answer of a language model has a report of its own, and no place for warnings in the middle.
            watch: (diagnoses || !(common.quiet || options.output.llm)).then(watch),
            diagnoses,
            actions: Actions::new(options).await?,
            done: files.resume.as_ref().map(|file| file.id().to_owned()).unwrap_or_default(),
            record: files.record,
            resume: files.resume,
            pending: body.and_then(Pending::of),
        })
    }

    /// Says something before all.
    pub(super) fn say(&mut self, text: &str) {
        self.view.warn(text);
    }

    /// Takes in a notice. Breaks when it is enough.
    pub(super) async fn take(&mut self, notice: Notice) -> anyhow::Result<ControlFlow<()>> {
        if let Notice::Read(read) = notice {
            return self.read(read).await;
        }
        self.clock.tick();
        if let Some(watch) = &mut self.watch {
            watch.notice(&notice, self.clock.elapsed());
        }
        match notice {
            Notice::Document { text, .. } if text.is_empty() => {
                self.view.nothing();
                return Ok(ControlFlow::Break(()));
            }
            Notice::Document { media_type, text } => {
                let answer = Message { event_type: media_type, data: text, last_event_id: String::new() };
                return self.item(Item::Event(answer), Kind::Document).await.map(|_| ControlFlow::Break(()));
            }
            notice => self.happened(&notice),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn happened(&mut self, notice: &Notice) {
        let at = self.clock.elapsed();
        if matches!(notice, Notice::Connecting { .. }) {
            self.view.asked(at);
        }
        if let Some(stats) = &mut self.stats {
            match notice {
                Notice::Open(_) => stats.opened(),
                Notice::Retrying { .. } => stats.retrying(),
                Notice::Chunk(bytes) => {
                    stats.chunk(bytes.len());
                    // A recording has times of its own, if any.
                    if self.timeline.is_none() {
                        stats.heard(at);
                    }
                }
                _ => {}
            }
        }
        // A report has that, too.
        if !(self.diagnoses && matches!(notice, Notice::Unfinished)) {
            self.view.happened(notice);
        }
    }

    /// Bytes of the stream, and what they say.
    async fn read(&mut self, read: Read) -> anyhow::Result<ControlFlow<()>> {
        self.view.bytes(&read.bytes);
        match self.played(read.item) {
            Some(item) => self.item(item, Kind::Events).await,
            None => Ok(ControlFlow::Continue(())),
        }
    }

    /// What a stream says, or a document as a whole.
    async fn item(&mut self, item: Item, kind: Kind) -> anyhow::Result<ControlFlow<()>> {
        if let Some(record) = &mut self.record {
            record.item(&item, self.clock.elapsed(), self.clock.time());
        }
        if let Some(stats) = self.stats.as_mut().filter(|_| self.timeline.is_some()) {
            stats.heard(self.clock.elapsed());
        }
        match item {
            Item::Event(message) => return self.event(&message, kind).await,
            Item::Comment(comment) => self.view.comment(&comment),
            Item::Retry(time) => self.view.retry(time),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What a recording says but for the times in it, which are taken in.
    fn played(&mut self, item: Option<Item>) -> Option<Item> {
        let Some(timeline) = &mut self.timeline else { return item };
        let Played { at, time, item } = timeline.pass(item?)?;
        if let Some(at) = at {
            self.clock.play(at, time);
        }
        Some(item)
    }

    async fn event(&mut self, message: &Message, kind: Kind) -> anyhow::Result<ControlFlow<()>> {
        if let Some(stats) = &mut self.stats {
            stats.event(message);
        }
        // A report has that, too.
        if message.event_type == ENDED && !self.diagnoses {
            let why = why_ended(message.data.as_bytes());
            self.view.warn(&format!("the server ends this connection: {why}"));
        }
        let flow = match self.selection.choose(message) {
            Choice::Show => self.show(message, kind).await?,
            Choice::Skip => {
                self.actions.pass(message);
                ControlFlow::Continue(())
            }
            Choice::Stop => {
                self.selection.met();
                self.actions.pass(message);
                ControlFlow::Break(())
            }
        };
        let over = self.pending.as_mut().is_some_and(|pending| pending.is_over(&message.data));
        Ok(if over { ControlFlow::Break(()) } else { flow })
    }

    /// What is not shown is not counted, and nothing is done with it.
    async fn show(&mut self, message: &Message, kind: Kind) -> anyhow::Result<ControlFlow<()>> {
        let enough = |enough| if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        if self.diagnoses {
            return Ok(enough(self.selection.shown()));
        }
        if self.view.is_model() {
            return Ok(enough(self.view.model(message, self.clock.elapsed())));
        }
        let arrival = self.clock.arrival(message);
        let shown = match kind {
            Kind::Document => self.view.document(&arrival),
            _ => self.view.event(&arrival),
        };
        if !shown {
            self.actions.pass(message);
            return Ok(enough(false));
        }
        if self.actions.take_up(&arrival) {
            // It may take long, and its own output comes after the event.
            self.write().await?;
            self.actions.act(&arrival, &mut self.view).await;
        }
        Ok(enough(self.selection.shown()))
    }

    /// Whether output should be written before more is gathered.
    pub(super) fn is_full(&self) -> bool {
        self.view.is_full() || self.record.as_ref().is_some_and(Record::is_full)
    }

    /// Takes note of what has been done with: everything up to this ID, unless actions overtake each other and know better.
    pub(super) fn passed(&mut self, id: Option<&str>) {
        if self.resume.is_some()
            && let Some(done) = self.actions.done_through(id).filter(|done| *done != self.done)
        {
            done.clone_into(&mut self.done);
        }
    }

    /// Makes visible what was gathered, and keeps the ID of what has been done with.
    pub(super) async fn flush(&mut self) -> anyhow::Result<()> {
        self.warn();
        self.write().await?;
        match &mut self.resume {
            Some(file) => file.keep(&self.done).await,
            None => Ok(()),
        }
    }

    /// Writes what was gathered.
    async fn write(&mut self) -> anyhow::Result<()> {
        self.view.flush().await?;
        match &mut self.record {
            Some(record) => record.flush().await,
            None => Ok(()),
        }
    }

    /// Says what is wrong with the stream, each thing once, if it is time to look; a diagnosis says it at its end.
    fn warn(&mut self) {
        let at = self.clock.elapsed();
        if let Some(watch) = self.watch.as_mut().filter(|watch| !self.diagnoses && watch.is_time(at)) {
            for warning in watch.warnings(at) {
                self.view.warn(&warning);
            }
        }
    }

    /// Takes in how it came to an end, shows the rest and says how it went. If it was told to `stop`, nothing is waited for.
    pub(super) async fn finish(mut self, followed: Result<End, &anyhow::Error>, stop: bool) -> anyhow::Result<Verdict> {
        self.clock.tick();
        let at = self.clock.elapsed();
        if let Err(error) = followed {
            self.view.error(error);
        }
        // What is there is safe before anything is waited for.
        self.flush().await?;
        let failures = self.actions.finish(stop, &mut self.view).await;
        self.passed(None);
        let timed = self.clock.tells();
        let answered = self.view.sum_up(at, timed, followed);
        if let Some(watch) = &mut self.watch {
            watch.end(followed, at);
            let warnings = if self.diagnoses { Vec::new() } else { watch.warnings(at) };
            for warning in &warnings {
                self.view.warn(warning);
            }
        }
        let unmet = self.selection.unmet().filter(|_| self.timeline.is_none() && followed.is_ok() && !stop);
        if let Some(unmet) = &unmet {
            self.view.failed(unmet);
        }
        let healthy = self.sum_up(at, timed, followed.is_err());
        self.flush().await?;
        let done = failures == 0 && self.view.failures() == 0 && unmet.is_none();
        self.view.finish().await?;
        Ok(if done && answered && healthy { Verdict::Good } else { Verdict::Bad })
    }

    /// Shows how much came, and what was found to be wrong with it, where that was asked for; returns whether it is as it
    /// should be. Where there was nothing to look at, the error that is why says enough.
    fn sum_up(&mut self, at: Duration, timed: bool, failed: bool) -> bool {
        let Some(stats) = &self.stats else { return true };
        let figures = stats.figures(at);
        let Some(watch) = self.watch.as_ref().filter(|_| self.diagnoses) else {
            self.view.stats(&figures, timed);
            return true;
        };
        let findings = watch.findings(at);
        let problems = diagnose::problems(&findings);
        let seen = self.timeline.is_some() || stats.has_opened() || !findings.is_empty();
        if seen || !failed {
            let conclusion = diagnose::conclusion(problems, seen, failed);
            self.view.diagnosis(&figures, timed, &findings, conclusion.as_str());
        }
        seen && problems == 0
    }

    /// Draws the status as it is now, goes on with what was begun, and says when nothing comes for too long.
    pub(super) async fn rest(&mut self) -> anyhow::Result<Infallible> {
        loop {
            self.view.rest().await;
            // Either is a reason to look.
            let _ = timeout(diagnose::LOOK, self.actions.ended(&mut self.view)).await;
            self.clock.tick();
            self.passed(None);
            self.flush().await?;
        }
    }
}
