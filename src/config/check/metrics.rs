//! `[metrics]`: how long what was measured is kept.

use chrono::TimeDelta;

use super::{Range, span};
use crate::config::{problems::Report, units, walk::Table};

/// Of less than an hour no chart could be drawn; longer than ten years is a slip.
const RANGE: Range = Range { least: TimeDelta::hours(1), most: TimeDelta::days(3_660) };

/// Reads the section: by the second, the minute and the hour.
pub(super) fn keep(mut table: Table<'_>, usual: [TimeDelta; 3], report: &mut Report) -> [TimeDelta; 3] {
    let said = ["keep_1s", "keep_1m", "keep_1h"].map(|name| span(&mut table, name, RANGE, report));
    table.finish(report);
    let mut keep = usual;
    for (kept, said) in keep.iter_mut().zip(&said) {
        *kept = said.as_ref().map_or(*kept, |said| said.value);
    }
    for (n, (shorter, longer)) in keep.iter().zip(keep.iter().skip(1)).enumerate() {
        let coarser = said.get(n + 1).and_then(Option::as_ref);
        let finer = said.get(n).and_then(Option::as_ref);
        if let Some(said) = coarser.or(finer).filter(|_| longer < shorter) {
            let what = format!(
                "makes what is coarser be kept for {}, shorter than {}",
                units::written(*longer),
                units::written(*shorter)
            );
            report.fault(said, &what, "write keep_1s <= keep_1m <= keep_1h");
        }
    }
    keep
}
