//! In which step of the templates in use an org's refusal is put right.

use crate::metadata::fact::Fact;
use crate::org::refusal::{Place, Refusal};
use crate::template::{Applies, ExpandedStep, ExpandedWant};

use super::arguments::shell_word;
use super::error::CommandError;
use super::wanted::Wanted;

/// So many steps are named.
const MOST: usize = 3;

/// Names, in an org's refusal, the steps of the templates in use that put it right.
pub(super) fn with_steps(
    mut error: CommandError,
    wanted: &Wanted,
    all: &[ExpandedStep<'_>],
) -> CommandError {
    let hints = error.refusal.map(|refusal| steps(refusal, all, wanted)).unwrap_or_default();
    if !hints.is_empty() {
        error.refusal = None;
        error.hints.extend(hints);
    }
    error
}

/// The steps that set what a refusal lies in, as hints.
fn steps(refusal: &Refusal, steps: &[ExpandedStep<'_>], wanted: &Wanted) -> Vec<String> {
    let mut hints = Vec::new();
    // The places stand in the order in which they are likely.
    for place in refusal.places {
        for one in steps.iter().filter(|step| !matches!(step.applies, Applies::No)) {
            let Some(seen) = one.wants.iter().find_map(|want| touches(want, *place)) else {
                continue;
            };
            let (template, step) = (&one.template.name, &one.step.id);
            let named = format!("the template `{template}` asks for this in its step `{step}` (");
            if hints.iter().any(|hint: &String| hint.starts_with(&named)) {
                continue;
            }
            hints.push(format!(
                "{named}{}: {seen}); `sfsetup template show {}` says where it is set",
                one.step.title,
                shell_word(wanted.given(template))
            ));
        }
    }
    hints.truncate(MOST);
    hints
}

/// Where a want touches a place, in words.
fn touches(want: &ExpandedWant, place: Place) -> Option<String> {
    match want {
        ExpandedWant::Metadata { id, path, .. } => {
            let path = path.to_string();
            place.is_setting(&id.type_name, &id.full_name, &path).then(|| format!("{id} {path}"))
        }
        ExpandedWant::Each(each) => {
            let path = each.path.to_string();
            let (type_name, name) = (&each.id.type_name, &each.id.full_name);
            let is_it = place.is_setting(type_name, name, &path);
            is_it.then(|| format!("{} {path}", each.id))
        }
        ExpandedWant::Fact { fact, .. } => is_fact(fact, place).then(|| fact.to_string()),
        ExpandedWant::Manual { confirm, .. } => {
            confirm.as_deref().and_then(|want| touches(want, place))
        }
        ExpandedWant::Any(wants) => wants.iter().find_map(|want| touches(want, place)),
    }
}

fn is_fact(fact: &Fact, place: Place) -> bool {
    place.is_fact(&fact.to_string())
}
