//! From an HTTP request to the operation it asks for: protocol, service, caller, region, input.

use std::sync::Arc;

use hyper::HeaderMap;
use hyper::http::request::Parts;

use super::services::{self, Operation, Refusal, Service};
use super::wire::{Map, Protocol, Value, cbor, json, query, text};
use super::world::World;
use crate::clock::Timestamp;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account the keys act in.
    pub account: Arc<str>,
    /// The user or assumed role.
    pub arn: String,
    /// The session, when the keys are temporary.
    pub session: Option<Session>,
}

impl Caller {
    /// The unique id that `GetCallerIdentity` answers.
    #[must_use]
    pub fn user_id(&self) -> String {
        match &self.session {
            Some(session) => session.id.clone(),
            None => format!(
                "AIDA{}",
                text::base32(self.account.parse().unwrap_or(0), 17)
            ),
        }
    }
}

/// What temporary keys stand for. It travels in the session token, so keys outlive a restart.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The account the keys act in.
    pub account: Arc<str>,
    /// The assumed role, or the user.
    pub arn: String,
    /// The unique id.
    pub id: String,
    /// When the keys end.
    pub expires: Timestamp,
    /// The person behind it; roles that are assumed with these keys keep it.
    pub source_identity: Option<String>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// The keys of the tags that roles assumed with these keys keep.
    pub transitive: Vec<String>,
}

impl Session {
    /// An access key that encodes the account.
    #[must_use]
    pub fn access_key(&self, serial: u64) -> String {
        let account = self.account.parse().unwrap_or(0);
        format!(
            "ASIA{}{}",
            text::base32(account, 8),
            text::base32(serial.wrapping_mul(0x9e37_79b9_7f4a_7c15), 8)
        )
    }

    /// The session token.
    #[must_use]
    pub fn token(&self) -> String {
        let mut bytes = b"simulated-session".to_vec();
        let fields = crate::fields! {
            "a" => &self.account, "r" => &self.arn, "i" => &self.id, "e" => self.expires.as_millis(),
            "s" => self.source_identity.as_ref(),
            "t" => self.tags.iter().map(|(key, value)| vec![key, value]).collect::<Value>(),
            "k" => self.transitive.iter().collect::<Value>(),
        };
        bytes.extend(cbor::encode(&fields));
        text::base64(&bytes)
    }

    fn from_token(token: &str) -> Option<Self> {
        let bytes = text::unbase64(token)?;
        let fields = cbor::decode(bytes.strip_prefix(b"simulated-session".as_slice())?).ok()?;
        Some(Self {
            account: fields.at("a").as_str()?.into(),
            arn: fields.at("r").as_str()?.to_owned(),
            id: fields.at("i").as_str()?.to_owned(),
            expires: Timestamp::from_millis(fields.at("e").as_int()?),
            source_identity: fields.at("s").as_str().map(str::to_owned),
            tags: fields.at("t").items().iter().filter_map(pair).collect(),
            transitive: fields.at("k").texts().map(str::to_owned).collect(),
        })
    }
}

fn pair(value: &Value) -> Option<(String, String)> {
    let mut texts = value.texts().map(str::to_owned);
    Some((texts.next()?, texts.next()?))
}

/// The account of an access key: temporary keys encode it, other keys may end with the twelve digits
/// of a known account, and any other key belongs to the scenario's caller.
#[must_use]
pub fn account_of_key(world: &World, key: &str) -> Option<Arc<str>> {
    if let Some(code) = key.strip_prefix("ASIA") {
        return Some(format!("{:012}", text::unbase32(code.get(..8)?)?).into());
    }
    let digits = key.len().checked_sub(12).and_then(|at| key.get(at..));
    let named = digits.and_then(|id| world.accounts().get_key_value(id));
    Some(named.map_or_else(|| world.caller().clone(), |(id, _)| id.clone()))
}

/// What a request asks for.
#[derive(Debug)]
pub struct Ask {
    /// Which service.
    pub service: &'static Service,
    /// Which operation.
    pub operation: &'static Operation,
    /// Who asks.
    pub caller: Caller,
    /// For which region.
    pub region: Arc<str>,
    /// With what input.
    pub input: Value,
}

/// What is known of a request however malformed it is: enough to word an error.
#[derive(Clone, Debug)]
pub struct Tongue {
    /// The protocol.
    pub protocol: Protocol,
    /// The version of an awsJson request.
    pub json_version: &'static str,
    /// The service, when the request names a known one.
    pub service: Option<&'static Service>,
    /// The operation's name, when the request names one.
    pub operation: Option<String>,
    /// Whether the client wants the codes of the query protocol beside the new ones.
    pub query_mode: bool,
}

impl Tongue {
    /// Listens to how a request speaks.
    #[must_use]
    pub fn of(parts: &Parts, body: &[u8]) -> Self {
        let headers = &parts.headers;
        let content_type = header(headers, "content-type");
        let path = parts.uri.path();
        let scope = Scope::of(headers);
        let by_scope = scope.as_ref().and_then(|s| services::find(&s.service));
        let mut tongue = Self {
            protocol: Protocol::Rest,
            json_version: if content_type.ends_with("1.0") {
                "1.0"
            } else {
                "1.1"
            },
            service: by_scope,
            operation: None,
            query_mode: header(headers, "x-amzn-query-mode") == "true",
        };
        let by_target = |target: &str| {
            services::ALL
                .iter()
                .copied()
                .find(|s| s.target == target)
                .or(by_scope)
        };
        if header(headers, "smithy-protocol") == "rpc-v2-cbor" {
            tongue.protocol = Protocol::Cbor;
            let mut steps = path.trim_start_matches('/').split('/');
            if let (Some("service"), Some(target), Some("operation"), Some(name)) =
                (steps.next(), steps.next(), steps.next(), steps.next())
            {
                tongue.service = by_target(target);
                tongue.operation = Some(name.to_owned());
            }
        } else if let Some((target, name)) = header(headers, "x-amz-target").rsplit_once('.') {
            tongue.protocol = Protocol::Json;
            tongue.service = by_target(target);
            tongue.operation = Some(name.to_owned());
        } else if content_type.starts_with("application/x-www-form-urlencoded")
            || by_scope.is_some_and(|s| s.protocols == [Protocol::Query])
        {
            tongue.protocol = Protocol::Query;
            let named = |bytes: &[u8]| {
                form_urlencoded::parse(bytes)
                    .find(|(k, _)| k == "Action")
                    .map(|(_, v)| v.into())
            };
            tongue.operation =
                named(body).or_else(|| named(parts.uri.query().unwrap_or_default().as_bytes()));
        }
        tongue
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
}

/// The credential scope of a signed request.
struct Scope {
    key: String,
    region: String,
    service: String,
}

impl Scope {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let fields = header(headers, "authorization").strip_prefix("AWS4-HMAC-SHA256 ")?;
        let field = |name: &str| {
            fields
                .split(',')
                .find_map(|f| f.trim().strip_prefix(name)?.strip_prefix('='))
        };
        if field("SignedHeaders").is_none_or(str::is_empty)
            || field("Signature").is_none_or(|s| s.len() != 64)
        {
            return None;
        }
        let parts: Vec<&str> = field("Credential")?.split('/').collect();
        let [key, date, region, service, "aws4_request"] = parts[..] else {
            return None;
        };
        let named = date.len() == 8 && !key.is_empty() && !region.is_empty() && !service.is_empty();
        named.then(|| Self {
            key: key.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }
}

/// Finds out what a request asks for.
pub fn read(world: &World, tongue: &Tongue, parts: &Parts, body: &[u8]) -> Result<Ask, Refusal> {
    let headers = &parts.headers;
    if !headers.contains_key("authorization") {
        let message = "Request is missing Authentication Token";
        return Err(Refusal::new("MissingAuthenticationTokenException", message).status(403));
    }
    let Some(scope) = Scope::of(headers) else {
        let message = format!(
            "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters and a valid \
             credential scope. Authorization={}",
            header(headers, "authorization")
                .split('/')
                .next()
                .unwrap_or_default()
        );
        return Err(Refusal::new("IncompleteSignatureException", message).status(403));
    };
    let Some(service) = tongue.service else {
        return Err(unknown_operation(tongue, parts));
    };
    if service.name != scope.service {
        let message = format!(
            "Credential should be scoped to correct service: '{}'.",
            service.name
        );
        return Err(Refusal::new("InvalidSignatureException", message).status(403));
    }
    let caller = caller(world, &scope.key, header(headers, "x-amz-security-token"))?;
    if world.scenario().regions_off.contains(&scope.region) {
        return Err(bad_token());
    }
    if !service.protocols.contains(&tongue.protocol) {
        return Err(unknown_operation(tongue, parts));
    }
    let unreadable = |why: String| Refusal::new("SerializationException", why);
    let (operation, input) = match tongue.protocol {
        Protocol::Rest => {
            let (operation, mut input) =
                rest(service, parts).ok_or_else(|| unknown_operation(tongue, parts))?;
            if let Value::Map(members) = json::decode(body).map_err(unreadable)? {
                members
                    .0
                    .into_iter()
                    .for_each(|(name, value)| input.set(name, value));
            }
            (operation, Value::Map(input))
        }
        protocol => {
            let name = tongue.operation.as_deref().unwrap_or_default();
            let operation = service
                .operation(name)
                .ok_or_else(|| unknown_operation(tongue, parts))?;
            let input = match protocol {
                Protocol::Cbor => cbor::decode(body).map_err(unreadable)?,
                Protocol::Query if body.is_empty() => {
                    query::decode(parts.uri.query().unwrap_or_default().as_bytes())
                }
                Protocol::Query => query::decode(body),
                _ => json::decode(body).map_err(unreadable)?,
            };
            (operation, input)
        }
    };
    Ok(Ask {
        service,
        operation,
        caller,
        region: scope.region.into(),
        input,
    })
}

fn caller(world: &World, key: &str, token: &str) -> Result<Caller, Refusal> {
    let account = account_of_key(world, key).ok_or_else(bad_token)?;
    if !key.starts_with("ASIA") {
        let arn = format!("arn:{}:iam::{account}:user/operator", world.partition());
        return Ok(Caller {
            account,
            arn,
            session: None,
        });
    }
    let session = Session::from_token(token)
        .filter(|s| s.account == account)
        .ok_or_else(bad_token)?;
    if session.expires <= world.now() {
        return Err(expired());
    }
    Ok(Caller {
        account,
        arn: session.arn.clone(),
        session: Some(session),
    })
}

/// What AWS says of keys it does not know, and of good keys in a region that is off.
#[must_use]
pub fn bad_token() -> Refusal {
    let message = "The security token included in the request is invalid.";
    Refusal::new("UnrecognizedClientException", message).status(403)
}

/// What AWS says of temporary keys that have ended.
#[must_use]
pub fn expired() -> Refusal {
    Refusal::new(
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )
    .status(403)
}

fn unknown_operation(tongue: &Tongue, parts: &Parts) -> Refusal {
    let name = tongue.operation.as_deref().unwrap_or_default();
    match tongue.protocol {
        Protocol::Query => {
            let message = format!("Could not find operation {name} for version 2011-06-15");
            Refusal::new("UnknownOperationException", message)
        }
        Protocol::Rest => {
            let message = format!(
                "Unable to determine service/operation name to be authorized: {}",
                parts.uri.path()
            );
            Refusal::new("UnknownOperationException", message).status(404)
        }
        Protocol::Cbor | Protocol::Json => Refusal::new(
            "UnknownOperationException",
            format!("The operation {name} is not known to this service"),
        )
        .status(404),
    }
}

/// The operation whose method and path fit, with its labels and query parameters.
fn rest(service: &'static Service, parts: &Parts) -> Option<(&'static Operation, Map)> {
    let path = parts.uri.path();
    let (operation, mut input) = service.operations.iter().find_map(|op| {
        let (method, pattern) = op.http?;
        if method != parts.method.as_str() {
            return None;
        }
        Some((op, labels(pattern, path)?))
    })?;
    for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        match input.get_mut(&name) {
            Some(Value::List(items)) => items.push(Value::from(&*value)),
            Some(first) => *first = Value::List(vec![std::mem::take(first), Value::from(&*value)]),
            None => input.set(name.into_owned(), &*value),
        }
    }
    Some((operation, input))
}

fn labels(pattern: &'static str, path: &str) -> Option<Map> {
    let mut found = Map::default();
    let mut steps = path.trim_matches('/').split('/');
    for part in pattern.trim_matches('/').split('/') {
        let step = steps.next()?;
        match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some(label) => match label.strip_suffix('+') {
                Some(greedy) => {
                    let rest: Vec<&str> = std::iter::once(step).chain(steps.by_ref()).collect();
                    found.set(greedy, text::unescape(&rest.join("/"), false));
                }
                None if step.is_empty() => return None,
                None => found.set(label, text::unescape(step, false)),
            },
            None if part != step => return None,
            None => {}
        }
    }
    steps.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_unescaped_and_greedy_ones_take_the_rest() {
        let found = labels("/tags/{arn+}", "/tags/arn%3Aaws/x/y").unwrap();
        assert_eq!(
            found.get("arn").and_then(Value::as_str),
            Some("arn:aws/x/y")
        );
        let found = labels("/detector/{id}/findings", "/detector/a%20b/findings/").unwrap();
        assert_eq!(found.get("id").and_then(Value::as_str), Some("a b"));
        assert!(labels("/detector/{id}", "/detector/a/findings").is_none());
        assert!(labels("/detector/{id}", "/detector/").is_none());
    }

    #[test]
    fn a_session_survives_its_token() {
        let session = Session {
            account: "111111111111".into(),
            arn: "arn:aws:sts::111111111111:assumed-role/r/s".to_owned(),
            id: "AROA:s".to_owned(),
            expires: Timestamp::from_secs(5),
            source_identity: Some("ana".to_owned()),
            tags: vec![("ticket".to_owned(), "INC-1".to_owned())],
            transitive: vec!["ticket".to_owned()],
        };
        assert_eq!(
            Session::from_token(&session.token()).as_ref(),
            Some(&session)
        );
        assert_eq!(Session::from_token("garbage"), None);
        assert_eq!(session.access_key(3).len(), 20);
    }
}
