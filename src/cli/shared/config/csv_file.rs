//! Orgs of a CSV file, as spreadsheets write them: a row an org, a column `org`, the way into it, and
//! a column a parameter.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::shared::error::CommandError;
use crate::metadata::registry::nearest::{nearest, perhaps};

use super::Config;

impl Config {
    /// Adds the orgs of a CSV file that was named, with the values of parameters in its columns, and
    /// returns their names in its order.
    ///
    /// # Errors
    /// The file cannot be read, or says two things of one org.
    pub(crate) fn add_orgs(&mut self, file: &Path) -> Result<Vec<String>, CommandError> {
        let mut names = Vec::new();
        let mut seen: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (name, mut cells) in rows(file)? {
            names.push(name.clone());
            match seen.get(&name) {
                Some(before) if *before == cells => continue,
                Some(_) => {
                    return Err(CommandError::new(format!(
                        "`{}` has two rows for the org `{name}`, and they say different things",
                        file.display()
                    ))
                    .usage());
                }
                None => {}
            }
            seen.insert(name.clone(), cells.clone());
            let of_org = self.orgs.entry(name).or_default();
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
        Ok(names)
    }
}

/// An org with its cells, by the names of their columns.
type Row = (String, BTreeMap<String, String>);

/// Reads the orgs of a CSV file: each row's columns by the name in the first.
///
/// # Errors
/// It is none, or has no column `org`.
fn rows(file: &Path) -> Result<Vec<Row>, CommandError> {
    let failed = |why: String| {
        CommandError::new(format!("cannot read `{}`", file.display())).because(why).usage()
    };
    let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let text = text.trim_start_matches('\u{feff}');
    // Where commas are in numbers, spreadsheets put semicolons between columns.
    let first = text.lines().next().unwrap_or_default();
    let is_semicolon = first.contains(';') && !first.contains(',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if is_semicolon { b';' } else { b',' })
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns: Vec<String> = match reader.headers() {
        Ok(columns) => columns.iter().map(str::to_owned).collect(),
        Err(error) => return Err(failed(error.to_string())),
    };
    let Some(at) = columns.iter().position(|column| column == "org") else {
        let near = nearest("org", columns.iter().map(String::as_str));
        return Err(failed(format!("its first line has no column `org`{}", perhaps(near)))
            .hint("the first line names the columns: org, and parameters of the template"));
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| failed(error.to_string()))?;
        let Some(org) = record.get(at).filter(|org| !org.is_empty()) else {
            let line = record.position().map_or(0, csv::Position::line);
            return Err(failed(format!("line {line} names no org")));
        };
        let cells = columns.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        let cells = cells.filter(|(column, _)| *column != "org");
        let cells = cells.map(|(column, cell)| (column.clone(), cell.to_owned()));
        rows.push((org.to_owned(), cells.collect()));
    }
    Ok(rows)
}
