//! Room on the stack: jaq calls itself for what is nested, in a filter and in its values, and Rust ends a process whose
//! stack is full.
//!
//! How much of it is used is told by the address of a local variable; no memory is looked at.

use std::cell::Cell;
use std::io;
use std::panic::resume_unwind;
use std::thread::{Builder, scope};

/// What [`with_room`] asks for, in bytes. It is taken from the address space only; memory is what is used of it.
const ROOM: usize = 256 << 20;

/// What is kept of it for what does not look: reading, comparing and dropping values.
const SPARE: usize = 128 << 20;

/// What a filter may use of a stack whose size is not known, in bytes: half of the smallest one that Rust makes.
const SMALL: usize = 1 << 20;

thread_local! {
    static STACK: Cell<Option<Stack>> = const { Cell::new(None) };
}

/// Runs the work on a thread whose stack has room for all that a filter is allowed to do; elsewhere the depth to which a
/// filter can call itself is some hundred. The thread is waited for, and if it panics so does this.
///
/// # Errors
/// If the operating system has no thread to give.
pub(in super::super) fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let work = || {
        STACK.set(Some(Stack { base: address(), room: ROOM - SPARE }));
        work()
    };
    scope(|scope| {
        let thread = Builder::new().name("sse-jq".to_owned()).stack_size(ROOM).spawn_scoped(scope, work)?;
        Ok(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// What a filter may use of the stack of its thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stack {
    base: usize,
    room: usize,
}

impl Stack {
    /// The stack of this thread, from here on if its size is not known.
    pub(super) fn of_this_thread() -> Self {
        STACK.get().unwrap_or_else(|| Self { base: address(), room: SMALL })
    }

    /// Whether all is used that may be.
    pub(super) fn is_full(self) -> bool {
        self.base.abs_diff(address()) > self.room
    }
}

/// About where the stack has grown to.
fn address() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

#[cfg(test)]
mod tests {
    use super::super::budget::Ended;
    use super::super::{FilterFailed, results};
    use super::*;

    #[test]
    fn with_room_a_filter_can_call_itself_deeper_and_nest_more() {
        let factorial = "def f: if . <= 1 then 1 else . * (. - 1 | f) end; 1000 | f | tostring | length";
        assert_eq!(results(factorial, "1"), Err(FilterFailed::Ended(Ended::Depth)));
        assert_eq!(with_room(|| results(factorial, "1")).unwrap().unwrap(), "2568\n");
        let nested = "reduce range(100000) as $n (.; [.]) | 1";
        assert_eq!(with_room(|| results(nested, "1")).unwrap().unwrap(), "1\n");
    }

    #[test]
    fn a_panic_in_there_is_one_out_here() {
        let panic = std::panic::catch_unwind(|| with_room(|| resume_unwind(Box::new(7))).map(|()| 0));
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&7));
    }
}
