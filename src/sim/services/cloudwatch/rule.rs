//! The rule of a composite alarm: `ALARM("a") AND (OK(b) OR NOT INSUFFICIENT_DATA(c))`.

use super::alarm::State;

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// `TRUE` or `FALSE`.
    Fixed(bool),
    /// An alarm, by name, in a state.
    Is(State, String),
    /// Not so.
    Not(Box<Rule>),
    /// All of them.
    And(Vec<Rule>),
    /// Any of them.
    Or(Vec<Rule>),
    /// At least so many of the alarms in (or, when the flag is false, not in) a state.
    AtLeast(usize, bool, State, Vec<String>),
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader {
            rest: text,
            depth: 0,
        };
        let rule = reader.or()?;
        reader.skip();
        if reader.rest.is_empty() {
            Ok(rule)
        } else {
            Err(format!("unexpected '{}'", reader.rest))
        }
    }

    /// Whether the rule holds when `state` tells the state of every alarm.
    pub fn holds(&self, state: &impl Fn(&str) -> Option<State>) -> bool {
        match self {
            Self::Fixed(b) => *b,
            Self::Is(wanted, name) => state(name) == Some(*wanted),
            Self::Not(rule) => !rule.holds(state),
            Self::And(rules) => rules.iter().all(|r| r.holds(state)),
            Self::Or(rules) => rules.iter().any(|r| r.holds(state)),
            Self::AtLeast(n, is, wanted, names) => {
                names
                    .iter()
                    .filter(|name| (state(name) == Some(*wanted)) == *is)
                    .count()
                    >= *n
            }
        }
    }

    /// The names of the alarms it looks at, each once.
    #[must_use]
    pub fn children(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect(&mut names);
        names.sort_unstable();
        names.dedup();
        names
    }

    fn collect<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Fixed(_) => {}
            Self::Is(_, name) => names.push(name),
            Self::Not(rule) => rule.collect(names),
            Self::And(rules) | Self::Or(rules) => rules.iter().for_each(|r| r.collect(names)),
            Self::AtLeast(_, _, _, all) => names.extend(all.iter().map(String::as_str)),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: u8,
}

impl<'a> Reader<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip();
        let Some(rest) = self.rest.strip_prefix(token) else {
            return false;
        };
        let word = token.ends_with(|c: char| c.is_ascii_alphabetic());
        if word && rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            return false;
        }
        self.rest = rest;
        true
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) {
            Ok(())
        } else {
            Err(format!("expected '{token}' before '{}'", self.rest))
        }
    }

    fn or(&mut self) -> Result<Rule, String> {
        let mut rules = vec![self.and()?];
        while self.take("OR") {
            rules.push(self.and()?);
        }
        Ok(if rules.len() == 1 {
            rules.remove(0)
        } else {
            Rule::Or(rules)
        })
    }

    fn and(&mut self) -> Result<Rule, String> {
        let mut rules = vec![self.term()?];
        while self.take("AND") {
            rules.push(self.term()?);
        }
        Ok(if rules.len() == 1 {
            rules.remove(0)
        } else {
            Rule::And(rules)
        })
    }

    fn term(&mut self) -> Result<Rule, String> {
        self.depth += 1;
        if self.depth > 100 {
            return Err("it is nested too deeply".to_owned());
        }
        let rule = if self.take("NOT") {
            Rule::Not(Box::new(self.term()?))
        } else if self.take("TRUE") {
            Rule::Fixed(true)
        } else if self.take("FALSE") {
            Rule::Fixed(false)
        } else if self.take("AT_LEAST") {
            self.at_least()?
        } else if let Some(state) = self.state() {
            self.expect("(")?;
            let name = self.name()?;
            self.expect(")")?;
            Rule::Is(state, name)
        } else {
            self.expect("(")?;
            let rule = self.or()?;
            self.expect(")")?;
            rule
        };
        self.depth -= 1;
        Ok(rule)
    }

    fn state(&mut self) -> Option<State> {
        [
            ("ALARM", State::Alarm),
            ("OK", State::Ok),
            ("INSUFFICIENT_DATA", State::NoData),
        ]
        .into_iter()
        .find_map(|(word, state)| self.take(word).then_some(state))
    }

    fn at_least(&mut self) -> Result<Rule, String> {
        self.expect("(")?;
        self.skip();
        let digits: String = self.rest.chars().take_while(char::is_ascii_digit).collect();
        self.rest = &self.rest[digits.len()..];
        let percent = self.take("%");
        let n: usize = digits
            .parse()
            .map_err(|_| format!("expected a number before '{}'", self.rest))?;
        self.expect(",")?;
        let is = !self.take("NOT");
        let state = self
            .state()
            .ok_or_else(|| format!("expected a state before '{}'", self.rest))?;
        self.expect(",")?;
        self.expect("(")?;
        let mut names = vec![self.name()?];
        while self.take(",") {
            names.push(self.name()?);
        }
        self.expect(")")?;
        self.expect(")")?;
        let n = if percent {
            (n * names.len()).div_ceil(100)
        } else {
            n
        };
        Ok(Rule::AtLeast(n, is, state, names))
    }

    /// A name, bare or in quotes, or an ARN that ends with one.
    fn name(&mut self) -> Result<String, String> {
        self.skip();
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let name = match quote {
            Some(quote) => {
                let inner = &self.rest[1..];
                let end = inner.find(quote).ok_or("a name lacks its closing quote")?;
                self.rest = &inner[end + 1..];
                &inner[..end]
            }
            None => {
                let end = self
                    .rest
                    .find([')', ','])
                    .ok_or("a name lacks its closing parenthesis")?;
                let name = self.rest[..end].trim();
                self.rest = &self.rest[end..];
                name
            }
        };
        if name.is_empty() {
            return Err("a name is empty".to_owned());
        }
        Ok(name
            .split_once(":alarm:")
            .filter(|_| name.starts_with("arn:"))
            .map_or(name, |(_, n)| n)
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(rule: &str) -> bool {
        let state = |name: &str| match name.chars().next()? {
            'a' => Some(State::Alarm),
            'o' => Some(State::Ok),
            'n' => Some(State::NoData),
            _ => None,
        };
        Rule::parse(rule).unwrap().holds(&state)
    }

    #[test]
    fn rules_bind_as_aws_binds_them() {
        assert!(holds("ALARM(a)"));
        assert!(holds("ALARM(\"a b\") AND OK('o)')"));
        assert!(holds("OK(a) AND OK(a) OR ALARM(a)"));
        assert!(!holds("OK(a) AND (OK(a) OR ALARM(a))"));
        assert!(holds(
            "NOT OK(arn:aws:cloudwatch:eu-west-1:111111111111:alarm:a) AND TRUE"
        ));
        assert!(holds("AT_LEAST(2, ALARM, (a1, a2, o))"));
        assert!(!holds("AT_LEAST(50%, NOT ALARM, (a1, a2, o))"));
        assert!(!holds("ALARM(unknown)"));
    }

    #[test]
    fn broken_rules_are_refused_in_words() {
        for rule in [
            "",
            "ALARM",
            "ALARM(a",
            "ALARM(a) OK(b)",
            "ALARM()",
            "ALARMX(a)",
            &"(".repeat(500),
        ] {
            assert!(Rule::parse(rule).is_err(), "{rule}");
        }
    }
}
