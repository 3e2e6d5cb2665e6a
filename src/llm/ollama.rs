//! Ollama's own lines: `/api/chat` has a message, `/api/generate` a response. The last line is done, and has the figures.

use std::time::Duration;

use super::facts::{Facts, Step, Usage};
use super::json::Object;

/// Reads a line.
pub(super) fn read(line: &Object<'_>) -> Option<Facts> {
    let end = line.flag("done")?;
    let usage = Usage {
        input: line.number("prompt_eval_count"),
        output: line.number("eval_count"),
        reasoning: None,
        generation: line.number("eval_duration").map(Duration::from_nanos),
    };
    let mut facts = Facts { model: line.text("model"), usage, end, ..Facts::default() };
    let message = line.object("message");
    facts.add(0, Step::Reasoning, message.text("thinking").or(line.text("thinking")));
    facts.add(0, Step::Text, message.text("content").or(line.text("response")));
    for (place, call) in facts.objects(&message, "tool_calls") {
        let function = call.object("function");
        facts.add_call(0, place, call.text("id"), function.text("name"));
        facts.add_arguments(0, place, function.text_or_json("arguments"));
    }
    if end {
        facts.finish(line.text("done_reason"));
    }
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_come_whole() {
        let call = r#"{"function":{"name":"f","arguments":{"city":"Bonn"}}}"#;
        let line = format!(r#"{{"model":"m","message":{{"content":"","tool_calls":[{call}]}},"done":false}}"#);
        let expected = [
            (0, Step::ToolCall { call: 0, id: None, name: "f".into() }),
            (0, Step::Arguments { call: 0, text: r#"{"city":"Bonn"}"#.into() }),
        ];
        assert_eq!(read(&Object::read(&line).expect("JSON")).expect("a line").content, expected);
    }
}
