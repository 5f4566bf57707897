//! Organizations: the accounts, and the units they are grouped in.

use std::collections::BTreeSet;

use super::{Answer, Call, Dialect, Operation, Page, Refusal, Service};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::wire::{Protocol, Value};
use crate::sim::world::{Account, World};

/// The service.
pub const SERVICE: Service = Service {
    name: "organizations",
    alias: "organizations",
    protocols: &[Protocol::Json],
    target: "AWSOrganizationsV20161128",
    xmlns: "",
    dialect: Dialect {
        throttled: ("TooManyRequestsException", 400),
        invalid: "InvalidInputException",
        bad_token: "InvalidInputException",
        message: "Message",
        ..Dialect::JSON
    },
    operations: &[
        Operation::new("ListAccounts", list_accounts)
            .paged("MaxResults", "NextToken", (1, 20), 20)
            .rate(8.0, 13),
        Operation::new("ListAccountsForParent", list_accounts_for_parent)
            .needs(&["ParentId"])
            .paged("MaxResults", "NextToken", (1, 20), 20)
            .rate(8.0, 13),
        Operation::new("ListRoots", list_roots).paged("MaxResults", "NextToken", (1, 20), 20),
        Operation::new("ListParents", list_parents)
            .needs(&["ChildId"])
            .paged("MaxResults", "NextToken", (1, 20), 20),
        Operation::new("ListOrganizationalUnitsForParent", list_units)
            .needs(&["ParentId"])
            .paged("MaxResults", "NextToken", (1, 20), 20),
        Operation::new("DescribeOrganizationalUnit", describe_unit)
            .needs(&["OrganizationalUnitId"]),
        Operation::new("DescribeOrganization", describe_organization),
        Operation::new("DescribeAccount", describe_account)
            .needs(&["AccountId"])
            .rate(20.0, 30),
        Operation::new("ListTagsForResource", list_tags).needs(&["ResourceId"]),
        Operation::new("ListDelegatedAdministrators", list_delegated).paged(
            "MaxResults",
            "NextToken",
            (1, 20),
            20,
        ),
    ],
    disabled: not_in_use,
    truth,
};

fn not_in_use(_: &Call<'_>) -> Answer {
    Err(Refusal::new(
        "AWSOrganizationsNotInUseException",
        "Your account is not a member of an organization.",
    ))
}

/// The organization as its management account sees it; of every other place there is nothing to say.
fn truth(world: &World, account: &str, region: &str) -> Value {
    if account != &**world.management()
        || world
            .scenario()
            .regions
            .first()
            .is_none_or(|first| **first != *region)
    {
        return Value::Null;
    }
    let view = View { world };
    fields! {
        "Organization" => view.organization(),
        "Accounts" => world.accounts().values().map(|a| view.account(a)).collect::<Value>(),
    }
}

/// Most of the organization can be read from the management account and delegated administrators only.
fn admitted<'a>(call: &'a Call<'_>) -> Result<View<'a>, Refusal> {
    let world = call.world;
    let asks = call.account();
    let delegated = &world.scenario().organization.delegated;
    if asks == &**world.management()
        || delegated
            .iter()
            .any(|d| world.account(d).is_some_and(|a| *a.entry.id == *asks))
    {
        return Ok(View { world });
    }
    Err(Refusal::new(
        "AccessDeniedException",
        "You don't have permissions to access this resource.",
    ))
}

/// The page that is asked for; errors carry a reason here.
fn paged(call: &Call<'_>) -> Result<Page, Refusal> {
    call.page()
        .map_err(|refusal| refusal.with("Reason", "INVALID_NEXT_TOKEN"))
}

fn list_accounts(call: &Call<'_>) -> Answer {
    let view = admitted(call)?;
    let page = paged(call)?;
    // AWS sometimes answers an empty page with a token; clients must go on.
    if page.cursor.is_none() && view.world.scenario().organization.empty_pages {
        return Ok(
            fields! { "Accounts" => Value::List(Vec::new()), "NextToken" => page.token("0") },
        );
    }
    Ok(accounts(&view, &page, view.world.accounts().values()))
}

fn list_accounts_for_parent(call: &Call<'_>) -> Answer {
    let view = admitted(call)?;
    let path = view.parent(call.needed("ParentId"))?;
    let page = paged(call)?;
    Ok(accounts(
        &view,
        &page,
        view.world
            .accounts()
            .values()
            .filter(|a| a.entry.ou == path),
    ))
}

fn accounts<'a>(view: &View<'_>, page: &Page, all: impl Iterator<Item = &'a Account>) -> Value {
    let (rows, next) = page.cut(all.map(|a| view.account(a)));
    fields! { "Accounts" => rows, "NextToken" => next }
}

fn list_roots(call: &Call<'_>) -> Answer {
    let view = admitted(call)?;
    let id = view.root();
    let root = fields! {
        "Id" => &id, "Arn" => view.arn(&format!("root/{}/{id}", view.id())), "Name" => "Root",
        "PolicyTypes" => Value::List(vec![fields! { "Type" => "SERVICE_CONTROL_POLICY", "Status" => "ENABLED" }]),
    };
    Ok(fields! { "Roots" => Value::List(vec![root]) })
}

fn list_parents(call: &Call<'_>) -> Answer {
    let view = admitted(call)?;
    let child = call.needed("ChildId");
    let path = if let Some(account) = view.world.accounts().get(child) {
        account.entry.ou.clone()
    } else {
        let gone = || {
            Refusal::new(
                "ChildNotFoundException",
                "You specified a child that doesn't exist.",
            )
        };
        let path = view
            .units()
            .into_iter()
            .find(|path| view.unit_id(path) == child)
            .ok_or_else(gone)?;
        path.rsplit_once('/')
            .map_or(String::new(), |(parent, _)| parent.to_owned())
    };
    let kind = if path.is_empty() {
        "ROOT"
    } else {
        "ORGANIZATIONAL_UNIT"
    };
    Ok(
        fields! { "Parents" => Value::List(vec![fields! { "Id" => view.unit_id(&path), "Type" => kind }]) },
    )
}

fn list_units(call: &Call<'_>) -> Answer {
    let view = admitted(call)?;
    let parent = view.parent(call.needed("ParentId"))?;
    let inside = |path: &&String| path.rsplit_once('/').map_or("", |(head, _)| head) == parent;
    let units = view.units();
    let (rows, next) = call
        .page()?
        .cut(units.iter().filter(inside).map(|path| view.unit(path)));
    Ok(fields! { "OrganizationalUnits" => rows, "NextToken" => next })
}

fn describe_unit(call: &Call<'_>) -> Answer {
    let view = admitted(call)?;
    let id = call.needed("OrganizationalUnitId");
    let unit = view
        .units()
        .into_iter()
        .find(|path| view.unit_id(path) == id)
        .ok_or_else(|| {
            Refusal::new(
                "OrganizationalUnitNotFoundException",
                "You specified an organizational unit that doesn't exist.",
            )
        })?;
    Ok(fields! { "OrganizationalUnit" => view.unit(&unit) })
}

fn describe_organization(call: &Call<'_>) -> Answer {
    // Members may ask for this one.
    Ok(fields! { "Organization" => View { world: call.world }.organization() })
}

fn describe_account(call: &Call<'_>) -> Answer {
    let view = admitted(call)?;
    let account = view
        .world
        .accounts()
        .get(call.needed("AccountId"))
        .ok_or_else(|| {
            Refusal::new(
                "AccountNotFoundException",
                "You specified an account that doesn't exist.",
            )
        })?;
    Ok(fields! { "Account" => view.account(account) })
}

fn list_tags(call: &Call<'_>) -> Answer {
    let view = admitted(call)?;
    let id = call.needed("ResourceId");
    let account = view.world.accounts().get(id);
    if account.is_none() && view.parent(id).is_err() {
        return Err(Refusal::new(
            "TargetNotFoundException",
            "You specified a target that doesn't exist.",
        ));
    }
    let tags = account.into_iter().flat_map(|a| &a.entry.tags);
    Ok(
        fields! { "Tags" => tags.map(|(k, v)| fields! { "Key" => k, "Value" => v }).collect::<Value>() },
    )
}

/// The delegated administrators of one service, or of any.
fn delegated<'a>(view: &View<'a>, service: Option<&str>) -> Vec<&'a Account> {
    let scenario = view.world.scenario();
    let of_service = [
        (
            "securityhub.amazonaws.com",
            scenario.securityhub.administrator.as_deref(),
        ),
        (
            "guardduty.amazonaws.com",
            scenario.guardduty.administrator.as_deref(),
        ),
        (
            "config.amazonaws.com",
            scenario
                .config
                .aggregator
                .as_ref()
                .map(|a| a.account.as_str()),
        ),
        (
            "ssm.amazonaws.com",
            scenario
                .opsitems
                .sync
                .as_ref()
                .or(scenario.patches.sync.as_ref())
                .map(|sync| sync.account.as_str()),
        ),
    ];
    let named = of_service.iter().filter_map(|(of, name)| {
        service
            .is_none_or(|service| service == *of)
            .then_some(*name)?
    });
    let others = scenario.organization.delegated.iter().map(String::as_str);
    let others = others.filter(|_| service.is_none());
    let mut all: Vec<&Account> = Vec::new();
    for account in named
        .chain(others)
        .filter_map(|name| view.world.account(name))
    {
        // The management account administers without being delegated to.
        let is_new = all.iter().all(|known| known.entry.id != account.entry.id);
        if is_new && account.entry.id != *view.world.management() {
            all.push(account);
        }
    }
    all
}

fn list_delegated(call: &Call<'_>) -> Answer {
    let view = admitted(call)?;
    let all = delegated(&view, call.text("ServicePrincipal"));
    let (rows, next) = paged(call)?.cut(all.into_iter().map(|account| {
        let mut row = view.account(account);
        if let Value::Map(map) = &mut row {
            map.set("DelegationEnabledDate", view.joined(account));
        }
        row
    }));
    Ok(fields! { "DelegatedAdministrators" => rows, "NextToken" => next })
}

/// The organization, in AWS's words.
struct View<'a> {
    world: &'a World,
}

impl View<'_> {
    fn id(&self) -> &str {
        &self.world.scenario().organization.id
    }

    fn arn(&self, resource: &str) -> String {
        format!(
            "arn:{}:organizations::{}:{resource}",
            self.world.partition(),
            self.world.management()
        )
    }

    fn root(&self) -> String {
        format!(
            "r-{}",
            &self.world.unique("", "root")[..4].to_ascii_lowercase()
        )
    }

    fn organization(&self) -> Value {
        let management = self.world.management();
        fields! {
            "Id" => self.id(),
            "Arn" => self.arn(&format!("organization/{}", self.id())),
            "FeatureSet" => "ALL",
            "MasterAccountArn" => self.arn(&format!("account/{}/{management}", self.id())),
            "MasterAccountId" => management,
            "MasterAccountEmail" => self.world.account(management).map(email),
        }
    }

    fn account(&self, account: &Account) -> Value {
        let entry = &account.entry;
        fields! {
            "Id" => &entry.id,
            "Arn" => self.arn(&format!("account/{}/{}", self.id(), entry.id)),
            "Email" => email(account),
            "Name" => &entry.name,
            "Status" => &entry.status,
            "State" => &entry.status,
            "JoinedMethod" => if *entry.id == **self.world.management() { "INVITED" } else { "CREATED" },
            "JoinedTimestamp" => self.joined(account),
        }
    }

    /// Some day of the years before the world began.
    fn joined(&self, account: &Account) -> Timestamp {
        let digits: i64 = account.entry.id.parse().unwrap_or(0);
        Timestamp::from_secs(1_600_000_000 + digits % 4_000 * 36_000)
    }

    /// Every unit, as a path, with those above it.
    fn units(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for account in self.world.accounts().values() {
            let mut path = account.entry.ou.as_str();
            while !path.is_empty() && all.insert(path.to_owned()) {
                path = path.rsplit_once('/').map_or("", |(head, _)| head);
            }
        }
        all
    }

    fn unit_id(&self, path: &str) -> String {
        if path.is_empty() {
            return self.root();
        }
        let root = self.root();
        format!(
            "ou-{}-{}",
            &root[2..],
            &self.world.unique("", path)[..8].to_ascii_lowercase()
        )
    }

    fn unit(&self, path: &str) -> Value {
        let id = self.unit_id(path);
        fields! {
            "Id" => &id,
            "Arn" => self.arn(&format!("ou/{}/{id}", self.id())),
            "Name" => path.rsplit('/').next().unwrap_or(path),
        }
    }

    /// The path of the root or unit with this id.
    fn parent(&self, id: &str) -> Result<String, Refusal> {
        if id == self.root() {
            return Ok(String::new());
        }
        let gone = || {
            Refusal::new(
                "ParentNotFoundException",
                "You specified a root or OU that doesn't exist.",
            )
        };
        self.units()
            .into_iter()
            .find(|path| self.unit_id(path) == id)
            .ok_or_else(gone)
    }
}

fn email(account: &Account) -> String {
    format!("aws+{}@example.com", account.entry.name)
}
