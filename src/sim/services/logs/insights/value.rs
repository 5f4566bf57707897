//! Values: what an expression of a query is for an event.

use std::cmp::Ordering;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value as Json;

use super::language::{Expr, Operator};
use crate::clock::Timestamp;

/// A value. Log events are text: what looks like a number is one where a number is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// None.
    Null,
    /// A number.
    Number(f64),
    /// A text.
    Text(Arc<str>),
    /// A moment, in milliseconds.
    Time(i64),
}

impl Value {
    /// As a text; a moment as Logs Insights writes it.
    pub fn text(&self) -> Arc<str> {
        match self {
            Self::Null => "".into(),
            Self::Number(number) => written(*number).into(),
            Self::Text(text) => text.clone(),
            Self::Time(millis) => Timestamp::from_millis(*millis)
                .to_jiff()
                .strftime("%Y-%m-%d %H:%M:%S%.3f")
                .to_string()
                .into(),
        }
    }

    /// As a number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a moment in milliseconds is exact"
            )]
            Self::Time(millis) => Some(*millis as f64),
            Self::Null => None,
        }
    }

    /// Whether there is one.
    pub const fn is_there(&self) -> bool {
        !matches!(self, Self::Null)
    }

    /// Whether a condition that has this value holds.
    pub fn holds(&self) -> bool {
        self.number().map_or_else(|| self.is_there(), |n| n != 0.0)
    }

    /// Numbers by their size, others by their letters; nothing comes first.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self.is_there(), other.is_there()) {
            (true, true) => {}
            (one, another) => return one.cmp(&another),
        }
        match (self.number(), other.number()) {
            (Some(one), Some(another)) => one.total_cmp(&another),
            _ => self.text().cmp(&other.text()),
        }
    }

    fn of(holds: bool) -> Self {
        Self::Number(f64::from(u8::from(holds)))
    }

    /// The value of a member of a JSON line.
    fn read(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            // From the user guide: true and false are 1 and 0.
            Json::Bool(is) => Self::of(*is),
            Json::Number(number) => number.as_f64().map_or(Self::Null, Self::Number),
            Json::String(text) => Self::Text(text.as_str().into()),
            json => Self::Text(json.to_string().into()),
        }
    }
}

/// A number with at most four digits behind the point.
fn written(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What fields have which values.
pub trait Fields {
    /// The value of a field; nothing where there is no such field.
    fn field(&self, name: &str) -> Value;
}

/// The member of a JSON line that a path such as `a.b.0` leads to.
pub fn member(json: &Json, path: &str) -> Value {
    if let Some(whole) = json.get(path) {
        return Value::read(whole);
    }
    let mut here = json;
    for step in path.split('.') {
        let next = match here {
            Json::Array(items) => step.parse().ok().and_then(|n: usize| items.get(n)),
            here => here.get(step),
        };
        match next {
            Some(next) => here = next,
            None => return Value::Null,
        }
    }
    Value::read(here)
}

impl Expr {
    /// Its value.
    pub fn value(&self, fields: &dyn Fields) -> Value {
        match self {
            Self::Field(name) => fields.field(name),
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(text.as_str().into()),
            Self::Regex(regex) => Value::Text(regex.as_str().into()),
            Self::Not(test) => Value::of(!test.value(fields).holds()),
            Self::In(of, among) => {
                let of = of.value(fields);
                Value::of(among.iter().any(|one| is(&of, &one.value(fields))))
            }
            Self::Two(left, operator, right) => two(left, *operator, right, fields),
            Self::Call(name, of) => call(name, of, fields),
        }
    }
}

fn is(one: &Value, other: &Value) -> bool {
    one.is_there() && other.is_there() && one.order(other).is_eq()
}

fn two(left: &Expr, operator: Operator, right: &Expr, fields: &dyn Fields) -> Value {
    let one = left.value(fields);
    match operator {
        Operator::And => return Value::of(one.holds() && right.value(fields).holds()),
        Operator::Or => return Value::of(one.holds() || right.value(fields).holds()),
        _ => {}
    }
    if let (Operator::Like | Operator::Is, Expr::Regex(regex)) = (operator, right) {
        return Value::of(one.is_there() && regex.is_match(&one.text()));
    }
    let other = right.value(fields);
    let both = one.is_there() && other.is_there();
    let ordered = |fits: fn(Ordering) -> bool| Value::of(both && fits(one.order(&other)));
    let counted = |count: fn(f64, f64) -> f64| match (one.number(), other.number()) {
        (Some(a), Some(b)) => {
            let number = count(a, b);
            if number.is_finite() {
                Value::Number(number)
            } else {
                Value::Null
            }
        }
        _ => Value::Null,
    };
    match operator {
        Operator::Or | Operator::And => Value::Null,
        Operator::Is => ordered(Ordering::is_eq),
        // What is not there is different from everything.
        Operator::IsNot => Value::of(!is(&one, &other)),
        Operator::Below => ordered(Ordering::is_lt),
        Operator::AtMost => ordered(Ordering::is_le),
        Operator::Above => ordered(Ordering::is_gt),
        Operator::AtLeast => ordered(Ordering::is_ge),
        Operator::Like => Value::of(both && one.text().contains(&*other.text())),
        Operator::Plus => counted(|a, b| a + b),
        Operator::Minus => counted(|a, b| a - b),
        Operator::Times => counted(|a, b| a * b),
        Operator::Over => counted(|a, b| a / b),
        Operator::Rest => counted(|a, b| a % b),
        Operator::Power => counted(f64::powf),
    }
}

/// The functions that have a value for each event. From the user guide, "Functions".
pub const FUNCTIONS: &[&str] = &[
    "abs",
    "bin",
    "ceil",
    "coalesce",
    "concat",
    "datefloor",
    "floor",
    "frommillis",
    "greatest",
    "isblank",
    "isempty",
    "ispresent",
    "least",
    "log",
    "ltrim",
    "replace",
    "rtrim",
    "sqrt",
    "strcontains",
    "strlen",
    "substr",
    "tolower",
    "tomillis",
    "toupper",
    "trim",
];

fn call(name: &str, of: &[Expr], fields: &dyn Fields) -> Value {
    let at = |n: usize| of.get(n).map_or(Value::Null, |expr| expr.value(fields));
    let all = || of.iter().map(|expr| expr.value(fields));
    let counted = |count: fn(f64) -> f64| {
        at(0)
            .number()
            .map_or(Value::Null, |n| Value::Number(count(n)))
    };
    let said = |say: &dyn Fn(&str) -> String| match at(0) {
        Value::Null => Value::Null,
        value => Value::Text(say(&value.text()).into()),
    };
    match name {
        "bin" => floor(&fields.field("@timestamp"), &at(0)),
        "datefloor" => floor(&at(0), &at(1)),
        "frommillis" => at(0).number().map_or(Value::Null, time),
        "tomillis" | "tonumber" => at(0).number().map_or(Value::Null, Value::Number),
        "abs" => counted(f64::abs),
        "ceil" => counted(f64::ceil),
        "floor" => counted(f64::floor),
        "sqrt" => counted(f64::sqrt),
        "log" => counted(f64::ln),
        "greatest" => all().max_by(Value::order).unwrap_or(Value::Null),
        "least" => all()
            .filter(Value::is_there)
            .min_by(Value::order)
            .unwrap_or(Value::Null),
        "coalesce" => all().find(Value::is_there).unwrap_or(Value::Null),
        "ispresent" => Value::of(at(0).is_there()),
        "isempty" => Value::of(at(0).text().is_empty()),
        "isblank" => Value::of(at(0).text().trim().is_empty()),
        "concat" => Value::Text(
            all()
                .map(|value| value.text().to_string())
                .collect::<String>()
                .into(),
        ),
        "strlen" => said(&|text| text.chars().count().to_string()),
        "strcontains" => Value::of(at(0).is_there() && at(0).text().contains(&*at(1).text())),
        "toupper" => said(&str::to_uppercase),
        "tolower" => said(&str::to_lowercase),
        "trim" => said(&|text| text.trim().to_owned()),
        "ltrim" => said(&|text| text.trim_start().to_owned()),
        "rtrim" => said(&|text| text.trim_end().to_owned()),
        "replace" => {
            let (from, to) = (at(1).text(), at(2).text());
            said(&|text| text.replace(&*from, &to))
        }
        "substr" => {
            let skip = index(&at(1)).unwrap_or(0);
            let take = index(&at(2)).unwrap_or(usize::MAX);
            said(&|text| text.chars().skip(skip).take(take).collect())
        }
        _ => Value::Null,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is looked at before"
)]
fn index(value: &Value) -> Option<usize> {
    value
        .number()
        .filter(|n| (0.0..1e9).contains(n))
        .map(|n| n as usize)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a moment in milliseconds fits"
)]
fn time(millis: f64) -> Value {
    Value::Time(millis as i64)
}

/// A moment rounded down to a span such as `5m`.
fn floor(at: &Value, span: &Value) -> Value {
    match (at.number(), millis(&span.text())) {
        (Some(at), Some(span)) => {
            let Value::Time(at) = time(at) else {
                return Value::Null;
            };
            Value::Time(at.div_euclid(span) * span)
        }
        _ => Value::Null,
    }
}

/// The length of a span. From the user guide: milliseconds, seconds, minutes, hours, days and weeks.
fn millis(span: &str) -> Option<i64> {
    let digits = span
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(span.len());
    let (count, unit) = span.split_at(digits);
    let unit = match unit {
        "ms" | "msec" => 1,
        "s" | "sec" | "second" | "seconds" => 1_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        "w" | "week" | "weeks" => 7 * 86_400_000,
        _ => return None,
    };
    count
        .parse::<i64>()
        .ok()
        .filter(|count| *count > 0)
        .and_then(|count| count.checked_mul(unit))
}

/// What a text has where a shape has its groups; nothing where it does not fit.
pub fn taken(shape: &Regex, text: &str) -> Vec<Value> {
    let Some(found) = shape.captures(text) else {
        return Vec::new();
    };
    let groups = shape.captures_len() - 1;
    (1..=groups)
        .map(|n| {
            found
                .get(n)
                .map_or(Value::Null, |part| Value::Text(part.as_str().into()))
        })
        .collect()
}
