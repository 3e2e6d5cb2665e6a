//! A whole answer of a broker: read within a bound, and what it means where it is not the one that was hoped for.

use reqwest::Response;

use super::answer::Answer;
use super::publisher::{Problem, PublishError};

/// The longest answer that is read, in bytes: far more than the results of the largest batch that `sse send` makes.
const LONGEST: usize = 8 << 20;

pub(super) const JSON: &str = "application/json";

pub(super) const NDJSON: &str = "application/x-ndjson";

/// RFC 9457 §3.
pub(super) const PROBLEM: &str = "application/problem+json";

/// An answer with its body.
pub(super) struct Reply {
    pub(super) success: bool,
    pub(super) media_type: String,
    answer: Answer,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// Reads the body, up to [`LONGEST`]; what is longer is cut, and then is no valid answer.
    pub(super) async fn read(mut response: Response, media_type: String) -> Result<Self, reqwest::Error> {
        let (success, answer, mut body) = (response.status().is_success(), Answer::head(&response), Vec::new());
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk[..chunk.len().min(LONGEST - body.len())]);
            if body.len() == LONGEST {
                break;
            }
        }
        Ok(Self { success, media_type, answer, body })
    }

    /// What the answer means if it is not the one that was hoped for.
    pub(super) fn refusal(self) -> PublishError {
        match serde_json::from_slice::<Problem>(&self.body) {
            Ok(problem) if self.media_type == PROBLEM => PublishError::Refused(Problem {
                status: self.answer.status,
                retry_after: self.answer.retry_after,
                ..problem
            }),
            _ => PublishError::NotABroker(Box::new(self.answer.with_body(&self.body))),
        }
    }
}
