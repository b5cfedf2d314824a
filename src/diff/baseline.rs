//! What a difference from a baseline means: that something differs, or that nobody asked for it on
//! one of the sides.

use crate::metadata::ComponentId;
use crate::metadata::compare::{Difference, Doubled};
use crate::metadata::path::FieldPath;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;

use super::asked::Asked;
use super::finding::{Finding, Origin, Outcome, Subject};

/// Says of each difference in a component that both sides have whether it counts.
pub fn settings<'s>(
    id: &ComponentId,
    differences: Vec<Difference>,
    actual: &Asked<'_>,
    baseline: &Asked<'_>,
) -> Vec<Finding<'s>> {
    let of = |one: Difference| {
        if let Some(doubled) = &one.doubled {
            let unseen = doubled.unseen([actual.name, baseline.name]);
            return differs(id, one).unless(Some(unseen));
        }
        let lacked =
            || actual.lacks(id, Some(&one.path)).or_else(|| baseline.lacks(id, Some(&one.path)));
        if let Some(unseen) = lacked() {
            return differs(id, one).unless(Some(unseen));
        }
        // Whether the entry is there besides, the difference does not say.
        let unseen = match (&one.actual, &one.baseline) {
            (None, _) => actual.why_absent(id, &one.path, false),
            (_, None) => baseline.why_absent(id, &one.path, false),
            _ => None,
        };
        differs(id, one).unless(unseen)
    };
    differences.into_iter().map(of).collect()
}

/// Says whether something is what stands in files beside or below a component's XML, which the
/// Metadata API calls its `content`; no type has a field of that name in its XML.
pub fn is_content(subject: &Subject) -> bool {
    let path = subject.path().map(FieldPath::segments);
    matches!(path, Some([only]) if only.name == CONTENT && only.key.is_none())
}

/// The path of such a difference.
pub const CONTENT: &str = "content";

/// Says whether it counts that one side alone has a component.
pub fn component<'s>(
    id: &ComponentId,
    is_now: bool,
    actual: &Asked<'_>,
    baseline: &Asked<'_>,
) -> Finding<'s> {
    let unseen = if is_now { baseline.why_missing(id) } else { actual.why_missing(id) };
    one_sided(id, is_now).unless(unseen)
}

/// A setting that both sides were asked for, and that is not the same.
pub fn differs<'s>(id: &ComponentId, difference: Difference) -> Finding<'s> {
    let Difference { path, actual, baseline, doubled } = difference;
    if let Some(doubled) = doubled {
        let subject = Subject::Setting { component: id.clone(), path };
        let unseen = doubled.unseen(["what is there now", "the baseline"]);
        return of(subject, Outcome::NotObserved(unseen), None, None);
    }
    let subject = Subject::Setting { component: id.clone(), path };
    of(subject, Outcome::Differs, actual, baseline)
}

/// A component that one side alone has, and that both were asked for: the present one, or else the
/// baseline.
pub(super) fn one_sided<'s>(id: &ComponentId, is_now: bool) -> Finding<'s> {
    let there = Some(Value::Present);
    let (actual, baseline) = if is_now { (there, None) } else { (None, there) };
    of(Subject::Component(id.clone()), Outcome::Differs, actual, baseline)
}

/// A component that could not be compared.
pub fn unseen<'s>(id: &ComponentId, why: Unseen) -> Finding<'s> {
    of(Subject::Component(id.clone()), Outcome::NotObserved(why), None, None)
}

fn of<'s>(
    subject: Subject,
    outcome: Outcome,
    actual: Option<Value>,
    baseline: Option<Value>,
) -> Finding<'s> {
    let origin = Origin::Baseline { baseline, changed: None };
    Finding { actual, ..Finding::new(origin, subject, outcome) }
}

impl Finding<'_> {
    /// The same, unless one side could not be seen.
    fn unless(self, unseen: Option<Unseen>) -> Self {
        match unseen {
            Some(unseen) => Self { outcome: Outcome::NotObserved(unseen), ..self },
            None => self,
        }
    }
}

impl Doubled {
    /// Says that nobody knows which of the entries counts; the sides in the order of the
    /// difference.
    fn unseen(&self, sides: [&str; 2]) -> Unseen {
        let of_side = |(lines, side): (&Vec<usize>, &str)| {
            (!lines.is_empty()).then(|| format!("{} in {side}", in_lines(lines)))
        };
        let lines = [&self.actual, &self.baseline].into_iter().zip(sides).filter_map(of_side);
        let lines: Vec<String> = lines.collect();
        doubled(&lines.join(", "))
    }
}

/// The reason that an entry stands more than once and says more than one thing, in these lines.
pub(super) fn doubled(lines: &str) -> Unseen {
    let words = format!(
        "it stands more than once ({lines}) and says different things; which of them counts nobody \
         knows"
    );
    Unseen::new(UnseenKind::Doubled, words)
}

/// Lines in words: `lines 4 and 9`.
pub(super) fn in_lines(lines: &[usize]) -> String {
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    match lines.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("lines {} and {last}", rest.join(", ")),
        _ => format!("line {}", lines.concat()),
    }
}
