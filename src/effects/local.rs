//! Programs of this machine that a runbook starts: without a shell, with the item as variables, bounded in time and
//! output, ended with everything they started when they are cancelled, and journalled like every change.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::audit::{Journal, Receipt, Refused, Result as Became, TargetOutcome};
use crate::aws::ops::Done;
use crate::aws::runs::local_intent;
use crate::clock::Timestamp;
use crate::domain::Roster;
use crate::runbook::run::{Report, Standing, State, Step, lines};
use crate::runbook::{Launch, Part, Step as Does};

/// The most of what a program writes that is kept, from the end.
const OUTPUT: usize = 24_000;
/// How much of its last line goes into the journal.
const SAID: usize = 300;
/// How often a program is looked at.
const EVERY: Duration = Duration::from_millis(50);
/// How often what it has written so far is told.
const TOLD: Duration = Duration::from_secs(1);
/// How long a program has to end by itself after it was asked to.
const GRACE: Duration = Duration::from_secs(2);

/// What a program has written so far.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn add(&self, bytes: &[u8]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        // Cut in large steps: a program that writes without end must not cost a copy for each line.
        let excess = all.len().saturating_sub(OUTPUT);
        if excess > OUTPUT {
            all.drain(..excess);
        }
    }

    fn text(&self) -> Arc<str> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines(&String::from_utf8_lossy(&all), OUTPUT)
    }
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ended {
    state: State,
    code: Option<i32>,
    said: String,
}

/// Runs the program of a part: intent, program, receipt. `told` hears how it goes; a set `cancel` ends it.
///
/// # Errors
/// Read-only, a policy, no journal: nothing was started, and the refusal is in the journal where there is one.
pub async fn run(
    journal: &Arc<Journal>,
    roster: &Roster,
    launch: &Launch,
    part: &Part,
    cancel: Arc<AtomicBool>,
    told: impl Fn(Report) + Send + Sync + 'static,
) -> Result<Done, Refused> {
    let permit = journal.begin(local_intent(launch, part), roster).await?;
    let intent = permit.intent();
    let written = Written::default();
    let watched = Watched {
        journal: Arc::clone(journal),
        intent: Arc::clone(&intent),
        name: Arc::clone(part.step.name()),
        began: journal.now(),
        written: written.clone(),
    };
    let step = part.step.clone();
    let ended = tokio::task::spawn_blocking(move || {
        told(watched.report(None));
        let ended = supervise(&step, &watched.written, &cancel, &|| {
            told(watched.report(None))
        });
        told(watched.report(Some(&ended)));
        ended
    })
    .await
    .unwrap_or_else(|why| Ended {
        state: State::Unknown,
        code: None,
        said: format!("noctop lost sight of it: {why}"),
    });
    let result = match ended.state {
        State::Succeeded => Became::Ok,
        State::Unknown => Became::Unknown,
        _ => Became::Failed,
    };
    let text = written.text();
    let last = text.lines().rev().find(|l| !l.trim().is_empty());
    let last: String = last.unwrap_or_default().chars().take(SAID).collect();
    let said = match last.as_str() {
        "" => ended.said,
        last => format!("{}: {last}", ended.said),
    };
    let outcome =
        |target: &crate::audit::Target| TargetOutcome::new(target.clone(), result).saying(&said);
    let receipt = Receipt::new(intent, permit.targets().iter().map(outcome).collect());
    let unwritten = journal.finish(&receipt).await.err();
    Ok(Done { receipt, unwritten })
}

/// A program that is being watched.
struct Watched {
    journal: Arc<Journal>,
    intent: Arc<str>,
    name: Arc<str>,
    began: Timestamp,
    written: Written,
}

impl Watched {
    fn report(&self, ended: Option<&Ended>) -> Report {
        let at = self.journal.now();
        let state = ended.map_or(State::Running, |e| e.state);
        let said: Arc<str> = Arc::from(ended.map_or("", |e| e.said.as_str()));
        let step = Step {
            name: Arc::clone(&self.name),
            what: Arc::from("program"),
            state,
            began: Some(self.began),
            ended: ended.map(|_| at),
            code: ended.and_then(|e| e.code),
            said: Arc::clone(&said),
            output: self.written.text(),
            child: None,
        };
        Report {
            intent: Arc::clone(&self.intent),
            id: Arc::from(""),
            at,
            found: Ok(Standing {
                state,
                said,
                steps: vec![step],
                ended: ended.map(|_| at),
            }),
        }
    }
}

/// Starts a program and stays with it to its end.
fn supervise(step: &Does, written: &Written, cancel: &AtomicBool, goes_on: &dyn Fn()) -> Ended {
    let Does::Local {
        program,
        arguments,
        variables,
        timeout,
    } = step
    else {
        return failed("it is no program".to_owned());
    };
    let mut child = match spawn(program, arguments, variables) {
        Ok(child) => child,
        Err(why) => return failed(format!("{program} could not be started: {why}")),
    };
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let readers = [
        child.stdout.take().map(|out| listen(out, written.clone())),
        child.stderr.take().map(|err| listen(err, written.clone())),
    ];
    let (began, mut spoke) = (Instant::now(), Instant::now());
    let mut asked: Option<(Instant, State)> = None;
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) => break judged(status, asked.map(|(_, why)| why), *timeout),
            Ok(None) => {}
            Err(why) => break failed(format!("it cannot be watched any more: {why}")),
        }
        let why = if cancel.load(Ordering::Relaxed) {
            Some(State::Cancelled)
        } else {
            (began.elapsed() >= *timeout).then_some(State::TimedOut)
        };
        // Asked first, then made to: with everything that it has started itself.
        match (why, asked, group) {
            (Some(why), None, Some(group)) => {
                let _ = kill_process_group(group, Signal::TERM);
                asked = Some((Instant::now(), why));
            }
            (Some(_), Some((at, _)), Some(group)) if at.elapsed() >= GRACE => {
                let _ = kill_process_group(group, Signal::KILL);
            }
            _ => {}
        }
        if spoke.elapsed() >= TOLD {
            goes_on();
            spoke = Instant::now();
        }
        std::thread::sleep(EVERY);
    };
    if asked.is_some()
        && let Some(group) = group
    {
        // What it has left behind must not go on.
        let _ = kill_process_group(group, Signal::KILL);
    }
    // What it has left behind may hold the pipes open; what was written until now is what counts.
    let patience = Instant::now();
    for reader in readers.into_iter().flatten() {
        while !reader.is_finished() && patience.elapsed() < GRACE {
            std::thread::sleep(EVERY / 5);
        }
    }
    ended
}

fn spawn(
    program: &str,
    arguments: &[String],
    variables: &BTreeMap<String, String>,
) -> std::io::Result<Child> {
    Command::new(program)
        .args(arguments)
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own: keys pressed in the console's terminal are none of its business, and it is ended whole.
        .process_group(0)
        .spawn()
}

fn listen(mut from: impl Read + Send + 'static, written: Written) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 4096];
        while let Ok(count) = from.read(&mut buffer) {
            if count == 0 {
                break;
            }
            written.add(&buffer[..count]);
        }
    })
}

const fn failed(said: String) -> Ended {
    Ended {
        state: State::Failed,
        code: None,
        said,
    }
}

fn judged(status: ExitStatus, asked: Option<State>, timeout: Duration) -> Ended {
    let code = status.code();
    match (asked, code) {
        (Some(State::TimedOut), _) => Ended {
            state: State::TimedOut,
            code,
            said: format!("it was ended after {} s, its time limit", timeout.as_secs()),
        },
        (Some(state), _) => Ended {
            state,
            code,
            said: "it was ended by its operator".to_owned(),
        },
        (None, Some(0)) => Ended {
            state: State::Succeeded,
            code,
            said: "exit code 0".to_owned(),
        },
        (None, Some(code)) => Ended {
            state: State::Failed,
            code: Some(code),
            said: format!("exit code {code}"),
        },
        (None, None) => failed(format!(
            "it was ended by signal {}",
            status.signal().unwrap_or_default()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(name: &str, arguments: &[&str], timeout: Duration) -> Does {
        Does::Local {
            program: Arc::from(name),
            arguments: arguments.iter().map(|a| (*a).to_owned()).collect(),
            variables: BTreeMap::from([("NOCTOP_ID".to_owned(), "a'; $(id) \"b".to_owned())]),
            timeout,
        }
    }

    fn run(does: &Does, cancel: bool) -> (Ended, Arc<str>) {
        let written = Written::default();
        let ended = supervise(does, &written, &AtomicBool::new(cancel), &|| {});
        (ended, written.text())
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_comes_from_outside_is_an_argument_and_a_variable_and_never_a_command() {
        let (ended, text) = run(
            &program("printf", &["%s|%s", "$HOME; id", "x"], LONG),
            false,
        );
        assert_eq!(ended.state, State::Succeeded);
        assert_eq!(&*text, "$HOME; id|x");
        let (_, text) = run(&program("printenv", &["NOCTOP_ID"], LONG), false);
        assert_eq!(&*text, "a'; $(id) \"b");
    }

    #[test]
    fn how_it_ended_is_told() {
        let (ended, text) = run(
            &program("sh", &["-c", "printf '\\033[2Jno\\n' >&2; exit 3"], LONG),
            false,
        );
        assert_eq!((ended.state, ended.code), (State::Failed, Some(3)));
        assert_eq!(&*text, "\u{fffd}[2Jno");
        let (ended, _) = run(&program("noctop-has-no-such-program", &[], LONG), false);
        assert!(ended.said.contains("could not be started"), "{ended:?}");
    }

    #[test]
    fn a_cancelled_program_is_ended_with_everything_it_started() {
        let (ended, text) = run(
            &program("sh", &["-c", "sleep 600 & wait; echo late"], LONG),
            true,
        );
        assert_eq!(ended.state, State::Cancelled);
        assert_eq!(&*text, "");
        let (ended, _) = run(&program("sleep", &["600"], Duration::ZERO), false);
        assert_eq!(ended.state, State::TimedOut);
    }

    #[test]
    fn of_endless_output_the_end_is_kept() {
        let (ended, text) = run(
            &program("sh", &["-c", "yes line | head -c 200000; echo last"], LONG),
            false,
        );
        assert_eq!(ended.state, State::Succeeded);
        assert!(text.ends_with("last") && text.chars().count() <= OUTPUT + 1);
    }
}
