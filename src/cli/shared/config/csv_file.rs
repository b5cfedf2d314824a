//! Orgs of a CSV file, as spreadsheets write them: a row an org, a column `org`, the way into it,
//! and a column a parameter.
//!
//! A row is a line. A quote that is opened and not closed would take the rows after it into one
//! cell, and the orgs in them would be asked nothing without a word; so no cell goes on in the next
//! line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::shared::error::CommandError;
use crate::metadata::registry::nearest::{is_slip, nearest, perhaps};

use super::Config;

/// The columns that are no parameters.
const OWN: [&str; 3] = ["org", "instance_url", "access_token_env"];

/// What such a file looks like.
const FORM: &str = "its first line names the columns: `org`, and parameters of the template; each \
                    line after it is an org";

/// Where the values stand that a CSV file gave.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) file: PathBuf,
    /// The columns of parameters, in their order.
    pub(super) columns: Vec<String>,
    /// The line of each org, and the columns that say something there.
    orgs: BTreeMap<String, (usize, BTreeSet<String>)>,
}

impl Rows {
    /// The file's name, for sentences.
    pub(super) fn name(&self) -> String {
        let name = self.file.file_name().unwrap_or(self.file.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Where an org's row stands.
    pub(super) fn row_of(&self, org: &str) -> Option<String> {
        let (line, _) = self.orgs.get(org)?;
        Some(format!("{}, line {line}", self.name()))
    }

    /// Where the cell stands that gave an org a value.
    pub(super) fn cell_of(&self, org: &str, column: &str) -> Option<String> {
        let (_, said) = self.orgs.get(org)?;
        said.contains(column).then(|| Some(format!("{}, column `{column}`", self.row_of(org)?)))?
    }
}

impl Config {
    /// Adds the orgs of a CSV file that was named, with the values of parameters in its columns, and
    /// returns their names in its order.
    ///
    /// # Errors
    /// The file cannot be read, or says two things of one org.
    pub(crate) fn add_orgs(&mut self, file: &Path) -> Result<Vec<String>, CommandError> {
        let (columns, rows) = rows(file)?;
        let mut names = Vec::new();
        let mut seen: BTreeMap<String, Row> = BTreeMap::new();
        for row in rows {
            names.push(row.org.clone());
            match seen.get(&row.org) {
                Some(before) if before.cells == row.cells => continue,
                Some(before) => {
                    return Err(CommandError::new(format!(
                        "`{}` has two rows for the org `{}`, and they say different things",
                        file.display(),
                        row.org
                    ))
                    .because(format!("they are lines {} and {}", before.line, row.line))
                    .hint("take out the one that does not hold")
                    .usage());
                }
                None => {}
            }
            seen.insert(row.org.clone(), row.clone());
            let of_org = self.orgs.entry(row.org).or_default();
            let mut cells = row.cells;
            let way = ["instance_url", "access_token_env"].map(|column| cells.remove(column));
            if way.iter().any(Option::is_some) {
                let [instance_url, access_token_env] = way;
                (of_org.instance_url, of_org.access_token_env) = (instance_url, access_token_env);
                of_org.named_in = Some(file.to_path_buf());
            }
            for (column, cell) in cells {
                let cell = toml::Value::String(cell);
                match column.split_once('.') {
                    Some((template, parameter)) => {
                        let empty = || toml::Value::Table(toml::Table::new());
                        let of = of_org.parameters.entry(template.to_owned());
                        if let toml::Value::Table(table) = of.or_insert_with(empty) {
                            table.insert(parameter.to_owned(), cell);
                        }
                    }
                    None => {
                        of_org.parameters.insert(column, cell);
                    }
                }
            }
        }
        let said = seen.into_iter().map(|(org, row)| {
            let columns = row.cells.into_keys().collect();
            (org, (row.line, columns))
        });
        let columns = columns.into_iter().filter(|name| !OWN.contains(&name.as_str()));
        let (file, columns, orgs) = (file.to_path_buf(), columns.collect(), said.collect());
        self.rows = Some(Rows { file, columns, orgs });
        Ok(names)
    }
}

/// Says whether a text that should be a list of orgs in TOML looks like one in CSV.
pub(super) fn is_csv(text: &str) -> bool {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    first.split([',', ';']).any(|cell| cell.trim().trim_matches('"') == "org")
}

/// A row: its line from 1, its org, and its cells by the names of their columns.
#[derive(Clone, Debug)]
struct Row {
    line: usize,
    org: String,
    cells: BTreeMap<String, String>,
}

/// Reads a CSV file: the names of its columns, and the orgs with each row's cells by them.
///
/// # Errors
/// It is none, has no column `org`, or a row that says less or more than its columns.
fn rows(file: &Path) -> Result<(Vec<String>, Vec<Row>), CommandError> {
    let failed = |why: String| {
        CommandError::new(format!("cannot read `{}`", file.display())).because(why).usage()
    };
    let bytes = std::fs::read(file)
        .map_err(|error| failed(error.to_string()).hint("name the file that lists the orgs"))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        failed(format!("it is not UTF-8 text: {}", error.utf8_error()))
            .hint("save it as CSV in UTF-8; a spreadsheet asks for the form when it saves")
    })?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    // Where commas are in numbers, spreadsheets put semicolons between columns.
    let first = text.lines().next().unwrap_or_default();
    let comma = if first.contains(';') && !first.contains(',') { ';' } else { ',' };
    let cells = |line: usize, text: &str| {
        cells(text, comma).map_err(|(why, hint)| failed(format!("line {line}: {why}")).hint(hint))
    };
    let columns = cells(1, first)?;
    if !columns.iter().any(|column| column == "org") {
        let near = nearest("org", columns.iter().map(String::as_str));
        let why = format!("its first line has no column `org`{}", perhaps(near));
        return Err(failed(why).hint(FORM));
    }
    check_columns(&columns).map_err(|(why, hint)| failed(format!("line 1: {why}")).hint(hint))?;
    let mut rows = Vec::new();
    for (index, text) in text.lines().enumerate().skip(1) {
        let line = index + 1;
        let mut cells = cells(line, text)?;
        // What a spreadsheet once held leaves rows of commas.
        if cells.iter().all(String::is_empty) {
            continue;
        }
        while cells.len() > columns.len() && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.len() != columns.len() {
            return Err(failed(format!(
                "line {line} has {} cells, and the first line names {} columns",
                cells.len(),
                columns.len()
            ))
            .hint("a cell may be empty, and its comma stands all the same"));
        }
        let mut row = Row { line, org: String::new(), cells: BTreeMap::new() };
        for (column, cell) in columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            match column.as_str() {
                "" => {
                    let why = format!("line {line} says `{cell}` in a column that has no name");
                    return Err(failed(why).hint(FORM));
                }
                "org" => row.org = cell,
                _ => {
                    row.cells.insert(column.clone(), cell);
                }
            }
        }
        if row.org.is_empty() {
            return Err(failed(format!("line {line} names no org"))
                .hint("name one in its column `org`, or take the line out"));
        }
        rows.push(row);
    }
    Ok((columns, rows))
}

/// What is wrong, and what to do.
type Wrong = (String, &'static str);

/// Reads the cells of a line.
fn cells(line: &str, comma: char) -> Result<Vec<String>, Wrong> {
    check_quotes(line, comma)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(if comma == ';' { b';' } else { b',' })
        .trim(csv::Trim::All)
        .from_reader(line.as_bytes());
    match reader.records().next() {
        None => Ok(Vec::new()),
        Some(Ok(record)) => Ok(record.iter().map(str::to_owned).collect()),
        Some(Err(error)) => Err((error.to_string(), FORM)),
    }
}

/// Refuses a quote that would make a cell of something else than what stands between two commas.
fn check_quotes(line: &str, comma: char) -> Result<(), Wrong> {
    const CLOSE: &str = "a cell is of one line, and stands whole between two quotes or none; a \
                         quote in it is written twice";
    let mut letters = line.chars().peekable();
    loop {
        let mut spaces = 0;
        while letters.next_if(|letter| letter.is_whitespace()).is_some() {
            spaces += 1;
        }
        if letters.next_if_eq(&'"').is_some() {
            if spaces > 0 {
                let hint = "leave the space before the quote out";
                return Err(("a quote after a space opens no cell".to_owned(), hint));
            }
            let mut is_closed = false;
            while let Some(letter) = letters.next() {
                if letter == '"' && letters.next_if_eq(&'"').is_none() {
                    is_closed = true;
                    break;
                }
            }
            if !is_closed {
                return Err(("a quote is opened and never closed".to_owned(), CLOSE));
            }
            while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
            if letters.peek().is_some_and(|letter| *letter != comma) {
                return Err(("a cell goes on after the quote that closes it".to_owned(), CLOSE));
            }
        }
        match letters.find(|letter| *letter == comma) {
            Some(_) => {}
            None => return Ok(()),
        }
    }
}

/// Refuses columns that would not say what they seem to.
fn check_columns(columns: &[String]) -> Result<(), Wrong> {
    let mut seen = BTreeSet::new();
    for column in columns.iter().filter(|column| !column.is_empty()) {
        if !seen.insert(column) {
            let hint = "leave one of the two out";
            return Err((format!("two columns are called `{column}`"), hint));
        }
        if column.eq_ignore_ascii_case("access_token") {
            let hint = "name the variable that holds it, in a column `access_token_env`";
            return Err((
                format!("there is no column `{column}`: a token stands in no file"),
                hint,
            ));
        }
        let own = OWN.into_iter().find(|own| column != own && is_slip(column, own));
        if let Some(own) = own.filter(|own| own.len() > 3) {
            let hint = "write the column's name so";
            return Err((format!("there is no column `{column}`; did you mean `{own}`?"), hint));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_holds_a_cell_of_one_line_and_nothing_else() {
        let read = |line: &str| cells(line, ',').map_err(|(why, _)| why);
        assert_eq!(read("a,\"b, \"\"c\"\"\" ,5\" d,\"\"").unwrap(), ["a", "b, \"c\"", "5\" d", ""]);
        assert_eq!(read("").unwrap(), Vec::<String>::new());
        for (line, why) in [
            ("a,\"b", "never closed"),
            ("a,\"b\"\"", "never closed"),
            ("a,\"b\"c", "goes on after"),
            ("a, \"b\"", "after a space"),
        ] {
            assert!(read(line).unwrap_err().contains(why), "{line}");
        }
        assert_eq!(cells("a;\"b;c\";d,e", ';').unwrap(), ["a", "b;c", "d,e"]);
    }
}
