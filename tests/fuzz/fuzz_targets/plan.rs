//! A plan's file of arbitrary bytes: refused, or the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sfsetup::plan::saved::SavedPlan;

fuzz_target!(|input: &[u8]| {
    let Ok(plan) = serde_json::from_slice::<SavedPlan>(input) else { return };
    let text = serde_json::to_string(&plan).expect("a plan is JSON");
    let again: SavedPlan = serde_json::from_str(&text).expect("and can be read again");
    assert_eq!(serde_json::to_string(&again).expect("a plan is JSON"), text);
});
