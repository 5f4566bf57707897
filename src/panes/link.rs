//! The page of the AWS console that shows an item.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::backup::JobKind;
use crate::domain::{Detail, Item, Region};

const SAFE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The console's host in the partition that a region belongs to.
fn host(region: Region) -> &'static str {
    match region.as_str() {
        r if r.starts_with("cn-") => "console.amazonaws.cn",
        r if r.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        r if r.starts_with("eusc-") => "console.amazonaws-eusc.eu",
        _ => "console.aws.amazon.com",
    }
}

/// The address of an item's page, or `None` where there is no such page. The browser shows it in the account that
/// it is logged in to, so the account stays part of what the operator has to check.
#[must_use]
pub fn console(item: &Item) -> Option<String> {
    let region = item.key.scope.region;
    if region == Region::GLOBAL {
        return None;
    }
    let id = |text: &str| utf8_percent_encode(text, SAFE).to_string();
    let page = match &item.detail {
        Detail::Alarm(_) => format!(
            "cloudwatch/home?region={region}#alarmsV2:alarm/{}",
            id(&item.key.id)
        ),
        Detail::Mute(_) => format!("cloudwatch/home?region={region}#alarmsV2:"),
        Detail::Finding(d) if &*d.terms.product == "GuardDuty" => {
            let finding = item.key.id.rsplit('/').next().unwrap_or(&item.key.id);
            format!(
                "guardduty/home?region={region}#/findings?fId={}",
                id(finding)
            )
        }
        Detail::Finding(_) => {
            format!(
                "securityhub/home?region={region}#/findings?search=Id%3D%255Coperator%255C%253AEQUALS%255C%253A{}",
                id(&item.key.id)
            )
        }
        Detail::Incident(d) => format!("systems-manager/opsitems/{}?region={region}", id(&d.id)),
        Detail::Window(d) => format!(
            "systems-manager/maintenance-windows/{}?region={region}",
            id(&d.id)
        ),
        Detail::Patch(_) => {
            format!("systems-manager/patch-manager?region={region}#compliance-reporting")
        }
        Detail::Backup(d) => match d.job {
            JobKind::Backup => format!("backup/home?region={region}#/jobs/backup/{}", id(&d.id)),
            JobKind::Copy => format!("backup/home?region={region}#/jobs/copy/{}", id(&d.id)),
            JobKind::Restore => format!("backup/home?region={region}#/jobs/restore/{}", id(&d.id)),
            JobKind::Missed => format!("backup/home?region={region}#/resources/{}", id(&d.id)),
        },
    };
    Some(format!("https://{region}.{}/{page}", host(region)))
}
