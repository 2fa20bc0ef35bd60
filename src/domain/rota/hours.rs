//! Windows of a local week as stretches of time: the hours of a layer, off hours, nights and weekends (SEMANTICS R8).

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Utc};

use super::Restriction;
use crate::domain::zone::Zone;

/// A stretch of time, `[start, end)`.
pub type Stretch = (DateTime<Utc>, DateTime<Utc>);

/// Windows that open on local days of one zone.
#[derive(Debug, Clone, Copy)]
pub struct Hours<'a> {
    zone: &'a Zone,
    windows: &'a [Restriction],
}

impl<'a> Hours<'a> {
    /// Windows whose clock is read in `zone`; without windows they are never open.
    pub fn new(zone: &'a Zone, windows: &'a [Restriction]) -> Self {
        Self { zone, windows }
    }

    /// Whether a window is open at an instant.
    pub fn is_open_at(self, at: DateTime<Utc>) -> bool {
        let today = self.zone.local(at).date();
        days_around(today, today).any(|day| {
            self.openings(day).any(|window| {
                let (opens, closes) = self.edges(window, day);
                opens <= at && at < closes
            })
        })
    }

    /// When a window is open in `[from, until)`: sorted, merged where windows touch or overlap, cut at both ends, none empty.
    pub fn open_in(self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Stretch> {
        if self.windows.is_empty() || until <= from {
            return Vec::new();
        }
        let open = days_around(self.zone.local(from).date(), self.zone.local(until).date())
            .flat_map(|day| self.openings(day).map(move |window| self.edges(window, day)))
            .map(|(opens, closes)| (opens.max(from), closes.min(until)));
        union(open.collect())
    }

    /// What the wall clock should read when windows of the local days of `[from, until)` open and close.
    pub(super) fn walls(self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<NaiveDateTime> {
        days_around(self.zone.local(from).date(), self.zone.local(until).date())
            .flat_map(|day| self.openings(day).map(move |window| self.readings(window, day)))
            .flat_map(|(opens, closes)| [opens, closes])
            .collect()
    }

    fn openings(self, day: NaiveDate) -> impl Iterator<Item = &'a Restriction> {
        self.windows.iter().filter(move |window| window.days.contains(&day.weekday()))
    }

    /// Both edges through `resolve`, so that adjacent windows partition time exactly (R8).
    fn edges(self, window: &Restriction, day: NaiveDate) -> Stretch {
        let (opens, closes) = self.readings(window, day);
        (self.zone.resolve(opens), self.zone.resolve(closes))
    }

    fn readings(self, window: &Restriction, day: NaiveDate) -> (NaiveDateTime, NaiveDateTime) {
        let last_day = if window.end <= window.start { day.succ_opt().unwrap_or(day) } else { day };
        (day.and_time(window.start), last_day.and_time(window.end))
    }
}

/// The local days whose windows may reach into these days: a window lasts a day at most, and clocks may skip a day.
fn days_around(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let from = first.checked_sub_days(Days::new(3)).unwrap_or(first);
    let until = last.checked_add_days(Days::new(1)).unwrap_or(last);
    from.iter_days().take_while(move |day| *day <= until)
}

/// The stretches sorted and merged where they touch or overlap; those without length are left out.
pub fn union(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.retain(|(start, end)| start < end);
    stretches.sort_unstable();
    let mut merged: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for (start, end) in stretches {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// The parts of `[start, end)` inside the windows, which must be as [`union`] gives them.
pub fn within(start: DateTime<Utc>, end: DateTime<Utc>, windows: &[Stretch]) -> impl Iterator<Item = Stretch> + '_ {
    let first = windows.partition_point(|(_, closes)| *closes <= start);
    windows
        .iter()
        .skip(first)
        .take_while(move |(opens, _)| *opens < end)
        .map(move |(opens, closes)| ((*opens).max(start), (*closes).min(end)))
        .filter(|(from, until)| from < until)
}

/// The parts of `[start, end)` outside the windows, which must be as [`union`] gives them.
pub fn outside(start: DateTime<Utc>, end: DateTime<Utc>, windows: &[Stretch]) -> Vec<Stretch> {
    let mut rest = Vec::new();
    let mut from = start;
    for (opens, closes) in within(start, end, windows) {
        if from < opens {
            rest.push((from, opens));
        }
        from = closes;
    }
    if from < end {
        rest.push((from, end));
    }
    rest
}
