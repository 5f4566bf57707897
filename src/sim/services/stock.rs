//! How much a service has where: counts and switched-off places of a scenario, and credible names for what it has.

use std::collections::BTreeMap;

use super::dice::Dice;
use crate::sim::scenario::matches;
use crate::sim::wire::text;
use crate::sim::world::Site;

/// Whether one of the patterns `ACCOUNT` or `ACCOUNT/REGION` means this place. The account is an id or
/// a name, and each part may end with `*`.
#[must_use]
pub fn within(patterns: &[String], site: &Site) -> bool {
    patterns.iter().any(|pattern| {
        let (account, region) = pattern.split_once('/').unwrap_or((pattern, "*"));
        is(account, site) && matches(region, &site.region)
    })
}

/// How many of something a place starts with: what the first fitting pattern says, or `usual`.
#[must_use]
pub fn amount(
    usual: usize,
    spread: f64,
    special: &BTreeMap<String, usize>,
    site: &Site,
    dice: &mut Dice,
) -> usize {
    if !site.stocked {
        return 0;
    }
    if let Some((_, n)) = special
        .iter()
        .find(|(pattern, _)| within(std::slice::from_ref(*pattern), site))
    {
        return *n;
    }
    let share = (dice.unit() * 2.0 - 1.0).mul_add(spread.clamp(0.0, 1.0), 1.0);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of findings is small, and the share is never negative"
    )]
    let n = (usual as f64 * share).round() as usize;
    n
}

/// Whether an account is meant by its id or name.
#[must_use]
pub fn is(account: &str, site: &Site) -> bool {
    matches(account, &site.account) || matches(account, &site.name)
}

/// Things that teams run. What alarms watch, threats hit and machines serve has these names.
pub const WORKLOADS: &[&str] = &[
    "checkout-api",
    "card-vault",
    "ledger",
    "search",
    "catalog",
    "orders",
    "sessions",
    "web-front",
    "mobile-bff",
    "invoices",
    "payouts",
    "fraud-score",
    "mail-out",
    "pdf-render",
    "image-resize",
    "inventory",
    "pricing",
    "etl-nightly",
    "events-in",
    "metrics-gw",
    "auth",
    "sso-bridge",
    "ledger-archive",
    "reports",
    "partner-sftp",
    "shop-eu",
    "shop-us",
    "recommender",
    "feature-flags",
    "audit-trail",
];

/// People and machines that sign in.
pub const USERS: &[&str] = &[
    "deploy-bot",
    "ci-runner",
    "j.okafor",
    "m.lindqvist",
    "s.banerjee",
    "backup-agent",
    "terraform",
    "a.novak",
    "data-export",
    "r.castellanos",
    "legacy-ftp",
    "y.tanaka",
];

/// Names that an attacker chose: escape sequences, bidirectional overrides, and texts that are hard to measure.
pub const HOSTILE: &[&str] = &[
    "\u{1b}[2J\u{1b}[H\u{1b}[31mALL SYSTEMS OK\u{1b}[0m",
    "\u{1b}]0;owned\u{7}web-front",
    "\u{1b}]52;c;cm0gLXJmIC8=\u{7}clipboard",
    "\u{1b}]8;;https://phish.example/\u{1b}\\click me\u{1b}]8;;\u{1b}\\",
    "report\u{202e}fdp.exe",
    "\u{2066}admin\u{2069}\u{200f}toor\u{200e}",
    "\u{9b}2Jcsi-in-one-byte\u{90}dcs\u{9c}",
    "line one\r\nline two\tand a tab\u{8}\u{8}\u{8}\u{7f}",
    "Z\u{336}a\u{34d}\u{317}l\u{35c}\u{321}g\u{488}o\u{489} combining",
    "日本語のバケット名🙂👩‍👩‍👧‍👦🇪🇺 wide and joined",
    "\u{feff}\u{200b}\u{200d}zero\u{2060}width\u{ad}",
    "'; DROP TABLE findings; -- $(reboot) `id` %n%s {{7*7}}",
];

/// A name that is longer than any column.
#[must_use]
pub fn endless() -> String {
    "a-name-that-does-not-end-".repeat(16)
}

/// The n-th hostile name.
#[must_use]
pub fn hostile(n: usize) -> String {
    HOSTILE.get(n).map_or_else(endless, |&name| name.to_owned())
}

/// The instance id of a workload in an account and region: as in AWS, no two instances share one. The same formula gives
/// the dimension of its alarms, so that an instance can be recognised across services.
#[must_use]
pub fn instance(site: &Site, workload: &str) -> String {
    let key = [&*site.account, "/", &*site.region, "/", workload];
    let id = text::fnv(key.iter().flat_map(|part| part.bytes()));
    format!("i-0{id:016x}")
}
