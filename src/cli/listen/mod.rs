//! `sse listen`: shows what a stream does, live from a server or recorded in a file, and acts upon it.
//!
//! The order of things: `source` says what happens, `session` decides what becomes of it, `view` shows it, `actions` do
//! what is asked for with each event.

mod actions;
mod arrival;
mod data;
mod diagnose;
mod exec;
mod format;
mod jq;
mod json_lines;
mod mcp;
mod model;
mod options;
mod pretty;
mod record;
mod request;
mod resume;
mod selection;
mod session;
mod shape;
mod source;
mod stats;
mod status;
mod view;
mod voice;

use std::io::Write as _;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::exit::Exit;
use super::failure::Failure;
use super::request::stream_failure;
use super::runtime::Stop;
use super::{Common, output, runtime};
use crate::client;
use crate::diagnosis::End;
pub(crate) use options::Options;
use resume::ResumeFile;
use session::{Files, Session, Subject, Verdict};
use source::Source;

/// How long what is at hand is taken without a look at anything else: --jq may take its time for each event.
const TURN: Duration = Duration::from_millis(100);

pub(crate) fn run(options: &Options, common: &Common) -> Result<Exit, Failure> {
    options.check()?;
    // A filter calls itself for whatever is nested.
    if options.output.jq.is_some() { jq::with_room(|| start(options, common))? } else { start(options, common) }
}

fn start(options: &Options, common: &Common) -> Result<Exit, Failure> {
    runtime::until_told(async |stop| {
        if source::is_recording(&options.target) {
            let files = Files::open(&options.actions).await?;
            let last_event_id = last_event_id(options, files.resume.as_ref());
            let subject = Subject { url: None, last_event_id: &last_event_id, request: None };
            let mut session = Session::new(options, common, files, &subject).await?;
            if let Some(topic) = source::hidden_topic(options) {
                session.say(&format!("{} is a file here, and is shown; the topic is {topic}", options.target));
            }
            return listen(Source::recording(options, last_event_id).await?, session, options, stop).await;
        }
        let request = request::request(options, common).await?;
        if options.request.curl {
            let resume = ResumeFile::asked_for(&options.actions).await?;
            let last_event_id = last_event_id(options, resume.as_ref());
            writeln!(std::io::stdout(), "{}", request::curl(options, &request, &last_event_id))?;
            return Ok(Exit::Done);
        }
        let files = Files::open(&options.actions).await?;
        let last_event_id = last_event_id(options, files.resume.as_ref());
        let url = client::without_credentials(&request.url);
        let subject = Subject { url: Some(&url), last_event_id: &last_event_id, request: Some(&request) };
        let session = Session::new(options, common, files, &subject).await?;
        listen(Source::server(options, request, last_event_id).await?, session, options, stop).await
    })
}

/// The ID to resume after: that of the file, or the one that was given.
fn last_event_id(options: &Options, resume: Option<&ResumeFile>) -> String {
    let kept = resume.map(|file| file.id().to_owned());
    kept.or_else(|| options.request.last_event_id.as_ref().map(ToString::to_string)).unwrap_or_default()
}

/// Follows the source to its end, or for as long as it is wanted.
async fn listen(mut source: Source, mut session: Session, options: &Options, mut stop: Stop) -> Result<Exit, Failure> {
    let followed = {
        let follow = follow(&mut source, &mut session);
        let bounded = async {
            match options.time() {
                // That the time is over is no failure.
                Some(time) => timeout(time, follow).await.unwrap_or(Ok(End::Local)),
                None => follow.await,
            }
        };
        tokio::select! {
            biased;
            () = stop.told() => Ok(End::Local),
            followed = bounded => followed,
        }
    };
    let finished = session.finish(followed.as_ref().copied(), stop.is_told()).await;
    followed.map_err(explain)?;
    Ok(match finished? {
        // That is how a diagnosis is ended by hand.
        _ if stop.is_told() && !options.output.diagnose => Exit::Interrupted,
        Verdict::Good => Exit::Done,
        Verdict::Bad => Exit::Failed,
    })
}

/// Shows one notice after the other until there is no more, or enough, or nobody to show it to; says who left.
async fn follow(source: &mut Source, session: &mut Session) -> anyhow::Result<End> {
    let mut turn = Instant::now();
    loop {
        let notice = {
            let mut next = pin!(source.next());
            // As long as there is more at hand, output is gathered; before every wait it is on its way.
            if let Some(notice) = at_hand(next.as_mut()).await {
                notice
            } else {
                session.flush().await?;
                let notice = tokio::select! {
                    biased;
                    notice = next.as_mut() => notice,
                    () = output::reader_gone() => return Ok(End::Local),
                    never = session.rest() => match never? {},
                };
                turn = Instant::now();
                notice
            }
        };
        let Some(notice) = notice else { return Ok(End::Remote) };
        let flow = session.take(notice?).await?;
        session.passed(Some(source.last_event_id()));
        if flow.is_break() {
            return Ok(End::Local);
        }
        let is_over = turn.elapsed() >= TURN;
        if is_over || session.is_full() {
            session.flush().await?;
        }
        if is_over {
            // Ctrl-C and the end of --for are heard here.
            yield_now().await;
            turn = Instant::now();
        }
    }
}

/// What there is without a wait. A server's bytes come through a task of the client, which has to have its turn.
async fn at_hand<T>(mut next: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    if let Some(ready) = next.as_mut().now_or_never() {
        return Some(ready);
    }
    yield_now().await;
    next.now_or_never()
}

fn explain(error: anyhow::Error) -> Failure {
    match error.downcast::<client::Error>() {
        Ok(error) => stream_failure(error),
        Err(error) => Failure::from(error),
    }
}
