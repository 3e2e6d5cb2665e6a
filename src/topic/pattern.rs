//! Patterns: topics with `*` and `**` in place of segments.

use std::fmt;
use std::str::FromStr;

use super::native::SIGN;
use super::{Error, Topic, check_name};

/// Names one topic or many: `*` stands for exactly one segment, `**` at the end for any tail, the empty one included
/// (`a/**` is heard on `a`, `a/b` and `a/b/c`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(Box<str>);

impl Pattern {
    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern names this topic.
    #[must_use]
    pub fn matches(&self, topic: &Topic) -> bool {
        if self.is_for_others_than(topic.as_str()) {
            return false;
        }
        let mut segments = topic.as_str().split('/');
        for wanted in self.0.split('/') {
            match (wanted, segments.next()) {
                ("**", _) => return true,
                ("*", Some(_)) => {}
                (wanted, Some(segment)) if wanted == segment => {}
                _ => return false,
            }
        }
        segments.next().is_none()
    }

    /// Whether every topic that `other` matches is matched by this one too. It may say no where that is so: `*/**` and
    /// `**` match the same, and neither is found to cover the other's beginning.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        if self.is_for_others_than(&other.0) {
            return false;
        }
        let (mut ours, mut theirs) = (self.0.split('/'), other.0.split('/'));
        loop {
            match (ours.next(), theirs.next()) {
                (Some("**"), _) | (None, None) => return true,
                (Some("*"), Some(segment)) if segment != "**" => {}
                (Some(ours), Some(theirs)) if ours == theirs => {}
                _ => return false,
            }
        }
    }
}

impl Pattern {
    /// Whether it begins with a star and the other name is one of the broker's, for which that does not stand.
    fn is_for_others_than(&self, name: &str) -> bool {
        self.0.starts_with('*') && name.starts_with(SIGN)
    }
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        check_name(text)?;
        let mut before_last = text.split('/').rev().skip(1);
        if before_last.any(|segment| segment == "**") {
            return Err(Error::TailNotLast);
        }
        if text.split('/').any(|segment| segment.contains('*') && segment != "*" && segment != "**") {
            return Err(Error::PartialWildcard);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, topic: &str) -> bool {
        let pattern: Pattern = pattern.parse().expect("a pattern");
        pattern.matches(&topic.parse().expect("a topic"))
    }

    #[test]
    fn a_star_is_exactly_one_segment() {
        assert!(matches("a/*", "a/b") && matches("*/b", "a/b") && matches("*", "a") && matches("a/*", "a/"));
        assert!(!matches("a/*", "a") && !matches("a/*", "a/b/c") && !matches("*", "a/b"));
    }

    #[test]
    fn two_stars_are_any_tail() {
        assert!(matches("**", "a") && matches("**", "a/b/c"));
        assert!(matches("a/**", "a") && matches("a/**", "a/b") && matches("a/*/**", "a/b/c/d"));
        assert!(!matches("a/**", "ab") && !matches("a/*/**", "a"));
    }

    #[test]
    fn a_star_at_the_beginning_does_not_stand_for_what_is_the_brokers() {
        assert!(!matches("**", "$all") && !matches("*", "$all") && !matches("*/x", "$user/x"));
        assert!(
            matches("$user/*", "$user/x")
                && matches("$user/**", "$user/x/y")
                && matches("$presence/**", "$presence/a/b")
        );
        let covers = |one: &str, other: &str| one.parse::<Pattern>().unwrap().covers(&other.parse().unwrap());
        assert!(!covers("**", "$user/*") && !covers("*/**", "$presence/a") && covers("$user/**", "$user/*"));
    }

    #[test]
    fn a_pattern_covers_what_reaches_no_further() {
        let covers = |one: &str, other: &str| {
            one.parse::<Pattern>().expect("a pattern").covers(&other.parse().expect("a pattern"))
        };
        for (one, other) in [("a/**", "a/*/b"), ("a/**", "a"), ("a/*", "a/b"), ("**", "a/**"), ("a/*/**", "a/b")] {
            assert!(covers(one, other) && covers(one, one), "{one} {other}");
        }
        for (one, other) in
            [("a/*", "a/**"), ("a/*", "*/*"), ("a/b", "a/*"), ("a/**", "**"), ("a/*", "a"), ("a", "a/b")]
        {
            assert!(!covers(one, other), "{one} {other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_covered_matches_nothing_more(
            one in "(a|b|\\*)(/(a|b|\\*)){0,2}(/\\*\\*)?",
            other in "(a|b|\\*)(/(a|b|\\*)){0,2}(/\\*\\*)?",
            topic in "(a|b)(/(a|b)){0,3}",
        ) {
            let (one, other): (Pattern, Pattern) = (one.parse().expect("one"), other.parse().expect("one"));
            let topic = topic.parse().expect("a topic");
            proptest::prop_assert!(!one.covers(&other) || !other.matches(&topic) || one.matches(&topic));
        }
    }

    #[test]
    fn a_star_that_is_a_part_of_a_segment_is_refused() {
        for text in ["a*", "a/*b", "***", "a/***"] {
            assert_eq!(text.parse::<Pattern>(), Err(Error::PartialWildcard), "{text}");
        }
    }

    #[test]
    fn a_tail_in_the_middle_is_refused() {
        assert_eq!("a/**/b".parse::<Pattern>(), Err(Error::TailNotLast));
    }
}
