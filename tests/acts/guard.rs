//! Every operation of every client is refused without a permit, unless it is known to read.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use noctop::aws::guard::{Guard, Refused};
use noctop::aws::ops::{MUTATIONS, READS};

/// The sources of the SDK crates that noctop is built with: where cargo unpacked them.
fn crates() -> Vec<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<String> = tree
        .lines()
        .filter(|line| line.starts_with("aws-sdk-"))
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, version) = (words.next()?, words.next()?);
            Some(format!("{name}-{}", version.trim_start_matches('v')))
        })
        .collect();
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let registries: Vec<PathBuf> = std::fs::read_dir(home.unwrap().join("registry/src"))
        .unwrap()
        .map(|folder| folder.unwrap().path())
        .collect();
    names
        .iter()
        .map(|name| {
            let found = registries
                .iter()
                .map(|r| r.join(name).join("src/operation"));
            let mut found = found.filter(|folder| folder.is_dir());
            found
                .next()
                .unwrap_or_else(|| panic!("no sources of {name}"))
        })
        .collect()
}

/// Service and name of every operation, as the calls' own metadata has them.
fn operations() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for folder in crates() {
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|e| e != "rs") {
                continue;
            }
            let code = std::fs::read_to_string(&path).unwrap();
            for (at, start) in code.match_indices("Metadata::new(") {
                let rest = &code[at + start.len()..];
                let mut texts = rest.split('"');
                let (Some(_), Some(name), Some(_), Some(service)) =
                    (texts.next(), texts.next(), texts.next(), texts.next())
                else {
                    continue;
                };
                found.insert((service.to_owned(), name.to_owned()));
            }
        }
    }
    found
}

/// Counts what would have been sent.
#[derive(Clone, Debug, Default)]
struct Wire(Arc<AtomicU32>);

impl HttpConnector for Wire {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        self.0.fetch_add(1, Ordering::SeqCst);
        HttpConnectorFuture::ready(Err(ConnectorError::user("nothing is there".into())))
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Asks for an operation through the SDK's own orchestrator with the guard in place; whether noctop refused it.
async fn is_refused(service: &str, name: &str, wire: &Wire) -> bool {
    let operation = Operation::builder()
        .service_name(service.to_owned())
        .operation_name(name.to_owned())
        .http_client(wire.clone())
        .endpoint_url("http://127.0.0.1:1")
        .no_auth()
        .no_retry()
        .timeout_config(aws_smithy_types::timeout::TimeoutConfig::disabled())
        .interceptor(Guard)
        .serializer(|(): ()| Ok(HttpRequest::new(SdkBody::empty())))
        .deserializer::<(), std::convert::Infallible>(|_: &HttpResponse| Ok(()))
        .build();
    let error = operation.invoke(()).await.unwrap_err();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(next) = cause {
        if next.is::<Refused>() {
            return true;
        }
        cause = next.source();
    }
    false
}

#[tokio::test]
async fn every_operation_that_is_not_known_to_read_is_refused_without_a_permit() {
    let operations = operations();
    // The services that noctop has clients of: far more than a handful of names were read.
    assert!(operations.len() > 500, "{}", operations.len());
    let reads: BTreeSet<(&str, &str)> = READS.iter().map(|op| (op.service, op.name)).collect();
    let wire = Wire::default();
    let mut passed = BTreeSet::new();
    for (service, name) in &operations {
        if !is_refused(service, name, &wire).await {
            passed.insert((service.as_str(), name.as_str()));
        }
    }
    let wrong: Vec<_> = passed.iter().filter(|op| !reads.contains(*op)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Nothing but what passed was ever handed to the wire.
    assert_eq!(wire.0.load(Ordering::SeqCst) as usize, passed.len());
    // And the tables name operations that exist, under the names that calls carry.
    for op in READS
        .iter()
        .copied()
        .chain(MUTATIONS.iter().map(|row| &row.op))
    {
        let known = operations.contains(&(op.service.to_owned(), op.name.to_owned()));
        assert!(known, "there is no operation {op}");
    }
    assert!(passed.is_superset(&reads), "reads are let through");
}
