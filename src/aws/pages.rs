//! Pages: how lists are followed to their end, by token and never around in circles.

use crate::domain::{Fault, FaultKind};

use super::classify::make;
use super::ops::Op;

/// The most pages of one asking; more is a service that repeats itself. One hundred records per page: a million.
const PAGES_MAX: u32 = 10_000;

/// Follows page tokens: by token, not by count; an empty one ends; a repeated one is a fault and not a silent end.
///
/// ```text
/// let mut pages = Pages::default();
/// while pages.more() {
///     let out = … .set_next_token(pages.token()) …;
///     ask.page(…).await;
///     pages.turn(&OP, out.next_token)?;
/// }
/// ```
#[derive(Debug, Default)]
pub struct Pages {
    token: Option<String>,
    read: u32,
    done: bool,
}

impl Pages {
    /// Whether another page has to be asked for.
    #[must_use]
    pub const fn more(&self) -> bool {
        !self.done
    }

    /// The token of that page.
    #[must_use]
    pub fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Notes the token that came with a page.
    ///
    /// # Errors
    /// When it is the one that was just used: the answer would never end, and what follows is unknown.
    pub fn turn(&mut self, op: &Op, next: Option<String>) -> Result<(), Fault> {
        self.read += 1;
        let next = next.filter(|token| !token.is_empty());
        if next.is_none() {
            self.done = true;
        } else if next == self.token || self.read >= PAGES_MAX {
            return Err(make(
                FaultKind::Malformed,
                None,
                format!(
                    "{op} gave the same page token again after {} pages.",
                    self.read
                ),
                "The list would be incomplete; noctop keeps what it had and asks again.",
            ));
        }
        self.token = next;
        Ok(())
    }
}

/// Gathers what the pages of a list hold, of so many pages at most.
///
/// # Errors
/// What went wrong with a page, or that the list never ends.
pub async fn gather<T, F>(
    op: &Op,
    most: u32,
    mut page: impl FnMut(Option<String>) -> F,
) -> Result<Vec<T>, Fault>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), Fault>>,
{
    let mut all = Vec::new();
    let mut pages = Pages::default();
    while pages.more() && pages.read < most {
        let (items, next) = page(pages.token()).await?;
        all.extend(items);
        pages.turn(op, next)?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::ops::DESCRIBE_ALARMS;

    #[test]
    fn pages_are_followed_by_token_and_never_around_in_circles() {
        let mut pages = Pages::default();
        for token in ["a", "b", "c"] {
            assert!(pages.more());
            pages.turn(&DESCRIBE_ALARMS, Some(token.into())).unwrap();
            assert_eq!(pages.token().as_deref(), Some(token));
        }
        let mut circle = Pages {
            token: Some("c".into()),
            ..Pages::default()
        };
        let fault = circle.turn(&DESCRIBE_ALARMS, Some("c".into())).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Malformed);
        assert!(fault.message.contains("DescribeAlarms"), "{fault}");
        pages.turn(&DESCRIBE_ALARMS, Some(String::new())).unwrap();
        assert!(!pages.more());
    }

    #[tokio::test]
    async fn a_list_is_gathered_page_by_page_and_no_further_than_wanted() {
        let page = |token: Option<String>| async move {
            let number: u32 = token.map_or(0, |token| token.parse().unwrap());
            let next = (number < 4).then(|| (number + 1).to_string());
            // The third page is empty, which ends nothing.
            let items = if number == 2 { vec![] } else { vec![number] };
            Ok((items, next))
        };
        let all = gather(&DESCRIBE_ALARMS, u32::MAX, page).await.unwrap();
        assert_eq!(all, [0, 1, 3, 4]);
        let some = gather(&DESCRIBE_ALARMS, 2, page).await.unwrap();
        assert_eq!(some, [0, 1]);
    }
}
