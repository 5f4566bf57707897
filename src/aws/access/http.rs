//! The one HTTP client that all services share: time-outs, proxy, trusted certificates; and room for its sockets.

use std::path::Path;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::aws::classify::make;
use crate::domain::{Fault, FaultKind};

/// The most connections that are kept for one host while nobody uses them. The first sweep opens one per call in
/// flight, hundreds, each with about a hundred kilobytes of buffers; between sweeps a handful is busy.
const IDLE_MAX: usize = 32;

/// A client for this endpoint (or for AWS). Nothing is read or connected before the first call, except `ca_bundle`.
///
/// # Errors
/// When the file of certificates cannot be used; nothing could be trusted then.
pub fn client(endpoint: Option<&str>, ca_bundle: Option<&Path>) -> Result<SharedHttpClient, Fault> {
    // A proxy has no business between us and our own machine, and the SDK's proxy has no exemption for it.
    let loopback = endpoint.is_some_and(is_loopback);
    let plain = endpoint.is_some_and(|e| e.starts_with("http://"));
    if loopback && plain {
        return Ok(builder().build_http());
    }
    let tls = match ca_bundle {
        Some(path) => TlsContext::builder()
            .with_trust_store(TrustStore::empty().with_pem_certificate(certificates(path)?))
            .build()
            .map_err(|e| unusable(path, &e.to_string()))?,
        None => TlsContext::default(),
    };
    Ok(
        builder().build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder().proxy_config(if loopback {
                ProxyConfig::disabled()
            } else {
                ProxyConfig::from_env()
            });
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls.clone())
                .build()
        }),
    )
}

fn builder() -> Builder {
    Builder::new().pool_max_idle_per_host(IDLE_MAX)
}

/// Whether an endpoint is on this machine.
fn is_loopback(endpoint: &str) -> bool {
    let rest = endpoint.split("://").nth(1).unwrap_or(endpoint);
    let host = rest.split(['/', '?']).next().unwrap_or(rest);
    let host = host.rsplit('@').next().unwrap_or(host);
    if let Some(v6) = host.strip_prefix('[') {
        return v6.starts_with("::1]");
    }
    let host = host.split(':').next().unwrap_or(host);
    host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.")
}

/// Reads the file and makes sure that it holds certificates: the client would panic on anything else.
fn certificates(path: &Path) -> Result<Vec<u8>, Fault> {
    let pem = std::fs::read(path).map_err(|e| unusable(path, &e.to_string()))?;
    let mut found = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|e| unusable(path, &e.to_string()))?;
        rustls::RootCertStore::empty()
            .add(certificate)
            .map_err(|e| unusable(path, &e.to_string()))?;
        found += 1;
    }
    if found == 0 {
        return Err(unusable(path, "there is no certificate in it"));
    }
    Ok(pem)
}

fn unusable(path: &Path, why: &str) -> Fault {
    make(
        FaultKind::Unreachable,
        None,
        format!(
            "The file of trusted certificates {} cannot be used: {why}.",
            path.display()
        ),
        "Mend the file, or AWS_CA_BUNDLE or ca_bundle that names it; noctop trusts nothing else meanwhile.",
    )
}

/// Raises the soft limit of open files to the hard one, within reason, and returns what it is then.
///
/// Two hundred and fifty-six calls in flight need as many sockets, and with an embedded simulator twice as many.
#[must_use]
pub fn raise_file_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// Enough for every socket noctop ever holds.
    const WANTED: u64 = 8_192;
    let now = getrlimit(Resource::Nofile);
    let current = now.current.unwrap_or(u64::MAX);
    let wanted = WANTED.min(now.maximum.unwrap_or(u64::MAX));
    if current >= wanted {
        return current;
    }
    let raised = Rlimit {
        current: Some(wanted),
        maximum: now.maximum,
    };
    if setrlimit(Resource::Nofile, raised).is_ok() {
        wanted
    } else {
        current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_recognised_however_it_is_written() {
        for yes in [
            "http://127.0.0.1:5999",
            "http://localhost:5999/",
            "https://localhost",
            "http://[::1]:80/x",
            "http://user@127.0.0.2",
            "http://stream-logs.localhost:1",
        ] {
            assert!(is_loopback(yes), "{yes}");
        }
        for no in [
            "https://monitoring.eu-west-1.amazonaws.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
        ] {
            assert!(!is_loopback(no), "{no}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_refused_with_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("corporate.pem");
        let fault = client(None, Some(&path)).unwrap_err();
        assert!(fault.message.contains("corporate.pem"), "{fault}");
        std::fs::write(&path, "not a certificate").unwrap();
        assert!(
            client(None, Some(&path))
                .unwrap_err()
                .message
                .contains("no certificate")
        );
        std::fs::write(
            &path,
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        )
        .unwrap();
        assert!(client(None, Some(&path)).is_err());
    }
}
