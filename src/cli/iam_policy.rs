//! `noctop iam-policy`: the least that a role must be allowed, written from the tables that the guard enforces.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;

use crate::aws::ops::{policy, stack};

/// Prints the IAM policy document of the role that reads; with --operator that of the role that acts, with --stack-set
/// a template that makes both in every account.
#[derive(Debug, Args)]
pub struct IamPolicy {
    /// The role that acts (`act_role_arn`). Where one role does both, attach both documents to it.
    #[arg(long, conflicts_with = "start")]
    operator: bool,
    /// The identity that noctop starts from: it assumes the other two and lists the organization.
    #[arg(long)]
    start: bool,
    /// The CloudFormation template that makes both roles in every member account, for a StackSet.
    #[arg(long, conflicts_with_all = ["operator", "start"])]
    stack_set: bool,
}

impl IamPolicy {
    /// Prints the document. Exit code 0.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        let document = match self {
            Self {
                stack_set: true, ..
            } => stack::template(),
            Self { operator: true, .. } => policy::operator(),
            Self { start: true, .. } => policy::start(),
            _ => policy::reader(),
        };
        let _ = io::stdout().write_all(format!("{document:#}\n").as_bytes());
        ExitCode::SUCCESS
    }
}
