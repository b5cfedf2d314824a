//! What looks come to, on invented ones and on any.

use proptest::prelude::*;

use super::*;

const DAY: i64 = 24 * 60 * 60;

fn day(number: i64) -> Timestamp {
    Timestamp::from_second(number * DAY).unwrap()
}

fn look(org: &str, at: i64, outcome: Outcome) -> Look {
    let question = "q".to_owned();
    Look { org: org.to_owned(), id: None, at: day(at), question, outcome }
}

fn answer(steps: Vec<Step>) -> Outcome {
    Outcome::Answer { is_baseline: false, steps }
}

fn of(looks: Vec<Look>) -> Trend {
    Trend::of(looks, &[])
}

/// A step that wants one thing.
fn step(id: &str, state: State) -> Step {
    wants(id, &[state])
}

/// A step that wants several things.
fn wants(id: &str, states: &[State]) -> Step {
    let is_seen_well = states.contains(&State::InSync);
    let is_unseen = states.contains(&State::NotObserved);
    let told = |state: &State| *state != State::InSync || is_unseen;
    let wants = states.iter().enumerate().filter(|(_, state)| told(state));
    let wants = wants.map(|(at, state)| (format!("want {at}"), *state)).collect();
    Step { id: id.to_owned(), title: format!("Title of {id}"), is_seen_well, wants }
}

/// A look at one org that shows one step.
fn saw(at: i64, state: State) -> Look {
    look("a", at, answer(vec![step("t/s", state)]))
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
            End::Replaced(at) => format!("replaced {}", number(at)),
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
    let trend = of(looks.map(|(at, state)| saw(at, state)).to_vec());
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
    let trend = of(vec![saw(5, State::Differs), saw(6, State::InSync)]);
    assert_eq!(short(&trend), ["? 5-5 fixed 6"]);
    // So it tells nothing of how long a fix takes.
    assert_eq!((trend.drifts[0].took(), trend.steps[0].median), (None, None));
    assert_eq!(trend.steps[0].fixed, 1);
}

#[test]
fn what_was_not_seen_neither_begins_nor_ends_a_drift() {
    use State::{Differs, InSync, Manual, NotObserved};
    let unseen = |at| vec![saw(at, NotObserved), saw(at + 1, Manual), failed(at + 2)];
    let mut looks = vec![saw(1, InSync), saw(10, Differs), saw(20, InSync)];
    looks.extend([unseen(2), unseen(11), unseen(21)].concat());
    // An answer that does not speak of the step.
    looks.push(look("a", 15, answer(Vec::new())));
    looks.push(look("a", 16, Outcome::Missing));
    let trend = of(looks);
    assert_eq!(short(&trend), ["1 10-10 fixed 20"]);
    let org = &trend.orgs[0];
    assert_eq!((org.last, org.answered), (day(23), Some(day(22))));
    assert!(matches!(org.silent, Some(Outcome::Failed { .. })));
    assert_eq!(trend.silent().count(), 1);
    let silent = trend.days.iter().filter(|day| day.silent == 1).count();
    assert_eq!(silent, 4, "three failures, and one that nobody tells of");
    assert_eq!(trend.looks, 13, "it was no look");
    // Who gives no answer has not got better.
    let drifted = |day: &Day| (day.day.ends_with("01-12"), day.drifted);
    assert!(trend.days.iter().map(drifted).any(|one| one == (true, 1)), "{:?}", trend.days);
}

#[test]
fn a_waiver_ends_a_drift_and_fixes_none() {
    let looks = [saw(1, State::Differs), saw(2, State::Waived), saw(3, State::Differs)];
    let trend = of(looks.to_vec());
    assert_eq!(short(&trend), ["? 1-1 waived 2", "2 3-3 open"]);
    assert_eq!((trend.steps[0].fixed, trend.steps[0].median), (0, None));
}

#[test]
fn what_a_baseline_does_not_list_is_well_if_it_was_asked_the_same() {
    let answer = |at, question: &str, states: &[State]| {
        let steps = states.iter().map(|state| step("baseline/Profile", *state)).collect();
        let look = look("a", at, Outcome::Answer { is_baseline: true, steps });
        Look { question: question.to_owned(), ..look }
    };
    use State::{Differs, NotObserved};
    let same = [answer(1, "x", &[]), answer(2, "x", &[Differs]), answer(3, "x", &[])];
    assert_eq!(short(&of(same.to_vec())), ["1 2-2 fixed 3"]);
    // Another baseline, or a part of it: that it is not listed says nothing.
    let other = [answer(1, "x", &[]), answer(2, "y", &[Differs]), answer(3, "x", &[])];
    assert_eq!(short(&of(other.to_vec())), ["? 2-2 open"]);
    // What was not observed was not well.
    let unseen = [answer(1, "x", &[NotObserved]), answer(2, "x", &[Differs])];
    assert_eq!(short(&of(unseen.to_vec())), ["? 2-2 open"]);
}

#[test]
fn another_question_says_nothing_of_this_one() {
    let asked = |question: &str, look: Look| Look { question: question.to_owned(), ..look };
    let all = saw(1, State::Differs);
    let part = asked("only a part", saw(2, State::InSync));
    let trend = of(vec![all.clone(), part.clone()]);
    assert_eq!(short(&trend), ["? 1-1 open"]);
    // Nor does an answer to it take the place of one that was not given.
    let trend = of(vec![part, failed(3), asked("only a part", saw(4, State::InSync))]);
    assert_eq!(trend.silent().count(), 1);
    assert_eq!(of(vec![failed(3), saw(4, State::InSync)]).silent().count(), 0);
}

#[test]
fn what_a_step_wants_besides_neither_keeps_a_drift_nor_ends_it() {
    use State::{Differs, InSync, Manual, NotObserved};
    let saw = |at, states: &[State]| look("a", at, answer(vec![wants("t/s", states)]));
    // A part is by hand for good.
    let looks = [saw(1, &[Differs, Manual]), saw(2, &[InSync, Manual])];
    assert_eq!(short(&of(looks.to_vec())), ["? 1-1 fixed 2"]);
    // A part is never seen: what was fixed beside it was, and what was bad and is not seen is not.
    let looks = [saw(1, &[Differs, NotObserved]), saw(2, &[InSync, NotObserved])];
    assert_eq!(short(&of(looks.to_vec())), ["? 1-1 fixed 2"]);
    let looks = [saw(1, &[Differs, InSync]), saw(2, &[NotObserved, InSync]), saw(3, &[Differs])];
    assert_eq!(short(&of(looks.to_vec())), ["? 1-3 open"]);
    assert_eq!(of(looks.to_vec()).days.iter().filter(|day| day.drifted == 1).count(), 3);
    // Two things are bad, and one of them is mended.
    let looks =
        [saw(1, &[Differs, Differs]), saw(2, &[InSync, Differs]), saw(3, &[InSync, InSync])];
    assert_eq!(short(&of(looks.to_vec())), ["? 1-2 fixed 3"]);
}

#[test]
fn what_was_so_in_another_org_of_the_name_is_not_fixed() {
    let of_id = |id: &str, look: Look| Look { id: Some(id.to_owned()), ..look };
    let looks = [
        of_id("00D1", saw(1, State::Differs)),
        failed(2),
        of_id("00D2", saw(3, State::InSync)),
        of_id("00D2", saw(4, State::Differs)),
    ];
    let trend = of(looks.to_vec());
    let ends: Vec<End> = trend.drifts.iter().map(|drift| drift.end).collect();
    assert_eq!(ends, [End::Replaced(day(3)), End::Open]);
    assert_eq!(trend.steps[0].fixed, 0);
}

#[test]
fn a_look_that_two_files_tell_of_is_one() {
    let trend = of(vec![saw(1, State::Differs), saw(1, State::Differs), failed(2)]);
    assert_eq!(trend.looks, 2);
    assert_eq!(of(Vec::new()), Trend::default());
}

#[test]
fn steps_that_drift_most_stand_first() {
    let all = |org: &str, at, states: [State; 2]| {
        let steps = vec![step("t/a", states[0]), step("t/b", states[1])];
        look(org, at, answer(steps))
    };
    use State::{Differs, InSync};
    let looks = vec![
        all("one", 0, [InSync, InSync]),
        all("one", 1, [InSync, Differs]),
        all("one", 2, [InSync, InSync]),
        all("two", 0, [InSync, InSync]),
        all("two", 1, [Differs, Differs]),
        all("two", 5, [InSync, InSync]),
    ];
    let trend = of(looks);
    let told: Vec<_> = trend.steps.iter().map(|one| (&one.id[..], one.drifts, one.orgs)).collect();
    assert_eq!(told, [("t/b", 2, 2), ("t/a", 1, 1)]);
    assert_eq!(trend.steps[0].median, Some(SignedDuration::from_secs(5 * DAY / 2)));
    assert_eq!(trend.steps[0].longest, Some(SignedDuration::from_secs(4 * DAY)));
    assert_eq!(trend.title("t/a"), "Title of t/a");
}

#[test]
fn an_org_that_was_taken_off_the_list_is_told_apart() {
    let run = |at: i64, orgs: &[&str]| {
        let orgs = orgs.iter().map(|org| (*org).to_owned()).collect();
        Run { begun: day(at), question: "q".to_owned(), orgs }
    };
    let drift = |org: &str| look(org, 1, answer(vec![step("t/s", State::Differs)]));
    let looks = ["a", "b", "c", "d"].map(drift).to_vec();
    let all = run(1, &["a", "b", "c", "d"]);
    let left = |runs: &[Run]| {
        let trend = Trend::of(looks.clone(), runs);
        let left: Vec<String> = trend.left().map(|org| org.name.clone()).collect();
        assert_eq!(trend.open().len(), 4 - left.len());
        left
    };
    assert_eq!(left(&[all.clone(), run(2, &["a", "b", "c", "e"])]), ["d"]);
    // Which came first counts.
    assert!(left(&[all.clone(), run(0, &["a", "b", "c"])]).is_empty());
    // Somebody looks at one, or at others.
    assert!(left(&[all.clone(), run(2, &["a"])]).is_empty());
    assert!(left(&[run(1, &["a", "b"]), run(2, &["b"])]).is_empty());
    let other = Run { question: "else".to_owned(), ..run(2, &["a", "b", "c"]) };
    assert!(left(&[all.clone(), other]).is_empty());
    assert!(left(&[all, run(2, &["x", "y"])]).is_empty());
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
            answer(steps.collect())
        }),
        1 => Just(Outcome::Missing),
    ];
    proptest::collection::vec((0..3usize, outcome), 0..24).prop_map(|all| {
        let look = |(at, (org, outcome)): (usize, (usize, Outcome))| {
            // Some at one time.
            look(&format!("o{org}"), i64::try_from(at / 2).unwrap(), outcome)
        };
        all.into_iter().enumerate().map(look).collect()
    })
}

/// What decides of a step in a look: whether it is drift; none where nothing is said.
fn said(look: &Look, id: &str) -> Option<bool> {
    let Outcome::Answer { steps, .. } = &look.outcome else { return None };
    let step = steps.iter().find(|step| step.id == id)?;
    let all = || step.wants.values();
    match () {
        () if all().copied().any(is_drift) => Some(true),
        () if all().any(|state| *state == State::Waived) || step.is_seen_well => Some(false),
        () => None,
    }
}

proptest! {
    #[test]
    fn the_order_in_which_looks_are_read_says_nothing(
        (looks, mixed) in any_looks().prop_flat_map(|looks| (Just(looks.clone()), Just(looks).prop_shuffle()))
    ) {
        prop_assert_eq!(of(looks), of(mixed));
    }

    #[test]
    fn a_step_is_in_drift_exactly_where_the_last_look_that_speaks_of_it_says_so(looks in any_looks()) {
        let trend = of(looks.clone());
        for org in ["o0", "o1", "o2"] {
            let mut of_org: Vec<&Look> = looks.iter().filter(|look| look.org == org).collect();
            of_org.sort_by(|one, other| order(one, other));
            for id in ["t/0", "t/1", "t/2"] {
                let is_of = |drift: &&Drift| drift.org == org && drift.step == id;
                let last = of_org.iter().rev().find_map(|look| said(look, id));
                let open = trend.drifts.iter().filter(is_of).filter(|one| one.end == End::Open);
                prop_assert_eq!(open.count(), usize::from(last == Some(true)));
                // The last look of each time that speaks of the step says what is there then.
                for (at, look) in of_org.iter().enumerate() {
                    let later = of_org[at + 1..].iter().take_while(|one| one.at == look.at);
                    if later.filter_map(|one| said(one, id)).next().is_some() {
                        continue;
                    }
                    let is_in = trend.drifts.iter().filter(is_of).any(|one| one.is_there(look.at));
                    if let Some(is_drift) = said(look, id) {
                        prop_assert_eq!(is_in, is_drift);
                    }
                }
            }
        }
    }
}
