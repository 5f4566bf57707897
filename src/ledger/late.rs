//! A book that is opened when it is first needed: finding the way to a table takes calls, and a console starts without
//! waiting for any.

use std::fmt;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::lifecycle::Entry;

use super::act::Act;
use super::book::{Answer, Book, Cursor, Miss, News, Trouble};

/// What opens the book; asked again after every failure.
pub type Opener = Box<dyn Fn() -> Answer<Result<Arc<dyn Book>, Trouble>> + Send + Sync>;

/// A book that may not be open yet. Cheap to clone.
#[derive(Clone)]
pub struct LateBook(Arc<Inner>);

struct Inner {
    place: String,
    open: Opener,
    book: OnceCell<Arc<dyn Book>>,
}

impl LateBook {
    /// A shared book that is at this place once it is open.
    #[must_use]
    pub fn new(place: String, open: Opener) -> Self {
        Self(Arc::new(Inner {
            place,
            open,
            book: OnceCell::new(),
        }))
    }
}

impl Inner {
    async fn book(&self) -> Result<&Arc<dyn Book>, Trouble> {
        self.book.get_or_try_init(|| (self.open)()).await
    }
}

impl fmt::Debug for LateBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LateBook({})", self.0.place)
    }
}

impl Book for LateBook {
    fn act(&self, acts: Vec<Act>) -> Answer<Vec<Result<Arc<Entry>, Miss>>> {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            match inner.book().await {
                Ok(book) => book.act(acts).await,
                Err(trouble) => vec![Err(Miss::Failed(trouble)); acts.len()],
            }
        })
    }

    fn news(&self, since: Cursor) -> Answer<Result<News, Trouble>> {
        let inner = Arc::clone(&self.0);
        Box::pin(async move { inner.book().await?.news(since).await })
    }

    fn place(&self) -> String {
        self.0.place.clone()
    }

    fn is_local(&self) -> bool {
        false
    }
}
