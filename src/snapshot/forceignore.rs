//! `.forceignore`: which files of a project the sf command line leaves alone.
//!
//! The rules are those of `.gitignore`, compared without case (S 6.11).

/// The file's name.
pub(super) const FILE: &str = ".forceignore";

/// The rules of a file, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    steps: Vec<Step>,
    /// Takes back what a rule before it left out.
    is_exception: bool,
    is_of_folders: bool,
}

/// What one folder or file on the way must be called.
#[derive(Clone, Debug)]
enum Step {
    /// `**`: any number of folders.
    Any,
    Name(Vec<Sign>),
}

#[derive(Clone, Debug)]
enum Sign {
    /// `*`
    Several,
    /// `?`
    One,
    /// `[a-z]`
    Among {
        ranges: Vec<(char, char)>,
        is_none: bool,
    },
    Is(char),
}

impl Rules {
    /// Reads a file's text; what is no rule is passed over, as git does.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self(text.lines().filter_map(Rule::parse).collect())
    }

    /// Says whether a file is left out, by its path from the folder of the rules. What stands in a
    /// folder that is left out is so whatever a later rule says of it.
    pub(super) fn leaves_out(&self, path: &str) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let path = path.to_lowercase();
        let parts: Vec<Vec<char>> = path.split('/').map(|part| part.chars().collect()).collect();
        (1..=parts.len()).any(|depth| {
            let is_folder = depth < parts.len();
            let last = self.0.iter().rev().find(|rule| rule.is_of(&parts[..depth], is_folder));
            last.is_some_and(|rule| !rule.is_exception)
        })
    }
}

impl Rule {
    fn parse(line: &str) -> Option<Self> {
        let line = without_trailing_spaces(line.trim_end_matches('\r'));
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (line, is_exception) = match line.strip_prefix('!') {
            Some(rest) => (rest, true),
            None => (line, false),
        };
        let (line, is_of_folders) = match line.strip_suffix('/') {
            Some(rest) => (rest, true),
            None => (line, false),
        };
        let is_anchored = line.contains('/');
        let line = line.strip_prefix('/').unwrap_or(line);
        if line.is_empty() {
            return None;
        }
        let line = line.to_lowercase();
        let mut steps: Vec<Step> = if is_anchored { Vec::new() } else { vec![Step::Any] };
        for part in line.split('/') {
            match part {
                "**" => steps.push(Step::Any),
                name => steps.push(Step::Name(signs(name)?)),
            }
        }
        if matches!(steps.as_slice(), [.., Step::Any]) {
            // `a/**` is all within `a`, and not `a`.
            steps.push(Step::Name(vec![Sign::Several]));
        }
        Some(Self { steps, is_exception, is_of_folders })
    }

    /// Compares step by step; which steps may come next is kept as a row, so that no rule takes
    /// long.
    fn is_of(&self, path: &[Vec<char>], is_folder: bool) -> bool {
        if self.is_of_folders && !is_folder {
            return false;
        }
        let skip_any = |row: &mut Vec<bool>| {
            for at in 0..self.steps.len() {
                if row[at] && matches!(self.steps[at], Step::Any) {
                    row[at + 1] = true;
                }
            }
        };
        let mut row = vec![false; self.steps.len() + 1];
        row[0] = true;
        skip_any(&mut row);
        for part in path {
            let mut next = vec![false; self.steps.len() + 1];
            for (at, step) in self.steps.iter().enumerate().filter(|(at, _)| row[*at]) {
                match step {
                    Step::Any => next[at] = true,
                    Step::Name(signs) => next[at + 1] |= is_name(signs, part),
                }
            }
            skip_any(&mut next);
            row = next;
        }
        row[self.steps.len()]
    }
}

/// Spaces at the end say nothing, unless a back slash stands before them.
fn without_trailing_spaces(line: &str) -> &str {
    let cut = line.trim_end_matches([' ', '\t']);
    if cut.len() < line.len() && cut.ends_with('\\') { &line[..=cut.len()] } else { cut }
}

fn signs(name: &str) -> Option<Vec<Sign>> {
    let mut signs = Vec::new();
    let mut rest = name.chars();
    while let Some(sign) = rest.next() {
        signs.push(match sign {
            '*' => Sign::Several,
            '?' => Sign::One,
            '\\' => Sign::Is(rest.next()?),
            '[' => {
                let (sign, behind) = among(rest.as_str())?;
                rest = behind.chars();
                sign
            }
            other => Sign::Is(other),
        });
    }
    Some(signs)
}

/// What stands behind an opening bracket, and what behind the closing one.
fn among(text: &str) -> Option<(Sign, &str)> {
    let inner = text.strip_prefix(['!', '^']);
    let (text, is_none) = (inner.unwrap_or(text), inner.is_some());
    // A bracket at the head is one of the signs.
    let end = text.char_indices().skip(1).find(|(_, sign)| *sign == ']')?.0;
    let inner: Vec<char> = text[..end].chars().filter(|sign| *sign != '\\').collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < inner.len() {
        if at + 2 < inner.len() && inner[at + 1] == '-' {
            ranges.push((inner[at], inner[at + 2]));
            at += 3;
        } else {
            ranges.push((inner[at], inner[at]));
            at += 1;
        }
    }
    Some((Sign::Among { ranges, is_none }, &text[end + 1..]))
}

fn is_name(signs: &[Sign], name: &[char]) -> bool {
    let (mut sign, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < name.len() {
        let fits = match signs.get(sign) {
            Some(Sign::Several) => {
                retry = Some((sign + 1, at));
                sign += 1;
                continue;
            }
            Some(Sign::One) => true,
            Some(Sign::Is(is)) => *is == name[at],
            Some(Sign::Among { ranges, is_none }) => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&name[at])) != *is_none
            }
            None => false,
        };
        if fits {
            (sign, at) = (sign + 1, at + 1);
        } else if let Some((behind, from)) = retry {
            // The star takes one more.
            retry = Some((behind, from + 1));
            (sign, at) = (behind, from + 1);
        } else {
            return false;
        }
    }
    signs[sign..].iter().all(|sign| matches!(sign, Sign::Several))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_those_of_git() {
        for (rules, path, expected) in [
            ("force-app/main/old/**", "force-app/main/old/profiles/A.profile", true),
            ("force-app/main/old/**", "force-app/main/older/A.profile", false),
            ("force-app/main/old", "force-app/main/old/profiles/A.profile", true),
            ("main/old", "force-app/main/old/A.profile", false),
            ("/force-app/x", "force-app/x/A", true),
            ("old/", "force-app/old/A", true),
            ("old/", "force-app/old", false),
            ("old", "force-app/old", true),
            ("**/profiles/**", "a/profiles/A.profile-meta.xml", true),
            ("**/profiles/**", "profiles/A.profile-meta.xml", true),
            ("**/Admin.profile-meta.xml", "a/b/Admin.profile-meta.xml", true),
            ("*.profile-meta.xml", "a/b/Admin.profile-meta.xml", true),
            ("ADMIN.*", "a/b/admin.profile-meta.xml", true),
            ("a/*/c", "a/b/c", true),
            ("a/*/c", "a/b/b/c", false),
            ("a/**/c", "a/c", true),
            ("a/**/c", "a/b/b/c/d", true),
            ("Admi?.profile", "Admin.profile", true),
            ("[!a-c]*.profile", "admin.profile", false),
            ("[ab]*.profile", "Admin.profile", true),
            ("# comment\n\n\\#x", "#x", true),
            ("x   \r\ny", "x", true),
            ("x\\ ", "x ", true),
            ("*.profile\n!Admin.profile", "a/Admin.profile", false),
            ("a/\n!a/Admin.profile", "a/Admin.profile", true),
            ("a/**\n!a/Admin.profile", "a/Admin.profile", false),
            ("", "a", false),
            ("/", "a", false),
        ] {
            assert_eq!(Rules::parse(rules).leaves_out(path), expected, "{rules:?} {path}");
        }
    }

    #[test]
    fn no_rule_takes_long() {
        let rules = Rules::parse(&format!("{}b\n{}z", "*a".repeat(500), "**/".repeat(500)));
        assert!(!rules.leaves_out(&format!("{}/{}", "x/".repeat(60), "a".repeat(5000))));
    }
}
