//! Waivers: what somebody has said may be otherwise, until a day. `sfsetup.toml` says it, and a
//! plan keeps what counted when it was saved.
//!
//! A waiver names a step of a template, or components and settings by the rule of `--except`. It
//! never makes anything well: what it names is told, counted and left alone as `waived`.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::diff::{Finding, Outcome, State, Waiver};
use crate::metadata::registry::nearest::{is_slip, nearest, perhaps};
use crate::plan::Plan;
use crate::plan::saved::SavedWaiver;
use crate::report::plan::count;
use crate::template::Template;

use super::selection::{Pattern, Selection};

/// So many findings that a plan leaves for one waiver are named.
const NAMED: usize = 6;

/// What may be otherwise, of one org.
#[derive(Debug, Default)]
pub(crate) struct Waivers {
    all: Vec<OneWaiver>,
    /// Whether they are a plan's, which count as they did when it was saved.
    is_saved: bool,
}

/// One waiver.
#[derive(Debug)]
pub(crate) struct OneWaiver {
    names: Named,
    says: SavedWaiver,
    /// Where it stands.
    place: String,
    /// Whether its last day is over.
    is_over: bool,
}

/// What a waiver names.
#[derive(Debug)]
enum Named {
    /// A step, of whichever template where none is named.
    Step { template: Option<String>, step: String },
    /// Components, or settings in them.
    Settings(Pattern),
}

impl OneWaiver {
    /// Makes one of what a file says at a place.
    ///
    /// # Errors
    /// A sentence for what is wrong with it.
    pub(crate) fn new(says: SavedWaiver, place: String, today: &str) -> Result<Self, String> {
        let names = match (&says.step, &says.component, &says.path) {
            (Some(step), None, None) => {
                let (template, step) = match step.split_once('/') {
                    Some((template, step)) => (Some(template.to_owned()), step),
                    None => (None, step.as_str()),
                };
                Named::Step { template, step: step.to_owned() }
            }
            (None, Some(component), path) => {
                let pattern = Pattern::of("component", component, path.as_deref());
                Named::Settings(pattern.ok_or_else(|| {
                    format!("the waiver's component `{component}` is not of the form TYPE:NAME")
                })?)
            }
            (None, None, Some(_)) => {
                return Err("the waiver has a `path` and no `component` that it is of".to_owned());
            }
            (None, None, None) => {
                return Err("the waiver names neither a `step` nor a `component`".to_owned());
            }
            (Some(_), ..) => {
                return Err(
                    "the waiver names a `step`, and a `component` or `path` too: what it is \
                            about is one of them"
                        .to_owned(),
                );
            }
        };
        if says.reason.trim().is_empty() {
            return Err("the waiver's `reason` is empty".to_owned());
        }
        let is_over = *says.expires < *today;
        Ok(Self { names, says, place, is_over })
    }

    fn means(&self, finding: &Finding<'_>) -> bool {
        match &self.names {
            Named::Step { template, step } => finding.wanted().is_some_and(|wanted| {
                wanted.step.id == *step
                    && template.as_ref().is_none_or(|name| *name == wanted.template.name)
            }),
            Named::Settings(pattern) => pattern.means(finding),
        }
    }

    /// The step or the settings, as they are written.
    fn about(&self) -> String {
        let SavedWaiver { step, component, path, .. } = &self.says;
        let path = path.as_ref().map(|path| format!(":{path}")).unwrap_or_default();
        match (step, component) {
            (Some(step), _) => format!("`{step}`"),
            (None, component) => format!("`{}{path}`", component.as_deref().unwrap_or_default()),
        }
    }

    fn waiver(&self, instead: &Outcome) -> Waiver {
        let SavedWaiver { reason, owner, expires, .. } = self.says.clone();
        Waiver { reason, owner, expires, instead: Box::new(instead.clone()) }
    }
}

/// Reads a day such as `2027-01-31`.
pub(crate) fn day(text: &str) -> Option<String> {
    // As it is written in TOML and compared as text.
    text.parse::<Date>().ok().map(|day| day.to_string()).filter(|day| day == text)
}

impl Waivers {
    /// Those that a file has for an org.
    pub(crate) fn new(all: Vec<OneWaiver>) -> Self {
        Self { all, is_saved: false }
    }

    /// Those that counted when a plan was saved; they do not end before it is carried out.
    ///
    /// # Errors
    /// A sentence for what is wrong with one.
    pub(crate) fn of_plan(saved: &[SavedWaiver]) -> Result<Self, String> {
        let one = |says: &SavedWaiver| OneWaiver::new(says.clone(), String::new(), "");
        Ok(Self { all: saved.iter().map(one).collect::<Result<_, _>>()?, is_saved: true })
    }

    /// Those that count and name something, as a plan keeps them.
    pub(crate) fn saved(&self, findings: &[Finding<'_>]) -> Vec<SavedWaiver> {
        let counts = |one: &&OneWaiver| {
            !one.is_over && findings.iter().any(|it| it.state() == State::Waived && one.means(it))
        };
        self.all.iter().filter(counts).map(|one| one.says.clone()).collect()
    }

    /// Where those stand that name the same step or settings, word for word.
    pub(crate) fn of_the_same(&self, other: &SavedWaiver) -> impl Iterator<Item = &str> {
        let about = (&other.step, &other.component, &other.path);
        let is_same =
            move |one: &&OneWaiver| (&one.says.step, &one.says.component, &one.says.path) == about;
        self.all.iter().filter(is_same).map(|one| one.place.as_str())
    }

    /// Where one stands that says the same to the last word.
    pub(crate) fn place_of(&self, other: &SavedWaiver) -> Option<&str> {
        self.all.iter().find(|one| one.says == *other).map(|one| one.place.as_str())
    }

    /// Where they stand, one each with what it is about.
    pub(crate) fn places(&self) -> impl Iterator<Item = String> {
        self.all.iter().map(|one| format!("waiver of {} ({})", one.about(), one.place))
    }

    /// What says that a finding may be otherwise; the first counts.
    pub(crate) fn of(&self, finding: &Finding<'_>) -> Option<Waiver> {
        let one = self.all.iter().find(|one| !one.is_over && one.means(finding))?;
        Some(one.waiver(&finding.outcome))
    }

    /// Says which waivers have ended and left findings that count again, and which name nothing of
    /// what is compared; `findings` are all that there are of these templates.
    pub(crate) fn of_templates(
        &self,
        findings: &[Finding<'_>],
        templates: &[&Template],
    ) -> Vec<String> {
        let unknown = |template: Option<&String>, step: &str| {
            let is_meant = |one: &&&Template| template.is_none_or(|name| *name == one.name);
            let here: Vec<_> = templates.iter().filter(is_meant).collect();
            let steps = || here.iter().flat_map(|one| &one.steps).map(|step| step.id.as_str());
            // Another template's is nobody's business here, unless its name is a slip.
            if here.is_empty() {
                let names = templates.iter().map(|one| one.name.as_str());
                let meant =
                    template.and_then(|name| names.clone().find(|near| is_slip(name, near)));
                return meant.map(|near| {
                    format!("names no template that is used here; did you mean `{near}`?")
                });
            }
            if steps().any(|id| id == step) {
                return None;
            }
            let near = perhaps(nearest(step, steps()));
            Some(format!("names no step of the templates that are compared here{near}"))
        };
        self.told(findings, |one| match &one.names {
            Named::Step { template, step } => unknown(template.as_ref(), step),
            Named::Settings(_) => {
                let names: BTreeSet<String> = findings
                    .iter()
                    .filter_map(|it| it.subject.component().map(ToString::to_string))
                    .collect();
                let near = one
                    .says
                    .component
                    .as_deref()
                    .and_then(|component| nearest(component, names.iter().map(String::as_str)));
                let near = near.filter(|near| one.says.component.as_deref() != Some(near));
                Some(format!("names nothing that is compared here{}", perhaps(near)))
            }
        })
    }

    /// The same of what differs from a baseline, of which nothing is known that is the same on both
    /// sides.
    pub(crate) fn of_baseline(&self, findings: &[Finding<'_>], only: &Selection) -> Vec<String> {
        self.told(findings, |one| {
            let is_setting = matches!(one.names, Named::Settings(_));
            (is_setting && only.is_all())
                .then(|| "names nothing that differs from the baseline".to_owned())
        })
    }

    fn told(
        &self,
        findings: &[Finding<'_>],
        idle: impl Fn(&OneWaiver) -> Option<String>,
    ) -> Vec<String> {
        let mut told = Vec::new();
        for one in self.all.iter().filter(|_| !self.is_saved) {
            let (about, place) = (one.about(), &one.place);
            let mut meant = findings.iter().filter(|finding| one.means(finding)).peekable();
            if meant.peek().is_none() {
                told.extend(idle(one).map(|why| format!("the waiver of {about} ({place}) {why}")));
                continue;
            }
            let is_open = |it: &&Finding<'_>| !matches!(it.state(), State::InSync | State::Waived);
            let open = meant.filter(is_open).count();
            if one.is_over && open > 0 {
                told.push(format!(
                    "the waiver of {about} ({place}) ended on {}, so what it names counts again \
                     ({})",
                    one.says.expires,
                    count(open, "finding")
                ));
            }
        }
        told
    }

    /// Says which waivers nobody needs any more, as all that they name is in sync.
    pub(crate) fn not_needed(&self, findings: &[Finding<'_>]) -> Vec<String> {
        let is_spent = |one: &&OneWaiver| {
            let mut meant = findings.iter().filter(|finding| one.means(finding)).peekable();
            meant.peek().is_some() && meant.all(|finding| finding.state() == State::InSync)
        };
        let words = |one: &OneWaiver| {
            format!(
                "the waiver of {} ({}) is not needed any more: what it names is in sync",
                one.about(),
                one.place
            )
        };
        self.all.iter().filter(is_spent).map(words).collect()
    }
}

/// What a plan leaves because it is waived, and what it changes all the same since something else
/// needs it; one sentence a waiver.
pub(crate) fn left_out<'f>(
    plan: &Plan<'_>,
    waived: impl Iterator<Item = &'f Finding<'f>>,
) -> Vec<String> {
    let mut groups: Vec<(&Waiver, Vec<String>)> = Vec::new();
    let mut told = Vec::new();
    for finding in waived {
        let Outcome::Waived(waiver) = &finding.outcome else { continue };
        let (id, path) = (finding.subject.component(), finding.subject.path());
        let is_changed = path.is_some()
            && plan.changes.iter().any(|one| Some(&one.id) == id && one.path.as_ref() == path);
        if is_changed {
            told.push(format!(
                "{} is waived, and changes all the same: something else needs it",
                finding.name()
            ));
            continue;
        }
        let is_same = |one: &Waiver| {
            (&one.reason, &one.owner, &one.expires)
                == (&waiver.reason, &waiver.owner, &waiver.expires)
        };
        match groups.iter_mut().find(|(known, _)| is_same(known)) {
            Some((_, names)) => names.push(finding.name()),
            None => groups.push((waiver, vec![finding.name()])),
        }
    }
    told.extend(groups.into_iter().map(|(waiver, names)| {
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = names[..names.len().min(NAMED)].join(", ");
        format!("waived, and so left as it is: {named}{more}: {waiver}")
    }));
    told
}
