//! The library of queries: those that come with noctop, and the operator's own file beside the configuration.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::QUERY_MAX;

/// The queries that come with noctop.
const SHIPPED: &str = include_str!("../../../queries/common.toml");

/// A query with a name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// What it is about, in a line.
    pub title: String,
    /// The groups it is meant for: names, ARNs, names with `*`. None: whichever are chosen.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The query.
    pub query: String,
}

/// Queries by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Library(BTreeMap<String, Saved>);

impl Library {
    /// The queries that come with noctop.
    #[must_use]
    pub fn shipped() -> Self {
        // A test reads it, so that it cannot be wrong.
        Self::default().and(SHIPPED).unwrap_or_default()
    }

    /// With the queries of a file; those of the same name are replaced.
    ///
    /// # Errors
    /// What is wrong with the file, with its line.
    pub fn and(mut self, text: &str) -> Result<Self, String> {
        let more: BTreeMap<String, Saved> =
            toml::from_str(text).map_err(|why| why.to_string().trim_end().to_owned())?;
        for (name, saved) in &more {
            if saved.query.trim().is_empty() || saved.query.chars().count() > QUERY_MAX {
                return Err(format!(
                    "[{name}]: query must have 1 to {QUERY_MAX} characters"
                ));
            }
        }
        self.0.extend(more);
        Ok(self)
    }

    /// The query of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Saved> {
        self.0.get(name)
    }

    /// All of them in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Saved)> {
        self.0.iter().map(|(name, saved)| (name.as_str(), saved))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_noctop_is_whole() {
        let shipped = Library::default().and(SHIPPED).unwrap();
        assert!(shipped.iter().count() >= 10);
        assert!(shipped.get("errors").unwrap().query.contains("@message"));
    }

    #[test]
    fn an_own_query_replaces_and_a_wrong_one_is_told_with_its_line() {
        let own = "[errors]\ntitle = \"Mine\"\nquery = \"limit 1\"";
        let library = Library::shipped().and(own).unwrap();
        assert_eq!(library.get("errors").unwrap().query, "limit 1");
        assert!(library.get("volume").is_some());
        let wrong = Library::shipped()
            .and("[a]\ntitle = \"x\"\nqeury = \"y\"")
            .unwrap_err();
        assert!(wrong.contains("qeury") && wrong.contains('3'), "{wrong}");
        let empty = Library::shipped()
            .and("[a]\ntitle = \"x\"\nquery = \" \"")
            .unwrap_err();
        assert!(empty.contains("[a]"), "{empty}");
    }
}
