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
    };
    Ok(fields! {
        "Credentials" => credentials(call, &granted),
        "AssumedRoleUser" => fields! { "AssumedRoleId" => &granted.id, "Arn" => &granted.arn },
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
    };
    Ok(fields! { "Credentials" => credentials(call, &granted) })
}

fn credentials(call: &Call<'_>, session: &Session) -> Value {
    fields! {
        "AccessKeyId" => session.access_key(call.world.next_serial()),
        "SecretAccessKey" => call.world.unique("simulated/", &session.arn).repeat(2)[..40].to_owned(),
        "SessionToken" => session.token(),
        "Expiration" => session.expires,
    }
}
