//! Series over a range, and what functions make of each.

use std::borrow::Cow;

use crate::domain::{
    expr::{
        Item,
        ast::{Node, Sub},
        check::seconds,
        eval::{At, Found, distinct},
        func::Func,
        select::without_meta,
    },
    pool::{Ring, added, count},
    sample::Labels,
};

/// A series over `(from, until]`.
pub(super) struct Window<'a> {
    name: Option<crate::text::Text>,
    labels: Labels,
    ring: Cow<'a, Ring>,
    from: i64,
    until: i64,
}

/// The most steps of an expression that is evaluated again and again, as Prometheus bounds its ranges.
const STEPS: i64 = 11_000;

impl At<'_> {
    /// The windows a step means; one that has no range is our mistake and means none.
    pub(super) fn windows<'a>(&'a self, node: &'a Node) -> Result<Vec<Window<'a>>, String> {
        match node {
            Node::Range(selector, range) => {
                let until = self.at_ms.saturating_sub(selector.offset);
                let from = until.saturating_sub(*range);
                let window = |(key, ring): (&crate::domain::sample::SeriesKey, &'a Ring)| Window {
                    name: Some(key.name.clone()),
                    labels: key.labels.clone(),
                    ring: Cow::Borrowed(ring),
                    from,
                    until,
                };
                Ok(selector.series(self.pool, self.chosen).map(window).collect())
            }
            Node::Sub(sub) => self.steps(sub),
            _ => Ok(Vec::new()),
        }
    }

    fn steps<'a>(&self, sub: &Sub) -> Result<Vec<Window<'a>>, String> {
        let until = self.at_ms.saturating_sub(sub.offset);
        let from = until.saturating_sub(sub.range);
        if sub.range / sub.step.max(1) > STEPS {
            return Err(format!("a range of more than {STEPS} steps"));
        }
        let mut at_ms = from.div_euclid(sub.step).saturating_add(1).saturating_mul(sub.step);
        let mut windows: Vec<Window<'a>> = Vec::new();
        let mut places = std::collections::HashMap::new();
        while at_ms <= until {
            let items = match (At { at_ms, ..*self }).node(&sub.inner)? {
                Found::Vector(items) => items,
                Found::Scalar(value) => vec![Item::of(value)],
                Found::Text(_) => Vec::new(),
            };
            for item in items.into_iter().filter(|item| item.is_kept) {
                let place = *places.entry((item.name.clone(), item.labels.clone())).or_insert(windows.len());
                if place == windows.len() {
                    let (name, labels) = (item.name, item.labels);
                    windows.push(Window { name, labels, ring: Cow::Owned(Ring::default()), from, until });
                }
                if let Some(window) = windows.get_mut(place) {
                    window.ring.to_mut().push(at_ms, item.value);
                }
            }
            at_ms = at_ms.saturating_add(sub.step);
        }
        Ok(windows)
    }

    /// Evaluates a function of series over a range.
    pub(super) fn over(&self, func: Func, share: f64, node: &Node) -> Result<Vec<Item>, String> {
        let windows = self.windows(node)?;
        let keeps_name = func == Func::LastOver;
        let first = windows.first().map(|window| window.name.clone());
        let is_mixed = windows.iter().any(|window| Some(&window.name) != first.as_ref());
        let mut items = Vec::with_capacity(windows.len());
        for window in windows {
            let Some(value) = window.value(func, share) else { continue };
            let name = window.name.filter(|_| keeps_name);
            let labels = if keeps_name { window.labels } else { without_meta(window.labels) };
            items.push(Item { name, labels, value, is_kept: true });
        }
        if is_mixed && !keeps_name {
            distinct(&items)?;
        }
        Ok(items)
    }
}

impl Window<'_> {
    fn value(&self, func: Func, share: f64) -> Option<f64> {
        let all = || self.ring.sum(self.from, self.until);
        match func {
            Func::Rate => self.extrapolated(true, true),
            Func::Increase => self.extrapolated(true, false),
            Func::Delta => self.extrapolated(false, false),
            Func::Irate | Func::Idelta => self.last_two(func == Func::Irate),
            Func::Changes => all().map(|sum| count(sum.n_changes)),
            Func::Resets => self.ring.growth(self.from, self.until).map(|sum| count(sum.n_resets)),
            Func::CountOver => self.ring.growth(self.from, self.until).map(|sum| count(sum.n)),
            Func::PresentOver => self.ring.growth(self.from, self.until).map(|_| 1.0),
            Func::LastOver => self.ring.growth(self.from, self.until).map(|sum| sum.last.1),
            Func::MinOver => all().map(|sum| sum.low),
            Func::MaxOver => all().map(|sum| sum.high),
            Func::SumOver => all().map(|sum| sum.sum.0 + sum.sum.1),
            Func::AvgOver => {
                let sum = all()?;
                let mean = (sum.sum.0 + sum.sum.1) / count(sum.n);
                // A sum may leave what floats can hold where the mean does not.
                Some(if mean.is_infinite() { self.mean() } else { mean })
            }
            Func::StdvarOver => all().map(|sum| sum.spread / count(sum.n)),
            Func::StddevOver => all().map(|sum| (sum.spread / count(sum.n)).sqrt()),
            Func::QuantileOver => {
                let mut values: Vec<f64> = self.ring.walk(self.from, self.until).map(|(_, value)| value).collect();
                (!values.is_empty()).then(|| quantile(share, &mut values))
            }
            _ => None,
        }
    }

    /// The mean, one value after the other.
    fn mean(&self) -> f64 {
        let mut mean = (0.0, 0.0);
        for (n, (_, value)) in (1..).zip(self.ring.walk(self.from, self.until)) {
            if mean.0 + mean.1 == value {
                continue;
            }
            if f64::is_infinite(mean.0) && !value.is_infinite() && !value.is_nan() {
                continue;
            }
            let n = count(n);
            let (was, part) = ((mean.0 + mean.1) / n, value / n);
            mean = added((mean.0, mean.1 - was), part);
        }
        mean.0 + mean.1
    }

    /// What a counter grew (or a value moved) over the whole range, worked out from the samples in it as Prometheus does:
    /// carried on to the range's ends where samples come that close, and never below a counter's zero.
    fn extrapolated(&self, is_counter: bool, is_rate: bool) -> Option<f64> {
        let sum = self.ring.growth(self.from, self.until).filter(|sum| sum.first.0 < sum.last.0)?;
        let (first, last) = (sum.first, sum.last);
        let grown = last.1 - first.1 + if is_counter { sum.lost } else { 0.0 };
        let sampled = seconds(last.0 - first.0);
        let step = sampled / count(sum.n - 1);
        let limit = step * 1.1;
        let mut before = seconds(first.0 - self.from);
        if before >= limit {
            before = step / 2.0;
        }
        if is_counter {
            let to_zero = if grown > 0.0 && first.1 >= 0.0 { sampled * (first.1 / grown) } else { before };
            before = before.min(to_zero);
        }
        let mut after = seconds(self.until - last.0);
        if after >= limit {
            after = step / 2.0;
        }
        let mut factor = (sampled + before + after) / sampled;
        if is_rate {
            factor /= seconds(self.until - self.from);
        }
        Some(grown * factor)
    }

    fn last_two(&self, is_rate: bool) -> Option<f64> {
        let mut samples = self.ring.walk(self.from, self.until).rev();
        let (last, before) = (samples.next()?, samples.next()?);
        if !is_rate {
            return Some(last.1 - before.1);
        }
        let grown = if last.1 < before.1 { last.1 } else { last.1 - before.1 };
        (before.0 < last.0).then(|| grown / seconds(last.0 - before.0))
    }
}

/// The value below which a share of the values lies, between two of them where it falls there. Below 0 it is -Inf, above
/// 1 it is +Inf; of nothing it is NaN.
pub(super) fn quantile(share: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || share.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&share) {
        return if share < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    // NaN comes first, as nothing is below it.
    values.sort_by(|a, b| match (a.is_nan(), b.is_nan()) {
        (false, false) => a.total_cmp(b),
        (a, b) => b.cmp(&a),
    });
    let last = values.len() - 1;
    let rank = share * count(last);
    let (low, high) = (rank.floor(), rank.ceil());
    let at = |place: f64| values.get((place as usize).min(last)).copied().unwrap_or(f64::NAN);
    let weight = rank - low;
    at(low) * (1.0 - weight) + at(high) * weight
}
