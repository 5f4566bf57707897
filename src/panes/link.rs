//! The page of the AWS console that shows an item.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::backup::JobKind;
use crate::domain::compliance::ComplianceDetail;
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

/// The AWS access portal of IAM Identity Center, through which a page opens in the right account whatever the browser
/// is signed in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portal {
    /// Its start page, as `https://acme.awsapps.com/start`.
    pub url: String,
    /// The permission set with which a page is opened.
    pub role: String,
}

impl Portal {
    /// The portal's shortcut to a page in an account; the form is that of the IAM Identity Center user guide,
    /// "Creating a shortcut link".
    fn through(&self, account: &str, page: &str) -> String {
        let part = |text: &str| utf8_percent_encode(text, SAFE).to_string();
        format!(
            "{}/#/console?account_id={account}&role_name={}&destination={}",
            self.url.trim_end_matches('/'),
            part(&self.role),
            part(page)
        )
    }
}

/// The address of an item's page, or `None` where there is no such page. Without a portal the browser shows it in the
/// account that it is signed in to, so the account stays part of what the operator has to check.
#[must_use]
pub fn console(item: &Item, portal: Option<&Portal>) -> Option<String> {
    let page = page(item)?;
    Some(match portal {
        Some(portal) => portal.through(&item.key.scope.account.to_string(), &page),
        None => page,
    })
}

fn page(item: &Item) -> Option<String> {
    let region = item.key.scope.region;
    // Two consoles serve all regions from one place, and are told apart by partition alone.
    let home = match &item.detail {
        Detail::Case(d) => Some(format!(
            "support/home#/case/?displayId={}&language=en",
            d.number
        )),
        Detail::Health(d) if d.is_public => Some(format!(
            "health/home#/dashboard/open-issues?eventID={}",
            item.key.id
        )),
        Detail::Health(_) => Some(format!(
            "health/home#/account/dashboard/open-issues?eventID={}",
            item.key.id
        )),
        Detail::Compliance(d) if matches!(**d, ComplianceDetail::Recommendation(_)) => {
            Some("trustedadvisor/home#/recommendations".to_owned())
        }
        _ => None,
    };
    if let Some(page) = home {
        return Some(format!("https://{}/{page}", host(region)));
    }
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
        Detail::Case(_) | Detail::Health(_) => return None,
        Detail::Record(_) => format!(
            "systems-manager/incidents/details?region={region}#{}",
            id(&item.key.id)
        ),
        Detail::Compliance(d) => match **d {
            ComplianceDetail::Rule(_) => format!(
                "config/home?region={region}#/rules/details?configRuleName={}",
                id(&item.key.id)
            ),
            ComplianceDetail::Recorder(_) => format!("config/home?region={region}#/settings"),
            ComplianceDetail::Recommendation(_) => return None,
        },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_opens_in_its_own_account_through_the_portal() {
        let portal = Portal {
            url: "https://acme.awsapps.com/start/".to_owned(),
            role: "Read Only".to_owned(),
        };
        let page = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/a%20b";
        assert_eq!(
            portal.through("222222222222", page),
            "https://acme.awsapps.com/start/#/console?account_id=222222222222&role_name=Read%20Only&destination=\
             https%3A%2F%2Feu-west-1.console.aws.amazon.com%2Fcloudwatch%2Fhome%3Fregion%3Deu-west-1%23alarmsV2%3A\
             alarm%2Fa%2520b"
        );
    }
}
