//! What a token claims (RFC 7519 §4): a JSON object, read one claim at a time. Whether any of it is true is not known here.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Number, Value};

use super::Denied;

/// The claims of a token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Reads the JSON object of a token.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().map(Self)
    }

    /// The claim at a path such as `company_id`, or `org.id` for one inside an object. A claim whose name has dots itself
    /// is found by its whole name.
    pub fn at(&self, path: &str) -> Option<&Value> {
        if let Some(value) = self.0.get(path) {
            return Some(value);
        }
        let mut segments = path.split('.');
        let first = self.0.get(segments.next()?)?;
        segments.try_fold(first, |value, segment| value.get(segment))
    }

    /// All of them.
    pub fn all(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A claim that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.at(name).and_then(Value::as_str)
    }

    /// A claim that names somebody: text, or an integer, which goes into topics as well.
    pub(super) fn name(&self, name: &str) -> Option<String> {
        match self.at(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => whole(number),
            _ => None,
        }
    }

    /// A claim that is text, or a list of it, such as `aud` (RFC 7519 §4.1.3).
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        match self.at(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// A claim that is a time: seconds since 1970, a fraction allowed (`NumericDate`, RFC 7519 §2).
    ///
    /// # Errors
    /// [`Denied::BadClaim`] if it is something else.
    pub(super) fn time(&self, name: &'static str) -> Result<Option<SystemTime>, Denied> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0);
        let since = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let time = since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        time.map(Some).ok_or(Denied::BadClaim { claim: name, expected: "a number of seconds since 1970" })
    }
}

/// An integer as text. A larger one, or one with a fraction, is not held exactly: two of them may look the same.
pub(super) fn whole(number: &Number) -> Option<String> {
    (number.is_i64() || number.is_u64()).then(|| number.to_string())
}

impl From<Map<String, Value>> for Claims {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Claims {
        Claims::parse(json.as_bytes()).expect("an object")
    }

    #[test]
    fn a_claim_is_found_by_its_path_or_its_whole_name() {
        let claims = claims(r#"{"a":{"b":{"c":1}},"x.y":2,"aud":["p",3,"q"],"sub":"u"}"#);
        assert_eq!(claims.at("a.b.c"), Some(&1.into()));
        assert_eq!(claims.at("x.y"), Some(&2.into()));
        assert_eq!((claims.at("a.c"), claims.at("sub.x"), claims.at("")), (None, None, None));
        assert_eq!((claims.texts("aud"), claims.texts("sub"), claims.texts("no")), (vec!["p", "q"], vec!["u"], vec![]));
    }

    #[test]
    fn a_time_is_a_number_that_a_clock_can_show() {
        let time = |json: &str| claims(json).time("exp");
        assert_eq!(time("{}"), Ok(None));
        assert_eq!(time(r#"{"exp":1.5}"#), Ok(Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1500))));
        for bad in [r#"{"exp":"1"}"#, r#"{"exp":-1}"#, r#"{"exp":1e300}"#, r#"{"exp":null}"#] {
            assert!(matches!(time(bad), Err(Denied::BadClaim { claim: "exp", .. })), "{bad}");
        }
    }

    #[test]
    fn what_is_no_object_claims_nothing() {
        for json in ["", "1", "[]", "{", "\"a\""] {
            assert_eq!(Claims::parse(json.as_bytes()), None, "{json}");
        }
    }
}
