//! Laws of launches: what is put together, what is not, and what refuses the whole.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::domain::Policy;
use crate::domain::problem::Written;

const WEB: &str = "333333333333";
const PAYMENTS: &str = "222222222222";

fn scope(account: &str, region: &str) -> Scope {
    Scope {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

fn roster() -> Roster {
    let account = |id: &str, name: &str| Account {
        id: id.parse().unwrap(),
        name: name.into(),
        tags: BTreeMap::new(),
        policy: Policy::Confirm,
        regions: vec!["eu-west-1".parse().unwrap()],
    };
    Roster::new([account(PAYMENTS, "payments"), account(WEB, "web")])
}

fn about(account: &str, item: &str, instance: &str) -> Meant {
    Meant {
        item: item.into(),
        name: item.into(),
        scope: scope(account, "eu-west-1"),
        facts: Facts::of_item(json!({ "id": item, "detail": { "resource": instance } })),
    }
}

fn runbook(does: &str) -> Runbook {
    let text = format!(
        "title = \"T\"\nhelp = \"H.\"\nmatch = \"kind:alarm\"\nrisk = \"careful\"\ntarget = \"{{{{ instance }}}}\"\n{does}"
    );
    super::super::read::runbook(
        "mine",
        Written {
            file: "mine.toml",
            text: &text,
        },
    )
    .unwrap()
}

fn launch(runbook: &Runbook, meant: &[Meant]) -> Result<Launch, Refusal> {
    runbook.launch("r", meant, &BTreeMap::new(), &roster())
}

fn node(n: usize) -> String {
    format!("i-{n:017x}")
}

#[test]
fn nodes_of_one_place_are_one_command_and_no_more_than_fifty() {
    let command = runbook("[command]\ndocument = \"AWS-UpdateSSMAgent\"\n");
    let mut meant: Vec<Meant> = (0..51)
        .map(|n| about(PAYMENTS, &format!("a{n}"), &node(n)))
        .collect();
    meant.push(about(WEB, "b", &node(900)));
    let launch = launch(&command, &meant).unwrap();
    let sizes: Vec<usize> = launch.parts.iter().map(|p| p.targets.len()).collect();
    assert_eq!(sizes, [50, 1, 1]);
    assert_eq!(launch.parts[2].scope.account.to_string(), WEB);
    assert_eq!(launch.scopes().len(), 2);
}

#[test]
fn two_items_about_one_machine_are_one_target() {
    let command = runbook("[command]\ndocument = \"AWS-UpdateSSMAgent\"\n");
    let launch = launch(
        &command,
        &[about(WEB, "a", &node(1)), about(WEB, "b", &node(1))],
    )
    .unwrap();
    assert_eq!(launch.targets().count(), 1);
    assert_eq!(launch.parts[0].items.len(), 2);
}

#[test]
fn a_document_that_takes_one_at_a_time_is_one_execution_of_a_place() {
    let each = runbook(
        "[automation]\ndocument = \"D\"\neach = \"Id\"\nmax_errors = \"1\"\nparameters.Id = [\"{{ instance }}\"]\nparameters.Mode = [\"soft\"]\n",
    );
    let one = launch(&each, &[about(WEB, "a", &node(1))]).unwrap();
    let Step::Automation { parameters, .. } = one.parts[0].filled() else {
        panic!("not an automation")
    };
    assert_eq!(
        parameters["Id"],
        [node(1)],
        "of one target the value stands among the parameters"
    );
    let many = launch(
        &each,
        &[
            about(WEB, "a", &node(1)),
            about(WEB, "b", &node(2)),
            about(PAYMENTS, "c", &node(3)),
        ],
    )
    .unwrap();
    assert_eq!(many.parts.len(), 2);
    assert_eq!(many.parts[0].among.len(), 2);
    let Step::Automation { parameters, .. } = many.parts[0].filled() else {
        panic!("not an automation")
    };
    assert!(!parameters.contains_key("Id") && parameters.contains_key("Mode"));
    let alone = runbook("[automation]\ndocument = \"D\"\nparameters.Id = [\"{{ instance }}\"]\n");
    let alone = launch(
        &alone,
        &[about(WEB, "a", &node(1)), about(WEB, "b", &node(2))],
    )
    .unwrap();
    assert_eq!(
        alone.parts.len(),
        2,
        "without `each` every target has an execution of its own"
    );
}

#[test]
fn across_accounts_it_is_one_execution_from_the_account_that_is_named() {
    let does = |from: &str| {
        runbook(&format!(
            "[automation]\ndocument = \"D\"\neach = \"Id\"\nparameters.Id = [\"{{{{ instance }}}}\"]\nacross = {{ from = \"{from}\", region = \"us-east-1\" }}\n"
        ))
    };
    let meant = [about(WEB, "a", &node(1)), about(PAYMENTS, "b", &node(2))];
    let whole = launch(&does("payments"), &meant).unwrap();
    assert_eq!(whole.parts.len(), 1);
    assert_eq!(whole.parts[0].scope, scope(PAYMENTS, "us-east-1"));
    assert_eq!(whole.parts[0].by_scope().len(), 2);
    let Refusal(why) = launch(&does("nowhere"), &meant).unwrap_err();
    assert_eq!(
        why,
        ["it is started from account nowhere, which is not part of this fleet"]
    );
}

#[test]
fn one_item_that_cannot_be_filled_in_refuses_the_whole_and_is_named() {
    let command = runbook("[command]\ndocument = \"AWS-UpdateSSMAgent\"\n");
    let Refusal(why) = launch(
        &command,
        &[
            about(WEB, "a", &node(1)),
            about(WEB, "queue", "arn:aws:sqs:::q"),
        ],
    )
    .unwrap_err();
    assert_eq!(why.len(), 1);
    assert!(why[0].starts_with("queue: target"), "{why:?}");
}
