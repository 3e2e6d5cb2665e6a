//! A header as a person writes it: `Name: value`.

use std::str::FromStr;

use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};

/// A request header, valid by construction.
#[derive(Clone, Debug)]
pub struct Header {
    name: HeaderName,
    value: HeaderValue,
}

impl Header {
    /// The media type of a request body.
    #[must_use]
    pub fn content_type(media_type: &'static str) -> Self {
        Self { name: CONTENT_TYPE, value: HeaderValue::from_static(media_type) }
    }

    /// What the answer may be.
    #[must_use]
    pub fn accept(media_types: &'static str) -> Self {
        Self { name: ACCEPT, value: HeaderValue::from_static(media_types) }
    }

    /// The name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The value as it is sent.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        self.value.as_bytes()
    }

    /// Whether it has this name, in whatever case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.as_str().eq_ignore_ascii_case(name)
    }
}

/// Why a text is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Nothing separates name and value.
    #[error("a header is written as `Name: value`")]
    NoColon,
    /// The name is empty, or holds what no name may hold.
    #[error("the name of a header has letters, digits and hyphens only")]
    Name,
    /// The name is one of those that say where a body ends, which is for the client to say.
    #[error("Content-Length and Transfer-Encoding follow from the body that is sent: leave the header away")]
    Framing,
    /// The value holds a control character.
    #[error("the value of a header cannot hold control characters")]
    Value,
}

impl FromStr for Header {
    type Err = HeaderError;

    fn from_str(text: &str) -> Result<Self, HeaderError> {
        let (name, value) = text.split_once(':').ok_or(HeaderError::NoColon)?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| HeaderError::Name)?;
        if name == CONTENT_LENGTH || name == TRANSFER_ENCODING {
            return Err(HeaderError::Framing);
        }
        let mut value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| HeaderError::Value)?;
        // Many headers that people add are credentials: keep them out of debug output and HPACK tables.
        value.set_sensitive(true);
        Ok(Self { name, value })
    }
}

/// The headers that the client sends by itself, overridden by those that were given; a name that was given twice is
/// sent twice.
pub(super) fn merge(defaults: &[(HeaderName, HeaderValue)], given: &[Header]) -> HeaderMap {
    let mut merged = HeaderMap::new();
    for header in given {
        merged.append(header.name.clone(), header.value.clone());
    }
    for (name, value) in defaults {
        merged.entry(name).or_insert_with(|| value.clone());
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_value_are_trimmed_and_the_value_may_hold_colons_and_any_text() {
        let header: Header = "X-Origin :  http://ä:1 ".parse().expect("a header");
        assert_eq!((header.name.as_str(), header.value.as_bytes()), ("x-origin", "http://ä:1".as_bytes()));
    }

    #[test]
    fn what_is_no_header_is_refused_with_its_reason() {
        let refused = |text: &str| text.parse::<Header>().expect_err("no header");
        assert_eq!(refused("Authorization"), HeaderError::NoColon);
        assert_eq!(refused(": x"), HeaderError::Name);
        assert_eq!(refused("a b: x"), HeaderError::Name);
        assert_eq!(refused("a: x\r\nb: y"), HeaderError::Value);
        assert_eq!(refused("content-length: 5"), HeaderError::Framing);
        assert_eq!(refused("Transfer-Encoding: chunked"), HeaderError::Framing);
    }
}
