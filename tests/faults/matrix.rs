//! The matrix itself.

use noctop::domain::{Body, FaultKind, Feed, SourceId};
use noctop::sim::Simulator;
use noctop::sim::faults::{Fault, Kind};
use noctop::sources::{ALL, Plane, Reach, SliceSpec, Source};
use noctop::store::{Settings, Store};

use super::stand::{
    ACCOUNT, Asking, NAME, REGION, everywhere, impatient, open, scope, simulator, spec,
};

/// One way in which a service goes wrong, and what noctop makes of it.
struct Row {
    name: &'static str,
    fault: fn() -> Fault,
    kinds: &'static [FaultKind],
    /// Words that must stand in the sentence or in the advice.
    says: &'static [&'static str],
}

const ROWS: &[Row] = &[
    Row {
        name: "throttle",
        fault: || Fault::new(Kind::Throttle),
        kinds: &[FaultKind::Throttled],
        says: &["slow down"],
    },
    Row {
        name: "deny",
        fault: || Fault::new(Kind::Deny),
        kinds: &[FaultKind::Denied],
        says: &["denied", "iam-policy"],
    },
    Row {
        name: "deny by a service control policy",
        fault: || Fault {
            reason: Some("scp".into()),
            ..Fault::new(Kind::Deny)
        },
        kinds: &[FaultKind::Denied],
        says: &["service control policy"],
    },
    Row {
        name: "expired",
        fault: || Fault::new(Kind::Expired),
        kinds: &[FaultKind::Expired],
        says: &["expired", "Log in again"],
    },
    Row {
        name: "region off",
        fault: || Fault::new(Kind::RegionOff),
        kinds: &[FaultKind::RegionOff],
        says: &["region is not enabled"],
    },
    Row {
        name: "plan missing",
        fault: || Fault::new(Kind::PlanMissing),
        kinds: &[FaultKind::PlanMissing],
        says: &["support plan"],
    },
    Row {
        name: "hang",
        fault: || Fault::new(Kind::Hang),
        kinds: &[FaultKind::Unreachable],
        says: &["no answer in time"],
    },
    Row {
        name: "reset",
        fault: || Fault::new(Kind::Reset),
        kinds: &[FaultKind::Unreachable],
        says: &["connection"],
    },
    Row {
        name: "truncate",
        fault: || Fault::new(Kind::Truncate),
        kinds: &[FaultKind::Malformed],
        says: &["cannot be read"],
    },
    Row {
        name: "status 500",
        fault: || Fault::new(Kind::ServerError),
        kinds: &[FaultKind::Service],
        says: &["keeps asking"],
    },
    Row {
        name: "nonsense",
        fault: || Fault::new(Kind::Malformed),
        kinds: &[FaultKind::Malformed],
        says: &["cannot be read"],
    },
    Row {
        name: "an error that nobody knows",
        fault: || Fault {
            code: Some("TeapotException".into()),
            status: Some(418),
            message: Some("short and \u{1b}[31mstout".into()),
            ..Fault::new(Kind::Error)
        },
        kinds: &[FaultKind::Service],
        says: &["TeapotException", "short and"],
    },
];

/// The services that say in their own way that they are not enabled.
const CAN_BE_OFF: &[SourceId] = &[SourceId::Guardduty, SourceId::Securityhub];

/// The name under which the simulator knows a source's service.
fn service(source: SourceId) -> &'static str {
    match source {
        SourceId::Organizations => "organizations",
        SourceId::Cloudwatch | SourceId::Mutes => "monitoring",
        SourceId::Guardduty => "guardduty",
        SourceId::Securityhub => "securityhub",
        SourceId::Opsitems | SourceId::Windows | SourceId::Patches => "ssm",
        SourceId::Backup => "backup",
        SourceId::Support => "support",
        SourceId::Health => "health",
        SourceId::Config => "config",
        SourceId::Trustedadvisor => "trustedadvisor",
        SourceId::Incidentmanager => "incidentmanager",
    }
}

/// One pair of the matrix, for every slice; the complaints it gives rise to.
async fn try_pair(sim: &Simulator, source: &'static Source, row: &Row) -> Vec<String> {
    let mut complaints = Vec::new();
    // A fleet of its own: budgets that were throttled by one fault stay low for a while.
    let fleet = open(spec(sim), impatient()).await;
    let own = |s: &&SliceSpec| s.reach != Reach::Organization;
    for slice in source.slices.iter().filter(own) {
        // Where one endpoint serves all regions, that is where it stands.
        let (vantage, region) = match slice.plane {
            Plane::Regional | Plane::Home => (scope(ACCOUNT, REGION), REGION),
            Plane::Global => (everywhere(ACCOUNT), "us-east-1"),
        };
        let feed = Feed {
            source: source.id,
            vantage,
            slice: slice.slice,
        };
        let mut complain = |what: String| complaints.push(format!("{feed}, {}: {what}", row.name));
        let mut asking = Asking::new(&fleet);
        let mut store = Store::new(Settings::default());
        let (before, outcome) = asking.ask(source, feed).await;
        if let Err(fault) = outcome {
            complain(format!("fails without a fault: {fault}"));
            continue;
        }
        for batch in before {
            store.apply(batch);
        }
        let rows = store.rows().count();

        let fault = (row.fault)()
            .service(service(source.id))
            .account(ACCOUNT)
            .region(region);
        let id = sim.faults().add(fault).unwrap();
        let (batches, outcome) = asking.ask(source, feed).await;
        sim.faults().remove(id);
        match &outcome {
            Ok(()) => complain("the fault was not noticed".into()),
            Err(fault) => {
                let text = fault.to_string();
                if !row.kinds.contains(&fault.kind) {
                    complain(format!("is {} and not {:?}: {text}", fault.kind, row.kinds));
                }
                for word in row.says.iter().chain(&[NAME, region]) {
                    if !text.contains(word) {
                        complain(format!("does not say {word:?}: {text}"));
                    }
                }
                if text.chars().any(noctop::domain::text::is_hostile) {
                    complain(format!("lets hostile text through: {text:?}"));
                }
                // A sentence: it begins with a capital (or a name) and ends like one.
                if !fault.message.ends_with('.') {
                    complain(format!("is no sentence: {text}"));
                }
            }
        }
        let ended = batches.iter().any(|b| matches!(b.body, Body::End { .. }));
        if ended || !matches!(batches.last().map(|b| &b.body), Some(Body::Failed { .. })) {
            complain("did not end as a failure".into());
        }
        let off = outcome.is_err_and(|f| f.kind.is_off());
        for batch in batches {
            store.apply(batch);
        }
        let left = store
            .rows()
            .filter(|(_, row)| row.cleared_at().is_none())
            .count();
        if !off && left != rows {
            complain(format!("{rows} rows became {left}"));
        }

        let (after, outcome) = asking.ask(source, feed).await;
        if let Err(fault) = outcome {
            complain(format!("did not recover: {fault}"));
        }
        for batch in after {
            store.apply(batch);
        }
        let again = store
            .rows()
            .filter(|(_, row)| row.cleared_at().is_none())
            .count();
        if again != rows {
            complain(format!("{rows} rows came back as {again}"));
        }
    }
    complaints
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_every_source_is_told_and_got_over() {
    let sim = simulator();
    let mut complaints = Vec::new();
    for source in ALL {
        for row in ROWS {
            complaints.extend(try_pair(&sim, source, row).await);
        }
        let off = Row {
            name: "disabled",
            fault: || Fault::new(Kind::Disabled),
            kinds: &[FaultKind::Disabled],
            says: &["not enabled"],
        };
        if CAN_BE_OFF.contains(&source.id) {
            complaints.extend(try_pair(&sim, source, &off).await);
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
