//! What a template's author would want to know although the file is right: what nobody uses, what
//! contradicts, what an org will not take.

mod made;
mod names;
mod unasked;

use std::collections::BTreeSet;

use wildmatch::WildMatch;

use crate::metadata::ComponentId;
use crate::metadata::fact::Fact;
use crate::metadata::names::Pattern;
use crate::metadata::path::FieldPath;
use crate::metadata::registry;
use crate::metadata::value::Value;
use crate::template::conflict::{contradict, is_covered};
use crate::template::{
    Condition, GrantScope, ParameterKind, Step, Subject, Template, Test, Want, claims, fill,
    is_left_out, may_meet, narrow, parameter_of, placeholders, too_many,
};

use crate::metadata::permission::{Permission, close};

/// One piece of advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The line of the template's file, from 1.
    pub line: usize,
    /// What there is to know.
    pub message: String,
    /// Whether the template can never be satisfied as it stands.
    pub is_mistake: bool,
}

/// Looks a template through, as far as its own file has written it: what it extends was looked
/// through there.
pub fn advice(template: &Template) -> Vec<Advice> {
    let mut found = Vec::new();
    unused_parameters(template, &mut found);
    for step in template.steps.iter().filter(|step| step.line > 0) {
        if step.docs.is_none() {
            let message =
                format!("step `{}` has no `docs`: nobody can look up who asks for it", step.id);
            found.push(Advice { line: step.line, message, is_mistake: false });
        }
        for (component, path, _, line) in settings(step) {
            if let Some((name, until)) = dropped(component, path) {
                let message = format!(
                    "step `{}` wants `{name}` in {component}, which the API has no more from \
                     version {until} on",
                    step.id
                );
                found.push(Advice { line, message, is_mistake: false });
            }
        }
        names::of_step(step, &mut found);
    }
    by_default(template, &mut found);
    names::of_head(template, &mut found);
    made::says_too_little(template, &mut found);
    unasked::unasked(template, &filled_by_default(template), &mut found);
    too_large(template, &mut found);
    contradictions(template, &mut found);
    contradicting_facts(template, &mut found);
    missing_grants(template, &mut found);
    copied_writes(template, &mut found);
    found.sort_by_key(|advice| advice.line);
    found
}

/// What there is to know of a template on a day: whether it is old, or of a day that has yet to
/// come. `latest` is the last day that it may be anywhere on earth.
pub fn on_day(template: &Template, today: &str, latest: &str) -> Vec<Advice> {
    let line = template.reviewed_line.max(1);
    if template.reviewed_line > 0 && template.is_ahead(latest) {
        let message = format!(
            "`reviewed` is {}, a day that has yet to come: nobody can have held the template \
             against its page then",
            template.reviewed
        );
        return vec![Advice { line, message, is_mistake: true }];
    }
    let age = template.age(today).into_iter();
    age.map(|message| Advice { line, message, is_mistake: false }).collect()
}

/// What is said of names once the parameters have what they have by default; what the file says by
/// itself is said already.
fn by_default(template: &Template, found: &mut Vec<Advice>) {
    let filled = filled_by_default(template);
    let own = |step: &&Step| step.line > 0;
    for step in filled.steps.iter().filter(own) {
        // A list makes several wants of one line.
        let step = Step { want_lines: Vec::new(), ..step.clone() };
        let mut more = Vec::new();
        names::of_step(&step, &mut more);
        let is_said = |one: &Advice| found.iter().any(|known| known.message == one.message);
        more.retain(|one| !is_said(one));
        found.extend(more.into_iter().map(|one| Advice {
            message: format!("{}, by what a parameter has by default", one.message),
            ..one
        }));
    }
}

/// A template with what its parameters name by default; itself where that cannot be filled in.
fn filled_by_default(template: &Template) -> Template {
    let named = template.parameters.iter().filter_map(|parameter| {
        let is_name = matches!(
            parameter.kind,
            ParameterKind::Text | ParameterKind::List | ParameterKind::Component(_)
        );
        let elements = parameter.default.as_ref().filter(|_| is_name)?.elements();
        let is_given = elements.iter().any(|element| !element.is_empty());
        is_given.then(|| (parameter.name.clone(), elements))
    });
    narrow(template, &named.collect()).map_or_else(|_| template.clone(), |(filled, _)| filled)
}

/// Says what of a template cannot be looked up here, where there is such.
pub fn unknown_here(template: &Template) -> Option<String> {
    names::unknown_here(template)
}

/// A step's wants on components, those within another want too, each with its line.
fn settings(step: &Step) -> impl Iterator<Item = (&str, &str, &Test, usize)> {
    step.lines().filter_map(|(want, line)| match want {
        Want::Metadata { component, path, test, .. } => {
            Some((component.as_str(), path.as_str(), test, line))
        }
        Want::Any(_) | Want::Manual { .. } | Want::Fact { .. } => None,
    })
}

/// Profiles of Salesforce's that let nobody write (S 3.3).
const WITHOUT_WRITE: [&str; 5] =
    ["Minimum Access", "Read Only", "ReadOnly", "Salesforce API Only", "Identity User"];

/// A template that only reads, and copies a profile that may let its users write.
fn copied_writes(template: &Template, found: &mut Vec<Advice>) {
    let granted = |flags: &[&str]| {
        template.steps.iter().flat_map(settings).any(|(_, path, test, _)| {
            let is_flag = flags.iter().any(|flag| path.ends_with(flag));
            is_flag && *test == Test::Equals(Value::Bool(true))
        })
    };
    let writes = [
        ".allowCreate",
        ".allowEdit",
        ".allowDelete",
        ".modifyAllRecords",
        ".editable",
        "[ModifyAllData].enabled",
    ];
    if granted(&writes) || !granted(&[".allowRead", ".viewAllRecords", "[ViewAllData].enabled"]) {
        return;
    }
    for step in template.steps.iter().filter(|step| step.line > 0) {
        let Some(create) = &step.create else { continue };
        let Some(from) = &create.from else { continue };
        let source = with_defaults(template, from);
        let (type_name, name) = source.split_once(':').unwrap_or_default();
        let is_harmless = WITHOUT_WRITE.iter().any(|known| name.trim().starts_with(known));
        let is_out = |flag: &str| {
            let entry = "objectPermissions[Any]".to_owned();
            let places = [format!("{entry}.{flag}"), entry];
            create.except.iter().any(|pattern| {
                let pattern = WildMatch::new(pattern);
                places.iter().any(|place| pattern.matches(place))
            })
        };
        let is_left_out = is_out("allowCreate") && is_out("allowEdit");
        if is_harmless || is_left_out || !matches!(type_name, "Profile" | "PermissionSet") {
            continue;
        }
        found.push(Advice {
            line: step.line,
            message: format!(
                "step `{}` copies {source}, which may let its users create and edit, and the \
                 template only reads: leave that out with `except = [\"objectPermissions[*].allow\
                 Create\", ..]`, or copy a profile of minimum access",
                step.id
            ),
            is_mistake: false,
        });
    }
}

/// A pattern with each parameter's default in place of it, as far as there is one.
fn with_defaults(template: &Template, pattern: &str) -> String {
    let mut text = pattern.to_owned();
    for parameter in &template.parameters {
        if let Some(default) = &parameter.default {
            text = text.replace(&format!("{{{}}}", parameter.name), &default.to_string());
        }
    }
    text
}

fn unused_parameters(template: &Template, found: &mut Vec<Advice>) {
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut name = |pattern: &str| {
        let names = placeholders(pattern).into_iter();
        used.extend(names.map(|(_, name)| parameter_of(name).to_owned()));
    };
    let mut also = BTreeSet::new();
    for step in &template.steps {
        for Condition { subject, .. } in step.when.conditions() {
            match subject {
                Subject::Parameter(parameter) => {
                    also.insert(parameter.clone());
                }
                Subject::Fact(fact) => of_fact(fact, &mut name, &mut also),
            }
        }
        for want in &step.wants {
            of_want(want, &mut name, &mut also);
        }
        if let Some(create) = &step.create {
            name(&create.component);
            name(create.from.as_deref().unwrap_or_default());
            create.except.iter().for_each(|pattern| name(pattern));
            for (path, value) in &create.set {
                name(path);
                value.elements().iter().for_each(|element| name(element));
            }
        }
    }
    used.extend(also);
    for parameter in template
        .parameters
        .iter()
        .filter(|parameter| parameter.line > 0 && !used.contains(&parameter.name))
    {
        found.push(Advice {
            line: parameter.line,
            message: format!("no step uses the parameter `{}`", parameter.name),
            is_mistake: false,
        });
    }
}

/// The parameters that a want names, and those that it means without naming them: the user or app
/// of a fact.
fn of_want(want: &Want, name: &mut dyn FnMut(&str), also: &mut BTreeSet<String>) {
    match want {
        Want::Metadata { component, path, test, carrier, except } => {
            except.iter().for_each(|one| name(one));
            name(component);
            name(path);
            of_test(test, name);
            if *carrier == GrantScope::Effective {
                also.insert("user".to_owned());
            }
        }
        Want::Fact { fact, test, of } => {
            match of {
                // It speaks of that user, and not of the one named by `user`.
                Some(of) => {
                    name(fact);
                    name(of);
                }
                None => of_fact(fact, name, also),
            }
            of_test(test, name);
        }
        Want::Manual { text, confirm } => {
            name(text);
            if let Some(confirm) = confirm {
                of_want(confirm, name, also);
            }
        }
        Want::Any(wants) => wants.iter().for_each(|want| of_want(want, name, also)),
    }
}

fn of_test(test: &Test, name: &mut dyn FnMut(&str)) {
    for value in test.desired() {
        value.elements().iter().for_each(|element| name(element));
    }
}

fn of_fact(pattern: &str, name: &mut dyn FnMut(&str), also: &mut BTreeSet<String>) {
    name(pattern);
    if let Some(parameter) = Fact::parse(&fill(pattern, "X")).ok().and_then(|fact| fact.parameter())
    {
        also.insert(parameter.to_owned());
    }
}

/// The field of a path that newer versions of the API have no more, with the version.
fn dropped(component: &str, path: &str) -> Option<(String, String)> {
    let (type_name, full_name) = component.split_once(':')?;
    let row = registry::find_component(type_name.trim(), full_name.trim())?;
    let resolved = row.resolve(&fill(path, "X").parse::<FieldPath>().ok()?).ok()??;
    let fields = [Some(resolved.field), resolved.entry.map(|(section, _)| section)];
    fields
        .into_iter()
        .flatten()
        .find_map(|field| Some((field.name.to_owned(), field.until?.to_string())))
}

/// More wants than a template may make, before anybody gives its lists more elements.
fn too_large(template: &Template, found: &mut Vec<Advice>) {
    if let Some((line, error)) = too_many(template) {
        found.push(Advice { line: line.max(1), message: error.to_string(), is_mistake: true });
    }
}

fn contradictions(template: &Template, found: &mut Vec<Advice>) {
    let mut seen: Vec<(&Step, &Want, &str, &str, &Test, usize)> = Vec::new();
    for step in &template.steps {
        for (want, line) in step.binding_lines() {
            let Want::Metadata { component, path, test, .. } = want else { continue };
            for (other, its_want, its_component, its_path, theirs, its_line) in &seen {
                let is_same = its_component == component
                    && (its_path == path || is_meant(its_want, path) || is_meant(want, its_path));
                if is_same
                    && step.line.max(other.line) > 0
                    && may_apply_together(step, other)
                    && contradict(theirs, test)
                {
                    let way_out = if its_path == path {
                        ""
                    } else {
                        "; `except` leaves a name out of a star"
                    };
                    found.push(Advice {
                        line: line.max(*its_line),
                        message: format!(
                            "steps `{}` and `{}` want different things of {component} {}: \
                             nothing satisfies both{way_out}",
                            other.id,
                            step.id,
                            if is_meant(want, its_path) { its_path } else { path.as_str() },
                        ),
                        is_mistake: true,
                    });
                }
            }
            seen.push((step, want, component, path, test, line));
        }
    }
}

/// The same of two answers that are wanted of one fact.
fn contradicting_facts(template: &Template, found: &mut Vec<Advice>) {
    let mut seen: Vec<(&Step, &str, Option<&str>, &Test, usize)> = Vec::new();
    // What a parameter will say is not known here.
    let is_told = |test: &Test| {
        let texts = test.desired().into_iter().flat_map(|value| value.elements());
        texts.into_iter().all(|text| placeholders(&text).is_empty())
    };
    for step in &template.steps {
        for (want, line) in step.binding_lines() {
            let Want::Fact { fact, test, of } = want else { continue };
            if !is_told(test) {
                continue;
            }
            let of = of.as_deref();
            for (other, its_fact, its_of, theirs, its_line) in &seen {
                if its_fact == fact
                    && *its_of == of
                    && step.line.max(other.line) > 0
                    && may_apply_together(step, other)
                    && contradict(theirs, test)
                {
                    found.push(Advice {
                        line: line.max(*its_line),
                        message: format!(
                            "steps `{}` and `{}` want different answers of {fact}: nothing \
                             satisfies both",
                            other.id, step.id
                        ),
                        is_mistake: true,
                    });
                }
            }
            seen.push((step, fact, of, test, line));
        }
    }
}

/// Says whether a want has a star that stands for what is at a path, and leaves nothing out that
/// may be just that.
fn is_meant(want: &Want, path: &str) -> bool {
    let Want::Metadata { component, path: star, except, .. } = want else { return false };
    if !star.contains('*') {
        return false;
    }
    let type_name = component.split_once(':').map_or("Profile", |(type_name, _)| type_name.trim());
    let (Ok(star), Ok(path)) = (star.parse::<FieldPath>(), path.parse::<FieldPath>()) else {
        return false;
    };
    let Ok(Some(pattern)) = Pattern::of_setting(&ComponentId::new(type_name, "X"), &star) else {
        return false;
    };
    let name = path.segments().first().and_then(|one| one.key.as_deref()).unwrap_or_default();
    let is_left_out =
        if name.contains('*') { !except.is_empty() } else { is_left_out(name, except) };
    is_covered(&pattern, &star, &path) && !is_left_out
}

/// Two steps that ask one parameter or fact for different values never apply at once.
fn may_apply_together(left: &Step, right: &Step) -> bool {
    let claimed = |step: &Step| {
        claims(&step.when.0, |one: &Condition| (one.subject.clone(), one.values.clone()))
    };
    may_meet(&claimed(left), &claimed(right))
}

/// A permission that a step grants: in which component, and the line that wants it.
type Grant = (String, Permission, usize);

/// Permissions that an org grants only together with another (S 3.6) which no step asks for.
fn missing_grants(template: &Template, found: &mut Vec<Advice>) {
    let grants = |step: &Step| -> Vec<Grant> {
        let wants =
            settings(step).filter(|(_, _, test, _)| **test == Test::Equals(Value::Bool(true)));
        wants
            .filter_map(|(component, path, _, line)| {
                Some((component.to_owned(), Permission::of_path(&path.parse().ok()?)?, line))
            })
            .collect()
    };
    let all: Vec<(&Step, Vec<Grant>)> =
        template.steps.iter().map(|step| (step, grants(step))).collect();
    let mut said = BTreeSet::new();
    for (step, wanted) in all.iter().filter(|(step, _)| step.line > 0) {
        for (component, permission, line) in wanted {
            let is_granted = |need: &Permission| {
                all.iter().any(|(other, theirs)| {
                    may_apply_together(step, other)
                        && theirs.iter().any(|(its, grant, _)| its == component && grant == need)
                })
            };
            for (need, by) in close(std::slice::from_ref(permission), &is_granted, &[]) {
                if said.insert((component.clone(), need.to_string())) {
                    found.push(Advice {
                        line: *line,
                        message: format!(
                            "step `{}` wants {by} in {component}, which needs {need}, \
                            and no step asks for that",
                            step.id
                        ),
                        is_mistake: false,
                    });
                }
            }
        }
    }
}
