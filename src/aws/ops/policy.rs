//! The IAM policy documents: what the roles of a fleet must be allowed, and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{MUTATIONS, Op, READS};

fn document(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn statement(sid: &str, actions: &[&str], resource: &str) -> Value {
    json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource })
}

/// Whether an operation is asked by the identity that noctop starts from, before any role is assumed.
fn of_the_start(op: &Op) -> bool {
    matches!(op.service, "STS" | "Organizations")
}

fn by_service<'a>(ops: impl Iterator<Item = &'a Op>) -> Vec<Value> {
    let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for op in ops {
        services.entry(op.service).or_default().push(op.action);
    }
    services
        .into_iter()
        .map(|(service, actions)| statement(&service.replace(' ', ""), &actions, "*"))
        .collect()
}

/// The role that reads: everything that a pane or a detail asks for.
#[must_use]
pub fn reader() -> Value {
    document(by_service(
        READS.iter().copied().filter(|op| !of_the_start(op)),
    ))
}

/// The role that acts: every mutation, and the roles that may be handed on to AWS Backup and Systems Manager.
#[must_use]
pub fn operator() -> Value {
    let mut statements = by_service(MUTATIONS.iter().map(|row| &row.op));
    let services: BTreeSet<&str> = MUTATIONS
        .iter()
        .map(|row| row.passes_role_to)
        .filter(|service| !service.is_empty())
        .collect();
    statements.push(json!({
        "Sid": "PassRole", "Effect": "Allow", "Action": ["iam:PassRole"], "Resource": "*",
        "Condition": { "StringEquals": { "iam:PassedToService": services } },
    }));
    document(statements)
}

/// The identity that noctop starts from: assumes the roles under the operator's name, and lists the organization.
#[must_use]
pub fn start() -> Value {
    let organizations: Vec<&str> = READS
        .iter()
        .filter(|op| op.service == "Organizations")
        .map(|op| op.action)
        .collect();
    document(vec![
        statement(
            "Assume",
            &["sts:AssumeRole"],
            "arn:aws:iam::*:role/NoctopRead",
        ),
        statement(
            "Act",
            &["sts:AssumeRole", "sts:SetSourceIdentity"],
            "arn:aws:iam::*:role/NoctopAct",
        ),
        statement("ListTheOrganization", &organizations, "*"),
    ])
}
