//! A report as a page: for each org what it comes to and what to do, then each step.

use maud::{Markup, html};

use crate::diff::State;
use crate::report::guide::{
    Checklist, Group, Guide, Item, OrgGuide, Part, Row, Shown, WORST_FIRST,
};
use crate::report::words::word;

use super::parts::{badge, bar, files, labelled, next, pages, progress, prose, tick};
use super::shell::{link, page};

/// How many findings of one kind a step shows before the rest is on demand.
const LISTED: usize = 12;

/// Writes the page.
pub(super) fn render(guide: &Guide, day: &str) -> String {
    let body = html! {
        main {
            h1 { (guide.title) }
            @for age in guide.sources.iter().filter_map(|source| source.age.as_ref()) {
                p class="warning" { "Note: " (prose(age)) }
            }
            @if guide.orgs.len() > 1 { (overview(guide)) (filters(guide)) }
            @for index in 0..guide.orgs.len() { (part_of(guide, index, day)) }
            (sources(guide))
        }
    };
    page(&guide.title, &body, true)
}

/// What several orgs come to, each with a link to its part.
fn overview(guide: &Guide) -> Markup {
    html! {
        ul class="overview" {
            @for (index, org) in guide.orgs.iter().enumerate() {
                li {
                    a href={ "#org-" (index) } { (org.name) } ": "
                    @match &org.outcome {
                        Ok(found) => (found.verdict),
                        Err(failure) => { "it could not be asked (" (failure.code) ")" },
                    }
                    "."
                }
            }
        }
    }
}

/// What chooses what is shown; without a script all is, so it stays hidden until there is one.
fn filters(guide: &Guide) -> Markup {
    let lists = || guide.orgs.iter().filter_map(|org| org.outcome.as_ref().ok());
    let has = |state: &State| {
        lists().any(|list| list.items.iter().any(|item| item.states.contains(state)))
    };
    let mut titles: Vec<&str> =
        lists().flat_map(|list| &list.items).map(|item| item.title.as_str()).collect();
    titles.sort_unstable();
    titles.dedup();
    html! {
        (progress())
        form class="filters" hidden {
            fieldset {
                legend { "Show what is" }
                @for state in WORST_FIRST.into_iter().filter(has) {
                    label {
                        input type="checkbox" name="state" value=(state.name()) checked;
                        " " (word(state))
                    }
                }
            }
            @if guide.orgs.len() > 1 {
                label {
                    "Org "
                    select name="org" {
                        option value="" { "all" }
                        @for (index, org) in guide.orgs.iter().enumerate() {
                            option value=(index) { (org.name) }
                        }
                    }
                }
            }
            label {
                "Step or setting "
                input type="search" name="step" list="steps" autocomplete="off";
            }
            datalist id="steps" { @for title in titles { option value=(title) {} } }
            p class="shown" role="status" {}
        }
    }
}

fn part_of(guide: &Guide, index: usize, day: &str) -> Markup {
    let org: &OrgGuide = &guide.orgs[index];
    html! {
        section class="org" id={ "org-" (index) } data-org=(index) {
            @match &org.outcome {
                Ok(found) => {
                    h2 class=(if found.is_well { "verdict well" } else { "verdict" }) {
                        (org.name) ": " (found.verdict)
                    }
                    (bar(&found.counts, &found.summary))
                    (next(&found.next))
                    @if guide.orgs.len() == 1 { (filters(guide)) }
                    @for part in Part::ALL { (part_with(found, part)) }
                    @if !org.files.is_empty() {
                        h3 { "What a fix would change, file by file" }
                        (files(&org.files))
                    }
                    @if !found.notes.is_empty() {
                        h3 { "To be known" }
                        ul class="notes" { @for note in &found.notes { li { (prose(note)) } } }
                    }
                },
                Err(failure) => {
                    h2 class="verdict" { (org.name) ": it could not be asked" }
                    p class="error" { (prose(&failure.message)) " " code { (failure.code) } }
                    @if let Some(hint) = &failure.hint { (next(&[hint])) }
                },
            }
            p class="about" {
                "Looked at on " (day)
                @for one in &org.about { ", " (one) }
                "."
            }
        }
    }
}

/// A heading with its steps; what is well is on demand.
fn part_with(found: &Checklist, part: Part) -> Markup {
    let items: Vec<&Item> = found.part(part).collect();
    if items.is_empty() {
        return html! {};
    }
    let heading = |words: &str| html! { h3 { (words) " (" (items.len()) ")" } };
    html! {
        section class="part" {
            (heading(part.title()))
            @if part == Part::Well {
                details class="well" {
                    summary { "What is as it should be, setting by setting" }
                    @for one in &items { (item(one, found.is_baseline)) }
                }
            } @else {
                @for one in &items { (item(one, found.is_baseline)) }
            }
        }
    }
}

fn item(item: &Item, is_baseline: bool) -> Markup {
    let states: Vec<&str> = item.states.iter().map(|state| state.name()).collect();
    let is_to_do = matches!(item.part, Part::Wrong | Part::ByHand);
    let (in_sync, all) = item.in_sync;
    html! {
        article class={ "item " (item.state.name()) } data-states=(states.join(" ")) {
            div class="top" { h4 {
                (badge(item.state)) " " (item.title)
                @if let Some(name) = item.name.as_ref().filter(|_| item.part != Part::Well) {
                    " " small { code { (name) } }
                }
                @if let Some(template) = &item.template { " " small { (template) } }
                @if item.is_recommended { " " small { "recommended" } }
                @if all > 1 && !is_baseline && item.part != Part::Well {
                    " " small { (in_sync) " of " (all) " in sync" }
                }
            } @if is_to_do { (tick(&item.key, &item.title)) } }
            @for one in &item.groups { (group(one, item, is_baseline)) }
            @if item.part != Part::Well && item.part != Part::NotSeen { (pages(&item.pages)) }
            @for remark in &item.remarks { p { span class="label" { "Note:" } " " (prose(remark)) } }
            @if item.part != Part::Well {
                (labelled("Why", item.why.as_ref()))
                (labelled("Note", item.note.as_ref()))
                @for cost in &item.costs { (labelled("Security", Some(cost))) }
            }
            @if let Some(docs) = &item.docs {
                p class="docs" { span class="label" { "Asked by:" } " " (link(docs, docs)) }
            }
        }
    }
}

fn group(group: &Group, item: &Item, is_baseline: bool) -> Markup {
    let rows: Vec<&Row> = group.rows.iter().filter(|row| !row.is_bare()).collect();
    let shown = html! {
        // A baseline's component is the title already.
        @if let Some(component) = group.component.as_ref().filter(|_| !is_baseline) { p class="component" { code { (component) } } }
        @if let Some(reason) = &group.reason {
            p class="reason" {
                @if group.state != item.state { (badge(group.state)) " " }
                (prose(reason))
            }
        }
        @if !rows.is_empty() {
            ul class="rows" {
                @for one in rows.iter().take(LISTED) { (row(one, is_baseline)) }
            }
            @if rows.len() > LISTED {
                details {
                    summary { "and " (rows.len() - LISTED) " more" }
                    ul class="rows" {
                        @for one in rows.iter().skip(LISTED) { (row(one, is_baseline)) }
                    }
                }
            }
        }
    };
    html! {
        @if group.state == State::InSync && item.state != State::InSync {
            details class="rest" {
                summary { (group.rows.len()) " in sync" }
                (shown)
            }
        } @else {
            (shown)
        }
    }
}

fn row(row: &Row, is_baseline: bool) -> Markup {
    let (now, wanted) = if is_baseline { ("Now", "Baseline") } else { ("Now", "Should be") };
    html! {
        li {
            @if let Some(hand) = &row.hand { p class="hand" { (prose(hand)) } }
            @if !row.setting.is_empty() {
                p class="setting" {
                    @if let Some(words) = &row.words { (words) " " }
                    code { (row.setting) }
                    @if let Some(place) = &row.place { " " small { (place) } }
                }
            }
            @if row.now.is_some() || row.wanted.is_some() {
                dl class="pair" {
                    @if let Some(value) = &row.now { (shown(now, "", value)) }
                    @if let Some(value) = &row.wanted { (shown(wanted, &row.comparison, value)) }
                }
            }
            @for or in &row.or { p class="or" { "or " code { (or) } } }
        }
    }
}

fn shown(term: &str, comparison: &str, shown: &Shown) -> Markup {
    html! {
        div {
            dt { (term) }
            dd {
                @if !comparison.is_empty() { (comparison) " " }
                code { (shown.value) }
                @if let Some(label) = &shown.label { " " (label) }
            }
        }
    }
}

fn sources(guide: &Guide) -> Markup {
    html! {
        footer {
            @for source in &guide.sources {
                p {
                    "Template " code { (source.template) } ", after "
                    (link(&source.address, &source.address)) ", read " (source.reviewed)
                    @if let Some(reading) = &source.reading { "; " (reading) }
                    "."
                }
            }
            @for dropped in &guide.dropped { p { "Left out: " (dropped) } }
        }
    }
}
