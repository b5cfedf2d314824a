//! Which day it is; what is written is the same on the same day.

use std::time::Duration;

use jiff::tz::TimeZone;

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

/// Returns the time; `SOURCE_DATE_EPOCH` names another.
pub(crate) fn now() -> jiff::Timestamp {
    let named = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    named
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .unwrap_or_else(jiff::Timestamp::now)
}

/// Returns the time to the second, as it is written.
pub(crate) fn second() -> jiff::Timestamp {
    let now = now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Returns where the reader is: by `TZ`, else by the system; where neither says it, UTC.
pub(crate) fn zone() -> TimeZone {
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}

fn day_after(time: Duration) -> String {
    (now() + time).strftime("%Y-%m-%d").to_string()
}
