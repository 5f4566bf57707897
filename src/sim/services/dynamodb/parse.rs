//! Expressions, read with their placeholders.

use super::attribute::{Attribute, invalid};
use super::expression::{Action, Condition, Operand, Path, Source, Step};
use super::placeholders::Placeholders;
use super::token::{Token, is_reserved, split};
use crate::sim::services::Refusal;

/// A reader of one expression.
struct Reader<'a> {
    kind: &'static str,
    tokens: Vec<Token>,
    at: usize,
    given: &'a Placeholders,
}

impl<'a> Reader<'a> {
    fn new(kind: &'static str, text: &str, given: &'a Placeholders) -> Result<Self, Refusal> {
        if text.trim().is_empty() {
            return Err(invalid(format!(
                "Invalid {kind}: The expression can not be empty;"
            )));
        }
        let tokens = split(text).map_err(|odd| {
            invalid(format!(
                "Invalid {kind}: Syntax error; token: \"{odd}\", near: \"{odd}\""
            ))
        })?;
        Ok(Self {
            kind,
            tokens,
            at: 0,
            given,
        })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// A complaint about the token that stands `back` before the next.
    fn odd(&self, back: usize) -> Refusal {
        let at = self.at.saturating_sub(back);
        let text = |n: usize| {
            self.tokens
                .get(n)
                .map_or_else(|| "<EOF>".to_owned(), Token::text)
        };
        let near: Vec<String> = (at.saturating_sub(1)..=at + 1)
            .filter_map(|n| self.tokens.get(n).map(Token::text))
            .collect();
        invalid(format!(
            "Invalid {}: Syntax error; token: \"{}\", near: \"{}\"",
            self.kind,
            text(at),
            near.join(" ")
        ))
    }

    fn takes(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(there);
        there
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let there = self.peek().is_some_and(|t| t.is(word));
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, sign: &str) -> Result<(), Refusal> {
        if self.takes(sign) {
            Ok(())
        } else {
            Err(self.odd(0))
        }
    }

    fn end(&self) -> Result<(), Refusal> {
        if self.at >= self.tokens.len() {
            Ok(())
        } else {
            Err(self.odd(0))
        }
    }

    fn member(&mut self) -> Result<String, Refusal> {
        match self.next() {
            Some(Token::Name(key)) => {
                let name = self.given.name(&key).ok_or_else(|| {
                    invalid(format!(
                        "Invalid {}: An expression attribute name used in the document path is not defined; attribute name: {key}",
                        self.kind
                    ))
                })?;
                Ok(name.clone())
            }
            Some(Token::Word(word)) if is_reserved(&word) => Err(invalid(format!(
                "Invalid {}: Attribute name is a reserved keyword; reserved keyword: {word}",
                self.kind
            ))),
            Some(Token::Word(word)) => Ok(word),
            _ => Err(self.odd(1)),
        }
    }

    fn path(&mut self) -> Result<Path, Refusal> {
        let mut path = vec![Step::Member(self.member()?)];
        loop {
            if self.takes(".") {
                path.push(Step::Member(self.member()?));
            } else if self.takes("[") {
                let Some(Token::Index(n)) = self.next() else {
                    return Err(self.odd(1));
                };
                self.expect("]")?;
                path.push(Step::Element(n));
            } else {
                return Ok(path);
            }
        }
    }

    fn value(&mut self) -> Result<Option<Attribute>, Refusal> {
        let Some(Token::Value(key)) = self.peek().cloned() else {
            return Ok(None);
        };
        self.at += 1;
        let value = self.given.value(&key).ok_or_else(|| {
            invalid(format!(
                "Invalid {}: An expression attribute value used in expression is not defined; attribute value: {key}",
                self.kind
            ))
        })?;
        Ok(Some(value.clone()))
    }

    /// The name of a function, when one is called here.
    fn function(&mut self) -> Option<String> {
        let (Some(Token::Word(name)), Some(Token::Sign("("))) =
            (self.tokens.get(self.at), self.tokens.get(self.at + 1))
        else {
            return None;
        };
        let name = name.clone();
        self.at += 2;
        Some(name)
    }

    fn unknown_function(&self, name: &str) -> Refusal {
        invalid(format!(
            "Invalid {}: Invalid function name; function: {name}",
            self.kind
        ))
    }

    fn operand(&mut self) -> Result<Operand, Refusal> {
        if let Some(value) = self.value()? {
            return Ok(Operand::Value(value));
        }
        match self.function() {
            Some(name) if name == "size" => {
                let path = self.path()?;
                self.expect(")")?;
                Ok(Operand::Size(path))
            }
            Some(name) => Err(self.unknown_function(&name)),
            None => Ok(Operand::Path(self.path()?)),
        }
    }

    fn either(&mut self) -> Result<Condition, Refusal> {
        let mut all = self.both()?;
        while self.takes_word("OR") {
            all = Condition::Or(Box::new(all), Box::new(self.both()?));
        }
        Ok(all)
    }

    fn both(&mut self) -> Result<Condition, Refusal> {
        let mut all = self.single()?;
        while self.takes_word("AND") {
            all = Condition::And(Box::new(all), Box::new(self.single()?));
        }
        Ok(all)
    }

    fn single(&mut self) -> Result<Condition, Refusal> {
        if self.takes_word("NOT") {
            return Ok(Condition::Not(Box::new(self.single()?)));
        }
        if self.takes("(") {
            let inner = self.either()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let before = self.at;
        if let Some(name) = self.function() {
            if name != "size" {
                return self.test(&name);
            }
            self.at = before;
        }
        let left = self.operand()?;
        if self.takes_word("BETWEEN") {
            let low = self.operand()?;
            if !self.takes_word("AND") {
                return Err(self.odd(0));
            }
            let high = self.operand()?;
            if let (Operand::Value(low), Operand::Value(high)) = (&low, &high)
                && low.order(high) == Some(std::cmp::Ordering::Greater)
            {
                return Err(invalid(format!(
                    "Invalid {}: The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
                    self.kind
                )));
            }
            return Ok(Condition::Between(left, low, high));
        }
        if self.takes_word("IN") {
            self.expect("(")?;
            let mut all = vec![self.operand()?];
            while self.takes(",") {
                all.push(self.operand()?);
            }
            self.expect(")")?;
            return Ok(Condition::In(left, all));
        }
        match self.next() {
            Some(Token::Sign(sign @ ("=" | "<>" | "<" | "<=" | ">" | ">="))) => {
                Ok(Condition::Compare(left, sign, self.operand()?))
            }
            _ => Err(self.odd(1)),
        }
    }

    fn test(&mut self, name: &str) -> Result<Condition, Refusal> {
        let condition = match name {
            "attribute_exists" => Condition::Exists(self.path()?, true),
            "attribute_not_exists" => Condition::Exists(self.path()?, false),
            "attribute_type" | "begins_with" | "contains" => {
                let left = self.operand()?;
                self.expect(",")?;
                let right = self.operand()?;
                match (name, left) {
                    ("attribute_type", Operand::Path(path)) => Condition::Type(path, right),
                    ("attribute_type", _) => return Err(self.odd(1)),
                    ("begins_with", left) => Condition::Begins(left, right),
                    (_, left) => Condition::Contains(left, right),
                }
            }
            _ => return Err(self.unknown_function(name)),
        };
        self.expect(")")?;
        Ok(condition)
    }

    fn sum(&mut self) -> Result<Source, Refusal> {
        let left = self.term()?;
        let minus = if self.takes("+") {
            false
        } else if self.takes("-") {
            true
        } else {
            return Ok(left);
        };
        let right = self.term()?;
        for side in [&left, &right] {
            if let Source::Value(value) = side
                && !matches!(value, Attribute::N(_))
            {
                return Err(invalid(format!(
                    "Invalid {}: Incorrect operand type for operator or function; operator or function: {}, operand type: {}",
                    self.kind,
                    if minus { "-" } else { "+" },
                    value.kind()
                )));
            }
        }
        Ok(Source::Sum(Box::new(left), minus, Box::new(right)))
    }

    fn term(&mut self) -> Result<Source, Refusal> {
        if let Some(value) = self.value()? {
            return Ok(Source::Value(value));
        }
        if self.takes("(") {
            let inner = self.sum()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let source = match self.function() {
            None => return Ok(Source::Path(self.path()?)),
            Some(name) if name == "if_not_exists" => {
                let path = self.path()?;
                self.expect(",")?;
                Source::Else(path, Box::new(self.term()?))
            }
            Some(name) if name == "list_append" => {
                let first = self.term()?;
                self.expect(",")?;
                Source::Append(Box::new(first), Box::new(self.term()?))
            }
            Some(name) => return Err(self.unknown_function(&name)),
        };
        self.expect(")")?;
        Ok(source)
    }

    fn operand_of(
        &mut self,
        clause: &str,
        fits: fn(&Attribute) -> bool,
    ) -> Result<Attribute, Refusal> {
        let value = self.value()?.ok_or_else(|| self.odd(0))?;
        if fits(&value) {
            return Ok(value);
        }
        Err(invalid(format!(
            "Invalid {}: Incorrect operand type for operator or function; operator: {clause}, operand type: {}",
            self.kind,
            long_name(value.kind())
        )))
    }
}

fn long_name(kind: &str) -> &str {
    match kind {
        "S" => "STRING",
        "N" => "NUMBER",
        "B" => "BINARY",
        "BOOL" => "BOOLEAN",
        "L" => "LIST",
        "M" => "MAP",
        other => other,
    }
}

/// Reads a condition or a filter; `kind` is the member it stands in.
pub fn condition(
    kind: &'static str,
    text: &str,
    given: &Placeholders,
) -> Result<Condition, Refusal> {
    let mut reader = Reader::new(kind, text, given)?;
    let condition = reader.either()?;
    reader.end()?;
    Ok(condition)
}

/// Reads a list of paths.
pub fn projection(text: &str, given: &Placeholders) -> Result<Vec<Path>, Refusal> {
    let mut reader = Reader::new("ProjectionExpression", text, given)?;
    let mut all = vec![reader.path()?];
    while reader.takes(",") {
        all.push(reader.path()?);
    }
    reader.end()?;
    disjoint("ProjectionExpression", &all.iter().collect::<Vec<_>>())?;
    Ok(all)
}

/// Reads an update.
pub fn update(text: &str, given: &Placeholders) -> Result<Vec<Action>, Refusal> {
    const KIND: &str = "UpdateExpression";
    const CLAUSES: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];
    let mut reader = Reader::new(KIND, text, given)?;
    let mut seen = Vec::new();
    let mut all = Vec::new();
    while reader.peek().is_some() {
        let Some(clause) = CLAUSES.into_iter().find(|c| reader.takes_word(c)) else {
            return Err(reader.odd(0));
        };
        if seen.contains(&clause) {
            return Err(invalid(format!(
                "Invalid {KIND}: The \"{clause}\" section can only be used once in an update expression;"
            )));
        }
        seen.push(clause);
        loop {
            let path = reader.path()?;
            all.push(match clause {
                "SET" => {
                    reader.expect("=")?;
                    Action::Set(path, reader.sum()?)
                }
                "REMOVE" => Action::Remove(path),
                "ADD" => {
                    let fits = |v: &Attribute| matches!(v, Attribute::N(_) | Attribute::Set(..));
                    Action::Add(path, reader.operand_of("ADD", fits)?)
                }
                _ => {
                    let fits = |v: &Attribute| matches!(v, Attribute::Set(..));
                    Action::Delete(path, reader.operand_of("DELETE", fits)?)
                }
            });
            if !reader.takes(",") {
                break;
            }
        }
    }
    disjoint(KIND, &all.iter().map(Action::path).collect::<Vec<_>>())?;
    Ok(all)
}

/// Refuses two paths of which one lies within the other.
fn disjoint(kind: &str, all: &[&Path]) -> Result<(), Refusal> {
    for (n, one) in all.iter().enumerate() {
        for other in &all[..n] {
            let shared = one.len().min(other.len());
            if one[..shared] == other[..shared] {
                return Err(invalid(format!(
                    "Invalid {kind}: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {}, path two: {}",
                    written(other),
                    written(one)
                )));
            }
        }
    }
    Ok(())
}

fn written(path: &Path) -> String {
    let steps: Vec<String> = path
        .iter()
        .map(|step| match step {
            Step::Member(name) => name.clone(),
            Step::Element(n) => format!("[{n}]"),
        })
        .collect();
    format!("[{}]", steps.join(", "))
}
