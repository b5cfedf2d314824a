//! A diagnosis for programs: what `sfsetup.why/1` holds.

use jiff::Timestamp;
use serde::Serialize;

use super::{Found, Why, page_of, verdict_name, words};
use crate::diagnose::{self, Diagnosis, Drift, DriftOf, Fit, Hit, Moment, Rule, ShownBy, Symptom};
use crate::report::json::parts::Identity;
use crate::template::setup;

/// `sfsetup.why/1`.
#[derive(Debug, Serialize)]
pub struct Document {
    org: Option<Identity>,
    app: Option<String>,
    user: Option<String>,
    templates: Vec<String>,
    since: Option<String>,
    now: String,
    verdict: &'static str,
    summary: String,
    next: Vec<String>,
    symptom: SymptomRow,
    stop: StopRow,
    cause: Option<HitRow>,
    consistent: Vec<HitRow>,
    possible: Vec<PossibleRow>,
    ruled_out: Vec<RuledOutRow>,
    also: Vec<HitRow>,
    other_steps: Vec<StepRow>,
    unseen: Vec<UnseenRow>,
    timeline: Vec<MomentRow>,
    fix: Option<String>,
}

#[derive(Debug, Serialize)]
struct SymptomRow {
    text: Option<String>,
    refusal: Option<&'static str>,
    means: Option<&'static str>,
    statuses: Vec<String>,
    http: Vec<u16>,
}

#[derive(Debug, Default, Serialize)]
struct StopRow {
    last_good: Option<String>,
    first_bad: Option<String>,
    shown_by: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct RuleRow {
    rule: &'static str,
    cause: &'static str,
    looks_at: &'static str,
    source: &'static str,
    way_out: WayOutRow,
}

#[derive(Debug, Serialize)]
struct PossibleRow {
    #[serde(flatten)]
    rule: RuleRow,
    is_usual: bool,
}

#[derive(Debug, Serialize)]
struct HitRow {
    #[serde(flatten)]
    rule: RuleRow,
    explains: bool,
    is_between: bool,
    is_in_the_way: bool,
    fit: &'static str,
    began: Option<BeganRow>,
    evidence: Vec<ProofRow>,
    over: Option<String>,
    step: Option<StepRow>,
}

#[derive(Debug, Serialize)]
struct BeganRow {
    time: String,
    by: Option<String>,
    what: String,
}

#[derive(Debug, Serialize)]
struct ProofRow {
    of: String,
    id: Option<String>,
    time: Option<String>,
    words: String,
}

#[derive(Debug, Serialize)]
struct WayOutRow {
    package: Option<String>,
    by_hand: Option<&'static str>,
    quick_find: Option<&'static str>,
    setup_url: Option<String>,
    at_the_vendor: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct StepRow {
    template: String,
    step: String,
    title: String,
    component: Option<ComponentRow>,
    path: Option<String>,
    fact: Option<String>,
    is_packaged: bool,
}

#[derive(Debug, Serialize)]
struct ComponentRow {
    #[serde(rename = "type")]
    type_name: String,
    full_name: String,
}

#[derive(Debug, Serialize)]
struct RuledOutRow {
    rule: &'static str,
    cause: &'static str,
    why: String,
}

#[derive(Debug, Serialize)]
struct UnseenRow {
    what: &'static str,
    reason: String,
    right: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct MomentRow {
    from: String,
    to: String,
    count: usize,
    kind: &'static str,
    what: String,
    by: Option<String>,
}

/// Makes the document.
pub fn document(why: &Why<'_>) -> Document {
    let (symptom, possible) = match &why.found {
        Found::InOrg(diagnosis) => (&diagnosis.symptom, Vec::new()),
        Found::ByError { symptom, causes } => {
            let row = |rule: &&'static Rule| PossibleRow {
                rule: of_rule(why, rule, None),
                is_usual: diagnose::is_usual(rule, symptom),
            };
            (*symptom, causes.iter().map(row).collect())
        }
    };
    let summary = super::Told::of(why).headline;
    let hits = |of: fn(&Diagnosis) -> &Vec<Hit>| -> Vec<HitRow> {
        let all = why.diagnosis().map(of).into_iter().flatten();
        all.map(|hit| of_hit(why, hit)).collect()
    };
    let diagnosis = why.diagnosis();
    Document {
        org: why.org.clone(),
        app: why.app.clone(),
        user: why.user.clone(),
        templates: why.templates.clone(),
        since: why.since.map(time),
        now: time(why.now),
        verdict: verdict_name(why),
        summary,
        next: diagnosis.map(|one| words::next(why, one)).unwrap_or_default(),
        symptom: of_symptom(symptom),
        stop: diagnosis.map(of_stop).unwrap_or_default(),
        cause: diagnosis.and_then(|one| one.cause.as_ref()).map(|hit| of_hit(why, hit)),
        consistent: hits(|one| &one.consistent),
        possible,
        ruled_out: diagnosis
            .into_iter()
            .flat_map(|one| &one.ruled_out)
            .map(|one| RuledOutRow {
                rule: one.rule.id,
                cause: one.rule.cause,
                why: one.why.clone(),
            })
            .collect(),
        also: hits(|one| &one.also),
        other_steps: diagnosis.into_iter().flat_map(|one| &one.other_steps).map(of_step).collect(),
        unseen: diagnosis
            .into_iter()
            .flat_map(|one| &one.unseen)
            .map(|one| UnseenRow {
                what: one.what,
                reason: one.hidden.reason.clone(),
                right: one.hidden.right,
            })
            .collect(),
        timeline: diagnosis.into_iter().flat_map(|one| &one.timeline).map(of_moment).collect(),
        fix: why.fix.clone(),
    }
}

fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn of_symptom(symptom: &Symptom) -> SymptomRow {
    SymptomRow {
        text: symptom.text.clone(),
        refusal: symptom.refusal.map(|one| one.id),
        means: symptom.refusal.map(|one| one.means),
        statuses: symptom.statuses.clone(),
        http: symptom.http.clone(),
    }
}

fn of_stop(diagnosis: &Diagnosis) -> StopRow {
    let stop = &diagnosis.stop;
    StopRow {
        last_good: stop.last_good.map(time),
        first_bad: stop.first_bad.map(time),
        shown_by: match stop.shown_by {
            ShownBy::Nothing => None,
            ShownBy::SignIns => Some("sign-ins"),
            ShownBy::Calls => Some("calls"),
            ShownBy::NoGrant => Some("no-grant"),
            ShownBy::Silence => Some("silence"),
            ShownBy::Told => Some("error"),
        },
    }
}

fn of_rule(why: &Why<'_>, rule: &'static Rule, step: Option<&Drift>) -> RuleRow {
    let page = page_of(why, rule).and_then(setup::find);
    RuleRow {
        rule: rule.id,
        cause: rule.cause,
        looks_at: rule.looks_at,
        source: rule.source,
        way_out: WayOutRow {
            package: why.fix.clone().filter(|_| step.is_some_and(|step| step.is_packaged)),
            by_hand: rule.way_out.by_hand,
            quick_find: page.map(|page| page.quick_find),
            setup_url: page.and_then(|page| page.url(why.instance_url())),
            at_the_vendor: rule.way_out.at_the_vendor,
        },
    }
}

fn of_hit(why: &Why<'_>, hit: &Hit) -> HitRow {
    HitRow {
        rule: of_rule(why, hit.rule, hit.step.as_ref()),
        explains: hit.explains,
        is_between: hit.is_between,
        is_in_the_way: hit.is_in_the_way,
        fit: match hit.found.fit {
            Fit::Possible => "possible",
            Fit::Likely => "likely",
            Fit::VeryLikely => "very-likely",
        },
        began: hit.found.began.as_ref().map(|began| BeganRow {
            time: time(began.time),
            by: began.by.clone(),
            what: began.what.clone(),
        }),
        evidence: hit
            .found
            .proofs
            .iter()
            .map(|proof| ProofRow {
                of: proof.of.clone(),
                id: proof.id.clone(),
                time: proof.time.map(time),
                words: proof.words.clone(),
            })
            .collect(),
        over: hit.found.over.clone(),
        step: hit.step.as_ref().map(of_step),
    }
}

fn of_step(drift: &Drift) -> StepRow {
    let (component, path, fact) = match &drift.of {
        DriftOf::Setting(type_name, full_name, path) => (
            Some(ComponentRow { type_name: type_name.clone(), full_name: full_name.clone() }),
            Some(path.clone()).filter(|path| !path.is_empty()),
            None,
        ),
        DriftOf::Fact(fact) => (None, None, Some(fact.clone())),
    };
    StepRow {
        template: drift.template.clone(),
        step: drift.step.clone(),
        title: drift.title.clone(),
        component,
        path,
        fact,
        is_packaged: drift.is_packaged,
    }
}

fn of_moment(moment: &Moment) -> MomentRow {
    MomentRow {
        from: time(moment.from),
        to: time(moment.to),
        count: moment.count,
        kind: words::of_kind(moment.kind),
        what: moment.what.clone(),
        by: moment.by.clone(),
    }
}
