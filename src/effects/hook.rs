//! The operator's own command for what calls: started without a shell, told on its standard input, never waited for.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Commands that may run at once: one that never ends must not fill the machine.
const AT_ONCE: usize = 4;

/// Starts the command in a thread of its own; `failed` is told why where it does not start or ends badly.
pub(super) fn start(
    running: &Arc<AtomicUsize>,
    program: Arc<[String]>,
    told: Arc<str>,
    failed: impl FnOnce(String) + Send + 'static,
) {
    let Some(name) = program.first().cloned() else {
        return;
    };
    if running.fetch_add(1, Ordering::Relaxed) >= AT_ONCE {
        running.fetch_sub(1, Ordering::Relaxed);
        failed(format!(
            "The command {name} was not started: {AT_ONCE} of it are still running."
        ));
        return;
    }
    let running = Arc::clone(running);
    std::thread::spawn(move || {
        let result = run(&program, &told);
        running.fetch_sub(1, Ordering::Relaxed);
        if let Err(why) = result {
            failed(format!("The command {name} of [notify] failed: {why}."));
        }
    });
}

fn run(program: &[String], told: &str) -> Result<(), String> {
    let (name, arguments) = program.split_first().ok_or("no program is named")?;
    let mut child = Command::new(name)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|why| why.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        // One that reads nothing closes the pipe, which is its right.
        let _ = input.write_all(told.as_bytes());
    }
    let status = child.wait().map_err(|why| why.to_string())?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("it ended with {status}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_what_it_is_told_and_a_bad_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("told");
        let program = ["/bin/sh", "-c", "cat > \"$0\"", to.to_str().unwrap()].map(str::to_owned);
        run(&program, "{\"count\":1}").unwrap();
        assert_eq!(std::fs::read_to_string(&to).unwrap(), "{\"count\":1}");
        let why = run(&["/bin/false".to_owned()], "").unwrap_err();
        assert!(why.contains("exit status: 1"), "{why}");
        assert!(run(&["/no/such/program".to_owned()], "").is_err());
    }
}
