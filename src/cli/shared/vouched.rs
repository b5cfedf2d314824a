//! What the person vouches for by naming it on the command line: what is merely found (in a
//! stranger's checkout, in a fork's pull request) counts for less.

use std::borrow::Cow;
use std::path::PathBuf;

use super::arguments::shell_word;

/// How a command that a text names begins.
const COMMAND: &str = "`sfsetup ";
/// Commands that know of no org, or learn it anew.
const WITHOUT_ORG: &[&str] = &["config", "demo", "git-diff", "org list", "org logout", "template"];

/// What was named on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vouched {
    /// The configuration, in place of one that is found.
    pub(crate) config: Option<PathBuf>,
    /// Hosts that are not Salesforce's and may get a token all the same.
    pub(crate) hosts: Vec<String>,
}

impl Vouched {
    /// Adds to each command in a text what the person vouched for: without it the command would not
    /// find the org, or not speak to it.
    pub(crate) fn in_commands<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let config = self.config.iter().map(|file| ("--config", file.display().to_string()));
        let hosts = self.hosts.iter().map(|host| ("--allow-host", host.clone()));
        let options = config.chain(hosts);
        let options: Vec<(&str, String)> =
            options.map(|(option, value)| (option, shell_word(&value))).collect();
        if options.is_empty() || !text.contains(COMMAND) {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(COMMAND) {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let end = from[1..].find('`').map_or(from.len(), |end| end + 1);
            let (command, behind) = from.split_at(end);
            out.push_str(command);
            let arguments = &command[COMMAND.len()..];
            if !WITHOUT_ORG.iter().any(|one| arguments.starts_with(one)) {
                for (option, value) in &options {
                    if !command.contains(option) {
                        out.extend([" ", option, " ", value]);
                    }
                }
            }
            rest = behind;
        }
        out.push_str(rest);
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_named_has_what_was_vouched_for() {
        let vouched =
            Vouched { config: Some("my file.toml".into()), hosts: vec!["sf.corp.example".into()] };
        let both = "--config 'my file.toml' --allow-host sf.corp.example";
        for (text, expected) in [
            (
                "`sfsetup rollback --org ci` takes it back",
                format!("`sfsetup rollback --org ci {both}` takes it back"),
            ),
            (
                "`sfsetup template list` lists them; `--strict`",
                "`sfsetup template list` lists them; `--strict`".to_owned(),
            ),
            (
                "see `sfsetup deploy --config x`",
                "see `sfsetup deploy --config x --allow-host sf.corp.example`".to_owned(),
            ),
            ("`sfsetup", "`sfsetup".to_owned()),
        ] {
            assert_eq!(vouched.in_commands(text), expected);
        }
        assert_eq!(Vouched::default().in_commands("`sfsetup diff`"), "`sfsetup diff`");
    }
}
