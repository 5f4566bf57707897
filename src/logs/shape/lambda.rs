//! What Lambda itself writes of a function's runs: that one began, ended, and what it took.

use super::super::field::get;
use super::super::ink::{Ink, Piece};
use super::super::level::Level;
use super::{Column, cell};

/// What a run took.
#[derive(Default)]
struct Report {
    event: &'static str,
    request: String,
    status: String,
    duration: String,
    billed: String,
    used: String,
    size: String,
    init: String,
}

impl Report {
    fn columns(self) -> Vec<Column> {
        let failed = matches!(self.status.as_str(), "timeout" | "error" | "failure");
        let ink = if failed {
            Ink::Level(Level::Error)
        } else {
            Ink::Level(Level::Info)
        };
        let memory = if self.used.is_empty() {
            String::new()
        } else {
            format!("{} of {} MB", self.used, self.size)
        };
        let with = |unit: &str, number: &str| {
            if number.is_empty() {
                String::new()
            } else {
                format!("{number} {unit}")
            }
        };
        vec![
            cell("event", 7, Piece::new(Ink::Key, self.event)),
            cell("status", 8, Piece::new(ink, &self.status)),
            cell(
                "duration",
                12,
                Piece::new(Ink::Number, &with("ms", &self.duration)),
            ),
            cell(
                "billed",
                10,
                Piece::new(Ink::Number, &with("ms", &self.billed)),
            ),
            cell("memory", 14, Piece::new(Ink::Number, &memory)),
            cell(
                "cold start",
                12,
                Piece::new(Ink::Number, &with("ms", &self.init)),
            ),
            cell("request", 0, Piece::new(Ink::Dim, &self.request)),
        ]
    }
}

/// A line of Lambda in its text format as columns: parts with tabs between them.
pub(super) fn columns(line: &[u8]) -> Option<Vec<Column>> {
    let event = [
        ("START", &b"START RequestId: "[..]),
        ("END", b"END RequestId: "),
        ("REPORT", b"REPORT RequestId: "),
    ]
    .into_iter()
    .find(|(_, begins)| line.starts_with(begins))?
    .0;
    let text = std::str::from_utf8(&line[..line.len().min(1_024)]).ok()?;
    let mut report = Report {
        event,
        ..Report::default()
    };
    let rest = &text[event.len()..];
    for part in rest.split('\t') {
        let Some((name, value)) = part.trim().split_once(": ") else {
            continue;
        };
        let number = || value.split(' ').next().unwrap_or_default().to_owned();
        match name {
            "RequestId" => report.request = number(),
            "Duration" => report.duration = number(),
            "Billed Duration" => report.billed = number(),
            "Memory Size" => report.size = number(),
            "Max Memory Used" => report.used = number(),
            "Init Duration" => report.init = number(),
            "Status" => report.status = number(),
            _ => {}
        }
    }
    Some(report.columns())
}

/// A line of Lambda in its JSON format as columns.
pub(super) fn json_columns(json: &[u8]) -> Option<Vec<Column>> {
    let text = |path| {
        get(json, path)
            .map(|value| value.text().into_owned())
            .unwrap_or_default()
    };
    let event = match get(json, "type")?.text().as_ref() {
        "platform.start" => "START",
        "platform.runtimeDone" => "END",
        "platform.report" => "REPORT",
        _ => return None,
    };
    let report = Report {
        event,
        request: text("record.requestId"),
        status: text("record.status"),
        duration: text("record.metrics.durationMs"),
        billed: text("record.metrics.billedDurationMs"),
        used: text("record.metrics.maxMemoryUsedMB"),
        size: text("record.metrics.memorySizeMB"),
        init: text("record.metrics.initDurationMs"),
    };
    Some(report.columns())
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::super::tests::told;

    #[test]
    fn a_report_says_what_the_run_took() {
        let (shape, text) = told(
            "REPORT RequestId: 1f-2a\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\tInit Duration: 150.1 ms\tStatus: timeout\n",
        );
        assert_eq!(shape, Shape::Lambda);
        assert_eq!(
            text,
            [
                "event=REPORT",
                "status=timeout",
                "duration=3000.00 ms",
                "billed=3000 ms",
                "memory=70 of 128 MB",
                "cold start=150.1 ms",
                "request=1f-2a"
            ]
        );
        assert_eq!(
            told("START RequestId: 1f-2a Version: $LATEST").1,
            ["event=START", "request=1f-2a"]
        );
        assert_eq!(told("REPORTS are late").0, Shape::Text);
    }

    #[test]
    fn so_does_one_in_json() {
        let line = r#"{"time":"2026-11-21T03:00:00Z","type":"platform.report","record":{"requestId":"1f","metrics":{"durationMs":10.2,"billedDurationMs":11,"memorySizeMB":128,"maxMemoryUsedMB":70},"status":"success"}}"#;
        let (shape, told) = told(line);
        assert_eq!(shape, Shape::Lambda);
        assert_eq!(
            told,
            [
                "event=REPORT",
                "status=success",
                "duration=10.2 ms",
                "billed=11 ms",
                "memory=70 of 128 MB",
                "request=1f"
            ]
        );
    }
}
