//! Parts of one run put together: the answer that one process would have given.
//!
//! Which orgs there are is said by the head of each part. An org that no part answers is told as a
//! failure, since what was not looked at is neither gone nor well. An answer counts before a
//! failure, and of two the later one: a shard that was killed and repeated leaves both.

use std::collections::{BTreeMap, BTreeSet};

use crate::fleet::shard::Shard;
use crate::report::Failure;
use crate::report::code;
use crate::report::plan::count;

use super::looks::APART;
use super::part::Part;
use super::{Ended, Kept};

/// A part, by what it is called: the file that it was read from.
pub struct Named {
    /// What it is called.
    pub name: String,
    /// Its head.
    pub part: Part,
    /// Its answers.
    pub kept: BTreeMap<String, Kept>,
}

/// What the parts come to.
pub struct Merged {
    /// What was asked of all.
    pub part: Part,
    /// Each org of the run, in the order in which one process would have told them.
    pub orgs: Vec<Kept>,
    /// The orgs that no part answers, nor tells why not.
    pub missing: Vec<String>,
    /// What is to be known of it, in sentences: which orgs were told more than once.
    pub notes: Vec<String>,
}

/// Why parts are not put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmergeable {
    /// There are none.
    #[error("there is no part")]
    Nothing,
    /// They answer different questions.
    #[error(
        "`{one}` and `{other}` answer different questions: other templates, values of parameters, \
         options, or another configuration or release of sfsetup"
    )]
    Asked {
        /// The first part.
        one: String,
        /// The one that does not fit.
        other: String,
    },
    /// They are of different runs.
    #[error("`{one}` is of {run}, and `{other}` is of {another}")]
    Runs {
        /// The first part.
        one: String,
        /// Its run, in words.
        run: String,
        /// The one that does not fit.
        other: String,
        /// The run of that, in words.
        another: String,
    },
}

/// Puts parts together.
///
/// # Errors
/// They are not of one run, or do not answer one question.
pub fn merge(parts: Vec<Named>) -> Result<Merged, Unmergeable> {
    let first = parts.first().ok_or(Unmergeable::Nothing)?;
    for other in &parts {
        let names = || (first.name.clone(), other.name.clone());
        if other.part.asked != first.part.asked {
            let (one, other) = names();
            return Err(Unmergeable::Asked { one, other });
        }
        if other.part.run != first.part.run {
            let ((one, named), words) = (names(), |run: &Option<String>| match run {
                Some(run) => format!("run `{run}`"),
                None => "a run without a name".to_owned(),
            });
            let (run, another) = (words(&first.part.run), words(&other.part.run));
            return Err(Unmergeable::Runs { one, run, other: named, another });
        }
    }
    let mut notes: Vec<String> = differing_lists(&parts);
    let named = parts.iter().flat_map(|one| one.part.names.clone());
    // Whom no list names, and a part answers, is told too.
    let told = parts.iter().flat_map(|one| one.kept.keys().cloned());
    let (names, _) = crate::fleet::once(named.chain(told));
    notes.extend(apart(&parts));
    let (unread, _) = crate::fleet::once(parts.iter().flat_map(|one| one.part.unread.clone()));
    let of = parts.iter().find_map(|one| one.part.shard);
    let begun_shards: BTreeSet<Shard> = parts.iter().filter_map(|one| one.part.shard).collect();
    let begun = parts.iter().map(|one| one.part.begun).min().unwrap_or(first.part.begun);
    let mut part = first.part.clone().whole(begun, names);
    part.unread = unread;
    let called: Vec<String> = parts.iter().map(|one| one.name.clone()).collect();
    // By org each answer, with the part in which it stands.
    let mut answers: BTreeMap<String, Vec<(usize, Kept)>> = BTreeMap::new();
    for (at, one) in parts.into_iter().enumerate() {
        for (org, kept) in one.kept {
            answers.entry(org).or_default().push((at, kept));
        }
    }
    let mut doubled: BTreeMap<(BTreeSet<usize>, usize), Vec<String>> = BTreeMap::new();
    let mut missing = Vec::new();
    let mut orgs = Vec::with_capacity(part.names.len());
    for name in &part.names {
        let told = answers.remove(name).unwrap_or_default();
        let places: BTreeSet<usize> = told.iter().map(|(at, _)| *at).collect();
        // Of equals the last one counts.
        let counts = told.into_iter().max_by_key(|(at, kept)| (rank(kept), *at));
        let Some((at, kept)) = counts else {
            missing.push(name.clone());
            let shard = of.map(|shard| shard.beside(name));
            let is_begun = shard.is_some_and(|shard| begun_shards.contains(&shard));
            orgs.push(Kept::failed(name, not_answered(shard, is_begun), None));
            continue;
        };
        if places.len() > 1 {
            doubled.entry((places, at)).or_default().push(name.clone());
        }
        orgs.push(kept);
    }
    notes.extend(doubled.into_iter().map(|((places, at), orgs)| {
        let places: Vec<String> = places.iter().map(|at| format!("`{}`", called[*at])).collect();
        format!(
            "{} told in {}: what counts stands in `{}` (an answer before a failure, and the later \
             one)",
            are(&orgs),
            places.join(" and "),
            called[at]
        )
    }));
    Ok(Merged { part, orgs, missing, notes })
}

/// So many names are told.
const NAMED: usize = 5;

/// Orgs by their names, with the verb behind.
fn are(orgs: &[String]) -> String {
    format!("{} {}", some_of(orgs, NAMED), if orgs.len() == 1 { "is" } else { "are" })
}

/// The first of names, and how many there are besides.
pub fn some_of(names: &[String], most: usize) -> String {
    let (told, rest) = names.split_at(names.len().min(most));
    match rest.len() {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

/// What counts most: an answer before a failure, before what was not looked at; then the latest.
fn rank(kept: &Kept) -> (bool, Option<jiff::Timestamp>) {
    (kept.ended() != Ended::Failed, kept.looked_at)
}

/// Says where parts were begun with different lists of orgs.
fn differing_lists(parts: &[Named]) -> Vec<String> {
    let names = |one: &Named| one.part.names.iter().cloned().collect::<BTreeSet<_>>();
    let all: BTreeSet<String> = parts.iter().flat_map(names).collect();
    let lacks = |one: &Named| all.len() - names(one).len();
    let differing = parts.iter().filter(|one| lacks(one) > 0);
    let said = differing.map(|one| format!("`{}` lacks {}", one.name, count(lacks(one), "org")));
    let said: Vec<String> = said.collect();
    if said.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "the parts were begun with different lists of orgs ({}); the orgs of all lists are told",
        said.join(", ")
    )]
}

/// Says where parts were begun so far apart that one may be of another night.
fn apart(parts: &[Named]) -> Option<String> {
    let first = parts.iter().min_by_key(|one| one.part.begun)?;
    let last = parts.iter().max_by_key(|one| one.part.begun)?;
    let is_apart = last.part.begun.duration_since(first.part.begun) > APART;
    is_apart.then(|| {
        format!(
            "`{}` was begun {}, and `{}` {}: is one of another night? `--run NAME` tells them apart",
            first.name, first.part.begun, last.name, last.part.begun
        )
    })
}

fn not_answered(shard: Option<Shard>, is_begun: bool) -> Failure {
    let message = match shard {
        Some(shard) if is_begun => {
            format!("shard {shard} came to no end: it does not answer this org")
        }
        Some(shard) => format!("nothing is there of shard {shard}, in which this org is"),
        None => "no part of the run answers this org".to_owned(),
    };
    Failure { code: code::NOT_ANSWERED.to_owned(), message, hint: None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::part;
    use super::*;

    /// An org's answer, as a file has it.
    fn kept(name: &str, exit: u8, at: i64) -> Kept {
        let error = match exit {
            1 => r#"{"code":"AUTH","message":"no","hint":null}"#,
            _ => "null",
        };
        let at = jiff::Timestamp::from_second(at).unwrap();
        let line = format!(
            r#"{{"format":"sfsetup.diff.summary/1","org":{{"name":"{name}","id":null,"instance_url":null,"source":null}},"templates":[],"error":{error},"summary":{{"in_sync":0,"differs":0,"missing":0,"not_observed":0,"manual":0,"waived":0}},"notes":[],"exit":{exit},"looked_at":"{at}"}}"#
        );
        let text = format!("{}{line}\n", head(&[name], None, 0).line().unwrap());
        part::read(&text).unwrap().1.remove(name).unwrap()
    }

    fn head(names: &[&str], shard: Option<&str>, at: i64) -> Part {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let shard = shard.map(|shard| shard.parse().unwrap());
        Part::new(
            ("asked", "looked at"),
            None,
            shard,
            jiff::Timestamp::from_second(at).unwrap(),
            names,
        )
    }

    fn part(name: &str, part: Part, kept: Vec<Kept>) -> Named {
        let kept = kept.into_iter().map(|kept| (kept.name().to_owned(), kept)).collect();
        Named { name: name.to_owned(), part, kept }
    }

    fn told(merged: &Merged) -> Vec<(&str, u8)> {
        merged.orgs.iter().map(|org| (org.name(), org.exit())).collect()
    }

    #[test]
    fn an_answer_counts_before_a_failure_and_the_later_one() {
        let all = ["a", "b", "c", "d"];
        let merged = merge(vec![
            part(
                "one",
                head(&all, None, 5),
                vec![kept("a", 0, 9), kept("b", 2, 1), kept("c", 1, 1)],
            ),
            part(
                "two",
                head(&all, None, 3),
                vec![kept("a", 1, 10), kept("b", 0, 2), kept("c", 1, 2)],
            ),
        ])
        .unwrap();
        assert_eq!(told(&merged), [("a", 0), ("b", 0), ("c", 1), ("d", 1)]);
        assert_eq!(merged.missing, ["d"]);
        assert_eq!(merged.orgs[3].failure().unwrap().code, "NOT_ANSWERED");
        assert_eq!(merged.part.begun.as_second(), 3);
        insta::assert_snapshot!(merged.notes.join("\n"), @"
        a is told in `one` and `two`: what counts stands in `one` (an answer before a failure, and the later one)
        b, c are told in `one` and `two`: what counts stands in `two` (an answer before a failure, and the later one)
        ");
    }

    #[test]
    fn lists_that_differ_are_said_and_all_their_orgs_told() {
        let merged = merge(vec![
            part("one", head(&["a", "b"], Some("1/2"), 0), vec![kept("a", 0, 1)]),
            part("two", head(&["a", "c"], Some("2/2"), 0), vec![kept("c", 0, 1)]),
        ])
        .unwrap();
        assert_eq!(told(&merged), [("a", 0), ("b", 1), ("c", 0)]);
        insta::assert_snapshot!(merged.notes.join("\n"), @"the parts were begun with different lists of orgs (`one` lacks 1 org, `two` lacks 1 org); the orgs of all lists are told");
    }

    #[test]
    fn what_is_not_of_one_run_is_not_put_together() {
        let named = |run: Option<&str>| {
            let mut head = head(&["a"], None, 0);
            head.run = run.map(str::to_owned);
            head
        };
        let mut other = named(None);
        other.asked = "else".to_owned();
        let error = |parts: Vec<Named>| merge(parts).err().unwrap().to_string();
        assert_eq!(error(Vec::new()), "there is no part");
        let asked = error(vec![part("one", named(None), vec![]), part("two", other, vec![])]);
        assert!(asked.starts_with("`one` and `two` answer different questions"), "{asked}");
        let runs = vec![part("one", named(Some("x")), vec![]), part("two", named(None), vec![])];
        assert_eq!(error(runs), "`one` is of run `x`, and `two` is of a run without a name");
    }

    proptest! {
        /// However orgs are spread over shards, and whichever of these were cut off and repeated, what
        /// is merged is what one process would have told.
        #[test]
        fn merging_shards_gives_the_whole(
            exits in proptest::collection::vec(0u8..3, 1..30),
            of in 1u32..6,
            cut in proptest::collection::vec((0u32..6, 0usize..30), 0..4),
        ) {
            let names: Vec<String> = (0..exits.len()).map(|number| format!("o{number}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let whole: Vec<Kept> =
                names.iter().zip(&exits).map(|(name, exit)| kept(name, *exit, 7)).collect();
            let shard = |k: u32, at: i64, most: usize| {
                let head = head(&names, Some(&format!("{k}/{of}")), at);
                let exits: BTreeMap<&str, u8> =
                    names.iter().copied().zip(exits.iter().copied()).collect();
                let kept = head.members().take(most).map(|name| kept(name, exits[name], at)).collect();
                part(&format!("{k} at {at}"), head, kept)
            };
            let mut parts: Vec<Named> = (1..=of).map(|k| shard(k, 7, usize::MAX)).collect();
            // What was cut off came before.
            parts.extend(cut.iter().map(|(k, most)| shard(k % of + 1, 3, *most)));
            let merged = merge(parts).unwrap();
            prop_assert!(merged.missing.is_empty());
            let lines = |orgs: &[Kept]| orgs.iter().map(|org| org.lines().unwrap()).collect::<String>();
            prop_assert_eq!(lines(&merged.orgs), lines(&whole));
        }
    }
}
