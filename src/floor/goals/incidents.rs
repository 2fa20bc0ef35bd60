//! Figures of incidents over any stretch, as `sla stats` and `sla` tell them (SEMANTICS R32, R35).

use chrono::{DateTime, TimeDelta, Utc};

use super::{one, period};
use crate::{
    domain::{
        goal::{Figure, Goal, Measured, Moment, Span},
        incident::What,
        query::Me,
        sla::{Clock, ClockState, WhichClock},
        stats::{
            period::Period,
            times::{Life, Times},
        },
        time::{between, minus, short_span},
    },
    floor::{
        Floor,
        entry::Entry,
        fact::Reach,
        freshness::{Feed, Source, Worth},
        listing::Around,
    },
    text::{Text, counted},
};

/// The incidents that a goal counts, with their lives as they are known now.
pub(super) struct Told<'f> {
    figure: &'f Figure,
    entries: Vec<(&'f Entry, Life)>,
    /// The first opening on record, of any incident; nothing = there is none.
    since: Option<DateTime<Utc>>,
    /// Why nobody can say how incidents stand.
    doubt: Option<Text>,
    zone: &'f crate::domain::zone::Zone,
    now: DateTime<Utc>,
}

impl<'f> Told<'f> {
    /// What a goal counts at `now`.
    pub(super) fn of(floor: &'f Floor, goal: &'f Goal, now: DateTime<Utc>) -> Self {
        let (around, me) = (Around::new(floor, now), Me::default());
        let all = floor.queue().entries().iter().enumerate();
        let counted = all.filter(|(place, entry)| {
            entry.incident.opened_at <= now && goal.filter.passes(&around.seen(*place, entry), &me, now)
        });
        Self {
            figure: &goal.figure,
            entries: counted.map(|(_, entry)| (entry, entry.life(now))).collect(),
            since: floor.queue().entries().iter().map(|entry| entry.incident.opened_at).min(),
            doubt: doubt(floor, now),
            zone: &goal.zone,
            now,
        }
    }

    /// The figure over a stretch.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub(super) fn over(&self, span: &Span) -> Result<Measured, Text> {
        if let Some(why) = &self.doubt {
            return Err(why.clone());
        }
        self.on_record(span)?;
        let period = period(span, self.now);
        match self.figure {
            Figure::Time(moment, stat) => {
                self.known_histories(*moment == Moment::Acted, &period)?;
                let times = self.times(&period);
                let (summary, note) = match moment {
                    Moment::Acted => (times.tta, count(times.unacked, "not taken on yet")),
                    Moment::Resolved => (times.ttr, count(times.still_open, "opened in it still open")),
                    Moment::Detected => (times.ttd, String::new()),
                };
                if *moment == Moment::Detected && summary.n == 0 {
                    return Err(Text::scrub("the start of the harm and its detection are not recorded in incidents"));
                }
                Ok(Measured { note: Text::scrub(&note), ..one(stat.of(&summary), summary.n) })
            }
            Figure::Opened => {
                let opened = self.opened(&period).count();
                Ok(one(Some(opened as f64), opened))
            }
            Figure::Growth => {
                let times = self.times(&period);
                let closed = times.ttr.n + times.ttr.missing + times.cancelled;
                let note = format!("{} opened, {closed} closed", times.opened);
                let grown = times.opened as f64 - closed as f64;
                Ok(Measured { note: Text::scrub(&note), ..one(Some(grown), times.opened + closed) })
            }
            Figure::Reopened => {
                self.known_histories(true, &period)?;
                let opened = self.opened(&period).count();
                let again = self.opened(&period).filter(|entry| is_reopened(entry, self.now)).count();
                Ok(Measured { note: Text::scrub(&format!("{again} of {opened}")), ..share(again, opened) })
            }
            Figure::Kept(which) => Ok(self.kept(*which, &period, span)),
            Figure::Open(age) => Ok(self.open(*age, span)),
            Figure::Owned => {
                let open = || self.entries.iter().filter(|(entry, _)| entry.incident.is_open());
                let is_owned = |entry: &Entry| !entry.incident.assignees.is_empty() || entry.acked.is_some();
                let owned = open().filter(|(entry, _)| is_owned(entry)).count();
                let n = open().count();
                Ok(Measured { note: Text::scrub(&format!("{owned} of {n}")), ..share(owned, n) })
            }
            Figure::Signal(..) | Figure::Budget(_) | Figure::File(_) => Ok(one(None, 0)),
        }
    }

    fn times(&self, period: &Period) -> Times {
        Times::over(self.entries.iter().map(|(_, life)| life), period, self.now)
    }

    fn opened(&self, period: &Period) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(|(entry, _)| *entry).filter(|entry| period.holds(entry.incident.opened_at))
    }

    /// A stretch that began before anything was on record is not judged: what was before nobody knows.
    fn on_record(&self, span: &Span) -> Result<(), Text> {
        if self.figure.is_of_an_instant() && span.until == self.now {
            return Ok(());
        }
        let day = |at: DateTime<Utc>| self.zone.local(at).date();
        match self.since {
            None => Err(Text::scrub("no incident is on record")),
            Some(since) if span.from < since => {
                Err(Text::scrub(&format!("not on record: the first incident known is of {}", day(since))))
            }
            Some(_) => Ok(()),
        }
    }

    /// Whether every history that the figure needs was told.
    fn known_histories(&self, is_asked: bool, period: &Period) -> Result<(), Text> {
        let untold = self.opened(period).filter(|entry| is_asked && !entry.incident.has_timeline).count();
        if untold == 0 {
            return Ok(());
        }
        let n = counted(untold, "incident", "incidents");
        Err(Text::scrub(&format!("the source does not tell the history of {n}")))
    }

    /// Clocks that stopped in it, and those that are over at its end: [`crate::floor::tally::Row::kept`] of any stretch.
    fn kept(&self, which: Option<WhichClock>, period: &Period, span: &Span) -> Measured {
        let (mut met, mut broken) = (0_usize, 0_usize);
        for (entry, _) in &self.entries {
            for of in [WhichClock::Response, WhichClock::Fix] {
                if which.is_some_and(|wanted| wanted != of) || !entry.is_known(of) {
                    continue;
                }
                let clock = entry.clock(of);
                let stopped = clock.stopped_at.filter(|at| period.holds(*at) && *at <= self.now);
                match (clock.state, stopped, clock.target) {
                    (ClockState::Met, Some(_), Some(_)) => met += 1,
                    (ClockState::Missed, Some(_), Some(_)) => broken += 1,
                    _ => broken += usize::from(is_over_at(clock, span.until, self.now)),
                }
            }
        }
        let note = format!("{met} kept, {broken} broken");
        Measured { note: Text::scrub(&note), ..share(met, met + broken) }
    }

    fn open(&self, age: TimeDelta, span: &Span) -> Measured {
        // A stretch that is over ends just before its last instant.
        let end = if span.until == self.now { span.until } else { minus(span.until, TimeDelta::milliseconds(1)) };
        let is_open = |entry: &Entry| {
            let life = entry.life(end);
            life.opened_at <= end && life.resolved_at.is_none() && life.cancelled_at.is_none()
        };
        let open: Vec<&Entry> = self.entries.iter().map(|(entry, _)| *entry).filter(|entry| is_open(entry)).collect();
        let is_old = |entry: &&&Entry| age.is_zero() || age < between(entry.incident.opened_at, end);
        let old = open.iter().filter(is_old).count();
        let oldest = open.iter().min_by_key(|entry| entry.incident.opened_at);
        let note = oldest.map(|entry| {
            let old = short_span(between(entry.incident.opened_at, end));
            format!("{} open, the oldest {} for {old}", open.len(), entry.incident.key)
        });
        Measured { note: Text::scrub(&note.unwrap_or_default()), ..one(Some(old as f64), old) }
    }
}

/// Whether a clock that had not stopped by then was over.
fn is_over_at(clock: &Clock, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let was_over = clock.breaches.iter().any(|breach| breach.at < at);
    match clock.state_at(now) {
        ClockState::Breached => at == now || was_over,
        ClockState::Missed => {
            clock.target.is_some() && clock.stopped_at.is_some_and(|stopped| at <= stopped) && was_over
        }
        _ => false,
    }
}

fn is_reopened(entry: &Entry, now: DateTime<Utc>) -> bool {
    entry.incident.timeline.iter().any(|event| event.at <= now && event.what == What::Reopened)
}

fn share(part: usize, whole: usize) -> Measured {
    one((0 < whole).then(|| part as f64 / whole as f64), whole)
}

fn count(n: usize, what: &str) -> String {
    if n == 0 { String::new() } else { format!("{n} {what}") }
}

/// Why the sources of incidents leave it open how things stand; nothing = all of them were heard, whole and lately.
fn doubt(floor: &Floor, now: DateTime<Utc>) -> Option<Text> {
    let sources = || floor.sources.iter().filter(|source| matches!(source.feed, Feed::Host | Feed::History));
    if sources().next().is_none() && floor.queue().entries().is_empty() {
        return Some(Text::scrub("the settings name no source of incidents"));
    }
    if floor.queue().is_glance() {
        return Some(Text::scrub("incidents are still being read"));
    }
    sources().find_map(|source| of_source(source, now).map(|why| Text::scrub(&format!("{}: {why}", source.name))))
}

fn of_source(source: &Source, now: DateTime<Utc>) -> Option<String> {
    if let Some((trouble, _, why)) = &source.trouble {
        return Some(format!("{}: {why}", trouble.word()));
    }
    if 0 < source.n_skipped {
        return Some(format!("{} left out", counted(source.n_skipped, "record was", "records were")));
    }
    match source.worth(now) {
        Worth::Reading | Worth::Never => Some("not heard".to_owned()),
        _ if matches!(source.reach, Some(Reach::Part { .. })) => Some("not all of it is read yet".to_owned()),
        // A backup is as old as it says; whoever names it as the source means that instant.
        Worth::Stale(age) if !source.is_dated => Some(format!("what it told is {} old", short_span(age))),
        Worth::Stale(_) | Worth::Fresh(_) => None,
    }
}
