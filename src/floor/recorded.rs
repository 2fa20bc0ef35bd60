//! What an earlier process put on record of signals, and what it took of their files already.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        sample::Telling,
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
        /// Those that it took, oldest first.
        known: Vec<Sample>,
        /// Those that it did not take, oldest first.
        samples: Vec<Sample>,
        /// How they are told.
        telling: Telling,
        /// In which ways those that it took are counted already.
        covered: Vec<Counted>,
    },
}

impl Floor {
    /// Goes on from what an earlier process knew.
    pub(super) fn on_record(&mut self, recorded: Recorded, now: DateTime<Utc>) {
        match recorded {
            Recorded::Counts(all) => all.iter().for_each(|one| self.recounted(one, now)),
            Recorded::Samples { signal, known, samples, telling, covered } => {
                self.sampled(signal, samples, telling, Some((known, covered)), now);
            }
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
