//! Templates from elsewhere: folders that a configuration names, and the signatures of what lies in
//! them.
//!
//! A template is read and never run, and what it asks is shown before it is asked (`template show
//! --asks`). Who must know that it is still the vendor's own pins the vendor's key in a
//! configuration that is named: then nothing in those folders is read that the key has not signed.

use std::path::{Path, PathBuf};

use minisign_verify::{PublicKey, Signature};

use super::error::CommandError;
use crate::metadata::registry::nearest::nearest;
use crate::template::builtin;

/// What stands behind a file's name for its signature, as minisign writes it.
const SIGNATURE: &str = ".minisig";
/// The largest signature that is read: two lines of base64, two of comments.
const LARGEST: u64 = 1 << 16;

/// The folders in which templates are looked for by name, and the keys that sign them.
#[derive(Debug, Default)]
pub(crate) struct Library {
    /// In the order in which they are looked at.
    folders: Vec<PathBuf>,
    keys: Vec<(String, PublicKey)>,
    /// The folder out of which no link leads, where the configuration was merely found.
    within: Option<PathBuf>,
}

/// What lies in the folders, and what of them cannot be read.
#[derive(Default)]
pub(crate) struct Shelves {
    /// The templates' files, in order of name within each folder.
    pub(crate) files: Vec<PathBuf>,
    /// A folder each.
    pub(crate) failed: Vec<CommandError>,
}

/// A signature that was found right.
pub(crate) struct Signed<'l> {
    /// The key, as it is pinned.
    pub(crate) key: &'l str,
    /// What the signer says, signed too.
    pub(crate) comment: String,
}

impl Library {
    /// Makes one of folders and of keys, each in minisign's base64.
    ///
    /// # Errors
    /// A text that is no key.
    pub(crate) fn new(folders: Vec<PathBuf>, keys: &[String]) -> Result<Self, CommandError> {
        let read = |text: &String| {
            let key = PublicKey::from_base64(text.trim()).map_err(|error| {
                CommandError::new(format!("`{text}` in `template-keys` is no key"))
                    .because(error.to_string())
                    .hint("take the second line of `minisign.pub`, which begins with RW")
            })?;
            Ok((text.trim().to_owned(), key))
        };
        let keys = keys.iter().map(read).collect::<Result<_, CommandError>>()?;
        Ok(Self { folders, keys, within: None })
    }

    /// The same, of which no file counts that a link leads to from outside a folder: a stranger's
    /// checkout must not show what else is on this machine.
    pub(crate) fn within(self, folder: &Path) -> Self {
        Self { within: Some(folder.to_path_buf()), ..self }
    }

    /// Says whether a file lies in one of the folders, or below one, by its own path or by where
    /// its links lead.
    fn holds(&self, file: &Path) -> bool {
        let parent = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let places = [parent.canonicalize(), file.canonicalize()];
        let folders = self.folders.iter().filter_map(|folder| folder.canonicalize().ok());
        let folders: Vec<PathBuf> = folders.collect();
        let is_below = |place: PathBuf| folders.iter().any(|folder| place.starts_with(folder));
        places.into_iter().flatten().any(is_below)
    }

    /// Reads a file that was asked for by its path, or that another stands on: what lies in the
    /// folders only as a key has signed it, where keys are pinned.
    ///
    /// # Errors
    /// It cannot be read, or is not signed.
    pub(crate) fn read(&self, file: &Path) -> Result<String, CommandError> {
        let text = text_of(file)?;
        if !self.keys.is_empty() && self.holds(file) {
            self.verify(file, text.as_bytes())?;
        }
        Ok(text)
    }

    /// Reads a file of the folders that was asked for by its name.
    ///
    /// # Errors
    /// As [`read`](Self::read); also where a link leads out of the folder of a configuration that
    /// was found.
    pub(crate) fn read_own(&self, file: &Path) -> Result<String, CommandError> {
        if let Some(folder) = &self.within {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let is_within = match (folder.canonicalize(), file.canonicalize()) {
                (Ok(folder), Ok(file)) => file.starts_with(folder),
                // What cannot be followed is not read either.
                _ => false,
            };
            if !is_within {
                let what = format!("`{}` is passed over", file.display());
                return Err(CommandError::new(what)
                    .because(format!(
                        "it is a link that leads out of `{}`, and the configuration there was found",
                        folder.display()
                    ))
                    .hint("if you trust it, name the configuration: `--config FILE`"));
            }
        }
        self.read(file)
    }

    /// Returns the file of a template by its name; a name that leads elsewhere is none.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_plain) {
            return None;
        }
        let mut files = self.folders.iter().map(|folder| folder.join(format!("{name}.toml")));
        files.find(|file| file.is_file())
    }

    /// The names of the files in the folders, whatever is in them.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = self.shelves().files;
        files.iter().filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect()
    }

    /// Says that no template goes by a name, with the one that was probably meant.
    pub(crate) fn unknown(&self, name: &str) -> CommandError {
        let own = self.names();
        let known = builtin::all().iter().map(|shipped| shipped.name);
        let near = nearest(name, known.chain(own.iter().map(String::as_str)));
        let list = "`sfsetup template list` lists those that are known";
        CommandError::new(format!("there is no template `{name}`, and no file of that name")).hint(
            match near {
                Some(near) => format!("did you mean `{near}`? {list}"),
                None => format!("{list}; a file is named by its path"),
            },
        )
    }

    /// Returns the files of the folders, in order of name within each, and what of them cannot be
    /// read.
    pub(crate) fn shelves(&self) -> Shelves {
        let mut shelves = Shelves::default();
        for folder in &self.folders {
            match files_in(folder) {
                Ok(files) => shelves.files.extend(files),
                Err(error) => shelves.failed.push(
                    CommandError::new(format!("cannot read `{}`", folder.display()))
                        .because(error.to_string())
                        .hint("it stands in `template-paths` of sfsetup.toml"),
                ),
            }
        }
        shelves
    }

    /// Holds what was read of a file against the signature beside it.
    ///
    /// # Errors
    /// No key is pinned, there is no signature, or none of the keys has made it of these bytes.
    pub(crate) fn verify(&self, file: &Path, bytes: &[u8]) -> Result<Signed<'_>, CommandError> {
        let failed = |why: String| {
            CommandError::new(format!("`{}` is not verified", file.display())).because(why)
        };
        if self.keys.is_empty() {
            return Err(failed("no key is pinned".to_owned()).hint(
                "write the vendor's key into a configuration of your own, `template-keys = \
                 [\"RW..\"]`, and name it: `--config FILE`",
            ));
        }
        let beside = PathBuf::from(format!("{}{SIGNATURE}", file.display()));
        let size = std::fs::metadata(&beside).map(|data| data.len());
        let text = match size {
            Ok(size) if size > LARGEST => Err("it is larger than a signature is".to_owned()),
            _ => std::fs::read_to_string(&beside).map_err(|error| error.to_string()),
        };
        let text = text.map_err(|why| {
            failed(format!("its signature `{}` cannot be read: {why}", beside.display()))
                .hint("ask whoever gave you the template for its signature")
        })?;
        let signature = Signature::decode(&text)
            .map_err(|error| failed(format!("`{}`: {error}", beside.display())))?;
        // Of signatures made in the older way, of the bytes themselves, there are none to keep.
        let signed = self.keys.iter().find(|(_, key)| key.verify(bytes, &signature, false).is_ok());
        match signed {
            Some((key, _)) => Ok(Signed { key, comment: signature.trusted_comment().to_owned() }),
            None => Err(failed(
                "its signature is not by a key that is pinned, or the file has changed since"
                    .to_owned(),
            )
            .hint("do not use it before you know why; get it anew from where you trust it")),
        }
    }
}

/// The templates' files of a folder, in order of name.
fn files_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "toml") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads the text of a template's file.
///
/// # Errors
/// It is a folder, cannot be read, or is no UTF-8.
pub(crate) fn text_of(path: &Path) -> Result<String, CommandError> {
    let failed = || CommandError::new(format!("cannot read the template `{}`", path.display()));
    if path.is_dir() {
        return Err(failed().because("it is a folder").hint("name one `.toml` file in it"));
    }
    let bytes = std::fs::read(path).map_err(|error| failed().because(error.to_string()))?;
    String::from_utf8(bytes)
        .map_err(|error| failed().because(format!("it is not UTF-8 text: {}", error.utf8_error())))
}
