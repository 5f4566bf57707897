//! A permit: the right to make one call, minted by the journal once the intent is durable.
//!
//! It cannot be cloned or built elsewhere, and whoever makes the call takes it by value. For the guard it becomes a
//! [`Claim`], which admits one call of one operation in one account and region.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::Scope;

use super::intent::{Operation, Target};

/// The right to make one call.
#[derive(Debug)]
pub struct Permit {
    grant: Arc<Grant>,
    targets: Vec<Target>,
    part: Part,
}

/// What all parts of a permit share.
#[derive(Debug)]
struct Grant {
    intent: Arc<str>,
    operation: Operation,
    scope: Scope,
    operator: Arc<str>,
    token: Arc<str>,
}

/// Which part of a split permit this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    number: usize,
    of: usize,
}

impl Permit {
    /// Only the journal mints permits, and only for what is written down.
    pub(super) fn mint(
        intent: Arc<str>,
        operation: Operation,
        scope: Scope,
        operator: Arc<str>,
        token: Arc<str>,
        targets: Vec<Target>,
    ) -> Self {
        Self {
            grant: Arc::new(Grant {
                intent,
                operation,
                scope,
                operator,
                token,
            }),
            targets,
            part: Part { number: 0, of: 1 },
        }
    }

    /// The entry of the journal that it stands on.
    #[must_use]
    pub fn intent(&self) -> Arc<str> {
        Arc::clone(&self.grant.intent)
    }

    /// The operation that it is for.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.grant.operation
    }

    /// Where the call may be made.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.grant.scope
    }

    /// Who acts.
    #[must_use]
    pub fn operator(&self) -> Arc<str> {
        Arc::clone(&self.grant.operator)
    }

    /// The things that may be changed with it.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The idempotency token or correlation id of this call: the intent's, and for a part of a split permit a part of
    /// its own.
    #[must_use]
    pub fn token(&self) -> Arc<str> {
        if self.part.of == 1 {
            return Arc::clone(&self.grant.token);
        }
        Arc::from(format!("{}/{}", self.grant.token, self.part.number))
    }

    /// One permit for every so many targets, because a call takes only so many. A permit without targets stays one.
    #[must_use]
    pub fn split(self, most: usize) -> Vec<Self> {
        if self.targets.len() <= most.max(1) {
            return vec![self];
        }
        let of = self.targets.len().div_ceil(most.max(1));
        self.targets
            .chunks(most.max(1))
            .enumerate()
            .map(|(number, targets)| Self {
                grant: Arc::clone(&self.grant),
                targets: targets.to_vec(),
                part: Part { number, of },
            })
            .collect()
    }

    /// What the guard asks for. The permit is gone: it is for one call.
    #[must_use]
    pub fn into_claim(self) -> Claim {
        Claim {
            grant: self.grant,
            is_spent: AtomicBool::new(false),
        }
    }
}

/// A permit as a call carries it.
#[derive(Debug)]
pub struct Claim {
    grant: Arc<Grant>,
    is_spent: AtomicBool,
}

/// Why a claim does not admit a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It is for another operation.
    Operation(Operation),
    /// It is for another account or region.
    Scope(Scope),
    /// It has admitted its call.
    Spent,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(operation) => write!(f, "its permit is for {operation}"),
            Self::Scope(scope) => {
                write!(f, "its permit is for {} {}", scope.account, scope.region)
            }
            Self::Spent => f.write_str("its permit has been used"),
        }
    }
}

impl Claim {
    /// Who acts.
    #[must_use]
    pub fn operator(&self) -> &str {
        &self.grant.operator
    }

    /// Admits one call of this operation in this account and region, once.
    ///
    /// # Errors
    /// What of the call is not what the permit was minted for.
    pub fn admit(&self, service: &str, name: &str, scope: Scope) -> Result<(), Misfit> {
        let wanted = self.grant.operation;
        if (service, name) != (wanted.service, wanted.name) {
            return Err(Misfit::Operation(wanted));
        }
        if scope != self.grant.scope {
            return Err(Misfit::Scope(self.grant.scope));
        }
        if self.is_spent.swap(true, Ordering::SeqCst) {
            return Err(Misfit::Spent);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARCHIVE: Operation = Operation {
        service: "GuardDuty",
        name: "ArchiveFindings",
    };

    fn scope(account: &str, region: &str) -> Scope {
        Scope {
            account: account.parse().unwrap(),
            region: region.parse().unwrap(),
        }
    }

    fn permit(targets: usize) -> Permit {
        let here = scope("111111111111", "eu-west-1");
        Permit::mint(
            "i".into(),
            ARCHIVE,
            here,
            "ana".into(),
            "t".into(),
            (0..targets)
                .map(|n| Target::new(here, &format!("f{n}")))
                .collect(),
        )
    }

    #[test]
    fn a_claim_admits_one_call_of_its_operation_in_its_scope() {
        let here = scope("111111111111", "eu-west-1");
        let claim = permit(1).into_claim();
        assert_eq!(
            claim.admit("GuardDuty", "UnarchiveFindings", here),
            Err(Misfit::Operation(ARCHIVE))
        );
        for elsewhere in [
            scope("222222222222", "eu-west-1"),
            scope("111111111111", "us-east-1"),
        ] {
            assert_eq!(
                claim.admit("GuardDuty", "ArchiveFindings", elsewhere),
                Err(Misfit::Scope(here))
            );
        }
        assert_eq!(claim.admit("GuardDuty", "ArchiveFindings", here), Ok(()));
        assert_eq!(
            claim.admit("GuardDuty", "ArchiveFindings", here),
            Err(Misfit::Spent)
        );
    }

    #[test]
    fn a_split_permit_covers_every_target_once() {
        for (targets, parts) in [(0, 1), (1, 1), (50, 1), (51, 2), (1_000, 20)] {
            let whole = permit(targets);
            let wanted = whole.targets().to_vec();
            let split = whole.split(50);
            assert_eq!(split.len(), parts);
            assert!(split.iter().all(|p| p.targets().len() <= 50));
            let covered: Vec<Target> = split.iter().flat_map(|p| p.targets().to_vec()).collect();
            assert_eq!(covered, wanted);
            let tokens: std::collections::BTreeSet<_> = split.iter().map(Permit::token).collect();
            assert_eq!(tokens.len(), parts);
        }
    }
}
