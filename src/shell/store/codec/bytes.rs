//! Bytes as they are kept: numbers of seven bits a byte, text by its length, names once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

/// Writes one record.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: Vec<u8>,
    names: HashMap<String, u64>,
}

impl Writer {
    pub(super) fn done(self) -> Vec<u8> {
        self.out
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    /// Seven bits a byte, the low ones first; the high bit says that more follow.
    pub(super) fn number(&mut self, number: u64) {
        let mut rest = number;
        while rest >= 0x80 {
            self.out.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.out.push(rest as u8);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Text that comes again within the record: the second time it is a number.
    pub(super) fn name(&mut self, name: &str) {
        if let Some(number) = self.names.get(name) {
            return self.number(*number);
        }
        self.number(0);
        self.text(name);
        let number = self.names.len() as u64 + 1;
        self.names.insert(name.to_owned(), number);
    }

    /// An instant, by its distance from another one: most are whole seconds and near.
    pub(super) fn instant(&mut self, at: DateTime<Utc>, base: DateTime<Utc>) {
        let seconds = at.timestamp().wrapping_sub(base.timestamp());
        let nanos = at.timestamp_subsec_nanos();
        // Zigzag: small distances either way are small numbers. The last bit says that a part of a second follows.
        let zigzag = ((seconds << 1) ^ (seconds >> 63)) as u64;
        self.number(zigzag << 1 | u64::from(nanos != 0));
        if nanos != 0 {
            self.number(u64::from(nanos));
        }
    }
}

/// Reads one record; `None` wherever it is not what was written.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    names: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, names: Vec::new() }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A count of things that follow, of which each takes a byte at least: a forged one reserves no memory.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.rest.len()).then_some(count)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }

    pub(super) fn name(&mut self) -> Option<&'a str> {
        match self.number()? {
            0 => {
                let name = self.text()?;
                self.names.push(name);
                Some(name)
            }
            number => self.names.get(usize::try_from(number - 1).ok()?).copied(),
        }
    }

    pub(super) fn instant(&mut self, base: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let number = self.number()?;
        let zigzag = number >> 1;
        let seconds = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
        let nanos = if number & 1 == 1 { u32::try_from(self.number()?).ok()? } else { 0 };
        DateTime::from_timestamp(base.timestamp().checked_add(seconds)?, nanos)
    }
}
