//! Limits such as `p99>50ms` or `lost>0.1%`: what a run must not show.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::metric::{Figure, KNOWN, Metric, Unknown};
use super::spread::Spread;
use crate::bench::figures::milliseconds;
use crate::bench::{Kind, Report, Scenario};

/// A limit for a figure. It is missed where the comparison holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    expression: String,
    metric: Metric,
    operator: Operator,
    unit: Unit,
    limit: f64,
}

/// Why a text is no threshold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAThreshold {
    /// There is nothing to compare by.
    #[error("give it as a figure, one of > >= < <=, and a value, such as `p99>50ms` to fail on, or `p99<50ms` to hold")]
    Operator,
    /// The figure has no such name.
    #[error("there is no figure `{0}`; known are {KNOWN}")]
    Metric(String),
    /// What stands behind a time is none.
    #[error("`{0}` is no time: give it in us, ms or s, such as 50ms")]
    Time(String),
    /// What stands behind a count is none.
    #[error("`{0}` is neither a count nor a part: give it as 10 or as 0.1%")]
    Count(String),
    /// It says what must not be, where it has to say what must hold.
    #[error("give what has to hold, with < or <=, such as `p99<100ms` or `lost<=0`: the smaller a figure, the better")]
    NotABound,
}

/// What a run showed of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// As it was given.
    pub expression: String,
    /// Milliseconds, a count, or percent where the limit is; `None` where it is not known.
    pub value: Option<f64>,
    /// The same for people, with its unit.
    #[serde(skip)]
    pub shown: Option<String>,
    /// Whether all is well; what is not known is not.
    pub met: bool,
    /// A sentence for people about one that was missed.
    pub missed: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Above,
    AtLeast,
    Below,
    AtMost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Milliseconds,
    Percent,
    Count,
}

/// The longer ones first: each begins with another.
const OPERATORS: [(&str, Operator); 4] =
    [(">=", Operator::AtLeast), ("<=", Operator::AtMost), (">", Operator::Above), ("<", Operator::Below)];

/// The units of times, in nanoseconds; the longer ones first, as each ends like another.
const TIMES: [(&str, f64); 4] = [("ms", 1e6), ("us", 1e3), ("µs", 1e3), ("s", 1e9)];

impl Threshold {
    /// Holds the median of the runs against it.
    pub fn judge(&self, reports: &[Report]) -> Outcome {
        let value = Spread::of(self.metric, reports).and_then(|spread| self.unit.of(spread.median));
        let missed = match value {
            Ok(value) if self.operator.holds(value, self.limit) => Some(self.sentence(value)),
            Ok(_) => None,
            Err(unknown) => Some(format!("{} is {unknown}", self.metric)),
        };
        let shown = value.ok().map(|value| self.shown(value));
        Outcome { expression: self.expression.clone(), value: value.ok(), shown, met: missed.is_none(), missed }
    }

    /// Makes sure that its figure is one of a scenario.
    ///
    /// # Errors
    /// A sentence for people if it is not.
    pub fn known_in(&self, scenario: Scenario) -> Result<(), String> {
        self.metric.known_in(scenario).map_err(|unknown| format!("{} is {unknown}", self.metric))
    }

    /// Whether its figure is one of TLS.
    pub fn is_of_tls(&self) -> bool {
        matches!(self.metric, Metric::Time(Kind::Tls, _))
    }

    /// The figure that it limits.
    pub(super) fn metric(&self) -> Metric {
        self.metric
    }

    /// The one that is missed where this one's comparison does not hold.
    pub(super) fn opposite(self) -> Self {
        Self { operator: self.operator.opposite(), ..self }
    }

    /// Whether it is a limit upwards: its comparison holds below it.
    pub(super) fn is_from_above(&self) -> bool {
        matches!(self.operator, Operator::Below | Operator::AtMost)
    }

    /// Whether its comparison holds for a number of milliseconds.
    pub(super) fn holds(&self, milliseconds: f64) -> bool {
        self.operator.holds(milliseconds, self.limit)
    }

    fn sentence(&self, value: f64) -> String {
        let Self { metric, operator, unit, limit, .. } = self;
        // Rounded, it could look like the limit that it is on one side of.
        let looks_like_it = *unit != Unit::Count && self.shown(value) == self.shown(*limit);
        let shown = if looks_like_it { format!("{value}{unit}") } else { self.shown(value) };
        format!("{metric} {shown} {operator} {limit}{unit}")
    }

    fn shown(&self, value: f64) -> String {
        match self.unit {
            Unit::Milliseconds => format!("{} ms", milliseconds(value)),
            Unit::Percent => format!("{value:.4} %"),
            Unit::Count => format!("{value}"),
        }
    }
}

impl Operator {
    fn opposite(self) -> Self {
        match self {
            Self::Above => Self::AtMost,
            Self::AtLeast => Self::Below,
            Self::Below => Self::AtLeast,
            Self::AtMost => Self::Above,
        }
    }

    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
        }
    }
}

impl Unit {
    /// A figure in this unit.
    fn of(self, figure: Figure) -> Result<f64, Unknown> {
        match self {
            Self::Percent if figure.whole <= 0.0 => Err(Unknown::NoWhole),
            Self::Percent => Ok(figure.value / figure.whole * 100.0),
            Self::Milliseconds | Self::Count => Ok(figure.value),
        }
    }
}

impl FromStr for Threshold {
    type Err = NotAThreshold;

    fn from_str(text: &str) -> Result<Self, NotAThreshold> {
        let at = text.find(['<', '>']).ok_or(NotAThreshold::Operator)?;
        let (name, rest) = text.split_at(at);
        let found = OPERATORS.iter().find_map(|(sign, operator)| Some((rest.strip_prefix(sign)?, *operator)));
        let (value, operator) = found.ok_or(NotAThreshold::Operator)?;
        let (name, value) = (name.trim(), value.trim());
        let metric: Metric = name.parse().map_err(|()| NotAThreshold::Metric(name.to_owned()))?;
        let (unit, limit) = if metric.is_time() {
            (Unit::Milliseconds, time(value).ok_or_else(|| NotAThreshold::Time(value.to_owned()))?)
        } else {
            count(value).ok_or_else(|| NotAThreshold::Count(value.to_owned()))?
        };
        Ok(Self { expression: text.to_owned(), metric, operator, unit, limit })
    }
}

/// A time in milliseconds.
fn time(text: &str) -> Option<f64> {
    let (number, unit) = TIMES.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    // Whole nanoseconds on the way, so that 0.061 s and 61 ms are the same.
    Some((number_of(number)? * unit).round() / 1e6)
}

fn count(text: &str) -> Option<(Unit, f64)> {
    match text.strip_suffix('%') {
        Some(part) => Some((Unit::Percent, number_of(part)?)),
        None => number_of(text).filter(|number| number.fract() == 0.0).map(|number| (Unit::Count, number)),
    }
}

/// A decimal number that is not negative; words such as `inf` are none.
fn number_of(text: &str) -> Option<f64> {
    let text = text.trim_end();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|number: &f64| digits && number.is_finite())
}

impl fmt::Display for Operator {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = OPERATORS.iter().find(|(_, operator)| operator == self).map_or("", |(sign, _)| sign);
        out.write_str(sign)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Milliseconds => " ms",
            Self::Percent => " %",
            Self::Count => "",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Deliveries, Events, Percentiles};

    fn judge(text: &str) -> Outcome {
        let report = Report {
            events: Events { sent: 1_000, ..Events::default() },
            deliveries: Deliveries { expected: 2_000, lost: 3, ..Deliveries::default() },
            latency_ms: Percentiles { p99: Some(61.0), p99_9: Some(70.0), count: 2_000, ..Percentiles::default() },
            ..Report::default()
        };
        let threshold: Threshold = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        threshold.judge(&[report])
    }

    fn missed(text: &str) -> Option<String> {
        judge(text).missed
    }

    #[test]
    fn a_threshold_is_missed_where_its_comparison_holds() {
        assert_eq!(missed("p99>50ms").as_deref(), Some("p99 61.00 ms > 50 ms"));
        assert_eq!(missed("p99 >= 0.061 s").as_deref(), Some("p99 61 ms >= 61 ms"));
        assert_eq!(missed("p99 < 61001us").as_deref(), Some("p99 61 ms < 61.001 ms"));
        assert_eq!(
            [missed("p99>61ms"), missed("p99<61ms"), missed("p99<=60ms"), missed("p99>=61.1ms")],
            [const { None }; 4]
        );
    }

    #[test]
    fn a_count_is_held_against_a_number_or_a_part() {
        assert_eq!(missed("lost>2").as_deref(), Some("lost 3 > 2"));
        assert_eq!(missed("lost>0.1%").as_deref(), Some("lost 0.1500 % > 0.1 %"));
        assert_eq!([missed("lost>3"), missed("lost>0.2 %"), missed("duplicated>0")], [const { None }; 3]);
    }

    #[test]
    fn what_is_not_known_is_missed_and_says_why() {
        let outcome = judge("p99.9>10s");
        assert_eq!((outcome.met, outcome.value), (false, None));
        assert_eq!(
            outcome.missed.as_deref(),
            Some("p99.9 is not known: it rests on 1000 samples, and 10000 are the least")
        );
        assert!(missed("refused>1%").is_some_and(|said| said.contains("nothing that it could be a part of")));
    }

    #[test]
    fn a_wrong_expression_says_what_is_known() {
        let wrong = |text: &str| text.parse::<Threshold>().expect_err(text);
        assert_eq!([wrong("p99"), wrong("p99=5ms"), wrong("")], [const { NotAThreshold::Operator }; 3]);
        assert!(wrong("p95>5ms").to_string().contains("no figure `p95`; known are p50, p90, p99"));
        for text in ["p99>5", "p99>ms", "p99>-5ms", "p99>infs", "p99>1e3ms", "p99>5%", "p99>>5ms"] {
            assert!(matches!(wrong(text), NotAThreshold::Time(_)), "{text}");
        }
        for text in ["lost>", "lost>1.5", "lost>5ms", "lost>-1", "lost>%", "lost>nan%"] {
            assert!(matches!(wrong(text), NotAThreshold::Count(_)), "{text}");
        }
    }
}
