//! A want as the org would write it: an org has one of the names that differ in capitals alone, and
//! answers by that.

use crate::metadata::ComponentId;
use crate::metadata::names::{Name, Names};
use crate::metadata::path::FieldPath;
use crate::metadata::value::Value;
use crate::template::Test;

/// Returns a path whose key is written otherwise by the org; none where it is not, or is a key of
/// several parts.
pub(super) fn path(id: &ComponentId, path: &FieldPath, names: &Names) -> Option<FieldPath> {
    let mut segments = path.segments().to_vec();
    let key = segments.first_mut()?.key.as_mut()?;
    let mut is_other = false;
    for name in Name::of_setting(id, path) {
        let Some(near) = names.spelling(&name).and_then(|spelt| spelt.nearest.as_deref()) else {
            continue;
        };
        let wanted = key.trim();
        let rest = wanted.get(near.len()..).filter(|rest| rest.is_empty() || rest.starts_with('.'));
        let is_it = wanted.get(..near.len()).is_some_and(|one| one.eq_ignore_ascii_case(near));
        if let Some(rest) = rest.filter(|_| is_it) {
            *key = format!("{near}{rest}");
            is_other = true;
        }
    }
    is_other.then(|| FieldPath::new(segments))
}

/// Returns a comparison with values that the org writes otherwise; none where it writes all so.
/// `named` says which names a comparison speaks of.
pub(super) fn test(test: &Test, named: &dyn Fn(&Test) -> Vec<Name>, names: &Names) -> Option<Test> {
    let all = named(test);
    all.iter().find_map(|name| names.spelling(name))?;
    let text = |text: &String| {
        let name = named(&Test::Equals(Value::Text(text.clone())));
        let spelt = name.first().and_then(|name| names.spelling(name));
        spelt.and_then(|spelt| spelt.nearest.clone()).unwrap_or_else(|| text.clone())
    };
    let value = |value: &Value| match value {
        Value::Text(one) => Value::Text(text(one)),
        Value::List(texts) => Value::List(texts.iter().map(text).collect()),
        other => other.clone(),
    };
    Some(match test {
        Test::Equals(one) => Test::Equals(value(one)),
        Test::OneOf(values) => Test::OneOf(values.iter().map(value).collect()),
        Test::Includes(texts) => Test::Includes(texts.iter().map(text).collect()),
        Test::Excludes(texts) => Test::Excludes(texts.iter().map(text).collect()),
        Test::Absent
        | Test::AtLeast(_)
        | Test::AtMost(_)
        | Test::Inside(_)
        | Test::Count(_)
        | Test::Empty(_)
        | Test::ValidFor(_) => return None,
    })
}
