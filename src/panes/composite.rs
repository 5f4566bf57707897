//! The children of a composite alarm as a tree, each with the state that noctop knows of it.

use crate::clock::Timestamp;
use crate::domain::alarm::AlarmWatch;
use crate::domain::rule::children;
use crate::domain::text::age;
use crate::domain::{Detail, ItemKey, Kind, Scope};
use crate::store::Store;
use crate::theme::Role;

use super::cells;
use super::facts::Facts;

/// Levels below the alarm that are told; a composite alarm may stand on others, and those on others.
const DEEPEST: usize = 4;
/// Lines at most: a rule may name a hundred alarms (CloudWatch quotas).
const MOST: usize = 40;

/// Tells the children of a rule, and theirs.
pub(super) fn tell(facts: &mut Facts, rule: &str, here: Scope, store: &Store, now: Timestamp) {
    let mut tree = Tree {
        store,
        now,
        lines: Vec::new(),
        left: 0,
    };
    tree.grow(rule, here, &mut Vec::new(), "");
    let mut label = "children";
    for (text, role) in tree.lines {
        facts.add_as(label, text, role);
        label = "";
    }
    if tree.left > 0 {
        facts.add_as("", format!("and {} more", tree.left), Role::TextDim);
    }
}

struct Tree<'a> {
    store: &'a Store,
    now: Timestamp,
    lines: Vec<(String, Role)>,
    left: usize,
}

impl Tree<'_> {
    /// `above` are the rules on the way down: what names itself again is told and not followed.
    fn grow(&mut self, rule: &str, here: Scope, above: &mut Vec<String>, indent: &str) {
        let all = children(rule, here);
        let last = all.len().saturating_sub(1);
        for (at, child) in all.into_iter().enumerate() {
            if self.lines.len() >= MOST {
                self.left += 1;
                continue;
            }
            let (branch, below) = if at == last {
                ("└ ", "  ")
            } else {
                ("├ ", "│ ")
            };
            let key = ItemKey {
                kind: Kind::Alarm,
                scope: child.scope,
                id: child.name.as_str().into(),
            };
            let elsewhere = if child.scope == here {
                String::new()
            } else {
                format!(" · {}", child.scope)
            };
            let row = self.store.find(&key).and_then(|id| self.store.row(id));
            let Some(row) = row else {
                let text = format!(
                    "{indent}{branch}{} {}{elsewhere} · not known to noctop",
                    child.wants, child.name
                );
                self.lines.push((text, Role::TextDim));
                continue;
            };
            let item = row.item();
            let since = age(self.now.since(item.opened));
            // What the rule waits for and what is: both, because a child that is OK may be what it asks for.
            let text = format!(
                "{indent}{branch}{} {}{elsewhere} · is {} for {since}",
                child.wants, child.name, item.native_state
            );
            let role = if *item.native_state == *"ALARM" {
                cells::severity_role(row.severity())
            } else {
                Role::DetailValue
            };
            self.lines.push((text, role));
            if let Detail::Alarm(detail) = &item.detail
                && let AlarmWatch::Composite(rule) = &detail.terms.watch
                && above.len() + 1 < DEEPEST
                && !above.contains(&child.name)
            {
                above.push(child.name.clone());
                let rule = rule.to_string();
                self.grow(&rule, child.scope, above, &format!("{indent}{below}"));
                above.pop();
            }
        }
    }
}
