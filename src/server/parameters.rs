//! The parameters of a request: its query and the headers that stand for the same.
//!
//! What is not known is refused, not ignored: a misspelt parameter would change what a subscriber gets without a word.

use axum::http::{HeaderMap, Uri};
use percent_encoding::percent_decode_str;

use super::identity::IN_QUERY;
use super::refusal::Refusal;

/// Rows of a list in one answer: as many if nobody asks for another number, and as many as can be asked for.
const USUAL_ROWS: usize = 100;
const MOST_ROWS: usize = 1000;

/// The query of a request, taken apart.
pub(super) struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Parses the query of a URI, without what says who makes the request: where everyone may do everything, that
    /// means nothing, so that a client with a token can be tried out there.
    ///
    /// # Errors
    /// If it has a parameter that is not among `known`, or is not UTF-8.
    pub(super) fn parse(uri: &Uri, known: &[&'static str]) -> Result<Self, Refusal> {
        let mut pairs = pairs(uri)?;
        if let Some(name) =
            IN_QUERY.into_iter().find(|name| pairs.iter().filter(|(found, _)| found == name).count() > 1)
        {
            return Err(Refusal::Repeated(name.to_owned()));
        }
        pairs.retain(|(name, _)| !IN_QUERY.contains(&name.as_str()));
        match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) if known.is_empty() => Err(Refusal::NoParameters(name.clone())),
            Some((name, _)) => Err(Refusal::UnknownParameter(name.clone(), known.join(", "))),
            None => Ok(Self { pairs }),
        }
    }

    /// All values of a parameter that can be repeated.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that can be given once.
    ///
    /// # Errors
    /// If it is given more than once.
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(Refusal::Repeated(name.to_owned())),
        }
    }

    /// How many rows of a list are asked for.
    ///
    /// # Errors
    /// If that is no number, or too large a one.
    pub(super) fn limit(&self) -> Result<usize, Refusal> {
        let expected = "give a number from 1 to 1000";
        match self.one("limit")?.map(|text| (text, text.parse())) {
            None => Ok(USUAL_ROWS),
            Some((_, Ok(limit @ 1..=MOST_ROWS))) => Ok(limit),
            Some((text, _)) => Err(Refusal::Parameter { name: "limit", value: text.to_owned(), expected }),
        }
    }
}

/// The names and values of a query, in their order.
///
/// # Errors
/// If it is not UTF-8.
pub(super) fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Refusal> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| Ok((decode(name)?, decode(value)?))).collect()
}

/// Percent-decoding with `+` for a space, as forms write it.
fn decode(text: &str) -> Result<String, Refusal> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map_err(|_| Refusal::NotUtf8("the query"))?;
    Ok(decoded.into_owned())
}

/// What follows `before` in the path, such as `/events/`, decoded.
///
/// # Errors
/// If it is not UTF-8.
pub(super) fn topic_in(uri: &Uri, before: &str) -> Result<Option<String>, Refusal> {
    let Some(topic) = uri.path().strip_prefix(before) else { return Ok(None) };
    let decoded = percent_decode_str(topic).decode_utf8().map_err(|_| Refusal::NotUtf8("the topic"))?;
    Ok(Some(decoded.into_owned()))
}

/// The value of a header as UTF-8, which is what `Last-Event-ID` is sent in (WHATWG HTML §9.2.3).
///
/// # Errors
/// If it is not UTF-8, or is given more than once.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => std::str::from_utf8(value.as_bytes()).map(Some).map_err(|_| Refusal::NotUtf8(name)),
        _ => Err(Refusal::Repeated(name.to_owned())),
    }
}

#[cfg(test)]
mod tests;
