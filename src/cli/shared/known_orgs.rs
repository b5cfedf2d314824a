//! The orgs that a person may mean by name, as far as anything here knows them.

use crate::org::auth::SfCli;

#[cfg(feature = "demo")]
use super::arguments::DEMO;
use super::arguments::demo_name;
#[cfg(feature = "demo")]
use super::connect::state_folder;
use super::connect::{block_on, logins, options};
#[cfg(feature = "demo")]
use super::demo_org::DemoOrg;
use super::error::CommandError;
use super::ui::Ui;

/// The orgs that a person may mean by name, and which of them cannot be told.
#[derive(Debug, Default)]
pub(crate) struct KnownOrgs {
    /// Each name once, with what knows the org by it.
    pub(crate) names: Vec<(String, &'static str)>,
    /// What could not be read, a sentence each.
    pub(crate) unread: Vec<String>,
}

impl KnownOrgs {
    fn add(&mut self, name: String, by: &'static str) {
        if !self.names.iter().any(|(same, _)| *same == name) {
            self.names.push((name, by));
        }
    }
}

/// Returns the orgs that are known here: sfsetup's logins, the aliases of `sf`, and the orgs inside
/// the program that have been used. No org is asked.
pub(crate) fn known_orgs(ui: &Ui) -> Result<KnownOrgs, CommandError> {
    let mut known = KnownOrgs::default();
    match logins().and_then(|store| store.list().map_err(|error| CommandError::new(error.message)))
    {
        Ok(listed) => {
            listed
                .logins
                .into_iter()
                .for_each(|login| known.add(login.name, "a login of sfsetup's"));
            known.unread.extend(listed.unreadable.into_iter().map(|error| error.message));
        }
        Err(error) => known.unread.push(error.what),
    }
    let cli = SfCli::of(&options(ui));
    let aliases = block_on(ui, async { Ok(cli.aliases().await) })?;
    match aliases {
        Ok(aliases) => {
            let is_other = |name: &String| demo_name(name).is_none();
            let names = aliases.into_iter().filter(is_other);
            names.for_each(|name| known.add(name, "an alias of the sf command line"));
        }
        Err(error) => known.unread.push(error.message),
    }
    for name in orgs_inside() {
        known.add(name, "an org inside this program, to try things");
    }
    Ok(known)
}

/// The orgs inside the program: `demo`, and those that have been used.
#[cfg(feature = "demo")]
pub(crate) fn orgs_inside() -> Vec<String> {
    let used = state_folder().map(|base| DemoOrg::all(&base)).unwrap_or_default();
    std::iter::once(DEMO.to_owned()).chain(used.iter().map(DemoOrg::as_option)).collect()
}

/// The orgs inside the program, which has none.
#[cfg(not(feature = "demo"))]
pub(crate) fn orgs_inside() -> Vec<String> {
    Vec::new()
}
