//! The `sse` program: everything is in the library, see [`sse::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    sse::cli::main()
}
