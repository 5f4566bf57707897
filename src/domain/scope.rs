//! Where an item lives: an AWS account and a region.

use std::fmt;
use std::str::FromStr;

/// A twelve-digit AWS account id. Twelve digits fit a machine word, so it is cheap to copy and compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// Stands where the account is not known yet, for example before STS has said who we are.
    pub const UNKNOWN: Self = Self(0);

    /// The account with this number; only numbers of at most twelve digits are accounts.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        if number < 1_000_000_000_000 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The account's number; its order is the order of the twelve digits.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl FromStr for AccountId {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        if s.len() == 12 && s.bytes().all(|b| b.is_ascii_digit()) {
            s.parse().map(Self).map_err(|_| ())
        } else {
            Err(())
        }
    }
}

/// The longest region name that is accepted, in bytes. AWS's longest today has 14 (`ap-southeast-1`, `us-isob-east-1`).
const REGION_MAX: usize = 16;

/// The name of an AWS region, such as `eu-west-1`; stored inline, with zeros after its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; REGION_MAX]);

impl Region {
    /// Stands where a service is global or the region is not known.
    pub const GLOBAL: Self = Self([0; REGION_MAX]);

    /// The name as AWS writes it; empty for [`Region::GLOBAL`].
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(REGION_MAX);
        std::str::from_utf8(&self.0[..end]).unwrap_or("")
    }

    /// The partition that it belongs to, by its name.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        super::partition::Partition::of(*self).id
    }

    /// The four-letter form for narrow screens: `eu-west-1` → `euw1`, `ap-southeast-2` → `apse2`, `glob` for [`Region::GLOBAL`].
    #[must_use]
    pub fn short(&self) -> String {
        if *self == Self::GLOBAL {
            return "glob".to_owned();
        }
        let mut parts = self.as_str().split('-');
        let mut short = parts.next().unwrap_or("").to_owned();
        for part in parts {
            match part {
                "northeast" => short.push_str("ne"),
                "northwest" => short.push_str("nw"),
                "southeast" => short.push_str("se"),
                "southwest" => short.push_str("sw"),
                part if part.bytes().all(|b| b.is_ascii_digit()) => short.push_str(part),
                part => short.extend(part.chars().next()),
            }
        }
        short
    }
}

impl FromStr for Region {
    type Err = ();

    /// Accepts lower-case letters, digits and hyphens only: a region name ends up in host names and file names.
    fn from_str(s: &str) -> Result<Self, ()> {
        let plain = s
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if s.is_empty() || s.len() > REGION_MAX || !plain || s.starts_with('-') || s.ends_with('-')
        {
            return Err(());
        }
        let mut bytes = [0; REGION_MAX];
        bytes[..s.len()].copy_from_slice(s.as_bytes());
        Ok(Self(bytes))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.as_str())
    }
}

/// An account and a region: the cell that most AWS calls are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.account, self.region) {
            (AccountId::UNKNOWN, _) => f.write_str("the fleet"),
            (account, Region::GLOBAL) => write!(f, "{account}"),
            (account, region) => write!(f, "{account} {region}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_keep_their_leading_zeros() {
        let id: AccountId = "001111111111".parse().unwrap();
        assert_eq!(id.to_string(), "001111111111");
        for wrong in ["", "1", "11111111111a", "1111111111111", "+11111111111"] {
            assert!(wrong.parse::<AccountId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn regions_are_names_and_nothing_else() {
        for good in ["eu-west-1", "us-gov-west-1", "eusc-de-east-1"] {
            assert_eq!(good.parse::<Region>().unwrap().to_string(), good);
        }
        for wrong in [
            "",
            "EU-WEST-1",
            "eu west",
            "../etc",
            "eu-west-1\u{1b}[2J",
            "-",
            "a-very-long-region-name-indeed",
        ] {
            assert!(wrong.parse::<Region>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn regions_are_sorted_by_name_and_fit_two_words() {
        let mut names = ["us-east-1", "eu-west-10", "", "eu-west-1", "ap-south-1"];
        let mut regions = names.map(|name| name.parse().unwrap_or(Region::GLOBAL));
        names.sort_unstable();
        regions.sort_unstable();
        assert_eq!(regions.each_ref().map(Region::as_str), names);
        assert_eq!(size_of::<Scope>(), 24);
    }

    #[test]
    fn partitions_are_told_by_the_region() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-north-1", "aws-cn"),
            ("eusc-de-east-1", "aws-eusc"),
            ("us-isob-east-1", "aws-iso-b"),
        ] {
            assert_eq!(region.parse::<Region>().unwrap().partition(), partition);
        }
    }

    #[test]
    fn short_region_names_stay_distinct() {
        let names = [
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-central-1",
            "eu-central-2",
            "ap-east-1",
            "ap-south-1",
            "ap-south-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-southeast-1",
            "ap-southeast-2",
            "sa-east-1",
            "ca-central-1",
            "ca-west-1",
            "me-south-1",
            "me-central-1",
            "af-south-1",
            "il-central-1",
            "us-gov-east-1",
            "us-gov-west-1",
            "cn-north-1",
            "cn-northwest-1",
            "eusc-de-east-1",
            "mx-central-1",
        ];
        let short: std::collections::BTreeSet<_> = names
            .iter()
            .map(|n| n.parse::<Region>().unwrap().short())
            .collect();
        assert_eq!(short.len(), names.len());
        assert!(short.contains("euw1") && short.contains("use1") && short.contains("apse2"));
    }
}
