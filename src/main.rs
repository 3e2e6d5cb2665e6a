//! The `sse` program: everything is in the library, see [`sse::cli`].

use std::process::ExitCode;

/// Returns memory to the system after a storm of connections, which the allocator of the C library keeps.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sse::cli::main()
}
