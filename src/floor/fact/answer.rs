//! What a source of incidents answers.

use chrono::{DateTime, Utc};

use crate::{
    domain::{incident::Incident, trouble::Skipped},
    floor::fact::{Gone, Quota, Reach, SourceId},
};

/// Incidents from one source, all of them or one part of a longer answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Polled {
    /// Which source.
    pub source: SourceId,
    /// What it told.
    pub items: Vec<Incident>,
    /// Records left out, named.
    pub skipped: Vec<Skipped>,
    /// Records left out altogether in this part.
    pub n_skipped: usize,
    /// Whether this part ends the answer, and whether the answer was all there is.
    pub part: Part,
    /// When the answer was true: now for a live answer, earlier for one from disk.
    pub as_of: DateTime<Utc>,
    /// What is left of the host's request budget, where it says.
    pub budget: Option<Quota>,
}

/// What a host told since it was last heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// Which source.
    pub source: SourceId,
    /// Incidents as they are now, closed ones among them. A key that is not named stays as it was.
    pub items: Vec<Incident>,
    /// Incidents that are not there any more.
    pub gone: Vec<Gone>,
    /// How far the source is: until it has told of everything once, what it tells is a beginning.
    pub reach: Reach,
    /// When it was true.
    pub as_of: DateTime<Utc>,
    /// What is left of the host's request budget, where it says.
    pub budget: Option<Quota>,
}

/// Where a part stands in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// More follows.
    More,
    /// The last part of a whole answer: what the source no longer names is gone from the queue.
    Last,
    /// The last part of an answer that broke off: nothing is taken away.
    Broken,
    /// The last part of an answer kept on disk from an earlier run: shown until the source is heard.
    Cached,
}
