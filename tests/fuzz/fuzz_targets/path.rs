//! A path of arbitrary text: refused, or the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sfsetup::metadata::path::FieldPath;

fuzz_target!(|text: &str| {
    if let Ok(path) = text.parse::<FieldPath>() {
        assert_eq!(path.to_string().parse::<FieldPath>().expect("it is a path"), path);
    }
});
