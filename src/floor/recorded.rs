//! What an earlier process put on record of signals, and what it took of their files already.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        sample::{Labelled, Telling},
        series::Sample,
        slo::{meter::Counted, record::Recounted},
    },
    floor::{Floor, fact::SignalId},
};

/// What an earlier process knew of signals.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// What it counted, told once and before any samples.
    Counts(Vec<Recounted>),
    /// Samples that it took, told again for charts and bounds, and the new ones after them.
    Samples {
        /// Of which signal.
        signal: SignalId,
        /// Those that it took.
        known: Known,
        /// Those that it did not take, oldest first.
        samples: Vec<Sample>,
        /// How they are told.
        telling: Telling,
    },
    /// What it took of a signal and files do not hold any more: rules and expressions look back on it.
    Earlier {
        /// Of which signal.
        signal: SignalId,
        /// As samples, oldest first.
        samples: Vec<Sample>,
    },
    /// Ends of series, as samples that say so.
    Ends(Vec<Labelled>),
}

/// Samples that an earlier process took, told again.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Oldest first.
    pub samples: Vec<Sample>,
    /// In which ways they are counted already.
    pub covered: Vec<Counted>,
    /// Half-open times, in epoch milliseconds and ascending, of which [`Recorded::Earlier`] has told: what rules look back on
    /// has these already.
    pub recalled: Vec<(i64, i64)>,
}

impl Known {
    /// Whether what rules look back on has a sample of then already.
    pub(super) fn is_recalled(&self, at_ms: i64) -> bool {
        let place = self.recalled.partition_point(|(_, end)| *end <= at_ms);
        self.recalled.get(place).is_some_and(|(start, _)| *start <= at_ms)
    }
}

impl Floor {
    /// Goes on from what an earlier process knew.
    pub(super) fn on_record(&mut self, recorded: Recorded, now: DateTime<Utc>) {
        match recorded {
            Recorded::Counts(all) => all.iter().for_each(|one| self.recounted(one, now)),
            Recorded::Samples { signal, known, samples, telling } => {
                self.sampled(signal, samples, telling, Some(known), now);
            }
            Recorded::Earlier { signal, samples } => self.pooled(signal, &samples, Telling::Added, now),
            Recorded::Ends(ends) => self.alerts.take(ends, Telling::Added, now),
        }
    }

    fn recounted(&mut self, record: &Recounted, now: DateTime<Utc>) {
        let named = self.gauges.iter().position(|gauge| gauge.signal.name == record.signal);
        let Some(place) = named else { return };
        self.slos.iter_mut().for_each(|slo| slo.resume(place, record, now));
        if let Some(gauge) = self.gauges.get_mut(place) {
            gauge.resume(record);
        }
    }
}
