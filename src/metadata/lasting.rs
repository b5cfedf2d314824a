//! When something ends, and for how long it is to last.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::certificate;

/// What does not end is told so.
pub(crate) const NEVER: &str = "never";
/// What has ended at a time that nobody knows is told so.
pub(crate) const ENDED: &str = "ended";

/// For how long something is to last from now on: `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    count: u16,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Hours,
    Days,
    Weeks,
}

impl Unit {
    fn letter(self) -> char {
        match self {
            Self::Hours => 'h',
            Self::Days => 'd',
            Self::Weeks => 'w',
        }
    }

    fn hours(self) -> i64 {
        match self {
            Self::Hours => 1,
            Self::Days => 24,
            Self::Weeks => 7 * 24,
        }
    }
}

impl Period {
    /// Returns on which day from today on it is over, today being none: a day that has begun counts.
    pub fn days(self) -> i64 {
        (self.hours() + 23) / 24
    }

    /// Returns how many hours it has.
    pub fn hours(self) -> i64 {
        i64::from(self.count) * self.unit.hours()
    }
}

impl Period {
    /// Returns how long it is.
    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_hours((i64::from(self.count) * self.unit.hours()).unsigned_abs())
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [Unit::Hours, Unit::Days, Unit::Weeks];
        let parsed = units.into_iter().find_map(|unit| {
            let count = text.trim().strip_suffix(unit.letter())?;
            let is_plain = count.bytes().all(|one| one.is_ascii_digit());
            Some(Self { count: count.parse().ok().filter(|_| is_plain)?, unit })
        });
        parsed.ok_or_else(|| {
            format!("`{text}` is no number of hours, days or weeks, such as 12h, 30d or 4w")
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.letter())
    }
}

/// When something ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It does not.
    Never,
    /// It has ended; when is not known.
    Past,
    /// At this time.
    At(Timestamp),
}

impl End {
    /// Reads an end: `never`, `ended`, a time, or a certificate, which ends when it is valid no
    /// more. None where the text is nothing of these.
    pub fn of(text: &str) -> Option<Self> {
        match text.trim() {
            NEVER => Some(Self::Never),
            ENDED => Some(Self::Past),
            text => org_time(text).or_else(|| certificate::ends(text)).map(Self::At),
        }
    }

    /// Says whether it lasts longer than a period from now on.
    pub fn outlasts(self, period: Period, now: Timestamp) -> bool {
        match self {
            Self::Never => true,
            Self::Past => false,
            Self::At(end) => {
                let until = now.checked_add(SignedDuration::from_hours(period.hours()));
                until.is_ok_and(|until| end > until)
            }
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str(NEVER),
            Self::Past => f.write_str(ENDED),
            Self::At(end) => write!(f, "{}", end.strftime("%Y-%m-%dT%H:%M:%SZ")),
        }
    }
}

/// A time as an org writes it: `2026-11-25T02:14:00.000Z`, or with an offset without colon.
pub(crate) fn org_time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?.to_timestamp().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_lasts_longer_than_a_period_or_not() {
        let now: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        let lasts =
            |end: &str, period: &str| End::of(end).unwrap().outlasts(period.parse().unwrap(), now);
        for (end, period, is_so) in [
            ("never", "999w", true),
            ("ended", "0d", false),
            ("2026-11-27T12:00:00Z", "0h", false),
            ("2026-11-27T12:00:01.000+0000", "0h", true),
            ("2026-12-27T12:00:00.000Z", "30d", false),
            ("2026-12-27T12:00:01.000Z", "30d", true),
            ("2020-01-01T00:00:00Z", "1w", false),
            (include_str!("../../fixtures/certificates/acme.pem"), "17d", true),
            (include_str!("../../fixtures/certificates/acme.pem"), "18d", false),
        ] {
            assert_eq!(lasts(end, period), is_so, "{end} {period}");
        }
        assert_eq!(End::of("soon"), None);
        assert_eq!(
            End::of("2026-12-27T13:00:00.000+0100").unwrap().to_string(),
            "2026-12-27T12:00:00Z"
        );
        for wrong in ["", "30", "d", "-1d", "+1d", "1.5d", "30 days", "99999999d"] {
            assert!(wrong.parse::<Period>().is_err(), "{wrong}");
        }
        assert_eq!(org_time("2026-11-25T02:14:00.000+0000"), org_time("2026-11-25T02:14:00.000Z"));
        assert_eq!(org_time("lately"), None);
        assert_eq!("4w".parse::<Period>().unwrap().to_string(), "4w");
    }
}
