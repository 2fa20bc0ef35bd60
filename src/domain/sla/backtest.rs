//! What a policy would have meant on a recorded history.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

use crate::domain::{
    incident::{Incident, IncidentKey},
    priority::Grade,
    sla::{Clock, ClockState, Policy, Verdict, WhichClock, judge, policy::less},
    zone::Zone,
};

/// A policy held against a history as it stood at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Backtest {
    /// Incidents judged: those opened by then.
    pub n_judged: usize,
    /// Incidents of the history that were opened later.
    pub n_later: usize,
    /// Of those judged: without a priority of their own, so that triage alone was judged.
    pub n_untriaged: usize,
    /// Of those judged: without a priority of their own, so that the policy's default priority was.
    pub n_defaulted: usize,
    /// Incidents that each rule judged, by its place in [`Policy::rules`].
    pub by_rule: Vec<usize>,
    /// The clocks altogether: response, fix.
    pub all: [Counts; 2],
    /// The clocks by grade, in the order of [`Grade::ALL`]: response, fix.
    pub by_grade: [[Counts; 2]; 5],
    /// By the month of the opening, oldest first; months in which nothing was opened are left out.
    pub months: Vec<Month>,
    /// The clocks that went furthest over, furthest first.
    pub worst: Vec<Worst>,
}

/// What became of clocks. Each clock counts in one field, but for `breaches`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Stopped in time.
    pub met: usize,
    /// Stopped too late.
    pub missed: usize,
    /// Still runs or is held, and is over.
    pub over: usize,
    /// Still runs or is held, and is in time; or has not begun.
    pub in_time: usize,
    /// Closed without the team's answer.
    pub unanswered: usize,
    /// Closed as not planned or as a duplicate.
    pub cancelled: usize,
    /// Nothing was promised.
    pub unpromised: usize,
    /// The history does not tell.
    pub unknown: usize,
    /// How often clocks went over, those that a later promise or a restart put right included.
    pub breaches: usize,
}

/// Incidents opened in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// The year.
    pub year: i32,
    /// The month, from 1.
    pub month: u32,
    /// How many were opened.
    pub n_opened: usize,
    /// Their clocks: response, fix.
    pub clocks: [Counts; 2],
}

/// A clock that went over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worst {
    /// Whose.
    pub key: IncidentKey,
    /// Which.
    pub clock: WhichClock,
    /// The grade whose promise it was.
    pub grade: Grade,
    /// The rule whose promise it was, by its place in [`Policy::rules`].
    pub rule: Option<usize>,
    /// How much more counted than was promised.
    pub over: TimeDelta,
    /// Whether that counts open hours alone, so that it is said in hours (R31).
    pub is_business: bool,
    /// Whether it still runs.
    pub is_open: bool,
}

/// Judges every incident as it stood at `as_of`. `zone` tells the months; `n_worst` clocks are named.
pub fn backtest(
    incidents: &[Incident],
    policy: &Policy,
    zone: &Zone,
    n_worst: usize,
    as_of: DateTime<Utc>,
) -> Backtest {
    let mut found = Backtest::empty(policy);
    let mut months: BTreeMap<(i32, u32), Month> = BTreeMap::new();
    for incident in incidents {
        if as_of < incident.opened_at {
            found.n_later += 1;
            continue;
        }
        let verdict = judge(incident, policy, as_of);
        found.count_kind(incident, &verdict, policy, as_of);
        let local = zone.local(incident.opened_at);
        let (year, month) = (local.year(), local.month());
        let of_month =
            months.entry((year, month)).or_insert(Month { year, month, n_opened: 0, clocks: Default::default() });
        of_month.n_opened += 1;
        for (place, (which, clock)) in verdict.clocks().into_iter().enumerate() {
            let is_known = which == WhichClock::Fix || incident.has_timeline;
            let of_grade = found.by_grade.get_mut(verdict.grade.index());
            let rows = [Some(&mut found.all), of_grade, Some(&mut of_month.clocks)];
            for counts in rows.into_iter().flatten().filter_map(|row| row.get_mut(place)) {
                counts.add(clock, is_known);
            }
            if is_known {
                found.worst.extend(worst(incident, which, clock));
            }
        }
        if found.worst.len() > n_worst.saturating_mul(2).saturating_add(1_024) {
            found.keep_worst(n_worst);
        }
    }
    found.keep_worst(n_worst);
    found.months = months.into_values().collect();
    found
}

fn worst(incident: &Incident, which: WhichClock, clock: &Clock) -> Option<Worst> {
    let is_open = clock.state == ClockState::Breached;
    let target = clock.target.filter(|_| is_open || clock.state == ClockState::Missed)?;
    let over = less(clock.elapsed, target);
    Some(Worst {
        key: incident.key.clone(),
        clock: which,
        grade: clock.judged,
        rule: clock.rule,
        over,
        is_business: clock.is_business,
        is_open,
    })
}

impl Backtest {
    fn empty(policy: &Policy) -> Self {
        Self {
            n_judged: 0,
            n_later: 0,
            n_untriaged: 0,
            n_defaulted: 0,
            by_rule: vec![0; policy.rules.len()],
            all: Default::default(),
            by_grade: Default::default(),
            months: Vec::new(),
            worst: Vec::new(),
        }
    }

    fn count_kind(&mut self, incident: &Incident, verdict: &Verdict, policy: &Policy, as_of: DateTime<Utc>) {
        self.n_judged += 1;
        if let Some(n) = verdict.rule.and_then(|rule| self.by_rule.get_mut(rule)) {
            *n += 1;
        }
        if verdict.grade == Grade::Untriaged {
            self.n_untriaged += 1;
        } else if policy.default_priority.is_some()
            && !incident.labels_at(as_of).iter().any(|label| policy.priority_of(label).is_some())
        {
            self.n_defaulted += 1;
        }
    }

    fn keep_worst(&mut self, n: usize) {
        let place = |w: &Worst| (std::cmp::Reverse(w.over), w.key.clone(), w.clock == WhichClock::Fix);
        self.worst.sort_by_cached_key(place);
        self.worst.truncate(n);
    }
}

impl Counts {
    /// Compliance: the share of promises kept, of those kept and those broken; nothing where there is none of either.
    pub fn kept(&self) -> Option<f64> {
        let due = self.met + self.missed + self.over;
        (due > 0).then(|| self.met as f64 / due as f64)
    }

    /// Promises broken: stopped too late, or still over.
    pub fn broken(&self) -> usize {
        self.missed + self.over
    }

    /// How many clocks were counted.
    pub fn total(&self) -> usize {
        let running = self.over + self.in_time;
        self.met + self.missed + running + self.unanswered + self.cancelled + self.unpromised + self.unknown
    }

    fn add(&mut self, clock: &Clock, is_known: bool) {
        let field = match clock.state {
            _ if !is_known => &mut self.unknown,
            ClockState::Unanswered => &mut self.unanswered,
            ClockState::Cancelled => &mut self.cancelled,
            _ if clock.target.is_none() => &mut self.unpromised,
            ClockState::Met => &mut self.met,
            ClockState::Missed => &mut self.missed,
            ClockState::Breached => &mut self.over,
            ClockState::Ok | ClockState::AtRisk | ClockState::Paused | ClockState::NotStarted => &mut self.in_time,
            ClockState::BestEffort => &mut self.unpromised,
        };
        *field += 1;
        if is_known {
            self.breaches += clock.breaches.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        priority::Priority,
        sla::samples::{at, incident, policy},
    };

    fn history() -> Vec<Incident> {
        let mut numbered: Vec<Incident> = vec![
            incident(&["P0"], &["13:00 mia commented", "15:00 mia closed"]),
            incident(&["P0"], &["2026-11-22T12:00:00Z mia commented"]),
            incident(&["bug"], &["12:30 rita closed"]),
            incident(&[], &["12:30 mia closed not_planned"]),
            incident(&["P1"], &[]),
        ];
        for (n, incident) in numbered.iter_mut().enumerate() {
            incident.key.number = n as u64 + 1;
        }
        numbered[4].opened_at = at("2026-12-01T00:00:00Z");
        numbered
    }

    #[test]
    fn each_clock_counts_once_and_later_incidents_do_not() {
        let found = backtest(&history(), &policy(), &Zone::utc(), 10, at("2026-11-28T12:00:00Z"));
        assert_eq!((found.n_judged, found.n_later, found.n_untriaged, found.n_defaulted), (4, 1, 2, 0));
        let [response, fix] = found.all;
        assert_eq!((response.met, response.missed, response.unanswered), (2, 1, 1));
        assert_eq!((fix.met, fix.over, fix.cancelled, fix.unpromised), (1, 1, 1, 1));
        assert_eq!((response.total(), fix.total()), (4, 4));
        assert_eq!((response.kept(), response.broken(), response.breaches), (Some(2.0 / 3.0), 1, 1));
        assert_eq!(found.by_grade[0][0].missed, 1);
        assert_eq!((found.months.len(), found.months[0].month, found.months[0].n_opened), (1, 11, 4));
    }

    #[test]
    fn the_worst_come_first_and_no_more_than_asked() {
        let worst = backtest(&history(), &policy(), &Zone::utc(), 1, at("2026-11-28T12:00:00Z")).worst;
        let all = backtest(&history(), &policy(), &Zone::utc(), 9, at("2026-11-30T12:00:00Z")).worst;
        assert_eq!(worst.len(), 1);
        let found: Vec<_> = all.iter().map(|w| (w.key.number, w.clock, w.over.num_hours(), w.is_open)).collect();
        assert_eq!(found, [(2, WhichClock::Fix, 72, true), (2, WhichClock::Response, 24, false)]);
    }

    #[test]
    fn a_default_priority_is_told_apart_from_one_of_its_own() {
        let mut policy = policy();
        policy.default_priority = Some(Priority::P2);
        let found = backtest(&history(), &policy, &Zone::utc(), 0, at("2026-11-28T12:00:00Z"));
        assert_eq!((found.n_untriaged, found.n_defaulted, found.worst.len()), (0, 2, 0));
    }

    #[test]
    fn without_a_timeline_the_response_is_unknown_and_no_history_has_no_compliance() {
        let mut listed = history();
        listed.iter_mut().for_each(|incident| incident.has_timeline = false);
        let [response, _] = backtest(&listed, &policy(), &Zone::utc(), 0, at("2026-11-28T12:00:00Z")).all;
        assert_eq!((response.unknown, response.kept(), response.breaches), (4, None, 0));
        assert_eq!(backtest(&[], &policy(), &Zone::utc(), 5, at("12:00")).all[0].kept(), None);
    }
}
