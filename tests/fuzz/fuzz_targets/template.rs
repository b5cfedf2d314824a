//! A template of arbitrary text: mistakes or a template, never a panic; what is shown of mistakes
//! can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[expect(dead_code, reason = "the other targets' bodies")]
#[path = "../bodies.rs"]
mod bodies;

fuzz_target!(|text: &str| bodies::template(text));
