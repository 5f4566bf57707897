//! One request on its way through a service.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::{Operation, Paging, Refusal, Service};
use crate::clock::Timestamp;
use crate::sim::route::Caller;
use crate::sim::wire::{Protocol, Value, is_empty, text};
use crate::sim::world::{Estate, Site, World};

/// One request on its way through a service.
#[derive(Debug)]
pub struct Call<'a> {
    /// The world it is asked in.
    pub world: &'a World,
    /// The service it is for.
    pub service: &'static Service,
    /// The operation it asks for.
    pub operation: &'static Operation,
    /// The protocol it came in.
    pub protocol: Protocol,
    /// Who asks.
    pub caller: Caller,
    /// The region of the credential scope.
    pub region: Arc<str>,
    /// What it says, under the names on the wire.
    pub input: Value,
    /// Whether every second item of a batch is to be left undone.
    pub half: bool,
    /// The world's time at which it is answered.
    pub now: Timestamp,
}

impl Call<'_> {
    /// The id of the account that is asked.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.caller.account
    }

    /// A member of the input; [`Value::Null`] when absent.
    #[must_use]
    pub fn arg(&self, name: &str) -> &Value {
        self.input.at(name)
    }

    /// A text of the input; an empty one counts as absent.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.arg(name).as_str().filter(|text| !text.is_empty())
    }

    /// A text that [`Operation::required`] guarantees.
    #[must_use]
    pub fn needed(&self, name: &str) -> &str {
        self.arg(name).as_str().unwrap_or_default()
    }

    /// An ARN of the asked account and region.
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            self.world.partition(),
            self.region,
            self.account()
        )
    }

    /// Looks at, or changes, what a service keeps in the asked account and region.
    pub fn estate<S: Estate, R>(&self, look: impl FnOnce(&mut S, &Site, Timestamp) -> R) -> R {
        self.world.estate(self.account(), &self.region, look)
    }

    /// A refusal in the service's own code for bad input.
    #[must_use]
    pub fn invalid(&self, message: impl Into<String>) -> Refusal {
        Refusal::new(self.service.dialect.invalid, message)
    }

    /// Checks what the operation's table row says: required members and the page size.
    pub(in crate::sim) fn check(&self) -> Result<(), Refusal> {
        let missing: Vec<String> = self
            .operation
            .required
            .iter()
            .filter(|name| match self.arg(name) {
                Value::List(_) | Value::Map(_) => false,
                value => is_empty(value),
            })
            .map(|name| constraint("null", name, "Member must not be null"))
            .collect();
        if !missing.is_empty() {
            return Err(self.invalid(violations(&missing)));
        }
        let Some(paging) = self.operation.page else {
            return Ok(());
        };
        let given = self.arg(paging.size);
        if paging.size.is_empty() || given.is_null() {
            return Ok(());
        }
        let Some(size) = given.as_int() else {
            return Err(Refusal::new(
                "SerializationException",
                format!("{} must be a number", paging.size),
            ));
        };
        let (min, max) = paging.range;
        let rule = match usize::try_from(size) {
            Ok(size) if size > max => format!("Member must have value less than or equal to {max}"),
            Ok(size) if size >= min => return Ok(()),
            _ => format!("Member must have value greater than or equal to {min}"),
        };
        Err(self.invalid(violations(&[constraint(
            &format!("'{size}'"),
            paging.size,
            &rule,
        )])))
    }

    /// The page that is asked for. Fails on a token that this operation did not hand out for the
    /// same filters in the same account and region.
    pub fn page(&self) -> Result<Page, Refusal> {
        let paging = self.operation.page.unwrap_or(Paging {
            size: "",
            token: "",
            range: (1, 1000),
            default: 1000,
        });
        let size = self
            .arg(paging.size)
            .as_int()
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(paging.default);
        let seal = self.seal(&paging);
        let cursor = match self.text(paging.token) {
            None => None,
            Some(token) => Some(open(token, seal).ok_or_else(|| {
                Refusal::new(
                    self.service.dialect.bad_token,
                    format!("The token '{token}' is invalid"),
                )
            })?),
        };
        Ok(Page { size, cursor, seal })
    }

    /// What a token is bound to: operation, account, region and every member but the paging ones.
    fn seal(&self, paging: &Paging) -> u64 {
        let mut hasher = DefaultHasher::new();
        (
            self.service.name,
            self.operation.name,
            self.account(),
            &*self.region,
        )
            .hash(&mut hasher);
        for (name, value) in self.input.members() {
            if name != paging.size && name != paging.token && !value.is_null() {
                (&**name, format!("{value:?}")).hash(&mut hasher);
            }
        }
        hasher.finish()
    }
}

fn violations(all: &[String]) -> String {
    let (n, s) = (all.len(), if all.len() == 1 { "" } else { "s" });
    format!("{n} validation error{s} detected: {}", all.join("; "))
}

fn constraint(value: &str, member: &str, rule: &str) -> String {
    let mut name = member.to_owned();
    if let Some(first) = name.get_mut(0..1) {
        first.make_ascii_lowercase();
    }
    format!("Value {value} at '{name}' failed to satisfy constraint: {rule}")
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// At most so many items.
    pub size: usize,
    /// Where the page before this one ended: what that one passed to [`Page::token`].
    pub cursor: Option<String>,
    seal: u64,
}

impl Page {
    /// The token for the page that begins after `cursor`. Opaque to the client.
    #[must_use]
    pub fn token(&self, cursor: &str) -> String {
        let mut bytes = self.seal.to_be_bytes().to_vec();
        bytes.extend_from_slice(cursor.as_bytes());
        text::base64(&bytes)
    }

    /// The items of this page and the token of the next, by position. Right for lists that do not
    /// change while they are read; others keep a key in the token.
    pub fn cut<T>(&self, all: impl IntoIterator<Item = T>) -> (Vec<T>, Option<String>) {
        let skip: usize = self
            .cursor
            .as_deref()
            .and_then(|c| c.parse().ok())
            .unwrap_or(0);
        let mut rest = all.into_iter().skip(skip);
        let items: Vec<T> = rest.by_ref().take(self.size).collect();
        let next = rest
            .next()
            .map(|_| self.token(&(skip + items.len()).to_string()));
        (items, next)
    }

    /// The items of this page and the token of the next, by key. `all` comes in falling order of its
    /// keys; what is added or removed while the list is read moves nothing else.
    pub fn fall<T>(
        &self,
        all: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> String,
    ) -> (Vec<T>, Option<String>) {
        let read = |item: &T| self.cursor.as_deref().is_some_and(|c| *key(item) >= *c);
        let mut rest = all.into_iter().skip_while(read);
        let items: Vec<T> = rest.by_ref().take(self.size).collect();
        let more = rest.next().is_some();
        let next = items
            .last()
            .filter(|_| more)
            .map(|last| self.token(&key(last)));
        (items, next)
    }
}

fn open(token: &str, seal: u64) -> Option<String> {
    let bytes = text::unbase64(token)?;
    let (head, cursor) = bytes.split_first_chunk::<8>()?;
    (u64::from_be_bytes(*head) == seal).then(|| String::from_utf8(cursor.to_vec()).ok())?
}
