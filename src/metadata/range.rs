//! Ranges of IP addresses: `203.0.113.0/24`, `203.0.113.7`, `203.0.113.1-203.0.113.9`.

use core::net::IpAddr;
use std::fmt;

/// From one address to another, both of them in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IpRange {
    /// The first address.
    pub first: IpAddr,
    /// The last address.
    pub last: IpAddr,
}

impl IpRange {
    /// Reads a range as people write it, or as the key of an entry has it (`first|last`).
    ///
    /// # Errors
    /// It is none; a sentence that says why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let address = |part: &str| {
            part.trim().parse::<IpAddr>().map_err(|_| {
                format!(
                    "`{text}` is no range of addresses; write `203.0.113.0/24`, `203.0.113.7` or \
                     `203.0.113.0-203.0.113.9`"
                )
            })
        };
        if let Some((network, length)) = text.split_once('/') {
            return Self::of_network(text, address(network)?, length.trim());
        }
        let (first, last) = text.split_once(['|', '-']).unwrap_or((text, text));
        let range = Self { first: address(first)?, last: address(last)? };
        let is_one_kind = range.first.is_ipv4() == range.last.is_ipv4();
        if is_one_kind && range.first <= range.last {
            return Ok(range);
        }
        Err(format!("`{text}` ends before it begins"))
    }

    fn of_network(text: &str, network: IpAddr, length: &str) -> Result<Self, String> {
        let most = if network.is_ipv4() { 32 } else { 128 };
        let length: u32 =
            length.parse().ok().filter(|length| *length <= most).ok_or_else(|| {
                format!("`{text}` has no length from 0 to {most} behind the slash")
            })?;
        let (first, last) = match network {
            IpAddr::V4(address) => {
                let rest = u32::MAX.checked_shr(length).unwrap_or_default();
                let first = address.to_bits() & !rest;
                (IpAddr::V4(first.into()), IpAddr::V4((first | rest).into()))
            }
            IpAddr::V6(address) => {
                let rest = u128::MAX.checked_shr(length).unwrap_or_default();
                let first = address.to_bits() & !rest;
                (IpAddr::V6(first.into()), IpAddr::V6((first | rest).into()))
            }
        };
        if first != network {
            return Err(format!("`{text}` begins at {first}: write `{first}/{length}`"));
        }
        Ok(Self { first, last })
    }

    /// Says whether every address of another is in this one.
    pub fn contains(&self, other: &Self) -> bool {
        self.first.is_ipv4() == other.first.is_ipv4()
            && self.first <= other.first
            && other.last <= self.last
    }

    /// Returns those of some ranges that are in none of the others.
    pub fn outside(wanted: &[String], there: &[String]) -> Vec<Self> {
        let read = |texts: &[String]| -> Vec<Self> {
            texts.iter().filter_map(|text| Self::parse(text).ok()).collect()
        };
        let there = read(there);
        let mut outside: Vec<Self> = Vec::new();
        for range in read(wanted) {
            let is_in = |all: &[Self]| all.iter().any(|one| one.contains(&range));
            if !is_in(&there) && !is_in(&outside) {
                outside.retain(|one| !range.contains(one));
                outside.push(range);
            }
        }
        outside
    }
}

/// Shown as an entry has it: `203.0.113.0-203.0.113.255`, and one address alone.
impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return self.first.fmt(f);
        }
        write!(f, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_read_as_people_and_files_write_them() {
        for (text, shown) in [
            ("203.0.113.0/24", "203.0.113.0-203.0.113.255"),
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7/32", "203.0.113.7"),
            ("0.0.0.0/0", "0.0.0.0-255.255.255.255"),
            ("203.0.113.1 - 203.0.113.9", "203.0.113.1-203.0.113.9"),
            ("203.0.113.1|203.0.113.9", "203.0.113.1-203.0.113.9"),
            ("2001:db8::/126", "2001:db8::-2001:db8::3"),
        ] {
            assert_eq!(IpRange::parse(text).unwrap().to_string(), shown);
        }
        for (text, why) in [
            ("203.0.113.7/24", "write `203.0.113.0/24`"),
            ("203.0.113.0/33", "from 0 to 32"),
            ("203.0.113.9-203.0.113.1", "ends before"),
            ("203.0.113.0-2001:db8::", "ends before"),
            ("vendor.example.com", "no range"),
        ] {
            let error = IpRange::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_in_no_range_is_told_once_and_as_large_as_it_must_be() {
        let texts = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let outside = |wanted: &[&str], there: &[&str]| {
            let found = IpRange::outside(&texts(wanted), &texts(there));
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(outside(&["203.0.113.8/30"], &["203.0.113.0|203.0.113.255"]).is_empty());
        assert_eq!(outside(&["203.0.113.8/30"], &["203.0.113.9|203.0.113.255"]).len(), 1);
        // Two that touch are no one range that holds it.
        let halves = ["203.0.113.0|203.0.113.127", "203.0.113.128|203.0.113.255"];
        assert_eq!(outside(&["203.0.113.0/24"], &halves).len(), 1);
        assert_eq!(
            outside(&["203.0.113.7", "203.0.113.0/29", "203.0.113.1"], &[]),
            ["203.0.113.0-203.0.113.7"]
        );
    }

    proptest! {
        #[test]
        fn a_range_is_inside_exactly_where_both_its_ends_are(
            a in any::<u32>(), b in any::<u32>(), c in any::<u32>(), d in any::<u32>()
        ) {
            let range = |one: u32, other: u32| IpRange {
                first: IpAddr::V4(one.min(other).into()),
                last: IpAddr::V4(one.max(other).into()),
            };
            let (outer, inner) = (range(a, b), range(c, d));
            prop_assert_eq!(IpRange::parse(&outer.to_string()), Ok(outer));
            let holds = |address: IpAddr| outer.first <= address && address <= outer.last;
            prop_assert_eq!(outer.contains(&inner), holds(inner.first) && holds(inner.last));
        }
    }
}
