//! Figures of what is measured over any stretch: signals, and error budgets.

use chrono::{DateTime, TimeDelta, Utc};

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
        time::{between, minus, plus},
        zone::Zone,
    },
    floor::{Floor, slos::Watched},
    text::{Text, counted as counted_words},
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
        if stat != Stat::Last {
            enough(name, &samples, span, &self.zone)?;
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

/// With fewer samples than this a signal says nothing of a stretch.
const LEAST_SAMPLES: usize = 3;

/// Whether samples tell of all of a stretch: there are three at least, and no time without one is longer than a tenth of the
/// stretch, or than twice what usually lies between two of them (the median) where that is more.
fn enough(name: &Text, samples: &[Sample], span: &Span, zone: &Zone) -> Result<(), Text> {
    if samples.len() < LEAST_SAMPLES {
        let n = counted_words(samples.len(), "sample", "samples");
        return Err(Text::scrub(&format!("too little is known of {name}: {n}, {LEAST_SAMPLES} are needed")));
    }
    let within = samples.iter().map(|sample| sample.at());
    let edges: Vec<DateTime<Utc>> = [span.from].into_iter().chain(within).chain([span.until]).collect();
    let holes = || edges.iter().zip(edges.iter().skip(1)).map(|(from, until)| (between(*from, *until), *from, *until));
    let mut usual: Vec<TimeDelta> = holes().skip(1).take(samples.len() - 1).map(|(length, ..)| length).collect();
    usual.sort_unstable();
    let median = usual.get((usual.len() - 1) / 2).copied().unwrap_or_default();
    let most = slack(span).max(median * 2);
    match holes().max_by_key(|(length, ..)| *length).filter(|(length, ..)| most < *length) {
        None => Ok(()),
        Some((_, from, until)) => {
            let moment = |at| zone.local(at).format("%Y-%m-%d %H:%M").to_string();
            let hole = format!("nothing was measured from {} to {}", moment(from), moment(until));
            Err(Text::scrub(&format!("too little is known of {name}: {hole}")))
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn said(hours: &[i64], stretch: i64) -> Result<(), String> {
        let until = parse_rfc3339("2026-11-20T12:00:00Z").unwrap();
        let from = minus(until, TimeDelta::hours(stretch));
        let sample = |hour: &i64| Sample { at_ms: plus(from, TimeDelta::hours(*hour)).timestamp_millis(), value: 1.0 };
        let samples: Vec<Sample> = hours.iter().map(sample).collect();
        let span = Span { from, until, name: String::new() };
        enough(&Text::scrub("depth"), &samples, &span, &Zone::utc()).map_err(|why| why.to_string())
    }

    #[test]
    fn a_signal_with_few_samples_or_a_long_hole_says_nothing_of_a_stretch() {
        let hourly: Vec<i64> = (0..48).collect();
        assert_eq!(said(&hourly, 48), Ok(()));
        assert_eq!(said(&[47], 48).unwrap_err(), "too little is known of depth: 1 sample, 3 are needed");
        let holed: Vec<i64> = (0..48).filter(|hour| !(10..20).contains(hour)).collect();
        assert_eq!(
            said(&holed, 48).unwrap_err(),
            "too little is known of depth: nothing was measured from 2026-11-18 21:00 to 2026-11-19 08:00"
        );
        assert!(said(&(20..48).collect::<Vec<_>>(), 48).is_err(), "nothing at its beginning");
        // What is measured once a week is known of a month, though a week is more than a tenth of it.
        assert_eq!(said(&[24, 192, 360, 528, 696], 720), Ok(()));
        assert!(said(&[24, 192, 696], 720).is_err());
        let bare: Vec<i64> = (0..48).filter(|hour| !(10..13).contains(hour)).collect();
        assert_eq!(said(&bare, 48), Ok(()), "a tenth may lack");
    }
}
