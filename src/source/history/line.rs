//! Lines of a file that may be of any length, within bounds.

use std::io::{BufRead, Read};

use super::HistoryError;

/// One line.
pub(super) enum Line<'a> {
    /// Its bytes, without a byte-order mark; the line end may still be there.
    Whole(&'a [u8]),
    /// It was longer than is read and has been passed over.
    TooLong,
}

/// Lines that are not blank, one at a time in one buffer.
pub(super) struct Lines<'a> {
    input: &'a mut dyn BufRead,
    buffer: Vec<u8>,
    longest: usize,
    total: u64,
    seen: u64,
    number: u64,
}

impl<'a> Lines<'a> {
    /// Lines of at most `longest` bytes of a file of at most `total`.
    pub(super) fn new(input: &'a mut dyn BufRead, longest: usize, total: u64) -> Self {
        Self { input, buffer: Vec::new(), longest, total, seen: 0, number: 0 }
    }

    /// The next line with its number from 1, blank ones passed over; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Line<'_>)>, HistoryError> {
        loop {
            self.buffer.clear();
            let room = (self.longest as u64).saturating_add(1);
            let n = (&mut *self.input).take(room).read_until(b'\n', &mut self.buffer).map_err(|e| self.broken(e))?;
            if n == 0 {
                return Ok(None);
            }
            self.number += 1;
            self.count(n)?;
            if n > self.longest && self.buffer.last() != Some(&b'\n') {
                self.pass_over()?;
                return Ok(Some((self.number, Line::TooLong)));
            }
            if !self.line().trim_ascii().is_empty() {
                return Ok(Some((self.number, Line::Whole(self.line()))));
            }
        }
    }

    fn line(&self) -> &[u8] {
        let is_first = self.number == 1;
        self.buffer.strip_prefix(b"\xef\xbb\xbf").filter(|_| is_first).unwrap_or(&self.buffer)
    }

    fn pass_over(&mut self) -> Result<(), HistoryError> {
        loop {
            let (used, is_end) = match self.input.fill_buf() {
                Ok([]) => return Ok(()),
                Ok(chunk) => match chunk.iter().position(|b| *b == b'\n') {
                    Some(at) => (at + 1, true),
                    None => (chunk.len(), false),
                },
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(self.broken(e)),
            };
            self.input.consume(used);
            self.count(used)?;
            if is_end {
                return Ok(());
            }
        }
    }

    fn count(&mut self, n: usize) -> Result<(), HistoryError> {
        self.seen = self.seen.saturating_add(n as u64);
        if self.seen > self.total {
            return Err(HistoryError::TooLong { limit_mib: self.total >> 20 });
        }
        Ok(())
    }

    fn broken(&self, source: std::io::Error) -> HistoryError {
        HistoryError::Broken { line: self.number, source }
    }
}
