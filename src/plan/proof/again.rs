//! The findings that a plan fixes, found again in another look: before it is sent in what an org
//! would hold, and afterwards in what it holds.

use std::collections::BTreeSet;

use super::folded;
use crate::diff::{Diff, Finding, State};
use crate::metadata::ComponentId;
use crate::metadata::value::Value;
use crate::plan::Plan;
use crate::plan::before_image::shown;

/// Every finding that a plan claims to fix must be in sync after it, and none may be worse. What
/// another's change sets right is returned: it is not left any more.
pub(in crate::plan) fn findings(
    before: &Diff<'_>,
    after: &Diff<'_>,
    fixed: &BTreeSet<usize>,
) -> Result<BTreeSet<usize>, Vec<String>> {
    let mut broken = Vec::new();
    let mut along = BTreeSet::new();
    for (index, was) in before.findings.iter().enumerate() {
        let is_fixed = was.subject.component().is_some() && fixed.contains(&index);
        let Some(is) = found_again(after, index, was) else {
            if is_fixed || was.state() == State::InSync {
                broken.push(not_found(was));
            }
            continue;
        };
        // What the facts say of a user is as old as the plan; the component is as it should be.
        if is_fixed && is.state() != State::InSync && is.unwanted_source().is_none() {
            let now = is.actual.as_ref().map_or_else(|| "absent".to_owned(), Value::to_string);
            broken.push(format!("{} would still be {now}", was.name()));
        }
        if was.state() == State::InSync && is.state() != State::InSync {
            broken.push(format!("{} is right and would not be any more", was.name()));
        }
        if is.state() == State::InSync && was.state() != State::InSync {
            along.insert(index);
        }
    }
    if broken.is_empty() { Ok(along) } else { Err(broken) }
}

/// Which findings that the plan fixes are not in sync: one line each, as [`undone`] writes them,
/// with component and path where it is about one. One that is not found again is not proved.
pub(in crate::plan) fn not_in_sync(
    now: &Diff<'_>,
    plan: &Plan<'_>,
) -> Vec<(Option<ComponentId>, Option<String>, String)> {
    let mut open = Vec::new();
    for index in &plan.fixed {
        let Some(was) = plan.diff.findings.get(*index) else { continue };
        let place = was.subject.component().zip(was.subject.path());
        let is_blind = place.is_some_and(|(id, path)| plan.is_blind_at(id, path));
        let found = found_again(now, *index, was);
        let (told, line) = match found {
            Some(finding) if finding.state() == State::InSync => continue,
            Some(finding) if finding.state() == State::NotObserved && is_blind => continue,
            None if is_blind => continue,
            Some(finding) => {
                let is = match (&finding.actual, finding.unwanted_source()) {
                    (_, Some(source)) => format!("still the user's, from the {source}"),
                    (Some(value), None) => shown(Some(value)),
                    (None, None) => finding.state().name().to_owned(),
                };
                (finding, format!("{} is {is}", finding.name()))
            }
            None => (was, not_found(was)),
        };
        let id = told.subject.component().cloned();
        open.push((id, told.subject.path().map(folded), line));
    }
    open
}

fn not_found(was: &Finding<'_>) -> String {
    format!("{} was not looked at again, so nobody knows how it is", was.name())
}

/// The finding of the same want in another look: an org may have more names by now than a star
/// stood for then, or others, or show none any more. What it is about may be called otherwise once
/// it is there, and of a group another may speak for it, so the want alone tells.
fn found_again<'f, 's>(
    now: &'f Diff<'s>,
    index: usize,
    was: &Finding<'_>,
) -> Option<&'f Finding<'s>> {
    let is_it = |one: &&Finding<'s>| {
        is_of_same_want(one, was)
            || one.wanted().is_some_and(|wanted| {
                wanted.alternatives.iter().any(|other| is_of_same_want(other, was))
            })
    };
    now.findings.get(index).filter(is_it).or_else(|| now.findings.iter().find(is_it))
}

fn is_of_same_want(one: &Finding<'_>, other: &Finding<'_>) -> bool {
    let Some((one, other)) = one.wanted().zip(other.wanted()) else { return false };
    one.step.id == other.step.id
        && one.template.name == other.template.name
        && one.template.version == other.template.version
        && one.want == other.want
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::diff::diff;
    use crate::metadata::document::{Document, NAMESPACE};
    use crate::metadata::fact::{Fact, FactAnswer, FactValues};
    use crate::metadata::names::{Match, Names, Pattern};
    use crate::metadata::unseen::{Unseen, UnseenKind};
    use crate::metadata::{Component, ComponentSet, Requested};
    use crate::template::{Arguments, ExpandedStep, Template, expand, parse};

    fn template(name: &str, step: &str) -> Template {
        let text = format!(
            "format = 1\n[template]\nname = \"{name}\"\ntitle = \"T\"\nversion = \"1\"\n\
             source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n\
             [parameters.user]\ntitle = \"User\"\n[[step]]\nid = \"s\"\ntitle = \"S\"\n{step}\n"
        );
        parse("t.toml", &text).unwrap_or_else(|errors| panic!("{errors}"))
    }

    fn steps<'t>(template: &'t Template, user: &str) -> Vec<ExpandedStep<'t>> {
        let given = BTreeMap::from([("user".to_owned(), vec![user.to_owned()])]);
        expand(template, &Arguments::resolve(template, &given, &BTreeMap::new()).unwrap()).unwrap()
    }

    fn facts(answers: &[(&str, &str, bool)]) -> FactValues {
        let mut facts = FactValues::new(Unseen::new(UnseenKind::NotAsked, "not asked"));
        for (fact, user, answer) in answers {
            let fact = Fact::parse(fact).unwrap();
            facts.insert(&fact, Some(user), FactAnswer::Known((*answer).into()));
        }
        facts
    }

    /// A permission set that grants some permissions, in an org that has others too, or does not
    /// say.
    fn org(granted: &[&str], names: Result<&[&str], &str>) -> ComponentSet {
        let granted: String = granted
            .iter()
            .map(|name| {
                format!(
                    "<userPermissions><enabled>true</enabled><name>{name}</name></userPermissions>"
                )
            })
            .collect();
        let text = format!(
            "<PermissionSet xmlns=\"{NAMESPACE}\"><label>Acme</label>{granted}</PermissionSet>"
        );
        let mut set = ComponentSet::new(Requested::Unknown);
        let id = ComponentId::new("PermissionSet", "Acme");
        let document = Document::parse(text.into_bytes()).unwrap();
        set.insert(Component { id, document, file: String::new() });
        let one = |name: &&str| Match { name: (*name).to_owned(), unseen: None };
        let matches = names
            .map(|names| names.iter().map(one).collect())
            .map_err(|why| Unseen::new(UnseenKind::NoRight, why));
        set.names = Names::default();
        set.names.insert_matches(Pattern::Permissions("View*".to_owned()), matches);
        set
    }

    /// What is told of a plan that fixes all that is not in sync before.
    fn told(before: Diff<'_>, now: &Diff<'_>) -> Vec<String> {
        let open = |(index, finding): (usize, &Finding<'_>)| {
            (finding.state() != State::InSync).then_some(index)
        };
        let fixed = before.findings.iter().enumerate().filter_map(open).collect();
        let plan = Plan { diff: before, fixed, ..Plan::default() };
        not_in_sync(now, &plan).into_iter().map(|(.., line)| line).collect()
    }

    #[test]
    fn what_is_not_found_again_is_not_proved() {
        let star = template(
            "t",
            "want = [{ component = \"PermissionSet:Acme\", path = \
             \"userPermissions[View*].enabled\", equals = true }]",
        );
        let steps = steps(&star, "a@example.com");
        let facts = facts(&[]);
        let known: &[&str] = &["ViewRoles", "ViewSetup"];
        let before = || diff(&steps, &org(&[], Ok(known)), &facts);
        assert_eq!(before().findings.len(), 2);
        let line = |name: &str| {
            format!(
                "PermissionSet:Acme userPermissions[{name}].enabled was not looked at again, so \
                 nobody knows how it is"
            )
        };
        // What it stands for is not shown any more.
        let now = diff(&steps, &org(known, Err("hidden")), &facts);
        assert_eq!(told(before(), &now), known.iter().map(|name| line(name)).collect::<Vec<_>>());
        // There are as many, and others.
        let now = diff(&steps, &org(known, Ok(&["ViewAllUsers", "ViewSetup"])), &facts);
        assert_eq!(told(before(), &now), [line("ViewRoles")]);
        // There are more, and each is found.
        let more: &[&str] = &["ViewAllUsers", "ViewRoles", "ViewSetup"];
        assert_eq!(told(before(), &diff(&steps, &org(known, Ok(more)), &facts)), [""; 0]);
        let one = &known[..1];
        let line = "PermissionSet:Acme userPermissions[ViewSetup].enabled is absent";
        let found = told(before(), &diff(&steps, &org(one, Ok(more)), &facts));
        assert!(found.len() == 1 && found[0].contains("ViewSetup"), "{line}: {found:?}");
    }

    #[test]
    fn steps_of_one_name_in_two_templates_are_two() {
        let star = template(
            "stars",
            "want = [{ component = \"PermissionSet:Acme\", path = \
             \"userPermissions[View*].enabled\", equals = true }]",
        );
        let want = "want = [{ fact = \"user.is_active\", equals = true }]";
        let (one, other) = (template("one", want), template("other", want));
        let all = [
            steps(&star, "a@example.com"),
            steps(&one, "a@example.com"),
            steps(&other, "b@example.com"),
        ]
        .concat();
        let active = |b: bool| {
            facts(&[
                ("user.is_active", "a@example.com", true),
                ("user.is_active", "b@example.com", b),
            ])
        };
        let before = diff(&all, &org(&["ViewSetup"], Ok(&["ViewSetup"])), &active(false));
        let names: &[&str] = &["ViewRoles", "ViewSetup"];
        let now = diff(&all, &org(names, Ok(names)), &active(false));
        assert_eq!(told(before, &now), ["user.is_active is `false`"]);
    }
}
