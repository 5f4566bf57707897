//! The pass: what lets a call on the ledger's table through the guard, and notes the time that the answer tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::operation::{
    create_table::CreateTableInput, describe_table::DescribeTableInput, get_item::GetItemInput,
    query::QueryInput, update_continuous_backups::UpdateContinuousBackupsInput,
    update_item::UpdateItemInput, update_time_to_live::UpdateTimeToLiveInput,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut, Input,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::clock::{Clock, Timestamp};

/// A table that the configuration names.
#[derive(Clone, Debug)]
pub(in crate::aws) struct Pass {
    table: Arc<str>,
    watch: Arc<Watch>,
}

/// How far the clock here is from the one that answers, in milliseconds.
pub(super) struct Watch {
    clock: Arc<dyn Clock>,
    ahead: AtomicI64,
}

/// Nothing was answered yet.
const UNKNOWN: i64 = i64::MIN;

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watch({:?})", self.ahead())
    }
}

impl Watch {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            ahead: AtomicI64::new(UNKNOWN),
        }
    }

    /// How many milliseconds this machine's clock is ahead; none before anything was answered.
    pub fn ahead(&self) -> Option<i64> {
        Some(self.ahead.load(Ordering::Relaxed)).filter(|ahead| *ahead != UNKNOWN)
    }

    fn told(&self, date: &str) {
        // HTTP's only form of a date; it has whole seconds, and half of one is the fairest guess of the rest.
        let Ok(said) = jiff::fmt::rfc2822::parse(date) else {
            return;
        };
        let said = Timestamp::from(said.timestamp()).as_millis() + 500;
        self.ahead
            .store(self.clock.now().as_millis() - said, Ordering::Relaxed);
    }
}

impl Pass {
    pub(super) fn new(table: Arc<str>, watch: Arc<Watch>) -> Self {
        Self { table, watch }
    }

    /// Whether a call names this table and no other.
    pub fn admits(&self, input: &Input) -> bool {
        let named = input
            .downcast_ref::<QueryInput>()
            .map(|i| &i.table_name)
            .or_else(|| input.downcast_ref::<GetItemInput>().map(|i| &i.table_name))
            .or_else(|| {
                input
                    .downcast_ref::<UpdateItemInput>()
                    .map(|i| &i.table_name)
            })
            .or_else(|| {
                input
                    .downcast_ref::<DescribeTableInput>()
                    .map(|i| &i.table_name)
            })
            .or_else(|| {
                input
                    .downcast_ref::<CreateTableInput>()
                    .map(|i| &i.table_name)
            })
            .or_else(|| {
                input
                    .downcast_ref::<UpdateTimeToLiveInput>()
                    .map(|i| &i.table_name)
            })
            .or_else(|| {
                input
                    .downcast_ref::<UpdateContinuousBackupsInput>()
                    .map(|i| &i.table_name)
            });
        named.is_some_and(|name| name.as_deref() == Some(&*self.table))
    }
}

impl Storable for Pass {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Pass {
    fn name(&self) -> &'static str {
        "Pass"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(self.clone());
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.watch.told(date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use aws_sdk_dynamodb::operation::delete_table::DeleteTableInput;

    #[test]
    fn only_the_configured_table_is_let_through_and_only_by_what_the_ledger_asks() {
        let pass = Pass::new(
            "noctop-ledger".into(),
            Arc::new(Watch::new(Arc::new(SystemClock))),
        );
        let update = |table: &str| {
            Input::erase(
                UpdateItemInput::builder()
                    .table_name(table)
                    .key("pk", aws_sdk_dynamodb::types::AttributeValue::S("x".into()))
                    .build()
                    .unwrap(),
            )
        };
        assert!(pass.admits(&update("noctop-ledger")));
        assert!(!pass.admits(&update("orders")));
        // An ARN names a table in any account.
        assert!(!pass.admits(&update(
            "arn:aws:dynamodb:eu-west-1:222222222222:table/noctop-ledger"
        )));
        let nameless = QueryInput::builder().build().unwrap();
        assert!(!pass.admits(&Input::erase(nameless)));
        let delete = DeleteTableInput::builder()
            .table_name("noctop-ledger")
            .build()
            .unwrap();
        assert!(!pass.admits(&Input::erase(delete)));
    }

    #[test]
    fn the_head_of_an_answer_tells_how_far_the_clocks_are_apart() {
        let clock = crate::clock::ManualClock::new(Timestamp::from_secs(1_000_090));
        let watch = Watch::new(Arc::new(clock));
        assert_eq!(watch.ahead(), None);
        watch.told("Mon, 12 Jan 1970 13:46:40 GMT");
        assert_eq!(watch.ahead(), Some(89_500));
        watch.told("nonsense");
        assert_eq!(watch.ahead(), Some(89_500));
    }
}
