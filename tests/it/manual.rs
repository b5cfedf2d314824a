//! `docs/templates.md` and `docs/project.md`: every block of them is written, checked or run, in
//! its order, and shows what the program prints.

use std::path::Path;

use crate::output::arguments;
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

/// Each line that a page shows is one that was printed.
fn shows(text: &str, printed: &str) {
    for line in text.lines() {
        let is_it = printed.lines().any(|known| known == line);
        assert!(is_it, "the page shows `{line}`, which is not printed:\n{printed}");
    }
}

#[test]
fn every_block_of_the_page_on_templates_is_run() {
    let env = Env::new();
    let mut printed = String::new();
    let (mut files, mut runs) = (0, 0);
    for (info, text) in blocks("docs/templates.md") {
        match info.split_once(' ').unwrap_or((&info, "")) {
            ("toml", file) => {
                env.write(file, &text);
                files += 1;
                if file != "sfsetup.toml" {
                    let check = env.run(&["template", "check", file]);
                    assert!(check.code == 0, "{text}\n{check:?}");
                }
            }
            ("sh", "") => {
                printed.clear();
                for line in text.lines() {
                    let arguments: Vec<&str> = line.split(' ').collect();
                    assert_eq!(arguments[0], "sfsetup", "{line}");
                    let run = env.run(&arguments[1..]);
                    assert!([0, 2].contains(&run.code), "{line}: {run:?}");
                    printed.push_str(&run.stdout);
                    runs += 1;
                }
            }
            ("text", "") => {
                shows(&text, &printed);
            }
            other => panic!("a block that nobody runs: {other:?}"),
        }
    }
    assert!(files > 8 && runs > 6, "{files} files, {runs} runs");
}

/// What is run in a pipeline or typed in an editor is no block of these.
#[test]
fn every_block_of_the_page_on_the_project_file_is_run() {
    let env = Env::new();
    let mut printed = String::new();
    let (mut files, mut runs) = (0, 0);
    for (info, text) in blocks("docs/project.md") {
        match info.as_str() {
            "toml sfsetup.toml" => {
                env.write("sfsetup.toml", &text);
                files += 1;
            }
            "sh" => {
                printed.clear();
                for line in text.lines() {
                    let run = env.run(&arguments(line)[1..]);
                    assert!([0, 2].contains(&run.code), "{line}: {run:?}");
                    printed.push_str(&run.stdout);
                    runs += 1;
                }
            }
            "text" => {
                shows(&text, &printed);
            }
            "console" => {}
            other => panic!("a block that nobody runs: {other:?}"),
        }
    }
    assert!(files == 3 && runs == 5, "{files} files, {runs} runs");
    let named = env.run(&["diff", "--config", "sfsetup.toml", "--template", "ampersand"]);
    assert_eq!(named.code, 2, "{named:?}");
}

/// The guides: each command is run in one folder, in its order, and what a page shows is printed.
#[test]
fn every_block_of_the_guides_is_run() {
    for (page, count) in [("docs/admins.md", 12), ("docs/vendors.md", 6)] {
        let env = Env::new();
        let mut printed = String::new();
        let mut runs = 0;
        for (info, text) in blocks(page) {
            match info.as_str() {
                "sh" => {
                    printed.clear();
                    for line in text.lines() {
                        let words = crate::habits::words(line);
                        let words: Vec<&str> = words.iter().map(String::as_str).collect();
                        let run = env.run(&words[1..]);
                        assert!([0, 2].contains(&run.code), "{page}: {line}: {run:?}");
                        printed.push_str(&run.stdout);
                        runs += 1;
                    }
                }
                "text" => shows(&text, &printed),
                other => panic!("{page}: a block that nobody runs: {other:?}"),
            }
        }
        assert!(runs >= count, "{page}: {runs} runs");
    }
}
