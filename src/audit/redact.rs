//! Redaction: takes secrets out of parameters before they are written down.
//!
//! Two tests: what a parameter is called, and what its value looks like. Both would rather take out too much: the
//! journal must be safe to hand to an auditor.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Parts of names that mean a secret, in small letters and without separators.
const SECRETIVE: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "securestring",
    "authorization",
    "bearer",
    "cookie",
];

/// Names that contain such a part and are no secrets.
const HARMLESS: &[&str] = &[
    "nexttoken",
    "secretarn",
    "secretid",
    "secretname",
    "accesskeyid",
];

/// The parameters without secrets.
#[must_use]
pub fn parameters(parameters: &Map<String, Value>) -> Value {
    Value::Object(
        parameters
            .iter()
            .map(|(name, value)| (name.clone(), one(name, value)))
            .collect(),
    )
}

fn one(name: &str, value: &Value) -> Value {
    if is_secretive(name) && !value.is_null() {
        return REDACTED.into();
    }
    match value {
        Value::String(said) => text(said).into(),
        Value::Array(values) => values.iter().map(|value| one("", value)).collect(),
        Value::Object(map) => parameters(map),
        other => other.clone(),
    }
}

/// Whether a parameter of this name holds a secret.
#[must_use]
pub fn is_secretive(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    !HARMLESS.contains(&plain.as_str()) && SECRETIVE.iter().any(|part| plain.contains(part))
}

/// The text without what looks like a secret: words of commands (`--password x`, `PGPASSWORD=x`), bearer tokens,
/// access keys, private keys, passwords inside addresses.
#[must_use]
pub fn text(text: &str) -> String {
    let text = without_private_keys(text);
    let mut clean = String::with_capacity(text.len());
    let mut expected = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let space = &piece[word.len()..];
        if word.is_empty() {
            clean.push_str(piece);
            continue;
        }
        if expected {
            clean.push_str(REDACTED);
            // `Authorization: Bearer x`: the kind of secret is no secret, the next word is.
            expected = matches!(word.to_ascii_lowercase().as_str(), "bearer" | "basic");
        } else {
            let (written, more) = self::word(word);
            clean.push_str(&written);
            expected = more;
        }
        clean.push_str(space);
    }
    clean
}

/// One word without secrets, and whether the next one is a secret.
fn word(word: &str) -> (Cow<'_, str>, bool) {
    let bare = word.trim_matches(['"', '\'']);
    // `--password`, `-Password:`, `Authorization:`, `"token":`
    let flag = bare.trim_end_matches([':', '"', '\'', '=']);
    let announces = bare.starts_with('-') || bare.ends_with([':', '=']);
    if announces && is_secretive(flag) {
        return (Cow::Borrowed(word), true);
    }
    if bare.eq_ignore_ascii_case("bearer") {
        return (Cow::Borrowed(word), true);
    }
    // `PGPASSWORD=x`, `--token=x`, `"secret":"x"`, and the same inside an address: `?token=x&y=1`
    if let Some(at) = word.find(['=', ':'])
        && is_secretive(&word[..at])
        && !word[at..].starts_with("://")
    {
        return (Cow::Owned(format!("{}{REDACTED}", &word[..=at])), false);
    }
    // `postgres://user:password@host`
    if let Some((scheme, rest)) = word.split_once("://")
        && let Some((user, host)) = rest.split_once('@')
        && let Some((name, _)) = user.split_once(':')
    {
        return (
            Cow::Owned(format!("{scheme}://{name}:{REDACTED}@{host}")),
            false,
        );
    }
    if bare.split(|c: char| !is_of_key(c)).any(looks_secret) {
        return (Cow::Borrowed(REDACTED), false);
    }
    (Cow::Borrowed(word), false)
}

const fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | '+' | '_' | '-' | '.')
}

fn looks_secret(word: &str) -> bool {
    // JSON Web Tokens begin with {" in base64.
    if word.starts_with("eyJ") && word.matches('.').count() >= 2 {
        return true;
    }
    // Access key ids of people and of sessions.
    if word.len() == 20
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    {
        return true;
    }
    // A secret access key: forty characters of base64, which a path or a hash seldom is.
    let mixed = word.bytes().any(|b| b.is_ascii_uppercase())
        && word.bytes().any(|b| b.is_ascii_lowercase())
        && word.bytes().any(|b| b.is_ascii_digit());
    if word.len() == 40 && mixed && !word.contains(['.', '-', '_']) && !word.starts_with('/') {
        return true;
    }
    ["ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "glpat-"]
        .iter()
        .any(|start| word.starts_with(start) && word.len() > start.len() + 8)
}

fn without_private_keys(text: &str) -> Cow<'_, str> {
    let (Some(start), true) = (text.find("-----BEGIN "), text.contains("PRIVATE KEY-----")) else {
        return Cow::Borrowed(text);
    };
    let end = text
        .rfind("-----END ")
        .and_then(|at| Some(at + 9 + text[at + 9..].find("-----")? + 5))
        .unwrap_or(text.len());
    let end = end.max(start);
    Cow::Owned(format!("{}{REDACTED}{}", &text[..start], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn names_that_mean_secrets_lose_their_values() {
        let given = json!({
            "DbPassword": "hunter2", "api_key": ["a", "b"], "AutomationAssumeRole": "arn:aws:iam::111111111111:role/A",
            "nested": { "SecureStringValue": "x", "InstanceId": ["i-0abc"] }, "NextToken": "page-2", "gone": null,
        });
        let kept = parameters(given.as_object().unwrap());
        assert_eq!(
            kept,
            json!({
                "DbPassword": REDACTED, "api_key": REDACTED,
                "AutomationAssumeRole": "arn:aws:iam::111111111111:role/A",
                "nested": { "SecureStringValue": REDACTED, "InstanceId": ["i-0abc"] }, "NextToken": "page-2", "gone": null,
            })
        );
    }

    #[test]
    fn values_that_look_like_secrets_go_whatever_they_are_called() {
        for (given, kept) in [
            (
                "mysql --password hunter2 -e x",
                "mysql --password [redacted] -e x",
            ),
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=[redacted] psql"),
            (
                "curl -H 'Authorization: Bearer abc.def' u",
                "curl -H 'Authorization: [redacted] [redacted] u",
            ),
            (
                "postgres://app:hunter2@db/x",
                "postgres://app:[redacted]@db/x",
            ),
            ("export K=AKIAIOSFODNN7EXAMPLE", "export [redacted]"),
            (
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1",
            ),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCY3EXAMPLEKE", "[redacted]"),
            ("eyJhbGciOi.eyJzdWIiOi.SflKxw", "[redacted]"),
            ("systemctl restart nginx", "systemctl restart nginx"),
            ("{{ssm-secure:db-password}}", "{{ssm-secure:db-password}}"),
            (
                "a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nb",
                "a\n[redacted]\nb",
            ),
        ] {
            assert_eq!(text(given), kept, "{given}");
        }
    }

    proptest! {
        #[test]
        fn redacting_twice_changes_nothing_and_never_fails(given in any::<String>()) {
            let once = text(&given);
            prop_assert_eq!(text(&once), once.clone());
        }

        #[test]
        fn a_password_never_survives_its_name(
            name in "[A-Za-z_]{0,6}(PASSWORD|password|Secret|api_key)",
            value in "[A-Za-z0-9!]{8,20}",
        ) {
            for given in [format!("{name}={value}"), format!("--{name} {value}"), format!("x {name}: {value} y")] {
                prop_assert!(!text(&given).contains(&value), "{}", given);
            }
        }
    }
}
