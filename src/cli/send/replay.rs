//! `--replay`: the events of a recording, in their order and at the distances that they had. When publishing is slower than
//! that, they go out one after the other as fast as it is, and the time that was lost is caught up with.
//!
//! Comments and reconnection times are those of the connection that was recorded: they are not published.

use std::str::FromStr;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::recording::{Played, Player};
use super::super::values::for_people;
use super::destination::Own;
use super::each::Each;
use super::options::Replay;
use super::tally::Range;
use crate::wire::{Item, Message};

/// How late the last event may be without a word.
const LATE: Duration = Duration::from_secs(1);

/// When what is due after all time is due: a hundred years on.
const NEVER: Duration = Duration::from_hours(100 * 365 * 24);

/// How fast a recording is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Speed {
    /// So many times as fast as it was recorded: a finite number above 0.
    Times(f64),
    /// Without pauses.
    Max,
}

/// Why a text is no speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give a number above 0, such as 10 or 0.5, or max for no pauses")]
pub(super) struct NotASpeed;

impl FromStr for Speed {
    type Err = NotASpeed;

    fn from_str(text: &str) -> Result<Self, NotASpeed> {
        match text.parse::<f64>() {
            _ if text == "max" => Ok(Self::Max),
            Ok(factor) if factor.is_finite() && factor > 0.0 => Ok(Self::Times(factor)),
            _ => Err(NotASpeed),
        }
    }
}

/// When the events of a recording are due.
struct Schedule {
    speed: Speed,
    /// When the first one was published, and its time in the recording.
    began: Option<(Instant, Duration)>,
}

impl Schedule {
    /// When the event of this time is due, if that is not at once; the first one of all is.
    fn due(&mut self, at: Option<Duration>, now: Instant) -> Option<Instant> {
        let (Speed::Times(factor), Some(at)) = (self.speed, at) else { return None };
        let (began, first) = *self.began.get_or_insert((now, at));
        let distance = Duration::try_from_secs_f64(at.saturating_sub(first).as_secs_f64() / factor);
        Some(began + distance.unwrap_or(NEVER).min(NEVER))
    }
}

impl Each<'_> {
    /// Publishes what is played, to its end.
    pub(super) async fn replay(mut self, mut player: Player, options: &Replay) -> Result<Exit, Failure> {
        let mut schedule = Schedule { speed: options.speed, began: None };
        let (mut number, mut last_event_id, mut late) = (0, String::new(), Duration::ZERO);
        while let Some(Played { at, item, .. }) = player.next().await? {
            let Item::Event(Message { event_type, data, last_event_id: id }) = item else { continue };
            number += 1;
            if let Some(due) = schedule.due(at, Instant::now()) {
                sleep_until(due).await;
                late = due.elapsed();
            }
            let own = Own {
                event: (event_type != "message").then_some(&event_type),
                id: Some(&*id).filter(|id| options.keep_ids && !id.is_empty() && *id != last_event_id),
            };
            self.publish(Range::event(number), own, data.into_bytes()).await?;
            self.tally.progress.at(player.bytes);
            last_event_id = id;
        }
        self.close(&player, number, late);
        Ok(self.tally.exit())
    }

    /// Says what was not as it should be.
    fn close(&self, player: &Player, events: u64, late: Duration) {
        let progress = &self.tally.progress;
        if player.is_cut {
            progress.say(&format!(
                "{} ends inside an event, which is dropped as the standard says",
                player.recording.name()
            ));
        } else if events == 0 {
            progress.say(&format!("{} holds no event", player.recording.name()));
        }
        if late > LATE {
            progress.say(&format!("publishing was too slow: the last event went out {} late", for_people(late)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_number_above_zero_or_max() {
        assert_eq!("0.5".parse(), Ok(Speed::Times(0.5)));
        assert_eq!("max".parse(), Ok(Speed::Max));
        for text in ["0", "-1", "inf", "nan", "1e400", "", "fast"] {
            assert_eq!(text.parse::<Speed>(), Err(NotASpeed), "{text}");
        }
    }

    #[test]
    fn distances_are_those_from_the_first_event_divided_by_the_speed() {
        let (now, seconds) = (Instant::now(), Duration::from_secs);
        let mut schedule = Schedule { speed: Speed::Times(2.0), began: None };
        assert_eq!(schedule.due(None, now), None);
        assert_eq!(schedule.due(Some(seconds(60)), now), Some(now));
        assert_eq!(schedule.due(Some(seconds(70)), now + seconds(9)), Some(now + seconds(5)));
        assert_eq!(schedule.due(Some(Duration::MAX), now), Some(now + NEVER));
        schedule.speed = Speed::Times(f64::MIN_POSITIVE);
        assert_eq!(schedule.due(Some(seconds(61)), now), Some(now + NEVER));
        schedule.speed = Speed::Max;
        assert_eq!(schedule.due(Some(seconds(70)), now), None);
    }
}
