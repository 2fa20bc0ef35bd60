//! Routes: which alerts go where, and how they are put together.

use chrono::TimeDelta;

use crate::{
    domain::{
        alert::{Alert, NO_DATA},
        notify::matcher::{Matcher, all_fit},
        sample::Labels,
    },
    text::Text,
};

/// How the alerts of one group are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How long a new group waits for more alerts.
    pub group_wait: TimeDelta,
    /// How often a group is looked at after that.
    pub group_interval: TimeDelta,
    /// After how long what still fires is told again; in effect rounded up to a look.
    pub repeat_interval: TimeDelta,
}

impl Default for Timing {
    /// R43: Alertmanager's own five minutes between looks would break a promise of two.
    fn default() -> Self {
        Self {
            group_wait: TimeDelta::seconds(10),
            group_interval: TimeDelta::seconds(60),
            repeat_interval: TimeDelta::hours(4),
        }
    }
}

/// Where alerts go that fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Its name; part of what tells one group from another, so that a restart knows them again.
    pub name: Text,
    /// All must fit; none = every alert.
    pub matchers: Vec<Matcher>,
    /// Labels that alerts of one group agree in.
    pub group_by: GroupBy,
    /// The channels, by name; at least one.
    pub channels: Vec<Text>,
    /// When the group is told.
    pub timing: Timing,
    /// Whether it is also told when it is over.
    pub sends_resolved: bool,
    /// Whether the routes behind it are looked at as well.
    pub goes_on: bool,
    /// Nobody is woken by it, so the promise of two minutes is not for it.
    pub is_ticket: bool,
}

/// What alerts of one group agree in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupBy {
    /// The values of these labels.
    Labels(Vec<Text>),
    /// Every label: each alert is told by itself, and what stands in its place while its data is missing with it.
    All,
}

impl GroupBy {
    /// The labels by which an alert finds its group.
    pub fn of(&self, labels: &Labels) -> Labels {
        match self {
            // R39: what takes the place of an alert whose data is missing is told where that one was.
            Self::All => labels.iter().filter(|(name, _)| name.as_str() != NO_DATA).map(owned).collect(),
            Self::Labels(names) => {
                names.iter().filter_map(|name| Some((name.clone(), labels.get(name.as_str())?.clone()))).collect()
            }
        }
    }
}

fn owned((name, value): (&Text, &Text)) -> (Text, Text) {
    (name.clone(), value.clone())
}

/// The routes an alert takes, by their place: the first that fits, and those behind it while each goes on.
///
/// Nothing fits = the last route, whatever it asks for: an alert is never dropped in silence.
pub fn taken(routes: &[Route], alert: &Alert) -> Vec<usize> {
    let mut taken = Vec::new();
    for (place, route) in routes.iter().enumerate() {
        if all_fit(&route.matchers, &alert.labels) {
            taken.push(place);
            if !route.goes_on {
                return taken;
            }
        }
    }
    if taken.is_empty() {
        taken.extend(routes.len().checked_sub(1));
    }
    taken
}
