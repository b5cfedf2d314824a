//! Plans of many orgs for a terminal.

use owo_colors::OwoColorize as _;

use crate::report::line::{clean, line, paragraph};
use crate::report::plan::{count, render as plan};

use super::Review;

/// So many orgs' names are told of plans that are alike.
const NAMED: usize = 12;

pub(super) fn render(review: &Review, full: bool) -> String {
    let mut out = String::new();
    line(&mut out, &review.title().bold().to_string());
    out.push('\n');
    for group in &review.groups {
        let mut names: Vec<String> = review.names(group).collect();
        let more = names.len().saturating_sub(if full { names.len() } else { NAMED });
        names.truncate(names.len() - more);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let orgs = count(group.orgs.len(), "org");
        let title = format!("{orgs}: {}{more}", names.join(", "));
        out.push_str(&plan(&group.plan, &title, None, full));
        if group.plan.is_empty() {
            line(&mut out, "Nothing to change.");
        }
        out.push('\n');
    }
    for org in review.without() {
        paragraph(&mut out, 0, &format!("error: {}: ", clean(&org.name)), &org.verdict());
    }
    line(&mut out, &review.verdict().bold().to_string());
    out
}
