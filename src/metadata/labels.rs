//! Apps that are named by their label: whose label it is stands in an app's own file, and is never
//! guessed from its API name.

use super::unseen::Unseen;
use super::{Component, ComponentId, ComponentSet, registry};

/// The type of connected apps.
pub const CONNECTED_APP: &str = "ConnectedApp";
/// The type of external client apps.
pub const EXTERNAL_APP: &str = "ExternalClientApplication";

/// Returns the type of the app that a component of this type is, or is a part of; none where it is
/// neither.
pub fn app_type(type_name: &str) -> Option<&'static str> {
    match type_name {
        CONNECTED_APP => Some(CONNECTED_APP),
        EXTERNAL_APP => Some(EXTERNAL_APP),
        _ => registry::find(type_name)
            .is_some_and(|row| row.odd.named_by == Some("externalClientApplication"))
            .then_some(EXTERNAL_APP),
    }
}

/// Finds the one app that bears a label; nothing where none does.
///
/// # Errors
/// Several do, and nobody can tell which is meant.
pub fn bearer<'c>(
    apps: impl Iterator<Item = &'c Component>,
    label: &str,
) -> Result<Option<ComponentId>, Unseen> {
    let label = label.trim();
    let label_of = |app: &Component| {
        let label = app.document.root().child_text("label")?;
        Some(label.trim().to_owned())
    };
    let bearers: Vec<(&ComponentId, String)> =
        apps.filter_map(|app| Some((&app.id, label_of(app)?))).collect();
    let is_so = |one: &&(&ComponentId, String)| one.1.to_lowercase() == label.to_lowercase();
    let all: Vec<&ComponentId> = bearers.iter().filter(is_so).map(|(id, _)| *id).collect();
    // Capitals count only where they tell two apps apart.
    let exact: Vec<&ComponentId> =
        bearers.iter().filter(|(_, one)| one == label).map(|(id, _)| *id).collect();
    match (all.as_slice(), exact.as_slice()) {
        ([], _) => Ok(None),
        ([one], _) | (_, [one]) => Ok(Some((*one).clone())),
        _ => {
            let names: Vec<&str> = all.iter().map(|id| id.full_name.as_str()).collect();
            Err(Unseen::not_readable(format!(
                "{} apps have the label `{label}` ({}); name the one that is meant by its API name",
                names.len(),
                names.join(", ")
            )))
        }
    }
}

impl ComponentSet {
    /// Returns the identity of what was asked for by an app's label, with the app's API name in
    /// place of it; none where it was not.
    pub fn called(&self, asked: &ComponentId) -> Option<ComponentId> {
        let kind = app_type(&asked.type_name)?;
        let app = self.labels.get(&ComponentId::new(kind, asked.full_name.as_str()))?;
        Some(ComponentId::new(asked.type_name.as_str(), app.full_name.as_str()))
    }

    /// Says of each app that was named by its label which one it is.
    pub fn labels_in_words(&self) -> impl Iterator<Item = String> {
        self.labels.iter().map(|(asked, app)| {
            format!("`{}` is the label of {app}; this is its API name", asked.full_name)
        })
    }

    /// Returns the type of the app that a component is, or is a part of, where neither the app nor
    /// a part of it is there by that name: it may be a label.
    pub fn unnamed_app(&self, id: &ComponentId) -> Option<&'static str> {
        let kind = app_type(&id.type_name)?;
        let row = registry::find(&id.type_name)?;
        let is_it = |one: &Component| match row.owner(&one.document) {
            Some(owner) => owner == id.full_name,
            None => one.id == *id,
        };
        let by_name = ComponentId::new(kind, id.full_name.as_str());
        let is_there =
            self.components.contains_key(&by_name) || self.of_type(&id.type_name).any(is_it);
        (!is_there).then_some(kind)
    }

    /// Finds out which apps are named by their label; all apps are in the set, but for those that
    /// are not observed.
    pub fn name_by_label<'i>(&mut self, asked: impl Iterator<Item = &'i ComponentId>) {
        for id in asked {
            let Some(kind) = self.unnamed_app(id) else { continue };
            let unread = self.not_observed.iter().find(|(one, _)| one.type_name == kind);
            match (bearer(self.of_type(kind), &id.full_name), unread) {
                (Ok(Some(app)), _) => {
                    self.labels.insert(ComponentId::new(kind, id.full_name.as_str()), app);
                }
                (Ok(None), None) => {}
                (Ok(None), Some((one, why))) => {
                    let words = format!("{one} could not be read, and may be it: {why}");
                    self.not_observed.insert(id.clone(), Unseen::new(why.kind, words));
                }
                (Err(unseen), _) => _ = self.not_observed.insert(id.clone(), unseen),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Requested;
    use super::super::document::{Document, NAMESPACE};
    use super::*;

    fn set(components: &[(&str, &str, &str)]) -> ComponentSet {
        let mut set = ComponentSet::new(Requested::Unknown);
        for (type_name, name, inner) in components {
            let xml = format!("<{type_name} xmlns=\"{NAMESPACE}\">{inner}</{type_name}>");
            let document = Document::parse(xml.into_bytes()).unwrap();
            let id = ComponentId::new(*type_name, *name);
            set.insert(Component { id, document, file: String::new() });
        }
        set
    }

    #[test]
    fn a_label_is_the_app_that_bears_it_alone() {
        let set = set(&[
            ("ConnectedApp", "A1", "<label>Acme Sync</label>"),
            ("ConnectedApp", "B1", "<label>Twin</label>"),
            ("ConnectedApp", "B2", "<label>twin</label>"),
            ("ConnectedApp", "C1", "<label>TWO</label>"),
            ("ConnectedApp", "C2", "<label>Two</label>"),
        ]);
        let of = |label: &str| bearer(set.of_type("ConnectedApp"), label);
        assert_eq!(of("acme sync"), Ok(Some(ComponentId::new("ConnectedApp", "A1"))));
        assert_eq!(of("A1"), Ok(None));
        // Where two differ in capitals alone the exact one is meant; of none nobody can tell.
        assert_eq!(of("twin"), Ok(Some(ComponentId::new("ConnectedApp", "B2"))));
        assert!(of("two").unwrap_err().words.contains("C1, C2"));
    }

    #[test]
    fn parts_come_with_their_app() {
        let part = "ExtlClntAppOauthConfigurablePolicies";
        let owner = "<externalClientApplication>Acme_ECA</externalClientApplication>";
        let mut set = set(&[
            (EXTERNAL_APP, "Acme_ECA", "<label>Acme (ECA)</label>"),
            (EXTERNAL_APP, "Other", "<label>Other one</label>"),
            (part, "Acme_ECA_plcy", owner),
        ]);
        let asked = |type_name: &str, name: &str| ComponentId::new(type_name, name);
        let ids = [
            asked(part, "Acme (ECA)"),
            asked("ExtlClntAppOauthSettings", "Acme (ECA)"),
            asked(EXTERNAL_APP, "Other"),
            asked(part, "Nobody"),
        ];
        set.name_by_label(ids.iter());
        assert_eq!(set.called(&ids[0]).unwrap(), asked(part, "Acme_ECA"));
        // The app is known though the part is lacking.
        assert!(set.get(&ids[1]).is_none());
        assert_eq!(set.called(&ids[1]).unwrap().full_name, "Acme_ECA");
        assert!(set.called(&ids[2]).is_none() && set.called(&ids[3]).is_none());
    }
}
