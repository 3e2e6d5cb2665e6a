//! OpenAI responses: events with a type each. What is shown comes in those that end in `.delta`; the others announce it,
//! repeat it or say how far things are.

use super::Failure;
use super::facts::{Facts, Step, Usage};
use super::json::Object;

/// Reads an event.
pub(super) fn read(kind: &str, event: &Object<'_>) -> Option<Facts> {
    let mut facts = Facts::default();
    let (place, delta) = (event.number("output_index").unwrap_or_default(), event.text("delta"));
    match kind {
        "response.output_text.delta" => facts.add(0, Step::Text, delta),
        "response.refusal.delta" => facts.add(0, Step::Refusal, delta),
        "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
            facts.add(0, Step::Reasoning, delta);
        }
        "response.function_call_arguments.delta"
        | "response.custom_tool_call_input.delta"
        | "response.mcp_call_arguments.delta"
        | "response.code_interpreter_call_code.delta"
        | "response.shell_call_command.delta" => facts.add_arguments(0, place, delta),
        "response.output_item.added" => read_item(&event.object("item"), place, &mut facts),
        "response.image_generation_call.partial_image" => facts.unshown += 1,
        "response.completed" | "response.incomplete" => facts.end = true,
        "response.failed" => {
            facts.end = true;
            facts.failure = Some(Failure::default());
        }
        _ if kind.starts_with("response.") && !kind.ends_with("delta") => {}
        _ => return None,
    }
    read_response(&event.object("response"), &mut facts);
    Some(facts)
}

/// Tools that the provider runs itself have a type, but no name.
fn read_item(item: &Object<'_>, place: u64, facts: &mut Facts) {
    if let Some(kind) = item.text("type").filter(|kind| kind.ends_with("_call")) {
        facts.add_call(0, place, item.text("call_id"), item.text("name").or(Some(kind)));
    }
}

fn read_response(response: &Object<'_>, facts: &mut Facts) {
    facts.model = response.text("model");
    if facts.end {
        facts.finish(response.object("incomplete_details").text("reason").or(response.text("status")));
    }
    facts.failure = Failure::within(response, "error").or(facts.failure.take());
    let usage = response.object("usage");
    facts.usage = Usage {
        input: usage.number("input_tokens"),
        output: usage.number("output_tokens"),
        reasoning: usage.object("output_tokens_details").number("reasoning_tokens"),
        generation: None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, json: &str) -> Option<Facts> {
        read(kind, &Object::read(json).expect("JSON"))
    }

    #[test]
    fn a_response_that_was_cut_short_says_why() {
        let data =
            r#"{"response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"error":null}}"#;
        let facts = event("response.incomplete", data).expect("an event");
        assert_eq!((facts.finish.expect("a reason").reason.as_str(), facts.end), ("max_output_tokens", true));
        assert_eq!(facts.failure, None);
    }

    #[test]
    fn a_response_that_failed_without_a_reason_has_failed() {
        assert!(event("response.failed", "{}").expect("an event").failure.is_some());
    }

    #[test]
    fn tools_of_the_provider_are_named_by_their_type() {
        let added = |item: &str| {
            let facts = event("response.output_item.added", &format!(r#"{{"output_index":2,"item":{item}}}"#));
            facts.expect("an event").content
        };
        let call = Step::ToolCall { call: 2, id: None, name: "web_search_call".into() };
        assert_eq!(added(r#"{"type":"web_search_call","id":"ws_1"}"#), [(0, call)]);
        assert_eq!(added(r#"{"type":"message","role":"assistant"}"#), []);
    }

    #[test]
    fn content_of_an_unknown_kind_is_not_understood_and_progress_is() {
        assert!(event("response.audio.delta", r#"{"delta":"AAAA"}"#).is_none());
        assert!(event("response.web_search_call.searching", "{}").is_some());
    }
}
