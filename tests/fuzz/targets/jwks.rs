//! See `checks.rs`.
#![no_main]

#[allow(dead_code)] // The others have targets of their own.
#[path = "../checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::jwks(input));
