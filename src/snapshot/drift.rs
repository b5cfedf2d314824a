//! A baseline and what is there now held against each other: every difference ends as a finding
//! that it differs, or that it was not observed.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diff::asked::Asked;
use crate::diff::baseline::{component, is_content, settings, unseen};
use crate::diff::{Against, Diff, Finding, Origin, Outcome, Subject};
use crate::metadata::path::FieldPath;
use crate::metadata::registry::Portability;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, Requested};

use super::side::{self, Side, compare_sides};

/// Says whether a setting is an org's own id of something, which the org alone makes (S 2.2, 2.4).
fn is_bound(subject: &Subject) -> bool {
    subject.field().is_some_and(|field| field.portability == Portability::SameOrg)
}

/// Says which user two settings name, one of them with the suffix that a sandbox gives; nothing
/// where they do not.
fn suffixed(id: &ComponentId, finding: &Finding<'_>) -> Option<String> {
    let subject = &finding.subject;
    let Origin::Baseline { baseline: Some(Value::Text(then)), .. } = &finding.origin else {
        return None;
    };
    let Some(Value::Text(now)) = &finding.actual else { return None };
    if !subject.field().is_some_and(|field| field.names_user) || !now.contains('@') {
        return None;
    }
    let is_suffix = |rest: &str| {
        rest.strip_prefix('.').is_some_and(|name| {
            !name.is_empty() && name.chars().all(|one| one.is_ascii_alphanumeric())
        })
    };
    let is_sandbox = |one: &str, other: &str| one.strip_prefix(other).is_some_and(is_suffix);
    (is_sandbox(now, then) || is_sandbox(then, now)).then(|| {
        format!(
            "{id} {}: {now} here and {then} in the baseline is one user with the suffix of a \
             sandbox; that is no difference, and is not changed",
            subject.path().map(ToString::to_string).unwrap_or_default()
        )
    })
}

/// Holds what is there now against the baseline, which the user calls `name`. `chosen` says whether
/// a setting counts, or without a path whether anything of a component does. With `sparse` a side
/// without a record is taken for a part.
pub fn compare<'s>(
    actual: &Side,
    baseline: &Side,
    name: String,
    chosen: &(dyn Fn(&ComponentId, Option<&FieldPath>) -> bool + Sync),
    sparse: bool,
) -> Diff<'s> {
    let is_chosen = |id: &ComponentId| chosen(id, None);
    // A plain folder compared with an org has no word on what else the org has.
    let now = asked(actual, "what is there now", sparse);
    let then = asked(baseline, "the baseline", sparse);
    let is_same_org = actual.is_of_same_org(baseline);
    let has_common = actual.components.keys().any(|id| baseline.components.contains_key(id));
    let mut against = Against {
        name,
        notes: notes(actual, baseline, sparse),
        is_comparable: has_common || (has_record(actual) && has_record(baseline)),
        ..Against::default()
    };
    let mut findings: Vec<Finding<'s>> = Vec::new();
    let mut broken = Vec::new();
    for one in compare_sides(actual, baseline, &is_chosen, sparse) {
        let mut found: Vec<Finding<'s>> = match one.outcome {
            side::Outcome::Both(differences, unread) => {
                against.compared += 1;
                let mut found = settings(&one.id, differences, &now, &then);
                found.extend(unread.map(|why| unseen(&one.id, why)));
                found
            }
            side::Outcome::OnlyActual => vec![component(&one.id, true, &now, &then)],
            side::Outcome::OnlyBaseline => vec![component(&one.id, false, &now, &then)],
            side::Outcome::Failed(why) => {
                vec![unseen(&one.id, Unseen::new(UnseenKind::Damaged, why))]
            }
            side::Outcome::Broken(errors) => {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                let why = Unseen::new(UnseenKind::Damaged, lines.join("; "));
                broken.extend(lines);
                vec![unseen(&one.id, why)]
            }
        };
        let notes = &mut against.notes;
        found.retain(|finding| {
            let subject = &finding.subject;
            let is_chosen = |id| chosen(id, subject.path());
            if !(is_chosen(&one.id) || is_chosen(&one.then)) || is_bound(subject) {
                return false;
            }
            let suffixed = suffixed(&one.id, finding).filter(|_| !is_same_org);
            notes.extend(suffixed.iter().cloned());
            suffixed.is_none()
        });
        if one.then != one.id {
            against.renamed.insert(one.id.clone(), one.then.clone());
        }
        if found.is_empty() {
            against.in_sync += 1;
        }
        if let Some(changed) = actual.changed.get(&one.id) {
            // Files may have been edited since.
            let by = match !actual.files.is_empty() {
                true => format!("{changed}, as its snapshot says"),
                false => changed.clone(),
            };
            set_changed(&mut found, &by);
        }
        findings.append(&mut found);
    }
    findings.extend(gaps(actual, baseline, &findings, &is_chosen));
    // Parts of apps are the same by their app, whatever their names.
    against.is_comparable |= against.compared > 0;
    findings.sort_by(|one, other| place(one).cmp(&place(other)));
    against.notes.extend(of_contents(&findings));
    Diff { findings, baseline: Some(against), broken, ..Diff::default() }
}

/// What one of the sides could not read and no finding tells of: it may be there, on one side or on
/// both, and nobody knows whether it is the same.
fn gaps<'s>(
    actual: &Side,
    baseline: &Side,
    findings: &[Finding<'s>],
    is_chosen: &dyn Fn(&ComponentId) -> bool,
) -> Vec<Finding<'s>> {
    let mut told: BTreeSet<ComponentId> =
        findings.iter().filter_map(|finding| finding.subject.component().cloned()).collect();
    // What was read for the sake of others (objects, for the fields that profiles show) is compared
    // by nobody.
    let both = || actual.components.keys().chain(baseline.components.keys());
    let types: BTreeSet<&str> = both().map(|id| id.type_name.as_str()).collect();
    let mut all = Vec::new();
    for (id, why) in actual.not_observed.iter().chain(&baseline.not_observed) {
        let is_told = told.contains(id)
            || (id.full_name == "*" && told.iter().any(|one| one.type_name == id.type_name));
        let is_known = why.kind != UnseenKind::UnknownType;
        if is_known && !is_told && is_chosen(id) && types.contains(id.type_name.as_str()) {
            told.insert(id.clone());
            all.push(unseen(id, why.clone()));
        }
    }
    all
}

/// Says what a difference of source is.
fn of_contents(findings: &[Finding<'_>]) -> Option<String> {
    let is_it = |finding: &&Finding<'_>| {
        finding.outcome == Outcome::Differs && is_content(&finding.subject)
    };
    let ids = findings.iter().filter(is_it).filter_map(|finding| finding.subject.component());
    let names: Vec<&ComponentId> = ids.collect();
    let what = super::listed(&names, super::LISTED);
    (!names.is_empty()).then(|| {
        format!(
            "`content` is what stands in files beside or below the XML, such as source; sfsetup \
             shows no differences within it, and no package of it carries it: {what}"
        )
    })
}

/// In what order findings stand.
fn place<'f>(finding: &'f Finding<'_>) -> (Option<&'f ComponentId>, Option<&'f FieldPath>) {
    (finding.subject.component(), finding.subject.path())
}

fn asked<'s>(side: &'s Side, name: &'s str, sparse: bool) -> Asked<'s> {
    Asked {
        requested: &side.requested,
        not_observed: &side.not_observed,
        is_complete: !sparse,
        name,
        version: side.api_version(),
    }
}

/// Notes who changed a component last.
fn set_changed(findings: &mut [Finding<'_>], by: &str) {
    let by: Arc<str> = by.into();
    for finding in findings {
        if let Origin::Baseline { changed, .. } = &mut finding.origin {
            *changed = Some(Arc::clone(&by));
        }
    }
}

fn has_record(side: &Side) -> bool {
    matches!(side.requested, Requested::Manifest(_))
}

/// What the reader should know of the sides: which has no record of what was asked for.
fn notes(actual: &Side, baseline: &Side, sparse: bool) -> Vec<String> {
    let of_files = [(baseline, "the baseline"), (actual, "what is compared with it")];
    let mut notes: Vec<String> = Vec::new();
    for (side, name) in of_files {
        notes.extend(side.notes.iter().map(|note| format!("in {name} {note}")));
    }
    let who = match (has_record(baseline), has_record(actual)) {
        (true, true) => return notes,
        (false, true) => "the baseline has",
        (true, false) => "what is compared with it has",
        (false, false) => "both sides have",
    };
    let record = "no record of what was asked for (package.xml or snapshot.json)";
    notes.push(if sparse {
        format!("{who} {record}; what is absent there is not observed (--sparse)")
    } else {
        format!(
            "{who} {record}, which is taken for all that there is; --sparse takes it for a part"
        )
    });
    notes
}
