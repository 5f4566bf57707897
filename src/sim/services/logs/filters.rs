//! Metric filters: which log lines become a metric.

use super::estate::Logs;
use super::no_group;
use super::pattern::Pattern;
use super::section::Filter;
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};

/// A filter of the scenario, as `DescribeMetricFilters` answers it.
pub fn kept(group: &str, name: &str, filter: &Filter, born: Timestamp) -> Map {
    let mut kept = Map::default();
    kept.set("filterName", name);
    kept.set("filterPattern", &filter.pattern);
    let transformation = fields! {
        "metricName" => &filter.metric, "metricNamespace" => &filter.namespace, "metricValue" => "1",
    };
    kept.set("metricTransformations", vec![transformation]);
    kept.set("creationTime", born.as_millis());
    kept.set("logGroupName", group);
    kept
}

/// `PutMetricFilter`.
pub fn put(call: &Call<'_>) -> Answer {
    let pattern = call.arg("filterPattern").as_str().unwrap_or_default();
    if let Err(why) = Pattern::parse(pattern) {
        return Err(call.invalid(format!("Invalid metric filter pattern: {why}")));
    }
    if call.arg("metricTransformations").items().len() != 1 {
        return Err(call.invalid("metricTransformations must have 1 member"));
    }
    let (name, filter) = (call.needed("logGroupName"), call.needed("filterName"));
    call.estate(|logs: &mut Logs, _, now| {
        let group = logs.groups.get_mut(name).ok_or_else(no_group)?;
        let mut kept = Map::default();
        kept.set("filterName", filter);
        kept.set("filterPattern", pattern);
        kept.set(
            "metricTransformations",
            call.arg("metricTransformations").clone(),
        );
        kept.set("creationTime", now.as_millis());
        kept.set("logGroupName", name);
        group.filters.insert(filter.to_owned(), kept);
        Ok(Value::Null)
    })
}

/// `DescribeMetricFilters`.
pub fn describe(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let (group, prefix) = (call.text("logGroupName"), call.text("filterNamePrefix"));
    let (metric, namespace) = (call.text("metricName"), call.text("metricNamespace"));
    if metric.is_some() != namespace.is_some() {
        return Err(call.invalid("metricName and metricNamespace must be given together"));
    }
    call.estate(|logs: &mut Logs, _, _| {
        if group.is_some_and(|name| !logs.groups.contains_key(name)) {
            return Err(no_group());
        }
        let fits = |filter: &&Map| {
            let value = filter
                .get("metricTransformations")
                .map_or(&[][..], Value::items);
            let is = |member: &str, wanted: Option<&str>| {
                wanted.is_none_or(|wanted| {
                    value.iter().any(|t| t.at(member).as_str() == Some(wanted))
                })
            };
            let begins = |prefix: &str| {
                let name = filter.get("filterName").and_then(Value::as_str);
                name.is_some_and(|name| name.starts_with(prefix))
            };
            prefix.is_none_or(begins)
                && is("metricName", metric)
                && is("metricNamespace", namespace)
        };
        let all = logs
            .groups
            .iter()
            .filter(|(name, _)| group.is_none_or(|wanted| *wanted == ***name))
            .flat_map(|(_, group)| group.filters.values())
            .filter(fits);
        let (filters, next) = page.cut(all);
        Ok(fields! {
            "metricFilters" => filters.into_iter().cloned().collect::<Value>(),
            "nextToken" => next,
        })
    })
}

/// `DeleteMetricFilter`.
pub fn delete(call: &Call<'_>) -> Answer {
    let (name, filter) = (call.needed("logGroupName"), call.needed("filterName"));
    call.estate(|logs: &mut Logs, _, _| {
        let group = logs.groups.get_mut(name).ok_or_else(no_group)?;
        let gone = group.filters.remove(filter);
        gone.map(|_| Value::Null).ok_or_else(|| {
            Refusal::new(
                "ResourceNotFoundException",
                "The specified metric filter does not exist.",
            )
        })
    })
}

/// `TestMetricFilter`.
pub fn test(call: &Call<'_>) -> Answer {
    let pattern = Pattern::parse(call.arg("filterPattern").as_str().unwrap_or_default())
        .map_err(|why| call.invalid(format!("Invalid metric filter pattern: {why}")))?;
    let matches = (1_i64..)
        .zip(call.arg("logEventMessages").texts())
        .filter(|(_, message)| pattern.fits(message))
        .map(|(number, message)| {
            fields! { "eventNumber" => number, "eventMessage" => message, "extractedValues" => Map::default() }
        });
    Ok(fields! { "matches" => matches.collect::<Value>() })
}
