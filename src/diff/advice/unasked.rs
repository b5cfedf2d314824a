//! Components that a step makes and that nothing of the template speaks of: nobody would ask
//! whether they are there, and nothing would make them.

use std::collections::BTreeSet;

use crate::metadata::full_name::canonical_full_name;
use crate::metadata::names::Name;
use crate::metadata::path::FieldPath;
use crate::metadata::registry;
use crate::metadata::{ComponentId, labels::EXTERNAL_APP};
use crate::template::needs::wanted_names;
use crate::template::{Template, Test, Want, fill};

use super::Advice;

/// Finds them, as the template is written and as it is with what it has by default.
pub(super) fn unasked(template: &Template, by_default: &Template, found: &mut Vec<Advice>) {
    let known = [spoken(template), spoken(by_default)];
    let is_spoken = |id: &ComponentId| known.iter().any(|known| known.contains(id));
    for step in template.steps.iter().filter(|step| step.line > 0) {
        let Some(create) = &step.create else { continue };
        let filled = by_default.steps.iter().find(|one| one.id == step.id);
        let filled = filled.and_then(|one| one.create.as_ref());
        let mut made = components(template, &create.component);
        made.extend(filled.iter().flat_map(|one| components(by_default, &one.component)));
        if made.is_empty() || made.iter().any(is_spoken) {
            continue;
        }
        let message = format!(
            "step `{}` makes {}, and nothing asks whether it is there: no want, value or fact of \
             the template speaks of it, so that it would never be made",
            step.id, create.component
        );
        found.push(Advice { line: step.line, message, is_mistake: true });
    }
}

/// The components that a pattern may stand for, with the parameters of their names as written.
fn components(template: &Template, pattern: &str) -> Vec<ComponentId> {
    let of = |type_name: &str, name: &str| {
        let type_name = registry::canonical_type(type_name.trim());
        ComponentId::new(type_name, canonical_full_name(type_name, name.trim()))
    };
    let holder = || {
        let types = template.component_types(pattern)?;
        let name = pattern.trim().strip_suffix('}')?;
        Some(types.iter().map(|one| of(one, &format!("{name}.name}}"))).collect())
    };
    match pattern.split_once(':') {
        Some((type_name, name)) => vec![of(type_name, name)],
        None => holder().unwrap_or_default(),
    }
}

/// All components that the template speaks of: what it wants something of, what stands in a value,
/// what a user is to have.
fn spoken(template: &Template) -> BTreeSet<ComponentId> {
    let mut spoken = BTreeSet::new();
    for step in &template.steps {
        for (want, _) in step.lines() {
            match want {
                Want::Metadata { component, path, test, .. } => {
                    for id in components(template, component) {
                        spoken.extend(in_value(&id, path, test));
                        if registry::find(&id.type_name)
                            .is_some_and(|row| row.odd.made_as.is_some())
                        {
                            spoken.insert(ComponentId::new(EXTERNAL_APP, id.full_name.as_str()));
                        }
                        spoken.insert(id);
                    }
                }
                Want::Fact { fact, .. } => {
                    let set = fact.trim().strip_prefix("user.permission_set[");
                    let set = set.and_then(|rest| rest.strip_suffix(']'));
                    spoken.extend(
                        set.map(|set| format!("PermissionSet:{set}"))
                            .iter()
                            .flat_map(|pattern| components(template, pattern)),
                    );
                }
                Want::Manual { .. } | Want::Any(_) => {}
            }
        }
        if let Some(create) = &step.create {
            for id in components(template, &create.component) {
                let values = create.set.iter();
                spoken.extend(
                    values.flat_map(|(path, value)| {
                        in_value(&id, path, &Test::Equals(value.clone()))
                    }),
                );
            }
        }
    }
    spoken
}

fn in_value(id: &ComponentId, path: &str, test: &Test) -> Vec<ComponentId> {
    let Ok(path) = fill(path, "X").parse::<FieldPath>() else { return Vec::new() };
    let named = wanted_names(id, &path, test).into_iter();
    named
        .filter_map(|name| match name {
            Name::Component(id) => Some(id),
            _ => None,
        })
        .collect()
}
