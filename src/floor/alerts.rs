//! Alert rules as they stand: the recent past they look back on, and the book of their alerts.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{
            Alert, AlertId, Transition,
            book::{Book, Snapshot, Taken},
            rule::AnyRule,
        },
        pool::Pool,
        rollup::Past,
        sample::{Labelled, Labels, SeriesKey, Telling},
        series::Sample,
        time::{between, minus, plus},
        trouble::Skipped,
    },
    floor::{
        Floor, SKIPS_SHOWN,
        abroad::Servers,
        fact::SignalId,
        rolling_back::paged::{episodes, is_page},
    },
    text::Text,
};

/// What nobody asks for any more is looked for this often.
const FORGET_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A process that came late catches up for so many minutes.
const CATCHES_UP: i64 = 3;

/// What has come may be judged again from this long ago, at most.
const REPLAYED: TimeDelta = TimeDelta::days(1);

/// Rules, what they look back on, and what they last said.
#[derive(Debug, Default)]
pub struct Alerts {
    pool: Pool,
    book: Book,
    told: Vec<Transition>,
    forget_at: Option<DateTime<Utc>>,
    /// What paged while a release was watched, by what was judged of the past.
    pub(super) paged: Vec<(Text, DateTime<Utc>)>,
    /// Since when the rules are judged, in this process or by what was written down.
    watched_from: Option<DateTime<Utc>>,
    /// The minutes of the first and the last time that a process that came late caught up with a release's window.
    caught_up: Option<(i64, i64)>,
    pub(super) servers: Servers,
}

impl Alerts {
    /// Takes rules in place of those before; their alerts begin anew.
    pub(super) fn take_rules(&mut self, rules: Vec<AnyRule>) {
        self.book = Book::new(rules);
        self.book.ask(&mut self.pool);
    }

    /// Takes samples of any series.
    pub(super) fn take(&mut self, samples: Vec<Labelled>, telling: Telling, now: DateTime<Utc>) {
        self.pool.take_all(samples, telling, now);
    }

    /// Takes what an exposition says of now that was counted before.
    pub(super) fn take_standing(&mut self, samples: Vec<Labelled>, now: DateTime<Utc>) {
        self.pool.take_all(samples, Telling::Instead, now);
    }

    /// Notes which series of a file cannot be read now, and why.
    pub(super) fn doubt(&mut self, file: Text, series: Vec<SeriesKey>, why: Option<Text>) {
        self.pool.doubt(file, series, why);
    }

    /// Keeps a name's series for at least so many milliseconds.
    pub(super) fn ask(&mut self, name: Option<&Text>, ms: i64) {
        self.pool.ask(name, ms);
    }

    /// Keeps a name's series from an instant on.
    pub(super) fn hold(&mut self, name: Option<&Text>, from_ms: i64) {
        self.pool.hold(name, from_ms);
    }

    /// The rules as they stand.
    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    /// Whether the rules were judged at an instant.
    pub(super) fn saw(&self, at: DateTime<Utc>) -> bool {
        self.watched_from.is_some_and(|from| from <= at)
    }

    /// Notes that somebody took an alert on.
    pub(super) fn take_on(&mut self, id: AlertId, taken: Taken) {
        self.book.take_on(id, taken.by, taken.at);
    }

    /// What is looked back on.
    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Every alert that is pending or fires.
    pub(super) fn book_alerts(&self) -> impl Iterator<Item = &Alert> {
        self.book.alerts()
    }

    /// Whether any rule had something to judge at its last evaluation.
    pub(super) fn has_judged(&self) -> bool {
        self.book.rules().any(|view| 0 < view.standing.n_judged)
    }

    /// Evaluates the rules when they were due, from `from` on.
    fn replay(&mut self, from: DateTime<Utc>, now: DateTime<Utc>) {
        self.book.begin_at(from);
        while let Some(at) = self.book.next_due().filter(|at| *at < now) {
            self.book.evaluate(&mut self.pool, at);
        }
    }

    /// Evaluates what is due; whether any alert became something else.
    pub(super) fn tick(&mut self, now: DateTime<Utc>) -> bool {
        self.told = self.book.evaluate(&mut self.pool, now);
        self.watched_from = self.watched_from.or(Some(now));
        if self.forget_at.is_none_or(|at| now >= at) {
            self.pool.forget(now);
            self.forget_at = Some(plus(now, FORGET_EVERY));
        }
        !self.told.is_empty()
    }
}

impl Floor {
    /// The rules and their alerts.
    pub fn book(&self) -> &Book {
        &self.alerts.book
    }

    /// The recent past of every series that was read.
    pub fn pool(&self) -> &Pool {
        &self.alerts.pool
    }

    /// What alerts became at the last tick.
    pub fn alert_steps(&self) -> &[Transition] {
        &self.alerts.told
    }

    /// Has what rules and signals that are worked out look back on kept for a day: for those who look once and have to say
    /// since when something is so.
    pub fn look_back(&mut self) {
        let rules: Vec<_> = self.alerts.book.rules().flat_map(|view| view.rule.expr().needs()).collect();
        let signals = self.computed.iter().flat_map(|working| working.needs());
        for need in rules.into_iter().chain(signals).collect::<Vec<_>>() {
            self.alerts.ask(need.name.as_ref(), need.back_ms.saturating_add(REPLAYED.num_milliseconds()));
        }
    }

    /// Judges what was read as if somebody had watched: for those who look once and go. What has to be broken for a while
    /// can be said to be, and since when, as far as the files reach back and a day at most.
    pub fn replay_alerts(&mut self, now: DateTime<Utc>) {
        let waits = |rule: &AnyRule| match rule {
            AnyRule::Alert(rule) => rule.hold + rule.keep_firing + rule.no_data_hold + rule.every,
            AnyRule::Record(rule) => rule.every,
        };
        let fresh = self.alerts.book.clone();
        self.replay_window(&fresh, now);
        let Some(back) = fresh.rules().map(|view| waits(view.rule)).max() else { return };
        let every = fresh.rules().map(|view| view.rule.every()).max().unwrap_or(TimeDelta::seconds(1));
        let mut reach = back.min(REPLAYED);
        loop {
            let from = minus(now, reach);
            self.alerts.book = fresh.clone();
            self.alerts.replay(from, now);
            // What is so from the first look on may have begun before it.
            let is_older = self.alerts.book.alerts().any(|alert| alert.since <= plus(from, every));
            let oldest = self.alerts.pool.oldest(None).and_then(DateTime::from_timestamp_millis);
            if !is_older || REPLAYED <= reach || oldest.is_none_or(|oldest| from <= oldest) {
                break;
            }
            reach = (reach * 4).min(REPLAYED);
        }
        self.judge_rules_now(now);
    }

    /// Judges the window of a release in a process that came after it began: what was read of it says what paged. Files are
    /// read one after the other, so it is done again for some minutes, once in each.
    pub(super) fn catch_up_with_window(&mut self, now: DateTime<Utc>) {
        let minute = now.timestamp().div_euclid(60);
        let is_done = match self.alerts.caught_up {
            Some((first, last)) => minute == last || first.saturating_add(CATCHES_UP) < minute,
            None => self.bake_window().is_none_or(|bake| now <= bake.start || self.alerts.saw(bake.start)),
        };
        // What was recorded of the past would come beside what is recorded now.
        let records = |rule: &AnyRule| matches!(rule, AnyRule::Record(_));
        if is_done || !self.alerts.has_judged() || self.alerts.book.rules().any(|view| records(view.rule)) {
            return;
        }
        let first = self.alerts.caught_up.map_or(minute, |(first, _)| first);
        self.alerts.caught_up = Some((first, minute));
        let fresh = Book::new(self.alerts.book.rules().map(|view| view.rule.clone()).collect());
        fresh.ask(&mut self.alerts.pool);
        self.replay_window(&fresh, now);
    }

    /// Judges what was read of the time in which a release was watched, as if somebody had watched: what paged then.
    fn replay_window(&mut self, fresh: &Book, now: DateTime<Utc>) {
        let Some(bake) = self.bake_window().filter(|bake| bake.start < now) else { return };
        if !fresh.rules().any(|view| is_page(view.rule)) {
            return;
        }
        let waits = fresh.rules().map(|view| Book::worst_wait(view.rule)).max().unwrap_or_default();
        let until = now.min(plus(bake.end, waits));
        let from = minus(bake.start, waits);
        // What nobody read cannot be judged.
        let oldest = self.alerts.pool.oldest(None).and_then(DateTime::from_timestamp_millis);
        if REPLAYED < between(from, until) || oldest.is_none_or(|oldest| bake.start < oldest) {
            return;
        }
        let mut book = fresh.clone();
        book.begin_at(from);
        while let Some(at) = book.next_due().filter(|at| *at < until) {
            book.evaluate(&mut self.alerts.pool, at);
        }
        self.alerts.paged = episodes(&book, bake);
        self.alerts.watched_from = Some(from);
        // What paged then says something of the release.
        self.version = self.version.wrapping_add(1);
    }

    /// Judges every rule now, whether it is due or not.
    pub fn judge_rules_now(&mut self, now: DateTime<Utc>) {
        self.alerts.book.make_due();
        let is_new = self.alerts.tick(now);
        self.version = self.version.wrapping_add(u64::from(is_new));
    }

    /// Takes up how the rules stood when that was last written down (R42): at the start, and in a process that follows another.
    pub fn restore_alerts(&mut self, book: Snapshot, now: DateTime<Utc>) {
        self.alerts.book.restore(book, now);
        self.alerts.watched_from = Some(DateTime::<Utc>::MIN_UTC);
        self.version = self.version.wrapping_add(1);
    }

    /// Has the rules stand as whoever watches wrote that down, whatever was judged here; what they measure is as it is now,
    /// where that is known. Rules that are not in the book stand as they were judged.
    pub fn stand_as_written(&mut self, mut book: Snapshot, now: DateTime<Utc>) {
        let judged: HashMap<AlertId, Alert> =
            self.alerts.book.alerts().map(|alert| (alert.id, alert.clone())).collect();
        for (_, instance) in book.rules.iter_mut().flat_map(|rule| &mut rule.instances) {
            if let Some(here) = judged.get(&instance.alert.id).filter(|here| !here.value.is_nan()) {
                instance.alert.value = here.value;
                instance.alert.annotations.clone_from(&here.annotations);
            }
        }
        self.restore_alerts(book, now);
    }

    /// Takes samples that say what they are of: objectives count them, rules look back on them.
    pub(super) fn measured(&mut self, samples: Vec<Labelled>, telling: Telling, now: DateTime<Utc>) {
        self.slos.iter_mut().for_each(|slo| slo.take_labelled(&samples, telling, now));
        self.alerts.take(samples, telling, now);
    }

    /// Takes what series did before: objectives count it, rules look back on it.
    pub(super) fn remeasured(&mut self, past: &[Past], now: DateTime<Utc>) {
        self.slos.iter_mut().for_each(|slo| slo.recall(past, now));
        self.alerts.take(past.iter().flat_map(Past::samples).collect(), Telling::Added, now);
    }

    /// Takes samples of a signal as a series of the signal's name.
    pub(super) fn pooled(&mut self, signal: SignalId, samples: &[Sample], telling: Telling, now: DateTime<Utc>) {
        let Some(gauge) = self.gauges.get(signal.0) else { return };
        let key = SeriesKey { name: gauge.signal.name.clone(), labels: Labels::default() };
        let labelled = |sample: &Sample| Labelled { key: key.clone(), at_ms: sample.at_ms, value: sample.value };
        self.alerts.take(samples.iter().map(labelled).collect(), telling, now);
        self.alerts.pool.await_more(&key);
    }

    /// Notes what of a signal's lines was left out.
    pub(super) fn left_out(&mut self, signal: SignalId, skipped: Vec<Skipped>, n_skipped: usize) {
        if let Some(gauge) = self.gauges.get_mut(signal.0) {
            gauge.n_skipped = n_skipped;
            gauge.skipped.extend(skipped);
            gauge.skipped.drain(..gauge.skipped.len().saturating_sub(SKIPS_SHOWN));
        }
    }

    /// Judges objectives and alert rules that are due.
    pub(super) fn judge_rules(&mut self, now: DateTime<Utc>) {
        for slo in &mut self.slos {
            let is_new = slo.judge(now);
            self.version = self.version.wrapping_add(u64::from(is_new));
        }
        let is_new = self.alerts.tick(now);
        self.version = self.version.wrapping_add(u64::from(is_new));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            alert::rule::{NO_DATA_HOLD, NoData, Rule},
            expr::Expr,
            sla::Policy,
            zone::Zone,
        },
        floor::fact::Fact,
    };

    fn floor() -> Floor {
        let rule = |(name, expr): (&str, &str)| {
            AnyRule::Alert(Box::new(Rule {
                name: Text::scrub(name),
                group: Text::scrub("g"),
                origin: Text::scrub("here"),
                expr: Expr::read(expr).unwrap(),
                every: TimeDelta::seconds(1),
                hold: TimeDelta::zero(),
                keep_firing: TimeDelta::zero(),
                no_data: NoData::Hold,
                no_data_hold: NO_DATA_HOLD,
                labels: Vec::new(),
                annotations: Vec::new(),
            }))
        };
        let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        let rules = [("High", "x > 100"), ("Low", "x < 100"), ("Any", "x > 0")].map(rule);
        floor.apply(Fact::RulesRead(rules.into()), at(0));
        floor
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200 + seconds, 0).unwrap()
    }

    fn measure(floor: &mut Floor, value: f64, seconds: i64) {
        let key = SeriesKey { name: Text::scrub("x"), labels: Labels::default() };
        let sample = Labelled { key, at_ms: at(seconds).timestamp_millis(), value };
        floor.apply(Fact::Measured(vec![sample], Telling::Instead), at(seconds));
        floor.judge_rules_now(at(seconds));
    }

    fn firing(floor: &Floor) -> Vec<(&str, i64, f64)> {
        let all = floor.book().alerts().filter(|alert| alert.is_firing());
        let mut all: Vec<_> =
            all.map(|alert| (alert.rule.as_str(), between(at(0), alert.since).num_seconds(), alert.value)).collect();
        all.sort_by_key(|(name, ..)| *name);
        all
    }

    #[test]
    fn who_looks_beside_a_watcher_goes_by_what_that_wrote_down_and_by_the_values_of_now() {
        let mut watcher = floor();
        measure(&mut watcher, 60.0, 0);
        let book = watcher.book().snapshot();
        let mut beside = floor();
        measure(&mut beside, 120.0, 20);
        assert_eq!(firing(&beside), [("Any", 20, 120.0), ("High", 20, 120.0)]);
        beside.stand_as_written(book, at(20));
        assert_eq!(firing(&beside), [("Any", 0, 120.0), ("Low", 0, 60.0)]);
    }
}
