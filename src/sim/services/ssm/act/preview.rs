//! What an automation would do, before it does it.

use std::time::Duration;

use super::super::Ssm;
use super::commands::targeted;
use super::document::{Document, find, is_version};
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::Map;

/// How long a preview takes.
const TAKES: Duration = Duration::from_secs(3);

/// Actions that change nothing.
const READING: &[&str] = &[
    "aws:approve",
    "aws:assertAwsResourceProperty",
    "aws:pause",
    "aws:sleep",
    "aws:waitForAwsResourceProperty",
];

/// `StartExecutionPreview`.
pub fn start(call: &Call<'_>) -> Answer {
    let name = call.needed("DocumentName");
    let input = call.arg("ExecutionInputs").at("Automation");
    call.estate(|all: &mut Ssm, site, now| {
        let found = find(site, name)
            .map(|(document, _)| document)
            .filter(|d| d.is_automation());
        let document: &Document = found.ok_or_else(|| {
            call.invalid(format!(
                "Document {name} is not an Automation runbook of this account"
            ))
        })?;
        if !is_version(call.text("DocumentVersion")) {
            return Err(call.invalid("The document version is not valid"));
        }
        document
            .check(
                input.at("Parameters"),
                input.at("TargetParameterName").as_str(),
            )
            .map_err(|why| call.invalid(why))?;
        let count = |wanted: &dyn Fn(&str) -> bool| {
            document.step.iter().filter(|s| wanted(&s.action)).count()
        };
        let mut steps = Map::default();
        for (kind, n) in [
            ("NonMutating", count(&|a| READING.contains(&a))),
            (
                "Undetermined",
                count(&|a| a == "aws:executeScript" || a == "aws:executeAwsApi"),
            ),
            (
                "Mutating",
                count(&|a| {
                    !READING.contains(&a) && a != "aws:executeScript" && a != "aws:executeAwsApi"
                }),
            ),
        ] {
            if n > 0 {
                steps.set(kind, n);
            }
        }
        let (mut accounts, mut regions): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for location in input.at("TargetLocations").items() {
            accounts.extend(location.at("Accounts").texts());
            regions.extend(location.at("Regions").texts());
        }
        if accounts.is_empty() {
            (accounts, regions) = (vec![&*site.account], vec![&*site.region]);
        }
        for list in [&mut accounts, &mut regions] {
            list.sort_unstable();
            list.dedup();
        }
        let targets = input.at("Targets");
        let direct: usize = targets
            .items()
            .iter()
            .filter(|t| t.at("Key").as_str() == Some("ParameterValues"))
            .map(|t| t.at("Values").items().len())
            .sum();
        let meant = match targets.items().len() {
            0 => 0,
            _ if direct > 0 => direct,
            _ => targeted(&all.nodes, targets).len(),
        };
        let previews = if meant > 0 {
            vec![fields! { "Count" => meant, "TargetType" => "AWS::EC2::Instance" }]
        } else {
            Vec::new()
        };
        let shown = fields! {
            "Automation" => fields! {
                "StepPreviews" => steps,
                "Regions" => regions,
                "TargetPreviews" => previews,
                "TotalAccounts" => accounts.len(),
            },
        };
        let id = Chance::of(site, "previews")
            .on(all.automations.previews.len() as u64)
            .at(now)
            .uuid();
        all.automations.previews.insert(id.clone(), (now, shown));
        Ok(fields! { "ExecutionPreviewId" => id })
    })
}

/// `GetExecutionPreview`.
pub fn get(call: &Call<'_>) -> Answer {
    let id = call.needed("ExecutionPreviewId");
    call.estate(|all: &mut Ssm, _, now| {
        let gone = || {
            Refusal::new(
                "ResourceNotFoundException",
                format!("The execution preview {id} does not exist"),
            )
        };
        let (at, shown) = all.automations.previews.get(id).ok_or_else(gone)?;
        let ended = at.plus(TAKES);
        let done = now >= ended;
        Ok(fields! {
            "ExecutionPreviewId" => id,
            "Status" => if done { "Success" } else { "InProgress" },
            "EndedAt" => done.then_some(ended),
            "ExecutionPreview" => done.then(|| shown.clone()),
        })
    })
}
