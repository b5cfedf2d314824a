//! Many orgs as a comment: what it comes to, the orgs that failed or are not as wanted, the steps.

use crate::diff::State;
use crate::report::guide::WORST_FIRST;
use crate::report::markdown::comment::Comment;
use crate::report::markdown::escape::{quiet, text};
use crate::report::words::word;

use super::part::Part;
use super::{Ended, Kept, Matrix, counts, run_words, title};

/// Writes the answers as Markdown.
pub fn render(part: &Part, orgs: &[Kept], day: &str) -> String {
    let mut out = Comment::default();
    out.push(&format!("### {}\n\n**{}.**\n\n", quiet(&title(orgs)), counts(orgs)));
    if let Some(run) = run_words(part, orgs, day) {
        out.push(&format!("{}.\n\n", quiet(&run)));
    }
    let matrix = Matrix::of(orgs);
    let of = |ended: Ended| orgs.iter().filter(move |org| org.ended() == ended);
    let rows: Vec<(usize, String)> = of(Ended::Failed)
        .chain(of(Ended::Drift))
        .map(|org| (1, format!("| {} | {} |\n", text(org.name()), text(&org.verdict()))))
        .collect();
    if !rows.is_empty() {
        out.push("| org | result |\n|---|---|\n");
        for (_, row) in &rows {
            out.push(row);
        }
        out.push("\n");
    }
    let steps: Vec<(usize, String)> = matrix
        .columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| {
            let states = WORST_FIRST.into_iter().filter(|state| *state != State::InSync);
            let counted = states.filter_map(|state| {
                let count = matrix.count(at, state);
                (count > 0).then(|| format!("{} in {count}", word(state)))
            });
            let counted = counted.collect::<Vec<_>>().join(", ");
            let line = format!("- {}: {counted}\n", quiet(&column.title));
            (!counted.is_empty()).then_some((1, line))
        })
        .collect();
    if !steps.is_empty() {
        out.fold("Step by step", &steps);
    }
    out.end()
}
