//! What is wrong with a filter, and where, in a short sentence: only the first mistake, because others follow from it.

use jaq_core::load::{self, lex, parse};
use jaq_core::{compile, compile::Undefined};

use super::{ENVIRONMENT, LONGEST, VARIABLES};

/// What is shown at most of the place of a mistake, in characters.
const SHOWN: usize = 20;

/// Why an expression is no filter.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum NotAFilter {
    /// Its parser would need too much of the stack.
    #[error("a filter cannot be longer than {LONGEST} bytes")]
    TooLong,
    /// The mistake and its place.
    #[error("{0}")]
    Mistake(String),
    /// The parser needs a thread.
    #[error("cannot start a thread: {0}")]
    NoThread(std::io::Error),
}

impl NotAFilter {
    /// A mistake that the parser found.
    pub(super) fn load(errors: &load::Errors<&str, ()>) -> Self {
        let first = errors.first().and_then(|(file, error)| {
            let code = file.code;
            match error {
                load::Error::Io(errors) => {
                    errors.first().map(|(path, _)| at(code, path, "there are no modules to import"))
                }
                load::Error::Lex(errors) => {
                    errors.first().map(|(expected, found)| unexpected_text(code, expected, found))
                }
                load::Error::Parse(errors) => errors.first().map(|(expected, found)| unexpected(code, expected, found)),
            }
        });
        Self::first(first)
    }

    /// A name that is not known.
    pub(super) fn compile(errors: &compile::Errors<&str, ()>) -> Self {
        let first = errors.first().and_then(|(file, errors)| Some((file.code, errors.first()?)));
        Self::first(first.map(|(code, (name, undefined))| at(code, name, &unknown(name, undefined))))
    }

    fn first(mistake: Option<String>) -> Self {
        Self::Mistake(mistake.unwrap_or_else(|| "this is no filter".to_owned()))
    }
}

fn unexpected_text(code: &str, expected: &lex::Expect<&str>, found: &str) -> String {
    match expected {
        lex::Expect::Token => at(code, found, &format!("unexpected {}", first_of(found, 1))),
        lex::Expect::Delim(open) => at(code, open, &format!("missing {} for the one", expected.as_str())),
        _ => at(code, found, &format!("expected {}", expected.as_str())),
    }
}

fn unexpected(code: &str, expected: &parse::Expect<&str>, found: &str) -> String {
    let expected = match expected {
        parse::Expect::Nothing => return at(code, found, &format!("unexpected {}", first_of(found, SHOWN))),
        parse::Expect::Just(word) => format!("{word:?}"),
        expected => expected.as_str().to_owned(),
    };
    let instead = if found.is_empty() { String::new() } else { format!(", not {},", first_of(found, SHOWN)) };
    at(code, found, &format!("expected {expected}{instead}"))
}

fn unknown(name: &str, undefined: &Undefined) -> String {
    match undefined {
        Undefined::Var => {
            let known = [VARIABLES.join(", "), ENVIRONMENT.to_owned()].join(" and ");
            format!("there is no variable {name}, but {known},")
        }
        Undefined::Filter(0) => format!("there is no function {name}"),
        Undefined::Filter(1) => format!("there is no function {name} with one argument"),
        Undefined::Filter(arguments) => format!("there is no function {name} with {arguments} arguments"),
        other => format!("there is no {} {name}", other.as_str()),
    }
}

/// The beginning of a text in quotes.
fn first_of(text: &str, characters: usize) -> String {
    let end = text.char_indices().nth(characters).map_or(text.len(), |(end, _)| end);
    let more = if end < text.len() && characters > 1 { "…" } else { "" };
    format!("{:?}{more}", &text[..end])
}

/// What is wrong, and where: `place` is a part of `code`.
fn at(code: &str, place: &str, what: &str) -> String {
    let start = place.as_ptr().addr().checked_sub(code.as_ptr().addr());
    let Some((before, after)) = start.and_then(|start| code.split_at_checked(start)) else { return what.to_owned() };
    if after.trim().is_empty() {
        return format!("{what} at the end");
    }
    let (lines, character) =
        (before.matches('\n').count(), before.rsplit('\n').next().map_or(0, |line| line.chars().count()));
    if code.trim_end().contains('\n') {
        return format!("{what} in line {} at character {}", lines + 1, character + 1);
    }
    format!("{what} at character {}", character + 1)
}

#[cfg(test)]
mod tests {
    use super::super::Jq;

    fn mistake(expression: &str) -> String {
        Jq::compile(expression).unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        assert_eq!(mistake(".a | ] "), "unexpected \"]\" at character 6");
        assert_eq!(mistake("foo bar"), "unexpected \"bar\" at character 5");
        assert_eq!(mistake("\"ä\" | [.a"), "missing closing bracket for the one at character 7");
        assert_eq!(mistake("\"a\\(.b"), "missing closing parenthesis for the one at character 4");
        assert_eq!(mistake(".a |"), "expected term at the end");
        assert_eq!(mistake(""), "expected term at the end");
        assert_eq!(mistake("if . then 1 2 end"), "expected else or end, not \"2\", at character 13");
        assert_eq!(mistake("{(1)}"), "expected \":\", not \"}\", at character 5");
        assert_eq!(mistake("\"\\q\""), "expected string escape sequence at character 3");
        assert_eq!(mistake(".a\n| .b .c ;"), "unexpected \";\" in line 2 at character 9");
        assert_eq!(mistake(". [1]] # and \u{1b}[31m"), "unexpected \"]\" at character 6");
    }

    #[test]
    fn names_that_are_not_known_are_told() {
        assert_eq!(mistake("1 | foo(1; 2)"), "there is no function foo with 2 arguments at character 5");
        assert_eq!(mistake(".a\n  | input"), "there is no function input in line 2 at character 5");
        assert_eq!(mistake("$data"), "there is no variable $data, but $type, $id, $time and $ENV, at character 1");
        assert_eq!(mistake("break $x"), "there is no label $x at character 7");
        for import in [r#"import "a" as a; a::b"#, r#"import "a" as $a; $a"#, r#"include "a"; ."#] {
            assert!(mistake(import).starts_with("there are no modules to import at character"), "{import}");
        }
    }

    #[test]
    fn a_filter_of_any_kind_is_refused_rather_than_too_much_for_the_stack() {
        assert!(mistake(&"1".repeat(1 << 20)).contains("longer than"));
        for nested in ["(", "[", "-", "try ", "\"\\("] {
            assert!(Jq::compile(&nested.repeat(10_000 / nested.len())).is_err(), "{nested}");
        }
        assert!(Jq::compile(&("[".repeat(5000) + &"]".repeat(5000))).is_ok());
    }
}
