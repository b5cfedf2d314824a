//! What a step wants, when it applies, and how it makes what does not exist.

use std::ops::Range;

use super::read::{in_order, integer};
use super::{Node, Table, Walk, keys};
use crate::metadata::registry::nearest::nearest;
use crate::metadata::value::Value;
use crate::metadata::version::Version;
use crate::template::placed::{CreateSpans, PlacedCondition, PlacedWant, PlacedWhen};
use crate::template::{
    Alternative, Bound, Condition, Create, GrantScope, Subject, Test, Want, When, placeholders,
};
use toml::Spanned;

impl Walk<'_, '_> {
    /// A table of conditions, or a list of such tables of which one must match.
    pub(super) fn when(&mut self, node: &Node<'_>) -> PlacedWhen {
        let mut placed = PlacedWhen { when: When::default(), conditions: Vec::new() };
        if node.get_ref().as_array().is_none() {
            let alternative = self.alternative(node, &mut placed.conditions);
            let is_one = |one: &Alternative<_>| one.conditions().next().is_some();
            placed.when.0.extend(alternative.filter(is_one));
            return placed;
        }
        let tables = self.array(node, "when");
        if tables.is_empty() {
            self.mistakes.add(&node.span(), "an empty list of tables never matches");
        }
        for node in tables {
            let Some(alternative) = self.alternative(node, &mut placed.conditions) else {
                continue;
            };
            if alternative.conditions().next().is_none() {
                let what = "an empty table always matches, and the others then say nothing";
                self.mistakes.add(&node.span(), what);
            }
            placed.when.0.push(alternative);
        }
        placed
    }

    /// A table of conditions that hold together; `not` is a table of those that do not.
    fn alternative(
        &mut self,
        node: &Node<'_>,
        placed: &mut Vec<PlacedCondition>,
    ) -> Option<Alternative<Condition>> {
        let table = self.table(node, "when")?;
        let mut not = Vec::new();
        if let Some(node) = table.get("not")
            && let Some(inner) = node.get_ref().as_table()
        {
            if inner.is_empty() {
                self.mistakes.add(&node.span(), "an empty `not` never matches");
            }
            if let Some(node) = inner.get("not")
                && node.get_ref().as_table().is_some()
            {
                let what = "`not` within `not` says no more than the conditions themselves";
                self.mistakes.add(&node.span(), what);
            }
            not = self.conditions(inner, placed);
        }
        Some(Alternative { all: self.conditions(table, placed), not })
    }

    fn conditions(
        &mut self,
        table: &Table<'_>,
        placed: &mut Vec<PlacedCondition>,
    ) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (name, node) in in_order(table) {
            // A parameter may be called so too; then it has a value.
            if name.get_ref() == "not" && node.get_ref().as_table().is_some() {
                continue;
            }
            let values: Vec<Value> = match node.get_ref().as_array() {
                Some(nodes) if nodes.is_empty() => {
                    self.mistakes.add(&node.span(), "an empty list of values never matches");
                    Vec::new()
                }
                Some(nodes) => nodes.iter().filter_map(|node| self.one_value(node)).collect(),
                None => self.value(node).into_iter().collect(),
            };
            let key = name.get_ref().to_string();
            let subject =
                if key.contains('.') { Subject::Fact(key) } else { Subject::Parameter(key) };
            let condition = Condition { subject, values };
            placed.push((condition.clone(), name.span(), node.span()));
            conditions.push(condition);
        }
        conditions
    }

    /// One of the values of which any will do.
    fn one_value(&mut self, node: &Node<'_>) -> Option<Value> {
        let value = self.value(node)?;
        if matches!(value, Value::List(_)) {
            self.mistakes.add(&node.span(), "a list of values holds no list of its own");
            return None;
        }
        Some(value)
    }

    pub(super) fn want(&mut self, node: &Node<'_>) -> Option<PlacedWant> {
        let table = self.table(node, "want")?;
        let at = node.span();
        self.known_keys(table, keys::WANT, "a want");
        let kinds = ["component", "fact", "manual", "any"];
        let present: Vec<&str> =
            kinds.into_iter().filter(|kind| table.contains_key(*kind)).collect();
        let comparisons: Vec<&str> =
            keys::COMPARISONS.iter().copied().filter(|name| table.contains_key(*name)).collect();
        let kind = match present.as_slice() {
            [kind] => *kind,
            [] => {
                self.mistakes.add(
                    &at,
                    "a want names a `component`, a `fact`, something `manual`, \
                                        or `any` of several wants",
                );
                return None;
            }
            several => {
                self.mistakes.add(
                    &at,
                    format!("a want speaks of one thing; this one has {}", several.join(" and ")),
                );
                return None;
            }
        };
        let owners = [
            ("path", "component"),
            ("carrier", "component"),
            ("except", "component"),
            ("confirm", "manual"),
            ("of", "fact"),
        ];
        for (key, owner) in owners {
            if kind != owner
                && let Some(node) = table.get(key)
            {
                self.mistakes.add(&node.span(), format!("`{key}` goes with `{owner}` only"));
            }
        }
        let subject = table.get(kind).map_or(at.clone(), Spanned::span);
        let mut placed = PlacedWant {
            want: Want::Any(Vec::new()),
            subject,
            path: at.clone(),
            value: at.clone(),
            inner: Vec::new(),
        };
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
                let of = table
                    .contains_key("of")
                    .then(|| self.required_text(table, "of", &at, "a want on a fact"));
                Want::Fact { fact: subject, test, of }
            } else {
                placed.path = table.get("path").map_or(at.clone(), Spanned::span);
                let path = self.required_text(table, "path", &at, "a want on a component");
                let carrier = table
                    .get("carrier")
                    .and_then(|node| self.carrier(node))
                    .unwrap_or(self.carrier);
                let is_permission = is_permission(&subject, &path);
                if let Some(node) = table.get("carrier")
                    && !is_permission
                {
                    self.mistakes.add(
                        &node.span(),
                        "only a permission in a profile or permission set has a `carrier`",
                    );
                }
                let carrier = if is_permission { carrier } else { GrantScope::Component };
                if let Some(node) = table.get("except")
                    && !path.contains('*')
                    && placeholders(&path).is_empty()
                {
                    let what = "`except` leaves out of what a `*` stands for, and there is none";
                    self.mistakes.add(&node.span(), what);
                }
                let except = table.get("except").map(|node| self.texts(node, "except"));
                let except = except.unwrap_or_default();
                Want::Metadata { component: subject, path, test, carrier, except }
            };
            return Some(placed);
        }
        if kind == "manual" {
            let text = self.required_text(table, "manual", &at, "a want");
            placed.inner =
                table.get("confirm").and_then(|node| self.want(node)).into_iter().collect();
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

    pub(super) fn carrier(&mut self, node: &Node<'_>) -> Option<GrantScope> {
        let text = self.text(node, "carrier")?;
        match text.as_str() {
            "component" => Some(GrantScope::Component),
            "effective" => Some(GrantScope::Effective),
            other => {
                let help = nearest(other, ["component", "effective"])
                    .map(|near| format!("did you mean `{near}`?"));
                self.mistakes.add_with(
                    &node.span(),
                    format!(
                        "`{other}` is no carrier; there are `component` (what the want names) \
                             and `effective` (wherever the user has it from)"
                    ),
                    help,
                );
                None
            }
        }
    }

    fn comparison(
        &mut self,
        table: &Table<'_>,
        names: &[&str],
        at: &Range<usize>,
    ) -> Option<(Test, Range<usize>)> {
        let name = match names {
            [name] => *name,
            [] => {
                let known = keys::COMPARISONS.join(", ");
                self.mistakes.add(at, format!("a want compares: one of {known} is missing"));
                return None;
            }
            several => {
                self.mistakes.add(
                    at,
                    format!("a want compares once; this one has {}", several.join(" and ")),
                );
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
            "inside" => Test::Inside(self.texts(node, name)),
            "empty" => match node.get_ref().as_bool() {
                Some(flag) => Test::Empty(flag),
                None => {
                    self.mistakes.add(&span, "`empty` is `true` or `false`");
                    return None;
                }
            },
            "absent" => match node.get_ref().as_bool() {
                Some(true) => Test::Absent,
                _ => {
                    self.mistakes.add(&span, "`absent` is `true`, or left out");
                    return None;
                }
            },
            "at-least" => Test::AtLeast(self.bound(node, name)?),
            "at-most" => Test::AtMost(self.bound(node, name)?),
            "valid-for" => match node.get_ref().as_str().unwrap_or_default().parse() {
                Ok(period) => Test::ValidFor(period),
                Err(why) => {
                    self.mistakes.add(&span, format!("`valid-for`: {why}"));
                    return None;
                }
            },
            _ => {
                let Some(number) = integer(node) else {
                    self.mistakes.add(&span, format!("`{name}` takes a whole number"));
                    return None;
                };
                Test::Count(number)
            }
        };
        Some((test, span))
    }

    fn bound(&mut self, node: &Node<'_>, name: &str) -> Option<Bound> {
        let version = node.get_ref().as_str().and_then(Version::parse).map(Bound::Version);
        let bound = integer(node).map(Bound::Number).or(version);
        if bound.is_none() {
            let what = format!(
                "`{name}` takes a whole number, or of a version one in quotes, such as \"1.10\""
            );
            self.mistakes.add(&node.span(), what);
        }
        bound
    }

    pub(super) fn create(&mut self, node: &Node<'_>) -> Option<(Create, CreateSpans)> {
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
            except: table.get("except").map_or(at.clone(), Spanned::span),
        };
        let except = table.get("except").map(|node| self.texts(node, "except"));
        let except = except.unwrap_or_default();
        let create = Create {
            component: self.required_text(table, "component", &at, "`create`"),
            from: self.optional_text(table, "from"),
            set,
            except,
        };
        Some((create, spans))
    }
}

/// Whether a path pattern names something that a user may effectively have from elsewhere.
fn is_permission(component: &str, path: &str) -> bool {
    let type_name = component.split(':').next().unwrap_or_default().trim();
    // What stands for a component as a whole is told by its type, once that is known.
    let is_whole = type_name.starts_with('{') && type_name == component.trim();
    let sections = ["userPermissions[", "objectPermissions[", "fieldPermissions["];
    (is_whole || matches!(type_name, "Profile" | "PermissionSet"))
        && sections.iter().any(|section| path.starts_with(section))
}
