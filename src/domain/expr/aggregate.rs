//! Many elements become one for each group.

use std::collections::HashMap;

use crate::{
    domain::{
        expr::{
            Item,
            ast::{Aggregate, Over},
            eval::At,
            points::quantile,
            select::NAME,
        },
        pool::{added, count, higher, lower},
        sample::Labels,
    },
    text::Text,
};

/// The elements of one group.
struct Grouped {
    name: Option<Text>,
    labels: Labels,
    items: Vec<Item>,
}

impl At<'_> {
    /// Aggregates. A group of which nothing passed the filters is left out with them: it was measured, and is "false".
    pub(super) fn aggregate(&self, aggregate: &Aggregate) -> Result<Vec<Item>, String> {
        let items = self.vector(&aggregate.inner)?;
        if aggregate.over == Over::CountValues {
            let label = self.text(aggregate.param.as_ref())?;
            return counted(aggregate, items, &label);
        }
        let param = self.scalar(aggregate.param.as_ref())?;
        let groups = grouped(aggregate, items);
        if matches!(aggregate.over, Over::Top | Over::Bottom) {
            return best(groups, param, aggregate.over == Over::Top);
        }
        let item = |group: Grouped| {
            let mut values: Vec<f64> = group.items.iter().filter(|item| item.is_kept).map(|item| item.value).collect();
            let is_kept = !values.is_empty();
            let value = if is_kept { one(aggregate.over, param, &mut values) } else { f64::NAN };
            Item { name: group.name, labels: group.labels, value, is_kept }
        };
        Ok(groups.into_iter().map(item).collect())
    }
}

/// What tells the groups apart.
fn group_of(aggregate: &Aggregate, item: &Item) -> (Option<Text>, Labels) {
    if !aggregate.is_without && aggregate.labels.is_empty() {
        return (None, Labels::default());
    }
    if aggregate.is_without && aggregate.labels.is_empty() {
        return (None, item.labels.clone());
    }
    let is_named = |label: &Text| aggregate.labels.contains(label);
    let kept = item.labels.iter().filter(|(name, _)| is_named(name) != aggregate.is_without);
    let labels = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    let is_by_name = !aggregate.is_without && aggregate.labels.iter().any(|label| label.as_str() == NAME);
    (item.name.clone().filter(|_| is_by_name), labels)
}

fn grouped(aggregate: &Aggregate, items: Vec<Item>) -> Vec<Grouped> {
    let mut places: HashMap<(Option<Text>, Labels), usize> = HashMap::new();
    let mut groups: Vec<Grouped> = Vec::new();
    for item in items {
        let (name, labels) = group_of(aggregate, &item);
        let place = *places.entry((name.clone(), labels.clone())).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Grouped { name, labels, items: Vec::new() });
        }
        if let Some(group) = groups.get_mut(place) {
            group.items.push(item);
        }
    }
    groups
}

fn one(over: Over, param: f64, values: &mut [f64]) -> f64 {
    let n = count(values.len());
    match over {
        Over::Sum => sum(values),
        Over::Avg => average(values),
        Over::Min => values.iter().copied().fold(f64::NAN, lower),
        Over::Max => values.iter().copied().fold(f64::NAN, higher),
        Over::Count => n,
        Over::Group => 1.0,
        Over::Stdvar => variance(values),
        Over::Stddev => variance(values).sqrt(),
        Over::Quantile => quantile(param, values),
        Over::Top | Over::Bottom | Over::CountValues => f64::NAN,
    }
}

fn sum(values: &[f64]) -> f64 {
    let (sum, rest) = values.iter().fold((0.0, 0.0), |sum, value| added(sum, *value));
    sum + rest
}

/// The mean; a sum that leaves what floats can hold does not take the mean with it.
fn average(values: &[f64]) -> f64 {
    let n = count(values.len());
    let mean = sum(values) / n;
    if mean.is_finite() || values.iter().any(|value| !value.is_finite()) {
        return mean;
    }
    let parts = values.iter().fold((0.0, 0.0), |sum, value| added(sum, value / n));
    parts.0 + parts.1
}

fn variance(values: &[f64]) -> f64 {
    let (mut mean, mut spread) = (0.0, 0.0);
    for (n, value) in (1..).zip(values) {
        let off = value - mean;
        mean += off / count(n);
        spread += off * (value - mean);
    }
    spread / count(values.len())
}

/// The elements with the highest or lowest values of each group; the others are left out.
fn best(groups: Vec<Grouped>, wanted: f64, is_top: bool) -> Result<Vec<Item>, String> {
    if wanted.is_nan() {
        return Err("topk and bottomk take a number, not NaN".to_owned());
    }
    let wanted = wanted.clamp(0.0, 1e9) as usize;
    let mut all = Vec::new();
    for group in groups {
        let (mut kept, out): (Vec<Item>, Vec<Item>) = group.items.into_iter().partition(|item| item.is_kept);
        kept.sort_by(|a, b| match (a.value.is_nan(), b.value.is_nan()) {
            (false, false) if is_top => b.value.total_cmp(&a.value),
            (false, false) => a.value.total_cmp(&b.value),
            (a, b) => a.cmp(&b),
        });
        for item in kept.iter_mut().skip(wanted) {
            item.is_kept = false;
        }
        all.extend(kept);
        all.extend(out);
    }
    Ok(all)
}

/// How often each value comes, the value as a label.
fn counted(aggregate: &Aggregate, items: Vec<Item>, label: &Text) -> Result<Vec<Item>, String> {
    if label.is_blank() || label.as_str().starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("\"{label}\" is no label"));
    }
    let mut places: HashMap<(Option<Text>, Labels), usize> = HashMap::new();
    let mut found: Vec<Item> = Vec::new();
    for item in items.into_iter().filter(|item| item.is_kept) {
        let (name, labels) = group_of(aggregate, &item);
        let key = Item { name, labels, value: 0.0, is_kept: true }.with_label(label, Text::scrub(&written(item.value)));
        let place = *places.entry((key.name.clone(), key.labels.clone())).or_insert(found.len());
        if place == found.len() {
            found.push(key);
        }
        if let Some(item) = found.get_mut(place) {
            item.value += 1.0;
        }
    }
    Ok(found)
}

/// A value as Prometheus writes it: no exponent, as many digits as tell it.
fn written(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    value.to_string()
}
