//! What a person reads at a terminal: as wide as it is, in a pager where it is longer, in colour
//! and with links where both are wanted; and what a pipe gets.

use std::fs::{File, OpenOptions};
use std::io::Read as _;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::{Env, fixture};

/// A terminal of so many columns and rows, and the variables that are set at it.
struct Terminal<'v> {
    size: (u16, u16),
    variables: &'v [(&'v str, &'v str)],
}

impl Terminal<'_> {
    /// Runs the program; gives how it ended and all that the terminal got.
    fn run(&self, env: &Env, arguments: &[&str]) -> (i32, String) {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let (ws_col, ws_row) = self.size;
        let size = Winsize { ws_row, ws_col, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&terminal, size).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        let end = || OpenOptions::new().read(true).write(true).open(&name).unwrap();
        let mut command = env.command();
        command.env("TERM", "xterm-256color").envs(self.variables.iter().copied());
        command.args(arguments).stdin(end()).stdout(end()).stderr(end());
        let mut child = command.spawn().unwrap();
        // Its ends are the program's alone, so that the terminal is over with it.
        drop(command);
        let mut terminal = File::from(terminal);
        let (mut shown, mut piece) = (Vec::new(), [0; 4096]);
        while let Ok(length @ 1..) = terminal.read(&mut piece) {
            shown.extend_from_slice(&piece[..length]);
        }
        let code = child.wait().unwrap().code().unwrap();
        (code, String::from_utf8(shown).unwrap().replace("\r\n", "\n"))
    }
}

fn terminal<'v>(size: (u16, u16), variables: &'v [(&'v str, &'v str)]) -> Terminal<'v> {
    Terminal { size, variables }
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// A diff that is longer than 24 rows, and ends with 2.
const DIFF: [&str; 8] = [
    "diff",
    "--template",
    "ampersand",
    "--set",
    "app=Ampersand",
    "--set",
    "user=a@x.com",
    "--from",
];

fn diff(more: &[&str]) -> Vec<String> {
    let from = fixture("templates/ampersand/bare");
    let all = DIFF.iter().copied().chain([from.as_str()]).chain(more.iter().copied());
    all.map(str::to_owned).collect()
}

fn words(line: &[String]) -> Vec<&str> {
    line.iter().map(String::as_str).collect()
}

const SUMMARY: &str = "settings differ, ";

#[test]
fn a_long_answer_is_paged_and_its_exit_code_stays() {
    let env = Env::new();
    let line = diff(&[]);
    let page = env.script("page", "#!/bin/sh\ncat > \"$1\"\n");
    let (ours, theirs) = (format!("{} ours", page.display()), format!("{} theirs", page.display()));
    let variables = [("SFSETUP_PAGER", ours.as_str()), ("PAGER", theirs.as_str())];
    let paged = || std::fs::read_to_string(env.folder().join("ours"));
    let (code, shown) = terminal((80, 24), &variables).run(&env, &words(&line));
    assert_eq!(code, 2, "{shown}");
    assert!(paged().unwrap().contains(SUMMARY) && !shown.contains(SUMMARY), "{shown}");
    // A link is nothing for a pager, a colour is.
    assert!(paged().unwrap().contains("\u{1b}[1m"));
    assert!(!env.folder().join("theirs").exists());
    std::fs::remove_file(env.folder().join("ours")).unwrap();
    // Neither where it is short, nor where that is not wanted, nor anything but text.
    for (size, more, term) in [
        ((80, 900), &[][..], "xterm"),
        ((80, 24), &["--no-pager"], "xterm"),
        ((80, 24), &["--format", "json"], "xterm"),
        ((80, 24), &["--out", "out.txt"], "xterm"),
        ((80, 24), &[], "dumb"),
    ] {
        let variables = [variables[0], ("TERM", term)];
        let (code, shown) = terminal(size, &variables).run(&env, &words(&diff(more)));
        assert_eq!(code, 2, "{more:?}: {shown}");
        assert!(paged().is_err(), "{more:?} {term}");
    }
    let (code, _) = terminal((80, 24), &variables).run(&env, &["diff", "--help"]);
    assert_eq!(code, 0);
    assert!(paged().unwrap().contains("--no-pager"));
    // In a pipe nobody pages.
    std::fs::remove_file(env.folder().join("ours")).unwrap();
    let run = env.command().env("PAGER", &ours).args(diff(&[])).output().unwrap();
    assert!(String::from_utf8(run.stdout).unwrap().contains(SUMMARY) && paged().is_err());
}

#[test]
fn a_pager_that_fails_or_is_quit_harms_nothing() {
    let env = Env::new();
    let line = diff(&[]);
    for (pager, is_shown) in [
        ("/nowhere/pager", true),
        ("false", true),
        ("sh -c 'exit 127'", true),
        ("", true),
        ("cat", true),
        ("true", false),
        ("head -n 1", false),
    ] {
        let variables = [("PAGER", pager)];
        let (code, shown) = terminal((80, 24), &variables).run(&env, &words(&line));
        assert_eq!(code, 2, "{pager}: {shown}");
        assert_eq!(shown.contains(SUMMARY), is_shown, "{pager}: {shown}");
        assert!(!shown.contains("panicked"), "{pager}: {shown}");
    }
}

#[test]
fn colour_is_where_it_is_wanted() {
    let env = Env::new();
    for (variables, more, is_coloured) in [
        (&[][..], &[][..], false),
        (&[("FORCE_COLOR", "1")], &[], true),
        (&[("FORCE_COLOR", "0"), ("CLICOLOR_FORCE", "1")], &[], false),
        (&[("CLICOLOR_FORCE", "1")], &[], true),
        (&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], &[], false),
        (&[("NO_COLOR", "1")], &["--color", "always"], true),
        (&[("FORCE_COLOR", "1")], &["--color", "never"], false),
    ] {
        let mut command = env.command();
        command.envs(variables.iter().copied()).args(diff(more));
        let stdout = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert_eq!(stdout.contains('\u{1b}'), is_coloured, "{variables:?} {more:?}");
        // Nothing is said by colour alone.
        assert!(plain(&stdout).contains("\n~ Refresh token"), "{stdout}");
    }
    for (variables, is_coloured) in
        [(("A", ""), true), (("TERM", "dumb"), false), (("NO_COLOR", "1"), false)]
    {
        let variables = [variables];
        let (_, shown) = terminal((80, 900), &variables).run(&env, &words(&diff(&[])));
        assert_eq!(shown.contains('\u{1b}'), is_coloured, "{variables:?}");
    }
    // Also of what is not understood.
    let run = env.run(&["dif", "--color=always"]);
    assert!(run.code == 64 && run.stderr.contains('\u{1b}'), "{run:?}");
}

#[test]
fn an_address_is_a_link_at_a_terminal_alone() {
    let env = Env::new();
    let forced = [("FORCE_HYPERLINK", "1")];
    let link = "\u{1b}]8;;https://docs.withampersand.com/customer-guides/salesforce\u{1b}\\";
    let line = diff(&[]);
    let (_, shown) = terminal((80, 900), &forced).run(&env, &words(&line));
    assert!(shown.contains(link), "{shown:?}");
    assert!(plain(&shown).contains("https://docs.withampersand.com/customer-guides/salesforce"));
    let (_, shown) = terminal((80, 900), &[("TERM", "dumb"), forced[0]]).run(&env, &words(&line));
    assert!(!shown.contains("\u{1b}]8"), "{shown:?}");
    let mut command = env.command();
    command.envs(forced).env("FORCE_COLOR", "1").args(diff(&[]));
    let stdout = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(stdout.contains("\u{1b}[1m") && !stdout.contains("\u{1b}]8"), "{stdout:?}");
}

#[test]
fn what_is_read_is_as_wide_as_the_terminal() {
    let env = Env::new();
    let long = |line: &str, width| {
        // What a person copies stays whole, and an address that is long.
        line.chars().count() > width && !line.contains("http") && !line.contains('`')
    };
    let line = diff(&[]);
    for arguments in [
        &words(&line)[..],
        &["diff", "--help"],
        &["deploy", "--help"],
        &["--help"],
        &["template", "list"],
        &["template", "show", "ampersand"],
        &["template", "show", "gong", "--asks"],
        &["diff", "--template", "ampersand", "--org", "nowhere"],
    ] {
        for width in [72, 80, 100] {
            let (_, shown) = terminal((width, 5000), &[]).run(&env, arguments);
            let shown = plain(&shown);
            let wide: Vec<&str> = shown.lines().filter(|line| long(line, width.into())).collect();
            assert!(wide.is_empty(), "{width} {arguments:?}: {wide:#?}");
            // What has the room takes it; the list has a width of its own.
            let is_wide = shown.lines().any(|line| line.chars().count() + 20 > width.into());
            assert!(is_wide || arguments.contains(&"list"), "{width} {arguments:?}: {shown}");
        }
    }
    // The terminal's own width is not what everybody wants.
    let narrow = [("COLUMNS", "72")];
    let (_, shown) = terminal((200, 5000), &narrow).run(&env, &["template", "show", "ampersand"]);
    assert!(!plain(&shown).lines().any(|line| long(line, 72)), "{shown}");
    // A pipe has no width: what a program reads is where it always was.
    let mut command = env.command();
    let stdout = command.env("COLUMNS", "50").args(diff(&[])).output().unwrap().stdout;
    let stdout = String::from_utf8(stdout).unwrap();
    assert!(stdout.lines().any(|line| line.len() > 90) && !stdout.contains('\u{1b}'));
}
