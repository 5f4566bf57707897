//! Finding things in a large fleet.

use super::Begin;

#[test]
fn the_palette_finds_commands_panes_accounts_regions_views_and_runbooks_by_some_of_their_letters() {
    let robot = Begin {
        config:
            "[[view]]\nname = \"payments\"\npane = \"alarms\"\nfilter = \"acct:payments-prod\"\n\
                 columns = [\"state\", \"name\"]\n"
                .to_owned(),
        ..Begin::default()
    }
    .loaded();
    for (typed, offered) in [
        ("bckps", "backups"),
        ("acpay", "account payments-prod"),
        ("reguse", "region us-east-1"),
        ("viewpay", "view payments"),
        ("restart-inst", "restart-instance"),
        ("screensh", "screenshot"),
    ] {
        robot.types(":").types_in(typed).sees(offered);
        robot.escapes().sees_no("╭─");
    }
    robot
        .types(":")
        .types_in("acpay")
        .sees("account payments-prod");
    robot.types("\r").sees("1/3 accounts");
    robot.types("0").sees(" 3 accounts");
    robot
        .types(":")
        .types_in("viewpay")
        .types("\r")
        .sees("─ Alarms");
    robot.sees("acct:payments-prod").sees_no(" region ");
    robot.quits();
}

#[test]
fn a_filter_is_completed_corrected_while_it_is_typed_remembered_and_taken_back() {
    let robot = Begin::default().loaded();
    robot.types("2").sees("─ Alarms");
    robot
        .types("/")
        .types_in("sev:hig")
        .types("\t")
        .sees("sev:high");
    robot.types_in(" acct:web sev:hgih");
    robot.sees("sev knows no hgih");
    robot.escapes().sees_no("hgih");
    robot
        .types("/")
        .types_in("queue")
        .sees("queue-age")
        .types("\r")
        .sees_no("checkout-errors");
    robot
        .types("/")
        .types("\x15")
        .types("\r")
        .sees("checkout-errors");
    // What was typed before comes back with the arrow.
    robot.types("/").types("\x1b[A").sees("/ queue").escapes();
    robot.quits();
}

#[test]
fn columns_groups_and_the_way_back() {
    let robot = Begin::with_alarms(8).loaded();
    robot.types("2").sees("─ Alarms").sees("region");
    robot
        .types("gc")
        .sees("Columns")
        .types_in("region")
        .types(" ")
        .types("\r");
    robot.sees_no(" region ");
    robot
        .types("gb")
        .sees("Group by")
        .types_in("account")
        .types("\r")
        .sees("⊞");
    robot.types("+").sees("⊟");
    robot
        .types("3")
        .sees("─ Findings")
        .types("[")
        .sees("─ Alarms")
        .types("]")
        .sees("─ Findings");
    robot.quits();
}

#[test]
fn what_belongs_to_a_row_is_one_key_away() {
    let robot = Begin::default().loaded();
    robot
        .types("2")
        .sees("─ Alarms")
        .types("/")
        .types_in("checkout-errors")
        .types("\r");
    robot.sees(" 1/1");
    robot
        .types("gr")
        .sees("Related")
        .sees("began within half an hour")
        .escapes()
        .sees_no("Related");
    robot.quits();
}
