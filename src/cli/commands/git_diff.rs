//! `sfsetup git-diff`: git's diff driver for metadata files, so that `git diff` shows settings and
//! not lines.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::diff::Finding;
use crate::diff::baseline::{differs, one_sided};
use crate::metadata::compare::{Buffers, compare};
use crate::metadata::decomposed::{self, Part, compose};
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
    let id = decomposed::owner_of(&shown)
        .or_else(|| layout::component_of(&shown))
        .unwrap_or_else(|| ComponentId::new("", shown.as_str()));
    let row = registry::find_component(&id.type_name, &id.full_name);
    let null = PathBuf::from("/dev/null");
    let (old, new) = (PathBuf::from(old), PathBuf::from(new));
    let findings: Vec<Finding<'_>> = if old == null {
        vec![one_sided(&id, true)]
    } else if new == null {
        vec![one_sided(&id, false)]
    } else {
        let (new, old) = (content(&shown, new), content(&shown, old));
        match compare(row, &&new, &&old, &mut Buffers::default()) {
            Ok(found) => found.into_iter().map(|one| differs(&id, one)).collect(),
            // Something that is no metadata, such as a merge conflict: git shows it no better, but
            // the reader must know.
            Err(error) => {
                ui.answer(&format!("{shown}: {error}\n"))?;
                return Ok(Exit::Done);
            }
        }
    };
    ui.answer(&baseline::of_file(&shown, &findings))?;
    Ok(Exit::Done)
}

/// What git has of a file. A part of a component is read as a component that holds nothing else.
fn content(shown: &str, path: PathBuf) -> Content {
    let composed = || {
        decomposed::owner_of(shown)?;
        let own = Part { file: String::new(), bytes: EMPTY.to_vec() };
        let part = Part { file: shown.to_owned(), bytes: std::fs::read(&path).ok()? };
        Some(Content::Bytes(compose(&[own, part]).ok()?.bytes.into()))
    };
    composed().unwrap_or(Content::File(path))
}

/// A component of which nothing is known.
const EMPTY: &[u8] = b"<PermissionSet/>";
