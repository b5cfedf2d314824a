//! A diagnosis as text.

use owo_colors::OwoColorize as _;

use super::{Block, Told, Why};
use crate::diagnose::MomentKind;
use crate::report::line::{clean, line, paragraph};

/// How far what belongs to something is indented.
const IN: usize = 2;
const DEEPER: usize = 4;

/// Shows it.
pub fn render(why: &Why<'_>) -> String {
    let told = Told::of(why);
    let mut out = String::new();
    line(&mut out, &clean(&told.headline).bold().to_string());
    if !told.about.is_empty() {
        line(&mut out, &clean(&told.about).dimmed().to_string());
    }
    for one in &told.error {
        paragraph(&mut out, 0, "", one);
    }
    list(&mut out, "What to do now", &told.next);
    heading(&mut out, told.found_heading, told.found.is_empty());
    told.found.iter().for_each(|one| block(&mut out, one));
    list(&mut out, "Of what it seldom comes", &told.rare);
    list(&mut out, "Ruled out", &told.ruled_out);
    heading(&mut out, "In its way too", told.in_the_way.is_empty());
    told.in_the_way.iter().for_each(|one| block(&mut out, one));
    heading(&mut out, "Also wrong, and not what stopped it", told.also.is_empty());
    told.also.iter().for_each(|one| block(&mut out, one));
    list(&mut out, "Steps of the template that are not so besides", &told.steps);
    if let Some(fix) = &told.fix {
        paragraph(&mut out, IN, "by package: ", fix);
    }
    list(&mut out, "What could not be seen", &told.unseen);
    heading(&mut out, "What happened", told.moments.is_empty());
    for one in &told.moments {
        let mark = match one.kind {
            MomentKind::SignedIn | MomentKind::Called => "=".green().to_string(),
            MomentKind::Failed | MomentKind::Refused => "!".red().bold().to_string(),
            MomentKind::Changed | MomentKind::Began | MomentKind::Drift => {
                "~".yellow().bold().to_string()
            }
            MomentKind::Granted => "+".cyan().to_string(),
        };
        let mut rows = String::new();
        // The mark stands in the margin of the first line.
        paragraph(&mut rows, IN, &format!("{}: ", clean(&one.at)), &one.words);
        out.extend([&mark, " ", &rows[IN..]]);
    }
    out
}

fn heading(out: &mut String, words: &str, is_empty: bool) {
    if !is_empty {
        line(out, &format!("\n{}", format!("{words}:").bold()));
    }
}

fn list(out: &mut String, words: &str, texts: &[String]) {
    heading(out, words, texts.is_empty());
    for one in texts {
        paragraph(out, IN, "- ", one);
    }
}

fn block(out: &mut String, block: &Block) {
    paragraph(out, IN, "", &block.title);
    for (label, text) in block.rows() {
        paragraph(out, DEEPER, &format!("{label}: "), text);
    }
    for way in &block.ways {
        paragraph(out, DEEPER, &format!("{}: ", way.label), &way.words);
        if let Some((quick_find, url)) = &way.page {
            let url = url.as_deref().map(|url| format!("  {url}")).unwrap_or_default();
            paragraph(out, DEEPER, "in: ", &format!("Setup, Quick Find \"{quick_find}\"{url}"));
        }
    }
}
