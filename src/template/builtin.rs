//! The templates shipped in the program.

use crate::metadata::registry::nearest;

/// A shipped template.
#[derive(Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its file's text.
    pub text: &'static str,
}

/// Every shipped template, in order of name.
const ALL: &[Builtin] = &[
    shipped("account-engagement", include_str!("../../templates/account-engagement.toml")),
    shipped("ampersand", include_str!("../../templates/ampersand.toml")),
    shipped("ampersand-jwt", include_str!("../../templates/ampersand-jwt.toml")),
    shipped("appflow", include_str!("../../templates/appflow.toml")),
    shipped("chili-piper", include_str!("../../templates/chili-piper.toml")),
    shipped("client-credentials", include_str!("../../templates/client-credentials.toml")),
    shipped("crewai", include_str!("../../templates/crewai.toml")),
    shipped(
        "defender-for-cloud-apps",
        include_str!("../../templates/defender-for-cloud-apps.toml"),
    ),
    shipped("entra-provisioning", include_str!("../../templates/entra-provisioning.toml")),
    shipped("fivetran", include_str!("../../templates/fivetran.toml")),
    shipped("gong", include_str!("../../templates/gong.toml")),
    shipped("jwt-bearer", include_str!("../../templates/jwt-bearer.toml")),
    shipped("marketo", include_str!("../../templates/marketo.toml")),
    shipped("okta-provisioning", include_str!("../../templates/okta-provisioning.toml")),
    shipped("packaged-eca", include_str!("../../templates/packaged-eca.toml")),
    shipped("zapier", include_str!("../../templates/zapier.toml")),
    shipped("zendesk", include_str!("../../templates/zendesk.toml")),
];

const fn shipped(name: &'static str, text: &'static str) -> Builtin {
    Builtin { name, text }
}

/// Returns every shipped template, in order of name.
pub fn all() -> &'static [Builtin] {
    ALL
}

/// Finds a shipped template by its name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|template| template.name == name)
}

/// Returns the name of the shipped template that is most like a misspelt one.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    nearest::nearest(name, ALL.iter().map(|template| template.name))
}
