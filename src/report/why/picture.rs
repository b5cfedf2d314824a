//! What happened as a picture: three rows over time, and a line where it stopped. What it shows
//! stands in words below it too; a mark's row says what its colour repeats.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{Why, words};
use crate::diagnose::{Diagnosis, Moment, MomentKind};
use crate::report::line::clean;

/// The picture in its own units: so narrow that its words can be read on a small screen.
const WIDTH: i64 = 360;
const HEIGHT: i64 = 118;
/// Where the rows begin, behind their names.
const LEFT: i64 = 70;
/// How wide a mark is.
const MARK: i64 = 4;

/// What stands in a row, each with its colour.
type Marks = &'static [(MomentKind, &'static str)];

/// A row's name, where it is, and what stands in it.
const ROWS: [(&str, i64, Marks); 3] = [
    ("sign-ins", 12, &[(MomentKind::SignedIn, "in-sync"), (MomentKind::Failed, "missing")]),
    (
        "changes",
        42,
        &[
            (MomentKind::Changed, "differs"),
            (MomentKind::Began, "differs"),
            (MomentKind::Drift, "differs"),
            (MomentKind::Granted, "manual"),
        ],
    ),
    ("calls", 72, &[(MomentKind::Called, "in-sync"), (MomentKind::Refused, "missing")]),
];

/// Draws it; nothing where there is nothing to draw.
pub(super) fn picture(why: &Why<'_>, diagnosis: &Diagnosis) -> Markup {
    // What is older than what was asked for would press the rest together.
    let is_asked = |one: &&Moment| why.since.is_none_or(|since| one.from >= since);
    let moments: Vec<&Moment> = diagnosis.timeline.iter().filter(is_asked).collect();
    // What is so now alone is no picture.
    if moments.iter().all(|one| one.kind == MomentKind::Drift) {
        return html! {};
    }
    let Some(begin) = moments.iter().map(|one| one.from).min() else { return html! {} };
    let last = moments.iter().map(|one| one.to).max().unwrap_or(begin);
    let end = why.now.max(last);
    let length = end.duration_since(begin).as_secs().max(1);
    let x = |time: Timestamp| {
        LEFT + time.duration_since(begin).as_secs() * (WIDTH - LEFT - MARK) / length
    };
    let (stopped, is_seen) = (diagnosis.stop.first_bad, diagnosis.stop.first_bad.is_some());
    let stopped = stopped.or(diagnosis.stop.last_good).filter(|time| *time >= begin);
    // So near that they are drawn as one, what came before still stands before the line.
    let left = |one: &Moment| match stopped {
        Some(stopped) if one.from < stopped => x(one.from).min(x(stopped) - MARK),
        _ => x(one.from),
    };
    // An empty row would say that nothing was called.
    let begins = |what: &str| diagnosis.unseen.iter().any(|one| one.what.starts_with(what));
    let is_unseen = |row: &str| match row {
        "sign-ins" => begins("sign-ins of the user"),
        "calls" => begins("how calls of the API ended"),
        _ => false,
    };
    let label = clean(&words::headline(why, diagnosis));
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width="100%" role="img" aria-label=(label) {
            @for (name, y, kinds) in ROWS {
                text x="0" y=(y + 12) font-size="11" fill="currentColor" { (name) }
                @if is_unseen(name) {
                    text x=(LEFT) y=(y + 12) font-size="11" fill="currentColor" { "not seen" }
                } @else {
                    line x1=(LEFT) y1=(y + 8) x2=(WIDTH) y2=(y + 8) stroke="currentColor"
                        stroke-opacity="0.25" {}
                }
                @for (kind, class) in kinds {
                    @for one in moments.iter().filter(|one| one.kind == *kind) {
                        // What failed stands higher than what worked.
                        rect class=(class) x=(left(one)) y=(if is_bad(*kind) { y - 4 } else { y })
                            width=((x(one.to) - left(one)).max(MARK))
                            height=(if is_bad(*kind) { 20 } else { 16 }) {}
                    }
                }
            }
            @if let Some(stopped) = stopped {
                line x1=(x(stopped)) y1="2" x2=(x(stopped)) y2="94" stroke="currentColor"
                    stroke-width="1.5" stroke-dasharray=(if is_seen { "none" } else { "4 3" }) {}
            }
            text x=(LEFT) y="112" font-size="11" fill="currentColor" {
                (clean(&words::at(why, begin)))
            }
            text x=(WIDTH) y="112" font-size="11" text-anchor="end" fill="currentColor" { "now" }
        }
        p { small {
            "Green worked, red (and taller) failed; changes are brown, as is what is not as a \
             template wants it now; grants are violet. The line is "
            @if is_seen { "where it failed first." } @else { "where it worked last." }
        } }
    }
}

fn is_bad(kind: MomentKind) -> bool {
    matches!(kind, MomentKind::Failed | MomentKind::Refused)
}
