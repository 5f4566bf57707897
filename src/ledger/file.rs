//! The ledger in a file: the default, for one operator or for all operators of one machine.

use std::path::Path;
use std::sync::Arc;

use crate::lifecycle::Entry;

use super::act::Act;
use super::book::{Answer, Book, Cursor, Miss, News, Trouble};
use super::keeper::Keeper;

/// A book in a SQLite file. Several processes may have the same one open.
#[derive(Clone, Debug)]
pub struct FileBook {
    keeper: Keeper,
}

impl FileBook {
    /// The book in this file; the file is made when it is first needed.
    ///
    /// # Errors
    /// The system gives no thread. What is wrong with the file shows in the first answer.
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        Ok(Self {
            keeper: Keeper::start(path)?,
        })
    }
}

impl Book for FileBook {
    fn act(&self, acts: Vec<Act>) -> Answer<Vec<Result<Arc<Entry>, Miss>>> {
        let many = acts.len();
        let written = self.keeper.ask(move |shelf| shelf.act(&acts));
        Box::pin(async move {
            match written.await {
                Ok(decided) => decided
                    .into_iter()
                    .map(|one| one.map_err(Miss::Refused))
                    .collect(),
                Err(trouble) => vec![Err(Miss::Failed(trouble)); many],
            }
        })
    }

    fn news(&self, since: Cursor) -> Answer<Result<News, Trouble>> {
        self.keeper.ask(move |shelf| shelf.news(since))
    }

    fn place(&self) -> String {
        self.keeper.path().display().to_string()
    }

    fn is_local(&self) -> bool {
        true
    }
}
