//! Gemini's `streamGenerateContent`: every event is a response with the next parts of its candidates. There is no end
//! mark: the reason to finish is the last word.

use super::facts::{Facts, Finish, Step, Usage, sum};
use super::json::Object;
use super::report::Ending;
use super::{LONGEST_NAME, cut};

/// The members that only such a response has: one of them at least.
pub(super) const MEMBERS: &[&str] = &["candidates", "promptFeedback", "usageMetadata"];

/// What a part holds that is neither text nor a call.
const UNSHOWN: &[&str] = &["inlineData", "fileData", "executableCode", "codeExecutionResult"];

/// Reads a response.
pub(super) fn read(response: &Object<'_>) -> Option<Facts> {
    if !MEMBERS.iter().any(|key| response.has(key)) {
        return None;
    }
    let usage = response.object("usageMetadata");
    let usage = Usage {
        input: sum(&usage, &["promptTokenCount", "toolUsePromptTokenCount"]),
        output: sum(&usage, &["candidatesTokenCount", "thoughtsTokenCount"]),
        reasoning: usage.number("thoughtsTokenCount"),
        generation: None,
    };
    let mut facts = Facts { model: response.text("modelVersion"), usage, ..Facts::default() };
    for (_, candidate) in facts.objects(response, "candidates") {
        read_candidate(&candidate, &mut facts);
    }
    if let Some(reason) = response.object("promptFeedback").text("blockReason") {
        // Whatever the reason, there is no answer to this prompt.
        facts.finish = Some(Finish { reason: cut(&reason, LONGEST_NAME), ending: Ending::Withheld });
    }
    Some(facts)
}

fn read_candidate(candidate: &Object<'_>, facts: &mut Facts) {
    let number = candidate.number("index").unwrap_or_default();
    facts.last_choice = facts.last_choice.max(number);
    for (place, part) in facts.objects(&candidate.object("content"), "parts") {
        read_part(&part, number, place, facts);
    }
    if number == 0 {
        facts.finish(candidate.text("finishReason"));
    }
}

fn read_part(part: &Object<'_>, choice: u64, place: u64, facts: &mut Facts) {
    let step = if part.flag("thought") == Some(true) { Step::Reasoning } else { Step::Text };
    facts.add(choice, step, part.text("text"));
    let call = part.object("functionCall");
    facts.add_call(choice, place, call.text("id"), call.text("name"));
    facts.add_arguments(choice, place, call.text_or_json("args"));
    let unshown = UNSHOWN.iter().any(|key| part.has(key)) || call.has("partialArgs");
    facts.unshown += u64::from(unshown);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(json: &str) -> Facts {
        read(&Object::read(json).expect("JSON")).expect("a response")
    }

    #[test]
    fn a_blocked_prompt_is_withheld_whatever_the_reason() {
        let facts = response(r#"{"promptFeedback":{"blockReason":"OTHER"},"usageMetadata":{"promptTokenCount":4}}"#);
        assert_eq!(facts.finish, Some(Finish { reason: "OTHER".into(), ending: Ending::Withheld }));
        assert_eq!(facts.usage.input, Some(4));
    }

    #[test]
    fn calls_come_whole_and_what_is_no_text_is_counted() {
        let parts = r#"[{"functionCall":{"name":"f","args":{"a":1}}},{"functionCall":{"name":"g"}},{"inlineData":{}}]"#;
        let facts = response(&format!(r#"{{"candidates":[{{"content":{{"parts":{parts}}}}}]}}"#));
        let steps: Vec<Step> = facts.content.into_iter().map(|(_, step)| step).collect();
        let expected = [
            Step::ToolCall { call: 0, id: None, name: "f".into() },
            Step::Arguments { call: 0, text: r#"{"a":1}"#.into() },
            Step::ToolCall { call: 1, id: None, name: "g".into() },
        ];
        assert_eq!(steps, expected);
        assert_eq!(facts.unshown, 1);
    }
}
