//! Figures of what is measured over any stretch: signals, and error budgets.

use chrono::{DateTime, Utc};

use super::{one, slack};
use crate::{
    domain::{
        goal::{Goal, Measured, Span, Stat},
        series::Sample,
        slo::{
            burn,
            ledger::{EVENT, Tally},
            standing::running,
        },
        stats::summary::Summary,
        time::{minus, plus},
        zone::Zone,
    },
    floor::{Floor, slos::Watched},
    text::Text,
};

impl Floor {
    /// A signal over a stretch.
    pub(super) fn signal_over(
        &self,
        name: &Text,
        stat: Stat,
        span: &Span,
        now: DateTime<Utc>,
    ) -> Result<Measured, Text> {
        let gauge = self.gauges().iter().find(|gauge| gauge.signal.name == *name);
        let gauge = gauge.ok_or_else(|| Text::scrub(&format!("{name} is not measured")))?;
        let first = gauge.series.iter().next().map(Sample::at);
        let first = first.ok_or_else(|| Text::scrub(&format!("nothing was measured of {name}")))?;
        if plus(span.from, slack(span)) < first {
            return Err(Text::scrub(&format!("{name} is known since {} only", day(&self.zone, first))));
        }
        let is_in = |sample: &Sample| sample.at() < span.until || span.until == now;
        let samples: Vec<Sample> = gauge
            .series
            .since(span.from.timestamp_millis())
            .filter(is_in)
            .filter(|sample| sample.at() <= now)
            .collect();
        let Some(last) = samples.last() else { return Ok(one(None, 0)) };
        if last.at() < minus(span.until, slack(span)) {
            return Err(Text::scrub(&format!("nothing was measured of {name} after {}", day(&self.zone, last.at()))));
        }
        let value = match stat {
            Stat::Last => Some(last.value),
            _ => stat.of(&Summary::of(samples.iter().map(|sample| sample.value), 0)),
        };
        Ok(one(value, samples.len()))
    }

    /// What is left of an objective's budget: over its own window, or of a stretch that has a name.
    pub(super) fn budget_over(
        &self,
        name: &Text,
        goal: &Goal,
        span: &Span,
        now: DateTime<Utc>,
    ) -> Result<Measured, Text> {
        let watched = self.slos().iter().find(|watched| watched.slo.name == *name);
        let watched = watched.ok_or_else(|| Text::scrub(&format!("there is no objective {name}")))?;
        let (left, tally) = match &watched.standing {
            _ if !span.name.is_empty() => {
                let tally = counted(watched, goal, span, now)?;
                let is_enough = tally.total >= watched.slo.min_total.saturating_mul(EVENT);
                (burn::left(tally, watched.slo.target).filter(|_| is_enough), tally)
            }
            Some(standing) => (standing.left, standing.tally),
            None => (None, Tally::default()),
        };
        let (bad, total) = (tally.bad / EVENT, tally.total / EVENT);
        let note = Text::scrub(&format!("{bad} bad of {total}"));
        Ok(Measured { note, ..one(left, usize::try_from(total).unwrap_or(usize::MAX)) })
    }
}

/// What was counted in a month, where all of it is kept.
fn counted(watched: &Watched, goal: &Goal, span: &Span, now: DateTime<Utc>) -> Result<Tally, Text> {
    let minute = |at: DateTime<Utc>| at.timestamp().div_euclid(60);
    let kept = minute(minus(now, watched.reach(now)));
    let first = watched.ledger().first().map(|first| first.max(kept));
    let first = first.ok_or_else(|| Text::scrub("nothing was counted"))?;
    if minute(plus(span.from, slack(span))) < first {
        let since = DateTime::from_timestamp(first.saturating_mul(60), 0).unwrap_or(now);
        return Err(Text::scrub(&format!("it is counted since {} only", day(&goal.zone, since))));
    }
    let until = if span.until == now { running(now).saturating_add(1) } else { minute(span.until) };
    Ok(watched.ledger().sum(minute(span.from), until))
}

fn day(zone: &Zone, at: DateTime<Utc>) -> String {
    zone.local(at).date().to_string()
}
