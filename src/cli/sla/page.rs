//! The pages of the clocks that are no part of the board: the matrix alone, policies tried on a history.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    cli::board::{Part, VERSION, promises, sources},
    floor::Floor,
    sink::{
        json::{self, Document},
        plain::{self, Page},
        trial::Trials,
    },
    text::Text,
};

/// The matrix alone, as JSON. `zones_version` is the IANA release of the zones.
pub fn matrix_json(floor: &Floor, zones_version: &str, now: DateTime<Utc>) -> Value {
    let sources: Vec<_> = sources(floor, Part::Sla, now).iter().map(json::source::Source::of).collect();
    Document::new("sla_matrix", VERSION, &Text::scrub(zones_version), now)
        .with("team", (!floor.team.is_blank()).then(|| json::Said::from(&floor.team)))
        .with("zone", json::Said::from(&floor.zone))
        .with("matrix", json::sla::Matrix::of(&promises(floor, now)))
        .with("sources", sources)
        .value()
}

/// The matrix alone, as plain text.
pub fn matrix_plain(floor: &Floor, width: usize, now: DateTime<Utc>) -> String {
    let mut page = Page::new(width);
    page.heading(&floor.team, &floor.zone, now);
    page.blank();
    plain::sla::matrix(&mut page, &promises(floor, now));
    plain::source::write_told_by(&mut page, &sources(floor, Part::Sla, now), &floor.zone);
    page.finish()
}

/// Policies tried on a history, as JSON.
pub fn backtest_json(trials: &Trials<'_>, zones_version: &str, now: DateTime<Utc>) -> Value {
    Document::new("sla_backtest", VERSION, &Text::scrub(zones_version), now)
        .with("zone", json::Said::from(trials.zone))
        .with("backtest", json::trial::Backtest::of(trials))
        .value()
}

/// Policies tried on a history, as plain text.
pub fn backtest_plain(trials: &Trials<'_>, width: usize) -> String {
    let mut page = Page::new(width);
    plain::trial::write(&mut page, trials);
    page.finish()
}
