//! Lists and groups that are judged as a whole, and stars that stand for several entries.

use std::ops::Range;

use super::Check;
use crate::metadata::ComponentId;
use crate::metadata::names::Pattern;
use crate::metadata::path::FieldPath;
use crate::metadata::range::IpRange;
use crate::metadata::registry::{Kind, MetadataType};
use crate::template::placed::PlacedWant;
use crate::template::{Test, Want, component_types, fill};

impl Check<'_, '_, '_> {
    /// Several settings are no one of several wants, and prove nothing together.
    pub(super) fn no_star(&mut self, wants: &[PlacedWant]) {
        for want in wants {
            let Want::Metadata { component, path, .. } = &want.want else { continue };
            if matches!(self.pattern(component, path), Ok(Some(_))) {
                let what = "`*` stands for several settings, and `any` and `confirm` take one each";
                self.mistakes.add(&want.path, what);
            }
        }
    }

    /// A star must stand for names that an org tells.
    pub(super) fn star(&mut self, component: &str, path: &str, at: &Range<usize>) {
        if let Err(why) = self.pattern(component, path) {
            self.mistakes.add(at, why);
        }
    }

    fn pattern(&self, component: &str, path: &str) -> Result<Option<Pattern>, &'static str> {
        let types = component_types(self.parameters.iter().copied(), component);
        let type_name = match (types.and_then(<[String]>::first), component.split_once(':')) {
            (Some(type_name), _) => type_name.as_str(),
            (None, Some((type_name, _))) => type_name.trim(),
            (None, None) => return Ok(None),
        };
        let Ok(path) = fill(path, "X").parse::<FieldPath>() else { return Ok(None) };
        Pattern::of_setting(&ComponentId::new(type_name, "X"), &path)
    }

    /// Whether a list, or group, can be judged as a whole.
    pub(super) fn whole(
        &mut self,
        rows: &[&'static MetadataType],
        path: &FieldPath,
        test: &Test,
        placed: &PlacedWant,
    ) {
        if let Test::Inside(ranges) = test {
            if ranges.is_empty() {
                self.mistakes.add(&placed.value, "an empty `inside` says nothing");
            }
            for range in ranges.iter().filter(|range| !range.contains('{')) {
                if let Err(why) = IpRange::parse(range) {
                    self.mistakes.add(&placed.value, why);
                }
            }
        }
        let found = rows.iter().find_map(|row| Some((row, row.whole(path)?)));
        let Some((row, field)) = found else {
            let is_open = rows.iter().any(|row| matches!(row.resolve(path), Ok(None)));
            if !rows.is_empty() && !is_open {
                let what = format!(
                    "this names no list as a whole, so that `{}` can never match",
                    test.name()
                );
                self.mistakes.add(&placed.path, what);
            }
            return;
        };
        let wrong = match (&field.kind, test) {
            (Kind::Section { companion: Some(_), .. }, _) => Some(format!(
                "a {} shows the entries of `{}` that were asked for, so that nobody knows the \
                 whole list; name each entry",
                row.name, field.name
            )),
            (Kind::Section { key: [_, _], .. }, Test::Inside(_)) | (_, Test::Empty(_)) => None,
            (_, Test::Inside(_)) => Some(format!("`{}` is no list of ranges", field.name)),
            (Kind::Group(_), Test::Count(_)) => {
                Some(format!("`{}` is no list, so that nothing in it counts", field.name))
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.mistakes.add(&placed.path, wrong);
        }
    }
}
