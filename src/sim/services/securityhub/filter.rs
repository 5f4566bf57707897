//! `Filters` and `SortCriteria`: which findings are asked for, and in which order.

use super::asff::Row;
use crate::clock::Timestamp;
use crate::sim::services::Refusal;
use crate::sim::services::fact::{Fact, Rank};
use crate::sim::wire::Value;

/// At most so many attributes, and so many values of one, may be named.
const MOST: (usize, usize) = (10, 20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Text,
    Date,
    Number,
    Map,
    Flag,
    Keyword,
    Address,
}

use Type::{Address, Date, Flag, Keyword, Map, Number, Text};

/// Every attribute that can be filtered by: its name, its type, and where it lies in a finding.
#[rustfmt::skip]
const ATTRIBUTES: &[(&str, Type, &str)] = &[
    ("ProductArn", Text, "ProductArn"), ("AwsAccountId", Text, "AwsAccountId"), ("Id", Text, "Id"), ("GeneratorId", Text, "GeneratorId"),
    ("Region", Text, "Region"), ("Type", Text, "Types"), ("FirstObservedAt", Date, "FirstObservedAt"), ("LastObservedAt", Date, "LastObservedAt"),
    ("CreatedAt", Date, "CreatedAt"), ("UpdatedAt", Date, "UpdatedAt"), ("SeverityProduct", Number, "Severity.Product"),
    ("SeverityNormalized", Number, "Severity.Normalized"), ("SeverityLabel", Text, "Severity.Label"), ("Confidence", Number, "Confidence"),
    ("Criticality", Number, "Criticality"), ("Title", Text, "Title"), ("Description", Text, "Description"),
    ("RecommendationText", Text, "Remediation.Recommendation.Text"), ("SourceUrl", Text, "SourceUrl"), ("ProductFields", Map, "ProductFields"),
    ("ProductName", Text, "ProductName"), ("CompanyName", Text, "CompanyName"), ("UserDefinedFields", Map, "UserDefinedFields"),
    ("MalwareName", Text, "Malware.Name"), ("MalwareType", Text, "Malware.Type"), ("MalwarePath", Text, "Malware.Path"), ("MalwareState", Text, "Malware.State"),
    ("NetworkDirection", Text, "Network.Direction"), ("NetworkProtocol", Text, "Network.Protocol"), ("NetworkSourceIpV4", Address, "Network.SourceIpV4"),
    ("NetworkSourceIpV6", Address, "Network.SourceIpV6"), ("NetworkSourcePort", Number, "Network.SourcePort"), ("NetworkSourceDomain", Text, "Network.SourceDomain"),
    ("NetworkSourceMac", Text, "Network.SourceMac"), ("NetworkDestinationIpV4", Address, "Network.DestinationIpV4"),
    ("NetworkDestinationIpV6", Address, "Network.DestinationIpV6"), ("NetworkDestinationPort", Number, "Network.DestinationPort"),
    ("NetworkDestinationDomain", Text, "Network.DestinationDomain"), ("ProcessName", Text, "Process.Name"), ("ProcessPath", Text, "Process.Path"),
    ("ProcessPid", Number, "Process.Pid"), ("ProcessParentPid", Number, "Process.ParentPid"), ("ProcessLaunchedAt", Date, "Process.LaunchedAt"),
    ("ProcessTerminatedAt", Date, "Process.TerminatedAt"), ("ThreatIntelIndicatorType", Text, "ThreatIntelIndicators.Type"),
    ("ThreatIntelIndicatorValue", Text, "ThreatIntelIndicators.Value"), ("ThreatIntelIndicatorCategory", Text, "ThreatIntelIndicators.Category"),
    ("ThreatIntelIndicatorLastObservedAt", Date, "ThreatIntelIndicators.LastObservedAt"), ("ThreatIntelIndicatorSource", Text, "ThreatIntelIndicators.Source"),
    ("ThreatIntelIndicatorSourceUrl", Text, "ThreatIntelIndicators.SourceUrl"), ("ResourceType", Text, "Resources.Type"), ("ResourceId", Text, "Resources.Id"),
    ("ResourcePartition", Text, "Resources.Partition"), ("ResourceRegion", Text, "Resources.Region"), ("ResourceTags", Map, "Resources.Tags"),
    ("ResourceAwsEc2InstanceType", Text, "Resources.Details.AwsEc2Instance.Type"), ("ResourceAwsEc2InstanceImageId", Text, "Resources.Details.AwsEc2Instance.ImageId"),
    ("ResourceAwsEc2InstanceIpV4Addresses", Address, "Resources.Details.AwsEc2Instance.IpV4Addresses"),
    ("ResourceAwsEc2InstanceIpV6Addresses", Address, "Resources.Details.AwsEc2Instance.IpV6Addresses"),
    ("ResourceAwsEc2InstanceKeyName", Text, "Resources.Details.AwsEc2Instance.KeyName"),
    ("ResourceAwsEc2InstanceIamInstanceProfileArn", Text, "Resources.Details.AwsEc2Instance.IamInstanceProfileArn"),
    ("ResourceAwsEc2InstanceVpcId", Text, "Resources.Details.AwsEc2Instance.VpcId"), ("ResourceAwsEc2InstanceSubnetId", Text, "Resources.Details.AwsEc2Instance.SubnetId"),
    ("ResourceAwsEc2InstanceLaunchedAt", Date, "Resources.Details.AwsEc2Instance.LaunchedAt"), ("ResourceAwsS3BucketOwnerId", Text, "Resources.Details.AwsS3Bucket.OwnerId"),
    ("ResourceAwsS3BucketOwnerName", Text, "Resources.Details.AwsS3Bucket.OwnerName"), ("ResourceAwsIamAccessKeyUserName", Text, "Resources.Details.AwsIamAccessKey.UserName"),
    ("ResourceAwsIamAccessKeyPrincipalName", Text, "Resources.Details.AwsIamAccessKey.PrincipalName"),
    ("ResourceAwsIamAccessKeyStatus", Text, "Resources.Details.AwsIamAccessKey.Status"), ("ResourceAwsIamAccessKeyCreatedAt", Date, "Resources.Details.AwsIamAccessKey.CreatedAt"),
    ("ResourceAwsIamUserUserName", Text, "Resources.Details.AwsIamUser.UserName"), ("ResourceContainerName", Text, "Resources.Details.Container.Name"),
    ("ResourceContainerImageId", Text, "Resources.Details.Container.ImageId"), ("ResourceContainerImageName", Text, "Resources.Details.Container.ImageName"),
    ("ResourceContainerLaunchedAt", Date, "Resources.Details.Container.LaunchedAt"), ("ResourceDetailsOther", Map, "Resources.Details.Other"),
    ("ComplianceStatus", Text, "Compliance.Status"), ("VerificationState", Text, "VerificationState"), ("WorkflowState", Text, "WorkflowState"),
    ("WorkflowStatus", Text, "Workflow.Status"), ("RecordState", Text, "RecordState"), ("RelatedFindingsProductArn", Text, "RelatedFindings.ProductArn"),
    ("RelatedFindingsId", Text, "RelatedFindings.Id"), ("NoteText", Text, "Note.Text"), ("NoteUpdatedAt", Date, "Note.UpdatedAt"), ("NoteUpdatedBy", Text, "Note.UpdatedBy"),
    ("Keyword", Keyword, ""), ("FindingProviderFieldsConfidence", Number, "FindingProviderFields.Confidence"),
    ("FindingProviderFieldsCriticality", Number, "FindingProviderFields.Criticality"), ("FindingProviderFieldsRelatedFindingsId", Text, "FindingProviderFields.RelatedFindings.Id"),
    ("FindingProviderFieldsRelatedFindingsProductArn", Text, "FindingProviderFields.RelatedFindings.ProductArn"),
    ("FindingProviderFieldsSeverityLabel", Text, "FindingProviderFields.Severity.Label"), ("FindingProviderFieldsSeverityOriginal", Text, "FindingProviderFields.Severity.Original"),
    ("FindingProviderFieldsTypes", Text, "FindingProviderFields.Types"), ("Sample", Flag, "Sample"), ("ComplianceSecurityControlId", Text, "Compliance.SecurityControlId"),
    ("ComplianceAssociatedStandardsId", Text, "Compliance.AssociatedStandards.StandardsId"), ("VulnerabilitiesExploitAvailable", Text, "Vulnerabilities.ExploitAvailable"),
    ("VulnerabilitiesFixAvailable", Text, "Vulnerabilities.FixAvailable"), ("ComplianceSecurityControlParametersName", Text, "Compliance.SecurityControlParameters.Name"),
    ("ComplianceSecurityControlParametersValue", Text, "Compliance.SecurityControlParameters.Value"), ("AwsAccountName", Text, "AwsAccountName"),
    ("ResourceApplicationName", Text, "Resources.ApplicationName"), ("ResourceApplicationArn", Text, "Resources.ApplicationArn"),
];

fn invalid(why: impl Into<String>) -> Refusal {
    super::refusal("InvalidInputException", 400, why)
}

/// What one attribute must be.
#[derive(Clone, Debug)]
enum Wish {
    /// Any of these, and none of those: comparison and value.
    Texts {
        any: Vec<(How, String)>,
        none: Vec<(How, String)>,
    },
    /// Within any of these spans, in milliseconds.
    Spans(Vec<(f64, f64)>),
    /// Within any of these: least, most, equal, above, below.
    Numbers(Vec<[Option<f64>; 5]>),
    /// Key, comparison, value; any of these, and none of those.
    Pairs {
        any: Vec<(String, How, String)>,
        none: Vec<(String, How, String)>,
    },
    /// So, or not.
    Flags(Vec<bool>),
    /// One of these words anywhere.
    Words(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Equal,
    Prefix,
    Contain,
}

impl How {
    fn fits(self, text: &str, wanted: &str) -> bool {
        match self {
            Self::Equal => text == wanted,
            Self::Prefix => text.starts_with(wanted),
            Self::Contain => text.contains(wanted),
        }
    }
}

/// A comparison, and whether it excludes.
fn comparison(name: Option<&str>, field: &str) -> Result<(How, bool), Refusal> {
    Ok(match name {
        Some("EQUALS") => (How::Equal, false),
        Some("PREFIX") => (How::Prefix, false),
        Some("NOT_EQUALS") => (How::Equal, true),
        Some("PREFIX_NOT_EQUALS") => (How::Prefix, true),
        Some("CONTAINS") => (How::Contain, false),
        Some("NOT_CONTAINS") => (How::Contain, true),
        None => {
            return Err(invalid(format!(
                "Invalid parameter 'Filters.{field}': a comparison is missing"
            )));
        }
        Some(other) => {
            return Err(invalid(format!(
                "Invalid parameter 'Filters.{field}': data.{field}[0].Comparison '{other}' should be one of the allowed values"
            )));
        }
    })
}

/// Which findings are asked for: all wishes must come true.
#[derive(Clone, Debug, Default)]
pub struct Filter(Vec<(&'static str, &'static str, Wish)>);

impl Filter {
    /// Reads `Filters`.
    ///
    /// # Errors
    /// What Security Hub says of filters that it does not take.
    pub fn read(given: &Value, now: Timestamp) -> Result<Self, Refusal> {
        let members: Vec<_> = given
            .members()
            .iter()
            .filter(|(_, v)| !v.items().is_empty())
            .collect();
        if members.len() > MOST.0 {
            return Err(invalid(format!(
                "Invalid parameter 'Filters': at most {} attributes can be filtered by",
                MOST.0
            )));
        }
        let mut wishes = Vec::with_capacity(members.len());
        for (name, values) in members {
            let Some((name, kind, path)) = ATTRIBUTES.iter().find(|a| a.0 == &**name) else {
                return Err(invalid(format!(
                    "Invalid parameter 'Filters': '{name}' is not an attribute"
                )));
            };
            let values = values.items();
            if values.len() > MOST.1 {
                return Err(invalid(format!(
                    "Invalid parameter 'Filters.{name}': at most {} values are allowed",
                    MOST.1
                )));
            }
            wishes.push((*name, *path, read(name, *kind, values, now)?));
        }
        Ok(Self(wishes))
    }

    /// Whether a finding is asked for.
    #[must_use]
    pub fn meets(&self, row: Row<'_>) -> bool {
        self.0
            .iter()
            .all(|(name, path, wish)| comes_true(wish, row, name, path))
    }
}

fn read(name: &str, kind: Type, values: &[Value], now: Timestamp) -> Result<Wish, Refusal> {
    let missing = |member: &str| {
        invalid(format!(
            "Invalid parameter 'Filters.{name}': '{member}' is missing"
        ))
    };
    Ok(match kind {
        Text => {
            let (mut any, mut none) = (Vec::new(), Vec::new());
            for value in values {
                let text = value
                    .at("Value")
                    .as_str()
                    .ok_or_else(|| missing("Value"))?
                    .to_owned();
                let (how, not) = comparison(value.at("Comparison").as_str(), name)?;
                if how == How::Contain {
                    return Err(invalid(format!(
                        "Invalid parameter 'Filters.{name}': CONTAINS and NOT_CONTAINS work in automation rules only"
                    )));
                }
                if not {
                    none.push((how, text));
                } else {
                    any.push((how, text));
                }
            }
            if !none.is_empty() && any.iter().any(|(how, _)| *how == How::Equal) {
                return Err(invalid(format!(
                    "Invalid parameter 'Filters.{name}': EQUALS cannot be combined with NOT_EQUALS or PREFIX_NOT_EQUALS"
                )));
            }
            Wish::Texts { any, none }
        }
        Date => {
            let span = |value: &Value| {
                let range = value.at("DateRange");
                if !range.is_null() {
                    let days = range
                        .at("Value")
                        .as_float()
                        .ok_or_else(|| missing("DateRange.Value"))?;
                    if range.at("Unit").as_str() != Some("DAYS") {
                        return Err(invalid(format!(
                            "Invalid parameter 'Filters.{name}': the unit of a DateRange is DAYS"
                        )));
                    }
                    let end = Fact::time(now).number().unwrap_or_default();
                    return Ok((end - days * 86_400_000.0, end));
                }
                let moment = |member: &str| {
                    let text = value.at(member).as_str().ok_or_else(|| missing(member))?;
                    let at = Timestamp::parse(text);
                    at.and_then(|at| Fact::time(at).number()).ok_or_else(|| {
                        invalid(format!(
                            "Invalid parameter 'Filters.{name}': '{text}' is not a date-time"
                        ))
                    })
                };
                Ok((moment("Start")?, moment("End")?))
            };
            Wish::Spans(values.iter().map(span).collect::<Result<_, _>>()?)
        }
        Number => {
            let limits =
                |v: &Value| ["Gte", "Lte", "Eq", "Gt", "Lt"].map(|member| v.at(member).as_float());
            Wish::Numbers(values.iter().map(limits).collect())
        }
        Map => {
            let (mut any, mut none) = (Vec::new(), Vec::new());
            for value in values {
                let key = value
                    .at("Key")
                    .as_str()
                    .ok_or_else(|| missing("Key"))?
                    .to_owned();
                let text = value
                    .at("Value")
                    .as_str()
                    .ok_or_else(|| missing("Value"))?
                    .to_owned();
                let (how, not) =
                    comparison(value.at("Comparison").as_str().or(Some("EQUALS")), name)?;
                if not {
                    none.push((key, how, text));
                } else {
                    any.push((key, how, text));
                }
            }
            Wish::Pairs { any, none }
        }
        Flag => Wish::Flags(
            values
                .iter()
                .filter_map(|v| v.at("Value").as_bool())
                .collect(),
        ),
        Keyword => Wish::Words(
            values
                .iter()
                .filter_map(|v| v.at("Value").as_str())
                .map(str::to_lowercase)
                .collect(),
        ),
        Address => {
            let address = |v: &Value| {
                let cidr = v.at("Cidr").as_str().ok_or_else(|| missing("Cidr"))?;
                Ok((
                    How::Equal,
                    cidr.split('/').next().unwrap_or(cidr).to_owned(),
                ))
            };
            Wish::Texts {
                any: values.iter().map(address).collect::<Result<_, Refusal>>()?,
                none: Vec::new(),
            }
        }
    })
}

fn comes_true(wish: &Wish, row: Row<'_>, name: &str, path: &str) -> bool {
    match wish {
        Wish::Texts { any, none } => {
            let facts = row.facts(name, path);
            let fits = |(how, wanted): &(How, String)| {
                facts.iter().any(|fact| how.fits(&fact.words(), wanted))
            };
            (any.is_empty() || any.iter().any(fits)) && !none.iter().any(fits)
        }
        Wish::Spans(spans) => {
            let facts = row.facts(name, path);
            let within = |n: f64| {
                spans
                    .iter()
                    .any(|(start, end)| (*start..=*end).contains(&n))
            };
            facts.iter().filter_map(Fact::number).any(within)
        }
        Wish::Numbers(limits) => {
            let facts = row.facts(name, path);
            facts.iter().filter_map(Fact::number).any(|n| {
                limits.iter().any(|[least, most, equal, above, below]| {
                    least.is_none_or(|l| n >= l)
                        && most.is_none_or(|l| n <= l)
                        && equal.is_none_or(|l| (n - l).abs() < 1e-9)
                        && above.is_none_or(|l| n > l)
                        && below.is_none_or(|l| n < l)
                })
            })
        }
        Wish::Pairs { any, none } => {
            let whole = row.describe();
            let mut maps = vec![&whole];
            for step in path.split('.') {
                maps = maps
                    .into_iter()
                    .flat_map(|v| {
                        v.items()
                            .iter()
                            .chain(std::iter::once(v))
                            .map(|v| v.at(step))
                    })
                    .filter(|v| !v.is_null())
                    .collect();
            }
            let fits = |(key, how, wanted): &(String, How, String)| {
                maps.iter().any(|map| {
                    map.at(key)
                        .as_str()
                        .is_some_and(|text| how.fits(text, wanted))
                })
            };
            (any.is_empty() || any.iter().any(fits)) && !none.iter().any(fits)
        }
        Wish::Flags(flags) => {
            let is = row.facts(name, path).iter().any(|fact| fact.is("true"));
            flags.contains(&is)
        }
        Wish::Words(words) => {
            let whole = row.describe();
            words.iter().any(|word| mentions(&whole, word))
        }
    }
}

fn mentions(value: &Value, word: &str) -> bool {
    match value {
        Value::Text(text) => text.to_lowercase().contains(word),
        Value::List(items) => items.iter().any(|item| mentions(item, word)),
        Value::Map(map) => map.0.iter().any(|(_, item)| mentions(item, word)),
        _ => false,
    }
}

/// In which order findings are asked for.
#[derive(Clone, Debug, Default)]
pub struct Order(Vec<(&'static str, &'static str, bool)>);

impl Order {
    /// Reads `SortCriteria`.
    ///
    /// # Errors
    /// What Security Hub says of criteria that it does not take.
    pub fn read(given: &Value) -> Result<Self, Refusal> {
        let criterion = |value: &Value| {
            let field = value.at("Field").as_str().unwrap_or_default();
            let (name, _, path) = ATTRIBUTES.iter().find(|a| a.0 == field).ok_or_else(|| {
                invalid(format!(
                    "Invalid parameter 'SortCriteria': '{field}' is not a field"
                ))
            })?;
            match value.at("SortOrder").as_str() {
                None | Some("asc") => Ok((*name, *path, false)),
                Some("desc") => Ok((*name, *path, true)),
                Some(other) => Err(invalid(format!(
                    "Invalid parameter 'SortCriteria': '{other}' is not an order"
                ))),
            }
        };
        Ok(Self(
            given
                .items()
                .iter()
                .map(criterion)
                .collect::<Result<_, _>>()?,
        ))
    }

    /// Whether any order is asked for.
    #[must_use]
    pub fn is_some(&self) -> bool {
        !self.0.is_empty()
    }

    /// The place of a finding in this order.
    #[must_use]
    pub fn rank(&self, row: Row<'_>, key: String) -> Rank {
        let by = |(name, path, down): &(&'static str, &'static str, bool)| {
            // Labels go by how bad they are, not by the alphabet.
            let (name, path) = if *name == "SeverityLabel" {
                ("SeverityNormalized", "Severity.Normalized")
            } else {
                (*name, *path)
            };
            (
                row.facts(name, path).into_iter().next().map(Fact::keep),
                *down,
            )
        };
        Rank {
            by: self.0.iter().map(by).collect(),
            key,
        }
    }
}
