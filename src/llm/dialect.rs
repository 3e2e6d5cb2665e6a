//! Whose stream it is, told by what an event looks like.

use serde::Serialize;

use super::facts::Facts;
use super::json::Object;
use super::{anthropic, gemini, ollama, openai_chat, openai_responses};

/// A format of streams. Many providers speak one of another provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Dialect {
    /// Chat completions as OpenAI streams them, and the older text completions.
    #[serde(rename = "openai-chat")]
    OpenAiChat,
    /// OpenAI responses.
    #[serde(rename = "openai-responses")]
    OpenAiResponses,
    /// Anthropic messages.
    #[serde(rename = "anthropic")]
    Anthropic,
    /// Gemini's `streamGenerateContent` with `alt=sse`.
    #[serde(rename = "gemini")]
    Gemini,
    /// Ollama's own lines of JSON: chat and generate.
    #[serde(rename = "ollama")]
    Ollama,
}

impl Dialect {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "OpenAI chat completions",
            Self::OpenAiResponses => "OpenAI responses",
            Self::Anthropic => "Anthropic messages",
            Self::Gemini => "Gemini",
            Self::Ollama => "Ollama",
        }
    }

    /// The dialect that has events like this one of type `kind`.
    pub(super) fn of(kind: &str, event: &Object<'_>) -> Option<Self> {
        if kind.starts_with("response.") {
            Some(Self::OpenAiResponses)
        } else if anthropic::EVENTS.contains(&kind) {
            Some(Self::Anthropic)
        } else if gemini::MEMBERS.iter().any(|key| event.has(key)) {
            Some(Self::Gemini)
        } else if event.has("choices") || openai_chat::is_chunk(event) {
            Some(Self::OpenAiChat)
        } else if event.has("model") && event.flag("done").is_some() {
            Some(Self::Ollama)
        } else {
            None
        }
    }

    /// Reads an event of type `kind`; `None` if it is not understood.
    pub(super) fn read(self, kind: &str, event: &Object<'_>) -> Option<Facts> {
        match self {
            Self::OpenAiChat => openai_chat::read(event),
            Self::OpenAiResponses => openai_responses::read(kind, event),
            Self::Anthropic => anthropic::read(kind, event),
            Self::Gemini => gemini::read(event),
            Self::Ollama => ollama::read(event),
        }
    }

    /// Whether the reason for the end is all that a stream has to say about it: an end mark of its own may follow.
    pub(super) fn ends_with_reason(self) -> bool {
        matches!(self, Self::OpenAiChat | Self::Gemini)
    }
}
