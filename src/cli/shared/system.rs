//! What to do about what the operating system says, and about an error that says no more than what
//! happened.
//!
//! By the time an error is shown the system's words are part of a text; its numbers are told by
//! `(os error N)`, as the standard library writes them.

use super::arguments::Exit;

/// A number of the system's, and the way out.
type Row = (i32, &'static str);

const FULL: &str = "the disk, or your share of it, is full: make room, then run the same command \
                    again";
const READ_ONLY: &str = "that place can only be read: name another with `--out`, or set \
                         XDG_STATE_HOME and XDG_CONFIG_HOME to folders that can be written";
const FILES: &str = "this program may open no more files: raise the limit (`ulimit -n 1024`), then \
                     run the same command again";
const FORBIDDEN: &str = "you may not read or write there: see whose it is, or name another place";
const ABSENT: &str = "there is nothing of that name: is it spelled right, and the folder the right \
                      one?";

/// What helps whatever else is advised.
#[cfg(unix)]
const FIRST: &[Row] =
    &[(28, FULL), (122, FULL), (69, FULL), (30, READ_ONLY), (24, FILES), (23, FILES)];
#[cfg(not(unix))]
const FIRST: &[Row] = &[(112, FULL), (39, FULL), (19, READ_ONLY), (4, FILES)];

/// What helps where nothing else is advised.
#[cfg(unix)]
const ELSE: &[Row] = &[(13, FORBIDDEN), (1, FORBIDDEN), (2, ABSENT)];
#[cfg(not(unix))]
const ELSE: &[Row] = &[(5, FORBIDDEN), (2, ABSENT), (3, ABSENT)];

/// What the system's number in a text asks for, whatever else is advised.
fn told(rows: &'static [Row], texts: &[&str]) -> Option<&'static str> {
    let is_in = |number: i32| {
        let words = format!("(os error {number})");
        texts.iter().any(|text| text.contains(&words))
    };
    rows.iter().find(|(number, _)| is_in(*number)).map(|(_, hint)| *hint)
}

/// Completes the hints of an error, given what happened and why: the system's way out first, and
/// one at least.
pub(super) fn complete(texts: &[&str], exit: Exit, mut hints: Vec<String>) -> Vec<String> {
    if let Some(first) = told(FIRST, texts) {
        // A hint that knows which folder it is says more.
        let is_told = first == READ_ONLY && hints.iter().any(|hint| hint.contains("XDG_"));
        if !is_told {
            hints.insert(0, first.to_owned());
        }
    }
    if hints.is_empty() {
        let hint = told(ELSE, texts).or(match exit {
            _ if texts.first().is_some_and(|what| what.starts_with("internal error")) => {
                Some("please report it, with what the same command says with `-v`")
            }
            Exit::Usage => Some("the command's `--help` says what it takes"),
            Exit::Refused => Some("Setup > Deployment Status shows what the org says of it"),
            Exit::Interrupted => None,
            Exit::Done | Exit::Error | Exit::Drift | Exit::Partial => {
                Some("put right what is named here, then run the same command again")
            }
        });
        hints.extend(hint.map(str::to_owned));
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_systems_own_errors_have_a_way_out() {
        for (number, words) in
            [(28, "is full"), (30, "only be read"), (24, "ulimit -n"), (13, "may not read")]
        {
            let cause = std::io::Error::from_raw_os_error(number);
            let hints = complete(&["cannot write `x`", &cause.to_string()], Exit::Error, vec![]);
            assert!(hints[0].contains(words), "{number}: {hints:?}");
        }
        // It stands before what is advised for another reason.
        let texts = ["cannot connect", "x (os error 24)"];
        let hints = complete(&texts, Exit::Error, vec!["network".to_owned()]);
        assert_eq!(hints, [FILES, "network"]);
    }

    #[test]
    fn no_error_is_without_a_hint() {
        for exit in [Exit::Error, Exit::Drift, Exit::Refused, Exit::Usage] {
            assert_eq!(complete(&["something went wrong", "why"], exit, vec![]).len(), 1);
        }
        // Nothing is amiss where somebody pressed Ctrl-C.
        assert!(complete(&["interrupted"], Exit::Interrupted, vec![]).is_empty());
    }
}
