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
                found.push(self.no_such("org", key, Some(org)));
            }
        }
        let of_orgs = orgs.into_iter().flatten().filter_map(|(_, one)| one.get_ref().as_table());
        for all in std::iter::once(top).chain(of_orgs) {
            let table = |name: &str| all.get(name).and_then(|table| table.get_ref().as_table());
            for (key, value) in table("parameters").into_iter().flatten() {
                match value.get_ref().as_table() {
                    Some(own) => self.template_of(key, templates, own, &mut found),
                    None => self.parameter(key, templates, &mut found, &mut idle),
                }
            }
            for (key, _) in table("overlay").into_iter().flatten() {
                self.template_of(key, templates, &DeTable::new(), &mut found);
            }
        }
        if found.is_empty() {
            idle.sort();
            return Ok(idle.into_iter().map(|(_, words)| words).collect());
        }
        let file = self.file.as_deref().unwrap_or(Path::new(FILE)).display();
        let mut error = CommandError::new(format!("`{file}` names what there is not"));
        error.causes = found;
        Err(error)
    }

    /// A table that bears a template's name, and the parameters in it.
    fn template_of(
        &self,
        key: &Spanned<DeString<'_>>,
        templates: &[&Template],
        own: &DeTable<'_>,
        found: &mut Vec<String>,
    ) {
        let name: &str = key.get_ref();
        let shipped = builtin::find(name).and_then(|one| template::parse(one.name, one.text).ok());
        let here = templates.iter().copied().find(|template| template.name == name);
        // What is changed in one of those may have parameters of its own.
        let shipped = shipped.filter(|_| !self.overlay.contains_key(name));
        let Some(template) = here.or(shipped.as_ref()) else {
            let slip = templates.iter().find(|template| is_slip(name, &template.name));
            if let Some(meant) = slip.filter(|_| builtin::find(name).is_none()) {
                found.push(self.no_such("template", key, Some(&meant.name)));
            }
            return;
        };
        let known = || template.parameters.iter().map(|parameter| parameter.name.as_str());
        for (key, _) in own {
            let name: &str = key.get_ref();
            if known().any(|known| known == name) {
                continue;
            }
            if let Some(parameter) = template.in_place_of(name) {
                let line = line_of(&self.text, key.span().start);
                found.push(format!("line {line}: {}", is_now(name, parameter)));
            } else {
                found.push(self.no_such("parameter", key, nearest(name, known())));
            }
        }
    }

    fn parameter(
        &self,
        key: &Spanned<DeString<'_>>,
        templates: &[&Template],
        found: &mut Vec<String>,
        idle: &mut Vec<(usize, String)>,
    ) {
        let name: &str = key.get_ref();
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
            found.push(self.no_such("parameter", key, Some(near)));
            return;
        }
        let near = nearest(name, known().chain(SHIPPED_PARAMETERS.iter()).map(String::as_str));
        let file = self.file.as_deref().unwrap_or(Path::new(FILE)).display();
        let line = line_of(&self.text, key.span().start);
        let words = format!(
            "`{file}`, line {line}: no template named here has a parameter `{name}`, nor has a \
             shipped one, so it says nothing{}",
            perhaps(near)
        );
        idle.push((line, words));
    }

    fn no_such(&self, what: &str, key: &Spanned<DeString<'_>>, near: Option<&str>) -> String {
        let line = line_of(&self.text, key.span().start);
        let meant = perhaps(near);
        format!("line {line}: there is no {what} `{}`{meant}", key.get_ref())
    }
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
