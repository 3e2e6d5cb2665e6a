//! The answer as it comes: events go in, what is to be shown comes out, and the figures are kept.
//!
//! The cost of an event is linear in its length. Between events a few counters and texts of bounded length remain.

use std::time::Duration;

use super::facts::{Facts, Finish, Usage};
use super::json::Object;
use super::pace::{Pace, per_second};
use super::{Dialect, Ending, Failure, LONGEST_NAME, Report, Step, cut};
use crate::wire::Message;

/// How much of the first event that was not understood is kept, in bytes: enough to see what it is.
const LONGEST_EXAMPLE: usize = 200;

/// The end mark of OpenAI's streams, which other dialects borrow.
const END_MARK: &str = "[DONE]";

/// One answer. Its dialect shows with the first event that belongs to one, and stays.
#[derive(Debug, Default)]
pub struct Completion {
    dialect: Option<Dialect>,
    pace: Pace,
    model: Option<String>,
    usage: Usage,
    finish: Option<Finish>,
    failure: Option<Failure>,
    ended: bool,
    /// The model said that it will not answer.
    refused: bool,
    tool_calls: u64,
    /// The ID of the call that began last.
    last_call: Option<String>,
    other_choices: u64,
    unshown: u64,
    events: u64,
    not_understood: u64,
    example: Option<String>,
}

impl Completion {
    /// Takes an event that came `at` this time after the request was sent, and returns what there is to show of it, in
    /// order; nothing if it only says how things are. A line of NDJSON is an event with this data.
    pub fn take(&mut self, message: &Message, at: Duration) -> Vec<Step> {
        self.events += 1;
        if let Some(facts) = self.read(message) {
            return self.note(facts, at);
        }
        self.not_understood += 1;
        self.example.get_or_insert_with(|| example(message));
        Vec::new()
    }

    /// The figures, `at` this time after the request was sent.
    #[must_use]
    pub fn report(&self, at: Duration) -> Report {
        let pace = &self.pace;
        Report {
            dialect: self.dialect,
            model: self.model.clone(),
            ending: self.ending(),
            finish_reason: self.finish.as_ref().map(|finish| finish.reason.clone()),
            failure: self.failure.clone(),
            first_token: pace.first,
            first_text: pace.first_text,
            last_token: pace.last,
            total: Some(at),
            chunks: pace.chunks,
            chunks_per_second: pace.chunks_per_second(),
            longest_stall: pace.longest_stall,
            input_tokens: self.usage.input,
            output_tokens: self.usage.output,
            reasoning_tokens: self.usage.reasoning,
            generation: self.usage.generation,
            tokens_per_second: self.tokens_per_second(),
            tool_calls: self.tool_calls,
            other_choices: self.other_choices,
            unshown: self.unshown,
            events: self.events,
            not_understood: self.not_understood,
            example: self.example.clone(),
        }
    }

    /// What an event says; `None` if it is not understood.
    fn read(&mut self, message: &Message) -> Option<Facts> {
        let data = message.data.trim_ascii();
        if data == END_MARK {
            return Some(Facts { end: true, ..Facts::default() });
        }
        let event = Object::read(data).unwrap_or_default();
        let kind = event.text("type").unwrap_or_else(|| message.event_type.clone());
        if data.is_empty() || matches!(kind.as_str(), "ping" | "keepalive") {
            return Some(Facts::default());
        }
        if self.ended {
            return None;
        }
        self.dialect = self.dialect.or_else(|| Dialect::of(&kind, &event));
        let facts = self.dialect.and_then(|dialect| dialect.read(&kind, &event));
        let is_error = kind == "error" || event.text("object").is_some_and(|object| object == "error");
        // An error is a member of this name in any dialect, or the event as a whole.
        let failure =
            Failure::within(&event, "error").or_else(|| is_error.then(|| Failure::read(data).unwrap_or_default()));
        match failure {
            Some(failure) => Some(Facts { failure: Some(failure), ..facts.unwrap_or_default() }),
            None => facts,
        }
    }

    fn note(&mut self, facts: Facts, at: Duration) -> Vec<Step> {
        if self.model.is_none() {
            self.model = facts.model.map(|model| cut(&model, LONGEST_NAME));
        }
        self.usage.update(facts.usage);
        self.finish = facts.finish.or(self.finish.take());
        self.other_choices = self.other_choices.max(facts.last_choice);
        self.unshown += facts.unshown;
        let has_content = !facts.content.is_empty() || facts.unshown > 0;
        let mut steps: Vec<Step> =
            facts.content.into_iter().filter_map(|(choice, step)| self.show(choice, step)).collect();
        if has_content {
            self.pace.chunk(at, &steps);
        }
        if let Some(failure) = facts.failure.filter(|failure| self.is_news(failure)) {
            self.failure.get_or_insert_with(|| failure.clone());
            steps.push(Step::Failed(failure));
        }
        if facts.end && !std::mem::replace(&mut self.ended, true) {
            steps.push(Step::Done);
        }
        steps
    }

    /// Counts a piece of content; `None` if it is not to be shown.
    fn show(&mut self, choice: u64, step: Step) -> Option<Step> {
        if choice != 0 {
            self.unshown += 1;
            return None;
        }
        match &step {
            Step::Refusal(_) => self.refused = true,
            Step::ToolCall { id, .. } => {
                let id = id.as_ref().map(|id| cut(id, LONGEST_NAME));
                // Some servers repeat the name with every piece of the arguments.
                if id.is_some() && id == self.last_call {
                    return None;
                }
                self.last_call = id;
                self.tool_calls += 1;
            }
            _ => {}
        }
        Some(step)
    }

    /// Some providers report an error twice: when it happens, and as the outcome.
    fn is_news(&self, failure: &Failure) -> bool {
        self.failure.as_ref().is_none_or(|known| known != failure && *failure != Failure::default())
    }

    fn ending(&self) -> Ending {
        let Some(dialect) = self.dialect else {
            return if self.failure.is_some() { Ending::Failed } else { Ending::Unknown };
        };
        let is_over = self.ended || self.finish.is_some() && dialect.ends_with_reason();
        let ending = self.finish.as_ref().map_or(Ending::Complete, |finish| finish.ending);
        if self.failure.is_some() {
            Ending::Failed
        } else if !is_over {
            Ending::CutOff
        } else if self.refused && ending == Ending::Complete {
            Ending::Withheld
        } else {
            ending
        }
    }

    fn tokens_per_second(&self) -> Option<f64> {
        let output = self.usage.output?;
        if let Some(generation) = self.usage.generation {
            return per_second(output, generation);
        }
        self.pace.tokens_per_second(output, self.usage.reasoning.unwrap_or_default())
    }
}

fn example(message: &Message) -> String {
    let data = cut(message.data.trim_ascii(), LONGEST_EXAMPLE);
    match message.event_type.as_str() {
        "message" => data,
        event_type => format!("{}: {data}", cut(event_type, LONGEST_NAME)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::wire::{Decoder, Item};

    /// The streams of `tests/fixtures/llm/`, what is shown of them (`⏎` is a line feed), and what is reported when an event
    /// comes every 100 ms: the times are those of the first and the last content and of the first text.
    const STREAMS: &str = r#"
openai-chat.sse
  Tea is best at 80 °C.⏎$
  OpenAiChat gpt-5.1-mini Complete stop; 3 chunks 200 400 200 10.0/s, stall 100 at 200; tokens 14 39 35.0/s
openai-chat-error.sse
  Tea is{server_error: The server could not go on with this request.}$
  OpenAiChat gpt-5.1-mini Failed -; 1 chunks 200 200 200 -, stall - at -; tokens - - -
openai-chat-tools.sse
  [0 kettle]0{"celsius"0:80}[1 timer]1{"minutes":3}$
  OpenAiChat gpt-5.1-mini Complete tool_calls; 5 chunks 200 600 - 10.0/s, stall 100 at 200; tokens - - -
openai-chat-cut.sse
  (Green or)( black?)Green t
  OpenAiChat deepseek-reasoner CutOff -; 3 chunks 200 400 400 10.0/s, stall 100 at 200; tokens - - -
openai-responses.sse
  (**Choosing a tea**)Sencha, two cups.[2 kettle]2{"celsius":280}$
  OpenAiResponses gpt-5.1 Complete completed; 6 chunks 500 1900 1200 3.6/s, stall 700 at 500; tokens 61 56 51.4/s
openai-responses-error.sse
  Sencha,{rate_limit_exceeded: Too many tokens this minute.}$
  OpenAiResponses gpt-5.1 Failed failed; 1 chunks 400 400 400 -, stall - at -; tokens - - -
anthropic.sse
  Warm the pot first, then pour.$
  Anthropic claude-sonnet-5 Complete end_turn; 3 chunks 400 600 400 10.0/s, stall 100 at 400; tokens 111 21 105.0/s
anthropic-error.sse
  Warm{overloaded_error: Overloaded}
  Anthropic claude-sonnet-5 Failed -; 1 chunks 400 400 400 -, stall - at -; tokens 111 - -
anthropic-tools.sse
  (The water)( is cold.)I will heat it.[2 kettle]2{"celsius": 820}$
  Anthropic claude-sonnet-5 Complete tool_use; 6 chunks 400 1400 900 5.0/s, stall 400 at 500; tokens 402 63 78.0/s
gemini.sse
  (**Steeping**⏎⏎Short is better.)Steep it for two minutes.
  Gemini gemini-3-flash Complete STOP; 3 chunks 100 300 200 10.0/s, stall 100 at 100; tokens 9 48 80.0/s
gemini-error.sse
  Steep it{UNAVAILABLE (503): The model is overloaded. Try again later.}
  Gemini gemini-3-flash Failed -; 1 chunks 100 100 100 -, stall - at -; tokens 9 3 -
ollama.ndjson
  (Leaves)( or bags?)Leaves taste better.$
  Ollama qwen3:8b Complete stop; 4 chunks 100 400 300 10.0/s, stall 100 at 100; tokens 26 60 40.0/s
ollama-error.ndjson
  Leaves taste{an error was encountered while running the model: the runner ended}
  Ollama gemma3 Failed -; 2 chunks 100 200 100 10.0/s, stall 100 at 100; tokens - - -
"#;

    fn names() -> Vec<&'static str> {
        STREAMS.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).collect()
    }

    fn message(event_type: &str, data: &str) -> Message {
        Message { event_type: event_type.to_owned(), data: data.to_owned(), last_event_id: String::new() }
    }

    fn fixture(name: &str) -> Vec<Message> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm").join(name);
        let stream = std::fs::read_to_string(path).expect("a fixture");
        if name.ends_with(".ndjson") {
            return stream.lines().map(|line| message("message", line)).collect();
        }
        let (mut decoder, mut rest, mut messages) = (Decoder::new(), stream.as_bytes(), Vec::new());
        while let Some(item) = decoder.decode(&mut rest).expect("within the limit") {
            if let Item::Event(message) = item {
                messages.push(message);
            }
        }
        messages
    }

    fn ms(event: u64) -> Duration {
        Duration::from_millis(100 * event)
    }

    /// What is shown of these events, one every 100 ms, and the report 100 ms after the last.
    fn replay(messages: &[Message]) -> (Vec<Step>, Report) {
        let (mut completion, mut at) = (Completion::default(), 0);
        let mut steps = Vec::new();
        for message in messages {
            at += 1;
            steps.extend(completion.take(message, ms(at)));
        }
        (steps, completion.report(ms(at + 1)))
    }

    /// The same for unnamed events with this data.
    fn replay_data(data: &[&str]) -> (String, Report) {
        let messages: Vec<Message> = data.iter().map(|data| message("message", data)).collect();
        let (steps, report) = replay(&messages);
        (shown(&steps), report)
    }

    /// The steps as a text: reasoning in (), a refusal after !, calls in [] and their arguments after the call's number,
    /// an error in {}, and the end as $.
    fn shown(steps: &[Step]) -> String {
        let shown = steps.iter().map(|step| match step {
            Step::Text(text) => text.clone(),
            Step::Reasoning(text) => format!("({text})"),
            Step::Refusal(text) => format!("!{text}"),
            Step::ToolCall { call, name, .. } => format!("[{call} {name}]"),
            Step::Arguments { call, text } => format!("{call}{text}"),
            Step::Failed(failure) => format!("{{{failure}}}"),
            Step::Done => "$".to_owned(),
        });
        shown.collect()
    }

    /// What is reported, `-` where nothing is known. Times are in milliseconds.
    fn summary(report: &Report) -> String {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let number = |number: Option<u64>| or_dash(number.map(|number| number.to_string()));
        let time = |time: Option<Duration>| or_dash(time.map(|time| time.as_millis().to_string()));
        let rate = |rate: Option<f64>| or_dash(rate.map(|rate| format!("{rate:.1}/s")));
        let chunks = [report.first_token, report.last_token, report.first_text].map(time).join(" ");
        let stall = report.longest_stall.map(|stall| (stall.length, stall.began)).unzip();
        let tokens = [report.input_tokens, report.output_tokens].map(number).join(" ");
        format!(
            "{:?} {} {:?} {}; {} chunks {chunks} {}, stall {} at {}; tokens {tokens} {}",
            report.dialect.expect("a dialect"),
            or_dash(report.model.clone()),
            report.ending,
            or_dash(report.finish_reason.clone()),
            report.chunks,
            rate(report.chunks_per_second),
            time(stall.0),
            time(stall.1),
            rate(report.tokens_per_second),
        )
    }

    #[test]
    fn the_streams_of_all_providers_are_put_together_and_measured() {
        let mut found = "\n".to_owned();
        for name in names() {
            let (steps, report) = replay(&fixture(name));
            found += &format!("{name}\n  {}\n  {}\n", shown(&steps).replace('\n', "⏎"), summary(&report));
            assert_eq!(report.failure.is_some(), report.ending == Ending::Failed, "{name}");
            assert_eq!((report.unshown, report.not_understood, report.example), (0, 0, None), "{name}");
        }
        assert_eq!(found, STREAMS);
    }

    #[test]
    fn a_refusal_is_no_complete_answer() {
        let refusal = r#"{"choices":[{"index":0,"delta":{"refusal":"No."},"finish_reason":"stop"}]}"#;
        let (shown, report) = replay_data(&[refusal]);
        assert_eq!((shown.as_str(), report.ending), ("!No.", Ending::Withheld));
    }

    #[test]
    fn without_the_last_event_of_a_message_it_was_cut_off() {
        let messages = fixture("anthropic.sse");
        let (_, report) = replay(&messages[..messages.len() - 1]);
        assert_eq!((report.ending, report.finish_reason.as_deref()), (Ending::CutOff, Some("end_turn")));
    }

    #[test]
    fn only_the_first_choice_is_shown_and_what_is_not_is_counted() {
        let choice = |index: u64, delta: &str, reason: &str| {
            format!(r#"{{"choices":[{{"index":{index},"delta":{delta},"finish_reason":{reason}}}]}}"#)
        };
        let text = |index: u64, text: &str| choice(index, &format!(r#"{{"content":"{text}"}}"#), "null");
        let (audio, end) = (choice(0, r#"{"audio":{"data":"AAAA"}}"#, "null"), choice(1, "{}", r#""length""#));
        let (shown, report) = replay_data(&[&text(1, "b"), &text(0, "a"), &text(2, "c"), &text(0, "a"), &audio, &end]);
        assert_eq!(shown, "aa");
        assert_eq!((report.other_choices, report.unshown, report.chunks), (2, 3, 5));
        assert_eq!((report.first_token, report.first_text), (Some(ms(1)), Some(ms(2))));
        assert_eq!((report.ending, report.finish_reason), (Ending::CutOff, None), "it was another choice that ended");
    }

    #[test]
    fn a_call_that_is_named_with_every_piece_begins_once() {
        let piece = |id: &str, text: &str| {
            let call = format!(r#"{{"index":0,"id":"{id}","function":{{"name":"f","arguments":"{text}"}}}}"#);
            format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{call}]}}}}]}}"#)
        };
        let (shown, report) = replay_data(&[&piece("c1", "1"), &piece("c1", "2"), &piece("c2", "3")]);
        assert_eq!((shown.as_str(), report.tool_calls), ("[0 f]0102[0 f]03", 2));
    }

    #[test]
    fn what_comes_after_the_end_is_counted_and_not_shown() {
        let text = r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#;
        let (shown, report) = replay_data(&[text, "[DONE]", text, "[DONE]"]);
        assert_eq!((shown.as_str(), report.not_understood, report.chunks), ("a$", 1, 1));
        assert!(report.example.expect("an example").starts_with(r#"{"choices""#));
    }

    #[test]
    fn pings_and_what_is_not_known_do_not_settle_the_dialect() {
        let delta = r#"{"delta":"Hi"}"#;
        let messages = [
            message("ping", "{}"),
            message("message", r#"{"type":"ping"}"#),
            message("status", "warming up"),
            message("response.output_text.delta", delta),
        ];
        let (steps, report) = replay(&messages);
        assert_eq!(shown(&steps), "Hi", "the stream names the type where the data does not");
        assert_eq!((report.dialect, report.not_understood), (Some(Dialect::OpenAiResponses), 1));
        assert_eq!(report.example.as_deref(), Some("status: warming up"));
    }

    #[test]
    fn a_stream_of_something_else_is_said_to_be_that() {
        let (shown, report) = replay_data(&["tick", "[1,2]", r#"{"price":1}"#, "[DONE]"]);
        assert_eq!((shown.as_str(), report.ending, report.not_understood), ("$", Ending::Unknown, 3));
        assert!(!report.is_recognised() && report.ending != Ending::Complete);
    }

    #[test]
    fn an_error_is_an_error_before_anything_is_known() {
        let (shown, report) = replay_data(&[r#"{"error":"model 'x' not found"}"#]);
        assert_eq!((shown.as_str(), report.ending), ("{model 'x' not found}", Ending::Failed));
        assert!(report.is_recognised());
        let (shown, _) = replay_data(&[r#"{"object":"error","message":"too long","type":"BadRequest","code":400}"#]);
        assert_eq!(shown, "{BadRequest (400): too long}");
        let (steps, _) = replay(&[message("error", "upstream closed")]);
        assert!(matches!(&steps[..], [Step::Failed(failure)] if failure.message == "upstream closed"), "{steps:?}");
    }

    #[test]
    fn what_is_kept_of_long_texts_is_short() {
        let long = "ä".repeat(1 << 20);
        let chunk = format!(r#"{{"model":"{long}","choices":[{{"delta":{{}},"finish_reason":"{long}"}}]}}"#);
        let (_, report) = replay_data(&[&chunk, &long]);
        assert_eq!(report.not_understood, 1);
        for text in [report.model, report.finish_reason, report.example] {
            assert!(text.expect("a text").len() <= LONGEST_EXAMPLE + '…'.len_utf8());
        }
    }

    const KEYS: &str = "type object error message code model done choices candidates delta content index parts text thinking \
        tool_calls function arguments usage response item content_block finish_reason finishReason promptFeedback \
        usageMetadata eval_count eval_duration output_index";

    /// JSON that looks much like the events of some provider.
    fn json() -> impl Strategy<Value = Value> {
        let key = prop::sample::select(KEYS.split_whitespace().collect::<Vec<_>>());
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,4}".prop_map(Value::from),
            prop::sample::select(vec![
                "response.completed",
                "message_start",
                "content_block_delta",
                "text_delta",
                "error"
            ])
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(key.clone(), inner, 0..8)
                    .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_event_is_too_strange(
            events in prop::collection::vec((json(), 0..u64::MAX), 0..8),
            known in prop::sample::select(names()),
        ) {
            let mut completion = Completion::default();
            completion.take(&fixture(known)[0], Duration::MAX);
            for (json, at) in &events {
                completion.take(&message("message", &json.to_string()), Duration::from_nanos(*at));
            }
            let report = completion.report(Duration::ZERO);
            prop_assert_eq!(report.events, events.len() as u64 + 1);
            prop_assert!(report.chunks + report.not_understood <= report.events);
        }
    }
}
