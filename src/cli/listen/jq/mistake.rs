//! What is wrong with a filter, and where, in a short sentence: only the first mistake, because others follow from it.

use jaq_core::load::{self, span};
use jaq_core::{compile, compile::Undefined};

use super::super::super::words::shortened;
use super::{ENVIRONMENT, VARIABLES};

/// What is shown at most of what does not belong there, in bytes.
const SHOWN: usize = 40;

/// A text that is no filter.
pub(super) fn of_text(errors: &load::Errors<&str, ()>) -> String {
    let first = errors.first().and_then(|(file, error)| {
        let rest = match error {
            load::Error::Io(errors) => errors.first().map(|(path, _)| path),
            load::Error::Lex(errors) => errors.first().map(|(_, rest)| rest),
            load::Error::Parse(errors) => errors.first().map(|(_, token)| token),
        };
        Some((file.code, *rest?))
    });
    match first.map(|(code, rest)| (code, rest, rest.split_whitespace().next())) {
        Some((code, rest, Some(word))) => format!("unexpected {} {}", shortened(word, SHOWN), place(code, rest)),
        _ => "the filter ends too soon".to_owned(),
    }
}

/// A name that is not known.
pub(super) fn of_names(errors: &compile::Errors<&str, ()>) -> String {
    let first = errors.first().and_then(|(file, errors)| Some((file.code, errors.first()?)));
    let Some((code, (name, undefined))) = first else { return "there is no such function".to_owned() };
    let (shown, place) = (shortened(name, SHOWN), place(code, name));
    match undefined {
        Undefined::Filter(arguments) => format!("there is no function {shown}/{arguments} {place}"),
        Undefined::Var => {
            let known = VARIABLES.join(", ");
            format!("there is no variable {shown} {place}, only {known} and {ENVIRONMENT}")
        }
        other => format!("there is no {} {shown} {place}", other.as_str()),
    }
}

/// Where a part of the code begins.
fn place(code: &str, part: &str) -> String {
    let before = code.get(..span(code, part).start).unwrap_or_default();
    let character = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    match before.matches('\n').count() {
        0 => format!("at character {character}"),
        lines => format!("in line {} at character {character}", lines + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Jq, with_room};

    fn mistake(expression: &str) -> String {
        with_room(|| Jq::compile(expression).err().map(|mistake| mistake.to_string())).unwrap().expect(expression)
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        assert_eq!(mistake(".a | ] "), "unexpected ] at character 6");
        assert_eq!(mistake("foo bar"), "unexpected bar at character 5");
        assert_eq!(mistake("if . then 1 2 end"), "unexpected 2 at character 13");
        assert_eq!(mistake("{(1)}"), "unexpected } at character 5");
        assert_eq!(mistake("\"\\q\""), "unexpected q\" at character 3");
        assert_eq!(mistake(".a\n| .b .c ;"), "unexpected ; in line 2 at character 9");
        assert_eq!(mistake(". [1]] # and \u{1b}[31m"), "unexpected ] at character 6");
        for unfinished in ["", ".a |", "\"ä\" | [.a", "\"a\\(.b"] {
            assert_eq!(mistake(unfinished), "the filter ends too soon", "{unfinished}");
        }
    }

    #[test]
    fn names_that_are_not_known_are_told() {
        assert_eq!(mistake("1 | foo(1; 2)"), "there is no function foo/2 at character 5");
        assert_eq!(mistake(".a\n  | input"), "there is no function input/0 in line 2 at character 5");
        assert_eq!(mistake("$data"), "there is no variable $data at character 1, only $type, $id, $time and $ENV");
        assert_eq!(mistake("break $x"), "there is no label $x at character 7");
        for import in [r#"import "a" as a; a::b"#, r#"import "a" as $a; $a"#, r#"include "a"; ."#] {
            assert!(mistake(import).starts_with("unexpected a at character"), "{import}");
        }
    }

    #[test]
    fn a_filter_of_any_kind_is_refused_rather_than_too_much_for_the_stack() {
        assert!(mistake(&"1".repeat(1 << 20)).contains("longer than"));
        for nested in ["(", "[", "-", "try ", "\"\\("] {
            mistake(&nested.repeat(10_000 / nested.len()));
        }
        let nested = "[".repeat(5000) + &"]".repeat(5000);
        assert!(with_room(|| Jq::compile(&nested).is_ok()).unwrap());
    }
}
