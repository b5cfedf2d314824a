//! `sfsetup git-diff`: git's diff driver for metadata files, so that `git diff` shows settings and
//! not lines.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::diff::State;
use crate::diff::drift::Drift;
use crate::metadata::compare::{Buffers, Difference, compare};
use crate::metadata::{ComponentId, layout, registry};
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
    let row = registry::find_component(&id.type_name, &id.full_name);
    let null = PathBuf::from("/dev/null");
    let (old, new) = (PathBuf::from(old), PathBuf::from(new));
    let drift = |path, actual, baseline| Drift {
        id: id.clone(),
        path,
        state: State::Differs,
        actual,
        baseline,
        reason: None,
        is_unreadable: false,
        changed: None,
    };
    let there = Some(crate::metadata::value::Value::from("(a component)"));
    let drifts: Vec<Drift> = if old == null {
        vec![drift(None, there, None)]
    } else if new == null {
        vec![drift(None, None, there)]
    } else {
        match compare(row, &&Content::File(new), &&Content::File(old), &mut Buffers::default()) {
            Ok(found) => found
                .into_iter()
                .map(|Difference { path, actual, baseline }| drift(Some(path), actual, baseline))
                .collect(),
            // Something that is no metadata, such as a merge conflict: git shows it no better, but
            // the reader must know.
            Err(error) => {
                ui.answer(&format!("{shown}: {error}\n"))?;
                return Ok(Exit::Done);
            }
        }
    };
    ui.answer(&baseline::of_file(&shown, &drifts))?;
    Ok(Exit::Done)
}
