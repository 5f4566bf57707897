//! The source files as text: without comments, strings and unit tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One file of `src/`.
pub struct File {
    /// Its path below `src/`, with `/`.
    pub path: String,
    /// Its text as it is.
    pub text: String,
    /// Its code: comments, the contents of strings and unit tests are blanked out; lines keep their numbers.
    pub code: String,
}

impl File {
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: without_tests(&blank(text)),
        }
    }

    /// The top-level module it belongs to; `lib` and `main` for the roots.
    pub fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many modules deep it stands: 1 for `theme/mod.rs` and `clock.rs`, 2 for `theme/load.rs`.
    pub fn depth(&self) -> usize {
        let parts = self.path.split('/').count();
        parts - usize::from(self.path.ends_with("/mod.rs"))
    }

    /// The line of a byte of the code, 1-based.
    pub fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }

    /// Where a word stands in the code, not as a part of a longer word.
    pub fn find(&self, word: &str) -> Vec<usize> {
        let of_word = |c: char| c.is_alphanumeric() || c == '_';
        self.code
            .match_indices(word)
            .map(|(at, _)| at)
            .filter(|at| {
                let before = self.code[..*at].chars().next_back();
                let after = self.code[at + word.len()..].chars().next();
                let open = word.ends_with(['_', ':']);
                !before.is_some_and(of_word) && (open || !after.is_some_and(of_word))
            })
            .collect()
    }

    /// The top-level names that the file reaches: `crate::theme`, `crate::{clock, domain::Item}`, and
    /// `super::super::theme` where that climbs out of its own top-level module.
    pub fn reaches(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for at in self.find("crate::") {
            for name in first_names(&self.code[at + "crate::".len()..]) {
                found.push((name, at));
            }
        }
        for at in self.find("super::") {
            // Only the first of a chain counts.
            if self.code[..at].ends_with("super::") {
                continue;
            }
            let mut rest = &self.code[at..];
            let mut climbed = 0;
            while let Some(next) = rest.strip_prefix("super::") {
                climbed += 1;
                rest = next;
            }
            if climbed >= self.depth() {
                for name in first_names(rest) {
                    found.push((name, at));
                }
            }
        }
        found
    }
}

/// The first name of a path, or of every path in a group of braces.
fn first_names(rest: &str) -> Vec<String> {
    let rest = rest.trim_start();
    let name = |s: &str| -> String {
        s.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![name(rest)];
    };
    let mut names = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|n| !n.is_empty());
    names
}

/// The text with comments and the contents of strings and characters replaced by blanks.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut wipe = |from: usize, to: usize| {
        for byte in &mut out[from..to.min(bytes.len())] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"//") {
            let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            wipe(at, at + end);
            at += end;
        } else if rest.starts_with(b"/*") {
            let end = text[at..].find("*/").map_or(rest.len(), |e| e + 2);
            wipe(at, at + end);
            at += end;
        } else if let Some(hashes) = raw_string(rest) {
            let open = hashes + 2;
            let close = format!("\"{}", "#".repeat(hashes));
            let end = text[at + open..]
                .find(&close)
                .map_or(rest.len(), |e| open + e + close.len());
            wipe(at + open, at + end - close.len());
            at += end;
        } else if rest[0] == b'"' {
            let mut end = 1;
            while end < rest.len() && rest[end] != b'"' {
                end += if rest[end] == b'\\' { 2 } else { 1 };
            }
            wipe(at + 1, at + end);
            at += end + 1;
        } else if rest.starts_with(b"'\\") {
            let end = rest[2..]
                .iter()
                .skip(1)
                .position(|b| *b == b'\'')
                .map_or(2, |e| e + 3);
            wipe(at + 1, at + end);
            at += end + 1;
        } else if rest.len() > 2 && rest[0] == b'\'' && rest[1] != b'\'' {
            // A character, unless it is a lifetime: then no quote follows the next character.
            let c = text[at + 1..].chars().next().map_or(1, char::len_utf8);
            if rest.get(1 + c) == Some(&b'\'') {
                wipe(at + 1, at + 1 + c);
                at += c + 2;
            } else {
                at += 1;
            }
        } else {
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

fn raw_string(rest: &[u8]) -> Option<usize> {
    let after = rest.strip_prefix(b"r")?;
    let hashes = after.iter().take_while(|b| **b == b'#').count();
    (after.get(hashes) == Some(&b'"')).then_some(hashes)
}

/// The code without items under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(at) = out.find("#[cfg(test)]") {
        let rest = &out[at..];
        let ends = rest.find([';', '{']).unwrap_or(rest.len() - 1);
        let mut end = ends + 1;
        if rest.as_bytes()[ends] == b'{' {
            let mut depth = 0_i32;
            for (i, c) in rest[ends..].char_indices() {
                depth += match c {
                    '{' => 1,
                    '}' => -1,
                    _ => 0,
                };
                if depth == 0 {
                    end = ends + i + 1;
                    break;
                }
            }
        }
        let blanked: String = rest[..end]
            .chars()
            .map(|c| if c == '\n' { '\n' } else { ' ' })
            .collect();
        out.replace_range(at..at + end, &blanked);
    }
    out
}

/// The folder of the package.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder, sorted.
pub fn files_below(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    found
}

/// Every Rust file of `src/` but those that hold only unit tests.
pub fn all() -> Vec<File> {
    let src = root().join("src");
    files_below(&src)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .filter(|path| {
            !path
                .iter()
                .any(|part| part == "tests.rs" || part == "tests")
        })
        .map(|path| {
            let name = path
                .strip_prefix(&src)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            File::new(&name, &std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn comments_strings_and_unit_tests_do_not_count() {
    let file = File::new(
        "theme/load.rs",
        "// crate::app\nuse crate::{clock, domain::{Item, Kind}};\nlet s = \"crate::view\";\n\
         let r = r#\"crate::view \"# ; let c = '\"'; let l: &'a str = \"\\\"crate::view\";\n\
         /* crate::sim */ use super::super::keymap::Chord;\nuse super::style;\n\
         #[cfg(test)]\nmod tests { use crate::sim::World; fn x() { {} } }\nfn y() { crate::model::z(); }\n",
    );
    let reached: Vec<_> = file
        .reaches()
        .into_iter()
        .map(|(name, at)| (name, file.line(at)))
        .collect();
    let reached: Vec<_> = reached.iter().map(|(n, l)| (n.as_str(), *l)).collect();
    assert_eq!(
        reached,
        [("clock", 2), ("domain", 2), ("model", 9), ("keymap", 5)]
    );
}

#[test]
fn words_are_whole_words() {
    let file = File::new(
        "a.rs",
        "ratatui::x; my_ratatui; aws_sdk_ssm::y; SystemTime::nowhere()",
    );
    assert_eq!(file.find("ratatui").len(), 1);
    assert_eq!(file.find("aws_sdk_").len(), 1);
    assert_eq!(file.find("SystemTime::now").len(), 0);
}
