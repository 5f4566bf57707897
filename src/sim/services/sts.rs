//! STS: who am I, and keys for other accounts. The smallest complete service, to imitate.

use std::time::Duration;

use super::{Answer, Call, Dialect, Operation, Refusal, Service, always_on, no_truth};
use crate::fields;
use crate::sim::route::{Session, account_of_key};
use crate::sim::wire::{Protocol, Value};

/// The service.
pub const SERVICE: Service = Service {
    name: "sts",
    alias: "sts",
    protocols: &[Protocol::Query],
    target: "",
    xmlns: "https://sts.amazonaws.com/doc/2011-06-15/",
    dialect: Dialect {
        denied: ("AccessDenied", 403),
        invalid: "ValidationError",
        ..Dialect::JSON
    },
    operations: &[
        Operation::new("GetCallerIdentity", get_caller_identity),
        Operation::new("AssumeRole", assume_role).needs(&["RoleArn", "RoleSessionName"]),
        Operation::new("GetAccessKeyInfo", get_access_key_info).needs(&["AccessKeyId"]),
        Operation::new("GetSessionToken", get_session_token),
    ],
    disabled: always_on,
    truth: no_truth,
};

fn get_caller_identity(call: &Call<'_>) -> Answer {
    Ok(fields! {
        "UserId" => call.caller.user_id(),
        "Account" => call.account(),
        "Arn" => &call.caller.arn,
    })
}

fn assume_role(call: &Call<'_>) -> Answer {
    let arn = call.needed("RoleArn");
    let session = call.needed("RoleSessionName");
    let denied = || {
        let who = &call.caller.arn;
        let message =
            format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}");
        Refusal::new("AccessDenied", message).status(403)
    };
    if arn.len() < 20 {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{arn}' at 'roleArn' failed to satisfy constraint: \
             Member must have length greater than or equal to 20"
        )));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if session.len() < 2 || session.len() > 64 || !session.chars().all(legal) {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{session}' at 'roleSessionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )));
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else {
        return Err(call.invalid(format!("{arn} is invalid")));
    };
    let Some(path) = resource
        .strip_prefix("role/")
        .filter(|_| partition == call.world.partition())
    else {
        return Err(denied());
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let rule = call.world.role(account, name).ok_or_else(denied)?;
    if rule
        .external_id
        .as_deref()
        .is_some_and(|id| call.text("ExternalId") != Some(id))
    {
        return Err(denied());
    }
    // A role that assumes a role gets an hour at most.
    let most: i64 = if call.caller.session.is_some() {
        3600
    } else {
        43_200
    };
    let seconds = call.arg("DurationSeconds").as_int().unwrap_or(3600);
    if seconds < 900 || seconds > most {
        let rule = if seconds < 900 {
            "Member must have value greater than or equal to 900".to_owned()
        } else if most == 3600 {
            return Err(call.invalid(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
            ));
        } else {
            format!("Member must have value less than or equal to {most}")
        };
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: {rule}"
        )));
    }
    let granted = Session {
        account: account.into(),
        arn: format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"),
        id: format!(
            "{}:{session}",
            call.world.unique("AROA", &format!("{account}/{name}"))
        ),
        expires: call.now.plus(Duration::from_secs(seconds.unsigned_abs())),
        source_identity: source_identity(call)?,
        ..tagged(call)?
    };
    Ok(fields! {
        "Credentials" => credentials(call, &granted),
        "AssumedRoleUser" => fields! { "AssumedRoleId" => &granted.id, "Arn" => &granted.arn },
        "SourceIdentity" => granted.source_identity.as_ref(),
        "PackedPolicySize" => (!granted.tags.is_empty()).then(|| 2 * granted.tags.len()),
    })
}

fn get_access_key_info(call: &Call<'_>) -> Answer {
    let key = call.needed("AccessKeyId");
    let account = account_of_key(call.world, key)
        .ok_or_else(|| call.invalid(format!("Invalid access key ID: {key}")))?;
    Ok(fields! { "Account" => account })
}

fn get_session_token(call: &Call<'_>) -> Answer {
    if call.caller.session.is_some() {
        return Err(Refusal::new(
            "AccessDenied",
            "Cannot call GetSessionToken with session credentials",
        )
        .status(403));
    }
    let seconds = call
        .arg("DurationSeconds")
        .as_int()
        .unwrap_or(43_200)
        .clamp(900, 129_600);
    let granted = Session {
        account: call.caller.account.clone(),
        arn: call.caller.arn.clone(),
        id: call.caller.user_id(),
        expires: call.now.plus(Duration::from_secs(seconds.unsigned_abs())),
        source_identity: None,
        tags: Vec::new(),
        transitive: Vec::new(),
    };
    Ok(fields! { "Credentials" => credentials(call, &granted) })
}

/// The person behind a session. Once set it stays through every further role.
fn source_identity(call: &Call<'_>) -> Result<Option<String>, Refusal> {
    let before = call
        .caller
        .session
        .as_ref()
        .and_then(|s| s.source_identity.clone());
    let Some(given) = call.text("SourceIdentity") else {
        return Ok(before);
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(2..=64).contains(&given.len()) || !given.chars().all(legal) || given.starts_with("aws:") {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{given}' at 'sourceIdentity' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )));
    }
    if before.as_deref().is_some_and(|before| before != given) {
        let message = format!(
            "User: {} is not authorized to perform: sts:SetSourceIdentity with another source identity than the one that is set",
            call.caller.arn
        );
        return Err(Refusal::new("AccessDenied", message).status(403));
    }
    Ok(Some(given.to_owned()))
}

/// A session with the tags that are passed and those that the caller's session hands on.
fn tagged(call: &Call<'_>) -> Result<Session, Refusal> {
    let given = call.arg("Tags").items();
    if given.len() > 50 {
        return Err(call.invalid(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
        ));
    }
    let mut transitive: Vec<String> = call
        .arg("TransitiveTagKeys")
        .texts()
        .map(str::to_owned)
        .collect();
    let mut tags: Vec<(String, String)> = Vec::new();
    for tag in given {
        let (key, value) = (tag.at("Key").as_str(), tag.at("Value").as_str());
        let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
        if key.is_empty() || key.len() > 128 || value.len() > 256 {
            return Err(call.invalid(format!(
                "1 validation error detected: Value '{key}' at 'tags.1.member.key' failed to satisfy constraint: \
                 Member must have length between 1 and 128, and its value 256 at most"
            )));
        }
        if tags
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(key))
        {
            return Err(Refusal::new(
                "InvalidParameterValue",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        tags.push((key.to_owned(), value.to_owned()));
    }
    if let Some(unknown) = transitive
        .iter()
        .find(|key| !tags.iter().any(|(k, _)| k == *key))
    {
        return Err(Refusal::new(
            "InvalidParameterValue",
            format!(
                "The specified transitive tag key must be included in the requested tags: {unknown}"
            ),
        ));
    }
    if let Some(before) = &call.caller.session {
        for (key, value) in before
            .tags
            .iter()
            .filter(|(key, _)| before.transitive.contains(key))
        {
            if tags
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(key))
            {
                return Err(Refusal::new(
                    "InvalidParameterValue",
                    format!(
                        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session: {key}"
                    ),
                ));
            }
            tags.push((key.clone(), value.clone()));
            transitive.push(key.clone());
        }
    }
    Ok(Session {
        account: call.caller.account.clone(),
        arn: String::new(),
        id: String::new(),
        expires: call.now,
        source_identity: None,
        tags,
        transitive,
    })
}

fn credentials(call: &Call<'_>, session: &Session) -> Value {
    fields! {
        "AccessKeyId" => session.access_key(call.world.next_serial()),
        "SecretAccessKey" => call.world.unique("simulated/", &session.arn).repeat(2)[..40].to_owned(),
        "SessionToken" => session.token(),
        "Expiration" => session.expires,
    }
}
