//! Origins: where lines come from, as small numbers with short names and a colour each.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::Scope;

/// How many colours tell groups apart. More cannot be told apart on a terminal with sixteen.
pub const TINTS: u8 = 6;

/// A log group in an account and region: the number that stands for it in every line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u16);

/// A stream of a group: the number that stands for it in every line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginId(pub u32);

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The account and region.
    pub scope: Scope,
    /// What operators call the account.
    pub account: Arc<str>,
    /// The group's name, neutralised.
    pub name: Arc<str>,
    /// Which of the [`TINTS`] colours it has.
    pub tint: u8,
}

/// All origins of one reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    groups: Vec<Group>,
    group_ids: HashMap<(Scope, Arc<str>), GroupId>,
    streams: Vec<(GroupId, Arc<str>)>,
    stream_ids: HashMap<GroupId, HashMap<Arc<str>, OriginId>>,
}

impl Origins {
    /// The number of this group; a new one gets the next colour. There are at most 65,536 groups: who reads more names
    /// them all by the last.
    pub fn group(&mut self, scope: Scope, account: &Arc<str>, name: &Arc<str>) -> GroupId {
        if let Some(id) = self.group_ids.get(&(scope, Arc::clone(name))) {
            return *id;
        }
        let Ok(number) = u16::try_from(self.groups.len()) else {
            return GroupId(u16::MAX);
        };
        let id = GroupId(number);
        self.groups.push(Group {
            scope,
            account: Arc::clone(account),
            name: Arc::clone(name),
            tint: (number % u16::from(TINTS)) as u8,
        });
        self.group_ids.insert((scope, Arc::clone(name)), id);
        id
    }

    /// The number of a stream of this group.
    pub fn stream(&mut self, group: GroupId, name: &str) -> OriginId {
        let known = self.stream_ids.entry(group).or_default();
        if let Some(id) = known.get(name) {
            return *id;
        }
        let name: Arc<str> = Arc::from(name);
        // Four thousand million streams do not fit any console; what comes after them shares the last number.
        let id = OriginId(u32::try_from(self.streams.len()).unwrap_or(u32::MAX));
        self.streams.push((group, Arc::clone(&name)));
        known.insert(name, id);
        id
    }

    /// The group with this number.
    #[must_use]
    pub fn get_group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(usize::from(id.0))
    }

    /// The group and the stream's name behind this number.
    #[must_use]
    pub fn get(&self, id: OriginId) -> Option<(&Group, &Arc<str>)> {
        let (group, stream) = self.streams.get(usize::try_from(id.0).ok()?)?;
        Some((self.get_group(*group)?, stream))
    }

    /// How many groups and streams are known.
    #[must_use]
    pub fn known(&self) -> (usize, usize) {
        (self.groups.len(), self.streams.len())
    }

    /// All groups, by number.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The shortest names that still tell the groups apart, by number: the account only where there are several, the region
    /// likewise, and of the group's name the last part that is not shared.
    #[must_use]
    pub fn short_names(&self) -> Vec<String> {
        let several = |same: &dyn Fn(&Group, &Group) -> bool| {
            let first = self.groups.first();
            first.is_some_and(|first| self.groups.iter().any(|group| !same(first, group)))
        };
        let accounts = several(&|a, b| a.scope.account == b.scope.account);
        let regions = several(&|a, b| a.scope.region == b.scope.region);
        let distinct: Vec<&Arc<str>> = {
            let mut names: Vec<_> = self.groups.iter().map(|group| &group.name).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        let mut last: HashMap<&str, usize> = HashMap::new();
        for name in &distinct {
            *last.entry(last_part(name)).or_default() += 1;
        }
        self.groups
            .iter()
            .map(|group| {
                let mut short = String::new();
                if accounts {
                    short.push_str(&group.account);
                    short.push(' ');
                }
                if regions {
                    short.push_str(&group.scope.region.short());
                    short.push(' ');
                }
                let part = last_part(&group.name);
                // A name such as `/aws/lambda/x` is told by its last part, unless two groups share it.
                short.push_str(if last.get(part) == Some(&1) {
                    part
                } else {
                    &group.name
                });
                short
            })
            .collect()
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('/')
        .find(|part| !part.is_empty())
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(account: &str, region: &str) -> Scope {
        Scope {
            account: account.parse().unwrap(),
            region: region.parse().unwrap(),
        }
    }

    fn names(groups: &[(&str, &str, &str, &str)]) -> Vec<String> {
        let mut origins = Origins::default();
        for (id, account, region, name) in groups {
            origins.group(scope(id, region), &Arc::from(*account), &Arc::from(*name));
        }
        origins.short_names()
    }

    #[test]
    fn one_account_and_region_need_no_naming() {
        let one = ("111111111111", "web", "eu-west-1");
        assert_eq!(
            names(&[
                (one.0, one.1, one.2, "/aws/lambda/pay"),
                (one.0, one.1, one.2, "/var/log/messages")
            ]),
            ["pay", "messages"]
        );
    }

    #[test]
    fn what_is_shared_does_not_tell_apart() {
        assert_eq!(
            names(&[
                ("111111111111", "web", "eu-west-1", "/app/a/messages"),
                ("222222222222", "shop", "us-east-1", "/app/a/messages"),
                ("222222222222", "shop", "us-east-1", "/app/b/messages"),
            ]),
            [
                "web euw1 /app/a/messages",
                "shop use1 /app/a/messages",
                "shop use1 /app/b/messages"
            ]
        );
    }

    #[test]
    fn an_origin_keeps_its_number() {
        let mut origins = Origins::default();
        let here = scope("111111111111", "eu-west-1");
        let group = origins.group(here, &Arc::from("web"), &Arc::from("/app"));
        let one = origins.stream(group, "i-1");
        assert_ne!(one, origins.stream(group, "i-2"));
        assert_eq!(one, origins.stream(group, "i-1"));
        assert_eq!(&**origins.get(one).unwrap().1, "i-1");
        assert_eq!(
            origins.group(here, &Arc::from("web"), &Arc::from("/app")),
            group
        );
    }
}
