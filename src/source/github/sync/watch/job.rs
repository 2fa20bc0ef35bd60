//! Questions that are on their way, and what each costs.

use super::*;

/// A question that is on its way.
#[derive(Debug)]
pub(in super::super) enum Job {
    Probe { parts: Vec<(usize, Part)> },
    Cold { parts: Vec<(usize, Page)> },
    Numbers { groups: Vec<(usize, Group)> },
    Rests { rests: Vec<Unfinished> },
    Look { look: Look },
    List { place: usize, list: List, url: Option<Url> },
    Timeline { place: usize, number: u64, cursor: timeline::Cursor, pages: usize },
    Chore { at: usize, request: Request },
}

impl Job {
    pub(in super::super) fn coin(&self) -> Coin {
        match self {
            Self::Probe { .. } | Self::Cold { .. } | Self::Numbers { .. } | Self::Rests { .. } => Coin::Point,
            Self::Chore { request, .. } if request.url.path().ends_with("/graphql") => Coin::Point,
            Self::Look { .. } | Self::List { .. } | Self::Timeline { .. } | Self::Chore { .. } => Coin::Rest,
        }
    }

    /// What it costs, by GitHub's formula.
    pub(in super::super) fn cost(&self) -> u64 {
        let lists = match self {
            Self::Probe { parts } => parts.iter().map(|(_, part)| part.lists()).sum(),
            Self::Cold { parts } => parts.iter().map(|(_, page)| 1 + page.first * page.lane.connections()).sum(),
            Self::Numbers { groups } => {
                groups.iter().flat_map(|(_, group)| &group.numbers).map(|(_, lane)| lane.connections()).sum()
            }
            Self::Rests { rests } => rests.len(),
            Self::Look { .. } | Self::List { .. } | Self::Timeline { .. } | Self::Chore { .. } => 0,
        };
        u64::try_from((lists + 50) / 100).unwrap_or(u64::MAX).max(1)
    }
}

/// An incident whose timeline goes on.
#[derive(Debug, Clone)]
pub(in super::super) struct Unfinished {
    pub(in super::super) place: usize,
    pub(in super::super) incident: Incident,
    pub(in super::super) rest: Rest,
    pub(in super::super) pages: usize,
}

/// An incident that is not where it was: what became of it?
#[derive(Debug, Clone)]
pub(in super::super) struct Look {
    pub(in super::super) place: usize,
    pub(in super::super) number: u64,
    /// Where the host sent us.
    pub(in super::super) url: Option<Url>,
    pub(in super::super) hops: u8,
    /// A list has just named it, so that "not there" contradicts it.
    pub(in super::super) is_listed: bool,
}
