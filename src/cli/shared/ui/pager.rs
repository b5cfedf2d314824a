//! The program in which a long answer is read, as git has it.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, ExitStatus, Stdio};

/// Shows text in the pager that the person has chosen, and waits until it was read. Says whether it
/// was shown: there may be no pager, or one that fails.
pub(super) fn show(text: &str) -> bool {
    let variables = ["SFSETUP_PAGER", "PAGER"];
    let chosen = variables.into_iter().find_map(std::env::var_os);
    let Some(mut command) = command(chosen) else { return false };
    command.env("LESS", less(std::env::var_os("LESS"))).stdin(Stdio::piped());
    let Ok(mut pager) = command.spawn() else { return false };
    if let Some(mut stdin) = pager.stdin.take() {
        // Whoever has read enough closes it.
        let _ = stdin.write_all(text.as_bytes());
    }
    pager.wait().is_ok_and(was_read)
}

/// Says whether a person ended it, as they do who have read enough; one that crashed has shown
/// nothing, for all that is known.
#[cfg(unix)]
fn was_read(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    // Hangup, Ctrl-C, a closed pipe, and to be told to end; a shell tells Ctrl-C as 130.
    status.signal().is_some_and(|signal| [1, 2, 13, 15].contains(&signal))
        || matches!(status.code(), Some(0 | 130))
}

#[cfg(not(unix))]
fn was_read(status: ExitStatus) -> bool {
    status.success()
}

/// The command that was chosen; none where it says that nothing is to page.
fn command(chosen: Option<OsString>) -> Option<Command> {
    let Some(chosen) = chosen else {
        // Elsewhere `less` is no part of the system.
        return cfg!(unix).then(|| Command::new("less"));
    };
    let line = chosen.to_string_lossy();
    if cfg!(unix) && line.contains(|c: char| "|&;<>()$`\\\"'*?[#~=%".contains(c)) {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(&chosen);
        return Some(shell);
    }
    let mut words = line.split_whitespace();
    let program = words.next().filter(|program| *program != "cat")?;
    let mut command = Command::new(program);
    command.args(words);
    Some(command)
}

/// What `less` reads its options from: those of git, or the person's own and that colour is shown.
fn less(own: Option<OsString>) -> OsString {
    match own {
        Some(own) if !own.is_empty() => {
            let mut all = OsString::from("-R ");
            all.push(own);
            all
        }
        _ => "FRX".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pager_is_the_one_that_was_chosen() {
        let of = |line: &str| {
            command(Some(line.into())).map(|command| {
                let words = std::iter::once(command.get_program()).chain(command.get_args());
                words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>()
            })
        };
        assert_eq!(of(""), None);
        assert_eq!(of("cat"), None);
        assert_eq!(of("less -S").unwrap(), ["less", "-S"]);
        #[cfg(unix)]
        assert_eq!(of("less | tee x").unwrap(), ["sh", "-c", "less | tee x"]);
    }

    #[test]
    fn less_shows_colour_whatever_else_it_is_told() {
        assert_eq!(less(None), "FRX");
        assert_eq!(less(Some("".into())), "FRX");
        assert_eq!(less(Some("-iM".into())), "-R -iM");
    }
}
