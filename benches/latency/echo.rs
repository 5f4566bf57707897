//! A child that answers every key at once with a number of bytes: what terminal and machine alone cost.

use std::io::{Read, Write, stdin, stdout};

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::Trouble;

/// Makes this bench be that child.
pub const ARGUMENT: &str = "--echo";

/// Answers until the terminal is closed. The second argument is the number of bytes.
pub fn answer(arguments: &[String]) -> Result<(), Trouble> {
    let count: usize = arguments.get(1).ok_or("how many bytes?")?.parse()?;
    let mut modes = tcgetattr(stdin())?;
    modes.make_raw();
    tcsetattr(stdin(), OptionalActions::Now, &modes)?;
    let answer = vec![b'.'; count.max(1)];
    stdout().write_all(b"ready")?;
    stdout().flush()?;
    let mut key = [0; 1];
    while stdin().read(&mut key)? == 1 {
        let mut out = stdout().lock();
        out.write_all(&answer)?;
        out.flush()?;
    }
    Ok(())
}
