//! `--size`: one size, a range of sizes, or several of either with weights.

use super::MAX_SIZE;
use crate::bench::{MIN_SIZE, Part, Sizes};
use crate::cli::values;

/// Parses `200`, `200..4k` or `200:90,4k..8k:9,64k:1`.
pub(super) fn parse(text: &str) -> Result<Sizes, String> {
    let parts = text.split(',').map(|text| part(text.trim())).collect::<Result<_, _>>()?;
    Sizes::mix(parts).map_err(|error| error.to_string())
}

fn part(text: &str) -> Result<Part, String> {
    let (sizes, weight) = match text.split_once(':') {
        Some((sizes, weight)) => {
            (sizes, weight.trim().parse().map_err(|_| format!("{weight:?} is no weight: give it as 90"))?)
        }
        None => (text, 1),
    };
    let (least, most) = sizes.split_once("..").unwrap_or((sizes, sizes));
    Ok(Part { least: size(least.trim())?, most: size(most.trim())?, weight })
}

/// A size that a payload can have.
fn size(text: &str) -> Result<usize, String> {
    let size = values::size(text)?;
    let least = u64::try_from(MIN_SIZE).unwrap_or(u64::MAX);
    if (least..=MAX_SIZE).contains(&size) {
        return usize::try_from(size).map_err(|error| error.to_string());
    }
    Err(format!(
        "an event needs {MIN_SIZE} bytes to say which it is and when it was sent, and may have {MAX_SIZE} at most"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_one_or_a_range_or_a_mix_of_both() {
        let shown = |text| parse(text).map(|sizes| sizes.to_string());
        for (text, expected) in [
            ("200", "200"),
            ("4KiB", "4096"),
            ("200..4k", "200..4000"),
            ("200..200", "200"),
            ("200:90, 4k:9,64k:1", "200:90,4000:9,64000:1"),
            ("200,1000..2000:3", "200:1,1000..2000:3"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
        for wrong in
            ["", "20", "200..", "..200", "4k..200", "200:", "200:x", "200:-1", "200:0", "200,", "17MiB", "200..64MiB"]
        {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
    }
}
