//! Running the real program in a clean environment, and finding the fixtures.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A run's home, temporary folder and working folder.
pub(crate) struct Env {
    home: TempDir,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Env {
    pub(crate) fn new() -> Self {
        Self { home: TempDir::new().unwrap() }
    }

    /// The folder in which the program runs.
    pub(crate) fn folder(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file in the working folder.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The program, with nothing of the caller's environment but the path.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sfsetup"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder())
            .env("SFSETUP_KEYRING", "off")
            .env("XDG_STATE_HOME", self.folder().join("state"))
            .env("XDG_CONFIG_HOME", self.folder().join("config"))
            .current_dir(self.folder());
        command
    }

    /// Runs the program.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        finish(self.command().args(arguments).output().unwrap())
    }
}

/// What a finished process gave.
pub(crate) fn finish(output: Output) -> Run {
    Run {
        code: output.status.code().expect("the program was not killed"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder of `fixtures/`.
pub(crate) fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    assert!(path.exists(), "there is no fixture {}", path.display());
    path.to_str().unwrap().to_owned()
}
