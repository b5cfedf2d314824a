//! Which day it is; what is written is the same on the same day.

use std::time::Duration;

/// Returns the day, in UTC; `SOURCE_DATE_EPOCH` names another, so that what is published can be
/// made anew byte for byte.
pub(crate) fn today() -> String {
    day_after(Duration::ZERO)
}

/// Returns the last day that it may be anywhere on earth.
pub(crate) fn latest_day() -> String {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    day_after(DAY)
}

fn day_after(time: Duration) -> String {
    let named = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let now = named
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .unwrap_or_else(jiff::Timestamp::now);
    (now + time).strftime("%Y-%m-%d").to_string()
}
