//! The form of an answer: what `--format` says, or the suffix of the file that it goes to.

use std::path::Path;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Deserialize;

use super::error::CommandError;

/// In what form an answer is given. A command has some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// For a person at a terminal
    #[default]
    Text,
    /// One document for programs
    Json,
    /// An object a line, for programs that read as they go
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit's XML, for the test reports of a CI system
    Junit,
    /// A table, for spreadsheets
    Csv,
    /// Markdown, for a pull request or a wiki
    Markdown,
    /// A page as one HTML file
    Html,
}

/// The suffixes by which a file's name tells its form; the longest that fits counts.
const SUFFIXES: [(&str, Format); 11] = [
    (".sarif.json", Format::Sarif),
    (".json", Format::Json),
    (".jsonl", Format::Jsonl),
    (".ndjson", Format::Jsonl),
    (".sarif", Format::Sarif),
    (".xml", Format::Junit),
    (".csv", Format::Csv),
    (".md", Format::Markdown),
    (".markdown", Format::Markdown),
    (".html", Format::Html),
    (".htm", Format::Html),
];

impl Format {
    /// Reads `--format` of a command that has these forms; any other is wrong usage, and the ones
    /// that there are are named.
    pub(crate) fn among(has: &'static [Self]) -> impl TypedValueParser<Value = Self> {
        PossibleValuesParser::new(has.iter().filter_map(Self::to_possible_value))
            .map(|name| Self::from_str(&name, false).unwrap_or_default())
    }

    /// Returns the form of an answer: what was `given`, else what the name of the file that it goes
    /// to says, else what is `usual`.
    ///
    /// # Errors
    /// The file's name says a form that the command does not have.
    pub(crate) fn choose(
        given: Option<Self>,
        out: Option<&Path>,
        usual: Self,
        has: &[Self],
    ) -> Result<Self, CommandError> {
        out.map_or(Ok(()), refuse_toml)?;
        if let Some(given) = given {
            return Ok(given);
        }
        let Some(path) = out else { return Ok(usual) };
        if let Some(suffix) = of_another_program(path) {
            return Err(CommandError::new(format!(
                "`{}` is named as a file of another program, and no answer has that form",
                path.display()
            ))
            .because(format!("what ends with `.{suffix}` is no text"))
            .hint(
                "a browser prints a page (`.html`) as PDF, a spreadsheet opens `.csv`; text is \
                 `.txt`",
            )
            .usage());
        }
        let meant = Self::by_suffix(path).unwrap_or(usual);
        if has.contains(&meant) {
            return Ok(meant);
        }
        let names: Vec<String> = has.iter().map(|format| format.name()).collect();
        Err(CommandError::new(format!(
            "`{}` is named as {}, and this command does not answer in that form",
            path.display(),
            meant.name()
        ))
        .because(format!("it has {}", names.join(", ")))
        .hint("give the file another suffix, or say the form with `--format`")
        .usage())
    }

    /// Says whether a file is named as an answer in some form.
    pub(crate) fn is_named(path: &Path) -> bool {
        Self::by_suffix(path).is_some() || path.extension().is_some_and(|suffix| suffix == "txt")
    }

    fn by_suffix(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        // A name that is nothing but a suffix has none.
        let fits =
            |(suffix, _): &&(&str, Self)| name.len() > suffix.len() && name.ends_with(suffix);
        SUFFIXES.iter().find(fits).map(|(_, format)| *format)
    }

    /// Returns its name.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Says whether it is for a person at a terminal: with hints, without places, and of a failure
    /// on stderr alone.
    pub(crate) fn is_for_a_terminal(self) -> bool {
        self == Self::Text
    }
}

/// The suffix of a file that text would not be, which is how an answer of no other form is written.
fn of_another_program(path: &Path) -> Option<String> {
    const SUFFIXES: [&str; 10] =
        ["doc", "docx", "odp", "ods", "odt", "pdf", "ppt", "pptx", "xls", "xlsx"];
    let suffix = path.extension()?.to_str()?.to_ascii_lowercase();
    SUFFIXES.contains(&suffix.as_str()).then_some(suffix)
}

/// Refuses to write an answer, or a plan, into a file of configuration or a template: none is TOML.
///
/// # Errors
/// The file is named as one.
pub(crate) fn refuse_toml(out: &Path) -> Result<(), CommandError> {
    let is_toml = out.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("toml"));
    if !is_toml {
        return Ok(());
    }
    Err(CommandError::new(format!("`{}` is named as a template or a configuration", out.display()))
        .because("no answer is TOML, and what lies there would be lost")
        .hint("name another file")
        .usage())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_of_a_file_tells_its_form() {
        for (name, format) in [
            ("a.json", Format::Json),
            ("a.JSON", Format::Json),
            ("a.sarif", Format::Sarif),
            ("a.sarif.json", Format::Sarif),
            ("a.b.jsonl", Format::Jsonl),
            ("a.ndjson", Format::Jsonl),
            ("a.junit.xml", Format::Junit),
            ("TEST-a.xml", Format::Junit),
            ("a.csv", Format::Csv),
            ("a.md", Format::Markdown),
            ("a.htm", Format::Html),
            ("a.txt", Format::Text),
            ("a.log", Format::Text),
            ("json", Format::Text),
            (".json", Format::Text),
        ] {
            let path = Path::new("x/out").join(name);
            let all = Format::value_variants();
            let usual = Format::Text;
            assert_eq!(Format::choose(None, Some(&path), usual, all).unwrap(), format, "{name}");
            let said = Format::choose(Some(Format::Csv), Some(&path), usual, all);
            assert_eq!(said.unwrap(), Format::Csv, "{name}");
        }
        for usual in [Format::Text, Format::Json] {
            let all = &[Format::Text, Format::Json];
            assert_eq!(Format::choose(None, None, usual, all).unwrap(), usual);
            let file = Some(Path::new("x.txt"));
            assert_eq!(Format::choose(None, file, usual, all).unwrap(), usual);
        }
    }
}
