//! What an answer was like: how it came, how it ended, and what of the stream was not shown.
//!
//! `Serialize` is the schema of the report as JSON: times in milliseconds, keys in the order of the fields.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{Dialect, Failure, Stall};

/// The figures of an answer, up to the moment they were asked for. Times are counted from when the request was sent, in
/// milliseconds with three decimals as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Whose stream it is; `None` if no event was recognised.
    pub dialect: Option<Dialect>,
    /// The model, as the provider names it.
    pub model: Option<String>,
    /// How the answer ended.
    pub ending: Ending,
    /// The provider's word for why it ended.
    pub finish_reason: Option<String>,
    /// The first error that the provider reported.
    pub failure: Option<Failure>,
    /// Time to the first piece of content of any kind.
    #[serde(rename = "first_token_ms", serialize_with = "perhaps_milliseconds")]
    pub first_token: Option<Duration>,
    /// Time to the first piece of the answer itself, or of a refusal.
    #[serde(rename = "first_text_ms", serialize_with = "perhaps_milliseconds")]
    pub first_text: Option<Duration>,
    /// Time to the last piece of content of any kind.
    #[serde(rename = "last_token_ms", serialize_with = "perhaps_milliseconds")]
    pub last_token: Option<Duration>,
    /// Time to this report.
    #[serde(rename = "total_ms", serialize_with = "perhaps_milliseconds")]
    pub total: Option<Duration>,
    /// Events with content.
    pub chunks: u64,
    /// How many chunks came per second after the first one; `None` if all came at once.
    pub chunks_per_second: Option<f64>,
    /// The longest time between two chunks.
    pub longest_stall: Option<Stall>,
    /// Tokens of the prompt, cached ones included.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer, reasoning included, of all choices together.
    pub output_tokens: Option<u64>,
    /// Tokens of the reasoning.
    pub reasoning_tokens: Option<u64>,
    /// How long the model took for its output, where the provider says so.
    #[serde(rename = "generation_ms", serialize_with = "perhaps_milliseconds")]
    pub generation: Option<Duration>,
    /// Output tokens per second of `generation`, or else of the time from the first chunk to the last. In that, where
    /// reasoning is counted apart, it is left out: tokens and time are those of the answer alone.
    pub tokens_per_second: Option<f64>,
    /// How many tools were called.
    pub tool_calls: u64,
    /// How many choices there were besides the first. Their content is not shown.
    pub other_choices: u64,
    /// Pieces of content that were not shown: of other choices, or neither text nor a call.
    pub unshown: u64,
    /// All events.
    pub events: u64,
    /// Events that were not understood.
    pub not_understood: u64,
    /// The beginning of the first of them, after its type where it has one.
    pub example: Option<String>,
}

impl Report {
    /// The same without the times at which it came, as of an answer that was kept without them. What the provider says of
    /// its own time stays.
    #[must_use]
    pub fn without_times(self) -> Self {
        Self {
            first_token: None,
            first_text: None,
            last_token: None,
            total: None,
            chunks_per_second: None,
            longest_stall: None,
            tokens_per_second: self.tokens_per_second.filter(|_| self.generation.is_some()),
            ..self
        }
    }

    /// Whether anything of the stream was understood as that of a language model.
    #[must_use]
    pub fn is_recognised(&self) -> bool {
        self.dialect.is_some() || self.failure.is_some()
    }
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The model had no more to say, or waits for the results of tools.
    Complete,
    /// The limit on tokens, or of the model, cut it short.
    Limit,
    /// A filter held it back, in part or whole, or the model refused.
    Withheld,
    /// It ended for a reason that is none of these.
    Other,
    /// The provider reported an error.
    Failed,
    /// Nothing said so far that it is over: if the stream is, it was cut off.
    CutOff,
    /// Nothing of the stream was recognised.
    Unknown,
}

impl Ending {
    /// The meaning of a provider's reason.
    pub(super) fn of(reason: &str) -> Self {
        match reason.to_ascii_lowercase().as_str() {
            "stop" | "end_turn" | "stop_sequence" | "tool_calls" | "tool_use" | "function_call" | "completed"
            | "eos_token" => Self::Complete,
            "length" | "max_tokens" | "max_output_tokens" | "model_length" | "model_context_window_exceeded" => {
                Self::Limit
            }
            "content_filter"
            | "refusal"
            | "safety"
            | "recitation"
            | "blocklist"
            | "prohibited_content"
            | "spii"
            | "model_armor"
            | "sensitive"
            | "image_safety"
            | "image_prohibited_content"
            | "image_recitation" => Self::Withheld,
            _ => Self::Other,
        }
    }
}

pub(super) fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((time.as_secs_f64() * 1e6).round() / 1000.0)
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn perhaps_milliseconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => milliseconds(time, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Completion;
    use super::*;
    use crate::wire::Message;

    /// The report 100 ms after a chunk that came after 50 ms and ended the answer.
    fn report(reason: &str) -> Report {
        let data = format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"a"}},"finish_reason":"{reason}"}}]}}"#);
        let message = Message { event_type: "message".into(), data, last_event_id: String::new() };
        let mut completion = Completion::default();
        completion.take(&message, Duration::from_millis(50));
        completion.report(Duration::from_millis(150))
    }

    #[test]
    fn an_end_that_is_not_that_of_the_answer_is_told_apart() {
        assert_eq!(report("stop").ending, Ending::Complete, "without an end mark");
        let endings = [
            (Ending::Limit, ["length", "max_tokens", "MAX_TOKENS", "max_output_tokens"]),
            (Ending::Withheld, ["content_filter", "SAFETY", "refusal", "PROHIBITED_CONTENT"]),
            (Ending::Other, ["OTHER", "pause_turn", "network_error", "load"]),
        ];
        for (ending, reasons) in endings {
            for reason in reasons {
                let report = report(reason);
                assert_eq!((report.ending, report.finish_reason.as_deref()), (ending, Some(reason)));
                assert_ne!(report.ending, Ending::Complete);
            }
        }
    }

    #[test]
    fn the_report_as_json_has_words_for_what_is_known_and_times_in_milliseconds() {
        let json = serde_json::to_value(report("length")).expect("JSON");
        assert_eq!((&json["dialect"], &json["ending"]), (&"openai-chat".into(), &"limit".into()));
        assert_eq!((&json["first_token_ms"], &json["total_ms"]), (&50.0.into(), &150.0.into()));
        assert!(json["output_tokens"].is_null() && json["longest_stall"].is_null());
        let json = serde_json::to_value(report("length").without_times()).expect("JSON");
        assert!(json["first_token_ms"].is_null() && json["total_ms"].is_null());
        assert_eq!((&json["ending"], &json["chunks"]), (&"limit".into(), &1.into()));
    }
}
