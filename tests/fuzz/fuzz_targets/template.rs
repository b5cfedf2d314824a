//! A template of arbitrary text: mistakes or a template, never a panic; what is shown of mistakes
//! can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sfsetup::template::{self, Arguments};

fuzz_target!(|text: &str| {
    match template::parse("fuzz.toml", text) {
        Err(errors) => drop((errors.to_string(), errors.render(true))),
        Ok(template) => drop(template::expand(&template, &Arguments::default())),
    }
});
