//! A report as a checklist, for whoever sets an org up by it: what is not as it should be and what
//! to do about it, what is by hand, what could not be seen, what is well. What stands in it is told
//! here; `html` and `markdown` write it down.
//!
//! Every text in it is clean: one line without what could steer or turn it.

use crate::diff::{Diff, Finding, Origin, State, Subject};
use crate::metadata::cost;
use crate::metadata::full_name::api_full_name;
use crate::metadata::sha256::sha256;
use crate::metadata::value::Value;
use crate::template::setup::SetupPage;
use crate::template::{Level, Template};

use super::line::clean;
use super::plan::FileChange;
use super::steps::{comparison, desired_in_words, remarks, sources, worst};
use super::words::{Labels, Rule, blocks, in_words};
use super::{Failure, OrgReport, Report, summary};

/// What a step, or a component, asks of the reader: the first that has anything is what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Something differs or is missing.
    Wrong,
    /// A person does it.
    ByHand,
    /// It could not be seen.
    NotSeen,
    /// Somebody has said that it may be otherwise.
    Waived,
    /// It is as it should be.
    Well,
}

/// Every state, what asks most of the reader first.
pub(super) const WORST_FIRST: [State; 6] = [
    State::Differs,
    State::Missing,
    State::Manual,
    State::NotObserved,
    State::Waived,
    State::InSync,
];

/// A report, in the order in which it is read.
#[derive(Debug)]
pub(super) struct Guide {
    /// What was compared.
    pub(super) title: String,
    /// The templates, each with its source and the day on which that was read.
    pub(super) sources: Vec<Source>,
    /// What a template leaves out of the one that it builds on.
    pub(super) dropped: Vec<String>,
    pub(super) orgs: Vec<OrgGuide>,
}

/// Where a template comes from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) template: String,
    pub(super) address: String,
    pub(super) reviewed: String,
    /// How far it was read, where that is not whole.
    pub(super) reading: Option<String>,
    /// That nobody has read it for long.
    pub(super) age: Option<String>,
}

/// One org's, or one folder's, part.
#[derive(Debug)]
pub(super) struct OrgGuide {
    pub(super) name: String,
    /// Its id, its address and how we came to it; empty for files.
    pub(super) about: Vec<String>,
    pub(super) outcome: Result<Checklist, Failure>,
    /// What a fix would change in each file.
    pub(super) files: Vec<FileChange>,
}

/// What was found of one org.
#[derive(Debug)]
pub(super) struct Checklist {
    /// What it comes to, in a sentence without its end.
    pub(super) verdict: String,
    /// Whether nothing is left to do.
    pub(super) is_well: bool,
    /// Each state that was found with how often, what asks most of the reader first.
    pub(super) counts: Vec<(State, usize)>,
    /// The same in one line, as every format ends.
    pub(super) summary: String,
    /// What to do now, a sentence each.
    pub(super) next: Vec<String>,
    /// Whether it was held against a baseline, and not against a template.
    pub(super) is_baseline: bool,
    pub(super) items: Vec<Item>,
    pub(super) notes: Vec<String>,
}

/// A step of a template, or a component of a baseline.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) part: Part,
    pub(super) state: State,
    /// Every state of its findings but what is well, once each.
    pub(super) states: Vec<State>,
    pub(super) title: String,
    /// What commands call the step, with its template's name: `acme/ip-relaxation`.
    pub(super) name: Option<String>,
    /// The template's title, where there are several.
    pub(super) template: Option<String>,
    pub(super) is_recommended: bool,
    /// How many of its settings are as they should be, and how many there are.
    pub(super) in_sync: (usize, usize),
    pub(super) groups: Vec<Group>,
    /// What is to be known of names and access.
    pub(super) remarks: Vec<String>,
    pub(super) why: Option<String>,
    pub(super) note: Option<String>,
    /// What it costs in security to have it as it is wanted, or as it is.
    pub(super) costs: Vec<String>,
    pub(super) docs: Option<String>,
    pub(super) pages: Vec<Page>,
    /// Tells this from any other thing to do, in this report and the next.
    pub(super) key: String,
}

/// A page of Setup.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) quick_find: String,
    /// Its address, or where the org's is not known its path.
    pub(super) address: Option<String>,
}

/// Findings of one state in one component, or that could not be seen for one reason.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) state: State,
    pub(super) component: Option<String>,
    /// Why, once for all of them.
    pub(super) reason: Option<String>,
    pub(super) rows: Vec<Row>,
}

/// One finding.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// What Setup calls it, where that is known.
    pub(super) words: Option<String>,
    /// What the Metadata API calls it; empty where it is the component itself or by hand.
    pub(super) setting: String,
    pub(super) now: Option<Shown>,
    pub(super) wanted: Option<Shown>,
    /// How the two are compared, where it is not for being the same.
    pub(super) comparison: String,
    /// What to do by hand.
    pub(super) hand: Option<String>,
    /// What would do as well.
    pub(super) or: Vec<String>,
    /// File and line, where somebody has looked.
    pub(super) place: Option<String>,
}

/// A value with Setup's words for it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) value: String,
    pub(super) label: Option<String>,
}

impl Part {
    /// Every part, in the order in which they are read.
    pub(super) const ALL: [Self; 5] =
        [Self::Wrong, Self::ByHand, Self::NotSeen, Self::Waived, Self::Well];

    fn of(state: State) -> Self {
        match state {
            State::Differs | State::Missing => Self::Wrong,
            State::Manual => Self::ByHand,
            State::NotObserved => Self::NotSeen,
            State::Waived => Self::Waived,
            State::InSync => Self::Well,
        }
    }

    /// Its heading.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Wrong => "What is not as it should be",
            Self::ByHand => "What is to do by hand",
            Self::NotSeen => "What could not be seen",
            Self::Waived => "What may be otherwise",
            Self::Well => "What is well",
        }
    }
}

impl<'r> Guide {
    /// Puts a guide together of a report.
    pub(super) fn of(report: &'r Report<'_>) -> Self {
        let titles: Vec<&str> = report.templates.iter().map(|one| one.title.as_str()).collect();
        let mut baselines = report.diffs().filter_map(|diff| diff.baseline.as_ref());
        let title = match (titles.as_slice(), baselines.next()) {
            ([], Some(baseline)) => format!("What is not as in the baseline {}", baseline.name),
            ([], None) if report.diffs().next().is_none() => "There is no answer".to_owned(),
            ([], None) => "What is not as in the baseline".to_owned(),
            (titles, _) => format!("The set-up of Salesforce for {}", titles.join(", ")),
        };
        let are_several = titles.len() > 1;
        let dropped = report.templates.iter().flat_map(|template| &template.dropped);
        let orgs = report.orgs.iter();
        Self {
            title: clean(&title),
            sources: report.templates.iter().map(|one| Source::of(one, &report.today)).collect(),
            dropped: dropped.map(|one| clean(&format!("{} ({})", one.title, one.reason))).collect(),
            orgs: orgs.map(|org| OrgGuide::of(org, are_several)).collect(),
        }
    }
}

impl Source {
    fn of(template: &Template, today: &str) -> Self {
        Self {
            template: clean(&format!("{} {}", template.name, template.version)),
            address: clean(&template.source),
            reviewed: clean(&template.reviewed),
            reading: template.reading().map(|words| clean(&words)),
            age: template.age(today).map(|words| clean(&words)),
        }
    }
}

impl OrgGuide {
    fn of(org: &OrgReport<'_>, are_several: bool) -> Self {
        let source = org.source.as_ref().map(|source| format!("from: {source}"));
        let id = org.id.as_ref().map(|id| format!("org {id}"));
        let about = [id, org.instance_url.clone(), source].into_iter().flatten();
        let outcome = match &org.outcome {
            Ok(diff) => Ok(Checklist::of(diff, org, are_several)),
            Err(Failure { code, message, hint }) => Err(Failure {
                code: clean(code),
                message: clean(message),
                hint: hint.as_ref().map(|hint| clean(hint)),
            }),
        };
        Self {
            name: clean(&org.name),
            about: about.map(|text| clean(&text)).collect(),
            outcome,
            files: org.files.iter().map(FileChange::clean).collect(),
        }
    }
}

impl Checklist {
    fn of(diff: &Diff<'_>, org: &OrgReport<'_>, are_several: bool) -> Self {
        let blocks = blocks(diff);
        let items: Vec<Item> = blocks.map(|block| Item::of(block, org, are_several)).collect();
        let counts = WORST_FIRST.map(|state| (state, diff.count(state)));
        let broken = diff.broken.iter().map(|file| format!("not metadata: {file}"));
        let notes = broken.chain(diff.notes().map(str::to_owned));
        Self {
            verdict: verdict(diff),
            is_well: diff.silence().is_none()
                && diff.broken.is_empty()
                && !(diff.has_drift() || diff.has_open_ends()),
            counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
            summary: summary(diff),
            next: next(diff, &items),
            is_baseline: diff.baseline.is_some(),
            items,
            notes: notes.map(|note| clean(&note)).collect(),
        }
    }

    /// The items of a part, in their order.
    pub(super) fn part(&self, part: Part) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.part == part)
    }
}

/// What it comes to, in a sentence without its end.
fn verdict(diff: &Diff<'_>) -> String {
    if let Some(silence) = diff.silence() {
        return format!("There is no answer: {}", silence.words());
    }
    let drift = diff.count(State::Differs) + diff.count(State::Missing);
    let one = match &diff.baseline {
        Some(_) => "as in the baseline",
        None => "as it should be",
    };
    let mut parts = Vec::new();
    match drift {
        0 if diff.has_open_ends() || !diff.broken.is_empty() => {
            let waived = diff.count(State::Waived) > 0;
            let but = if waived { ", but for what may be otherwise" } else { "" };
            parts.push(format!("Nothing that could be seen differs{but}"));
        }
        0 if diff.count(State::Waived) > 0 => {
            return format!("All of it is {one}, but for what may be otherwise");
        }
        0 => return format!("All of it is {one}"),
        1 if diff.baseline.is_some() => parts.push("1 difference from the baseline".to_owned()),
        more if diff.baseline.is_some() => {
            parts.push(format!("{more} differences from the baseline"));
        }
        1 => parts.push(format!("1 setting is not {one}")),
        more => parts.push(format!("{more} settings are not as they should be")),
    }
    if !diff.broken.is_empty() {
        parts.push("not all of the metadata could be read".to_owned());
    }
    parts.join("; ")
}

/// What to do now, a sentence each.
fn next(diff: &Diff<'_>, items: &[Item]) -> Vec<String> {
    let of = |part: Part| items.iter().filter(|item| item.part == part).count();
    let is_baseline = diff.baseline.is_some();
    let steps = |count: usize| match (is_baseline, count) {
        (true, 1) => "1 component".to_owned(),
        (true, count) => format!("{count} components"),
        (false, 1) => "1 step".to_owned(),
        (false, count) => format!("{count} steps"),
    };
    let wrong = match of(Part::Wrong) {
        0 => None,
        count if is_baseline => {
            let rest = match diff.baseline.as_ref().is_some_and(|one| one.can_be_brought_back) {
                true => "sfsetup deploy --baseline brings back the rest.",
                false => "what is to go is removed in Setup, as no deploy removes what is new.",
            };
            Some(format!("Look at {}, and decide what stays; {rest}", steps(count)))
        }
        count => Some(format!(
            "Set {} right: each says where in Setup. sfsetup deploy does what a package can do.",
            steps(count)
        )),
    };
    let by_hand = match of(Part::ByHand) {
        0 => None,
        count => Some(format!("Do {} by hand.", steps(count))),
    };
    let not_seen = match of(Part::NotSeen) {
        0 => None,
        count => Some(format!(
            "Look yourself at {} that could not be seen: each says why. It is counted neither way.",
            steps(count)
        )),
    };
    let broken = match diff.broken.len() {
        0 => None,
        _ => Some("Mend the files that are no metadata, and look again.".to_owned()),
    };
    [broken, wrong, by_hand, not_seen].into_iter().flatten().collect()
}

impl Item {
    fn of(block: &[Finding<'_>], org: &OrgReport<'_>, are_several: bool) -> Self {
        let state = worst(block);
        let of_state = |state: &State| block.iter().any(|one| one.state() == *state);
        let in_sync = block.iter().filter(|one| one.state() == State::InSync).count();
        let step = block[0].step();
        let mut told: Vec<String> = Vec::new();
        for remark in sources(block).into_iter().chain(remarks(block)).chain(changed(&block[0])) {
            let remark = clean(&remark);
            if !told.contains(&remark) {
                told.push(remark);
            }
        }
        let template = block[0].wanted().map(|wanted| wanted.template);
        let source = template.map(|template| &template.source);
        let docs = step.and_then(|step| step.docs.as_ref()).filter(|docs| Some(*docs) != source);
        let instance_url = org.instance_url.as_deref();
        let mut pages: Vec<Page> = Vec::new();
        // A step names its page; where it does not, each of its settings has one.
        let named = step.and_then(|step| step.setup);
        let found = block.iter().filter(|one| one.state() != State::InSync);
        let found = found.filter_map(|one| one.pages().next()).filter(|_| named.is_none());
        for page in named.into_iter().chain(found) {
            let page = Page::of(page, instance_url);
            if !pages.contains(&page) {
                pages.push(page);
            }
        }
        let text = |text: Option<&String>| text.map(|text| clean(text));
        let groups = groups(block);
        Self {
            part: Part::of(state),
            state,
            states: State::ALL
                .into_iter()
                .filter(|one| *one == state || (*one != State::InSync && of_state(one)))
                .collect(),
            title: title(block),
            name: step.map(|_| clean(&Rule::of(&block[0]).id)),
            template: template.filter(|_| are_several).map(|template| clean(&template.title)),
            is_recommended: step.is_some_and(|step| step.level == Level::Recommended),
            in_sync: (in_sync, block.len()),
            remarks: told,
            why: text(step.and_then(|step| step.why.as_ref())),
            note: text(step.and_then(|step| step.note.as_ref())),
            costs: costs(block),
            docs: text(docs),
            pages,
            key: key(block, org, &groups),
            groups,
        }
    }
}

/// What the settings that are not as they should be cost in security, each once.
fn costs(block: &[Finding<'_>]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for finding in block.iter().filter(|one| Part::of(one.state()) == Part::Wrong) {
        let cost = || {
            let (id, path) = (finding.subject.component()?, finding.subject.path()?);
            cost::of(&id.type_name, &id.full_name, path)
        };
        if let Some(cost) = cost()
            && !all.iter().any(|known| known == cost.words)
        {
            all.push(cost.words.to_owned());
        }
    }
    all
}

/// Who changed a component of a baseline.
fn changed(finding: &Finding<'_>) -> Option<String> {
    match &finding.origin {
        Origin::Baseline { changed: Some(changed), .. } => Some(format!("changed by {changed}")),
        Origin::Baseline { .. } | Origin::Step(_) => None,
    }
}

fn title(block: &[Finding<'_>]) -> String {
    match (block[0].step(), block[0].subject.component()) {
        (Some(step), _) => clean(&step.title),
        (None, Some(id)) => clean(&format!("{} {}", id.type_name, api_full_name(id))),
        (None, None) => clean(&block[0].name()),
    }
}

/// What tells a thing to do from any other, and from itself once it asks for something else.
fn key(block: &[Finding<'_>], org: &OrgReport<'_>, groups: &[Group]) -> String {
    let template = block[0].wanted().map_or("", |wanted| wanted.template.name.as_str());
    let step = block[0].step().map_or("", |step| step.id.as_str());
    let org = org.id.as_deref().unwrap_or(&org.name);
    let mut text = format!("{org}\n{template}\n{step}\n{}", title(block));
    for group in groups.iter().filter(|group| group.state != State::InSync) {
        for row in &group.rows {
            let component = group.component.as_deref().unwrap_or_default();
            let wanted = row.wanted.as_ref().map_or("", |shown| shown.value.as_str());
            let hand = row.hand.as_deref().unwrap_or_default();
            text.extend(["\n", component, " ", &row.setting, " ", wanted, " ", hand]);
        }
    }
    sha256(text.as_bytes()).chars().take(24).collect()
}

impl Page {
    pub(super) fn of(page: &SetupPage, instance_url: Option<&str>) -> Self {
        let address = page.url(instance_url).map(|address| clean(&address));
        Self { quick_find: clean(page.quick_find), address }
    }
}

/// The findings of a block, what asks most of the reader first.
fn groups(block: &[Finding<'_>]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for state in WORST_FIRST {
        for finding in block.iter().filter(|one| one.state() == state) {
            let reason = reason(finding).map(|reason| clean(&reason));
            // What one reason hides stands together, be it in several components.
            let component = finding.subject.component().filter(|_| state != State::NotObserved);
            let component = component.map(|id| clean(&id.to_string()));
            let is_of = |group: &&mut Group| {
                group.state == state && group.component == component && group.reason == reason
            };
            let row = Row::of(finding);
            match groups.iter_mut().find(is_of) {
                Some(group) => group.rows.push(row),
                None => groups.push(Group { state, component, reason, rows: vec![row] }),
            }
        }
    }
    groups
}

/// Why it is as it is, where there is something to say.
fn reason(finding: &Finding<'_>) -> Option<String> {
    if let Some(unseen) = finding.unseen() {
        return Some(unseen.words.clone());
    }
    match (&finding.outcome, &finding.origin, &finding.subject) {
        (crate::diff::Outcome::Waived(waiver), ..) => Some(waiver.to_string()),
        (crate::diff::Outcome::Missing, ..) => Some(absent(finding)),
        (_, Origin::Baseline { .. }, Subject::Component(_)) => Some(match finding.actual {
            Some(_) => "it is there, and not in the baseline".to_owned(),
            None => "it is in the baseline, and not there any more".to_owned(),
        }),
        _ => None,
    }
}

/// What is missing, and what was probably meant.
fn absent(finding: &Finding<'_>) -> String {
    if let Some(lacked) = finding.in_vain() {
        return lacked;
    }
    let lacked = finding.lacks.as_ref();
    let nearest = lacked.and_then(|lacked| {
        let given = match lacked.parameters.as_slice() {
            [] => String::new(),
            parameters => format!("given by {}; ", parameters.join(", ")),
        };
        Some(format!("; {given}did you mean {}?", lacked.nearest.as_ref()?))
    });
    format!("it does not exist{}", nearest.unwrap_or_default())
}

impl Row {
    fn of(finding: &Finding<'_>) -> Self {
        let state = finding.state();
        let setting = match &finding.subject {
            // The component stands above, but for what stands together for its reason.
            Subject::Setting { .. } if state == State::NotObserved => finding.subject.to_string(),
            Subject::Setting { path, .. } => path.to_string(),
            Subject::Component(id) if state == State::NotObserved => id.to_string(),
            Subject::Component(_) | Subject::ByHand => String::new(),
            Subject::Fact { .. } => finding.subject.to_string(),
        };
        let words = match &finding.subject {
            Subject::Fact { fact, .. } => Some(fact.title().to_owned()),
            subject => {
                let label = subject.field().map(|field| field.label);
                let label = label.filter(|label| !label.is_empty());
                // An entry's label says nothing without what the entry is of.
                let key = subject.path().and_then(|path| path.segments()[0].key.as_deref());
                label.map(|label| key.map_or(label.to_owned(), |key| format!("{key}: {label}")))
            }
        };
        let plain = finding.outcome.unwaived().state();
        let is_compared = matches!(plain, State::Differs | State::Missing)
            && !matches!(finding.subject, Subject::Component(_));
        let labels = Labels::of(finding);
        let now = || match &finding.actual {
            Some(value) => Shown::of(value, labels.actual.clone()),
            None => Shown { value: "(not set)".to_owned(), label: None },
        };
        let wanted = || Shown {
            value: clean(&desired_in_words(finding)),
            label: labels.desired.as_ref().map(|label| clean(label)),
        };
        let or = finding.wanted().into_iter().flat_map(|wanted| &wanted.alternatives);
        Self {
            words: words.map(|words| clean(&words)),
            setting: clean(&setting),
            now: match state {
                State::InSync => finding.actual.as_ref().map(|_| now()),
                State::Missing => None,
                _ => is_compared.then(now),
            },
            wanted: is_compared.then(wanted),
            comparison: if is_compared { clean(&comparison(finding)) } else { String::new() },
            hand: finding.manual().map(clean),
            or: or.map(|one| clean(&in_words(one))).collect(),
            place: finding.place.as_ref().map(|place| clean(&place.to_string())),
        }
    }

    /// Says whether there is nothing to say of it but its component's name.
    pub(super) fn is_bare(&self) -> bool {
        self.setting.is_empty() && self.hand.is_none()
    }
}

impl Shown {
    fn of(value: &Value, label: Option<String>) -> Self {
        let text = clean(&value.to_string());
        let value = if text.trim().is_empty() { "(empty)".to_owned() } else { text };
        let label = label.map(|label| clean(&label)).filter(|label| *label != value);
        Self { value, label }
    }
}
