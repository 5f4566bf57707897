//! One instance's or patch group's compliance: from Systems Manager's counts to an item.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_ssm::operation::describe_patch_group_state::DescribePatchGroupStateOutput;
use aws_sdk_ssm::types::{InstanceInformation, InstancePatchState};

use crate::aws::moment::moment;
use crate::clock::Timestamp;
use crate::domain::patch::{PatchDetail, PatchSubject};
use crate::domain::text::clean_arc;
use crate::domain::{Detail, Item, ItemKey, ItemState, Kind, Record, Scope, Severity};
use crate::sources::intern;

/// What stands before a group's name in its item's id, so that no group can be taken for an instance.
pub const GROUP: &str = "group/";

/// What Systems Manager knows of a managed instance, as far as noctop shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `i-…` or `mi-…`.
    pub id: Arc<str>,
    /// Its host name or the name it was given. Neutralised.
    pub computer: Option<Arc<str>>,
    /// Platform and version. Neutralised.
    pub platform: Option<Arc<str>>,
    /// `Online`, `ConnectionLost`, `Inactive`.
    pub ping: Option<Arc<str>>,
}

/// A managed instance; `None` for one without an id, which AWS does not send.
pub fn node(instance: &InstanceInformation) -> Option<Node> {
    let filled = |text: Option<&str>| text.filter(|t| !t.is_empty()).map(str::to_owned);
    let platform = filled(instance.platform_name()).map(|name| {
        filled(instance.platform_version())
            .map_or_else(|| name.clone(), |version| format!("{name} {version}"))
    });
    Some(Node {
        id: clean_arc(instance.instance_id()?),
        computer: filled(instance.name())
            .or_else(|| filled(instance.computer_name()))
            .map(|name| clean_arc(&name)),
        platform: platform.map(|text| intern(&text)),
        ping: instance.ping_status().map(|ping| intern(ping.as_str())),
    })
}

/// The counts that decide; of patches for an instance, of instances for a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    installed: i32,
    pending_reboot: i32,
    missing: i32,
    failed: i32,
    critical: i32,
    security: i32,
    /// Not compliant, and neither critical nor security.
    other: i32,
}

impl Counts {
    fn severity(&self) -> Severity {
        if self.critical > 0 || self.failed > 0 {
            Severity::High
        } else if self.security > 0 {
            Severity::Medium
        } else if self.missing > 0 || self.pending_reboot > 0 || self.other > 0 {
            Severity::Low
        } else {
            Severity::Info
        }
    }

    /// The worst facts first; empty where there is nothing to say. `whose` follows each count.
    fn sentence(&self, whose: &str) -> String {
        let mut parts = Vec::new();
        let mut part = |count: i32, what: &str| {
            if count > 0 {
                parts.push(format!("{count}{whose} {what}"));
            }
        };
        part(self.failed, "failed");
        part(self.critical, "critical not installed");
        part(self.security, "security not installed");
        part(self.missing, "missing");
        part(self.pending_reboot, "waiting for a reboot");
        part(self.other, "not compliant otherwise");
        parts.join(", ")
    }
}

/// The counts of an instance.
fn counts_of(p: &InstancePatchState) -> Counts {
    Counts {
        installed: p.installed_count(),
        pending_reboot: p.installed_pending_reboot_count().unwrap_or(0),
        missing: p.missing_count(),
        failed: p.failed_count(),
        critical: p.critical_non_compliant_count().unwrap_or(0),
        security: p.security_non_compliant_count().unwrap_or(0),
        other: p.other_non_compliant_count().unwrap_or(0),
    }
}

/// The counts of a group.
fn counts_of_group(g: &DescribePatchGroupStateOutput) -> Counts {
    let known = |count: Option<i32>| count.unwrap_or(0);
    Counts {
        installed: g.instances_with_installed_patches(),
        pending_reboot: known(g.instances_with_installed_pending_reboot_patches()),
        missing: g.instances_with_missing_patches(),
        failed: g.instances_with_failed_patches(),
        critical: known(g.instances_with_critical_non_compliant_patches()),
        security: known(g.instances_with_security_non_compliant_patches()),
        other: known(g.instances_with_other_non_compliant_patches()),
    }
}

/// Low and info are facts; from medium on somebody should do something.
fn state(severity: Severity) -> ItemState {
    if severity >= Severity::Medium {
        ItemState::Open
    } else {
        ItemState::Calm
    }
}

/// AWS's words for it, as patch compliance is reported.
fn word(severity: Severity) -> Arc<str> {
    intern(if severity == Severity::Info {
        "COMPLIANT"
    } else {
        "NON_COMPLIANT"
    })
}

/// An instance as a record; `state` is what Patch Manager knows of it, nothing if it was never scanned.
pub fn instance(scope: Scope, node: &Node, patches: Option<&InstancePatchState>) -> Record {
    let counts = patches.map(counts_of);
    let operated = patches
        .and_then(|p| moment(Some(p.operation_end_time())))
        .unwrap_or_default();
    let severity = counts.map_or(Severity::Info, |c| c.severity());
    let title = match counts {
        None => "never scanned for patches".to_owned(),
        Some(counts) if severity == Severity::Info => {
            format!("compliant, {} patches installed", counts.installed)
        }
        Some(counts) => counts.sentence(""),
    };
    let counts = counts.unwrap_or_default();
    let detail = PatchDetail {
        subject: PatchSubject::Instance(Arc::clone(&node.id)),
        group: patches
            .map(InstancePatchState::patch_group)
            .filter(|group| !group.is_empty())
            .map(intern),
        operation: patches.map(|p| intern(p.operation().as_str())),
        operated,
        installed: counts.installed,
        pending_reboot: counts.pending_reboot,
        missing: counts.missing,
        failed: counts.failed,
        critical: counts.critical,
        security: counts.security,
        computer: node.computer.clone(),
        platform: node.platform.clone(),
        ping: node.ping.clone(),
    };
    let native_state = if patches.is_some() {
        word(severity)
    } else {
        intern("UNKNOWN")
    };
    record(Sketch {
        scope,
        id: Arc::clone(&node.id),
        name: node
            .computer
            .clone()
            .unwrap_or_else(|| Arc::clone(&node.id)),
        title,
        severity,
        native_state,
        resource: Some(Arc::clone(&node.id)),
        // Since when it is so, AWS does not say; this is when it was last found so.
        opened: operated,
        changed: operated,
        detail,
    })
}

/// When the instances of a patch group were found as they are: what the group's own state does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The earliest time, by severity of what was found.
    earliest: [Option<Timestamp>; Severity::ALL.len()],
    /// The latest time.
    latest: Timestamp,
}

impl Found {
    /// Takes an instance into account.
    fn add(&mut self, severity: Severity, at: Timestamp) {
        self.latest = self.latest.max(at);
        let earliest = &mut self.earliest[severity as usize];
        *earliest = Some(earliest.map_or(at, |known| known.min(at)));
    }
}

/// When the instances among these that belong to a patch group were found as they are, by group.
pub fn found<'a>(
    found: &mut HashMap<String, Found>,
    states: impl Iterator<Item = &'a InstancePatchState>,
) {
    for state in states.filter(|state| !state.patch_group().is_empty()) {
        let Some(at) = moment(Some(state.operation_end_time())) else {
            continue;
        };
        let group = found.entry(state.patch_group().to_owned()).or_default();
        group.add(counts_of(state).severity(), at);
    }
}

/// The severity of a patch group.
pub fn severity_of(read: &DescribePatchGroupStateOutput) -> Severity {
    counts_of_group(read).severity()
}

/// A patch group as a record; `read` is nothing where its state was not read yet. AWS does not say since when a group
/// is as it is: `found` tells when the first of its instances was found so, and where no instance tells, `seen` is when
/// noctop first saw it so.
pub fn group(
    scope: Scope,
    name: &str,
    read: Option<&DescribePatchGroupStateOutput>,
    found: Found,
    seen: Timestamp,
) -> Record {
    let counts = read.map(counts_of_group);
    let instances = read.map_or(0, DescribePatchGroupStateOutput::instances);
    let severity = counts.map_or(Severity::Info, |c| c.severity());
    let title = match counts {
        None => "not read yet: there are more patch groups than are read at once".to_owned(),
        Some(_) if instances == 0 => "no instances".to_owned(),
        Some(_) if severity == Severity::Info => format!("all {instances} instances compliant"),
        Some(counts) => format!(
            "of {instances} instances: {}",
            counts.sentence(" with patches")
        ),
    };
    let counts = counts.unwrap_or_default();
    // One instance may be counted under several heads; the largest count is what is certain.
    let noncompliant = [
        counts.missing,
        counts.failed,
        counts.pending_reboot,
        counts.critical,
        counts.security,
        counts.other,
    ];
    let opened = match read {
        Some(_) if instances > 0 => found.earliest[severity as usize].unwrap_or(seen),
        _ => Timestamp::ZERO,
    };
    let name = clean_arc(name);
    let native_state = match read {
        None => intern("UNKNOWN"),
        Some(_) => word(severity),
    };
    record(Sketch {
        scope,
        id: Arc::from(format!("{GROUP}{name}")),
        name: Arc::clone(&name),
        title,
        severity,
        native_state,
        resource: None,
        opened,
        changed: found.latest.max(opened),
        detail: PatchDetail {
            subject: PatchSubject::Group {
                name: Arc::clone(&name),
                instances,
                noncompliant: noncompliant.into_iter().max().unwrap_or(0),
            },
            group: Some(name),
            operation: None,
            operated: Timestamp::ZERO,
            installed: counts.installed,
            pending_reboot: counts.pending_reboot,
            missing: counts.missing,
            failed: counts.failed,
            critical: counts.critical,
            security: counts.security,
            computer: None,
            platform: None,
            ping: None,
        },
    })
}

/// What instances and groups have in common on their way to an item.
struct Sketch {
    scope: Scope,
    id: Arc<str>,
    name: Arc<str>,
    title: String,
    severity: Severity,
    native_state: Arc<str>,
    resource: Option<Arc<str>>,
    opened: Timestamp,
    changed: Timestamp,
    detail: PatchDetail,
}

fn record(sketch: Sketch) -> Record {
    let item = Item {
        key: ItemKey {
            kind: Kind::Patch,
            scope: sketch.scope,
            id: Arc::clone(&sketch.id),
        },
        told_arn: None,
        name: sketch.name,
        title: clean_arc(&sketch.title),
        severity: sketch.severity,
        state: state(sketch.severity),
        native_state: sketch.native_state,
        resource: sketch.resource,
        opened: sketch.opened,
        changed: sketch.changed,
        // Every scan would begin a new one and end acknowledgements day by day.
        episode: Timestamp::ZERO,
        detail: Detail::Patch(Box::new(sketch.detail)),
    };
    Record {
        native: sketch.id,
        item,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ssm::types::{PatchOperationType, PingStatus};
    use aws_smithy_types::DateTime;

    fn scope() -> Scope {
        Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    fn web() -> Node {
        node(
            &InstanceInformation::builder()
                .instance_id("i-0f3")
                .computer_name("web-1.internal\u{7}")
                .platform_name("Amazon Linux")
                .platform_version("2023")
                .ping_status(PingStatus::Online)
                .build(),
        )
        .unwrap()
    }

    fn patches() -> aws_sdk_ssm::types::builders::InstancePatchStateBuilder {
        InstancePatchState::builder()
            .instance_id("i-0f3")
            .patch_group("web")
            .baseline_id("pb-0")
            .installed_count(120)
            .operation(PatchOperationType::Scan)
            .operation_start_time(DateTime::from_secs(1_796_090_300))
            .operation_end_time(DateTime::from_secs(1_796_090_400))
    }

    #[test]
    fn the_worst_count_decides() {
        for (state, severity, title) in [
            (
                patches(),
                Severity::Info,
                "compliant, 120 patches installed",
            ),
            (patches().missing_count(2), Severity::Low, "2 missing"),
            (
                patches().installed_pending_reboot_count(1),
                Severity::Low,
                "1 waiting for a reboot",
            ),
            (
                patches().other_non_compliant_count(4),
                Severity::Low,
                "4 not compliant otherwise",
            ),
            (
                patches().missing_count(3).security_non_compliant_count(1),
                Severity::Medium,
                "1 security not installed, 3 missing",
            ),
            (
                patches().missing_count(3).critical_non_compliant_count(2),
                Severity::High,
                "2 critical not installed, 3 missing",
            ),
            (patches().failed_count(1), Severity::High, "1 failed"),
        ] {
            let item = instance(scope(), &web(), Some(&state.build().unwrap())).item;
            assert_eq!((item.severity, item.title.as_ref()), (severity, title));
            assert_eq!(
                item.state.is_open(),
                severity >= Severity::Medium,
                "{title}"
            );
            assert_eq!(
                item.native_state.as_ref() == "COMPLIANT",
                severity == Severity::Info
            );
        }
    }

    #[test]
    fn an_instance_is_called_by_its_name_and_known_by_its_id() {
        let item = instance(scope(), &web(), Some(&patches().build().unwrap())).item;
        assert_eq!(item.name.as_ref(), "web-1.internal\u{fffd}");
        assert_eq!(item.key.id.as_ref(), "i-0f3");
        assert_eq!(item.opened, Timestamp::from_secs(1_796_090_400));
        assert_eq!(
            item.episode,
            Timestamp::ZERO,
            "scans do not end acknowledgements"
        );
        let Detail::Patch(detail) = &item.detail else {
            panic!("{item:?}");
        };
        assert_eq!(detail.platform.as_deref(), Some("Amazon Linux 2023"));
        assert_eq!(detail.ping.as_deref(), Some("Online"));
        assert_eq!(detail.operation.as_deref(), Some("Scan"));
        assert_eq!(detail.group.as_deref(), Some("web"));
    }

    #[test]
    fn an_instance_that_was_never_scanned_is_there_and_says_so() {
        let item = instance(scope(), &web(), None).item;
        assert_eq!(item.title.as_ref(), "never scanned for patches");
        assert_eq!(
            (item.severity, item.state),
            (Severity::Info, ItemState::Calm)
        );
        assert_eq!(item.native_state.as_ref(), "UNKNOWN");
        assert!(item.opened.is_unknown());
    }

    #[test]
    fn a_group_counts_instances_and_cannot_be_taken_for_one() {
        let read = DescribePatchGroupStateOutput::builder()
            .instances(12)
            .instances_with_installed_patches(12)
            .instances_with_missing_patches(5)
            .instances_with_critical_non_compliant_patches(2)
            .build();
        let seen = Timestamp::from_secs(1_796_000_000);
        let item = group(scope(), "i-0f3", Some(&read), Found::default(), seen).item;
        assert_eq!(item.key.id.as_ref(), "group/i-0f3");
        assert_eq!(item.severity, Severity::High);
        assert_eq!(
            item.title.as_ref(),
            "of 12 instances: 2 with patches critical not installed, 5 with patches missing"
        );
        let Detail::Patch(detail) = &item.detail else {
            panic!("{item:?}");
        };
        assert_eq!(
            detail.subject,
            PatchSubject::Group {
                name: "i-0f3".into(),
                instances: 12,
                noncompliant: 5
            }
        );
        let unread = group(scope(), "web", None, Found::default(), seen).item;
        assert!(unread.opened.is_unknown());
        assert!(unread.title.starts_with("not read yet"));
        assert_eq!(unread.native_state.as_ref(), "UNKNOWN");
        let empty = DescribePatchGroupStateOutput::builder().build();
        assert_eq!(
            group(scope(), "web", Some(&empty), Found::default(), seen)
                .item
                .title
                .as_ref(),
            "no instances"
        );
    }

    #[test]
    fn a_group_is_as_old_as_the_first_of_its_instances_that_is_as_bad() {
        let state = |end: i64, critical: i32| {
            patches()
                .operation_end_time(DateTime::from_secs(end))
                .critical_non_compliant_count(critical)
                .build()
                .unwrap()
        };
        let states = [state(1_000, 0), state(3_000, 1), state(2_000, 2)];
        let mut by_group = HashMap::new();
        found(&mut by_group, states.iter());
        let found = by_group["web"];
        let critical = DescribePatchGroupStateOutput::builder()
            .instances(3)
            .instances_with_critical_non_compliant_patches(2)
            .build();
        let seen = Timestamp::from_secs(9_000);
        let item = group(scope(), "web", Some(&critical), found, seen).item;
        assert_eq!(item.opened, Timestamp::from_secs(2_000));
        assert_eq!(item.changed, Timestamp::from_secs(3_000));
        // Where none of the instances tells, it is so since noctop saw it: never since the beginning of time.
        let item = group(scope(), "web", Some(&critical), Found::default(), seen).item;
        assert_eq!((item.opened, item.state), (seen, ItemState::Open));
        assert_eq!(item.episode, Timestamp::ZERO, "acknowledgements go on");
    }
}
