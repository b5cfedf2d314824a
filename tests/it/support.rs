//! Running the real program in a clean environment, and finding the fixtures.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

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

    /// Writes a script in the working folder that can be run.
    #[cfg(unix)]
    pub(crate) fn script(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.write(name, text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The program, with nothing of the caller's environment but the path.
    pub(crate) fn command(&self) -> Command {
        self.clean(Command::new(env!("CARGO_BIN_EXE_sfsetup")))
    }

    /// A line, as a shell reads it, in the same environment.
    #[cfg(unix)]
    pub(crate) fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        self.clean(command)
    }

    /// A command in this home, with nothing of the caller's environment but the path.
    pub(crate) fn clean(&self, mut command: Command) -> Command {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder())
            .env("SFSETUP_KEYRING", "off")
            // The day on which the shipped templates are young: 27 November 2026.
            .env("SOURCE_DATE_EPOCH", "1795737600")
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

/// Waits for a program that was started, apart from this runtime's threads.
pub(crate) async fn end(child: Child) -> Run {
    finish(tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap())
}

/// Runs a program to its end, apart from this runtime's threads; it has nothing to read.
pub(crate) async fn ended(mut command: Command) -> Run {
    command.stdin(Stdio::null());
    finish(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
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
