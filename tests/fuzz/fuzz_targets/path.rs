//! A path of arbitrary text: refused, or the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[expect(dead_code, reason = "the other targets' bodies")]
#[path = "../bodies.rs"]
mod bodies;

fuzz_target!(|text: &str| bodies::path(text));
