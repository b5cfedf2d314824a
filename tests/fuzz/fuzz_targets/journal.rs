//! A journal's entry of arbitrary bytes: refused, or its before-images are documents or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sfsetup::journal::Entry;

fuzz_target!(|input: &[u8]| {
    let Ok(entry) = serde_json::from_slice::<Entry>(input) else { return };
    let _ = entry.words();
    if let Ok(images) = entry.images() {
        assert_eq!(images.len(), entry.before.len());
        for (image, before) in images.iter().zip(&entry.before) {
            assert_eq!(image.before.is_some(), before.xml.is_some(), "gone is not unreadable");
        }
    }
});
