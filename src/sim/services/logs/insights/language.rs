//! The language of Logs Insights, as far as the simulator understands it. From the user guide of CloudWatch Logs, "Logs
//! Insights QL".
//!
//! ```text
//! query    = command *( "|" command )               a line that begins with # is a comment
//! command  = "fields" named *( "," named ) | "display" … | "filter" expr | "parse" … | "stats" … "by" … | "sort" …
//!          | "limit" n | "dedup" …
//! named    = expr [ "as" name ]
//! expr     = or / and / not / comparison / sum / product / value, binding in this order
//! value    = number | text | field | "`" field "`" | function "(" … ")" | "(" expr ")"
//! ```

use regex::Regex;
use winnow::LocatingSlice;
use winnow::combinator::{
    alt, cut_err, delimited, not, opt, peek, preceded, repeat, separated, terminated,
};
use winnow::error::{ContextError, ErrMode};
use winnow::prelude::*;
use winnow::stream::Location;
use winnow::token::{any, none_of, one_of, take_till, take_while};

type Input<'a> = LocatingSlice<&'a str>;

/// A step of a query.
#[derive(Clone, Debug)]
pub enum Command {
    /// Shows these, and gives them names.
    Fields(Vec<Named>),
    /// Shows these and nothing else.
    Display(Vec<Named>),
    /// Goes on with what this holds of.
    Filter(Expr),
    /// Takes values out of a text.
    Parse {
        /// The text.
        from: Expr,
        /// Its shape, a group for each name.
        shape: Regex,
        /// What the values are called.
        names: Vec<String>,
    },
    /// Counts and calculates.
    Stats {
        /// What.
        functions: Vec<(Function, String)>,
        /// For each different value of these.
        by: Vec<Named>,
    },
    /// In this order; falling where true.
    Sort(Vec<(Expr, bool)>),
    /// So many at most.
    Limit(usize),
    /// One for each different value of these.
    Dedup(Vec<Expr>),
}

/// Something with a name; its own words where it was given none.
#[derive(Clone, Debug)]
pub struct Named {
    /// What.
    pub expr: Expr,
    /// Its name.
    pub name: String,
}

/// Something that is calculated over many events.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name in small letters.
    pub name: String,
    /// Of what; nothing is every event.
    pub of: Option<Expr>,
    /// The percentile of `pct`.
    pub at: f64,
}

/// Something that has a value for each event.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A field.
    Field(String),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A regular expression between slashes.
    Regex(Regex),
    /// Not so.
    Not(Box<Expr>),
    /// Two with an operator between them.
    Two(Box<Expr>, Operator, Box<Expr>),
    /// One of these.
    In(Box<Expr>, Vec<Expr>),
    /// A function.
    Call(String, Vec<Expr>),
}

/// What may stand between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `or`
    Or,
    /// `and`
    And,
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `like` and `=~`
    Like,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Over,
    /// `%`
    Rest,
    /// `^`
    Power,
}

/// What is wrong with a query, and where: the offsets of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// In a sentence.
    pub message: String,
    /// From here.
    pub from: usize,
    /// To here.
    pub to: usize,
}

/// Reads a query.
///
/// # Errors
/// What is not understood, and where it stands.
pub fn parse(text: &str) -> Result<Vec<Command>, Wrong> {
    let mut input = LocatingSlice::new(text);
    let commands = query.parse_next(&mut input).unwrap_or_default();
    let rest = input.current_token_start();
    // A bar is understood where a command follows.
    let open = text[..rest].trim_end().ends_with('|');
    if rest < text.len() || commands.is_empty() || open {
        let word = text[rest..].split_whitespace().next().unwrap_or_default();
        let (message, to) = if word.is_empty() {
            (
                "unexpected end of the query".to_owned(),
                text.chars().count(),
            )
        } else {
            let at = text[..rest].chars().count();
            (
                format!("unexpected symbol found {word} at position {at}"),
                at + word.chars().count(),
            )
        };
        return Err(Wrong {
            message,
            from: text[..rest].chars().count(),
            to,
        });
    }
    Ok(commands)
}

/// As far as it is understood: what could not be read is left in the input.
fn query(input: &mut Input<'_>) -> ModalResult<Vec<Command>> {
    let mut commands = vec![preceded(space, command).parse_next(input)?];
    loop {
        let before = *input;
        let next: ModalResult<_> = preceded((space, '|', space), command).parse_next(input);
        match next {
            Ok(command) => commands.push(command),
            Err(_) => {
                // The bar itself is understood, what follows is not.
                let mut bar = before;
                let is_bar: ModalResult<_> = (space, '|', space).parse_next(&mut bar);
                *input = if is_bar.is_ok() { bar } else { before };
                space.parse_next(input)?;
                return Ok(commands);
            }
        }
    }
}

/// White space and comments.
fn space(input: &mut Input<'_>) -> ModalResult<()> {
    repeat(
        0..,
        alt((
            one_of([' ', '\t', '\r', '\n']).void(),
            ('#', take_till(0.., '\n')).void(),
        )),
    )
    .parse_next(input)
}

fn spaced<'a, T>(
    parser: impl ModalParser<Input<'a>, T, ContextError>,
) -> impl ModalParser<Input<'a>, T, ContextError> {
    delimited(space, parser, space)
}

/// A word of the language, in capitals or not.
fn word<'a>(wanted: &'static str) -> impl ModalParser<Input<'a>, (), ContextError> {
    let letters = take_while(1.., |c: char| c.is_alphanumeric() || c == '_');
    spaced(letters.verify(move |found: &str| found.eq_ignore_ascii_case(wanted))).void()
}

fn command(input: &mut Input<'_>) -> ModalResult<Command> {
    alt((
        preceded(word("fields"), list(named)).map(Command::Fields),
        preceded(word("display"), list(named)).map(Command::Display),
        preceded(alt((word("filter"), word("where"))), expr).map(Command::Filter),
        parsed,
        stats,
        preceded(word("sort"), list(order)).map(Command::Sort),
        preceded(alt((word("limit"), word("head"))), spaced(whole)).map(Command::Limit),
        preceded(word("dedup"), list(value)).map(Command::Dedup),
    ))
    .parse_next(input)
}

fn list<'a, T>(
    one: impl ModalParser<Input<'a>, T, ContextError>,
) -> impl ModalParser<Input<'a>, Vec<T>, ContextError> {
    separated(1.., one, spaced(','))
}

fn named(input: &mut Input<'_>) -> ModalResult<Named> {
    let (expr, words) = preceded(space, expr.with_taken()).parse_next(input)?;
    let name = opt(preceded(word("as"), spaced(name))).parse_next(input)?;
    let own = || match &expr {
        Expr::Field(name) => name.clone(),
        _ => words.trim().to_owned(),
    };
    Ok(Named {
        name: name.unwrap_or_else(own),
        expr,
    })
}

fn order(input: &mut Input<'_>) -> ModalResult<(Expr, bool)> {
    let by = expr.parse_next(input)?;
    let falls = opt(alt((word("desc").value(true), word("asc").value(false)))).parse_next(input)?;
    Ok((by, falls.unwrap_or(false)))
}

fn whole(input: &mut Input<'_>) -> ModalResult<usize> {
    take_while(1.., |c: char| c.is_ascii_digit())
        .try_map(str::parse)
        .parse_next(input)
}

fn parsed(input: &mut Input<'_>) -> ModalResult<Command> {
    word("parse").parse_next(input)?;
    let from = opt(spaced(field)).parse_next(input)?;
    let from = Expr::Field(from.unwrap_or_else(|| "@message".to_owned()));
    if let Some(shape) = opt(spaced(regex)).parse_next(input)? {
        let names = shape.capture_names().flatten().map(str::to_owned).collect();
        return Ok(Command::Parse { from, shape, names });
    }
    let glob = spaced(text).parse_next(input)?;
    let names: Vec<String> = preceded(word("as"), list(spaced(name))).parse_next(input)?;
    let parts: Vec<String> = glob.split('*').map(regex::escape).collect();
    let (last, others) = parts.split_last().map_or(("", &[][..]), |(l, o)| (l, o));
    let mut pattern = String::from("(?s)");
    for part in others {
        pattern.push_str(part);
        pattern.push_str("(.*?)");
    }
    // The last star takes what is left.
    if last.is_empty() && pattern.ends_with("(.*?)") {
        pattern.truncate(pattern.len() - 2);
        pattern.push(')');
    }
    pattern.push_str(last);
    if others.len() != names.len() {
        return Err(ErrMode::Cut(ContextError::new()));
    }
    let shape = Regex::new(&pattern).map_err(|_| ErrMode::Cut(ContextError::new()))?;
    Ok(Command::Parse { from, shape, names })
}

fn stats(input: &mut Input<'_>) -> ModalResult<Command> {
    word("stats").parse_next(input)?;
    let functions = list(function).parse_next(input)?;
    let by = opt(preceded(word("by"), list(named))).parse_next(input)?;
    Ok(Command::Stats {
        functions,
        by: by.unwrap_or_default(),
    })
}

const FUNCTIONS: &[&str] = &[
    "count",
    "count_distinct",
    "sum",
    "avg",
    "min",
    "max",
    "pct",
    "percentile",
    "median",
    "stddev",
    "earliest",
    "latest",
    "sortsfirst",
    "sortslast",
];

fn function(input: &mut Input<'_>) -> ModalResult<(Function, String)> {
    let (function, words) = preceded(space, called.with_taken()).parse_next(input)?;
    let name = opt(preceded(word("as"), spaced(name))).parse_next(input)?;
    Ok((function, name.unwrap_or_else(|| words.trim().to_owned())))
}

fn called(input: &mut Input<'_>) -> ModalResult<Function> {
    let name = take_while(1.., |c: char| c.is_alphanumeric() || c == '_')
        .verify(|name: &str| FUNCTIONS.contains(&name.to_ascii_lowercase().as_str()))
        .parse_next(input)?;
    spaced('(').parse_next(input)?;
    let of = opt(alt(('*'.value(None), expr.map(Some)))).parse_next(input)?;
    let at = opt(preceded(spaced(','), number)).parse_next(input)?;
    preceded(space, ')').parse_next(input)?;
    Ok(Function {
        name: name.to_ascii_lowercase(),
        of: of.flatten(),
        at: at.unwrap_or(50.0),
    })
}

fn expr(input: &mut Input<'_>) -> ModalResult<Expr> {
    chain(input, all, word("or").value(Operator::Or))
}

fn all(input: &mut Input<'_>) -> ModalResult<Expr> {
    chain(input, one, word("and").value(Operator::And))
}

fn chain<'a>(
    input: &mut Input<'a>,
    mut one: impl FnMut(&mut Input<'a>) -> ModalResult<Expr>,
    mut between: impl ModalParser<Input<'a>, Operator, ContextError>,
) -> ModalResult<Expr> {
    let mut left = one(input)?;
    while let Some(operator) = opt(between.by_ref()).parse_next(input)? {
        let right = one(input)?;
        left = Expr::Two(Box::new(left), operator, Box::new(right));
    }
    Ok(left)
}

fn one(input: &mut Input<'_>) -> ModalResult<Expr> {
    if opt(word("not")).parse_next(input)?.is_some() {
        return Ok(Expr::Not(Box::new(one(input)?)));
    }
    let left = sum(input)?;
    let negated = opt(terminated(
        word("not"),
        peek(alt((word("like"), word("in")))),
    ))
    .parse_next(input)?
    .is_some();
    let says = |test: Expr| {
        if negated {
            Expr::Not(Box::new(test))
        } else {
            test
        }
    };
    if opt(word("in")).parse_next(input)?.is_some() {
        let among = delimited(spaced('['), list(value), spaced(']')).parse_next(input)?;
        return Ok(says(Expr::In(Box::new(left), among)));
    }
    let between = alt((
        word("like").value(Operator::Like),
        spaced("=~").value(Operator::Like),
        spaced("!=").value(Operator::IsNot),
        spaced("<=").value(Operator::AtMost),
        spaced(">=").value(Operator::AtLeast),
        spaced("=").value(Operator::Is),
        spaced("<").value(Operator::Below),
        spaced(">").value(Operator::Above),
    ));
    let Some(operator) = opt(between).parse_next(input)? else {
        return Ok(left);
    };
    let right = alt((spaced(regex).map(Expr::Regex), sum)).parse_next(input)?;
    Ok(says(Expr::Two(Box::new(left), operator, Box::new(right))))
}

fn sum(input: &mut Input<'_>) -> ModalResult<Expr> {
    let sign = alt(('+'.value(Operator::Plus), '-'.value(Operator::Minus)));
    chain(input, product, spaced(sign))
}

fn product(input: &mut Input<'_>) -> ModalResult<Expr> {
    let sign = alt((
        '*'.value(Operator::Times),
        '/'.value(Operator::Over),
        '%'.value(Operator::Rest),
        '^'.value(Operator::Power),
    ));
    chain(input, value, spaced(sign))
}

fn value(input: &mut Input<'_>) -> ModalResult<Expr> {
    preceded(
        space,
        alt((
            delimited('(', spaced(expr), ')'),
            text.map(Expr::Text),
            span.map(Expr::Text),
            number.map(Expr::Number),
            call,
            field.map(Expr::Field),
        )),
    )
    .parse_next(input)
}

fn call(input: &mut Input<'_>) -> ModalResult<Expr> {
    let name = terminated(
        take_while(1.., |c: char| c.is_alphanumeric() || c == '_'),
        '(',
    )
    .verify(|name: &str| super::value::FUNCTIONS.contains(&name.to_ascii_lowercase().as_str()))
    .parse_next(input)?
    .to_ascii_lowercase();
    let of = terminated(
        separated(0.., alt((regex.map(Expr::Regex), expr)), spaced(',')),
        (space, ')'),
    )
    .parse_next(input)?;
    Ok(Expr::Call(name, of))
}

/// A span such as `5m`, kept as it is written: only `bin` and `datefloor` read it.
fn span(input: &mut Input<'_>) -> ModalResult<String> {
    (
        take_while(1.., |c: char| c.is_ascii_digit()),
        take_while(1.., |c: char| c.is_ascii_alphabetic()),
    )
        .take()
        .map(str::to_owned)
        .parse_next(input)
}

fn number(input: &mut Input<'_>) -> ModalResult<f64> {
    let digits = || take_while(1.., |c: char| c.is_ascii_digit());
    terminated(
        (opt('-'), digits(), opt(('.', digits()))).take(),
        not(one_of(|c: char| c.is_alphanumeric())),
    )
    .try_map(str::parse)
    .parse_next(input)
}

fn text(input: &mut Input<'_>) -> ModalResult<String> {
    let quoted = |quote: char| {
        delimited(
            quote,
            repeat(0.., alt((preceded('\\', any), none_of([quote, '\\'])))).fold(
                String::new,
                |mut text, c| {
                    text.push(c);
                    text
                },
            ),
            cut_err(quote),
        )
    };
    alt((quoted('"'), quoted('\''))).parse_next(input)
}

fn regex(input: &mut Input<'_>) -> ModalResult<Regex> {
    let inside = repeat(0.., alt((('\\', any).take(), none_of(['/', '\\']).take()))).fold(
        String::new,
        |mut text: String, part: &str| {
            text.push_str(if part == r"\/" { "/" } else { part });
            text
        },
    );
    delimited('/', inside, '/')
        .try_map(|text| Regex::new(&text))
        .parse_next(input)
}

/// The name of a field: with an @ before it or not, members divided by dots; anything between backticks.
fn field(input: &mut Input<'_>) -> ModalResult<String> {
    const WORDS: &[&str] = &["as", "by", "and", "or", "not", "like", "in", "desc", "asc"];
    alt((
        delimited('`', take_till(1.., '`'), '`').map(str::to_owned),
        (
            opt('@'),
            one_of(|c: char| c.is_alphabetic() || c == '_'),
            take_while(0.., |c: char| c.is_alphanumeric() || "_.@:".contains(c)),
        )
            .take()
            .verify(|name: &str| !WORDS.contains(&name.to_ascii_lowercase().as_str()))
            .map(str::to_owned),
    ))
    .parse_next(input)
}

fn name(input: &mut Input<'_>) -> ModalResult<String> {
    alt((
        field,
        take_while(1.., |c: char| c.is_alphanumeric() || c == '_').map(str::to_owned),
    ))
    .parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_guide_shows_is_understood() {
        for query in [
            "fields @timestamp, @message | sort @timestamp desc | limit 20",
            "filter @type = \"REPORT\" | stats max(@memorySize / 1000 / 1000) as provisionedMemoryMB, min(@maxMemoryUsed / 1000 / 1000) as smallest",
            "stats avg(@duration), max(@duration), min(@duration) by bin(5m)",
            "fields @message | parse @message \"user=*, method:*, latency := *\" as @user, @method, @latency | stats avg(@latency) by @method, @user",
            r"fields @message | parse @message /(?<NetworkInterface>eni-.*?) / | display NetworkInterface, @message",
            "filter @message like /(?i)exception/ and not (statusCode in [200, 204])",
            "filter srcPort = 22 or dstPort != 443 | stats sum(bytes) as b by srcAddr, dstAddr | sort b desc | limit 10",
            "fields strcontains(@message, 'x') as c # a comment\n| filter c = 1",
            "fields concat(a, ' ', b) as ab, `a-b`, coalesce(x.y.0, z) | dedup ab",
            "stats pct(@duration, 99), count(*) as n by bin(30s) as t, level",
            "filter userIdentity.arn not like \"root\" | stats count() by eventName",
        ] {
            assert!(parse(query).is_ok(), "{query}: {:?}", parse(query));
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (query, message, from) in [
            ("", "unexpected end of the query", 0),
            ("fields @timestamp |", "unexpected end of the query", 19),
            (
                "flelds x",
                "unexpected symbol found flelds at position 0",
                0,
            ),
            (
                "fields a | sort",
                "unexpected symbol found sort at position 11",
                11,
            ),
            ("limit x", "unexpected symbol found limit at position 0", 0),
        ] {
            let wrong = parse(query).unwrap_err();
            assert_eq!(wrong.message, message, "{query}");
            assert_eq!(wrong.from, from, "{query}");
        }
    }

    #[test]
    fn things_are_called_as_they_are_written() {
        let commands = parse("stats count(*), avg( a.b ) as x by bin(5m), level").unwrap();
        let [Command::Stats { functions, by }] = &commands[..] else {
            panic!("one command");
        };
        let names: Vec<&str> = functions.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["count(*)", "x"]);
        assert_eq!(by[0].name, "bin(5m)");
        assert_eq!(by[1].name, "level");
    }
}
