//! What one thread has counted: values by bucket, name and label.

use std::{collections::HashMap, io};

use super::spill::{Run, Spill};
use crate::{
    domain::summary::{Fold, p95},
    source::metrics::scan::{Keys, keys::Seeded},
};

/// How many cells a thread may fill; beyond that the answer would not fit in memory, and nobody reads it.
pub(super) const CELLS: usize = 500_000;

/// Values of one bucket, name and label.
#[derive(Debug, Default)]
pub(super) struct Cell {
    /// The name and label, by [`Keys`].
    pub key: u32,
    /// The bucket's number: its start by the length of buckets.
    pub bucket: i64,
    /// Records without a value.
    pub events: u64,
    /// Values in memory.
    pub values: Vec<f64>,
    /// What the values on disk come to.
    pub spilled: Fold,
    /// Where they are.
    pub runs: Vec<Run>,
    /// Their percentile, if all were written at once.
    pub p95: Option<f64>,
}

/// Why counting stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// More cells than [`CELLS`].
    Cells,
    /// The temporary folder refused.
    Spill(io::Error),
}

/// What one thread has counted.
#[derive(Debug)]
pub(super) struct Tally {
    /// Names and labels.
    pub keys: Keys,
    /// In no order.
    pub cells: Vec<Cell>,
    /// Values on disk.
    pub spill: Spill,
    /// Why counting stopped.
    pub stop: Option<Stop>,
    every_ms: i64,
    /// The bucket of the last record: its number, its start and its end.
    now: (i64, i64, i64),
    /// The last cell of each key, and its bucket.
    last: Vec<(i64, u32)>,
    places: HashMap<u128, u32, Seeded>,
    /// Room for values in memory that is taken, and that there is.
    held: usize,
    room: usize,
}

impl Tally {
    /// Counts by buckets of this length, with room for so many values in memory.
    pub(super) fn new(every_ms: i64, room: usize, seed: u64) -> Self {
        Self {
            keys: Keys::new(seed),
            cells: Vec::new(),
            spill: Spill::default(),
            stop: None,
            every_ms,
            now: (0, 0, 0),
            last: Vec::new(),
            places: HashMap::with_hasher(Seeded(seed)),
            held: 0,
            room,
        }
    }

    /// Counts a record.
    #[inline]
    pub(super) fn add(&mut self, key: u32, at_ms: i64, value: Option<f64>) {
        if at_ms < self.now.1 || at_ms >= self.now.2 {
            let bucket = at_ms.div_euclid(self.every_ms);
            let start = bucket.saturating_mul(self.every_ms);
            self.now = (bucket, start, start.saturating_add(self.every_ms));
        }
        let bucket = self.now.0;
        let place = match self.last.get(key as usize) {
            Some((last, place)) if *last == bucket => *place,
            _ => self.turn(key, bucket),
        };
        let Some(cell) = self.cells.get_mut(place as usize) else { return };
        let Some(value) = value else {
            cell.events += 1;
            return;
        };
        if cell.values.len() == cell.values.capacity() {
            let more = (cell.values.len() / 2).max(32);
            cell.values.reserve_exact(more);
            self.held += more;
        }
        cell.values.push(value);
    }

    /// Another bucket for this key; a place that is nowhere when there are too many.
    #[cold]
    fn turn(&mut self, key: u32, bucket: i64) -> u32 {
        let of_both = u128::from(key) << 64 | u128::from(bucket.cast_unsigned());
        let cells = &mut self.cells;
        let place = *self.places.entry(of_both).or_insert_with(|| {
            if cells.len() >= CELLS {
                return u32::MAX;
            }
            cells.push(Cell { key, bucket, ..Cell::default() });
            u32::try_from(cells.len() - 1).unwrap_or(u32::MAX)
        });
        if place == u32::MAX {
            self.stop = Some(Stop::Cells);
            self.places.remove(&of_both);
            return place;
        }
        if self.last.len() <= key as usize {
            self.last.resize(key as usize + 1, (i64::MIN, u32::MAX));
        }
        if let Some(last) = self.last.get_mut(key as usize) {
            *last = (bucket, place);
        }
        place
    }

    /// Makes room if there is too little: to be called every few thousand records.
    ///
    /// Values of buckets other than the last one go to disk, where they are found again should more come; with them goes
    /// their percentile, which stands if none comes. If that is too little, all go.
    pub(super) fn relieve(&mut self) {
        if self.held < self.room {
            return;
        }
        let last = self.now.0;
        self.spill_all(|cell| cell.bucket != last);
        if self.held > self.room / 2 {
            self.spill_all(|_| true);
        }
    }

    fn spill_all(&mut self, is_due: impl Fn(&Cell) -> bool) {
        for cell in self.cells.iter_mut().filter(|cell| !cell.values.is_empty() && is_due(cell)) {
            cell.spilled.add(&cell.values);
            cell.p95 = if cell.runs.is_empty() { p95(&mut cell.values) } else { None };
            match self.spill.write(&cell.values) {
                Ok(run) => cell.runs.push(run),
                Err(error) => {
                    self.stop = Some(Stop::Spill(error));
                    return;
                }
            }
            self.held = self.held.saturating_sub(cell.values.capacity());
            cell.values = Vec::new();
        }
    }
}
