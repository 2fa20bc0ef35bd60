//! An open file that is read as it grows.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    beside,
    lines::{Failed, Heard},
};
use crate::{
    domain::{time::plus, trouble::Trouble},
    shell::disk,
    source::{
        Batch,
        metrics::tail::{Line, Plan, Seen, Tail, Why},
    },
};

/// Read at once; with its lines a few megabytes.
const CHUNK: usize = 1024 * 1024;

/// A file that nobody wrote to for this long has no half-written last line, and once renamed no writer any more.
pub(super) const SETTLED: TimeDelta = TimeDelta::seconds(60);

#[derive(Debug)]
pub(super) struct Open {
    pub(super) file: File,
    pub(super) tail: Tail,
    pub(super) number: u64,
    /// When we first saw it, or last saw it grow.
    pub(super) grew_at: DateTime<Utc>,
}

/// What may still be read in this look.
pub(super) struct Budget {
    pub(super) bytes: u64,
}

impl Open {
    pub(super) fn is(&self, identity: (u64, u64)) -> bool {
        self.file.metadata().is_ok_and(|found| beside::seen(&found).identity == identity)
    }

    /// Reads to the end; `Some` when the file turned out to be cut or written anew.
    pub(super) fn drain(
        &mut self,
        path: &Path,
        budget: &mut Budget,
        now: DateTime<Utc>,
        tell: &mut dyn FnMut(Heard),
    ) -> Result<Option<Why>, Failed> {
        let away = |e: std::io::Error| (Trouble::Away, format!("{}: {}", path.to_string_lossy(), disk::why(&e)));
        let mut bytes = Vec::new();
        while budget.bytes > 0 {
            let seen = beside::seen(&self.file.metadata().map_err(away)?);
            let from = match self.tail.plan(seen) {
                Plan::Nothing => return Ok(self.settle_when(seen, now, tell)),
                Plan::StartOver { why } => return Ok(Some(why)),
                Plan::Read { from } => from,
            };
            bytes.clear();
            self.file.seek(SeekFrom::Start(from)).map_err(away)?;
            (&mut self.file).take(CHUNK as u64).read_to_end(&mut bytes).map_err(away)?;
            let before = self.tail.offset();
            let mut lines = match self.tail.take(seen, from, &bytes) {
                Ok(lines) => lines,
                Err(why) => return Ok(Some(why)),
            };
            if bytes.len() == CHUNK && bytes.iter().all(|b| *b == 0) {
                let hole = beside::hole_end(&self.file, self.tail.offset(), seen.length);
                let more = self.tail.skip_hole(hole);
                lines.n_skipped += more.n_skipped;
                lines.skipped.extend(more.skipped);
            }
            let grown = self.tail.offset().saturating_sub(before);
            budget.bytes = budget.bytes.saturating_sub(grown.min(CHUNK as u64));
            if grown > 0 {
                self.grew_at = now;
            }
            self.hand_on(lines, tell);
            if self.tail.offset() >= seen.length {
                return Ok(self.settle_when(seen, now, tell));
            }
        }
        Ok(None)
    }

    fn settle_when(&mut self, seen: Seen, now: DateTime<Utc>, tell: &mut dyn FnMut(Heard)) -> Option<Why> {
        let written = DateTime::from_timestamp_millis(seen.modified_ms).unwrap_or_default();
        if plus(written, SETTLED) <= now {
            self.settle(tell);
        }
        None
    }

    /// Takes a last line without its end for what it is.
    pub(super) fn settle(&mut self, tell: &mut dyn FnMut(Heard)) {
        if let Some(line) = self.tail.settle() {
            self.hand_on(Batch { items: vec![line], skipped: Vec::new(), n_skipped: 0 }, tell);
        }
    }

    fn hand_on(&self, lines: Batch<Line>, tell: &mut dyn FnMut(Heard)) {
        if !lines.items.is_empty() || lines.n_skipped > 0 {
            tell(Heard::Lines { file: self.number, lines });
        }
    }
}
