//! Burn-ins as they stand: the job of each day, the bounds of signals, the files that must not change.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    domain::{
        burn_in::{BurnIn, Finding, Standing},
        duty::judge::{Proof, State},
        series::{SAMPLES_KEPT, Sample, Signal, Threshold, figure},
        slo::burn,
        time::minus,
    },
    floor::Floor,
    text::Text,
};

/// A burn-in with the files that must not change.
#[derive(Debug)]
pub struct Burning {
    /// What it asks for.
    pub burn_in: BurnIn,
    /// The files, the newest first; or why they cannot be looked at.
    pub(super) frozen: Result<Vec<Proof>, Text>,
    /// What was measured on each day: signals keep fewer samples than thirty days may have.
    of_days: BTreeMap<(Text, NaiveDate), OfDay>,
}

/// Objectives of burn-ins are counted for so long: the longest one, and a month in which its verdict is asked for.
pub const LOOKED_BACK: TimeDelta = TimeDelta::days(397);

/// A signal on one day.
#[derive(Debug, Clone, Copy, Default)]
struct OfDay {
    /// The first sample that broke the bound.
    broken: Option<Sample>,
}

impl Burning {
    /// Counts samples of a signal by the day, where it asks for it.
    pub(super) fn count(&mut self, signal: &Signal, samples: &[Sample]) {
        let Some(bound) = signal.threshold.filter(|_| self.burn_in.signals.contains(&signal.name)) else { return };
        let mut known: Option<(i64, i64, NaiveDate)> = None;
        for sample in samples {
            let day = match known.filter(|(from, until, _)| (*from..*until).contains(&sample.at_ms)) {
                Some((_, _, day)) => day,
                None => {
                    let day = self.burn_in.zone.local(sample.at()).date();
                    let (from, until) = self.burn_in.stretch(day);
                    known = Some((from.timestamp_millis(), until.timestamp_millis(), day));
                    day
                }
            };
            if day < self.burn_in.start {
                continue;
            }
            let of_day = self.of_days.entry((signal.name.clone(), day)).or_default();
            let is_first = of_day.broken.is_none_or(|first| sample.at_ms < first.at_ms);
            if is_first && bound.is_broken(sample.value) {
                of_day.broken = Some(*sample);
            }
        }
    }
}

impl Floor {
    /// The burn-ins, in the order of the settings.
    pub fn burn_ins(&self) -> &[Burning] {
        &self.burn_ins
    }

    pub(super) fn burn_in_added(&mut self, burn_in: BurnIn) {
        let asked = self.slos.iter_mut().filter(|watched| burn_in.slos.contains(&watched.slo.name));
        asked.for_each(|watched| watched.keep(LOOKED_BACK));
        let frozen = Err(Text::scrub("they were not looked at yet"));
        self.burn_ins.push(Burning { burn_in, frozen, of_days: BTreeMap::new() });
    }

    pub(super) fn frozen_seen(&mut self, all: Vec<Result<Vec<Proof>, Text>>) {
        for (burning, frozen) in self.burn_ins.iter_mut().zip(all) {
            burning.frozen = frozen;
        }
    }

    /// How a burn-in stands.
    pub fn burn_in_standing(&self, burning: &Burning, now: DateTime<Utc>) -> Standing {
        let look = |day| self.findings(burning, day, now);
        let mut standing = burning.burn_in.standing(self.duties().entries(), &look, now);
        // Resets and what was allowed stand in the record: without it nobody knows where the days are counted from.
        if let Some(why) = self.duties().deaf() {
            standing.verdict = crate::domain::burn_in::Verdict::Unknown;
            for (_, judged) in &mut standing.days {
                *judged = crate::domain::burn_in::Day::Unknown(why.clone());
            }
        }
        standing
    }

    fn findings(&self, burning: &Burning, day: NaiveDate, now: DateTime<Utc>) -> Vec<Finding> {
        let of_job = burning.burn_in.duty.as_ref().map(|duty| self.job(duty, day, now));
        let of_signals = burning.burn_in.signals.iter().map(|name| self.bound_kept(burning, name, day));
        let of_slos = burning.burn_in.slos.iter().map(|name| self.objective_kept(burning, name, day, now));
        let of_files = (!burning.burn_in.freeze.is_empty()).then(|| frozen(burning, day));
        of_job.into_iter().chain(of_signals).chain(of_slos).chain(of_files).collect()
    }

    /// Whether the turn of a duty on a day was done. A day without one asks for nothing.
    fn job(&self, name: &Text, day: NaiveDate, now: DateTime<Utc>) -> Finding {
        let turns = self.duties().between(day, day, now);
        let turn = turns.iter().find(|(tended, _)| tended.duty.name == *name);
        match turn.map(|(_, judged)| &judged.state) {
            Some(State::Done(_)) => Finding::Held,
            Some(State::Missed | State::Late) => Finding::Broken(Text::scrub(&format!("{name} was not done"))),
            Some(State::Unknown(why)) => Finding::Unknown(Text::scrub(&format!("{name}: {why}"))),
            Some(state) => Finding::Unknown(Text::scrub(&format!("{name} is {}", state.word()))),
            None => {
                let is_asked = self.duties().find(name.as_str()).is_some_and(|t| !t.duty.turns(day, day).is_empty());
                if is_asked {
                    Finding::Unknown(Text::scrub(&format!("nothing is known of {name} on that day")))
                } else {
                    Finding::Held
                }
            }
        }
    }

    /// Whether a signal kept its bound all day: each sample of the day counts, and a day without any is not known.
    fn bound_kept(&self, burning: &Burning, name: &Text, day: NaiveDate) -> Finding {
        let gauge = self.gauges().iter().find(|gauge| gauge.signal.name == *name);
        let Some((gauge, bound)) = gauge.and_then(|gauge| Some((gauge, gauge.signal.threshold?))) else {
            return Finding::Unknown(Text::scrub(&format!("{name} is not measured")));
        };
        let (start, end) = burning.burn_in.stretch(day);
        let (from, until) = (start.timestamp_millis(), end.timestamp_millis());
        let said = |sample: Sample| {
            let at = burning.burn_in.zone.local(sample.at()).format("%H:%M");
            Finding::Broken(Text::scrub(&format!("{name} was {} at {at}", figure(sample.value))))
        };
        // What is too old for the series was counted as it came.
        if gauge.series.len() >= SAMPLES_KEPT && gauge.series.iter().next().is_some_and(|first| from < first.at_ms) {
            return match burning.of_days.get(&(name.clone(), day)) {
                Some(OfDay { broken: Some(sample) }) => said(*sample),
                Some(OfDay { broken: None }) => Finding::Held,
                None => Finding::Unknown(Text::scrub(&format!("nothing was measured of {name}"))),
            };
        }
        let mut of_day =
            gauge.series.since(from).filter(|sample| from <= sample.at_ms && sample.at_ms < until).peekable();
        if of_day.peek().is_none() {
            return Finding::Unknown(Text::scrub(&format!("nothing was measured of {name}")));
        }
        let broken = of_day.find(|sample| Threshold::is_broken(bound, sample.value));
        match broken {
            Some(sample) => said(sample),
            None => Finding::Held,
        }
    }

    /// Whether an objective was kept on a day: no more of it was bad than the target allows, of that day alone.
    fn objective_kept(&self, burning: &Burning, name: &Text, day: NaiveDate, now: DateTime<Utc>) -> Finding {
        let Some(watched) = self.slos().iter().find(|watched| watched.slo.name == *name) else {
            return Finding::Unknown(Text::scrub(&format!("{name} is not counted")));
        };
        let (start, end) = burning.burn_in.stretch(day);
        let minute = |at: DateTime<Utc>| at.timestamp().div_euclid(60);
        let kept = minute(minus(now, watched.reach(now)));
        if watched.ledger().first().is_none_or(|first| minute(end) <= first) || minute(start) < kept {
            return Finding::Unknown(Text::scrub(&format!("nothing was counted of {name}")));
        }
        let tally = watched.ledger().sum(minute(start), minute(end));
        match burn::left(tally, watched.slo.target) {
            None => Finding::Unknown(Text::scrub(&format!("nothing was counted of {name}"))),
            Some(left) if left < 0.0 => {
                let share = tally.bad as f64 / tally.total.max(1) as f64 * 100.0;
                let bad = format!("{} % of {name} was bad", figure(share));
                Finding::Broken(Text::scrub(&bad))
            }
            Some(_) => Finding::Held,
        }
    }
}

/// Whether none of the files changed on a day.
fn frozen(burning: &Burning, day: NaiveDate) -> Finding {
    let (start, end) = burning.burn_in.stretch(day);
    match &burning.frozen {
        Err(why) => Finding::Unknown(why.clone()),
        Ok(files) => match files.iter().find(|file| start <= file.at && file.at < end) {
            Some(file) => Finding::Broken(Text::scrub(&format!("{} was changed", file.path))),
            None => Finding::Held,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            burn_in::{Day, Verdict},
            series::Side,
            sla::Policy,
            slo::{Sli, Slo, exact::Target, feed::Feed, ledger::Method, meter::Op, window::TimeWindow},
            time::{parse_rfc3339, plus},
            zone::Zone,
        },
        floor::{
            duties::DutiesRead,
            fact::{Fact, SignalId, SourceId},
        },
    };

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    fn signal() -> Signal {
        Signal {
            name: Text::scrub("integrity"),
            unit: Text::default(),
            threshold: Some(Threshold { bad: Side::Above, bound: 1.0 }),
            stale_after: TimeDelta::minutes(5),
            hold: TimeDelta::zero(),
            keep_firing: TimeDelta::zero(),
            window: TimeDelta::hours(1),
            objective: None,
            runbook: None,
        }
    }

    fn slo() -> Slo {
        Slo {
            name: Text::scrub("intact"),
            service: Text::default(),
            description: Text::default(),
            sli: Sli::Threshold { of: Feed::Signal(Text::scrub("integrity")), op: Op::Lte, value: 1.0 },
            method: Method::Occurrences,
            window: TimeWindow::Rolling(TimeDelta::days(7)),
            target: Target::read("0.999").unwrap(),
            min_total: 0,
            absent_after: None,
            rows: Vec::new(),
            runbook: None,
        }
    }

    /// A sample a minute for forty days; what is bad is so for this many minutes from an instant on.
    fn floor(signals: &[&str], slos: &[&str], bad: (&str, i64)) -> Floor {
        let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        let now = at("2026-11-20T00:00:00Z");
        let texts = |names: &[&str]| names.iter().map(|name| Text::scrub(name)).collect();
        let burn_in = BurnIn {
            name: Text::scrub("calm"),
            start: "2026-10-12".parse().unwrap(),
            days: 30,
            zone: Zone::utc(),
            duty: None,
            signals: texts(signals),
            slos: texts(slos),
            freeze: Vec::new(),
        };
        let began = at("2026-10-11T00:00:00Z");
        let bad_from = at(bad.0);
        let samples = (0..40 * 1_440).map(|minute| {
            let at = plus(began, TimeDelta::minutes(minute));
            let is_bad = bad_from <= at && at < plus(bad_from, TimeDelta::minutes(bad.1));
            Sample { at_ms: at.timestamp_millis(), value: if is_bad { 3.0 } else { 0.2 } }
        });
        let read = DutiesRead {
            source: SourceId(0),
            record: Ok((Vec::new(), Vec::new())),
            files: Vec::new(),
            frozen: vec![Ok(Vec::new())],
        };
        for fact in [
            Fact::SignalAdded { source: SourceId(0), signal: Box::new(signal()) },
            Fact::SloAdded(Box::new(slo())),
            Fact::BurnInAdded(Box::new(burn_in)),
            Fact::DutiesRead(Box::new(read)),
            Fact::Sampled { signal: SignalId(0), samples: samples.collect(), skipped: Vec::new(), n_skipped: 0 },
        ] {
            floor.apply(fact, now);
        }
        floor.settle(now);
        floor
    }

    fn stands(floor: &Floor) -> Standing {
        floor.burn_in_standing(&floor.burn_ins()[0], at("2026-11-20T00:00:00Z"))
    }

    #[test]
    fn a_bad_minute_that_the_series_has_forgotten_still_breaks_its_day() {
        let floor = floor(&["integrity"], &[], ("2026-10-13T10:07:00Z", 1));
        assert!(floor.gauges()[0].series.iter().next().unwrap().at() > at("2026-10-14T00:00:00Z"));
        let standing = stands(&floor);
        assert_eq!(standing.verdict, Verdict::Broken);
        assert_eq!(standing.days[1].1, Day::Broken(Text::scrub("integrity was 3 at 10:07")));
        assert_eq!((&standing.days[0].1, &standing.days[2].1), (&Day::Held, &Day::Held));
        let calm = self::floor(&["integrity"], &[], ("2027-01-01T00:00:00Z", 1));
        assert_eq!(stands(&calm).verdict, Verdict::Passed);
    }

    #[test]
    fn an_objective_is_judged_for_each_day_alone_and_kept_for_as_long_as_the_burn_in() {
        // One minute of 1440 is within a thousandth; two are not.
        let one = stands(&floor(&[], &["intact"], ("2026-10-13T10:07:00Z", 1)));
        assert_eq!(one.verdict, Verdict::Passed, "{:?}", one.first_bad());
        let two = stands(&floor(&[], &["intact"], ("2026-10-13T10:07:00Z", 2)));
        assert_eq!(two.verdict, Verdict::Broken);
        let broken: Vec<_> = two.days.iter().filter(|(_, day)| matches!(day, Day::Broken(_))).collect();
        assert_eq!((broken.len(), broken[0].0.to_string()), (1, "2026-10-13".to_owned()));
        assert!(broken[0].1.why().unwrap().as_str().ends_with("% of intact was bad"), "{broken:?}");
    }
}
