//! Which part of what is wanted: `--only TYPE:NAME[:PATH]`.

use wildmatch::WildMatch;

use crate::diff::Finding;
use crate::metadata::ComponentId;
use crate::metadata::full_name::{api_full_name, canonical_full_name};
use crate::metadata::path::FieldPath;
use crate::metadata::registry::canonical_type;

use super::error::CommandError;
use super::ui::Ui;

/// A choice of components and settings: `TYPE:NAME[:PATH]` with `*` and `?`.
#[derive(Default)]
pub(crate) struct Selection(Vec<Pattern>);

struct Pattern {
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
    pub(crate) fn parse(patterns: &[String]) -> Result<Self, CommandError> {
        let parse = |text: &String| {
            let wrong = || {
                CommandError::new(format!(
                    "`--only {text}` is not of the form TYPE:NAME or \
                    TYPE:NAME:PATH"
                ))
                .hint(
                    "for instance `--only 'Profile:*'` or `--only \
                           'ConnectedApp:Acme:oauthPolicy.*'`",
                )
                .usage()
            };
            let (type_name, rest) = text.split_once(':').ok_or_else(wrong)?;
            // A profile's name may hold a colon (`Custom: Sales Profile`); a path never does,
            // except within its brackets.
            let (name, path) = match rest.rsplit_once(':') {
                Some((name, path)) if !path.starts_with(' ') && is_path(path) => (name, Some(path)),
                _ => (rest, None),
            };
            if type_name.trim().is_empty() || name.trim().is_empty() {
                return Err(wrong());
            }
            Ok(Pattern {
                text: text.clone(),
                type_name: WildMatch::new(canonical_type(type_name.trim())),
                full_name: WildMatch::new(&canonical_full_name(type_name, name)),
                path: path.map(WildMatch::new),
            })
        };
        patterns.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Warns of patterns that name nothing of what was found.
    pub(crate) fn warn_of_idle(&self, ui: &Ui, findings: &[Finding<'_>]) {
        for idle in self.idle(findings.iter().filter_map(|finding| finding.subject.component())) {
            ui.warn(&idle);
        }
    }

    fn accepts(&self, id: Option<&ComponentId>, path: Option<&FieldPath>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let Some(id) = id else { return false };
        let is_path = |pattern: &Pattern| {
            pattern
                .path
                .as_ref()
                .is_none_or(|wanted| path.is_none_or(|path| wanted.matches(&path.to_string())))
        };
        self.0.iter().any(|pattern| pattern.names(id) && is_path(pattern))
    }

    /// Says which patterns name none of the components, for a slip of the pen must not pass for a
    /// clean answer.
    pub(crate) fn idle<'i>(
        &self,
        ids: impl Iterator<Item = &'i ComponentId> + Clone,
    ) -> Vec<String> {
        let idle = self.0.iter().filter(|pattern| !ids.clone().any(|id| pattern.names(id)));
        idle.map(|pattern| {
            format!("`--only {}` matches nothing that is compared here", pattern.text)
        })
        .collect()
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
    fn names(&self, id: &ComponentId) -> bool {
        let is_named =
            self.full_name.matches(&id.full_name) || self.full_name.matches(&api_full_name(id));
        self.type_name.matches(&id.type_name) && is_named
    }
}

/// Whether a text can be a path, or a pattern of one.
fn is_path(text: &str) -> bool {
    let plain = text.trim_matches(['*', '.', '?']);
    plain.is_empty() || plain.parse::<FieldPath>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(pattern: &str, type_name: &str, name: &str, path: &str) -> bool {
        let only = Selection::parse(&[pattern.to_owned()]).unwrap();
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
        assert!(!accepts("ConnectedApp:Acme", "ConnectedApp", "Other", "label"));
        assert!(Selection::parse(&["Profile".to_owned()]).is_err());
    }
}
