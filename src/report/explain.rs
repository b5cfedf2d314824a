//! What a setting does, or a step asks for: out of the table of types, what is known of
//! permissions, of rights, of costs and of Setup's pages, and out of what templates say themselves.
//! Nothing is said here that does not stand there.

mod json;
mod text;

use std::collections::BTreeSet;

use crate::metadata::ComponentId;
use crate::metadata::cost::{self, Cost};
use crate::metadata::fact::Fact;
use crate::metadata::path::FieldPath;
use crate::metadata::permission::{self, Permission};
use crate::metadata::registry::shape::Shape;
use crate::metadata::registry::{self, Field, Kind, MetadataType};
use crate::metadata::right::{self, Right};
use crate::template::setup::{self, SetupPage};
use crate::template::{Step, Template, Test, Want, fill};

pub use json::json;
pub use text::text;

/// A setting, by the type of component that has it and the path to it. Both may hold `{parameter}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The type, and the component's name where one is meant.
    pub id: ComponentId,
    /// Where in it.
    pub path: String,
}

/// All that is said of one setting.
#[derive(Debug)]
pub struct Setting<'t> {
    subject: Subject,
    row: &'static MetadataType,
    /// None where only a schema knows of it.
    field: Option<&'static Field>,
    /// What it grants.
    permission: Option<Permission>,
    /// What that needs.
    needs: Vec<Permission>,
    cost: Option<&'static Cost>,
    page: Option<&'static SetupPage>,
    rights: Vec<Right>,
    /// Other types that have it.
    also_in: Vec<String>,
    asked: Vec<Asked<'t>>,
}

/// A template that asks for it.
#[derive(Debug)]
struct Asked<'t> {
    template: &'t Template,
    step: &'t Step,
    /// The component and path, or the fact, as the template has it.
    of: String,
    test: &'t Test,
}

/// What is explained.
#[derive(Debug)]
pub struct Explanation<'t> {
    /// The step, where one is.
    step: Option<(&'t Template, &'t Step)>,
    settings: Vec<Setting<'t>>,
}

/// Says whether a type has a setting, and which field it is where a row knows.
///
/// # Errors
/// It has none of that name; with what was probably meant.
fn find(subject: &Subject) -> Result<Option<&'static Field>, String> {
    let (type_name, full_name) = (&subject.id.type_name, &subject.id.full_name);
    let path: FieldPath = fill(&subject.path, "X").parse().map_err(|error| format!("{error}"))?;
    let row = registry::find_component(type_name, full_name)
        .ok_or_else(|| format!("there is no metadata type `{type_name}`"))?;
    if let Some(field) = row.whole(&path) {
        return Ok(Some(field));
    }
    match row.resolve(&path) {
        Ok(Some(found)) => Ok(Some(found.field)),
        Ok(None) => match Shape::of(type_name, full_name) {
            Some(shape) => {
                shape.find(&path).map(|found| found.row()).map_err(|error| error.to_string())
            }
            None => Err(format!("nothing is known of what a `{type_name}` holds")),
        },
        Err(error) => Err(error.to_string()),
    }
}

impl Subject {
    /// Says whether there is such a setting.
    ///
    /// # Errors
    /// There is not; with what was probably meant.
    pub fn check(&self) -> Result<(), String> {
        find(self).map(drop)
    }
}

impl<'t> Explanation<'t> {
    /// Explains a setting; `also_in` are other types that have it.
    ///
    /// # Errors
    /// There is no such setting.
    pub fn of_setting(
        subject: Subject,
        also_in: Vec<String>,
        templates: &'t [Template],
    ) -> Result<Self, String> {
        let setting = Setting { also_in, ..Setting::of(subject, templates)? };
        Ok(Self { step: None, settings: vec![setting] })
    }

    /// Explains a step, with each setting that it speaks of.
    pub fn of_step(template: &'t Template, step: &'t Step, templates: &'t [Template]) -> Self {
        let mut settings: Vec<Setting<'t>> = Vec::new();
        for (want, _) in step.lines() {
            let Want::Metadata { component, path, .. } = want else { continue };
            for id in ids(template, component) {
                let subject = Subject { id, path: path.clone() };
                // A parameter may stand for a type that has no such setting; that is told of the
                // type that has.
                let Ok(mut setting) = Setting::of(subject, templates) else { continue };
                if let Some(known) = settings.iter_mut().find(|one| {
                    one.subject.path == setting.subject.path
                        && is_same_type(&one.subject.id.type_name, &setting.subject.id.type_name)
                }) {
                    let other = std::mem::take(&mut setting.subject.id.type_name);
                    if other != known.subject.id.type_name && !known.also_in.contains(&other) {
                        known.also_in.push(other);
                    }
                    continue;
                }
                settings.push(setting);
            }
        }
        Self { step: Some((template, step)), settings }
    }
}

impl<'t> Setting<'t> {
    fn of(subject: Subject, templates: &'t [Template]) -> Result<Self, String> {
        let field = find(&subject)?;
        let id = &subject.id;
        let row =
            registry::find_component(&id.type_name, &id.full_name).unwrap_or(&registry::UNKNOWN);
        // As it is written: a key that is a parameter stays one.
        let path: FieldPath = match subject.path.parse() {
            Ok(path) => path,
            Err(_) => fill(&subject.path, "X").parse().map_err(|error| format!("{error}"))?,
        };
        let permission = Permission::of_path(&path).filter(|_| row.odd.grants);
        let mut needs: Vec<Permission> = Vec::new();
        if let Some(permission) = &permission {
            let all = permission::close(std::slice::from_ref(permission), &|_| false, &[]);
            needs.extend(all.into_iter().map(|(need, _)| need));
        }
        Ok(Self {
            row,
            field,
            needs,
            cost: cost::of(&id.type_name, &id.full_name, &path),
            page: setup::of_component(id),
            rights: right::to_change(&id.type_name, &path),
            also_in: Vec::new(),
            asked: asked(&subject.id.type_name, &path, templates),
            permission,
            subject,
        })
    }

    /// What Setup calls it, with the entry that it belongs to.
    fn title(&self) -> Option<String> {
        let component = format!("{}:{}", self.subject.id.type_name, self.subject.id.full_name);
        super::wants::setting_in_words(&component, &self.subject.path)
    }

    /// How findings and arguments name it.
    fn name(&self) -> String {
        let Subject { id, path } = &self.subject;
        match id.full_name.as_str() {
            "" => format!("{}:{path}", id.type_name),
            name => format!("{}:{name} {path}", id.type_name),
        }
    }

    /// What must be asked for with it, so that its absence can be read: a type of components.
    fn companion(&self) -> Option<&'static str> {
        let section = self.subject.path.split(['[', '.']).next()?;
        match &self.row.field(section)?.kind {
            Kind::Section { companion: Some(companion), .. } => Some(companion.type_name()),
            _ => None,
        }
    }
}

/// The components that a pattern may name, without what a parameter stands for.
fn ids(template: &Template, pattern: &str) -> Vec<ComponentId> {
    if let Some(types) = template.component_types(pattern) {
        return types.iter().map(|one| ComponentId::new(one, "")).collect();
    }
    let Some((type_name, name)) = pattern.split_once(':') else { return Vec::new() };
    let name = if name.contains('{') { "" } else { name.trim() };
    vec![ComponentId::new(type_name.trim(), name)]
}

/// Says whether settings of two types are the same: what grants permissions does so alike.
fn is_same_type(one: &str, other: &str) -> bool {
    let grants = |name: &str| registry::find(name).is_some_and(|row| row.odd.grants);
    one == other || (grants(one) && grants(other))
}

/// Says whether what is asked for at a path may be what stands at another: a parameter, or a star,
/// in the place of a key may be any.
fn is_same_path(asked: &FieldPath, of: &FieldPath) -> bool {
    let is_open = |key: &str| key.contains(['{', '*']);
    let same_key = |asked: &Option<String>, of: &Option<String>| match (asked, of) {
        (Some(asked), Some(of)) => {
            asked.eq_ignore_ascii_case(of) || (is_open(asked) && fits(asked, of))
        }
        (None, None) => true,
        _ => false,
    };
    asked.segments().len() == of.segments().len()
        && asked.segments().iter().zip(of.segments()).all(|(asked, of)| {
            asked.name.eq_ignore_ascii_case(&of.name) && same_key(&asked.key, &of.key)
        })
}

/// Says whether a key fits one with parameters and stars: it begins and ends as that does.
fn fits(open: &str, key: &str) -> bool {
    let head = open.split(['{', '*']).next().unwrap_or_default();
    let tail = open.rsplit(['}', '*']).next().unwrap_or_default();
    let key = key.to_ascii_lowercase();
    key.len() >= head.len() + tail.len()
        && key.starts_with(&head.to_ascii_lowercase())
        && key.ends_with(&tail.to_ascii_lowercase())
}

/// Every want of the templates that speaks of a setting, in order of template and step.
fn asked<'t>(type_name: &str, path: &FieldPath, templates: &'t [Template]) -> Vec<Asked<'t>> {
    let fact = Fact::of_permission(path);
    let grants = registry::find(type_name).is_some_and(|row| row.odd.grants);
    let mut all = Vec::new();
    for template in templates {
        for step in &template.steps {
            for (want, _) in step.lines() {
                let found = match want {
                    Want::Metadata { component, path: wanted, test, .. } => {
                        let is_type = ids(template, component)
                            .iter()
                            .any(|id| is_same_type(&id.type_name, type_name));
                        let is_it = is_type
                            && wanted.parse().is_ok_and(|wanted| is_same_path(&wanted, path));
                        is_it.then(|| (format!("{component} {wanted}"), test))
                    }
                    Want::Fact { fact: wanted, test, .. } if grants => {
                        let is_it = fact.is_some() && Fact::parse(wanted).ok() == fact;
                        is_it.then(|| (wanted.clone(), test))
                    }
                    Want::Fact { .. } | Want::Manual { .. } | Want::Any(_) => None,
                };
                if let Some((of, test)) = found {
                    all.push(Asked { template, step, of, test });
                }
            }
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|one| {
        let name = (&one.template.name, &one.step.id);
        seen.insert((name, super::wants::test_in_words(one.test)))
    });
    all
}

/// The steps of that id, or else of that title, in order of template; `within` is the one template
/// that is meant, if one is.
pub fn steps<'t>(
    id: &str,
    within: Option<&str>,
    templates: &'t [Template],
) -> Vec<(&'t Template, &'t Step)> {
    let meant = templates.iter().filter(|one| within.is_none_or(|name| one.name == name));
    let of = |template: &'t Template| {
        template.steps_called(id).into_iter().map(move |step| (template, step))
    };
    let named: Vec<_> = meant.flat_map(of).collect();
    let has_id = named.iter().any(|(_, step)| step.id == id);
    named.into_iter().filter(|(_, step)| !has_id || step.id == id).collect()
}

/// The first step that asks for a fact, whomever the fact is about.
pub fn step_of_fact<'t>(fact: &str, templates: &'t [Template]) -> Option<(&'t Template, &'t Step)> {
    Fact::parse(&fill(fact, "X")).ok()?;
    let name = fact.split('[').next();
    let asks = |(want, _): (&Want, _)| match want {
        Want::Fact { fact, .. } => fact.split('[').next() == name,
        Want::Metadata { .. } | Want::Manual { .. } | Want::Any(_) => false,
    };
    let mut steps = templates.iter().flat_map(|one| one.steps.iter().map(move |step| (one, step)));
    steps.find(|(_, step)| step.lines().into_iter().any(asks))
}

/// How many wants of the templates name exactly this type and path.
pub fn count(subject: &Subject, templates: &[Template]) -> usize {
    let Ok(path) = subject.path.parse::<FieldPath>() else { return 0 };
    let of = |template: &Template| {
        let is_it = |want: &Want| match want {
            Want::Metadata { component, path: wanted, .. } => {
                ids(template, component).iter().any(|id| id.type_name == subject.id.type_name)
                    && wanted.parse().is_ok_and(|wanted| is_same_path(&wanted, &path))
            }
            Want::Fact { .. } | Want::Manual { .. } | Want::Any(_) => false,
        };
        template.steps.iter().flat_map(Step::lines).filter(|(want, _)| is_it(want)).count()
    };
    templates.iter().map(of).sum()
}

/// What a setting may be called that the templates ask for: a path each, once.
pub fn paths(templates: &[Template]) -> BTreeSet<String> {
    let wants = templates.iter().flat_map(|one| &one.steps).flat_map(Step::lines);
    let paths = wants.filter_map(|(want, _)| match want {
        Want::Metadata { path, .. } => Some(path.clone()),
        Want::Fact { .. } | Want::Manual { .. } | Want::Any(_) => None,
    });
    paths.collect()
}

/// The types, and settings files, of which a path that stands alone may speak: those with a row,
/// and what the templates name.
pub fn types(templates: &[Template]) -> Vec<ComponentId> {
    let mut all: Vec<ComponentId> =
        registry::rows().iter().map(|row| ComponentId::new(row.name, "")).collect();
    for template in templates {
        for (want, _) in template.steps.iter().flat_map(Step::lines) {
            let Want::Metadata { component, .. } = want else { continue };
            for id in ids(template, component) {
                // Only of settings the name says what they hold.
                let name = if id.type_name == registry::SETTINGS { &id.full_name } else { "" };
                let id = ComponentId::new(&id.type_name, name);
                if !all.contains(&id) {
                    all.push(id);
                }
            }
        }
    }
    all.retain(|id| id.type_name != registry::SETTINGS || !id.full_name.is_empty());
    all
}
