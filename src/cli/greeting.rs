//! The first hour: what somebody sees who starts noctop for the first time and has configured nothing.

use std::sync::Arc;

use crate::aws::access::profile::Profiles;
use crate::domain::text::clean_arc;
use crate::model::page::Page;

/// Profiles that are named at most.
const NAMED: usize = 8;

/// Greets, says what was found and what will be shown, and how to go on.
pub(super) fn page(profiles: Option<&Profiles>, config: &str) -> Page {
    let mut lines: Vec<String> = vec![
        String::new(),
        "This is the first time that noctop runs here, and nothing is configured. That is fine: it shows the one \
         account and region that your AWS environment leads to, and reads only."
            .into(),
        String::new(),
    ];
    match profiles {
        Some(profiles) if !profiles.names().is_empty() => {
            let names = profiles.names();
            let named = names.iter().take(NAMED).copied().collect::<Vec<_>>();
            let more = match names.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let some = names[..names.len().min(2)].join(",");
            lines.push(format!("Found in ~/.aws: {}{more}.", named.join(", ")));
            lines.push(format!("Looking at: {}.", profiles.selected()));
            lines.push(format!(
                "Several at once: noctop -p {some} -r eu-west-1,us-east-1"
            ));
        }
        _ => lines.push(
            "Nothing was found in ~/.aws. Credentials of the environment, of this machine or of a container are used \
             where there are any."
                .into(),
        ),
    }
    lines.extend([
        String::new(),
        "  :demo                    a simulated fleet of twelve accounts, to look around in".into(),
        "  noctop config init       writes a configuration with everything explained".into(),
        "  noctop doctor            as whom, what can be read, which permissions are missing"
            .into(),
        "  noctop iam-policy        the least that a role must be allowed".into(),
        String::new(),
        "  ?  the keys that work here     :  every command by name     esc  on to your fleet"
            .into(),
        String::new(),
        format!("The configuration would be {config}"),
    ]);
    let lines: Vec<Arc<str>> = lines.iter().map(|line| clean_arc(line)).collect();
    let whole = Arc::from(lines.join("\n"));
    Page {
        title: Arc::from("Welcome to noctop"),
        lines,
        whole: Some(whole),
        file: Arc::from("welcome.txt"),
        scroll: 0,
    }
}
