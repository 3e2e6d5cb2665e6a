//! Numbers as people read them, the same in every report.

/// A count with its thousands apart.
#[must_use]
pub fn grouped(count: u64) -> String {
    apart(&count.to_string())
}

/// A number that is not negative, as a count: nobody reads its decimals.
#[must_use]
pub fn whole(value: f64) -> String {
    apart(&format!("{:.0}", value.max(0.0)))
}

fn apart(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count to reckon with.
#[allow(clippy::cast_precision_loss)] // Beyond nine quadrillion the last digit is nobody's concern.
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// Milliseconds, without their unit: three significant digits where there are as many, as the histograms have no more.
#[must_use]
pub fn milliseconds(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.3}"),
        value if value < 100.0 => format!("{value:.2}"),
        value if value < 1000.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// A size in the binary unit that leaves a number below 1024.
#[must_use]
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let Some(unit) = (0..UNITS.len()).rev().find(|unit| size >> (10 * (unit + 1)) > 0) else {
        return format!("{size} B");
    };
    let shift = 10 * (unit + 1);
    let (whole, rest) = (size >> shift, size & ((1 << shift) - 1));
    let tenths = (rest * 10) >> shift;
    if whole >= 10 || tenths == 0 {
        format!("{whole} {}", UNITS[unit])
    } else {
        format!("{whole}.{tenths} {}", UNITS[unit])
    }
}

/// A part of a whole.
#[must_use]
pub fn percent(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}

/// A number with the decimals that it has, four at most.
#[must_use]
pub(super) fn shortest(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A time in seconds, with as many decimals as say something.
#[must_use]
pub fn seconds(value: f64) -> String {
    let text = format!("{value:.3}");
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_readable() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!([0.4, 999.5, 49_999.7].map(whole), ["0", "1,000", "50,000"]);
    }

    #[test]
    fn sizes_have_the_unit_that_fits() {
        let shown = [0, 1023, 1024, 1536, 10 << 10, (10 << 10) + 1023, 3 << 30, u64::MAX].map(bytes);
        assert_eq!(shown, ["0 B", "1023 B", "1 KiB", "1.5 KiB", "10 KiB", "10 KiB", "3 GiB", "16777215 TiB"]);
    }

    #[test]
    fn times_have_no_empty_decimals() {
        assert_eq!([0.0, 1.5, 10.0, 0.25, -1.0].map(seconds), ["0 s", "1.5 s", "10 s", "0.25 s", "-1 s"]);
    }
}
