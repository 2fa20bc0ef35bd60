//! The watch over a release that went out: what it looks at on the floor (SEMANTICS R51).

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::AlertState,
        incident::IncidentKey,
        priority::{Grade, Priority},
        release::{
            Release,
            judging::truth,
            record::{Decided, Deed},
            rollback::{self, Bake, Criterion, Look, Rollback, Shares, Stage, State, Watching},
        },
        slo::{burn::Severity, ledger::Tally},
        time::plus,
    },
    floor::{Floor, slos::Watched},
    text::Text,
};

impl Floor {
    /// Watches over a release that went out (R51).
    pub(super) fn watch_release(&self, release: &Release, now: DateTime<Utc>) -> Option<Rollback> {
        let rules = &self.release_rules().watching;
        let records = || release.courses.iter().flat_map(|course| course.record.until(now));
        let went = records().filter(|entry| matches!(&entry.deed, Deed::Decision { what: Decided::Go }));
        let went = went.map(|entry| entry.at).max();
        let planned = release.at.or_else(|| release.starts_at());
        // Go is often said the day before; a release that is late goes out when it is said.
        let start = went.max(planned)?;
        let bake = rollback::bake(start, rules);
        let stage = match () {
            () if now < bake.start => Stage::Before,
            () if now < bake.end => Stage::Baking,
            () => Stage::Over,
        };
        let criteria = if stage == Stage::Before { self.declared(rules) } else { self.criteria(rules, bake, now) };
        let decided = records().filter(|entry| start <= entry.at).filter_map(|entry| match &entry.deed {
            Deed::Decision { what } if *what != Decided::Go => Some((what.clone(), entry.by.clone(), entry.at)),
            _ => None,
        });
        Some(Rollback {
            stage,
            start: bake.start,
            end: bake.end,
            owner: rules.owner.clone(),
            is_declared: rules.is_declared,
            criteria,
            decided: decided.max_by_key(|(_, _, at)| *at),
        })
    }

    /// What will be watched, before it is.
    fn declared(&self, rules: &Watching) -> Vec<Criterion> {
        let never = Bake { start: DateTime::<Utc>::MAX_UTC, end: DateTime::<Utc>::MAX_UTC };
        self.criteria(rules, never, DateTime::<Utc>::MIN_UTC)
            .into_iter()
            .map(|criterion| Criterion {
                state: State::Quiet,
                said: Text::scrub("not watched before T-0"),
                ..criterion
            })
            .collect()
    }

    fn criteria(&self, rules: &Watching, bake: Bake, now: DateTime<Utc>) -> Vec<Criterion> {
        let page = |slo: &Watched| match slo.alert(Severity::Page) {
            AlertState::Firing { fired_at, .. } => Some((slo.slo.name.clone(), fired_at)),
            _ => None,
        };
        let of_rules = self.alerts.book_alerts().filter_map(|alert| {
            let is_page = alert.severity().is_some_and(|severity| severity.as_str().eq_ignore_ascii_case("page"));
            Some((alert.rule.clone(), alert.fired_at?)).filter(|_| is_page && alert.is_firing())
        });
        let fired: Vec<(Text, DateTime<Utc>)> = self.slos.iter().filter_map(page).chain(of_rules).collect();
        let judges = |slo: &Watched| slo.standing.as_ref().is_some_and(|s| s.left.is_some());
        let has_judged = self.slos.iter().any(judges) || self.alerts.has_judged();
        let p0 = self.queue.entries().iter().filter(|entry| entry.verdict.grade == Grade::Set(Priority::P0));
        let opened: Vec<(IncidentKey, DateTime<Utc>)> =
            p0.map(|entry| (entry.incident.key.clone(), entry.incident.opened_at)).collect();
        let mut criteria =
            vec![rollback::pages(&fired, has_judged, bake), rollback::incidents(&opened, self.knows_incidents(), bake)];
        for slo in &self.slos {
            criteria.push(rollback::shares(&slo.slo.name, shares(slo, rules, bake, now), rules.times, now));
        }
        for condition in &rules.conditions {
            let pool = self.alerts.pool();
            let look = |at: DateTime<Utc>| {
                let is_broken = truth(&condition.expr, pool, at).ok().flatten()?;
                let of = condition.expr.seen_at(pool, at.timestamp_millis());
                Some(Look { is_broken, of: DateTime::from_timestamp_millis(of).unwrap_or(at).min(at) })
            };
            criteria.push(rollback::condition(condition, bake, now, look));
        }
        criteria
    }
}

/// Bad and all of an objective before a release and since; nothing where nothing was counted.
fn shares(slo: &Watched, rules: &Watching, bake: Bake, now: DateTime<Utc>) -> Option<Shares> {
    let minute = |at: DateTime<Utc>| at.timestamp().div_euclid(60);
    let (from, until) = rollback::baseline(bake.start, rules);
    let end = now.min(bake.end);
    if end <= bake.start {
        return None;
    }
    let sum = |from, until| {
        let Tally { bad, total } = slo.ledger().sum(minute(from), minute(until));
        (bad, total)
    };
    // The minute that is still running is counted up to now.
    let until_now = plus(end, TimeDelta::minutes(1)).min(bake.end);
    Some(Shares {
        before: sum(from, until),
        since: sum(bake.start, until_now),
        least: slo.slo.min_total,
        tolerated: slo.slo.target.budget().to_f64(),
    })
}
