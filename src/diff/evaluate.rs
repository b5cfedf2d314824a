//! What a step wants, held against what is there: one finding a want.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::metadata::fact::{Access, Fact, FactAnswer, FactValues};
use crate::metadata::lasting::{End, Period};
use crate::metadata::names::{Lacked, Name, NameStatus, Names};
use crate::metadata::path::FieldPath;
use crate::metadata::registry;
use crate::metadata::registry::nearest::{is_slip, perhaps};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::{Value, same};
use crate::metadata::{ComponentId, ComponentSet};
use crate::template::needs::{wanted_by_fact, wanted_names};
use crate::template::{
    Alternative, Applies, Each, ExpandedStep, ExpandedWant, FactCondition, Test,
};

use super::finding::{Aside, Finding, Origin, Outcome, State, StepWant, Subject};
use super::observe::{self, Observation};
use super::satisfies::satisfies;
use super::spelling;

/// Evaluates all that a step wants; nothing where the step does not apply.
pub(super) fn step<'s>(
    step: &'s ExpandedStep<'s>,
    components: &ComponentSet,
    facts: &FactValues,
    made: &BTreeSet<&ComponentId>,
) -> Vec<Finding<'s>> {
    let unseen = match standing(step, facts) {
        ConditionState::Holds => None,
        ConditionState::Fails => return Vec::new(),
        ConditionState::Unseen(unseen) => Some(unseen),
    };
    let seen = Seen { step, components, facts, made };
    let mut findings: Vec<Finding<'s>> =
        step.wants.iter().flat_map(|want| seen.all(want)).collect();
    if let Some(unseen) = unseen {
        for finding in &mut findings {
            finding.outcome = Outcome::NotObserved(unseen.clone());
        }
    }
    findings
}

/// Says whether a step applies; none where facts decide that could not be seen.
pub fn applies(step: &ExpandedStep<'_>, facts: &FactValues) -> Option<bool> {
    match standing(step, facts) {
        ConditionState::Holds => Some(true),
        ConditionState::Fails => Some(false),
        ConditionState::Unseen(_) => None,
    }
}

fn standing(step: &ExpandedStep<'_>, facts: &FactValues) -> ConditionState {
    match &step.applies {
        Applies::Yes => ConditionState::Holds,
        Applies::No => ConditionState::Fails,
        Applies::IfFacts(alternatives) => any_holds(alternatives, facts),
    }
}

enum ConditionState {
    Holds,
    Fails,
    Unseen(Unseen),
}

/// An alternative that is seen to hold settles the matter, even where another could not be seen.
fn any_holds(alternatives: &[Alternative<FactCondition>], facts: &FactValues) -> ConditionState {
    let mut unseen = None;
    for Alternative { all, not } in alternatives {
        let all = all_hold(all, facts);
        let negated = match all_hold(not, facts) {
            _ if not.is_empty() => ConditionState::Holds,
            ConditionState::Holds => ConditionState::Fails,
            ConditionState::Fails => ConditionState::Holds,
            unseen @ ConditionState::Unseen(_) => unseen,
        };
        match (all, negated) {
            (ConditionState::Fails, _) | (_, ConditionState::Fails) => {}
            (ConditionState::Unseen(why), _) | (_, ConditionState::Unseen(why)) => {
                unseen.get_or_insert(why);
            }
            (ConditionState::Holds, ConditionState::Holds) => return ConditionState::Holds,
        }
    }
    unseen.map_or(ConditionState::Fails, ConditionState::Unseen)
}

/// A condition that is seen to fail settles the matter, even where another could not be seen.
fn all_hold(conditions: &[FactCondition], facts: &FactValues) -> ConditionState {
    let mut unseen = None;
    for FactCondition { fact, of, values } in conditions {
        match facts.get(fact, of.as_deref()) {
            FactAnswer::Known(actual) => {
                if !values.iter().any(|value| same(value, &actual)) {
                    return ConditionState::Fails;
                }
            }
            FactAnswer::NotObserved(reason) => {
                unseen.get_or_insert_with(|| {
                    Unseen::new(
                        UnseenKind::Condition,
                        format!("whether this step applies depends on `{fact}`: {reason}"),
                    )
                });
            }
        }
    }
    unseen.map_or(ConditionState::Holds, ConditionState::Unseen)
}

/// What there is not of what a step's conditions name, one sentence each: such a step may be left
/// out though it was meant.
pub(super) fn lacked_by_condition(
    step: &ExpandedStep<'_>,
    components: &ComponentSet,
) -> Vec<String> {
    let Applies::IfFacts(alternatives) = &step.applies else { return Vec::new() };
    let mut said: Vec<String> = Vec::new();
    for FactCondition { fact, values, .. } in alternatives.iter().flat_map(|one| one.conditions()) {
        let mut names = Name::of_fact(fact);
        names.extend(wanted_by_fact(fact, &Test::OneOf(values.clone())));
        let lacked = names.iter().find_map(|name| match components.names.get(name)? {
            NameStatus::Lacked(lacked) if !lacked.in_files => Some(lacked),
            _ => None,
        });
        if let Some(lacked) = lacked {
            said.push(format!("step `{}` applies by `{fact}`, and {lacked}", step.step.id));
        }
    }
    said
}

/// What of the exceptions to a star leaves nothing out, one sentence each: all that the star stands
/// for is wanted then, though somebody meant to leave some of it out.
pub(super) fn idle_exceptions(step: &ExpandedStep<'_>, names: &Names) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    if matches!(step.applies, Applies::No) {
        return said;
    }
    // A list makes several stars of one want, and what one of them leaves out is left out.
    let stars = || {
        step.wants.iter().filter_map(|want| match want {
            ExpandedWant::Each(each) => Some(each),
            _ => None,
        })
    };
    for each in stars() {
        let alike = || stars().filter(|one| one.except == each.except);
        let is_idle = |except: &str| alike().all(|one| one.is_idle(except, names));
        for (except, near) in each.idle(names) {
            if !is_idle(except) {
                continue;
            }
            let words = format!(
                "step `{}`: `except` names `{except}`, and `{}` stands for no such, so that it \
                 leaves nothing out{}",
                step.step.id,
                each.path,
                perhaps(near.as_deref())
            );
            if !said.contains(&words) {
                said.push(words);
            }
        }
    }
    said
}

/// A step, and what its wants are held against.
struct Seen<'s, 'c> {
    step: &'s ExpandedStep<'s>,
    components: &'c ComponentSet,
    facts: &'c FactValues,
    /// The components that steps say how to make.
    made: &'c BTreeSet<&'c ComponentId>,
}

impl<'s> Seen<'s, '_> {
    /// A finding of each setting that a want stands for.
    fn all(&self, want: &'s ExpandedWant) -> Vec<Finding<'s>> {
        match want {
            ExpandedWant::Each(each) => self.each(want, each),
            _ => vec![self.want(want)],
        }
    }

    /// What a star stands for, as far as that is known; one finding of it where it is not, or where
    /// there is no such name.
    fn each(&self, want: &'s ExpandedWant, each: &Each) -> Vec<Finding<'s>> {
        let (outcome, lacks) = match each.wants(&self.components.names) {
            Ok(wants) if !wants.is_empty() => {
                return wants.into_iter().map(|(one, unseen)| self.one_of(one, unseen)).collect();
            }
            Ok(_) => {
                let matches = self.components.names.matches(&each.pattern);
                let is_none = matches.is_ok_and(<[_]>::is_empty);
                let lacks = is_none.then(|| Lacked::of(each.pattern.names().0));
                // Of all that there is none is as it should be, and strictly speaking nobody has
                // seen it; names of some form of which there is none are misspelt.
                let is_so = !is_none || each.pattern.is_all() || wants_none(&each.test);
                (if is_so { Outcome::InSync } else { Outcome::Missing }, lacks)
            }
            Err(unseen) => (Outcome::NotObserved(unseen), None),
        };
        let subject = Subject::Setting { component: each.id.clone(), path: each.path.clone() };
        let finding = self.finding(Cow::Borrowed(want), subject, outcome, None, None);
        let object: Vec<Name> = each.pattern.names().1.into_iter().collect();
        let finding = Finding { lacks, ..finding };
        vec![self.with_names(finding, &object, &each.test)]
    }

    /// One setting that a star stands for; where it is not known whether the org grants it to
    /// anybody, only what is seen to be right counts.
    fn one_of(&self, want: ExpandedWant, unseen: Option<Unseen>) -> Finding<'s> {
        let ExpandedWant::Metadata { id, path, test, effective } = &want else {
            return self.finding(Cow::Owned(want), Subject::ByHand, Outcome::InSync, None, None);
        };
        let finding = self.setting(Cow::Owned(want.clone()), id, path, test, effective.as_ref());
        match unseen {
            Some(unseen) if finding.outcome != Outcome::InSync => {
                Finding { outcome: Outcome::NotObserved(unseen), actual: None, ..finding }
            }
            _ => finding,
        }
    }

    fn want(&self, want: &'s ExpandedWant) -> Finding<'s> {
        match want {
            ExpandedWant::Metadata { id, path, test, effective } => {
                self.setting(Cow::Borrowed(want), id, path, test, effective.as_ref())
            }
            // Refused within an `any` or a `confirm` when the template is filled in.
            ExpandedWant::Each(each) => {
                let subject =
                    Subject::Setting { component: each.id.clone(), path: each.path.clone() };
                let outcome = Outcome::NotObserved(nothing_wanted());
                self.finding(Cow::Borrowed(want), subject, outcome, None, None)
            }
            ExpandedWant::Fact { fact, of, test, named_by } => {
                self.fact(want, fact, of.as_deref(), test, named_by.as_deref())
            }
            ExpandedWant::Manual { confirm, .. } => self.by_hand(want, confirm.as_deref()),
            ExpandedWant::Any(wants) => self.any(want, wants),
        }
    }

    fn finding(
        &self,
        want: Cow<'s, ExpandedWant>,
        subject: Subject,
        outcome: Outcome,
        actual: Option<Value>,
        access_from: Option<String>,
    ) -> Finding<'s> {
        let ExpandedStep { template, step, .. } = self.step;
        let origin =
            Origin::Step(StepWant { template, step, want, access_from, alternatives: Vec::new() });
        Finding { actual, ..Finding::new(origin, subject, outcome) }
    }

    fn setting(
        &self,
        want: Cow<'s, ExpandedWant>,
        id: &ComponentId,
        path: &FieldPath,
        test: &Test,
        effective: Option<&(Fact, String)>,
    ) -> Finding<'s> {
        let is_unwanted = *test == Test::Equals(Value::Bool(false));
        let finding = self.in_component(want, id, path, test, effective.filter(|_| !is_unwanted));
        match effective {
            Some(effective) if is_unwanted => self.unless_elsewhere(finding, id, effective),
            _ => finding,
        }
    }

    /// What a user is not to have must come from nowhere else either. Where the component itself
    /// grants it, that is said first.
    fn unless_elsewhere(
        &self,
        finding: Finding<'s>,
        id: &ComponentId,
        (fact, user): &(Fact, String),
    ) -> Finding<'s> {
        if finding.outcome != Outcome::InSync {
            return finding;
        }
        match self.facts.get(fact, Some(user)) {
            FactAnswer::Known(Value::Bool(true)) => {
                let source = self.facts.source(fact, Some(user)).unwrap_or("elsewhere").to_owned();
                let mut finding = Finding {
                    outcome: Outcome::Differs,
                    actual: Some(Value::Bool(true)),
                    lacks: None,
                    ..finding
                };
                if let Origin::Step(wanted) = &mut finding.origin {
                    wanted.access_from = Some(source);
                }
                finding
            }
            // Nobody has what the org itself does not have.
            FactAnswer::NotObserved(unseen)
                if finding.lacks.as_ref().is_none_or(
                    |lacked| matches!(&lacked.name, Name::Component(one) if one == id),
                ) =>
            {
                Finding { outcome: Outcome::NotObserved(unseen), actual: None, ..finding }
            }
            FactAnswer::Known(_) | FactAnswer::NotObserved(_) => finding,
        }
    }

    fn in_component(
        &self,
        want: Cow<'s, ExpandedWant>,
        id: &ComponentId,
        path: &FieldPath,
        test: &Test,
        effective: Option<&(Fact, String)>,
    ) -> Finding<'s> {
        let as_wanted = path;
        // An org has one of the names that differ in capitals alone, and that is meant.
        let known = &self.components.names;
        let meant_path = spelling::path(id, path, known);
        let named = |test: &Test| wanted_names(id, path, test);
        let meant_test = spelling::test(test, &named, known);
        let path = meant_path.as_ref().unwrap_or(path);
        let mut observed =
            observe::metadata(self.components, id, path, meant_test.as_ref().unwrap_or(test));
        let has_no_day = is_week(id, path)
            && matches!(test, Test::Equals(week) if week.elements().iter().all(String::is_empty));
        if wants_nothing(test) || has_no_day {
            observed.observation = Observation::NotObserved(nothing_wanted());
        }
        let (mut outcome, mut actual) = match observed.observation {
            Observation::Seen { value, satisfied } => match (test, value) {
                (Test::ValidFor(period), Some(value)) => self.lasting(&value, *period),
                (Test::ValidFor(_), None) if observed.is_hidden => {
                    let why = "none is shown here, and an org may hold one that no retrieve shows";
                    let unseen = Unseen::new(UnseenKind::NotReadable, why);
                    (Outcome::NotObserved(unseen), None)
                }
                (_, value) => (if satisfied { Outcome::InSync } else { Outcome::Differs }, value),
            },
            Observation::Missing => (Outcome::Missing, None),
            Observation::NotObserved(unseen) => (Outcome::NotObserved(unseen), None),
        };
        let mut access_from =
            observed.covered_by.map(|permission| format!("{permission} in the same component"));
        if let (true, Some((fact, user))) = (outcome != Outcome::InSync, effective) {
            match self.facts.get(fact, Some(user)) {
                FactAnswer::Known(Value::Bool(true)) => {
                    (outcome, actual) = (Outcome::InSync, Some(Value::Bool(true)));
                    let source = self.facts.source(fact, Some(user)).unwrap_or("elsewhere");
                    access_from = Some(source.to_owned());
                }
                // Where the user may have it from elsewhere, nobody knows that they lack it.
                FactAnswer::NotObserved(unseen)
                    if unseen.kind == UnseenKind::Elsewhere && outcome == Outcome::Differs =>
                {
                    (outcome, actual) = (Outcome::NotObserved(unseen), None);
                }
                FactAnswer::Known(_) | FactAnswer::NotObserved(_) => {}
            }
        }
        if observed.is_secret {
            actual = actual.map(|_| Value::Hidden);
        }
        let subject = Subject::Setting { component: observed.id, path: path.clone() };
        let own = Name::of_component(id);
        let is_missing = outcome == Outcome::Missing;
        let finding = self.finding(want, subject, outcome, actual, access_from);
        let mut names = Name::of_setting(id, as_wanted);
        // What is so by other rights needs no permissions for the object.
        names.retain(|name| finding.outcome != Outcome::InSync || !name.is_access());
        let finding = self.with_names(finding, &names, test);
        let finding = self.with_values(finding, named(test), test);
        if !is_missing || finding.lacks.is_some() {
            return finding;
        }
        // What is yet to be made may be made with it.
        let wants_none = wants_none(test) && !own.iter().any(|name| self.is_made(name));
        let lacked = match self.lacked(&own) {
            Some(lacked) => lacked.clone(),
            None if wants_none => self.components.names.lack(&own[0]),
            None => return finding,
        };
        let is_so = wants_none && !lacked.is_spelt_otherwise();
        let outcome = if is_so { Outcome::InSync } else { finding.outcome };
        Finding { lacks: Some(lacked), outcome, ..finding }
    }

    fn is_made(&self, name: &Name) -> bool {
        match name {
            Name::Component(id) => self.made.contains(id),
            Name::Permission(_)
            | Name::ObjectAccess(_)
            | Name::FieldAccess(_)
            | Name::Licence(_)
            | Name::Edition(_) => false,
        }
    }

    fn lacked(&self, names: &[Name]) -> Option<&Lacked> {
        names.iter().find_map(|name| match self.components.names.get(name)? {
            NameStatus::Lacked(lacked) => Some(lacked),
            NameStatus::Unseen(_) | NameStatus::Unshown(_) => None,
        })
    }

    /// What an org is known to lack; what files lack is no answer about an org, and what is
    /// written in other capitals is there.
    fn lacked_by_org(&self, names: &[Name]) -> Option<&Lacked> {
        names.iter().find_map(|name| {
            let lacked = self.lacked(std::slice::from_ref(name))?;
            (!lacked.in_files && !lacked.is_spelt_otherwise()).then_some(lacked)
        })
    }

    /// Why nobody can tell that the org has one of some names; nothing where it is known to, or
    /// not to, have them.
    fn doubt(&self, names: &[Name]) -> Option<Unseen> {
        names.iter().find_map(|name| match self.components.names.get(name)? {
            NameStatus::Unseen(unseen) => Some(unseen.clone()),
            NameStatus::Unshown(lacked) if !lacked.is_spelt_otherwise() => Some(offline(lacked)),
            // A component that files lack is so by itself; as a value it is one where it is a slip.
            NameStatus::Lacked(lacked) if lacked.in_files && !lacked.is_spelt_otherwise() => {
                let near = lacked.nearest.as_deref();
                near.filter(|near| is_slip(name.text(), near)).map(|_| offline(lacked))
            }
            NameStatus::Unshown(_) | NameStatus::Lacked(_) => None,
        })
    }

    fn spelling(&self, names: &[Name]) -> Option<&Lacked> {
        names.iter().find_map(|name| self.components.names.spelling(name))
    }

    /// What is known of the names that a want speaks of goes before what was seen: what is granted
    /// on a name that the org does not have is granted to nobody, whatever stands above it, and a
    /// deploy of it fails.
    fn with_names(&self, finding: Finding<'s>, names: &[Name], test: &Test) -> Finding<'s> {
        let wants_none = wants_none(test);
        // Whether a user has a set is said by what is assigned to them, whoever lists the sets.
        let is_of_set = matches!(
            finding.subject,
            Subject::Fact { fact: Fact::Access(Access::PermissionSet(_)), .. }
        );
        if let Some(lacked) = self.lacked_by_org(names) {
            if lacked.is_group && is_of_set {
                // Who has the group was not asked, whether or not they are to have it.
                let unseen = Unseen::new(UnseenKind::NotReadable, lacked.to_string());
                let finding = lacking(finding, lacked, Outcome::NotObserved(unseen));
                return Finding { lacks: None, ..finding };
            }
            let outcome = if wants_none { Outcome::InSync } else { Outcome::Missing };
            return lacking(finding, lacked, outcome);
        }
        if let Some(spelt) = self.spelling(names) {
            return match &finding.outcome {
                Outcome::InSync => with_aside(finding, spelt.to_string(), false),
                Outcome::Differs => with_aside(finding, spelt.to_string(), is_of_set),
                Outcome::NotObserved(_) if spelt.in_files => {
                    Finding { outcome: Outcome::NotObserved(offline(spelt)), ..finding }
                }
                // By this spelling the org shows nothing of it.
                Outcome::NotObserved(_) => lacking(finding, spelt, Outcome::Missing),
                Outcome::Missing | Outcome::Manual(_) | Outcome::Waived(_) => finding,
            };
        }
        match (self.doubt(names), &finding.outcome) {
            (None, _) => finding,
            (Some(doubt), Outcome::InSync) if wants_none => with_aside(finding, doubt.words, true),
            (Some(doubt), Outcome::Differs) if is_of_set => with_aside(finding, doubt.words, true),
            // A slip says more than that nobody asked for the name, and that it is in no list more
            // than that nothing came.
            (Some(doubt), Outcome::NotObserved(unseen))
                if doubt.kind != UnseenKind::Offline
                    && (doubt.kind, unseen.kind)
                        != (UnseenKind::NotReadable, UnseenKind::NotReadable) =>
            {
                finding
            }
            (Some(doubt), _) if !wants_none => {
                Finding { outcome: Outcome::NotObserved(doubt), actual: None, ..finding }
            }
            (Some(_), _) => finding,
        }
    }

    /// The same of names that stand in the value: what was seen is otherwise, whether or not
    /// somebody sees that the org has what is wanted.
    fn with_values(&self, finding: Finding<'s>, mut names: Vec<Name>, test: &Test) -> Finding<'s> {
        // What is there, in other capitals, is not made a second time.
        names.retain(|name| {
            !self.is_made(name) || self.spelling(std::slice::from_ref(name)).is_some()
        });
        let is_so = finding.outcome == Outcome::InSync;
        let lacked = self.lacked_by_org(&names);
        let spelt = self.spelling(&names);
        let doubt = self.doubt(&names);
        if matches!(test, Test::Excludes(_)) {
            return match (lacked, doubt, spelt) {
                (Some(lacked), ..) if is_so => lacking(finding, lacked, Outcome::InSync),
                (_, Some(doubt), _) if is_so => with_aside(finding, doubt.words, true),
                // What is written otherwise in the template is not found in the list by it.
                (.., Some(spelt)) => with_aside(finding, spelt.to_string(), !is_so),
                _ => finding,
            };
        }
        if is_so {
            return match spelt {
                Some(spelt) => with_aside(finding, spelt.to_string(), false),
                None => finding,
            };
        }
        if let Test::OneOf(_) = test
            && let Some((first, others)) = names.split_first()
            && self.wrong_of(others).len() + self.wrong_of(std::slice::from_ref(first)).len()
                < names.len()
        {
            // One of them will do, and the first is what a plan would write.
            let wrong = self.wrong_of(&names);
            let is_first = !self.wrong_of(std::slice::from_ref(first)).is_empty();
            return match wrong.is_empty() {
                true => finding,
                false => with_aside(finding, wrong.join("; "), is_first),
            };
        }
        if let Some(lacked) = lacked {
            return lacking(finding, lacked, Outcome::Missing);
        }
        match (spelt, doubt) {
            (Some(spelt), _) if !spelt.in_files => lacking(finding, spelt, Outcome::Missing),
            (Some(spelt), _) => {
                let outcome = Outcome::NotObserved(offline(spelt));
                Finding { outcome, actual: None, ..finding }
            }
            (None, Some(doubt)) if doubt.kind == UnseenKind::Offline => {
                Finding { outcome: Outcome::NotObserved(doubt), actual: None, ..finding }
            }
            (None, Some(doubt)) if finding.outcome == Outcome::Differs => {
                with_aside(finding, doubt.words, true)
            }
            (None, _) => finding,
        }
    }

    /// What is wrong, or may be, with each of some names.
    fn wrong_of(&self, names: &[Name]) -> Vec<String> {
        let wrong = |name: &Name| {
            let name = std::slice::from_ref(name);
            let lacked = self.lacked_by_org(name).or_else(|| self.spelling(name));
            lacked.map(ToString::to_string).or_else(|| self.doubt(name).map(|unseen| unseen.words))
        };
        names.iter().filter_map(wrong).collect()
    }

    fn fact(
        &self,
        want: &'s ExpandedWant,
        fact: &Fact,
        of: Option<&str>,
        test: &Test,
        named_by: Option<&str>,
    ) -> Finding<'s> {
        let nobody_asked = fact.parameter().is_some() && of.is_none();
        let answer = match (named_by, of) {
            (Some(parameter), None) => FactAnswer::NotObserved(Unseen::new(
                UnseenKind::NobodyNamed,
                format!("the parameter `{parameter}` is not set, so there is nobody to ask about"),
            )),
            _ if wants_nothing(test) => FactAnswer::NotObserved(nothing_wanted()),
            _ => match (self.facts.get(fact, of), test) {
                (FactAnswer::Known(value), Test::AtLeast(bound) | Test::AtMost(bound))
                    if bound.against(&value).is_none() =>
                {
                    let why = format!("`{value}` cannot be held against `{}`", bound.value());
                    FactAnswer::NotObserved(Unseen::new(UnseenKind::NotReadable, why))
                }
                (answer, _) => answer,
            },
        };
        let mut gone = None;
        let (outcome, actual) = match answer {
            FactAnswer::Known(value) if let Test::ValidFor(period) = test => {
                self.lasting(&value, *period)
            }
            FactAnswer::Known(value) => {
                let named = |test: &Test| wanted_by_fact(fact, test);
                let meant = spelling::test(test, &named, &self.components.names);
                let satisfied = satisfies(meant.as_ref().unwrap_or(test), Some(&value), None);
                (if satisfied { Outcome::InSync } else { Outcome::Differs }, Some(value))
            }
            FactAnswer::NotObserved(unseen) => {
                let is_gone = unseen.kind == UnseenKind::NoSuchUser;
                let of_user = is_gone || unseen.kind == UnseenKind::NobodyThere;
                let named_by = named_by.filter(|_| of_user);
                let words = match named_by {
                    Some(parameter) => format!("the parameter `{parameter}`: {unseen}"),
                    None => unseen.words,
                };
                if is_gone {
                    gone = Some(words);
                    (Outcome::Missing, None)
                } else {
                    (Outcome::NotObserved(Unseen { words, ..unseen }), None)
                }
            }
        };
        let access_from = self.facts.source(fact, of).map(str::to_owned);
        let another = of.filter(|_| named_by != fact.parameter()).map(str::to_owned);
        // A package that has a version is there.
        let is_had = match fact {
            Fact::PackageVersion(_) => actual.is_some(),
            _ => actual == Some(Value::Bool(true)),
        };
        let is_lacking = actual == Some(Value::Bool(false)) && *fact == Fact::AppInstalled;
        let is_seen = !matches!(outcome, Outcome::NotObserved(_));
        let finding = self.finding(
            Cow::Borrowed(want),
            Subject::Fact { fact: fact.clone(), of: another },
            outcome,
            actual,
            access_from,
        );
        // Nothing more can be said of nobody, and nothing be given to them.
        if let Some(words) = gone {
            return with_aside(finding, words, true);
        }
        let mut names = if nobody_asked { Vec::new() } else { Name::of_fact(fact) };
        // What the user has is there, by whatever name a list has it.
        names.retain(|name| !is_had || self.components.names.spelling(name).is_some());
        let mut finding = self.with_names(finding, &names, test);
        if is_seen {
            finding = self.with_values(finding, wanted_by_fact(fact, test), test);
        }
        match of.filter(|_| is_lacking).zip(self.facts.nearest(fact, of)) {
            Some((app, near)) if finding.outcome == Outcome::Differs || is_slip(app, near) => {
                let words = format!("the org has no app `{app}`{}", perhaps(Some(near)));
                let is_so = finding.outcome == Outcome::InSync;
                with_aside(finding, words, is_so)
            }
            _ => finding,
        }
    }

    /// Whether something lasts for a time, and when it ends.
    fn lasting(&self, value: &Value, period: Period) -> (Outcome, Option<Value>) {
        let unseen = |kind, why: &str| (Outcome::NotObserved(Unseen::new(kind, why)), None);
        let Some(end) = End::of(&value.to_string()) else {
            let why = "it is neither a certificate that can be read nor a time";
            return unseen(UnseenKind::NotReadable, why);
        };
        let Some(now) = self.facts.now() else {
            return unseen(UnseenKind::NotReadable, "nobody says what time it is");
        };
        let outcome = if end.outlasts(period, now) { Outcome::InSync } else { Outcome::Differs };
        (outcome, Some(Value::Text(end.to_string())))
    }

    /// Something by hand is done where what confirms it is seen to be so.
    fn by_hand(&self, want: &'s ExpandedWant, confirm: Option<&'s ExpandedWant>) -> Finding<'s> {
        let confirmed = confirm.map(|confirm| self.want(confirm));
        let (outcome, lacks, aside) = match confirmed {
            Some(one) if one.outcome == Outcome::InSync => (Outcome::InSync, one.lacks, one.aside),
            // Nobody can do what would prove it.
            Some(one) if one.lacks_name().is_some() => (Outcome::Missing, one.lacks, None),
            Some(one) => {
                let near = one.lacks.as_ref().filter(|lacked| lacked.nearest.is_some());
                let near = near.map(|lacked| Aside { words: lacked.to_string(), is_doubt: false });
                (Outcome::Manual(one.unseen().cloned()), None, near.or(one.aside))
            }
            None => (Outcome::Manual(None), None, None),
        };
        let finding = self.finding(Cow::Borrowed(want), Subject::ByHand, outcome, None, None);
        Finding { lacks, aside, ..finding }
    }

    /// One of them suffices. Where none is seen to hold but one could not be seen, nobody knows;
    /// only then a fix would be a guess.
    fn any(&self, want: &'s ExpandedWant, wants: &'s [ExpandedWant]) -> Finding<'s> {
        let mut all: Vec<Finding<'s>> = wants.iter().map(|want| self.want(want)).collect();
        let rank = |finding: &Finding<'_>| match finding.state() {
            State::InSync => 0,
            State::NotObserved => 1,
            State::Differs if !finding.takes_away() => 2,
            State::Differs | State::Missing => 3,
            State::Manual => 4,
            State::Waived => 5,
        };
        let Some(chosen) = (0..all.len()).min_by_key(|index| {
            let finding = &all[*index];
            // Of two that are equally wrong, one whose fix takes nothing away speaks for the group,
            // then one that a package can fix.
            let is_by_hand = finding.subject.component().is_none();
            (rank(finding), finding.takes_away(), is_by_hand)
        }) else {
            return self.finding(Cow::Borrowed(want), Subject::ByHand, Outcome::InSync, None, None);
        };
        let mut finding = all.remove(chosen);
        if let Origin::Step(wanted) = &mut finding.origin {
            wanted.alternatives = all;
        }
        finding
    }
}

/// A finding about a name that the org lacks: whatever seems to be there is not.
fn lacking<'s>(finding: Finding<'s>, lacked: &Lacked, outcome: Outcome) -> Finding<'s> {
    let mut finding = Finding { lacks: Some(lacked.clone()), outcome, actual: None, ..finding };
    if let Origin::Step(wanted) = &mut finding.origin {
        wanted.access_from = None;
    }
    finding
}

fn with_aside(finding: Finding<'_>, words: String, is_doubt: bool) -> Finding<'_> {
    Finding { aside: Some(Aside { words, is_doubt }), ..finding }
}

/// What files lack is no answer about an org.
fn offline(lacked: &Lacked) -> Unseen {
    Unseen::new(UnseenKind::Offline, format!("offline: {lacked}"))
}

fn nothing_wanted() -> Unseen {
    Unseen::new(
        UnseenKind::NothingWanted,
        "what is wanted is empty: a parameter that holds it is not set",
    )
}

/// Says whether a want is that there be nothing: what does not exist is that already.
fn wants_none(test: &Test) -> bool {
    let is_none = matches!(test, Test::Absent | Test::Equals(Value::Bool(false)));
    is_none || matches!(test, Test::Empty(true) | Test::Count(0) | Test::ValidFor(_))
}

fn is_week(id: &ComponentId, path: &FieldPath) -> bool {
    registry::find(&id.type_name).is_some_and(|row| row.is_week(path))
}

/// No setting is wanted to be an empty text (`absent` is said for that), or to hold one, or nothing
/// in particular: its parameter was not given.
fn wants_nothing(test: &Test) -> bool {
    let is_empty = |value: &Value| matches!(value, Value::Text(text) if text.trim().is_empty());
    match test {
        Test::Equals(value) => is_empty(value),
        Test::OneOf(values) => !values.is_empty() && values.iter().all(is_empty),
        Test::Includes(elements) | Test::Excludes(elements) | Test::Inside(elements) => {
            elements.is_empty() || elements.iter().any(|element| element.trim().is_empty())
        }
        Test::Absent
        | Test::AtLeast(_)
        | Test::AtMost(_)
        | Test::Count(_)
        | Test::Empty(_)
        | Test::ValidFor(_) => false,
    }
}

#[cfg(test)]
mod tests;
