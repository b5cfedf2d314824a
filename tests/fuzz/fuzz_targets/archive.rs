//! A zip of arbitrary bytes: refused or read, never a panic, and never a name that leads outside.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sfsetup::metadata::archive::{Limits, check_name, read_zip, write_zip};

fuzz_target!(|input: &[u8]| {
    let Ok(files) = read_zip(input, &Limits::default()) else { return };
    for name in files.keys() {
        assert!(check_name(name).is_ok(), "{name}");
    }
    let again = write_zip(&files).expect("what was read can be written");
    assert_eq!(read_zip(&again, &Limits::default()).expect("and read"), files);
});
