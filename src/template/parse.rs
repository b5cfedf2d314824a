//! TOML to [`Template`]: every mistake of a file at once, each with its place.
//!
//! The file is walked by hand over TOML's own spans: serde would stop at the first mistake, and
//! could not say what was probably meant.

mod read;
mod sign_in;
mod want;

use std::ops::Range;

use read::{first_line, in_order, integer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check;
use super::mistake::{Collector, TemplateErrors};
use super::placed::{Placed, PlacedStep, PlacedWant};
use super::setup;
use super::{Dropped, Grade, GrantScope, Level, Parameter, ParameterKind, Step, Template};
use super::{builtin, is_now};
use crate::metadata::registry;
use crate::metadata::registry::nearest::nearest;
use crate::metadata::value::Value;

/// The keys that a file may hold, by table; the schema holds the same.
pub(super) mod keys {
    pub(in crate::template) const TOP: &[&str] =
        &["format", "template", "parameters", "step", "drop"];
    pub(in crate::template) const TEMPLATE: &[&str] = &[
        "name", "title", "version", "source", "reviewed", "revision", "grade", "group", "sign-in",
        "extends", "carrier",
    ];
    pub(in crate::template) const OVERLAY: &[&str] = &["parameters", "step", "drop"];
    pub(in crate::template) const DROP: &[&str] = &["step", "reason"];
    pub(in crate::template) const PARAMETER: &[&str] =
        &["title", "type", "choices", "default", "formerly"];
    pub(in crate::template) const STEP: &[&str] = &[
        "id",
        "title",
        "why",
        "docs",
        "paragraph",
        "setup",
        "level",
        "when",
        "want",
        "create",
        "note",
    ];
    pub(in crate::template) const WANT: &[&str] = &[
        "component",
        "path",
        "fact",
        "manual",
        "confirm",
        "any",
        "equals",
        "one-of",
        "includes",
        "excludes",
        "absent",
        "at-least",
        "at-most",
        "inside",
        "count",
        "empty",
        "valid-for",
        "carrier",
        "except",
        "of",
    ];
    pub(in crate::template) const COMPARISONS: &[&str] = &[
        "equals",
        "one-of",
        "includes",
        "excludes",
        "absent",
        "at-least",
        "at-most",
        "inside",
        "count",
        "empty",
        "valid-for",
    ];
    pub(in crate::template) const CREATE: &[&str] = &["component", "from", "set", "except"];
}

type Table<'i> = DeTable<'i>;
type Node<'i> = Spanned<DeValue<'i>>;

/// The largest file that is read: a template is a page, not a book.
const LARGEST: usize = 1 << 20;

/// Reads a template; what it extends is a shipped one.
///
/// # Errors
/// Every mistake of the file: of its form, and of what it names.
pub fn parse(file: &str, text: &str) -> Result<Template, TemplateErrors> {
    parse_with(file, text, &mut |name| match builtin::find(name) {
        Some(shipped) => parse(shipped.name, shipped.text).map_err(|errors| errors.to_string()),
        None => Err(format!("there is no shipped template `{name}`")),
    })
}

/// Reads a template; `parent` gets what it extends, by the name that stands there.
///
/// # Errors
/// As [`parse`]; also what `parent` says.
pub(crate) fn parse_with(
    file: &str,
    text: &str,
    parent: &mut dyn FnMut(&str) -> Result<Template, String>,
) -> Result<Template, TemplateErrors> {
    read(file, text, &mut |walk, top| walk.template(top, parent))
}

/// Reads what a file such as `sfsetup.toml` changes in a template: parameters, steps and what is
/// left out, in the table at `at`.
///
/// # Errors
/// As [`parse`].
pub(crate) fn overlay(
    file: &str,
    text: &str,
    at: &[&str],
    base: &Template,
) -> Result<Template, TemplateErrors> {
    read(file, text, &mut |walk, top| {
        let mut table = top;
        for name in at {
            match table.get(*name).and_then(|node| node.get_ref().as_table()) {
                Some(found) => table = found,
                None => return Placed::of(base.clone()),
            }
        }
        walk.known_keys(table, keys::OVERLAY, "an overlay");
        let mut placed = Placed::of(base.clone());
        walk.contents(table, &mut placed);
        placed
    })
}

fn read(
    file: &str,
    text: &str,
    walk: &mut dyn FnMut(&mut Walk<'_, '_>, &Table<'_>) -> Placed,
) -> Result<Template, TemplateErrors> {
    let mut mistakes = Collector::new(text);
    if text.len() > LARGEST {
        mistakes.add(&(0..0), "the file is larger than 1 MB, which no template is");
        return Err(mistakes.finish(file));
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let tables = one_of_several(text);
    for error in &errors {
        // Each key of the second such table would be told.
        if tables.is_some() && error.message() == "duplicate key" {
            continue;
        }
        mistakes.add(&error.span().unwrap_or(0..0), error.message().to_owned());
    }
    if let Some((at, name)) = tables.filter(|_| !errors.is_empty()) {
        mistakes.add_with(
            &at,
            format!("[{name}] stands more than once, and a table may stand once"),
            Some(format!("each is one of several: write [[{name}]]")),
        );
    }
    if !errors.is_empty() {
        return Err(mistakes.finish(file));
    }
    let template = walk(
        &mut Walk { mistakes: &mut mistakes, carrier: GrantScope::Component },
        table.get_ref(),
    );
    check::template(&template, &mut mistakes);
    let (template, is_right) = (template.strip(), mistakes.is_empty());
    if is_right {
        return Ok(template);
    }
    Err(TemplateErrors { read: Some(Box::new(template)), ..mistakes.finish(file) })
}

/// The second of tables in single brackets that should each be one of several, and its name.
fn one_of_several(text: &str) -> Option<(Range<usize>, &'static str)> {
    ["step", "drop"].into_iter().find_map(|name| {
        let header = format!("[{name}]");
        let (at, line) = text
            .split_inclusive('\n')
            .scan(0, |at, line| {
                let start = *at;
                *at += line.len();
                Some((start, line))
            })
            .filter(|(_, line)| line.split('#').next().unwrap_or_default().trim() == header)
            .nth(1)?;
        let start = at + line.find('[')?;
        Some((start..start + header.len(), name))
    })
}

struct Walk<'c, 't> {
    mistakes: &'c mut Collector<'t>,
    /// Where permissions count, where a want does not say.
    carrier: GrantScope,
}

impl Walk<'_, '_> {
    fn template(
        &mut self,
        top: &Table<'_>,
        parent: &mut dyn FnMut(&str) -> Result<Template, String>,
    ) -> Placed {
        self.known_keys(top, keys::TOP, "a template file");
        match top.get("format") {
            Some(node) if integer(node) == Some(1) => {}
            Some(node) => self.mistakes.add(&node.span(), "this program reads `format = 1`"),
            None => self.mistakes.add(&(0..0), "`format = 1` is missing"),
        }
        let mut placed = Placed::of(Template::default());
        match top.get("template") {
            Some(node) => {
                if let Some(table) = self.table(node, "template") {
                    placed = self.head(table, &node.span(), parent);
                }
            }
            None => self.mistakes.add(&(0..0), "the table [template] is missing"),
        }
        if !top.contains_key("step") && placed.head.extends.is_none() {
            self.mistakes.add(&(0..0), "there is no [[step]]; a template has one at least");
        }
        self.contents(top, &mut placed);
        placed
    }

    /// The table [template], and what it extends.
    fn head(
        &mut self,
        table: &Table<'_>,
        at: &Range<usize>,
        parent: &mut dyn FnMut(&str) -> Result<Template, String>,
    ) -> Placed {
        self.known_keys(table, keys::TEMPLATE, "[template]");
        let mut placed = Placed::of(Template::default());
        if let Some(node) = table.get("extends")
            && let Some(name) = self.text(node, "extends")
        {
            match parent(&name) {
                Ok(base) => {
                    let extends = Some(format!("{} {}", base.name, base.version));
                    placed = Placed::of(Template { extends, reviewed_line: 0, ..base });
                }
                Err(message) => {
                    let near =
                        builtin::nearest(&name).map(|near| format!("did you mean `{near}`?"));
                    self.mistakes.add_with(&node.span(), message, near);
                    placed.head.extends = Some(name);
                }
            }
        }
        let is_extension = placed.head.extends.is_some();
        let head = &mut placed.head;
        head.name = self.required_text(table, "name", at, "[template]");
        head.name_line = table.get("name").map_or(0, |node| self.mistakes.line(node.span().start));
        head.title = self.required_text(table, "title", at, "[template]");
        head.version = self.required_text(table, "version", at, "[template]");
        // What builds on another template rests on its documentation, unless it names one of its
        // own.
        if !is_extension || table.contains_key("source") {
            head.source = self.required_text(table, "source", at, "[template]");
        }
        if !is_extension || table.contains_key("reviewed") {
            head.reviewed = self.date(table, at);
            let node = table.get("reviewed");
            head.reviewed_line = node.map_or(0, |node| self.mistakes.line(node.span().start));
        }
        head.revision = self.optional_text(table, "revision").or_else(|| head.revision.take());
        head.group = self.optional_text(table, "group").or_else(|| head.group.take());
        if let Some(node) = table.get("grade") {
            head.grade = self.grade(node);
        }
        if let Some(node) = table.get("sign-in") {
            head.sign_in = self.sign_in(node);
        }
        self.carrier = table.get("carrier").and_then(|node| self.carrier(node)).unwrap_or_default();
        placed
    }

    fn grade(&mut self, node: &Node<'_>) -> Option<Grade> {
        let text = self.text(node, "grade")?;
        let found =
            Grade::ALL.iter().find(|(_, letter, _)| *letter == text).map(|(grade, ..)| *grade);
        if found.is_none() {
            let known: Vec<String> =
                Grade::ALL.iter().map(|(_, letter, words)| format!("{letter} ({words})")).collect();
            self.mistakes
                .add(&node.span(), format!("`{text}` is no grade; there are {}", known.join(", ")));
        }
        found
    }

    /// Parameters, steps, and what is left out.
    fn contents(&mut self, top: &Table<'_>, placed: &mut Placed) {
        if let Some(node) = top.get("parameters")
            && let Some(table) = self.table(node, "parameters")
        {
            for (name, node) in in_order(table) {
                self.parameter_or_change(name, node, placed);
            }
        }
        for node in top.get("step").map(|node| self.array(node, "step")).unwrap_or_default() {
            self.step(node, placed);
        }
        for node in top.get("drop").map(|node| self.array(node, "drop")).unwrap_or_default() {
            self.drop_step(node, placed);
        }
    }

    /// A parameter; one that is another file's may get another title or default, or take fewer
    /// values, and stays what it is.
    fn parameter_or_change(
        &mut self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        node: &Node<'_>,
        placed: &mut Placed,
    ) {
        let line = self.mistakes.line(name.span().start);
        let Some((known, place)) =
            placed.parameters.iter_mut().find(|(known, _)| known.name == *name.get_ref())
        else {
            let inherited = || placed.parameters.iter().filter(|(_, place)| place.is_none());
            let now =
                inherited().find(|(known, _)| known.formerly.contains(&name.get_ref().to_string()));
            if let Some((now, _)) = now {
                self.mistakes.add(&name.span(), is_now(name.get_ref(), now));
                return;
            }
            let names = inherited().map(|(known, _)| known.name.as_str());
            let near = nearest(name.get_ref(), names).map(str::to_owned);
            if self.is_slip_of_inherited(node, &["title"], &name.span(), "parameter", near) {
                return;
            }
            if let Some(parameter) = self.parameter(name.get_ref(), node) {
                placed.parameters.push((Parameter { line, ..parameter }, Some(name.span())));
            }
            return;
        };
        let Some(table) = self.table(node, name.get_ref()) else { return };
        for key in ["type", "formerly"] {
            if let Some(node) = table.get(key) {
                self.mistakes.add(
                    &node.span(),
                    format!(
                        "`{key}` of an inherited parameter stays; `title`, `default` and \
                         `choices` may change"
                    ),
                );
            }
        }
        self.known_keys(table, keys::PARAMETER, "a parameter");
        known.title = self.optional_text(table, "title").unwrap_or_else(|| known.title.clone());
        if let Some(node) = table.get("choices") {
            self.fewer_choices(node, known, table.contains_key("default"));
        }
        if let Some(node) = table.get("default") {
            known.default = self.default(node, &known.kind);
        }
        known.line = line;
        *place = Some(name.span());
    }

    /// Leaves an inherited parameter some of its choices; what it has by default must be one.
    fn fewer_choices(&mut self, node: &Node<'_>, known: &mut Parameter, has_default: bool) {
        let fewer = self.texts(node, "choices");
        let name = known.name.clone();
        let (all, is_component) = match &mut known.kind {
            ParameterKind::Choice(all) => (all, false),
            ParameterKind::Component(all) => (all, true),
            ParameterKind::Text | ParameterKind::Flag | ParameterKind::List => {
                let what = "only a parameter of type `choice` or `component` has `choices`";
                self.mistakes.add(&node.span(), what);
                return;
            }
        };
        if fewer.is_empty() {
            self.mistakes.add(&node.span(), "one choice is left at least");
            return;
        }
        if let Some(new) = fewer.iter().find(|one| !all.contains(one)) {
            let near = nearest(new, all.iter().map(String::as_str));
            self.mistakes.add_with(
                &node.span(),
                format!(
                    "`{new}` is no choice of the inherited `{name}`, which takes {}; some of them \
                     may be left out",
                    all.join(", ")
                ),
                near.map(|near| format!("did you mean `{near}`?")),
            );
            return;
        }
        let before = std::mem::replace(all, fewer.clone());
        if is_component {
            known.narrowed_from.extend(before);
        }
        let default = known.default.as_ref().filter(|_| !has_default).map(Value::to_string);
        let of_default = |text: &String| match text.split_once(':') {
            Some((type_name, _)) if is_component => type_name.trim().to_owned(),
            _ => text.clone(),
        };
        if let Some(default) = default.filter(|text| !fewer.contains(&of_default(text))) {
            self.mistakes.add(
                &node.span(),
                format!(
                    "`{name}` is `{default}` by default, which is left out here: give it another \
                         `default`"
                ),
            );
        }
    }

    /// Says whether something lacks what a new one must have, and nearly has the name of one that
    /// it would change; that is a mistake then.
    fn is_slip_of_inherited(
        &mut self,
        node: &Node<'_>,
        needed: &[&str],
        name: &Range<usize>,
        what: &str,
        near: Option<String>,
    ) -> bool {
        let table = node.get_ref().as_table();
        let has_all = table.is_some_and(|table| needed.iter().all(|key| table.contains_key(*key)));
        let Some(near) = near.filter(|_| !has_all) else { return false };
        let message = format!("there is no {what} of this name to change");
        self.mistakes.add_with(name, message, Some(format!("did you mean `{near}`?")));
        true
    }

    fn drop_step(&mut self, node: &Node<'_>, placed: &mut Placed) {
        let Some(table) = self.table(node, "drop") else { return };
        self.known_keys(table, keys::DROP, "a [[drop]]");
        let at = first_line(&node.span(), self.mistakes.text());
        let id = self.required_text(table, "step", &at, "a [[drop]]");
        let reason = self.required_text(table, "reason", &at, "a [[drop]]");
        let place = table.get("step").map_or(at, Spanned::span);
        match placed.steps.iter().position(|step| step.step.id == id) {
            Some(index) if placed.steps[index].id.is_some() => {
                self.mistakes.add(
                    &place,
                    format!(
                        "the step `{id}` is this file's own; take it out instead of dropping it"
                    ),
                );
            }
            Some(index) => {
                let title = placed.steps.remove(index).step.title;
                placed.head.dropped.push(Dropped { step: id, title, reason });
            }
            None if id.is_empty() => {}
            None => {
                let near = nearest(&id, placed.steps.iter().map(|step| step.step.id.as_str()));
                let help = near.map(|near| format!("did you mean `{near}`?"));
                self.mistakes.add_with(&place, format!("there is no step `{id}` to drop"), help);
            }
        }
    }

    fn parameter(&mut self, name: &str, node: &Node<'_>) -> Option<Parameter> {
        let table = self.table(node, name)?;
        self.known_keys(table, keys::PARAMETER, "a parameter");
        let title =
            self.required_text(table, "title", &node.span(), &format!("[parameters.{name}]"));
        let (type_name, at) = match table.get("type") {
            Some(node) => (self.text(node, "type")?, node.span()),
            None => ("text".to_owned(), node.span()),
        };
        let choices: Vec<String> = match table.get("choices") {
            Some(node) => self.texts(node, "choices"),
            None => Vec::new(),
        };
        let kind = match type_name.as_str() {
            "text" => ParameterKind::Text,
            "flag" => ParameterKind::Flag,
            "list" => ParameterKind::List,
            "choice" => ParameterKind::Choice(choices.clone()),
            "component" => self.component_kind(table.get("choices"), &choices),
            other => {
                let known = ["text", "choice", "flag", "list", "component"];
                let help = nearest(other, known).map(|near| format!("did you mean `{near}`?"));
                self.mistakes.add_with(
                    &at,
                    format!(
                        "`{other}` is no type of parameter; there are text, choice, flag, list \
                         and component"
                    ),
                    help,
                );
                return None;
            }
        };
        match (&kind, table.get("choices")) {
            (ParameterKind::Choice(choices), _) if choices.len() < 2 => {
                self.mistakes.add(&at, "a choice needs `choices` with two values at least");
            }
            (ParameterKind::Text | ParameterKind::Flag | ParameterKind::List, Some(node)) => {
                let what = "only a parameter of type `choice` or `component` has `choices`";
                self.mistakes.add(&node.span(), what);
            }
            _ => {}
        }
        let default = table.get("default").and_then(|node| self.default(node, &kind));
        let formerly = table.get("formerly");
        let formerly = formerly.map_or_else(Vec::new, |node| self.texts(node, "formerly"));
        let narrowed_from = Vec::new();
        let name = name.to_owned();
        Some(Parameter { name, title, kind, default, formerly, narrowed_from, line: 0 })
    }

    /// A component of some types, by `choices`; where these are left out a profile or a permission
    /// set.
    fn component_kind(&mut self, node: Option<&Node<'_>>, choices: &[String]) -> ParameterKind {
        let Some(node) = node else {
            return ParameterKind::Component(ParameterKind::CARRIERS.map(str::to_owned).to_vec());
        };
        if choices.is_empty() {
            self.mistakes.add(&node.span(), "a component has one type at least");
        }
        let mut types = Vec::new();
        for choice in choices {
            if registry::find(choice).is_none() {
                let help = registry::nearest_type(choice)
                    .filter(|near| *near != choice.as_str())
                    .map(|near| format!("did you mean `{near}`?"));
                let what = format!("`{choice}` is no metadata type that this program knows");
                self.mistakes.add_with(&node.span(), what, help);
            }
            types.push(registry::canonical_type(choice).to_owned());
        }
        ParameterKind::Component(types)
    }

    fn default(&mut self, node: &Node<'_>, kind: &ParameterKind) -> Option<Value> {
        let value = self.value(node)?;
        let wrong = match (kind, &value) {
            (ParameterKind::Text, Value::Text(_))
            | (ParameterKind::Flag, Value::Bool(_))
            | (ParameterKind::List, Value::List(_)) => None,
            (ParameterKind::Choice(choices), Value::Text(text)) if choices.contains(text) => None,
            (ParameterKind::Component(types), Value::Text(text)) => {
                let type_name = text.split_once(':').map(|(type_name, _)| type_name.trim());
                let is_one = type_name.is_some_and(|name| types.iter().any(|one| one == name));
                (!is_one).then_some("`Type:full name`, of one of its types")
            }
            (ParameterKind::Choice(choices), Value::Text(text)) => {
                let near = nearest(text, choices.iter().map(String::as_str));
                self.mistakes.add_with(
                    &node.span(),
                    format!("the default `{text}` is not among the choices"),
                    near.map(|near| format!("did you mean `{near}`?")),
                );
                return None;
            }
            (ParameterKind::Text | ParameterKind::Choice(_), _) => Some("a text"),
            (ParameterKind::Flag, _) => Some("`true` or `false`"),
            (ParameterKind::List, _) => Some("a list of texts"),
            (ParameterKind::Component(_), _) => Some("a text, `Type:full name`"),
        };
        if let Some(wanted) = wrong {
            self.mistakes
                .add(&node.span(), format!("the default of this parameter must be {wanted}"));
            return None;
        }
        Some(value)
    }

    /// A step. One whose id another file has already is changed: what stands here takes the place
    /// of what stands there.
    fn step(&mut self, node: &Node<'_>, placed: &mut Placed) {
        let Some(table) = self.table(node, "step") else { return };
        self.known_keys(table, keys::STEP, "a step");
        let at = first_line(&node.span(), self.mistakes.text());
        let id = self.required_text(table, "id", &at, "a step");
        let inherited =
            placed.steps.iter().position(|known| known.step.id == id && known.id.is_none());
        let known = placed.steps.iter().filter(|known| known.id.is_none());
        let near = nearest(&id, known.map(|known| known.step.id.as_str())).map(str::to_owned);
        let place = table.get("id").map_or(at.clone(), Spanned::span);
        if inherited.is_none()
            && self.is_slip_of_inherited(node, &["title", "want"], &place, "step", near)
        {
            return;
        }
        let mut step = match inherited {
            Some(index) => placed.steps[index].step.clone(),
            None => Step { id, ..Step::default() },
        };
        if inherited.is_none() || table.contains_key("title") {
            step.title = self.required_text(table, "title", &at, "a step");
        }
        if let Some(node) = table.get("setup") {
            step.setup = self.setup(node);
        }
        if let Some(node) = table.get("level") {
            step.level = match self.text(node, "level").as_deref() {
                Some("required") | None => Level::Required,
                Some("recommended") => Level::Recommended,
                Some(other) => {
                    self.mistakes.add(
                        &node.span(),
                        format!("`{other}` is no level; there are required and recommended"),
                    );
                    Level::Required
                }
            };
        }
        step.why = self.optional_text(table, "why").or(step.why);
        step.docs = self.optional_text(table, "docs").or(step.docs);
        step.paragraph = self.optional_text(table, "paragraph").or(step.paragraph);
        step.note = self.optional_text(table, "note").or(step.note);
        step.line = self.mistakes.line(at.start);
        let wants = match table.get("want") {
            Some(node) => {
                let nodes = self.array(node, "want");
                if nodes.is_empty() {
                    self.mistakes.add(&node.span(), "a step wants one thing at least");
                }
                let wants: Vec<PlacedWant> =
                    nodes.into_iter().filter_map(|node| self.want(node)).collect();
                let mut starts = Vec::new();
                wants.iter().for_each(|want| want.push_starts(&mut starts));
                step.want_lines = starts.iter().map(|at| self.mistakes.line(*at)).collect();
                Some(wants)
            }
            None if inherited.is_none() => {
                self.mistakes.add(&at, "`want` is missing in this step");
                Some(Vec::new())
            }
            None => None,
        };
        let new = PlacedStep {
            step,
            id: Some(table.get("id").map_or(at, Spanned::span)),
            when: table.get("when").map(|node| self.when(node)),
            wants,
            create: table.get("create").and_then(|node| self.create(node)),
        };
        match inherited {
            Some(index) => placed.steps[index] = new,
            None => placed.steps.push(new),
        }
    }

    fn setup(&mut self, node: &Node<'_>) -> Option<&'static setup::SetupPage> {
        let name = self.text(node, "setup")?;
        let page = setup::find(&name);
        if page.is_none() {
            let known = setup::PAGES.iter().map(|page| page.id);
            let help = nearest(&name, known.clone())
                .map(|near| format!("did you mean `{near}`?"))
                .unwrap_or_else(|| format!("known are {}", known.collect::<Vec<_>>().join(", ")));
            self.mistakes.add_with(
                &node.span(),
                format!("`{name}` is no page of Setup that this program knows"),
                Some(help),
            );
        }
        page
    }
}

#[cfg(test)]
mod tests;
