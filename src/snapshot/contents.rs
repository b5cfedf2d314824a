//! What stands beside a component's XML, or below it, and is not read: source, parts of it. Held
//! against the same on another side, as far as bytes can say.

use std::collections::{BTreeMap, BTreeSet};

use super::ReadError;
use super::files::Content;
use crate::diff::baseline::CONTENT;
use crate::metadata::ComponentId;
use crate::metadata::compare::{Buffers, Difference, compare};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::wsdl;
use crate::metadata::sha256::sha256;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;

/// How it is on both sides.
pub(super) enum Held {
    /// The same, or there is none.
    Same,
    /// Known not to be the same.
    Other(Difference),
    /// Nobody can tell; with the reason.
    Unknown(Unseen),
    /// One side has in files of its own what the other has in the XML, so that the XML cannot be
    /// compared either.
    Apart(Unseen),
}

const FORMS: &str = "one side has its source as one file, as the metadata format does, and the other \
                     as a project does: they cannot be held against one another";

const ALONE: &str = "its source, or what stands in files of its own, stands so on one side alone, \
                     and sfsetup shows no differences of that";
const LINE_ENDS: &str = "its source is the same but for the ends of its lines";

/// One side of it.
pub(super) struct Of<'s> {
    /// What there is; none for nothing.
    pub(super) content: Option<&'s Content>,
    /// Why there may be more of it than was read.
    pub(super) unread: Option<&'s Unseen>,
    /// Whether the side is taken for a part of what there is.
    pub(super) is_part: bool,
}

impl Of<'_> {
    /// Why nobody knows that a file is absent; none where it is.
    fn why_absent(&self, id: &ComponentId) -> Option<Unseen> {
        // Source comes whole or not at all.
        let is_part = self.is_part && !is_beside(id);
        let no_record = || Unseen::new(UnseenKind::NoRecord, "it has no record (--sparse)");
        self.unread.cloned().or_else(|| is_part.then(no_record))
    }
}

/// Holds it against the same on another side.
pub(super) fn hold(id: &ComponentId, actual: &Of<'_>, baseline: &Of<'_>) -> Held {
    let (now, then) = match (actual.content, baseline.content) {
        (None, None) => return Held::Same,
        (Some(now), Some(then)) => (now, then),
        _ => {
            let why = Unseen::new(UnseenKind::Damaged, ALONE);
            return if is_beside(id) { Held::Unknown(why) } else { Held::Apart(why) };
        }
    };
    let (of_now, of_then) = (actual.why_absent(id), baseline.why_absent(id));
    match between(now, then, of_now.as_ref(), of_then.as_ref()) {
        Ok(Found::Same) => Held::Same,
        Ok(Found::LineEnds) => Held::Unknown(Unseen::new(UnseenKind::NotAsked, LINE_ENDS)),
        Ok(Found::Forms) => Held::Unknown(Unseen::new(UnseenKind::NotAsked, FORMS)),
        Ok(Found::Lacking(file, why)) => {
            let words = format!("{file} stands on one side alone, and of the other: {why}");
            Held::Unknown(Unseen::new(why.kind, words))
        }
        Ok(Found::Other { now, then }) => Held::Other(Difference {
            path: path(),
            actual: Some(digest(&now)),
            baseline: Some(digest(&then)),
            doubled: None,
        }),
        Err(error) => {
            let words = format!("its source cannot be read: {error}");
            Held::Unknown(Unseen::new(UnseenKind::Damaged, words))
        }
    }
}

fn path() -> FieldPath {
    FieldPath::new(vec![Segment { name: CONTENT.to_owned(), key: None }])
}

fn digest(bytes: &[u8]) -> Value {
    Value::Text(format!("sha256 {}..", &sha256(bytes)[..12]))
}

/// Whether a type's XML stands beside source, and says nothing of it.
fn is_beside(id: &ComponentId) -> bool {
    wsdl::find(&id.type_name).is_some_and(|told| told.place.beside_content)
}

enum Found {
    Same,
    LineEnds,
    /// A file that one side has, and why nobody knows whether the other lacks it.
    Lacking(String, Unseen),
    /// One file here, and there files that it may have been made of.
    Forms,
    Other {
        now: Vec<u8>,
        then: Vec<u8>,
    },
}

fn between(
    now: &Content,
    then: &Content,
    of_now: Option<&Unseen>,
    of_then: Option<&Unseen>,
) -> Result<Found, ReadError> {
    let whole = [now.read()?, then.read()?];
    if whole[0] == whole[1] {
        return Ok(Found::Same);
    }
    let [bytes_now, bytes_then] = whole;
    let other = |now, then| Ok(Found::Other { now, then });
    // Metadata format has one file (`lamp.resource`) of what source format has as it is, or as a
    // folder.
    if let (Content::Several(files), one) | (one, Content::Several(files)) = (now, then)
        && !matches!(one, Content::Several(_))
    {
        let mut files = files.iter();
        return Ok(match (files.next(), files.next()) {
            (Some((_, file)), None) if file.read()? == one.read()? => Found::Same,
            _ => Found::Forms,
        });
    }
    let (Content::Several(now), Content::Several(then)) = (now, then) else {
        return if is_but_line_ends(&bytes_now, &bytes_then) {
            Ok(Found::LineEnds)
        } else {
            other(bytes_now, bytes_then)
        };
    };
    let [now, then] = [now, then]
        .map(|files| files.iter().map(|(name, one)| (name, one)).collect::<BTreeMap<_, _>>());
    let (mut lacking, mut has_line_ends) = (None, false);
    for name in now.keys().chain(then.keys()).collect::<BTreeSet<_>>() {
        let (Some(one), Some(its_like)) = (now.get(name), then.get(name)) else {
            match if now.contains_key(name) { of_then } else { of_now } {
                Some(why) => lacking = lacking.or_else(|| Some((name.to_string(), why.clone()))),
                None => return other(bytes_now, bytes_then),
            }
            continue;
        };
        let (one, its_like) = (one.read()?, its_like.read()?);
        if one == its_like || is_same_xml(&one, &its_like) {
            continue;
        }
        if !is_but_line_ends(&one, &its_like) {
            return other(bytes_now, bytes_then);
        }
        has_line_ends = true;
    }
    Ok(match lacking {
        Some((name, why)) => Found::Lacking(name, why),
        None if has_line_ends => Found::LineEnds,
        None => Found::Same,
    })
}

/// Whether two texts say the same line by line: an editor, or git, may have written the ends of
/// lines anew.
fn is_but_line_ends(one: &[u8], other: &[u8]) -> bool {
    let plain = |bytes| Some(std::str::from_utf8(bytes).ok()?.replace("\r\n", "\n"));
    plain(one).is_some_and(|one| plain(other) == Some(one))
}

/// Whether two parts say the same, whatever their layout.
fn is_same_xml(one: &[u8], other: &[u8]) -> bool {
    compare(None, &one, &other, &mut Buffers::default()).is_ok_and(|found| found.is_empty())
}
