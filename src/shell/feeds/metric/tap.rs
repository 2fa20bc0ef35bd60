//! What one signal takes of a file that is read once for all of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        sample::{Labelled, Labels, SeriesKey, Telling},
        series::{Measure, MetricFormat, Sample},
    },
    shell::follow::retold::Retold,
    source::{
        Batch,
        metrics::{
            self, Read, Reader,
            promtext::Indexed,
            tail::{Line, Why},
        },
    },
    text::Text,
};

/// The label that tells the series of a signal from a metric of the same name, where both are kept.
pub const SIGNAL: &str = "__signal__";

/// What one signal takes of a file.
#[derive(Debug)]
pub struct Tap {
    format: MetricFormat,
    key: SeriesKey,
    reader: Option<Reader>,
    /// Readers of files that were renamed and may still get lines, by their numbers.
    former: BTreeMap<u64, Reader>,
    number: u64,
    retold: Retold,
    out: Batch<Sample>,
}

impl Tap {
    /// What the signal of this name takes.
    pub fn new(name: &Text, format: &MetricFormat) -> Self {
        let key = SeriesKey { name: name.clone(), labels: Labels::new([(Text::scrub(SIGNAL), name.clone())]) };
        let (reader, former) = (Reader::new(format), BTreeMap::new());
        Self { format: format.clone(), key, reader, former, number: 0, retold: Retold::default(), out: Batch::new() }
    }

    /// How its lines are read.
    pub fn format(&self) -> &MetricFormat {
        &self.format
    }

    /// The columns it reads, where the settings do not name both and they are known.
    pub fn inferred(&self) -> Option<(&str, &str)> {
        self.reader.as_ref()?.inferred()
    }

    /// Whether it reads lines, and not whole expositions.
    pub fn reads_lines(&self) -> bool {
        self.reader.is_some()
    }

    /// How what it took is told.
    pub fn telling(&self) -> Telling {
        // A minute that was counted, and what an exposition says, are the whole of their instant.
        match (&self.format, &self.reader) {
            (MetricFormat::Jsonl { measure: Measure::CountPerMinute, .. }, _) | (_, None) => Telling::Instead,
            (_, Some(_)) => self.retold.telling(),
        }
    }

    /// Takes the place of one that told what this one is about to tell again.
    pub fn follows(&mut self, before: &Self) {
        self.retold = Retold::after(&before.retold);
    }

    /// All that its file holds was told.
    pub fn settle(&mut self) {
        self.retold.settle();
    }

    /// A file begins.
    pub fn begin(&mut self, file: u64, why: Option<Why>) {
        let Some(reader) = &mut self.reader else { return };
        self.retold.begin();
        let before = reader.former();
        match why {
            Some(why) => reader.start_over(why),
            None if self.number > 0 => reader.start_over(Why::Rotated),
            None => {}
        }
        self.former.extend(before.map(|before| (self.number, before)));
        self.number = file;
    }

    /// A file will get no more lines.
    pub fn end(&mut self, file: u64) {
        self.former.remove(&file);
    }

    /// Reads lines of a file; those with a number below `known` were kept by an earlier process. Returns what is to be kept.
    pub fn read(&mut self, file: u64, lines: &Batch<Line>, known: u64) -> Vec<Labelled> {
        let mut kept = Vec::new();
        let Some(reader) = &mut self.reader else { return kept };
        let reader = self.former.get_mut(&file).filter(|_| file != self.number).unwrap_or(reader);
        // What is counted by the minute is kept as the events themselves.
        let is_counted = matches!(&self.format, MetricFormat::Jsonl { measure: Measure::CountPerMinute, .. });
        for line in &lines.items {
            match reader.read(line.number, &line.bytes) {
                Read::Sample(sample) => {
                    self.retold.see(sample.at_ms);
                    self.out.items.push(sample);
                    if known <= line.number && !is_counted {
                        let (at_ms, value) = (sample.at_ms, sample.value);
                        kept.push(Labelled { key: self.key.clone(), at_ms, value });
                    }
                }
                Read::Nothing => {}
                Read::Skip(why) => self.out.skip(&format!("line {}", line.number), &why),
            }
        }
        self.out.n_skipped += lines.n_skipped;
        self.out.skipped.extend(lines.skipped.iter().cloned());
        kept
    }

    /// Takes what it means of a whole exposition.
    pub fn pick(&mut self, found: &Indexed<'_>, modified_ms: i64) {
        let picked = metrics::pick(found, &self.format, modified_ms);
        self.out.items.extend(picked.items);
        self.out.n_skipped += picked.n_skipped;
        self.out.skipped.extend(picked.skipped);
    }

    /// What it took since it was last asked; a minute that was counted is among it once it is over.
    pub fn take(&mut self, now: DateTime<Utc>) -> Batch<Sample> {
        self.out.items.extend(self.reader.as_mut().and_then(|reader| reader.until(now)));
        std::mem::take(&mut self.out)
    }
}
