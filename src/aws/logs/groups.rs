//! Which log groups are meant: by name, by ARN, or by a pattern that is looked up.

use std::sync::Arc;

use aws_sdk_cloudwatchlogs::types::{LogGroup, OrderBy};

use crate::aws::access::Access;
use crate::aws::ops::{DESCRIBE_LOG_GROUPS, DESCRIBE_LOG_STREAMS};
use crate::aws::pages::Pages;
use crate::clock::Timestamp;
use crate::domain::{AccountId, Fault, Region, Scope};
use crate::logs::aim::Name;
use crate::logs::field::glob;

use super::Class;

/// How a log group is named on a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// A name, which need not be looked up.
    Name(Arc<str>),
    /// Names that are like this; `*` stands for anything.
    Like(String),
    /// A group in an account and region.
    Arn(GroupArn),
}

/// A log group's ARN in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupArn {
    /// Account and region.
    pub scope: Scope,
    /// The group's name.
    pub name: Arc<str>,
}

/// The longest name of a log group. From the API reference of CloudWatch Logs.
const NAME_MAX: usize = 512;

impl Pattern {
    /// Reads what an operator wrote.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("arn:") {
            return arn(text).map(Self::Arn).ok_or_else(|| {
                format!("`{text}` is not the ARN of a log group, such as arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/pay")
            });
        }
        // The characters that AWS allows; a slip such as a blank would only come back as a fault of every account.
        let allowed =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '#' | '*');
        if text.is_empty() || text.len() > NAME_MAX || !text.chars().all(allowed) {
            return Err(format!(
                "`{text}` cannot be the name of a log group: letters, digits and . - _ / # are allowed, and * for anything"
            ));
        }
        Ok(if text.contains('*') {
            Self::Like(text.to_owned())
        } else {
            Self::Name(Arc::from(text))
        })
    }
}

impl Pattern {
    /// As [`Pattern::parse`], but a name is looked up as well: a query of a group that is not there fails for all groups of
    /// its account.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn looked_up(text: &str) -> Result<Self, String> {
        Ok(match Self::parse(text)? {
            Self::Name(name) => Self::Like(name.to_string()),
            other => other,
        })
    }
}

/// `arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME`, perhaps with `:*` or a stream behind it.
fn arn(text: &str) -> Option<GroupArn> {
    let mut parts = text.splitn(8, ':');
    let (_arn, _partition) = (parts.next()?, parts.next()?);
    if parts.next()? != "logs" {
        return None;
    }
    let region: Region = parts.next()?.parse().ok()?;
    let account: AccountId = parts.next()?.parse().ok()?;
    if parts.next()? != "log-group" {
        return None;
    }
    let Ok(Pattern::Name(name)) = Pattern::parse(parts.next()?) else {
        return None;
    };
    Some(GroupArn {
        scope: Scope { account, region },
        name,
    })
}

/// What AWS tells of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: Arc<str>,
    /// Its class, in a word.
    pub class: Arc<str>,
    /// The bytes that are kept; some hours old, as CloudWatch Logs counts them.
    pub stored: i64,
    /// After how many days lines are let go; none: never, and they are paid for.
    pub retention: Option<i32>,
    /// When it was made.
    pub created: Timestamp,
}

/// A group that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: Arc<str>,
    /// Its class.
    pub class: Class,
}

impl Found {
    /// A group of which nobody said its class.
    pub(super) fn unclassed(name: &str) -> Self {
        Self {
            name: Arc::from(name),
            class: Class::Unknown,
        }
    }
}

/// The groups of an account and region that are like a pattern.
///
/// # Errors
/// What went wrong.
pub async fn find(access: &Access, like: &str) -> Result<Vec<Found>, Fault> {
    let prefix = like.split('*').next().unwrap_or_default();
    // Without a beginning AWS looks for the longest part anywhere in the name.
    let part = like
        .split('*')
        .max_by_key(|part| part.len())
        .unwrap_or_default();
    let groups = listed(access, prefix, part, |name| glob(like, name)).await?;
    Ok(groups.into_iter().filter_map(found).collect())
}

/// What AWS tells of the groups of an account and region that are like a pattern; a word without a star is looked for
/// anywhere in the name.
///
/// # Errors
/// What went wrong.
pub async fn describe(access: &Access, like: &str) -> Result<Vec<Described>, Fault> {
    let part = like
        .split('*')
        .max_by_key(|part| part.len())
        .unwrap_or_default();
    let prefix = like.split_once('*').map_or("", |(prefix, _)| prefix);
    let fits = |name: &str| {
        if like.contains('*') {
            glob(like, name)
        } else {
            name.contains(like)
        }
    };
    let groups = listed(access, prefix, part, fits).await?;
    let described = groups.into_iter().filter_map(|group| {
        let class =
            group
                .log_group_class
                .as_ref()
                .map_or("standard", |class| match class.as_str() {
                    "INFREQUENT_ACCESS" => "infrequent",
                    "DELIVERY" => "delivery",
                    _ => "standard",
                });
        Some(Described {
            name: Arc::from(group.log_group_name?),
            class: Arc::from(class),
            stored: group.stored_bytes.unwrap_or_default(),
            retention: group.retention_in_days,
            created: Timestamp::from_millis(group.creation_time.unwrap_or_default()),
        })
    });
    Ok(described.collect())
}

/// When something was last written into a group, as far as CloudWatch Logs has counted it: the latest of its streams.
///
/// # Errors
/// What went wrong.
pub async fn last_event(access: &Access, name: &str) -> Result<Option<Timestamp>, Fault> {
    let out = access
        .cloudwatchlogs(&DESCRIBE_LOG_STREAMS, |logs, with| {
            logs.describe_log_streams()
                .log_group_name(name)
                .order_by(OrderBy::LastEventTime)
                .descending(true)
                .limit(1)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let stream = out
        .log_streams
        .and_then(|streams| streams.into_iter().next());
    let at = stream.and_then(|stream| stream.last_event_timestamp);
    Ok(at.map(Timestamp::from_millis))
}

fn found(group: LogGroup) -> Option<Found> {
    let class = match group.log_group_class.as_ref().map(|class| class.as_str()) {
        Some("INFREQUENT_ACCESS") => Class::Infrequent,
        Some("DELIVERY") => Class::Delivery,
        Some("STANDARD") => Class::Standard,
        _ => Class::Unknown,
    };
    Some(Found {
        name: Arc::from(group.log_group_name?),
        class,
    })
}

/// The groups of an account and region that have such a name.
///
/// # Errors
/// What went wrong.
pub(super) async fn find_named(access: &Access, name: &Name) -> Result<Vec<Found>, Fault> {
    let (prefix, part) = match name {
        Name::Exact(text) | Name::Begins(text) => (text.as_str(), ""),
        Name::Has(text) => ("", text.as_str()),
    };
    let groups = listed(access, prefix, part, |group| name.fits(group)).await?;
    Ok(groups.into_iter().filter_map(found).collect())
}

/// The groups whose names begin so, or without a beginning have this part, as far as they fit.
async fn listed(
    access: &Access,
    prefix: &str,
    part: &str,
    fits: impl Fn(&str) -> bool,
) -> Result<Vec<LogGroup>, Fault> {
    let mut found = Vec::new();
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = access
            .cloudwatchlogs(&DESCRIBE_LOG_GROUPS, |logs, with| {
                let mut call = logs.describe_log_groups().limit(50).set_next_token(token);
                if !prefix.is_empty() {
                    call = call.log_group_name_prefix(prefix);
                } else if !part.is_empty() {
                    call = call.log_group_name_pattern(part);
                }
                call.customize().config_override(with).send()
            })
            .await?;
        let groups = out.log_groups.unwrap_or_default();
        let fits = |group: &LogGroup| group.log_group_name.as_deref().is_some_and(&fits);
        found.extend(groups.into_iter().filter(fits));
        pages.turn(&DESCRIBE_LOG_GROUPS, out.next_token)?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_named_in_three_ways() {
        assert_eq!(
            Pattern::parse("/aws/lambda/pay"),
            Ok(Pattern::Name(Arc::from("/aws/lambda/pay")))
        );
        assert_eq!(
            Pattern::parse("/aws/lambda/*"),
            Ok(Pattern::Like("/aws/lambda/*".into()))
        );
        for tail in ["", ":*", ":log-stream:x"] {
            let Ok(Pattern::Arn(arn)) = Pattern::parse(&format!(
                "arn:aws:logs:eu-west-1:111111111111:log-group:/app{tail}"
            )) else {
                panic!("{tail}");
            };
            assert_eq!(
                (&*arn.name, arn.scope.region.as_str()),
                ("/app", "eu-west-1")
            );
        }
    }

    #[test]
    fn what_cannot_be_a_group_is_said_before_anybody_is_asked() {
        for wrong in [
            "",
            "a b",
            "a\u{1b}[2J",
            "arn:aws:s3:::bucket",
            "arn:aws:logs:eu-west-1:1:log-group:/app",
            "app:x",
        ] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
