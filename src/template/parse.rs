//! TOML to [`Template`]: every mistake of a file at once, each with its place.
//!
//! The file is walked by hand over TOML's own spans: serde would stop at the first mistake, and could not say what was probably meant.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check;
use super::mistake::{Collector, TemplateErrors};
use super::setup;
use super::{Carrier, Condition, Create, Level, Parameter, ParameterKind, Step, Subject, Template, Test, Want};
use crate::metadata::registry::nearest::nearest;
use crate::metadata::value::Value;

/// The keys that a file may hold, by table; the schema holds the same.
pub(super) mod keys {
    pub(in crate::template) const TOP: &[&str] = &["format", "template", "parameters", "step"];
    pub(in crate::template) const TEMPLATE: &[&str] = &["name", "title", "version", "source", "reviewed", "carrier"];
    pub(in crate::template) const PARAMETER: &[&str] = &["title", "type", "choices", "default"];
    pub(in crate::template) const STEP: &[&str] = &["id", "title", "why", "docs", "setup", "level", "when", "want", "create", "note"];
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
        "carrier",
    ];
    pub(in crate::template) const COMPARISONS: &[&str] = &["equals", "one-of", "includes", "excludes", "absent", "at-least", "at-most"];
    pub(in crate::template) const CREATE: &[&str] = &["component", "from", "set"];
}

type Table<'i> = DeTable<'i>;
type Node<'i> = Spanned<DeValue<'i>>;

/// The largest file that is read: a template is a page, not a book.
const LARGEST: usize = 1 << 20;

/// Reads a template.
///
/// # Errors
/// Every mistake of the file: of its form, and of what it names.
pub fn parse(file: &str, text: &str) -> Result<Template, TemplateErrors> {
    let mut mistakes = Collector::new(text);
    if text.len() > LARGEST {
        mistakes.add(&(0..0), "the file is larger than 1 MB, which no template is");
        return Err(mistakes.finish(file));
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        mistakes.add(&error.span().unwrap_or(0..0), error.message().to_owned());
    }
    if !errors.is_empty() {
        return Err(mistakes.finish(file));
    }
    let template = Walk { mistakes: &mut mistakes, carrier: Carrier::Component }.template(table.get_ref());
    check::template(&template, &mut mistakes);
    if mistakes.is_empty() { Ok(template.strip()) } else { Err(mistakes.finish(file)) }
}

/// A template with the places of what must be checked beyond its form.
#[derive(Default)]
pub(super) struct Placed {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) version: String,
    pub(super) source: String,
    pub(super) reviewed: String,
    pub(super) parameters: Vec<(Parameter, Range<usize>)>,
    pub(super) steps: Vec<PlacedStep>,
}

pub(super) struct PlacedStep {
    pub(super) step: Step,
    pub(super) id: Range<usize>,
    pub(super) when: Vec<(Condition, Range<usize>, Range<usize>)>,
    pub(super) wants: Vec<PlacedWant>,
    pub(super) create: Option<(Create, CreateSpans)>,
}

/// The places of a `create`: of its component, what it is made from, and each path and value that it sets.
pub(super) struct CreateSpans {
    pub(super) component: Range<usize>,
    pub(super) from: Range<usize>,
    pub(super) set: Vec<(Range<usize>, Range<usize>)>,
}

pub(super) struct PlacedWant {
    pub(super) want: Want,
    /// Of the component or fact.
    pub(super) subject: Range<usize>,
    pub(super) path: Range<usize>,
    /// Of the comparison's value.
    pub(super) value: Range<usize>,
    /// The members of an `any`, or the one of a `confirm`.
    pub(super) inner: Vec<Self>,
}

impl Placed {
    fn strip(self) -> Template {
        Template {
            name: self.name,
            title: self.title,
            version: self.version,
            source: self.source,
            reviewed: self.reviewed,
            parameters: self.parameters.into_iter().map(|(parameter, _)| parameter).collect(),
            steps: self
                .steps
                .into_iter()
                .map(|placed| Step {
                    when: placed.when.into_iter().map(|(condition, _, _)| condition).collect(),
                    wants: placed.wants.into_iter().map(|placed| placed.want).collect(),
                    create: placed.create.map(|(create, _)| create),
                    ..placed.step
                })
                .collect(),
        }
    }
}

struct Walk<'c, 't> {
    mistakes: &'c mut Collector<'t>,
    /// Where permissions count, where a want does not say.
    carrier: Carrier,
}

impl Walk<'_, '_> {
    fn template(&mut self, top: &Table<'_>) -> Placed {
        self.known_keys(top, keys::TOP, "a template file");
        let mut placed = Placed::default();
        match top.get("format") {
            Some(node) if integer(node) == Some(1) => {}
            Some(node) => self.mistakes.add(&node.span(), "this program reads `format = 1`"),
            None => self.mistakes.add(&(0..0), "`format = 1` is missing"),
        }
        match top.get("template") {
            Some(node) => {
                if let Some(table) = self.table(node, "template") {
                    self.known_keys(table, keys::TEMPLATE, "[template]");
                    let at = node.span();
                    placed.name = self.required_text(table, "name", &at, "[template]");
                    placed.title = self.required_text(table, "title", &at, "[template]");
                    placed.version = self.required_text(table, "version", &at, "[template]");
                    placed.source = self.required_text(table, "source", &at, "[template]");
                    placed.reviewed = self.date(table, &at);
                    self.carrier = table.get("carrier").and_then(|node| self.carrier(node)).unwrap_or_default();
                }
            }
            None => self.mistakes.add(&(0..0), "the table [template] is missing"),
        }
        if let Some(node) = top.get("parameters")
            && let Some(table) = self.table(node, "parameters")
        {
            for (name, node) in in_order(table) {
                if let Some(parameter) = self.parameter(name.get_ref(), node) {
                    placed.parameters.push((parameter, name.span()));
                }
            }
        }
        match top.get("step") {
            Some(node) => {
                for node in self.array(node, "step") {
                    placed.steps.extend(self.step(node));
                }
            }
            None => self.mistakes.add(&(0..0), "there is no [[step]]; a template has one at least"),
        }
        placed
    }

    fn parameter(&mut self, name: &str, node: &Node<'_>) -> Option<Parameter> {
        let table = self.table(node, name)?;
        self.known_keys(table, keys::PARAMETER, "a parameter");
        let title = self.required_text(table, "title", &node.span(), &format!("[parameters.{name}]"));
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
            other => {
                let known = ["text", "choice", "flag", "list"];
                let help = nearest(other, known).map(|near| format!("did you mean `{near}`?"));
                self.mistakes.add_with(&at, format!("`{other}` is no type of parameter; there are text, choice, flag and list"), help);
                return None;
            }
        };
        match (&kind, table.get("choices")) {
            (ParameterKind::Choice(choices), _) if choices.len() < 2 => {
                self.mistakes.add(&at, "a choice needs `choices` with two values at least");
            }
            (ParameterKind::Text | ParameterKind::Flag | ParameterKind::List, Some(node)) => {
                self.mistakes.add(&node.span(), "only a parameter of type `choice` has `choices`");
            }
            _ => {}
        }
        let default = table.get("default").and_then(|node| self.default(node, &kind));
        Some(Parameter { name: name.to_owned(), title, kind, default })
    }

    fn default(&mut self, node: &Node<'_>, kind: &ParameterKind) -> Option<Value> {
        let value = self.value(node)?;
        let wrong = match (kind, &value) {
            (ParameterKind::Text, Value::Text(_)) | (ParameterKind::Flag, Value::Bool(_)) | (ParameterKind::List, Value::List(_)) => None,
            (ParameterKind::Choice(choices), Value::Text(text)) if choices.contains(text) => None,
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
        };
        if let Some(wanted) = wrong {
            self.mistakes.add(&node.span(), format!("the default of this parameter must be {wanted}"));
            return None;
        }
        Some(value)
    }

    fn step(&mut self, node: &Node<'_>) -> Option<PlacedStep> {
        let table = self.table(node, "step")?;
        self.known_keys(table, keys::STEP, "a step");
        let at = first_line(&node.span(), self.mistakes.text());
        let id = self.required_text(table, "id", &at, "a step");
        let title = self.required_text(table, "title", &at, "a step");
        let setup = table.get("setup").and_then(|node| {
            let name = self.text(node, "setup")?;
            let page = setup::find(&name);
            if page.is_none() {
                let known = setup::PAGES.iter().map(|page| page.id);
                let help = nearest(&name, known.clone())
                    .map(|near| format!("did you mean `{near}`?"))
                    .unwrap_or_else(|| format!("known are {}", known.collect::<Vec<_>>().join(", ")));
                self.mistakes.add_with(&node.span(), format!("`{name}` is no page of Setup that this program knows"), Some(help));
            }
            page
        });
        let level = match table.get("level") {
            None => Level::Required,
            Some(node) => match self.text(node, "level")?.as_str() {
                "required" => Level::Required,
                "recommended" => Level::Recommended,
                other => {
                    self.mistakes.add(&node.span(), format!("`{other}` is no level; there are required and recommended"));
                    Level::Required
                }
            },
        };
        let mut wants = Vec::new();
        match table.get("want") {
            Some(node) => {
                let nodes = self.array(node, "want");
                if nodes.is_empty() {
                    self.mistakes.add(&node.span(), "a step wants one thing at least");
                }
                for node in nodes {
                    wants.extend(self.want(node));
                }
            }
            None => self.mistakes.add(&at, "`want` is missing in this step"),
        }
        let id_span = table.get("id").map_or(at, Spanned::span);
        let step = Step {
            id,
            title,
            why: self.optional_text(table, "why"),
            docs: self.optional_text(table, "docs"),
            setup,
            level,
            when: Vec::new(),
            wants: Vec::new(),
            create: None,
            note: self.optional_text(table, "note"),
        };
        Some(PlacedStep {
            step,
            id: id_span,
            when: table.get("when").map(|node| self.when(node)).unwrap_or_default(),
            wants,
            create: table.get("create").and_then(|node| self.create(node)),
        })
    }

    fn when(&mut self, node: &Node<'_>) -> Vec<(Condition, Range<usize>, Range<usize>)> {
        let Some(table) = self.table(node, "when") else {
            return Vec::new();
        };
        let mut conditions = Vec::new();
        for (name, node) in in_order(table) {
            let values = match self.value(node) {
                Some(Value::List(elements)) => elements.iter().map(|element| Value::from(element.as_str())).collect(),
                Some(value) => vec![value],
                None => continue,
            };
            if values.is_empty() {
                self.mistakes.add(&node.span(), "an empty list of values never matches");
            }
            let key = name.get_ref().to_string();
            let subject = if key.contains('.') { Subject::Fact(key) } else { Subject::Parameter(key) };
            conditions.push((Condition { subject, values }, name.span(), node.span()));
        }
        conditions
    }

    fn want(&mut self, node: &Node<'_>) -> Option<PlacedWant> {
        let table = self.table(node, "want")?;
        let at = node.span();
        self.known_keys(table, keys::WANT, "a want");
        let kinds = ["component", "fact", "manual", "any"];
        let present: Vec<&str> = kinds.into_iter().filter(|kind| table.contains_key(*kind)).collect();
        let comparisons: Vec<&str> = keys::COMPARISONS.iter().copied().filter(|name| table.contains_key(*name)).collect();
        let kind = match present.as_slice() {
            [kind] => *kind,
            [] => {
                self.mistakes.add(&at, "a want names a `component`, a `fact`, something `manual`, or `any` of several wants");
                return None;
            }
            several => {
                self.mistakes.add(&at, format!("a want speaks of one thing; this one has {}", several.join(" and ")));
                return None;
            }
        };
        for (key, owner) in [("path", "component"), ("carrier", "component"), ("confirm", "manual")] {
            if kind != owner
                && let Some(node) = table.get(key)
            {
                self.mistakes.add(&node.span(), format!("`{key}` goes with `{owner}` only"));
            }
        }
        let subject = table.get(kind).map_or(at.clone(), Spanned::span);
        let mut placed = PlacedWant { want: Want::Any(Vec::new()), subject, path: at.clone(), value: at.clone(), inner: Vec::new() };
        if matches!(kind, "manual" | "any") {
            for name in comparisons {
                if let Some(node) = table.get(name) {
                    self.mistakes.add(&node.span(), format!("`{name}` does not go with `{kind}`"));
                }
            }
        } else {
            let (test, span) = self.comparison(table, &comparisons, &at)?;
            placed.value = span;
            let subject = self.required_text(table, kind, &at, "a want");
            placed.want = if kind == "fact" {
                Want::Fact { fact: subject, test }
            } else {
                placed.path = table.get("path").map_or(at.clone(), Spanned::span);
                let path = self.required_text(table, "path", &at, "a want on a component");
                let carrier = table.get("carrier").and_then(|node| self.carrier(node)).unwrap_or(self.carrier);
                let is_permission = is_permission(&subject, &path);
                if let Some(node) = table.get("carrier")
                    && !is_permission
                {
                    self.mistakes.add(&node.span(), "only a permission in a profile or permission set has a `carrier`");
                }
                let carrier = if is_permission { carrier } else { Carrier::Component };
                Want::Metadata { component: subject, path, test, carrier }
            };
            return Some(placed);
        }
        if kind == "manual" {
            let text = self.required_text(table, "manual", &at, "a want");
            placed.inner = table.get("confirm").and_then(|node| self.want(node)).into_iter().collect();
            let confirm = placed.inner.first().map(|inner| Box::new(inner.want.clone()));
            placed.want = Want::Manual { text, confirm };
            return Some(placed);
        }
        let node = table.get("any")?;
        for node in self.array(node, "any") {
            placed.inner.extend(self.want(node));
        }
        placed.want = Want::Any(placed.inner.iter().map(|inner| inner.want.clone()).collect());
        Some(placed)
    }

    fn carrier(&mut self, node: &Node<'_>) -> Option<Carrier> {
        let text = self.text(node, "carrier")?;
        match text.as_str() {
            "component" => Some(Carrier::Component),
            "effective" => Some(Carrier::Effective),
            other => {
                let help = nearest(other, ["component", "effective"]).map(|near| format!("did you mean `{near}`?"));
                self.mistakes.add_with(
                    &node.span(),
                    format!("`{other}` is no carrier; there are `component` (what the want names) and `effective` (wherever the user has it from)"),
                    help,
                );
                None
            }
        }
    }

    fn comparison(&mut self, table: &Table<'_>, names: &[&str], at: &Range<usize>) -> Option<(Test, Range<usize>)> {
        let name = match names {
            [name] => *name,
            [] => {
                let known = keys::COMPARISONS.join(", ");
                self.mistakes.add(at, format!("a want compares: one of {known} is missing"));
                return None;
            }
            several => {
                self.mistakes.add(at, format!("a want compares once; this one has {}", several.join(" and ")));
                return None;
            }
        };
        let node = table.get(name)?;
        let span = node.span();
        let test = match name {
            "equals" => Test::Equals(self.value(node)?),
            "one-of" => {
                let mut values = Vec::new();
                for node in self.array(node, name) {
                    values.extend(self.value(node));
                }
                Test::OneOf(values)
            }
            "includes" => Test::Includes(self.texts(node, name)),
            "excludes" => Test::Excludes(self.texts(node, name)),
            "absent" => match node.get_ref().as_bool() {
                Some(true) => Test::Absent,
                _ => {
                    self.mistakes.add(&span, "`absent` is `true`, or left out");
                    return None;
                }
            },
            _ => {
                let Some(number) = integer(node) else {
                    self.mistakes.add(&span, format!("`{name}` takes a whole number"));
                    return None;
                };
                if name == "at-least" { Test::AtLeast(number) } else { Test::AtMost(number) }
            }
        };
        Some((test, span))
    }

    fn create(&mut self, node: &Node<'_>) -> Option<(Create, CreateSpans)> {
        let table = self.table(node, "create")?;
        self.known_keys(table, keys::CREATE, "`create`");
        let at = node.span();
        let mut set = Vec::new();
        let mut places = Vec::new();
        if let Some(node) = table.get("set")
            && let Some(table) = self.table(node, "set")
        {
            for (path, node) in in_order(table) {
                if let Some(value) = self.value(node) {
                    set.push((path.get_ref().to_string(), value));
                    places.push((path.span(), node.span()));
                }
            }
        }
        let spans = CreateSpans {
            component: table.get("component").map_or(at.clone(), Spanned::span),
            from: table.get("from").map_or(at.clone(), Spanned::span),
            set: places,
        };
        let create =
            Create { component: self.required_text(table, "component", &at, "`create`"), from: self.optional_text(table, "from"), set };
        Some((create, spans))
    }

    fn known_keys(&mut self, table: &Table<'_>, known: &[&str], place: &str) {
        for (key, _) in in_order(table) {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let help = nearest(name, known.iter().copied())
                    .map_or_else(|| format!("known are {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
                self.mistakes.add_with(&key.span(), format!("{place} has no key `{name}`"), Some(help));
            }
        }
    }

    fn table<'n, 'i>(&mut self, node: &'n Node<'i>, name: &str) -> Option<&'n Table<'i>> {
        let table = node.get_ref().as_table();
        if table.is_none() {
            self.mistakes.add(&node.span(), format!("`{name}` must be a table"));
        }
        table
    }

    fn array<'n, 'i>(&mut self, node: &'n Node<'i>, name: &str) -> Vec<&'n Node<'i>> {
        match node.get_ref().as_array() {
            Some(array) => array.iter().collect(),
            None => {
                self.mistakes.add(&node.span(), format!("`{name}` must be a list"));
                Vec::new()
            }
        }
    }

    fn texts(&mut self, node: &Node<'_>, name: &str) -> Vec<String> {
        let nodes = self.array(node, name);
        nodes.into_iter().filter_map(|node| self.text(node, name)).collect()
    }

    fn text(&mut self, node: &Node<'_>, name: &str) -> Option<String> {
        match node.get_ref().as_str() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.mistakes.add(&node.span(), format!("`{name}` must be a text in quotes"));
                None
            }
        }
    }

    fn optional_text(&mut self, table: &Table<'_>, name: &str) -> Option<String> {
        table.get(name).and_then(|node| self.text(node, name))
    }

    fn required_text(&mut self, table: &Table<'_>, name: &str, at: &Range<usize>, place: &str) -> String {
        match table.get(name) {
            Some(node) => {
                let text = self.text(node, name);
                if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                    self.mistakes.add(&node.span(), format!("`{name}` is empty"));
                }
                text.unwrap_or_default()
            }
            None => {
                self.mistakes.add(at, format!("`{name}` is missing in {place}"));
                String::new()
            }
        }
    }

    fn date(&mut self, table: &Table<'_>, at: &Range<usize>) -> String {
        match table.get("reviewed") {
            Some(node) => {
                // A date that TOML has read is a real one; with a clock it is more than a date.
                let date = node.get_ref().as_datetime().filter(|date| date.time.is_none());
                match date.and_then(|datetime| datetime.date) {
                    Some(date) => date.to_string(),
                    None => {
                        self.mistakes.add(&node.span(), "`reviewed` must be a date without quotes, such as 2026-11-23");
                        String::new()
                    }
                }
            }
            None => {
                self.mistakes.add(at, "`reviewed` is missing in [template]");
                String::new()
            }
        }
    }

    fn value(&mut self, node: &Node<'_>) -> Option<Value> {
        match node.get_ref() {
            DeValue::String(text) => Some(Value::Text(text.to_string())),
            DeValue::Boolean(flag) => Some(Value::Bool(*flag)),
            DeValue::Integer(_) => {
                let number = integer(node);
                if number.is_none() {
                    self.mistakes.add(&node.span(), "the number is too large");
                }
                number.map(Value::Number)
            }
            DeValue::Array(array) => {
                let mut elements = Vec::new();
                for node in array.iter() {
                    elements.push(self.value(node)?.to_string());
                }
                Some(Value::List(elements))
            }
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
                self.mistakes.add(&node.span(), "a value is a text, a whole number, `true` or `false`, or a list of texts");
                None
            }
        }
    }
}

/// Whether a path pattern names something that a user may effectively have from elsewhere.
fn is_permission(component: &str, path: &str) -> bool {
    let type_name = component.split(':').next().unwrap_or_default().trim();
    let sections = ["userPermissions[", "objectPermissions[", "fieldPermissions["];
    matches!(type_name, "Profile" | "PermissionSet") && sections.iter().any(|section| path.starts_with(section))
}

fn integer(node: &Node<'_>) -> Option<i64> {
    let integer = node.get_ref().as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A table's entries in the order in which the file has them.
fn in_order<'t, 'i>(table: &'t Table<'i>) -> Vec<(&'t Spanned<std::borrow::Cow<'i, str>>, &'t Node<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn first_line(span: &Range<usize>, text: &str) -> Range<usize> {
    let end = text.get(span.clone()).and_then(|text| text.find('\n')).map_or(span.end, |length| span.start + length);
    span.start..end
}

#[cfg(test)]
mod tests {
    use super::super::{TemplateErrors, builtin};
    use super::parse;

    const HEAD: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \"https://docs.example.com\"\nreviewed = 2026-11-23\n[parameters.app]\ntitle = \"App\"\n[parameters.kind]\ntitle = \"Kind\"\ntype = \"choice\"\nchoices = [\"one\", \"two\"]\n";

    fn mistakes(steps: &str) -> Vec<String> {
        let text = format!("{HEAD}{steps}");
        match parse("t.toml", &text) {
            Ok(_) => Vec::new(),
            Err(TemplateErrors { mistakes, .. }) => mistakes
                .into_iter()
                .map(|mistake| {
                    format!("{}:{}: {} [{}]", mistake.line - 13, mistake.column, mistake.message, mistake.help.unwrap_or_default())
                })
                .collect(),
        }
    }

    fn step(rest: &str) -> String {
        format!("[[step]]\nid = \"a\"\ntitle = \"A\"\n{rest}\n")
    }

    #[test]
    fn the_shipped_templates_have_no_mistakes() {
        for shipped in builtin::all() {
            let template = parse(shipped.name, shipped.text).unwrap_or_else(|errors| panic!("{errors}"));
            assert_eq!(template.name, shipped.name);
        }
    }

    #[test]
    fn each_mistake_is_found_and_the_nearest_right_word_named() {
        for (steps, expected) in [
            (step("wnat = []"), "`want` is missing"),
            (step("want = [{ component = \"ConectedApp:{app}\", path = \"label\", equals = \"x\" }]"), "did you mean `ConnectedApp`"),
            (
                step("want = [{ component = \"ConnectedApp:{app}\", path = \"oauthPolicy.refreshTokenPolice\", equals = \"x\" }]"),
                "did you mean `oauthPolicy.refreshTokenPolicy`",
            ),
            (
                step("want = [{ component = \"ConnectedApp:{app}\", path = \"oauthPolicy.refreshTokenPolicy\", equals = \"infinit\" }]"),
                "did you mean `infinite`",
            ),
            (step("want = [{ component = \"ConnectedApp:{ap}\", path = \"label\", equals = \"x\" }]"), "did you mean `app`"),
            (step("want = [{ component = \"ConnectedApp\", path = \"label\", equals = \"x\" }]"), "Type:full name"),
            (step("want = [{ component = \"Profile:{app}\", path = \"custom\", at-least = 1 }]"), "never"),
            (step("want = [{ component = \"Profile:{app}\", path = \"custom\", includes = [\"a\"] }]"), "list"),
            (step("want = [{ component = \"Profile:{app}\", path = \"custom\", one-of = [] }]"), "never"),
            (step("want = [{ fact = \"org.colour\", equals = \"x\" }]"), "no fact"),
            (step("want = [{ fact = \"org.api_access\", equals = \"x\" }]"), "true"),
            (step("want = [{ any = [] }]"), "any"),
            (step("want = [{ any = [{ any = [{ manual = \"x\" }] }] }]"), "any"),
            (step("want = [{ manual = \"x\", confirm = { manual = \"y\" } }]"), "confirm"),
            (step("want = [{ manual = \"x\", fact = \"org.edition\" }]"), "one thing"),
            (step("want = [{ fact = \"org.edition\" }]"), "compares"),
            (step("want = [{ fact = \"org.edition\", equals = \"a\", absent = true }]"), "once"),
            (step("when = { kind = \"three\" }\nwant = [{ manual = \"x\" }]"), "three"),
            (step("when = { knid = \"one\" }\nwant = [{ manual = \"x\" }]"), "did you mean `kind`"),
            (step("when = { \"org.api_access_control\" = \"maybe\" }\nwant = [{ manual = \"x\" }]"), "true"),
            (step("setup = \"conected-apps\"\nwant = [{ manual = \"x\" }]"), "did you mean `connected-apps`"),
            (step("level = \"optional\"\nwant = [{ manual = \"x\" }]"), "no level"),
            (step("want = [{ manual = 3 }]"), "text"),
            (step("want = [{ component = \"Profile:{app}\", path = \"custom\", absent = false }]"), "left out"),
            (format!("{0}{0}", step("want = [{ manual = \"x\" }]")), "twice"),
            (step("want = [{ manual = \"x\" }]\ncreate = { component = \"Profile:{app}\", from = \"PermissionSet:A\" }"), "copied"),
            (step("want = [{ manual = \"x\" }]\ncreate = { component = \"Profile:{app}\", set = { licence = \"x\" } }"), "licence"),
        ] {
            let found = mistakes(&steps);
            assert!(found.iter().any(|mistake| mistake.contains(expected)), "{steps}\nexpected {expected}, found {found:#?}");
        }
    }

    #[test]
    fn all_mistakes_come_at_once_in_the_files_order() {
        let found = mistakes(&step(
            "levle = \"required\"\nwant = [{ component = \"Profle:x\", path = \"a\", equals = 1 }, { fact = \"org.editon\", equals = 1 }]",
        ));
        assert_eq!(found.len(), 3, "{found:#?}");
        assert!(found[0].starts_with("4:1: ") && found[1].starts_with("5:23: "), "{found:#?}");
    }

    #[test]
    fn what_is_no_toml_or_no_template_is_refused() {
        for text in
            ["", "format = ", "format = 2", "a = 1\na = 2", "format = 1\ntemplate = 3\nstep = 4\nparameters = []", "[[step]]", "\u{0}"]
        {
            assert!(!parse("t.toml", text).unwrap_err().mistakes.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_shown_with_its_line_and_a_caret() {
        let text = format!(
            "{HEAD}{}",
            step("want = [{ component = \"ConnectedApp:{app}\", path = \"oauthPolicy.refreshTokenPolicy\", equals = \"infinit\" }]")
        );
        let shown = parse("t.toml", &text).unwrap_err().to_string();
        assert!(shown.contains("t.toml:17:") && shown.contains("^^^^") && shown.contains("did you mean `infinite`?"), "{shown}");
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(cut in 0_usize..20_000, insert in "[a-z{}\\[\\]\"=.,\n#é]{0,6}") {
            let text = builtin::all()[0].text;
            let at = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let changed = format!("{}{insert}{}", &text[..at], &text[at..]);
            if let Err(errors) = parse("t.toml", &changed) {
                proptest::prop_assert!(!errors.to_string().is_empty());
            }
        }
    }
}
