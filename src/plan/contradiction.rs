//! Steps that contradict one another in what a star stands for, which only an org tells.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::diff::{Diff, Finding, Subject};
use crate::metadata::ComponentId;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::unseen::UnseenKind;
use crate::template::conflict::contradict;
use crate::template::{Claim, Conflict, ExpandedWant, Test};

use super::proof::folded;

/// One side: a finding of a setting, what is wanted of it, and whether a star stands for it.
struct Side<'d, 's> {
    finding: &'d Finding<'s>,
    test: &'d Test,
    is_of_star: bool,
}

impl<'d, 's> Side<'d, 's> {
    /// What a finding asks for; nothing where one of several suffices.
    fn of(finding: &'d Finding<'s>) -> Option<Self> {
        let wanted = finding.wanted().filter(|wanted| wanted.alternatives.is_empty())?;
        let ExpandedWant::Metadata { test, .. } = &*wanted.want else { return None };
        // Whether its step applies is not known, and the two may never apply together.
        if finding.unseen().is_some_and(|unseen| unseen.kind == UnseenKind::Condition) {
            return None;
        }
        let is_of_star = matches!(wanted.want, Cow::Owned(_));
        Some(Self { finding, test, is_of_star })
    }

    fn claim(&self) -> Option<Claim> {
        let wanted = self.finding.wanted()?;
        Some(Claim::of(wanted.template, wanted.step, self.test))
    }

    fn against(&self, other: &Self, id: &ComponentId, path: &FieldPath) -> Option<Conflict> {
        if !(self.is_of_star || other.is_of_star) || !contradict(self.test, other.test) {
            return None;
        }
        let of_star = if self.is_of_star { self } else { other };
        let step = of_star.finding.step()?.id.clone();
        let name = path.segments().first().and_then(|Segment { key, .. }| key.clone())?;
        Some(Conflict {
            subject: format!("{id} {path}"),
            first: self.claim()?,
            second: other.claim()?,
            way_out: Some((step, name)),
        })
    }
}

/// Finds what contradicts among the findings that `chosen` accepts. What is no star's is told
/// before anything is looked at.
pub(super) fn among(diff: &Diff<'_>, chosen: &dyn Fn(&Finding<'_>) -> bool) -> Vec<Conflict> {
    let mut seen: BTreeMap<(&ComponentId, String), Vec<Side<'_, '_>>> = BTreeMap::new();
    let mut found = Vec::new();
    for finding in diff.findings.iter().filter(|finding| chosen(finding)) {
        let (Subject::Setting { component, path }, Some(side)) =
            (&finding.subject, Side::of(finding))
        else {
            continue;
        };
        let others = seen.entry((component, folded(path))).or_default();
        found.extend(others.iter().filter_map(|other| other.against(&side, component, path)));
        others.push(side);
    }
    found
}
