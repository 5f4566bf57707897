//! The fields of the filter language: one table that grammar, completion and documentation read.

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Severity.
    Sev,
    /// Account, by name or id.
    Acct,
    /// Region.
    Region,
    /// State with the operators.
    State,
    /// Kind.
    Kind,
    /// Time since it opened.
    Age,
    /// A tag of the account.
    Tag,
    /// The item's name.
    Name,
    /// The item's id or ARN.
    Id,
    /// The source that knows it.
    Source,
    /// The product that found a finding.
    Product,
    /// The resource it is about.
    Resource,
    /// The state in the service's own word.
    Status,
    /// The namespace of an alarm's metric.
    Namespace,
    /// A trait.
    Is,
    /// Who has acknowledged it.
    Owner,
    /// How long its acknowledgement, or a mute rule's present mute, still lasts.
    Ends,
}

impl Field {
    /// Every field, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Sev,
        Self::Acct,
        Self::Region,
        Self::State,
        Self::Kind,
        Self::Age,
        Self::Tag,
        Self::Name,
        Self::Id,
        Self::Source,
        Self::Product,
        Self::Resource,
        Self::Status,
        Self::Namespace,
        Self::Is,
        Self::Owner,
        Self::Ends,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sev => "sev",
            Self::Acct => "acct",
            Self::Region => "region",
            Self::State => "state",
            Self::Kind => "kind",
            Self::Age => "age",
            Self::Tag => "tag",
            Self::Name => "name",
            Self::Id => "id",
            Self::Source => "source",
            Self::Product => "product",
            Self::Resource => "resource",
            Self::Status => "status",
            Self::Namespace => "namespace",
            Self::Is => "is",
            Self::Owner => "owner",
            Self::Ends => "ends",
        }
    }

    /// The long name that is accepted as well, where there is one.
    #[must_use]
    pub const fn alias(self) -> Option<&'static str> {
        match self {
            Self::Sev => Some("severity"),
            Self::Acct => Some("account"),
            _ => None,
        }
    }

    /// What it compares, as one sentence.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Sev => "Severity: critical, high, medium, low, info or their first letters.",
            Self::Acct => "Account, by name or twelve-digit id.",
            Self::Region => "Region.",
            Self::State => "State: new or clear.",
            Self::Kind => "Kind: alarm, finding, incident, window, patch, backup or mute.",
            Self::Age => "Time since it opened; needs a comparison.",
            Self::Tag => "Tag of the account: key, or key=value.",
            Self::Name => "The item's name.",
            Self::Id => "The item's id or ARN.",
            Self::Source => "The source that knows it.",
            Self::Product => "The product that found a finding.",
            Self::Resource => "The AWS resource it is about.",
            Self::Status => "The state in the service's own word, such as ALARM or FAILED.",
            Self::Namespace => "The namespace of an alarm's metric.",
            Self::Is => "A trait, such as overdue, missed or composite.",
            Self::Owner => "Who has it: an operator's name, `mine`, or `none`.",
            Self::Ends => {
                "How long its acknowledgement, or a mute rule's present mute, still lasts; always compared."
            }
        }
    }

    /// An example.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::Sev => "sev:>=high",
            Self::Acct => "acct:prod*",
            Self::Region => "region:eu-*",
            Self::State => "state:new",
            Self::Kind => "kind:alarm,finding",
            Self::Age => "age:>1h",
            Self::Tag => "tag:env=prod",
            Self::Name => "name:api-*",
            Self::Id => "id:oi-*",
            Self::Source => "source:guardduty",
            Self::Product => "product:inspector",
            Self::Resource => "resource:i-0f3*",
            Self::Status => "status:failed",
            Self::Namespace => "namespace:aws/rds",
            Self::Is => "is:overdue",
            Self::Owner => "owner:mine,none",
            Self::Ends => "ends:<30m",
        }
    }

    /// The field with this name or alias, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| {
            field.name().eq_ignore_ascii_case(name)
                || field
                    .alias()
                    .is_some_and(|alias| alias.eq_ignore_ascii_case(name))
        })
    }
}
