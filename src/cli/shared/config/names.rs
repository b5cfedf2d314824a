//! Names in `sfsetup.toml` that nothing bears: what nobody would read.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use toml::Spanned;
use toml::de::{DeString, DeTable};

use crate::cli::shared::error::CommandError;
use crate::metadata::registry::nearest::{is_slip, nearest, perhaps};
use crate::template::{self, Template, builtin, is_now};

use super::{Config, FILE, line_of};

impl Config {
    /// Refuses what nobody reads: a parameter that the template of the table's name lacks, and a
    /// name that is a slip of one that templates here have. What else is said may be that of a
    /// template in a file that is not named now: what neither templates here have nor a shipped one
    /// is returned, a sentence each.
    ///
    /// # Errors
    /// There is such a name; each with its line and what was probably meant.
    pub(crate) fn check(
        &self,
        templates: &[&Template],
        org: Option<&str>,
    ) -> Result<Vec<String>, CommandError> {
        let Ok(top) = DeTable::parse(&self.text) else { return Ok(Vec::new()) };
        let (mut found, mut idle) = (Vec::new(), Vec::new());
        let top = top.get_ref();
        let orgs = top.get("orgs").and_then(|orgs| orgs.get_ref().as_table());
        let meant = org.filter(|org| !self.orgs.contains_key(*org));
        for (key, _) in orgs.into_iter().flatten() {
            if let Some(org) = meant.filter(|org| is_org_meant(key.get_ref(), org)) {
                found.push(self.said(key).no_such("org", Some(org)));
            }
        }
        let of_orgs = orgs.into_iter().flatten().filter_map(|(_, one)| one.get_ref().as_table());
        for all in std::iter::once(top).chain(of_orgs) {
            let table = |name: &str| all.get(name).and_then(|table| table.get_ref().as_table());
            for (key, value) in table("parameters").into_iter().flatten() {
                match value.get_ref().as_table() {
                    Some(own) => {
                        let own = own.iter().map(|(key, _)| self.said(key));
                        self.template_of(&self.said(key), templates, own, &mut found);
                    }
                    None => self.parameter(&self.said(key), templates, &mut found, &mut idle),
                }
            }
            for (key, _) in table("overlay").into_iter().flatten() {
                self.template_of(&self.said(key), templates, std::iter::empty(), &mut found);
            }
        }
        let file = self.file.as_deref().unwrap_or(Path::new(FILE));
        told(file, found, idle)
    }

    /// Holds the columns of a CSV file of orgs against the templates as [`Config::check`] holds
    /// what the configuration says.
    ///
    /// # Errors
    /// As there; each with its column.
    pub(crate) fn check_columns(
        &self,
        templates: &[&Template],
    ) -> Result<Vec<String>, CommandError> {
        let Some(rows) = &self.rows else { return Ok(Vec::new()) };
        let (mut found, mut idle) = (Vec::new(), Vec::new());
        for column in rows.columns.iter().filter(|column| !column.is_empty()) {
            let said = |name| Said { name, place: format!("column `{column}`"), line: 1 };
            match column.split_once('.') {
                Some((template, name)) => {
                    let own = std::iter::once(said(name));
                    self.template_of(&said(template), templates, own, &mut found);
                }
                None => self.parameter(&said(column), templates, &mut found, &mut idle),
            }
        }
        told(&rows.file, found, idle)
    }

    fn said<'k>(&self, key: &'k Spanned<DeString<'_>>) -> Said<'k> {
        let line = line_of(&self.text, key.span().start);
        Said { name: key.get_ref(), place: format!("line {line}"), line }
    }

    /// What bears a template's name, and the parameters that are said of it.
    fn template_of<'s>(
        &self,
        said: &Said<'_>,
        templates: &[&Template],
        own: impl Iterator<Item = Said<'s>>,
        found: &mut Vec<String>,
    ) {
        let name = said.name;
        let shipped = builtin::find(name).and_then(|one| template::parse(one.name, one.text).ok());
        let here = templates.iter().copied().find(|template| template.name == name);
        // What is changed in one of those may have parameters of its own.
        let shipped = shipped.filter(|_| !self.overlay.contains_key(name));
        let Some(template) = here.or(shipped.as_ref()) else {
            let slip = templates.iter().find(|template| is_slip(name, &template.name));
            if let Some(meant) = slip.filter(|_| builtin::find(name).is_none()) {
                found.push(said.no_such("template", Some(&meant.name)));
            }
            return;
        };
        let known = || template.parameters.iter().map(|parameter| parameter.name.as_str());
        for said in own {
            let name = said.name;
            if known().any(|known| known == name) {
                continue;
            }
            if let Some(parameter) = template.in_place_of(name) {
                found.push(format!("{}: {}", said.place, is_now(name, parameter)));
            } else {
                found.push(said.no_such("parameter", nearest(name, known())));
            }
        }
    }

    fn parameter(
        &self,
        said: &Said<'_>,
        templates: &[&Template],
        found: &mut Vec<String>,
        idle: &mut Vec<(usize, String)>,
    ) {
        let name = said.name;
        let known =
            || templates.iter().flat_map(|template| &template.parameters).map(|one| &one.name);
        if known().any(|known| known == name) || SHIPPED_PARAMETERS.iter().any(|one| one == name) {
            return;
        }
        // Names of three letters have no slip that is not another name.
        let is_near = |known: &&String| {
            is_slip(name, known) || name.len() < 4 && nearest(name, [known.as_str()]).is_some()
        };
        if let Some(near) = known().find(is_near) {
            found.push(said.no_such("parameter", Some(near)));
            return;
        }
        let near = nearest(name, known().chain(SHIPPED_PARAMETERS.iter()).map(String::as_str));
        let words = format!(
            "{}: no template named here has a parameter `{name}`, nor has a shipped one, so it \
             says nothing{}",
            said.place,
            perhaps(near)
        );
        idle.push((said.line, words));
    }
}

/// A name that somebody wrote.
struct Said<'s> {
    name: &'s str,
    /// Where in its file, for sentences.
    place: String,
    line: usize,
}

impl Said<'_> {
    fn no_such(&self, what: &str, near: Option<&str>) -> String {
        format!("{}: there is no {what} `{}`{}", self.place, self.name, perhaps(near))
    }
}

/// What is wrong in a file; where nothing is, what says nothing there, in its order.
fn told(
    file: &Path,
    found: Vec<String>,
    mut idle: Vec<(usize, String)>,
) -> Result<Vec<String>, CommandError> {
    let file = file.display();
    if found.is_empty() {
        idle.sort();
        return Ok(idle.into_iter().map(|(_, words)| format!("`{file}`, {words}")).collect());
    }
    let mut error = CommandError::new(format!("`{file}` names what there is not"));
    error.causes = found;
    Err(error)
}

/// Says whether an org's name was probably meant by another: a slip, or of a short name a letter
/// left out or too many. A letter for another makes another org (`hr`, `pr`).
fn is_org_meant(name: &str, org: &str) -> bool {
    let (short, long) = if name.len() < org.len() { (name, org) } else { (org, name) };
    let is_one_more = short.len() >= 3
        && short.is_ascii()
        && long.char_indices().any(|(at, letter)| {
            letter.is_ascii_alphabetic()
                && short.eq_ignore_ascii_case(&format!("{}{}", &long[..at], &long[at + 1..]))
        });
    is_slip(name, org) || is_one_more
}

/// The parameters that shipped templates have; read once, and only where a name is no parameter of
/// the templates at hand.
static SHIPPED_PARAMETERS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let shipped = builtin::all().iter();
    let parsed = shipped.filter_map(|one| template::parse(one.name, one.text).ok());
    parsed.flat_map(|one| one.parameters).map(|parameter| parameter.name).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_org_is_meant_by_a_letter_less_and_not_by_another_letter() {
        for (name, is_meant) in [
            ("dmo", true),
            ("dem", true),
            ("demoo", true),
            ("dmeo", true),
            ("demo2", false),
            ("dmx", false),
            ("dé", false),
        ] {
            assert_eq!(is_org_meant(name, "demo"), is_meant, "{name}");
        }
        assert!(!is_org_meant("hr", "pr") && !is_org_meant("uat", "uat2"));
    }
}
