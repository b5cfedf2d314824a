//! Changes applied to one component's document: only what they name is touched.

use std::collections::{BTreeSet, HashMap};

use crate::metadata::document::{
    Document, Edit, EditError, Element, ElementId, Markup, NewElement,
};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{
    Absent, ApiVersion, Entries, Field, Kind, MetadataType, SetForm, layout_identity, one_spelling,
    wsdl,
};
use crate::metadata::value::Value;

/// A setting and what it is to be; `None` takes it away.
pub type Setting = (FieldPath, Option<Value>);

/// Applies settings to a document. What must be added is added whole: an entry with its key and
/// every flag that the API version knows.
///
/// # Errors
/// A setting that contradicts what stands there, such as text where elements stand.
pub fn patch(
    row: &MetadataType,
    document: &Document,
    settings: &[Setting],
    version: ApiVersion,
) -> Result<Document, EditError> {
    let mut work = Work {
        row,
        document,
        entries: Entries::new(document),
        edits: Vec::new(),
        growths: Vec::new(),
        grown: HashMap::default(),
    };
    for (path, value) in settings {
        work.place(path, value.as_ref());
    }
    let Work { mut edits, growths, .. } = work;
    for growth in growths {
        let key = match growth.field.map(|field| &field.kind) {
            Some(Kind::Section { key, .. }) => key.iter().map(|part| (*part).to_owned()).collect(),
            _ => Vec::new(),
        };
        for new in grow(growth.field, &growth.segment, &growth.settings, version) {
            edits.push(Edit::Insert { parent: growth.parent, new, key: key.clone() });
        }
    }
    drop_what_is_emptied(document, &mut edits);
    document.edit(&edits)
}

/// A group of which everything goes, goes too; but in a file of settings, which leaves alone what
/// it does not name (S 2.8): there an empty group says that nothing is left in it.
fn drop_what_is_emptied(document: &Document, edits: &mut Vec<Edit>) {
    let told = wsdl::find(document.root().name());
    if told.is_some_and(|told| told.settings_member().is_some()) {
        return;
    }
    let (mut removed, mut grows) = (BTreeSet::new(), BTreeSet::new());
    for edit in edits.iter() {
        match edit {
            Edit::Remove { element } => _ = removed.insert(*element),
            Edit::Insert { parent, .. } => _ = grows.insert(*parent),
            Edit::SetText { .. } | Edit::Replace { .. } => {}
        }
    }
    loop {
        let emptied = removed.iter().find_map(|id| {
            let parent = document.element(*id).parent()?;
            let is_emptied = parent.parent().is_some()
                && !grows.contains(&parent.id())
                && parent.children().all(|child| removed.contains(&child.id()));
            is_emptied.then_some(parent)
        });
        let Some(parent) = emptied else { break };
        for child in parent.children() {
            removed.remove(&child.id());
        }
        removed.insert(parent.id());
    }
    edits.retain(|edit| !matches!(edit, Edit::Remove { .. }));
    edits.extend(removed.into_iter().map(|element| Edit::Remove { element }));
}

/// Something that is not there yet and must grow: settings below one segment below one element.
struct Growth {
    parent: ElementId,
    segment: Segment,
    field: Option<&'static Field>,
    settings: Vec<Below>,
}

/// A setting below an element: the rest of its path, and its value.
type Below = (Vec<Segment>, Value);

/// What comes together while settings are placed in a document.
struct Work<'w> {
    row: &'w MetadataType,
    document: &'w Document,
    entries: Entries<'w>,
    edits: Vec<Edit>,
    growths: Vec<Growth>,
    /// Where each growth stands in `growths`, by its segment in one spelling.
    grown: HashMap<(ElementId, Segment), usize>,
}

impl Work<'_> {
    fn place(&mut self, path: &FieldPath, value: Option<&Value>) {
        let mut fields = self.row.fields;
        let mut parent = self.document.root();
        let segments = path.segments();
        for (index, segment) in segments.iter().enumerate() {
            let field = fields.iter().find(|field| field.name == segment.name);
            let there = match &segment.key {
                Some(key) => {
                    let like = self.entries.of(parent, segment, field);
                    let first = like.first().copied();
                    // Of an entry that stands twice, the one that is set stays.
                    let again = like.iter().skip(1);
                    self.edits.extend(again.map(|again| Edit::Remove { element: again.id() }));
                    // An object's layout is exchanged for the one that the key names, not
                    // joined by it.
                    first.or_else(|| {
                        let identity = field
                            .filter(|field| field.is_layouts())
                            .map(|_| layout_identity(key))?;
                        let segment = Segment { name: segment.name.clone(), key: Some(identity) };
                        self.entries.first(parent, &segment, field)
                    })
                }
                None => parent.child(&segment.name).or_else(|| {
                    parent.children().find(|child| child.name().eq_ignore_ascii_case(&segment.name))
                }),
            };
            let Some(element) = there else {
                if let Some(value) = value {
                    let rest = segments[index + 1..].to_vec();
                    let growths = &mut self.growths;
                    let at = *self
                        .grown
                        .entry((parent.id(), one_spelling(segment, field)))
                        .or_insert_with(|| {
                            let segment = segment.clone();
                            let settings = Vec::new();
                            growths.push(Growth { parent: parent.id(), segment, field, settings });
                            growths.len() - 1
                        });
                    growths[at].settings.push((rest, value.clone()));
                }
                return;
            };
            if index + 1 == segments.len() {
                match (value, &segment.key) {
                    (None, _) => self.edits.extend(
                        parent
                            .children_named(element.name())
                            .filter(|one| segment.key.is_none() || one.id() == element.id())
                            .map(|one| Edit::Remove { element: one.id() }),
                    ),
                    // The entry is there, and more than that it should be there is not asked.
                    (Some(_), Some(_)) => {}
                    (Some(Value::Xml(elements)), None) => {
                        copy(parent, element, elements, &mut self.edits)
                    }
                    (Some(value), None) => set(field, parent, element, value, &mut self.edits),
                }
                return;
            }
            fields = field.map_or(&[], Field::fields);
            parent = element;
        }
    }
}

/// Puts elements of whose structure nothing is known in the place of those that are there; what is
/// there already stays.
fn copy(parent: Element<'_>, first: Element<'_>, wanted: &[Markup], edits: &mut Vec<Edit>) {
    let mut missing: Vec<&Markup> = wanted.iter().collect();
    for element in parent.children_named(first.name()) {
        let markup = Markup::of(element);
        match missing.iter().position(|one| **one == markup) {
            Some(at) => _ = missing.remove(at),
            None => edits.push(Edit::Remove { element: element.id() }),
        }
    }
    edits.extend(missing.into_iter().map(|markup| Edit::Insert {
        parent: parent.id(),
        new: NewElement::copy(markup.clone()),
        key: Vec::new(),
    }));
}

/// Sets what is there to a value.
fn set(
    field: Option<&'static Field>,
    parent: Element<'_>,
    element: Element<'_>,
    value: &Value,
    edits: &mut Vec<Edit>,
) {
    let form = match field.map(|field| &field.kind) {
        Some(Kind::Set { form, .. }) => Some(*form),
        _ => None,
    };
    let several = parent.children_named(element.name()).count() > 1;
    let normal = |text: &str| {
        let value = Value::List(vec![text.trim().to_owned()]);
        field.map_or_else(|| value.clone(), |field| field.normalise(&value)).elements().concat()
    };
    match (form, value) {
        (Some(SetForm::Repeated), _) | (None, Value::List(_)) => {
            let wanted = value.elements();
            let mut there: Vec<String> = Vec::new();
            for one in parent.children_named(element.name()) {
                let text = normal(&one.text());
                let is_wanted =
                    wanted.iter().any(|element| normal(element) == text) && !there.contains(&text);
                if is_wanted {
                    there.push(text);
                } else {
                    edits.push(Edit::Remove { element: one.id() });
                }
            }
            for text in wanted.iter().filter(|text| !there.contains(&normal(text))) {
                edits.push(Edit::Insert {
                    parent: parent.id(),
                    new: NewElement::text(element.name(), text),
                    key: Vec::new(),
                });
            }
        }
        (Some(form @ (SetForm::Commas | SetForm::Lines)), _) => {
            let text = element.text();
            let separator: &[char] = if form == SetForm::Commas { &[','] } else { &['\n', '\r'] };
            // What stays keeps its place and spelling.
            let mut kept: Vec<String> = Vec::new();
            let wanted = value.elements();
            for part in text.split(separator).map(str::trim).filter(|part| !part.is_empty()) {
                if wanted.iter().any(|element| normal(element) == normal(part)) {
                    kept.push(part.to_owned());
                }
            }
            for element in &wanted {
                if !kept.iter().any(|part| normal(part) == normal(element)) {
                    kept.push(element.clone());
                }
            }
            let glue = match form {
                SetForm::Commas => ", ",
                SetForm::Lines if text.contains("\r\n") => "\r\n",
                SetForm::Lines | SetForm::Repeated => "\n",
            };
            edits.push(Edit::SetText { element: element.id(), text: kept.join(glue) });
        }
        (None, _) => {
            if several {
                edits.extend(
                    parent
                        .children_named(element.name())
                        .skip(1)
                        .map(|one| Edit::Remove { element: one.id() }),
                );
            }
            edits.push(Edit::SetText { element: element.id(), text: value.to_string() });
        }
    }
}

/// Makes what is to be added; a set of repeated elements makes several.
fn grow(
    field: Option<&'static Field>,
    segment: &Segment,
    settings: &[Below],
    version: ApiVersion,
) -> Vec<NewElement> {
    if let [(rest, value)] = settings
        && rest.is_empty()
        && (segment.key.is_none() || matches!(value, Value::Xml(_)))
    {
        return leaf(field, &segment.name, value);
    }
    let fields: &'static [Field] = field.map_or(&[], Field::fields);
    let mut children: Vec<NewElement> = Vec::new();
    if let Some(key) = &segment.key {
        let names: &[&str] = match field.map(|field| &field.kind) {
            Some(Kind::Section { key, .. }) => key,
            _ => &["name"],
        };
        let parts = if names.len() == 1 {
            vec![key.as_str()]
        } else {
            key.splitn(names.len(), '|').collect()
        };
        children.extend(
            names
                .iter()
                .zip(parts)
                .filter(|(_, part)| !part.is_empty())
                .map(|(name, part)| NewElement::text(*name, part)),
        );
    }
    let mut below: Vec<(Segment, Vec<Below>)> = Vec::new();
    for (rest, value) in settings {
        let Some((first, rest)) = rest.split_first() else { continue };
        match below.iter_mut().find(|(segment, _)| segment == first) {
            Some((_, settings)) => settings.push((rest.to_vec(), value.clone())),
            None => below.push((first.clone(), vec![(rest.to_vec(), value.clone())])),
        }
    }
    // A layout's assignment may be named by its object, and is then told which layout it is.
    children.retain(|child| below.iter().all(|(segment, _)| segment.name != child.name));
    for (segment, settings) in &below {
        children.extend(grow(
            fields.iter().find(|field| field.name == segment.name),
            segment,
            settings,
            version,
        ));
    }
    for field in fields.iter().filter(|field| field.is_of(version)) {
        let named = children.iter().any(|child| child.name == field.name);
        match field.absent {
            // What an entry does not say of itself is not known to the org (S 3.4): every flag is
            // said.
            Absent::Flag(default) if !named && segment.key.is_some() => {
                children.push(NewElement::text(field.name, default.to_string()));
            }
            _ => {}
        }
    }
    children.sort_by(|left, right| left.name.cmp(&right.name));
    vec![NewElement::group(&segment.name, children)]
}

fn leaf(field: Option<&'static Field>, name: &str, value: &Value) -> Vec<NewElement> {
    match (field.map(|field| &field.kind), value) {
        (Some(Kind::Set { form: SetForm::Commas, .. }), _) => {
            vec![NewElement::text(name, value.elements().join(", "))]
        }
        (Some(Kind::Set { form: SetForm::Lines, .. }), _) => {
            vec![NewElement::text(name, value.elements().join("\n"))]
        }
        (_, Value::Xml(elements)) => elements.iter().cloned().map(NewElement::copy).collect(),
        (_, Value::List(list)) => {
            list.iter().map(|element| NewElement::text(name, element)).collect()
        }
        _ => vec![NewElement::text(name, value.to_string())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::registry;

    fn patched(type_name: &str, inner: &str, settings: &[(&str, Option<Value>)]) -> String {
        let open = format!("<{type_name} xmlns=\"http://soap.sforce.com/2006/04/metadata\">");
        let document =
            Document::parse(format!("{open}\n{inner}</{type_name}>").into_bytes()).unwrap();
        let settings: Vec<Setting> =
            settings.iter().map(|(path, value)| (path.parse().unwrap(), value.clone())).collect();
        let document =
            patch(registry::find(type_name).unwrap(), &document, &settings, ApiVersion(67))
                .unwrap();
        let text = String::from_utf8(document.into_bytes()).unwrap();
        text.strip_prefix(&open)
            .unwrap()
            .strip_suffix(&format!("</{type_name}>"))
            .unwrap()
            .trim_start_matches('\n')
            .to_owned()
    }

    #[test]
    fn a_new_entry_has_its_key_and_every_flag() {
        let text = patched(
            "Profile",
            "    <custom>true</custom>\n",
            &[
                ("objectPermissions[Account].allowRead", Some(true.into())),
                ("objectPermissions[Account].viewAllRecords", Some(true.into())),
            ],
        );
        assert_eq!(
            text,
            "    <custom>true</custom>\n    <objectPermissions>\n        <allowCreate>false\
             </allowCreate>\n        <allowDelete>false</allowDelete>\n        <allowEdit>false\
             </allowEdit>\n        <allowRead>true</allowRead>\n        <modifyAllRecords>false\
             </modifyAllRecords>\n        <object>Account</object>\n        <viewAllFields>false\
             </viewAllFields>\n        <viewAllRecords>true</viewAllRecords>\n    \
             </objectPermissions>\n"
        );
    }

    #[test]
    fn a_new_group_holds_all_of_its_entries() {
        let (at, de) =
            ("countriesAndStates.countries[AT].active", "countriesAndStates.countries[DE].active");
        let text = patched(
            "AddressSettings",
            "",
            &[(at, Some(Value::Bool(true))), (de, Some(Value::Bool(true)))],
        );
        assert!(text.contains("AT") && text.contains("DE"), "{text}");
    }

    #[test]
    fn sets_keep_what_stays() {
        let scopes = Value::List(vec!["Api".to_owned(), "RefreshToken".to_owned()]);
        let text = patched(
            "ConnectedApp",
            "    <oauthConfig>\n        <scopes>Web</scopes>\n        <scopes>Api</scopes>\n    \
             </oauthConfig>\n",
            &[("oauthConfig.scopes", Some(scopes.clone()))],
        );
        assert_eq!(
            text,
            "    <oauthConfig>\n        <scopes>Api</scopes>\n        <scopes>RefreshToken</scopes>\
             \n    </oauthConfig>\n"
        );
        let text = patched(
            "ExtlClntAppOauthSettings",
            "    <commaSeparatedOauthScopes>Web,Api</commaSeparatedOauthScopes>\n",
            &[("commaSeparatedOauthScopes", Some(scopes))],
        );
        assert_eq!(
            text,
            "    <commaSeparatedOauthScopes>Api, RefreshToken</commaSeparatedOauthScopes>\n"
        );
    }

    #[test]
    fn what_goes_leaves_no_trace() {
        let inner = "    <custom>true</custom>\n    <loginIpRanges>\n        <endAddress>10.0.0.9\
                     </endAddress>\n        <startAddress>10.0.0.1</startAddress>\n    \
                     </loginIpRanges>\n";
        assert_eq!(
            patched("Profile", inner, &[("loginIpRanges[10.0.0.1|10.0.0.9]", None)]),
            "    <custom>true</custom>\n"
        );
        assert_eq!(
            patched("Profile", inner, &[("userPermissions[ApiEnabled].enabled", None)]),
            inner
        );
        let inner = "    <label>A</label>\n    <oauthPolicy>\n        <ipRelaxation>ENFORCE\
                     </ipRelaxation>\n        <refreshTokenPolicy>zero</refreshTokenPolicy>\n    \
                     </oauthPolicy>\n";
        let both = [("oauthPolicy.ipRelaxation", None), ("oauthPolicy.refreshTokenPolicy", None)];
        assert_eq!(patched("ConnectedApp", inner, &both), "    <label>A</label>\n");
        let text = patched("ConnectedApp", inner, &both[..1]);
        assert!(text.contains("<oauthPolicy>") && !text.contains("ipRelaxation"), "{text}");
    }

    #[test]
    fn of_settings_an_emptied_group_is_sent_empty() {
        let xml = "<SecuritySettings xmlns=\"http://soap.sforce.com/2006/04/metadata\"><networkAccess>\
                   <ipRanges><end>10.0.0.9</end><start>10.0.0.1</start></ipRanges></networkAccess>\
                   </SecuritySettings>";
        let document = Document::parse(xml.as_bytes().to_vec()).unwrap();
        let row = registry::find_component("Settings", "Security").unwrap();
        let path = "networkAccess.ipRanges[10.0.0.1|10.0.0.9]".parse().unwrap();
        let after = patch(row, &document, &[(path, None)], ApiVersion(67)).unwrap();
        let group = after.root().child("networkAccess").unwrap();
        assert!(group.children().next().is_none());
    }

    #[test]
    fn an_entry_that_stands_twice_is_set_once() {
        let entry = |enabled: bool| {
            format!(
                "    <userPermissions>\n        <enabled>{enabled}</enabled>\n        <name>A\
                 </name>\n    </userPermissions>\n"
            )
        };
        let twice = [entry(false), entry(true)].concat();
        let settings = [("userPermissions[A].enabled", Some(Value::Bool(true)))];
        assert_eq!(patched("PermissionSet", &twice, &settings), entry(true));
        assert_eq!(patched("PermissionSet", &twice, &[("userPermissions[A]", None)]), "");
    }

    #[test]
    fn a_layout_is_exchanged_by_its_object() {
        let entry = |layout: &str| {
            format!(
                "    <layoutAssignments>\n        <layout>{layout}</layout>\n    \
                 </layoutAssignments>\n"
            )
        };
        let settings = [("layoutAssignments[Account].layout", Some("Account-A".into()))];
        assert_eq!(patched("Profile", &entry("Account-B"), &settings), entry("Account-A"));
        let by_layout = [("layoutAssignments[Account-A].layout", Some("Account-A".into()))];
        assert_eq!(patched("Profile", &entry("Account-B"), &by_layout), entry("Account-A"));
        assert_eq!(
            patched("Profile", "    <custom>true</custom>\n", &settings),
            format!("    <custom>true</custom>\n{}", entry("Account-A"))
        );
    }
}
