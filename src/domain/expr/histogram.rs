//! Quantiles of classic histograms: counts of values by upper bound.

use std::collections::HashMap;

use crate::domain::{expr::Item, sample::Labels};

/// Upper bounds and counts.
type Buckets = Vec<(f64, f64)>;

/// The label with a bucket's upper bound.
const BOUND: &str = "le";

/// Counts that differ by less than this share of their sum are the same: they are calculated, and rounding makes them fall.
const SAME: f64 = 1e-12;

/// The quantile of each histogram among the elements. Elements without a bound are passed over.
pub(super) fn quantiles(share: f64, items: Vec<Item>) -> Vec<Item> {
    let mut places: HashMap<Labels, usize> = HashMap::new();
    let mut histograms: Vec<(Labels, Buckets, bool)> = Vec::new();
    for item in items {
        let Some(bound) = item.labels.get(BOUND).and_then(|bound| bound.as_str().parse::<f64>().ok()) else { continue };
        let others = item.labels.iter().filter(|(name, _)| name.as_str() != BOUND);
        let labels: Labels = others.map(|(name, value)| (name.clone(), value.clone())).collect();
        let place = *places.entry(labels.clone()).or_insert(histograms.len());
        if place == histograms.len() {
            histograms.push((labels, Vec::new(), false));
        }
        if let Some((_, buckets, is_kept)) = histograms.get_mut(place)
            && item.is_kept
        {
            buckets.push((bound, item.value));
            *is_kept = true;
        }
    }
    let item = |(labels, buckets, is_kept)| Item { name: None, labels, value: quantile(share, buckets), is_kept };
    histograms.into_iter().map(item).collect()
}

/// The quantile of one histogram: between the bounds of the bucket it falls into, as if values were spread evenly there.
fn quantile(share: f64, mut buckets: Vec<(f64, f64)>) -> f64 {
    if share.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&share) {
        return if share < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    if buckets.last().is_none_or(|(bound, _)| *bound != f64::INFINITY) {
        return f64::NAN;
    }
    buckets.dedup_by(|later, first| {
        let is_same = later.0 == first.0;
        if is_same {
            first.1 += later.1;
        }
        is_same
    });
    never_falling(&mut buckets);
    let (Some((_, all)), Some(finite)) = (buckets.last().copied(), buckets.len().checked_sub(2)) else {
        return f64::NAN;
    };
    if all == 0.0 || all.is_nan() {
        return f64::NAN;
    }
    let rank = share * all;
    let place = buckets.iter().take(finite + 1).position(|(_, count)| *count >= rank);
    let highest = buckets.get(finite).map_or(f64::NAN, |(bound, _)| *bound);
    let Some(place) = place else { return highest };
    let Some((end, count)) = buckets.get(place).copied() else { return f64::NAN };
    if place == 0 && end <= 0.0 {
        return end;
    }
    let before = place.checked_sub(1).and_then(|before| buckets.get(before)).copied();
    let (start, below) = before.unwrap_or((0.0, 0.0));
    start + (end - start) * ((rank - below) / (count - below))
}

/// Counts up to a bound never fall; where they do they are held.
fn never_falling(buckets: &mut [(f64, f64)]) {
    let mut highest = f64::NEG_INFINITY;
    for (_, count) in buckets {
        let is_same = (*count - highest).abs() < SAME * (count.abs() + highest.abs());
        if is_same || *count < highest {
            *count = highest;
        } else {
            highest = *count;
        }
    }
}
