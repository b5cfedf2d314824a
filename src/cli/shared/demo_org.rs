//! The orgs inside the program: `demo`, and as many `demo:NAME` as one likes, each apart from the
//! others.

use std::fs;
use std::path::{Path, PathBuf};

use super::arguments::{DEMO, demo_name};
use super::error::CommandError;

/// The longest name of a demo org, so that its folder can be made anywhere.
const LONGEST: usize = 40;
/// The folder of those that have a name, each in one of its own.
const NAMED: &str = "demo-orgs";
/// The file with the port of an org.
const PORT: &str = "port";
/// The file with the address at which it is served.
const SERVED: &str = "served";

/// One of the orgs inside the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DemoOrg {
    /// What stands behind `demo:`; none for `demo` itself.
    name: Option<String>,
}

impl DemoOrg {
    /// The org that is called `demo`.
    pub(crate) fn plain() -> Self {
        Self { name: None }
    }

    /// Reads an org's name as `--org` takes it; `None` where it is no demo org's.
    pub(crate) fn of(org: &str) -> Option<Self> {
        Some(Self { name: demo_name(org)?.map(str::to_owned) })
    }

    /// Reads a name as the commands of `demo` take it: `acme`, `demo:acme`, or `demo`.
    ///
    /// # Errors
    /// No demo org can be called so.
    pub(crate) fn named(name: &str) -> Result<Self, CommandError> {
        let org = Self::of(name).unwrap_or_else(|| Self { name: Some(name.to_owned()) });
        org.check()?;
        Ok(org)
    }

    /// Finds whether an org can be called so: the name is a folder's, on every system.
    ///
    /// # Errors
    /// It cannot.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        let Some(name) = &self.name else { return Ok(()) };
        let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_fine = |byte: &u8| is_plain(byte) || matches!(byte, b'-' | b'_');
        let starts_well = name.as_bytes().first().is_some_and(is_plain);
        if starts_well && name.bytes().all(|byte| is_fine(&byte)) && name.len() <= LONGEST {
            return Ok(());
        }
        Err(CommandError::new(format!("a demo org cannot be called `{name}`"))
            .because(format!(
                "its name is made of small letters, digits, `-` and `_`, begins with a letter or \
                 digit, and has {LONGEST} characters at most"
            ))
            .hint("`--org demo:acme` is a demo org that is called `acme`; `--org demo` has no name")
            .usage())
    }

    /// What stands behind `demo:`; none for `demo` itself.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How `--org` names it.
    pub(crate) fn as_option(&self) -> String {
        self.name.as_ref().map_or_else(|| DEMO.to_owned(), |name| format!("{DEMO}:{name}"))
    }

    /// Returns the folder in which it keeps its state between commands; `base` is that of all that
    /// is kept.
    pub(crate) fn folder(&self, base: &Path) -> PathBuf {
        match &self.name {
            None => base.join("demo"),
            Some(name) => base.join(NAMED).join(name),
        }
    }

    /// Returns the port that it listened on first.
    pub(crate) fn port(&self, base: &Path) -> Option<u16> {
        fs::read_to_string(self.folder(base).join(PORT)).ok()?.trim().parse().ok()
    }

    /// Keeps the port for the next time. That it cannot be kept costs no more than a dead link.
    pub(crate) fn remember_port(&self, base: &Path, port: u16) {
        let _ = fs::write(self.folder(base).join(PORT), port.to_string());
    }

    /// Returns the address at which it is served, if `sfsetup demo serve` says that it does.
    pub(crate) fn served(&self, base: &Path) -> Option<String> {
        fs::read_to_string(self.folder(base).join(SERVED)).ok()
    }

    /// Says for other commands that it is served at an address, as long as the value lives.
    pub(crate) fn announce(&self, base: &Path, url: &str) -> Announced {
        let file = self.folder(base).join(SERVED);
        // Where it cannot be said the others serve it themselves.
        let _ = fs::write(&file, url);
        Announced { file, url: url.to_owned() }
    }

    /// Returns every demo org that has been used, `demo` first.
    pub(crate) fn all(base: &Path) -> Vec<Self> {
        // Where there is no folder there is no org with a name.
        let mut orgs: Vec<Self> = fs::read_dir(base.join(NAMED))
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().join("current").exists())
            .map(|entry| Self { name: Some(entry.file_name().to_string_lossy().into_owned()) })
            .filter(|org| org.check().is_ok())
            .collect();
        orgs.sort_by(|one, other| one.name.cmp(&other.name));
        orgs.insert(0, Self::plain());
        orgs
    }
}

/// Says that a demo org is served.
#[derive(Debug)]
pub(crate) struct Announced {
    file: PathBuf,
    url: String,
}

impl Drop for Announced {
    fn drop(&mut self) {
        // A younger server may have said that it is at another address.
        if fs::read_to_string(&self.file).is_ok_and(|url| url == self.url) {
            let _ = fs::remove_file(&self.file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_org_is_told_by_its_name() {
        assert_eq!(DemoOrg::of("demo"), Some(DemoOrg::plain()));
        assert_eq!(DemoOrg::of("demo:demo"), Some(DemoOrg::plain()));
        assert_eq!(DemoOrg::of("demo:acme").unwrap().as_option(), "demo:acme");
        assert_eq!(DemoOrg::of("demos"), None);
        assert_eq!(DemoOrg::of("acme"), None);
        assert_eq!(DemoOrg::named("acme").unwrap(), DemoOrg::of("demo:acme").unwrap());
        assert_eq!(DemoOrg::named("demo").unwrap(), DemoOrg::plain());
        for wrong in ["demo:", "demo:Acme", "demo:../x", "demo:a/b", "demo:.", "demo:-a", ""] {
            assert!(DemoOrg::named(wrong).is_err(), "{wrong}");
        }
        DemoOrg::named(&"a".repeat(LONGEST + 1)).unwrap_err();
    }
}
