//! What the help of each command says beside its options: two examples, and how it ends; and the
//! manual pages, which say it too.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::shared::variables::VARIABLES;

/// A command by its words, two examples with what each does, and its exit codes beside 1, 64 and
/// 130, which all have.
type Row = (&'static str, [(&'static str, &'static str); 2], &'static [u8]);

/// Every command that does something.
pub(super) const ROWS: &[Row] = &[
    (
        "init",
        [
            ("sfsetup init", "asks which vendor, org, app and user, and writes sfsetup.toml"),
            (
                "sfsetup init --template ampersand --org demo",
                "the same without a terminal; `--set NAME=VALUE` gives parameters",
            ),
        ],
        &[0],
    ),
    (
        "diff",
        [
            ("sfsetup diff -t ampersand -o demo", "what differs from the vendor's page"),
            (
                "sfsetup diff --baseline org -o demo --out drift.html",
                "what somebody changed since a snapshot, as a page",
            ),
        ],
        &[0, 2, 4],
    ),
    (
        "package",
        [
            (
                "sfsetup package -t ampersand -o demo --out fix.zip",
                "the smallest package that mends it, for any deploying tool",
            ),
            (
                "sfsetup package -t ampersand --from . --in-place",
                "the files of a checkout, edited where they stand",
            ),
        ],
        &[0, 2],
    ),
    (
        "plan show",
        [
            ("sfsetup plan show plan.json", "what a saved plan would do; no org is asked"),
            ("sfsetup plan show plan.json --out plan.html", "the same as a page to review"),
        ],
        &[0, 2, 3, 4],
    ),
    (
        "deploy",
        [
            ("sfsetup deploy -t ampersand -o demo", "shows the plan, asks, deploys, looks again"),
            ("sfsetup deploy --plan plan.json -o demo --yes", "a plan that somebody has reviewed"),
        ],
        &[0, 2, 3, 4],
    ),
    (
        "rollback",
        [
            ("sfsetup rollback -o demo", "takes the last deploy back"),
            ("sfsetup rollback -o demo --list", "what can be taken back"),
        ],
        &[0, 2, 3, 4],
    ),
    (
        "snapshot",
        [
            ("sfsetup snapshot -o demo --out org --commit", "what guards access, into git"),
            (
                "sfsetup snapshot -o demo --out org --types Profile,PermissionSet",
                "some types alone",
            ),
        ],
        &[0, 4],
    ),
    (
        "git-diff",
        [
            (
                "git config diff.sfsetup.command \"sfsetup git-diff\"",
                "`git diff` shows settings from then on",
            ),
            (
                "echo '*.profile diff=sfsetup' >> .gitattributes",
                "which files; docs of the program list all",
            ),
        ],
        &[0],
    ),
    (
        "merge",
        [
            (
                "sfsetup merge shards/*.jsonl --out fleet.html",
                "the shards of one run as a page of all orgs",
            ),
            (
                "sfsetup merge --results s3://bucket/nights --run 2026-11-27",
                "the same from where `diff --results` kept them",
            ),
        ],
        &[0, 4],
    ),
    (
        "trend",
        [
            ("sfsetup trend nights/*.jsonl", "which orgs drifted, since when, and what was fixed"),
            (
                "sfsetup trend --results s3://bucket/nights --since 30d --out trend.html",
                "of thirty days, as a page with plots",
            ),
        ],
        &[0, 4],
    ),
    (
        "waive",
        [
            (
                "sfsetup waive ampersand/ip-relaxation --reason \"our own network\" --expires 30d",
                "a step may be otherwise for thirty days",
            ),
            (
                "sfsetup waive 'Profile:Sales*:objectPermissions*' --reason R --expires 2999-01-31",
                "settings of components, until a day",
            ),
        ],
        &[0],
    ),
    (
        "why",
        [
            (
                "sfsetup why -t ampersand -o prod --error \"invalid_grant: expired access/refresh token\"",
                "what stopped it, by the vendor's words and the org's records",
            ),
            ("sfsetup why --error OAUTH_APP_BLOCKED", "what an error may come of; no org is asked"),
        ],
        &[0, 2],
    ),
    (
        "explain",
        [
            ("sfsetup explain ampersand/ip-relaxation", "a step of a template, and who else asks"),
            (
                "sfsetup explain Profile:objectPermissions[Account].viewAllRecords",
                "a setting, as findings name it",
            ),
        ],
        &[0],
    ),
    (
        "doctor",
        [
            ("sfsetup doctor -o demo -t ampersand", "what works here, and with that org"),
            ("sfsetup doctor --bundle support.zip", "the same for whoever helps you, no secrets"),
        ],
        &[0],
    ),
    (
        "config schema",
        [
            ("sfsetup config schema > sfsetup.schema.json", "for your editor"),
            ("sfsetup config schema --help", "what it is"),
        ],
        &[0],
    ),
    (
        "template list",
        [
            ("sfsetup template list", "all that are shipped"),
            ("sfsetup template list salesforce jwt --by sign-in", "those that speak of both words"),
        ],
        &[0],
    ),
    (
        "template show",
        [
            ("sfsetup template show ampersand", "its parameters and steps"),
            (
                "sfsetup template show ampersand --set app_kind=connected-app --out page.md",
                "what applies then, as a page",
            ),
        ],
        &[0],
    ),
    (
        "template diff",
        [
            (
                "sfsetup template diff old.toml new.toml",
                "what a new revision asks more, or no more",
            ),
            ("sfsetup template diff ampersand ampersand-jwt --format json", "for programs"),
        ],
        &[0],
    ),
    (
        "template check",
        [
            ("sfsetup template check acme.toml", "every mistake at once"),
            ("sfsetup template check templates/*.toml", "of several files"),
        ],
        &[0],
    ),
    (
        "template new",
        [
            ("sfsetup template new acme", "a skeleton"),
            (
                "sfsetup template new acme --from-org demo --app Ampersand",
                "all that an org has set there now, to cut down",
            ),
        ],
        &[0],
    ),
    (
        "template test",
        [
            ("sfsetup template test acme.toml", "the cases in acme.test"),
            ("sfsetup template test acme.toml --format json", "for programs"),
        ],
        &[0, 2],
    ),
    (
        "template verify",
        [
            ("sfsetup template verify acme --config keys.toml", "one of `template-paths`"),
            ("sfsetup template verify a.toml b.toml --config keys.toml", "files"),
        ],
        &[0],
    ),
    (
        "template schema",
        [
            ("sfsetup template schema > template.schema.json", "for your editor"),
            ("sfsetup template schema --help", "what it is"),
        ],
        &[0],
    ),
    (
        "org login",
        [
            ("sfsetup org login prod", "in a browser"),
            (
                "sfsetup org login ci --jwt-key-file key.pem --client-id ID --username bot@example.com",
                "where nobody is",
            ),
        ],
        &[0],
    ),
    (
        "org list",
        [
            ("sfsetup org list", "every login that is known"),
            ("sfsetup org list --format json", "for programs"),
        ],
        &[0],
    ),
    (
        "org display",
        [
            ("sfsetup org display -o demo", "whether it lets us in"),
            ("sfsetup org display", "which org is meant where none is named"),
        ],
        &[0],
    ),
    (
        "org logout",
        [
            ("sfsetup org logout prod", "forgets the login, and revokes it"),
            ("sfsetup org logout prod --format json", "for programs"),
        ],
        &[0],
    ),
    #[cfg(feature = "demo")]
    (
        "demo serve",
        [
            ("sfsetup demo serve", "lets other clients into the org `demo`"),
            ("sfsetup demo serve acme --port 8080 --slow 1", "into `demo:acme`, slowly"),
        ],
        &[0],
    ),
    #[cfg(feature = "demo")]
    (
        "demo reset",
        [
            ("sfsetup demo reset", "makes the org `demo` as new"),
            ("sfsetup demo reset --all", "all of them"),
        ],
        &[0],
    ),
    #[cfg(feature = "demo")]
    (
        "demo break",
        [
            ("sfsetup demo break", "lists how an integration stops"),
            ("sfsetup demo break ip-enforced", "plays one of them in the org `demo`"),
        ],
        &[0],
    ),
    (
        "completions",
        [
            ("source <(sfsetup completions bash)", "in ~/.bashrc; zsh has the same"),
            ("sfsetup completions fish | source", "in ~/.config/fish/config.fish"),
        ],
        &[0],
    ),
    (
        "schema",
        [
            ("sfsetup schema", "every form that `--format json` gives"),
            ("sfsetup schema diff", "the schema of one"),
        ],
        &[0],
    ),
    (
        "man",
        [
            ("sfsetup man ~/.local/share/man/man1", "where `man sfsetup` finds them"),
            ("sfsetup man pages && man pages/sfsetup-diff.1", "elsewhere"),
        ],
        &[0],
    ),
    ("version", [("sfsetup version", "the version"), ("sfsetup --version", "the same")], &[0]),
];

/// Every exit code, and what it means.
pub(super) const EXITS: &[(u8, &str)] = &[
    (0, "in sync, or done"),
    (1, "an error; the message says what to do"),
    (2, "something differs, is missing or is left"),
    (3, "the org refused the deploy, or the plan is stale"),
    (4, "of many orgs some failed"),
    (64, "wrong usage"),
    (130, "interrupted"),
];

/// The files that the program reads and writes of itself.
const FILES: &[(&str, &str)] = &[
    (
        "sfsetup.toml",
        "What a project says once: looked for from the current folder, or that of --from, upwards; \
         --config names another.",
    ),
    ("~/.config/sfsetup", "Logins. Their secrets are in the system's keyring where there is one."),
    (
        "~/.local/state/sfsetup",
        "The journal of deploys, by which they are taken back, and the built-in org.",
    ),
    (
        "~/.sfdx, ~/.sf",
        "Orgs that the sf command line knows; sf is asked for them, and completions read the names \
         of its aliases.",
    ),
];

/// Adds to each command what stands below its options.
pub(super) fn with_examples(command: Command) -> Command {
    command.after_help(exits("", &[0, 2, 3, 4])).mut_subcommands(|one| of_command(one, ""))
}

fn of_command(command: Command, above: &str) -> Command {
    let name = format!("{above}{}", command.get_name());
    let row = ROWS.iter().find(|(known, ..)| *known == name);
    let command = match row {
        Some((_, examples, codes)) => {
            let mut text = String::from("Examples:\n");
            for (example, what) in examples {
                let _ = writeln!(text, "  {example}\n      {what}");
            }
            let _ = write!(text, "\n{}", exits(&name, codes));
            command.after_help(text)
        }
        None => command,
    };
    let above = format!("{name} ");
    command.mut_subcommands(|one| of_command(one, &above))
}

/// The exit codes of a command, beside those that all have.
fn exits(name: &str, own: &[u8]) -> String {
    let is_its = |code: &u8| own.contains(code) || [1, 64, 130].contains(code);
    let words: Vec<String> = EXITS
        .iter()
        .filter(|(code, _)| is_its(code))
        .map(|(code, words)| (code, meant(name, *code).unwrap_or(words)))
        .map(|(code, words)| format!("{code} {}", words.split(';').next().unwrap_or(words)))
        .collect();
    format!("Exit codes: {}.", words.join(", "))
}

/// What an exit code means of a command that asks for something else than whether all is so.
fn meant(name: &str, code: u8) -> Option<&'static str> {
    match (name, code) {
        ("why", 0) => Some("nothing that is recorded explains it"),
        ("why", 2) => Some("there is a cause, or something fits"),
        _ => None,
    }
}

/// Writes a manual page for each command into a folder.
///
/// # Errors
/// The system refuses.
pub(super) fn manual(command: Command, folder: &Path) -> io::Result<()> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    pages(&command, "", folder)
}

fn pages(command: &Command, name: &str, folder: &Path) -> io::Result<()> {
    for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        pages(one, format!("{name} {}", one.get_name()).trim_start(), folder)?;
    }
    let row = ROWS.iter().find(|(known, ..)| *known == name);
    // What stands below the options has sections of its own here.
    let man = Man::new(command.clone().after_help("").after_long_help(""));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let listed = |page: &mut Vec<u8>, title: &str, rows: &[(String, &str)]| {
        let mut roff = Roff::default();
        roff.control("SH", [title]);
        for (term, words) in rows {
            roff.control("TP", []);
            roff.text([bold(term.as_str())]);
            roff.text([roman(*words)]);
        }
        roff.to_writer(page)
    };
    let owned = |rows: &[(&'static str, &'static str)]| -> Vec<(String, &'static str)> {
        rows.iter().map(|(term, words)| ((*term).to_owned(), *words)).collect()
    };
    if let Some((_, examples, _)) = row {
        listed(&mut page, "EXAMPLES", &owned(examples))?;
    }
    let is_its =
        |code: &u8| row.is_none_or(|(_, _, own)| own.contains(code) || [1, 64, 130].contains(code));
    let codes = EXITS.iter().filter(|(code, _)| is_its(code));
    let codes: Vec<(String, &str)> = codes
        .map(|(code, words)| (code.to_string(), meant(name, *code).unwrap_or(words)))
        .collect();
    listed(&mut page, "EXIT STATUS", &codes)?;
    let variables = VARIABLES.iter().map(|(names, words)| (names.join(", "), *words));
    listed(&mut page, "ENVIRONMENT", &variables.collect::<Vec<_>>())?;
    listed(&mut page, "FILES", &owned(FILES))?;
    if command.get_version().is_some() {
        man.render_version_section(&mut page)?;
    }
    std::fs::write(folder.join(man.get_filename()), page)
}
