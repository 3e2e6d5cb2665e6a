//! What a filter may cost for one event, and how one that costs more is ended.
//!
//! jaq runs a filter to its end and cannot be asked to stop. But each of its steps looks up what to do next, and there it
//! is ended by unwinding its stack, as a panic would, without being one. A panic of jaq itself is caught in the same
//! place: data that finds a fault of it ends neither the stream nor the process. None of this works in a program that is
//! built to abort on panics.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::Once;
use std::thread::{Builder, scope};
use std::time::{Duration, Instant};

use super::FilterFailed;

/// How long a filter may take: Ctrl-C is not heard before.
pub(super) const LONGEST: Duration = Duration::from_secs(5);

/// How many steps it may take. Each can nest a value one level deeper, and to drop a level takes 48 bytes of the stack: 96
/// MiB at most, for which [`SPARE`] has room.
pub(super) const STEPS: u32 = 2_000_000;

/// The stack of [`with_room`], in bytes. It is taken from the address space only; memory is what is used of it.
const ROOM: usize = 256 << 20;

/// What a filter that calls itself leaves of it for what makes no steps: reading, comparing and dropping values.
const SPARE: usize = 128 << 20;

/// Runs the work on a thread whose stack has room for a filter. It is waited for, and if it panics so does this.
///
/// # Errors
/// If the operating system has no thread to give.
pub(crate) fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    scope(|scope| {
        let thread = Builder::new().name("sse-jq".to_owned()).stack_size(ROOM).spawn_scoped(scope, work)?;
        Ok(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// What is left for an event.
pub(super) struct Limits {
    steps: Cell<u32>,
    deadline: Instant,
    /// Where the stack has been at the beginning.
    base: usize,
}

impl Limits {
    /// All of it, from now on.
    pub(super) fn new() -> Self {
        Self { steps: Cell::new(STEPS), deadline: Instant::now() + LONGEST, base: address() }
    }

    /// Takes account of a step, inside of [`catch`]; if nothing is left it does not return.
    pub(super) fn step(&self) {
        let Some(left) = self.steps.get().checked_sub(1) else { return end(FilterFailed::Steps) };
        self.steps.set(left);
        self.look_at_stack();
        if Instant::now() >= self.deadline {
            end(FilterFailed::Time);
        }
    }

    /// Does not return if too much of the stack is used, as by what calls itself.
    pub(super) fn look_at_stack(&self) {
        if self.base.abs_diff(address()) > ROOM - SPARE {
            end(FilterFailed::Depth);
        }
    }
}

/// About where the stack has grown to. No memory is looked at.
fn address() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

/// What is dropped on the way out makes no steps: that would be a panic inside of one, and the end of the process.
#[cold]
fn end(why: FilterFailed) {
    resume_unwind(Box::new(why));
}

thread_local! {
    /// Whether a panic on this thread is caught below, and told as an error.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs a filter to its end.
pub(super) fn catch<T>(filter: impl FnOnce() -> Result<T, FilterFailed>) -> Result<T, FilterFailed> {
    keep_quiet_when_caught();
    CAUGHT.set(true);
    // What it leaves half done is dropped, but for the results, which the caller cuts off.
    let result = catch_unwind(AssertUnwindSafe(filter));
    CAUGHT.set(false);
    result.unwrap_or_else(|panic| {
        Err(panic.downcast().map_or_else(|panic| FilterFailed::Fault(message(panic.as_ref())), |ended| *ended))
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
    use super::super::tests::results;
    use super::*;

    #[test]
    fn what_is_endless_is_ended() {
        let loops =
            ["[repeat(1)]", "def f: f; f", "[range(infinite)]", "[range(0; 1; 0)]", "repeat(try error catch 1)"];
        for filter in loops {
            assert_eq!(results(filter, "1"), Err(FilterFailed::Steps), "{filter}");
        }
    }

    #[test]
    fn what_nests_calls_or_values_endlessly_is_ended_before_the_stack_is_full() {
        assert_eq!(results("def f: 1 + f; f", "1"), Err(FilterFailed::Depth));
        assert_eq!(results("def f: try (1 + f) catch 2; f", "1"), Err(FilterFailed::Depth), "nothing catches it");
        assert_eq!(results("def f: [.] | f; f", "1"), Err(FilterFailed::Steps));
        assert_eq!(results("reduce range(90000) as $n (.; [[[[.]]]])", "1"), Err(FilterFailed::Depth), "not written");
    }

    #[test]
    fn a_filter_can_call_itself_and_nest_what_people_write() {
        let factorial = "def f: if . <= 1 then 1 else . * (. - 1 | f) end; 1000 | f | tostring | length";
        assert_eq!(results(factorial, "1").unwrap(), "2568\n");
        assert_eq!(results("reduce range(10000) as $n (.; [.]) | 1", "1").unwrap(), "1\n");
        let numbers = format!("[{}1]", "1,".repeat(120_000));
        assert_eq!(results("map(. + 1) | add", &numbers).unwrap(), "240002\n");
    }

    #[test]
    fn a_step_after_its_time_ends_a_filter() {
        let late = Limits { deadline: Instant::now(), ..Limits::new() };
        assert_eq!(
            catch(|| {
                late.step();
                Ok(())
            }),
            Err(FilterFailed::Time)
        );
    }

    #[test]
    fn a_fault_of_the_interpreter_is_an_error_of_the_filter() {
        let why = results(r#""xx" * 9223372036854775807"#, "1").unwrap_err().to_string();
        assert!(why.contains("at fault") && why.contains("capacity overflow"), "{why}");
        assert_eq!(results(". + 1", "1").unwrap(), "2\n", "and the next event is filtered");
    }
}
