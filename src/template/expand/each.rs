//! A want with a star: as many wants as an org has names that it stands for.

use wildmatch::WildMatch;

use super::{ExpandedStep, ExpandedWant};
use crate::metadata::ComponentId;
use crate::metadata::fact::Fact;
use crate::metadata::names::{Names, Pattern};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::unseen::Unseen;
use crate::template::{Applies, Test};

/// A setting of every entry that one with a star stands for.
#[derive(Clone, Debug)]
pub struct Each {
    /// Which component.
    pub id: ComponentId,
    /// Where in it, with the star.
    pub path: FieldPath,
    /// What the star stands for.
    pub pattern: Pattern,
    /// Which names are not meant, with `*` and `?`.
    pub except: Vec<String>,
    /// What is wanted of each.
    pub test: Test,
    /// The user whose effective permission is as good as the setting.
    pub user: Option<String>,
}

impl Each {
    /// Returns the wants that it stands for; of each why it may be that the org grants it to
    /// nobody, where that is not known.
    ///
    /// # Errors
    /// Nobody knows what it stands for.
    pub(crate) fn wants(
        &self,
        names: &Names,
    ) -> Result<Vec<(ExpandedWant, Option<Unseen>)>, Unseen> {
        let meant = names
            .matches(&self.pattern)?
            .iter()
            .filter(|one| !is_left_out(&one.name, &self.except));
        Ok(meant.map(|one| (self.want(&one.name), one.unseen.clone())).collect())
    }

    fn want(&self, name: &str) -> ExpandedWant {
        let named = |(at, segment): (usize, &Segment)| {
            let key = if at == 0 { Some(name.to_owned()) } else { segment.key.clone() };
            Segment { key, ..segment.clone() }
        };
        let path = FieldPath::new(self.path.segments().iter().enumerate().map(named).collect());
        let effective =
            self.user.clone().and_then(|user| Some((Fact::of_permission(&path)?, user)));
        ExpandedWant::Metadata { id: self.id.clone(), path, test: self.test.clone(), effective }
    }
}

/// Says whether a name is not meant; a field is left out by its name alone, too.
pub(crate) fn is_left_out(name: &str, except: &[String]) -> bool {
    let alone = name.split_once('.').map_or(name, |(_, field)| field);
    except.iter().any(|pattern| {
        let pattern = WildMatch::new_case_insensitive(pattern);
        pattern.matches(name) || pattern.matches(alone)
    })
}

/// Returns the wants with a star of steps that may apply.
pub(crate) fn each<'s>(steps: &'s [ExpandedStep<'_>]) -> impl Iterator<Item = &'s Each> {
    let applying = steps.iter().filter(|step| !matches!(step.applies, Applies::No));
    applying.flat_map(|step| &step.wants).filter_map(|want| match want {
        ExpandedWant::Each(each) => Some(&**each),
        _ => None,
    })
}

/// Returns what the stars of steps that may apply stand for, as far as that is known.
pub(crate) fn matched(steps: &[ExpandedStep<'_>], names: &Names) -> Vec<ExpandedWant> {
    let wants = each(steps).filter_map(|each| each.wants(names).ok());
    wants.flatten().map(|(want, _)| want).collect()
}
