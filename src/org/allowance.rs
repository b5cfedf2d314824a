//! An org's API requests of the day, and how many of them are left to others.
//!
//! Answers of the REST API say how many are used (`Sforce-Limit-Info: api-usage=18/5000`), so that
//! nobody has to ask. An org whose integrations find none left stands still until the next day.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use reqwest::header::HeaderMap;
use serde_json::Value as Json;

use super::Org;
use super::error::{OrgError, OrgErrorKind};

/// The header with the requests that are used.
const HEADER: &str = "sforce-limit-info";

/// What is known of an org's requests.
#[derive(Debug)]
pub(super) struct Allowance {
    /// How much is left to others, in percent.
    reserve: AtomicU8,
    used: AtomicU64,
    /// Of how many; 0 until an answer has said it.
    of: AtomicU64,
}

impl Allowance {
    pub(super) fn new(reserve: u8) -> Self {
        Self { reserve: reserve.into(), used: AtomicU64::new(0), of: AtomicU64::new(0) }
    }

    /// Leaves nothing to others from now on.
    pub(super) fn lift(&self) {
        self.reserve.store(0, Ordering::Relaxed);
    }

    /// Notes what an answer says of it.
    pub(super) fn note(&self, headers: &HeaderMap) {
        let text = headers.get(HEADER).and_then(|value| value.to_str().ok());
        if let Some((used, of)) = text.and_then(usage) {
            self.used.store(used, Ordering::Relaxed);
            self.of.store(of, Ordering::Relaxed);
        }
    }

    /// Says whether one more request may be made.
    ///
    /// # Errors
    /// Not without taking what is left to others.
    pub(super) fn check(&self) -> Result<(), OrgError> {
        let (used, of) = (self.used.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed));
        let reserve = self.reserve.load(Ordering::Relaxed);
        if !is_reached(used, of, reserve) {
            return Ok(());
        }
        Err(OrgError::new(
            OrgErrorKind::Limit,
            format!(
                "{used} of its {of} API requests of the day are used, and {reserve} % are left to \
                 others"
            ),
        ))
    }
}

/// API requests of the day: how many are left, and of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requests {
    /// Of the org.
    pub of_org: (i64, i64),
    /// Of an app that has some for itself.
    pub of_app: Option<(i64, i64)>,
}

impl Org {
    /// Asks how many API requests are left for today, as `(left, of)`; needs View Setup and
    /// Configuration (S 5).
    ///
    /// # Errors
    /// The org cannot be asked.
    pub(crate) async fn requests_left(&self) -> Result<(i64, i64), OrgError> {
        self.requests_of(&[]).await.map(|requests| requests.of_org)
    }

    /// The same, with what an app of one of these names has for itself: an org may give an app a
    /// quota of its own, which stands beside the whole; nothing of nothing is none.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub(crate) async fn requests_of(&self, apps: &[String]) -> Result<Requests, OrgError> {
        let limits = self.wire.get("limits", &[]).await?;
        let daily = &limits["DailyApiRequests"];
        let of = |row: &Json| Some((row["Remaining"].as_i64()?, row["Max"].as_i64()?));
        let own = daily.as_object().into_iter().flatten();
        let own = own.filter(|(name, _)| apps.iter().any(|app| app.eq_ignore_ascii_case(name)));
        let of_app = own.filter_map(|(_, row)| of(row)).find(|(_, of)| *of > 0);
        let of_org = of(daily).ok_or_else(|| {
            OrgError::new(
                OrgErrorKind::Unexpected,
                "the org does not say how many requests are left",
            )
        })?;
        Ok(Requests { of_org, of_app })
    }
}

/// Reads `api-usage=18/5000`, perhaps beside others (`per-app-api-usage=17/250(appName=x)`).
fn usage(text: &str) -> Option<(u64, u64)> {
    let mut parts = text.split([',', ';']).map(str::trim);
    let (used, of) = parts.find_map(|part| part.strip_prefix("api-usage="))?.split_once('/')?;
    Some((used.trim().parse().ok()?, of.trim().parse().ok()?))
}

/// Whether so many of a day's requests are used that the rest is others'.
fn is_reached(used: u64, of: u64, reserve: u8) -> bool {
    let left = u128::from(of.saturating_sub(used)) * 100;
    reserve > 0 && of > 0 && left < u128::from(of) * u128::from(reserve)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_is_read_from_the_header() {
        for (text, expected) in [
            ("api-usage=18/5000", Some((18, 5000))),
            ("per-app-api-usage=17/250(appName=x), api-usage=25/5000", Some((25, 5000))),
            ("api-usage=25/5000; per-app-api-usage=17/250(appName=x)", Some((25, 5000))),
            ("per-app-api-usage=17/250(appName=x)", None),
            ("api-usage=many/5000", None),
            ("", None),
        ] {
            assert_eq!(usage(text), expected, "{text}");
        }
    }

    #[test]
    fn what_was_begun_is_brought_to_its_end() {
        let allowance = Allowance::new(5);
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, "api-usage=4999/5000".parse().unwrap());
        allowance.note(&headers);
        let error = allowance.check().unwrap_err();
        assert!(
            error.to_string().contains("4999 of its 5000") && error.kind == OrgErrorKind::Limit
        );
        allowance.lift();
        assert!(allowance.check().is_ok());
    }

    #[test]
    fn the_reserve_is_left_to_others() {
        for (used, of, reserve, expected) in [
            (0, 0, 5, false),
            (4749, 5000, 5, false),
            (4750, 5000, 5, false),
            (4751, 5000, 5, true),
            (5000, 5000, 5, true),
            // Orgs may go over it for a while.
            (6000, 5000, 5, true),
            (5000, 5000, 0, false),
            (u64::MAX - 1, u64::MAX, 1, true),
        ] {
            assert_eq!(is_reached(used, of, reserve), expected, "{used} of {of}, {reserve}");
        }
    }
}
