//! Templates from elsewhere: folders that a configuration names, and the signatures of what lies in
//! them.
//!
//! A template is read and never run, and what it asks is shown before it is asked (`template show
//! --asks`). Who must know that it is still the vendor's own pins the vendor's key in a
//! configuration that is named: then nothing in those folders is read that the key has not signed.

use std::path::{Path, PathBuf};

use minisign_verify::{PublicKey, Signature};

use super::error::CommandError;

/// What stands behind a file's name for its signature, as minisign writes it.
const SIGNATURE: &str = ".minisig";
/// The largest signature that is read: two lines of base64, two of comments.
const LARGEST: u64 = 1 << 16;

/// The folders in which templates are looked for by name, and the keys that sign them.
#[derive(Debug, Default)]
pub(crate) struct Library {
    /// In the order in which they are looked at.
    pub(crate) folders: Vec<PathBuf>,
    keys: Vec<(String, PublicKey)>,
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
        Ok(Self { folders, keys: keys.iter().map(read).collect::<Result<_, CommandError>>()? })
    }

    /// Says whether nothing is read that is not signed.
    pub(crate) fn is_pinned(&self) -> bool {
        !self.keys.is_empty()
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

    /// Returns the files of the folders, in order of name within each.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>, CommandError> {
        let mut files = Vec::new();
        for folder in &self.folders {
            let failed = |error: std::io::Error| {
                CommandError::new(format!("cannot read `{}`", folder.display()))
                    .because(error.to_string())
                    .hint("it stands in `template-paths` of sfsetup.toml")
            };
            let mut here = Vec::new();
            for entry in std::fs::read_dir(folder).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                if path.extension().is_some_and(|kind| kind == "toml") && path.is_file() {
                    here.push(path);
                }
            }
            here.sort();
            files.extend(here);
        }
        Ok(files)
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
