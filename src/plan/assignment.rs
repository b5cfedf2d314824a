//! What REST gives to users beside the package, and takes back: licences, and permission sets. One
//! road for all of them.

mod licence;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::diff::Finding;
use crate::metadata::assignable::{AskedFor, Assignable};
use crate::metadata::change_event::{CHANNEL_MEMBER, change_event};
use crate::metadata::fact::{Access, Fact, FactAnswer, FactValues, UserFact};
use crate::metadata::labels::{CONNECTED_APP, EXTERNAL_APP};
use crate::metadata::names::Name;
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, Requested, why_unread};
use crate::template::{Applies, ExpandedStep, ExpandedWant, Test, setup};

use super::left::{Left, LeftKind};
use super::{Basis, Plan};

pub(crate) use licence::Standing;

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
    /// As whom and when the row was asked for that was begun last.
    #[serde(flatten)]
    pub asked: AskedFor,
    /// Rows that were begun, and that another may have made: they are never taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
    /// Whether rows are lacking: the org refused one, or was not asked yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
}

/// A row that may be another's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Its object.
    pub object: String,
    /// Its id; none where it could not be looked for.
    pub id: Option<String>,
    /// Why it is not known to be ours.
    pub why: String,
    /// As whom and when it was asked for.
    #[serde(flatten)]
    pub asked: AskedFor,
}

impl Assigned {
    /// What is begun and not known to be ours, for a person to look at.
    pub(super) fn left(&self) -> impl Iterator<Item = Left> {
        let Assignment { user, what } = &self.of;
        self.doubts.iter().map(move |Doubt { object, id, why, .. }| {
            let row = match id {
                Some(id) => format!("there is a row that does ({object} {id})"),
                None => format!("whether there is a row that does ({object}) is not known"),
            };
            let reason = format!(
                "the {what} was about to be given to `{user}` when the answer was lost; {row}, and \
                 that this program made it is not proved: {why}. So it is left: look whether it is \
                 to be taken away, in Setup"
            );
            self.of.left(reason)
        })
    }
}

impl Assignment {
    /// Leaves it, for a reason.
    fn left(&self, reason: String) -> Left {
        match &self.what {
            Assignable::PermissionSet(set) => {
                Left::of(&ComponentId::new("PermissionSet", set.as_str()), None, reason)
            }
            Assignable::PermissionSetLicense(name) => {
                let fact = Fact::Licensed(name.clone());
                let subject = format!("{fact} of {}", self.user);
                let left = Left::about(LeftKind::Open, None, subject, reason);
                Left { page: setup::of_fact(&fact), ..left }
            }
        }
    }

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
        self.left.extend(given.into_iter().map(|one| one.left(one.unpackaged())));
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
        let mark = self.mark();
        if let Assignable::PermissionSet(set) = &what {
            let set = Name::component("PermissionSet", set);
            self.make_named(&[set], steps, basis)?;
        }
        let given = self.assign(user, what, basis);
        // On which licence it stands is known once it is made; for nobody it is not.
        if let Err(Unfixed::NotHere(_)) = given {
            self.unmake(mark);
        }
        given
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
            one.user.eq_ignore_ascii_case(&assignment.user) && one.what.is_same(&assignment.what)
        };
        if self.assignments.iter().any(is_it) {
            return Ok(());
        }
        let what = &assignment.what;
        if let Some(why) = basis.limits.rows.get(what.object()) {
            let words = format!("the {what} is for a person to give in Setup: {why}");
            return Err(Unfixed::NotHere(words));
        }
        if let Standing::Refused(words) =
            self.standing(&assignment, &self.assignments, basis.limits)
        {
            return Err(Unfixed::NotHere(words));
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

/// What a plan may have to give, and to whom, so that facts hold which do not, as far as the answers
/// say.
pub fn may_be_given(
    facts: &[(Fact, Option<String>)],
    answers: &FactValues,
    steps: &[ExpandedStep<'_>],
) -> BTreeSet<(String, Assignable)> {
    let is_lacking = |(fact, of): &&(Fact, Option<String>)| {
        answers.get(fact, of.as_deref()) == FactAnswer::Known(false.into())
    };
    let given = |(fact, of): &(Fact, Option<String>)| Some((of.clone()?, given_for(fact, steps)?));
    facts.iter().filter(is_lacking).filter_map(given).collect()
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
mod tests;
