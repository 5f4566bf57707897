//! Shapes: lines whose writers everybody knows, shown as columns.

mod flow;
mod lambda;
mod trail;
mod waf;

use super::ink::Piece;
use super::json;

pub use flow::FlowFormat;

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A VPC flow log.
    Flow,
    /// CloudTrail.
    Trail,
    /// The web application firewall.
    Waf,
    /// Lambda about a run of a function.
    Lambda,
    /// JSON of anybody else.
    Json,
    /// Text.
    Text,
}

impl Shape {
    /// The word in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Flow => "vpc-flow",
            Self::Trail => "cloudtrail",
            Self::Waf => "waf",
            Self::Lambda => "lambda",
            Self::Json => "json",
            Self::Text => "text",
        }
    }
}

/// A cell of a recognised line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it is.
    pub name: &'static str,
    /// How wide it is where lines stand below each other; 0 for the last, which takes what is left.
    pub width: usize,
    /// What it says.
    pub piece: Piece,
}

/// Who wrote this line, and what it says as columns where that is known.
#[must_use]
pub fn of(line: &[u8], flow: &FlowFormat) -> (Shape, Vec<Column>) {
    if let Some(json) = json::part(line) {
        if json.first() == Some(&b'{') {
            if let Some(columns) = trail::columns(json) {
                return (Shape::Trail, columns);
            }
            if let Some(columns) = waf::columns(json) {
                return (Shape::Waf, columns);
            }
            if let Some(columns) = lambda::json_columns(json) {
                return (Shape::Lambda, columns);
            }
        }
        return (Shape::Json, Vec::new());
    }
    if let Some(columns) = lambda::columns(line) {
        return (Shape::Lambda, columns);
    }
    flow.columns(line)
        .map_or((Shape::Text, Vec::new()), |columns| (Shape::Flow, columns))
}

fn cell(name: &'static str, width: usize, piece: Piece) -> Column {
    Column { name, width, piece }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::is_hostile;
    use proptest::prelude::*;

    /// The columns that are not empty, as `name=text`.
    pub(super) fn told(line: &str) -> (Shape, Vec<String>) {
        let (shape, columns) = of(line.as_bytes(), &FlowFormat::default());
        let told = columns.iter().filter(|c| !c.piece.text.is_empty());
        (
            shape,
            told.map(|c| format!("{}={}", c.name, c.piece.text))
                .collect(),
        )
    }

    #[test]
    fn what_nobody_knows_is_text_or_json() {
        assert_eq!(told("hello").0, Shape::Text);
        assert_eq!(told("{\"a\":1}").0, Shape::Json);
        assert_eq!(told("{\"eventName\":1}").0, Shape::Json);
        assert_eq!(told("").0, Shape::Text);
    }

    proptest! {
        #[test]
        fn any_line_is_taken_without_harm(line in any::<String>()) {
            let (_, columns) = of(line.as_bytes(), &FlowFormat::default());
            for column in columns {
                prop_assert!(!column.piece.text.chars().any(is_hostile));
            }
        }
    }
}
