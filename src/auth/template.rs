//! Topics and patterns with places for what is known only when a request comes: `company/{claims.company_id}/**`.
//!
//! What is filled in stays within its segment: a claim that holds a slash or a star would reach further than whoever
//! wrote the template has meant, so it is no value.

use std::str::FromStr;

use serde_json::Value;

use super::claims;
use super::rule::Why;
use crate::topic::{self, Pattern};

/// The most patterns that one template becomes, where a claim is a list.
const MOST: usize = 1000;

/// A topic or pattern with named places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The name of what goes there.
    Place(String),
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATemplate {
    /// A brace without its other half, or with nothing between them.
    #[error("a place is written as {{claims.NAME}}: braces belong together, and a name between them")]
    Braces,
    /// It would be no pattern whatever is filled in.
    #[error("{0}")]
    Pattern(#[from] topic::Error),
}

impl Template {
    /// The names of its places.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Place(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The patterns that it becomes with what `value` finds: one, or one for each item where a value is a list.
    ///
    /// # Errors
    /// [`Why`] says which value is missing or does not fit.
    pub fn fill<'v>(&self, value: impl Fn(&str) -> Option<&'v Value>) -> Result<Vec<Pattern>, Why> {
        let mut filled = vec![String::new()];
        for part in &self.parts {
            let ends = match part {
                Part::Text(text) => vec![text.clone()],
                Part::Place(name) => segments(name, value(name))?,
            };
            if filled.len() * ends.len() > MOST {
                return Err(Why::Unfit(self.places().next().unwrap_or_default().to_owned()));
            }
            filled = filled.iter().flat_map(|beginning| ends.iter().map(move |end| beginning.clone() + end)).collect();
        }
        let unfit = || Why::Unfit(self.places().next().unwrap_or_default().to_owned());
        filled.iter().map(|text| text.parse().map_err(|_| unfit())).collect()
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// What a value becomes in a topic.
fn segments(name: &str, value: Option<&Value>) -> Result<Vec<String>, Why> {
    let unfit = || Why::Unfit(name.to_owned());
    match value {
        None | Some(Value::Null) => Err(Why::Missing(name.to_owned())),
        Some(Value::Array(items)) => items.iter().map(|item| segment(item).ok_or_else(unfit)).collect(),
        Some(value) => Ok(vec![segment(value).ok_or_else(unfit)?]),
    }
}

fn segment(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => claims::whole(number)?,
        _ => return None,
    };
    let stays =
        !text.is_empty() && !text.starts_with('$') && !text.contains(|c: char| "/*".contains(c) || c.is_control());
    stays.then_some(text)
}

impl FromStr for Template {
    type Err = NotATemplate;

    fn from_str(text: &str) -> Result<Self, NotATemplate> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, behind) = rest.split_at(at);
            let (name, behind) =
                behind.strip_prefix('{').and_then(|b| b.split_once('}')).ok_or(NotATemplate::Braces)?;
            if name.is_empty() || name.contains('{') {
                return Err(NotATemplate::Braces);
            }
            parts.extend([Part::Text(before.to_owned()), Part::Place(name.to_owned())]);
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        parts.retain(|part| *part != Part::Text(String::new()));
        let template = Self { parts, text: text.to_owned() };
        let example: String =
            template.parts.iter().map(|part| if let Part::Text(text) = part { text } else { "x" }).collect();
        example.parse::<Pattern>()?;
        Ok(template)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(template: &str, claims: &Value) -> Result<Vec<String>, Why> {
        let template: Template = template.parse().expect("a template");
        let patterns = template.fill(|name| claims.get(name))?;
        Ok(patterns.iter().map(Pattern::to_string).collect())
    }

    #[test]
    fn places_are_filled_with_text_and_numbers_and_lists_of_them() {
        let claims = json!({ "company": "c1", "user": 7, "teams": ["a", "b"] });
        assert_eq!(filled("x/{company}/{user}/**", &claims), Ok(vec!["x/c1/7/**".to_owned()]));
        assert_eq!(filled("t-{teams}", &claims), Ok(vec!["t-a".to_owned(), "t-b".to_owned()]));
        assert_eq!(filled("**", &claims), Ok(vec!["**".to_owned()]));
    }

    #[test]
    fn what_would_reach_out_of_its_segment_is_no_value() {
        for value in
            [json!("a/b"), json!("*"), json!("**"), json!(""), json!("a\nb"), json!({}), json!(true), json!(["a", "*"])]
        {
            assert_eq!(filled("x/{c}/**", &json!({ "c": value })), Err(Why::Unfit("c".to_owned())), "{value}");
        }
        let large = ["12345678901234567890123", "1e3", "1.5", "-0.0"].map(|text| text.parse::<Value>().expect("JSON"));
        for value in large {
            assert_eq!(filled("x/{c}", &json!({ "c": value })), Err(Why::Unfit("c".to_owned())), "{value}");
        }
        let largest = json!({ "c": [u64::MAX, i64::MIN] });
        let texts = [u64::MAX.to_string(), i64::MIN.to_string()].map(|text| format!("x/{text}"));
        assert_eq!(filled("x/{c}", &largest), Ok(texts.to_vec()));
        for value in [json!("$all"), json!("$user")] {
            assert_eq!(filled("{c}", &json!({ "c": value })), Err(Why::Unfit("c".to_owned())), "{value}");
        }
        assert_eq!(filled("x/{c}", &json!({})), Err(Why::Missing("c".to_owned())));
        assert_eq!(filled("x/{c}", &json!({ "c": null })), Err(Why::Missing("c".to_owned())));
        assert_eq!(filled("x/{c}", &json!({ "c": [] })), Ok(vec![]), "nothing is allowed to nobody");
    }

    #[test]
    fn a_list_cannot_make_more_patterns_than_are_kept() {
        let long: Vec<u32> = (0..40).collect();
        let claims = json!({ "a": long });
        assert_eq!(filled("{a}", &claims).map(|patterns| patterns.len()), Ok(40));
        assert_eq!(filled("{a}/{a}", &claims), Err(Why::Unfit("a".to_owned())));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for text in ["{", "}", "a{}b", "{a", "a}", "{{a}}", "{a{b}"] {
            assert_eq!(text.parse::<Template>(), Err(NotATemplate::Braces), "{text}");
        }
        assert_eq!("".parse::<Template>(), Err(topic::Error::Empty.into()));
        assert_eq!("a/**/{x}".parse::<Template>(), Err(topic::Error::TailNotLast.into()));
        assert_eq!("*{x}".parse::<Template>(), Err(topic::Error::PartialWildcard.into()));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a{}*/$.]{0,12}", value in ".{0,6}") {
            if let Ok(template) = text.parse::<Template>() {
                let _ = template.fill(|_| Some(Box::leak(Box::new(json!(value)))));
            }
        }
    }
}
