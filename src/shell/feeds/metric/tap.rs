//! What one signal takes of a file that is read once for all of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        sample::{Labelled, SeriesKey, Telling},
        series::{Measure, MetricFormat, Sample},
        slo::{meter::Counted, record::Tally},
    },
    floor::{
        fact::{Fact, SignalId},
        recorded::{Known, Recorded},
    },
    shell::{follow::retold::Retold, telemetry::Named},
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

impl Taken {
    /// Nothing.
    pub const NOTHING: Self = Self {
        telling: Telling::Added,
        new: Batch { items: Vec::new(), skipped: Vec::new(), n_skipped: 0 },
        known: Vec::new(),
        covered: Vec::new(),
    };

    /// Adds what was taken later, or of another file.
    pub fn join(&mut self, more: Self) {
        if !more.new.items.is_empty() || !more.known.is_empty() {
            self.telling = self.telling.max(more.telling);
        }
        self.new.items.extend(more.new.items);
        self.new.n_skipped += more.new.n_skipped;
        self.new.skipped.extend(more.new.skipped);
        if !more.known.is_empty() {
            self.covered = more.covered;
        }
        self.known.extend(more.known);
    }

    /// As it is told; `n_skipped` lines were left out since the file was opened.
    /// Of the times in `recalled` the record was told instead.
    pub fn told(self, signal: SignalId, recalled: &[(i64, i64)], n_skipped: usize) -> Vec<Fact> {
        let Self { telling, new: Batch { items: mut new, skipped, n_skipped: left_out }, mut known, covered } = self;
        let mut facts = Vec::new();
        new.sort_by_key(|sample| sample.at_ms);
        if !known.is_empty() {
            known.sort_by_key(|sample| sample.at_ms);
            let samples = std::mem::take(&mut new);
            let known = Known { samples: known, covered, recalled: recalled.to_vec() };
            facts.push(Fact::OnRecord(Recorded::Samples { signal, known, samples, telling }));
        }
        if !new.is_empty() || 0 < left_out {
            facts.push(Fact::Sampled { signal, samples: new, telling, skipped, n_skipped });
        }
        facts
    }
}

/// What one signal takes of a file.
#[derive(Debug)]
pub struct Tap {
    format: MetricFormat,
    key: SeriesKey,
    reader: Option<Reader>,
    /// Readers of files that were renamed and may still get lines, by their numbers.
    former: BTreeMap<u64, Reader>,
    /// How the files begin, by their numbers: an earlier process may have read their first lines.
    heads: BTreeMap<u64, Vec<u8>>,
    number: u64,
    retold: Retold,
    out: Batch<Sample>,
    /// What an earlier process took, told again.
    known: Vec<Sample>,
    tallies: Vec<Counting>,
}

/// One way in which objectives count what is taken.
#[derive(Debug)]
struct Counting {
    named: Named,
    tally: Tally,
    /// What an earlier process took is counted already.
    is_covered: bool,
}

/// What was taken since that was last asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// How it is told.
    pub telling: Telling,
    /// What is new.
    pub new: Batch<Sample>,
    /// What an earlier process took already.
    pub known: Vec<Sample>,
    /// In which ways that process counted it.
    pub covered: Vec<Counted>,
}

impl Tap {
    /// What the signal of this name takes.
    pub fn new(name: &Text, format: &MetricFormat) -> Self {
        let key = SeriesKey::on_record(name);
        let (reader, former) = (Reader::new(format), BTreeMap::new());
        let (format, retold) = (format.clone(), Retold::default());
        let (known, tallies, heads) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { format, key, reader, former, heads, number: 0, retold, out: Batch::new(), known, tallies }
    }

    /// Counts what it takes for the record as well: each way with its newest sample there, and whether all that an earlier
    /// process took is counted so.
    pub fn counting(mut self, ways: impl IntoIterator<Item = (Named, Counted, Option<Sample>, bool)>) -> Self {
        let is_by_minute = self.is_by_minute();
        let counting = |(named, counted, newest, is_covered): (Named, Counted, Option<Sample>, bool)| Counting {
            named,
            tally: Tally::new(counted, is_by_minute, newest),
            is_covered,
        };
        self.tallies = ways.into_iter().map(counting).collect();
        self
    }

    /// What it counted since the record was last written.
    pub fn counted(&self) -> impl Iterator<Item = (&Named, &Tally)> {
        self.tallies.iter().map(|counting| (&counting.named, &counting.tally))
    }

    /// Whether there is something to be put on record.
    pub fn has_counted(&self) -> bool {
        self.tallies.iter().any(|counting| !counting.tally.fresh().is_empty())
    }

    /// The signal's name, where a way of counting begins with what the file still holds.
    pub fn begins_anew(&self) -> Option<&Text> {
        self.tallies.iter().find(|counting| !counting.is_covered).map(|counting| &counting.named.signal)
    }

    /// The record has what was counted, or whoever leads has it.
    pub fn forget_counted(&mut self) {
        self.tallies.iter_mut().for_each(|counting| counting.tally.forget());
    }

    fn is_by_minute(&self) -> bool {
        matches!(&self.format, MetricFormat::Jsonl { measure: Measure::CountPerMinute, .. })
    }

    /// Takes a sample; an earlier process may have taken it already. A stamp that is `latest` or later counts nothing.
    fn take_one(&mut self, sample: Sample, is_known: bool, latest: i64) {
        let telling = self.telling();
        let ways = self.tallies.iter_mut().filter(|way| sample.at_ms <= latest && !(is_known && way.is_covered));
        ways.for_each(|way| way.tally.take(sample, telling));
        if is_known { self.known.push(sample) } else { self.out.items.push(sample) }
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
    fn telling(&self) -> Telling {
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

    /// A file begins so.
    pub fn begin(&mut self, file: u64, why: Option<Why>, head: &[u8]) {
        let Some(reader) = &mut self.reader else { return };
        self.heads.insert(file, head.to_vec());
        self.retold.begin();
        self.tallies.iter_mut().for_each(|counting| counting.tally.begin());
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
        self.heads.remove(&file);
    }

    /// Reads lines of a file; those with a number below `known` were kept by an earlier process. Returns what is to be kept.
    pub fn read(&mut self, file: u64, lines: &Batch<Line>, known: u64, latest: i64) -> Vec<Labelled> {
        let mut kept = Vec::new();
        // What is counted by the minute is kept as the events themselves.
        let is_counted = self.is_by_minute();
        let first = lines.items.first().map(|line| line.number);
        let head = first.and_then(|first| self.heads.remove(&file).filter(|_| 1 < first));
        for (nth, line) in lines.items.iter().enumerate() {
            let Some(reader) = &mut self.reader else { return kept };
            let reader = self.former.get_mut(&file).filter(|_| file != self.number).unwrap_or(reader);
            if let Some(head) = head.as_ref().filter(|_| nth == 0) {
                reader.go_on_in(head);
            }
            match reader.read(line.number, &line.bytes) {
                Read::Sample(sample) => {
                    self.retold.see(sample.at_ms);
                    self.take_one(sample, line.number < known, latest);
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
    pub fn take(&mut self, now: DateTime<Utc>) -> Taken {
        if let Some(sample) = self.reader.as_mut().and_then(|reader| reader.until(now)) {
            self.take_one(sample, false, now.timestamp_millis());
        }
        let covered = self.tallies.iter().filter(|way| way.is_covered).map(|way| way.tally.counted()).collect();
        let (new, known) = (std::mem::take(&mut self.out), std::mem::take(&mut self.known));
        Taken { telling: self.telling(), new, known, covered }
    }
}
