//! Whether a request that failed may be made again, and when; and doing so.
//!
//! What may be repeated is what the server has not carried out: it was not reached, or it answered that it will not now
//! (429, 503). A request without an answer may have been carried out: it is repeated only with an idempotency key.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use tokio::time::{Instant, sleep};

use super::backoff;
use super::lost::Lost;
use super::publisher::PublishError;

/// The shortest wait: a broker that restarts is back about then, and a person has not lost patience.
const SHORTEST: Duration = Duration::from_millis(250);

/// The longest wait that a server may ask for: when it wants more, whoever publishes should know.
pub(super) const LONGEST: Duration = Duration::from_mins(1);

/// How long after it was sent a request that was not answered may be repeated. A broker forgets the key some time, by
/// default after five minutes, and then would publish again: this leaves it a minute for what is slow on the way.
const KNOWN_FOR: Duration = Duration::from_mins(4);

/// The wait after this many `failures`, from 1, if nobody asks for a longer one.
pub(super) fn pause(failures: u32, jitter: f64) -> Duration {
    backoff::delay(SHORTEST, failures, jitter, None)
}

/// The wait after this many `failures`, of which this was the last; `None` if it has to be the last attempt.
fn wait(error: &PublishError, keyed: bool, failures: u32, jitter: f64) -> Option<Duration> {
    let pause = pause(failures, jitter);
    match error {
        PublishError::Lost(Lost::Unreachable { cause, .. }) => (!cause.is_certificate()).then_some(pause),
        PublishError::Unanswered { .. } | PublishError::Late { .. } => keyed.then_some(pause),
        PublishError::Refused(problem) => later(problem.status, problem.retry_after, pause),
        PublishError::NotABroker(answer) => later(answer.status, answer.retry_after, pause),
        PublishError::Setup(_) | PublishError::Lost(_) | PublishError::Miscounted { .. } => None,
    }
}

fn later(status: u16, asked: Option<Duration>, pause: Duration) -> Option<Duration> {
    let wait = asked.unwrap_or_default().max(pause);
    (matches!(status, 429 | 503) && wait <= LONGEST).then_some(wait)
}

/// How long a server wants to be left alone, if it says so: RFC 9110 §10.2.3.
pub(super) fn after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER).and_then(|value| seconds_or_date(value.to_str().ok()?, SystemTime::now()))
}

fn seconds_or_date(value: &str, now: SystemTime) -> Option<Duration> {
    let date = || Some(httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default());
    value.parse().map(Duration::from_secs).ok().or_else(date)
}

/// Whether a broker still knows, after this wait, a request without an answer that was sent so long ago, if there is one.
fn is_known(sent: Option<Duration>, wait: Duration) -> bool {
    sent.is_none_or(|sent| sent + wait <= KNOWN_FOR)
}

/// Who is told of a failure after which another attempt follows, and how long after it.
pub(super) type Tell = dyn Fn(&PublishError, Duration) + Send + Sync;

/// Makes up to 1 + `retries` attempts. Where one of them was not answered and none after it either, that is the error:
/// what was asked for may have been done.
pub(super) async fn repeated<T>(
    retries: u32,
    keyed: bool,
    tell: &Tell,
    mut attempt: impl AsyncFnMut() -> Result<T, PublishError>,
) -> Result<T, PublishError> {
    let (mut failures, mut unanswered) = (0, None);
    loop {
        let sent = Instant::now();
        let error = match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        failures += 1;
        let Some(wait) = wait(&error, keyed, failures, fastrand::f64()) else { return Err(error) };
        tracing::info!(error = &error as &dyn std::error::Error, ?wait, failures, "a request failed");
        let (first_sent, error) = match (unanswered.take(), &error) {
            (Some((first_sent, first)), _) => (Some(first_sent), first),
            (None, PublishError::Unanswered { .. } | PublishError::Late { .. }) => (Some(sent), error),
            (None, _) => (None, error),
        };
        if failures > retries || !is_known(first_sent.map(|sent| sent.elapsed()), wait) {
            return Err(error);
        }
        tell(&error, wait);
        unanswered = first_sent.map(|sent| (sent, error));
        sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::lost::Peer;
    use super::super::publisher::Problem;
    use super::*;

    fn refused(status: u16, retry_after: Option<Duration>) -> PublishError {
        Problem { status, title: String::new(), detail: String::new(), retry_after }.into()
    }

    #[test]
    fn an_answer_that_says_not_now_is_waited_for_as_long_as_it_asks() {
        let seconds = |n| Some(Duration::from_secs(n));
        for status in [429, 503] {
            assert_eq!(wait(&refused(status, seconds(5)), false, 1, 0.5), seconds(5));
            assert_eq!(wait(&refused(status, seconds(0)), false, 1, 0.0), Some(SHORTEST));
            assert_eq!(wait(&refused(status, None), false, 2, 1.0), seconds(1));
            assert_eq!(wait(&refused(status, seconds(61)), true, 1, 0.0), None);
        }
        assert_eq!(wait(&refused(400, seconds(1)), true, 1, 0.0), None);
    }

    #[test]
    fn only_with_a_key_is_an_unanswered_request_repeated() {
        let peer = Peer::Server { address: String::new(), variable: None };
        let late = PublishError::Late { peer, patience: Duration::ZERO };
        assert_eq!(wait(&late, false, 1, 0.0), None);
        assert_eq!(wait(&late, true, 1, 0.0), Some(SHORTEST));
    }

    #[test]
    fn an_unanswered_request_is_not_repeated_when_its_key_may_be_forgotten() {
        let minutes = Duration::from_mins;
        assert!(is_known(None, minutes(9)) && is_known(Some(minutes(3)), minutes(1)));
        assert!(!is_known(Some(minutes(3)), minutes(2)));
    }

    #[test]
    fn a_retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        assert_eq!(seconds_or_date("120", now), Some(Duration::from_mins(2)));
        assert_eq!(seconds_or_date("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(7)));
        assert_eq!(seconds_or_date("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(seconds_or_date("soon", now), None);
    }
}
