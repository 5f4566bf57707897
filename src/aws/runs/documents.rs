//! Documents of Systems Manager: those that an account owns, and whether one is there and what it takes.

use std::sync::Arc;

use aws_sdk_ssm::types::{DocumentFormat, DocumentKeyValuesFilter};

use crate::aws::access::Access;
use crate::aws::ops::{DESCRIBE_DOCUMENT, GET_DOCUMENT, LIST_DOCUMENTS};
use crate::aws::pages::gather;
use crate::domain::Fault;
use crate::domain::text::clean_arc;
use crate::runbook::document::{Described, parameters};
use crate::runbook::preflight::Document;

/// The most pages of documents that are listed; each has fifty.
const PAGES: u32 = 20;

/// The names of the Automation documents that the account owns here, by name.
///
/// # Errors
/// Why they cannot be listed.
pub async fn own(access: &Access) -> Result<Vec<Arc<str>>, Fault> {
    let filter = |key: &str, value: &str| {
        DocumentKeyValuesFilter::builder()
            .key(key)
            .values(value)
            .build()
    };
    let filters = vec![
        filter("Owner", "Self"),
        filter("DocumentType", "Automation"),
    ];
    let listed = gather(&LIST_DOCUMENTS, PAGES, |token| {
        let filters = filters.clone();
        async move {
            let out = access
                .ssm(&LIST_DOCUMENTS, |client, with| {
                    client
                        .list_documents()
                        .set_filters(Some(filters))
                        .max_results(50)
                        .set_next_token(token)
                        .customize()
                        .config_override(with)
                        .send()
                })
                .await?;
            Ok((out.document_identifiers.unwrap_or_default(), out.next_token))
        }
    })
    .await?;
    let mut names: Vec<Arc<str>> = listed
        .iter()
        .filter_map(|d| d.name())
        .map(clean_arc)
        .collect();
    names.sort();
    Ok(names)
}

/// A document as the service describes it, with the values that its parameters may have.
///
/// # Errors
/// Why it cannot be read.
pub async fn described(access: &Access, name: &str) -> Result<Described, Fault> {
    let document = find(access, name, None).await?;
    let out = access
        .ssm(&GET_DOCUMENT, |client, with| {
            client
                .get_document()
                .name(name)
                .document_format(DocumentFormat::Json)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    Ok(Described {
        name: clean_arc(name),
        version: document.version,
        about: document.about,
        parameters: parameters(out.content().unwrap_or_default()),
    })
}

/// A document as it is; its status is `missing` where the service says that there is none of that name and version.
///
/// # Errors
/// Why it cannot be read.
pub async fn find(access: &Access, name: &str, version: Option<&str>) -> Result<Document, Fault> {
    let answer = access
        .ssm(&DESCRIBE_DOCUMENT, |client, with| {
            client
                .describe_document()
                .name(name)
                .set_document_version(version.map(str::to_owned))
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let document = match answer {
        Ok(out) => out.document,
        Err(fault)
            if matches!(
                fault.code.as_deref(),
                Some("InvalidDocument" | "InvalidDocumentVersion")
            ) =>
        {
            None
        }
        Err(fault) => return Err(fault),
    };
    let Some(document) = document else {
        return Ok(Document {
            version: Arc::from(version.unwrap_or("default")),
            owner: Arc::from(""),
            status: Arc::from("missing"),
            about: Arc::from(""),
            needed: Vec::new(),
            parameters: Vec::new(),
        });
    };
    let all = document.parameters();
    let names = |wanted: &dyn Fn(&&aws_sdk_ssm::types::DocumentParameter) -> bool| {
        let names = all.iter().filter(wanted).filter_map(|p| p.name());
        names.map(clean_arc).collect::<Vec<_>>()
    };
    Ok(Document {
        version: clean_arc(document.document_version().unwrap_or_default()),
        owner: clean_arc(document.owner().unwrap_or_default()),
        status: clean_arc(document.status().map_or("", |s| s.as_str())),
        about: clean_arc(document.description().unwrap_or_default()),
        needed: names(&|p| p.default_value().is_none()),
        parameters: names(&|_| true),
    })
}
