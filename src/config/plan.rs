//! How the plans of a release are read: what `[release]` says beside its name and day.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::{
    domain::{
        incident::Repo,
        release::{calendar::Mode, plan::Reading},
    },
    text::Text,
};

/// How the plans of a release are read, and how its days are counted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanSettings {
    /// Which items are steps, which headings phases, who has which role.
    pub reading: Reading,
    /// How days from T-0 are counted.
    pub mode: Mode,
    /// Days that do not count in business days.
    pub days_off: BTreeSet<NaiveDate>,
    /// The milestone whose due date is T-0, where no day is set.
    pub milestone: Option<(Repo, Text)>,
}
