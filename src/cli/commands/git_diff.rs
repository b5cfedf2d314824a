//! `sfsetup git-diff`: git's diff driver for metadata files, so that `git diff` shows settings and
//! not lines.

use std::ffi::{OsStr, OsString};
use std::path::{MAIN_SEPARATOR, Path};

use clap::Args;

use crate::diff::Finding;
use crate::diff::baseline::differs;
use crate::metadata::compare::{
    Buffers, CompareError, Difference, by_index, check_component, compare_component,
};
use crate::metadata::decomposed::{self, Part, compose};
use crate::metadata::document::{Document, NAMESPACE};
use crate::metadata::layout::with_slashes;
use crate::metadata::registry;
use crate::metadata::{ComponentId, layout};
use crate::report::git::{self, Fate, FileChange};
use crate::snapshot::{Content, FileError, ReadError};

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
    let to = moved.map(|(to, words)| (name_of(to), words));
    let old = Side::of(name.clone(), Path::new(old));
    let new = Side::of(to.as_ref().map_or(&name, |(to, _)| to).clone(), Path::new(new));
    let Some((_, words)) = to else { return change(ui, &old, &new, None) };
    // An entry that went from one component to another makes neither the other by another name.
    if old.id != new.id && (old.is_part || new.is_part) {
        if !words.lines().any(|words| words.starts_with("copy ")) {
            change(ui, &old, &Side { content: None, ..old.clone() }, None)?;
        }
        return change(ui, &Side { content: None, ..new.clone() }, &new, None);
    }
    change(ui, &old, &new, Some(words))
}

/// What git has of a file on one side.
#[derive(Clone)]
struct Side {
    name: String,
    id: ComponentId,
    /// Whether it is a part of the component: that it is there makes the component neither new nor
    /// whole.
    is_part: bool,
    /// Nothing where the file is not there.
    content: Option<Content>,
}

impl Side {
    fn of(name: String, path: &Path) -> Self {
        let (id, content) = (component_of(&name), content(&name, path));
        Self { is_part: owner_of(&name).is_some(), name, id, content }
    }
}

/// Says what changed from one side to the other; of a file that has another name now `words` are
/// git's.
fn change(ui: &Ui, old: &Side, new: &Side, words: Option<&str>) -> Result<Exit, CommandError> {
    let (id, is_part) = (&old.id, old.is_part);
    let (fate, differences) = match (&old.content, &new.content, words) {
        (Some(then), Some(now), Some(words)) => {
            (Fate::Moved { to: &new.name, id: &new.id, words }, between(id, then, now))
        }
        (Some(then), Some(now), None) => (Fate::Changed, between(id, then, now)),
        (None, Some(now), _) => (Fate::New { is_part }, alone(id, now)),
        (Some(then), None, _) => (Fate::Deleted { is_part }, alone(id, then)),
        (None, None, _) => (Fate::Changed, Ok(Vec::new())),
    };
    let Ok(differences) = differences else {
        return broken(ui, &new.name, id, [(&old.content, "the old "), (&new.content, "")]);
    };
    let turned = differences.into_iter().map(|one| match fate {
        Fate::Deleted { .. } => Difference { actual: None, baseline: one.actual, ..one },
        Fate::New { .. } => Difference { baseline: None, ..one },
        Fate::Changed | Fate::Moved { .. } => one,
    });
    let findings: Vec<Finding<'_>> = turned.map(|one| differs(id, one)).collect();
    ui.tell(&git::file(&FileChange { name: &old.name, id, fate, findings: &findings }))?;
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
    with_slashes(&path.to_string_lossy(), MAIN_SEPARATOR)
}

/// The component in a file by its name; the name itself where it is of no type that is known.
fn component_of(name: &str) -> ComponentId {
    owner_of(name)
        .or_else(|| layout::component_of(name))
        .unwrap_or_else(|| ComponentId::new("", name))
}

/// The component that a file is a part of, if it is one. In a folder of another name than the sf
/// command line's the component's own file tells, which git sees from the root of the work tree;
/// or else that files of that suffix are nothing but parts.
fn owner_of(name: &str) -> Option<ComponentId> {
    decomposed::owner_of(name).or_else(|| {
        let root = decomposed::roots_of(name).into_iter().find(|root| {
            let path = Path::new(root.trim_start_matches('/'));
            path.is_file()
        });
        match root {
            Some(root) => layout::component_of(&root),
            None if layout::component_of(name).is_some() => None,
            None => decomposed::owner_anywhere(name),
        }
    })
}

/// What git has of a file; nothing where it is not there. A part of a component is read as a
/// component that holds nothing else.
fn content(name: &str, path: &Path) -> Option<Content> {
    if path == Path::new("/dev/null") {
        return None;
    }
    let composed = || {
        owner_of(name)?;
        let own = Part { file: String::new(), bytes: EMPTY.to_vec() };
        let part = Part { file: name.to_owned(), bytes: std::fs::read(path).ok()? };
        Some(Content::Bytes(compose(&[own, part]).ok()?.bytes.into()))
    };
    Some(composed().unwrap_or(Content::File(path.to_path_buf())))
}

/// A component of which nothing is known.
const EMPTY: &[u8] = b"<PermissionSet/>";

/// What differs between two states of a file.
fn between(
    id: &ComponentId,
    old: &Content,
    new: &Content,
) -> Result<Vec<Difference>, CompareError> {
    compare_component(id, &new, &old, &mut Buffers::default())
}

/// What a file says beyond one that says nothing.
fn alone(id: &ComponentId, content: &Content) -> Result<Vec<Difference>, CompareError> {
    check_component(id, &content)?;
    let unread = |error: ReadError| CompareError::Read(std::io::Error::other(error.to_string()));
    let document =
        Document::parse(content.read().map_err(unread)?).map_err(CompareError::Actual)?;
    let nothing = format!("<{} xmlns=\"{NAMESPACE}\"/>", document.root().name());
    let nothing = Document::parse(nothing.into_bytes()).map_err(CompareError::Actual)?;
    let row = registry::find_component(&id.type_name, &id.full_name);
    Ok(by_index(row, &document, &nothing))
}

/// Says what is no metadata, such as a merge conflict, and which lines changed all the same, as git
/// would.
fn broken(
    ui: &Ui,
    shown: &str,
    id: &ComponentId,
    sides: [(&Option<Content>, &str); 2],
) -> Result<Exit, CommandError> {
    let mut lines = Vec::new();
    for (content, whose) in &sides {
        let Some(error) = content.as_ref().and_then(|one| check_component(id, &one).err()) else {
            continue;
        };
        lines.push(FileError::of_comparison(&format!("{whose}{shown}"), &error).to_string());
    }
    // Git stops at the first file whose driver fails, and the others are to be shown too.
    if std::env::var_os("GIT_DIFF_PATH_COUNTER").is_some() {
        let text = |content: &Option<Content>| {
            let bytes = content.as_ref().and_then(|one| one.read().ok()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let changed = git::lines(shown, &text(sides[0].0), &text(sides[1].0));
        ui.answer(&format!("{}\n{changed}", lines.join("\n")))?;
        return Ok(Exit::Done);
    }
    Err(CommandError::broken(&lines).unwrap_or_else(|| CommandError::new("no metadata")))
}
