//! An explanation for programs: what `sfsetup.explain/1` holds.

use serde_json::{Value as Json, json};

use super::{Asked, Explanation, Setting};
use crate::metadata::fact::Fact;
use crate::metadata::registry::{Absent, DeployRule, Field, Kind, Portability};
use crate::report::template::{value_json, want_json};
use crate::report::wants::when_in_words;
use crate::template::setup::{self, SetupPage};
use crate::template::{Step, Template, Want, fill};

/// Shows an explanation.
pub fn json(explanation: &Explanation<'_>) -> Json {
    json!({
        "step": explanation.step.map(|(template, step)| of_step(template, step)),
        "settings": explanation.settings.iter().map(of_setting).collect::<Vec<_>>(),
    })
}

fn of_step(template: &Template, step: &Step) -> Json {
    let pages = setup::of_step(template, step);
    let facts = step.lines().filter_map(|(want, _)| {
        let Want::Fact { fact, .. } = want else { return None };
        let known = Fact::parse(&fill(fact, "X")).ok()?;
        Some(json!({
            "fact": fact,
            "title": known.title(),
            "setup": setup::of_fact(&known).map(of_page),
        }))
    });
    json!({
        "template": template.name,
        "title": template.title,
        "version": template.version,
        "id": step.id,
        "step_title": step.title,
        "level": step.level.name(),
        "when": when_in_words(step),
        "why": step.why,
        "note": step.note,
        "docs": step.docs.as_ref().unwrap_or(&template.source),
        "paragraph": step.paragraph,
        "setup": pages.into_iter().map(of_page).collect::<Vec<_>>(),
        "want": step.wants.iter().map(want_json).collect::<Vec<_>>(),
        "facts": facts.collect::<Vec<_>>(),
    })
}

fn of_page(page: &SetupPage) -> Json {
    json!({"title": page.title, "quick_find": page.quick_find, "path": page.path})
}

fn of_setting(setting: &Setting<'_>) -> Json {
    let id = &setting.subject.id;
    let name = Some(&id.full_name).filter(|name| !name.is_empty());
    let permission = setting.permission.as_ref();
    json!({
        "type": id.type_name,
        "full_name": name,
        "path": setting.subject.path,
        "title": setting.title(),
        "also_in": setting.also_in,
        "field": setting.field.map(of_field),
        "needs": setting.needs.iter().map(|one| one.path().to_string()).collect::<Vec<_>>(),
        "administrators": permission.is_some_and(|one| one.is_administrators()),
        "cost": setting.cost.map(|cost| json!({"words": cost.words, "source": cost.source})),
        "setup": setting.page.map(of_page),
        "rights": setting
            .rights
            .iter()
            .map(|right| json!({"words": right.words, "any_of": right.any_of}))
            .collect::<Vec<_>>(),
        "deploy": setting.row.complete.then_some(match setting.row.deploy {
            DeployRule::Overlay => "overlay",
            DeployRule::Replace => "replace",
        }),
        "companion": setting.companion(),
        "asked": setting.asked.iter().map(of_asked).collect::<Vec<_>>(),
    })
}

fn of_field(field: &Field) -> Json {
    let kind = match &field.kind {
        Kind::Flag => "flag",
        Kind::Number => "number",
        Kind::Text => "text",
        Kind::Choice { .. } => "choice",
        Kind::Set { .. } => "set",
        Kind::Group(_) => "group",
        Kind::Section { .. } => "section",
    };
    let choices = match &field.kind {
        Kind::Flag => field.words,
        _ => field.choices(),
    };
    let value = |value: &str, label: &str| json!({"value": value, "label": Some(label).filter(|label| !label.is_empty())});
    json!({
        "kind": kind,
        "values": choices.iter().map(|one| value(one.value, one.label)).collect::<Vec<_>>(),
        "examples": field.examples().iter().map(|(one, label)| value(one, label)).collect::<Vec<_>>(),
        "absent": match field.absent {
            Absent::Flag(flag) => Json::Bool(flag),
            Absent::Text(text) => text.into(),
            Absent::Unset | Absent::Empty => Json::Null,
        },
        "since": field.since.map(|version| version.to_string()),
        "until": field.until.map(|version| version.to_string()),
        "travels": match field.portability {
            Portability::Anywhere => "anywhere",
            Portability::SameOrg => "same-org",
            Portability::Never => "never",
            Portability::Secret => "secret",
        },
    })
}

fn of_asked(asked: &Asked<'_>) -> Json {
    let (template, step) = (asked.template, asked.step);
    json!({
        "template": template.name,
        "version": template.version,
        "step": step.id,
        "step_title": step.title,
        "level": step.level.name(),
        "when": when_in_words(step),
        "of": asked.of,
        "comparison": asked.test.name(),
        "desired": asked.test.desired().iter().map(value_json).collect::<Vec<_>>(),
        "why": step.why,
        "note": step.note,
        "docs": step.docs.as_ref().unwrap_or(&template.source),
    })
}
