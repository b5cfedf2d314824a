//! Queries to their last row, and the texts in them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Wire;
use crate::org::error::{OrgError, OrgErrorKind};

/// A query that goes on past this many rows is not ours.
const MOST_ROWS: usize = 50_000;

impl Wire {
    /// Runs a query to its last row; an answer that ends before it is an error.
    pub(in crate::org) async fn query(&self, soql: &str) -> Result<Vec<Json>, OrgError> {
        self.query_at("query", soql).await
    }

    /// Runs a query of the Tooling API to its last row.
    pub(in crate::org) async fn tooling_query(&self, soql: &str) -> Result<Vec<Json>, OrgError> {
        self.query_at("tooling/query", soql).await
    }

    async fn query_at(&self, resource: &str, soql: &str) -> Result<Vec<Json>, OrgError> {
        let mut page = self.get(resource, &[("q", soql)]).await?;
        let mut rows = Vec::new();
        let mut followed = BTreeSet::new();
        loop {
            let had = rows.len();
            match page.get_mut("records").map(Json::take) {
                Some(Json::Array(records)) => rows.extend(records),
                _ => {
                    return Err(OrgError::new(
                        OrgErrorKind::Unexpected,
                        "the answer to a query has no records",
                    ));
                }
            }
            let next = match page.get("nextRecordsUrl").and_then(Json::as_str) {
                // An address that the org sends is followed on the org's own host only.
                Some(next)
                    if next.starts_with("/services/data/")
                        && rows.len() < MOST_ROWS
                        // A page that brings nothing new, or leads to one that was read, has no
                        // end.
                        && is_new(&rows, had, &page)
                        && followed.insert(next.to_owned()) =>
                {
                    next.to_owned()
                }
                Some(_) => {
                    return Err(OrgError::new(
                        OrgErrorKind::Unexpected,
                        "the answer to a query does not end, or goes on elsewhere",
                    ));
                }
                None if is_cut_off(&page, rows.len(), soql) => {
                    return Err(OrgError::new(
                        OrgErrorKind::Unexpected,
                        "the answer to a query ends before its last row",
                    ));
                }
                None => return Ok(rows),
            };
            page = self.get(&next, &[]).await?;
        }
    }
}

/// Says whether the rows behind the first `had` are new: a page that repeats the one before it, or
/// is more than the org has counted, is one of a sequence without end.
fn is_new(rows: &[Json], had: usize, page: &Json) -> bool {
    let (before, new) = rows.split_at(had);
    let counted = page.get("totalSize").and_then(Json::as_u64);
    !new.is_empty()
        && !before.ends_with(new)
        && counted.is_none_or(|counted| counted == 0 || rows.len() as u64 <= counted)
}

/// Says whether the last page of a query is not the last of its rows: the org says so, or has
/// counted more. Of `PermissionDependency` it gives no more than it likes (S 3.6).
fn is_cut_off(page: &Json, rows: usize, soql: &str) -> bool {
    let counted = page.get("totalSize").and_then(Json::as_u64).unwrap_or_default();
    let is_short = (rows as u64) < counted && !soql.contains(" FROM PermissionDependency ");
    page.get("done") == Some(&Json::Bool(false)) || is_short
}

/// Writes a text as a SOQL literal.
pub(in crate::org) fn soql_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// Writes several texts as the list of an `IN`.
pub(in crate::org) fn soql_list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let literals: Vec<String> = texts.into_iter().map(soql_text).collect();
    format!("({})", literals.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soql_texts_cannot_end_their_literal() {
        assert_eq!(soql_text(r"O'Neil\"), r"'O\'Neil\\'");
        assert_eq!(soql_list(["a", "b'"]), r"('a', 'b\'')");
    }

    #[test]
    fn the_orgs_graph_may_be_shorter_than_it_says() {
        let graph = "SELECT Id FROM PermissionDependency WHERE Id > ''";
        let page: Json = serde_json::json!({ "done": true, "totalSize": 9300 });
        assert!(!is_cut_off(&page, 2000, graph));
        assert!(is_cut_off(&page, 2000, "SELECT Id FROM User"));
        assert!(is_cut_off(&serde_json::json!({ "done": false }), 2000, graph));
    }

    #[test]
    fn a_page_of_rows_that_were_there_is_not_new() {
        let rows: Vec<Json> = [1, 2, 1, 2].map(Json::from).to_vec();
        let page = |counted: u64| serde_json::json!({ "totalSize": counted });
        assert!(is_new(&rows[..2], 0, &page(4)) && is_new(&rows[..3], 2, &page(3)));
        assert!(!is_new(&rows, 2, &page(9)), "the page repeats the one before it");
        assert!(!is_new(&rows[..3], 2, &page(2)), "there are more rows than the org counted");
        assert!(!is_new(&rows, 4, &page(9)), "it has no row");
        // Not every answer counts.
        assert!(is_new(&rows[..3], 2, &Json::Null));
    }
}
