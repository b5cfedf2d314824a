//! What the children of the root that are alike have in common: every byte but their texts.

use std::borrow::Cow;
use std::ops::Range;

use super::entry::{Says, says};
use super::text::{is_key, is_space, text};
use crate::metadata::document::is_sound_text;
use crate::metadata::registry::{Field, Kind, identity_of_parts};

/// A child larger than this, in bytes, is no entry of a list, and not worth a shape.
const LARGEST: usize = 64 << 10;

/// What stands around the texts of a child of the root.
#[derive(Debug)]
pub(super) struct Shape {
    /// The bytes around the texts, one after the other: first the white space before the child.
    around: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// How long the white space before the child is.
    gap: usize,
    /// The tags alone. Shapes that have them in common differ in layout, not in what they say.
    pub(super) tags: Vec<u8>,
    /// What an entry of a list is told from its like by, and says.
    pub(super) entry: Option<Entry>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) section: &'static Field,
    /// Which texts make the key; none for a part that is not there.
    parts: Vec<Option<usize>>,
    /// What each text says.
    pub(super) says: Vec<Says>,
}

/// How a shape stands to some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// A child of this shape stands here.
    Whole,
    /// A child of this shape may begin, and goes on beyond the bytes.
    Cut,
    /// It is another.
    Other,
}

/// Where a child that fits a shape stands, counted from the head of the bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Its tags included, the white space before it not.
    pub(super) span: Range<usize>,
    /// Its texts.
    pub(super) texts: Vec<Range<usize>>,
    /// Whether all its texts are printable ASCII that stands for itself.
    pub(super) is_plain: bool,
}

impl Shape {
    /// Makes the shape of a child that is known to be well-formed, with the white space before
    /// it; none where it holds more than tags without attributes and texts.
    pub(super) fn of(gap: &[u8], child: &[u8], section: Option<&'static Field>) -> Option<Self> {
        if child.len() > LARGEST {
            return None;
        }
        let (mut around, mut ends, mut tags) = (gap.to_vec(), Vec::new(), Vec::new());
        // The child's own children: the name of each, and which text is all it holds.
        let mut inner: Vec<(&[u8], Option<usize>)> = Vec::new();
        let (mut at, mut depth) = (0, 0);
        loop {
            let tag = &child[at..=at + memchr::memchr(b'>', &child[at..])?];
            if matches!(tag[1], b'!' | b'?') || memchr::memchr3(b'"', b'\'', b':', tag).is_some() {
                return None;
            }
            let (is_close, is_empty) = (tag[1] == b'/', tag[tag.len() - 2] == b'/');
            around.extend_from_slice(tag);
            tags.extend_from_slice(tag);
            at += tag.len();
            if at == child.len() {
                break;
            }
            let length = memchr::memchr(b'<', &child[at..])?;
            let is_leaf = !is_close && !is_empty && child[at + length..].starts_with(b"</");
            if depth == 1 && !is_close {
                let name = tag[1..tag.len() - 1 - usize::from(is_empty)].trim_ascii_end();
                inner.push((name, is_leaf.then_some(ends.len())));
            }
            if is_leaf {
                ends.push(around.len());
                tags.push(0);
            } else if child[at..at + length].iter().all(|byte| is_space(*byte)) {
                around.extend_from_slice(&child[at..at + length]);
            } else {
                return None;
            }
            depth = if is_close { depth - 1 } else { depth + usize::from(!is_empty) };
            at += length;
        }
        ends.push(around.len());
        let entry = match section {
            Some(section) => Some(Entry {
                section,
                parts: parts(section, &inner)?,
                says: says(section, &inner, ends.len() - 1),
            }),
            None => None,
        };
        Some(Self { around, ends, gap: gap.len(), tags, entry })
    }

    /// Holds the shape against the head of some bytes; where white space of another length stands
    /// before the child, `begin` says where it begins.
    pub(super) fn fit(&self, bytes: &[u8], begin: Option<usize>, place: &mut Place) -> Fit {
        let (mut at, mut from) = begin.map_or((0, 0), |begin| (begin, self.gap));
        place.span.start = begin.unwrap_or(self.gap);
        place.texts.clear();
        place.is_plain = true;
        for (index, end) in self.ends.iter().enumerate() {
            let around = &self.around[from..*end];
            let rest = &bytes[at..];
            if !rest.starts_with(around) {
                return if around.starts_with(rest) { Fit::Cut } else { Fit::Other };
            }
            at += around.len();
            from = *end;
            if index + 1 == self.ends.len() {
                break;
            }
            let Some((length, is_plain)) = text(&bytes[at..]) else { return Fit::Cut };
            if !is_plain {
                if !is_sound_text(&bytes[at..at + length]) {
                    return Fit::Other;
                }
                place.is_plain = false;
            }
            place.texts.push(at..at + length);
            at += length;
        }
        place.span.end = at;
        Fit::Whole
    }

    /// Returns what an entry of a list that fits the shape is told from its like by; nothing for
    /// any other child, and `None` where only the index can read the key.
    pub(super) fn identity<'b>(&self, bytes: &'b [u8], place: &Place) -> Option<Cow<'b, [u8]>> {
        let Some(Entry { section, parts, .. }) = &self.entry else {
            return Some(Cow::Borrowed(b""));
        };
        let part = |index: usize| {
            let text = &bytes[place.texts[index].clone()];
            let is_trimmed = text.first() != Some(&b' ') && text.last() != Some(&b' ');
            ((place.is_plain && is_trimmed) || is_key(text)).then_some(text)
        };
        // Of most lists the key is one text as it stands.
        if let ([Some(one)], true) = (parts.as_slice(), section.is_told_by_key()) {
            return part(*one).map(Cow::Borrowed);
        }
        let text = |index: &Option<usize>| match index {
            Some(index) => std::str::from_utf8(part(*index)?).ok(),
            None => Some(""),
        };
        let identity = match parts.as_slice() {
            [one] => identity_of_parts(section, &[text(one)?]),
            _ => identity_of_parts(section, &parts.iter().map(text).collect::<Option<Vec<_>>>()?),
        };
        Some(match identity {
            Cow::Borrowed(identity) => Cow::Borrowed(identity.as_bytes()),
            Cow::Owned(identity) => Cow::Owned(identity.into_bytes()),
        })
    }
}

/// Finds the texts that make a key, as the index would; `None` where one is no text alone.
fn parts(section: &'static Field, inner: &[(&[u8], Option<usize>)]) -> Option<Vec<Option<usize>>> {
    let Kind::Section { key, .. } = &section.kind else { return None };
    let part = |name: &&str| {
        let name = name.as_bytes();
        let found = inner
            .iter()
            .find(|(own, _)| *own == name)
            .or_else(|| inner.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)));
        match found {
            Some((_, text)) => text.map(Some),
            None => Some(None),
        }
    };
    key.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::registry;

    fn section(name: &str) -> Option<&'static Field> {
        let row = registry::find("Profile").unwrap();
        row.fields.iter().find(|field| field.name == name)
    }

    fn fitted(shape: &Shape, bytes: &str) -> (Fit, Vec<String>, Option<String>) {
        let mut place = Place::default();
        let fit = shape.fit(bytes.as_bytes(), None, &mut place);
        let texts = place.texts.iter().map(|text| bytes[text.clone()].to_owned()).collect();
        let identity = (fit == Fit::Whole)
            .then(|| shape.identity(bytes.as_bytes(), &place))
            .flatten()
            .map(|identity| String::from_utf8_lossy(&identity).into_owned());
        (fit, texts, identity)
    }

    #[test]
    fn what_has_the_same_bytes_around_other_texts_fits() {
        let entry =
            "<userPermissions>\n  <enabled>true</enabled><name>A</name>\n</userPermissions>";
        let shape = Shape::of(b"\n ", entry.as_bytes(), section("userPermissions")).unwrap();
        let other = format!("\n {}<x>", entry.replace("true", "").replace(">A<", ">B &gt; c<"));
        let (fit, texts, identity) = fitted(&shape, &other);
        assert_eq!(fit, Fit::Whole);
        assert_eq!((texts, identity), (vec![String::new(), "B &gt; c".to_owned()], None));
        let whole = format!("\n {}", entry.replace(">A<", ">apiENABLED<"));
        assert_eq!(fitted(&shape, &whole).2.as_deref(), Some("ApiEnabled"), "S 4.5");
        for end in 0..whole.len() {
            assert_eq!(fitted(&shape, &whole[..end]).0, Fit::Cut, "{end}");
        }
        for other in ["\n  <", "\n <userPermissions>\n  <enabled>a]]></enabled>", "</P>"] {
            assert_eq!(fitted(&shape, other).0, Fit::Other, "{other}");
        }
    }

    #[test]
    fn a_shape_is_of_tags_and_texts_alone() {
        for odd in [
            "<a b='c'>d</a>",
            "<a><!-- c -->d</a>",
            "<a><![CDATA[d]]></a>",
            "<a>text<b/></a>",
            "<a><b/>text</a>",
            "<p:a>d</p:a>",
            "<a><?pi ?></a>",
        ] {
            assert!(Shape::of(b"", odd.as_bytes(), None).is_none(), "{odd}");
        }
        let tags = |text: &str| Shape::of(b"", text.as_bytes(), None).unwrap().tags;
        assert_eq!(tags("<a> <b> x </b>\r\n<c/></a>"), tags("<a><b>y</b><c/></a>"));
        assert_ne!(tags("<a> <b> x </b><c/></a>"), tags("<a><b>y</b><c></c></a>"));
    }

    #[test]
    fn a_key_is_what_the_index_takes_for_it() {
        let ranges = section("loginIpRanges");
        let of = |entry: &str| {
            let shape = Shape::of(b"", entry.as_bytes(), ranges)?;
            fitted(&shape, entry).2
        };
        let range = |inner: &str| of(&format!("<loginIpRanges>{inner}</loginIpRanges>"));
        let (start, end) = ("<startAddress>1</startAddress>", "<endAddress>2</endAddress>");
        assert_eq!(range(&format!("{end}{start}")).as_deref(), Some("1|2"));
        assert_eq!(range(start).as_deref(), Some("1"));
        assert_eq!(range(end).as_deref(), Some("|2"));
        assert_eq!(range(&start.to_uppercase()).as_deref(), Some("1"), "S 3.1");
        assert_eq!(range("<startAddress/>"), None);
        assert_eq!(range("<startAddress><a/></startAddress>"), None);
        assert_eq!(range("<startAddress> 1</startAddress>"), None);
        assert_eq!(range("<startAddress>\u{a0}1</startAddress>"), None);
        assert_eq!(range("<startAddress>\u{e9}</startAddress>").as_deref(), Some("\u{e9}"));
    }
}
