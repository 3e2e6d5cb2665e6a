//! Option values that are more than a number: durations (`500ms`, `30s`, `24h`) and sizes (`64MiB`).

use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;

/// Parses a duration such as `500ms`, `1.5s` or `1h 30m`; zero is allowed, a negative one is not.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let parsed: SignedDuration = text.parse().map_err(|_| "give it as 500ms, 30s, 5m or 24h".to_owned())?;
    Duration::try_from(parsed).map_err(|_| "a duration cannot be negative".to_owned())
}

/// Parses a duration that is longer than zero.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("it has to be longer than zero".to_owned()),
        duration => Ok(duration),
    }
}

/// Parses a size in bytes such as `4096`, `512KiB` or `64MiB`.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let parsed: ByteSize = text.parse().map_err(|_| "give it as 4096, 512KiB or 64MiB".to_owned())?;
    Ok(parsed.as_u64())
}

/// Parses a size that is larger than zero.
pub(crate) fn positive_size(text: &str) -> Result<u64, String> {
    match size(text)? {
        0 => Err("it has to be larger than zero".to_owned()),
        size => Ok(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_with_their_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        assert!(duration("15").is_err() && duration("-1s").is_err() && duration("soon").is_err());
    }

    #[test]
    fn sizes_are_bytes_or_written_with_their_unit() {
        assert_eq!(size("4096"), Ok(4096));
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert!(size("lots").is_err());
    }
}
