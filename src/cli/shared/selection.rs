//! Which part of what is wanted: `--only TYPE:NAME[:PATH]`, and `--except`, its opposite.

use std::collections::BTreeSet;

use wildmatch::WildMatch;

use crate::diff::Finding;
use crate::metadata::ComponentId;
use crate::metadata::full_name::{api_full_name, canonical_full_name};
use crate::metadata::path::FieldPath;
use crate::metadata::registry::nearest::{nearest, perhaps};
use crate::metadata::registry::{self, canonical_type};

use super::error::CommandError;

/// So many components are named where nothing is near.
const LISTED: usize = 5;

/// A choice of components and settings: `TYPE:NAME[:PATH]` with `*` and `?`.
#[derive(Default)]
pub(crate) struct Selection {
    /// What is chosen; all where nothing is named.
    only: Vec<Pattern>,
    /// What is left out of it.
    except: Vec<Pattern>,
}

/// A choice of one kind: components, and settings in them.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// The option that it was given with.
    option: &'static str,
    text: String,
    type_name: WildMatch,
    full_name: WildMatch,
    path: Option<WildMatch>,
}

impl Selection {
    /// Reads the patterns of the command line.
    ///
    /// # Errors
    /// One that names no type and name.
    pub(crate) fn parse(only: &[String], except: &[String]) -> Result<Self, CommandError> {
        let all = |option: &'static str, patterns: &[String]| {
            patterns.iter().map(|text| Pattern::parse(option, text)).collect::<Result<_, _>>()
        };
        Ok(Self { only: all("--only", only)?, except: all("--except", except)? })
    }

    /// Says whether nothing is named, so that all is chosen.
    pub(crate) fn is_all(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }

    /// Refuses patterns that choose none of a template's findings: a slip of the pen must not pass
    /// for a clean answer.
    ///
    /// # Errors
    /// The first such pattern, with what was probably meant.
    pub(crate) fn check_findings(&self, findings: &[Finding<'_>]) -> Result<(), CommandError> {
        let chosen = |finding: &Finding<'_>| {
            finding.subject.component().map(|id| (id.clone(), finding.subject.path().cloned()))
        };
        let all: Vec<_> = findings.iter().filter_map(chosen).collect();
        self.check(
            |pattern| {
                all.iter().any(|(id, path)| pattern.names(id) && pattern.accepts(path.as_ref()))
            },
            || all.iter().map(|(id, path)| (id, path.as_ref())).collect(),
        )?;
        let is_chosen = all.iter().any(|(id, path)| self.setting(id, path.as_ref()));
        self.check_rest(is_chosen || all.is_empty())
    }

    /// Refuses a choice that leaves nothing of what is compared.
    fn check_rest(&self, is_something_left: bool) -> Result<(), CommandError> {
        if is_something_left || self.only.is_empty() || self.except.is_empty() {
            return Ok(());
        }
        Err(CommandError::new(
            "what `--only` and `--except` leave together is nothing of what is compared here",
        )
        .hint("leave one of them out, or name less with it")
        .usage())
    }

    /// Refuses patterns that choose no component of two states, no setting that its type can have,
    /// or no entry that either has; `paths` are the settings of a component in both, none where
    /// they cannot be read.
    ///
    /// # Errors
    /// The first such pattern, with what was probably meant.
    pub(crate) fn check_components<'i>(
        &self,
        ids: impl Iterator<Item = &'i ComponentId> + Clone,
        paths: &dyn Fn(&ComponentId) -> Option<Vec<FieldPath>>,
    ) -> Result<(), CommandError> {
        self.check(
            |pattern| ids.clone().any(|id| pattern.names(id)),
            || ids.clone().map(|id| (id, None)).collect(),
        )?;
        self.check_rest(ids.clone().any(|id| self.accepts(Some(id), None)))?;
        // What is equal on both sides is no finding, so the type knows of a path, and the states.
        for pattern in self.patterns() {
            let Some(first) = ids.clone().find(|id| pattern.names(id)) else { continue };
            pattern.check_path(first)?;
            if pattern.is_of_entry() {
                let named = ids.clone().filter(|id| pattern.names(id));
                pattern.check_entry(named.map(paths))?;
            }
        }
        Ok(())
    }

    fn check<'i>(
        &self,
        is_of_use: impl Fn(&Pattern) -> bool,
        all: impl FnOnce() -> Vec<(&'i ComponentId, Option<&'i FieldPath>)>,
    ) -> Result<(), CommandError> {
        let Some(idle) = self.patterns().find(|pattern| !is_of_use(pattern)) else { return Ok(()) };
        let mut known = BTreeSet::new();
        for (id, path) in all() {
            let name = format!("{}:{}", id.type_name, id.full_name);
            if let (Some(path), true) = (path, idle.path.is_some()) {
                known.insert(format!("{name}:{path}"));
            }
            known.insert(name);
        }
        let error = CommandError::new(format!(
            "`{} {}` matches nothing that is compared here",
            idle.option, idle.text
        ))
        .usage();
        Err(match nearest(&idle.text, known.iter().map(String::as_str)) {
            Some(nearest) => error.hint(format!("did you mean `{} '{nearest}'`?", idle.option)),
            None => {
                let some: Vec<&str> = known.iter().take(LISTED).map(String::as_str).collect();
                let more = match known.len().saturating_sub(LISTED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                error.hint(format!("compared here: {}{more}", some.join(", ")))
            }
        })
    }

    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.only.iter().chain(&self.except)
    }

    fn accepts(&self, id: Option<&ComponentId>, path: Option<&FieldPath>) -> bool {
        let Some(id) = id else { return self.only.is_empty() };
        let is_named = self.only.is_empty()
            || self.only.iter().any(|pattern| pattern.names(id) && pattern.accepts(path));
        // Of a component something is left where a part of it alone is left out.
        let is_left_out = |pattern: &Pattern| {
            pattern.names(id) && (pattern.path.is_none() || path.is_some() && pattern.accepts(path))
        };
        is_named && !self.except.iter().any(is_left_out)
    }

    /// Says whether a setting is chosen; without a path, whether anything of a component is.
    pub(crate) fn setting(&self, id: &ComponentId, path: Option<&FieldPath>) -> bool {
        self.accepts(Some(id), path)
    }

    /// Says whether a finding is chosen.
    pub(crate) fn finding(&self, finding: &Finding<'_>) -> bool {
        self.accepts(finding.subject.component(), finding.subject.path())
    }
}

impl Pattern {
    /// Reads one as it was given with an option.
    ///
    /// # Errors
    /// It names no type and name.
    pub(crate) fn parse(option: &'static str, text: &str) -> Result<Self, CommandError> {
        let wrong = || {
            CommandError::new(format!(
                "`{option} {text}` is not of the form TYPE:NAME or TYPE:NAME:PATH"
            ))
            .hint(format!(
                "for instance `{option} 'Profile:*'` or `{option} \
                 'ConnectedApp:Acme:oauthPolicy.*'`"
            ))
            .usage()
        };
        let (type_name, rest) = text.split_once(':').ok_or_else(wrong)?;
        // A profile's name may hold a colon (`Custom: Sales Profile`); a path never does, except
        // within its brackets.
        let splits = rest.match_indices(':').map(|(at, _)| (&rest[..at], &rest[at + 1..]));
        let (name, path) = match splits.into_iter().find(|(_, path)| is_path(path)) {
            Some((name, path)) => (name, Some(path)),
            None => (rest, None),
        };
        let component = format!("{type_name}:{name}");
        let pattern = Self::of(option, &component, path).ok_or_else(wrong)?;
        Ok(Self { text: text.to_owned(), ..pattern })
    }

    /// Makes one of a component and a path that stand apart; none where it names no type and name.
    pub(crate) fn of(option: &'static str, component: &str, path: Option<&str>) -> Option<Self> {
        let (type_name, name) = component.split_once(':')?;
        if type_name.trim().is_empty() || name.trim().is_empty() {
            return None;
        }
        Some(Self {
            option,
            text: component.to_owned(),
            type_name: WildMatch::new(canonical_type(type_name.trim())),
            full_name: WildMatch::new(&canonical_full_name(type_name, name)),
            path: path.map(WildMatch::new),
        })
    }

    /// Returns the component and the path, as they are matched.
    pub(crate) fn parts(&self) -> (String, Option<String>) {
        let path = self.path.as_ref().map(WildMatch::pattern);
        (format!("{}:{}", self.type_name.pattern(), self.full_name.pattern()), path)
    }

    /// Says whether a finding is meant: of a path alone what has one.
    pub(crate) fn means(&self, finding: &Finding<'_>) -> bool {
        let Some(id) = finding.subject.component() else { return false };
        let path = finding.subject.path();
        self.names(id) && (self.path.is_none() || path.is_some() && self.accepts(path))
    }

    /// Refuses a type that there is not, and a path that a component of the type cannot have.
    ///
    /// # Errors
    /// It names one.
    pub(crate) fn check_names(&self) -> Result<(), CommandError> {
        let type_name = self.type_name.pattern();
        if type_name.contains(['*', '?']) {
            return Ok(());
        }
        let full_name = self.full_name.pattern();
        if registry::find_component(&type_name, &full_name).is_none()
            && let Some(near) = registry::nearest_type(&type_name)
        {
            return Err(CommandError::new(format!("there is no metadata type `{type_name}`"))
                .hint(format!("did you mean `{near}`?"))
                .usage());
        }
        self.check_path(&ComponentId::new(type_name, full_name))
    }

    /// Refuses a path, or a pattern that begins like one, which a component's type does not have.
    fn check_path(&self, id: &ComponentId) -> Result<(), CommandError> {
        let Some(path) = self.path.as_ref().map(WildMatch::pattern) else { return Ok(()) };
        let Some(row) = registry::find_component(&id.type_name, &id.full_name) else {
            return Ok(());
        };
        let end = path.find(['.', '[', '*', '?']).unwrap_or(path.len());
        let (section, behind) = path.split_at(end);
        let is_whole = !section.is_empty() && !behind.starts_with(['*', '?']);
        let unknown = if is_whole && row.complete && row.field(section).is_none() {
            let near = nearest(section, row.fields.iter().map(|field| field.name));
            format!("`{}` has no element `{section}`{}", id.type_name, perhaps(near))
        } else {
            match path.parse().map(|path| row.resolve(&path)) {
                Ok(Err(unknown)) => unknown.to_string(),
                Ok(Ok(_)) | Err(_) => return Ok(()),
            }
        };
        Err(CommandError::new(format!("`{} {}`: {unknown}", self.option, self.text)).usage())
    }

    /// Says whether it names one entry of a list, by its whole key.
    fn is_of_entry(&self) -> bool {
        let path = self.path.as_ref().map(WildMatch::pattern).unwrap_or_default();
        path.contains('[') && !path.contains(['*', '?'])
    }

    /// Refuses an entry that none of the components has.
    fn check_entry(
        &self,
        all: impl Iterator<Item = Option<Vec<FieldPath>>>,
    ) -> Result<(), CommandError> {
        let wanted = self.path.as_ref().map(WildMatch::pattern).unwrap_or_default();
        let entry_of = |path: &str| path.find(']').map_or(path, |end| &path[..=end]).to_lowercase();
        let section = wanted.split('[').next().unwrap_or_default().to_lowercase();
        let mut known = BTreeSet::new();
        for paths in all {
            // What cannot be read may have it.
            let Some(paths) = paths else { return Ok(()) };
            for path in paths.iter().map(ToString::to_string) {
                if entry_of(&path) == entry_of(&wanted) {
                    return Ok(());
                }
                let is_alike = path.to_lowercase().starts_with(&format!("{section}["));
                if let Some(end) = path.find(']').filter(|_| is_alike) {
                    known.insert(path[..=end].to_owned());
                }
            }
        }
        let entry = wanted.find(']').map_or(&*wanted, |end| &wanted[..=end]);
        let near = nearest(entry, known.iter().map(String::as_str));
        Err(CommandError::new(format!(
            "`{} {}`: nothing that is compared here has `{entry}`{}",
            self.option,
            self.text,
            perhaps(near)
        ))
        .usage())
    }

    fn names(&self, id: &ComponentId) -> bool {
        let is_named =
            self.full_name.matches(&id.full_name) || self.full_name.matches(&api_full_name(id));
        self.type_name.matches(&id.type_name) && is_named
    }

    /// Says whether a setting of a component that it names is chosen; what has no path is.
    fn accepts(&self, path: Option<&FieldPath>) -> bool {
        let (Some(wanted), Some(path)) = (&self.path, path) else { return true };
        wanted.matches(&path.to_string())
    }
}

/// Whether a text can be a path, or a pattern of one: names of elements, and keys in brackets, of
/// which a pattern may have the one that closes in a `*`.
fn is_path(text: &str) -> bool {
    let is_of_name =
        |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '.' | '*' | '?');
    let mut rest = text;
    while let Some((name, behind)) = rest.split_once('[') {
        if !name.chars().all(is_of_name) {
            return false;
        }
        rest = behind.split_once(']').map_or("", |(_, rest)| rest);
    }
    !text.is_empty() && rest.chars().all(is_of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(pattern: &str, type_name: &str, name: &str, path: &str) -> bool {
        let only = Selection::parse(&[pattern.to_owned()], &[]).unwrap();
        only.accepts(Some(&ComponentId::new(type_name, name)), Some(&path.parse().unwrap()))
    }

    #[test]
    fn a_choice_names_components_and_settings() {
        assert!(accepts("Profile:*", "Profile", "Custom: Sales", "custom"));
        assert!(accepts("Profile:Custom: Sales", "Profile", "Custom: Sales", "custom"));
        assert!(accepts("Profile:System Administrator", "Profile", "Admin", "custom"));
        assert!(accepts(
            "ConnectedApp:Acme:oauthPolicy.*",
            "ConnectedApp",
            "Acme",
            "oauthPolicy.ipRelaxation"
        ));
        assert!(!accepts("ConnectedApp:Acme:oauthPolicy.*", "ConnectedApp", "Acme", "label"));
        let tier = "fieldPermissions[Account.Tier__c].readable";
        for path in [
            "field*Tier*",
            "*Tier*",
            "fieldPermissions*.readable",
            "fieldPermissions[*Tier*",
            "fieldPermissions[*.Tier_?c]*",
            "fieldPermissions[Account.Tier__c].readable",
        ] {
            let pattern = format!("PermissionSet:Ac*:{path}");
            assert!(accepts(&pattern, "PermissionSet", "Acme", tier), "{path}");
            assert!(!accepts(&pattern, "PermissionSet", "Acme", "label"), "{path}");
        }
        let layout = "layoutAssignments[Account-A: B].layout";
        assert!(accepts(
            "Profile:Custom: A:layoutAssignments[*A: B]*",
            "Profile",
            "Custom: A",
            layout
        ));
        assert!(accepts("Profile:Custom: A*", "Profile", "Custom: A, B", "custom"));
        assert!(!accepts("ConnectedApp:Acme", "ConnectedApp", "Other", "label"));
        assert!(Selection::parse(&["Profile".to_owned()], &[]).is_err());
    }

    #[test]
    fn what_is_left_out_is_left_out_of_what_is_chosen() {
        let except = |pattern: &str| {
            Selection::parse(&["Profile:*".to_owned()], &[pattern.to_owned()]).unwrap()
        };
        let (id, path) = (ComponentId::new("Profile", "Admin"), "custom".parse().unwrap());
        assert!(!except("Profile:Admin").setting(&id, Some(&path)));
        assert!(!except("Profile:Admin").setting(&id, None));
        let part = except("Profile:Admin:custom");
        assert!(!part.setting(&id, Some(&path)) && part.setting(&id, None));
        assert!(part.setting(&id, Some(&"userLicense".parse().unwrap())));
        assert!(!part.setting(&ComponentId::new("PermissionSet", "A"), None));
    }
}
