//! The paths of routes: text, and places that stand for whatever a request has there.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A path whose segments are text, or a name in braces that stands for any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Text(String),
    Place(String),
}

/// Why a text is no [`Path`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPath {
    /// It does not begin where paths begin.
    #[error("a path begins with a slash")]
    NoSlash,
    /// It has a brace where none can be.
    #[error("a place in a path is a whole segment: /rooms/{{room}}/events")]
    Braces,
    /// The broker itself answers there.
    #[error("the paths /events, /api, /metrics, /healthz, /readyz and / are the broker's own")]
    Taken,
}

impl FromStr for Path {
    type Err = NotAPath;

    fn from_str(text: &str) -> Result<Self, NotAPath> {
        let rest = text.strip_prefix('/').ok_or(NotAPath::NoSlash)?;
        let segment = |text: &str| match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(name) if !name.is_empty() && !name.contains(['{', '}']) => Ok(Segment::Place(name.to_owned())),
            None if !text.contains(['{', '}', '?', '#']) => Ok(Segment::Text(text.to_owned())),
            _ => Err(NotAPath::Braces),
        };
        let segments = rest.split('/').map(segment).collect::<Result<Vec<_>, _>>()?;
        let taken = ["", "events", "api", "metrics", "healthz", "readyz"];
        match segments.first() {
            Some(Segment::Text(first)) if taken.contains(&first.as_str()) => Err(NotAPath::Taken),
            _ => Ok(Self(segments)),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|segment| match segment {
            Segment::Text(text) => write!(f, "/{text}"),
            Segment::Place(name) => write!(f, "/{{{name}}}"),
        })
    }
}

impl Path {
    /// The names of its places.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Place(name) => Some(name.as_str()),
            Segment::Text(_) => None,
        })
    }

    /// Whether every request for the other path is one for this.
    pub fn covers(&self, other: &Self) -> bool {
        let covered = |(one, other): (&Segment, &Segment)| matches!(one, Segment::Place(_)) || one == other;
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(covered)
    }

    /// What its places stand for in the path of a request; nothing if that is another one.
    pub(super) fn places_in(&self, path: &str) -> Option<Vec<(&str, Value)>> {
        let found: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        if found.len() != self.0.len() {
            return None;
        }
        let mut values = Vec::new();
        for (segment, found) in self.0.iter().zip(found) {
            let found = percent_decode_str(found).decode_utf8().ok()?;
            match segment {
                Segment::Text(text) if *text == found => {}
                Segment::Place(name) if !found.is_empty() => values.push((name.as_str(), found.into())),
                _ => return None,
            }
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        text.parse().expect("a path")
    }

    #[test]
    fn a_path_has_places_that_are_whole_segments() {
        let places = |pattern: &str, found: &str| {
            let path = path(pattern);
            let places = path.places_in(found)?;
            Some(
                places
                    .into_iter()
                    .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(places("/sse/events", "/sse/events"), Some(vec![]));
        assert_eq!(places("/rooms/{room}/{x}", "/rooms/a%20b/c"), Some(vec!["room=a b".into(), "x=c".into()]));
        for other in ["/sse", "/sse/events/", "/sse/event", "sse/events", "/sse/events/x"] {
            assert_eq!(places("/sse/events", other), None, "{other}");
        }
        assert_eq!(places("/rooms/{room}", "/rooms/"), None);
        assert_eq!(places("/rooms/{room}", "/rooms/%ff"), None);
    }

    #[test]
    fn what_is_no_path_or_is_the_brokers_is_refused() {
        for (text, why) in [
            ("", NotAPath::NoSlash),
            ("sse", NotAPath::NoSlash),
            ("/a{b}", NotAPath::Braces),
            ("/{}", NotAPath::Braces),
            ("/a?b", NotAPath::Braces),
            ("/", NotAPath::Taken),
            ("/events/x", NotAPath::Taken),
            ("/api/x", NotAPath::Taken),
        ] {
            assert_eq!(text.parse::<Path>(), Err(why), "{text}");
        }
    }

    #[test]
    fn a_path_covers_those_whose_requests_it_takes() {
        assert!(path("/a/{b}").covers(&path("/a/c")) && path("/{x}/{y}").covers(&path("/a/{b}")));
        for (one, other) in [("/a/c", "/a/{b}"), ("/a/b", "/a/c"), ("/a/{b}", "/a/b/c"), ("/a/{b}", "/{x}/c")] {
            assert!(!path(one).covers(&path(other)), "{one} {other}");
        }
        assert_eq!(path("/a/{b}").to_string(), "/a/{b}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_path_that_is_written_as_it_is_read_or_none(text in "[/{}a-c?#.%]{0,12}", asked in "/[a-c/%0-9]{0,10}") {
            if let Ok(path) = text.parse::<Path>() {
                proptest::prop_assert_eq!(path.to_string(), text);
                let places = path.places_in(&asked);
                proptest::prop_assert!(places.is_none_or(|places| places.len() == path.places().count()));
            }
        }
    }
}
