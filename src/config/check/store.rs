//! `[store]`: how long the record is kept.

use chrono::TimeDelta;

use super::{Range, span};
use crate::config::{Context, Trust, problems::Report, walk::Table};

/// Shorter and a month's figures could not be looked up; longer than ten years is a slip.
const RANGE: Range = Range { least: TimeDelta::days(7), most: TimeDelta::days(3_660) };

/// Reads the section: how long recorded facts are kept.
pub(super) fn keep(mut table: Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<TimeDelta> {
    let keep = span(&mut table, "keep", RANGE, report);
    table.finish(report);
    let keep = keep?;
    if context.trusted == Trust::Repository {
        let what = "may not be set by a file that came with a repository: it would have your record forgotten";
        report.fault(&keep, what, "set it in your own settings file");
        return None;
    }
    Some(keep.value)
}
