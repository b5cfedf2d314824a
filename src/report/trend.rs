//! Drift over time, for people and for programs.

mod csv;
mod html;
mod json;
mod plot;
mod text;

use jiff::{SignedDuration, Timestamp};

use crate::trend::{Drift, End, Org, Outcome, Trend};

use super::plan::count;

pub use self::csv::render as csv;
pub use html::render as html;
pub use json::of as json;
pub use text::render as text;

/// A time to the minute, in UTC.
fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A time that was found between looks, in the largest unit of which there are two.
fn lasting(time: SignedDuration) -> String {
    let hours = time.as_hours();
    match (hours / 24, hours, time.as_mins()) {
        (days @ 2.., ..) => count(usize::try_from(days).unwrap_or_default(), "day"),
        (_, hours @ 2.., _) => count(usize::try_from(hours).unwrap_or_default(), "hour"),
        (_, _, minutes) => count(usize::try_from(minutes).unwrap_or_default(), "minute"),
    }
}

/// Since when a step has not been as wanted. Who found it at the first look does not know.
fn since(drift: &Drift) -> String {
    match drift.before {
        Some(_) => minute(drift.found),
        None => format!("before {}", minute(drift.found)),
    }
}

/// How a drift ended, `at` this time, and whether there is another by now.
fn ended(trend: &Trend, drift: &Drift, at: Timestamp) -> String {
    let how = match drift.end {
        End::Waived(_) => format!("waived {}", minute(at)),
        End::Replaced(_) => format!("another org goes by the name since {}", minute(at)),
        _ => {
            let at_least = if drift.before.is_some() { "" } else { "at least " };
            let took = lasting(at.duration_since(drift.found));
            format!("fixed {} after {at_least}{took}", minute(at))
        }
    };
    match trend.again(drift) {
        Some(again) => format!("{how}, and not as wanted again since {}", minute(again.found)),
        None => how,
    }
}

/// Why there is no answer of an org, in words.
fn why_silent(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed { code, message } if message.is_empty() => code.clone(),
        Outcome::Failed { code, message } => format!("{message} ({code})"),
        Outcome::Missing => "it was to be asked, and no shard tells of it".to_owned(),
        Outcome::Answer { .. } => String::new(),
    }
}

/// What all comes to, in one line without its end.
fn counts(trend: &Trend) -> String {
    let (silent, left) = (trend.silent().count(), trend.left().count());
    let is_drifted = |org: &&Org| org.silent.is_none() && !org.is_left && org.open > 0;
    let drifted = trend.orgs.iter().filter(is_drifted).count();
    let asked = trend.orgs.len() - left;
    let well = asked - silent - drifted;
    let all = count(asked, "org");
    let told = format!(
        "{all}: {well} as wanted when last looked at, {drifted} not, {silent} without an answer"
    );
    if left == 0 { told } else { format!("{told}; {left} not asked any more") }
}

/// Of when it tells, in one line.
fn span(trend: &Trend) -> String {
    let looks = count(trend.looks, "look");
    match trend.span {
        None => looks,
        Some((first, last)) if first == last => format!("{looks} at {} UTC", minute(first)),
        Some((first, last)) => {
            format!("{looks} from {} to {} UTC", minute(first), minute(last))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_largest_unit_of_which_there_are_two() {
        for (minutes, words) in [
            (0, "0 minutes"),
            (1, "1 minute"),
            (119, "119 minutes"),
            (120, "2 hours"),
            (47 * 60 + 59, "47 hours"),
            (48 * 60, "2 days"),
            (400 * 24 * 60, "400 days"),
        ] {
            assert_eq!(lasting(SignedDuration::from_mins(minutes)), words);
        }
    }
}
