//! Where an event stands in which log: `8f3a1c07-184`.

use std::fmt;
use std::str::FromStr;

use crate::wire::EventId;

/// Names one incarnation of a log. It is drawn at random when the log is made and lasts as long as it, so that a position
/// in a log that was lost is recognised instead of being taken for one in its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(u32);

impl Epoch {
    /// The epoch of a log that is made now.
    pub fn random() -> Self {
        Self(fastrand::u32(..))
    }

    /// The number that stands for it in a file.
    pub(super) fn bits(self) -> u32 {
        self.0
    }

    /// The epoch that a number stands for.
    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The position of the event with this sequence number.
    pub fn at(self, seq: u64) -> Position {
        Position { epoch: self, seq }
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// A place in a log: the epoch and the sequence number of an event. The first event has number 1; number 0 is the place
/// before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The incarnation of the log.
    pub epoch: Epoch,
    /// The number of the event over all topics, without holes.
    pub seq: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

impl From<Position> for EventId {
    fn from(position: Position) -> Self {
        position.to_string().parse().expect("hexadecimal digits, a dash and digits are an event ID")
    }
}

/// Says that a text is not what a [`Position`] is written as; it may well be an ID that a publisher gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position of the form 8f3a1c07-184")]
pub struct NotAPosition;

impl FromStr for Position {
    type Err = NotAPosition;

    /// Takes exactly what `Display` writes: other spellings of the same numbers are somebody else's IDs.
    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let (epoch, seq) = text.split_once('-').ok_or(NotAPosition)?;
        let epoch = Epoch(u32::from_str_radix(epoch, 16).map_err(|_| NotAPosition)?);
        let position = epoch.at(seq.parse().map_err(|_| NotAPosition)?);
        if position.to_string() == text { Ok(position) } else { Err(NotAPosition) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_from_what_it_is_written_as() {
        let position = Epoch(0x8f3a_1c07).at(184);
        assert_eq!(position.to_string(), "8f3a1c07-184");
        assert_eq!("8f3a1c07-184".parse(), Ok(position));
        assert_eq!(Epoch(7).at(0).to_string().parse(), Ok(Epoch(7).at(0)));
    }

    #[test]
    fn other_spellings_are_no_positions() {
        for text in ["", "8f3a1c07", "8f3a1c07-", "8F3A1C07-184", "8f3a1c07-+1", "8f3a1c07-01", "f-1", "8f3a1c07-1-1"] {
            assert_eq!(text.parse::<Position>(), Err(NotAPosition), "{text}");
        }
    }
}
