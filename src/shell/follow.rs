//! One metric file, followed as it grows; or an exposition, read whole when it changed.
//!
//! Files are asked every two seconds with a stat, which every file system answers: no watch can run out, and none is
//! silent over a network. A file that did not change costs that stat and no more.

mod beside;
mod gap;
mod handle;
pub mod lines;
pub mod retold;

use std::{collections::BTreeMap, path::Path};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        sample::Telling,
        series::{Measure, MetricFormat, Sample},
        trouble::Trouble,
    },
    shell::{
        disk,
        follow::{
            lines::{Gap, Heard, LineFile, Reached},
            retold::Retold,
        },
        stamp::{Stamp, changed, open_regular},
    },
    source::{
        Batch,
        metrics::{
            self, Reader,
            tail::{Seen, Why},
        },
    },
};

/// Where we are in one metric file.
pub struct Followed {
    lines: LineFile,
    reader: Option<Reader>,
    /// Readers of files that were renamed and may still get lines, by their numbers.
    former: BTreeMap<u64, Reader>,
    number: u64,
    stamp: Option<Stamp>,
    gaps: Vec<Gap>,
    retold: Retold,
    /// How what the last look brought is told.
    telling: Telling,
}

impl Followed {
    /// A file nothing was read of yet.
    pub fn new(path: &Path, format: &MetricFormat) -> Self {
        Self {
            lines: LineFile::new(path, Vec::new()),
            reader: Reader::new(format),
            former: BTreeMap::new(),
            number: 0,
            stamp: None,
            gaps: Vec::new(),
            retold: Retold::default(),
            telling: Telling::Instead,
        }
    }

    /// How what the last look brought is told.
    pub fn telling(&self) -> Telling {
        self.telling
    }

    /// The stretches that may have held lines nobody can read any more, since this was last asked.
    pub fn take_gaps(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.gaps)
    }

    /// Reads what the file got since the last look.
    ///
    /// # Errors
    /// What kind of trouble it is in, and why.
    pub fn follow(
        &mut self,
        path: &Path,
        format: &MetricFormat,
        now: DateTime<Utc>,
    ) -> Result<Batch<Sample>, (Trouble, String)> {
        if self.reader.is_none() {
            return self.scrape(path, format);
        }
        let mut out = Batch::new();
        let mut result = Ok(Reached::Part);
        let mut heard = Vec::new();
        while matches!(result, Ok(Reached::Part)) {
            result = self.lines.look(now, &mut |h| heard.push(h));
            for heard in heard.drain(..) {
                self.hear(heard, &mut out);
            }
        }
        if let Some(sample) = self.reader.as_mut().and_then(|r| r.until(now)) {
            out.items.push(sample);
        }
        let is_counted = matches!(format, MetricFormat::Jsonl { measure: Measure::CountPerMinute, .. });
        self.telling = if is_counted { Telling::Instead } else { self.retold.telling() };
        self.retold.settle();
        // What could be read is not thrown away because the path is in trouble now.
        if out.items.is_empty() && out.n_skipped == 0 { result.map(|_| out) } else { Ok(out) }
    }

    fn hear(&mut self, heard: Heard, out: &mut Batch<Sample>) {
        let Some(reader) = &mut self.reader else { return };
        match heard {
            Heard::Began { file, why, .. } => {
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
            Heard::Lines { file, lines } => {
                let reader = self.former.get_mut(&file).filter(|_| file != self.number).unwrap_or(reader);
                let batch = reader.read_all(lines);
                batch.items.iter().for_each(|sample| self.retold.see(sample.at_ms));
                out.items.extend(batch.items);
                out.n_skipped += batch.n_skipped;
                out.skipped.extend(batch.skipped);
            }
            Heard::Ended { file } => drop(self.former.remove(&file)),
            Heard::Gap(gap) => self.gaps.push(gap),
        }
    }

    /// Reads an exposition whole, when it changed.
    fn scrape(&mut self, path: &Path, format: &MetricFormat) -> Result<Batch<Sample>, (Trouble, String)> {
        let away = |e: std::io::Error| (Trouble::Away, disk::why(&e));
        let Some(found) = changed(path, &self.stamp).map_err(away)? else { return Ok(Batch::new()) };
        let modified =
            open_regular(path).and_then(|file| Ok(beside::seen(&file.metadata()?))).map_err(away)?.modified_ms;
        let bytes = disk::read(path, LARGEST_SCRAPE).map_err(away)?;
        if let Some(why) = metrics::refusal(bytes.get(..bytes.len().min(512)).unwrap_or_default()) {
            return Err((Trouble::Garbled, why.to_owned()));
        }
        self.stamp = Some(found);
        Ok(metrics::read_scrape(&bytes, format, modified))
    }
}

/// What a stat says of an open file.
///
/// # Errors
/// The system does not say.
pub fn seen_of(file: &std::fs::File) -> std::io::Result<Seen> {
    Ok(beside::seen(&file.metadata()?))
}

/// The longest exposition read; node_exporter's are under a megabyte.
const LARGEST_SCRAPE: usize = 64 * 1024 * 1024;
