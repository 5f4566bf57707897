//! The dependency tree stays lean: one TLS stack, no C build for it.

use std::process::Command;

/// What one AWS crate at its default features would bring back. Read as the beginning of `name vVERSION`.
const UNWANTED: &[&str] = &[
    "aws-lc-sys ",
    "aws-lc-rs ",
    "openssl-sys ",
    "native-tls ",
    "hyper v0.",
    "h2 v0.3",
    "rustls v0.21",
    "rustls v0.20",
];

fn unwanted(tree: &str) -> Vec<&str> {
    tree.lines()
        .filter(|line| UNWANTED.iter().any(|name| line.starts_with(name)))
        .collect()
}

#[test]
fn no_crate_brings_back_a_second_tls_stack() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--locked",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
        ])
        .current_dir(crate::source::root())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(
        tree.lines().any(|line| line.starts_with("rustls v0.23")),
        "{tree}"
    );
    let found = unwanted(&tree);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_is_unwanted_would_be_seen() {
    let tree = "hyper v1.12.0\nhyper v0.14.32\nrustls v0.23.1\nrustls v0.21.12\naws-lc-sys v0.30.0\nh2 v0.4.1\n";
    assert_eq!(unwanted(tree).len(), 3);
}
