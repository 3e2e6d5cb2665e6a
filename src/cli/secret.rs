//! Option values that are secrets. What clap says of a value that is wrong repeats it, and may end up in a log: what is said
//! of these does not.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::ffi::OsStr;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::str::FromStr;

use clap::builder::TypedValueParser;
use clap::error::{Error, ErrorKind};
use clap::{Arg, Command};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// Parses a value, and keeps it to itself.
pub(crate) struct Secret<T>(PhantomData<fn() -> T>);

impl<T> Secret<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<T> TypedValueParser for Secret<T>
where
    T: FromStr<Err: StdError> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, option: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let text = value.to_str().ok_or_else(|| Error::new(ErrorKind::InvalidUtf8).with_cmd(command))?;
        text.parse().map_err(|error: T::Err| {
            let option = option.map(ToString::to_string).unwrap_or_default();
            let sentence = format!("invalid value for '{option}': {error}\n\nFor more information, try '--help'.\n");
            Error::raw(ErrorKind::ValueValidation, sentence)
        })
    }
}

/// A text that is a secret, or names the file that has it: `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hidden(String);

/// What is said of a value of another kind would repeat it, so it is said without it.
impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self).map_err(|_| D::Error::custom("a secret is a text in quotes"))
    }
}

impl Hidden {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The same, with the file that @ names seen from this directory.
    pub(crate) fn beside(&self, directory: &Path) -> Self {
        match self.0.strip_prefix('@') {
            Some(path) => Self(format!("@{}", beside(directory, path))),
            None => self.clone(),
        }
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// A path as it is seen from this directory; an absolute one stays as it is, and so does none.
pub(crate) fn beside(directory: &Path, path: &str) -> String {
    if path.is_empty() { String::new() } else { directory.join(path).to_string_lossy().into_owned() }
}

impl FromStr for Hidden {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A text that may have been meant as a URL, without what may be its credentials: all before the last @.
pub(crate) fn without_credentials(text: &str) -> String {
    match (text.rsplit_once('@'), text.split_once("://")) {
        (Some((_, rest)), Some((scheme, _))) if !scheme.contains('@') => format!("{scheme}://…@{rest}"),
        (Some((_, rest)), _) => format!("…@{rest}"),
        (None, _) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let hidden: Hidden = "the secret".parse().expect("any text");
        assert_eq!((hidden.reveal(), format!("{hidden:?}").as_str()), ("the secret", "…"));
    }

    #[test]
    fn credentials_are_left_out_wherever_a_url_may_have_them() {
        assert_eq!(without_credentials("http://a:b/c?d"), "http://a:b/c?d");
        assert_eq!(without_credentials("http://me:se@cr/et@x:y/z"), "http://…@x:y/z");
        assert_eq!(without_credentials("me:secret@x:1"), "…@x:1");
        assert_eq!(without_credentials("me:secret@http://x"), "…@http://x");
    }
}
