//! Data that is another for each event: text with placeholders such as `{{n}}`. What looks like one and is none is an
//! error, because it is a slip more often than it is meant.

use jiff::Timestamp;

/// Why data is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotATemplate {
    /// Placeholders are looked for in text only.
    #[error("a template has to be UTF-8")]
    NotUtf8,
    /// What is between the braces.
    #[error(
        "{{{{{0}}}}} is no placeholder: there are {{{{n}}}}, {{{{uuid}}}}, {{{{now}}}}, {{{{unix_ms}}}} and \
         {{{{random MIN MAX}}}}"
    )]
    Unknown(String),
    /// Braces that are never closed.
    #[error("a placeholder begins with {{{{ and is not closed")]
    Open,
}

/// A part of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The number of the event, from 1.
    Number,
    /// A random UUID, RFC 9562 §5.4.
    Uuid,
    /// The time as RFC 3339 has it.
    Now,
    /// The time in milliseconds since 1970.
    UnixMs,
    /// A whole number between these two, both included.
    Random(i64, i64),
}

/// Text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

impl Template {
    /// Finds the placeholders.
    pub(super) fn parse(data: &[u8]) -> Result<Self, NotATemplate> {
        let mut rest = std::str::from_utf8(data).map_err(|_| NotATemplate::NotUtf8)?;
        let mut parts = Vec::new();
        while let Some((text, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or(NotATemplate::Open)?;
            parts.extend([Part::Text(text.to_owned()), placeholder(name)?]);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The data of the event with this number.
    pub(super) fn render(&self, number: u64) -> Vec<u8> {
        let now = Timestamp::now();
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Number => number.to_string(),
            Part::Uuid => uuid(fastrand::u128(..)),
            Part::Now => format!("{now:.3}"),
            Part::UnixMs => now.as_millisecond().to_string(),
            Part::Random(min, max) => fastrand::i64(min..=max).to_string(),
        };
        self.0.iter().map(part).collect::<String>().into_bytes()
    }
}

fn placeholder(name: &str) -> Result<Part, NotATemplate> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let part = match words[..] {
        ["n"] => Some(Part::Number),
        ["uuid"] => Some(Part::Uuid),
        ["now"] => Some(Part::Now),
        ["unix_ms"] => Some(Part::UnixMs),
        ["random", min, max] => {
            let (min, max) = (min.parse().ok(), max.parse().ok());
            min.zip(max).filter(|(min, max)| min <= max).map(|(min, max)| Part::Random(min, max))
        }
        _ => None,
    };
    part.ok_or_else(|| NotATemplate::Unknown(name.to_owned()))
}

/// Version 4 of the bits.
fn uuid(random: u128) -> String {
    let bits = random & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str, number: u64) -> String {
        String::from_utf8(Template::parse(text.as_bytes()).unwrap().render(number)).unwrap()
    }

    #[test]
    fn placeholders_are_replaced_and_the_rest_stays() {
        assert_eq!(render(r#"{"n":{{ n }},"m":{"k":"{{n}}"}}"#, 7), r#"{"n":7,"m":{"k":"7"}}"#);
        assert_eq!(render("{{random -2 -2}} ä\n", 1), "-2 ä\n");
        let rolled: Vec<i64> = (0..200).map(|_| render("{{random 1 3}}", 1).parse().unwrap()).collect();
        assert!((1..=3).all(|n| rolled.contains(&n)) && rolled.iter().all(|n| (1..=3).contains(n)));
        let ms: i64 = render("{{unix_ms}}", 1).parse().unwrap();
        let now: Timestamp = render("{{now}}", 1).parse().unwrap();
        assert!((now.as_millisecond() - ms).abs() < 1000);
    }

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_ne!(render("{{uuid}}", 1), render("{{uuid}}", 1));
    }

    #[test]
    fn what_only_looks_like_a_placeholder_is_an_error() {
        let error = |text: &[u8]| Template::parse(text).unwrap_err();
        for name in ["N", "", "random", "random 2 1", "random a b"] {
            assert_eq!(error(format!("{{{{{name}}}}}").as_bytes()), NotATemplate::Unknown(name.to_owned()));
        }
        assert_eq!((error(b"a {{n"), error(b"\xff")), (NotATemplate::Open, NotATemplate::NotUtf8));
    }
}
