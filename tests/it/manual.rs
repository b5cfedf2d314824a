//! The pages of `docs/` that people work along: every block is written, checked or run, in its
//! order, and shows what the program prints.

use std::path::Path;

use crate::habits::words;
use crate::support::Env;

/// The blocks between fences of a page: what stands behind the fence, and the text.
pub(crate) fn blocks(file: &str) -> Vec<(String, String)> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((info.to_owned(), text.join("\n") + "\n"));
        }
    }
    blocks
}

/// What a page has had done.
struct Done {
    files: usize,
    runs: usize,
}

/// Does what each block of a page says, in its order and in one folder: a file is written, and given
/// to `wrote`; a command is run; and each line that is shown is one that the commands before it have
/// printed. What stands in a block of the kinds `left` is left out; `RUN` is the run that was told
/// last.
fn run_page(env: &Env, page: &str, left: &[&str], wrote: impl Fn(&str)) -> Done {
    let mut printed = String::new();
    let mut done = Done { files: 0, runs: 0 };
    let mut last_run = String::new();
    for (info, text) in blocks(page) {
        match info.split_once(' ').unwrap_or((&info, "")) {
            ("toml" | "csv", file) => {
                env.write(file, &text);
                wrote(file);
                done.files += 1;
            }
            ("sh", "") => {
                let run = printed.lines().rev().find_map(|line| line.strip_prefix("Run "));
                last_run = run.map_or(last_run, str::to_owned);
                printed.clear();
                for line in text.lines() {
                    let words = words(&line.replace("RUN", &last_run));
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    assert_eq!(words[0], "sfsetup", "{page}: {line}");
                    let run = env.run(&words[1..]);
                    assert!([0, 2].contains(&run.code), "{page}: {line}: {run:?}");
                    printed.push_str(&run.stdout);
                    done.runs += 1;
                }
            }
            ("text", "") => {
                for line in text.lines() {
                    let is_it = printed.lines().any(|known| known == line);
                    assert!(is_it, "{page} shows `{line}`, which is not printed:\n{printed}");
                }
            }
            (kind, "") if left.contains(&kind) => {}
            other => panic!("{page}: a block that nobody runs: {other:?}"),
        }
    }
    done
}

#[test]
fn every_block_of_the_page_on_templates_is_run() {
    let env = Env::new();
    let Done { files, runs } = run_page(&env, "docs/templates.md", &[], |file| {
        if file != "sfsetup.toml" {
            let check = env.run(&["template", "check", file]);
            assert!(check.code == 0, "{file}\n{check:?}");
        }
    });
    assert!(files > 8 && runs > 6, "{files} files, {runs} runs");
}

/// What is run in a pipeline or typed in an editor is no block of these.
#[test]
fn every_block_of_the_page_on_the_project_file_is_run() {
    let env = Env::new();
    let Done { files, runs } = run_page(&env, "docs/project.md", &["console"], |file| {
        assert_eq!(file, "sfsetup.toml");
    });
    assert!(files == 3 && runs == 5, "{files} files, {runs} runs");
    let named = env.run(&["diff", "--config", "sfsetup.toml", "--template", "ampersand"]);
    assert_eq!(named.code, 2, "{named:?}");
}

/// The guides: each command is run in one folder, in its order, and what a page shows is printed.
#[test]
fn every_block_of_the_guides_is_run() {
    for (page, count) in [("docs/admins.md", 12), ("docs/vendors.md", 6), ("docs/why.md", 8)] {
        let env = Env::new();
        let Done { runs, .. } =
            run_page(&env, page, &["console"], |file| panic!("{page}: nobody looks at {file}"));
        assert!(runs >= count, "{page}: {runs} runs");
    }
}

/// The page on many orgs, and the list of orgs beside it.
#[test]
fn every_block_of_the_page_on_fleets_is_run() {
    let env = Env::new();
    let orgs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fleet/orgs.toml");
    env.write("orgs.toml", std::fs::read(orgs).unwrap());
    let listed = env.run(&["diff", "-t", "ampersand", "--orgs", "orgs.toml"]);
    // What is wrong with it is that nobody has its tokens.
    assert!(listed.code == 4 && listed.stderr.contains("NORTH_TOKEN is not set"), "{listed:?}");
    let Done { runs, .. } = run_page(&env, "docs/fleet.md", &["console", "sql"], |_| {});
    assert_eq!(runs, 19);
}
