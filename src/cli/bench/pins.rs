//! `--pin`: on which processors the server runs that is started, and on which this program. What is started runs where
//! the thread runs that starts it; so this thread moves there for that moment, before it has started any other.

use std::str::FromStr;

use crate::bench::System;
use crate::cli::failure::Failure;

/// The highest number of a processor that the kernel's set of this size can hold, and a list of them stays readable.
const MOST: usize = 1023;

/// Who runs where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pins {
    server: Processors,
    generator: Processors,
}

/// Processors by number; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Processors(Vec<usize>);

/// A text that names no processors.
#[derive(Debug, thiserror::Error)]
#[error("give the processors of the server and those of this program, such as 0/1 or 0-2/3,5")]
pub(super) struct NotPins;

impl FromStr for Pins {
    type Err = NotPins;

    fn from_str(text: &str) -> Result<Self, NotPins> {
        let (server, generator) = text.split_once('/').ok_or(NotPins)?;
        Ok(Self { server: server.parse()?, generator: generator.parse()? })
    }
}

impl FromStr for Processors {
    type Err = NotPins;

    fn from_str(text: &str) -> Result<Self, NotPins> {
        let mut numbers = Vec::new();
        for range in text.split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let number = |text: &str| text.parse().ok().filter(|number| *number <= MOST).ok_or(NotPins);
            let (first, last): (usize, usize) = (number(first)?, number(last)?);
            if first > last {
                return Err(NotPins);
            }
            numbers.extend(first..=last);
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(Self(numbers))
    }
}

impl Pins {
    /// Makes sure that there are such processors for this process.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let Some(available) = available() else {
            return Err(Failure::usage("--pin works on Linux only"));
        };
        match self.server.0.iter().chain(&self.generator.0).find(|number| !available.contains(number)) {
            Some(number) => {
                let list: Vec<String> = available.iter().map(usize::to_string).collect();
                let sentence = format!("there is no processor {number} for this process");
                Err(Failure::usage(sentence).hint(format!("it may run on {}", list.join(", "))))
            }
            None => Ok(()),
        }
    }

    /// A sentence for people.
    pub(super) fn in_words(&self) -> String {
        let list =
            |Processors(numbers): &Processors| numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        format!("it on processor {}, this program on {}", list(&self.server), list(&self.generator))
    }
}

/// Starts a server on its processors, if there are any for it, and takes this program's own. Threads that are started
/// meanwhile stay with the server.
pub(super) fn pinned<T>(pins: Option<&Pins>, start: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let Some(Pins { server, generator }) = pins else { return start() };
    server.take()?;
    let started = start();
    generator.take()?;
    started
}

/// Those that this process may run on.
#[cfg(target_os = "linux")]
fn available() -> Option<Vec<usize>> {
    let set = rustix::thread::sched_getaffinity(None).ok()?;
    Some((0..rustix::thread::CpuSet::MAX_CPU).filter(|number| set.is_set(*number)).collect())
}

#[cfg(not(target_os = "linux"))]
fn available() -> Option<Vec<usize>> {
    None
}

impl Processors {
    /// Moves this thread, and all that it starts from now on.
    #[cfg(target_os = "linux")]
    fn take(&self) -> Result<(), Failure> {
        use rustix::thread::CpuSet;
        let mut set = CpuSet::new();
        self.0.iter().filter(|number| **number < CpuSet::MAX_CPU).for_each(|number| set.set(*number));
        let moved = rustix::thread::sched_setaffinity(None, &set);
        moved.map_err(|error| Failure::from(System::from(std::io::Error::from(error))).context("cannot pin"))
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unnecessary_wraps)] // The signature is that of Linux.
    fn take(&self) -> Result<(), Failure> {
        Err(Failure::from(System::from(std::io::Error::from(std::io::ErrorKind::Unsupported))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_numbers_and_ranges_of_them() {
        let numbers = |text: &str| text.parse().ok().map(|pins: Pins| (pins.server.0, pins.generator.0));
        assert_eq!(numbers("0/1"), Some((vec![0], vec![1])));
        assert_eq!(numbers("0-2/3,5,3"), Some((vec![0, 1, 2], vec![3, 5])));
        for text in ["", "0", "0/", "/1", "2-1/0", "a/b", "0/1/2", "0/1024", "0/-1"] {
            assert_eq!(numbers(text), None, "{text}");
        }
    }
}
