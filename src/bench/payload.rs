//! What travels: a line of text that says which event of which run it is and when it was sent.
//!
//! ```text
//! sse-bench.1.<run>.<phase>.<publisher>.<sequence>.<intended>.<actual>.....
//! ```
//!
//! `run` is 16 hexadecimal digits, `phase` one letter (`p` probe, `w` warm-up, `m` measured), the other fields are decimal;
//! `intended` and `actual` are nanoseconds of [`super::clock`]. `actual` has 20 digits, with leading zeros, so that it can
//! be set last, right before the write. Dots fill it to the size that was asked for. All of it is letters, digits, `-` and
//! `.`, which no URL, form or JSON string has to escape (RFC 3986 §2.3) and no writer of JSON escapes: so it goes into a
//! request of any form as it is, and is found wherever it stands in an event.

use std::io::Write as _;

/// The smallest payload in bytes: the fields at their longest.
pub const MIN_SIZE: usize = 96;

const MARKER: &str = "sse-bench.1.";

/// What ends each field.
const END: u8 = b'.';

/// The digits of `actual`: as many as any time can have.
const STAMP: usize = 20;

/// What an event is published for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To see that a subscriber hears the publisher.
    Probe,
    /// To have caches, windows and branch predictors in the state they will be measured in.
    WarmUp,
    /// To be accounted for.
    Measured,
}

/// The fields of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    /// Tells the events of this run from all others.
    pub(super) run: u64,
    pub(super) purpose: Purpose,
    /// The number of the publisher, from 0.
    pub(super) publisher: u32,
    /// The number of the event among those of its publisher and purpose, from 0 without gaps.
    pub(super) sequence: u64,
    /// When the schedule wanted it sent.
    pub(super) intended: u64,
    /// When the write that took it to the socket began, with all that was written at once.
    pub(super) actual: u64,
}

impl Payload {
    /// Appends the payload to `out`, exactly `size` bytes long if that is at least [`MIN_SIZE`]. Returns the place of
    /// `actual` in `out`, for [`stamp`].
    pub(super) fn write(&self, size: usize, out: &mut Vec<u8>) -> usize {
        let end = out.len() + size;
        let Self { run, publisher, sequence, intended, actual, .. } = self;
        let phase = char::from(self.purpose.letter());
        // Writing to a Vec cannot fail.
        let _ = write!(out, "{MARKER}{run:016x}.{phase}.{publisher}.{sequence}.{intended}.");
        let place = out.len();
        let _ = write!(out, "{actual:0STAMP$}.");
        if out.len() < end {
            out.resize(end, b'.');
        }
        place
    }

    /// Finds the payload in the data of an event; `None` if there is no whole one.
    pub(super) fn find(data: &[u8]) -> Option<Self> {
        // Where it is all that was published it stands in front, and no search is needed.
        let behind = data.strip_prefix(MARKER.as_bytes()).or_else(|| {
            let at = memchr::memmem::find(data, MARKER.as_bytes())?;
            data.get(at + MARKER.len()..)
        })?;
        let mut fields = Fields(behind);
        Some(Self {
            run: fields.number(16)?,
            purpose: fields.purpose()?,
            publisher: fields.number(10)?.try_into().ok()?,
            sequence: fields.number(10)?,
            intended: fields.number(10)?,
            actual: fields.number(10)?,
        })
    }
}

/// What is left to read of a payload, read byte by byte: a subscriber does it for each delivery. A dot ends each field,
/// so that the last one is proved whole.
struct Fields<'d>(&'d [u8]);

impl Fields<'_> {
    fn number(&mut self, radix: u64) -> Option<u64> {
        let mut number = 0_u64;
        for (at, &byte) in self.0.iter().enumerate() {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                END if at > 0 => {
                    self.0 = &self.0[at + 1..];
                    return Some(number);
                }
                _ => return None,
            };
            let digit = Some(u64::from(digit)).filter(|digit| *digit < radix)?;
            number = number.checked_mul(radix)?.checked_add(digit)?;
        }
        None
    }

    fn purpose(&mut self) -> Option<Purpose> {
        let [letter, END, rest @ ..] = self.0 else { return None };
        self.0 = rest;
        Purpose::of(*letter)
    }
}

/// Sets `actual` of payloads that are already written.
pub(super) fn stamp(written: &mut [u8], places: &[usize], actual: u64) {
    let digits = format!("{actual:0STAMP$}");
    for place in places {
        written[*place..place + STAMP].copy_from_slice(digits.as_bytes());
    }
}

impl Purpose {
    fn letter(self) -> u8 {
        match self {
            Self::Probe => b'p',
            Self::WarmUp => b'w',
            Self::Measured => b'm',
        }
    }

    fn of(letter: u8) -> Option<Self> {
        [Self::Probe, Self::WarmUp, Self::Measured].into_iter().find(|purpose| purpose.letter() == letter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn payload() -> impl Strategy<Value = Payload> {
        let purpose = prop_oneof![Just(Purpose::Probe), Just(Purpose::WarmUp), Just(Purpose::Measured)];
        // As far as a plan and the clock can go: 9999 publishers, MAX_EVENTS, 31 years of uptime.
        let time = 0..1_000_000_000_000_000_000_u64;
        (any::<u64>(), purpose, 0..10_000_u32, 0..100_000_000_u64, time.clone(), time).prop_map(
            |(run, purpose, publisher, sequence, intended, actual)| Payload {
                run,
                purpose,
                publisher,
                sequence,
                intended,
                actual,
            },
        )
    }

    fn written(payload: Payload, size: usize) -> String {
        let mut out = Vec::new();
        payload.write(size, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    proptest! {
        #[test]
        fn what_is_written_is_found_in_any_surroundings(payload in payload(), size in MIN_SIZE..400, around in ".*") {
            let text = written(payload, size);
            prop_assert_eq!(text.len(), size);
            prop_assert_eq!(Payload::find(text.as_bytes()), Some(payload));
            let echoed = serde_json::json!({ "around": around, "data": text }).to_string();
            prop_assert_eq!(Payload::find(echoed.as_bytes()), Some(payload));
        }

        #[test]
        fn the_actual_time_can_be_set_last(payload in payload(), actual in any::<u64>()) {
            let mut out = b"before".to_vec();
            let places = [payload.write(MIN_SIZE, &mut out), payload.write(MIN_SIZE, &mut out)];
            stamp(&mut out, &places, actual);
            prop_assert_eq!(out.len(), 6 + 2 * MIN_SIZE);
            let expected = Some(Payload { actual, ..payload });
            for start in [6, 6 + MIN_SIZE] {
                let text = std::str::from_utf8(&out[start..start + MIN_SIZE]).expect("ASCII");
                prop_assert_eq!(Payload::find(text.as_bytes()), expected);
            }
        }
    }

    #[test]
    fn no_url_form_or_json_string_has_to_escape_it() {
        let payload = Payload { run: 7, purpose: Purpose::Probe, publisher: 0, sequence: 1, intended: 2, actual: 34 };
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        assert!(written(payload, 200).chars().all(unreserved), "{}", written(payload, 200));
    }

    #[test]
    fn a_payload_that_is_cut_off_is_none() {
        let whole = Payload { run: 7, purpose: Purpose::Measured, publisher: 0, sequence: 1, intended: 2, actual: 34 };
        let text = written(whole, 0);
        assert_eq!(Payload::find(text.as_bytes()), Some(whole));
        for end in 0..text.len() {
            assert_eq!(Payload::find(&text.as_bytes()[..end]), None, "{end}");
        }
    }
}
