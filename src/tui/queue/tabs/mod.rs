//! The sections of the queue, and which one is looked at.

pub mod view;

use chrono::{DateTime, Utc};

use crate::{
    domain::query::{Me, Section, usual},
    floor::{Floor, listing},
};

/// What the counts were made of: the floor's versions and the minute, and whether anything was heard.
type Counted = (((u64, Option<u64>), i64), bool);

/// The sections, each with what it holds.
#[derive(Debug)]
pub struct Tabs {
    /// At least one.
    sections: Vec<Section>,
    /// Nothing where it is not known: not all incidents are read, or none was heard of.
    counts: Vec<Option<usize>>,
    at: usize,
    counted: Option<(Counted, Me)>,
}

impl Default for Tabs {
    fn default() -> Self {
        Self::new(usual())
    }
}

impl Tabs {
    /// These sections; the usual ones where there are none.
    pub fn new(sections: Vec<Section>) -> Self {
        let sections = if sections.is_empty() { usual() } else { sections };
        Self { counts: vec![None; sections.len()], sections, at: 0, counted: None }
    }

    /// The section that is looked at.
    pub fn current(&self) -> &Section {
        static NONE: std::sync::LazyLock<Section> = std::sync::LazyLock::new(Section::default);
        self.sections.get(self.at).unwrap_or(&NONE)
    }

    /// The same, to change how its rows are ordered for as long as the console runs.
    pub fn current_mut(&mut self) -> Option<&mut Section> {
        self.sections.get_mut(self.at)
    }

    /// Goes to the next section that is shown, or to the one before; round at the ends.
    pub fn step(&mut self, is_back: bool) {
        let shown: Vec<usize> = self.shown().map(|(place, ..)| place).collect();
        let here = shown.iter().position(|place| *place == self.at).unwrap_or_default();
        let next = if is_back { here + shown.len().saturating_sub(1) } else { here + 1 };
        self.at = shown.get(next % shown.len().max(1)).copied().unwrap_or_default();
    }

    /// The sections that are shown, each with its place and how much it holds, where that is known.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &Section, Option<usize>)> {
        let all = self.sections.iter().zip(self.counts.iter().copied()).enumerate();
        all.map(|(place, (section, n))| (place, section, n))
            .filter(|(place, section, n)| !section.hides_empty || n.is_some_and(|n| 0 < n) || *place == self.at)
    }

    /// Counts anew what the sections hold, where that may have changed.
    pub fn settle(&mut self, floor: &Floor, me: &Me, now: DateTime<Utc>) {
        let is_timed = self.sections.iter().any(|section| section.query.is_timed());
        let says_pending = self.sections.iter().any(|section| section.query.says_pending());
        let of = (version(floor, says_pending), if is_timed { minute(now) } else { 0 });
        let of = (of, floor.knows_incidents());
        let is_same = self.counted.as_ref().is_some_and(|(known, of_whom)| *known == of && of_whom == me);
        if !is_same {
            self.counts = if floor.queue().is_glance() {
                let tally = floor.queue().tally();
                let n = tally.open.saturating_sub(tally.snoozed);
                self.sections.iter().map(|section| section.query.is_empty().then_some(n)).collect()
            } else {
                // What was never heard of is not zero.
                let is_known = |n: &usize| 0 < *n || floor.knows_incidents();
                let counts = listing::counts(floor, &self.sections, me, now).into_iter();
                counts.map(|n| Some(n).filter(is_known)).collect()
            };
            self.counted = Some((of, me.clone()));
        }
    }
}

/// Changes whenever the answer to a query may; what waits to be delivered changes with facts that move no incident.
pub(super) fn version(floor: &Floor, says_pending: bool) -> (u64, Option<u64>) {
    (floor.queue().version(), says_pending.then(|| floor.version()))
}

/// The minute of an instant: a query that asks for lengths of time is asked again in each.
pub(super) fn minute(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::query::Query;

    fn tabs(counts: [usize; 3]) -> Tabs {
        let section = |name, hides_empty| Section { hides_empty, ..Section::new(name, Query::default()) };
        let mut tabs = Tabs::new(vec![section("a", false), section("b", true), section("c", false)]);
        tabs.counts = counts.map(Some).to_vec();
        tabs
    }

    fn walk(tabs: &mut Tabs, back: [bool; 4]) -> String {
        back.map(|is_back| {
            tabs.step(is_back);
            tabs.current().name.to_string()
        })
        .concat()
    }

    #[test]
    fn sections_go_round_and_leave_out_what_is_hidden() {
        assert_eq!(walk(&mut tabs([1, 1, 1]), [false; 4]), "bcab");
        assert_eq!(walk(&mut tabs([1, 0, 0]), [false; 4]), "caca");
        assert_eq!(walk(&mut tabs([1, 1, 1]), [true; 4]), "cbac");
    }

    #[test]
    fn what_nobody_told_of_is_no_zero() {
        let now = crate::domain::time::parse_rfc3339("2026-11-20T14:00:00Z").unwrap();
        let zone = crate::domain::zone::Zone::utc();
        let policy = crate::domain::sla::Policy::standard();
        let mut floor = Floor::new(crate::text::Text::default(), zone, policy, Vec::new());
        let mut tabs = Tabs::default();
        let counts = |tabs: &Tabs| tabs.counts.iter().map(|n| n.is_some()).collect::<Vec<_>>();
        let n = tabs.sections.len();
        tabs.settle(&floor, &Me::default(), now);
        assert_eq!(counts(&tabs), vec![false; n]);
        let every = chrono::TimeDelta::minutes(1);
        let name = crate::text::Text::scrub("github");
        let mut source = crate::floor::freshness::Source::new(name, crate::floor::freshness::Feed::Host, every);
        source.heard(now, now);
        floor.sources.push(source);
        tabs.settle(&floor, &Me::default(), now);
        assert_eq!(counts(&tabs), vec![true; n], "heard, and there is none");
    }

    #[test]
    fn the_section_that_is_looked_at_stays_though_it_became_empty() {
        let mut tabs = tabs([1, 1, 1]);
        tabs.step(false);
        tabs.counts = [1, 0, 1].map(Some).to_vec();
        assert_eq!(tabs.shown().count(), 3);
        assert_eq!(walk(&mut tabs, [false, true, true, true]), "caca");
    }

    #[test]
    fn without_sections_there_are_the_usual_ones() {
        assert_eq!(Tabs::new(Vec::new()).current().name.as_str(), "All");
    }
}
