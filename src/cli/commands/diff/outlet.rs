//! What the answers of a diff are refused, and each in its form.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::cli::shared::answer::spare;
use crate::cli::shared::clock;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::format::Format;
use crate::cli::shared::outlet::{FORMATS, Outlet};
use crate::cli::shared::ui::Ui;
use crate::metadata::layout::with_slashes;
use crate::report::since::Since;
use crate::report::{
    Failure, OrgReport, Report, csv, html, json, jsonl, junit, markdown, sarif, text,
};

use super::DiffArguments;

impl DiffArguments {
    /// Returns where the answer goes, and in which form: to each file, else to stdout.
    pub(super) fn outlets(&self, usual: Format) -> Result<Vec<Outlet<'_>>, CommandError> {
        let outlets = Outlet::of(self.format, &self.out, usual, FORMATS)?;
        for Outlet { file, format } in &outlets {
            let Some(out) = *file else { continue };
            let templates = self.wanted.template.iter().map(Path::new);
            let sides = [&self.from, &self.wanted.baseline, &self.fleet.orgs];
            let sides = sides.into_iter().flatten();
            let mut read = templates.chain(sides.map(PathBuf::as_path));
            read.try_for_each(|read| spare(out, read))?;
            // Lines may be gone on with in the file in which they stand.
            if let Some(kept) = self.resume.as_deref().filter(|_| *format != Format::Jsonl) {
                spare(out, kept)?;
                if out == kept {
                    return Err(CommandError::new(
                        "`--out` and `--resume` name one file, and want different things in it",
                    )
                    .hint("name two files")
                    .usage());
                }
            }
        }
        let tells_since =
            |outlet: &Outlet<'_>| matches!(outlet.format, Format::Text | Format::Json);
        if self.since.is_some() && !outlets.iter().all(tells_since) {
            return Err(CommandError::new("what is new since an answer is told as text or json")
                .hint("leave `--since` out, or take another `--format`")
                .usage());
        }
        Ok(outlets)
    }
}

/// Notes what each file, and stdout, is to say of a run that fails.
pub(super) fn owe(ui: &Ui, arguments: &DiffArguments, outlets: &[Outlet<'_>]) {
    let outlets: Vec<(Option<PathBuf>, Format)> = outlets
        .iter()
        // As text a failure is read on stderr.
        .filter(|outlet| outlet.file.is_some() || !outlet.format.is_for_a_terminal())
        // What other orgs have answered stays where it is.
        .filter(|outlet| !arguments.is_many() || outlet.format != Format::Jsonl)
        .map(|outlet| (outlet.file.map(Path::to_path_buf), outlet.format))
        .collect();
    let from = arguments.from.as_ref().map(|from| from.display().to_string());
    let name = from.or_else(|| arguments.fleet.one()).unwrap_or_else(|| "(no org)".to_owned());
    ui.last_words().set(move |failure| {
        let texts = outlets.iter().filter_map(|(file, format)| {
            Some((file.clone(), unanswered(*format, &name, failure)?))
        });
        texts.collect()
    });
}

/// A report that says why there is none; none where it cannot be written.
fn unanswered(format: Format, name: &str, failure: &Failure) -> Option<String> {
    let org = OrgReport::failed(name, failure.clone());
    let report = Report::of(Vec::new(), org, clock::today());
    match format {
        Format::Text => Some(text::failed(failure)),
        Format::Json => json::failed(failure.clone()).ok(),
        other => rendered(other, &report, None, false).ok(),
    }
}

/// A report in its form, and what is new in it since an earlier answer.
pub(super) fn written(
    arguments: &DiffArguments,
    format: Format,
    report: &Report<'_>,
    since: Option<&(&str, Since)>,
) -> Result<String, CommandError> {
    let (from, full) = (&arguments.from, arguments.full);
    let root = from.as_deref().filter(|_| format == Format::Sarif).and_then(root);
    let written = match (format, since) {
        (Format::Json, Some((_, since))) => since.json(report).map_err(|error| error.to_string()),
        _ => rendered(format, report, root.as_deref(), full),
    };
    let more = match (format, since) {
        (Format::Text, Some((name, since))) => since.text(name, report, full),
        _ => String::new(),
    };
    written
        .map(|text| text + &more)
        .map_err(|error| CommandError::internal("the report cannot be written", error))
}

/// A report in its form; `root` is the folder to which places are relative.
fn rendered(
    format: Format,
    report: &Report<'_>,
    root: Option<&str>,
    full: bool,
) -> Result<String, String> {
    match format {
        Format::Text => Ok(text::render(report, full)),
        Format::Json => json::render(report).map_err(|error| error.to_string()),
        Format::Jsonl => jsonl::render(report).map_err(|error| error.to_string()),
        Format::Sarif => sarif::render(report, root).map_err(|error| error.to_string()),
        Format::Junit => junit::render(report).map_err(|error| error.to_string()),
        Format::Csv => csv::render(report).map_err(|error| error.to_string()),
        Format::Markdown => Ok(markdown::render(report)),
        Format::Html => Ok(html::render(report, &clock::today())),
    }
}

/// The folder to which the places of findings are relative: from the folder that we are in, which
/// of a checkout is its root, or where it is not below that, whole. Files in an archive have none.
fn root(from: &Path) -> Option<String> {
    let from = std::fs::canonicalize(from).ok()?;
    // A single file is told with its folder's name.
    let folder = match (from.is_dir(), from.extension()) {
        (true, _) => from.as_path(),
        (false, Some(suffix)) if suffix.eq_ignore_ascii_case("zip") => return None,
        (false, _) => from.parent()?.parent()?,
    };
    let here = std::env::current_dir().and_then(std::fs::canonicalize).ok()?;
    let path = folder.strip_prefix(&here).unwrap_or(folder);
    Some(with_slashes(path.to_str()?, MAIN_SEPARATOR))
}
