//! A template and its arguments to steps that name one component and one path each.

mod applies;
mod each;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::slice;

use super::filling::{Filling, Lists, named};
use super::{Arguments, Create, GrantScope, Step, Template, Test, Want, placeholders};
use crate::metadata::ComponentId;
use crate::metadata::fact::{Fact, OrgFeature};
use crate::metadata::full_name::canonical_full_name;
use crate::metadata::hours::Week;
use crate::metadata::names::{Name, Pattern};
use crate::metadata::path::FieldPath;
use crate::metadata::range::IpRange;
use crate::metadata::registry::{self, canonical_type};
use crate::metadata::value::Value;

use applies::applies;
pub use applies::{Applies, FactCondition};
pub use each::Each;
pub(crate) use each::{each, is_left_out, matched};

/// A step with its parameters filled in.
#[derive(Clone, Debug)]
pub struct ExpandedStep<'t> {
    /// The template that it belongs to.
    pub template: &'t Template,
    /// The step as written.
    pub step: &'t Step,
    /// Whether it applies.
    pub applies: Applies,
    /// Its wants; none where it does not apply.
    pub wants: Vec<ExpandedWant>,
    /// The parameters that hold an empty list, so that wants of it stand for nothing.
    pub empty: BTreeSet<String>,
    /// How to make what does not exist: one component for each element of the lists in its name.
    pub create: Vec<ExpandedCreate>,
}

/// A want with its parameters filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpandedWant {
    /// A setting in a component.
    Metadata {
        /// Which component.
        id: ComponentId,
        /// Where in it.
        path: FieldPath,
        /// What is wanted there.
        test: Test,
        /// The fact, and the user of whom it speaks, that says whether the user effectively has the
        /// permission: as good as the setting where it is wanted, and against it where it is not.
        effective: Option<(Fact, String)>,
    },
    /// As many settings as an org has names that one with a star stands for.
    Each(Box<Each>),
    /// A fact.
    Fact {
        /// Which.
        fact: Fact,
        /// About which user or app; none for the org, and where the parameter is empty.
        of: Option<String>,
        /// What is wanted of it.
        test: Test,
        /// The parameter that names whom it speaks of, where it is somebody's.
        named_by: Option<String>,
    },
    /// Something that a person must do.
    Manual {
        /// What.
        text: String,
        /// What proves that it is done.
        confirm: Option<Box<Self>>,
    },
    /// One of them suffices.
    Any(Vec<Self>),
}

/// How to make a component that does not exist, filled in.
#[derive(Clone, Debug)]
pub struct ExpandedCreate {
    /// What is made.
    pub id: ComponentId,
    /// What it is copied from.
    pub from: Option<ComponentId>,
    /// What is set in it.
    pub set: Vec<(FieldPath, Value)>,
    /// What is not copied: entries or flags by path, with `*` and `?`.
    pub except: Vec<String>,
}

/// Why a template cannot be filled in with these values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("step `{step}`: {message}")]
pub struct ExpandError {
    /// Which step.
    pub step: String,
    /// What is wrong.
    pub message: String,
}

/// So many wants one template may make: a profile of the largest orgs has fewer settings.
const MOST: usize = 20_000;

/// Fills a template's parameters in. A list in a component or path makes one want per element; an
/// empty one makes none.
///
/// # Errors
/// A path that is none any more with these values; lists that make too many wants.
pub fn expand<'t>(
    template: &'t Template,
    arguments: &Arguments,
) -> Result<Vec<ExpandedStep<'t>>, ExpandError> {
    let made = Cell::new(0);
    template
        .steps
        .iter()
        .map(|step| {
            let fail = |message: String| ExpandError { step: step.id.clone(), message };
            let empty = RefCell::default();
            let filling = Filling::new(template, arguments);
            let filler = Filler { filling, made: &made, empty: &empty };
            let applies = applies(&step.when, &filler).map_err(fail)?;
            let (mut wants, mut create) = (Vec::new(), Vec::new());
            let mut of_wants = BTreeSet::new();
            // With values that leave a step out its names need not be right, or be given.
            if !matches!(applies, Applies::No) {
                for want in &step.wants {
                    wants.extend(filler.want(want).map_err(fail)?);
                }
                of_wants = empty.take();
                if let Some(one) = &step.create {
                    create = filler.creates(one).map_err(fail)?;
                }
            }
            Ok(ExpandedStep { template, step, applies, wants, empty: of_wants, create })
        })
        .collect()
}

/// Says of a template, with what its parameters have by default and one element in each list that
/// must be given, at which line it makes too many wants; none where it does not.
pub(crate) fn too_many(template: &Template) -> Option<(usize, ExpandError)> {
    let made = Cell::new(0);
    let arguments = Arguments::by_default(template);
    let empty = RefCell::default();
    let filling = Filling::new(template, &arguments);
    let filler = Filler { filling, made: &made, empty: &empty };
    let mut wants = template
        .steps
        .iter()
        .flat_map(|step| step.binding_lines().map(move |(want, line)| (step, want, line)));
    wants.find_map(|(step, want, line)| {
        let message = filler.count(want).err()?;
        Some((line, ExpandError { step: step.id.clone(), message }))
    })
}

/// The login hours that a want asks for; none where it asks for something else, or names none.
fn week(id: &ComponentId, path: &FieldPath, test: &Test) -> Result<Option<Week>, String> {
    let row = registry::find(&id.type_name).filter(|row| row.is_week(path));
    match (row, test) {
        (Some(_), Test::Equals(value)) if !value.elements().iter().all(String::is_empty) => {
            Week::parse(&value.elements()).map(Some)
        }
        _ => Ok(None),
    }
}

/// Refuses a star where several wants count as one.
fn alone(wants: &[ExpandedWant]) -> Result<(), String> {
    match wants.iter().find(|want| matches!(want, ExpandedWant::Each(_))) {
        Some(ExpandedWant::Each(each)) => Err(format!(
            "`{}` stands for several settings, and `any` and `confirm` take one each",
            each.path
        )),
        _ => Ok(()),
    }
}

/// Fills in wants, and counts them.
struct Filler<'a> {
    filling: Filling<'a>,
    /// How many wants there are by now.
    made: &'a Cell<usize>,
    /// The lists that were found to be empty.
    empty: &'a RefCell<BTreeSet<String>>,
}

impl Filler<'_> {
    fn want(&self, want: &Want) -> Result<Vec<ExpandedWant>, String> {
        self.note_empty(&self.filling.lists(&named(want)).0);
        let Some(want) = &self.filling.lively(want) else { return Ok(Vec::new()) };
        match want {
            Want::Metadata { component, path: path_pattern, test, carrier, except } => self
                .each_counted(&[component, path_pattern], |filler| {
                    let path: FieldPath = filler
                        .filling
                        .text(path_pattern)
                        .parse()
                        .map_err(|error| format!("{error}"))?;
                    let mut test = filler.filling.test(test);
                    if let Test::Inside(ranges) = &test {
                        // One that is empty is a parameter that was not given, and no range.
                        let mut given = ranges.iter().filter(|range| !range.trim().is_empty());
                        given.try_for_each(|range| IpRange::parse(range).map(|_| ()))?;
                    }
                    let is_effective = *carrier == GrantScope::Effective
                        && matches!(test, Test::Equals(Value::Bool(_)));
                    let user = filler.about("user")?.filter(|_| is_effective);
                    let id = filler.component(component)?;
                    if filler.filling.is_of_another(component, &id.type_name, &path) {
                        return Ok(None);
                    }
                    if let Some(week) = week(&id, &path, &test)? {
                        test = Test::Equals(Value::List(week.lines()));
                    }
                    if let Some(pattern) = Pattern::of_setting(&id, &path)? {
                        let except = filler.filling.texts(except);
                        let each = Each { id, path, pattern, except, test, user };
                        return Ok(Some(ExpandedWant::Each(Box::new(each))));
                    }
                    let effective = user.and_then(|user| Some((Fact::of_permission(&path)?, user)));
                    filler.refuse(path_pattern, &Name::of_setting(&id, &path))?;
                    Ok(Some(ExpandedWant::Metadata { id, path, test, effective }))
                }),
            Want::Fact { test, of: another, .. } => self.each_counted(&named(want), |filler| {
                let Want::Fact { fact, .. } = want else { return Ok(None) };
                let (fact, mut of) = filler.fact(fact)?;
                let mut named_by = fact.parameter().map(str::to_owned);
                if let Some(another) = another {
                    of = filler.user(another)?;
                    let first = placeholders(another).into_iter().next();
                    named_by = first.map(|(_, name)| name.to_owned());
                }
                Ok(Some(ExpandedWant::Fact { fact, of, test: filler.filling.test(test), named_by }))
            }),
            // One for each element that is to be confirmed: the first proves nothing of the others.
            Want::Manual { text, confirm } => {
                self.each(&named(want), |filler| {
                    let text = filler.filling.text(text);
                    let Some(confirm) = confirm else {
                        return Ok(Some(ExpandedWant::Manual { text, confirm: None }));
                    };
                    let confirm = filler.want(confirm)?.into_iter().next().map(Box::new);
                    if let Some(confirm) = &confirm {
                        alone(slice::from_ref(&**confirm))?;
                    }
                    // Where the proof is of another type of holder it is still to be done.
                    Ok(Some(ExpandedWant::Manual { text, confirm }))
                })
            }
            // One group for each element, so that each must be satisfied in one way or another.
            Want::Any(wants) => self.each(&named(want), |filler| {
                let mut group = Vec::new();
                for want in wants {
                    group.extend(filler.want(want)?);
                }
                alone(&group)?;
                Ok((wants.is_empty() || !group.is_empty()).then_some(ExpandedWant::Any(group)))
            }),
        }
    }

    /// As [`each`](Self::each), and counts what it makes.
    fn each_counted(
        &self,
        patterns: &[&str],
        make: impl Fn(&Filler<'_>) -> Result<Option<ExpandedWant>, String>,
    ) -> Result<Vec<ExpandedWant>, String> {
        let wants = self.each(patterns, make)?;
        self.made.set(self.made.get() + wants.len());
        Ok(wants)
    }

    /// Makes one for each combination of the elements of the lists that the patterns name.
    fn each<T>(
        &self,
        patterns: &[&str],
        make: impl Fn(&Filler<'_>) -> Result<Option<T>, String>,
    ) -> Result<Vec<T>, String> {
        let (lists, count) = self.filling.lists(patterns);
        self.check(count, &lists)?;
        self.note_empty(&lists);
        let each = self.filling.each(&lists, count);
        each.filter_map(|filling| make(&Filler { filling, ..*self }).transpose()).collect()
    }

    fn note_empty(&self, lists: &Lists<'_>) {
        let empty = lists.iter().filter(|(_, list)| list.is_empty());
        self.empty.borrow_mut().extend(empty.map(|(name, _)| (*name).to_owned()));
    }

    /// Counts what a want makes, and makes nothing.
    fn count(&self, want: &Want) -> Result<(), String> {
        let patterns = named(want);
        let (lists, count) = self.filling.lists(&patterns);
        let within = match want {
            Want::Metadata { .. } | Want::Fact { .. } => {
                self.check(count, &lists)?;
                self.made.set(self.made.get() + count);
                return Ok(());
            }
            Want::Manual { confirm, .. } => confirm.as_deref().map_or(&[][..], slice::from_ref),
            Want::Any(wants) => wants,
        };
        // Each element makes as many as the first.
        if let Some(filling) = self.filling.each(&lists, count).next() {
            let made = Cell::new(0);
            let filler = Filler { filling, made: &made, empty: self.empty };
            within.iter().try_for_each(|want| filler.count(want))?;
            let all = made.get().saturating_mul(count);
            self.check(all.max(count), &lists)?;
            self.made.set(self.made.get() + all);
        }
        Ok(())
    }

    /// Refuses more wants than a template may make.
    fn check(&self, count: usize, lists: &Lists<'_>) -> Result<(), String> {
        if count <= MOST.saturating_sub(self.made.get()) {
            return Ok(());
        }
        // The lists of other wants have made as many as may be.
        if lists.is_empty() {
            return Err(format!(
                "a template makes {MOST} settings to look at at most, and there are more"
            ));
        }
        let sizes: Vec<String> =
            lists.iter().map(|(name, list)| format!("`{name}` has {}", list.len())).collect();
        let before = match self.made.get() {
            0 => String::new(),
            made => format!(" after {made} of other wants"),
        };
        Err(format!(
            "these lists make {count} settings to look at{before}, and a template makes {MOST} at \
             most: {}",
            sizes.join(", ")
        ))
    }

    fn component(&self, pattern: &str) -> Result<ComponentId, String> {
        let text = self.filling.text(pattern);
        let (type_name, full_name) = text
            .split_once(':')
            .ok_or_else(|| format!("`{text}` is not of the form `Type:full name`"))?;
        let full_name = canonical_full_name(type_name.trim(), full_name);
        if full_name.is_empty() {
            return Err(format!(
                "`{pattern}` names no component with these parameters; the name is empty"
            ));
        }
        Ok(ComponentId::new(canonical_type(type_name.trim()), full_name))
    }

    fn fact(&self, pattern: &str) -> Result<(Fact, Option<String>), String> {
        let fact = Fact::parse(&self.filling.text(pattern))?;
        if let Fact::Feature(name) = &fact
            && let Some(unknown) = OrgFeature::unknown(name)
        {
            return Err(unknown);
        }
        self.refuse(pattern, &Name::of_fact(&fact))?;
        let of = match fact.parameter() {
            Some(parameter) => self.about(parameter)?,
            None => None,
        };
        Ok((fact, of))
    }

    /// Whom a fact speaks of; nobody where the parameter is empty.
    fn about(&self, parameter: &str) -> Result<Option<String>, String> {
        let of = self.filling.arguments().text(parameter);
        match &of {
            // Every user name has the form of an address, and need not be one.
            Some(user) if parameter == "user" && !user.contains('@') => Err(format!(
                "the parameter `user` is `{user}`, and a user goes by the user name, which looks \
                 like an e-mail address"
            )),
            _ => Ok(of),
        }
    }

    /// The user whom a want names itself; nobody where the parameter is empty.
    fn user(&self, pattern: &str) -> Result<Option<String>, String> {
        let user = self.filling.text(pattern).trim().to_owned();
        if user.is_empty() || user.contains('@') {
            return Ok(Some(user).filter(|user| !user.is_empty()));
        }
        Err(format!(
            "`of` is `{user}`, and a user goes by the user name, which looks like an e-mail address"
        ))
    }

    /// Refuses a parameter's value that no org can have as the name that it stands for.
    fn refuse(&self, pattern: &str, names: &[Name]) -> Result<(), String> {
        for name in names {
            let Some(why) = name.why_impossible() else { continue };
            let given = placeholders(pattern).into_iter().find_map(|(_, parameter)| {
                let value = self.filling.value_of(parameter)?.to_string();
                (!value.is_empty() && name.text().contains(&value)).then_some((parameter, value))
            });
            if let Some((parameter, value)) = given {
                return Err(format!("the parameter `{parameter}` is `{value}`, and {why}"));
            }
        }
        Ok(())
    }

    fn creates(&self, create: &Create) -> Result<Vec<ExpandedCreate>, String> {
        let patterns: Vec<&str> =
            std::iter::once(create.component.as_str()).chain(create.from.as_deref()).collect();
        self.each(&patterns, |filler| filler.create(create).map(Some))
    }

    fn create(&self, create: &Create) -> Result<ExpandedCreate, String> {
        let id = self.component(&create.component)?;
        let mut set = Vec::new();
        for (path, value) in &create.set {
            let path: FieldPath =
                self.filling.text(path).parse().map_err(|error| format!("{error}"))?;
            if !self.filling.is_of_another(&create.component, &id.type_name, &path) {
                set.push((path, self.filling.value(value)));
            }
        }
        // What it may be copied from is of one type, and a parameter may stand for another.
        let from = create.from.as_deref().map(|from| self.component(from)).transpose()?;
        let from = from.filter(|from| from.type_name == id.type_name);
        let except = match from {
            Some(_) => self.filling.texts(&create.except),
            None => Vec::new(),
        };
        Ok(ExpandedCreate { id, from, set, except })
    }
}

#[cfg(test)]
mod tests;
