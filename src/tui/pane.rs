//! The panes.

use crate::floor::freshness::Feed;

/// The five panes, always these five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// Incidents.
    Queue,
    /// Clocks.
    Sla,
    /// On call.
    Rota,
    /// Release.
    Release,
    /// Metrics.
    Metrics,
}

impl Pane {
    /// In the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Queue, Self::Sla, Self::Rota, Self::Release, Self::Metrics];

    /// Place in [`Pane::ALL`].
    pub fn index(self) -> usize {
        match self {
            Self::Queue => 0,
            Self::Sla => 1,
            Self::Rota => 2,
            Self::Release => 3,
            Self::Metrics => 4,
        }
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Queue => "Incidents",
            Self::Sla => "SLA",
            Self::Rota => "On call",
            Self::Release => "Release",
            Self::Metrics => "Metrics",
        }
    }

    /// The pane so many further, around.
    pub(super) fn step(self, by: usize) -> Self {
        Self::ALL.get((self.index() + by) % Self::ALL.len()).copied().unwrap_or(self)
    }

    /// The sources it shows.
    pub(super) fn feeds(self) -> &'static [Feed] {
        match self {
            Self::Queue | Self::Sla => &[Feed::Host, Feed::History, Feed::Alerts],
            Self::Rota => &[Feed::Roster],
            Self::Release => &[Feed::Release, Feed::Duties],
            Self::Metrics => &[Feed::Metrics],
        }
    }
}
