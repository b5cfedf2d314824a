//! Many orgs for a person at a terminal: a matrix of marks, what its columns are, what failed.

use owo_colors::OwoColorize as _;

use crate::diff::State;
use crate::report::guide::WORST_FIRST;
use crate::report::json::Changes;
use crate::report::line::{clean, line, mark, marked, paragraph};
use crate::report::words::word;

use super::part::Part;
use super::{Ended, Kept, Matrix, counts, name_column, run_words, state, title};

/// So many steps stand together.
const TOGETHER: usize = 10;

/// So many orgs' names are told of a step.
const NAMED: usize = 6;

/// So many findings that are new in an org are told.
const LISTED: usize = 12;

/// Writes the answers; with `full` also each finding that is not in sync.
pub fn render(part: &Part, orgs: &[Kept], day: &str, full: bool) -> String {
    let mut out = String::new();
    let matrix = Matrix::of(orgs);
    line(&mut out, &title(orgs).bold().to_string());
    if let Some(run) = run_words(part, orgs, day) {
        line(&mut out, &format!("{}.", clean(&run)));
    }
    out.push('\n');
    rows(&mut out, orgs, &matrix);
    steps(&mut out, orgs, &matrix, full);
    let failed: Vec<&Kept> = orgs.iter().filter(|org| org.ended() == Ended::Failed).collect();
    for org in &failed {
        let Some(error) = &org.org.error else { continue };
        let words = format!("{} ({})", error.message, error.code);
        paragraph(&mut out, 0, &format!("error: {}: ", clean(org.name())), &words);
        if let Some(hint) = &error.hint {
            paragraph(&mut out, 2, "hint: ", hint);
        }
    }
    if !failed.is_empty() {
        out.push('\n');
    }
    if full {
        orgs.iter().for_each(|org| findings(&mut out, org));
    }
    since(&mut out, orgs, full);
    let said = format!("{}.", counts(orgs));
    let is_well = orgs.iter().all(|org| org.ended() == Ended::Well);
    let said =
        if is_well { said.green().bold().to_string() } else { said.red().bold().to_string() };
    line(&mut out, &said);
    out
}

/// A line an org: its name, and the mark of each step.
fn rows(out: &mut String, orgs: &[Kept], matrix: &Matrix) {
    let (width, names) = name_column(orgs.iter().map(Kept::name));
    if matrix.columns.len() > 1 {
        let heads = (0..matrix.columns.len()).step_by(TOGETHER).map(|at| {
            let many = (matrix.columns.len() - at).min(TOGETHER);
            format!("{:<many$}", at + 1)
        });
        let heads = heads.collect::<Vec<_>>().join(" ");
        line(out, format!("{:width$}  {heads}", "").trim_end());
    }
    for ((org, name), row) in orgs.iter().zip(&names).zip(&matrix.rows) {
        let marks = row.chunks(TOGETHER).map(|chunk| {
            let one = |state: &Option<State>| state.map_or_else(|| ".".to_owned(), mark);
            chunk.iter().map(one).collect::<String>()
        });
        let marks = match org.ended() {
            Ended::Failed => "error".red().bold().to_string(),
            Ended::Well | Ended::Drift => marks.collect::<Vec<_>>().join(" "),
        };
        line(out, &format!("{name}  {marks}"));
    }
    out.push('\n');
}

/// What each column is, and in how many orgs it is not as wanted.
fn steps(out: &mut String, orgs: &[Kept], matrix: &Matrix, full: bool) {
    for (at, column) in matrix.columns.iter().enumerate() {
        line(
            out,
            &format!("{:>3} {}  {}", at + 1, clean(&column.title), clean(&column.id).dimmed()),
        );
        for state in WORST_FIRST.into_iter().filter(|state| *state != State::InSync) {
            let has = |(_, row): &(&Kept, &Vec<Option<State>>)| row[at] == Some(state);
            let of: Vec<String> = orgs
                .iter()
                .zip(&matrix.rows)
                .filter(has)
                .map(|(org, _)| clean(org.name()))
                .collect();
            if of.is_empty() {
                continue;
            }
            let named = if full { of.len() } else { of.len().min(NAMED) };
            let more = match of.len() - named {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let words = format!("{}: {}{more}", of.len(), of[..named].join(", "));
            paragraph(out, 4, &format!("{} {} in ", mark(state), word(state)), &words);
        }
    }
    let answered = orgs.iter().zip(&matrix.rows).filter(|(org, _)| org.ended() != Ended::Failed);
    if answered.flat_map(|(_, row)| row).any(Option::is_none) {
        line(out, &"  . does not apply, or was not asked".dimmed().to_string());
    }
    out.push('\n');
}

/// What has become of an earlier answer, where one was named.
fn since(out: &mut String, orgs: &[Kept], full: bool) {
    let all = || orgs.iter().filter_map(|org| Some((org, org.org.since.as_ref()?)));
    if all().next().is_none() {
        return;
    }
    let words = Changes::words(all().map(|(_, since)| since));
    line(out, &format!("Since the earlier answer: {words}."));
    for (org, since) in all() {
        let new = org.findings().filter(|one| one.since.as_deref() == Some("new"));
        let new: Vec<_> = new.collect();
        if !new.is_empty() {
            line(out, &format!("  new in {}:", clean(org.name())));
        }
        let listed = if full { new.len() } else { new.len().min(LISTED) };
        for one in &new[..listed] {
            marked(out, 4, state(&one.state), one.told.as_deref().unwrap_or(&one.title));
        }
        if listed < new.len() {
            line(out, &format!("    and {} more; --full lists them", new.len() - listed));
        }
        for note in &since.notes {
            paragraph(out, 2, &format!("note: {}: ", clean(org.name())), note);
        }
    }
    out.push('\n');
}

/// Each finding of an org that is not in sync.
fn findings(out: &mut String, org: &Kept) {
    let open: Vec<_> = org.findings().filter(|one| state(&one.state) != State::InSync).collect();
    if open.is_empty() {
        return;
    }
    line(out, &clean(org.name()).bold().to_string());
    for one in open {
        let words = one.told.as_deref().unwrap_or(&one.title);
        marked(out, 2, state(&one.state), words);
    }
    out.push('\n');
}
