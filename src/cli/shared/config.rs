//! `sfsetup.toml`: what a project says once, so that nobody types it again. Found upwards from a
//! folder, or named on the command line.
//!
//! Whoever writes the file that is found need not be who runs the program (a checkout, a fork's
//! pull request), so it names orgs by the names that this machine knows, and nothing else. Where a
//! token is read and where it is sent counts only in a file that was named, and so do keys that
//! sign templates, and folders of templates outside its own.

mod csv_file;
mod names;
pub(crate) mod schema;
pub(crate) mod written;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use crate::metadata::registry::nearest::nearest;
use crate::plan::saved::SavedWaiver;
use crate::template::builtin;

use super::arguments::shell_word;
use super::clock::today;
use super::error::CommandError;
use super::fail_on::FailOn;
use super::format::Format;
use super::library::Library;
use super::vouched::Vouched;
use super::waivers::{OneWaiver, Waivers, day};

/// The file's name.
pub(crate) const FILE: &str = "sfsetup.toml";

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
    /// The templates that are meant where no other is named.
    #[serde(default)]
    templates: Option<Vec<String>>,
    /// The form of a diff's answer where no other is named.
    #[serde(default)]
    format: Option<Format>,
    /// What makes a run end with 2.
    #[serde(default, rename = "fail-on")]
    fail_on: Option<FailOn>,
    /// What may be otherwise.
    #[serde(default)]
    waiver: Vec<Spanned<WaiverTable>>,
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
    /// The CSV file that names orgs beside it.
    #[serde(skip)]
    rows: Option<csv_file::Rows>,
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
    /// The file that was named and says these two, where that is another.
    #[serde(skip)]
    named_in: Option<PathBuf>,
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
    #[serde(default)]
    overlay: BTreeMap<String, toml::Table>,
    #[serde(default)]
    templates: Option<Vec<String>>,
    #[serde(default, rename = "fail-on")]
    fail_on: Option<FailOn>,
    #[serde(default)]
    waiver: Vec<Spanned<WaiverTable>>,
}

/// A `[[waiver]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverTable {
    /// A step of a template, as `step` or `template/step`.
    #[serde(default)]
    step: Option<String>,
    /// Components, as `TYPE:NAME` with `*` and `?`.
    #[serde(default)]
    component: Option<String>,
    /// Settings in them; all where none is named.
    #[serde(default)]
    path: Option<String>,
    /// Why it may be otherwise.
    reason: String,
    /// Who answers for that.
    #[serde(default)]
    owner: Option<String>,
    /// The last day on which it may.
    expires: toml::Value,
}

/// How a file that was named leads into an org.
pub(crate) struct WayInto<'c> {
    pub(crate) instance_url: &'c str,
    pub(crate) access_token_env: &'c str,
    /// Where that stands.
    pub(crate) place: String,
}

impl Config {
    /// Returns the orgs that have a table of their own, in the order in which these stand.
    pub(crate) fn tables_of_orgs(&self) -> Vec<String> {
        let line = |name: &&String| self.line_at(&["orgs", name]);
        let mut names: Vec<&String> = self.orgs.keys().collect();
        names.sort_by_key(line);
        names.into_iter().cloned().collect()
    }

    /// Reads a file that is named on the command line.
    ///
    /// # Errors
    /// It cannot be read, or says something that is not understood.
    pub(crate) fn named(file: &Path) -> Result<Self, CommandError> {
        let text = text_of(file)?;
        let is_csv = csv_file::is_csv(&text);
        let parsed = Self::parse(file, text).map_err(|mut error| {
            if is_csv {
                error.hints.insert(0, "a list of orgs in CSV bears the suffix `.csv`".to_owned());
            }
            error
        })?;
        Ok(Self { is_named: true, ..parsed })
    }

    /// Returns the orgs that it names.
    pub(crate) fn org_names(&self) -> impl Iterator<Item = &str> {
        self.org.iter().chain(self.orgs.keys()).map(String::as_str)
    }

    /// Takes the file that is named on the command line; else looks for one from the path of the
    /// metadata upwards, where there is one, then from the current folder upwards; the first
    /// counts.
    ///
    /// # Errors
    /// The file is there and cannot be read, or says something that is not understood or does not
    /// count.
    pub(crate) fn find(vouched: &Vouched, from: Option<&Path>) -> Result<Self, CommandError> {
        if let Some(file) = &vouched.config {
            return Self::named(file);
        }
        let start =
            from.map(|from| std::path::absolute(from).unwrap_or_else(|_| from.to_path_buf()));
        let current = std::env::current_dir().ok();
        for start in [start, current].into_iter().flatten() {
            for folder in start.ancestors() {
                let file = folder.join(FILE);
                if file.is_file() {
                    return Self::parse_found(&file, text_of(&file)?);
                }
            }
        }
        Ok(Self::default())
    }

    /// What the file says of all orgs, in a text.
    pub(crate) fn of_all(&self) -> String {
        let mut table = self.text.parse::<toml::Table>().unwrap_or_default();
        table.remove("orgs");
        table.to_string()
    }

    /// What it says of each org alone, in a text.
    pub(crate) fn of_each(&self) -> BTreeMap<String, String> {
        let table = self.text.parse::<toml::Table>().unwrap_or_default();
        let text = |(name, of): (&String, &OfOrg)| {
            let of_file = table.get("orgs").and_then(|orgs| orgs.get(name));
            // Rows of a table of another kind stand here alone.
            let row = (&of.instance_url, &of.access_token_env, &of.parameters);
            (name.clone(), format!("{of_file:?} {row:?}"))
        };
        self.orgs.iter().map(text).collect()
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// It says something that is not understood.
    pub(crate) fn parse(file: &Path, text: String) -> Result<Self, CommandError> {
        let failed = || CommandError::new(format!("cannot read `{}`", file.display()));
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let place = match error.span() {
                Some(span) => format!("line {}: ", line_of(&text, span.start)),
                None => String::new(),
            };
            let failed = failed().because(format!("{place}{}", error.message())).hint(
                "it may hold `org = \"name\"`, `templates = [\"name\"]`, `template-paths = \
                 [\"folder\"]`, `format`, `fail-on`, [parameters] with one `name = value` a line, \
                 [overlay.TEMPLATE], [[waiver]] with `reason` and `expires`, and most of it under \
                 [orgs.ORG]; `sfsetup config schema` prints all of it for an editor",
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
        // What is wrong with a waiver is told wherever the file is read, and not only of its org.
        let orgs = config.orgs.keys().map(|org| Some(org.as_str()));
        for org in std::iter::once(None).chain(orgs) {
            config.waivers(org)?;
        }
        Ok(config)
    }

    /// Reads the text of a file as if it had been found.
    ///
    /// # Errors
    /// It says something that is not understood, or does not count in such a file.
    pub(crate) fn parse_found(file: &Path, text: String) -> Result<Self, CommandError> {
        let config = Self::parse(file, text)?;
        config.check_found()?;
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
        let of_orgs = self.orgs.values().filter_map(|of_org| of_org.templates.as_ref());
        for name in self.templates.iter().chain(of_orgs).flatten() {
            if builtin::find(name).is_none() && !self.is_within(Path::new(name)) {
                let place = self.place_of(&["templates"]);
                let what = format!("the template `{name}`, in another folder,");
                return Err(self.does_not_count(&what, &place));
            }
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

    /// Says whether it was named on the command line.
    pub(crate) fn is_named(&self) -> bool {
        self.is_named
    }

    /// Returns the file's name, for sentences.
    pub(crate) fn name(&self) -> String {
        let file = self.file.as_deref().and_then(Path::file_name);
        file.map_or(FILE.into(), |name| name.to_string_lossy()).into_owned()
    }

    /// Returns the templates that are meant for an org where no other is named, and where that
    /// stands: shipped ones and those of `template-paths` by their names, files by their paths.
    pub(crate) fn templates(&self, org: Option<&str>) -> Option<(Vec<String>, String)> {
        let of_org = self.of_org(org).and_then(|(org, it)| Some((org, it.templates.as_ref()?)));
        let (names, place) = match of_org {
            Some((org, names)) => (names, self.place_of(&["orgs", org, "templates"])),
            None => (self.templates.as_ref()?, self.place_of(&["templates"])),
        };
        let here = std::env::current_dir().ok();
        let found = |name: &String| {
            let path = self.folder().join(name);
            if builtin::find(name).is_some() || !path.is_file() {
                return name.clone();
            }
            // A plan may be carried out in another checkout.
            let below = here.as_ref().and_then(|here| path.strip_prefix(here).ok());
            below.unwrap_or(&path).display().to_string()
        };
        Some((names.iter().map(found).collect(), place))
    }

    /// Returns the form of a diff's answer where no other is named, and where that stands.
    pub(crate) fn format(&self) -> Option<(Format, String)> {
        Some((self.format?, self.place_of(&["format"])))
    }

    /// Returns what makes a run on an org end with 2, and where that stands.
    pub(crate) fn fail_on(&self, org: Option<&str>) -> Option<(FailOn, String)> {
        match self.of_org(org).and_then(|(org, of_org)| Some((org, of_org.fail_on?))) {
            Some((org, fail_on)) => Some((fail_on, self.place_of(&["orgs", org, "fail-on"]))),
            None => Some((self.fail_on?, self.place_of(&["fail-on"]))),
        }
    }

    /// Returns what may be otherwise in an org: its own waivers, then those for all.
    ///
    /// # Errors
    /// One that names nothing, gives no reason, or does not end on a day.
    pub(crate) fn waivers(&self, org: Option<&str>) -> Result<Waivers, CommandError> {
        let today = today();
        let of_org = self.of_org(org).map_or(&[][..], |(_, of_org)| &of_org.waiver);
        let one = |table: &Spanned<WaiverTable>| {
            let line = line_of(&self.text, table.span().start);
            let place = format!("{}, line {line}", self.name());
            let says = table.get_ref();
            let expires = match &says.expires {
                toml::Value::Datetime(day) => day.to_string(),
                toml::Value::String(day) => day.clone(),
                other => other.to_string(),
            };
            let says = SavedWaiver {
                step: says.step.clone(),
                component: says.component.clone(),
                path: says.path.clone(),
                reason: says.reason.clone(),
                owner: says.owner.clone(),
                expires,
            };
            let wrong = |what: String| {
                let file = self.file.as_deref().unwrap_or(Path::new(FILE)).display();
                CommandError::new(format!("cannot read `{file}`"))
                    .because(format!("line {line}: {what}"))
                    .hint(
                        "a waiver has a `step`, or a `component` and if need be a `path`, with a \
                         `reason`, and `expires = 2027-01-31`; `sfsetup waive` writes one",
                    )
            };
            if day(&says.expires).is_none() {
                return Err(wrong(format!(
                    "the waiver ends on `{}`, which is no day",
                    says.expires
                )));
            }
            OneWaiver::new(says, place, &today).map_err(wrong)
        };
        of_org.iter().chain(&self.waiver).map(one).collect::<Result<_, _>>().map(Waivers::new)
    }

    fn of_org<'c>(&'c self, org: Option<&str>) -> Option<(&'c str, &'c OfOrg)> {
        let (name, of_org) = self.orgs.get_key_value(org?)?;
        Some((name, of_org))
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
        let place = match &of_org.named_in {
            Some(file) => file.display().to_string(),
            None => self.place_of(&["orgs", org, key]),
        };
        if !self.is_named && of_org.named_in.is_none() {
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

    /// Returns the variables in which it says that tokens are.
    pub(crate) fn token_variables(&self) -> impl Iterator<Item = &str> {
        self.orgs.values().filter_map(|of_org| of_org.access_token_env.as_deref())
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
        let here = |path: &[&str]| self.line_at(path).map(|_| self.place_of(path));
        let of_org = org.and_then(|org| {
            let cell = |column: &str| self.rows.as_ref()?.cell_of(org, column);
            // A row goes before a table.
            cell(&format!("{template}.{name}"))
                .or_else(|| here(&["orgs", org, "parameters", template, name]))
                .or_else(|| cell(name))
                .or_else(|| here(&["orgs", org, "parameters", name]))
        });
        of_org
            .or_else(|| here(&["parameters", template, name]))
            .or_else(|| here(&["parameters", name]))
    }

    /// Returns where an org's row of a CSV file stands; none where it has none.
    pub(crate) fn row_of(&self, org: Option<&str>) -> Option<String> {
        self.rows.as_ref()?.row_of(org?)
    }

    /// Returns the orgs for which templates are others than for all.
    pub(crate) fn orgs_apart(&self) -> impl Iterator<Item = &str> {
        let apart = |of_org: &OfOrg| of_org.templates.is_some() || !of_org.overlay.is_empty();
        let orgs = self.orgs.iter().filter(move |(_, of_org)| apart(of_org));
        orgs.map(|(org, _)| org.as_str())
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
        let file = self.name();
        match self.line_at(path) {
            Some(line) => format!("{file}, line {line}"),
            None => file,
        }
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

/// The keys that the file may hold, on top, in the table of an org and in a waiver.
const KEYS: &[&str] = &[
    "access_token_env",
    "component",
    "expires",
    "fail-on",
    "format",
    "instance_url",
    "org",
    "orgs",
    "overlay",
    "owner",
    "parameters",
    "path",
    "reason",
    "step",
    "template-keys",
    "template-paths",
    "templates",
    "waiver",
];

/// Reads the text of a file.
///
/// # Errors
/// The system refuses.
pub(crate) fn text_of(file: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(file).map_err(|error| {
        CommandError::new(format!("cannot read `{}`", file.display())).because(error.to_string())
    })
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_org_goes_before_what_is_said_of_all() {
        let text = "templates = [\"gong\"]\nfail-on = \"required\"\n[orgs.acme]\ntemplates = \
                    [\"zendesk\"]\nfail-on = \"observed\"\n[[orgs.acme.waiver]]\nstep = \"a\"\n\
                    reason = \
                    \"R\"\nexpires = 2999-01-31\n[[waiver]]\nstep = \"b\"\nreason = \"R\"\n\
                    expires = \
                    2999-01-31\n";
        let config = Config::parse(Path::new("x/sfsetup.toml"), text.to_owned()).unwrap();
        let said = |org: Option<&str>| {
            let (templates, place) = config.templates(org).unwrap();
            let (fail_on, at) = config.fail_on(org).unwrap();
            let waivers: Vec<String> = config.waivers(org).unwrap().places().collect();
            (templates.join(","), place, fail_on.name(), at, waivers.join(", "))
        };
        let place = |line: usize| format!("sfsetup.toml, line {line}");
        let of_all = ("gong".to_owned(), place(1), "required", place(2));
        let waiver = |name: &str, line: usize| format!("waiver of `{name}` ({})", place(line));
        for org in [None, Some("other")] {
            let (templates, at, fail_on, there, waivers) = said(org);
            assert_eq!((templates, at, fail_on, there), of_all);
            assert_eq!(waivers, waiver("b", 10));
        }
        let (templates, at, fail_on, there, waivers) = said(Some("acme"));
        let of_org = ("zendesk".to_owned(), place(4), "observed", place(5));
        assert_eq!((templates, at, fail_on, there), of_org);
        assert_eq!(waivers, format!("{}, {}", waiver("a", 6), waiver("b", 10)));
    }
}
