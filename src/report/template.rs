//! Templates for people and programs: the page of one, the result of a check.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use serde_json::{Value as Json, json};

use crate::diff::advice::Advice;
use crate::metadata::fact::Fact;
use crate::metadata::value::Value;
use crate::template::setup;
use crate::template::{
    Alternative, Condition, GrantScope, Level, ParameterKind, SourceRead, Subject, Template,
    TemplateErrors, Test, Want, When, fill,
};

use super::line::{clean, paragraph};
use super::page::{made_with, owned};
use super::wants::{kind_in_words, label, test_in_words, when_in_words};

/// Says that a template is signed, by which key, and what the signer says.
pub fn verified(file: &str, key: &str, comment: &str) -> String {
    format!("ok   {}: signed by {} ({})\n", clean(file), clean(key), clean(comment))
}

/// Shows a template as a page; `today` is the day on which it is read.
pub fn show_text(template: &Template, today: &str) -> String {
    let mut out = String::new();
    let title = format!("{} ({} {})", template.title, template.name, template.version);
    line(&mut out, &clean(&title).bold().to_string());
    let revision = template
        .revision
        .as_ref()
        .map_or_else(String::new, |revision| format!(", revision {revision}"));
    let source = format!("after {}{revision}, read {}", template.source, template.reviewed);
    line(&mut out, &clean(&source));
    if let Some((letter, words)) = template.grade.map(crate::template::Grade::words) {
        line(&mut out, &format!("source of grade {letter}: {words}"));
    }
    if !template.sign_in.is_empty() {
        let ways: Vec<&str> = template.sign_in.iter().map(|one| one.words()).collect();
        line(&mut out, &format!("signs in by {}", ways.join(", or ")));
    }
    if let Some(age) = template.age(today) {
        paragraph(&mut out, 0, "note: ", &age);
    }
    if let Some(parent) = &template.extends {
        line(&mut out, &clean(&format!("builds on {parent}")));
    }
    if !template.parameters.is_empty() {
        line(&mut out, &format!("\n{}", "Parameters".bold()));
        let width = template
            .parameters
            .iter()
            .map(|parameter| parameter.name.len())
            .max()
            .unwrap_or_default();
        for parameter in &template.parameters {
            let title = format!("  {:width$}  {}", parameter.name, parameter.title);
            line(&mut out, &clean(&title));
            let kind = clean(&kind_in_words(parameter));
            line(&mut out, &format!("  {:width$}  {}", "", kind.dimmed()));
        }
    }
    line(&mut out, &format!("\n{}", "Steps".bold()));
    for (index, step) in template.steps.iter().enumerate() {
        let level = if step.level == Level::Recommended { "  (recommended)" } else { "" };
        let (title, id) = (clean(&step.title), format!("  {}", step.id));
        line(&mut out, &format!("{:>3}. {}{level}{}", index + 1, title.bold(), id.dimmed()));
        if let Some(when) = when_in_words(step) {
            line(&mut out, &clean(&format!("     when {when}")).dimmed().to_string());
        }
        for want in &step.wants {
            want_in_words(want, 5, &mut out);
        }
        if let Some(create) = &step.create {
            let from =
                create.from.as_ref().map_or_else(String::new, |from| format!(" from {from}"));
            let made = format!("     made{from} where {} does not exist", create.component);
            line(&mut out, &clean(&made));
            for with in made_with(create) {
                line(&mut out, &clean(&format!("       {with}")));
            }
        }
        if let Some(why) = &step.why {
            line(&mut out, &format!("     {}{}", "why: ".dimmed(), clean(why)));
        }
        if let Some(note) = &step.note {
            line(&mut out, &format!("     {}{}", "note: ".dimmed(), clean(note)));
        }
        let pages = setup::of_step(template, step);
        let pages: Vec<String> =
            pages.iter().map(|page| format!("\"{}\"", page.quick_find)).collect();
        if !pages.is_empty() {
            let pages = pages.join(" or ");
            line(&mut out, &format!("     {}Setup, Quick Find {pages}", "in: ".dimmed()));
        }
        let docs = step.docs.as_ref().filter(|docs| **docs != template.source);
        let paragraph = step.paragraph.as_ref().map(|name| format!("\"{name}\""));
        let asked: Vec<&str> =
            paragraph.as_deref().into_iter().chain(docs.map(String::as_str)).collect();
        if !asked.is_empty() {
            line(&mut out, &format!("     {}{}", "docs: ".dimmed(), clean(&asked.join("  "))));
        }
    }
    for dropped in &template.dropped {
        let dropped = format!("   - left out: {} ({})", dropped.title, dropped.reason);
        line(&mut out, &clean(&dropped));
    }
    let owned = owned(template);
    if !owned.is_empty() {
        let words = "What it owns: a fix changes the settings named above in these components, and \
                     nothing beside them";
        line(&mut out, &format!("\n{}", words.bold()));
    }
    for (component, parts) in owned {
        line(&mut out, &clean(&format!("  {component}: {parts}")));
    }
    by_hand(template, &mut out);
    out
}

/// What no package can bring about.
fn by_hand(template: &Template, out: &mut String) {
    let titles: Vec<String> = template
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.wants.iter().any(is_by_hand))
        .map(|(index, step)| format!("{:>3}. {}", index + 1, step.title))
        .collect();
    if titles.is_empty() {
        line(out, &format!("\n{}", "A deploy can do all of it.".bold()));
        return;
    }
    line(out, &format!("\n{}", "What no deploy can do, in whole or in part".bold()));
    for title in titles {
        line(out, &clean(&title));
    }
}

/// A step by hand, or a fact that is bought, hired or installed; what a permission set grants can
/// be assigned.
pub(super) fn is_by_hand(want: &Want) -> bool {
    match want {
        Want::Metadata { component, .. } => component.starts_with("ConnectedApplication:"),
        Want::Fact { fact, .. } => !matches!(Fact::parse(&fill(fact, "X")), Ok(Fact::Access(_))),
        Want::Manual { .. } => true,
        Want::Any(wants) => wants.iter().any(is_by_hand),
    }
}

/// Shows a template for programs, as it is on a day: what `sfsetup.template-show/1` holds.
pub fn show_json(template: &Template, today: &str) -> Json {
    let parameters: Vec<Json> = template
        .parameters
        .iter()
        .map(|parameter| {
            let (kind, choices) = match &parameter.kind {
                ParameterKind::Text => ("text", None),
                ParameterKind::Choice(choices) => ("choice", Some(choices)),
                ParameterKind::Flag => ("flag", None),
                ParameterKind::List => ("list", None),
                ParameterKind::Component(types) => ("component", Some(types)),
            };
            json!({
                "name": parameter.name,
                "title": parameter.title,
                "type": kind,
                "choices": choices,
                "required": parameter.default.is_none(),
                "default": parameter.default.as_ref().map(value_json),
            })
        })
        .collect();
    let steps: Vec<Json> = template
        .steps
        .iter()
        .map(|step| {
            json!({
                "id": step.id,
                "title": step.title,
                "level": step.level.name(),
                "why": step.why,
                "docs": step.docs,
                "paragraph": step.paragraph,
                // None where it may be one of several.
                "setup": match *setup::of_step(template, step) {
                    [page] => Some(page.id),
                    _ => None,
                },
                "when": when_json(&step.when),
                "want": step.wants.iter().map(want_json).collect::<Vec<_>>(),
                "create": step.create.as_ref().map(|create| {
                    let set = create.set.iter();
                    let set: serde_json::Map<String, Json> =
                        set.map(|(path, value)| (path.clone(), value_json(value))).collect();
                    json!({
                        "component": create.component, "from": create.from, "set": set,
                        "except": create.except,
                    })
                }),
                "note": step.note,
            })
        })
        .collect();
    json!({
        "name": template.name,
        "title": template.title,
        "version": template.version,
        "source": template.source,
        "reviewed": template.reviewed,
        "revision": template.revision,
        "grade": template.grade.map(|grade| grade.words().0),
        "source_read": template.source_read().map(SourceRead::name),
        "review_overdue": template.age(today).is_some(),
        "group": template.group,
        "sign_in": template.sign_in.iter().map(|one| one.name()).collect::<Vec<_>>(),
        "extends": template.extends,
        "dropped": template.dropped.iter().map(|dropped| json!({"step": dropped.step, "reason": dropped.reason})).collect::<Vec<_>>(),
        "parameters": parameters,
        "steps": steps,
    })
}

/// Says that a template is right, with what was counted.
pub fn check_text(file: &str, template: &Template, advice: &[Advice]) -> String {
    let mut out = String::new();
    for one in advice {
        let mark = if one.is_mistake {
            "error: ".red().bold().to_string()
        } else {
            "note: ".yellow().bold().to_string()
        };
        line(&mut out, &format!("{file}:{}: {mark}{}", one.line, clean(&one.message)));
    }
    let mistakes = match advice.iter().filter(|one| one.is_mistake).count() {
        0 => "no mistakes".to_owned(),
        1 => "1 mistake".to_owned(),
        count => format!("{count} mistakes"),
    };
    let number = |count: usize, word: &str| {
        if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
    };
    let counts = format!(
        "{}: {mistakes}; {}, {}, {}",
        template.name,
        number(template.parameters.len(), "parameter"),
        number(template.steps.len(), "step"),
        number(template.steps.iter().map(|step| step.wants.len()).sum(), "want"),
    );
    line(&mut out, &counts);
    out
}

/// Says for programs whether a template is right, every mistake, and what only an org can tell: what
/// `sfsetup.template-check/1` holds.
pub fn check_json(
    file: &str,
    checked: &Result<Template, TemplateErrors>,
    advice: &[Advice],
    not_checked: Option<&str>,
) -> Json {
    let contradictions = advice
        .iter()
        .filter(|one| one.is_mistake)
        .map(|one| json!({"line": one.line, "column": 1, "message": one.message, "help": null}));
    let notes: Vec<Json> = advice
        .iter()
        .filter(|one| !one.is_mistake)
        .map(|one| json!({"line": one.line, "message": one.message}))
        .collect();
    let mistakes: Vec<Json> = checked
        .as_ref()
        .err()
        .map(|errors| errors.mistakes.as_slice())
        .unwrap_or_default()
        .iter()
        .map(|mistake| json!({"line": mistake.line, "column": mistake.column, "message": mistake.message, "help": mistake.help}))
        .chain(contradictions)
        .collect();
    json!({
        "file": file,
        "ok": checked.is_ok() && mistakes.is_empty(),
        "mistakes": mistakes,
        "notes": notes,
        "not_checked": not_checked,
    })
}

/// A table as templates write it; several are a list.
fn when_json(when: &When) -> Json {
    let table = |conditions: &[Condition]| -> serde_json::Map<String, Json> {
        let entry = |condition: &Condition| {
            let (Subject::Parameter(name) | Subject::Fact(name)) = &condition.subject;
            (name.clone(), condition.values.iter().map(value_json).collect())
        };
        conditions.iter().map(entry).collect()
    };
    let alternative = |Alternative { all, not }: &Alternative<Condition>| {
        let mut all = table(all);
        if !not.is_empty() {
            all.insert("not".to_owned(), table(not).into());
        }
        Json::Object(all)
    };
    match when.0.as_slice() {
        [] => json!({}),
        [one] => alternative(one),
        several => several.iter().map(alternative).collect(),
    }
}

pub(super) fn want_in_words(want: &Want, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    match want {
        Want::Metadata { component, path, test, carrier, except } => {
            let label = test.desired().first().and_then(|value| label(component, path, value));
            let label = label.map_or_else(String::new, |label| format!("  \"{label}\""));
            // A permission that must be off is looked at in the component alone.
            let elsewhere = match (carrier, test) {
                (GrantScope::Effective, Test::Equals(Value::Bool(true))) => {
                    "  (or the user has it from elsewhere)"
                }
                _ => "",
            };
            let wanted = test_in_words(test);
            let wanted = format!("{margin}- {component} {path} {wanted}{label}{elsewhere}");
            line(out, &clean(&wanted));
            if !except.is_empty() {
                line(out, &clean(&format!("{margin}  but not {}", except.join(", "))));
            }
        }
        Want::Fact { fact, test, of } => {
            let of = of.as_ref().map_or_else(String::new, |of| format!(" of {of}"));
            line(out, &clean(&format!("{margin}- {fact}{of} {}", test_in_words(test))));
        }
        Want::Manual { text, confirm } => {
            line(out, &clean(&format!("{margin}! by hand: {text}")));
            if let Some(confirm) = confirm {
                line(out, &format!("{margin}  done once:"));
                want_in_words(confirm, indent + 2, out);
            }
        }
        Want::Any(wants) => {
            line(out, &format!("{margin}- one of:"));
            for want in wants {
                want_in_words(want, indent + 2, out);
            }
        }
    }
}

pub(super) fn want_json(want: &Want) -> Json {
    let with_test = |mut object: Json, test: &Test| {
        let values: Vec<Json> = test.desired().iter().map(value_json).collect();
        object[test.name()] = match test {
            Test::Equals(_)
            | Test::AtLeast(_)
            | Test::AtMost(_)
            | Test::Count(_)
            | Test::Empty(_)
            | Test::ValidFor(_) => values.into_iter().next().unwrap_or_default(),
            Test::Absent => true.into(),
            Test::OneOf(_) | Test::Includes(_) | Test::Excludes(_) | Test::Inside(_) => {
                values.into()
            }
        };
        object
    };
    match want {
        Want::Metadata { component, path, test, carrier, except } => {
            let carrier = match carrier {
                GrantScope::Component => "component",
                GrantScope::Effective => "effective",
            };
            let mut want = json!({"component": component, "path": path, "carrier": carrier});
            if !except.is_empty() {
                want["except"] = json!(except);
            }
            with_test(want, test)
        }
        Want::Fact { fact, test, of } => {
            let mut want = json!({ "fact": fact });
            if let Some(of) = of {
                want["of"] = json!(of);
            }
            with_test(want, test)
        }
        Want::Manual { text, confirm } => {
            json!({"manual": text, "confirm": confirm.as_deref().map(want_json)})
        }
        Want::Any(wants) => json!({"any": wants.iter().map(want_json).collect::<Vec<_>>()}),
    }
}

/// A value as reports for programs write it.
pub(super) fn value_json(value: &Value) -> Json {
    crate::plan::saved::json(value)
}

pub(super) fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}
