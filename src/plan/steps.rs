//! From a template's findings to changes: what a package can set right, and why the rest must
//! stay.

use std::collections::BTreeSet;

use crate::diff::{Diff, Finding, Outcome, Subject};
use crate::metadata::names::Name;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::permission::{Permission, close, resting_on, seen_in_one_org};
use crate::metadata::registry::nearest::perhaps;
use crate::metadata::registry::{self, Field, Found, Kind, Portability};
use crate::metadata::settings::{doubled_at, settings};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, ComponentSet, Requested};
use crate::package::{Cause, Change, own};
use crate::template::needs::wanted_names;
use crate::template::{ExpandedStep, Test};

use super::assignment::Unfixed;
use super::blind;
use super::left::{Left, LeftKind};
use super::proof::{folded, same_place};
use super::refusal::{refuse, refuse_other_layout, refuse_removal, refuse_whole_entry};
use super::{Basis, Plan};

/// Fills a plan with the changes that fix the findings which `chosen` accepts.
pub(super) fn fill(
    plan: &mut Plan<'_>,
    diff: &Diff<'_>,
    steps: &[ExpandedStep<'_>],
    basis: &Basis<'_>,
    chosen: &dyn Fn(&Finding<'_>) -> bool,
) {
    // Settings first: what is assigned afterwards may be made by them.
    let (settings, others): (Vec<usize>, Vec<usize>) = (0..diff.findings.len())
        .partition(|index| matches!(diff.findings[*index].subject, Subject::Setting { .. }));
    for index in settings.into_iter().chain(others) {
        let finding = &diff.findings[index];
        if !chosen(finding) {
            continue;
        }
        let leave = |reason: String| Left::of_finding(index, finding, reason);
        match &finding.outcome {
            Outcome::Differs | Outcome::Missing | Outcome::Manual(_) => {}
            Outcome::NotObserved(unseen) if blind::may_be_set(finding, unseen, basis) => {}
            Outcome::NotObserved(unseen) => {
                plan.left.push(leave(unseen.words.clone()));
                continue;
            }
            // What is strict counts it.
            Outcome::InSync => {
                let remark = finding.remark().filter(|_| finding.is_of_nothing());
                let left = remark.map(|words| Left { kind: LeftKind::InSync, ..leave(words) });
                plan.left.extend(left);
                continue;
            }
            Outcome::Waived(_) => continue,
        }
        if let Some(source) = finding.unwanted_source() {
            plan.left.push(leave(format!(
                "the user has it from the {source}, and the component that is named does not grant \
                 it: whether it is to go from there a person must say"
            )));
            continue;
        }
        // A set that a user is to have may be made here; one that stands in a value is not.
        let is_setting = matches!(finding.subject, Subject::Setting { .. });
        let lacked = finding.lacks_name();
        if let Some(lacked) = lacked.filter(|one| is_setting || !can_be_made(&one.name)) {
            plan.left.push(leave(lacked.to_string()));
            continue;
        }
        // A value that nobody could see to be there may be refused, and a slip would be.
        if let Some(doubt) = finding.doubt().filter(|_| finding.manual().is_none()) {
            plan.left.push(leave(doubt.words.clone()));
            continue;
        }
        // Of several that will do, one that takes away is for a person to choose.
        let others = finding.wanted().map_or(&[][..], |wanted| &wanted.alternatives);
        if finding.takes_away() && others.iter().any(|other| !other.takes_away()) {
            plan.left.push(leave(
                "one of several will do, and this one takes away what is there: a person must \
                 choose it"
                    .to_owned(),
            ));
            continue;
        }
        let outcome = match &finding.subject {
            Subject::Setting { component, path } => {
                plan.setting(finding, component, path, steps, basis).map_err(Unfixed::from)
            }
            Subject::Component(_) | Subject::Fact { .. } | Subject::ByHand => {
                plan.assignment(finding, steps, basis)
            }
        };
        match outcome {
            Ok(()) => {
                plan.fixed.insert(index);
            }
            Err(unfixed) => {
                // It is there, and not by this spelling.
                let spelt = finding.lacks.as_ref().filter(|lacked| lacked.is_spelt_otherwise());
                if let Some(spelt) = spelt {
                    plan.left.push(leave(spelt.to_string()));
                    continue;
                }
                let nearest = finding.lacks.as_ref().and_then(|lacked| lacked.nearest.as_deref());
                let (reason, is_tried) = match unfixed {
                    Unfixed::NoWay(reason) => (reason, false),
                    Unfixed::NotHere(reason) => (reason, true),
                };
                plan.left.push(leave(match (finding.manual(), &finding.aside) {
                    (Some(manual), _) if is_tried => format!("{manual} ({reason})"),
                    (Some(manual), Some(aside)) => format!("{manual} ({})", aside.words),
                    (Some(manual), None) => manual.to_owned(),
                    (None, Some(aside)) => format!("{reason} ({})", aside.words),
                    (None, None) => format!("{reason}{}", perhaps(nearest)),
                }));
            }
        }
    }
    plan.drop_periods(basis);
    plan.complete_policies(basis);
    plan.take_along(diff, basis);
    plan.close(basis);
    plan.name_copied(basis);
    plan.complete_blind(basis);
}

impl Plan<'_> {
    fn setting(
        &mut self,
        finding: &Finding<'_>,
        id: &ComponentId,
        path: &FieldPath,
        steps: &[ExpandedStep<'_>],
        basis: &Basis<'_>,
    ) -> Result<(), String> {
        let (Some(step), Some(test)) = (finding.step(), finding.test()) else {
            return Err("no step of a template wants it".to_owned());
        };
        let there = own(basis.components, id);
        let id = match there {
            Some(component) => component.id.clone(),
            None => self.create(id, steps, basis)?,
        };
        let row = registry::find_component(&id.type_name, &id.full_name);
        let field =
            row.and_then(|row| row.resolve(path).ok().flatten()).map(|resolved| resolved.field);
        if field.is_some_and(|field| {
            matches!(field.portability, Portability::Never | Portability::Secret)
        }) {
            return Err("a key or secret is never sent; set it in Setup".to_owned());
        }
        if let Some(component) = there {
            refuse(&component.document, &id, path)?;
        }
        if let Test::Inside(ranges) = test {
            let cause = Cause::Step(step.id.clone());
            return self.let_in(&id, path, ranges, finding.actual.as_ref(), &cause);
        }
        if let (Test::Equals(week), Some(row)) = (test, row.filter(|row| row.is_week(path))) {
            let cause = Cause::Step(step.id.clone());
            return self.hours(row, there, &id, path, &week.elements(), &cause);
        }
        if let (Test::Empty(true), Some(row), Some(there)) = (test, row, there)
            && let Some(Kind::Section { .. } | Kind::Group(_)) =
                row.whole(path).map(|field| &field.kind)
        {
            let cause = Cause::Step(step.id.clone());
            return self.emptied(row, there, path, basis, &cause);
        }
        let pending = self.place_of(&id, path);
        let now = match pending {
            Some(at) => self.changes[at].to.clone(),
            None => finding.actual.clone(),
        };
        let wanted = wanted(test, now.as_ref(), field)?;
        if let (None, Some(row), false) = (&wanted, row, basis.is_in_place) {
            refuse_removal(row, path)?;
            refuse_whole_entry(row, path)?;
        }
        refuse_other_layout(path, wanted.as_ref())?;
        if let Some(wanted) = &wanted {
            let named = wanted_names(&id, path, &Test::Equals(wanted.clone()));
            self.make_named(&named, steps, basis)?;
        }
        match pending {
            Some(at) => {
                let merges = matches!(test, Test::Includes(_) | Test::Excludes(_));
                // What a new component is given without anybody's wish gives way to one.
                let is_default = self.changes[at].cause == Cause::Creation;
                if is_default {
                    self.changes[at].cause = Cause::Step(step.id.clone());
                }
                if !is_default && !merges && self.changes[at].to != wanted {
                    return Err(format!("another step wants another value of {path}"));
                }
                self.changes[at].to = wanted;
            }
            // What is made without it is as it is wanted.
            None if wanted.is_none() && self.is_made_without(&id, path) => {}
            None => {
                if matches!(finding.outcome, Outcome::NotObserved(_)) {
                    self.note_blind(&id, path);
                }
                self.changes.push(Change {
                    from: if there.is_some() { finding.actual.clone() } else { None },
                    id,
                    path: Some(path.clone()),
                    to: wanted,
                    cause: Cause::Step(step.id.clone()),
                });
            }
        }
        Ok(())
    }

    /// Says whether a component is made here, and nothing stands at the path in what it begins with.
    fn is_made_without(&self, id: &ComponentId, path: &FieldPath) -> bool {
        let row = registry::find_component(&id.type_name, &id.full_name);
        let (Some(row), Some(made)) = (row, self.made.get(id)) else { return false };
        let is_empty = registry::held(row, made, path).is_empty();
        is_empty && matches!(registry::look_up(row, made, path), Found::Absent | Found::AbsentEntry)
    }

    /// A period without a policy that has one is refused (S 2.5): it goes with the policy that it
    /// belonged to.
    fn drop_periods(&mut self, basis: &Basis<'_>) {
        let mut dropped = Vec::new();
        for change in &self.changes {
            let is_policy = change
                .path
                .as_ref()
                .is_some_and(|path| path.to_string() == "refreshTokenPolicyType");
            let is_specific =
                change.to.as_ref().is_some_and(|to| to.to_string().starts_with("Specific"));
            if !is_policy
                || is_specific
                || change.id.type_name != "ExtlClntAppOauthConfigurablePolicies"
            {
                continue;
            }
            let Some(there) = own(basis.components, &change.id) else { continue };
            for name in ["refreshTokenValidityPeriod", "refreshTokenValidityUnit"] {
                if let (Some(value), Ok(path)) =
                    (there.document.root().child_text(name), name.parse::<FieldPath>())
                {
                    dropped.push(Change {
                        id: change.id.clone(),
                        path: Some(path),
                        from: Some(Value::from(value.as_ref())),
                        to: None,
                        cause: Cause::Needed(
                            change.to.as_ref().map(ToString::to_string).unwrap_or_default(),
                        ),
                    });
                }
            }
        }
        self.changes.extend(dropped);
    }

    /// A connected app's policy without one of the two settings that it must have is refused (S
    /// 1.3): the documented default joins.
    fn complete_policies(&mut self, basis: &Basis<'_>) {
        let of_policy = |change: &Change| {
            change.id.type_name == "ConnectedApp"
                && change.path.as_ref().is_some_and(|path| path.segments()[0].name == "oauthPolicy")
        };
        let apps: BTreeSet<ComponentId> = self
            .changes
            .iter()
            .filter(|change| of_policy(change))
            .map(|change| change.id.clone())
            .collect();
        for id in apps {
            let policy = own(basis.components, &id)
                .and_then(|there| there.document.root().child("oauthPolicy"));
            for (name, default) in [("ipRelaxation", "ENFORCE"), ("refreshTokenPolicy", "infinite")]
            {
                let path = FieldPath::new(
                    ["oauthPolicy", name]
                        .map(|name| Segment { name: name.to_owned(), key: None })
                        .to_vec(),
                );
                let is_there = policy.is_some_and(|policy| policy.child(name).is_some())
                    || self
                        .changes
                        .iter()
                        .any(|change| change.id == id && change.path.as_ref() == Some(&path));
                if !is_there {
                    let cause = Cause::Needed("oauthPolicy".to_owned());
                    self.changes.push(Change {
                        id: id.clone(),
                        path: Some(path),
                        from: None,
                        to: Some(Value::from(default)),
                        cause,
                    });
                }
            }
        }
    }

    /// Takes away what an org refuses without something that is taken away (S 3.6); where a step
    /// wants that, both stay as they are.
    fn take_along(&mut self, diff: &Diff<'_>, basis: &Basis<'_>) {
        let mut at = 0;
        while let Some(change) = self.changes.get(at).cloned() {
            at += 1;
            let (id, row) = (&change.id, registry::find(&change.id.type_name));
            let taken = change.path.as_ref().and_then(Permission::of_path);
            let taken = taken.filter(|_| change.to != Some(Value::Bool(true)));
            let (Some(taken), Some(row)) = (taken, row.filter(|row| row.odd.grants)) else {
                continue;
            };
            let there = own(basis.components, id).map(|one| &one.document);
            let Some(document) = there.or_else(|| self.made.get(id)) else { continue };
            let all = settings(row, document);
            let granted = all.iter().filter(|(_, value)| **value == Value::Bool(true));
            let granted: Vec<Permission> =
                granted.filter_map(|(path, _)| Permission::of_path(path)).collect();
            let from = there.map(|_| Value::Bool(true));
            let (mut along, mut kept) = (Vec::new(), None);
            for (one, on) in resting_on(&taken, &granted, basis.graph) {
                let path = one.path();
                let planned = self.place_of(id, &path).map(|at| &self.changes[at].to);
                if planned == Some(&Some(Value::Bool(true))) || is_wanted(diff, id, &path) {
                    kept = Some(one);
                    break;
                }
                if planned.is_none() {
                    along.push((path, on));
                }
            }
            let Some(kept) = kept else {
                self.changes.extend(along.into_iter().map(|(path, on)| Change {
                    id: change.id.clone(),
                    path: Some(path),
                    from: from.clone(),
                    to: Some(Value::Bool(false)),
                    cause: Cause::Resting(on.to_string()),
                }));
                continue;
            };
            at -= 1;
            self.changes.remove(at);
            let of_change = |index: &&usize| {
                let subject = &diff.findings[**index].subject;
                subject.component() == Some(id)
                    && subject
                        .path()
                        .zip(change.path.as_ref())
                        .is_some_and(|(one, path)| same_place(one, path))
            };
            let fixed: Vec<usize> = self.fixed.iter().filter(of_change).copied().collect();
            for index in fixed {
                self.fixed.remove(&index);
                let reason = format!("{kept} needs it, and a step wants that");
                self.left.push(Left::of_finding(index, &diff.findings[index], reason));
            }
        }
    }

    /// Adds what the changes need so that the org accepts them (S 3.6).
    fn close(&mut self, basis: &Basis<'_>) {
        let ids: BTreeSet<ComponentId> = self
            .changes
            .iter()
            .map(|change| &change.id)
            .filter(|id| registry::find(&id.type_name).is_some_and(|row| row.odd.grants))
            .cloned()
            .collect();
        for id in ids {
            let Some(row) = registry::find(&id.type_name) else { continue };
            let there = own(basis.components, &id)
                .map(|component| &component.document)
                .or_else(|| self.made.get(&id));
            let mut wanted = Vec::new();
            let mut taken = BTreeSet::new();
            for change in self.changes.iter().filter(|change| change.id == id) {
                let Some(permission) = change.path.as_ref().and_then(Permission::of_path) else {
                    continue;
                };
                if change.to == Some(Value::Bool(true)) {
                    wanted.push(permission);
                } else {
                    taken.insert(permission);
                }
            }
            // What a new profile is copied from may rest on objects that were not asked for, so all
            // that it grants is looked at.
            if let Some(made) = self.made.get(&id) {
                let all = settings(row, made);
                let granted = all.iter().filter(|(_, value)| **value == Value::Bool(true));
                wanted.extend(
                    granted
                        .filter_map(|(path, _)| Permission::of_path(path))
                        .filter(|permission| !taken.contains(permission)),
                );
            }
            let is_granted = |permission: &Permission| {
                let found =
                    there.map(|document| registry::look_up(row, document, &permission.path()));
                !taken.contains(permission)
                    && matches!(found, Some(Found::Value { value: Value::Bool(true), .. }))
            };
            // Online the org's own graph decides.
            for permission in wanted.iter().filter(|_| !basis.is_online) {
                let is_there = |need: &Permission| is_granted(need) || wanted.contains(need);
                let needs = seen_in_one_org(permission, &is_there);
                if !needs.is_empty() {
                    self.notes.push(format!(
                        "{id}: one org was seen to refuse {permission} without {}; a look at the \
                         org (`--org`) tells whether yours does",
                        needs.join(", ")
                    ));
                }
            }
            let is_lacking = |permission: &Permission| match permission {
                Permission::User(name) => basis.limits.lacking.contains(name),
                Permission::Object(..) | Permission::Field(..) => false,
            };
            // What this org does not have it does not ask for either.
            let all = close(&wanted, &is_granted, basis.graph);
            self.notes.extend(all.iter().filter(|(need, _)| is_lacking(need)).map(|(need, by)| {
                format!(
                    "{id}: {by} comes with {need} elsewhere; this org has no {need}, so it is \
                     left out"
                )
            }));
            let is_settled =
                |permission: &Permission| is_granted(permission) || is_lacking(permission);
            for (permission, by) in close(&wanted, &is_settled, basis.graph) {
                let is_doubled =
                    there.is_some_and(|there| doubled_at(row, there, &permission.path()).is_some());
                let is_seen = is_seen(&permission, &id, basis, self.made.contains_key(&id));
                let is_blind = !is_seen && blind::is_in_reach(&id, &permission.path(), basis);
                if is_doubled || !(is_seen || is_blind) {
                    self.notes.push(format!(
                        "{id}: {by} also needs {permission}, and whether it is \
                        granted was not observed"
                    ));
                    continue;
                }
                let path = permission.path();
                if self.changes_at(&id, &path) {
                    continue;
                }
                if is_blind {
                    self.blind.insert((id.clone(), folded(&path)));
                }
                self.changes.push(Change {
                    id: id.clone(),
                    path: Some(path),
                    from: (!is_blind).then_some(Value::Bool(false)),
                    to: Some(Value::Bool(true)),
                    cause: Cause::Needed(by.to_string()),
                });
            }
        }
    }
}

/// Says whether a step wants something granted.
fn is_wanted(diff: &Diff<'_>, id: &ComponentId, path: &FieldPath) -> bool {
    diff.findings.iter().any(|finding| {
        finding.subject.component() == Some(id)
            && finding.subject.path().is_some_and(|one| same_place(one, path))
            && finding.test() == Some(&Test::Equals(Value::Bool(true)))
    })
}

/// Says whether a plan may make what the org lacks, to give it to a user.
fn can_be_made(name: &Name) -> bool {
    matches!(name, Name::Component(id) if id.type_name == "PermissionSet")
}

/// Says whether what a profile holds of a permission is known: only then can the rest of its entry
/// be sent as it was.
fn is_seen(permission: &Permission, id: &ComponentId, basis: &Basis<'_>, is_made: bool) -> bool {
    if id.type_name != "Profile" || is_made {
        return true;
    }
    let (type_name, name) = match permission {
        Permission::User(_) => return true,
        Permission::Object(object, _) => ("CustomObject", object.clone()),
        Permission::Field(field, _) => {
            ("CustomObject", field.split('.').next().unwrap_or_default().to_owned())
        }
    };
    is_asked_for(&ComponentId::new(type_name, name), basis.components)
}

/// Says whether a retrieve would show what a change of a profile set: what makes it visible was
/// asked for, and given.
pub(super) fn is_visible(change: &Change, now: &ComponentSet) -> bool {
    let row = registry::find_component(&change.id.type_name, &change.id.full_name);
    let companion = row.zip(change.path.as_ref()).and_then(|(row, path)| row.companion_of(path));
    companion.is_none_or(|id| is_asked_for(&id, now))
}

fn is_asked_for(id: &ComponentId, components: &ComponentSet) -> bool {
    match &components.requested {
        Requested::Manifest(manifest) => {
            manifest.covers(&id.type_name, &id.full_name)
                && !components.not_observed.contains_key(id)
        }
        Requested::Unknown => false,
    }
}

/// What is to stand there. Elements of a set are the same by the comparison's own rule: `Admin` is
/// `System Administrator`.
fn wanted(
    test: &Test,
    now: Option<&Value>,
    field: Option<&Field>,
) -> Result<Option<Value>, String> {
    let elements = || now.map(Value::elements).unwrap_or_default();
    let normal = |elements: &[String]| {
        let value = Value::List(elements.to_vec());
        field.map_or_else(|| value.clone(), |field| field.normalise(&value)).elements()
    };
    let is_among = |element: &String, all: &[String]| {
        normal(std::slice::from_ref(element)).iter().all(|one| all.contains(one))
    };
    Ok(match test {
        Test::Equals(value) => Some(value.clone()),
        Test::OneOf(values) => Some(values.first().ok_or("the template names no value")?.clone()),
        Test::AtLeast(bound) | Test::AtMost(bound) => Some(bound.value()),
        Test::Includes(wanted) => {
            let mut all = elements();
            let there = normal(&all);
            all.extend(wanted.iter().filter(|element| !is_among(element, &there)).cloned());
            Some(Value::List(all))
        }
        Test::Excludes(unwanted) => {
            let unwanted = normal(unwanted);
            let kept = elements().into_iter().filter(|element| !is_among(element, &unwanted));
            Some(Value::List(kept.collect()))
        }
        Test::Absent | Test::Empty(true) => None,
        Test::ValidFor(_) => {
            return Err("a new one is made by a person, and given to whoever uses it".to_owned());
        }
        Test::Inside(_) | Test::Count(_) | Test::Empty(false) => {
            return Err("which entries are to come or to go is for a person to say".to_owned());
        }
    })
}
