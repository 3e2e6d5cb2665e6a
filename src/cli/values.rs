//! Option values that are more than a number: durations (`500ms`, `30s`, `24h`) and sizes (`64MiB`); and durations as
//! people and programs read them.

use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;

/// Parses a duration such as `500ms`, `1.5s` or `1h 30m`; zero is allowed, a negative one is not.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let parsed: SignedDuration = text.parse().map_err(|_| "give it as 500ms, 30s, 5m or 24h".to_owned())?;
    Duration::try_from(parsed).map_err(|_| "a duration cannot be negative".to_owned())
}

/// A duration for people, such as `0.1 s`, `1.5 min` or `24 h`.
pub(crate) fn for_people(duration: Duration) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 60.0 * MINUTE;
    const DAY: f64 = 24.0 * HOUR;
    let (seconds, tenths) = (duration.as_secs_f64(), |number: f64| (number * 10.0).round() / 10.0);
    match seconds {
        ..0.1 => format!("{} ms", duration.as_millis()),
        ..MINUTE => format!("{} s", tenths(seconds)),
        ..HOUR => format!("{} min", tenths(seconds / MINUTE)),
        _ if seconds <= DAY => format!("{} h", tenths(seconds / HOUR)),
        _ if seconds < 1000.0 * DAY => format!("{} days", tenths(seconds / DAY)),
        _ => "years".to_owned(),
    }
}

/// A duration for people who compare: in milliseconds, or in seconds with hundredths.
pub(crate) fn precise(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 { format!("{} ms", duration.as_millis()) } else { format!("{seconds:.2} s") }
}

/// A duration as JSON and the wire have it; a longer one than they can tell is the longest.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Parses a duration that is longer than zero.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("it has to be longer than zero".to_owned()),
        duration => Ok(duration),
    }
}

/// Parses a number of things, one at least.
pub(crate) fn count(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("give it as a whole number, 1 or more".to_owned()),
        Ok(count) => Ok(count),
    }
}

/// Parses a size in bytes such as `4096`, `512KiB` or `64MiB`.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let parsed: ByteSize = text.parse().map_err(|_| "give it as 4096, 512KiB or 64MiB".to_owned())?;
    Ok(parsed.as_u64())
}

/// Parses the size of an event: a line feed of its data takes several bytes in a stream, and all of it has to fit into a
/// record.
pub(crate) fn event_size(text: &str) -> Result<u64, String> {
    const LARGEST: ByteSize = ByteSize::mib(256);
    match positive_size(text)? {
        size if size > LARGEST.as_u64() => Err(format!("an event has at most {LARGEST}")),
        size => Ok(size),
    }
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
    fn durations_are_shown_in_the_unit_that_people_would_take() {
        let shown = |ms| for_people(Duration::from_millis(ms));
        assert_eq!([0, 99, 100, 5_000].map(shown), ["0 ms", "99 ms", "0.1 s", "5 s"]);
        assert_eq!([1_849, 90_000, 720_000].map(shown), ["1.8 s", "1.5 min", "12 min"]);
        assert_eq!([3_600_000, 86_400_000, 172_800_000, u64::MAX].map(shown), ["1 h", "24 h", "2 days", "years"]);
    }

    #[test]
    fn counts_begin_at_one() {
        assert_eq!(count("1"), Ok(1));
        assert!(count("0").is_err() && count("-1").is_err() && count("many").is_err());
    }

    #[test]
    fn sizes_are_bytes_or_written_with_their_unit() {
        assert_eq!(size("4096"), Ok(4096));
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert!(size("lots").is_err());
    }
}
