//! Which accounts there are, and what is said when that cannot be found out.

use noctop::aws::fleet::Fleet;
use noctop::aws::fleet::spec::{AccountSpec, FleetSpec, OrganizationSpec, Selector};
use noctop::domain::FaultKind;
use noctop::sim::faults::{Fault, Kind};

use super::stand::{clock, impatient, open, patient, scope, simulator, spec};

fn names(fleet: &Fleet) -> Vec<String> {
    let census = fleet.census();
    census.roster.iter().map(|a| a.name.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_is_listed_with_names_tags_and_without_the_suspended() {
    let sim = simulator();
    let fleet = open(spec(&sim), impatient()).await;
    assert_eq!(names(&fleet), ["management", "payments-prod", "web-stage"]);
    let census = fleet.census();
    let payments = census.roster.get("222222222222".parse().unwrap()).unwrap();
    assert_eq!(payments.tags.get("env").map(String::as_str), Some("prod"));
    assert_eq!(census.scopes().count(), 6);
    assert!(census.is_member(payments.id));
    // Our own account is entered with what we have; the others by their role.
    assert!(fleet.access(scope("111111111111", "eu-west-1")).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_are_asked_for_together_and_those_that_came_stay() {
    let sim = simulator();
    let fleet = Fleet::open(spec(&sim), patient(), clock()).await.unwrap();
    let slice = fleet.surveys()[0].slice;
    // Slow answers: one after the other, no two of them would ever be under way.
    let slow = sim.faults().add(
        Fault::new(Kind::Latency)
            .operation("ListTagsForResource")
            .delay("300ms"),
    );
    // One account's tags may not be read.
    let denied = sim.faults().add(
        Fault::new(Kind::Deny)
            .operation("ListTagsForResource")
            .times(1),
    );
    let fault = fleet.survey(slice).await.1.unwrap_err();
    assert!(fault.message.contains("ListTagsForResource"), "{fault}");
    assert_eq!(sim.calls().most_at_once(), 3, "side by side");
    assert_eq!(
        names(&fleet).len(),
        3,
        "the accounts are there all the same"
    );
    sim.faults().remove(slow.unwrap());
    sim.faults().remove(denied.unwrap());
    fleet.survey(slice).await.1.unwrap();
    let census = fleet.census();
    let payments = census.roster.get("222222222222".parse().unwrap()).unwrap();
    assert_eq!(payments.tags.get("env").map(String::as_str), Some("prod"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_chosen_by_unit_name_and_id() {
    let sim = simulator();
    let choose = |include: Vec<Selector>, exclude: Vec<Selector>| {
        let mut spec = spec(&sim);
        spec.organization = Some(OrganizationSpec {
            role_name: "noctop".into(),
            include,
            exclude,
            ..OrganizationSpec::default()
        });
        spec
    };
    let prod = vec![Selector::Ou("Prod".into())];
    let fleet = open(choose(prod.clone(), vec![]), impatient()).await;
    assert_eq!(names(&fleet), ["payments-prod"]);
    let workloads = vec![Selector::Ou("workloads".into())];
    let fleet = open(
        choose(workloads, vec![Selector::Name("WEB-*".into())]),
        impatient(),
    )
    .await;
    assert_eq!(names(&fleet), ["payments-prod"]);
    let id = vec![Selector::Account("333333333333".parse().unwrap())];
    let fleet = open(choose(vec![], [prod, id].concat()), impatient()).await;
    assert_eq!(names(&fleet), ["management"]);
    // A unit that does not exist is said, and does not mean everybody or nobody.
    let fleet = Fleet::open(
        choose(vec![Selector::Ou("Pord".into())], vec![]),
        impatient(),
        clock(),
    )
    .await
    .unwrap();
    let slice = fleet.surveys()[0].slice;
    let fault = fleet.survey(slice).await.1.unwrap_err();
    assert!(fault.message.contains("Pord"), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_that_cannot_be_listed_is_never_an_empty_fleet() {
    let sim = simulator();
    let fleet = Fleet::open(spec(&sim), impatient(), clock()).await.unwrap();
    let slice = fleet.surveys()[0].slice;
    let id = sim
        .faults()
        .add(Fault::new(Kind::Deny).service("organizations"))
        .unwrap();
    let fault = fleet.survey(slice).await.1.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Denied);
    assert!(fault.message.contains("ListAccounts"), "{fault}");
    assert!(fault.advice.contains("delegated administrator"), "{fault}");
    sim.faults().remove(id);
    fleet.survey(slice).await.1.unwrap();
    assert_eq!(names(&fleet).len(), 3);
    // Once known, accounts stay through a failure.
    sim.faults()
        .add(Fault::new(Kind::NotInOrganization).service("organizations"))
        .unwrap();
    let fault = fleet.survey(slice).await.1.unwrap_err();
    assert!(
        !fault.kind.is_off(),
        "a fleet without a list is not a fact to live with: {fault}"
    );
    assert!(fault.advice.contains("[organization]"), "{fault}");
    assert_eq!(names(&fleet).len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_configuration_there_is_the_account_of_the_credentials() {
    let sim = simulator();
    let fleet = open(
        FleetSpec {
            organization: None,
            ..spec(&sim)
        },
        impatient(),
    )
    .await;
    assert_eq!(names(&fleet), ["111111111111"]);
    assert_eq!(fleet.census().scopes().count(), 2);
    // And without any region it says so instead of guessing one.
    let nowhere = FleetSpec {
        organization: None,
        regions: vec![],
        ..spec(&sim)
    };
    let fleet = Fleet::open(nowhere, impatient(), clock()).await.unwrap();
    let slice = fleet.surveys()[0].slice;
    let fault = fleet.survey(slice).await.1.unwrap_err();
    assert!(fault.message.contains("region"), "{fault}");
    assert!(fault.advice.contains("AWS_REGION"), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_that_are_written_down_need_no_question() {
    let sim = simulator();
    let account = |name: &str, role: &str, external_id: Option<&str>| AccountSpec {
        name: name.into(),
        role_arn: Some(format!("arn:aws:iam::222222222222:role/{role}")),
        external_id: external_id.map(str::to_owned),
        ..AccountSpec::default()
    };
    let with = |account: AccountSpec| FleetSpec {
        organization: None,
        accounts: vec![account],
        ..spec(&sim)
    };
    let fleet = Fleet::open(with(account("pay", "noctop", None)), impatient(), clock())
        .await
        .unwrap();
    assert!(fleet.surveys().is_empty());
    assert_eq!(names(&fleet), ["pay"]);
    assert_eq!(sim.calls().total().calls, 0);
    for (external_id, works) in [
        (None, false),
        (Some("wrong"), false),
        (Some("nightwatch"), true),
    ] {
        let fleet = open(with(account("pay", "partner", external_id)), impatient()).await;
        let access = fleet.access(scope("222222222222", "eu-west-1")).unwrap();
        let outcome = access
            .cloudwatch(&noctop::aws::ops::DESCRIBE_ALARMS, |client, with| {
                client
                    .describe_alarms()
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        assert_eq!(outcome.is_ok(), works, "{external_id:?}");
    }
}
