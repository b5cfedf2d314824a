//! The licence behind what a user is given: whether they have it, or a seat is free. An org says so
//! only when it is asked to assign, after the package is in (S 4.3, 4.4).

use std::collections::BTreeSet;

use super::{Assigned, Assignment};
use crate::metadata::assignable::{Assignable, Licence, OrgLimits, Seats};
use crate::plan::Plan;

/// What the licence behind an assignment comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It stands in nobody's way.
    Clear,
    /// A seat is taken along, which nobody has named; in words.
    Takes(String),
    /// Whether the org takes it nobody can tell; in words.
    Unknown(String),
    /// The org would refuse it; in words, with what to do.
    Refused(String),
}

impl Plan<'_> {
    /// Says what the licence behind an assignment comes to; `before` are those that are made before
    /// it, and take seats too.
    pub(super) fn standing(
        &self,
        one: &Assignment,
        before: &[Assignment],
        limits: &OrgLimits,
    ) -> Standing {
        let Assignment { user, what } = one;
        let is_set = matches!(what, Assignable::PermissionSet(_));
        let unknown = |why: &str| {
            Standing::Unknown(format!(
                "whether `{user}` can be given the {what} is not known: {why}; where not, the org \
                 refuses it after the package"
            ))
        };
        let by_hand =
            |why: &str| Standing::Refused(format!("the {what} is for a person to give: {why}"));
        let licence = match self.licence_behind(what, limits) {
            Ok(None) => return Standing::Clear,
            Ok(Some(licence)) => licence,
            Err(why) if is_set => return unknown(&why),
            Err(why) => return by_hand(&why),
        };
        if licence.is_of_profile {
            return of_profile(one, licence, limits).unwrap_or_else(|why| unknown(&why));
        }
        let takers = self.takers(licence, before, limits);
        if has(user, licence, limits) || takers.contains(&user.to_lowercase()) {
            return Standing::Clear;
        }
        if let Some(why) = limits.rows.get(LICENCE_ROW).filter(|_| is_set) {
            return match &limits.unseen {
                Some(unseen) => unknown(unseen),
                None => Standing::Refused(format!(
                    "the {what} stands on the {licence}, which `{user}` does not have and a person \
                     must give in Setup: {why}"
                )),
            };
        }
        // What is taken back goes before what is given.
        let freed = self.freers(licence, limits).len() as u64;
        let is_free = |free: u64| free + freed > takers.len() as u64;
        if !is_set {
            return match &licence.seats {
                Seats::Free(free) if is_free(*free) => Standing::Clear,
                Seats::Free(_) => {
                    Standing::Refused(format!("no seat of the {what} is free: {FREE_ONE}"))
                }
                Seats::Barred(why) | Seats::Unknown(why) => by_hand(why),
            };
        }
        let (none, advice) = match &licence.seats {
            Seats::Free(free) if is_free(*free) => {
                return Standing::Takes(format!(
                    "`{user}` takes a seat of the {licence}, on which the {what} stands"
                ));
            }
            Seats::Unknown(why) => return unknown(why),
            Seats::Free(_) => ("no seat of it is free", format!(": {FREE_ONE}")),
            Seats::Barred(why) => (why.as_str(), String::new()),
        };
        match &limits.unseen {
            // Who has it already needs no seat.
            Some(unseen) => unknown(&format!("it stands on the {licence}; {none}, and {unseen}")),
            None => Standing::Refused(format!(
                "the {what} stands on the {licence}, which `{user}` does not have, and \
                 {none}{advice}"
            )),
        }
    }

    /// The licence that something is, or stands on.
    fn licence_behind<'l>(
        &self,
        what: &Assignable,
        limits: &'l OrgLimits,
    ) -> Result<Option<&'l Licence>, String> {
        let here = match what {
            Assignable::PermissionSetLicense(_) => None,
            Assignable::PermissionSet(set) => self.licence_here(set),
        };
        match here {
            None => licence_now(what, limits),
            Some(None) => Ok(None),
            Some(Some(name)) => limits
                .licence(&|one| is_called(one, &name))
                .map(Some)
                .map_err(|why| format!("it stands on the licence `{name}`, and {why}")),
        }
    }

    /// The licence that the plan itself gives to a permission set, none where it makes it without
    /// one; nothing where it leaves what is there.
    fn licence_here(&self, set: &str) -> Option<Option<String>> {
        let is_it = |type_name: &str, name: &str| {
            type_name == "PermissionSet" && name.eq_ignore_ascii_case(set)
        };
        let changed = self.changes.iter().rev().find(|change| {
            let path = change.path.as_ref().map(ToString::to_string);
            is_it(&change.id.type_name, &change.id.full_name) && path.as_deref() == Some("license")
        });
        if let Some(change) = changed {
            return Some(change.to.as_ref().map(ToString::to_string));
        }
        let made = self.made.iter().find(|(id, _)| is_it(&id.type_name, &id.full_name));
        made.map(|(_, made)| Some(made.root().child_text("license")?.trim().to_owned()))
    }

    /// The users who take a seat of a licence by what is given before.
    fn takers(
        &self,
        licence: &Licence,
        before: &[Assignment],
        limits: &OrgLimits,
    ) -> BTreeSet<String> {
        let takes = |one: &&Assignment| {
            let behind = self.licence_behind(&one.what, limits);
            behind.is_ok_and(|behind| behind.is_some_and(|behind| behind.id == licence.id))
                && !has(&one.user, licence, limits)
        };
        before.iter().filter(takes).map(|one| one.user.to_lowercase()).collect()
    }

    /// The users whose seat of a licence is taken back, and not given to them again.
    fn freers(&self, licence: &Licence, limits: &OrgLimits) -> BTreeSet<String> {
        let is_it = |behind: Result<Option<&Licence>, String>| {
            behind.is_ok_and(|behind| behind.is_some_and(|behind| behind.id == licence.id))
        };
        let frees = |one: &&Assigned| {
            let user = &one.of.user;
            let is_kept = self.assignments.iter().any(|again| {
                again.user.eq_ignore_ascii_case(user)
                    && is_it(self.licence_behind(&again.what, limits))
            });
            one.rows.iter().any(|(object, _)| object == LICENCE_ROW)
                && is_it(licence_now(&one.of.what, limits))
                && has(user, licence, limits)
                && !is_kept
        };
        self.withdrawals.iter().filter(frees).map(|one| one.of.user.to_lowercase()).collect()
    }

    /// Says of each assignment, in the order in which they are made, what the licence behind it
    /// comes to.
    pub(crate) fn standings(&self, limits: &OrgLimits) -> Vec<Standing> {
        let of =
            |(at, one): (usize, &Assignment)| self.standing(one, &self.assignments[..at], limits);
        self.assignments.iter().enumerate().map(of).collect()
    }

    /// Notes what comes along with what is given, and of what nobody can tell whether it can be.
    pub(in crate::plan) fn note_licences(&mut self, limits: &OrgLimits) {
        let notes = self.standings(limits).into_iter().filter_map(|standing| match standing {
            Standing::Takes(words) | Standing::Unknown(words) => Some(words),
            Standing::Clear | Standing::Refused(_) => None,
        });
        self.notes.extend(notes);
    }
}

/// The object whose rows take seats.
const LICENCE_ROW: &str = "PermissionSetLicenseAssign";

const FREE_ONE: &str = "take it from a user who does not need it, in Setup, or buy more";

/// The licence that something is, or stands on in the org as it is.
fn licence_now<'l>(
    what: &Assignable,
    limits: &'l OrgLimits,
) -> Result<Option<&'l Licence>, String> {
    let set = match what {
        Assignable::PermissionSetLicense(name) => {
            return limits.licence(&|one| !one.is_of_profile && is_called(one, name)).map(Some);
        }
        Assignable::PermissionSet(set) => set,
    };
    match limits.sets.get(&set.to_lowercase()) {
        Some(Ok(None)) => Ok(None),
        Some(Ok(Some(id))) => limits
            .licence(&|one| one.id == *id)
            .map(Some)
            .map_err(|why| format!("it stands on a licence ({id}), and {why}")),
        Some(Err(why)) => Err(why.clone()),
        None => Err("on which licence it stands was not asked".to_owned()),
    }
}

fn is_called(licence: &Licence, name: &str) -> bool {
    licence.names.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Whether a user is seen to have a licence.
fn has(user: &str, licence: &Licence, limits: &OrgLimits) -> bool {
    limits.held.get(&user.to_lowercase()).is_some_and(|held| held.contains(&licence.id))
}

/// A set's user licence must be that of the user's profile.
fn of_profile(
    Assignment { user, what }: &Assignment,
    licence: &Licence,
    limits: &OrgLimits,
) -> Result<Standing, String> {
    if has(user, licence, limits) {
        return Ok(Standing::Clear);
    }
    let is_theirs = |one: &&Licence| one.is_of_profile && has(user, one, limits);
    let own = limits.licences.iter().find(is_theirs);
    let own = own.ok_or_else(|| {
        format!("it stands on the {licence}, and which user licence they have is not shown")
    })?;
    Ok(Standing::Refused(format!(
        "the {what} stands on the {licence}, and `{user}` has the {own}: give them a profile of \
         that licence, or name a set that stands on theirs, or on none"
    )))
}
