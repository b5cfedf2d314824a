//! A plan as a comment.

use std::fmt::Write as _;

use crate::plan::left::LeftKind;
use crate::report::sheet::{LeftGroup, Planned, PlannedSetting, Sheet};

use super::checklist::page;
use super::comment::{Comment, short};
use super::escape::{block, code, link, prose, quiet};

/// Writes the comment.
pub(super) fn render(sheet: &Sheet) -> String {
    let mut out = Comment::default();
    out.push(&format!("### {}\n\n**{}**\n\n", quiet(&short(&sheet.title)), quiet(&sheet.verdict)));
    let next: String = sheet.next.iter().map(|one| format!("- {}\n", prose(one))).collect();
    out.push(&format!("{next}\n"));
    list(&mut out, "One way: what has no way back", &sheet.doors);
    list(&mut out, "Administrator's rights that come along", &sheet.rights);
    for component in &sheet.components {
        planned(&mut out, component);
    }
    list(&mut out, "What users are given, and what is taken from them", &sheet.assignments);
    for group in &sheet.left {
        left(&mut out, group);
    }
    list(&mut out, "To be known", &sheet.notes);
    for file in &sheet.files {
        let language = if file.text.starts_with("--- ") { "diff" } else { "xml" };
        out.fold(&format!("File {}", file.path), &[(1, block(language, &file.text))]);
    }
    out.end()
}

fn list(out: &mut Comment, heading: &str, texts: &[String]) {
    let parts: Vec<(usize, String)> =
        texts.iter().map(|text| (1, format!("- {}\n", prose(text)))).collect();
    if !parts.is_empty() {
        out.fold(&format!("{heading} ({})", parts.len()), &parts);
    }
}

fn planned(out: &mut Comment, component: &Planned) {
    let Planned { sign, title, fate, settings, copied } = component;
    let mut summary = format!("{sign} {title}");
    if !fate.is_empty() {
        let _ = write!(summary, " {fate}");
    }
    if !settings.is_empty() {
        let _ = write!(
            summary,
            ": {} to change",
            crate::report::plan::count(settings.len(), "setting")
        );
    }
    let mut parts: Vec<(usize, String)> = settings.iter().map(|one| (1, setting(one))).collect();
    parts.extend(copied.iter().map(|path| (1, format!("- {} by copying\n", code(path)))));
    if parts.is_empty() {
        parts.push((1, String::new()));
    }
    out.fold(&summary, &parts);
}

fn setting(setting: &PlannedSetting) -> String {
    let mut text = format!("- {}", code(&setting.setting));
    let value = |value: &Option<String>| match value {
        Some(value) => code(value),
        None => "nothing".to_owned(),
    };
    let _ = match setting.is_blind {
        true => write!(text, ": not seen"),
        false => write!(text, ": {}", value(&setting.from)),
    };
    let _ = write!(text, " → {}", value(&setting.to));
    if let Some(cause) = &setting.cause {
        let _ = write!(text, " ({})", quiet(cause));
    }
    text.push('\n');
    text
}

fn left(out: &mut Comment, group: &LeftGroup) {
    let title = match group.kind {
        LeftKind::Manual => group.subjects.join("; "),
        LeftKind::Open | LeftKind::NotObserved | LeftKind::InSync => group.reason.clone(),
    };
    let mut parts: Vec<(usize, String)> = match group.kind {
        LeftKind::Manual => vec![(1, format!("{}\n", prose(&group.reason)))],
        LeftKind::Open | LeftKind::NotObserved | LeftKind::InSync => {
            group.subjects.iter().map(|one| (1, format!("- {}\n", prose(one)))).collect()
        }
    };
    let pages: String = group.pages.iter().map(page).collect();
    let docs: String = group.docs.iter().map(|docs| format!("{}\n\n", link(docs, docs))).collect();
    parts.push((0, format!("\n{pages}{docs}")));
    out.fold(&format!("{}: {title}", group.heading()), &parts);
}
