//! The fleet that a configuration describes. Nothing is left out silently: what cannot be read refuses the start.

use std::collections::BTreeMap;

use crate::aws::fleet::spec::{AccountSpec, Fips, FleetSpec, OrganizationSpec, Selector};
use crate::domain::problem::{Place, Problem};
use crate::domain::{Policy, Region};

use super::form::{Datum, role_account, selector};
use super::paths::Paths;
use super::read::{Contents, Given, Record};
use super::settings::{Flags, Settings};

/// The fleet, and what is wrong with it.
pub(super) fn spec(
    flags: &Flags,
    settings: &Settings,
    contents: &Contents,
    paths: &Paths,
    operator: &str,
) -> (FleetSpec, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut fleet = FleetSpec {
        regions: regions(settings.list("regions")),
        profiles: flags.profiles.clone(),
        endpoint_url: settings.given("network.endpoint_url"),
        ca_bundle: settings
            .given("network.ca_bundle")
            .map(|p| paths.open_out(&p)),
        fips: match settings.text("network.fips") {
            "on" => Fips::On,
            "off" => Fips::Off,
            _ => Fips::Environment,
        },
        operator: operator.to_owned(),
        ..FleetSpec::default()
    };
    if let Some(file) = &fleet.ca_bundle
        && let Err(why) = std::fs::File::open(file)
    {
        let message = format!("the certificates cannot be read: {why}");
        let place = settings.origin("network.ca_bundle").place();
        problems.push(Problem::new(place, message));
    }
    // Who names profiles on the command line means these and nothing else.
    if !flags.profiles.is_empty() {
        return (fleet, problems);
    }
    let records = contents.lists.get("account").map_or(&[][..], Vec::as_slice);
    let mut seen: BTreeMap<(&str, String), Place> = BTreeMap::new();
    for record in records {
        let account = account(record, &mut problems);
        let marks = [
            ("name", account.name.clone()),
            (
                "id",
                account.id.map(|id| id.to_string()).unwrap_or_default(),
            ),
        ];
        for (what, text) in marks {
            if text.is_empty() {
                continue;
            }
            let place = record.values.get(what).map_or(&record.place, |g| &g.place);
            if let Some(first) = seen.insert((what, text.clone()), place.clone()) {
                let message = format!(
                    "two accounts have the {what} `{text}`; the first one stands at {first}"
                );
                problems.push(Problem::new(place.clone(), message));
            }
        }
        fleet.accounts.push(account);
    }
    if contents.present.contains_key("organization") {
        fleet.organization = Some(organization(settings));
    }
    // A region from the command line is meant for everything that is shown.
    if !flags.regions.is_empty() {
        for account in &mut fleet.accounts {
            account.regions.clear();
        }
        if let Some(organization) = &mut fleet.organization {
            organization.regions.clear();
        }
    }
    (fleet, problems)
}

fn account(record: &Record, problems: &mut Vec<Problem>) -> AccountSpec {
    let text = |key: &str| match record.values.get(key).map(|g| &g.datum) {
        Some(Datum::Text(text) | Datum::Secretive(text)) => Some(text.clone()),
        _ => None,
    };
    let place_of = |key: &str| {
        record
            .values
            .get(key)
            .map_or(&record.place, |g| &g.place)
            .clone()
    };
    let account = AccountSpec {
        name: text("name").unwrap_or_default(),
        id: text("id").and_then(|id| id.parse().ok()),
        profile: text("profile"),
        role_arn: text("role_arn"),
        external_id: text("external_id"),
        source_profile: text("source_profile"),
        act_role_arn: text("act_role_arn"),
        regions: match record.values.get("regions") {
            Some(Given {
                datum: Datum::List(list),
                ..
            }) => regions(list),
            _ => Vec::new(),
        },
        tags: match record.values.get("tags") {
            Some(Given {
                datum: Datum::Tags(tags),
                ..
            }) => tags.clone(),
            _ => BTreeMap::new(),
        },
        policy: policy(&text("policy").unwrap_or_default()),
    };
    if account.profile.is_none() && account.role_arn.is_none() {
        let message =
            "this account can be reached by nothing: it needs a `profile`, a `role_arn` or both";
        problems.push(Problem::new(record.place.clone(), message));
    }
    if account.role_arn.is_none() {
        for (key, given) in [
            ("external_id", account.external_id.is_some()),
            ("source_profile", account.source_profile.is_some()),
        ] {
            if given {
                let message = format!("`{key}` means nothing without `role_arn`");
                problems.push(Problem::new(place_of(key), message));
            }
        }
    }
    for (key, arn) in [
        ("role_arn", &account.role_arn),
        ("act_role_arn", &account.act_role_arn),
    ] {
        let Some(of_role) = arn.as_deref().and_then(role_account) else {
            continue;
        };
        if let Some(id) = account.id.filter(|id| *id != of_role) {
            let message = format!("the role belongs to account {of_role}, but `id` says {id}");
            problems.push(Problem::new(place_of(key), message));
        }
    }
    account
}

fn organization(settings: &Settings) -> OrganizationSpec {
    let path = |key: &str| format!("organization.{key}");
    let selectors = |key: &str| -> Vec<Selector> {
        let list = settings.list(&path(key));
        list.iter().filter_map(|text| selector(text)).collect()
    };
    OrganizationSpec {
        role_name: settings.text("organization.role_name").to_owned(),
        act_role_name: settings.given(&path("act_role_name")),
        external_id: settings.given(&path("external_id")),
        include: selectors("include"),
        exclude: selectors("exclude"),
        regions: regions(settings.list(&path("regions"))),
        profile: settings.given(&path("profile")),
        policy: policy(settings.text("organization.policy")),
        tags: true,
    }
}

fn regions(list: &[String]) -> Vec<Region> {
    list.iter().filter_map(|name| name.parse().ok()).collect()
}

fn policy(word: &str) -> Policy {
    [Policy::Confirm, Policy::Write]
        .into_iter()
        .find(|policy| policy.word() == word)
        .unwrap_or_default()
}
