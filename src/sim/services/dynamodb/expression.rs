//! What expressions say: paths, conditions, updates.

use super::attribute::Attribute;

/// One step of a path into an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An attribute, or a member of a map.
    Member(String),
    /// An element of a list.
    Element(usize),
}

/// A path into an item: `detail.tags[2]`.
pub type Path = Vec<Step>;

/// A side of a comparison, or the argument of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// What stands there in the item.
    Path(Path),
    /// What the caller gave.
    Value(Attribute),
    /// How much stands there.
    Size(Path),
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// One of both.
    Or(Box<Condition>, Box<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// A comparison.
    Compare(Operand, &'static str, Operand),
    /// Between two, both included.
    Between(Operand, Operand, Operand),
    /// One of several.
    In(Operand, Vec<Operand>),
    /// Whether something stands there.
    Exists(Path, bool),
    /// Whether what stands there has this type.
    Type(Path, Operand),
    /// Whether it begins so.
    Begins(Operand, Operand),
    /// Whether it contains that.
    Contains(Operand, Operand),
}

/// What a SET writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// What the caller gave.
    Value(Attribute),
    /// What stands elsewhere.
    Path(Path),
    /// What stands there, or else something.
    Else(Path, Box<Source>),
    /// One list after the other.
    Append(Box<Source>, Box<Source>),
    /// A sum; `true` for a difference.
    Sum(Box<Source>, bool, Box<Source>),
}

/// One action of an update.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Writes.
    Set(Path, Source),
    /// Removes.
    Remove(Path),
    /// Adds to a number or a set.
    Add(Path, Attribute),
    /// Takes from a set.
    Delete(Path, Attribute),
}

impl Action {
    /// Where it acts.
    pub fn path(&self) -> &Path {
        match self {
            Self::Set(path, _)
            | Self::Remove(path)
            | Self::Add(path, _)
            | Self::Delete(path, _) => path,
        }
    }
}
