//! Links of the documentation lead somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::source;

/// Every page: those at the top of the project and those in `docs/`.
fn pages() -> Vec<PathBuf> {
    let root = source::root();
    let mut pages: Vec<PathBuf> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    pages.extend(source::files_below(&root.join("docs")));
    pages.retain(|path| path.extension().is_some_and(|e| e == "md"));
    pages
}

/// The text without what stands in code blocks and code spans.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            // Odd pieces stand between two backticks.
            for piece in line.split('`').step_by(2) {
                out.push_str(piece);
            }
            out.push('\n');
        }
    }
    out
}

/// Where the links and pictures of a page lead.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    let mut found = Vec::new();
    for (at, _) in prose.match_indices("](") {
        let rest = &prose[at + 2..];
        if let Some(end) = rest.find(')') {
            found.push(rest[..end].to_owned());
        }
    }
    found
}

/// The names of a page's headings, as links speak of them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let Some(heading) = line.strip_prefix('#').filter(|_| !fenced) else {
            continue;
        };
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        });
        found.insert(kept.collect());
    }
    found
}

/// Why a link of a page leads nowhere.
fn broken(page: &Path, target: &str) -> Option<String> {
    if target.starts_with("https://") {
        return None;
    }
    if target.contains("://") {
        return Some("only https leads out".to_owned());
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() {
        page.to_owned()
    } else {
        page.parent().unwrap().join(path)
    };
    if !file.exists() {
        return Some("there is no such file".to_owned());
    }
    if anchor.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    (!anchors(&text).contains(anchor)).then(|| "there is no such heading".to_owned())
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut links = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in targets(&text) {
            links += 1;
            if let Some(why) = broken(&page, &target) {
                wrong.push(format!("{}: {target}: {why}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(links > 20, "{links} links");
}

#[test]
fn links_are_read_as_readers_follow_them() {
    let text = "[a](b.md) `[no](x)` ![p](i.svg)\n```\n[no](y)\n```\n[c](d.md#e-f)\n";
    assert_eq!(targets(text), ["b.md", "i.svg", "d.md#e-f"]);
    let names = anchors("# Who is who\n```\n# no\n```\n## `ls`, then\n");
    assert_eq!(
        names,
        BTreeSet::from(["who-is-who", "ls-then"].map(str::to_owned))
    );
    let page = source::root().join("README.md");
    assert!(broken(&page, "nowhere.md").is_some());
    assert!(broken(&page, "CONTRIBUTING.md#nowhere").is_some());
    assert!(broken(&page, "CONTRIBUTING.md").is_none());
}
