//! The words of an expression.

use std::sync::LazyLock;

/// One word of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A name, a keyword or a function.
    Word(String),
    /// `#name`.
    Name(String),
    /// `:value`.
    Value(String),
    /// A whole number, as in `list[3]`.
    Index(usize),
    /// `=`, `<>`, `(`, …
    Sign(&'static str),
}

impl Token {
    /// As it was written.
    pub fn text(&self) -> String {
        match self {
            Self::Word(text) | Self::Name(text) | Self::Value(text) => text.clone(),
            Self::Index(n) => n.to_string(),
            Self::Sign(text) => (*text).to_owned(),
        }
    }

    /// Whether it is this keyword; their case does not matter.
    pub fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

const SIGNS: &[&str] = &[
    "<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-",
];

/// Takes an expression apart; fails with the text that fits nowhere.
pub fn split(text: &str) -> Result<Vec<Token>, String> {
    let mut all = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |from: usize| {
            let long = rest[from..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(rest.len() - from);
            &rest[..from + long]
        };
        let taken = if first == '#' || first == ':' {
            let name = word(1);
            if name.len() == 1 {
                return Err(name.to_owned());
            }
            all.push(if first == '#' {
                Token::Name(name.to_owned())
            } else {
                Token::Value(name.to_owned())
            });
            name.len()
        } else if first.is_ascii_digit() {
            let digits = word(0);
            all.push(Token::Index(digits.parse().map_err(|_| digits.to_owned())?));
            digits.len()
        } else if first.is_ascii_alphabetic() || first == '_' {
            let name = word(0);
            all.push(Token::Word(name.to_owned()));
            name.len()
        } else if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
            all.push(Token::Sign(sign));
            sign.len()
        } else {
            return Err(first.to_string());
        };
        rest = rest[taken..].trim_start();
    }
    Ok(all)
}

/// Whether a word may not stand for an attribute.
pub fn is_reserved(word: &str) -> bool {
    static RESERVED: LazyLock<Vec<&str>> = LazyLock::new(|| {
        include_str!("reserved.txt")
            .split_ascii_whitespace()
            .collect()
    });
    RESERVED.binary_search(&&*word.to_ascii_uppercase()).is_ok()
}
