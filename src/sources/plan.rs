//! The plan: which feeds there are for a census, and how often each is asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::aws::fleet::census::Census;
use crate::domain::{AccountId, Cover, Feed, Kind, Region, Scope, SourceId};

use super::{ALL, Part, Plane, Reach, SliceSpec, Source};

/// What the configuration says about the sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// By source; absent: all defaults.
    pub sources: BTreeMap<SourceId, SourceSettings>,
}

/// What the configuration says about one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// Whether it is asked at all.
    pub enabled: bool,
    /// How often its most urgent slice is asked; its other slices keep their proportion to it.
    pub every: Option<Duration>,
    /// Who asks for the whole organization, where the source can be asked so.
    pub organization: Central,
}

/// Who asks for the whole organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Central {
    /// The delegated administrator of the service, else for most services the account that listed the organization; nobody where the
    /// fleet is no organization.
    #[default]
    Auto,
    /// Nobody: every account is asked itself.
    Off,
    /// This account, such as the delegated administrator of the service.
    Account(AccountId),
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            every: None,
            organization: Central::Auto,
        }
    }
}

/// One feed as it is meant to be.
#[derive(Clone)]
pub struct Planned {
    /// The feed.
    pub feed: Feed,
    /// Who answers it.
    pub source: &'static Source,
    /// For which scopes.
    pub covers: Cover,
    /// How often.
    pub every: Duration,
    /// What it is to the whole.
    pub part: Part,
    /// From where it is asked.
    pub reach: Reach,
}

/// What is wanted of the sources.
#[derive(Clone, Copy, Debug)]
pub enum Want<'a> {
    /// Everything, again and again.
    Live,
    /// Each snapshot of these kinds, once.
    Once(&'a [Kind]),
}

/// The feeds for this census, the most urgent slices first.
#[must_use]
pub fn plan(census: &Census, settings: &Settings, want: Want<'_>) -> Vec<Planned> {
    let defaults = SourceSettings::default();
    let mut feeds = Vec::new();
    for &source in ALL {
        let set = settings.sources.get(&source.id).unwrap_or(&defaults);
        let wanted = match want {
            Want::Live => true,
            Want::Once(kinds) => source.kinds.iter().any(|k| kinds.contains(k)),
        };
        if !set.enabled || !wanted {
            continue;
        }
        let central = match set.organization {
            Central::Off => None,
            Central::Auto => found(census, source.id),
            Central::Account(account) => Some(account),
        };
        let central = central.filter(|account| census.roster.get(*account).is_some());
        for spec in source.slices {
            if matches!(want, Want::Once(_)) && spec.part == Part::Fast {
                continue;
            }
            let every = interval(source, spec, set);
            let mut add = |vantage, covers| {
                feeds.push(Planned {
                    feed: Feed {
                        source: source.id,
                        vantage,
                        slice: spec.slice,
                    },
                    source,
                    covers,
                    every,
                    part: spec.part,
                    reach: spec.reach,
                });
            };
            let global = |account| Scope {
                account,
                region: Region::GLOBAL,
            };
            match (spec.reach, spec.plane, central) {
                (Reach::Scope | Reach::Rest, Plane::Regional | Plane::Home, _) => {
                    for scope in census.scopes() {
                        add(scope, Cover::Vantage);
                    }
                }
                (Reach::Scope | Reach::Rest, Plane::Global, _) => {
                    for account in census.roster.iter() {
                        let scopes = everywhere(census, |a| a == account.id);
                        add(global(account.id), Cover::Scopes(scopes));
                    }
                }
                (Reach::Organization, Plane::Regional, Some(account)) => {
                    for (region, scopes) in by_region(census) {
                        add(Scope { account, region }, Cover::Scopes(scopes));
                    }
                }
                (Reach::Organization, Plane::Home, Some(account)) => {
                    let members = census.scopes().filter(|s| census.is_member(s.account));
                    let scopes: Arc<[Scope]> = members.collect();
                    let regions = census.roster.get(account).map(|a| &a.regions);
                    for region in regions.into_iter().flatten().copied() {
                        add(
                            Scope { account, region },
                            Cover::Scopes(Arc::clone(&scopes)),
                        );
                    }
                }
                (Reach::Organization, Plane::Global, Some(account)) => {
                    let scopes = everywhere(census, |account| census.is_member(account));
                    add(global(account), Cover::Scopes(scopes));
                }
                (Reach::Organization, _, None) => {}
            }
        }
    }
    feeds
}

/// Whom to ask for all others, as far as Organizations tells. Of some services the management account has nothing unless it was made
/// their administrator by hand, which only the configuration can say.
fn found(census: &Census, source: SourceId) -> Option<AccountId> {
    let is_always_delegated = matches!(source, SourceId::Guardduty | SourceId::Securityhub);
    let lister = census.lister().filter(|_| !is_always_delegated);
    census.delegate(source).or(lister)
}

/// The scopes of these accounts, and for each account what belongs to no region.
fn everywhere(census: &Census, is_meant: impl Fn(AccountId) -> bool) -> Arc<[Scope]> {
    let accounts = census.roster.iter().filter(|account| is_meant(account.id));
    accounts
        .flat_map(|account| {
            let regions = account.regions.iter().copied();
            let id = account.id;
            regions.chain([Region::GLOBAL]).map(move |region| Scope {
                account: id,
                region,
            })
        })
        .collect()
}

/// The members' scopes of each region: what one question to the organization's account covers there.
fn by_region(census: &Census) -> BTreeMap<Region, Arc<[Scope]>> {
    let mut regions: BTreeMap<Region, Vec<Scope>> = BTreeMap::new();
    for scope in census.scopes().filter(|s| census.is_member(s.account)) {
        regions.entry(scope.region).or_default().push(scope);
    }
    regions.into_iter().map(|(r, s)| (r, s.into())).collect()
}

fn interval(source: &Source, spec: &SliceSpec, set: &SourceSettings) -> Duration {
    let Some(every) = set.every else {
        return spec.every;
    };
    let shortest = source.slices.iter().map(|s| s.every).min();
    let factor = spec.every.as_secs_f64() / shortest.unwrap_or(spec.every).as_secs_f64();
    every.mul_f64(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::access::{Door, Identity, Origin};
    use crate::aws::fleet::census::Entry;
    use crate::domain::{Account, Policy, Slice};

    fn entry(id: &str, regions: &[&str], member: bool) -> Entry {
        let id: AccountId = id.parse().unwrap();
        Entry {
            account: Account {
                id,
                name: Arc::from(id.to_string()),
                tags: BTreeMap::new(),
                policy: Policy::ReadOnly,
                regions: regions.iter().map(|r| r.parse().unwrap()).collect(),
            },
            door: Arc::new(Door::new(
                id,
                Arc::from("x"),
                Identity::new(Origin::Environment),
            )),
            member,
            lister: false,
            delegated: std::collections::BTreeSet::new(),
        }
    }

    fn alarms(settings: &Settings, want: Want<'_>) -> Vec<Planned> {
        let census = Census::new([
            entry("111111111111", &["eu-west-1", "us-east-1"], true),
            entry("222222222222", &["eu-west-1"], false),
        ]);
        plan(&census, settings, want)
            .into_iter()
            .filter(|p| p.feed.source == SourceId::Cloudwatch)
            .collect()
    }

    #[test]
    fn every_scope_is_asked_and_once_needs_only_snapshots() {
        let live = alarms(&Settings::default(), Want::Live);
        assert_eq!(live.len(), 6);
        assert_eq!(live[0].part, Part::Fast);
        let once = alarms(&Settings::default(), Want::Once(&[Kind::Alarm]));
        assert_eq!(once.len(), 3);
        assert!(once.iter().all(|p| p.feed.slice == Slice::ALL));
        assert!(alarms(&Settings::default(), Want::Once(&[Kind::Patch])).is_empty());
    }

    #[test]
    fn where_one_endpoint_serves_all_regions_an_account_is_asked_once_and_speaks_for_all_of_them() {
        let mut lister = entry("111111111111", &["eu-west-1", "us-east-1"], true);
        lister.lister = true;
        let census = Census::new([lister, entry("222222222222", &["eu-west-1"], false)]);
        let all = plan(&census, &Settings::default(), Want::Live);
        let of = |source, slice: Slice| {
            let mine = all
                .iter()
                .filter(|p| p.feed.source == source && p.feed.slice == slice);
            mine.map(|p| {
                let Cover::Scopes(scopes) = &p.covers else {
                    panic!()
                };
                (p.feed.vantage.to_string(), scopes.len())
            })
            .collect::<Vec<_>>()
        };
        let each = [
            ("111111111111".to_owned(), 3),
            ("222222222222".to_owned(), 2),
        ];
        assert_eq!(of(SourceId::Support, Slice::ALL), each);
        assert_eq!(of(SourceId::Health, Slice::ALL), each);
        assert_eq!(
            of(SourceId::Health, super::super::health::ORGANIZATION),
            [("111111111111".to_owned(), 3)]
        );
    }

    #[test]
    fn an_interval_scales_all_slices_and_a_source_can_be_off() {
        let set = |settings| Settings {
            sources: [(SourceId::Cloudwatch, settings)].into(),
        };
        let slow = set(SourceSettings {
            every: Some(Duration::from_secs(60)),
            ..SourceSettings::default()
        });
        let every: Vec<u64> = alarms(&slow, Want::Live)
            .iter()
            .map(|p| p.every.as_secs())
            .collect();
        assert_eq!(every, [60, 60, 60, 600, 600, 600]);
        let off = set(SourceSettings {
            enabled: false,
            ..SourceSettings::default()
        });
        assert!(alarms(&off, Want::Live).is_empty());
    }
}
