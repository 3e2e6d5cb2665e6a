//! What to try next, and what was found: doubling from the start until something does not hold, then halving the distance
//! between the highest that held and the lowest that did not, by their ratio, then once more the highest that held, in a
//! longer run. A step that does not hold is tried again, so that one hiccup of the machine does not decide.

use super::judged::Fate;

/// How much higher the lowest value that did not hold may be than the result, as a part of it.
pub const RESOLUTION: f64 = 0.05;

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    start: u32,
    most: u32,
    stage: Stage,
    /// What is to be tried.
    value: u32,
    /// What came of it so far, where that does not decide yet.
    fates: Vec<Fate>,
    steps: u32,
    runs: u32,
    /// All that held.
    held: Vec<u32>,
    /// The highest that held in a longer run.
    confirmed: Option<u32>,
    /// The lowest that the server did not hold.
    missed: Option<u32>,
    /// The lowest at which the generator was the limit.
    generator: Option<u32>,
    /// Where there was no server any more.
    gone: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Climbing,
    Narrowing,
    /// In longer runs; should this one not hold, the next one is lower by this part.
    Confirming(f64),
    Over,
}

/// A run to carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number, from 1.
    pub number: u32,
    /// Which try of the step it is, from 1.
    pub attempt: u32,
    /// The rate, or how many connections.
    pub value: u32,
    /// Whether it is to be a longer run.
    pub confirms: bool,
}

/// What came of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The highest that held below all that did not.
    pub value: Option<u32>,
    /// Whether it held in a longer run.
    pub confirmed: bool,
    /// What ended the search.
    pub limit: Limit,
}

/// What ended a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// This is the lowest value that the server did not hold.
    Server(u32),
    /// The generator could not tell from this value on.
    Generator(u32),
    /// At this value there was no server any more.
    Gone(u32),
    /// All that may be tried held.
    Most,
    /// There were as many runs as a search may have.
    Runs,
    /// It was stopped.
    Stopped,
}

impl Limit {
    /// Whether a higher value might hold.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Server(_))
    }
}

impl Search {
    /// How many runs a search may have: a climb from 1 to a million with a hiccup in each step fits, and most take 20.
    pub const MOST_RUNS: u32 = 100;

    /// Begins with `start`, and tries nothing above `most`.
    pub fn new(start: u32, most: u32) -> Self {
        let start = start.min(most);
        Self {
            start,
            most,
            stage: Stage::Climbing,
            value: start,
            fates: Vec::new(),
            steps: 0,
            runs: 0,
            held: Vec::new(),
            confirmed: None,
            missed: None,
            generator: None,
            gone: None,
        }
    }

    /// What is to be tried next, if anything is.
    pub fn step(&self) -> Option<Step> {
        let Self { stage, value, steps, fates, runs, .. } = self;
        (*stage != Stage::Over && *runs < Self::MOST_RUNS).then(|| Step {
            number: steps + 1,
            attempt: u32::try_from(fates.len()).unwrap_or(u32::MAX).saturating_add(1),
            value: *value,
            confirms: matches!(stage, Stage::Confirming(_)),
        })
    }

    /// Takes what came of [`Self::step`].
    pub fn tell(&mut self, fate: Fate) {
        self.runs += 1;
        // What holds at once holds; else two of three decide, and what has no two for it does not hold.
        let decides = match self.fates.as_slice() {
            [] => (fate == Fate::Held).then_some(fate),
            [first] => first.is_like(fate).then_some(fate),
            earlier => Some(if earlier.iter().any(|other| other.is_like(fate)) { fate } else { Fate::Missed }),
        };
        let Some(fate) = decides else { return self.fates.push(fate) };
        self.fates.clear();
        self.steps += 1;
        self.note(fate);
        self.stage = match (self.stage, fate) {
            (Stage::Over, _) | (_, Fate::Gone) => Stage::Over,
            (Stage::Climbing, Fate::Held) if self.value < self.most => {
                self.value = self.value.saturating_mul(2).min(self.most);
                Stage::Climbing
            }
            (Stage::Climbing | Stage::Narrowing, Fate::Generator) => self.confirm(),
            (Stage::Climbing | Stage::Narrowing, _) => self.narrow(),
            (Stage::Confirming(down), _) => self.confirm_on(down),
        };
    }

    /// What was found so far.
    pub fn found(&self) -> Found {
        let limit = match (self.gone, self.missed, self.generator) {
            (Some(gone), ..) => Limit::Gone(gone),
            _ if self.stage != Stage::Over && self.runs >= Self::MOST_RUNS => Limit::Runs,
            _ if self.stage != Stage::Over => Limit::Stopped,
            (_, Some(missed), Some(generator)) if generator < missed => Limit::Generator(generator),
            (_, Some(missed), _) => Limit::Server(missed),
            (_, None, Some(generator)) => Limit::Generator(generator),
            (_, None, None) => Limit::Most,
        };
        Found { value: self.confirmed.or_else(|| self.best()), confirmed: self.confirmed.is_some(), limit }
    }

    fn note(&mut self, fate: Fate) {
        let value = self.value;
        let lowest = |known: Option<u32>| Some(known.map_or(value, |known| known.min(value)));
        match fate {
            Fate::Held => {
                self.held.push(value);
                if matches!(self.stage, Stage::Confirming(_)) {
                    self.confirmed = self.confirmed.max(Some(value));
                }
            }
            Fate::Missed | Fate::Failed => self.missed = lowest(self.missed),
            Fate::Generator => self.generator = lowest(self.generator),
            Fate::Gone => self.gone = Some(value),
        }
    }

    /// The highest that held below all that did not.
    fn best(&self) -> Option<u32> {
        self.held.iter().copied().filter(|held| self.missed.is_none_or(|missed| *held < missed)).max()
    }

    /// Goes on between what held and what did not.
    fn narrow(&mut self) -> Stage {
        match (self.best(), self.missed) {
            (Some(held), Some(missed)) if !is_close(held, missed) => {
                self.value = between(held, missed);
                Stage::Narrowing
            }
            _ => self.confirm(),
        }
    }

    /// Goes on with a longer run of the highest that held.
    fn confirm(&mut self) -> Stage {
        let Some(best) = self.best() else { return Stage::Over };
        self.value = best;
        Stage::Confirming(RESOLUTION)
    }

    /// Goes on after a longer run: to lower values until one holds, and between that and those that did not.
    fn confirm_on(&mut self, down: f64) -> Stage {
        match (self.confirmed, self.missed) {
            (Some(held), Some(missed))
                if !is_close(held, missed) && self.generator.is_none_or(|generator| generator > missed) =>
            {
                self.value = between(held, missed);
            }
            (Some(_), _) => return Stage::Over,
            (None, _) if self.value <= self.start => return Stage::Over,
            (None, _) => self.value = below(self.value, down).clamp(self.start, self.value - 1),
        }
        Stage::Confirming((down * 2.0).min(1.0))
    }
}

/// Whether a result may be this close to what did not hold.
fn is_close(held: u32, missed: u32) -> bool {
    missed <= held.saturating_add(1) || f64::from(missed) <= f64::from(held) * (1.0 + RESOLUTION)
}

/// The geometric mean, apart from both.
fn between(held: u32, missed: u32) -> u32 {
    rounded((f64::from(held) * f64::from(missed)).sqrt()).clamp(held + 1, missed - 1)
}

/// The value that is lower by a part of itself.
fn below(value: u32, part: f64) -> u32 {
    rounded((f64::from(value) / (1.0 + part)).ceil())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // All are between 0 and the largest `u32`.
fn rounded(value: f64) -> u32 {
    value.round() as u32
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Carries a search out; returns what was found, and what was tried.
    pub(in super::super) fn carried_out(mut search: Search, mut run: impl FnMut(Step) -> Fate) -> (Found, Vec<Step>) {
        let mut tried = Vec::new();
        while let Some(step) = search.step() {
            tried.push(step);
            search.tell(run(step));
        }
        (search.found(), tried)
    }

    fn of_limit(limit: u32) -> impl FnMut(Step) -> Fate {
        move |step| if step.value <= limit { Fate::Held } else { Fate::Missed }
    }

    #[test]
    fn it_doubles_narrows_and_confirms() {
        let (found, tried) = carried_out(Search::new(100, 1_000_000), of_limit(1_000));
        let values: Vec<u32> = tried.iter().filter(|step| step.attempt == 1).map(|step| step.value).collect();
        assert_eq!(values, [100, 200, 400, 800, 1600, 1131, 951, 1037, 993, 993]);
        assert_eq!(found, Found { value: Some(993), confirmed: true, limit: Limit::Server(1037) });
        let confirming: Vec<bool> = tried.iter().map(|step| step.confirms).collect();
        assert_eq!(confirming.iter().filter(|confirms| **confirms).count(), 1);
        assert!(tried.iter().filter(|step| step.value > 1_000).count() == 6, "what fails is tried twice: {tried:?}");
    }

    #[test]
    fn a_hiccup_is_tried_again_and_two_of_three_decide() {
        let decided = |fates: [Fate; 3]| {
            let mut search = Search::new(10, 100);
            for fate in fates {
                search.tell(fate);
            }
            (search.step().map(|step| step.value), search.missed)
        };
        assert_eq!(decided([Fate::Missed, Fate::Held, Fate::Held]), (Some(20), None));
        assert_eq!(decided([Fate::Missed, Fate::Held, Fate::Failed]), (None, Some(10)));
        assert_eq!(decided([Fate::Generator, Fate::Held, Fate::Held]), (Some(20), None));
        assert_eq!(decided([Fate::Missed, Fate::Held, Fate::Generator]), (None, Some(10)), "each says something else");
        let mut search = Search::new(10, 100);
        search.tell(Fate::Missed);
        assert_eq!(search.step(), Some(Step { number: 1, attempt: 2, value: 10, confirms: false }));
        search.tell(Fate::Failed);
        assert_eq!(search.step(), None, "missed and failed are both no");
        assert_eq!(search.found(), Found { value: None, confirmed: false, limit: Limit::Server(10) });
    }

    #[test]
    fn where_the_generator_is_the_limit_the_search_ends_and_the_result_is_the_least() {
        let (found, tried) = carried_out(Search::new(100, 1_000_000), |step| match step.value {
            ..=500 => Fate::Held,
            _ => Fate::Generator,
        });
        assert_eq!(found, Found { value: Some(400), confirmed: true, limit: Limit::Generator(800) });
        assert_eq!(tried.last().map(|step| (step.value, step.confirms)), Some((400, true)));
        let at_once = carried_out(Search::new(100, 1_000), |_| Fate::Generator).0;
        assert_eq!(at_once, Found { value: None, confirmed: false, limit: Limit::Generator(100) });
    }

    #[test]
    fn what_does_not_hold_for_longer_is_not_the_result() {
        let mut limits = [1_000, 600].map(of_limit);
        let (found, _) = carried_out(Search::new(100, 1_000_000), |step| limits[usize::from(step.confirms)](step));
        let Found { value: Some(value), confirmed: true, limit: Limit::Server(missed) } = found else {
            panic!("{found:?}")
        };
        assert!(value <= 600 && missed > 600 && is_close(value, missed), "{found:?}");
        let never = carried_out(Search::new(100, 1_000), |step| {
            if step.confirms || step.value > 300 { Fate::Failed } else { Fate::Held }
        });
        assert_eq!(never.0, Found { value: None, confirmed: false, limit: Limit::Server(100) });
    }

    #[test]
    fn the_largest_that_may_be_tried_and_the_end_of_the_server_end_a_search() {
        let (found, tried) = carried_out(Search::new(100, 150), |_| Fate::Held);
        assert_eq!(found, Found { value: Some(150), confirmed: true, limit: Limit::Most });
        assert_eq!(tried.len(), 3);
        let (found, _) = carried_out(Search::new(100, 1_000_000), |step| match step.value {
            ..=500 => Fate::Held,
            _ => Fate::Gone,
        });
        assert_eq!(found, Found { value: Some(400), confirmed: false, limit: Limit::Gone(800) });
        let mut stopped = Search::new(100, 1_000);
        stopped.tell(Fate::Held);
        assert_eq!(stopped.found(), Found { value: Some(100), confirmed: false, limit: Limit::Stopped });
    }
}
