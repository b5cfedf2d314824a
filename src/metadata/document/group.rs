//! A document with the elements of one name together: others Salesforce refuses (S 3.4).

use super::{Document, Element, ElementId};

impl Document {
    /// Returns the document with elements of one name that stand in one element together, in the
    /// order in which the first of each stand; each takes what stands before it with it. A document
    /// in which they do is returned as it stands.
    #[must_use]
    pub fn grouped(&self) -> Self {
        let mut all = (0..self.nodes.len() as u32).map(|id| self.element(ElementId(id)));
        if !all.any(|element| order(element).is_some()) {
            return self.clone();
        }
        let root = self.root();
        let mut text = self.text_of(0..root.span().start).to_owned();
        write(root, &mut text);
        text.push_str(self.text_of(root.span().end..self.source.len()));
        Self::parse(text.into_bytes()).expect("elements in another order are a document")
    }
}

/// The names of the children, in the order of the first of each, where they are to be moved.
fn order(element: Element<'_>) -> Option<Vec<&str>> {
    let mut names: Vec<&str> = Vec::new();
    let (mut last, mut is_grouped) = ("", true);
    for child in element.children() {
        let name = child.name();
        if name != last && names.contains(&name) {
            is_grouped = false;
        } else if name != last {
            names.push(name);
        }
        last = name;
    }
    (!is_grouped).then_some(names)
}

fn write(element: Element<'_>, text: &mut String) {
    let document = element.document;
    // Each child with what stands before it.
    let mut at = element.span().start;
    let mut children = Vec::new();
    for child in element.children() {
        let from = if children.is_empty() { element.content().start } else { at };
        if children.is_empty() {
            text.push_str(document.text_of(at..from));
        }
        children.push((from, child));
        at = child.span().end;
    }
    if let Some(names) = order(element) {
        children.sort_by_key(|(_, child)| names.iter().position(|name| *name == child.name()));
    }
    for (from, child) in children {
        text.push_str(document.text_of(from..child.span().start));
        write(child, text);
    }
    text.push_str(document.text_of(at..element.span().end));
}

#[cfg(test)]
mod tests {
    use super::super::NAMESPACE;
    use super::*;

    #[test]
    fn elements_of_one_name_come_together_wherever_they_stand() {
        let of = |inner: &str| {
            Document::parse(format!("<P xmlns=\"{NAMESPACE}\">{inner}\n</P>\n").into_bytes())
        };
        let ungrouped = of(
            "\n  <f>1</f>\n  <l/>\n  <f>2<!-- c --></f>\n  <g>\n    <a/><b>x</b>\n    <a>y</a>\n  \
             </g>\n  <l>z</l>",
        );
        let grouped =
            of("\n  <f>1</f>\n  <f>2<!-- c --></f>\n  <l/>\n  <l>z</l>\n  <g>\n    <a/>\n    \
             <a>y</a><b>x</b>\n  </g>")
            .unwrap();
        assert_eq!(
            String::from_utf8(ungrouped.unwrap().grouped().into_bytes()).unwrap(),
            String::from_utf8(grouped.bytes().to_vec()).unwrap()
        );
        assert_eq!(grouped.grouped().bytes(), grouped.bytes());
    }
}
