//! An explanation as text.

use std::collections::BTreeMap;

use owo_colors::OwoColorize as _;

use super::{Asked, Explanation, Setting};
use crate::metadata::fact::Fact;
use crate::metadata::permission::Permission;
use crate::metadata::registry::{Absent, DeployRule, Field, Kind, Portability};
use crate::metadata::value::Value;
use crate::report::line::{clean, in_setup, line, paragraph};
use crate::report::plan::count;
use crate::report::template::want_in_words;
use crate::report::wants::{label, test_in_words, when_in_words};
use crate::template::setup::{self, SetupPage};
use crate::template::{Step, Template, Want, fill};

/// So many steps are shown each with its reason; of more each template is named.
const FEW: usize = 4;
/// So many values of a list are shown, each in its own line where Setup has words for it.
const MANY: usize = 12;
/// How far what is said of a setting is indented.
const IN: usize = 2;

/// Shows an explanation.
pub fn text(explanation: &Explanation<'_>) -> String {
    let mut out = String::new();
    if let Some((template, step)) = explanation.step {
        of_step(&mut out, template, step);
    }
    for setting in &explanation.settings {
        if !out.is_empty() {
            out.push('\n');
        }
        of_setting(&mut out, setting, explanation.step);
    }
    out
}

fn of_step(out: &mut String, template: &Template, step: &Step) {
    line(out, &clean(&step.title).bold().to_string());
    let of = format!(
        "{}/{}  {} by {} {}",
        template.name,
        step.id,
        step.level.name(),
        template.title,
        template.version
    );
    line(out, &clean(&of).dimmed().to_string());
    if let Some(when) = when_in_words(step) {
        paragraph(out, IN, "when: ", &when);
    }
    for want in &step.wants {
        want_in_words(want, IN, out);
    }
    if let Some(why) = &step.why {
        paragraph(out, IN, "why: ", why);
    }
    if let Some(note) = &step.note {
        paragraph(out, IN, "note: ", note);
    }
    let named = step.paragraph.as_ref().map(|name| format!("\"{name}\""));
    let docs = [named.as_deref(), Some(step.docs.as_ref().unwrap_or(&template.source))];
    let docs: Vec<&str> = docs.into_iter().flatten().collect();
    paragraph(out, IN, "docs: ", &docs.join("  "));
    if let Some(reading) = template.reading() {
        paragraph(out, IN, "docs: ", &reading);
    }
    setup::of_step(template, step).into_iter().for_each(|page| of_page(out, page));
    for (want, _) in step.lines() {
        let Want::Fact { fact, .. } = want else { continue };
        let Ok(known) = Fact::parse(&fill(fact, "X")) else { continue };
        paragraph(out, IN, &format!("{}: ", clean(fact)), known.title());
        if let Some(page) = setup::of_fact(&known) {
            of_page(out, page);
        }
    }
}

/// Where to click: the list, by its words in Quick Find, and its path where a source gives one.
fn of_page(out: &mut String, page: &SetupPage) {
    let mut text = String::new();
    in_setup(&mut text, page, None);
    line(out, &format!("{}{}", " ".repeat(IN), text.trim()));
}

fn of_setting(out: &mut String, setting: &Setting<'_>, of: Option<(&Template, &Step)>) {
    let name = clean(&setting.name());
    match setting.title() {
        Some(title) => {
            line(out, &clean(&title).bold().to_string());
            line(out, &name.dimmed().to_string());
        }
        None => line(out, &name.bold().to_string()),
    }
    if !setting.also_in.is_empty() {
        paragraph(out, IN, "also in: ", &setting.also_in.join(", "));
    }
    if let Some(field) = setting.field {
        of_field(out, field);
    }
    if let Some(permission) = &setting.permission {
        of_permission(out, permission, &setting.needs);
    }
    if let Some(cost) = setting.cost {
        paragraph(out, IN, "security: ", cost.words);
        paragraph(out, IN + 10, "", cost.source);
    }
    if let Some(page) = setting.page {
        of_page(out, page);
    }
    let rights: Vec<&str> = setting.rights.iter().map(|right| right.words).collect();
    paragraph(out, IN, "right: ", &format!("to change it by a deploy: {}", rights.join("; ")));
    let rule = match setting.row.deploy {
        DeployRule::Overlay => {
            "what its file leaves out stays as it was; to take away is to say it"
        }
        DeployRule::Replace => {
            "the org takes the file for the whole: what it leaves out is reset, or removed; \
             sfsetup sends the org's own file with nothing but its changes in it"
        }
    };
    if setting.row.complete {
        paragraph(out, IN, "deploy: ", rule);
    }
    if let Some(companion) = setting.companion() {
        paragraph(
            out,
            IN,
            "retrieve: ",
            &format!("an entry is shown only where its {companion} is asked for with it"),
        );
    }
    of_asked(out, setting, of);
}

fn of_field(out: &mut String, field: &Field) {
    let kind = match &field.kind {
        Kind::Flag => "true or false",
        Kind::Number => "a whole number",
        Kind::Text => "a text",
        Kind::Choice { .. } => "one of",
        Kind::Set { .. } => "a list",
        Kind::Group(_) => "a group of settings",
        Kind::Section { .. } => "a list of entries, each with a key",
    };
    let choices = match &field.kind {
        Kind::Flag => field.words,
        _ => field.choices(),
    };
    let shown: Vec<(&str, String)> = choices
        .iter()
        .map(|choice| (choice.value, choice.label.to_owned()))
        .chain(
            field
                .examples()
                .into_iter()
                .map(|(value, label)| (value, format!("{label} (or after another time)"))),
        )
        .collect();
    if shown.iter().any(|(_, label)| !label.is_empty()) {
        paragraph(out, IN, "is: ", kind);
        let width = shown.iter().map(|(value, _)| value.len()).max().unwrap_or_default();
        for (value, label) in shown {
            line(out, format!("      {value:width$}  {label}").trim_end());
        }
    } else {
        let names: Vec<&str> = shown.iter().take(MANY).map(|(value, _)| *value).collect();
        let more = if shown.len() > MANY { ", .." } else { "" };
        let names = names.join(", ");
        let of = match names.as_str() {
            "" => kind.to_owned(),
            _ if kind == "one of" => format!("one of {names}{more}"),
            _ => format!("{kind}, of {names}{more}"),
        };
        paragraph(out, IN, "is: ", &of);
    }
    match field.absent {
        Absent::Flag(flag) => paragraph(out, IN, "absent: ", &format!("is {flag}")),
        Absent::Text(text) => paragraph(out, IN, "absent: ", &format!("is {text}")),
        Absent::Unset | Absent::Empty => {}
    }
    let since = field.since.map(|version| format!("from API {version} on"));
    let until = field.until.map(|version| format!("gone from API {version} on"));
    let versions: Vec<String> = since.into_iter().chain(until).collect();
    if !versions.is_empty() {
        paragraph(out, IN, "since: ", &versions.join(", "));
    }
    let travels = match field.portability {
        Portability::Anywhere => "",
        Portability::SameOrg => "back to the same org alone",
        Portability::Never => "never, though it is no secret",
        Portability::Secret => "never; it is a secret and is not shown",
    };
    if !travels.is_empty() {
        paragraph(out, IN, "in packages: ", travels);
    }
}

fn of_permission(out: &mut String, permission: &Permission, needs: &[Permission]) {
    if !needs.is_empty() {
        let needs: Vec<String> = needs.iter().map(ToString::to_string).collect();
        let needs = needs.join(", ");
        paragraph(out, IN, "needs: ", &format!("{needs}, without which it is not granted"));
    }
    if permission.is_administrators() {
        paragraph(
            out,
            IN,
            "security: ",
            "An administrator's right: with it a user can give more access, to others or to code, \
             or sees or changes all data. `deploy` gives it along with another only with \
             --allow-admin-rights.",
        );
    }
}

/// Who asks for it, by what they ask: what the step that is explained asks comes first.
fn of_asked(out: &mut String, setting: &Setting<'_>, of: Option<(&Template, &Step)>) {
    let is_own = |asked: &&Asked<'_>| {
        of.is_some_and(|(template, step)| {
            template.name == asked.template.name && step.id == asked.step.id
        })
    };
    let own: Vec<String> =
        setting.asked.iter().filter(is_own).map(|asked| test_in_words(asked.test)).collect();
    let others: Vec<&Asked<'_>> = setting.asked.iter().filter(|asked| !is_own(asked)).collect();
    if others.is_empty() {
        let nobody = match of {
            Some(_) => "no other template that is known asks for it",
            None => "no template that is known asks for it",
        };
        paragraph(out, IN, "asked by: ", nobody);
        return;
    }
    let mut groups: BTreeMap<(bool, String), Vec<&Asked<'_>>> = BTreeMap::new();
    for asked in &others {
        let words = test_in_words(asked.test);
        let is_otherwise = !own.is_empty() && !own.contains(&words);
        groups.entry((is_otherwise, words)).or_default().push(asked);
    }
    for ((is_otherwise, words), all) in groups {
        let component = format!("{}:X", setting.subject.id.type_name);
        let values = all.first().map(|asked| asked.test.desired()).unwrap_or_default();
        let label = values
            .first()
            .and_then(|value: &Value| label(&component, &setting.subject.path, value));
        let label = label.map_or_else(String::new, |label| format!("  \"{label}\""));
        let head = match (own.is_empty(), is_otherwise) {
            (true, _) => "asked by",
            (false, false) => "the same is asked by",
            (false, true) => "otherwise asked by",
        };
        let head = format!("{head} {}, {words}{label}", count(all.len(), "step"));
        line(out, &format!("{}{}", " ".repeat(IN), clean(&head).bold()));
        if others.len() > FEW {
            let names: Vec<String> = all
                .iter()
                .map(|asked| format!("{}/{}", asked.template.name, asked.step.id))
                .collect();
            paragraph(out, IN + 2, "", &names.join(", "));
            continue;
        }
        for asked in all {
            let when = when_in_words(asked.step).map(|when| format!(", when {when}"));
            let name = format!(
                "{}/{}: {}, {}{}",
                asked.template.name,
                asked.step.id,
                asked.of,
                asked.step.level.name(),
                when.unwrap_or_default()
            );
            paragraph(out, IN + 2, "", &name);
            if let Some(why) = &asked.step.why {
                paragraph(out, IN + 4, "why: ", why);
            }
            if let Some(note) = &asked.step.note {
                paragraph(out, IN + 4, "note: ", note);
            }
        }
    }
}
