//! Index and edit on arbitrary bytes: nothing panics, what is edited reads again, an insertion that
//! is taken out leaves no trace.
//!
//! `cd tests && cargo +nightly fuzz run --fuzz-dir fuzz document ../fixtures`; with a stable
//! toolchain set `RUSTC_BOOTSTRAP=1`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[expect(dead_code, reason = "the other targets' bodies")]
#[path = "../bodies.rs"]
mod bodies;

fuzz_target!(|input: &[u8]| bodies::document(input));
