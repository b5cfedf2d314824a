//! What REST gives to users beside the package, and takes back: licences, and permission sets. One
//! road for all of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::diff::Finding;
use crate::metadata::assignable::Assignable;
use crate::metadata::change_event::{CHANNEL_MEMBER, change_event};
use crate::metadata::fact::{Access, Fact, FactAnswer, FactValues, UserFact};
use crate::metadata::labels::{CONNECTED_APP, EXTERNAL_APP};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, Requested, why_unread};
use crate::template::{Applies, ExpandedStep, ExpandedWant, Test, setup};

use super::left::{Left, LeftKind};
use super::{Basis, Plan};

/// Something given to a user; a permission set with the licence that it stands on (S 4.3, 4.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Assignment {
    /// The user's name.
    pub user: String,
    /// What is given.
    #[serde(flatten)]
    pub what: Assignable,
}

/// Something given to a user, with the rows that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// To whom, and what.
    #[serde(flatten)]
    pub of: Assignment,
    /// The rows: object and id.
    pub rows: Vec<(String, String)>,
    /// The object of which a row was about to be made, where none was there and its id is not
    /// known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
    /// Whether rows are lacking: the org refused one, or was not asked yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
}

impl Assignment {
    /// Says why a package leaves it, and who can make it.
    fn unpackaged(&self) -> String {
        format!(
            "the {} must be assigned to `{}`, which no package can hold: `sfsetup deploy` does it, \
             or a person in Setup",
            self.what, self.user
        )
    }
}

/// Why a finding is not fixed.
pub(super) enum Unfixed {
    /// No plan does such a thing.
    NoWay(String),
    /// A plan does, and cannot do it here.
    NotHere(String),
}

impl From<String> for Unfixed {
    fn from(reason: String) -> Self {
        Self::NoWay(reason)
    }
}

const BY_HAND: &str = "no package can do this; do it in Setup";

fn by_hand() -> Unfixed {
    Unfixed::NoWay(BY_HAND.to_owned())
}

impl Plan<'_> {
    /// Leaves what is assigned: a package alone cannot hold it.
    pub fn leave_assignments(&mut self) {
        let given = std::mem::take(&mut self.assignments);
        self.left.extend(given.into_iter().map(|one| {
            let id = match &one.what {
                Assignable::PermissionSet(set) => ComponentId::new("PermissionSet", set.as_str()),
                Assignable::PermissionSetLicense(name) => {
                    let fact = Fact::Licensed(name.clone());
                    let subject = format!("{fact} of {}", one.user);
                    let left = Left::about(LeftKind::Open, None, subject, one.unpackaged());
                    return Left { page: setup::of_fact(&fact), ..left };
                }
            };
            Left::of(&id, None, one.unpackaged())
        }));
    }

    /// A fact that is brought about by what a user is given: a licence, a permission set, or what a
    /// permission set of the same template grants.
    pub(super) fn assignment(
        &mut self,
        finding: &Finding<'_>,
        steps: &[ExpandedStep<'_>],
        basis: &Basis<'_>,
    ) -> Result<(), Unfixed> {
        // Which of several would be right is for a person to say.
        let wanted = finding.wanted().filter(|wanted| wanted.alternatives.is_empty());
        let wanted = wanted.ok_or_else(by_hand)?;
        let want = match &*wanted.want {
            ExpandedWant::Manual { confirm: Some(confirm), .. } => confirm,
            other => other,
        };
        let ExpandedWant::Fact { fact, of, test, .. } = want else {
            return Err(by_hand());
        };
        if *test == Test::Equals(Value::Bool(true)) && self.brings_about(fact, of.as_deref()) {
            return Ok(());
        }
        let user = of.as_deref().ok_or_else(by_hand)?;
        let Some(what) = given_for(fact, steps) else {
            return Err(Unfixed::NoWay(match fact {
                Fact::Access(Access::Permission(_) | Access::Object(..)) => {
                    format!("{BY_HAND} (no permission set of the template grants it)")
                }
                Fact::User(UserFact::Profile) => {
                    "no package gives a user another profile; do it in Setup".to_owned()
                }
                _ if fact.is_bought() => {
                    "this is bought, not deployed: ask the account executive".to_owned()
                }
                _ => BY_HAND.to_owned(),
            }));
        };
        if let Some(source) = &wanted.access_from {
            return Err(Unfixed::NoWay(format!("the {source} must be changed in Setup")));
        }
        if !test.desired().contains(&Value::Bool(true)) {
            return Err(Unfixed::NoWay(format!(
                "no plan takes from `{user}` what it has not given; do it in Setup"
            )));
        }
        self.assign(user, what, basis)
    }

    /// Says whether a fact about the org follows from what the plan makes: an app of its own, or
    /// the member of a channel that publishes an object's changes.
    fn brings_about(&self, fact: &Fact, of: Option<&str>) -> bool {
        match fact {
            Fact::AppInstalled => of.is_some_and(|app| {
                let makes = |kind: &&str| self.made.contains_key(&ComponentId::new(*kind, app));
                [CONNECTED_APP, EXTERNAL_APP].iter().any(makes)
            }),
            Fact::ChangeEvents(object) => {
                let event = change_event(object);
                self.changes.iter().any(|change| {
                    let is_event = |value: &Value| value.to_string().eq_ignore_ascii_case(&event);
                    let path = change.path.as_ref().map(ToString::to_string);
                    change.id.type_name == CHANNEL_MEMBER
                        && path.as_deref() == Some("selectedEntity")
                        && change.to.as_ref().is_some_and(is_event)
                })
            }
            _ => false,
        }
    }

    fn assign(&mut self, user: &str, what: Assignable, basis: &Basis<'_>) -> Result<(), Unfixed> {
        if let Assignable::PermissionSet(set) = &what {
            self.refuse_unknown_set(set, basis)?;
        }
        let assignment = Assignment { user: user.to_owned(), what };
        if !basis.is_by_rest {
            return Err(Unfixed::NoWay(assignment.unpackaged()));
        }
        let is_it = |one: &Assignment| {
            one.user.eq_ignore_ascii_case(&assignment.user) && one.what == assignment.what
        };
        if self.assignments.iter().any(is_it) {
            return Ok(());
        }
        let what = &assignment.what;
        if let Some(why) = basis.limits.rows.get(what.object()) {
            let words = format!("the {what} is for a person to give in Setup: {why}");
            return Err(Unfixed::NotHere(words));
        }
        if let Assignable::PermissionSetLicense(licence) = what {
            self.refuse_without_seat(licence, basis)?;
        }
        self.assignments.push(assignment);
        // A licence goes before the sets that stand on it.
        self.assignments.sort_by_key(|one| matches!(one.what, Assignable::PermissionSet(_)));
        Ok(())
    }

    fn refuse_unknown_set(&self, set: &str, basis: &Basis<'_>) -> Result<(), String> {
        let id = ComponentId::new("PermissionSet", set);
        let unread = why_unread(&basis.components.not_observed, &id);
        if let Some(why) = unread.filter(|_| !self.made.contains_key(&id)) {
            return Err(format!("whether there is a permission set `{set}` was not seen: {why}"));
        }
        let is_asked_for = matches!(&basis.components.requested, Requested::Manifest(manifest) if manifest.covers("PermissionSet", set));
        if is_asked_for && basis.components.get(&id).is_none() && !self.made.contains_key(&id) {
            return Err(format!(
                "the permission set `{set}` does not exist, and nothing here makes it"
            ));
        }
        Ok(())
    }

    /// Each user that the plan gives a licence to takes a seat.
    fn refuse_without_seat(&self, licence: &str, basis: &Basis<'_>) -> Result<(), Unfixed> {
        let is_it = |one: &&Assignment| match &one.what {
            Assignable::PermissionSetLicense(name) => name.eq_ignore_ascii_case(licence),
            Assignable::PermissionSet(_) => false,
        };
        let taken = self.assignments.iter().filter(is_it).count() as u64;
        Err(Unfixed::NotHere(match basis.limits.seats.get(licence) {
            Some(Ok(free)) if *free > taken => return Ok(()),
            Some(Ok(_)) => format!(
                "no seat of the permission set licence `{licence}` is free: take it from a user \
                 who does not need it, in Setup, or buy more"
            ),
            Some(Err(why)) => {
                format!("the permission set licence `{licence}` is for a person to give: {why}")
            }
            None => format!(
                "whether a seat of the permission set licence `{licence}` is free was not asked"
            ),
        }))
    }
}

/// What a user must be given so that a fact holds, where a plan can give it.
fn given_for(fact: &Fact, steps: &[ExpandedStep<'_>]) -> Option<Assignable> {
    let path = match fact {
        Fact::Licensed(licence) => {
            return Some(Assignable::PermissionSetLicense(licence.clone()));
        }
        Fact::Access(Access::PermissionSet(set)) => {
            return Some(Assignable::PermissionSet(set.clone()));
        }
        Fact::Access(Access::Permission(key)) => format!("userPermissions[{key}].enabled"),
        Fact::Access(Access::Object(key, flag)) => {
            format!("objectPermissions[{key}].{}", flag.element())
        }
        _ => return None,
    };
    granting(steps, &path).map(Assignable::PermissionSet)
}

/// What a plan may have to give so that facts hold which do not, as far as the answers say.
pub fn may_be_given(
    facts: &[(Fact, Option<String>)],
    answers: &FactValues,
    steps: &[ExpandedStep<'_>],
) -> BTreeSet<Assignable> {
    let is_lacking = |(fact, of): &&(Fact, Option<String>)| {
        answers.get(fact, of.as_deref()) == FactAnswer::Known(false.into())
    };
    facts.iter().filter(is_lacking).filter_map(|(fact, _)| given_for(fact, steps)).collect()
}

/// The permission set of some steps that grants what stands at a path.
fn granting(steps: &[ExpandedStep<'_>], path: &str) -> Option<String> {
    let grants = |want: &ExpandedWant| match want {
        ExpandedWant::Metadata {
            id, path: there, test: Test::Equals(Value::Bool(true)), ..
        } if id.type_name == "PermissionSet" && there.to_string().eq_ignore_ascii_case(path) => {
            Some(id.full_name.clone())
        }
        _ => None,
    };
    let steps = steps.iter().filter(|step| !matches!(step.applies, Applies::No));
    steps.flat_map(|step| &step.wants).find_map(grants)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::metadata::ComponentSet;
    use crate::metadata::assignable::OrgLimits;
    use crate::metadata::registry::ApiVersion;
    use crate::metadata::unseen::{Unseen, UnseenKind};
    use crate::plan::{Desired, plan};
    use crate::template::{Arguments, expand, parse};

    const LICENCE: &str = "user.permission_set_license[Acme Reader]";
    const SET: &str = "user.permission_set[acme__Reader]";

    /// What is given, and what is left with the reason, where users lack some facts, or have them.
    fn planned(wants: &str, has: bool, limits: &OrgLimits) -> (Vec<String>, Vec<Left>) {
        let text = format!(
            "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\n\
             source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n\
             [parameters.user]\ntitle = \"User\"\ndefault = \"a@x.example\"\n\
             [parameters.other]\ntitle = \"Other\"\ndefault = \"b@x.example\"\n\
             [[step]]\nid = \"s\"\ntitle = \"S\"\nwant = [{wants}]\n"
        );
        let template = parse("t.toml", &text).unwrap_or_else(|errors| panic!("{errors}"));
        let none = BTreeMap::new();
        let arguments = Arguments::resolve(&template, &none, &BTreeMap::new()).unwrap();
        let steps = expand(&template, &arguments).unwrap();
        let mut facts = FactValues::new(Unseen::new(UnseenKind::NotAsked, "not asked"));
        for fact in [LICENCE, SET] {
            for user in ["a@x.example", "b@x.example"] {
                let fact = Fact::parse(fact).unwrap();
                facts.insert(&fact, Some(user), FactAnswer::Known(has.into()));
            }
        }
        let components = ComponentSet::default();
        let basis = Basis {
            components: &components,
            facts: &facts,
            graph: &[],
            version: ApiVersion::NEWEST,
            is_online: true,
            is_by_rest: true,
            same_org: true,
            is_in_place: false,
            is_blind: false,
            limits,
        };
        let plan =
            plan(&Desired::Steps { steps: &steps, chosen: &|_| true, waived: &|_| None }, &basis)
                .unwrap();
        let given = plan.assignments.iter().map(|one| format!("{} to {}", one.what, one.user));
        (given.collect(), plan.left.clone())
    }

    fn limits(free: Result<u64, String>) -> OrgLimits {
        OrgLimits {
            seats: BTreeMap::from([("Acme Reader".to_owned(), free)]),
            ..OrgLimits::default()
        }
    }

    fn want(fact: &str, on: bool) -> String {
        format!("{{ fact = \"{fact}\", equals = {on} }}")
    }

    #[test]
    fn licences_go_first_and_only_as_many_as_there_are_seats() {
        let of_other = format!("{{ fact = \"{LICENCE}\", of = \"{{other}}\", equals = true }}");
        let wants = [want(SET, true), want(LICENCE, true), of_other].join(", ");
        let (given, left) = planned(&wants, false, &limits(Ok(2)));
        assert_eq!(
            given,
            [
                "permission set licence `Acme Reader` to a@x.example",
                "permission set licence `Acme Reader` to b@x.example",
                "permission set `acme__Reader` to a@x.example"
            ]
        );
        assert!(left.is_empty(), "{left:?}");
        let (given, left) = planned(&wants, false, &limits(Ok(1)));
        assert_eq!(given.len(), 2);
        let [left] = left.as_slice() else { panic!("{left:?}") };
        assert_eq!(left.subject, format!("{LICENCE} of b@x.example"));
        assert!(left.reason.contains("no seat of the permission set licence"), "{left:?}");
        assert_eq!(left.page.map(|page| page.id), Some("users"));
    }

    #[test]
    fn what_the_org_does_not_take_is_left_by_hand_with_the_reason() {
        for (limits, why) in [
            (limits(Ok(0)), "no seat"),
            (limits(Err("its status is Disabled".to_owned())), "its status is Disabled"),
            (OrgLimits::default(), "was not asked"),
            (
                OrgLimits {
                    rows: BTreeMap::from([("PermissionSetLicenseAssign", "no right".to_owned())]),
                    ..limits(Ok(5))
                },
                "no right",
            ),
        ] {
            let manual = format!("{{ manual = \"Assign it\", confirm = {} }}", want(LICENCE, true));
            for wants in [want(LICENCE, true), manual] {
                let (given, left) = planned(&wants, false, &limits);
                assert!(given.is_empty() && left.len() == 1, "{given:?} {left:?}");
                assert!(left[0].reason.contains(why), "{why}: {left:?}");
            }
        }
        let rows = BTreeMap::from([("PermissionSetAssignment", "no right".to_owned())]);
        let (given, left) =
            planned(&want(SET, true), false, &OrgLimits { rows, ..OrgLimits::default() });
        assert!(given.is_empty() && left[0].reason.contains("no right"), "{left:?}");
    }

    #[test]
    fn what_a_user_is_not_to_have_is_not_given() {
        for fact in [SET, LICENCE] {
            let (given, left) = planned(&want(fact, false), true, &limits(Ok(5)));
            assert!(given.is_empty() && left.len() == 1, "{given:?} {left:?}");
            assert!(left[0].reason.contains("no plan takes"), "{left:?}");
        }
    }
}
