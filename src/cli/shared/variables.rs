//! The variables that the program heeds, in one list: what help says of them, and which of them
//! `doctor` finds set.

/// Names that belong together, and what they are for. Those that end in `_PROXY` count in small
/// letters too.
pub(crate) const VARIABLES: &[(&[&str], &str)] = &[
    (&["SFSETUP_ORG", "SF_TARGET_ORG"], "The org that is meant where none is named."),
    (
        &["SF_ACCESS_TOKEN", "SF_ORG_INSTANCE_URL"],
        "An access token and its org's address, where no org is named otherwise.",
    ),
    (
        &["SFSETUP_KEYRING"],
        "off keeps the secrets of logins in files, not in the system's keyring.",
    ),
    (
        &["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
        "The proxy to orgs, the first that is set, and the hosts that are reached without it; in \
         small letters too.",
    ),
    (
        &["SSL_CERT_FILE", "SSL_CERT_DIR"],
        "Certificates to trust, as PEM: on Linux in place of the system's; elsewhere the file's \
         beside them.",
    ),
    (
        &["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_HYPERLINK", "COLUMNS"],
        "Colour, links and width of what is printed.",
    ),
    (&["SFSETUP_PAGER", "PAGER", "LESS"], "What shows a long answer at a terminal."),
    (
        &["CI", "TERM"],
        "Nobody is asked for what is missing where CI is set or the terminal is dumb.",
    ),
    (&["TZ"], "The time zone in which `why` tells times, beside UTC."),
    (&["SOURCE_DATE_EPOCH"], "The time to go by, in seconds since 1970, for answers made anew."),
    (
        &["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA"],
        "Where the folders below are; the last two on Windows.",
    ),
];

/// Those that name the proxy to orgs, in the order in which they count.
pub(crate) const PROXIES: &[&str] = &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// What is read without being in the list: what other programs say of the run.
    const OF_OTHERS: &[&str] = &["GIT_DIFF_PATH_COUNTER", "SSH_CONNECTION"];

    fn read_in(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_in(&path, names);
            } else if path.extension().is_some_and(|suffix| suffix == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for call in ["var(\"", "var_os(\"", "variable(\"", "set(\""] {
                    let calls = text.split(call).skip(1);
                    names.extend(calls.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
                }
            }
        }
    }

    #[test]
    fn what_the_program_reads_is_in_the_list() {
        let mut read = BTreeSet::new();
        read_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli"), &mut read);
        assert!(read.contains("SSL_CERT_FILE") && read.len() > 8, "{read:?}");
        let known: Vec<&str> = VARIABLES.iter().flat_map(|(names, _)| *names).copied().collect();
        for name in &read {
            let is_known = known.contains(&name.as_str()) || OF_OTHERS.contains(&name.as_str());
            assert!(is_known, "{name} is read, and neither help nor doctor speaks of it");
        }
        for name in PROXIES {
            assert!(known.contains(&&*name.to_uppercase()), "{name}");
        }
    }
}
