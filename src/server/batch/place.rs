//! Where in a body an item stands, and what is wrong with it there.
//!
//! Places are looked up only for what is refused, and each part of a body is counted through once, however many items are.

use std::fmt;

/// The line and column, from 1, at which a JSON text begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) struct Place {
    pub(in crate::server) line: usize,
    pub(in crate::server) column: usize,
}

/// The places of parts of a body, asked for in their order.
#[derive(Debug)]
pub(super) struct Places<'b> {
    /// What has not been counted through yet.
    rest: &'b [u8],
    /// Where it begins.
    place: Place,
}

/// A JSON text that is not what it should be.
#[derive(Debug)]
pub(in crate::server) struct Fault {
    what: String,
    place: Place,
    /// It is JSON, but not an event.
    is_data: bool,
}

impl Place {
    /// The beginning of a body.
    pub(in crate::server) const START: Self = Self { line: 1, column: 1 };

    /// The place of a part of a body that begins at this offset.
    pub(super) fn of(body: &[u8], offset: usize) -> Self {
        let before = &body[..offset.min(body.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        Self { line: memchr::memchr_iter(b'\n', before).count() + 1, column: before.len() - line_start + 1 }
    }

    /// Where the text goes on behind this part of it, which begins here.
    fn behind(self, part: &[u8]) -> Self {
        self.within(Self::of(part, part.len()))
    }

    /// Where in the body a place is that is one in the text that begins here.
    pub(super) fn within(self, place: Self) -> Self {
        let column = if place.line == 1 { self.column + place.column - 1 } else { place.column };
        Self { line: self.line + place.line - 1, column }
    }

    /// What a parser found in the text that begins here.
    pub(in crate::server) fn fault(self, error: &serde_json::Error) -> Fault {
        let place = self.within(Self { line: error.line().max(1), column: error.column().max(1) });
        let what = error.to_string();
        // The parser's own position, at the end, is one within the text.
        let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what).to_owned();
        Fault { what, place, is_data: error.is_data() }
    }

    /// What stands here is JSON, but no event.
    pub(super) fn no_event(self, what: &str) -> Fault {
        Fault { what: what.to_owned(), place: self, is_data: true }
    }
}

impl<'b> Places<'b> {
    /// Those of this body.
    pub(super) fn new(body: &'b [u8]) -> Self {
        Self { rest: body, place: Place::START }
    }

    /// The place of a part of the body that does not begin before the one that was asked for last.
    pub(super) fn of(&mut self, part: &str) -> Place {
        let offset = part.as_ptr().addr().saturating_sub(self.rest.as_ptr().addr());
        let (before, rest) = self.rest.split_at(offset.min(self.rest.len()));
        (self.rest, self.place) = (rest, self.place.behind(before));
        self.place
    }
}

impl Fault {
    /// The same of a text that begins at this place of the body.
    pub(super) fn within(self, place: Place) -> Self {
        Self { place: place.within(self.place), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, place: Place { line, column }, is_data } = self;
        let kind = if *is_data { "not an event" } else { "not valid JSON" };
        write!(f, "{kind}: {what}, at line {line} column {column} of the body")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(place: Place, json: &str) -> String {
        place.fault(&serde_json::from_str::<Vec<u8>>(json).expect_err("not a list of bytes")).to_string()
    }

    #[test]
    fn a_place_is_counted_from_the_beginning_of_the_body() {
        assert_eq!(Place::of(b"[\n  {}", 4), Place { line: 2, column: 3 });
        assert_eq!(Place::of(b"{}", 0), Place::START);
        let place = Place { line: 4, column: 3 };
        assert_eq!(fault(place, "[1 2]"), "not valid JSON: expected `,` or `]`, at line 4 column 6 of the body");
        assert!(fault(place, "[1,\n 2").ends_with("at line 5 column 2 of the body"));
        assert!(fault(Place::START, "[true]").starts_with("not an event: "));
        let named = fault(Place::START, "[\"x at line y\"]");
        assert!(named.contains("x at line y") && named.ends_with("at line 1 column 14 of the body"), "{named}");
    }

    #[test]
    fn what_is_refused_is_found_without_counting_anything_of_the_body_twice() {
        let body = "[1,\n 2,  3,\n\n4, 5]";
        let mut places = Places::new(body.as_bytes());
        for part in ["1", "3", "4", "5"] {
            let offset = body.find(part).expect("it is there");
            assert_eq!(places.of(&body[offset..=offset]), Place::of(body.as_bytes(), offset), "{part}");
            assert_eq!(places.rest, &body.as_bytes()[offset..], "what lies before it is done with");
        }
    }
}
