//! The inputs that fuzzing has found worth keeping, through the same checks: the short form of
//! `cargo +nightly fuzz run TARGET --fuzz-dir tests/fuzz`.

#[path = "../fuzz/checks.rs"]
mod checks;

use std::fs;
use std::path::Path;

fn each_kept(target: &str, check: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let files = fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
    let mut count = 0;
    for file in files {
        check(&fs::read(file.expect("a file").path()).expect("its bytes"));
        count += 1;
    }
    assert!(count > 10, "{target} has a corpus: {count}");
}

#[test]
fn the_decoder_holds_for_all_inputs_that_are_kept() {
    each_kept("decoder", checks::decoder);
}

#[test]
fn patterns_hold_for_all_inputs_that_are_kept() {
    each_kept("pattern", checks::pattern);
}

#[test]
fn tokens_hold_for_all_inputs_that_are_kept() {
    each_kept("token", checks::token);
}

#[test]
fn key_sets_hold_for_all_inputs_that_are_kept() {
    each_kept("jwks", checks::jwks);
}

#[test]
fn requests_hold_for_all_inputs_that_are_kept() {
    each_kept("request", checks::request);
}
