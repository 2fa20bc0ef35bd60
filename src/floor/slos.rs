//! Objectives as they stand: what was counted, what is left, which alerts fire.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{self, AlertState, Condition},
        series::{Sample, Series},
        slo::{
            Sli, Slo,
            burn::Severity,
            ledger::{Ledger, Part},
            meter::{Counted, Meter},
            standing::{self, Standing},
        },
        time::{minus, plus},
    },
    floor::{Floor, fact::SignalId, metrics::FUTURE},
};

impl Floor {
    /// Takes samples of a signal: its gauge first, then every objective it feeds.
    pub(super) fn sampled(&mut self, signal: SignalId, samples: Vec<Sample>, now: DateTime<Utc>) {
        let Some(gauge) = self.gauges.get_mut(signal.0) else { return };
        let mut fed = self.slos.iter_mut().filter(|slo| slo.is_fed_by(signal.0)).peekable();
        let latest = plus(now, FUTURE).timestamp_millis();
        let mut counted = if fed.peek().is_some() { samples.clone() } else { Vec::new() };
        counted.retain(|sample| sample.at_ms <= latest);
        gauge.take(samples, now);
        gauge.judge(now);
        for slo in fed {
            slo.take(signal.0, &counted, &gauge.series, now);
        }
    }
}

/// An objective moves slowly; it is worked out anew when something was counted, and once a minute.
const STAND_EVERY: TimeDelta = TimeDelta::minutes(1);

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
    meters: Vec<(usize, Meter)>,
    /// It is worked out anew then.
    stand_at: Option<DateTime<Utc>>,
}

impl Watched {
    /// An objective of which nothing is known. `place` finds a signal's place by its name.
    pub fn new(slo: Slo, place: impl Fn(&str) -> Option<usize>) -> Self {
        let counted = match &slo.sli {
            Sli::Ratio { part, total, .. } => vec![
                (&part.signal, Counted::Events(Part::Marked, part.counting)),
                (&total.signal, Counted::Events(Part::Total, total.counting)),
            ],
            Sli::Threshold { signal, op, value } => vec![(signal, Counted::Values(*op, *value))],
        };
        let meters = counted.into_iter().filter_map(|(signal, c)| Some((place(signal.as_str())?, Meter::new(c))));
        let meters = meters.collect();
        let ledger = slo.ledger();
        let alerts = [AlertState::Inactive; 2];
        Self { slo, standing: None, alerts, absent: AlertState::Inactive, ledger, meters, stand_at: None }
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
        self.meters.iter().any(|(place, _)| *place == signal)
    }

    /// Counts samples of a signal, oldest first; `series` holds them already.
    pub fn take(&mut self, signal: usize, samples: &[Sample], series: &Series, now: DateTime<Utc>) {
        for (_, meter) in self.meters.iter_mut().filter(|(place, _)| *place == signal) {
            meter.take(samples, series, &mut self.ledger, standing::running(now));
            self.stand_at = None;
        }
    }

    /// Works out how it stands, where that is due; says whether it did.
    pub fn judge(&mut self, now: DateTime<Utc>) -> bool {
        if self.stand_at.is_some_and(|at| now < at && minus(at, STAND_EVERY) <= now) {
            return false;
        }
        let reach = self.slo.reach(&self.slo.window.at(now));
        let running = standing::running(now);
        self.ledger.settle(running.saturating_sub(reach.num_minutes()), running);
        // An objective is as old as the older of its two signals: the other half alone says nothing.
        let heard = self.meters.iter().map(|(_, meter)| meter.newest().map(Sample::at));
        let heard_at = heard.min_by_key(|at| at.map_or(i64::MIN, |at| at.timestamp_millis())).flatten();
        let standing = standing::stand(&self.slo, &self.ledger, heard_at, now);
        let step = |state, condition| alert::step(state, condition, TimeDelta::zero(), TimeDelta::zero(), now);
        let [page, ticket] = self.alerts;
        self.alerts = [
            step(page, standing.condition(Severity::Page)),
            step(ticket, standing.condition(Severity::Ticket)),
        ];
        self.absent = step(self.absent, standing.absent);
        self.standing = Some(standing);
        self.stand_at = Some(plus(now, STAND_EVERY));
        true
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
            Count, PERIOD,
            burn::Row,
            exact::Target,
            ledger::{Marked, Method},
            meter::Counting,
            window::TimeWindow,
        },
        text::Text,
    };

    fn now() -> DateTime<Utc> {
        "2026-11-20T09:00:30Z".parse().unwrap()
    }

    fn watched() -> Watched {
        let count = |name: &str| Count { signal: Text::scrub(name), counting: Counting::Deltas };
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
        watched.take(signal, &samples, &series, now);
    }

    #[test]
    fn an_outage_pages_at_the_next_look_and_ends_when_the_short_window_is_calm() {
        let mut w = watched();
        feed(&mut w, 0, &[(3_000, 5_900.0), (60, 100.0)], now());
        feed(&mut w, 1, &[(60, 100.0)], now());
        assert!(w.judge(now()) && w.is_firing());
        assert!(matches!(w.alert(Severity::Page), AlertState::Firing { .. }));
        assert_eq!(w.alert(Severity::Ticket), AlertState::Firing { since: now(), fired_at: now(), kept_since: None, blind_since: None });
        let later = plus(now(), TimeDelta::hours(7));
        feed(&mut w, 0, &[(60, 100.0)], later);
        assert!(w.judge(later));
        assert_eq!(w.alert(Severity::Page), AlertState::Inactive);
    }

    #[test]
    fn silence_neither_ends_a_page_nor_stays_unsaid() {
        let mut w = watched();
        feed(&mut w, 0, &[(60, 100.0)], now());
        feed(&mut w, 1, &[(60, 100.0)], now());
        w.judge(now());
        let later = plus(now(), TimeDelta::minutes(10));
        w.judge(later);
        assert!(matches!(w.alert(Severity::Page), AlertState::Firing { blind_since: Some(_), .. }));
        assert!(w.is_absent() && matches!(w.absent, AlertState::Firing { .. }));
    }

    #[test]
    fn it_is_worked_out_once_a_minute_and_when_something_came() {
        let mut w = watched();
        assert!(w.judge(now()) && !w.judge(now()));
        let soon = plus(now(), TimeDelta::seconds(59));
        assert!(!w.judge(soon));
        feed(&mut w, 0, &[(1, 1.0)], soon);
        assert!(w.judge(soon) && w.judge(plus(soon, TimeDelta::minutes(1))));
        assert!(w.judge(now()), "a clock that was set back holds nothing up");
    }
}
