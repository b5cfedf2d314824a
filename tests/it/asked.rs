//! What the program asks a person at a terminal, and what it makes of the answers.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use sfsetup::demo::{Faults, Store};

use crate::lab::Lab;
use crate::names::made;
use crate::support::{Run, finish};

/// Runs the program at a terminal at which somebody gives these answers, each once the question is
/// there. What is shown at the terminal, the answers among it, comes as its stderr.
fn at_terminal(lab: &Lab, arguments: &[&str], answers: &[(&str, &str)]) -> Run {
    answered(lab.command(arguments), answers)
}

/// The same of a command as it stands.
pub(crate) fn answered(mut command: Command, answers: &[(&str, &str)]) -> Run {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let end = || OpenOptions::new().read(true).write(true).open(&name).unwrap();
    command.env("NO_COLOR", "1").stdin(end()).stderr(end()).stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    // One that waits for an answer which nobody gives is ended, so that the test says what it saw.
    let id = child.id().to_string();
    let (ended, waits) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        if waits
            .recv_timeout(std::time::Duration::from_secs(100))
            .is_err_and(|why| why == std::sync::mpsc::RecvTimeoutError::Timeout)
        {
            let _ = Command::new("kill").arg(id).status();
        }
    });
    // Its ends are the program's alone, so that the terminal is over with it.
    drop(command);
    let mut terminal = File::from(terminal);
    let (mut shown, mut left) = (Vec::new(), answers.iter());
    let mut next = left.next();
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = terminal.read(&mut piece) {
        shown.extend_from_slice(&piece[..length]);
        while let Some((question, answer)) = next
            && String::from_utf8_lossy(&shown).contains(question)
        {
            // A key that is a signal is lost where the program does not read keys yet.
            if answer.starts_with('\u{3}') {
                std::thread::sleep(std::time::Duration::from_millis(700));
            }
            terminal.write_all(format!("{answer}\n").as_bytes()).unwrap();
            next = left.next();
        }
    }
    let output = child.wait_with_output().unwrap();
    drop(ended);
    let shown_so_far = String::from_utf8_lossy(&shown).into_owned();
    assert!(output.status.code().is_some(), "it waits still: {shown_so_far}");
    let mut run = finish(output);
    run.stderr = anstream::adapter::strip_str(&String::from_utf8(shown).unwrap()).to_string();
    run
}

const MAKE: &str = "Make Profile:Ampersand Intergation all the same? [y/N]";

/// Runs it on a demo org that has a profile of nearly the name that is wanted.
async fn asked(
    arguments: &'static [&'static str],
    answers: &'static [(&'static str, &'static str)],
) -> (Lab, Run) {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("t.toml", made("Ampersand Intergation"));
    tokio::task::spawn_blocking(move || {
        let run = at_terminal(&lab, arguments, answers);
        (lab, run)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn whether_what_nearly_is_there_is_to_be_made_is_asked_at_a_terminal() {
    let deploy = &["deploy", "--template", "t.toml"];
    let (lab, run) = asked(deploy, &[(MAKE, "n")]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("but `Ampersand Integration` is. Make"), "{run:?}");
    assert!(run.stderr.contains("not confirmed, so nothing was made"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 0, "{:?}", lab.running.calls());
    // A yes to one question is no yes to the next.
    let (lab, run) = asked(deploy, &[(MAKE, "y"), ("Deploy", "n")]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("not confirmed, so nothing was sent"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 0, "{:?}", lab.running.calls());
    let (lab, run) = asked(deploy, &[(MAKE, "y"), ("Deploy", "y")]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 1, "{:?}", lab.running.calls());
}

#[tokio::test]
async fn a_package_asks_too_and_yes_given_beforehand_is_no_answer() {
    let package = &["package", "--template", "t.toml", "--out", "out"];
    let (lab, run) = asked(package, &[(MAKE, "")]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(!lab.env.folder().join("out").exists(), "{run:?}");
    let (lab, run) = asked(package, &[(MAKE, "yes")]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(lab.env.folder().join("out").exists(), "{run:?}");
    let (_, run) = asked(&["deploy", "--template", "t.toml", "--yes"], &[]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("`--create` makes what is not there"), "{run:?}");
    assert!(!run.stderr.contains("[y/N]"), "{run:?}");
}

#[tokio::test]
async fn whoever_is_asked_sees_the_plan_wherever_the_answer_goes() {
    for (out, form) in [(false, &["--format", "json"][..]), (true, &["--out", "answer.txt"])] {
        let deploy = [&["deploy", "--template", "t.toml", "--create"], form].concat();
        let (lab, run) = asked(deploy.leak(), &[("Deploy", "n")]).await;
        assert_eq!(run.code, 1, "{run:?}");
        let at = |words: &str| run.stderr.find(words).unwrap_or_else(|| panic!("{words}: {run:?}"));
        assert!(at("Plan for") < at("Deploy this?"), "{run:?}");
        if out {
            let text = std::fs::read_to_string(lab.env.folder().join("answer.txt")).unwrap();
            assert!(run.stdout.is_empty() && text.starts_with("Plan for"), "{text}");
            assert!(text.contains("not confirmed, so nothing was sent"), "{text}");
        } else {
            let document = crate::json::document(&run.stdout, "deploy", &run);
            assert_eq!(document["error"]["code"], "NOT_CONFIRMED");
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_reason_and_the_last_day_of_a_waiver_are_asked_for() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let waive = &["waive", "ampersand/ip-relaxation"];
    let answers = &[
        ("Why may it be otherwise?", "Our own network"),
        ("Until when?", "20"),
        ("is neither a day", "d"),
    ];
    tokio::task::spawn_blocking(move || {
        let run = at_terminal(&lab, waive, answers);
        assert_eq!(run.code, 0, "{run:?}");
        let text = std::fs::read_to_string(lab.env.folder().join("sfsetup.toml")).unwrap();
        assert_eq!(
            text,
            "[[waiver]]\nstep = \"ampersand/ip-relaxation\"\nreason = \"Our own network\"\nexpires \
             = 2026-12-17\n"
        );
    })
    .await
    .unwrap();
}
