//! Whole commands as a person sees them: what was called, what came on stdout and stderr, and how
//! it ended. What differs from run to run goes by a name.
//!
//! To write them anew: `cargo insta test --accept -- output`.

mod baseline;
#[cfg(feature = "demo")]
mod deploy;
mod diff;
#[cfg(feature = "demo")]
mod failures;
mod git_diff;
mod mistakes;
mod package;
#[cfg(feature = "demo")]
mod previous;
#[cfg(feature = "demo")]
mod snapshot;
mod template;

pub(crate) use diff::folder as states;

use std::path::Path;

use crate::support::{Env, Run};

/// A call as one line, its arguments apart; what stands in `'` is one.
pub(crate) fn arguments(line: &str) -> Vec<&str> {
    line.split('\'')
        .enumerate()
        .flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        })
        .collect()
}

/// Runs the program and shows all that a person sees of it.
pub(crate) fn shown(env: &Env, line: &str) -> String {
    block(env.folder(), line, &env.run(&arguments(line)))
}

/// A run as a person sees it.
pub(crate) fn block(folder: &Path, line: &str, run: &Run) -> String {
    let stderr = match run.stderr.as_str() {
        "" => String::new(),
        stderr => format!("--- stderr\n{stderr}"),
    };
    // That an answer takes long is a matter of the machine that the tests run on.
    let stderr: String =
        stderr.split_inclusive('\n').filter(|line| !line.starts_with("still no whole")).collect();
    let text = format!("$ sfsetup {line}\n{}{stderr}--- exit {}\n", run.stdout, run.code);
    scrub(folder, &text)
}

/// Puts a name for what differs from run to run.
fn scrub(folder: &Path, text: &str) -> String {
    let mut text = text.replace(folder.to_str().unwrap(), "HOME");
    text = text.replace(concat!(env!("CARGO_MANIFEST_DIR"), "/"), "");
    for (shape, name) in [
        ("127.0.0.1:#", "127.0.0.1:PORT"),
        ("DDDDDDDD-DDDDDD-#", "JOURNAL"),
        ("DDDD-DD-DD DD:DD:DD UTC", "TIME"),
        (", # ms", ", N ms"),
    ] {
        text = put(&text, shape, name);
    }
    text
}

/// Puts `name` for each part of this shape: `D` stands for a digit, `#` for some.
fn put(text: &str, shape: &str, name: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match length(rest, shape) {
            Some(length) => {
                out.push_str(name);
                rest = &rest[length..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

/// How many bytes at the start of a text are of a shape.
fn length(text: &str, shape: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    for wanted in shape.bytes() {
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let taken = match wanted {
            b'D' => digits.min(1),
            b'#' => digits,
            _ => usize::from(bytes.get(at) == Some(&wanted)),
        };
        if taken == 0 {
            return None;
        }
        at += taken;
    }
    Some(at)
}
