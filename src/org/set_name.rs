//! The name of a permission set in metadata, by its row: one rule for facts, plans and what is told of
//! names.

use serde_json::Value as Json;

/// Says whether a row of a permission set, by its `Name` and `NamespacePrefix`, is that of a name in
/// metadata: a package's has its namespace in front there, and apart in a row (S 4.4). A name
/// without one means the org's own set, which has the org's namespace, where the org has one.
pub(super) fn is_set_of(row: &Json, name: &str, own_namespace: Option<&str>) -> bool {
    let own = row["Name"].as_str().unwrap_or_default();
    let prefix = row["NamespacePrefix"].as_str().filter(|prefix| !prefix.is_empty());
    let is = |one: &str| one.eq_ignore_ascii_case(name);
    match prefix {
        None => is(own),
        Some(prefix) if is(&format!("{prefix}__{own}")) => true,
        Some(prefix) => is(own) && own_namespace.is_some_and(|of| of.eq_ignore_ascii_case(prefix)),
    }
}

/// The name in metadata of a permission set, by its row: what [`is_set_of`] takes for it.
pub(super) fn listed_name(row: &Json, own_namespace: Option<&str>) -> Option<String> {
    let own = row["Name"].as_str()?;
    let prefix = row["NamespacePrefix"].as_str().filter(|prefix| !prefix.is_empty());
    let of_package =
        prefix.filter(|prefix| !own_namespace.is_some_and(|of| of.eq_ignore_ascii_case(prefix)));
    Some(of_package.map_or_else(|| own.to_owned(), |prefix| format!("{prefix}__{own}")))
}
