//! Partitions: the separate clouds that AWS runs, and the regions of each.
//!
//! Regions and the shapes of their names are those of the SDK's own `partitions.json` (November 2026). New regions
//! open every year, so a name that has the right shape is believed even if it is not in the list.

use super::Region;
use super::problem::nearest;

/// One partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name in ARNs.
    pub id: &'static str,
    /// What its regions' names begin with.
    prefixes: &'static [&'static str],
    /// Two regions that are always enabled, where it is known: the first is the one of its global services.
    homes: &'static [&'static str],
    /// Its regions.
    pub regions: &'static [&'static str],
}

/// Every partition; of those with prefixes that begin alike, the longer ones first.
const ALL: &[Partition] = &[
    Partition {
        id: "aws-us-gov",
        prefixes: &["us-gov-"],
        homes: &["us-gov-west-1", "us-gov-east-1"],
        regions: &["us-gov-east-1", "us-gov-west-1"],
    },
    Partition {
        id: "aws-cn",
        prefixes: &["cn-"],
        homes: &["cn-northwest-1", "cn-north-1"],
        regions: &["cn-north-1", "cn-northwest-1"],
    },
    Partition {
        id: "aws-eusc",
        prefixes: &["eusc-de-"],
        homes: &[],
        regions: &["eusc-de-east-1"],
    },
    Partition {
        id: "aws-iso",
        prefixes: &["us-iso-"],
        homes: &[],
        regions: &["us-iso-east-1", "us-iso-west-1"],
    },
    Partition {
        id: "aws-iso-b",
        prefixes: &["us-isob-"],
        homes: &[],
        regions: &["us-isob-east-1", "us-isob-west-1"],
    },
    Partition {
        id: "aws-iso-e",
        prefixes: &["eu-isoe-"],
        homes: &[],
        regions: &["eu-isoe-west-1"],
    },
    Partition {
        id: "aws-iso-f",
        prefixes: &["us-isof-"],
        homes: &[],
        regions: &["us-isof-east-1", "us-isof-south-1"],
    },
    COMMERCIAL,
];

/// The one that is meant where nothing else is said.
const COMMERCIAL: Partition = Partition {
    id: "aws",
    prefixes: &[
        "us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-",
    ],
    homes: &["us-east-1", "us-west-2"],
    regions: &[
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ],
};

/// What stands between a region's prefix and its number.
const DIRECTIONS: &[&str] = &[
    "north",
    "northeast",
    "east",
    "southeast",
    "south",
    "southwest",
    "west",
    "northwest",
    "central",
];

impl Partition {
    /// The partition of a region; the commercial one where the name tells nothing.
    #[must_use]
    pub fn of(region: Region) -> &'static Self {
        of_name(region.as_str()).unwrap_or(&COMMERCIAL)
    }

    /// The partition of this name.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        ALL.iter().find(|partition| partition.id == id)
    }

    /// The region of its global services, where that is known.
    #[must_use]
    pub fn home(&self) -> Option<Region> {
        self.homes.first()?.parse().ok()
    }

    /// A region that is always enabled and is not this one, where one is known.
    #[must_use]
    pub fn home_beside(&self, here: Region) -> Option<Region> {
        let other = self.homes.iter().find(|home| **home != here.as_str());
        other?.parse().ok()
    }
}

fn of_name(name: &str) -> Option<&'static Partition> {
    let begins = |p: &&Partition| p.prefixes.iter().any(|prefix| name.starts_with(prefix));
    ALL.iter().find(begins)
}

/// Whether this can be a region of AWS: it is one, or it has the shape of one that may have opened since.
#[must_use]
pub fn is_plausible(region: Region) -> bool {
    let name = region.as_str();
    let Some(partition) = of_name(name) else {
        return false;
    };
    let rests = partition.prefixes.iter();
    rests
        .filter_map(|prefix| name.strip_prefix(prefix)?.rsplit_once('-'))
        .any(|(direction, number)| {
            let counts = (1..=2).contains(&number.len()) && !number.starts_with('0');
            DIRECTIONS.contains(&direction) && counts && number.bytes().all(|b| b.is_ascii_digit())
        })
}

/// The region that a wrong name was probably meant to be.
#[must_use]
pub fn nearest_region(wrong: &str) -> Option<&'static str> {
    nearest(wrong, ALL.iter().flat_map(|p| p.regions.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    #[test]
    fn every_region_of_the_list_belongs_to_its_partition_and_is_plausible() {
        for partition in ALL {
            for name in partition.regions.iter().chain(partition.homes) {
                assert_eq!(Partition::of(region(name)).id, partition.id, "{name}");
                assert!(is_plausible(region(name)), "{name}");
                assert!(partition.regions.contains(name), "{name}");
            }
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_no_region_and_one_that_opens_tomorrow_is() {
        for (wrong, meant) in [
            ("eu-wset-1", Some("eu-west-1")),
            ("eu-west1", Some("eu-west-1")),
            ("us-esat-1", Some("us-east-1")),
            ("ue-west-1", Some("eu-west-1")),
            ("us-gov-wst-1", Some("us-gov-west-1")),
            ("eu-west-01", Some("eu-west-1")),
            ("frankfurt", None),
            ("aws-global", None),
        ] {
            assert!(!is_plausible(region(wrong)), "{wrong}");
            assert_eq!(nearest_region(wrong), meant, "{wrong}");
        }
        for new in ["eu-west-9", "sa-west-1", "us-gov-central-1", "cn-south-1"] {
            assert!(is_plausible(region(new)), "{new}");
        }
    }

    #[test]
    fn a_home_is_another_region_of_the_same_partition() {
        let beside = |name: &str| Partition::of(region(name)).home_beside(region(name));
        assert_eq!(beside("eu-west-1"), Some(region("us-east-1")));
        assert_eq!(beside("us-east-1"), Some(region("us-west-2")));
        assert_eq!(beside("cn-northwest-1"), Some(region("cn-north-1")));
        assert_eq!(beside("us-iso-east-1"), None);
        assert_eq!(
            Partition::named("aws-us-gov").and_then(Partition::home),
            Some(region("us-gov-west-1"))
        );
    }
}
