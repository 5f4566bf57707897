//! Laws of runbooks: what may stand in them, and what becomes of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

fn alarm() -> Facts {
    Facts::of_item(json!({
        "kind": "alarm", "id": "disk-full", "account": { "id": "111111111111", "name": "payments-prod" },
        "region": "eu-west-1", "nativeState": "ALARM",
        "detail": { "resource": null, "watch": { "dimensions": { "InstanceId": "i-0123456789abcdef0" } } },
    }))
}

fn one(text: &str) -> Result<Runbook, Vec<Problem>> {
    read::runbook(
        "mine",
        crate::domain::problem::Written {
            file: "mine.toml",
            text,
        },
    )
}

fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

const HEAD: &str = "title = \"T\"\nhelp = \"H.\"\nmatch = \"kind:alarm\"\nrisk = \"careful\"\ntarget = \"{{ instance }}\"\n";

#[test]
fn every_shipped_runbook_reads_clean_and_says_what_it_does() {
    let library = library();
    let (catalogue, problems) = Catalogue::read(&library);
    assert_eq!(problems, []);
    assert_eq!(catalogue.iter().count(), library.names().len());
    for runbook in catalogue.iter() {
        assert!(runbook.help.ends_with('.'), "{}", runbook.name);
        assert!(runbook.title.chars().count() <= 40, "{}", runbook.name);
        assert!(
            !runbook.matches.is_all(),
            "{} is for everything",
            runbook.name
        );
    }
}

#[test]
fn every_shipped_runbook_makes_a_plan_for_the_item_it_is_for() {
    let facts = Facts::of_item(json!({
        "detail": { "resource": "night-bot", "watch": { "dimensions": {
            "InstanceId": "i-0123456789abcdef0", "DBInstanceIdentifier": "orders" } } },
    }));
    let (catalogue, _) = Catalogue::read(&library());
    for runbook in catalogue.iter() {
        let given = runbook
            .inputs
            .iter()
            .filter(|input| input.default.is_none())
            .map(|input| (input.name.to_string(), "nginx.service".to_owned()))
            .collect();
        let plan = runbook.plan(&facts, &given).expect(&runbook.name);
        assert!(!plan.target.is_empty());
    }
}

#[test]
fn the_instance_is_found_wherever_the_item_tells_it() {
    let of = |detail: Value| Facts::of_item(json!({ "detail": detail })).json()["instance"].clone();
    assert_eq!(
        of(json!({ "resource": "i-0123456789abcdef0" })),
        "i-0123456789abcdef0"
    );
    assert_eq!(
        of(json!({ "resource": "mi-0123456789abcdef0" })),
        "mi-0123456789abcdef0"
    );
    let arn = "arn:aws:ec2:eu-west-1:111111111111:instance/i-0123456789abcdef0";
    assert_eq!(of(json!({ "resource": arn })), "i-0123456789abcdef0");
    assert_eq!(of(json!({ "resource": "i-am-a-bucket" })), Value::Null);
    assert_eq!(of(json!({ "resource": null })), Value::Null);
}

#[test]
fn what_the_item_does_not_tell_is_named_and_nothing_is_planned() {
    let runbook = one(&format!(
        "{HEAD}[automation]\ndocument = \"D\"\nparameters.Group = [\"{{{{ detail.dimensions.AutoScalingGroupName }}}}\"]\n"
    ))
    .unwrap();
    let Refusal(why) = runbook.plan(&alarm(), &BTreeMap::new()).unwrap_err();
    assert_eq!(
        why,
        ["Group = \"{{ detail.dimensions.AutoScalingGroupName }}\": the item does not tell it"]
    );
}

#[test]
fn null_is_not_an_empty_string() {
    let runbook = one(&format!(
        "{HEAD}[automation]\ndocument = \"D\"\nparameters.A = [\"{{{{ detail.resource }}}}\"]\n"
    ))
    .unwrap();
    assert!(runbook.plan(&alarm(), &BTreeMap::new()).is_err());
}

#[test]
fn nothing_from_outside_becomes_a_command() {
    let runbook = one(&format!(
        "{HEAD}[[input]]\nname = \"unit\"\ntitle = \"Unit\"\n[command]\ndocument = \"AWS-RunShellScript\"\nparameters.commands = [\"systemctl restart {{{{ input.unit }}}}\"]\n"
    ))
    .unwrap();
    for hostile in [
        "a; rm -rf /",
        "$(id)",
        "`id`",
        "a b",
        "--root=x",
        "a\u{2028}b",
        "",
        "a|b",
        "*",
    ] {
        let refused = runbook.plan(&alarm(), &given(&[("unit", hostile)]));
        assert!(refused.is_err(), "{hostile:?} went through");
    }
    let plan = runbook
        .plan(&alarm(), &given(&[("unit", "nginx@a.service")]))
        .unwrap();
    let Step::Command { parameters, .. } = plan.step else {
        panic!("not a command")
    };
    assert_eq!(
        parameters["commands"],
        ["systemctl restart nginx@a.service"]
    );
}

#[test]
fn inputs_are_held_to_what_they_may_be() {
    let runbook = one(&format!(
        "{HEAD}[[input]]\nname = \"days\"\ntitle = \"Days\"\nleast = 1\nmost = 9\ndefault = \"3\"\n[[input]]\nname = \"how\"\ntitle = \"How\"\nvalues = [\"soft\", \"hard\"]\n[automation]\ndocument = \"D\"\nparameters.Days = [\"{{{{ input.days }}}}\"]\n"
    ))
    .unwrap();
    let plan = runbook.plan(&alarm(), &given(&[("how", "soft")])).unwrap();
    let Step::Automation { parameters, .. } = plan.step else {
        panic!("not an automation")
    };
    assert_eq!(parameters["Days"], ["3"]);
    let why = |pairs: &[(&str, &str)]| {
        runbook
            .plan(&alarm(), &given(pairs))
            .unwrap_err()
            .0
            .join("\n")
    };
    assert_eq!(why(&[]), "input how is needed: How");
    assert_eq!(
        why(&[("how", "soft"), ("days", "10")]),
        "input days is a whole number from 1 to 9, not \"10\""
    );
    assert_eq!(
        why(&[("how", "firm")]),
        "input how is one of soft, hard, not \"firm\""
    );
    assert_eq!(
        why(&[("how", "soft"), ("speed", "1")]),
        "mine takes no input `speed`"
    );
}

#[test]
fn mistakes_are_told_with_their_place() {
    let told = |text: &str| {
        one(text)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let body = "[automation]\ndocument = \"D\"\n";
    assert!(
        told(&format!("{}\n{body}", HEAD.replace("title", "tittle")))
            .starts_with("mine.toml:1:1: unknown field `tittle`")
    );
    assert_eq!(
        told(&format!("{}{body}", HEAD.replace("careful", "carefull"))),
        "mine.toml:4:8: `carefull` is no risk; write safe, careful or dangerous; did you mean `careful`?"
    );
    assert!(
        told(&format!(
            "{}{body}",
            HEAD.replace("kind:alarm", "kin:alarm")
        ))
        .starts_with("mine.toml:3:10: ")
    );
    assert!(
        told(&format!(
            "{}{body}",
            HEAD.replace("{{ instance }}", "{{ instance")
        ))
        .starts_with("mine.toml:5:")
    );
    assert!(told(HEAD).contains("exactly one of"));
    assert!(told(&format!("{HEAD}[local]\nprogram = \"x\"\n{body}")).contains("exactly one of"));
    assert!(
        told(&format!(
            "{HEAD}[[input]]\nname = \"N\"\ntitle = \"T\"\n{body}"
        ))
        .contains("small letters")
    );
}

#[test]
fn a_template_cannot_keep_the_console_busy() {
    let runbook = one(&format!(
        "{HEAD}[automation]\ndocument = \"D\"\nparameters.A = [\"{{% for a in range(9999) %}}{{% for b in range(9999) %}}x{{% endfor %}}{{% endfor %}}\"]\n"
    ))
    .unwrap();
    let Refusal(why) = runbook.plan(&alarm(), &BTreeMap::new()).unwrap_err();
    assert!(why[0].ends_with("it would compute too long"), "{why:?}");
}

#[test]
fn a_local_program_gets_the_item_as_variables() {
    let runbook = one(&format!(
        "{HEAD}[local]\nprogram = \"page-somebody\"\narguments = [\"--about\", \"{{{{ id }}}}\"]\n"
    ))
    .unwrap();
    let plan = runbook.plan(&alarm(), &BTreeMap::new()).unwrap();
    let Step::Local {
        arguments,
        variables,
        ..
    } = plan.step
    else {
        panic!("not local")
    };
    assert_eq!(arguments, ["--about", "disk-full"]);
    assert_eq!(variables["NOCTOP_ACCOUNT_NAME"], "payments-prod");
    assert_eq!(variables["NOCTOP_NATIVE_STATE"], "ALARM");
    assert_eq!(
        variables["NOCTOP_DETAIL_DIMENSIONS_INSTANCE_ID"],
        "i-0123456789abcdef0"
    );
    assert!(variables.keys().all(|k| k.starts_with("NOCTOP_")));
}
