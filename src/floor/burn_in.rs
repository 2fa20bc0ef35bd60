//! Burn-ins as they stand: the job of each day, the bounds of signals, the files that must not change.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    domain::{
        burn_in::{BurnIn, Finding, Standing},
        duty::judge::{Proof, State},
        series::{Threshold, figure},
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
}

impl Floor {
    /// The burn-ins, in the order of the settings.
    pub fn burn_ins(&self) -> &[Burning] {
        &self.burn_ins
    }

    pub(super) fn burn_in_added(&mut self, burn_in: BurnIn) {
        self.burn_ins.push(Burning { burn_in, frozen: Err(Text::scrub("they were not looked at yet")) });
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
        let of_files = (!burning.burn_in.freeze.is_empty()).then(|| frozen(burning, day));
        of_job.into_iter().chain(of_signals).chain(of_files).collect()
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
        let mut of_day =
            gauge.series.since(from).filter(|sample| from <= sample.at_ms && sample.at_ms < until).peekable();
        if of_day.peek().is_none() {
            return Finding::Unknown(Text::scrub(&format!("nothing was measured of {name}")));
        }
        let broken = of_day.find(|sample| Threshold::is_broken(bound, sample.value));
        match broken {
            Some(sample) => {
                let at = burning.burn_in.zone.local(sample.at()).format("%H:%M");
                Finding::Broken(Text::scrub(&format!("{name} was {} at {at}", figure(sample.value))))
            }
            None => Finding::Held,
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
