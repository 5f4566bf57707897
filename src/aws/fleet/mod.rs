//! The fleet: which accounts and regions there are, and the door to each of them.
//!
//! What was written down ([`spec`]) is known at once. What has to be asked for is found by *surveys*: one that learns
//! which accounts the profiles lead to, one that lists an organization. A survey that fails leaves what was known
//! before; it is a feed like any other and its failure is seen, so that a fleet is never silently empty.

pub mod census;
mod organization;
pub mod spec;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::domain::partition::Partition;
use crate::domain::text::clean;
use crate::domain::{Account, AccountId, Fault, FaultKind, Feed, Region, Scope, Slice, SourceId};

use super::access::{
    Access, ActRole, Door, Gate, Identity, Origin, Patience, Profiles, session_name,
};
use super::classify::make;
use super::ops::GET_CALLER_IDENTITY;

use census::{Census, Entry};
use spec::{AccountSpec, FleetSpec};

/// The survey that learns which accounts the profiles lead to.
pub const PROFILES: Slice = Slice("profiles");
/// The survey that lists the organization.
pub const ORGANIZATION: Slice = Slice("organization");

/// How often a survey is repeated once it has succeeded. Accounts come and go by the week.
pub const SURVEY_EVERY: Duration = Duration::from_secs(4 * 3600);

/// The fleet.
pub struct Fleet {
    spec: FleetSpec,
    gate: Arc<Gate>,
    identities: Mutex<HashMap<Option<String>, Arc<Identity>>>,
    /// What each survey found, and what was written down (under no slice).
    found: Mutex<HashMap<Option<Slice>, Vec<Entry>>>,
    census: watch::Sender<Arc<Census>>,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fleet({} accounts)", self.census().roster.len())
    }
}

impl Fleet {
    /// Prepares a fleet. Accounts whose ids are written down are known when this returns; nothing was asked of AWS.
    ///
    /// # Errors
    /// When the file of trusted certificates cannot be used.
    pub async fn open(
        spec: FleetSpec,
        patience: Patience,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, Fault> {
        let gate = Gate::open(&spec, patience, clock).await?;
        let fleet = Self {
            spec,
            gate,
            identities: Mutex::default(),
            found: Mutex::default(),
            census: watch::Sender::new(Arc::default()),
        };
        let known = fleet
            .spec
            .accounts
            .iter()
            .filter_map(|account| Some((account.written_id()?, account)))
            .filter_map(|(id, account)| fleet.listed(id, account, None).ok())
            .collect();
        fleet.learn(None, known);
        Ok(Arc::new(fleet))
    }

    /// The surveys that this fleet needs, as feeds.
    #[must_use]
    pub fn surveys(&self) -> Vec<Feed> {
        let mut surveys = Vec::new();
        let zero = self.is_zero_configuration();
        let unknown = self.spec.accounts.iter().any(|a| self.is_unfinished(a));
        if zero || unknown || !self.spec.profiles.is_empty() {
            surveys.push(PROFILES);
        }
        if self.spec.organization.is_some() {
            surveys.push(ORGANIZATION);
        }
        surveys
            .into_iter()
            .map(|slice| Feed {
                source: SourceId::Organizations,
                vantage: Scope {
                    account: AccountId::UNKNOWN,
                    region: Region::GLOBAL,
                },
                slice,
            })
            .collect()
    }

    /// Makes a survey and takes over what it found, as far as it came. Returns how many calls it took.
    ///
    /// # Errors
    /// What could not be found out; accounts that were known stay.
    pub async fn survey(&self, slice: Slice) -> (u32, Result<(), Fault>) {
        if slice == ORGANIZATION {
            organization::survey(self).await
        } else {
            self.survey_profiles().await
        }
    }

    /// What the fleet is known to be at present.
    #[must_use]
    pub fn census(&self) -> Arc<Census> {
        Arc::clone(&self.census.borrow())
    }

    /// Tells whenever the census changes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<Census>> {
        self.census.subscribe()
    }

    /// How many calls are in flight at most.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.gate.calls()
    }

    /// Forgets why credentials of this account failed: an operator wants them tried again now.
    pub fn retry(&self, account: AccountId) {
        if let Some(door) = self.census().door(account) {
            door.identity().retry();
        } else {
            let identities = self.identities.lock();
            let identities = identities.unwrap_or_else(PoisonError::into_inner);
            identities.values().for_each(|identity| identity.retry());
        }
    }

    /// A way to a scope of the fleet, with a count of calls of its own.
    #[must_use]
    pub fn access(&self, scope: Scope) -> Option<Access> {
        let census = self.census();
        let door = census.door(scope.account)?;
        let region = if scope.region == Region::GLOBAL {
            // Of a service that serves all regions from one place.
            let account = census.roster.get(scope.account)?;
            Partition::of(*account.regions.first()?).home()?
        } else {
            scope.region
        };
        Some(Access::new(Arc::clone(&self.gate), door, region))
    }

    /// A way to what belongs to the console rather than to an account that it watches, such as the table of the ledger:
    /// with this profile or the environment's credentials, in this region or the first that is known. Says also who we
    /// are there, as an ARN.
    ///
    /// # Errors
    /// Nobody could say which account the credentials belong to.
    pub async fn way(
        &self,
        profile: Option<&str>,
        region: Option<Region>,
    ) -> Result<(Access, Arc<str>), Fault> {
        let caller = self.caller(profile, region).await?;
        let name = profile.map_or_else(|| caller.account.to_string(), str::to_owned);
        let door = Door::new(
            caller.account,
            Arc::from(clean(&name)),
            self.identity(profile),
        );
        let region = region.unwrap_or_else(|| caller.access.region());
        let access = Access::new(Arc::clone(&self.gate), Arc::new(door), region);
        Ok((access, Arc::from(clean(&caller.arn))))
    }

    fn is_zero_configuration(&self) -> bool {
        self.spec.accounts.is_empty()
            && self.spec.profiles.is_empty()
            && self.spec.organization.is_none()
    }

    /// Whether an account that was written down needs a survey: its id or its regions are not known.
    fn is_unfinished(&self, account: &AccountSpec) -> bool {
        account.written_id().is_none()
            || (account.regions.is_empty()
                && self.spec.regions.is_empty()
                && self.gate.region().is_none())
    }

    /// The identity of a profile, or of the environment.
    fn identity(&self, profile: Option<&str>) -> Arc<Identity> {
        let mut identities = self
            .identities
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let identity = identities
            .entry(profile.map(str::to_owned))
            .or_insert_with(|| {
                Identity::new(match (&self.spec.keys, profile) {
                    (Some(keys), _) => Origin::Fixed(Credentials::new(
                        keys.id.clone(),
                        keys.secret.clone(),
                        None,
                        None,
                        "noctop",
                    )),
                    (None, Some(profile)) => Origin::Profile(profile.to_owned()),
                    (None, None) => Origin::Environment,
                })
            });
        Arc::clone(identity)
    }

    /// The name of the sessions of assumed roles: 2 to 64 characters of those that STS accepts.
    fn session(&self) -> String {
        if self.spec.operator.is_empty() {
            "noctop".to_owned()
        } else {
            session_name(&self.spec.operator)
        }
    }

    /// An account that was written down, with the door that it describes.
    fn listed(
        &self,
        id: AccountId,
        account: &AccountSpec,
        own_region: Option<Region>,
    ) -> Result<Entry, Fault> {
        let name = [Some(account.name.as_str()), account.profile.as_deref()]
            .into_iter()
            .flatten()
            .find(|n| !n.is_empty())
            .map_or_else(|| Arc::from(id.to_string()), |n| Arc::from(clean(n)));
        let regions = self.regions(&account.regions, own_region, &name)?;
        let base = account
            .source_profile
            .as_deref()
            .or(account.profile.as_deref());
        let identity = match &account.role_arn {
            None => self.identity(account.profile.as_deref().or(base)),
            Some(arn) => Identity::new(Origin::Role {
                from: self.identity(base),
                arn: arn.clone(),
                external_id: account.external_id.clone(),
                session: self.session(),
                region: regions.first().copied().unwrap_or(Region::GLOBAL),
                account: Arc::clone(&name),
            }),
        };
        let act = account.act_role_arn.as_ref().map(|arn| ActRole {
            arn: arn.clone(),
            external_id: account.external_id.clone(),
            region: regions.first().copied().unwrap_or(Region::GLOBAL),
        });
        let door =
            Door::new(id, Arc::clone(&name), identity).acting_with(act, &self.identity(base));
        Ok(Entry {
            account: Account {
                id,
                name,
                tags: account.tags.clone(),
                policy: account.policy,
                regions,
            },
            door: Arc::new(door),
            member: false,
            lister: false,
            delegated: std::collections::BTreeSet::new(),
        })
    }

    /// The regions of an account: its own, the fleet's, its profile's, the environment's.
    fn regions(
        &self,
        own: &[Region],
        profile: Option<Region>,
        name: &str,
    ) -> Result<Vec<Region>, Fault> {
        let regions = match (own, self.spec.regions.as_slice()) {
            ([], []) => profile.or_else(|| self.gate.region()).into_iter().collect(),
            ([], fleet) => fleet.to_vec(),
            (own, _) => own.to_vec(),
        };
        if regions.is_empty() {
            return Err(make(
                FaultKind::NoCredentials,
                None,
                format!("No region is known for {name}."),
                "Give --region, set AWS_REGION, or put region into the profile.",
            ));
        }
        Ok(regions)
    }

    async fn survey_profiles(&self) -> (u32, Result<(), Fault>) {
        let profiles = if self.spec.keys.is_some() {
            None
        } else {
            match Profiles::load().await {
                Ok(profiles) => Some(profiles),
                Err(fault) => return (0, Err(fault)),
            }
        };
        let mut wanted: Vec<AccountSpec> = self
            .spec
            .accounts
            .iter()
            .filter(|a| self.is_unfinished(a))
            .cloned()
            .collect();
        wanted.extend(self.spec.profiles.iter().map(|p| AccountSpec {
            profile: Some(p.clone()),
            ..AccountSpec::default()
        }));
        if self.is_zero_configuration() {
            wanted.push(AccountSpec::default());
        }
        let mut found = Vec::new();
        let mut faults: Vec<Fault> = Vec::new();
        let mut calls = 0;
        for mut account in wanted {
            let name = account.profile.clone().or_else(|| {
                (self.spec.keys.is_none() && account.role_arn.is_none())
                    .then(|| profiles.as_ref().map(|p| p.selected().to_owned()))
                    .flatten()
            });
            // Without the profile nothing else that may be missing is worth a word.
            let asked_for = account.profile.as_deref().zip(profiles.as_ref());
            if let Some(Err(fault)) = asked_for.map(|(name, profiles)| profiles.find(name)) {
                faults.push(fault);
                continue;
            }
            let profile = name.as_deref().and_then(|n| profiles.as_ref()?.get(n));
            // In the zero configuration a profile that was chosen names its account; "default" says nothing.
            if account.profile.is_none() && account.name.is_empty() && profile.is_some() {
                account.name = name.filter(|n| n != "default").unwrap_or_default();
            }
            let own_region = profile.as_ref().and_then(|p| p.region);
            let id = match account.written_id().or(profile.and_then(|p| p.account)) {
                Some(id) => Ok(id),
                None => {
                    calls += 1;
                    self.caller(account.profile.as_deref(), own_region)
                        .await
                        .map(|caller| caller.account)
                }
            };
            match id.and_then(|id| self.listed(id, &account, own_region)) {
                Ok(entry) => found.push(entry),
                Err(fault) => faults.push(fault),
            }
        }
        // Whoever could not be reached this time stays as it was: the earlier answer is kept beside the new ones.
        if !faults.is_empty() {
            let earlier = self.lock_found().get(&Some(PROFILES)).cloned();
            let new: Vec<AccountId> = found.iter().map(|e| e.account.id).collect();
            found.extend(
                earlier
                    .into_iter()
                    .flatten()
                    .filter(|e| !new.contains(&e.account.id)),
            );
        }
        self.learn(Some(PROFILES), found);
        (calls, join(faults))
    }

    /// Who the credentials of a profile (or of the environment) belong to.
    async fn caller(&self, profile: Option<&str>, region: Option<Region>) -> Result<Caller, Fault> {
        let name = profile.map_or_else(|| "the AWS environment".into(), |p| format!("profile {p}"));
        let region = self
            .spec
            .regions
            .first()
            .copied()
            .or(region)
            .or_else(|| self.gate.region());
        if let Some(name) = profile.filter(|_| self.spec.keys.is_none()) {
            Profiles::load().await?.find(name)?;
        }
        let Some(region) = region else {
            return Err(make(
                FaultKind::NoCredentials,
                None,
                format!("No region is known for {name}."),
                "Give --region, set AWS_REGION, or put region into the profile.",
            ));
        };
        let door = Door::new(
            AccountId::UNKNOWN,
            Arc::from(clean(&name)),
            self.identity(profile),
        );
        let access = Access::new(Arc::clone(&self.gate), Arc::new(door), region);
        let out = access
            .sts(&GET_CALLER_IDENTITY, |sts, with| {
                sts.get_caller_identity()
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let account = out.account.as_deref().and_then(|id| id.parse().ok());
        let arn = out.arn.unwrap_or_default();
        match account {
            Some(account) => Ok(Caller {
                account,
                partition: arn.split(':').nth(1).unwrap_or("aws").to_owned(),
                arn,
                access,
            }),
            None => Err(make(
                FaultKind::Malformed,
                None,
                format!("STS GetCallerIdentity did not say which account {name} belongs to."),
                "noctop keeps asking; giving the account its id makes the question unnecessary.",
            )),
        }
    }

    fn lock_found(&self) -> std::sync::MutexGuard<'_, HashMap<Option<Slice>, Vec<Entry>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what a survey found. An account keeps the door it had, with its credentials, while it is
    /// entered in the same way; what was written down wins over what was found.
    fn learn(&self, survey: Option<Slice>, entries: Vec<Entry>) {
        let mut found = self.lock_found();
        found.insert(survey, entries);
        let order = [Some(ORGANIZATION), Some(PROFILES), None];
        let entries = order
            .iter()
            .filter_map(|slice| found.get(slice))
            .flatten()
            .cloned();
        let census = Arc::new(Census::new(entries));
        self.census.send_if_modified(|known| {
            let changed = !known.is_same(&census);
            if changed {
                *known = census;
            }
            changed
        });
    }
}

/// Who credentials belong to.
struct Caller {
    account: AccountId,
    arn: String,
    partition: String,
    access: Access,
}

/// Several faults as one that names them all; of the kind of the first.
fn join(faults: Vec<Fault>) -> Result<(), Fault> {
    let mut faults = faults.into_iter();
    let Some(first) = faults.next() else {
        return Ok(());
    };
    let rest: Vec<Fault> = faults.collect();
    if rest.is_empty() {
        return Err(first);
    }
    let mut message = first.message.to_string();
    let mut advice = vec![first.advice.clone()];
    for fault in rest {
        message.push(' ');
        message.push_str(&fault.message);
        if !advice.contains(&fault.advice) {
            advice.push(fault.advice);
        }
    }
    let advice: Vec<&str> = advice.iter().map(AsRef::as_ref).collect();
    Err(make(
        first.kind,
        first.code.as_deref(),
        message,
        &advice.join(" "),
    ))
}
