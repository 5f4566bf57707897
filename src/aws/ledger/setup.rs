//! The table itself: how it is made, whether it is there, and the template for those who make tables otherwise.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    ScalarAttributeType, TableStatus, Tag, TimeToLiveSpecification,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::ledger::{Trouble, TroubleKind};

use super::super::ops::ledger as ops;
use super::{Said, TableBook};

/// Whether the table is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// There is none.
    Missing,
    /// It is being made.
    Making,
    /// It is ready.
    Ready,
    /// It has another form than the ledger's, or is being deleted: in words.
    Unfit(String),
}

/// The CloudFormation template of the table, for those who make tables that way.
#[must_use]
pub fn template(table: &str) -> String {
    // A table's name has letters, digits, `_`, `-` and `.`; whatever else was configured would be refused by AWS.
    let name: String = table
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c))
        .collect();
    format!(
        r#"AWSTemplateFormatVersion: "2010-09-09"
Description: The ledger of noctop, who acknowledged what.
Resources:
  Ledger:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      TableName: {name}
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {{ AttributeName: pk, AttributeType: S }}
        - {{ AttributeName: sk, AttributeType: S }}
      KeySchema:
        - {{ AttributeName: pk, KeyType: HASH }}
        - {{ AttributeName: sk, KeyType: RANGE }}
      TimeToLiveSpecification: {{ AttributeName: ttl, Enabled: true }}
      PointInTimeRecoverySpecification: {{ PointInTimeRecoveryEnabled: true }}
      DeletionProtectionEnabled: true
      Tags:
        - {{ Key: application, Value: noctop }}
  Operators:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: What a console of noctop needs of its ledger, and nothing else.
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: [dynamodb:Query, dynamodb:GetItem, dynamodb:UpdateItem, dynamodb:DescribeTable]
            Resource: !GetAtt Ledger.Arn
Outputs:
  TableArn: {{ Value: !GetAtt Ledger.Arn }}
  OperatorPolicy: {{ Value: !Ref Operators }}
"#
    )
}

impl TableBook {
    /// Whether the table is there and fits.
    ///
    /// # Errors
    /// AWS could not be asked.
    pub async fn status(&self) -> Result<Status, Trouble> {
        let inner = &self.0;
        let said = inner
            .access
            .dynamodb(&ops::DESCRIBE_TABLE, |db, with| {
                let call = db
                    .describe_table()
                    .table_name(&*inner.table)
                    .customize()
                    .config_override(with.interceptor(inner.pass.clone()))
                    .send();
                async move {
                    match call.await {
                        Ok(out) => Ok(Said::Done(out.table)),
                        Err(error) if error.code() == Some("ResourceNotFoundException") => {
                            Ok(Said::NoTable)
                        }
                        Err(error) => Err(error),
                    }
                }
            })
            .await?;
        let Said::Done(Some(table)) = said else {
            return Ok(Status::Missing);
        };
        let part = |role: &KeyType| {
            table
                .key_schema()
                .iter()
                .find(|key| key.key_type() == role)
                .map(KeySchemaElement::attribute_name)
        };
        if (part(&KeyType::Hash), part(&KeyType::Range)) != (Some("pk"), Some("sk")) {
            return Ok(Status::Unfit(
                "its keys are not pk and sk: it is another program's".to_owned(),
            ));
        }
        Ok(match table.table_status() {
            Some(TableStatus::Active | TableStatus::Updating) => Status::Ready,
            Some(TableStatus::Creating) | None => Status::Making,
            Some(other) => Status::Unfit(format!("it is {}", other.as_str().to_lowercase())),
        })
    }

    /// Asks for the table to be made; [`TableBook::status`] tells when it is.
    ///
    /// # Errors
    /// It may not be made, or there is one already.
    pub async fn create(&self) -> Result<(), Trouble> {
        let inner = &self.0;
        let built = |error: aws_sdk_dynamodb::error::BuildError| {
            Trouble::new(TroubleKind::Malformed, error.to_string())
        };
        let mut attributes = Vec::new();
        let mut keys = Vec::new();
        for (name, role) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
            attributes.push(
                AttributeDefinition::builder()
                    .attribute_name(name)
                    .attribute_type(ScalarAttributeType::S)
                    .build()
                    .map_err(built)?,
            );
            keys.push(
                KeySchemaElement::builder()
                    .attribute_name(name)
                    .key_type(role)
                    .build()
                    .map_err(built)?,
            );
        }
        let tag = Tag::builder()
            .key("application")
            .value("noctop")
            .build()
            .map_err(built)?;
        inner
            .access
            .dynamodb(&ops::CREATE_TABLE, |db, with| {
                db.create_table()
                    .table_name(&*inner.table)
                    .billing_mode(BillingMode::PayPerRequest)
                    .set_attribute_definitions(Some(attributes))
                    .set_key_schema(Some(keys))
                    .deletion_protection_enabled(true)
                    .tags(tag)
                    .customize()
                    .config_override(with.interceptor(inner.pass.clone()))
                    .send()
            })
            .await?;
        Ok(())
    }

    /// Lets old entries go by themselves and keeps every state of the last weeks: for a table that is ready.
    ///
    /// # Errors
    /// It may not be changed.
    pub async fn finish(&self) -> Result<(), Trouble> {
        let inner = &self.0;
        let built = |error: aws_sdk_dynamodb::error::BuildError| {
            Trouble::new(TroubleKind::Malformed, error.to_string())
        };
        let ttl = TimeToLiveSpecification::builder()
            .attribute_name("ttl")
            .enabled(true)
            .build()
            .map_err(built)?;
        let recovery = PointInTimeRecoverySpecification::builder()
            .point_in_time_recovery_enabled(true)
            .build()
            .map_err(built)?;
        inner
            .access
            .dynamodb(&ops::UPDATE_TIME_TO_LIVE, |db, with| {
                let call = db
                    .update_time_to_live()
                    .table_name(&*inner.table)
                    .time_to_live_specification(ttl)
                    .customize()
                    .config_override(with.interceptor(inner.pass.clone()))
                    .send();
                async move {
                    match call.await {
                        Ok(_) => Ok(()),
                        // It is on already: that is how AWS says so.
                        Err(error)
                            if error
                                .message()
                                .is_some_and(|m| m.contains("already enabled")) =>
                        {
                            Ok(())
                        }
                        Err(error) => Err(error),
                    }
                }
            })
            .await?;
        inner
            .access
            .dynamodb(&ops::UPDATE_CONTINUOUS_BACKUPS, |db, with| {
                db.update_continuous_backups()
                    .table_name(&*inner.table)
                    .point_in_time_recovery_specification(recovery)
                    .customize()
                    .config_override(with.interceptor(inner.pass.clone()))
                    .send()
            })
            .await?;
        Ok(())
    }
}
