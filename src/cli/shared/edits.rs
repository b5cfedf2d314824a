//! Files edited where they stand: all of them or none, and none that is not as it was read.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::CommandError;
use super::one_at_a_time::alone;
use super::ui::{temporary, write_whole};
use crate::metadata::decomposed::NewState;

/// What becomes of a file.
pub(crate) struct FileEdit {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its bytes as they were read; none for a file that must not be there yet.
    pub(crate) read: Option<Vec<u8>>,
    /// What it holds then.
    pub(crate) after: NewState,
}

/// An edit that is ready to take its place.
struct Ready {
    edit: FileEdit,
    /// What a link leads to, or the file itself.
    place: PathBuf,
    /// The new bytes; none where the file goes.
    written: Option<NamedTempFile>,
}

/// Edits files below a folder. All that is new is written beside them first; then, if each file is
/// as it was read, all take their names. Returns the links that were followed, each with the file
/// that was edited.
///
/// # Errors
/// A file is not as it was read, is a link that leads out of the folder, or cannot be written;
/// nothing is changed then, or what could not be changed back is named.
pub(crate) fn carry_out(
    root: &Path,
    edits: Vec<FileEdit>,
) -> Result<Vec<(PathBuf, PathBuf)>, CommandError> {
    let mut links = Vec::new();
    let mut places = Vec::new();
    for edit in edits {
        let place = place_of(root, &edit.path)?;
        if place != edit.path {
            links.push((edit.path.clone(), place.clone()));
        }
        places.push((edit, place));
    }
    let mut made = Folders::default();
    let mut ready = Vec::new();
    for (edit, place) in places {
        let written = match &edit.after {
            NewState::Written(bytes) => Some(
                made.above(&place)
                    .and_then(|()| temporary(&place, bytes))
                    .map_err(|error| failed(&edit.path, &error))?,
            ),
            NewState::Gone => None,
        };
        ready.push(Ready { edit, place, written });
    }
    alone(|| unchanged(&ready).and_then(|()| put(ready)))?;
    made.keep();
    Ok(links)
}

fn failed(path: &Path, error: &io::Error) -> CommandError {
    CommandError::new(format!("cannot write `{}`, so nothing was written", path.display()))
        .because(error.to_string())
}

/// Where a file really is. A link is followed only within the folder: what lies outside was not
/// meant to be edited.
fn place_of(root: &Path, path: &Path) -> Result<PathBuf, CommandError> {
    let real = |path: &Path| fs::canonicalize(path).map_err(|error| failed(path, &error));
    // A new file may come to stand behind a link that is a folder of its path.
    let there = path.ancestors().find(|one| one.exists() || one.is_symlink()).unwrap_or(root);
    let place = real(there)?;
    if place.starts_with(real(root)?) {
        return Ok(if path.is_symlink() { place } else { path.to_path_buf() });
    }
    Err(CommandError::new(format!(
        "`{}` is a link that leads out of `{}`, so nothing was written",
        path.display(),
        root.display()
    ))
    .because(format!("it leads to `{}`", place.display()))
    .hint("edit the folder that the file is in, or put the file in the place of the link"))
}

/// Refuses where a file is not as it was read: somebody works on it.
fn unchanged(ready: &[Ready]) -> Result<(), CommandError> {
    let is_other = |one: &&Ready| match (&one.edit.read, fs::read(&one.place)) {
        (Some(read), Ok(now)) => now != *read,
        (None, Err(error)) => error.kind() != io::ErrorKind::NotFound,
        (Some(_), Err(_)) | (None, Ok(_)) => true,
    };
    let other: Vec<String> =
        ready.iter().filter(is_other).map(|one| format!("`{}`", one.edit.path.display())).collect();
    if other.is_empty() {
        return Ok(());
    }
    Err(CommandError::new("a file has changed since it was read, so nothing was written")
        .because(other.join(", "))
        .hint("run the same command again: it goes by what is there now"))
}

/// Puts all in their places; what was put is taken back where one cannot be.
fn put(ready: Vec<Ready>) -> Result<(), CommandError> {
    let mut done: Vec<(FileEdit, PathBuf)> = Vec::new();
    for Ready { edit, place, written } in ready {
        let is_new = edit.read.is_none();
        let put = match written {
            Some(file) if is_new => file.persist_noclobber(&place).map(drop),
            Some(file) => file.persist(&place).map(drop),
            None => {
                done.push((edit, place));
                continue;
            }
        };
        if let Err(error) = put {
            return Err(taken_back(failed(&edit.path, &error.error), &done));
        }
        done.push((edit, place));
    }
    // What goes, goes last: nothing is in it that does not stand elsewhere by now.
    for (edit, place) in &done {
        if edit.after == NewState::Gone
            && let Err(error) = fs::remove_file(place)
        {
            return Err(taken_back(failed(&edit.path, &error), &done));
        }
    }
    Ok(())
}

/// Takes back what was put in place, and names what stays as it should not.
fn taken_back(mut error: CommandError, done: &[(FileEdit, PathBuf)]) -> CommandError {
    for (edit, place) in done {
        let back = match &edit.read {
            Some(read) => write_whole(place, read),
            None => fs::remove_file(place),
        };
        if let Err(why) = back {
            error = error.because(format!("`{}` stays changed: {why}", edit.path.display()));
        }
    }
    error
}

/// The folders that were made for new files; dropped, those that are empty go again.
#[derive(Default)]
struct Folders(BTreeSet<PathBuf>);

impl Folders {
    fn above(&mut self, path: &Path) -> io::Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        let missing =
            folder.ancestors().take_while(|one| !one.as_os_str().is_empty() && !one.exists());
        self.0.extend(missing.map(Path::to_path_buf));
        if folder.as_os_str().is_empty() { Ok(()) } else { fs::create_dir_all(folder) }
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        // The innermost first; one that holds something stays.
        for folder in self.0.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(path: PathBuf, read: Option<&str>, after: Option<&str>) -> FileEdit {
        FileEdit {
            path,
            read: read.map(|text| text.as_bytes().to_vec()),
            after: after.map_or(NewState::Gone, |text| NewState::Written(text.into())),
        }
    }

    fn all(root: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let text = fs::read_to_string(&path).unwrap_or_default();
                format!("{}={text}", path.file_name().unwrap().to_string_lossy())
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn all_files_are_edited_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["a", "b", "c"] {
            fs::write(root.join(name), name).unwrap();
        }
        let before = all(root);
        let edits = |of_b: &str| {
            vec![
                edit(root.join("a"), Some("a"), Some("A")),
                edit(root.join("b"), Some(of_b), Some("B")),
                edit(root.join("c"), Some("c"), None),
                edit(root.join("new/d"), None, Some("D")),
            ]
        };
        let error = carry_out(root, edits("read otherwise")).unwrap_err();
        assert!(error.causes[0].contains("/b`") && !error.causes[0].contains("/a`"));
        assert_eq!(all(root), before);
        // The last one cannot take its place: a file of that name has come in the meantime.
        let twice = vec![
            edit(root.join("a"), Some("a"), Some("A")),
            edit(root.join("d"), None, Some("D")),
            edit(root.join("d"), None, Some("E")),
        ];
        assert!(carry_out(root, twice).is_err());
        assert_eq!(all(root), before);
        carry_out(root, edits("b")).unwrap();
        assert_eq!(all(root), ["a=A", "b=B", "new="]);
        assert_eq!(fs::read_to_string(root.join("new/d")).unwrap(), "D");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_within_the_folder_alone() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("p");
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("a"), "a").unwrap();
        fs::write(folder.path().join("out"), "a").unwrap();
        symlink("a", root.join("in")).unwrap();
        symlink("../out", root.join("up")).unwrap();
        let links = carry_out(&root, vec![edit(root.join("in"), Some("a"), Some("A"))]).unwrap();
        assert!(links[0].1.ends_with("p/a") && root.join("in").is_symlink());
        assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "A");
        let error =
            carry_out(&root, vec![edit(root.join("up"), Some("a"), Some("A"))]).unwrap_err();
        assert!(error.what.contains("leads out of"), "{}", error.what);
        assert_eq!(fs::read_to_string(folder.path().join("out")).unwrap(), "a");
    }
}
