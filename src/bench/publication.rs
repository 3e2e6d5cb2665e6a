//! How an event is published on a server that is not ours: the method, what stands around the payload, and which answers
//! mean that it was not taken.
//!
//! A [`Payload`](super::payload) needs no escaping, so a body is put together once and only the payload changes.

use memchr::memmem::{self, Finder};

/// What stands for the payload in a template.
const PAYLOAD: &str = "{payload}";

/// The form of a publish.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The request method.
    pub method: String,
    /// The body.
    pub body: Template,
    /// What the beginning of an answer's body, 4 KiB, holds if the event was refused, whatever the status is.
    pub refusal: Option<String>,
}

/// Text with one place for a payload. `{i}` in it is the number of the publisher, `{t}` that of the topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
}

/// Why text is no [`Template`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATemplate {
    /// Nothing of a run would be in it.
    #[error("no {PAYLOAD} stands where the data of the event goes")]
    NoPayload,
    /// Only one can be stamped.
    #[error("{PAYLOAD} stands in it more than once")]
    Several,
}

impl Template {
    /// Finds the place of the payload.
    ///
    /// # Errors
    /// [`NotATemplate`] if there is not exactly one.
    pub fn parse(text: &[u8]) -> Result<Self, NotATemplate> {
        let finder = Finder::new(PAYLOAD);
        let mut places = finder.find_iter(text);
        let place = places.next().ok_or(NotATemplate::NoPayload)?;
        if places.next().is_some() {
            return Err(NotATemplate::Several);
        }
        Ok(Self { before: text[..place].to_vec(), after: text[place + PAYLOAD.len()..].to_vec() })
    }

    /// Whether a text stands in it, before the payload or behind it.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        [&self.before, &self.after].into_iter().any(|part| memmem::find(part, text.as_bytes()).is_some())
    }
}

impl Default for Publication {
    /// A POST whose body is the payload.
    fn default() -> Self {
        Self { method: "POST".to_owned(), body: Template::default(), refusal: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_one_place_for_the_payload() {
        let template = Template::parse(b"{\"data\":\"{payload}\"}").expect("a template");
        assert_eq!((&template.before[..], &template.after[..]), (&b"{\"data\":\""[..], &b"\"}"[..]));
        assert_eq!(Template::parse(b"{payload}"), Ok(Template::default()));
        assert_eq!(Template::parse(b"{data}"), Err(NotATemplate::NoPayload));
        assert_eq!(Template::parse(b"{payload}{payload}"), Err(NotATemplate::Several));
    }
}
