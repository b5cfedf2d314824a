//! The org's clock, by the `Date` of its answers (RFC 9110): what is held against a time of its rows
//! must not rest on this machine's.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap};

/// The org's clock as far as its answers have told it.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Option<(Timestamp, Instant)>>);

impl Clock {
    /// Sets it by an answer that came just now.
    pub(super) fn set(&self, headers: &HeaderMap) {
        let told = headers.get(DATE).and_then(|date| date.to_str().ok()).and_then(http_date);
        if let Some(told) = told {
            let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some((told, Instant::now()));
        }
    }

    /// Returns what it shows now; none where no answer has told the time.
    pub(super) fn now(&self) -> Option<Timestamp> {
        let (told, since) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        told.checked_add(SignedDuration::try_from(since.elapsed()).ok()?).ok()
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_by_the_last_answer_that_tells_the_time() {
        let clock = Clock::default();
        assert_eq!(clock.now(), None);
        let told = |date: &'static str| {
            HeaderMap::from_iter([(DATE, reqwest::header::HeaderValue::from_static(date))])
        };
        clock.set(&told("Fri, 27 Nov 2026 03:36:57 GMT"));
        clock.set(&HeaderMap::new());
        clock.set(&told("lately"));
        let at: Timestamp = "2026-11-27T03:36:57Z".parse().unwrap();
        let passed = clock.now().unwrap().duration_since(at);
        assert!(!passed.is_negative() && passed < SignedDuration::from_mins(1), "{passed}");
    }
}
