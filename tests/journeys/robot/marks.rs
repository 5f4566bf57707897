//! Many rows at once.

use super::Begin;

#[test]
fn three_hundred_marked_rows_are_asked_about_with_their_number_wherever_one_has_scrolled() {
    let robot = Begin::with_alarms(80).loaded();
    // Storms are folded: unfolded, every row is marked by itself.
    robot.types("2").sees("─ Alarms").types("=");
    for row in 1..=300 {
        robot.types(" ");
        // Typed as fast as the console takes them, and no faster: a burst of characters is a paste.
        robot.sees(&format!(" {row} marked "));
    }
    robot.types("G").types("\x1b[5~").types("gg").types("G");
    robot.types("a").sees("Acknowledge 300 items");
    assert!(robot.picture().contains("payments-prod"));
    robot.escapes().sees_no("Acknowledge 300 items");
    robot.sees(" 300 marked ");
    assert!(robot.sim.calls().changes().is_empty());
    robot.types("-").sees_no(" marked ");
    robot.quits();
}
