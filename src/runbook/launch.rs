//! A launch: a runbook over one or many items, in as few calls as its services take, ready to be shown and confirmed.
//!
//! What is alike is put together: one command for the nodes of an account and region, one execution for the targets
//! that its document takes one at a time, one execution for everything where the runbook runs across accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::audit::Target;
use crate::domain::{Account, Roster, Scope};

use super::plan::{Plan, Refusal, Step};
use super::template::Facts;
use super::{Risk, Runbook};

/// The most nodes of one command (API reference of `SendCommand`).
const NODES: usize = 50;

/// Something that a runbook is to run for.
#[derive(Clone, Debug, PartialEq)]
pub struct Meant {
    /// The item as the journal names it; empty where there is none.
    pub item: Arc<str>,
    /// What operators call it.
    pub name: Arc<str>,
    /// The account and region it lives in.
    pub scope: Scope,
    /// What templates see.
    pub facts: Facts,
}

/// What would be started.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// What all its parts have in common in the journal.
    pub run: Arc<str>,
    /// The runbook's name.
    pub runbook: Arc<str>,
    /// The runbook's title.
    pub title: Arc<str>,
    /// What it does and costs.
    pub help: Arc<str>,
    /// How it is confirmed.
    pub risk: Risk,
    /// What the operator is told before confirming.
    pub confirm: Option<Arc<str>>,
    /// The calls.
    pub parts: Vec<Part>,
}

/// One call, or one program.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Where the call is made.
    pub scope: Scope,
    /// The items that it is about, as the journal names them.
    pub items: Vec<Arc<str>>,
    /// What it acts on; not always where the call is made.
    pub targets: Vec<Target>,
    /// What is done. Where `among` holds several values, its parameters lack the one that takes them.
    pub step: Step,
    /// The values that the document takes one at a time, each with the target that it is for; empty: all at once.
    pub among: Vec<(Scope, String)>,
}

impl Launch {
    /// What it acts on.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.parts.iter().flat_map(|part| &part.targets)
    }

    /// The accounts and regions that it acts in, each once.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        super::scopes(self.targets())
    }

    /// What the journal says was done.
    #[must_use]
    pub fn verb(&self) -> String {
        format!("runbook {}", self.runbook)
    }
}

impl Runbook {
    /// Fills the runbook in for everything that is meant. `run` is what tells this run from every other.
    ///
    /// # Errors
    /// Nothing is launched if anything of it cannot be: one sentence per mistake, the same one once.
    pub fn launch(
        &self,
        run: &str,
        meant: &[Meant],
        given: &BTreeMap<String, String>,
        roster: &Roster,
    ) -> Result<Launch, Refusal> {
        let mut refused: Vec<String> = Vec::new();
        let mut say = |why: String| {
            if !refused.contains(&why) {
                refused.push(why);
            }
        };
        let mut parts: Vec<Part> = Vec::new();
        for one in meant {
            match self.plan(&one.facts, given) {
                Ok(plan) if plan.target.trim().is_empty() => {
                    say(format!("{}: it does not say what to act on", one.name));
                }
                Ok(plan) => match place(&plan.step, one.scope, roster) {
                    Ok(scope) => join(&mut parts, scope, plan, one),
                    Err(why) => say(why),
                },
                Err(Refusal(why)) if meant.len() == 1 => why.into_iter().for_each(&mut say),
                Err(Refusal(why)) => {
                    for why in why {
                        // What was entered is wrong for all of them alike.
                        let is_input = why.starts_with("input ") || why.contains("takes no input");
                        say(if is_input {
                            why
                        } else {
                            format!("{}: {why}", one.name)
                        });
                    }
                }
            }
        }
        if parts.is_empty() && refused.is_empty() {
            refused.push(format!("{}: there is nothing to run it for", self.name));
        }
        if !refused.is_empty() {
            return Err(Refusal(refused));
        }
        Ok(Launch {
            run: Arc::from(run),
            runbook: Arc::clone(&self.name),
            title: Arc::clone(&self.title),
            help: Arc::clone(&self.help),
            risk: self.risk,
            confirm: self.confirm.clone(),
            parts,
        })
    }
}

/// Where the call is made: where the target lives, or from where the runbook goes everywhere.
fn place(step: &Step, target: Scope, roster: &Roster) -> Result<Scope, String> {
    let Step::Automation {
        across: Some(across),
        ..
    } = step
    else {
        return Ok(target);
    };
    let is_named = |a: &&Account| a.name == across.from || *a.id.to_string() == *across.from;
    let from = roster.iter().find(is_named).ok_or_else(|| {
        format!(
            "it is started from account {}, which is not part of this fleet",
            across.from
        )
    })?;
    Ok(Scope {
        account: from.id,
        region: across.region.unwrap_or(target.region),
    })
}

/// Puts a plan to the part that it fits into, or makes one of its own.
fn join(parts: &mut Vec<Part>, scope: Scope, plan: Plan, one: &Meant) {
    let target = Target::new(one.scope, &plan.target);
    let (step, value) = without_each(plan.step);
    let known = parts.iter_mut().find(|p| p.targets.contains(&target));
    if let Some(part) = known.filter(|p| p.step == step || matches!(step, Step::Local { .. })) {
        // Two items about one machine: it is done once, and both are told.
        if !one.item.is_empty() && !part.items.contains(&one.item) {
            part.items.push(Arc::clone(&one.item));
        }
        return;
    }
    let room = match (&step, &value) {
        (Step::Command { .. }, _) => NODES,
        (Step::Automation { .. }, Some(_)) => usize::MAX,
        _ => 1,
    };
    let fits = |p: &&mut Part| p.scope == scope && p.step == step && p.targets.len() < room;
    let item = Some(&one.item).filter(|i| !i.is_empty()).cloned();
    match parts.iter_mut().find(fits) {
        Some(part) => {
            part.items.extend(item);
            part.targets.push(target);
            part.among.extend(value.map(|v| (one.scope, v)));
        }
        None => parts.push(Part {
            scope,
            items: item.into_iter().collect(),
            targets: vec![target],
            step,
            among: value.map(|v| (one.scope, v)).into_iter().collect(),
        }),
    }
}

/// A step without the parameter that takes one target at a time, and what it takes for this one.
fn without_each(mut step: Step) -> (Step, Option<String>) {
    let Step::Automation {
        parameters,
        each: Some(each),
        ..
    } = &mut step
    else {
        return (step, None);
    };
    let value = match parameters.get(&**each).map(Vec::as_slice) {
        Some([one]) => one.clone(),
        _ => return (step, None),
    };
    parameters.remove(&**each);
    (step, Some(value))
}

impl Part {
    /// The parameters with the value of the only target, where there is one; what remains is given by `among`.
    #[must_use]
    pub fn filled(&self) -> Step {
        let mut step = self.step.clone();
        if let (
            Step::Automation {
                parameters,
                each: Some(each),
                across: None,
                ..
            },
            [(_, value)],
        ) = (&mut step, self.among.as_slice())
        {
            parameters.insert(each.to_string(), vec![value.clone()]);
        }
        step
    }

    /// The targets by account and region, in their order.
    #[must_use]
    pub fn by_scope(&self) -> BTreeMap<Scope, Vec<&Target>> {
        let mut all: BTreeMap<Scope, Vec<&Target>> = BTreeMap::new();
        for target in &self.targets {
            all.entry(target.scope).or_default().push(target);
        }
        all
    }
}

#[cfg(test)]
mod tests;
