//! A session: one console or headless run, as the journal names it – who, from where, and what it may do.

use std::fs;
use std::os::fd::AsFd;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::intent::unique;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The name that colleagues know them by; never empty.
    pub name: Arc<str>,
    /// The account on this machine that the process runs under.
    pub user: Arc<str>,
}

/// One console or headless run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Random, one per process.
    pub id: Arc<str>,
    /// Who acts at the start; see [`super::Journal::hand_over`].
    pub operator: Operator,
    /// The machine.
    pub host: Arc<str>,
    /// The terminal; empty where there is none.
    pub tty: Arc<str>,
    /// The address that somebody came from over SSH; empty where nobody did.
    pub client: Arc<str>,
    /// Who says that nothing may be changed (`--readonly`, `the default`); `None`: changes are allowed.
    pub readonly: Option<Arc<str>>,
}

impl Session {
    /// The session of this process. `env` looks a variable up. Without a name the operator is called like the user.
    #[must_use]
    pub fn of_this_process(
        operator: &str,
        readonly: Option<&str>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let given = |names: &[&str]| {
            names
                .iter()
                .find_map(|n| env(n).filter(|v| !v.is_empty()))
                .unwrap_or_default()
        };
        let uid = rustix::process::getuid().as_raw();
        let user = match given(&["USER", "LOGNAME"]) {
            name if name.is_empty() => format!("uid {uid}"),
            name => format!("{name} ({uid})"),
        };
        let name = if operator.is_empty() { &user } else { operator };
        let came_from = given(&["SSH_CONNECTION", "SSH_CLIENT"]);
        Self {
            id: Arc::from(unique()),
            operator: Operator {
                name: Arc::from(name),
                user: Arc::from(user.as_str()),
            },
            host: Arc::from(host(&given(&["HOSTNAME", "HOST"]))),
            tty: Arc::from(tty()),
            client: Arc::from(came_from.split_whitespace().next().unwrap_or_default()),
            readonly: readonly.map(Arc::from),
        }
    }

    /// As every entry names it, with whoever acts now.
    pub(super) fn json(&self, operator: &str) -> Map<String, Value> {
        let mut map = Map::new();
        for (name, value) in [
            ("operator", operator),
            ("user", &*self.operator.user),
            ("session", &*self.id),
            ("host", &*self.host),
            ("tty", &*self.tty),
            ("client", &*self.client),
        ] {
            if !value.is_empty() {
                map.insert(name.to_owned(), value.into());
            }
        }
        map
    }
}

fn host(given: &str) -> String {
    let kernel = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let found = kernel
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok());
    let found = found
        .map(|name| name.trim().to_owned())
        .find(|n| !n.is_empty());
    match found {
        Some(name) => name,
        None if given.is_empty() => "an unnamed host".to_owned(),
        None => given.to_owned(),
    }
}

fn tty() -> String {
    let named = |fd: rustix::fd::BorrowedFd<'_>| {
        let name = rustix::termios::ttyname(fd, Vec::new()).ok()?;
        name.into_string().ok()
    };
    named(std::io::stdin().as_fd())
        .or_else(|| named(std::io::stderr().as_fd()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_says_who_acts_from_where() {
        let env = |name: &str| match name {
            "USER" => Some("ana".to_owned()),
            "SSH_CONNECTION" => Some("192.0.2.7 51234 192.0.2.1 22".to_owned()),
            _ => None,
        };
        let session = Session::of_this_process("", None, &env);
        assert!(session.operator.name.starts_with("ana ("));
        assert_eq!(&*session.client, "192.0.2.7");
        assert!(!session.host.is_empty());
        let other = Session::of_this_process("ana.b", Some("--readonly"), &env);
        assert_ne!(session.id, other.id);
        assert_eq!(&*other.operator.name, "ana.b");
        assert_eq!(other.json("bo")["operator"], "bo");
    }
}
