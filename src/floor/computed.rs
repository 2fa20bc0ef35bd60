//! Signals that are worked out: a row each, or one for each of the highest values of a label.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{AlertState, book::ENDED},
        computed::{Computed, TOP, in_order},
        expr::Need,
        pool::Pool,
        sample::{Labelled, Labels, SeriesKey, Telling},
        series::{Sample, Signal},
        slo::feed,
    },
    floor::{
        Floor,
        fact::SourceId,
        freshness::{Feed, Source},
        metrics::Gauge,
        slos::Watched,
    },
    text::{Text, counted},
};

/// Instants of the past that a new row is worked out for, over its window.
const BACKFILLED: i32 = 60;

/// How far back the beginning of a breach is looked for, where what was measured is kept for so long.
const LOOKED_BACK: TimeDelta = TimeDelta::days(1);

/// A signal that is worked out, with its rows.
#[derive(Debug)]
pub(super) struct Working {
    what: Computed,
    /// The rows by the values of their labels, and where they are among the gauges.
    rows: Vec<(Labels, usize)>,
    slot: Option<i64>,
    /// The second of the last try that came to nothing.
    blank_at: Option<i64>,
    /// The last minute that was worked out for objectives, whatever it came to.
    tried: Option<Sample>,
    /// The series of its name that it told last: rules and other signals look at them.
    told: BTreeSet<SeriesKey>,
}

impl Floor {
    /// Adds a signal that is worked out of what was and will be measured.
    pub(super) fn computed_added(&mut self, what: Computed) {
        let mut rows = Vec::new();
        if what.by.is_empty() {
            rows.push((Labels::default(), self.gauges.len()));
            self.gauges.push(Gauge::new(what.signal.clone(), NOBODY));
        }
        self.computed.push(Working { what, rows, slot: None, blank_at: None, tried: None, told: BTreeSet::new() });
        // What one of them comes to another may be worked out of.
        let order = in_order(&self.computed.iter().map(|working| &working.what).collect::<Vec<_>>());
        let mut all: Vec<_> = std::mem::take(&mut self.computed).into_iter().map(Some).collect();
        self.computed = order.into_iter().filter_map(|n| all.get_mut(n).and_then(Option::take)).collect();
        for working in self.computed.iter().rev() {
            let asked = self.alerts.pool().kept_ms(working.name());
            let back = working.what.signal.window.num_milliseconds().max(asked);
            for need in working.needs() {
                self.alerts.ask(need.name.as_ref(), need.back_ms.saturating_add(back));
            }
        }
    }

    /// Works out what is due. While a signal comes to nothing it is tried each second.
    pub(super) fn compute(&mut self, now: DateTime<Utc>) {
        let Self { computed, gauges, alerts, groups, version, .. } = self;
        for working in computed.iter_mut() {
            if !working.is_due(now) {
                continue;
            }
            let before = gauges.len();
            let told = working.work(gauges, alerts.pool(), now);
            alerts.take(told, Telling::Instead, now);
            for gauge in gauges.iter_mut().skip(before) {
                gauge.group = groups.get(&working.what.signal.name).cloned().unwrap_or_default();
            }
            *version = version.wrapping_add(1);
        }
        self.count_minutes(now);
    }

    /// Has objectives count what signals come to at the ends of minutes, once all files were looked at: what one of them holds
    /// may be the other half of a ratio.
    fn count_minutes(&mut self, now: DateTime<Utc>) {
        let is_read = |source: &Source| source.heard_at.is_some() || source.trouble.is_some();
        if !self.sources_of(Feed::Metrics).all(is_read) {
            return;
        }
        for n in 0..self.computed.len() {
            let Some(working) = self.computed.get(n).filter(|working| working.what.by.is_empty()) else { continue };
            let name = working.name().clone();
            let fed: Vec<&Watched> = self.slos.iter().filter(|slo| slo.slo.sli.is_fed_by(&name)).collect();
            let Some(reach) = fed.iter().map(|slo| slo.slo.longest_reach()).max() else { continue };
            // What came to nothing is not tried again: nobody writes into the past.
            let counted = fed.iter().filter_map(|slo| slo.newest_minute(&name)).chain(working.tried);
            let newest = counted.max_by_key(|sample| sample.at_ms);
            let Some(samples) = working.minutes(self.alerts.pool(), newest, reach, now) else { continue };
            let tried = feed::ends(newest, reach, now).last().map(|end| feed::at_end(end, f64::NAN));
            if let Some(working) = self.computed.get_mut(n) {
                working.tried = tried.or(working.tried);
            }
            if !samples.is_empty() {
                self.minutes(&name, &samples, now);
            }
        }
    }

    /// Puts signals together by name.
    pub(super) fn grouped(&mut self, groups: BTreeMap<Text, Text>) {
        for gauge in &mut self.gauges {
            gauge.group = groups.get(&gauge.signal.name).cloned().unwrap_or_default();
        }
        self.groups = groups;
    }
}

/// A signal that is worked out has no source of its own.
const NOBODY: SourceId = SourceId(usize::MAX);

impl Working {
    /// The signal's name.
    pub(super) fn name(&self) -> &Text {
        &self.what.signal.name
    }

    /// What it looks back on.
    pub(super) fn needs(&self) -> Vec<Need> {
        self.what.expr.needs()
    }

    /// What it came to at the ends of the minutes after `newest`; a minute without a number is none. Nothing where nothing that
    /// it looks at was read yet.
    fn minutes(
        &self,
        pool: &Pool,
        newest: Option<Sample>,
        reach: TimeDelta,
        now: DateTime<Utc>,
    ) -> Option<Vec<Sample>> {
        let oldest = self.needs().iter().filter_map(|need| pool.oldest(need.name.as_ref())).min()?;
        let value = |end: i64| match self.what.at(pool, end).ok()?.as_slice() {
            [(_, value)] => Some(feed::at_end(end, *value)),
            _ => None,
        };
        Some(feed::ends(newest, reach, now).filter(|end| oldest <= *end).filter_map(value).collect())
    }

    fn is_due(&mut self, now: DateTime<Utc>) -> bool {
        let slot = now.timestamp_millis().div_euclid(self.what.every.num_milliseconds().max(1));
        let is_blank = self.blank_at.is_some_and(|at| at != now.timestamp());
        let is_due = self.slot != Some(slot) || is_blank;
        self.slot = Some(slot);
        is_due
    }

    /// Works it out; what its series are told.
    fn work(&mut self, gauges: &mut Vec<Gauge>, pool: &Pool, now: DateTime<Utc>) -> Vec<Labelled> {
        let found = self.what.at(pool, now.timestamp_millis());
        let doubt = self.what.expr.doubt(pool, None, now.timestamp_millis()).map(|why| Text::scrub(&why));
        let note = found.as_ref().err().cloned().or_else(|| doubt.clone());
        // What may not be so is told nobody: what rests on it has no data, and ends nothing.
        let is_judged = found.is_ok() && doubt.is_none();
        let found = found.unwrap_or_default();
        self.blank_at = found.is_empty().then(|| now.timestamp());
        let top: Vec<_> = found.iter().take(TOP).collect();
        let is_new: Vec<Labels> = top
            .iter()
            .map(|(row, _)| row)
            .filter(|row| !self.rows.iter().any(|(known, _)| known == *row))
            .cloned()
            .collect();
        for row in is_new {
            self.place(row, &top.iter().map(|(row, _)| row).collect::<Vec<_>>(), gauges);
        }
        let n_shown = found.iter().filter(|(row, _)| self.rows.iter().any(|(known, _)| known == row)).count();
        let n_more = found.len().saturating_sub(n_shown);
        let more = format!("{} not shown: the {TOP} highest are", counted(n_more, "row", "rows"));
        let note = note.or_else(|| (0 < n_more).then(|| Text::scrub(&more)));
        let is_asked = self.is_asked(pool);
        let past = self.backfill(gauges, pool, now);
        let told = if is_asked { self.told_of(past, is_judged.then_some(&found), now) } else { Vec::new() };
        for (row, place) in &self.rows {
            let Some(gauge) = gauges.get_mut(*place) else { continue };
            gauge.note.clone_from(&note);
            if let Some((_, value)) = found.iter().find(|(found, _)| found == row) {
                // What may not be so does not end an alert: the last value that is known to be grows old.
                let is_broken = gauge.signal.threshold.is_some_and(|threshold| threshold.is_broken(*value));
                if doubt.is_some() && !is_broken && gauge.alert != AlertState::Inactive {
                    gauge.judge(now);
                    continue;
                }
                gauge.take(vec![Sample { at_ms: now.timestamp_millis(), value: *value }], Telling::Instead, now);
                gauge.judge(now);
            }
        }
        told
    }

    /// Whether what it comes to is a series of its name that somebody looks at. Where a metric of a file is called so too,
    /// or it is worked out of one, that metric is what the name means.
    fn is_asked(&self, pool: &Pool) -> bool {
        let name = self.name();
        let is_own = || self.needs().iter().any(|need| need.name.as_ref() == Some(name));
        let is_read = || pool.named(Some(name)).any(|(key, _)| !self.told.contains(key));
        pool.is_asked(name) && !is_own() && !is_read()
    }

    /// What its series are told: what it came to in the past, and what it comes to now where it could be judged. Those that it
    /// does not come to any more have ended.
    fn told_of(
        &mut self,
        past: Vec<(Labels, i64, Option<f64>)>,
        found: Option<&Vec<(Labels, f64)>>,
        now: DateTime<Utc>,
    ) -> Vec<Labelled> {
        let mut told = Vec::new();
        let ended = f64::from_bits(ENDED);
        for (row, at_ms, value) in past {
            let key = self.key(&row);
            // Before it came to anything there is nothing to end.
            let is_known = value.is_none() && self.told.contains(&key);
            if value.is_some() {
                self.told.insert(key.clone());
            }
            told.extend(value.or(is_known.then_some(ended)).map(|value| Labelled { key, at_ms, value }));
        }
        let Some(found) = found else { return told };
        let at_ms = now.timestamp_millis();
        let keys: BTreeSet<SeriesKey> = found.iter().map(|(row, _)| self.key(row)).collect();
        let gone = self.told.difference(&keys).cloned();
        told.extend(gone.map(|key| Labelled { key, at_ms, value: ended }));
        told.extend(found.iter().map(|(row, value)| Labelled { key: self.key(row), at_ms, value: *value }));
        self.told.extend(keys);
        told
    }

    fn key(&self, row: &Labels) -> SeriesKey {
        SeriesKey { name: self.name().clone(), labels: row.clone() }
    }

    /// Gives a row a gauge: a new one, or that of a row that is not among the highest any more and does not fire.
    fn place(&mut self, row: Labels, top: &[&Labels], gauges: &mut Vec<Gauge>) {
        let signal = Signal { name: self.what.name(&row), ..self.what.signal.clone() };
        let gauge = Gauge::new(signal, NOBODY);
        if self.rows.len() < TOP {
            self.rows.push((row, gauges.len()));
            return gauges.push(gauge);
        }
        let is_free = |(known, place): &&mut (Labels, usize)| {
            !top.iter().any(|of| **of == *known) && gauges.get(*place).is_some_and(|gauge| !gauge.is_firing())
        };
        if let Some((known, place)) = self.rows.iter_mut().find(is_free)
            && let Some(there) = gauges.get_mut(*place)
        {
            let group = std::mem::take(&mut there.group);
            (*known, *there) = (row, gauge);
            there.group = group;
        }
    }

    /// How many instants of the past are worked out: those of its window, and where its bound is broken from the first of them
    /// on, those before as long as it is.
    fn n_backfilled(&self, pool: &Pool, last: i64, step: i64) -> i64 {
        let Some(threshold) = self.what.signal.threshold else { return BACKFILLED.into() };
        let is_broken = |n: &i64| {
            let found = self.what.at(pool, last.saturating_sub(n.saturating_mul(step))).unwrap_or_default();
            found.iter().any(|(_, value)| threshold.is_broken(*value))
        };
        let most = LOOKED_BACK.num_milliseconds() / step.max(1);
        let more = (i64::from(BACKFILLED) - 1..most).take_while(is_broken).count();
        i64::from(BACKFILLED).saturating_add(i64::try_from(more).unwrap_or(0))
    }

    /// Works out the past of rows that have none, as far as what was measured reaches back; what they came to, and when.
    fn backfill(&self, gauges: &mut [Gauge], pool: &Pool, now: DateTime<Utc>) -> Vec<(Labels, i64, Option<f64>)> {
        let is_new = |place: &usize| gauges.get(*place).is_some_and(|gauge| gauge.series.is_empty());
        let new: Vec<_> = self.rows.iter().filter(|(_, place)| is_new(place)).cloned().collect();
        if new.is_empty() || self.blank_at.is_some() {
            return Vec::new();
        }
        let mut told = Vec::new();
        let mut past: BTreeMap<usize, Vec<Sample>> = BTreeMap::new();
        let step = (self.what.signal.window / BACKFILLED).max(TimeDelta::seconds(1)).num_milliseconds();
        // Always the same instants: what they say is the same for everybody who asks.
        let last = now.timestamp_millis().saturating_sub(1).div_euclid(step).saturating_mul(step);
        for n in (0..self.n_backfilled(pool, last, step)).rev() {
            let at_ms = last.saturating_sub(n.saturating_mul(step));
            let found = self.what.at(pool, at_ms).unwrap_or_default();
            for (row, place) in &new {
                let value = found.iter().find(|(found, _)| found == row).map(|(_, value)| *value);
                past.entry(*place).or_default().extend(value.map(|value| Sample { at_ms, value }));
                told.push((row.clone(), at_ms, value));
            }
        }
        for (place, samples) in past {
            if let Some(gauge) = gauges.get_mut(place) {
                gauge.take(samples, Telling::Instead, now);
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            alert::rule::{AnyRule, NoData, Rule},
            computed::EVERY,
            expr::Expr,
            sample::{Labelled, SeriesKey},
            series::Reading,
            sla::Policy,
            time::{minus, plus},
            zone::Zone,
        },
        floor::fact::Fact,
    };

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200, 0).unwrap()
    }

    fn floor(expr: &str, by: &[&str]) -> Floor {
        let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        let signal = Signal {
            name: Text::scrub("errors"),
            unit: Text::default(),
            threshold: None,
            stale_after: TimeDelta::minutes(1),
            hold: TimeDelta::zero(),
            keep_firing: TimeDelta::zero(),
            window: TimeDelta::minutes(10),
            objective: None,
            runbook: None,
        };
        let by = by.iter().map(|label| Text::scrub(label)).collect();
        let computed = Computed { signal, expr: Expr::read(expr).unwrap(), by, every: EVERY };
        floor.apply(Fact::ComputedAdded(Box::new(computed)), now());
        floor.apply(Fact::Grouped([(Text::scrub("errors"), Text::scrub("shop"))].into()), now());
        floor
    }

    fn counter(service: usize, ago: i64, value: f64) -> Labelled {
        let labels = [(Text::scrub("service"), Text::scrub(&format!("s{service:02}")))].into_iter().collect();
        let key = SeriesKey { name: Text::scrub("errors_total"), labels };
        Labelled { key, at_ms: minus(now(), TimeDelta::seconds(ago)).timestamp_millis(), value }
    }

    fn shown(floor: &Floor) -> Vec<(String, Option<f64>)> {
        let value = |gauge: &Gauge| match gauge.reading(now()) {
            Reading::Fresh(sample) => Some(sample.value),
            Reading::Stale(_) | Reading::Nothing => None,
        };
        floor.gauges().iter().map(|gauge| (gauge.signal.name.to_string(), value(gauge))).collect()
    }

    #[test]
    fn one_number_is_one_row_with_its_past_and_no_data_is_not_zero() {
        let mut floor = floor("sum(errors_total)", &[]);
        floor.apply(Fact::Tick, now());
        assert_eq!(shown(&floor), [("errors".to_owned(), None)]);
        floor.apply(
            Fact::Measured((0..10).map(|n| counter(1, 500 - n * 50, n as f64)).collect(), Telling::Instead),
            now(),
        );
        floor.settle(now());
        assert_eq!(shown(&floor), [("errors".to_owned(), None)], "tried once a second");
        floor.settle(plus(now(), TimeDelta::seconds(1)));
        assert_eq!(shown(&floor), [("errors".to_owned(), Some(9.0))]);
        let series = &floor.gauges()[0].series;
        assert_eq!((series.iter().next().map(|s| s.value), series.len()), (Some(0.0), 52));
        assert_eq!(floor.gauges()[0].group.as_str(), "shop");
    }

    #[test]
    fn by_a_label_there_is_a_row_for_each_of_the_ten_highest_and_it_is_said_how_many_are_not_shown() {
        let mut floor = floor("sum by (service) (errors_total)", &["service"]);
        floor.apply(Fact::Measured((0..13).map(|n| counter(n, 5, n as f64)).collect(), Telling::Instead), now());
        floor.settle(now());
        let rows = shown(&floor);
        assert_eq!((rows.len(), rows[0].clone()), (TOP, ("errors s12".to_owned(), Some(12.0))));
        let note = floor.gauges()[0].note.clone().unwrap();
        assert_eq!(note.as_str(), "3 rows not shown: the 10 highest are");
        assert!(floor.gauges().iter().all(|gauge| gauge.group.as_str() == "shop"));
        floor.apply(Fact::Measured(vec![counter(0, 1, 99.0)], Telling::Instead), now());
        floor.settle(plus(now(), EVERY));
        let names: Vec<_> = shown(&floor).into_iter().map(|(name, _)| name).collect();
        assert!(names.contains(&"errors s00".to_owned()) && !names.contains(&"errors s03".to_owned()), "{names:?}");
        assert_eq!(names.len(), TOP);
    }

    #[test]
    fn several_series_without_by_are_no_number_and_it_is_said_what_to_do() {
        let mut floor = floor("errors_total", &[]);
        floor.apply(Fact::Measured(vec![counter(0, 5, 1.0), counter(1, 5, 1.0)], Telling::Instead), now());
        floor.settle(now());
        let note = floor.gauges()[0].note.clone().unwrap();
        assert_eq!(note.as_str(), "2 series where one is meant: put sum() around it, or name labels in by");
        assert_eq!(shown(&floor), [("errors".to_owned(), None)]);
    }

    #[test]
    fn an_objective_counts_what_a_signal_comes_to_at_the_end_of_each_minute_and_nothing_where_it_comes_to_nothing() {
        use crate::domain::slo::{
            Sli, Slo,
            burn::Row,
            exact::Target,
            feed::Feed as Fed,
            ledger::{EVENT, Method},
            meter::Op,
            window::TimeWindow,
        };
        let mut floor = floor("sum(errors_total) / sum(all_total)", &[]);
        let slo = Slo {
            name: Text::scrub("share"),
            service: Text::default(),
            description: Text::default(),
            sli: Sli::Threshold { of: Fed::Minutes(Text::scrub("errors")), op: Op::Lt, value: 0.5 },
            method: Method::Occurrences,
            window: TimeWindow::Rolling(TimeDelta::days(28)),
            target: Target::read("0.9").unwrap(),
            min_total: 0,
            absent_after: None,
            rows: Row::usual(),
            runbook: None,
        };
        floor.apply(Fact::SloAdded(Box::new(slo)), now());
        let other = |ago: i64, value: f64| {
            let key = SeriesKey { name: Text::scrub("all_total"), labels: Labels::default() };
            Labelled { key, at_ms: counter(0, ago, 0.0).at_ms, value }
        };
        // At the ends of the minutes from 10 ago on: 1/4 eight times, then 3/4 twice, then nothing by nothing.
        for (ago, errors, all) in [(605, 1.0, 4.0), (330, 1.0, 4.0), (125, 3.0, 4.0), (55, 0.0, 0.0)] {
            floor.apply(Fact::Measured(vec![counter(0, ago, errors), other(ago, all)], Telling::Instead), now());
        }
        floor.settle(now());
        let sums = |floor: &Floor| {
            let minute = now().timestamp() / 60;
            let sum = floor.slos()[0].ledger().sum(minute - 60, minute + 60);
            (sum.bad / EVENT, sum.total / EVENT)
        };
        assert_eq!(sums(&floor), (2, 10), "a minute that has just ended waits");
        floor.settle(now());
        floor.settle(plus(now(), TimeDelta::seconds(10)));
        assert_eq!(sums(&floor), (2, 10), "zero by zero is no value, and nothing is counted twice");
        floor.apply(Fact::Measured(vec![counter(0, 1, 9.0), other(1, 9.0)], Telling::Instead), now());
        floor.settle(plus(now(), TimeDelta::seconds(70)));
        assert_eq!(sums(&floor), (3, 11));
        let standing = floor.slos()[0].standing.clone().unwrap();
        assert!(standing.left.is_some(), "{standing:?}");
    }

    #[test]
    fn what_a_signal_comes_to_is_a_series_of_its_name_for_rules_and_for_other_signals_whatever_their_order() {
        let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        let rule = |name: &str, expr: &str| {
            AnyRule::Alert(Box::new(Rule {
                name: Text::scrub(name),
                group: Text::scrub("g"),
                origin: Text::scrub("here"),
                expr: Expr::read(expr).unwrap(),
                every: TimeDelta::seconds(1),
                hold: TimeDelta::zero(),
                keep_firing: TimeDelta::zero(),
                no_data: NoData::Hold,
                no_data_hold: TimeDelta::minutes(10),
                labels: Vec::new(),
                annotations: Vec::new(),
            }))
        };
        let rules = vec![rule("OnWorked", "w > 5"), rule("OnPast", "max_over_time(w[5m]) > 5"), rule("Own", "x > 5")];
        floor.apply(Fact::RulesRead(rules), now());
        for (name, expr, by) in [("w3", "max(w)", &[][..]), ("w", "max by (h) (x)", &["h"]), ("x", "sum(x)", &[])] {
            let signal = Signal {
                name: Text::scrub(name),
                unit: Text::default(),
                threshold: None,
                stale_after: TimeDelta::minutes(1),
                hold: TimeDelta::zero(),
                keep_firing: TimeDelta::zero(),
                window: TimeDelta::minutes(10),
                objective: None,
                runbook: None,
            };
            let by = by.iter().map(|label| Text::scrub(label)).collect();
            let computed = Computed { signal, expr: Expr::read(expr).unwrap(), by, every: EVERY };
            floor.apply(Fact::ComputedAdded(Box::new(computed)), now());
        }
        let x = |host: &str, ago: i64, value: f64| {
            let labels = [(Text::scrub("h"), Text::scrub(host))].into_iter().collect();
            let key = SeriesKey { name: Text::scrub("x"), labels };
            Labelled { key, at_ms: minus(now(), TimeDelta::seconds(ago)).timestamp_millis(), value }
        };
        floor.apply(Fact::Measured(vec![x("a", 60, 9.0), x("b", 60, 1.0)], Telling::Instead), now());
        floor.apply(Fact::Tick, now());
        let firing = |floor: &Floor| -> Vec<String> {
            floor.book().alerts().map(|alert| format!("{} {}", alert.rule, alert.value)).collect()
        };
        assert_eq!(firing(&floor), ["OnWorked 9", "OnPast 9", "Own 9"]);
        assert!(shown(&floor).contains(&("w3".to_owned(), Some(9.0))), "in the same look");
        assert_eq!(
            floor.pool().named(Some(&Text::scrub("x"))).count(),
            2,
            "the metric of a file is what its name means"
        );
        let later = plus(now(), EVERY);
        floor.apply(Fact::Measured(vec![x("a", -5, 1.0), x("b", -5, 1.0)], Telling::Instead), later);
        floor.apply(Fact::Tick, later);
        assert_eq!(firing(&floor), ["OnPast 9"]);
    }
}
