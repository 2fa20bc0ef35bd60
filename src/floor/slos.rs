//! Objectives as they stand: what was counted, what is left, which alerts fire.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{self, AlertState, Condition},
        pool::HELD_MS,
        rollup::Past,
        sample::{Labelled, Labels, SeriesKey, Telling},
        series::{Sample, Series},
        slo::{
            Slo,
            burn::Severity,
            feed::{Feed, Selector},
            ledger::{Ledger, Marked, Part},
            meter::{Counted, Meter},
            record::Recounted,
            standing::{self, Standing},
        },
        time::{between, minus, plus},
    },
    floor::{Floor, fact::SignalId, metrics::FUTURE, recorded::Known},
    text::Text,
};

impl Floor {
    /// Adds an objective on signals that were declared before.
    pub(super) fn slo_added(&mut self, slo: Slo) {
        let back = slo.longest_reach().num_milliseconds();
        // What a minute of long ago came to is worked out again when it begins.
        for working in self.computed.iter().filter(|working| slo.sli.is_fed_by(working.name())) {
            for need in working.needs() {
                self.alerts.ask(need.name.as_ref(), need.back_ms.saturating_add(back));
            }
        }
        let place = |name: &str| self.gauges.iter().position(|gauge| gauge.signal.name.as_str() == name);
        self.slos.push(Watched::new(slo, place));
        self.hold_window(self.gate.planned);
    }

    /// Counts what a signal came to at the ends of minutes, oldest first.
    pub(super) fn minutes(&mut self, signal: &Text, samples: &[Sample], now: DateTime<Utc>) {
        self.slos.iter_mut().for_each(|slo| slo.take_minutes(signal, samples, now));
    }

    /// Takes samples of a signal: its gauge first, then every objective it feeds. `known` are some more that an earlier process
    /// took.
    pub(super) fn sampled(
        &mut self,
        signal: SignalId,
        samples: Vec<Sample>,
        telling: Telling,
        known: Option<Known>,
        now: DateTime<Utc>,
    ) {
        let (samples, covered, mut new) = match known {
            Some(mut known) => {
                let mut all = std::mem::take(&mut known.samples);
                let mut pooled: Vec<Sample> = all.iter().filter(|s| !known.is_recalled(s.at_ms)).copied().collect();
                for list in [&mut all, &mut pooled] {
                    list.extend(&samples);
                    list.sort_by_key(|sample| sample.at_ms);
                }
                self.pooled(signal, &pooled, telling, now);
                (all, known.covered, samples)
            }
            None => {
                self.pooled(signal, &samples, telling, now);
                (samples, Vec::new(), Vec::new())
            }
        };
        let Some(gauge) = self.gauges.get_mut(signal.0) else { return };
        let mut fed = self.slos.iter_mut().filter(|slo| slo.is_fed_by(signal.0)).peekable();
        let latest = plus(now, FUTURE).timestamp_millis();
        let mut all = if fed.peek().is_some() { samples.clone() } else { Vec::new() };
        all.retain(|sample| sample.at_ms <= latest);
        for burning in &mut self.burn_ins {
            burning.count(&gauge.signal, &samples);
        }
        gauge.take(samples, telling, now);
        gauge.judge(now);
        new.retain(|sample| sample.at_ms <= latest);
        let is_covered = |way: &Counted| covered.iter().any(|other| other.is_as(way));
        for slo in fed {
            slo.take(signal.0, &new, telling, &gauge.series, is_covered, now);
            slo.take(signal.0, &all, telling, &gauge.series, |way| !is_covered(way), now);
        }
    }
}

/// An objective moves slowly; it is worked out anew when something was counted, and once a minute.
const STAND_EVERY: TimeDelta = TimeDelta::minutes(1);

/// How far back the beginning of a burn is looked for: a day, in minutes.
const BURNING_MINUTES: i64 = 1_440;

/// What somebody looks at later is held for so long.
const HELD: TimeDelta = TimeDelta::milliseconds(HELD_MS);

/// Files bring something many times a second, each; an objective is worked out once in it.
const JUDGE_EVERY: TimeDelta = TimeDelta::seconds(1);

/// An objective with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// What is promised.
    pub slo: Slo,
    /// How it stands; nothing before it was first looked at.
    pub standing: Option<Standing>,
    /// Where the page and the ticket stand.
    pub alerts: [AlertState; 2],
    /// Where the alert for silence stands.
    pub absent: AlertState,
    ledger: Ledger,
    meters: Vec<Fed>,
    /// It is worked out anew then.
    stand_at: Option<DateTime<Utc>>,
    /// When it was worked out last.
    judged_at: Option<DateTime<Utc>>,
    /// Counts are kept for so long at least, whatever its own windows ask.
    keep: TimeDelta,
    /// Counts are kept from here on: somebody looks at this time later.
    held: Option<DateTime<Utc>>,
}

/// A meter with what feeds it.
#[derive(Debug, Clone, PartialEq)]
struct Fed {
    by: By,
    /// Without a word of it nothing can be judged.
    is_needed: bool,
    meter: Meter,
}

#[derive(Debug, Clone, PartialEq)]
enum By {
    /// The signal in this place.
    Signal(usize),
    /// What this signal comes to at the end of each minute.
    Minutes(Text),
    /// Series of a selector.
    Series(Selector),
}

impl Watched {
    /// An objective of which nothing is known. `place` finds a signal's place by its name.
    pub fn new(slo: Slo, place: impl Fn(&str) -> Option<usize>) -> Self {
        let fed = slo.sli.counted().into_iter().filter_map(|(feed, counted)| {
            // A counter of errors may not be there before the first error.
            let is_needed = !matches!(counted, Counted::Events(Part::Marked, _)) || slo.sli.marked() == Marked::Good;
            let (by, is_needed) = match feed {
                Feed::Signal(name) => (By::Signal(place(name.as_str())?), true),
                Feed::Minutes(name) => (By::Minutes(name.clone()), true),
                Feed::Series(selector) => (By::Series(selector.clone()), is_needed),
            };
            Some(Fed { by, is_needed, meter: Meter::new(counted) })
        });
        let meters = fed.collect();
        let ledger = slo.ledger();
        let alerts = [AlertState::Inactive; 2];
        Self {
            slo,
            standing: None,
            alerts,
            absent: AlertState::Inactive,
            ledger,
            meters,
            stand_at: None,
            judged_at: None,
            keep: TimeDelta::zero(),
            held: None,
        }
    }

    /// Keeps what is counted for so long at least: somebody looks back on it.
    pub fn keep(&mut self, back: TimeDelta) {
        self.keep = self.keep.max(back);
    }

    /// Keeps what is counted from an instant on, for a month, and the days up to another by the minute.
    pub fn hold(&mut self, from: DateTime<Utc>, until: DateTime<Utc>) {
        self.held = Some(from);
        self.ledger.keep_minutes(from.timestamp().div_euclid(60), until.timestamp().div_euclid(60));
    }

    /// How far back what was counted is kept.
    pub fn reach(&self, now: DateTime<Utc>) -> TimeDelta {
        let held = self.held.map(|from| between(from, now)).filter(|held| *held <= HELD);
        self.slo.reach(&self.slo.window.at(now)).max(self.keep).max(held.unwrap_or_default())
    }

    /// What was counted, by the minute.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Where the alert of a severity stands.
    pub fn alert(&self, severity: Severity) -> AlertState {
        let [page, ticket] = self.alerts;
        match severity {
            Severity::Page => page,
            Severity::Ticket => ticket,
        }
    }

    /// Whether it is fed by this signal.
    pub fn is_fed_by(&self, signal: usize) -> bool {
        self.meters.iter().any(|fed| fed.by == By::Signal(signal))
    }

    /// Counts samples of a signal, oldest first; `series` holds them already.
    ///
    /// Only what counts in such a way that `is_meant` does.
    pub fn take(
        &mut self,
        signal: usize,
        samples: &[Sample],
        telling: Telling,
        series: &Series,
        is_meant: impl Fn(&Counted) -> bool,
        now: DateTime<Utc>,
    ) {
        let is_meant = |fed: &&mut Fed| fed.by == By::Signal(signal) && is_meant(&fed.meter.counted());
        for fed in self.meters.iter_mut().filter(is_meant) {
            fed.meter.take(samples, telling, series, &mut self.ledger, standing::running(now));
            self.stand_at = None;
        }
    }

    /// Goes on from what an earlier process counted of a signal.
    pub fn resume(&mut self, signal: usize, record: &Recounted, now: DateTime<Utc>) {
        let is_meant = |fed: &&mut Fed| fed.by == By::Signal(signal) && fed.meter.counted().is_as(&record.counted);
        for fed in self.meters.iter_mut().filter(is_meant) {
            fed.meter.resume(record, &mut self.ledger, standing::running(now));
            self.stand_at = None;
        }
    }

    /// Counts what a signal came to at the ends of minutes, oldest first; what was counted before is passed over.
    pub fn take_minutes(&mut self, signal: &Text, samples: &[Sample], now: DateTime<Utc>) {
        let running = standing::running(now);
        for fed in &mut self.meters {
            let By::Minutes(name) = &fed.by else { continue };
            let newest = fed.meter.newest().map(|sample| sample.at_ms);
            for sample in samples.iter().filter(|sample| name == signal && newest.is_none_or(|at| at < sample.at_ms)) {
                let key = SeriesKey { name: name.clone(), labels: Labels::default() };
                let labelled = Labelled { key, at_ms: sample.at_ms, value: sample.value };
                fed.meter.take_one(&labelled, Telling::Instead, &mut self.ledger, running);
                self.stand_at = None;
            }
        }
    }

    /// The newest minute of a signal that was counted; nothing where none was.
    pub fn newest_minute(&self, signal: &Text) -> Option<Sample> {
        let fed = self.meters.iter().filter(|fed| matches!(&fed.by, By::Minutes(name) if name == signal));
        fed.filter_map(|fed| fed.meter.newest()).min_by_key(|sample| sample.at_ms)
    }

    /// Counts samples of any series, oldest first; those it does not mean are passed over.
    pub fn take_labelled(&mut self, samples: &[Labelled], telling: Telling, now: DateTime<Utc>) {
        let running = standing::running(now);
        let latest = plus(now, FUTURE).timestamp_millis();
        for fed in &mut self.meters {
            let By::Series(selector) = &fed.by else { continue };
            for sample in samples.iter().filter(|s| s.at_ms <= latest && selector.meets(&s.key)) {
                fed.meter.take_one(sample, telling, &mut self.ledger, running);
                self.stand_at = None;
            }
        }
    }

    /// Counts what series did before this process began; those it does not mean are passed over.
    pub fn recall(&mut self, past: &[Past], now: DateTime<Utc>) {
        let running = standing::running(now);
        for fed in &mut self.meters {
            let By::Series(selector) = &fed.by else { continue };
            for past in past.iter().filter(|past| selector.meets(&past.key)) {
                fed.meter.recall(past, &mut self.ledger, running);
                self.stand_at = None;
            }
        }
    }

    /// Counts that came too late, or again, and were left out.
    pub fn n_late(&self) -> u64 {
        self.meters.iter().map(|fed| fed.meter.n_late()).sum::<u64>().saturating_add(self.ledger.n_late())
    }

    /// Has it worked out anew at the next look, however soon that is.
    pub fn forget_judged(&mut self) {
        (self.judged_at, self.stand_at) = (None, None);
    }

    /// Works out how it stands, where that is due; says whether it did.
    pub fn judge(&mut self, now: DateTime<Utc>) -> bool {
        let is_lately = self.judged_at.is_some_and(|at| at < now && now < plus(at, JUDGE_EVERY));
        if is_lately || self.stand_at.is_some_and(|at| now < at && minus(at, STAND_EVERY) <= now) {
            return false;
        }
        self.judged_at = Some(now);
        let reach = self.reach(now);
        let running = standing::running(now);
        self.ledger.settle(running.saturating_sub(reach.num_minutes()), running);
        // An objective is as old as the older of what it needs: one half alone says nothing.
        let heard = self.meters.iter().filter(|fed| fed.is_needed).map(|fed| fed.meter.newest().map(Sample::at));
        let heard_at = heard.min_by_key(|at| at.map_or(i64::MIN, |at| at.timestamp_millis())).flatten();
        let standing = match heard_at {
            Some(_) => standing::stand(&self.slo, &self.ledger, heard_at, now),
            // Of a total without its good part everything would be bad.
            None => standing::stand(&self.slo, &self.slo.ledger(), None, now),
        };
        let step = |state, condition, at| alert::step(state, condition, TimeDelta::zero(), TimeDelta::zero(), at);
        let begins = |state, condition| state == AlertState::Inactive && condition == Condition::True;
        self.alerts = Severity::ALL.map(|severity| {
            let (state, condition) = (self.alert(severity), standing.condition(severity));
            let at = if begins(state, condition) { self.burns_since(severity, heard_at, now) } else { now };
            step(state, condition, at)
        });
        let silent_at = heard_at.map_or(now, |at| plus(at, standing.silence).min(now));
        let at = if begins(self.absent, standing.absent) { silent_at } else { now };
        self.absent = step(self.absent, standing.absent, at);
        self.standing = Some(standing);
        self.stand_at = Some(plus(now, STAND_EVERY));
        true
    }

    /// Since which end of a minute it burns too fast, by what was counted: whoever looks first, and whenever, finds the same.
    /// Where only the minute that runs does it, when that was last heard of.
    fn burns_since(&self, severity: Severity, heard_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
        let last_end = now.timestamp().div_euclid(60).saturating_mul(60);
        let ends = (0..BURNING_MINUTES).filter_map(|n| DateTime::from_timestamp(last_end.saturating_sub(n * 60), 0));
        let burns = |at: &DateTime<Utc>| standing::burns(&self.slo, &self.ledger, severity, *at);
        ends.take_while(burns).last().unwrap_or_else(|| heard_at.map_or(now, |at| at.min(now)))
    }

    /// Whether somebody is to be woken, or to look.
    pub fn is_firing(&self) -> bool {
        let is_firing = |state: &AlertState| matches!(state, AlertState::Firing { .. });
        self.alerts.iter().any(is_firing) || is_firing(&self.absent)
    }

    /// Whether silence has lasted so long that it is an alert.
    pub fn is_absent(&self) -> bool {
        self.standing.as_ref().is_some_and(|s| s.absent == Condition::True)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::slo::{
            Count, PERIOD, Sli, burn::Row, exact::Target, ledger::Method, meter::Counting, window::TimeWindow,
        },
        text::Text,
    };

    fn now() -> DateTime<Utc> {
        "2026-11-20T09:00:30Z".parse().unwrap()
    }

    fn watched() -> Watched {
        let count = |name: &str| Count { of: Feed::Signal(Text::scrub(name)), counting: Counting::Deltas };
        let slo = Slo {
            name: Text::scrub("api"),
            service: Text::default(),
            description: Text::default(),
            sli: Sli::Ratio { marked: Marked::Bad, part: count("errors"), total: count("all") },
            method: Method::Occurrences,
            window: TimeWindow::Rolling(PERIOD),
            target: Target::read("0.999").unwrap(),
            min_total: 0,
            absent_after: None,
            rows: Row::usual(),
            runbook: None,
        };
        Watched::new(slo, |name| ["all", "errors"].iter().position(|known| *known == name))
    }

    fn feed(watched: &mut Watched, signal: usize, values: &[(i64, f64)], now: DateTime<Utc>) {
        let mut series = Series::default();
        let at = |ago: i64| minus(now, TimeDelta::seconds(ago)).timestamp_millis();
        let samples: Vec<_> = values.iter().map(|(ago, value)| Sample { at_ms: at(*ago), value: *value }).collect();
        for sample in &samples {
            series.push(*sample);
        }
        watched.take(signal, &samples, Telling::Added, &series, |_| true, now);
    }

    #[test]
    fn an_outage_pages_at_the_next_look_and_ends_when_the_short_window_is_calm() {
        let mut w = watched();
        feed(&mut w, 0, &[(3_000, 5_900.0), (60, 100.0)], now());
        feed(&mut w, 1, &[(60, 100.0)], now());
        let (fed, minute) = (w.clone(), minus(now(), TimeDelta::seconds(30)));
        assert!(w.judge(now()) && w.is_firing());
        assert!(matches!(w.alert(Severity::Page), AlertState::Firing { .. }));
        assert_eq!(
            w.alert(Severity::Ticket),
            AlertState::Firing { since: minute, fired_at: minute, kept_since: None, blind_since: None }
        );
        let mut asked_later = fed;
        assert!(asked_later.judge(plus(now(), TimeDelta::seconds(20))));
        assert_eq!(asked_later.alerts, w.alerts, "whoever asks, and whenever, is told the same time");
        let later = plus(now(), TimeDelta::hours(7));
        feed(&mut w, 0, &[(60, 100.0)], later);
        assert!(w.judge(later));
        assert_eq!(w.alert(Severity::Page), AlertState::Inactive);
    }

    #[test]
    fn what_was_counted_within_the_second_of_the_last_look_is_on_a_page_that_is_printed() {
        let mut w = watched();
        // A look at what is on disk, before any file was read; the page is of the next whole second.
        assert!(w.judge(minus(now(), TimeDelta::milliseconds(50))));
        feed(&mut w, 0, &[(60, 100.0)], now());
        feed(&mut w, 1, &[(60, 0.0)], now());
        assert!(!w.judge(now()), "a console waits for the second to end");
        w.forget_judged();
        assert!(w.judge(now()) && w.standing.as_ref().is_some_and(|standing| standing.left.is_some()));
    }

    #[test]
    fn silence_neither_ends_a_page_nor_stays_unsaid() {
        let mut w = watched();
        feed(&mut w, 0, &[(60, 100.0)], now());
        feed(&mut w, 1, &[(60, 100.0)], now());
        w.judge(now());
        let later = plus(now(), TimeDelta::minutes(45));
        w.judge(later);
        // Both short windows are empty by now, and both long ones still burn: nobody knows whether it is over.
        assert!(matches!(w.alert(Severity::Page), AlertState::Firing { blind_since: Some(_), .. }));
        assert!(w.is_absent() && matches!(w.absent, AlertState::Firing { .. }));
    }

    #[test]
    fn series_that_a_selector_means_are_counted_and_errors_may_be_missing_but_not_what_is_good() {
        let count =
            |written: &str| Count { of: Feed::Series(Selector::read(written).unwrap()), counting: Counting::Increases };
        let watch = |marked, part: &str| {
            let sli = Sli::Ratio { marked, part: count(part), total: count("http_total") };
            let mut w = Watched::new(Slo { sli, ..watched().slo }, |_| None);
            let sample = |code: &str, ago: i64, value: f64| Labelled {
                key: crate::domain::sample::SeriesKey {
                    name: Text::scrub("http_total"),
                    labels: [(Text::scrub("code"), Text::scrub(code))].into_iter().collect(),
                },
                at_ms: minus(now(), TimeDelta::seconds(ago)).timestamp_millis(),
                value,
            };
            w.take_labelled(
                &[sample("200", 90, 10.0), sample("200", 60, 1_010.0), sample("404", -900, 9.0)],
                Telling::Added,
                now(),
            );
            w.judge(now());
            w.standing.unwrap().left
        };
        assert_eq!(watch(Marked::Bad, "http_total{code=~\"5..\"}"), Some(1.0));
        assert_eq!(watch(Marked::Good, "http_total{code=\"200\"}"), Some(1.0));
        assert_eq!(watch(Marked::Good, "http_total{code=\"201\"}"), None, "not everything is bad: nothing is known");
    }

    #[test]
    fn it_is_worked_out_once_a_minute_and_when_something_came() {
        let mut w = watched();
        assert!(w.judge(now()) && !w.judge(now()));
        let soon = plus(now(), TimeDelta::seconds(59));
        assert!(!w.judge(soon));
        feed(&mut w, 0, &[(1, 1.0)], soon);
        assert!(w.judge(soon) && w.judge(plus(soon, TimeDelta::minutes(1))));
        let (soon, later) = (plus(soon, TimeDelta::minutes(2)), plus(soon, TimeDelta::milliseconds(120_300)));
        assert!(w.judge(soon));
        feed(&mut w, 0, &[(1, 1.0)], later);
        assert!(!w.judge(later) && w.judge(plus(soon, TimeDelta::seconds(1))), "once a second, however much comes");
        assert!(w.judge(now()), "a clock that was set back holds nothing up");
    }
}
