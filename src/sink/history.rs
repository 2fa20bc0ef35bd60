//! What changed, as plain values that every format can write.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::{IncidentKey, Login},
        zone::Zone,
    },
    text::Text,
};

/// One line.
#[derive(Debug)]
pub struct Line<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// The incident; nothing = a source.
    pub key: Option<&'a IncidentKey>,
    /// The source that told; blank where somebody did it here.
    pub source: &'a Text,
    /// What, in one word for a program.
    pub code: &'static str,
    /// What, in words.
    pub what: &'a Text,
    /// Who did it.
    pub by: Option<&'a Login>,
    /// The incident's title then.
    pub title: Option<&'a Text>,
}

/// A stretch of the history.
#[derive(Debug)]
pub struct History<'a> {
    /// From when, included.
    pub since: DateTime<Utc>,
    /// Until when, excluded.
    pub until: DateTime<Utc>,
    /// Since when things are on record; nothing = nothing is.
    pub recorded_since: Option<DateTime<Utc>>,
    /// The zone that times are shown in.
    pub zone: &'a Zone,
    /// One incident, where only that was asked about.
    pub key: Option<&'a IncidentKey>,
    /// The lines, the oldest first.
    pub lines: Vec<Line<'a>>,
    /// Incidents that were seen for the first time long after they had been opened, and are not among the lines.
    pub n_first_seen: usize,
    /// Whether older lines of the stretch are left out.
    pub is_cut: bool,
}
