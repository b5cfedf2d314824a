//! `sfsetup git-diff`: git's diff driver for metadata files, so that `git diff` shows settings and
//! not lines.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::Args;

use crate::diff::Finding;
use crate::diff::baseline::{differs, one_sided};
use crate::metadata::compare::{Buffers, CompareError, check_component, compare_component};
use crate::metadata::{ComponentId, layout};
use crate::report::baseline;
use crate::snapshot::Content;

use crate::cli::shared::arguments::Exit;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;

/// Show what changed in a metadata file; git calls it as its diff driver
///
/// Set it up once: `git config diff.sfsetup.command "sfsetup git-diff"`, and in .gitattributes a
/// line such as `*.profile* diff=sfsetup`.
#[derive(Debug, Args)]
pub(crate) struct GitDiffArguments {
    /// What git passes: path, old file, old hash, old mode, new file, new hash, new mode
    #[arg(value_name = "GIT", num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
    git: Vec<OsString>,
}

pub(crate) fn run(ui: &Ui, arguments: &GitDiffArguments) -> Result<Exit, CommandError> {
    let [path, old, _, _, new, ..] = arguments.git.as_slice() else {
        return Err(CommandError::new("git calls this with seven arguments")
            .hint(
                "set it up with `git config diff.sfsetup.command \"sfsetup git-diff\"` and a \
                   line `*.profile* diff=sfsetup` in .gitattributes",
            )
            .usage());
    };
    let shown = path.to_string_lossy().replace('\\', "/");
    let id = layout::component_of(&shown)
        .or_else(|| layout::object_of(&shown))
        .unwrap_or_else(|| ComponentId::new("", shown.as_str()));
    let (old, new) = (content(old), content(new));
    let found = match (&old, &new) {
        (Some(old), Some(new)) => compare_component(&id, &new, &old, &mut Buffers::default())
            .map(|found| found.into_iter().map(|one| differs(&id, one)).collect()),
        (None, Some(new)) => check_component(&id, &new).map(|()| vec![one_sided(&id, true)]),
        (Some(old), None) => check_component(&id, &old).map(|()| vec![one_sided(&id, false)]),
        (None, None) => Ok(Vec::new()),
    };
    let findings: Vec<Finding<'_>> = match found {
        Ok(findings) => findings,
        Err(_) => return broken(ui, &shown, &id, [(&old, "the old "), (&new, "")]),
    };
    ui.answer(&baseline::of_file(&shown, &findings))?;
    Ok(Exit::Done)
}

/// What git names; nothing where the file is not there.
fn content(path: &OsStr) -> Option<Content> {
    (path != "/dev/null").then(|| Content::File(PathBuf::from(path)))
}

/// Says what is no metadata, such as a merge conflict: git shows it no better, but the reader must
/// know.
fn broken(
    ui: &Ui,
    shown: &str,
    id: &ComponentId,
    sides: [(&Option<Content>, &str); 2],
) -> Result<Exit, CommandError> {
    let mut lines = Vec::new();
    for (content, whose) in sides {
        let Some(error) = content.as_ref().and_then(|one| check_component(id, &one).err()) else {
            continue;
        };
        lines.push(match error {
            CompareError::Actual(error) | CompareError::Baseline(error) => {
                let at = error.position;
                format!("{whose}{shown}:{}:{}: {}", at.line, at.column, error.kind)
            }
            CompareError::Read(error) => format!("{whose}{shown}: {error}"),
        });
    }
    // Git stops at the first file whose driver fails, and the others are to be shown too.
    if std::env::var_os("GIT_DIFF_PATH_COUNTER").is_some() {
        ui.answer(&format!("{}\n", lines.join("\n")))?;
        return Ok(Exit::Done);
    }
    Err(CommandError::broken(&lines).unwrap_or_else(|| CommandError::new("no metadata")))
}
