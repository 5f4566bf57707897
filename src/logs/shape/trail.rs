//! CloudTrail: who did what from where, and whether it was refused.

use super::super::field::get;
use super::super::ink::{Ink, Piece};
use super::super::level::Level;
use super::{Column, cell};

/// A record of CloudTrail as columns.
pub(super) fn columns(json: &[u8]) -> Option<Vec<Column>> {
    let text = |path| {
        get(json, path)
            .map(|value| value.text().into_owned())
            .filter(|text| text != "null")
    };
    let (source, event) = (text("eventSource")?, text("eventName")?);
    text("eventVersion")?;
    let service = source.strip_suffix(".amazonaws.com").unwrap_or(&source);
    let who = text("userIdentity.userName")
        .or_else(|| {
            text("userIdentity.arn")
                .map(|arn| arn.rsplit(":").next().unwrap_or_default().to_owned())
        })
        .or_else(|| text("userIdentity.invokedBy"))
        .or_else(|| text("userIdentity.type"))
        .unwrap_or_default();
    let error = text("errorCode").unwrap_or_default();
    Some(vec![
        cell(
            "event",
            36,
            Piece::new(Ink::Key, &format!("{service} {event}")),
        ),
        cell("error", 22, Piece::new(Ink::Level(Level::Warn), &error)),
        cell("who", 32, Piece::new(Ink::Plain, &who)),
        cell(
            "from",
            21,
            Piece::new(Ink::Plain, &text("sourceIPAddress").unwrap_or_default()),
        ),
        cell(
            "region",
            14,
            Piece::new(Ink::Dim, &text("awsRegion").unwrap_or_default()),
        ),
        cell(
            "why",
            0,
            Piece::new(Ink::Dim, &text("errorMessage").unwrap_or_default()),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::super::tests::told;

    #[test]
    fn a_refused_call_says_who_and_why() {
        let line = r#"{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111111111111:assumed-role/Admin/ada"},"eventTime":"2026-11-21T03:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"TerminateInstances","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1","errorCode":"Client.UnauthorizedOperation","errorMessage":"no"}"#;
        let (shape, told) = told(line);
        assert_eq!(shape, Shape::Trail);
        assert_eq!(
            told,
            [
                "event=ec2 TerminateInstances",
                "error=Client.UnauthorizedOperation",
                "who=assumed-role/Admin/ada",
                "from=192.0.2.1",
                "region=eu-west-1",
                "why=no"
            ]
        );
    }
}
