//! An identity: one set of credentials, fetched once for everybody who needs it and renewed before it ends.
//!
//! An SDK client keeps its credentials to itself, and a provider that is set per call gets a cache that is thrown
//! away with the call; so the cache is here. At most one fetch per identity is under way at a time. A failure is
//! remembered for seconds only, and files are read again at every fetch: a new login is picked up by itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;

use crate::aws::classify::make;
use crate::aws::ops;
use crate::clock::Timestamp;
use crate::domain::{AccountId, Fault, FaultKind, Region};

use super::door::ActRole;
use super::profile::{Profile, Profiles, no_profile};
use super::{Access, Door, Gate};

/// Credentials without an end are looked up again this often, so that a changed file is noticed.
const ENDLESS_FOR: Duration = Duration::from_secs(300);
/// Credentials are renewed this long before they end, and up to twice as long (spread by identity).
const RENEW_AHEAD: Duration = Duration::from_secs(300);
/// Credentials that end within this are not used any more: a call must be able to finish with them.
const TOO_SHORT: Duration = Duration::from_secs(30);
/// A first failure is believed for this long; each further one twice as long.
const FAILED_FOR: Duration = Duration::from_secs(5);
/// The longest that a failure is believed: a login must be noticed within a minute.
const FAILED_MAX: Duration = Duration::from_secs(45);

/// Where credentials come from.
#[derive(Debug)]
pub enum Origin {
    /// Fixed keys: a simulator's.
    Fixed(Credentials),
    /// The environment, as every AWS tool finds it.
    Environment,
    /// A profile of the configuration files; it wins over keys in the environment.
    Profile(String),
    /// A role that is assumed with another identity.
    Role {
        /// Whose credentials assume it.
        from: Arc<Identity>,
        /// Its ARN.
        arn: String,
        /// The external id that it asks for.
        external_id: Option<String>,
        /// The name of the session: who uses the console.
        session: String,
        /// The region whose STS is asked.
        region: Region,
        /// What operators call the account it leads to.
        account: Arc<str>,
    },
    /// The role that is assumed for changes.
    Act {
        /// Whose credentials assume it.
        from: Arc<Identity>,
        /// The role.
        role: ActRole,
        /// Who acts: the name of the session and its source identity, which CloudTrail shows with every call.
        operator: String,
        /// What operators call the account it leads to.
        account: Arc<str>,
    },
}

/// A name in the letters that STS accepts for sessions and source identities, 2 to 64 of them.
#[must_use]
pub fn session_name(operator: &str) -> String {
    let mut name: String = operator
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) => c,
            _ => '-',
        })
        .take(64)
        .collect();
    if name.len() < 2 {
        name = format!("noctop-{name}").trim_end_matches('-').to_owned();
    }
    name
}

/// One set of credentials, with a number that tells it from the sets before and after it.
#[derive(Clone, Debug)]
pub struct Keys {
    credentials: Credentials,
    generation: u64,
}

impl Keys {
    /// For the SDK.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }

    /// The number of this set; unique in the process.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }
}

/// One identity.
#[derive(Debug)]
pub struct Identity {
    origin: Origin,
    known: Mutex<Known>,
    /// Held by whoever fetches.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Option<(Keys, Until)>,
    failure: Option<(Fault, Timestamp)>,
    failures: u32,
}

/// How long a set of credentials serves.
#[derive(Clone, Copy, Debug)]
struct Until {
    renew: Timestamp,
    end: Timestamp,
}

impl Identity {
    /// An identity from this origin; nothing is fetched yet.
    #[must_use]
    pub fn new(origin: Origin) -> Arc<Self> {
        Arc::new(Self {
            origin,
            known: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
        })
    }

    /// The present credentials; fetches them where there are none or they are about to end.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn keys(&self, gate: &Arc<Gate>) -> Result<Keys, Fault> {
        if let Some(keys) = self.ready(gate.clock.now()) {
            return Ok(keys);
        }
        let _flight = match self.aging(gate.clock.now()) {
            // Still good for a while: whoever comes first renews, everybody else goes on with the old ones.
            Some(keys) => match self.flight.try_lock() {
                Ok(flight) => flight,
                Err(_) => return Ok(keys),
            },
            None => self.flight.lock().await,
        };
        // Somebody else may have been here while we waited.
        let now = gate.clock.now();
        if let Some(keys) = self.ready(now) {
            return Ok(keys);
        }
        if let Some(fault) = self.failed(now) {
            return self.aging(now).ok_or(fault);
        }
        let fetched = self.fetch(gate).await;
        self.learn(fetched, gate.clock.now())
    }

    /// The number of the present set of credentials, if there is one.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        self.lock().keys.as_ref().map(|(keys, _)| keys.generation)
    }

    /// AWS refused this set: the next caller fetches another one. A newer set stays.
    pub fn distrust(&self, used: &Keys) {
        let mut known = self.lock();
        if known
            .keys
            .as_ref()
            .is_some_and(|(keys, _)| keys.generation == used.generation)
        {
            known.keys = None;
        }
    }

    /// Forgets a failure, here and in the identities below, because an operator asked for it.
    pub fn retry(&self) {
        self.lock().failure = None;
        if let Origin::Role { from, .. } | Origin::Act { from, .. } = &self.origin {
            from.retry();
        }
    }

    /// What it is called in the journal; empty for the environment's.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.origin {
            Origin::Fixed(_) => "fixed keys".to_owned(),
            Origin::Environment => String::new(),
            Origin::Profile(name) => format!("profile {name}"),
            Origin::Role { arn, .. } => arn.clone(),
            Origin::Act { role, .. } => role.arn.clone(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys, if they need no renewal yet.
    fn ready(&self, now: Timestamp) -> Option<Keys> {
        let known = self.lock();
        let (keys, until) = known.keys.as_ref()?;
        (now < until.renew).then(|| keys.clone())
    }

    /// The keys, if they still serve.
    fn aging(&self, now: Timestamp) -> Option<Keys> {
        let known = self.lock();
        let (keys, until) = known.keys.as_ref()?;
        (now < until.end).then(|| keys.clone())
    }

    fn failed(&self, now: Timestamp) -> Option<Fault> {
        let known = self.lock();
        let (fault, until) = known.failure.as_ref()?;
        (now < *until).then(|| fault.clone())
    }

    fn learn(&self, fetched: Result<Credentials, Fault>, now: Timestamp) -> Result<Keys, Fault> {
        static GENERATION: AtomicU64 = AtomicU64::new(1);
        let mut known = self.lock();
        match fetched {
            Ok(credentials) => {
                let generation = GENERATION.fetch_add(1, Ordering::Relaxed);
                let until = until(&credentials, now, generation);
                let keys = Keys {
                    credentials,
                    generation,
                };
                *known = Known {
                    keys: Some((keys.clone(), until)),
                    ..Known::default()
                };
                Ok(keys)
            }
            Err(fault) => {
                let wait = (FAILED_FOR * 2u32.saturating_pow(known.failures)).min(FAILED_MAX);
                known.failures = (known.failures + 1).min(8);
                known.failure = Some((fault.clone(), now.plus(wait)));
                match &known.keys {
                    Some((keys, until)) if now < until.end => Ok(keys.clone()),
                    _ => Err(fault),
                }
            }
        }
    }

    async fn fetch(&self, gate: &Arc<Gate>) -> Result<Credentials, Fault> {
        match &self.origin {
            Origin::Fixed(credentials) => Ok(credentials.clone()),
            Origin::Environment => {
                if let Some(name) = elsewhere(gate).await
                    && let Ok(credentials) = profile_provider(gate, &name)
                        .await
                        .provide_credentials()
                        .await
                {
                    return Ok(credentials);
                }
                let chain = DefaultCredentialsChain::builder()
                    .configure(provider_config(gate))
                    .build()
                    .await;
                match chain.provide_credentials().await {
                    Ok(credentials) => Ok(credentials),
                    Err(error) => Err(no_credentials(None, &error).await),
                }
            }
            Origin::Profile(name) => {
                let provider = profile_provider(gate, name).await;
                match provider.provide_credentials().await {
                    Ok(credentials) => Ok(credentials),
                    Err(error) => Err(no_credentials(Some(name), &error).await),
                }
            }
            Origin::Role {
                from,
                arn,
                external_id,
                session,
                region,
                account,
            } => {
                let asked = Assuming {
                    from,
                    arn,
                    external_id: external_id.as_deref(),
                    session,
                    source: None,
                    region: *region,
                    account,
                };
                assume(gate, asked).await
            }
            Origin::Act {
                from,
                role,
                operator,
                account,
            } => {
                let asked = Assuming {
                    from,
                    arn: &role.arn,
                    external_id: role.external_id.as_deref(),
                    session: operator,
                    source: Some(operator),
                    region: role.region,
                    account,
                };
                assume(gate, asked).await
            }
        }
    }
}

/// A role that is to be assumed.
struct Assuming<'a> {
    from: &'a Arc<Identity>,
    arn: &'a str,
    external_id: Option<&'a str>,
    session: &'a str,
    source: Option<&'a str>,
    region: Region,
    account: &'a Arc<str>,
}

async fn assume(gate: &Arc<Gate>, asked: Assuming<'_>) -> Result<Credentials, Fault> {
    let _turn = gate.assuming.acquire().await;
    let door = Arc::new(Door::new(
        AccountId::UNKNOWN,
        Arc::clone(asked.account),
        Arc::clone(asked.from),
    ));
    let access = Access::new(Arc::clone(gate), door, asked.region);
    // Boxed: assuming a role is itself a call, with the credentials of another identity.
    let assumed = Box::pin(access.sts(&ops::ASSUME_ROLE, |sts, with| {
        sts.assume_role()
            .role_arn(asked.arn)
            .role_session_name(asked.session)
            .set_source_identity(asked.source.map(str::to_owned))
            .set_external_id(asked.external_id.map(str::to_owned))
            .customize()
            .config_override(with)
            .send()
    }))
    .await
    .map_err(|fault| without_source_identity(fault, &asked))?;
    let keys = assumed.credentials.ok_or_else(|| {
        make(
            FaultKind::Malformed,
            None,
            format!("STS AssumeRole gave no credentials for {}.", asked.arn),
            "noctop keeps asking.",
        )
    })?;
    Ok(Credentials::new(
        keys.access_key_id,
        keys.secret_access_key,
        Some(keys.session_token),
        keys.expiration.try_into().ok(),
        "noctop",
    ))
}

/// A role that may be assumed, but not with a source identity, is refused in the words of a role that may not.
fn without_source_identity(fault: Fault, asked: &Assuming<'_>) -> Fault {
    if asked.source.is_none() || fault.kind != FaultKind::Denied {
        return fault;
    }
    Fault {
        advice: Arc::from(
            format!(
                "Let the trust policy of {} allow both sts:AssumeRole and sts:SetSourceIdentity; noctop acts under the operator's name or not at all. {}",
                asked.arn, fault.advice
            )
            .trim_end(),
        ),
        ..fault
    }
}

/// How long credentials serve. The renewal is spread, so that 200 roles that were assumed together are not all
/// renewed together.
fn until(credentials: &Credentials, now: Timestamp, generation: u64) -> Until {
    let Some(expiry) = credentials.expiry() else {
        return Until {
            renew: now.plus(ENDLESS_FOR),
            end: Timestamp::from_millis(i64::MAX),
        };
    };
    let end = expiry
        .duration_since(UNIX_EPOCH)
        .map_or(now, |since| Timestamp::ZERO.plus(since));
    if end <= now {
        // Nobody hands out credentials that have ended: our clock is wrong. The SDK signs with the time that AWS
        // tells it, so they serve; if they do not, AWS says so and they are distrusted.
        return Until {
            renew: now.plus(ENDLESS_FOR),
            end: now.plus(ENDLESS_FOR * 2),
        };
    }
    // Renewing ahead by more than half of a short life would renew all the time.
    let ahead = RENEW_AHEAD.min(end.since(now) / 3);
    let spread = ahead * u32::try_from(generation * 37 % 100).unwrap_or(0) / 100;
    Until {
        renew: end.minus(ahead + spread),
        end: end.minus(TOO_SHORT.min(end.since(now) / 6)),
    }
}

fn provider_config(gate: &Gate) -> ProviderConfig {
    let mut config = ProviderConfig::without_region().with_region(gate.config.region().cloned());
    if let Some(client) = gate.config.http_client() {
        config = config.with_http_client(client);
    }
    if let Some(sleep) = gate.config.sleep_impl() {
        config = config.with_sleep_impl(sleep);
    }
    config
}

/// The SDK's provider for a profile. Roles inside of it are assumed where all other calls go: the files themselves
/// know nothing of an endpoint that was given to noctop alone.
#[expect(
    deprecated,
    reason = "the types have moved to a crate that the SDK calls internal"
)]
async fn profile_provider(gate: &Gate, name: &str) -> ProfileFileCredentialsProvider {
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
    // The provider asks STS in the region that it is given and looks into no profile for one.
    let profiles = Profiles::load().await.ok();
    let own = profiles.and_then(|profiles| profiles.get(name)?.region);
    let mut config = provider_config(gate);
    if let Some(region) = own {
        config = config.with_region(Some(aws_types::region::Region::new(region.to_string())));
    }
    let builder = ProfileFileCredentialsProvider::builder()
        .profile_name(name)
        .configure(&config);
    let plain = |text: &str| !text.contains([']', '\n', '\r', '#', ';']);
    match gate.config.endpoint_url() {
        Some(url) if plain(name) && plain(url) => {
            let more = format!("[profile {name}]\nendpoint_url = {url}\n");
            let files = ProfileFiles::builder()
                .include_default_config_file(true)
                .include_default_credentials_file(true)
                .with_contents(ProfileFileKind::Config, more);
            builder.profile_files(files.build()).build()
        }
        _ => builder.build(),
    }
}

/// The profile that the environment selects, where it assumes a role and every call goes to an endpoint of its own.
async fn elsewhere(gate: &Gate) -> Option<String> {
    gate.config.endpoint_url()?;
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_some_and(|id| !id.is_empty()) {
        return None;
    }
    let profiles = Profiles::load().await.ok()?;
    let name = profiles.selected().to_owned();
    profiles.get(&name)?.assumes.then_some(name)
}

/// Why there are no credentials, as precisely as the configuration files allow.
async fn no_credentials(name: Option<&str>, error: &CredentialsError) -> Fault {
    let profiles = match Profiles::load().await {
        Ok(profiles) => profiles,
        Err(fault) => return fault,
    };
    let selected = name.unwrap_or_else(|| profiles.selected()).to_owned();
    let profile = profiles.get(&selected);
    explain(
        &selected,
        name.is_some(),
        profile.as_ref(),
        &profiles.names(),
        &said(error),
    )
}

fn explain(
    name: &str,
    asked_for: bool,
    profile: Option<&Profile>,
    names: &[&str],
    said: &str,
) -> Fault {
    let Some(profile) = profile else {
        return if asked_for {
            no_profile(name, names)
        } else {
            make(
                FaultKind::NoCredentials,
                None,
                "There are no AWS credentials: neither keys in the environment, nor a profile, nor a role of this machine."
                    .to_owned(),
                "Log in, set AWS_PROFILE, or try noctop --demo.",
            )
        };
    };
    if let Some(mfa) = &profile.mfa {
        return make(
            FaultKind::NoCredentials,
            None,
            format!(
                "Profile {mfa} asks for a one-time password (mfa_serial), which noctop cannot give."
            ),
            &format!(
                "Give profile {mfa} a credential_process, or take a session with `aws sts get-session-token --profile {mfa} --serial-number … --token-code …` and use its keys."
            ),
        );
    }
    if let Some(sso) = &profile.sso {
        return make(
            FaultKind::Expired,
            None,
            format!("The login of profile {sso} has expired or was never made: {said}."),
            &format!("Run `aws sso login --profile {sso}`; noctop notices by itself."),
        );
    }
    make(
        FaultKind::NoCredentials,
        None,
        format!("Profile {name} gives no credentials: {said}."),
        "Mend the profile; noctop reads it again by itself.",
    )
}

/// The innermost sentence of a chain of errors: it says what failed, the outer ones where.
fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(next) = innermost.source() {
        innermost = next;
    }
    innermost.to_string().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::profile::profiles;
    use super::*;
    use std::time::SystemTime;

    fn expiring(secs: u64) -> Credentials {
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
        Credentials::new("AKIAEXAMPLE", "secret", None, Some(end), "test")
    }

    #[test]
    fn credentials_are_renewed_ahead_and_never_used_to_their_last_second() {
        let now = Timestamp::from_secs(10_000);
        for generation in 0..100 {
            let until = until(&expiring(13_600), now, generation);
            let ahead = Timestamp::from_secs(13_600).since(until.renew);
            assert!(ahead >= RENEW_AHEAD && ahead <= RENEW_AHEAD * 2);
            assert!(until.renew < until.end);
            assert!(Timestamp::from_secs(13_600).since(until.end) >= TOO_SHORT);
        }
        // Credentials that seem to have ended before they came: the clock is wrong, not AWS.
        let skewed = until(&expiring(9_000), now, 1);
        assert!(skewed.renew > now);
        // A life of one minute is not renewed from its first second on.
        let short = until(&expiring(10_060), now, 99);
        assert!(short.renew > now.plus(Duration::from_secs(15)), "{short:?}");
    }

    #[test]
    fn a_failure_is_believed_for_seconds_and_old_keys_go_on_serving() {
        let identity = Identity::new(Origin::Environment);
        let now = Timestamp::from_secs(10_000);
        let keys = identity.learn(Ok(expiring(13_600)), now).unwrap();
        let fault = make(FaultKind::Denied, None, "no".into(), "");
        // Renewal fails while the old ones still serve.
        let later = Timestamp::from_secs(13_200);
        let served = identity.learn(Err(fault.clone()), later).unwrap();
        assert_eq!(served.generation(), keys.generation());
        // They end: now the failure shows, and for longer each time, but never for more than a minute.
        let end = Timestamp::from_secs(13_599);
        let mut longest = Duration::ZERO;
        for _ in 0..12 {
            assert!(identity.learn(Err(fault.clone()), end).is_err());
            let (_, until) = identity.lock().failure.clone().unwrap();
            longest = longest.max(until.since(end));
        }
        assert_eq!(longest, FAILED_MAX);
        assert!(identity.failed(end).is_some());
        identity.retry();
        assert!(identity.failed(end).is_none());
    }

    #[test]
    fn distrust_reaches_only_the_keys_that_were_refused() {
        let identity = Identity::new(Origin::Environment);
        let now = Timestamp::from_secs(10_000);
        let old = identity.learn(Ok(expiring(13_600)), now).unwrap();
        let new = identity.learn(Ok(expiring(13_600)), now).unwrap();
        identity.distrust(&old);
        assert_eq!(identity.generation(), Some(new.generation()));
        identity.distrust(&new);
        assert_eq!(identity.generation(), None);
    }

    #[tokio::test]
    async fn what_the_sdk_cannot_do_is_said_with_the_way_out() {
        let all = profiles(
            "[profile ops]\nrole_arn = arn:aws:iam::222222222222:role/Ops\nsource_profile = base\nmfa_serial = arn:aws:iam::111111111111:mfa/ana\n\
             [profile base]\naws_access_key_id = A\naws_secret_access_key = B\n\
             [profile corp]\nsso_start_url = https://example.com/start\nsso_account_id = 333333333333\n",
        )
        .await;
        let say =
            |name: &str| explain(name, true, all.get(name).as_ref(), &all.names(), "no token");
        let mfa = say("ops");
        assert_eq!(mfa.kind, FaultKind::NoCredentials);
        assert!(mfa.message.contains("Profile ops"), "{mfa}");
        assert!(mfa.advice.contains("credential_process") && mfa.advice.contains("aws sts"));
        let sso = say("corp");
        assert_eq!(sso.kind, FaultKind::Expired);
        assert!(sso.advice.contains("aws sso login --profile corp"), "{sso}");
        let typo = say("bse");
        assert!(typo.message.contains("Did you mean base?"), "{typo}");
        let none = explain("default", false, None, &[], "");
        assert!(none.advice.contains("--demo"), "{none}");
        assert!(say("base").message.contains("Profile base"));
    }
}
