//! Where a value lies on an axis, and at which round values the axis has its ticks. Pure arithmetic.

/// An axis, from one value to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    is_log: bool,
    from: f64,
    to: f64,
}

/// From which ratio on values would lie on top of each other on an axis with even steps.
const WIDE: f64 = 60.0;

/// The smallest value that a logarithmic axis begins with: a microsecond in milliseconds.
const LEAST: f64 = 0.001;

impl Scale {
    /// From one value to another, in even steps.
    pub(super) fn linear(from: f64, to: f64) -> Self {
        Self { is_log: false, from, to: if to > from { to } else { from + 1.0 } }
    }

    /// From one value to another above zero, in steps of equal ratios.
    pub(super) fn log(from: f64, to: f64) -> Self {
        let from = from.max(LEAST);
        Self { is_log: true, from, to: to.max(from * 2.0) }
    }

    /// From zero to a round value that is not below any of these; or, if they are far apart, in steps of equal ratios.
    pub(super) fn around(values: impl Iterator<Item = f64>) -> Self {
        let (least, largest) = bounds(values);
        if largest > WIDE * least.max(LEAST) && least > 0.0 {
            return Self::log(round_below(least.max(LEAST)), round_above(largest));
        }
        Self::from_zero(largest)
    }

    /// From zero to a round value that is not below this one, in even steps.
    pub(super) fn from_zero(largest: f64) -> Self {
        let step = step(largest, 5);
        Self::linear(0.0, (largest / step).ceil().max(1.0) * step)
    }

    pub(super) fn is_log(self) -> bool {
        self.is_log
    }

    /// Where a value lies, as a part of the axis; what is beyond an end lies at it.
    pub(super) fn place(self, value: f64) -> f64 {
        let Self { from, to, .. } = self;
        let part = if self.is_log {
            (value.max(from) / from).log10() / (to / from).log10()
        } else {
            (value - from) / (to - from)
        };
        part.clamp(0.0, 1.0)
    }

    /// Round values on it, about as many.
    pub(super) fn ticks(self, about: u32) -> Vec<f64> {
        if self.is_log { self.log_ticks(about) } else { self.linear_ticks(about) }
    }

    fn linear_ticks(self, about: u32) -> Vec<f64> {
        let step = step(self.to - self.from, about);
        let first = (self.from / step).ceil();
        let values = std::iter::successors(Some(0.0), |n| Some(n + 1.0)).map(|n| (first + n) * step);
        values.take_while(|value| *value <= self.to + step * 1e-9).collect()
    }

    /// The powers of ten; two more between them where there is room.
    fn log_ticks(self, about: u32) -> Vec<f64> {
        let decades = (self.to / self.from).log10();
        let between: &[f64] = if decades * 3.0 <= f64::from(about) + 1.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let powers = std::iter::successors(Some(self.from.log10().floor()), |power| Some(power + 1.0));
        let powers = powers.take_while(|power| *power <= self.to.log10());
        let values = powers.flat_map(|power| between.iter().map(move |first| first * 10_f64.powf(power)));
        let (from, to) = (self.from * (1.0 - 1e-9), self.to * (1.0 + 1e-9));
        values.filter(|value| *value >= from && *value <= to).collect()
    }
}

/// The least and the largest; both 0 if there are none.
fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.map(|value| (value, value)).reduce(|(a, b), (c, d)| (a.min(c), b.max(d))).unwrap_or_default()
}

/// A step of 1, 2 or 5 times a power of ten, so that about so many make up a length.
fn step(length: f64, about: u32) -> f64 {
    let rough = if length > 0.0 { length / f64::from(about.max(1)) } else { 1.0 };
    round_above(rough)
}

/// The next 1, 2 or 5 times a power of ten.
fn round_above(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let first = [1.0, 2.0, 5.0, 10.0].into_iter().find(|first| first * power >= value * (1.0 - 1e-9));
    first.unwrap_or(10.0) * power
}

fn round_below(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let first = [5.0, 2.0, 1.0].into_iter().find(|first| first * power <= value * (1.0 + 1e-9));
    first.unwrap_or(1.0) * power
}

/// A tick for people: no more digits than it needs, and large ones in thousands and millions.
pub(super) fn label(value: f64) -> String {
    let (value, unit) = match value {
        value if value >= 1e9 => (value / 1e9, " G"),
        value if value >= 1e6 => (value / 1e6, " M"),
        value if value >= 1e4 => (value / 1e3, " k"),
        value => (value, ""),
    };
    let text = format!("{value:.3}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, about: u32) -> Vec<String> {
        scale.ticks(about).into_iter().map(label).collect()
    }

    #[test]
    fn ticks_are_round_and_cover_all_values() {
        assert_eq!(labels(Scale::around([3.1, 14.6].into_iter()), 5), ["0", "5", "10", "15"]);
        assert_eq!(labels(Scale::around([0.02, 0.071].into_iter()), 5), ["0", "0.02", "0.04", "0.06", "0.08"]);
        assert_eq!(labels(Scale::from_zero(50_000.0), 5), ["0", "10 k", "20 k", "30 k", "40 k", "50 k"]);
        assert_eq!(labels(Scale::linear(0.0, 3600.0), 5), ["0", "1000", "2000", "3000"]);
    }

    #[test]
    fn values_that_are_far_apart_have_steps_of_equal_ratios() {
        let scale = Scale::around([0.03, 6.0].into_iter());
        assert!(scale.is_log());
        assert_eq!(labels(scale, 9), ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10"]);
        assert_eq!(labels(Scale::around([0.03, 25_000.0].into_iter()), 6), ["0.1", "1", "10", "100", "1000", "10 k"]);
    }

    #[test]
    fn a_value_lies_between_the_ends() {
        let near = |part: f64, expected: f64| (part - expected).abs() < 1e-9;
        assert!(near(Scale::linear(0.0, 4.0).place(1.0), 0.25));
        assert!(near(Scale::log(1.0, 100.0).place(10.0), 0.5));
        assert!(near(Scale::log(1.0, 100.0).place(0.0), 0.0) && near(Scale::linear(0.0, 4.0).place(9.0), 1.0));
    }

    #[test]
    fn without_values_there_is_an_axis_all_the_same() {
        for scale in [Scale::around(std::iter::empty()), Scale::from_zero(0.0), Scale::log(1.0, 1.0)] {
            assert!(scale.ticks(5).len() >= 2 && scale.place(0.5).is_finite(), "{scale:?}");
        }
    }
}
