//! A screen on the wall: nobody touches it, and it tells by itself what happens.

use std::time::Duration;

use aws_sdk_cloudwatch::types::StateValue;
use noctop::model::Wall;

use super::shift::Shift;

#[test]
fn the_wall_tells_what_changes_whether_it_can_be_believed_and_lets_nobody_act() {
    let mut shift = Shift::begin_loaded();
    shift.model.wall = Some(Wall::new(Duration::from_secs(300), None));
    let beats = shift.model.pulse.beats;
    assert!(beats > 0, "answers make the heart beat");
    shift
        .shows("CRITICAL")
        .shows("nothing has changed since the wall began");
    shift
        .shows("payments-prod")
        .shows("WINDOWS")
        .shows("BACKUPS");
    // Keys do nothing but say so, clicks and pastes not even that.
    shift
        .press("a")
        .shows("keys are locked here; ctrl-x leaves");
    shift.press("q").press("enter");
    assert!(shift.model.overlay.is_none() && !shift.quit);
    // An alarm clears: the ticker has it, and the heart has beaten.
    shift.set_alarm("queue-age", StateValue::Ok);
    shift.pass(Duration::from_secs(120));
    shift.until("the alarm on the ticker", |shift| {
        shift
            .screen()
            .contains("queue-age cleared in payments-prod")
    });
    assert!(shift.model.pulse.beats > beats);
    shift.press("ctrl-x");
    assert!(shift.quit);
}
