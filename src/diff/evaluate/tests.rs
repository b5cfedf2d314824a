//! Templates held against facts and components in memory: which steps apply, and how each want
//! turns out.

use std::collections::BTreeMap;

use crate::diff::{State, diff};
use crate::metadata::ComponentSet;
use crate::metadata::fact::{Fact, FactAnswer, FactValues};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::template::{Arguments, Template, expand, parse};

const HEAD: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\n\
                    source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n\
                    [parameters.user]\ntitle = \"User\"\ndefault = \"a@example.com\"\n\
                    [parameters.kind]\ntitle = \"Kind\"\ndefault = \"one\"\n\
                    [parameters.sets]\ntitle = \"Sets\"\ntype = \"list\"\n\
                    default = [\"A\", \"B\"]\n";

fn template(step: &str) -> Template {
    let text = format!("{HEAD}[[step]]\nid = \"s\"\ntitle = \"S\"\n{step}\n");
    parse("t", &text).unwrap_or_else(|errors| panic!("{errors}"))
}

/// How the wants of one step turn out, where an org answers these facts; none for one that it does
/// not show.
fn states(step: &str, answers: &[(&str, Option<Value>)]) -> Vec<State> {
    let template = template(step);
    let none = BTreeMap::new();
    let arguments = Arguments::resolve(&template, &BTreeMap::new(), &none).unwrap();
    let steps = expand(&template, &arguments).unwrap();
    let mut facts = FactValues::new(Unseen::new(UnseenKind::Offline, "offline"));
    for (fact, answer) in answers {
        let fact = Fact::parse(fact).unwrap();
        let of = fact.parameter().map(|_| "a@example.com");
        let answer = match answer {
            Some(value) => FactAnswer::Known(value.clone()),
            None => FactAnswer::NotObserved(Unseen::new(UnseenKind::NoRight, "hidden")),
        };
        facts.insert(&fact, of, answer);
    }
    let found = diff(&steps, &ComponentSet::default(), &facts);
    found.findings.iter().map(|finding| finding.state()).collect()
}

fn yes() -> Option<Value> {
    Some(Value::Bool(true))
}

fn no() -> Option<Value> {
    Some(Value::Bool(false))
}

#[test]
fn one_of_several_tables_must_match_and_what_is_not_known_settles_nothing() {
    let step = |when: &str| format!("when = {when}\nwant = [{{ manual = \"x\" }}]");
    let sandbox = "org.is_sandbox";
    let trial = "org.is_trial";
    let (manual, unseen) = (vec![State::Manual], vec![State::NotObserved]);
    for (when, answers, expected) in [
        ("[{ kind = \"two\" }, { kind = \"one\" }]", vec![], manual.clone()),
        ("[{ kind = \"two\" }, { kind = \"three\" }]", vec![], vec![]),
        ("{ not = { kind = \"one\" } }", vec![], vec![]),
        ("{ not = { kind = \"two\" } }", vec![], manual.clone()),
        (
            "{ kind = \"one\", not = { kind = \"one\", \"org.is_trial\" = true } }",
            vec![(trial, no())],
            manual.clone(),
        ),
        ("{ not = { kind = \"one\", \"org.is_trial\" = true } }", vec![(trial, yes())], vec![]),
        (
            "{ not = { kind = \"one\", \"org.is_trial\" = true } }",
            vec![(trial, None)],
            unseen.clone(),
        ),
        // One that holds settles it, whatever cannot be seen; so does one that fails within.
        (
            "[{ \"org.is_trial\" = true }, { \"org.is_sandbox\" = true }]",
            vec![(trial, None), (sandbox, yes())],
            manual.clone(),
        ),
        (
            "[{ \"org.is_trial\" = true }, { \"org.is_sandbox\" = true }]",
            vec![(trial, None), (sandbox, no())],
            unseen.clone(),
        ),
        (
            "[{ \"org.is_trial\" = true }, { \"org.is_sandbox\" = true }]",
            vec![(trial, no()), (sandbox, no())],
            vec![],
        ),
        (
            "{ \"org.is_sandbox\" = true, not = { \"org.is_trial\" = true } }",
            vec![(trial, None), (sandbox, no())],
            vec![],
        ),
        (
            "{ not = { \"org.is_sandbox\" = true, \"org.is_trial\" = true } }",
            vec![(trial, None), (sandbox, no())],
            manual,
        ),
    ] {
        assert_eq!(states(&step(when), &answers), expected, "{when} {answers:?}");
    }
}

#[test]
fn a_step_by_hand_is_done_where_one_of_several_proofs_is_seen() {
    let step = "want = [{ manual = \"x\", confirm = { any = [\
                { fact = \"user.permission[ApiEnabled]\", equals = true }, \
                { fact = \"org.is_sandbox\", equals = true }] } }]";
    let api = "user.permission[ApiEnabled]";
    assert_eq!(states(step, &[(api, no()), ("org.is_sandbox", yes())]), [State::InSync]);
    assert_eq!(states(step, &[(api, no()), ("org.is_sandbox", no())]), [State::Manual]);
    assert_eq!(states(step, &[(api, None), ("org.is_sandbox", no())]), [State::Manual]);
}

#[test]
fn each_element_of_a_list_needs_a_proof_of_its_own() {
    let step = "want = [{ manual = \"assign {sets}\", confirm = { fact = \
                \"user.permission_set[{sets}]\", equals = true } }]";
    let answers = [("user.permission_set[A]", yes()), ("user.permission_set[B]", no())];
    assert_eq!(states(step, &answers), [State::InSync, State::Manual]);
}

#[test]
fn a_fact_may_speak_of_another_user() {
    let template = template(
        "want = [{ fact = \"user.is_active\", of = \"{kind}@example.com\", equals = true }]",
    );
    let none = BTreeMap::new();
    let arguments = Arguments::resolve(&template, &BTreeMap::new(), &none).unwrap();
    let steps = expand(&template, &arguments).unwrap();
    let fact = Fact::parse("user.is_active").unwrap();
    let mut facts = FactValues::new(Unseen::new(UnseenKind::Offline, "offline"));
    facts.insert(&fact, Some("a@example.com"), FactAnswer::Known(false.into()));
    facts.insert(&fact, Some("one@example.com"), FactAnswer::Known(true.into()));
    let found = diff(&steps, &ComponentSet::default(), &facts);
    assert_eq!(found.findings[0].state(), State::InSync);
    assert_eq!(found.findings[0].name(), "user.is_active of one@example.com");
}
