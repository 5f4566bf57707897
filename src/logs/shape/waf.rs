//! The web application firewall: what was asked, by whom, and which rule decided.

use super::super::field::get;
use super::super::ink::{Ink, Piece};
use super::super::level::Level;
use super::{Column, cell};

/// A record of WAF as columns.
pub(super) fn columns(json: &[u8]) -> Option<Vec<Column>> {
    let text = |path| {
        get(json, path)
            .map(|value| value.text().into_owned())
            .filter(|text| text != "null")
    };
    text("webaclId")?;
    let action = text("action")?;
    let ink = match action.as_str() {
        "BLOCK" => Level::Warn,
        _ => Level::Info,
    };
    let request = format!(
        "{} {}",
        text("httpRequest.httpMethod").unwrap_or_default(),
        text("httpRequest.uri").unwrap_or_default(),
    );
    Some(vec![
        cell("action", 9, Piece::new(Ink::Level(ink), &action)),
        cell(
            "from",
            21,
            Piece::new(
                Ink::Plain,
                &text("httpRequest.clientIp").unwrap_or_default(),
            ),
        ),
        cell(
            "country",
            7,
            Piece::new(Ink::Dim, &text("httpRequest.country").unwrap_or_default()),
        ),
        cell("request", 40, Piece::new(Ink::Plain, request.trim())),
        cell(
            "rule",
            0,
            Piece::new(Ink::Key, &text("terminatingRuleId").unwrap_or_default()),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::super::tests::told;

    #[test]
    fn a_blocked_request_says_which_rule() {
        let line = r#"{"timestamp":1,"formatVersion":1,"webaclId":"arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/a/b","terminatingRuleId":"no-bots","action":"BLOCK","httpRequest":{"clientIp":"192.0.2.7","country":"NL","uri":"/login","httpMethod":"POST"}}"#;
        let (shape, told) = told(line);
        assert_eq!(shape, Shape::Waf);
        assert_eq!(
            told,
            [
                "action=BLOCK",
                "from=192.0.2.7",
                "country=NL",
                "request=POST /login",
                "rule=no-bots"
            ]
        );
    }
}
