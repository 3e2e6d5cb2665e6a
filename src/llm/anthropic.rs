//! Anthropic messages: a message begins, its blocks begin, grow and stop, the message gets its reason to stop, and stops.

use super::facts::{Facts, Step, Usage, sum};
use super::json::Object;

/// The events that only such a stream has.
pub(super) const EVENTS: &[&str] = &[
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
];

/// What of the input is counted apart.
const INPUT: &[&str] = &["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];

/// Reads an event.
pub(super) fn read(kind: &str, event: &Object<'_>) -> Option<Facts> {
    let mut facts = Facts::default();
    let (index, delta) = (event.number("index").unwrap_or_default(), event.object("delta"));
    match kind {
        "message_start" => {
            let message = event.object("message");
            facts.model = message.text("model");
            // The output is not counted yet: the number stands for nothing.
            facts.usage = Usage { output: None, ..read_usage(&message.object("usage")) };
        }
        "content_block_start" => read_block(&event.object("content_block"), index, &mut facts),
        "content_block_delta" => read_delta(&delta, index, &mut facts)?,
        "message_delta" => {
            facts.usage = read_usage(&event.object("usage"));
            facts.finish(delta.text("stop_reason"));
        }
        "message_stop" => facts.end = true,
        "content_block_stop" => {}
        _ => return None,
    }
    Some(facts)
}

fn read_block(block: &Object<'_>, index: u64, facts: &mut Facts) {
    match block.text("type").unwrap_or_default().as_str() {
        "text" => facts.add(0, Step::Text, block.text("text")),
        "thinking" => facts.add(0, Step::Reasoning, block.text("thinking")),
        kind if kind.ends_with("tool_use") => {
            facts.add_call(0, index, block.text("id"), block.text("name"));
            facts.add_arguments(0, index, block.text_or_json("input").filter(|input| input != "{}"));
        }
        // The result of a tool that the provider ran, or reasoning that is encrypted.
        _ => facts.unshown += 1,
    }
}

fn read_delta(delta: &Object<'_>, index: u64, facts: &mut Facts) -> Option<()> {
    match delta.text("type")?.as_str() {
        "text_delta" => facts.add(0, Step::Text, delta.text("text")),
        "thinking_delta" => facts.add(0, Step::Reasoning, delta.text("thinking")),
        "input_json_delta" => facts.add_arguments(0, index, delta.text("partial_json")),
        "signature_delta" | "citations_delta" => {}
        _ => return None,
    }
    Some(())
}

fn read_usage(usage: &Object<'_>) -> Usage {
    Usage {
        input: sum(usage, INPUT),
        output: usage.number("output_tokens"),
        reasoning: usage.object("output_tokens_details").number("thinking_tokens"),
        generation: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, json: &str) -> Option<Facts> {
        read(kind, &Object::read(json).expect("JSON"))
    }

    #[test]
    fn cached_tokens_are_part_of_the_input() {
        let usage =
            r#"{"input_tokens":5,"cache_creation_input_tokens":20,"cache_read_input_tokens":100,"output_tokens":1}"#;
        let facts = event("message_start", &format!(r#"{{"message":{{"model":"m","usage":{usage}}}}}"#));
        let usage = facts.expect("an event").usage;
        assert_eq!((usage.input, usage.output), (Some(125), None));
    }

    #[test]
    fn blocks_that_cannot_be_shown_are_counted_and_unknown_deltas_are_not_understood() {
        let block = |block: &str| event("content_block_start", &format!(r#"{{"index":1,"content_block":{block}}}"#));
        assert_eq!(block(r#"{"type":"redacted_thinking","data":"AAAA"}"#).expect("an event").unshown, 1);
        let call = Step::ToolCall { call: 1, id: Some("srvtoolu_1".into()), name: "web_search".into() };
        let search = block(r#"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}"#);
        assert_eq!(search.expect("an event").content, [(0, call)]);
        assert!(event("content_block_delta", r#"{"index":0,"delta":{"type":"hologram_delta"}}"#).is_none());
    }
}
