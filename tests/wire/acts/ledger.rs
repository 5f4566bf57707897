//! DynamoDB as a shared ledger meets it.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, ConditionCheck, KeySchemaElement, KeyType,
    ReturnValue, ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TransactWriteItem,
    Update,
};
use noctop::sim::faults::{Fault, Kind};

use crate::client::{keys_of, start};

const HOME: &str = "111111111111";

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn key(sort: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), s("F#noc#1")), ("sk".to_owned(), s(sort))])
}

async fn table(client: &Client) {
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let part = |name: &str, role: KeyType| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(role)
            .build()
            .unwrap()
    };
    client
        .create_table()
        .table_name("ledger")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("sk"))
        .key_schema(part("pk", KeyType::Hash))
        .key_schema(part("sk", KeyType::Range))
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn the_loser_learns_who_was_first() {
    let sim = start("quiet-night");
    let client = client!(aws_sdk_dynamodb, sim, keys_of(HOME));
    table(&client).await;
    let acknowledge = |who: &'static str| {
        client
            .update_item()
            .table_name("ledger")
            .set_key(Some(key("cw#1")))
            .update_expression("SET #o = :o ADD ver :one")
            .condition_expression("attribute_not_exists(sk) OR #o = :o")
            .expression_attribute_names("#o", "owner")
            .expression_attribute_values(":o", s(who))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    };
    let won = acknowledge("ana").await.unwrap();
    assert_eq!(won.attributes().unwrap()["ver"], n(1));
    let lost = acknowledge("ben").await.unwrap_err().into_service_error();
    assert!(lost.is_conditional_check_failed_exception(), "{lost:?}");
    let aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
        why,
    ) = lost
    else {
        panic!("asserted above");
    };
    assert_eq!(why.item().unwrap()["owner"], s("ana"));
    assert_eq!(why.message(), Some("The conditional request failed"));
    // The write whose answer is lost has happened, and repeating it is harmless.
    let fault = Fault::new(Kind::Lost).operation("UpdateItem").times(1);
    sim.faults().add(fault).unwrap();
    assert!(acknowledge("ana").await.is_err());
    let again = acknowledge("ana").await.unwrap();
    assert_eq!(again.attributes().unwrap()["ver"], n(3));
    let changes = sim.calls().changes();
    let outcomes: Vec<_> = changes
        .iter()
        .map(|c| c.outcome.as_deref().unwrap_or("open"))
        .collect();
    assert_eq!(
        outcomes,
        ["", "", "ConditionalCheckFailedException", "", ""]
    );
}

#[tokio::test]
async fn a_transaction_gives_its_reasons() {
    let sim = start("quiet-night");
    let client = client!(aws_sdk_dynamodb, sim, keys_of(HOME));
    table(&client).await;
    let update = Update::builder()
        .table_name("ledger")
        .set_key(Some(key("a")))
        .update_expression("ADD ver :one")
        .expression_attribute_values(":one", n(1))
        .build()
        .unwrap();
    let check = ConditionCheck::builder()
        .table_name("ledger")
        .set_key(Some(key("b")))
        .condition_expression("attribute_exists(pk)")
        .build()
        .unwrap();
    let error = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().update(update.clone()).build())
        .transact_items(TransactWriteItem::builder().condition_check(check).build())
        .client_request_token("take-over")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert_eq!(error.code(), Some("TransactionCanceledException"));
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(why) = error else {
        panic!("asserted above");
    };
    let codes: Vec<_> = why
        .cancellation_reasons()
        .iter()
        .filter_map(|r| r.code())
        .collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    let read = client
        .get_item()
        .table_name("ledger")
        .set_key(Some(key("a")));
    assert!(read.clone().send().await.unwrap().item().is_none());
    for _ in 0..2 {
        client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(update.clone()).build())
            .client_request_token("once")
            .send()
            .await
            .unwrap();
    }
    assert_eq!(read.send().await.unwrap().item().unwrap()["ver"], n(1));
}

#[tokio::test]
async fn a_shard_is_read_page_by_page_and_throttling_is_told_apart() {
    let sim = start("quiet-night");
    let client = client!(aws_sdk_dynamodb, sim, keys_of(HOME));
    table(&client).await;
    for row in 0..30 {
        let item = key(&format!("row-{row:02}"));
        client
            .put_item()
            .table_name("ledger")
            .set_item(Some(item))
            .send()
            .await
            .unwrap();
    }
    let query = client
        .query()
        .table_name("ledger")
        .key_condition_expression("pk = :p")
        .expression_attribute_values(":p", s("F#noc#1"))
        .consistent_read(true);
    let mut pages = query.clone().limit(7).into_paginator().send();
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await {
        seen.extend(
            page.unwrap()
                .items()
                .iter()
                .map(|item| item["sk"].as_s().unwrap().clone()),
        );
    }
    assert_eq!(
        seen,
        (0..30)
            .map(|row| format!("row-{row:02}"))
            .collect::<Vec<_>>()
    );
    sim.faults()
        .add(Fault::new(Kind::Throttle).service("dynamodb"))
        .unwrap();
    let error = query.send().await.unwrap_err().into_service_error();
    assert!(
        error.is_provisioned_throughput_exceeded_exception(),
        "{error:?}"
    );
}
