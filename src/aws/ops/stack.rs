//! The CloudFormation template that makes the roles of a member account: for a StackSet over the organization.

use serde_json::{Value, json};

use super::policy;

/// The template, with the same policy documents that `noctop iam-policy` prints.
///
/// What is asked of whoever deploys it: the identity that noctop starts from, an external id, the names of the roles,
/// and whether there is one that acts. IAM has no regions, so one region of the StackSet is enough.
#[must_use]
pub fn template() -> Value {
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The roles that noctop assumes in this account: one that reads and, where it is wanted, one that acts.",
        "Parameters": {
            "Principal": {
                "Type": "String",
                "Description": "ARN of the identity that noctop starts from, in the account from which the fleet is watched.",
                "AllowedPattern": "arn:aws[a-z-]*:iam::[0-9]{12}:(root|role/.+|user/.+)",
                "ConstraintDescription": "The ARN of a role, a user, or an account's root.",
            },
            "ExternalId": {
                "Type": "String",
                "Default": "",
                "Description": "What noctop must say to assume the roles (external_id); empty for nothing.",
            },
            "ReadRoleName": {
                "Type": "String",
                "Default": "NoctopRead",
                "Description": "The name of the role that reads (organization.role_name).",
            },
            "ActRoleName": {
                "Type": "String",
                "Default": "NoctopAct",
                "Description": "The name of the role that acts (organization.act_role_name).",
            },
            "WithActRole": {
                "Type": "String",
                "Default": "no",
                "AllowedValues": ["yes", "no"],
                "Description": "Whether there is a role that acts. Without it nothing can be changed in this account.",
            },
        },
        "Conditions": {
            "HasExternalId": { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "ExternalId" }, ""] }] },
            "HasActRole": { "Fn::Equals": [{ "Ref": "WithActRole" }, "yes"] },
        },
        "Resources": {
            "ReadRole": role("ReadRoleName", "noctop-read", &["sts:AssumeRole"], policy::reader()),
            "ActRole": on(
                "HasActRole",
                // The operator's name goes with every change, so that CloudTrail tells who it was.
                role("ActRoleName", "noctop-act", &["sts:AssumeRole", "sts:SetSourceIdentity"], policy::operator()),
            ),
        },
        "Outputs": {
            "ReadRoleArn": { "Value": { "Fn::GetAtt": ["ReadRole", "Arn"] } },
            "ActRoleArn": on("HasActRole", json!({ "Value": { "Fn::GetAtt": ["ActRole", "Arn"] } })),
        },
    })
}

fn on(condition: &str, mut part: Value) -> Value {
    part["Condition"] = condition.into();
    part
}

fn role(name: &str, policy_name: &str, trusts: &[&str], policy: Value) -> Value {
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": { "Ref": name },
            "Description": "Made for noctop.",
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "AWS": { "Ref": "Principal" } },
                    "Action": trusts,
                    "Condition": { "Fn::If": [
                        "HasExternalId",
                        { "StringEquals": { "sts:ExternalId": { "Ref": "ExternalId" } } },
                        { "Ref": "AWS::NoValue" },
                    ] },
                }],
            },
            "Policies": [{ "PolicyName": policy_name, "PolicyDocument": policy }],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IAM takes 10,240 characters of inline policies for a role, blanks not counted (IAM quotas).
    const INLINE_MAX: usize = 10_240;

    #[test]
    fn the_policies_fit_into_a_role() {
        for policy in [policy::reader(), policy::operator()] {
            let size = policy.to_string().len();
            assert!(size <= INLINE_MAX, "{size}");
        }
    }
}
