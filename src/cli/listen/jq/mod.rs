//! `--jq`: a filter of the jq language over the data of each event, run by jaq.
//!
//! What the filter sees is `input`, which functions it has is `functions`, what one event may cost is `limits`, and how a
//! mistake in the filter is told is `mistake`. Whatever the filter is, it ends, says why, and the next event is filtered
//! as if nothing had been. Only what a single operation does is not bounded: `"x" * 1e12` takes the memory that it says, and
//! `tojson` has stack for 200,000 levels of what the filter itself has nested. What results hold may act on a terminal: how
//! output reaches one is up to the caller.

mod functions;
mod input;
mod limits;
mod mistake;

use std::io;

use jaq_core::data::HasLut;
use jaq_core::load::{Arena, File, Loader, import};
use jaq_core::{Compiler, Ctx, DataT, Error, Exn, Lut, Vars};
use jaq_json::{Val, write as json};

use super::super::words::shortened;
use super::arrival::Arrival;
use limits::Limits;
pub(super) use limits::with_room;

/// The longest filter in bytes, so that none can be nested deeper than its parser has room for.
const LONGEST: usize = 64 << 10;

/// What the results of one event may take, in bytes: 64 MiB.
const LARGEST_OUTPUT: usize = 64 << 20;

/// What is told of the message of an error, in bytes: it may hold all of the data.
const LONGEST_MESSAGE: usize = 200;

/// What is known of the event besides its data.
const VARIABLES: [&str; 3] = ["$type", "$id", "$time"];

/// The environment: as in jq.
const ENVIRONMENT: &str = "$ENV";

/// Why an expression is no filter.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAFilter {
    #[error("a filter cannot be longer than {LONGEST} bytes")]
    TooLong,
    #[error("{0}")]
    Mistake(String),
}

/// Why there is no result for an event.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FilterFailed {
    #[error("{0}")]
    Error(String),
    #[error("it needs more than {} steps: is it endless?", limits::STEPS)]
    Steps,
    #[error("it takes longer than {} s", limits::LONGEST.as_secs())]
    Time,
    #[error("it nests calls or values too deep")]
    Depth,
    #[error("its results take more than {} MiB", LARGEST_OUTPUT >> 20)]
    TooMuch,
    #[error("jaq, which runs it, is at fault: {0}")]
    Fault(String),
}

/// A filter. It is compiled and run [`with_room`].
pub(super) struct Jq {
    filter: jaq_core::Filter<Kind>,
    environment: Val,
}

impl Jq {
    /// Compiles a filter, and with it the definitions of the language: half a millisecond, or three in a debug build.
    pub(super) fn compile(expression: &str) -> Result<Self, NotAFilter> {
        if expression.len() > LONGEST {
            return Err(NotAFilter::TooLong);
        }
        let filter = compile(expression).map_err(NotAFilter::Mistake)?;
        Ok(Self { filter, environment: functions::environment() })
    }

    /// Appends the results for the event, each on a line of its own: a text as it is, anything else as JSON. Returns
    /// whether there was any. After an error nothing is appended, whatever results came before it.
    pub(super) fn write(&self, arrival: &Arrival<'_>, out: &mut Vec<u8>) -> Result<bool, FilterFailed> {
        let start = out.len();
        let results = Results { end: start.saturating_add(LARGEST_OUTPUT), out, limits: &Limits::new() };
        let done = limits::catch(|| self.run(arrival, results));
        if done.is_err() {
            out.truncate(start);
        }
        done.map(|()| out.len() > start)
    }

    fn run(&self, arrival: &Arrival<'_>, mut results: Results<'_>) -> Result<(), FilterFailed> {
        let message = arrival.message;
        let known = [&message.event_type, &message.last_event_id, &arrival.time()].map(|text| Val::from(text.clone()));
        let variables = Vars::new(known.into_iter().chain([self.environment.clone()]));
        let input = input::read(&message.data).map_err(|error| FilterFailed::Error(error.to_string()))?;
        let run = Run { lut: &self.filter.lut, limits: results.limits };
        for result in self.filter.id.run((Ctx::<Kind>::new(&run, variables), input)) {
            results.write(&result.map_err(failed)?).map_err(|_| FilterFailed::TooMuch)?;
        }
        Ok(())
    }
}

fn compile(expression: &str) -> Result<jaq_core::Filter<Kind>, String> {
    let arena = Arena::default();
    let loader = Loader::new(functions::definitions());
    let modules =
        loader.load(&arena, File { code: expression, path: () }).map_err(|errors| mistake::of_text(&errors))?;
    import(&modules, |_| Err(String::new())).map_err(|errors| mistake::of_text(&errors))?;
    Compiler::default()
        .with_funs(functions::natives())
        .with_global_vars(VARIABLES.into_iter().chain([ENVIRONMENT]))
        .compile(modules)
        .map_err(|errors| mistake::of_names(&errors))
}

/// What jaq is told of the values and of the surroundings of a filter.
struct Kind;

impl DataT for Kind {
    type V<'a> = Val;
    type Data<'a> = &'a Run<'a>;
}

/// The surroundings of a filter while it runs.
struct Run<'a> {
    lut: &'a Lut<Kind>,
    limits: &'a Limits,
}

impl<'a> HasLut<'a, Kind> for &'a Run<'a> {
    /// Every step of a filter begins here.
    fn lut(&self) -> &'a Lut<Kind> {
        self.limits.step();
        self.lut
    }
}

/// Where the results go, up to an end.
struct Results<'a> {
    out: &'a mut Vec<u8>,
    end: usize,
    limits: &'a Limits,
}

impl Results<'_> {
    /// Appends a result and a line feed.
    fn write(&mut self, value: &Val) -> io::Result<()> {
        match value {
            Val::TStr(text) | Val::BStr(text) => io::Write::write_all(self, text)?,
            value => json::write(self, &json::Pp::default(), 0, value)?,
        }
        io::Write::write_all(self, b"\n")
    }
}

impl io::Write for Results<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.limits.look_at_stack();
        if bytes.len() > self.end.saturating_sub(self.out.len()) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `break` and `halt` never come out of a filter: the one is caught inside, the other is not defined here.
fn failed(exception: Exn<'_, Val>) -> FilterFailed {
    let error = exception.get_err().map_or_else(|_| Val::Null, Error::into_val);
    FilterFailed::Error(short(&error))
}

/// A value as messages show it: a text as it is.
fn short(value: &Val) -> String {
    match value {
        Val::TStr(text) => shortened(String::from_utf8_lossy(text), LONGEST_MESSAGE),
        value => shortened(value, LONGEST_MESSAGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;

    /// What a filter makes of data.
    pub(super) fn results(filter: &str, data: &str) -> Result<String, FilterFailed> {
        let message = Message { event_type: "order".into(), data: data.into(), last_event_id: "7".into() };
        let time = jiff::Timestamp::from_millisecond(1_700_000_000_012).unwrap();
        let arrival = Arrival { message: &message, time: Some(time), delta: None };
        let filtered = with_room(|| {
            let mut out = b"before".to_vec();
            let wrote = Jq::compile(filter).unwrap().write(&arrival, &mut out);
            let after = String::from_utf8(out.split_off("before".len())).unwrap();
            assert_eq!(matches!(wrote, Ok(true)), !after.is_empty());
            wrote.map(|_| after)
        });
        filtered.unwrap()
    }

    #[test]
    fn each_result_is_a_line_of_compact_json_and_texts_are_as_they_are() {
        let data = r#"{"user": {"name": "Zo\u00eb \"Z\""}, "n": [1, 2.50, "x"]}"#;
        assert_eq!(results(".user.name", data).unwrap(), "Zoë \"Z\"\n");
        assert_eq!(results(".n, (.n | length)", data).unwrap(), "[1,2.50,\"x\"]\n3\n");
        assert_eq!(
            results("{t: $type, i: $id, at: $time}", data).unwrap(),
            concat!(r#"{"t":"order","i":"7","at":"2023-11-14T22:13:20.012Z"}"#, "\n")
        );
    }

    #[test]
    fn a_filter_selects() {
        let select = r#"select($type == "order" and .n > 1)"#;
        assert_eq!(results(select, r#"{"n":1}"#).unwrap(), "");
        assert_eq!(results(select, r#"{"n":2}"#).unwrap(), "{\"n\":2}\n");
        assert_eq!(results("empty", "1").unwrap() + &results(r#""""#, "1").unwrap(), "\n");
    }

    #[test]
    fn numbers_are_not_rounded_where_nothing_is_calculated() {
        let data = r#"{"big":12345678901234567890,"price":1.10,"huge":1E400}"#;
        assert_eq!(results(".", data).unwrap(), format!("{data}\n"));
        assert_eq!(results(".price, .big + 1", data).unwrap(), "1.10\n12345678901234567891\n");
    }

    #[test]
    fn data_that_is_not_json_is_text() {
        assert_eq!(results("length, .", "12 monkeys").unwrap(), "10\n12 monkeys\n");
        assert_eq!(results("[.]", "").unwrap(), "[\"\"]\n");
    }

    #[test]
    fn an_error_is_told_shortly_and_nothing_is_written() {
        let failed = |filter, data: &str| results(filter, data).unwrap_err().to_string();
        assert_eq!(failed("1, .a", "[1]"), "cannot index [1] with \"a\"");
        assert_eq!(failed(r#"error("no user")"#, "{}"), "no user");
        assert_eq!(failed("error({code: 7})", "{}"), r#"{"code":7}"#);
        let long = failed(".a", &format!("\"{}\"", "ä".repeat(1000)));
        assert!(long.starts_with("cannot index \"ää") && long.ends_with('…') && long.len() < 210, "{long}");
        assert_eq!(failed("1, 2, error", "1"), "1");
    }

    #[test]
    fn results_end_at_their_limit() {
        let much = r#""x" * 16777216 | ., ., ., ."#;
        assert_eq!(results(much, "1"), Err(FilterFailed::TooMuch), "the line feeds are too much");
        assert_eq!(results(r#""x" * 16777215 | ., ., ., ."#, "1").map(|out| out.len()), Ok(LARGEST_OUTPUT));
    }
}
