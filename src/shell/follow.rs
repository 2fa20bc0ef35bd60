//! One metric file, followed as it grows; or an exposition, read whole when it changed.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        series::{MetricFormat, Sample},
        trouble::Trouble,
    },
    shell::{
        disk,
        stamp::{Stamp, changed, open_regular, stamp},
    },
    source::{
        Batch,
        metrics::{
            self, Reader,
            tail::{Plan, Seen, Tail},
        },
    },
};

/// Read at once from a metric file.
const CHUNK: usize = 8 * 1024 * 1024;

/// A file that nobody wrote to for this long has no half-written last line: what is there is all there is.
const SETTLED_MS: i64 = 60_000;

/// Where we are in one metric file.
pub struct Followed {
    tail: Tail,
    reader: Option<Reader>,
    stamp: Option<Stamp>,
}

impl Followed {
    /// A file nothing was read of yet.
    pub fn new(format: &MetricFormat) -> Self {
        Self { tail: Tail::default(), reader: Reader::new(format), stamp: None }
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
        let away = |e: std::io::Error| (Trouble::Away, disk::why(&e));
        if self.reader.is_none() {
            return self.scrape(path, format);
        }
        let mut file = open_regular(path).map_err(away)?;
        let mut out = Batch::new();
        // A rewritten file starts over once; should it change again meanwhile, the next round sees to it.
        for _ in 0..64 {
            let seen = seen(&file).map_err(away)?;
            let from = match self.tail.plan(seen) {
                Plan::Nothing => break,
                Plan::StartOver { why } => {
                    self.start_over(why);
                    continue;
                }
                Plan::Read { from } => from,
            };
            file.seek(SeekFrom::Start(from)).map_err(away)?;
            let mut bytes = Vec::new();
            (&mut file).take(CHUNK as u64).read_to_end(&mut bytes).map_err(away)?;
            if from == 0
                && let Some(why) = metrics::refusal(bytes.get(..bytes.len().min(512)).unwrap_or_default())
            {
                return Err((Trouble::Garbled, why.to_owned()));
            }
            let is_all = from.saturating_add(bytes.len() as u64) >= seen.length;
            match self.tail.take(seen, from, &bytes) {
                Ok(lines) => self.add(lines, &mut out),
                Err(why) => {
                    self.start_over(why);
                    continue;
                }
            }
            if is_all {
                self.settle(seen, now, &mut out);
                break;
            }
        }
        if let Some(sample) = self.reader.as_mut().and_then(|r| r.until(now)) {
            out.items.push(sample);
        }
        Ok(out)
    }

    fn add(&mut self, lines: Batch<metrics::tail::Line>, out: &mut Batch<Sample>) {
        let Some(reader) = &mut self.reader else { return };
        let batch = reader.read_all(lines);
        out.items.extend(batch.items);
        out.n_skipped += batch.n_skipped;
        out.skipped.extend(batch.skipped);
    }

    fn settle(&mut self, seen: Seen, now: DateTime<Utc>, out: &mut Batch<Sample>) {
        if now.timestamp_millis().saturating_sub(seen.modified_ms) < SETTLED_MS {
            return;
        }
        if let Some(line) = self.tail.settle() {
            let lines = Batch { items: vec![line], skipped: Vec::new(), n_skipped: 0 };
            self.add(lines, out);
        }
    }

    fn start_over(&mut self, why: metrics::tail::Why) {
        self.tail.start_over();
        if let Some(reader) = &mut self.reader {
            reader.start_over(why);
        }
    }

    /// Reads an exposition whole, when it changed.
    fn scrape(&mut self, path: &Path, format: &MetricFormat) -> Result<Batch<Sample>, (Trouble, String)> {
        let away = |e: std::io::Error| (Trouble::Away, disk::why(&e));
        let Some(found) = changed(path, &self.stamp).map_err(away)? else { return Ok(Batch::new()) };
        let modified = open_regular(path).and_then(|file| seen(&file)).map_err(away)?.modified_ms;
        let bytes = disk::read(path, LARGEST_SCRAPE).map_err(away)?;
        if let Some(why) = metrics::refusal(bytes.get(..bytes.len().min(512)).unwrap_or_default()) {
            return Err((Trouble::Garbled, why.to_owned()));
        }
        self.stamp = Some(found);
        Ok(metrics::read_scrape(&bytes, format, modified))
    }
}

/// The longest exposition read; node_exporter's are under a megabyte.
const LARGEST_SCRAPE: usize = 64 * 1024 * 1024;

fn seen(file: &File) -> std::io::Result<Seen> {
    let (device, inode, length, modified) = stamp(&file.metadata()?);
    let modified_ms = i64::try_from(modified / 1_000_000).unwrap_or(i64::MAX);
    Ok(Seen { length, identity: (device, inode), modified_ms })
}
