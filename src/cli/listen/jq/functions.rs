//! The functions that a filter has: those of jaq, which are those of jq, but for the ones that have no meaning here or do
//! harm.
//!
//! There is no `input`, because events come one at a time; no `halt`, because a filter does not end a stream; no modules.
//! Nothing reads a file or stdin.

use std::iter;

use jaq_core::load::parse::Def;
use jaq_core::native::{self, Fun, bome, v};
use jaq_core::{Error, RunPtr, ValR, load};
use jaq_json::Val;

use super::{Kind, input, short};

/// What is added to the definitions of the language. jaq has `@csv` and `@tsv` elsewhere; its `range` counts without a step
/// for each number; its `env` panics if a variable is not UTF-8.
const OWN: &str = r#"
def @csv: [.[] | if isstring then "\"" + gsub("\""; "\"\"") + "\"" elif . == null then "" elif . >= [] then
    error("cannot write \(.) as CSV") else tostring end] | join(",");
def @tsv: [.[] | if isstring then gsub("\\\\"; "\\\\") | gsub("\t"; "\\t") | gsub("\n"; "\\n") | gsub("\r"; "\\r")
    elif . == null then "" elif . >= [] then error("cannot write \(.) as TSV") else tostring end] | join("\t");
def range($from; $to; $by): $from | if $by > 0 then while(. < $to; . + $by)
    elif $by < 0 then while(. > $to; . + $by) else while(. != $to; . + $by) end;
def range($from; $to): range($from; $to; 1);
def range($to): range(0; $to);
def env: $ENV;
"#;

/// What is left out of the definitions, and of the functions below them: the last two take as long as their argument says.
const LEFT_OUT: [&str; 4] = ["halt", "halt_error", "jn", "yn"];

/// The definitions of the language in itself.
pub(super) fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    let own = load::parse(OWN, |parser| parser.defs()).unwrap_or_default();
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(own);
    definitions.filter(|definition| !LEFT_OUT.contains(&definition.name))
}

/// The functions below them; the first of a name counts.
pub(super) fn natives() -> impl Iterator<Item = Fun<Kind>> {
    let theirs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    own().map(native::run::<Kind>).into_iter().chain(theirs.filter(|(name, ..)| !LEFT_OUT.contains(name)))
}

/// The environment, but for what is not UTF-8.
pub(super) fn environment() -> Val {
    let text = |text: std::ffi::OsString| text.into_string().ok().map(Val::from);
    let variables = std::env::vars_os().filter_map(|(name, value)| text(name).zip(text(value)));
    Val::obj(variables.collect())
}

fn own() -> [native::Filter<RunPtr<Kind>>; 3] {
    [
        // Theirs has no limit to the nesting of what may be remote text.
        ("fromjson", v(0), |cv| bome(from_json(&cv.1))),
        // Theirs print remote text as it is.
        ("debug_empty", v(0), |cv| {
            tracing::debug!("{:?}", short(&cv.1));
            Box::new(iter::empty())
        }),
        ("stderr_empty", v(0), |cv| {
            tracing::warn!("{:?}", short(&cv.1));
            Box::new(iter::empty())
        }),
    ]
}

/// `tonumber` is made of it, and takes `007` for a number.
fn from_json(value: &Val) -> ValR<Val> {
    let bytes = value.try_as_utf8_bytes_owned()?;
    let text = String::from_utf8_lossy(&bytes);
    let fail = |error| Error::str(format_args!("fromjson: {error}: {}", short(value)));
    input::parse(&text).or_else(|error| input::digits(&text).ok_or_else(|| fail(error)))
}

#[cfg(test)]
mod tests {
    use super::super::Jq;
    use super::super::tests::results;

    #[test]
    fn the_functions_of_the_language_are_there() {
        let data = r#"{"t":"2024-05-01T00:00:00Z","a":[3,1,2],"j":"{\"x\":1.50}"}"#;
        let shown = |filter| results(filter, data).unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(shown(".a | sort, (map(. * 2) | add), min, (.[1:] | tojson)"), "[1,2,3]\n12\n1\n[1,2]\n");
        assert_eq!(
            shown(".t | fromdate, (fromdate | todate), (.[:4] | tonumber)"),
            "1714521600\n2024-05-01T00:00:00Z\n2024\n"
        );
        assert_eq!(shown(".j | (fromjson | .x), ltrimstr(\"{\"), length"), "1.50\n\"x\":1.50}\n10\n");
        assert_eq!(
            shown(r#""a-b" | test("^a"), sub("-"; "+"), (split("-") | join("/")), @base64, @uri, @sh"#),
            "true\na+b\na/b\nYS1i\na-b\n'a-b'\n"
        );
    }

    #[test]
    fn rows_for_spreadsheets_are_quoted() {
        let row = r#"["a \"b\"", null, 1.50, true, "x\ty\\z\n"]"#;
        assert_eq!(results("@csv", row).unwrap(), "\"a \"\"b\"\"\",,1.50,true,\"x\ty\\z\n\"\n");
        assert_eq!(results("@tsv", row).unwrap(), "a \"b\"\t\t1.50\ttrue\tx\\ty\\\\z\\n\n");
        assert!(results("@csv", "[[1]]").is_err());
    }

    #[test]
    fn ranges_count_as_in_jq() {
        let shown = |filter| results(&format!("[{filter}]"), "1").unwrap();
        assert_eq!(shown("range(3), range(2; 4), range(0; 1; 0.3)"), "[0,1,2,2,3,0,0.3,0.6,0.8999999999999999]\n");
        assert_eq!(shown("range(3; 0; -2), range(0; 3; -1), limit(2; range(0; 1; 0))"), "[3,1,0,0]\n");
        assert_eq!(shown("range(0, 1; 3, 4)"), "[0,1,2,0,1,2,3,1,2,1,2,3]\n");
        assert!(results(r#"range(0; 9; "a")"#, "1").is_err());
    }

    #[test]
    fn text_is_read_as_json_with_the_limits_of_data() {
        assert_eq!(
            results("fromjson", r#""[1.10, {\"a\": 12345678901234567890}]""#).unwrap(),
            "[1.10,{\"a\":12345678901234567890}]\n"
        );
        assert_eq!(results("map(tonumber)", r#"["007", "1.50", " 2 "]"#).unwrap(), "[7,1.50,2]\n");
        for text in ["NaN", "", "1 2", "+1", "[1,]"] {
            assert!(results("fromjson", &format!("{text:?}")).is_err(), "{text}");
        }
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let failed = results("fromjson", &format!("{deep:?}")).unwrap_err().to_string();
        assert!(failed.starts_with("fromjson: the JSON is nested deeper than 512 levels: [[["), "{failed}");
    }

    #[test]
    fn the_environment_is_that_of_the_process() {
        let path = std::env::var("PATH").unwrap();
        assert_eq!(results("$ENV.PATH, env.PATH", "1").unwrap(), format!("{path}\n{path}\n"));
    }

    #[test]
    fn nothing_reads_more_input_or_ends_the_process() {
        for filter in [
            "input",
            "[inputs]",
            "input_filename",
            "halt",
            "halt_error",
            "halt(1)",
            "halt_error(\"x\")",
            "$__prog_args",
            "get_search_list",
        ] {
            assert!(Jq::compile(filter).is_err(), "{filter}");
        }
    }

    #[test]
    fn debugging_does_not_change_the_results() {
        assert_eq!(results("debug, debug(1), stderr | .", "[1]").unwrap(), "[1]\n[1]\n[1]\n");
    }
}
