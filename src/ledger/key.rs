//! The text under which the ledger keeps an item: the same on every console, and readable in the AWS console too.
//!
//! `cw#111111111111#eu-west-1#disk-full` is kind, account, region, id. The id comes last and may contain `#`.

use crate::domain::{ItemKey, Kind, Region, Scope};

const fn tag(kind: Kind) -> &'static str {
    match kind {
        Kind::Alarm => "cw",
        Kind::Finding => "sec",
        Kind::Incident => "ops",
        Kind::Window => "mw",
        Kind::Patch => "pat",
        Kind::Backup => "bk",
        Kind::Mute => "mute",
        Kind::Health => "health",
        Kind::Compliance => "cfg",
    }
}

/// The text of an item's key.
#[must_use]
pub fn write(key: &ItemKey) -> String {
    format!(
        "{}#{}#{}#{}",
        tag(key.kind),
        key.scope.account,
        key.scope.region,
        key.id
    )
}

/// The key that a text stands for; none for what another program, or a later version, has written.
#[must_use]
pub fn read(text: &str) -> Option<ItemKey> {
    let mut parts = text.splitn(4, '#');
    let (kind, account, region, id) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let kind = Kind::ALL.iter().copied().find(|k| tag(*k) == kind)?;
    let region = if region.is_empty() {
        Region::GLOBAL
    } else {
        region.parse().ok()?
    };
    if id.is_empty() {
        return None;
    }
    Some(ItemKey {
        kind,
        scope: Scope {
            account: account.parse().ok()?,
            region,
        },
        id: id.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_key_reads_back(
            kind in prop::sample::select(Kind::ALL),
            account in 0..1_000_000_000_000_u64,
            region in prop::sample::select(&["", "eu-west-1", "us-gov-west-1"][..]),
            id in ".{1,300}",
        ) {
            let region = if region.is_empty() { Region::GLOBAL } else { region.parse().unwrap() };
            let account = crate::domain::AccountId::new(account).unwrap();
            let key = ItemKey { kind, scope: Scope { account, region }, id: id.as_str().into() };
            prop_assert_eq!(read(&write(&key)), Some(key));
        }

        #[test]
        fn no_text_stops_the_reading(text in ".{0,80}") {
            let _ = read(&text);
        }
    }

    #[test]
    fn what_others_wrote_is_left_alone() {
        for text in [
            "",
            "cw",
            "cw#1#eu-west-1#x",
            "xx#111111111111#eu-west-1#x",
            "cw#111111111111#EU#x",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
