//! Plans of many orgs as a page: which org is to become what, then each plan once.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::report::html::parts::progress;
use crate::report::html::plan::body;
use crate::report::html::shell::page;
use crate::report::line::clean;
use crate::report::plan::count;
use crate::report::sheet::Sheet;

use super::{Alike, PlanOfOrg, Review};

pub(super) fn render(review: &Review) -> String {
    let title = review.title();
    let body = html! {
        main {
            h1 { (clean(&title)) }
            p class="sum" { (review.verdict()) }
            p {
                "Look at each plan below; " code { "sfsetup deploy --plan" }
                " with this folder carries them out. It refuses all where a file was changed, and \
                 each whose org has moved since."
            }
            (progress())
            (table(review))
            @for (at, group) in review.groups.iter().enumerate() { (part(review, group, at)) }
        }
    };
    page(&title, &body, true)
}

fn table(review: &Review) -> Markup {
    let plans = review.groups.iter().enumerate();
    let plans = plans.flat_map(|(plan, group)| group.orgs.iter().map(move |at| (*at, plan + 1)));
    let plans: BTreeMap<usize, usize> = plans.collect();
    let word = |org: &PlanOfOrg| if org.production { "production" } else { "" };
    html! {
        div class="matrix" { table {
            thead { tr {
                th scope="col" { "Org" } th scope="col" { "Kind" }
                th scope="col" { "Changes" } th scope="col" { "Plan" }
            } }
            tbody {
                @for (at, org) in review.orgs.iter().enumerate() {
                    tr {
                        th scope="row" {
                            (clean(&org.name))
                            @if let Some(id) = &org.id { br; small { (clean(id)) } }
                        }
                        td { (word(org)) }
                        td { (clean(&org.verdict())) }
                        td {
                            @if let Some(plan) = plans.get(&at) {
                                a href={ "#plan-" (plan) } { "Plan " (plan) }
                            }
                        }
                    }
                }
            }
        } }
    }
}

fn part(review: &Review, group: &Alike, at: usize) -> Markup {
    let names: Vec<String> = review.names(group).collect();
    let title = format!("Plan {}", at + 1);
    // Two plans may leave the same to a person: what is ticked in one is not in the other.
    let sheet = Sheet::of(&group.plan, &format!("{title} {}", names.join(" ")), None, &group.files);
    html! {
        section class="org" id={ "plan-" (at + 1) } {
            h2 { (title) ", of " (count(names.len(), "org")) }
            p { (clean(&names.join(", "))) }
            p class="sum" { (sheet.verdict) }
            (body(&sheet))
        }
    }
}
