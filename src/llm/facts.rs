//! What one event says, in words that all dialects share: a dialect turns JSON into [`Facts`], a completion adds them up.

use std::time::Duration;

use super::json::Object;
use super::report::Ending;
use super::{Failure, LONGEST_NAME, cut};

/// What to show next. Texts are the provider's: they may hold anything, and are never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A piece of the answer.
    Text(String),
    /// A piece of the reasoning, or of the provider's summary of it.
    Reasoning(String),
    /// A piece of what the model says instead of an answer.
    Refusal(String),
    /// The model begins to call a tool.
    ToolCall {
        /// Tells calls apart that come at the same time: arguments are for the last call that began with this number.
        call: u64,
        /// The provider's ID of the call, where there is one.
        id: Option<String>,
        /// The tool.
        name: String,
    },
    /// A piece of a call's arguments.
    Arguments {
        /// Which call: see [`Step::ToolCall`].
        call: u64,
        /// JSON with most tools, complete only together with the other pieces.
        text: String,
    },
    /// The provider reports an error. Most streams end soon after it.
    Failed(Failure),
    /// The stream says that it is over. Not every stream does: see [`Ending`].
    Done,
}

/// The contents of an event.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Pieces of content, each with the number of its choice.
    pub(super) content: Vec<(u64, Step)>,
    /// How many pieces are of kinds that are not shown, such as images.
    pub(super) unshown: u64,
    /// The highest number of a choice.
    pub(super) last_choice: u64,
    pub(super) model: Option<String>,
    pub(super) usage: Usage,
    /// Why the first choice ended.
    pub(super) finish: Option<Finish>,
    pub(super) failure: Option<Failure>,
    /// Nothing more comes.
    pub(super) end: bool,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finish {
    /// The provider's word.
    pub(super) reason: String,
    /// Its meaning.
    pub(super) ending: Ending,
}

/// What the provider counted, for the whole answer up to this event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) input: Option<u64>,
    /// Reasoning included.
    pub(super) output: Option<u64>,
    pub(super) reasoning: Option<u64>,
    /// How long the model took for the output.
    pub(super) generation: Option<Duration>,
}

impl Facts {
    /// Adds a piece of a choice, if there is one.
    pub(super) fn add(&mut self, choice: u64, step: impl FnOnce(String) -> Step, text: Option<String>) {
        self.content.extend(text.map(|text| (choice, step(text))));
    }

    /// Adds the beginning of a call, if the tool is named here.
    pub(super) fn add_call(&mut self, choice: u64, call: u64, id: Option<String>, name: Option<String>) {
        self.add(choice, |name| Step::ToolCall { call, id, name }, name);
    }

    /// Adds a piece of a call's arguments, if there is one.
    pub(super) fn add_arguments(&mut self, choice: u64, call: u64, text: Option<String>) {
        self.add(choice, |text| Step::Arguments { call, text }, text);
    }

    /// The objects of a list in which content comes, with their places. What else is in the list is content that is not shown.
    pub(super) fn objects<'a>(
        &mut self,
        object: &Object<'a>,
        key: &str,
    ) -> impl Iterator<Item = (u64, Object<'a>)> + use<'a> {
        let list = object.list(key);
        self.unshown += list.unread;
        (0..).zip(list.objects)
    }

    /// Notes why the first choice ended, if there is a reason.
    pub(super) fn finish(&mut self, reason: Option<String>) {
        self.finish = reason.map(|reason| Finish { ending: Ending::of(&reason), reason: cut(&reason, LONGEST_NAME) });
    }
}

impl Usage {
    /// Takes in newer counts. They only grow; a smaller one is a zero that stands for "not counted here".
    pub(super) fn update(&mut self, newer: Self) {
        self.input = self.input.max(newer.input);
        self.output = self.output.max(newer.output);
        self.reasoning = self.reasoning.max(newer.reasoning);
        self.generation = self.generation.max(newer.generation);
    }
}

/// The sum of the members that are numbers; `None` if none is.
pub(super) fn sum(object: &Object<'_>, keys: &[&str]) -> Option<u64> {
    keys.iter().filter_map(|key| object.number(key)).reduce(u64::saturating_add)
}
