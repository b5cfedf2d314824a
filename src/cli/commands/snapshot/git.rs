//! The commit of a snapshot: what must be so before the org is asked, and the commit itself.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::process::{Command, Output};

use crate::snapshot::stage::Plan;

use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;
use crate::metadata::layout::{below, with_slashes};

/// Checks that a commit of the folder can be made and would hold nothing but the snapshot; before
/// anything is asked of the org or written. `left` is what a run that was killed has put there.
///
/// # Errors
/// There is no git, no repository or no name to commit by, or somebody's own changes are there.
pub(super) fn prepare(out: &Path, left: Option<&Plan>) -> Result<(), CommandError> {
    let repository = Repository::of(out)?;
    for who in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
        let answer = repository.run(&["var", who])?;
        if !answer.status.success() {
            return Err(refused("git does not know who commits, so nothing was written")
                .because(first_line(&answer.stderr))
                .hint("`git config user.name NAME` and `git config user.email ADDRESS` tell it"));
        }
    }
    for head in ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"] {
        if repository.run(&["rev-parse", "--quiet", "--verify", head])?.status.success() {
            return Err(refused("a merge is under way in the repository, so nothing was written")
                .hint("finish it or `git merge --abort` it, then run this again"));
        }
    }
    let record = out.join(crate::snapshot::record::FILE);
    if repository.run(&["check-ignore", "--quiet", "--", &shown(&record)])?.status.success() {
        return Err(refused("git ignores the folder, so nothing was written")
            .hint("take it out of .gitignore, or name another folder with `--out`"));
    }
    let dirty: Vec<String> = repository
        .dirty(out)?
        .into_iter()
        .filter(|name| left.is_none_or(|left| !left.is_done(out, name)))
        .collect();
    if dirty.is_empty() {
        return Ok(());
    }
    Err(refused(&format!(
        "`{}` has changes that are not committed, so nothing was written",
        out.display()
    ))
    .because(dirty.iter().take(5).cloned().collect::<Vec<_>>().join("; "))
    .hint("commit or stash them first"))
}

/// Commits the folder, and returns whether there was something to commit.
///
/// # Errors
/// Git refuses: nothing stays staged, and the files are as they are.
pub(super) fn commit(ui: &Ui, out: &Path, message: &str) -> Result<bool, CommandError> {
    let repository = Repository::of(out)?;
    if repository.dirty(out)?.is_empty() {
        ui.hint("there is nothing to commit");
        return Ok(false);
    }
    let path = shown(out);
    let add = ["add", "--all", "--", path.as_str()];
    let commit = ["commit", "--quiet", "--message", message, "--", path.as_str()];
    for arguments in [&add[..], &commit[..]] {
        let answer = repository.run(arguments)?;
        if answer.status.success() {
            continue;
        }
        let mut error = CommandError::new(format!(
            "the snapshot is in `{}`, but git {} failed, so it is not committed",
            out.display(),
            arguments[0]
        ));
        error.causes.extend(String::from_utf8_lossy(&answer.stderr).lines().map(str::to_owned));
        // Whatever else is staged there is not this program's.
        let _ = repository.run(&["reset", "--quiet", "--", &path]);
        return Err(
            error.hint("run the same command again, once git takes it: it commits this first")
        );
    }
    ui.hint(&format!("committed: {}", message.lines().next().unwrap_or_default()));
    Ok(true)
}

fn refused(what: &str) -> CommandError {
    CommandError::new(what.to_owned())
}

fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).to_string_lossy().into_owned()
}

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let is_word = |line: &&str| line.starts_with("fatal:") || line.starts_with("error:");
    text.lines().find(is_word).or_else(|| text.lines().next()).unwrap_or_default().to_owned()
}

/// The repository that a folder is in, or would be.
struct Repository {
    /// A folder of it that is there.
    folder: PathBuf,
}

impl Repository {
    fn of(out: &Path) -> Result<Self, CommandError> {
        let whole = std::path::absolute(out).unwrap_or_else(|_| out.to_path_buf());
        let folder = whole.ancestors().find(|folder| folder.is_dir()).unwrap_or(&whole);
        let repository = Self { folder: folder.to_path_buf() };
        let answer = repository.run(&["rev-parse", "--is-inside-work-tree"])?;
        if answer.status.success() {
            return Ok(repository);
        }
        Err(refused(&format!(
            "`{}` is not in a git repository, so nothing was written",
            out.display()
        ))
        .because(first_line(&answer.stderr))
        .hint("`git init` makes one; or leave `--commit` out"))
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, CommandError> {
        let mut git = Command::new("git");
        // Paths are paths, whatever signs are in them; `check-ignore` knows no others.
        if !arguments.starts_with(&["check-ignore"]) {
            git.arg("--literal-pathspecs");
        }
        git.arg("-C").arg(&self.folder).args(arguments);
        git.output().map_err(|error| {
            refused("cannot run git")
                .because(error.to_string())
                .hint("`--commit` needs git; leave it out and commit yourself")
        })
    }

    /// The files of a folder that are not as they were committed, by their names in it.
    fn dirty(&self, out: &Path) -> Result<Vec<String>, CommandError> {
        let path = shown(out);
        let status =
            ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", &path];
        let answer = self.run(&status)?;
        let top = self.run(&["rev-parse", "--show-toplevel"])?;
        if !answer.status.success() || !top.status.success() {
            return Err(refused("git status failed, so nothing was written")
                .because(first_line(&answer.stderr)));
        }
        let top = String::from_utf8_lossy(&top.stdout).trim_end().to_owned();
        let whole = std::fs::canonicalize(out).unwrap_or_else(|_| PathBuf::from(&path));
        let whole = with_slashes(&whole.to_string_lossy(), MAIN_SEPARATOR);
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        let names =
            text.split('\0').filter_map(|entry| entry.get(3..)).filter(|name| !name.is_empty());
        Ok(names
            .map(|name| {
                let full = format!("{}/{name}", top.trim_end_matches('/'));
                below(&full, &whole).unwrap_or(name).to_owned()
            })
            .collect())
    }
}
