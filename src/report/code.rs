//! The codes of errors in answers for programs, as far as they are this program's own.
//!
//! An org's own codes (`INVALID_SESSION_ID`, `API_DISABLED_FOR_ORG`) come as the org writes them.
//! What is listed here is listed in `docs/json.md`; a code is never given another meaning.

/// The login is not, or no longer, valid.
pub const AUTH: &str = "AUTH";
/// No login and no alias of that name.
pub const NO_SUCH_ORG: &str = "NO_SUCH_ORG";
/// The host could not be reached, or the connection broke.
pub const UNREACHABLE: &str = "UNREACHABLE";
/// No answer in time.
pub const TIMED_OUT: &str = "TIMED_OUT";
/// The org is in maintenance or overloaded.
pub const UNAVAILABLE: &str = "UNAVAILABLE";
/// The org has another address now.
pub const MOVED: &str = "MOVED";
/// A limit of the org is used up.
pub const LIMIT: &str = "LIMIT";
/// No API access.
pub const DISABLED: &str = "DISABLED";
/// The user lacks a permission.
pub const PERMISSION: &str = "PERMISSION";
/// The org cannot do this with the session at hand.
pub const UNSUPPORTED: &str = "UNSUPPORTED";
/// The org refused, and gave no code.
pub const REFUSED: &str = "REFUSED";
/// What came was damaged, twice.
pub const DAMAGED: &str = "DAMAGED";
/// What came is unsafe to read.
pub const HOSTILE: &str = "HOSTILE";
/// What came is not what the API promises.
pub const UNEXPECTED: &str = "UNEXPECTED";
/// What was asked for makes no sense.
pub const USAGE: &str = "USAGE";
/// A login could not be stored or read.
pub const STORAGE: &str = "STORAGE";
/// Nothing of what is asked could be seen.
pub const NOTHING_OBSERVED: &str = "NOTHING_OBSERVED";
/// A snapshot was written, and what the org did not show is not in it.
pub const INCOMPLETE: &str = "INCOMPLETE";
/// What was to be carried out does not hold any more.
pub const STALE: &str = "STALE";
/// Nobody said yes.
pub const NOT_CONFIRMED: &str = "NOT_CONFIRMED";
/// Another run is at work on the org.
pub const BUSY: &str = "BUSY";
/// The run over many orgs was stopped before it came to this one.
pub const HALTED: &str = "HALTED";
/// No part of a run over many orgs answers this one.
pub const NOT_ANSWERED: &str = "NOT_ANSWERED";
/// A deploy was canceled.
pub const CANCELED: &str = "CANCELED";
/// The run was told to stop.
pub const INTERRUPTED: &str = "INTERRUPTED";
/// The org has carried out a deploy, and is not as it should be.
pub const NOT_IN_SYNC: &str = "NOT_IN_SYNC";
/// What became of a deploy is not known.
pub const UNKNOWN_OUTCOME: &str = "UNKNOWN_OUTCOME";
/// A template has mistakes, or its parameters do.
pub const TEMPLATE: &str = "TEMPLATE";
/// Any other failure of this program's own.
pub const ERROR: &str = "ERROR";

/// Every code of this program's own with what it means, in the order in which they are documented.
pub const CODES: &[(&str, &str)] = &[
    (AUTH, "the login or session is not, or no longer, valid"),
    (NO_SUCH_ORG, "there is no login and no alias of that name"),
    (UNREACHABLE, "the host could not be reached, or the connection broke"),
    (TIMED_OUT, "the org did not answer, or did not finish, in time"),
    (UNAVAILABLE, "the org is in maintenance or overloaded"),
    (MOVED, "the org has another address now, which the message names"),
    (LIMIT, "a limit of the org is used up"),
    (DISABLED, "the org's edition, or this user, has no API access"),
    (PERMISSION, "this user lacks a permission"),
    (UNSUPPORTED, "the org cannot do this with the session at hand"),
    (REFUSED, "the org refused, and gave no code of its own"),
    (DAMAGED, "what the org sent was damaged, and again when it was asked once more"),
    (HOSTILE, "what came is unsafe to read; nothing was written"),
    (UNEXPECTED, "what came is not what the API promises: a login page, half an answer"),
    (
        USAGE,
        "what was asked for makes no sense: an address, a key file, an alias, a choice that names nothing",
    ),
    (STORAGE, "a login could not be stored or read"),
    (NOTHING_OBSERVED, "nothing of what is asked could be seen; the findings say why"),
    (INCOMPLETE, "a snapshot was written, but the org did not show all that was asked for"),
    (STALE, "what was planned or validated does not hold any more, so nothing was sent"),
    (NOT_CONFIRMED, "nobody said yes, or nobody was there to ask, so nothing was sent or made"),
    (BUSY, "another run of this program is deploying to the org now, so nothing was sent"),
    (HALTED, "others of many orgs failed, so nothing was sent to this one"),
    (NOT_ANSWERED, "no part of a run over many orgs answers this one"),
    (CANCELED, "the deploy was canceled before it changed anything"),
    (INTERRUPTED, "the run was told to stop"),
    (NOT_IN_SYNC, "the org took the deploy, and is not as it should be"),
    (UNKNOWN_OUTCOME, "what became of a deploy is not known; the next run finds it out first"),
    (TEMPLATE, "a template, its parameters or its cases have mistakes"),
    (ERROR, "any other failure; the message says which"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::State;

    const PAGE: &str = include_str!("../../docs/json.md");

    /// The rows of the table under a heading of the page: what stands in backticks, and the rest.
    fn table(heading: &str) -> Vec<(&'static str, &'static str)> {
        let section = PAGE.split(&format!("## {heading}\n")).nth(1).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let cells = |line: &'static str| line.strip_prefix("| `")?.split_once("` | ");
        section
            .lines()
            .filter_map(cells)
            .map(|(name, words)| (name, words.trim_end_matches(" |")))
            .collect()
    }

    #[test]
    fn codes_are_a_promise() {
        let codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        insta::assert_snapshot!(codes.join(" "), @"AUTH NO_SUCH_ORG UNREACHABLE TIMED_OUT UNAVAILABLE MOVED LIMIT DISABLED PERMISSION UNSUPPORTED REFUSED DAMAGED HOSTILE UNEXPECTED USAGE STORAGE NOTHING_OBSERVED INCOMPLETE STALE NOT_CONFIRMED BUSY HALTED NOT_ANSWERED CANCELED INTERRUPTED NOT_IN_SYNC UNKNOWN_OUTCOME TEMPLATE ERROR");
    }

    #[test]
    fn the_page_lists_what_the_code_has() {
        assert_eq!(table("Error codes"), CODES);
        let states: Vec<&str> = table("States").into_iter().map(|(name, _)| name).collect();
        assert_eq!(states, State::ALL.map(State::name));
    }

    #[test]
    fn the_page_names_every_key_of_a_finding() {
        let schema: serde_json::Value = serde_json::from_str(crate::report::json::SCHEMA).unwrap();
        let keys = schema["$defs"]["finding"]["properties"].as_object().unwrap();
        for key in keys.keys() {
            assert!(PAGE.contains(&format!("`{key}`")), "{key}");
        }
    }
}
