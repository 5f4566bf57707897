//! Sequences of chords as a tree: lookup, merge and walk.

use std::collections::BTreeMap;

use super::chord::Chord;
use super::{Binding, Bound, Layer};

/// What follows a chord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// The sequence ends: in a binding, or in nothing where it was unbound.
    Leaf(Option<Binding>),
    /// More chords follow.
    Branch(Branch),
}

/// The chords that may come next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Branch(pub(super) BTreeMap<Chord, Node>);

/// What a sequence of chords means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<'k> {
    /// This.
    Found(&'k Binding),
    /// Nothing yet: these may follow.
    Prefix(Vec<Continuation<'k>>),
    /// Nothing.
    Nothing,
}

/// A chord that may follow, for the popup that shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Continuation<'k> {
    /// What to press next.
    pub chord: Chord,
    /// Where it leads.
    pub leads: Leads<'k>,
}

/// Where a chord leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads<'k> {
    /// To a command.
    To(&'k Binding),
    /// To this many further chords.
    Further(usize),
}

/// Why a sequence could not be added to a file's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    /// It is there already.
    Twice,
    /// It begins with a shorter sequence, so it could never be finished: that one, by its number of chords.
    Unreachable(usize),
    /// A longer sequence begins with it, so that one could never be finished.
    Hides(Vec<Chord>),
}

impl Branch {
    /// Adds a sequence; what is there already stays in a conflict.
    pub(super) fn insert(
        &mut self,
        chords: &[Chord],
        leaf: Option<Binding>,
    ) -> Result<(), Conflict> {
        let Some((last, path)) = chords.split_last() else {
            return Ok(());
        };
        let mut branch = self;
        for (depth, chord) in path.iter().enumerate() {
            let node = branch
                .0
                .entry(*chord)
                .or_insert_with(|| Node::Branch(Self::default()));
            match node {
                Node::Branch(next) => branch = next,
                Node::Leaf(_) => return Err(Conflict::Unreachable(depth + 1)),
            }
        }
        match branch.0.get(last) {
            None => {
                branch.0.insert(*last, Node::Leaf(leaf));
                Ok(())
            }
            Some(Node::Leaf(_)) => Err(Conflict::Twice),
            Some(Node::Branch(further)) => {
                let mut longer = chords.to_vec();
                longer.extend(further.first_sequence());
                Err(Conflict::Hides(longer))
            }
        }
    }

    fn first_sequence(&self) -> Vec<Chord> {
        let Some((chord, node)) = self.0.first_key_value() else {
            return Vec::new();
        };
        let mut sequence = vec![*chord];
        if let Node::Branch(next) = node {
            sequence.extend(next.first_sequence());
        }
        sequence
    }

    /// Lays `over` on top: its leaves replace what is there, its branches are merged chord by chord.
    pub(super) fn merge(&mut self, over: Self) {
        for (chord, node) in over.0 {
            match (self.0.get_mut(&chord), node) {
                (Some(Node::Branch(below)), Node::Branch(above)) => below.merge(above),
                (_, node) => {
                    self.0.insert(chord, node);
                }
            }
        }
    }

    fn get(&self, chords: &[Chord]) -> Option<&Node> {
        let (first, rest) = chords.split_first()?;
        let node = self.0.get(first)?;
        match node {
            _ if rest.is_empty() => Some(node),
            Node::Branch(next) => next.get(rest),
            Node::Leaf(_) => None,
        }
    }

    fn size(&self) -> usize {
        let of = |node: &Node| match node {
            Node::Leaf(Some(_)) => 1,
            Node::Leaf(None) => 0,
            Node::Branch(next) => next.size(),
        };
        self.0.values().map(of).sum()
    }

    /// Every binding below this branch.
    pub(super) fn collect(&self, layer: Layer, path: &mut Vec<Chord>, into: &mut Vec<Bound>) {
        for (chord, node) in &self.0 {
            path.push(*chord);
            match node {
                Node::Leaf(Some(binding)) => into.push(Bound {
                    layer,
                    chords: path.clone(),
                    binding: binding.clone(),
                }),
                Node::Leaf(None) => {}
                Node::Branch(next) => next.collect(layer, path, into),
            }
            path.pop();
        }
    }
}

/// What `chords` mean in the first of `layers` that knows them; what may follow is gathered from all of them.
pub(super) fn lookup<'k>(layers: impl Iterator<Item = &'k Branch>, chords: &[Chord]) -> Lookup<'k> {
    let mut following: Vec<&'k Branch> = Vec::new();
    for layer in layers {
        match layer.get(chords) {
            None => {}
            Some(Node::Branch(next)) => following.push(next),
            // A shorter sequence of an outer layer cannot be meant while an inner one waits for more.
            Some(Node::Leaf(_)) if !following.is_empty() => break,
            Some(Node::Leaf(Some(binding))) => return Lookup::Found(binding),
            Some(Node::Leaf(None)) => return Lookup::Nothing,
        }
    }
    let mut seen: BTreeMap<Chord, &'k Node> = BTreeMap::new();
    for branch in following {
        for (chord, node) in &branch.0 {
            seen.entry(*chord).or_insert(node);
        }
    }
    let continuations: Vec<Continuation<'k>> = seen
        .into_iter()
        .filter_map(|(chord, node)| {
            let leads = match node {
                Node::Leaf(Some(binding)) => Leads::To(binding),
                Node::Leaf(None) => return None,
                Node::Branch(next) => Leads::Further(next.size()),
            };
            (leads != Leads::Further(0)).then_some(Continuation { chord, leads })
        })
        .collect();
    if continuations.is_empty() {
        Lookup::Nothing
    } else {
        Lookup::Prefix(continuations)
    }
}
