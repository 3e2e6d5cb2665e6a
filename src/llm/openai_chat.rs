//! OpenAI chat completions, which most other providers stream too, each with additions of its own: reasoning as
//! `reasoning_content` or `reasoning`, content in parts, errors beside or inside a choice.

use super::Failure;
use super::facts::{Facts, Step, Usage};
use super::json::Object;

/// Whether an event says that it is a chunk.
pub(super) fn is_chunk(event: &Object<'_>) -> bool {
    event.text("object").is_some_and(|object| object.starts_with("chat.completion"))
}

/// Reads a chunk.
pub(super) fn read(chunk: &Object<'_>) -> Option<Facts> {
    if !chunk.has("choices") && !chunk.has("usage") && !is_chunk(chunk) {
        return None;
    }
    let usage = chunk.object("usage");
    let usage = Usage {
        input: usage.number("prompt_tokens"),
        output: usage.number("completion_tokens"),
        reasoning: usage.object("completion_tokens_details").number("reasoning_tokens"),
        generation: None,
    };
    let mut facts = Facts { model: chunk.text("model"), usage, ..Facts::default() };
    for (_, choice) in facts.objects(chunk, "choices") {
        read_choice(&choice, &mut facts);
    }
    Some(facts)
}

fn read_choice(choice: &Object<'_>, facts: &mut Facts) {
    let number = choice.number("index").unwrap_or_default();
    facts.last_choice = facts.last_choice.max(number);
    // Of the older text completions.
    facts.add(number, Step::Text, choice.text("text"));
    read_delta(&choice.object("delta"), number, facts);
    if number == 0 {
        facts.finish(choice.text("finish_reason"));
        facts.failure = Failure::within(choice, "error");
    }
}

fn read_delta(delta: &Object<'_>, choice: u64, facts: &mut Facts) {
    // Where both are there they say the same.
    facts.add(choice, Step::Reasoning, delta.text("reasoning_content").or(delta.text("reasoning")));
    facts.add(choice, Step::Text, delta.text("content"));
    for (_, part) in facts.objects(delta, "content") {
        read_part(&part, choice, facts);
    }
    facts.add(choice, Step::Refusal, delta.text("refusal"));
    facts.unshown += u64::from(delta.has("audio"));
    for (place, call) in facts.objects(delta, "tool_calls") {
        let function = if call.has("custom") { call.object("custom") } else { call.object("function") };
        read_function(&function, choice, call.number("index").unwrap_or(place), call.text("id"), facts);
    }
    // What `tool_calls` has replaced.
    read_function(&delta.object("function_call"), choice, 0, None, facts);
}

/// A part of content that is no plain text, as some providers stream reasoning.
fn read_part(part: &Object<'_>, choice: u64, facts: &mut Facts) {
    for (_, thought) in facts.objects(part, "thinking") {
        facts.add(choice, Step::Reasoning, thought.text("text"));
    }
    facts.add(choice, Step::Text, part.text("text"));
    facts.unshown += u64::from(!part.has("text") && !part.has("thinking"));
}

fn read_function(function: &Object<'_>, choice: u64, call: u64, id: Option<String>, facts: &mut Facts) {
    facts.add_call(choice, call, id, function.text("name"));
    facts.add_arguments(choice, call, function.text_or_json("arguments").or(function.text("input")));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a choice with this delta says.
    fn steps(delta: &str) -> Vec<Step> {
        let facts = chunk(&format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#));
        facts.content.into_iter().map(|(_, step)| step).collect()
    }

    fn chunk(json: &str) -> Facts {
        read(&Object::read(json).expect("JSON")).expect("a chunk")
    }

    #[test]
    fn reasoning_has_two_names_and_is_shown_once() {
        let reasoning = [Step::Reasoning("hm".into())];
        assert_eq!(steps(r#"{"content":null,"reasoning_content":"hm"}"#), reasoning);
        assert_eq!(steps(r#"{"content":"","reasoning":"hm"}"#), reasoning);
        assert_eq!(steps(r#"{"reasoning":"hm","reasoning_content":"hm"}"#), reasoning);
    }

    #[test]
    fn content_may_come_in_parts() {
        let parts =
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}]}"#;
        assert_eq!(steps(parts), [Step::Reasoning("hm".into()), Step::Text("a".into())]);
    }

    #[test]
    fn what_is_neither_text_nor_a_call_is_counted() {
        let unshown = |delta: &str| chunk(&format!(r#"{{"choices":[{{"delta":{delta}}}]}}"#)).unshown;
        assert_eq!(unshown(r#"{"audio":{"data":"AAAA"}}"#), 1);
        assert_eq!(unshown(r#"{"content":[{"type":"image_url","image_url":"data:"}]}"#), 1);
        assert_eq!(unshown(r#"{"role":"assistant","content":""}"#), 0);
    }

    #[test]
    fn the_old_ways_to_stream_are_understood() {
        let facts =
            chunk(r#"{"object":"text_completion","choices":[{"text":"Hi","index":0,"finish_reason":"length"}]}"#);
        assert_eq!(facts.content, [(0, Step::Text("Hi".into()))]);
        assert_eq!(facts.finish.expect("a reason").reason, "length");
        let call = [
            Step::ToolCall { call: 0, id: None, name: "f".into() },
            Step::Arguments { call: 0, text: r#"{"a":1}"#.into() },
        ];
        assert_eq!(steps(r#"{"function_call":{"name":"f","arguments":"{\"a\":1}"}}"#), call);
        assert_eq!(steps(r#"{"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}"#), call, "as an object");
    }

    #[test]
    fn calls_without_a_number_are_told_apart_by_their_place() {
        let calls = steps(r#"{"tool_calls":[{"function":{"name":"f"}},{"function":{"name":"g"}}]}"#);
        let named = |call: u64, name: &str| Step::ToolCall { call, id: None, name: name.into() };
        assert_eq!(calls, [named(0, "f"), named(1, "g")]);
    }

    #[test]
    fn an_error_may_stand_in_a_choice() {
        let facts = chunk(r#"{"choices":[{"error":{"code":502,"message":"gone"},"finish_reason":"error"}]}"#);
        assert_eq!(facts.failure.expect("an error").to_string(), "502: gone");
    }
}
