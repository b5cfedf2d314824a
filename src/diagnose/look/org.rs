//! The org itself: its edition, and how much of its day is left.

use crate::diagnose::evidence::Evidence;
use crate::diagnose::rule::{Fit, Found, Look, Proof};
use crate::org::Requests;
use crate::org::recorded::Observed;
use crate::org::refusal::REQUESTS_USED_UP;

pub(in crate::diagnose) fn no_api(e: &Evidence<'_>) -> Look {
    Look::of(&e.recorded.has_api, false, "the edition has the API", || {
        Found::state("Organization", "its edition has no API access")
    })
}

/// That the org answers nobody, for one of these reasons.
fn refused(e: &Evidence<'_>, ids: &[&str]) -> Option<Found> {
    let refused = e.recorded.refused.as_ref().filter(|one| ids.contains(&one.refusal.id))?;
    let found = Found::state("the org's answer to us", refused.said.clone());
    Some(Found { is_proven: refused.is_from_the_first, ..found.fit(Fit::VeryLikely) })
}

pub(in crate::diagnose) fn closed(e: &Evidence<'_>) -> Look {
    refused(e, &["inactive-org", "maintenance"]).map_or(Look::Nothing, Look::Hit)
}

pub(in crate::diagnose) fn requests(e: &Evidence<'_>) -> Look {
    if let Some(found) = refused(e, &[REQUESTS_USED_UP]) {
        return Look::Hit(found);
    }
    match &e.recorded.requests {
        Observed::Seen(Requests { of_app: Some((left, of)), .. }) if *left <= 0 => {
            let words = format!("none of {of} API requests is left that the app has for itself");
            Look::Hit(Found::state("limits", words).fit(Fit::VeryLikely))
        }
        Observed::Seen(Requests { of_org: (left, of), .. }) if *left <= 0 => {
            let mut found = Found::state("limits", format!("none of {of} API requests is left"))
                .fit(Fit::VeryLikely);
            let calls = e.recorded.calls.seen();
            if let Some((calls, (app, count, all))) =
                calls.and_then(|calls| Some((calls, calls.busiest.as_ref()?)))
            {
                found.proofs.push(Proof {
                    of: "EventLogFile ApiTotalUsage".to_owned(),
                    id: None,
                    time: calls.day,
                    words: format!(
                        "the newest file is of that day: of its {all} calls {app} made {count}"
                    ),
                });
            }
            Look::Hit(found)
        }
        // They come back hour by hour: that there are some now rules nothing out, and shows nothing.
        Observed::Seen(Requests { of_org: (left, of), .. }) if e.was_told(REQUESTS_USED_UP) => {
            let words = format!("{left} of {of} API requests are left now, and they come back");
            Look::Hit(Found { is_open: true, ..Found::state("limits", words) })
        }
        Observed::Seen(_) => Look::Nothing,
        Observed::NotObserved(hidden) => Look::Unseen(hidden.clone()),
    }
}
