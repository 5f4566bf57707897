//! What the AWS configuration files say about a profile, as far as noctop has to know it beside the SDK:
//! its region, its account, and why it may fail.

use aws_config::profile::{self, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};

use crate::aws::classify::make;
use crate::domain::{AccountId, Fault, FaultKind, Region};

/// How long a chain of `source_profile` is followed; longer ones are loops.
const CHAIN_MAX: usize = 16;

/// All profiles of the configuration files, read afresh.
#[derive(Debug)]
pub struct Profiles(ProfileSet);

/// What one profile says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its region.
    pub region: Option<Region>,
    /// Its account, where the profile names it (by SSO or by the role).
    pub account: Option<AccountId>,
    /// Whether it assumes a role.
    pub assumes: bool,
    /// The profile in its chain that asks for a one-time password, which the SDK cannot give.
    pub mfa: Option<String>,
    /// The profile in its chain that needs an SSO login.
    pub sso: Option<String>,
}

impl Profiles {
    /// Reads the files that the environment names.
    ///
    /// # Errors
    /// When they cannot be read or understood.
    pub async fn load() -> Result<Self, Fault> {
        Self::load_from(&Fs::real(), &Env::real()).await
    }

    async fn load_from(fs: &Fs, env: &Env) -> Result<Self, Fault> {
        profile::load(fs, env, &Default::default(), None)
            .await
            .map(Self)
            .map_err(|e| {
                make(
                    FaultKind::NoCredentials,
                    None,
                    format!("The AWS configuration files cannot be read: {e}."),
                    "Mend ~/.aws/config or ~/.aws/credentials; noctop reads them again by itself.",
                )
            })
    }

    /// The profile that the environment selects.
    #[must_use]
    pub fn selected(&self) -> &str {
        self.0.selected_profile()
    }

    /// What this profile says; `None` where there is none of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Profile> {
        let first = self.0.get_profile(name)?;
        let mut found = Profile {
            region: first.get("region").and_then(|r| r.parse().ok()),
            account: first
                .get("role_arn")
                .and_then(account_of)
                .or_else(|| first.get("sso_account_id")?.parse().ok()),
            assumes: first.get("role_arn").is_some(),
            ..Profile::default()
        };
        let mut at = name.to_owned();
        for _ in 0..CHAIN_MAX {
            let Some(profile) = self.0.get_profile(&at) else {
                break;
            };
            if found.mfa.is_none() && profile.get("mfa_serial").is_some() {
                found.mfa = Some(at.clone());
            }
            if profile.get("sso_session").is_some() || profile.get("sso_start_url").is_some() {
                found.sso = Some(at.clone());
            }
            match profile.get("source_profile") {
                Some(next) if next != at => next.clone_into(&mut at),
                _ => break,
            }
        }
        Some(found)
    }

    /// What this profile says.
    ///
    /// # Errors
    /// That there is none of this name, and which one was probably meant.
    pub fn find(&self, name: &str) -> Result<Profile, Fault> {
        self.get(name)
            .ok_or_else(|| no_profile(name, &self.names()))
    }

    /// The names of all profiles, for a message that lists them.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.profiles().collect();
        names.sort_unstable();
        names
    }
}

/// That there is no such profile.
pub(super) fn no_profile(name: &str, names: &[&str]) -> Fault {
    let nearest = names
        .iter()
        .max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)))
        .filter(|n| strsim::jaro(n, name) > 0.8)
        .map_or(String::new(), |n| format!(" Did you mean {n}?"));
    make(
        FaultKind::NoCredentials,
        None,
        format!("There is no profile {name} in the AWS configuration files.{nearest}"),
        "noctop reads the files again by itself.",
    )
}

/// The account of an ARN.
#[must_use]
pub fn account_of(arn: &str) -> Option<AccountId> {
    arn.split(':').nth(4)?.parse().ok()
}

#[cfg(test)]
pub(super) async fn profiles(config: &str) -> Profiles {
    let fs = Fs::from_slice(&[("/config", config)]);
    let env = Env::from_slice(&[
        ("AWS_CONFIG_FILE", "/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/none"),
        ("HOME", "/"),
    ]);
    Profiles::load_from(&fs, &env).await.unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_profile_tells_region_account_and_what_may_fail() {
        let all = profiles(
            "[profile ops]\nregion = eu-west-1\nrole_arn = arn:aws:iam::222222222222:role/Ops\nsource_profile = base\n\
             [profile base]\nmfa_serial = arn:aws:iam::111111111111:mfa/ana\nsso_session = corp\nsource_profile = base\n\
             [sso-session corp]\nsso_start_url = https://example.com/start\nsso_region = eu-west-1\n\
             [profile loop]\nsource_profile = pool\n[profile pool]\nsource_profile = loop\n",
        )
        .await;
        assert_eq!(
            all.get("ops"),
            Some(Profile {
                region: "eu-west-1".parse().ok(),
                account: "222222222222".parse().ok(),
                assumes: true,
                mfa: Some("base".into()),
                sso: Some("base".into()),
            })
        );
        assert_eq!(all.get("loop"), Some(Profile::default()));
        assert_eq!(all.get("absent"), None);
        assert_eq!(all.names(), ["base", "loop", "ops", "pool"]);
    }

    #[tokio::test]
    async fn files_that_cannot_be_understood_are_named() {
        let fs = Fs::from_slice(&[("/config", "region = eu-west-1")]);
        let env = Env::from_slice(&[("AWS_CONFIG_FILE", "/config"), ("HOME", "/")]);
        let fault = Profiles::load_from(&fs, &env).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::NoCredentials);
        assert!(fault.advice.contains("~/.aws/config"), "{fault}");
    }
}
