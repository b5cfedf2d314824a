//! What comments and pages cite is there: sections of `docs/salesforce.md`, and files of the
//! repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders whose files cite.
const FOLDERS: &[&str] = &["benches", "docs", "src", "templates", "tests"];
/// Folders that tools make.
const MADE: &[&str] = &["target", "corpus", "artifacts", "node_modules"];

/// What stands in a path of a recipe for what its reader puts there.
const PLACEHOLDERS: &[&str] = &["NAME", "TYPE", "FOLDER"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder that are written by hand as text, with their names from the root.
fn texts(folder: &Path, into: &mut Vec<(String, String)>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !MADE.contains(&name) {
                texts(&path, into);
            }
        } else if path.extension().is_some_and(|kind| {
            ["rs", "toml", "md", "sh", "mjs", "py"].iter().any(|known| kind == *known)
        }) {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            into.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The pages at the root and in `docs`.
fn pages() -> Vec<(String, String)> {
    let mut all = Vec::new();
    texts(&root().join("docs"), &mut all);
    for entry in std::fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "md") {
            all.push((
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                std::fs::read_to_string(&path).unwrap(),
            ));
        }
    }
    all.retain(|(name, _)| name.ends_with(".md"));
    all
}

/// The number at the beginning of a text, with at most one dot in it.
fn number(text: &str) -> Option<&str> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    if whole == 0 {
        return None;
    }
    let part = text[whole..].strip_prefix('.').map_or(0, digits);
    Some(&text[..if part > 0 { whole + 1 + part } else { whole }])
}

/// What a text cites by a letter and a number, or a list of numbers: the number of the line, and
/// what is cited.
fn cited<'t>(text: &'t str, letter: &str) -> Vec<(usize, &'t str)> {
    let mut found = Vec::new();
    for (line, text) in text.lines().enumerate() {
        for (at, _) in text.match_indices(letter) {
            if text[..at]
                .chars()
                .next_back()
                .is_some_and(|before| before.is_alphanumeric() || "'_-".contains(before))
            {
                continue;
            }
            let mut rest = &text[at + letter.len()..];
            while let Some(section) = number(rest) {
                found.push((line + 1, section));
                rest = &rest[section.len()..];
                let more =
                    [", ", " and ", " to "].iter().find_map(|between| rest.strip_prefix(between));
                rest = more.unwrap_or_default();
            }
        }
    }
    found
}

/// The numbers of a page's headings.
fn sections(page: &str) -> BTreeSet<&str> {
    page.lines()
        .filter(|line| line.starts_with('#'))
        .filter_map(|line| number(line.trim_start_matches('#').trim_start()))
        .collect()
}

/// Which citations of a text lead nowhere.
fn dangling(name: &str, text: &str, sections: &BTreeSet<&str>) -> Vec<String> {
    let lost = cited(text, "S ").into_iter().filter(|(_, section)| !sections.contains(section));
    lost.map(|(line, section)| {
        format!("{name}:{line} cites section {section}, which docs/salesforce.md does not have")
    })
    .collect()
}

#[test]
fn every_fact_that_is_cited_is_written_down() {
    let page = std::fs::read_to_string(root().join("docs/salesforce.md")).unwrap();
    let sections = sections(&page);
    let mut texts_that_cite = pages();
    for folder in FOLDERS {
        texts(&root().join(folder), &mut texts_that_cite);
    }
    let count: usize = texts_that_cite.iter().map(|(_, text)| cited(text, "S ").len()).sum();
    assert!(count > 200, "only {count} citations are found");
    let lost: Vec<String> =
        texts_that_cite.iter().flat_map(|(name, text)| dangling(name, text, &sections)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn no_document_is_cited_that_is_not_here() {
    let mut all = Vec::new();
    for folder in FOLDERS {
        texts(&root().join(folder), &mut all);
    }
    let elsewhere = |(name, text): &(String, String)| {
        let letters = ["V ", "design "].into_iter().flat_map(|letter| cited(text, letter));
        letters
            .map(|(line, section)| {
                format!("{name}:{line} cites {section} of a document that is not in the repository")
            })
            .collect::<Vec<_>>()
    };
    let lost: Vec<String> = all.iter().flat_map(elsewhere).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

/// The test above would say nothing if it found nothing.
#[test]
fn a_citation_that_leads_nowhere_is_found() {
    let sections = sections("# A page\n## 3. Profiles\n### 3.4 What a deploy does\n#### 12.10\n");
    assert_eq!(sections, BTreeSet::from(["3", "3.4", "12.10"]));
    // `#` stands for the letter, so that this file cites nothing.
    let text =
        "as (# 3.4, 3.5) says; # 3 to 4,\nand # 12.10: `# 12.1`. CSS 9, 3 MBS 9".replace('#', "S");
    let lost = dangling("x.rs", &text, &sections);
    let lines: Vec<&str> = lost.iter().map(|one| one.split(',').next().unwrap()).collect();
    assert_eq!(
        lines,
        ["x.rs:1 cites section 3.5", "x.rs:1 cites section 4", "x.rs:2 cites section 12.1"]
    );
}

/// A path of the repository in backticks, or as the target of a link.
fn paths(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let is_path = |path: &&str| {
        FOLDERS
            .iter()
            .chain(&["fixtures", ".ci"])
            .any(|folder| path.split('/').next() == Some(folder) && path.contains('/'))
    };
    let is_one = |path: &&str| {
        !path.contains(['*', '<', '{', '[', ' '])
            && !PLACEHOLDERS.iter().any(|word| path.contains(word))
    };
    quoted.filter(is_path).filter(is_one).collect()
}

/// The targets of a page's links that are files, without what follows `#`.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://"))
        .map(|target| target.split('#').next().unwrap())
        .filter(|file| !file.is_empty())
        .collect()
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let mut lost = Vec::new();
    let mut count = 0;
    for (name, text) in pages() {
        let folder = root().join(&name).parent().unwrap().to_path_buf();
        let named = paths(&text).into_iter().map(|path| (path, root().join(path)));
        let linked = links(&text).into_iter().map(|path| (path, folder.join(path)));
        for (path, file) in named.chain(linked) {
            count += 1;
            if !file.exists() {
                lost.push(format!("{name} names {path}"));
            }
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
    assert!(count > 5, "only {count} files are named");
}
