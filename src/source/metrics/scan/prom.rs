//! A line of an exposition: its name and labels are the same text again and again, so they are read once.

use std::collections::HashMap;

use crate::source::metrics::{
    record::{LineReader, Record},
    scan::{Row, keys::Seeded, number, recent::Recent},
    shape::Unit,
};

/// How many texts are remembered; whoever makes more, new ones with every line, is read by the full parser.
const TEXTS: usize = 100_000;

/// Texts of names with labels, and their keys.
#[derive(Debug)]
pub(super) struct Texts {
    unit: Unit,
    known: HashMap<Box<[u8]>, u32, Seeded>,
    /// Those of them that came last.
    recent: Recent<8>,
}

impl Texts {
    pub(super) fn new(unit: Unit, seed: u64) -> Self {
        Self { unit, known: HashMap::with_hasher(Seeded(seed)), recent: Recent::new(seed) }
    }

    /// Reads the line that begins at a place, whose blanks and whose end are the first of the marks, as most lines are
    /// written: no blank in a label, one before the value, one before the time. Says how many marks it has, too.
    #[inline]
    pub(super) fn read_marked(&mut self, text: &[u8], start: usize, marks: &[u32]) -> Option<(Row, usize)> {
        let [first, second, ..] = *marks else { return None };
        let (first, second) = (first as usize, second as usize);
        let (has_time, end) = match text.get(second)? {
            b'\n' => (false, second),
            _ => (true, *marks.get(2)? as usize),
        };
        if text.get(first) != Some(&b' ') || text.get(end) != Some(&b'\n') {
            return None;
        }
        let value = number::between(text, first + 1, second)?;
        let at_ms = if has_time { Some(self.time(text, second + 1, end)?) } else { None };
        let series = text.get(start..)?;
        let key = match self.recent.find(series, first - start) {
            Some(key) => key,
            None => self.named(series, first - start)?,
        };
        Some((Row { at_ms, key, value: Some(value) }, 2 + usize::from(has_time)))
    }

    #[inline]
    fn time(&self, text: &[u8], from: usize, to: usize) -> Option<i64> {
        match self.unit {
            Unit::Milliseconds => number::whole_between(text, from, to),
            Unit::Seconds => milliseconds(number::between(text, from, to)?),
        }
    }

    fn named(&mut self, series: &[u8], len: usize) -> Option<u32> {
        let key = *self.known.get(series.get(..len)?)?;
        self.recent.put(series, len, key);
        Some(key)
    }

    /// Reads a line; nothing = the full parser must.
    #[inline]
    pub(super) fn read(&self, line: &[u8]) -> Option<Row> {
        let (text, rest) = line.split_at_checked(end_of_text(line)?)?;
        let key = *self.known.get(text)?;
        let [b' ', rest @ ..] = rest else { return None };
        let value = number::leading(rest)?;
        let at_ms = match rest.get(value.text.len()..)? {
            [] => None,
            [b' ', written @ ..] => {
                let time = number::leading(written)?;
                if time.text.len() != written.len() {
                    return None;
                }
                Some(match self.unit {
                    Unit::Milliseconds => time.whole()?,
                    Unit::Seconds => milliseconds(time.value()?)?,
                })
            }
            _ => return None,
        };
        Some(Row { at_ms, key, value: Some(value.value()?) })
    }

    /// Remembers the text of a line that the full parser read.
    pub(super) fn learn(&mut self, line: &[u8], record: &Record<'_>, key: u32, full: &LineReader) {
        let Some(text) = end_of_text(line).and_then(|end| line.get(..end)) else { return };
        if self.known.len() >= TEXTS || self.known.contains_key(text) {
            return;
        }
        // A bracket in a label's value ends the text too early, and labels may stand behind a blank: what is not the same
        // series by itself is not remembered.
        let mut alone = text.to_vec();
        alone.extend_from_slice(b" 1");
        if let Ok(Some(series)) = full.read(&alone)
            && (&series.name, &series.labels) == (&record.name, &record.labels)
            && (series.value, series.at_ms) == (Some(1.0), None)
        {
            self.known.insert(text.into(), key);
        }
    }
}

/// As the full parser: below 2^53 every millisecond is exact.
#[inline]
fn milliseconds(seconds: f64) -> Option<i64> {
    Some(seconds * 1_000.0).filter(|ms| ms.abs() < 9_007_199_254_740_992.0).map(|ms| ms.round() as i64)
}

/// Where name and labels end, as far as one can tell without reading them.
#[inline]
fn end_of_text(line: &[u8]) -> Option<usize> {
    let first = memchr::memchr2(b'{', b' ', line)?;
    if line.get(first) == Some(&b' ') {
        return Some(first);
    }
    Some(first + memchr::memchr(b'}', line.get(first..)?)? + 1)
}
