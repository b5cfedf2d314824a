//! `sfsetup demo serve --orgs N`: the files by which others reach many orgs.

use std::fmt::Write as _;
use std::path::Path;

use crate::demo::Orgs;

use crate::cli::shared::arguments::shell_word;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;

/// What the files begin with that this program may write anew.
const MARK: &str = "# Written by `sfsetup demo serve`; the orgs last as long as it runs.\n";

const TOML: &str = "orgs.toml";
const CSV: &str = "orgs.csv";
const TOKENS: &str = "tokens.sh";

/// Writes how the orgs are reached, as `--orgs` reads it, and a file for a shell with the tokens;
/// returns the lines by which they are used.
///
/// # Errors
/// The folder holds files of these names that are somebody else's, or cannot be written.
pub(super) fn write(
    ui: &Ui,
    folder: &Path,
    url: &str,
    orgs: &Orgs,
) -> Result<String, CommandError> {
    let [list, table, shell] = [TOML, CSV, TOKENS].map(|name| folder.join(name));
    let is_ours = |path: &Path| std::fs::read_to_string(path).is_ok_and(|it| it.starts_with(MARK));
    let is_taken = [&list, &table, &shell].into_iter().any(|path| path.exists());
    if is_taken && !(is_ours(&list) && is_ours(&shell)) {
        return Err(CommandError::new(format!(
            "`{}` holds files that `sfsetup demo serve` has not written, so nothing was written",
            folder.display()
        ))
        .hint("name a new folder with `--into`"));
    }
    let (mut toml, mut csv) = (MARK.to_owned(), "org,instance_url,access_token_env\n".to_owned());
    let mut sh = MARK.to_owned();
    for (name, token) in orgs.ways_in() {
        let variable = format!("DEMO_{}_TOKEN", name.to_uppercase());
        let _ = write!(
            toml,
            "\n[orgs.{name}]\ninstance_url = \"{url}\"\naccess_token_env = \"{variable}\"\n"
        );
        let _ = writeln!(csv, "{name},{url},{variable}");
        let _ = writeln!(sh, "export {variable}='{token}'");
    }
    ui.write_file(&list, toml.as_bytes())?;
    ui.write_file(&table, csv.as_bytes())?;
    ui.write_file(&shell, sh.as_bytes())?;
    // A shell looks for a bare name among its programs.
    let shell = if shell.is_absolute() { shell } else { Path::new(".").join(shell) };
    Ok(format!(". {}\n", shell_word(&shell.display().to_string())))
}
