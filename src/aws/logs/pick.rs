//! Which groups of which accounts and regions are read: what was named, looked up where it has to be.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::fleet::Fleet;
use crate::aws::fleet::census::Census;
use crate::domain::text::{self, age, clean_arc, count};
use crate::domain::{Account, Fault, FaultKind, Scope};
use crate::logs::Tail;
use crate::logs::field::glob;

use super::{Class, Pattern, Target, find};

/// What was picked.
#[derive(Debug)]
pub struct Picked {
    /// The groups.
    pub targets: Vec<Target>,
    /// What could not be found out.
    pub faults: Vec<Fault>,
    /// In how many accounts and regions was looked.
    pub scopes: usize,
}

/// Learns the fleet and finds the groups in it.
///
/// # Errors
/// No account of the fleet is known, or none is called so; why.
pub async fn pick(
    fleet: &Arc<Fleet>,
    accounts: &[String],
    patterns: &[Pattern],
    patience: Duration,
    tail: &mut Tail,
) -> Result<Picked, Vec<Fault>> {
    let mut faults = Vec::new();
    for survey in fleet.surveys() {
        let asked = tokio::time::timeout(patience, fleet.survey(survey.slice)).await;
        match asked {
            Ok((_, Ok(()))) => {}
            Ok((_, Err(fault))) => faults.push(fault),
            Err(_) => faults.push(late("The survey of the fleet", patience)),
        }
    }
    let census = fleet.census();
    if census.roster.is_empty() {
        return Err(faults);
    }
    let wanted = |account: &Account| {
        let id = account.id.to_string();
        let named = |pattern: &String| {
            *pattern == id || glob(&pattern.to_lowercase(), &account.name.to_lowercase())
        };
        accounts.is_empty() || accounts.iter().any(named)
    };
    let scopes: Vec<Scope> = census
        .scopes()
        .filter(|scope| census.roster.get(scope.account).is_some_and(wanted))
        .collect();
    if scopes.is_empty() {
        return Err(vec![make(
            FaultKind::NoCredentials,
            None,
            format!("No account of the fleet is called {}.", accounts.join(", ")),
            "`noctop ls accounts` lists them.",
        )]);
    }
    let mut picking = Picking {
        fleet,
        census: &census,
        tail,
        seen: BTreeSet::new(),
        targets: Vec::new(),
    };
    let mut lookups = JoinSet::new();
    for pattern in patterns {
        match pattern {
            Pattern::Name(name) => {
                for scope in &scopes {
                    picking.take(*scope, Arc::clone(name), Class::Unknown, None);
                }
            }
            Pattern::Arn(arn) => {
                if picking.fleet.access(arn.scope).is_some() {
                    picking.take(arn.scope, Arc::clone(&arn.name), Class::Unknown, None);
                } else {
                    // Another account's group: a monitoring account may be allowed to read it.
                    let from = scopes.iter().find(|scope| scope.region == arn.scope.region);
                    match from.and_then(|from| picking.fleet.access(*from)) {
                        Some(access) => picking.take(
                            arn.scope,
                            Arc::clone(&arn.name),
                            Class::Unknown,
                            Some(access),
                        ),
                        None => faults.push(outside(arn.scope)),
                    }
                }
            }
            Pattern::Like(like) => {
                for scope in &scopes {
                    let (Some(access), like, scope) =
                        (picking.fleet.access(*scope), like.clone(), *scope)
                    else {
                        continue;
                    };
                    lookups.spawn(async move {
                        let found = tokio::time::timeout(patience, find(&access, &like)).await;
                        (
                            scope,
                            found.unwrap_or_else(|_| Err(late("The list of log groups", patience))),
                        )
                    });
                }
            }
        }
    }
    while let Some(looked_up) = lookups.join_next().await {
        match looked_up {
            Ok((scope, Ok(found))) => {
                for group in found {
                    picking.take(scope, group.name, group.class, None);
                }
            }
            Ok((_, Err(fault))) => faults.push(fault),
            Err(_) => {}
        }
    }
    let mut targets = picking.targets;
    targets.retain(|target| {
        let readable = target.class != Class::Delivery;
        if !readable {
            faults.push(undelivered(target));
        }
        readable
    });
    Ok(Picked {
        targets,
        faults,
        scopes: scopes.len(),
    })
}

struct Picking<'a> {
    fleet: &'a Arc<Fleet>,
    census: &'a Arc<Census>,
    tail: &'a mut Tail,
    seen: BTreeSet<(Scope, Arc<str>)>,
    targets: Vec<Target>,
}

impl Picking<'_> {
    fn take(&mut self, scope: Scope, name: Arc<str>, class: Class, from: Option<Access>) {
        let Some(access) = from.or_else(|| self.fleet.access(scope)) else {
            return;
        };
        if !self.seen.insert((scope, Arc::clone(&name))) {
            return;
        }
        let account = self.census.roster.name(scope.account);
        let group = self.tail.group(scope, &account, &clean_arc(&name));
        self.targets.push(Target {
            group,
            name,
            access,
            scope,
            class,
        });
    }
}

/// How many groups there are in how many places, for people.
#[must_use]
pub fn told(picked: &Picked) -> String {
    let places: BTreeSet<Scope> = picked.targets.iter().map(|target| target.scope).collect();
    let places = text::places(places.len());
    format!("{} in {places}", count(picked.targets.len(), "log group"))
}

fn late(what: &str, patience: Duration) -> Fault {
    make(
        FaultKind::Unreachable,
        None,
        format!("{what} was not complete within {}.", age(patience)),
        "Give the command more time, or ask fewer accounts and regions.",
    )
}

fn outside(scope: Scope) -> Fault {
    make(
        FaultKind::NoCredentials,
        None,
        format!(
            "{scope} is not part of the fleet, and no account of it is watched in that region."
        ),
        "Add the account, or a monitoring account that may read its log groups.",
    )
}

fn undelivered(target: &Target) -> Fault {
    make(
        FaultKind::Disabled,
        None,
        format!(
            "{} is of the delivery class: its lines cannot be read, only what it delivers.",
            target.label()
        ),
        "",
    )
}
