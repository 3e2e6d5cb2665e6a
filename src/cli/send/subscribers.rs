//! `--wait-for-subscribers`: nothing is published before enough connections listen. The broker is asked how many there are,
//! at growing intervals: what a script starts beside this command is there within the second.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use url::Url;

use super::super::failure::Failure;
use super::super::request::publish_failure;
use super::super::target;
use super::super::values::for_people;
use super::super::words::counted;
use super::Options;
use super::progress::Progress;
use crate::client::{PublishError, Publisher};

/// The first pause before it is asked again; each is twice as long as the one before.
const SHORTEST: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(1);

const NOT_OURS: &str =
    "--wait-for-subscribers needs a broker that counts them, such as `sse serve`; is the address right?";

/// The subscribers that are waited for.
pub(super) struct Awaited {
    /// Of each of these topics, with the URL at which it is said how many there are.
    topics: Vec<(String, Url)>,
    count: u64,
    patience: Duration,
}

impl Awaited {
    /// Finds out what is to be waited for; `None` if nothing is.
    pub(super) fn of(options: &Options) -> Result<Option<Self>, Failure> {
        let Some(count) = options.wait.count else { return Ok(None) };
        let topics = options.target.iter().chain(&options.topics).map(|topic| {
            if target::is_url(topic) {
                return Err(Failure::usage("--wait-for-subscribers counts those of a topic, and the target is a URL")
                    .hint("give the topic alone, and the address of the broker as --url"));
            }
            Ok((topic.clone(), options.broker.presence(topic)?))
        });
        let patience = options.wait.patience.unwrap_or(Duration::MAX);
        Ok(Some(Self { topics: topics.collect::<Result<_, _>>()?, count, patience }))
    }

    /// Waits until there are enough of them, all at one time.
    pub(super) async fn come(&self, publisher: &Publisher, progress: &Progress) -> Result<(), Failure> {
        let mut lacking = None;
        let Ok(come) = timeout(self.patience, self.ask_until_enough(publisher, progress, &mut lacking)).await else {
            let (wanted, patience) = (self.in_words(), for_people(self.patience));
            let seen = lacking.map_or_else(String::new, |(topic, count)| format!(" ({topic:?} has {count})"));
            return Err(anyhow::anyhow!("{wanted} did not come within {patience}{seen}: nothing is published").into());
        };
        come
    }

    /// The same for as long as it takes; `lacking` is what was said last.
    async fn ask_until_enough<'a>(
        &'a self,
        publisher: &Publisher,
        progress: &Progress,
        lacking: &mut Option<(&'a str, u64)>,
    ) -> Result<(), Failure> {
        let mut pause = SHORTEST;
        loop {
            let told = lacking.is_some();
            *lacking = self.lacking(publisher).await?;
            if lacking.is_none() {
                return Ok(());
            }
            if !told {
                progress.say(&format!("waiting for {}", self.in_words()));
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// A topic that has not enough of them, and how many it has.
    async fn lacking(&self, publisher: &Publisher) -> Result<Option<(&str, u64)>, Failure> {
        for (topic, url) in &self.topics {
            let count = publisher.subscribers(url).await.map_err(|error| failure(error, topic))?;
            if count < self.count {
                return Ok(Some((topic, count)));
            }
        }
        Ok(None)
    }

    fn in_words(&self) -> String {
        let topics: Vec<String> = self.topics.iter().map(|(topic, _)| format!("{topic:?}")).collect();
        format!("{} of {}", counted(self.count, "subscriber"), topics.join(" and of "))
    }
}

/// Says why it is not known how many there are. Nothing was to be published yet, so the words for that do not fit.
fn failure(error: PublishError, topic: &str) -> Failure {
    let doing = format!("cannot count the subscribers of {topic:?}");
    let (not_ours, failure) = match error {
        PublishError::Unanswered { peer, cause } => {
            (false, Failure::from(anyhow::Error::new(cause).context(format!("{peer} did not answer"))))
        }
        PublishError::Late { peer, patience } => {
            let cause = anyhow::anyhow!("{peer} did not answer within {patience:?}");
            (false, Failure::from(cause).hint("--timeout waits longer"))
        }
        PublishError::NotABroker(answer) => {
            let not_ours = !matches!(answer.status, 401 | 403 | 500..);
            (not_ours, publish_failure(PublishError::NotABroker(answer)))
        }
        PublishError::Refused(problem) => {
            let not_ours = matches!(problem.status, 404 | 405);
            (not_ours, publish_failure(PublishError::Refused(problem)))
        }
        error => (false, publish_failure(error)),
    };
    let failure = failure.context(doing);
    if not_ours { failure.hint(NOT_OURS) } else { failure }
}
