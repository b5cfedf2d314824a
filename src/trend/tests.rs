//! What looks come to, on invented ones and on any.

use proptest::prelude::*;

use super::*;

const DAY: i64 = 24 * 60 * 60;

fn day(number: i64) -> Timestamp {
    Timestamp::from_second(number * DAY).unwrap()
}

fn look(org: &str, at: i64, outcome: Outcome) -> Look {
    Look { org: org.to_owned(), id: None, at: day(at), outcome }
}

fn step(id: &str, state: State) -> Step {
    Step { id: id.to_owned(), title: format!("Title of {id}"), state }
}

/// A look at one org that shows one step.
fn saw(at: i64, state: State) -> Look {
    look("a", at, Outcome::Answer { baseline: None, steps: vec![step("t/s", state)] })
}

fn failed(at: i64) -> Look {
    look("a", at, Outcome::Failed { code: "AUTH".to_owned(), message: "no".to_owned() })
}

/// The drifts in short: before, found, last, how and when it ended.
fn short(trend: &Trend) -> Vec<String> {
    let number = |at: Timestamp| at.as_second() / DAY;
    let one = |drift: &Drift| {
        let before = drift.before.map_or("?".to_owned(), |at| number(at).to_string());
        let end = match drift.end {
            End::Fixed(at) => format!("fixed {}", number(at)),
            End::Waived(at) => format!("waived {}", number(at)),
            End::Open => "open".to_owned(),
        };
        format!("{before} {}-{} {end}", number(drift.found), number(drift.last))
    };
    trend.drifts.iter().map(one).collect()
}

#[test]
fn a_drift_lasts_from_the_look_that_finds_it_to_the_one_that_sees_it_fixed() {
    use State::{Differs, InSync, Missing};
    let looks = [(1, InSync), (2, InSync), (3, Differs), (4, Missing), (6, InSync), (7, Differs)];
    let trend = Trend::of(looks.map(|(at, state)| saw(at, state)).to_vec());
    assert_eq!(short(&trend), ["2 3-4 fixed 6", "6 7-7 open"]);
    assert_eq!(trend.drifts[0].took(), Some(SignedDuration::from_secs(3 * DAY)));
    assert_eq!((trend.orgs[0].open, trend.orgs[0].last), (1, day(7)));
    let total = &trend.steps[0];
    assert_eq!((total.drifts, total.orgs, total.open, total.fixed), (2, 1, 1, 1));
    assert_eq!(total.median, Some(SignedDuration::from_secs(3 * DAY)));
    let drifted: Vec<usize> = trend.days.iter().map(|day| day.drifted).collect();
    assert_eq!(drifted, [0, 0, 1, 1, 0, 1]);
}

#[test]
fn who_finds_it_at_the_first_look_does_not_know_since_when() {
    let trend = Trend::of(vec![saw(5, State::Differs), saw(6, State::InSync)]);
    assert_eq!(short(&trend), ["? 5-5 fixed 6"]);
}

#[test]
fn what_was_not_seen_neither_begins_nor_ends_a_drift() {
    use State::{Differs, InSync, Manual, NotObserved};
    let unseen = |at| vec![saw(at, NotObserved), saw(at + 1, Manual), failed(at + 2)];
    let mut looks = vec![saw(1, InSync), saw(10, Differs), saw(20, InSync)];
    looks.extend([unseen(2), unseen(11), unseen(21)].concat());
    // An answer that does not speak of the step.
    looks.push(look("a", 15, Outcome::Answer { baseline: None, steps: Vec::new() }));
    looks.push(look("a", 16, Outcome::Missing));
    let trend = Trend::of(looks);
    assert_eq!(short(&trend), ["1 10-10 fixed 20"]);
    let org = &trend.orgs[0];
    assert_eq!((org.last, org.answered), (day(23), Some(day(22))));
    assert!(matches!(org.silent, Some(Outcome::Failed { .. })));
    assert_eq!(trend.silent().count(), 1);
    let silent = trend.days.iter().filter(|day| day.silent == 1).count();
    assert_eq!(silent, 4, "three failures, and one that nobody tells of");
}

#[test]
fn a_waiver_ends_a_drift_and_fixes_none() {
    let looks = [saw(1, State::Differs), saw(2, State::Waived), saw(3, State::Differs)];
    let trend = Trend::of(looks.to_vec());
    assert_eq!(short(&trend), ["? 1-1 waived 2", "2 3-3 open"]);
    assert_eq!((trend.steps[0].fixed, trend.steps[0].median), (0, None));
}

#[test]
fn what_a_baseline_does_not_list_is_well_if_it_was_asked_the_same() {
    let answer = |at, asked: &str, states: &[State]| {
        let steps = states.iter().map(|state| step("baseline/Profile", *state)).collect();
        look("a", at, Outcome::Answer { baseline: Some(asked.to_owned()), steps })
    };
    let same = [answer(1, "x", &[]), answer(2, "x", &[State::Differs]), answer(3, "x", &[])];
    assert_eq!(short(&Trend::of(same.to_vec())), ["1 2-2 fixed 3"]);
    // Another baseline, or a part of it: that it is not listed says nothing.
    let other = [answer(1, "x", &[]), answer(2, "y", &[State::Differs]), answer(3, "x", &[])];
    assert_eq!(short(&Trend::of(other.to_vec())), ["? 2-2 open"]);
}

#[test]
fn a_look_that_two_files_tell_of_is_one() {
    let trend = Trend::of(vec![saw(1, State::Differs), saw(1, State::Differs), failed(2)]);
    assert_eq!(trend.looks, 2);
    assert_eq!(Trend::of(Vec::new()), Trend::default());
}

#[test]
fn steps_that_drift_most_stand_first() {
    let all = |org: &str, at, states: [State; 2]| {
        let steps = vec![step("t/a", states[0]), step("t/b", states[1])];
        look(org, at, Outcome::Answer { baseline: None, steps })
    };
    use State::{Differs, InSync};
    let looks = vec![
        all("one", 1, [InSync, Differs]),
        all("one", 2, [InSync, InSync]),
        all("two", 1, [Differs, Differs]),
        all("two", 5, [InSync, InSync]),
    ];
    let trend = Trend::of(looks);
    let told: Vec<_> = trend.steps.iter().map(|one| (&one.id[..], one.drifts, one.orgs)).collect();
    assert_eq!(told, [("t/b", 2, 2), ("t/a", 1, 1)]);
    assert_eq!(trend.steps[0].median, Some(SignedDuration::from_secs(5 * DAY / 2)));
    assert_eq!(trend.steps[0].longest, Some(SignedDuration::from_secs(4 * DAY)));
    assert_eq!(trend.title("t/a"), "Title of t/a");
}

fn any_state() -> impl Strategy<Value = State> {
    proptest::sample::select(State::ALL.to_vec())
}

/// Looks at some orgs, each at a time of its own.
fn any_looks() -> impl Strategy<Value = Vec<Look>> {
    let outcome = prop_oneof![
        6 => proptest::collection::vec((0..3usize, any_state()), 0..3).prop_map(|steps| {
            let mut by_id = BTreeMap::new();
            by_id.extend(steps);
            let steps = by_id.into_iter().map(|(id, state)| step(&format!("t/{id}"), state));
            Outcome::Answer { baseline: None, steps: steps.collect() }
        }),
        1 => Just(Outcome::Missing),
    ];
    proptest::collection::vec((0..3usize, outcome), 0..24).prop_map(|all| {
        let look = |(at, (org, outcome)): (usize, (usize, Outcome))| {
            look(&format!("o{org}"), i64::try_from(at).unwrap(), outcome)
        };
        all.into_iter().enumerate().map(look).collect()
    })
}

/// What decides of a step in a look: whether it is drift; none where nothing is said.
fn said(look: &Look, id: &str) -> Option<bool> {
    let Outcome::Answer { steps, .. } = &look.outcome else { return None };
    match steps.iter().find(|step| step.id == id)?.state {
        State::Differs | State::Missing => Some(true),
        State::InSync | State::Waived => Some(false),
        State::NotObserved | State::Manual => None,
    }
}

proptest! {
    #[test]
    fn the_order_in_which_looks_are_read_says_nothing(
        (looks, mixed) in any_looks().prop_flat_map(|looks| (Just(looks.clone()), Just(looks).prop_shuffle()))
    ) {
        prop_assert_eq!(Trend::of(looks), Trend::of(mixed));
    }

    #[test]
    fn a_step_is_in_drift_exactly_where_the_last_look_that_speaks_of_it_says_so(looks in any_looks()) {
        let trend = Trend::of(looks.clone());
        for org in ["o0", "o1", "o2"] {
            for id in ["t/0", "t/1", "t/2"] {
                let of_org: Vec<&Look> = looks.iter().filter(|look| look.org == org).collect();
                let last = of_org.iter().rev().find_map(|look| said(look, id));
                let is_of = |drift: &&Drift| drift.org == org && drift.step == id;
                let open = trend.drifts.iter().filter(is_of).filter(|one| one.end == End::Open);
                prop_assert_eq!(open.count(), usize::from(last == Some(true)));
                // Every look lies in a drift exactly where it says drift; between looks of one drift
                // none says that it is well.
                for look in &of_org {
                    let holds = |one: &Drift| one.found <= look.at && look.at <= one.last;
                    let is_in = trend.drifts.iter().filter(is_of).any(holds);
                    if let Some(is_drift) = said(look, id) {
                        prop_assert_eq!(is_in, is_drift);
                    }
                }
            }
        }
    }
}
