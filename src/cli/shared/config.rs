//! `sfsetup.toml`: what a project says once, so that nobody types it again. Found upwards from a
//! folder, or named on the command line.
//!
//! Whoever writes the file that is found need not be who runs the program (a checkout, a fork's
//! pull request), so it names orgs by the names that this machine knows, and nothing else. Where a
//! token is read and where it is sent counts only in a file that was named, and so do keys that
//! sign templates, and folders of templates outside its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeString, DeTable};

use crate::metadata::registry::nearest::{is_slip, nearest, perhaps};
use crate::template::{self, Template, builtin, is_now};

use super::arguments::shell_word;
use super::error::CommandError;
use super::library::Library;
use super::vouched::Vouched;

/// The file's name.
const FILE: &str = "sfsetup.toml";

/// What the file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The org that is meant where no other is named.
    #[serde(default)]
    pub(crate) org: Option<String>,
    /// Values of templates' parameters, for whichever template has a parameter of the name; a table
    /// of a template's name holds that one's.
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
    /// What is changed in a template, by its name: parameters, steps, and steps that are left out.
    #[serde(default)]
    overlay: BTreeMap<String, toml::Table>,
    /// Folders in which templates are looked for by name, after the shipped ones.
    #[serde(default, rename = "template-paths")]
    template_paths: Vec<PathBuf>,
    /// Keys of minisign, in base64: of templates in those folders only what one of them has signed
    /// is read.
    #[serde(default, rename = "template-keys")]
    template_keys: Vec<String>,
    /// What holds for one org alone.
    #[serde(default)]
    orgs: BTreeMap<String, OfOrg>,
    /// Where it was read from.
    #[serde(skip)]
    pub(crate) file: Option<PathBuf>,
    /// Whether it was named on the command line.
    #[serde(skip)]
    is_named: bool,
    /// Its text.
    #[serde(skip)]
    pub(crate) text: String,
}

/// What the file says of one org.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOrg {
    /// The org's address, and the variable that holds an access token; both or neither, and only
    /// where the file was named.
    #[serde(default)]
    instance_url: Option<String>,
    #[serde(default)]
    access_token_env: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
    #[serde(default)]
    overlay: BTreeMap<String, toml::Table>,
}

/// How a file that was named leads into an org.
pub(crate) struct WayInto<'c> {
    pub(crate) instance_url: &'c str,
    pub(crate) access_token_env: &'c str,
    /// Where that stands.
    pub(crate) place: String,
}

impl Config {
    /// Takes the file that is named on the command line; else looks for one from the path of the
    /// metadata upwards, where there is one, then from the current folder upwards; the first
    /// counts.
    ///
    /// # Errors
    /// The file is there and cannot be read, or says something that is not understood or does not
    /// count.
    pub(crate) fn find(vouched: &Vouched, from: Option<&Path>) -> Result<Self, CommandError> {
        if let Some(file) = &vouched.config {
            return Ok(Self { is_named: true, ..Self::read(file)? });
        }
        let start =
            from.map(|from| std::path::absolute(from).unwrap_or_else(|_| from.to_path_buf()));
        let current = std::env::current_dir().ok();
        for start in [start, current].into_iter().flatten() {
            for folder in start.ancestors() {
                let file = folder.join(FILE);
                if file.is_file() {
                    let config = Self::read(&file)?;
                    config.check_found()?;
                    return Ok(config);
                }
            }
        }
        Ok(Self::default())
    }

    fn read(file: &Path) -> Result<Self, CommandError> {
        let failed = || CommandError::new(format!("cannot read `{}`", file.display()));
        let text =
            std::fs::read_to_string(file).map_err(|error| failed().because(error.to_string()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let place = match error.span() {
                Some(span) => format!("line {}: ", line_of(&text, span.start)),
                None => String::new(),
            };
            let failed = failed().because(format!("{place}{}", error.message())).hint(
                "it may hold `org = \"name\"`, `template-paths = [\"folder\"]`, [parameters] with one \
                 `name = value` a line, [overlay.TEMPLATE], and both under [orgs.ORG]",
            );
            // Where a key is not known, that is where the error stands.
            let key = text.get(span).unwrap_or_default();
            match nearest(key, KEYS.iter().copied()) {
                Some(near) if !KEYS.contains(&key) => {
                    failed.hint(format!("did you mean `{near}`?"))
                }
                Some(_) | None => failed,
            }
        })?;
        config.file = Some(file.to_path_buf());
        config.text = text;
        Ok(config)
    }

    /// Refuses, in a file that was found, an org that is named by an address, keys, and folders
    /// outside its own.
    fn check_found(&self) -> Result<(), CommandError> {
        if self.org.as_ref().is_some_and(|org| org.contains("://") || org.contains('/')) {
            return Err(self.does_not_count("an org's address", &self.place_of_org()));
        }
        if !self.template_keys.is_empty() {
            let place = self.place_of(&["template-keys"]);
            return Err(self.does_not_count("`template-keys`", &place));
        }
        for path in &self.template_paths {
            if !self.is_within(path) {
                let place = self.place_of(&["template-paths"]);
                let what = format!("the folder `{}` of `template-paths`", path.display());
                return Err(self.does_not_count(&what, &place));
            }
        }
        Ok(())
    }

    /// The folder that the file lies in.
    fn folder(&self) -> &Path {
        self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// Says whether a path of the file leads to a folder below its own, links and all.
    fn is_within(&self, path: &Path) -> bool {
        let is_plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !path.components().all(is_plain) {
            return false;
        }
        let folder = self.folder();
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        match (folder.canonicalize(), folder.join(path).canonicalize()) {
            (Ok(folder), Ok(path)) => path.starts_with(folder),
            // What is not there leads nowhere.
            _ => true,
        }
    }

    /// Returns the folders in which templates are looked for, and the keys that sign them.
    ///
    /// # Errors
    /// A text that is no key.
    pub(crate) fn library(&self) -> Result<Library, CommandError> {
        let folders = self.template_paths.iter().map(|path| self.folder().join(path)).collect();
        let library = Library::new(folders, &self.template_keys)?;
        Ok(if self.is_named { library } else { library.within(self.folder()) })
    }

    /// Returns the address and the token's variable that the file gives an org.
    ///
    /// # Errors
    /// The file was found, and may name orgs by alias alone; or it says half of it.
    pub(crate) fn way_into(&self, org: &str) -> Result<Option<WayInto<'_>>, CommandError> {
        let Some(of_org) = self.orgs.get(org) else { return Ok(None) };
        let (first, second) = (&of_org.instance_url, &of_org.access_token_env);
        let key = match (first, second) {
            (None, None) => return Ok(None),
            (Some(_), _) => "instance_url",
            (None, Some(_)) => "access_token_env",
        };
        let place = self.place_of(&["orgs", org, key]);
        if !self.is_named {
            return Err(self.does_not_count(&format!("`{key}`"), &place));
        }
        match (first, second) {
            (Some(instance_url), Some(access_token_env)) => {
                Ok(Some(WayInto { instance_url, access_token_env, place }))
            }
            _ => Err(CommandError::new(format!("{place} says half of how to sign in to `{org}`"))
                .hint("write both `instance_url` and `access_token_env`, or neither")),
        }
    }

    fn does_not_count(&self, what: &str, place: &str) -> CommandError {
        let file = self.file.as_deref().unwrap_or(Path::new(FILE)).display();
        CommandError::new(format!("{what} does not count at {place}"))
            .because(format!(
                "`{file}` was found, and such a file may name orgs by alias alone, and folders of \
                 templates below its own"
            ))
            .hint(format!(
                "if you trust the file, name it: `--config {}`",
                shell_word(&file.to_string())
            ))
    }

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

    /// Returns where the file names the org.
    pub(crate) fn place_of_org(&self) -> String {
        self.place_of(&["org"])
    }

    /// Returns where the value of a template's parameter stands that holds for an org; none where
    /// the file has none.
    pub(crate) fn place_of_parameter(
        &self,
        template: &str,
        org: Option<&str>,
        name: &str,
    ) -> Option<String> {
        let of_org = org.map(|org| {
            [vec!["orgs", org, "parameters", template, name], vec!["orgs", org, "parameters", name]]
        });
        let of_all = [vec!["parameters", template, name], vec!["parameters", name]];
        let mut paths = of_org.into_iter().flatten().chain(of_all);
        let path = paths.find(|path| self.line_at(path).is_some())?;
        Some(self.place_of(&path))
    }

    /// Returns the line of a key, where it is there.
    fn line_at(&self, path: &[&str]) -> Option<usize> {
        let top = DeTable::parse(&self.text).ok()?;
        let (last, tables) = path.split_last()?;
        let mut table = top.get_ref();
        for name in tables {
            table = table.get(*name)?.get_ref().as_table()?;
        }
        let (key, _) = table.get_key_value(*last)?;
        Some(line_of(&self.text, key.span().start))
    }

    /// Returns where a key stands.
    fn place_of(&self, path: &[&str]) -> String {
        let line = self.line_at(path);
        let file = self.file.as_deref().and_then(Path::file_name);
        let file = file.map_or(FILE.into(), |name| name.to_string_lossy());
        line.map_or_else(|| file.to_string(), |line| format!("{file}, line {line}"))
    }

    /// Returns the values of a template's parameters; what is said of the org goes before what is
    /// said of all, and what names the template before what does not.
    pub(crate) fn parameters(
        &self,
        template: &str,
        org: Option<&str>,
    ) -> BTreeMap<&String, &toml::Value> {
        let mut values = BTreeMap::new();
        let of_org = org.and_then(|org| self.orgs.get(org)).map(|of_org| &of_org.parameters);
        for all in [Some(&self.parameters), of_org].into_iter().flatten() {
            values.extend(all.iter().filter(|(_, value)| !value.is_table()));
            values.extend(all.get(template).and_then(toml::Value::as_table).into_iter().flatten());
        }
        values
    }

    /// Returns what is changed in a template, each with its place in the file and a text that
    /// stands for it.
    pub(crate) fn overlays(&self, template: &str, org: Option<&str>) -> Vec<(Vec<String>, String)> {
        let path = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut found = Vec::new();
        if let Some(table) = self.overlay.get(template) {
            found.push((path(&["overlay", template]), table.to_string()));
        }
        if let Some((org, table)) =
            org.and_then(|org| Some((org, self.orgs.get(org)?.overlay.get(template)?)))
        {
            found.push((path(&["orgs", org, "overlay", template]), table.to_string()));
        }
        found
    }
}

/// The keys that the file may hold, on top and in the table of an org.
const KEYS: &[&str] = &[
    "access_token_env",
    "instance_url",
    "org",
    "orgs",
    "overlay",
    "parameters",
    "template-keys",
    "template-paths",
];

fn line_of(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
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
