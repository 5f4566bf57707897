//! VPC flow logs: fields with blanks between them, in the order of the flow log's format.

use std::fmt::Write as _;

use super::super::ink::{Ink, Piece};
use super::super::level::Level;
use super::{Column, cell};

/// The fields of the default format, version 2. From the user guide of VPC, "Flow log records".
const DEFAULT: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status";

/// The order of the fields of a flow log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowFormat {
    fields: Vec<String>,
    default: bool,
}

impl Default for FlowFormat {
    fn default() -> Self {
        Self {
            fields: DEFAULT.split(' ').map(str::to_owned).collect(),
            default: true,
        }
    }
}

impl FlowFormat {
    /// A format as a flow log has it: `${version} ${vpc-id} …`, or the names alone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bare = |field: &str| {
            field
                .trim_start_matches("${")
                .trim_end_matches('}')
                .to_owned()
        };
        let fields: Vec<String> = text.split_whitespace().map(bare).collect();
        let known = |name: &str| {
            fields
                .iter()
                .any(|field| field == name || field == &format!("pkt-{name}"))
        };
        if !known("srcaddr") || !known("dstaddr") {
            return Err("the format of a flow log names at least srcaddr and dstaddr, such as '${interface-id} ${srcaddr} ${dstaddr} ${action}'".to_owned());
        }
        Ok(Self {
            fields,
            default: false,
        })
    }

    /// A line as columns, where it is one of this format.
    pub(super) fn columns(&self, line: &[u8]) -> Option<Vec<Column>> {
        // Quickly no: most lines are something else.
        if line.len() > 1_024 || !line.first()?.is_ascii_graphic() {
            return None;
        }
        let text = std::str::from_utf8(line).ok()?.trim_end();
        let values: Vec<&str> = text.split(' ').collect();
        if values.len() != self.fields.len() || (self.default && values[0] != "2") {
            return None;
        }
        let get = |name: &str| {
            let at = self.fields.iter().position(|field| field == name)?;
            Some(values[at]).filter(|value| *value != "-")
        };
        let is_address = |value: &str| value.parse::<core::net::IpAddr>().is_ok();
        let address = |name: &str, packet: &str| get(packet).or_else(|| get(name)).unwrap_or("-");
        let (from, to) = (
            address("srcaddr", "pkt-srcaddr"),
            address("dstaddr", "pkt-dstaddr"),
        );
        // A record without data has dashes for addresses, and says so in its last field.
        let status = get("log-status").unwrap_or_default();
        let no_data = matches!(status, "NODATA" | "SKIPDATA");
        if !(no_data || (is_address(from) && is_address(to))) {
            return None;
        }
        let with_port = |address: &str, port: Option<&str>| {
            let mut text = address.to_owned();
            if let Some(port) = port {
                let _ = write!(text, ":{port}");
            }
            text
        };
        let action = get("action").unwrap_or(status);
        let action_ink = match action {
            "REJECT" | "SKIPDATA" => Ink::Level(Level::Warn),
            "ACCEPT" => Ink::Level(Level::Info),
            _ => Ink::Dim,
        };
        Some(vec![
            cell("action", 8, Piece::new(action_ink, action)),
            cell(
                "protocol",
                5,
                Piece::new(Ink::Plain, protocol(get("protocol").unwrap_or_default())),
            ),
            cell(
                "from",
                21,
                Piece::new(Ink::Plain, &with_port(from, get("srcport"))),
            ),
            cell(
                "to",
                21,
                Piece::new(Ink::Plain, &with_port(to, get("dstport"))),
            ),
            cell(
                "packets",
                7,
                Piece::new(Ink::Number, get("packets").unwrap_or_default()),
            ),
            cell(
                "bytes",
                9,
                Piece::new(Ink::Number, get("bytes").unwrap_or_default()),
            ),
            cell(
                "interface",
                0,
                Piece::new(
                    Ink::Dim,
                    get("interface-id")
                        .or_else(|| get("instance-id"))
                        .unwrap_or_default(),
                ),
            ),
        ])
    }
}

/// The names of the protocols that one meets; the number of any other.
fn protocol(number: &str) -> &str {
    match number {
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "47" => "gre",
        "50" => "esp",
        "58" => "icmp6",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::super::tests::told;
    use super::*;

    #[test]
    fn the_default_format_is_known() {
        let (shape, told) = told(
            "2 111111111111 eni-0a 10.0.0.1 10.0.0.2 49152 443 6 20 4249 1418530010 1418530070 REJECT OK",
        );
        assert_eq!(shape, Shape::Flow);
        assert_eq!(
            told,
            [
                "action=REJECT",
                "protocol=tcp",
                "from=10.0.0.1:49152",
                "to=10.0.0.2:443",
                "packets=20",
                "bytes=4249",
                "interface=eni-0a"
            ]
        );
    }

    #[test]
    fn a_record_without_data_is_one_too() {
        let (shape, told) =
            told("2 111111111111 eni-0a - - - - - - - 1431280876 1431280934 - NODATA");
        assert_eq!((shape, told[0].as_str()), (Shape::Flow, "action=NODATA"));
    }

    #[test]
    fn a_format_of_ones_own_is_taken() {
        let format = FlowFormat::parse("${vpc-id} ${srcaddr} ${dstaddr} ${action}").unwrap();
        assert!(format.columns(b"vpc-1 10.0.0.1 fd00::1 ACCEPT").is_some());
        assert!(format.columns(b"three little words here").is_none());
        assert!(FlowFormat::parse("${version}").is_err());
    }

    #[test]
    fn fourteen_words_are_no_flow() {
        let line = "2 b c d e f g h i j k l m n";
        assert_eq!(told(line).0, Shape::Text);
    }
}
