//! The table of everything that the configuration file may say.
//!
//! It is read four times: to check a file, to write the annotated one of `noctop config init`, to write
//! `docs/configuration.md`, and to show the effective values. A key that is not here does not exist.

use crate::domain::SourceId;

use super::form::Form;

/// A table of the file.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its dotted name; empty for the top of the file.
    pub path: &'static str,
    /// How it is written.
    pub shape: Shape,
    /// What a mistake in it means for the start.
    pub weight: Weight,
    /// What it is for.
    pub help: &'static str,
    /// What may stand in it.
    pub keys: &'static [Key],
}

/// How a section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Once: `[ui]`.
    Table,
    /// Any number of times: `[[account]]`.
    List,
    /// Once for each source: `[sources.cloudwatch]`.
    PerSource,
}

/// What a mistake means for the start of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It starts, with the default in place of what cannot be read.
    Comfort,
    /// It does not start: it would watch another fleet than the one that was written.
    Fleet,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name within its section.
    pub name: &'static str,
    /// What its value looks like.
    pub form: Form,
    /// What holds without it.
    pub default: Fallback,
    /// A value as it would be written, for the annotated file.
    pub example: &'static str,
    /// The environment variable that says the same and wins over the file.
    pub env: Option<&'static str>,
    /// The flags that say the same and win over the environment.
    pub flag: Option<&'static str>,
    /// What it does.
    pub help: &'static str,
}

/// What holds where a key is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// This value, as it would be written.
    Value(&'static str),
    /// Something that is not a fixed value, in words.
    Words(&'static str),
    /// Nothing: the key must be written.
    Required,
}

const fn key(name: &'static str, form: Form, default: Fallback, help: &'static str) -> Key {
    Key {
        name,
        form,
        default,
        example: "",
        env: None,
        flag: None,
        help,
    }
}

impl Key {
    const fn like(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    const fn env(self, name: &'static str) -> Self {
        Self {
            env: Some(name),
            ..self
        }
    }

    const fn flag(self, name: &'static str) -> Self {
        Self {
            flag: Some(name),
            ..self
        }
    }

    /// The value as it would be written: the default where there is a fixed one.
    #[must_use]
    pub const fn sample(&self) -> &'static str {
        match self.default {
            Value(value) if self.example.is_empty() => value,
            _ => self.example,
        }
    }
}

use Fallback::{Required, Value, Words};

/// The words of a policy.
pub const POLICIES: &[&str] = &["readonly", "confirm", "write"];

/// The words of a rule's severity, worst first; `source` leaves it to the service.
pub const SEVERITIES: &[&str] = &["critical", "high", "medium", "low", "info", "source"];

/// From which severity on something calls.
pub const CALLS: &[&str] = &["critical", "high", "medium", "low", "info", "off"];

/// Every section, in the order of the annotated file.
pub const SECTIONS: &[Section] = &[
    Section {
        path: "",
        shape: Shape::Table,
        weight: Weight::Fleet,
        help: "What holds for the whole fleet.",
        keys: &[
            key(
                "regions",
                Form::Regions,
                Words("the region of the profile or of `AWS_REGION`"),
                "The regions that are watched in every account that names none itself.",
            )
            .like(r#"["eu-west-1", "us-east-1"]"#)
            .flag("--region"),
            key(
                "readonly",
                Form::Switch,
                Value("true"),
                "Whether nothing may be changed, whatever the policy of an account allows. The stricter of the two wins.",
            )
            .env("NOCTOP_READONLY")
            .flag("--readonly, --write"),
            key(
                "log_level",
                Form::Word(&["error", "warn", "info", "debug", "trace"]),
                Value(r#""warn""#),
                "How much noctop writes into its own log file.",
            )
            .flag("--log-level"),
        ],
    },
    Section {
        path: "account",
        shape: Shape::List,
        weight: Weight::Fleet,
        help: "One account of the fleet, reached by a profile, a role, or a role from a profile. Without any account \
               and organization noctop watches the one account that the AWS environment leads to.",
        keys: &[
            key(
                "name",
                Form::Text,
                Words("the profile, or the id"),
                "What operators call it; shown everywhere.",
            )
            .like(r#""payments-prod""#),
            key(
                "id",
                Form::Account,
                Words("from the role, or asked of STS"),
                "Its twelve digits, in quotes.",
            )
            .like(r#""111111111111""#),
            key(
                "profile",
                Form::Text,
                Words("the credentials of the environment"),
                "The profile of the AWS configuration whose credentials are used, or from which the role is assumed.",
            )
            .like(r#""payments""#),
            key(
                "role_arn",
                Form::Role,
                Words("the credentials as they are, without a role"),
                "The role that is assumed for reading.",
            )
            .like(r#""arn:aws:iam::111111111111:role/NoctopRead""#),
            key(
                "external_id",
                Form::Secretive,
                Words("none"),
                "The external id that the role asks for.",
            )
            .like(r#""noc-7f3a""#),
            key(
                "source_profile",
                Form::Text,
                Words("`profile`"),
                "The profile from whose credentials the role is assumed, where it is not `profile`.",
            )
            .like(r#""hub""#),
            key(
                "act_role_arn",
                Form::Role,
                Words("`role_arn`"),
                "The role that is assumed at the moment of a change, and only then.",
            )
            .like(r#""arn:aws:iam::111111111111:role/NoctopAct""#),
            key(
                "regions",
                Form::Regions,
                Words("the fleet's `regions`"),
                "The regions that are watched in this account.",
            )
            .like(r#"["eu-west-1"]"#),
            key(
                "tags",
                Form::Tags,
                Words("none"),
                "Names and values for filters (`tag:env=prod`) and severity rules.",
            )
            .like(r#"{ env = "prod", team = "payments" }"#),
            key(
                "policy",
                Form::Word(POLICIES),
                Value(r#""readonly""#),
                "What may be changed there: nothing, anything after a question, or what is of low risk at once.",
            )
            .like(r#""confirm""#),
        ],
    },
    Section {
        path: "organization",
        shape: Shape::Table,
        weight: Weight::Fleet,
        help: "All member accounts of an AWS organization, listed by asking AWS Organizations.",
        keys: &[
            key(
                "role_name",
                Form::Text,
                Required,
                "The name of the role that is assumed in every member account for reading.",
            )
            .like(r#""NoctopRead""#),
            key(
                "act_role_name",
                Form::Text,
                Words("`role_name`"),
                "The name of the role that is assumed at the moment of a change, and only then.",
            )
            .like(r#""NoctopAct""#),
            key(
                "external_id",
                Form::Secretive,
                Words("none"),
                "The external id that these roles ask for.",
            )
            .like(r#""noc-7f3a""#),
            key(
                "include",
                Form::Selectors,
                Words("every account"),
                "Which accounts are watched: ids, names with `*`, or `ou:` and the name or id of a unit.",
            )
            .like(r#"["ou:Workloads", "core-*"]"#),
            key(
                "exclude",
                Form::Selectors,
                Words("none"),
                "Which of them are left out again; wins over `include`.",
            )
            .like(r#"["444444444444", "ou:Sandbox"]"#),
            key(
                "regions",
                Form::Regions,
                Words("the fleet's `regions`"),
                "The regions that are watched in every member.",
            )
            .like(r#"["eu-west-1"]"#),
            key(
                "profile",
                Form::Text,
                Words("the credentials of the environment"),
                "The profile that may list the organization and assume the roles.",
            )
            .like(r#""management""#),
            key(
                "policy",
                Form::Word(POLICIES),
                Value(r#""readonly""#),
                "What may be changed in its members.",
            ),
        ],
    },
    Section {
        path: "operator",
        shape: Shape::Table,
        weight: Weight::Comfort,
        help: "Who uses this console.",
        keys: &[
            key(
                "name",
                Form::Text,
                Words("the name of the login"),
                "Your name, as colleagues and CloudTrail see it.",
            )
            .like(r#""ana""#)
            .env("NOCTOP_OPERATOR"),
        ],
    },
    Section {
        path: "shifts",
        shape: Shape::Table,
        weight: Weight::Comfort,
        help: "The team's working shifts: what `shift` means as the end of an acknowledgement, and what a handover is \
               about. With a mistake in them there are none, and `shift` means eight hours.",
        keys: &[
            key(
                "zone",
                Form::Zone,
                Words("the time zone of this machine"),
                "The time zone on whose clock shifts begin and end.",
            )
            .like(r#""Europe/Berlin""#),
        ],
    },
    Section {
        path: "shifts.shift",
        shape: Shape::List,
        weight: Weight::Comfort,
        help: "One shift. On the days on which the clocks change it is an hour longer or shorter.",
        keys: &[
            key(
                "name",
                Form::Text,
                Required,
                "What it is called.",
            )
            .like(r#""night""#),
            key(
                "start",
                Form::Clock,
                Required,
                "When it begins.",
            )
            .like(r#""22:00""#),
            key(
                "end",
                Form::Clock,
                Words("when the next one begins"),
                "When it ends; no later than `start` means the next day.",
            )
            .like(r#""06:00""#),
            key(
                "days",
                Form::Days,
                Words("every day"),
                "On which days it begins.",
            )
            .like(r#"["mon-fri", "sun"]"#),
        ],
    },
    Section {
        path: "ui",
        shape: Shape::Table,
        weight: Weight::Comfort,
        help: "How the console looks and listens.",
        keys: &[
            key(
                "theme",
                Form::Text,
                Value(r#""default""#),
                "The theme: one that ships with noctop, or a file of the folder `themes` beside this file. `dark/light` asks the terminal and takes the first on a dark ground, the second on a light one; so does `auto`.",
            )
            .env("NOCTOP_THEME")
            .flag("--theme"),
            key(
                "keymap",
                Form::Text,
                Value(r#""default""#),
                "The keymap: one that ships with noctop, or a file of the folder `keymaps` beside this file.",
            )
            .env("NOCTOP_KEYMAP")
            .flag("--keymap"),
            key(
                "colours",
                Form::Word(&["auto", "true", "256", "16", "none"]),
                Value(r#""auto""#),
                "How many colours are painted; `auto` asks `NO_COLOR`, `COLORTERM` and `TERM`.",
            )
            .flag("--no-color"),
            key(
                "ascii",
                Form::Word(&["auto", "always", "never"]),
                Value(r#""auto""#),
                "Whether only ASCII is drawn; `auto` does so where the locale is not UTF-8.",
            )
            .flag("--ascii"),
            key(
                "low_bandwidth",
                Form::Switch,
                Value("false"),
                "Whether the screen is drawn sparingly, for slow lines.",
            )
            .flag("--low-bandwidth"),
            key(
                "mouse",
                Form::Switch,
                Value("true"),
                "Whether clicks and the wheel are for noctop; the terminal's own selection then wants shift.",
            ),
            key(
                "links",
                Form::Switch,
                Value("true"),
                "Whether the heading of the details is a link to the item's page of the AWS console (OSC 8).",
            ),
            key(
                "start",
                Form::Text,
                Words("the Queue"),
                "The command that is given at the start, as if typed after `:`.",
            )
            .like(r#""alarms sev:>=high""#)
            .flag("--command"),
        ],
    },
    Section {
        path: "sources",
        shape: Shape::PerSource,
        weight: Weight::Comfort,
        help: "One source: cloudwatch, guardduty, securityhub, opsitems, windows, patches, backup, mutes, support, health, config, trustedadvisor or incidentmanager.",
        keys: &[
            key(
                "enabled",
                Form::Switch,
                Value("true"),
                "Whether it is asked at all.",
            ),
            key(
                "every",
                Form::Span {
                    least: 10,
                    most: 86_400,
                },
                Words("the source's own interval"),
                "How often each of its feeds is asked.",
            )
            .like(r#""2m""#),
            key(
                "organization",
                Form::Central,
                Value(r#""auto""#),
                "Who is asked for all members of the organization at once, where the source can be asked so (backup, config, guardduty, \
                 health, opsitems, patches, securityhub): the delegated administrator that Organizations names, else the account that lists it (not for \
                 guardduty and securityhub), nobody, or this account. Members that it does not answer for are asked themselves.",
            ),
        ],
    },
    Section {
        path: "runbooks",
        shape: Shape::Table,
        weight: Weight::Comfort,
        help: "Runbooks beyond those that come with noctop (see runbooks.md).",
        keys: &[
            key(
                "paths",
                Form::Folders,
                Words("`runbooks` beside the configuration file, which always counts"),
                "Folders with the team's runbooks; of two with one name the later folder's counts, and one's own last.",
            )
            .like(r#"["/usr/local/share/noctop/runbooks"]"#),
            key(
                "calendars",
                Form::Names,
                Words("none"),
                "Change calendars of Systems Manager, by name or ARN, that are asked before a runbook starts. Where one \
                 is closed, the account's name has to be typed.",
            )
            .like(r#"["change-freeze"]"#),
        ],
    },
    Section {
        path: "triage",
        shape: Shape::Table,
        weight: Weight::Comfort,
        help: "How items are judged.",
        keys: &[],
    },
    Section {
        path: "triage.severity",
        shape: Shape::List,
        weight: Weight::Comfort,
        help: "A rule that gives a severity to every item that its filter matches. The first rule that matches \
               counts; the rules that come with noctop follow (see filter.md).",
        keys: &[
            key(
                "name",
                Form::Text,
                Words("its filter"),
                "What it is called in the details of a row.",
            )
            .like(r#""development""#),
            key(
                "filter",
                Form::Filter,
                Required,
                "Which items, in the filter language of `/`.",
            )
            .like(r#""kind:alarm tag:env=dev""#),
            key(
                "severity",
                Form::Word(SEVERITIES),
                Required,
                "How bad they are; `source` leaves it to the service.",
            )
            .like(r#""low""#),
        ],
    },
    Section {
        path: "logs",
        shape: Shape::Table,
        weight: Weight::Comfort,
        help: "Where logs are (see logs.md).",
        keys: &[],
    },
    Section {
        path: "logs.pattern",
        shape: Shape::List,
        weight: Weight::Comfort,
        help: "Where the logs of the items are that a filter matches: looked for before what noctop guesses by itself.",
        keys: &[
            key(
                "filter",
                Form::Filter,
                Required,
                "Which items, in the filter language of `/`.",
            )
            .like(r#""kind:alarm checkout""#),
            key(
                "groups",
                Form::Names,
                Required,
                "The names of log groups; `{{ … }}` stands for what the item tells, as in runbooks, and a `*` at the \
                 end or at both for anything. One whose item does not tell it is passed over.",
            )
            .like(r#"["/team/{{ detail.dimensions.ServiceName }}/app", "/ecs/{{ name }}*"]"#),
        ],
    },
    Section {
        path: "view",
        shape: Shape::List,
        weight: Weight::Comfort,
        help: "Views that have a name: `:view NAME` shows one.",
        keys: &[
            key("name", Form::Text, Required, "What it is called.").like(r#""payments""#),
            key("pane", Form::Text, Value(r#""queue""#), "Which pane it shows."),
            key(
                "filter",
                Form::Filter,
                Words("everything"),
                "What is listed, in the filter language of `/`.",
            )
            .like(r#""acct:payments-* sev:>=high""#),
            key(
                "sort",
                Form::Names,
                Words("the pane's own order"),
                "The columns it is sorted by, the first first; `-` before one turns its order round.",
            )
            .like(r#"["account", "-age"]"#),
            key(
                "columns",
                Form::Names,
                Words("all"),
                "The columns that are shown; `sev` always is.",
            )
            .like(r#"["sev", "age", "state", "account", "what"]"#),
            key(
                "group",
                Form::Text,
                Words("storms alone"),
                "One line for all rows that have this in common: account, region, resource, kind, source or tag:NAME.",
            )
            .like(r#""account""#),
            key(
                "key",
                Form::Text,
                Words("none"),
                "What to press for it, where nothing else is bound to that.",
            )
            .like(r#""g p""#),
            key(
                "startup",
                Form::Switch,
                Value("false"),
                "Whether the console begins with it.",
            ),
        ],
    },
    Section {
        path: "notify",
        shape: Shape::Table,
        weight: Weight::Comfort,
        help: "What calls an operator who looks elsewhere when something comes or gets worse. What is acknowledged, snoozed, \
               muted in AWS or began inside a maintenance window does not call.",
        keys: &[
            key(
                "bell",
                Form::Word(CALLS),
                Value(r#""critical""#),
                "From which severity on the terminal's bell rings.",
            ),
            key(
                "desktop",
                Form::Word(CALLS),
                Value(r#""off""#),
                "From which severity on the desktop behind the terminal is notified (OSC 9, OSC 777; also across SSH).",
            ),
            key(
                "repeat",
                Form::Span {
                    least: 30,
                    most: 12 * 3600,
                },
                Words("never"),
                "After how long it calls again for what nobody has taken.",
            )
            .like(r#""5m""#),
            key(
                "quiet",
                Form::Text,
                Words("never"),
                "Hours in which only what is critical calls, on the clock of `[shifts] zone`.",
            )
            .like(r#""22:00-06:00""#),
            key(
                "command",
                Form::Names,
                Words("none"),
                "A program of this machine and its arguments. It is started without a shell when something comes or gets \
                 worse, and reads on its standard input a JSON object with `at`, `count` and `items`, as `noctop ls` has them.",
            )
            .like(r#"["/usr/local/bin/page-me", "--team", "noc"]"#),
            key(
                "command_from",
                Form::Word(CALLS),
                Value(r#""critical""#),
                "From which severity on it is started.",
            ),
        ],
    },
    Section {
        path: "portal",
        shape: Shape::Table,
        weight: Weight::Comfort,
        help: "The AWS access portal of IAM Identity Center. With it a page of the AWS console opens in the account of its \
               item, whatever the browser is signed in to.",
        keys: &[
            key(
                "url",
                Form::Text,
                Words("pages open in the account that the browser is signed in to"),
                "The portal's start page.",
            )
            .like(r#""https://acme.awsapps.com/start""#),
            key(
                "role",
                Form::Text,
                Required,
                "The permission set with which pages are opened.",
            )
            .like(r#""ReadOnlyAccess""#),
        ],
    },
    Section {
        path: "ledger",
        shape: Shape::Table,
        weight: Weight::Fleet,
        help: "Who acknowledged, snoozed, was given or remarked what. A mistake here stops the start: acts would be \
               written where no colleague reads them.",
        keys: &[
            key(
                "path",
                Form::Path,
                Words("`ledger.db` beside noctop's other state, for you alone"),
                "The ledger's file. Several operators of one machine may share one: group-writable, never on a \
                 network home.",
            )
            .like(r#""/var/lib/noctop/ledger.db""#),
            key(
                "table",
                Form::Text,
                Words("the file"),
                "The DynamoDB table in which the consoles of the fleet share their ledger, in place of a file; \
                 `noctop ledger create` makes it.",
            )
            .like(r#""noctop-ledger""#),
            key(
                "region",
                Form::Text,
                Words("the first region of the fleet"),
                "The region of the table. One for all: the copies of a global table do not keep one owner per item.",
            )
            .like(r#""eu-west-1""#),
            key(
                "profile",
                Form::Text,
                Words("the environment's credentials"),
                "The profile whose credentials read and write the table.",
            )
            .like(r#""noc""#),
            key(
                "fleet",
                Form::Text,
                Value(r#""fleet""#),
                "Tells the consoles of one fleet from those of another that share the table.",
            )
            .like(r#""payments""#),
        ],
    },
    Section {
        path: "history",
        shape: Shape::Table,
        weight: Weight::Comfort,
        help: "What the console remembers of what happened, for handovers and reports.",
        keys: &[
            key(
                "keep",
                Form::Span {
                    least: 86_400,
                    most: 400 * 86_400,
                },
                Value(r#""90d""#),
                "For how long. The file never takes more than half a gigabyte: then the oldest goes first.",
            ),
        ],
    },
    Section {
        path: "network",
        shape: Shape::Table,
        weight: Weight::Fleet,
        help: "How AWS is reached. Proxies come from `HTTPS_PROXY` and `NO_PROXY`.",
        keys: &[
            key(
                "endpoint_url",
                Form::Url,
                Words("AWS"),
                "Where every call goes instead of AWS: a simulator or a test server.",
            )
            .like(r#""http://127.0.0.1:4566""#)
            .flag("--endpoint-url"),
            key(
                "ca_bundle",
                Form::Path,
                Words("`AWS_CA_BUNDLE`, then the system's certificates"),
                "A file of trusted certificates (PEM) in place of the system's.",
            )
            .like(r#""/etc/ssl/corporate.pem""#),
            key(
                "fips",
                Form::Word(&["environment", "on", "off"]),
                Value(r#""environment""#),
                "Whether FIPS endpoints are used where they exist.",
            ),
        ],
    },
];

/// The section of this dotted name.
#[must_use]
pub fn section(path: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|s| s.path == path)
}

/// The names of the sections directly below `path`.
pub fn children(path: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    SECTIONS.iter().filter_map(move |s| {
        let below = if path.is_empty() {
            s.path
        } else {
            s.path.strip_prefix(path)?.strip_prefix('.')?
        };
        (!below.is_empty() && !below.contains('.')).then_some(below)
    })
}

/// The sources that yield items, so that they may be configured.
pub fn sources() -> impl Iterator<Item = SourceId> {
    SourceId::ALL
        .iter()
        .copied()
        .filter(|id| *id != SourceId::Organizations)
}
