//! What clock changes do to hand-offs: turns of odd length, wall times that do not exist or exist twice (SEMANTICS R1, R3).

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{Finding, WallTime};
use crate::domain::{
    rota::{Layer, Schedule},
    time::{between, minus, plus},
};

/// Hand-offs further than this from a clock change do not meet it.
const NEAR: TimeDelta = TimeDelta::hours(25);

/// Each clock change in `[start, end)` against each layer's turns and hours. A layer that does not hold then is left out.
pub(super) fn odd(seat: &Schedule, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for layer in seat.layers.iter().filter(|layer| !layer.participants.is_empty()) {
        let from = layer.start.map_or(start, |own| own.max(start));
        let until = layer.end.map_or(end, |own| own.min(end));
        // A turn that began before the window may end in it, at a change of its own.
        let changes = layer.zone.changes(from, until);
        let turns: BTreeSet<i64> = changes.iter().flat_map(|change| turns_around(layer, *change)).collect();
        let mut walls: BTreeSet<NaiveDateTime> = turns.iter().filter_map(|k| layer.wall(*k)).collect();
        for change in &changes {
            walls.extend(layer.hours().walls(minus(*change, NEAR), plus(*change, NEAR)));
        }
        findings.extend(walls.into_iter().filter_map(|wall| odd_wall(seat, layer, wall, from, until)));
        if layer.restrictions.is_empty() {
            findings.extend(turns.into_iter().filter_map(|k| odd_turn(seat, layer, k, from, until)));
        } else {
            findings.extend(changes.into_iter().filter_map(|change| odd_stint(seat, layer, change)));
        }
    }
    findings
}

/// The turns that meet a clock change: the one in which it lies, those skipped by it, those that begin near it.
fn turns_around(layer: &Layer, change: DateTime<Utc>) -> std::ops::RangeInclusive<i64> {
    layer.index_at(minus(change, NEAR))..=layer.index_at(plus(change, NEAR))
}

fn odd_wall(
    seat: &Schedule,
    layer: &Layer,
    wall: NaiveDateTime,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Option<Finding> {
    let at = layer.zone.resolve(wall);
    let how = match layer.zone.instants(wall).as_slice() {
        [] => WallTime::Missing,
        [_] => return None,
        [_, .., last] => WallTime::Twice(*last),
    };
    (from <= at && at < until).then(|| Finding::OddWallTime {
        seat: seat.name.clone(),
        layer: layer.name.clone(),
        wall,
        at,
        how,
    })
}

/// A turn around the clock: its walls say how long it should be.
fn odd_turn(seat: &Schedule, layer: &Layer, k: i64, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<Finding> {
    let next = k.saturating_add(1);
    let nominal = layer.wall(next)?.signed_duration_since(layer.wall(k)?);
    let (start, end) = (layer.boundary(k), layer.boundary(next));
    let actual = between(start, end);
    // One without length is met at its beginning; the others by any part of them.
    let is_met = start < until && from < end.max(plus(start, TimeDelta::nanoseconds(1)));
    (is_met && nominal != actual).then(|| Finding::OddLength {
        seat: seat.name.clone(),
        layer: layer.name.clone(),
        people: layer.turn(k).to_vec(),
        start,
        end,
        nominal,
        actual,
    })
}

/// A turn within a layer's hours: what the clock reads at both its ends says how long it should be.
fn odd_stint(seat: &Schedule, layer: &Layer, change: DateTime<Utc>) -> Option<Finding> {
    let k = layer.index_at(minus(change, TimeDelta::seconds(1)));
    let of_turn = layer.stints(layer.boundary(k), layer.boundary(k.saturating_add(1)));
    let stint = of_turn.into_iter().find(|stint| stint.start < change && change < stint.end)?;
    let nominal = layer.zone.local(stint.end).signed_duration_since(layer.zone.local(stint.start));
    let actual = between(stint.start, stint.end);
    (nominal != actual).then(|| Finding::OddLength {
        seat: seat.name.clone(),
        layer: layer.name.clone(),
        people: layer.turn(stint.index).to_vec(),
        start: stint.start,
        end: stint.end,
        nominal,
        actual,
    })
}
