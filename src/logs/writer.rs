//! The writer of a log group: what CloudTrail knows whoever writes into it by.

/// Where the name of the writer stands behind a prefix that AWS gives: up to the next `/`, or to the end.
const PREFIXES: &[&str] = &[
    "/aws/lambda/",
    "/aws/codebuild/",
    "/aws/rds/instance/",
    "/aws/rds/cluster/",
    "/aws/vendedlogs/states/",
    "/aws/ecs/containerinsights/",
    "/aws/containerinsights/",
    "/aws/eks/",
    "/aws/ecs/",
    "/aws/apigateway/",
    "API-Gateway-Execution-Logs_",
    "/ecs/",
];

/// The names of what writes into this stream of a group, the most particular first, and of the group itself.
#[must_use]
pub fn names(group: &str, stream: &str) -> Vec<String> {
    let mut names = Vec::new();
    // Agents name streams after the machine, some with the file behind it.
    let machine = stream.split(['/', '.']).next().unwrap_or(stream);
    if machine.starts_with("i-") || machine.starts_with("mi-") {
        names.push(machine.to_owned());
    }
    let behind = PREFIXES
        .iter()
        .find_map(|prefix| group.strip_prefix(prefix))
        .and_then(|rest| rest.split('/').next())
        .filter(|name| !name.is_empty());
    names.extend(behind.map(str::to_owned));
    names.push(group.to_owned());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_a_database_and_a_machine_are_known_by_their_own_names() {
        let of = |group: &str, stream: &str| names(group, stream).join(" ");
        assert_eq!(
            of("/aws/lambda/pay", "2026/11/21/[$LATEST]0a"),
            "pay /aws/lambda/pay"
        );
        assert_eq!(
            of("/aws/rds/instance/orders/error", "orders"),
            "orders /aws/rds/instance/orders/error"
        );
        assert_eq!(
            of("/var/log/messages", "i-0a1b2c3d"),
            "i-0a1b2c3d /var/log/messages"
        );
        assert_eq!(of("/app/web", "web-1"), "/app/web");
    }
}
