//! What a filter may cost for one event, and how one that costs more is ended.
//!
//! jaq runs a filter to its end and cannot be asked to stop. But each of its steps looks up what to do next, and
//! there it is ended by unwinding its stack, as a panic would, without being one: no message is printed. A panic of jaq
//! itself is caught in the same place, so that data which finds a fault of it ends neither the stream nor the process.
//! None of this works in a program that is built to abort on panics.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::Once;
use std::time::{Duration, Instant};

use super::memory;
use super::stack::Stack;

/// The steps that a filter may take for an event, however small: enough to count to a hundred thousand.
const STEPS: u64 = 1_000_000;

/// How many more it may take for each byte of the data.
const STEPS_PER_BYTE: u64 = 32;

/// How long it may take: Ctrl-C is not heard before.
const LONGEST: Duration = Duration::from_secs(5);

/// How much memory its values may need, in bytes, where that can be told.
const MEMORY: u64 = 256 << 20;

/// How much more they may need for each byte of the data.
const MEMORY_PER_BYTE: u64 = 64;

/// The time is looked at once in so many steps, because that costs as much as a step. In between, a text or an array can
/// double once.
const LOOK: u64 = 4;

/// The memory is looked at in these intervals, because that costs as much as a thousand steps.
const LOOK_AT_MEMORY: Duration = Duration::from_millis(10);

/// Why a filter was ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum Ended {
    /// So many steps were not enough.
    #[error("it needs more than {0} steps: is it endless?")]
    Steps(u64),
    /// Its time is over.
    #[error("it takes longer than {} s", LONGEST.as_secs())]
    Time,
    /// So many MiB were not enough.
    #[error("its values need more than {0} MiB")]
    Memory(u64),
    /// It is nested too deep.
    #[error("it calls itself too often inside itself")]
    Depth,
    /// What jaq panicked with.
    #[error("jaq, which runs it, is at fault: {0}")]
    Fault(String),
}

/// What is left for an event.
#[derive(Debug)]
pub(super) struct Budget {
    steps: u64,
    left: Cell<u64>,
    deadline: Instant,
    stack: Stack,
    memory: u64,
    /// The memory that the process had in use when it was looked at first.
    before: Cell<Option<u64>>,
    next_look: Cell<Instant>,
}

impl Budget {
    /// The budget for data of this many bytes, from now on.
    pub(super) fn new(bytes: usize) -> Self {
        let (bytes, now) = (bytes as u64, Instant::now());
        let steps = STEPS.saturating_add(STEPS_PER_BYTE.saturating_mul(bytes));
        Self {
            steps,
            left: Cell::new(steps),
            deadline: now + LONGEST,
            stack: Stack::of_this_thread(),
            memory: MEMORY.saturating_add(MEMORY_PER_BYTE.saturating_mul(bytes)),
            before: Cell::new(None),
            next_look: Cell::new(now + LOOK_AT_MEMORY),
        }
    }

    /// The same but for the memory: that of the process is used by other tests too.
    #[cfg(test)]
    pub(super) fn whatever_the_memory(self) -> Self {
        Self { memory: u64::MAX, ..self }
    }

    /// Takes account of a step, inside of [`catch`]; if nothing is left it does not return.
    pub(super) fn spend(&self) {
        let Some(left) = self.left.get().checked_sub(1) else { return end(Ended::Steps(self.steps)) };
        self.left.set(left);
        if self.stack.is_full() {
            end(Ended::Depth);
        }
        if left.is_multiple_of(LOOK) {
            let now = Instant::now();
            if now > self.deadline {
                end(Ended::Time);
            }
            if now > self.next_look.get() {
                self.look_at_memory();
                self.next_look.set(Instant::now() + LOOK_AT_MEMORY);
            }
        }
    }

    #[cold]
    fn look_at_memory(&self) {
        let Some(in_use) = memory::in_use() else { return };
        let before = self.before.get().unwrap_or(in_use);
        self.before.set(Some(before));
        if in_use.saturating_sub(before) > self.memory {
            end(Ended::Memory(self.memory >> 20));
        }
    }
}

#[cold]
fn end(why: Ended) {
    // What is dropped on the way out may not begin to unwind once more: that would end the process.
    if !std::thread::panicking() {
        resume_unwind(Box::new(why));
    }
}

thread_local! {
    /// Whether a panic on this thread is caught below, and told by its error.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs a filter to its end.
pub(super) fn catch<T>(filter: impl FnOnce() -> T) -> Result<T, Ended> {
    keep_quiet_when_caught();
    CAUGHT.set(true);
    // What it leaves half done is dropped, but for the results, which the caller cuts off.
    let result = catch_unwind(AssertUnwindSafe(filter));
    CAUGHT.set(false);
    result.map_err(|panic| match panic.downcast() {
        Ok(ended) => *ended,
        Err(panic) => Ended::Fault(message(panic.as_ref())),
    })
}

/// Panics are printed before they are caught, unless the process is told otherwise.
fn keep_quiet_when_caught() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |panic| {
            if !CAUGHT.get() {
                print(panic);
            }
        }));
    });
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it does not say why").to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::{FilterFailed, results, results_within, with_room};
    use super::*;

    fn ended(filter: &str) -> Ended {
        ended_within(&Budget::new(1).whatever_the_memory(), filter)
    }

    fn ended_within(budget: &Budget, filter: &str) -> Ended {
        match results_within(budget, filter, "1") {
            Err(FilterFailed::Ended(why)) => why,
            other => panic!("{filter}: {other:?}"),
        }
    }

    #[test]
    fn what_is_endless_is_ended() {
        let loops = [
            "repeat(1)",
            "[repeat(1)]",
            "def f: f; f",
            "range(infinite)",
            "[range(0; 1; 0)]",
            "last(range(infinite))",
            "until(false; . + 1)",
            "[limit(1e18; repeat(1))]",
            "first(range(infinite) | empty)",
            "reduce repeat(1) as $n (0; . + $n)",
            "repeat(try error catch 1)",
        ];
        for filter in loops {
            let budget = Budget { left: Cell::new(20_000), ..Budget::new(1) };
            assert_eq!(ended_within(&budget, filter), Ended::Steps(STEPS + STEPS_PER_BYTE), "{filter}");
        }
        assert!(matches!(ended("[repeat(1)]"), Ended::Steps(_)));
    }

    #[test]
    fn what_is_nested_endlessly_is_ended() {
        assert_eq!(ended("def f: 1 + f; f"), Ended::Depth);
        let nested = with_room(|| ended("def f: [.] | f; f")).unwrap();
        assert!(matches!(nested, Ended::Steps(_)), "{nested}");
    }

    #[test]
    fn an_end_cannot_be_caught_by_the_filter() {
        assert_eq!(ended("def f: try (1 + f) catch 2; f"), Ended::Depth);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn few_steps_that_fill_the_memory_are_ended() {
        assert_eq!(ended_within(&Budget::new(0), r#"def f: . + . | f; "x" | f"#), Ended::Memory(256));
    }

    #[test]
    fn few_steps_that_take_long_are_ended_in_time() {
        let budget = Budget { deadline: Instant::now(), ..Budget::new(0) };
        let filter = "[range(2000)] | last(.[] + .[] + .[])";
        assert_eq!(results_within(&budget, filter, "1"), Err(FilterFailed::Ended(Ended::Time)));
    }

    #[test]
    fn large_data_may_take_more_steps() {
        let numbers = format!("[{}1]", "1,".repeat(120_000));
        assert_eq!(results("map(. + 1) | add", &numbers).unwrap(), "240002\n");
    }

    #[test]
    fn a_fault_of_the_interpreter_is_an_error_of_the_filter() {
        let Ended::Fault(why) = ended(r#""xx" * 9223372036854775807"#) else { panic!("another reason") };
        assert!(why.contains("capacity overflow"), "{why}");
        assert_eq!(results(". + 1", "1").unwrap(), "2\n", "and the next event is filtered");
    }
}
