//! Why an integration stopped: the one thing first, what shows it, the way out; then what else is
//! wrong, what could not be seen, and what happened. What a person reads is put into words once, for
//! text, pages and comments alike.

mod html;
mod json;
mod markdown;
mod picture;
mod text;
mod words;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::json::parts::Identity;
use crate::diagnose::{
    self, Diagnosis, Drift, DriftOf, Hit, MomentKind, Rule, Symptom, Unseen, Verdict,
};
use crate::template::setup;

pub use html::render as html;
pub use json::{Document, document};
pub use markdown::render as markdown;
pub use text::render as text;

/// What was asked, and what came of it.
#[derive(Debug)]
pub struct Why<'w> {
    /// The org; none where none was asked.
    pub org: Option<Identity>,
    /// The app.
    pub app: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The templates.
    pub templates: Vec<String>,
    /// From when on the org was asked.
    pub since: Option<Timestamp>,
    /// What time it is.
    pub now: Timestamp,
    /// Where the reader is.
    pub zone: TimeZone,
    /// What was found.
    pub found: Found<'w>,
    /// The command that brings the template's steps about, where there is one.
    pub fix: Option<String>,
}

/// What was found.
#[derive(Debug)]
pub enum Found<'w> {
    /// In an org.
    InOrg(&'w Diagnosis),
    /// By the error alone.
    ByError {
        /// What is known of it.
        symptom: &'w Symptom,
        /// What it may come of.
        causes: Vec<&'static Rule>,
    },
}

impl Why<'_> {
    fn instance_url(&self) -> Option<&str> {
        self.org.as_ref().and_then(|org| org.instance_url.as_deref())
    }

    fn diagnosis(&self) -> Option<&Diagnosis> {
        match &self.found {
            Found::InOrg(diagnosis) => Some(diagnosis),
            Found::ByError { .. } => None,
        }
    }
}

/// All that a person reads, in order.
#[derive(Default)]
struct Told {
    /// The one thing.
    headline: String,
    /// What was asked.
    about: String,
    /// What is known of the error.
    error: Vec<String>,
    /// The cause, or what is consistent with what is seen.
    found: Vec<Block>,
    /// What stands above these.
    found_heading: &'static str,
    /// Of what it seldom comes.
    rare: Vec<String>,
    ruled_out: Vec<String>,
    /// What stands in the way too.
    in_the_way: Vec<Block>,
    also: Vec<Block>,
    /// Other steps that are not so.
    steps: Vec<String>,
    /// What mends them.
    fix: Option<String>,
    unseen: Vec<String>,
    moments: Vec<Line>,
    /// What to look at in the end.
    next: Vec<String>,
}

/// One thing that was found, or may be.
struct Block {
    title: String,
    since: Option<String>,
    evidence: Vec<String>,
    /// What was changed of it since.
    over: Option<String>,
    step: Option<String>,
    looks_at: Option<String>,
    ways: Vec<Way>,
}

/// A way out.
struct Way {
    /// Of what kind.
    label: &'static str,
    words: String,
    /// The page of Setup: its words in Quick Find, and its address.
    page: Option<(&'static str, Option<String>)>,
}

/// An entry of what happened.
struct Line {
    at: String,
    kind: MomentKind,
    words: String,
}

impl Told {
    fn of(why: &Why<'_>) -> Self {
        match &why.found {
            Found::InOrg(diagnosis) => Self::of_org(why, diagnosis),
            Found::ByError { symptom, causes } => Self::of_error(why, symptom, causes),
        }
    }

    fn of_org(why: &Why<'_>, diagnosis: &Diagnosis) -> Self {
        let block = |hit: &Hit| Block::of_hit(why, hit);
        let (found, found_heading): (Vec<Block>, _) = match &diagnosis.cause {
            Some(cause) => (vec![block(cause)], "What shows it, and the way out"),
            None => (
                diagnosis.consistent.iter().map(block).collect(),
                "What fits what is seen, the likeliest first",
            ),
        };
        let mut steps = steps_in_words(&diagnosis.other_steps);
        let is_of_app = |drift: &Drift| match &drift.of {
            DriftOf::Setting(name, ..) => name == "ConnectedApp" || name.starts_with("ExtlClnt"),
            DriftOf::Fact(_) => false,
        };
        let is_gone = diagnosis.cause.iter().any(|hit| hit.rule.id == "not-installed");
        if is_gone && diagnosis.other_steps.iter().any(is_of_app) {
            steps.push(
                "those of the app only for want of it: look again once it is there".to_owned(),
            );
        }
        let is_packaged = diagnosis.other_steps.iter().any(|one| one.is_packaged);
        Self {
            headline: words::headline(why, diagnosis),
            about: words::about(why),
            error: words::of_symptom(&diagnosis.symptom)
                .into_iter()
                .chain(words::misfit(diagnosis))
                .collect(),
            found,
            found_heading,
            ruled_out: diagnosis
                .ruled_out
                .iter()
                .map(|one| format!("not that {}: {}", one.rule.cause, one.why))
                .collect(),
            in_the_way: diagnosis.also.iter().filter(|hit| hit.is_in_the_way).map(block).collect(),
            also: diagnosis.also.iter().filter(|hit| !hit.is_in_the_way).map(block).collect(),
            steps,
            fix: why.fix.clone().filter(|_| is_packaged),
            unseen: diagnosis.unseen.iter().map(unseen_in_words).collect(),
            moments: diagnosis
                .timeline
                .iter()
                .map(|one| Line {
                    at: match one.kind {
                        MomentKind::Drift => "now".to_owned(),
                        _ => words::span(why, one.from, one.to),
                    },
                    kind: one.kind,
                    words: words::of_moment(one),
                })
                .collect(),
            next: words::next(why, diagnosis),
            ..Self::default()
        }
    }

    fn of_error(why: &Why<'_>, symptom: &Symptom, causes: &[&'static Rule]) -> Self {
        let (usual, rare): (Vec<&'static Rule>, Vec<&'static Rule>) =
            causes.iter().partition(|rule| diagnose::is_usual(rule, symptom));
        let headline = words::of_error(symptom, causes);
        let mut error = words::of_symptom(symptom);
        // What the first line says is not said again.
        error.retain(|line| {
            line.strip_prefix("it means: ").is_none_or(|means| !headline.contains(means))
        });
        Self {
            headline,
            about: words::about(why),
            error,
            found: usual.into_iter().map(|rule| Block::of_rule(why, rule)).collect(),
            found_heading: "What it may come of, and what tells which",
            rare: rare
                .iter()
                .map(|rule| format!("{}: look at {}", rule.cause, rule.looks_at))
                .collect(),
            next: vec![
                "name the org with `--org`, and the app and user, for what it has recorded"
                    .to_owned(),
            ],
            ..Self::default()
        }
    }
}

impl Block {
    /// What is told of it, each with its label, but for the ways out.
    fn rows(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let one = |label, text| Option::as_deref(text).map(|text: &str| (label, text));
        let evidence = self.evidence.iter().map(|proof| ("shown by", proof.as_str()));
        one("since", &self.since)
            .into_iter()
            .chain(evidence)
            .chain(one("since then", &self.over))
            .chain(one("breaks", &self.step))
            .chain(one("look at", &self.looks_at))
    }

    fn of_hit(why: &Why<'_>, hit: &Hit) -> Self {
        let Hit { rule, found, step, .. } = hit;
        let proof = |proof: &crate::diagnose::Proof| {
            let at = proof.time.map(|time| format!(" at {}", words::at(why, time)));
            let id = proof.id.as_deref().map(|id| format!(" ({id})"));
            let (at, id) = (at.unwrap_or_default(), id.unwrap_or_default());
            format!("{}{id}{at}: {}", proof.of, proof.words)
        };
        let title = match found.over {
            Some(_) => format!("{}: not so now", words::capital(rule.cause)),
            None => words::capital(rule.cause),
        };
        Self {
            title,
            since: found.began.as_ref().map(|began| words::began(why, began)),
            evidence: found.proofs.iter().map(proof).collect(),
            over: found.over.clone(),
            step: step.as_ref().map(step_in_words),
            looks_at: (!rule.is_recorded).then(|| rule.looks_at.to_owned()),
            ways: match found.over {
                // What it has ended is still to be begun again.
                Some(_) => at_the_vendor(rule).into_iter().collect(),
                None => ways(why, rule, step.as_ref()),
            },
        }
    }

    fn of_rule(why: &Why<'_>, rule: &'static Rule) -> Self {
        Self {
            title: words::capital(rule.cause),
            since: None,
            evidence: Vec::new(),
            over: None,
            step: None,
            looks_at: Some(rule.looks_at.to_owned()),
            ways: ways(why, rule, None),
        }
    }
}

/// The ways out: by package where a step of the template says so, by hand, at the vendor.
fn ways(why: &Why<'_>, rule: &Rule, step: Option<&Drift>) -> Vec<Way> {
    let mut ways = Vec::new();
    if let (Some(fix), true) = (&why.fix, step.is_some_and(|step| step.is_packaged)) {
        ways.push(Way { label: "by package", words: format!("`{fix}`"), page: None });
    }
    if let Some(by_hand) = rule.way_out.by_hand {
        let page = page_of(why, rule).and_then(setup::find);
        let page = page.map(|page| (page.quick_find, page.url(why.instance_url())));
        ways.push(Way { label: "by hand", words: by_hand.to_owned(), page });
    }
    ways.extend(at_the_vendor(rule));
    ways
}

/// The page of Setup on which it is put right: external client apps have one of their own.
fn page_of(why: &Why<'_>, rule: &Rule) -> Option<&'static str> {
    let is_external = why.diagnosis().is_some_and(|found| found.is_external);
    match rule.way_out.page? {
        "connected-apps" | "app-manager" if is_external => Some("external-client-apps"),
        page => Some(page),
    }
}

fn at_the_vendor(rule: &Rule) -> Option<Way> {
    let words = rule.way_out.at_the_vendor?.to_owned();
    Some(Way { label: "at the vendor", words, page: None })
}

fn step_in_words(drift: &Drift) -> String {
    format!("`{}/{}`, {} ({})", drift.template, drift.step, drift.title, drift.subject())
}

/// Each step once, with how many of its settings are not so.
fn steps_in_words(drift: &[Drift]) -> Vec<String> {
    let mut steps: Vec<(&Drift, usize)> = Vec::new();
    for one in drift {
        let is_it = |(known, _): &&mut (&Drift, usize)| {
            (&known.template, &known.step) == (&one.template, &one.step)
        };
        match steps.iter_mut().find(is_it) {
            Some((_, count)) => *count += 1,
            None => steps.push((one, 1)),
        }
    }
    let in_words = |(step, count): (&Drift, usize)| match count {
        1 => step_in_words(step),
        _ => format!("{} and {} more", step_in_words(step), count - 1),
    };
    steps.into_iter().map(in_words).collect()
}

fn unseen_in_words(unseen: &Unseen) -> String {
    let right = unseen.hidden.right.map(|right| format!("; {right} shows it"));
    format!("{}: {}{}", unseen.what, unseen.hidden.reason, right.unwrap_or_default())
}

/// How it ends, by name.
fn verdict_name(why: &Why<'_>) -> &'static str {
    match why.diagnosis().map(Diagnosis::verdict) {
        Some(Verdict::Cause) => "cause",
        Some(Verdict::Consistent) => "consistent",
        Some(Verdict::Unexplained) => "unexplained",
        Some(Verdict::Nothing) => "nothing",
        Some(Verdict::Blind) => "blind",
        None => "by-error",
    }
}
