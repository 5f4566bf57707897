//! The commands of a query, as far as noctop has to know them: where they begin, and what is a comment.

use std::ops::Range;

/// The commands of a query, each with the bar before it. A bar in quotes or in a regular expression divides nothing.
#[must_use]
pub fn commands(text: &str) -> Vec<Range<usize>> {
    let mut commands = Vec::new();
    let mut from = 0;
    scan(text, |at, c| {
        if c == '|' && at > 0 {
            commands.push(from..at);
            from = at;
        }
        true
    });
    commands.push(from..text.len());
    commands
}

/// The query without its comments on one line: a comment would hide everything behind it there.
#[must_use]
pub fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut from = 0;
    let mut comment = false;
    scan(text, |at, c| {
        match c {
            '#' if !comment => {
                line.push_str(&text[from..at]);
                comment = true;
            }
            '\n' if comment => {
                comment = false;
                from = at;
            }
            _ => {}
        }
        !comment
    });
    if !comment {
        line.push_str(&text[from..]);
    }
    let words: Vec<&str> = line
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    words.join(" ")
}

/// Calls for every character outside quotes and regular expressions; those may begin while the answer is yes.
fn scan(text: &str, mut outside: impl FnMut(usize, char) -> bool) {
    let mut quote = None;
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some(_) if c == '\\' => {
                chars.next();
            }
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None => {
                let may_open = outside(at, c);
                // A slash between two values divides; one that begins a word begins a regular expression.
                let begins = before.is_whitespace() || "(,=~".contains(before);
                let goes_on = chars.peek().is_some_and(|(_, next)| !next.is_whitespace());
                let is_open = matches!(c, '"' | '\'') || (c == '/' && begins && goes_on);
                quote = (is_open && may_open).then_some(c);
            }
        }
        before = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        commands(text)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn bars_in_quotes_and_expressions_divide_nothing_and_a_division_is_none() {
        assert_eq!(parts("fields a | sort b"), ["fields a ", "| sort b"]);
        assert_eq!(
            parts("filter a like /x|y/ | limit 1"),
            ["filter a like /x|y/ ", "| limit 1"]
        );
        assert_eq!(parts("filter a = \"x\\\"|y\" | limit 1").len(), 2);
        assert_eq!(parts("stats sum(b)/1000 as k | limit 1").len(), 2);
        assert_eq!(parts("stats sum(b) / 1000 as k | limit 1").len(), 2);
    }

    #[test]
    fn comments_are_left_out_of_one_line() {
        let text = "# what\nfields a # it's\n| filter b = '#'\n| sort a";
        assert_eq!(on_one_line(text), "fields a | filter b = '#' | sort a");
        assert_eq!(on_one_line("limit 1"), "limit 1");
    }
}
