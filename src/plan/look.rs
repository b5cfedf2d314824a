//! The look at what is there once a plan was carried out: whether it holds, and what else has
//! moved.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ptr;

use crate::diff::asked::Asked;
use crate::diff::baseline as against;
use crate::diff::{Diff, Finding, State, diff};
use crate::metadata::compare;
use crate::metadata::document::Document;
use crate::metadata::fact::FactValues;
use crate::metadata::path::FieldPath;
use crate::metadata::settings::Difference;
use crate::metadata::{ComponentId, ComponentSet};
use crate::package::{Cause, Change, own};

use super::before_image::shown;
use super::left::Left;
use super::{Desired, Plan, blind, proof, steps};

/// How things stand after a plan was carried out.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// What is not as the plan says: one line each.
    pub undone: Vec<String>,
    /// What else is not as it was sent, or as it was before: one line each.
    pub moved: Vec<String>,
    /// What the plan leaves, by its place in the plan's diff, and is as it is wanted by now: it
    /// follows from what was carried out, or somebody has done it meanwhile.
    pub mended: BTreeSet<usize>,
    /// What was set blind, and is not to be seen afterwards either.
    pub unseen: Vec<Left>,
    /// What was made, as it is there: with what the org has added of itself.
    pub settled: Vec<(ComponentId, Document)>,
    /// The components that these lines speak of.
    pub components: BTreeSet<ComponentId>,
}

impl<'t> Plan<'t> {
    /// Holds what is there after the plan was carried out against what it says, and against what
    /// was sent and what was there.
    pub fn verify(
        &self,
        desired: &Desired<'_, 't>,
        now: &ComponentSet,
        facts: &FactValues,
    ) -> Look {
        let is_seen = |change: &&Change| {
            let may_be_hidden = self.is_blind(change) || matches!(change.cause, Cause::Copied(_));
            !may_be_hidden || steps::is_visible(change, now)
        };
        let (seen, hidden): (Vec<&Change>, Vec<&Change>) = self.changes.iter().partition(is_seen);
        let unseen = hidden.into_iter().filter(|change| self.is_blind(change));
        let mut look = Look { unseen: unseen.map(blind::unseen).collect(), ..Look::default() };
        let mut told = BTreeSet::new();
        for (id, path, line) in proof::undone(seen.into_iter(), now) {
            look.undone.push(line);
            look.components.insert(id.clone());
            told.insert((Some(id), path));
        }
        if let Desired::Steps { steps, .. } = desired {
            let found = diff(steps, now, facts);
            look.mended = self.mended(&found);
            for (id, path, line) in proof::not_in_sync(&found, self) {
                if told.insert((id.clone(), path)) {
                    look.undone.push(line);
                    look.components.extend(id);
                }
            }
        }
        for (expected, sent) in
            self.expected.iter().flat_map(|set| set.components.values().map(move |one| (set, one)))
        {
            let Some(there) = own(now, &sent.id) else { continue };
            let mut strays =
                proof::strays(&self.of(&sent.id), &sent.id, &sent.document, &there.document);
            // Of what is made anew the org fills in what was not said.
            if self.made.contains_key(&sent.id) {
                strays.retain(|(_, was, _)| was.is_some());
                look.settled.push((sent.id.clone(), there.document.clone()));
            }
            let moved = moved_beside(&sent.id, strays, now, expected);
            if !moved.is_empty() {
                look.moved.extend(moved);
                look.components.insert(sent.id.clone());
            }
        }
        look
    }

    /// What the plan leaves of its diff and is in sync by now.
    fn mended(&self, now: &Diff<'_>) -> BTreeSet<usize> {
        let is_mended = |index: &usize| {
            let Some(was) = self.diff.findings.get(*index) else { return false };
            let mut now = now.findings.iter().filter(|one| is_of_same_want(one, was));
            now.next().is_some_and(|one| one.state() == State::InSync && !one.is_of_nothing())
                && now.next().is_none()
        };
        self.left.iter().filter_map(|left| left.finding).filter(is_mended).collect()
    }
}

/// Says whether two findings are of one want of the same steps, or of one group of which one
/// suffices. A star's findings are told apart by what they are about.
fn is_of_same_want(one: &Finding<'_>, other: &Finding<'_>) -> bool {
    let is_same = |one: &Finding<'_>, other: &Finding<'_>| {
        let (Some(left), Some(right)) = (one.wanted(), other.wanted()) else { return false };
        match (&left.want, &right.want) {
            (Cow::Borrowed(left), Cow::Borrowed(right)) => ptr::eq(*left, *right),
            (Cow::Owned(_), Cow::Owned(_)) => {
                ptr::eq(left.step, right.step)
                    && one.subject == other.subject
                    && one.test() == other.test()
            }
            _ => false,
        }
    };
    group(one).any(|one| group(other).any(|other| is_same(one, other)))
}

/// A finding, and those of the other wants of its group.
fn group<'f, 's>(finding: &'f Finding<'s>) -> impl Iterator<Item = &'f Finding<'s>> {
    let others = finding.wanted().into_iter().flat_map(|wanted| &wanted.alternatives);
    std::iter::once(finding).chain(others)
}

/// Says what is not as it was sent, one line each; what one of the two looks did not ask for has
/// not moved.
fn moved_beside(
    id: &ComponentId,
    strays: Vec<Difference>,
    now: &ComponentSet,
    expected: &ComponentSet,
) -> Vec<String> {
    let strays = strays.into_iter().map(|(path, was, is)| compare::Difference {
        path,
        actual: is,
        baseline: was,
        doubled: None,
    });
    let found = against::settings(id, strays.collect(), &asked(now), &asked(expected));
    let said = |finding: &&Finding<'_>| {
        let path = finding.subject.path().map(FieldPath::segments).unwrap_or_default();
        let is_within = |one: &Finding<'_>| {
            let within = one.subject.path().map(FieldPath::segments).unwrap_or_default();
            within.len() > path.len() && within.starts_with(path)
        };
        // That an entry is there goes without saying where it says more.
        finding.state() == State::Differs && !found.iter().any(is_within)
    };
    let words = |finding: &Finding<'_>| {
        let (was, is) = (shown(finding.then()), shown(finding.actual.as_ref()));
        format!("{} was {was} and is {is} now", finding.name())
    };
    found.iter().filter(said).map(words).collect()
}

/// What is known of what was asked for.
fn asked(set: &ComponentSet) -> Asked<'_> {
    let ComponentSet { requested, not_observed, .. } = set;
    Asked { requested, not_observed, is_complete: true, name: "this look", version: None }
}
