//! The operations on the ledger's own table: no account that is operated is changed by them, so read-only mode allows
//! them, and the guard allows them for the configured table alone.

use super::{Op, Quota, quota};

/// One read of sixteen shards every two seconds and an act now and then stay far below; an on-demand table takes
/// thousands per second.
const TABLE: Quota = quota(
    200,
    400,
    "DynamoDB: on-demand tables take thousands per second; chosen with care",
);
/// The service's quota for calls that make and describe tables is lower.
const SETUP: Quota = quota(5, 10, "not published per operation; chosen with care");

macro_rules! ledger {
    ($($constant:ident = $name:literal $action:literal $quota:ident $why:literal;)*) => {
        $(
            #[doc = concat!("`", $action, "`: ", $why, ".")]
            pub static $constant: Op = Op {
                service: "DynamoDB",
                name: $name,
                action: $action,
                quota: $quota,
                why: $why,
            };
        )*

        /// Every operation on the table of the ledger.
        pub const LEDGER: &[&Op] = &[$(&$constant),*];
    };
}

ledger! {
    QUERY = "Query" "dynamodb:Query" TABLE "what colleagues did, read every two seconds";
    GET_ITEM = "GetItem" "dynamodb:GetItem" TABLE "one entry as it is now";
    UPDATE_ITEM = "UpdateItem" "dynamodb:UpdateItem" TABLE "acknowledgements and everything else that operators say about an item";
    DESCRIBE_TABLE = "DescribeTable" "dynamodb:DescribeTable" SETUP "whether the table is there and ready";
    CREATE_TABLE = "CreateTable" "dynamodb:CreateTable" SETUP "making the table: noctop ledger create";
    UPDATE_TIME_TO_LIVE = "UpdateTimeToLive" "dynamodb:UpdateTimeToLive" SETUP "letting old entries go: noctop ledger create";
    UPDATE_CONTINUOUS_BACKUPS = "UpdateContinuousBackups" "dynamodb:UpdateContinuousBackups" SETUP "point-in-time recovery: noctop ledger create";
}

/// The row of an operation, by the names that a call's metadata carries.
#[must_use]
pub fn find(service: &str, name: &str) -> Option<&'static Op> {
    LEDGER
        .iter()
        .copied()
        .find(|op| op.name == name && op.service == service)
}
