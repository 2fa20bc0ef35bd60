//! What all threads counted, put together: one row for each bucket, name and label.

use std::{io, thread};

use super::{
    Options, Row,
    spill::Spill,
    tally::{Cell, Tally},
};
use crate::{
    domain::summary::{Figures, Fold, MEDIAN, OfValues, P95, Search, between, median, p95, place},
    source::metrics::scan::keys::Key,
};

/// As many values of one cell are brought back to memory; of more, the percentile is searched on disk.
const LOADED: u64 = 500_000;

/// A cell with the thread that counted it.
struct Part {
    bucket: i64,
    key: u32,
    by: usize,
    cell: Cell,
}

/// All rows, by bucket, name and label, and the names that they number.
///
/// # Errors
/// What was put on disk cannot be read back.
pub(super) fn merge(mut tallies: Vec<Tally>, options: &Options, threads: usize) -> io::Result<(Vec<Row>, Vec<Key>)> {
    let (mut parts, mut spills, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for (by, tally) in tallies.iter_mut().enumerate() {
        let cells = std::mem::take(&mut tally.cells);
        parts.extend(cells.into_iter().map(|cell| Part { bucket: cell.bucket, key: cell.key, by, cell }));
    }
    let mut known = Vec::new();
    for tally in tallies {
        let Tally { keys: own, mut spill, .. } = tally;
        spill.flush()?;
        spills.push(spill);
        known.push(own.into_known());
    }
    keys.extend(known.iter().flatten().cloned());
    keys.sort_unstable();
    keys.dedup();
    let ranks: Vec<Vec<u32>> = known
        .iter()
        .map(|own| {
            own.iter().map(|key| keys.binary_search(key).map_or(0, |at| u32::try_from(at).unwrap_or(0))).collect()
        })
        .collect();
    for part in &mut parts {
        part.key = ranks.get(part.by).and_then(|own| own.get(part.key as usize)).copied().unwrap_or(0);
    }
    parts.sort_unstable_by_key(|part| (part.bucket, part.key, part.by));
    let mut groups: Vec<&mut [Part]> = parts.chunk_by_mut(|a, b| (a.bucket, a.key) == (b.bucket, b.key)).collect();
    let share = groups.len().div_ceil(threads.max(1)).max(1);
    let spills = spills.as_slice();
    let rows = thread::scope(|scope| {
        let work: Vec<_> = groups
            .chunks_mut(share)
            .map(|some| {
                scope.spawn(move || {
                    some.iter_mut().map(|group| row(group, spills, options)).collect::<io::Result<Vec<_>>>()
                })
            })
            .collect();
        let ends = work.into_iter().map(|work| work.join().unwrap_or_else(|_| Err(io::Error::other("a thread broke"))));
        ends.collect::<io::Result<Vec<_>>>()
    })?;
    Ok((rows.into_iter().flatten().collect(), keys))
}

fn row(parts: &mut [Part], spills: &[Spill], options: &Options) -> io::Result<Row> {
    let mut fold = Fold::default();
    for part in parts.iter() {
        fold.join(&part.cell.spilled);
        fold.add(&part.cell.values);
    }
    let count = parts.iter().map(|part| part.cell.events).sum::<u64>() + fold.n;
    let of_values = match fold.mean() {
        Some(mean) => {
            percentile(parts, spills, fold.n, P95)?.map(|p95| OfValues { min: fold.min, max: fold.max, mean, p95 })
        }
        None => None,
    };
    let p50 = if options.has_median { percentile(parts, spills, fold.n, MEDIAN)? } else { None };
    let (bucket, key) = parts.first().map_or((0, 0), |part| (part.bucket, part.key));
    // What is counted is not needed any more.
    for part in parts {
        part.cell.values = Vec::new();
    }
    Ok(Row { start_ms: bucket.saturating_mul(options.every_ms), key, figures: Figures { count, of_values }, p50 })
}

fn percentile(parts: &mut [Part], spills: &[Spill], n: u64, q: f64) -> io::Result<Option<f64>> {
    let of = |values: &mut [f64]| if q == MEDIAN { median(values) } else { p95(values) };
    if let [part] = parts {
        if part.cell.runs.is_empty() {
            return Ok(of(&mut part.cell.values));
        }
        if q == P95 && part.cell.values.is_empty() && part.cell.p95.is_some() {
            return Ok(part.cell.p95);
        }
    }
    if n <= LOADED {
        let mut all = Vec::with_capacity(usize::try_from(n).unwrap_or(0));
        each(parts, spills, |some| all.extend_from_slice(some))?;
        return Ok(of(&mut all));
    }
    let Some((low, high, share)) = place(n, q) else { return Ok(None) };
    let (mut at_low, mut at_high) = (Search::new(low), Search::new(high));
    loop {
        each(parts, spills, |some| {
            at_low.see(some);
            at_high.see(some);
        })?;
        if let (Some(low), Some(high)) = (at_low.turn(), at_high.turn()) {
            return Ok(Some(between(low, high, share)));
        }
    }
}

/// Shows all values, in memory and on disk.
fn each(parts: &[Part], spills: &[Spill], mut see: impl FnMut(&[f64])) -> io::Result<()> {
    for part in parts {
        see(&part.cell.values);
        for run in &part.cell.runs {
            if let Some(spill) = spills.get(part.by) {
                spill.read(*run, &mut see)?;
            }
        }
    }
    Ok(())
}
