//! Operations on two sides, and which of their elements belong together.

use std::collections::{HashMap, hash_map::Entry};

use crate::{
    domain::{
        expr::{
            Item,
            ast::{Binary, Group, Matching, Op},
            eval::{distinct, unnamed},
            select::NAME,
        },
        sample::Labels,
    },
    text::Text,
};

/// What an arithmetic operator makes of two numbers.
pub(super) fn arithmetic(op: Op, left: f64, right: f64) -> f64 {
    match op {
        Op::Add => left + right,
        Op::Sub => left - right,
        Op::Mul => left * right,
        Op::Div => left / right,
        Op::Mod => left % right,
        Op::Pow => left.powf(right),
        Op::Atan2 => left.atan2(right),
        _ => f64::NAN,
    }
}

/// Whether a comparison holds; every one but `!=` fails with NaN.
pub(super) fn passes(op: Op, left: f64, right: f64) -> bool {
    match op {
        Op::Eq => left == right,
        Op::Ne => left != right,
        Op::Gt => left > right,
        Op::Lt => left < right,
        Op::Ge => left >= right,
        Op::Le => left <= right,
        _ => false,
    }
}

/// What an operator makes of an element. Nothing where a comparison with NaN fails: that is no data, and not "false" (R39).
fn judged(binary: &Binary, mut item: Item, left: f64, right: f64) -> Option<Item> {
    if !binary.op.is_comparison() {
        item.value = arithmetic(binary.op, left, right);
        return Some(item);
    }
    let is_true = passes(binary.op, left, right);
    if binary.is_bool {
        item.value = f64::from(u8::from(is_true));
        return Some(item);
    }
    if !is_true && item.is_kept && (left.is_nan() || right.is_nan()) {
        return None;
    }
    item.is_kept &= is_true;
    Some(item)
}

/// Whether the result is still the metric it was.
fn keeps_name(binary: &Binary) -> bool {
    binary.op.is_comparison() && !binary.is_bool
}

/// Each element with a number; `sides` says which is left.
pub(super) fn beside(
    binary: &Binary,
    items: Vec<Item>,
    sides: impl Fn(f64) -> (f64, f64),
) -> Result<Vec<Item>, String> {
    let items = items.into_iter().filter_map(|item| {
        let (left, right) = sides(item.value);
        judged(binary, item, left, right)
    });
    let items: Vec<Item> = items.collect();
    if keeps_name(binary) { Ok(items) } else { unnamed(items) }
}

/// Elements of two sides.
pub(super) fn joined(binary: &Binary, left: Vec<Item>, right: Vec<Item>) -> Result<Vec<Item>, String> {
    match binary.op {
        Op::And => Ok(both(&binary.matching, left, &right)),
        Op::Unless => Ok(without(&binary.matching, left, &right)),
        Op::Or => Ok(either(&binary.matching, left, right)),
        _ => matched(binary, left, right),
    }
}

/// What two elements must have in common: a label's place and value, in the order of labels.
fn signature(item: &Item, matching: &Matching) -> Labels {
    if !matching.is_on && matching.labels.is_empty() {
        return item.labels.clone();
    }
    if matching.is_on {
        return only(item, &matching.labels);
    }
    let others = item.labels.iter().filter(|(name, _)| !matching.labels.contains(name));
    others.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// These labels alone; the name among them where it is asked for.
fn only(item: &Item, labels: &[Text]) -> Labels {
    let value = |label: &Text| (label.clone(), Text::scrub(item.get(label.as_str())));
    labels.iter().map(value).collect()
}

fn both(matching: &Matching, left: Vec<Item>, right: &[Item]) -> Vec<Item> {
    let right = known(matching, right);
    let left = left.into_iter().filter_map(|mut item| match right.get(&signature(&item, matching)) {
        Some(is_kept) => {
            item.is_kept &= is_kept;
            Some(item)
        }
        // False and unknown is false; true and unknown is unknown.
        None => (!item.is_kept).then_some(item),
    });
    left.collect()
}

fn without(matching: &Matching, left: Vec<Item>, right: &[Item]) -> Vec<Item> {
    let right = known(matching, right);
    let left = left.into_iter().map(|mut item| {
        item.is_kept &= !right.get(&signature(&item, matching)).copied().unwrap_or(false);
        item
    });
    left.collect()
}

fn either(matching: &Matching, left: Vec<Item>, right: Vec<Item>) -> Vec<Item> {
    let known = known(matching, &left);
    let more = right.into_iter().filter(|item| match known.get(&signature(item, matching)) {
        Some(true) => false,
        // The side that was left out says all there is to say, unless the other one is true.
        Some(false) => item.is_kept,
        None => true,
    });
    let more: Vec<Item> = more.collect();
    left.into_iter().chain(more).collect()
}

/// For each signature, whether any element with it passed.
fn known(matching: &Matching, items: &[Item]) -> HashMap<Labels, bool> {
    let mut known = HashMap::with_capacity(items.len());
    for item in items {
        *known.entry(signature(item, matching)).or_insert(false) |= item.is_kept;
    }
    known
}

fn matched(binary: &Binary, left: Vec<Item>, right: Vec<Item>) -> Result<Vec<Item>, String> {
    let matching = &binary.matching;
    let is_right = matching.group == Group::Right;
    let (many, one) = if is_right { (right, left) } else { (left, right) };
    let ones = ones(matching, one)?;
    let mut used: HashMap<Labels, bool> = HashMap::new();
    let mut items = Vec::with_capacity(many.len());
    for item in many {
        let signature = signature(&item, matching);
        let Some(other) = ones.get(&signature) else { continue };
        let is_kept = item.is_kept && other.is_kept;
        if matching.group == Group::OneToOne && is_kept && used.insert(signature, true).is_some() {
            return Err(
                "many elements of the left side match one of the right: group_left says that this is meant".into()
            );
        }
        let (left, right) = if is_right { (other.value, item.value) } else { (item.value, other.value) };
        let (name, labels) = result_labels(binary, &item, other);
        if let Some(item) = judged(binary, Item { name, labels, value: left, is_kept }, left, right) {
            items.push(item);
        }
    }
    distinct(&items)?;
    Ok(items)
}

/// The side on which nothing may come twice, by what it has in common with the other.
fn ones(matching: &Matching, one: Vec<Item>) -> Result<HashMap<Labels, Item>, String> {
    let mut ones: HashMap<Labels, Item> = HashMap::with_capacity(one.len());
    for item in one {
        match ones.entry(signature(&item, matching)) {
            Entry::Vacant(place) => {
                place.insert(item);
            }
            Entry::Occupied(there) if there.get().is_kept && item.is_kept => {
                return Err(format!("two elements match the same of the other side: {{{}}}", there.key()));
            }
            Entry::Occupied(mut there) => {
                if item.is_kept {
                    there.insert(item);
                }
            }
        }
    }
    Ok(ones)
}

fn result_labels(binary: &Binary, item: &Item, other: &Item) -> (Option<Text>, Labels) {
    let matching = &binary.matching;
    let name = item.name.clone().filter(|_| keeps_name(binary));
    if matching.group == Group::OneToOne {
        let name = name.filter(|_| !matching.is_on || matching.labels.iter().any(|label| label.as_str() == NAME));
        let labels = signature(item, matching);
        if !matching.is_on {
            return (name, labels);
        }
        return (name, labels.iter().filter(|(name, _)| name.as_str() != NAME).map(pair).collect());
    }
    if matching.include.is_empty() {
        return (name, item.labels.clone());
    }
    let kept = item.labels.iter().filter(|(name, _)| !matching.include.contains(name)).map(pair);
    let included = matching.include.iter().map(|label| (label.clone(), Text::scrub(other.get(label.as_str()))));
    (name, kept.chain(included).collect())
}

fn pair((name, value): (&Text, &Text)) -> (Text, Text) {
    (name.clone(), value.clone())
}
