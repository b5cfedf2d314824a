//! What is given, and what is left with the reason, where users lack some facts, or have them.

use std::collections::BTreeMap;

use super::*;
use crate::metadata::ComponentSet;
use crate::metadata::assignable::{Licence, OrgLimits, Seats};
use crate::metadata::registry::ApiVersion;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::plan::{Desired, plan};
use crate::template::{Arguments, expand, parse};

const LICENCE: &str = "user.permission_set_license[Acme Reader]";
const BY_NAME: &str = "user.permission_set_license[Acme ReaderPsl]";
const SET: &str = "user.permission_set[acme__Reader]";

/// What is given, and what is left with the reason, where users lack some facts, or have them.
fn planned(wants: &str, has: bool, limits: &OrgLimits) -> (Vec<String>, Vec<Left>) {
    let (given, left, _) = all_of(wants, has, limits);
    (given, left)
}

fn notes_of(wants: &str, limits: &OrgLimits) -> (Vec<String>, Vec<Left>, Vec<String>) {
    all_of(wants, false, limits)
}

fn all_of(wants: &str, has: bool, limits: &OrgLimits) -> (Vec<String>, Vec<Left>, Vec<String>) {
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
    let others = ["user.permission_set_license[acme reader]", BY_NAME];
    for fact in [LICENCE, SET].into_iter().chain(others) {
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
    let desired =
        Desired::Steps { steps: &steps, chosen: &|_| true, waived: &|_| None, may_make: &|_| true };
    let plan = plan(&desired, &basis).unwrap();
    let given = plan.assignments.iter().map(|one| format!("{} to {}", one.what, one.user));
    (given.collect(), plan.left.clone(), plan.notes.clone())
}

fn limits(seats: Seats) -> OrgLimits {
    let licence = |id: &str, name: &str, is_of_profile, seats| Licence {
        id: id.to_owned(),
        names: vec![name.to_owned(), format!("{name}Psl")],
        is_of_profile,
        seats,
    };
    OrgLimits {
        licences: vec![
            licence("0PL1", "Acme Reader", false, seats),
            licence("1001", "Salesforce", true, Seats::Free(9)),
            licence("1002", "Salesforce Integration", true, Seats::Free(9)),
        ],
        sets: BTreeMap::from([("acme__reader".to_owned(), Ok(None))]),
        held: BTreeMap::from([("a@x.example".to_owned(), ["1001".to_owned()].into())]),
        ..OrgLimits::default()
    }
}

/// The same where the set stands on a licence.
fn standing_on(id: &str, seats: Seats) -> OrgLimits {
    let on = Ok(Some(id.to_owned()));
    OrgLimits { sets: BTreeMap::from([("acme__reader".to_owned(), on)]), ..limits(seats) }
}

/// The notes of a plan that gives the set to a user.
fn noted(limits: &OrgLimits) -> (Vec<String>, Vec<Left>, Vec<String>) {
    notes_of(&want(SET, true), limits)
}

#[test]
fn the_licence_that_a_set_stands_on_is_asked_for_beforehand() {
    let (given, left, notes) = noted(&standing_on("0PL1", Seats::Free(1)));
    assert!(given.len() == 1 && left.is_empty(), "{left:?}");
    assert_eq!(
        notes,
        ["`a@x.example` takes a seat of the permission set licence `Acme Reader`, on which the \
          permission set `acme__Reader` stands"]
    );
    let mut has = standing_on("0PL1", Seats::Free(0));
    has.held.get_mut("a@x.example").unwrap().insert("0PL1".to_owned());
    let (given, left, notes) = noted(&has);
    assert!(given.len() == 1 && left.is_empty() && notes.is_empty(), "{left:?} {notes:?}");
    let no_row = OrgLimits {
        rows: BTreeMap::from([("PermissionSetLicenseAssign", "no right".to_owned())]),
        ..standing_on("0PL1", Seats::Free(1))
    };
    for (limits, why) in [
        (standing_on("0PL1", Seats::Free(0)), "no seat of it is free: take it from a user"),
        (standing_on("0PL1", Seats::Barred("its status is Disabled".to_owned())), "Disabled"),
        (no_row, "a person must give in Setup: no right"),
        (
            standing_on("1002", Seats::Free(0)),
            "stands on the user licence `Salesforce Integration`, and `a@x.example` has the \
             user licence `Salesforce`",
        ),
    ] {
        let (given, left, notes) = noted(&limits);
        assert!(given.is_empty() && notes.is_empty(), "{given:?} {notes:?}");
        let [left] = left.as_slice() else { panic!("{left:?}") };
        assert!(left.reason.contains(why), "{why}: {left:?}");
    }
    let (given, left, _) = noted(&standing_on("1001", Seats::Free(0)));
    assert!(given.len() == 1 && left.is_empty(), "{left:?}");
}

#[test]
fn a_licence_that_nobody_sees_refuses_nothing_and_is_said() {
    let unseen = OrgLimits {
        unseen: Some("rows may be hidden".to_owned()),
        ..standing_on("0PL1", Seats::Free(0))
    };
    let hidden = OrgLimits {
        licences: Vec::new(),
        hidden: Some("licences are hidden".to_owned()),
        ..standing_on("0PL1", Seats::Free(0))
    };
    let of_nobody = OrgLimits { held: BTreeMap::new(), ..standing_on("1001", Seats::Free(0)) };
    for (limits, why) in [
        (unseen, "no seat of it is free, and rows may be hidden"),
        (hidden, "licences are hidden"),
        (of_nobody, "which user licence they have is not shown"),
        (standing_on("0PL1", Seats::Unknown("no right".to_owned())), "no right"),
        (OrgLimits { sets: BTreeMap::new(), ..limits(Seats::Free(1)) }, "was not asked"),
    ] {
        let (given, left, notes) = noted(&limits);
        assert!(given.len() == 1 && left.is_empty(), "{why}: {left:?}");
        let [note] = notes.as_slice() else { panic!("{why}: {notes:?}") };
        assert!(note.contains("is not known") && note.contains(why), "{why}: {note}");
    }
}

/// A licence is one by whichever of its names, and a seat is one whoever takes it by what.
#[test]
fn seats_are_counted_once_a_user() {
    let by_label = want("user.permission_set_license[acme reader]", true);
    let by_name = want(BY_NAME, true);
    let of_other = format!("{{ fact = \"{LICENCE}\", of = \"{{other}}\", equals = true }}");
    let wants = [want(SET, true), by_label, by_name].join(", ");
    let one_seat = standing_on("0PL1", Seats::Free(1));
    let (given, left, notes) = notes_of(&wants, &one_seat);
    assert!(given.len() == 3 && left.is_empty() && notes.is_empty(), "{left:?} {notes:?}");
    let (given, left, _) = notes_of(&[want(SET, true), of_other].join(", "), &one_seat);
    assert_eq!(given.len(), 1);
    let [left] = left.as_slice() else { panic!("{left:?}") };
    assert_eq!(left.subject, format!("{LICENCE} of b@x.example"));
}

/// What the plan takes back itself, once a user, is a seat; of whom it gives it again it is none.
#[test]
fn a_seat_that_is_taken_back_is_free() {
    let licence = Assignable::PermissionSetLicense("Acme Reader".to_owned());
    let of = |user: &str| Assignment { user: user.to_owned(), what: licence.clone() };
    let taken = |user: &str, what: &Assignable| Assigned {
        of: Assignment { user: user.to_owned(), what: what.clone() },
        rows: vec![(licence.object().to_owned(), "0".to_owned())],
        begun: None,
        asked: AskedFor::default(),
        doubts: Vec::new(),
        is_partial: false,
    };
    let set = Assignable::PermissionSet("acme__Reader".to_owned());
    let mut limits = standing_on("0PL1", Seats::Free(0));
    limits.held.get_mut("a@x.example").unwrap().insert("0PL1".to_owned());
    let refused = |given: &[&str], taken: Vec<Assigned>| {
        let plan = Plan {
            assignments: given.iter().map(|user| of(user)).collect(),
            withdrawals: taken,
            ..Plan::default()
        };
        let is_refused = |one: &Standing| matches!(one, Standing::Refused(_));
        plan.standings(&limits).iter().filter(|one| is_refused(one)).count()
    };
    assert_eq!(refused(&["b@x.example"], vec![]), 1);
    for what in [&licence, &set] {
        assert_eq!(refused(&["b@x.example"], vec![taken("A@x.example", what)]), 0);
    }
    let twice = || vec![taken("a@x.example", &licence), taken("a@x.example", &set)];
    assert_eq!(refused(&["b@x.example", "c@x.example"], twice()), 1);
    assert_eq!(refused(&["a@x.example", "b@x.example"], twice()), 1);
    // Their seat is another's already, or was never theirs.
    assert_eq!(refused(&["b@x.example"], vec![taken("d@x.example", &licence)]), 1);
    let no_seat = Assigned { rows: Vec::new(), ..taken("a@x.example", &set) };
    assert_eq!(refused(&["b@x.example"], vec![no_seat]), 1);
}

fn want(fact: &str, on: bool) -> String {
    format!("{{ fact = \"{fact}\", equals = {on} }}")
}

#[test]
fn licences_go_first_and_only_as_many_as_there_are_seats() {
    let of_other = format!("{{ fact = \"{LICENCE}\", of = \"{{other}}\", equals = true }}");
    let wants = [want(SET, true), want(LICENCE, true), of_other].join(", ");
    let (given, left) = planned(&wants, false, &limits(Seats::Free(2)));
    assert_eq!(
        given,
        [
            "permission set licence `Acme Reader` to a@x.example",
            "permission set licence `Acme Reader` to b@x.example",
            "permission set `acme__Reader` to a@x.example"
        ]
    );
    assert!(left.is_empty(), "{left:?}");
    let (given, left) = planned(&wants, false, &limits(Seats::Free(1)));
    assert_eq!(given.len(), 2);
    let [left] = left.as_slice() else { panic!("{left:?}") };
    assert_eq!(left.subject, format!("{LICENCE} of b@x.example"));
    assert!(left.reason.contains("no seat of the permission set licence"), "{left:?}");
    assert_eq!(left.page.map(|page| page.id), Some("users"));
}

#[test]
fn what_the_org_does_not_take_is_left_by_hand_with_the_reason() {
    for (limits, why) in [
        (limits(Seats::Free(0)), "no seat"),
        (limits(Seats::Barred("its status is Disabled".to_owned())), "its status is Disabled"),
        (OrgLimits::default(), "was not asked"),
        (
            OrgLimits {
                rows: BTreeMap::from([("PermissionSetLicenseAssign", "no right".to_owned())]),
                ..limits(Seats::Free(5))
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
        let (given, left) = planned(&want(fact, false), true, &limits(Seats::Free(5)));
        assert!(given.is_empty() && left.len() == 1, "{given:?} {left:?}");
        assert!(left[0].reason.contains("no plan takes"), "{left:?}");
    }
}
