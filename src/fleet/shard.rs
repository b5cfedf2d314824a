//! A part of many orgs, for one of several machines: which orgs are in it is said by their names
//! alone.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// One of so many shards.
///
/// An org is in the same one whatever other orgs there are, so that an org that comes or goes
/// between the beginnings of two shards puts no other into both or into none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    /// From 1 to `of`.
    number: u32,
    of: NonZeroU32,
}

impl Shard {
    /// Says whether the org of this name is in it.
    pub fn has(self, org: &str) -> bool {
        self == self.beside(org)
    }

    /// The shard in which an org is, of as many as there are of this one.
    pub fn beside(self, org: &str) -> Self {
        let digest = Sha256::digest(org.as_bytes());
        let first: [u8; 8] = std::array::from_fn(|at| digest[at]);
        let of = self.of.get();
        let number = u64::from_be_bytes(first) % u64::from(of);
        let number = u32::try_from(number).unwrap_or_default();
        Self { number: if number == 0 { of } else { number }, of: self.of }
    }

    /// It as a part of a file's name: `3-of-8`.
    pub fn as_name(self) -> String {
        format!("{}-of-{}", self.number, self.of)
    }
}

/// `K/N`. Who counts from 0 says 0 for the last one, so both ways of counting have the same shards.
impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not `K/N`, such as `3/8`: the third of eight");
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let number: u32 = number.parse().map_err(|_| wrong())?;
        let of: NonZeroU32 = of.parse().map_err(|_| wrong())?;
        match number {
            0 => Ok(Self { number: of.get(), of }),
            number if number <= of.get() => Ok(Self { number, of }),
            _ => Err(format!("there is no shard {number} of {of}: K is at most N")),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn a_shard_is_written_as_it_is_read() {
        for text in ["1/1", "3/8", "8/8", "1/4000000000"] {
            assert_eq!(shard(text).to_string(), text);
        }
        assert_eq!(shard("0/8"), shard("8/8"));
        for text in ["", "3", "9/8", "1/0", "-1/8", "a/b", "1/2/3", " 1/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn which_orgs_are_in_a_shard_never_changes() {
        let names = ["demo", "acme", "north", "south", "Nord", "østre", "a b", "0"];
        let of = names.map(|org| (1..=4).find(|k| shard(&format!("{k}/4")).has(org)).unwrap());
        // A shard that runs with one release and is repeated with another asks the same orgs.
        assert_eq!(of, [4, 4, 1, 3, 3, 1, 2, 4]);
    }

    #[test]
    fn shards_are_of_about_one_size() {
        let names: Vec<String> = (1..=1000).map(|number| format!("o{number:04}")).collect();
        for k in 1..=8 {
            let shard = shard(&format!("{k}/8"));
            let many = names.iter().filter(|name| shard.has(name)).count();
            assert!((80..=170).contains(&many), "{shard}: {many}");
        }
    }

    proptest! {
        #[test]
        fn each_org_is_in_one_shard(name in ".{0,40}", of in 1u32..200) {
            let shards = (1..=of).map(|k| shard(&format!("{k}/{of}")));
            prop_assert_eq!(shards.filter(|shard| shard.has(&name)).count(), 1);
            let from_zero = (0..of).map(|k| shard(&format!("{k}/{of}")));
            prop_assert_eq!(from_zero.filter(|shard| shard.has(&name)).count(), 1);
        }
    }
}
