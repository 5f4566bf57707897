//! What an operator wrote about their fleet, before anything was asked of AWS: plain data.
//!
//! The configuration file, the flags and the environment fill these types; [`super`] resolves them to accounts
//! and regions. Nothing here has been checked against AWS. Text has been neutralised by whoever filled it in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::aws::access::account_of;
use crate::domain::{AccountId, Policy, Region};

/// A whole fleet as it was described. The default is zero configuration: one account, the one that the
/// AWS environment leads to, in the region that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FleetSpec {
    /// Accounts that were listed one by one.
    pub accounts: Vec<AccountSpec>,
    /// An organization whose members are found by asking AWS Organizations.
    pub organization: Option<OrganizationSpec>,
    /// The regions of every account that names none itself; empty: the region of its profile or the environment.
    pub regions: Vec<Region>,
    /// Profiles of the AWS configuration that are each one account, as `--profile a,b` gives them.
    /// Empty, without accounts and organization: the environment's own (`AWS_PROFILE`, keys, container, instance).
    pub profiles: Vec<String>,
    /// Where every call goes instead of AWS: a simulator or a test server.
    pub endpoint_url: Option<String>,
    /// A file of trusted certificates (PEM) in place of the system's; else `AWS_CA_BUNDLE`, then the system's.
    pub ca_bundle: Option<PathBuf>,
    /// Whether FIPS endpoints are used.
    pub fips: Fips,
    /// Who uses the console; becomes the session name of every assumed role, so that CloudTrail shows it.
    /// Empty: `noctop`.
    pub operator: String,
    /// Fixed keys in place of everything that the environment offers: a simulator's, never AWS's.
    pub keys: Option<StaticKeys>,
}

/// Fixed keys for a simulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticKeys {
    /// The access key's id.
    pub id: String,
    /// The secret.
    pub secret: String,
}

/// Whether FIPS endpoints are used. They exist in the regions of the United States, Canada and GovCloud;
/// everywhere else the ordinary endpoint is used, because no other one has a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fips {
    /// As `AWS_USE_FIPS_ENDPOINT` or the profile's `use_fips_endpoint` says.
    #[default]
    Environment,
    /// Wherever they exist.
    On,
    /// Nowhere.
    Off,
}

/// One account as it was described.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSpec {
    /// What operators call it; empty: its profile, or its id.
    pub name: String,
    /// Its id; where it is missing, the role's ARN or STS tells it.
    pub id: Option<AccountId>,
    /// The profile of the AWS configuration whose credentials are used, or from which the role is assumed.
    pub profile: Option<String>,
    /// The role that is assumed for reading.
    pub role_arn: Option<String>,
    /// The external id that the role asks for.
    pub external_id: Option<String>,
    /// The profile from whose credentials the role is assumed, where it is not `profile`.
    pub source_profile: Option<String>,
    /// The role that is assumed at the moment of a change, and only then.
    pub act_role_arn: Option<String>,
    /// The regions that are watched; empty: the fleet's.
    pub regions: Vec<Region>,
    /// For filters and severity rules.
    pub tags: BTreeMap<String, String>,
    /// What may be done there.
    pub policy: Policy,
}

impl AccountSpec {
    /// Its id, as far as it was written down.
    #[must_use]
    pub fn written_id(&self) -> Option<AccountId> {
        self.id
            .or_else(|| self.role_arn.as_deref().and_then(account_of))
    }
}

/// A whole organization as it was described.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationSpec {
    /// The name of the role that is assumed in every member account for reading.
    pub role_name: String,
    /// The name of the role that is assumed at the moment of a change.
    pub act_role_name: Option<String>,
    /// The external id that these roles ask for.
    pub external_id: Option<String>,
    /// Which accounts are watched; empty: all.
    pub include: Vec<Selector>,
    /// Which are left out again.
    pub exclude: Vec<Selector>,
    /// The regions that are watched in every member; empty: the fleet's.
    pub regions: Vec<Region>,
    /// The profile that may list the organization; absent: the environment's credentials.
    pub profile: Option<String>,
    /// What may be done in its members.
    pub policy: Policy,
    /// Whether the tags of every account are read, for filters and severity rules: one call per account.
    pub tags: bool,
}

/// Which accounts of an organization are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The account with this id.
    Account(AccountId),
    /// Every account whose name matches, `*` standing for any run of characters; case does not count.
    Name(String),
    /// Every account below an organizational unit, given by id (`ou-…`, `r-…`) or by name.
    Ou(String),
}
