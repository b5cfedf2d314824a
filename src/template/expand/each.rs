//! A want with a star: as many wants as an org has names that it stands for.

use wildmatch::WildMatch;

use super::{ExpandedStep, ExpandedWant};
use crate::metadata::ComponentId;
use crate::metadata::fact::Fact;
use crate::metadata::names::{Match, Names, Pattern};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::nearest::nearest;
use crate::metadata::unseen::Unseen;
use crate::template::{Applies, Test};

/// A setting of every entry that one with a star stands for.
#[derive(Clone, Debug, PartialEq)]
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
    /// The user whose effective permission counts beside the setting.
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

    /// Returns what of its exceptions leaves nothing out, each with the name that was probably
    /// meant; nothing where nobody knows what the star stands for.
    pub(crate) fn idle(&self, names: &Names) -> Vec<(&str, Option<String>)> {
        let Ok(all) = names.matches(&self.pattern) else { return Vec::new() };
        let near = |except: &str| {
            let is_whole = except.contains('.');
            let known = all.iter().map(|one| match is_whole {
                true => one.name.as_str(),
                false => alone(&one.name),
            });
            nearest(except, known).map(str::to_owned)
        };
        let idle = self.except.iter().filter(|except| self.is_idle(except, names));
        idle.map(|except| (except.as_str(), near(except))).collect()
    }

    /// Says whether an exception is seen to leave nothing out.
    pub(crate) fn is_idle(&self, except: &str, names: &Names) -> bool {
        let is_seen_idle = |all: &[Match]| !all.iter().any(|one| leaves_out(except, &one.name));
        !except.is_empty() && names.matches(&self.pattern).is_ok_and(is_seen_idle)
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

/// The name of a field without its object.
fn alone(name: &str) -> &str {
    name.split_once('.').map_or(name, |(_, field)| field)
}

/// Says whether an exception speaks of a name. A field is left out by its name alone, too.
fn leaves_out(except: &str, name: &str) -> bool {
    let pattern = WildMatch::new_case_insensitive(except);
    pattern.matches(name) || pattern.matches(alone(name))
}

/// Says whether a name is not meant; a field is left out by its name alone, too.
pub(crate) fn is_left_out(name: &str, except: &[String]) -> bool {
    except.iter().any(|one| leaves_out(one, name))
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
