//! Opening a page in the desktop's browser.

use std::process::{Command, Stdio};
use std::sync::Arc;

/// Opens an address with the desktop's own opener.
///
/// # Errors
///
/// A sentence where there is no desktop (an SSH session, a console) or the opener cannot be started; the address is
/// part of it, so that it can be copied from the screen.
pub fn open(address: &str) -> Result<(), Arc<str>> {
    let has = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if has("DISPLAY") || has("WAYLAND_DISPLAY") {
        "xdg-open"
    } else {
        return Err(Arc::from(format!(
            "There is no browser here. The address: {address}"
        )));
    };
    Command::new(opener)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
        .map_err(|error| {
            Arc::from(format!(
                "`{opener}` could not be started ({error}). The address: {address}"
            ))
        })
}
