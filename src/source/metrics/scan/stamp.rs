//! Stamps: nearly every one lies in the minute of the one before it.

use crate::{domain::zone::Zone, source::metrics::stamp};

/// How many bytes say the minute: `2026-11-20T12:34`.
const MINUTE: usize = 16;

/// Reads stamps, and remembers the last minute.
#[derive(Debug)]
pub(super) struct Clock {
    zone: Zone,
    /// Its bytes, as one number: compared at once.
    minute: u128,
    /// The minute's start in epoch milliseconds, if it is UTC.
    utc_ms: i64,
    /// The same if it is the zone's wall clock; nothing where that was changed in this minute.
    wall_ms: Option<i64>,
}

impl Clock {
    pub(super) fn new(zone: &Zone) -> Self {
        Self { zone: zone.clone(), minute: 0, utc_ms: 0, wall_ms: None }
    }

    /// Reads a stamp as [`stamp::in_zone`] does, epoch milliseconds.
    #[inline]
    pub(super) fn read(&mut self, written: &[u8]) -> Option<i64> {
        match self.in_minute(written) {
            Some(ms) => Some(ms),
            None => std::str::from_utf8(written).ok().and_then(|written| stamp::in_zone(written, &self.zone)),
        }
    }

    /// Reads a number as a time, as the full parser does.
    #[inline]
    pub(super) fn number(number: &super::number::Number<'_>) -> Option<i64> {
        match number.whole() {
            Some(whole) => stamp::from_whole(whole),
            None => number.value().and_then(stamp::from_number),
        }
    }

    #[inline]
    fn in_minute(&mut self, written: &[u8]) -> Option<i64> {
        let (minute, rest) = written.split_first_chunk::<MINUTE>()?;
        if u128::from_le_bytes(*minute) != self.minute {
            self.turn(minute)?;
        }
        if let Some(within_ms) = <&[u8; 8]>::try_from(rest).ok().and_then(usual) {
            return Some(self.utc_ms + within_ms);
        }
        let &[b':', tens, ones, ref rest @ ..] = rest else { return None };
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        // A leap second is for the full parser.
        if tens > 5 || ones > 9 {
            return None;
        }
        let seconds_ms = (i64::from(tens) * 10 + i64::from(ones)) * 1_000;
        let (fraction_ms, zone) = match rest {
            [b'.', rest @ ..] => fraction(rest)?,
            _ => (0, rest),
        };
        let within_ms = seconds_ms + fraction_ms;
        match zone {
            b"Z" => Some(self.utc_ms + within_ms),
            b"" => Some(self.wall_ms? + within_ms),
            _ => None,
        }
    }

    /// Remembers another minute.
    fn turn(&mut self, minute: &[u8; MINUTE]) -> Option<()> {
        let read = |second: &str| {
            let mut whole = minute.to_vec();
            whole.extend_from_slice(second.as_bytes());
            stamp::in_zone(std::str::from_utf8(&whole).ok()?, &self.zone)
        };
        let (utc_ms, first, last) = (read(":00Z")?, read(":00")?, read(":59")?);
        // Not every text that can be read has the minute in these bytes: a point or a sign might stand there.
        if !matches!(minute, [_, _, _, _, b'-', _, _, b'-', _, _, b'T' | b' ', _, _, b':', _, _]) {
            return None;
        }
        self.minute = u128::from_le_bytes(*minute);
        self.utc_ms = utc_ms;
        self.wall_ms = (last - first == 59_000).then_some(first);
        Some(())
    }
}

/// The milliseconds of `:01.234Z`, its eight bytes at once; nothing for anything else.
#[inline]
fn usual(written: &[u8; 8]) -> Option<i64> {
    const SHAPE: u64 = u64::from_le_bytes(*b":00.000Z");
    // What must be zero once the shape is taken away, as it is and with so much added that ten, or six tens, shows.
    const FIXED: u64 = u64::from_le_bytes([0xff, 0xf0, 0xf0, 0xff, 0xf0, 0xf0, 0xf0, 0xff]);
    const TOO_MANY: u64 = u64::from_le_bytes([0, 10, 6, 0, 6, 6, 6, 0]);
    let digits = u64::from_le_bytes(*written) ^ SHAPE;
    if (digits | digits.wrapping_add(TOO_MANY)) & FIXED != 0 {
        return None;
    }
    let [_, tens, ones, _, a, b, c, _] = digits.to_le_bytes().map(i64::from);
    Some(tens * 10_000 + ones * 1_000 + a * 100 + b * 10 + c)
}

/// The milliseconds of a fraction, and what stands behind it.
#[inline]
fn fraction(written: &[u8]) -> Option<(i64, &[u8])> {
    if let [a, b, c, rest @ ..] = written {
        let (a, b, c) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'), c.wrapping_sub(b'0'));
        if a < 10 && b < 10 && c < 10 {
            let more = rest.iter().take_while(|d| d.is_ascii_digit()).count();
            return Some((i64::from(a) * 100 + i64::from(b) * 10 + i64::from(c), rest.get(more..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_clock_reads_what_the_parser_reads(
            written in proptest::collection::vec(
                "20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.,][0-9]{0,10})?(Z|z|[+-][0-2][0-9]:[0-6][0-9])?\
                 |2026-03-29 0[123]:[05][09]:[05][09]|[0-9]{1,20}", 1..20)
        ) {
            let berlin = crate::domain::zone::Zones::bundled().find("Europe/Berlin").unwrap();
            for zone in [Zone::utc(), berlin] {
                let mut clock = Clock::new(&zone);
                for written in &written {
                    prop_assert_eq!(clock.read(written.as_bytes()), stamp::in_zone(written, &zone), "{}", written);
                    prop_assert_eq!(clock.read(written.as_bytes()), stamp::in_zone(written, &zone), "{}", written);
                }
            }
        }
    }
}
