//! `sfsetup git-diff`: git's diff driver for metadata files, so that `git diff` shows settings and
//! not lines.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::Args;

use crate::diff::Finding;
use crate::diff::baseline::differs;
use crate::metadata::compare::{Buffers, Difference, by_index, compare};
use crate::metadata::decomposed::{self, Part, compose};
use crate::metadata::document::{Document, NAMESPACE};
use crate::metadata::registry::{self, MetadataType};
use crate::metadata::{ComponentId, layout};
use crate::report::git::{self, Fate, FileChange};
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
    /// What git passes: path, old file, old hash, old mode, new file, new hash, new mode; of a
    /// renamed file its new name too, and what git says of it
    #[arg(value_name = "GIT", num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
    git: Vec<OsString>,
}

pub(crate) fn run(ui: &Ui, arguments: &GitDiffArguments) -> Result<Exit, CommandError> {
    let (path, old, new, moved) = match arguments.git.as_slice() {
        [path, old, _, _, new, _, _] => (path, old, new, None),
        [path, old, _, _, new, _, _, to] => (path, old, new, Some((to, ""))),
        [path, old, _, _, new, _, _, to, words, ..] => {
            (path, old, new, Some((to, words.to_str().unwrap_or_default())))
        }
        // So git asks about a file that is not merged yet.
        [path] if std::env::var_os("GIT_DIFF_PATH_COUNTER").is_some() => {
            ui.answer(&format!("* Unmerged path {}\n", name_of(path)))?;
            return Ok(Exit::Done);
        }
        _ => return Err(not_by_git()),
    };
    let name = name_of(path);
    let id = component_of(&name);
    let to = moved.map(|(to, words)| (name_of(to), words));
    let now = to.as_ref().map(|(to, _)| component_of(to));
    let null = Path::new("/dev/null");
    let (old, new) = (Path::new(old), Path::new(new));
    let row = registry::find_component(&id.type_name, &id.full_name);
    let (fate, differences) = match (&to, &now) {
        (Some((to, words)), Some(id)) => {
            (Fate::Moved { to, id, words }, between(row, &name, old, new))
        }
        _ if old == null => (Fate::New, alone(row, &name, new)),
        _ if new == null => (Fate::Deleted, alone(row, &name, old)),
        _ => (Fate::Changed, between(row, &name, old, new)),
    };
    let differences = match differences {
        Ok(differences) => differences,
        // Something that is no metadata, such as a merge conflict: git shows it no better, but
        // the reader must know.
        Err(why) => {
            ui.answer(&format!("{}: {why}\n", to.map_or(name, |(to, _)| to)))?;
            return Ok(Exit::Done);
        }
    };
    let turned = differences.into_iter().map(|one| match fate {
        Fate::Deleted => Difference { path: one.path, actual: None, baseline: one.actual },
        Fate::New => Difference { baseline: None, ..one },
        Fate::Changed | Fate::Moved { .. } => one,
    });
    let findings: Vec<Finding<'_>> = turned.map(|one| differs(&id, one)).collect();
    ui.answer(&git::file(&FileChange { name: &name, id: &id, fate, findings: &findings }))?;
    Ok(Exit::Done)
}

fn not_by_git() -> CommandError {
    CommandError::new("git calls this with seven arguments")
        .hint(
            "set it up with `git config diff.sfsetup.command \"sfsetup git-diff\"` and a line \
             `*.profile* diff=sfsetup` in .gitattributes",
        )
        .usage()
}

fn name_of(path: &OsStr) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The component in a file by its name; the name itself where it is of no type that is known.
fn component_of(name: &str) -> ComponentId {
    decomposed::owner_of(name)
        .or_else(|| layout::component_of(name))
        .unwrap_or_else(|| ComponentId::new("", name))
}

/// What git has of a file. A part of a component is read as a component that holds nothing else.
fn content(name: &str, path: &Path) -> Content {
    let composed = || {
        decomposed::owner_of(name)?;
        let own = Part { file: String::new(), bytes: EMPTY.to_vec() };
        let part = Part { file: name.to_owned(), bytes: std::fs::read(path).ok()? };
        Some(Content::Bytes(compose(&[own, part]).ok()?.bytes.into()))
    };
    composed().unwrap_or(Content::File(path.to_path_buf()))
}

/// A component of which nothing is known.
const EMPTY: &[u8] = b"<PermissionSet/>";

/// What differs between two states of a file.
fn between(
    row: Option<&'static MetadataType>,
    name: &str,
    old: &Path,
    new: &Path,
) -> Result<Vec<Difference>, String> {
    let (old, new) = (content(name, old), content(name, new));
    compare(row, &&new, &&old, &mut Buffers::default()).map_err(|error| error.to_string())
}

/// What a file says beyond one that says nothing.
fn alone(
    row: Option<&'static MetadataType>,
    name: &str,
    file: &Path,
) -> Result<Vec<Difference>, String> {
    let bytes = content(name, file).read().map_err(|error| error.to_string())?;
    let document = Document::parse(bytes).map_err(|error| error.to_string())?;
    let nothing = format!("<{} xmlns=\"{NAMESPACE}\"/>", document.root().name());
    let nothing = Document::parse(nothing.into_bytes()).map_err(|error| error.to_string())?;
    Ok(by_index(row, &document, &nothing))
}
