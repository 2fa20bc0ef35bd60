//! What paged while a release was watched, whenever it is asked: from what was counted and from the book of the rules.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{AlertState, SEVERITY, book::Book, rule::AnyRule},
        release::rollback::Bake,
        slo::{burn::Severity, standing},
        time::minus,
    },
    floor::{Floor, slos::Watched},
    text::Text,
};

/// What was found of each objective, by its place, and what it was found of.
pub type Burnt = BTreeMap<usize, (Of, Vec<DateTime<Utc>>)>;

/// What a look at an objective rests on: where it is the same, the same is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Of {
    bake: Bake,
    until: i64,
    counted: (u64, u64),
}

/// Whether an alert rule is one that wakes somebody.
pub fn is_page(rule: &AnyRule) -> bool {
    let AnyRule::Alert(rule) = rule else { return false };
    rule.labels.iter().any(|(name, value)| {
        name.as_str() == SEVERITY && value.is_plain() && value.outline().as_str().eq_ignore_ascii_case("page")
    })
}

impl Floor {
    /// What began to page in a window, each with when.
    pub(super) fn paged(&self, bake: Bake, burnt: &mut Burnt, now: DateTime<Utc>) -> Vec<(Text, DateTime<Utc>)> {
        let mut fired = Vec::new();
        for (place, slo) in self.slos.iter().enumerate() {
            let firing = match slo.alert(Severity::Page) {
                AlertState::Firing { fired_at, .. } => Some(fired_at).filter(|at| bake.holds(*at)),
                _ => None,
            };
            let all = firing.into_iter().chain(began(slo, bake, burnt, place, now));
            fired.extend(all.map(|at| (slo.slo.name.clone(), at)));
        }
        let of_rules = self.alerts.book_alerts().filter_map(|alert| {
            let is_page = alert.severity().is_some_and(|severity| severity.as_str().eq_ignore_ascii_case("page"));
            Some((alert.rule.clone(), alert.fired_at?)).filter(|_| is_page && alert.is_firing())
        });
        fired.extend(of_rules);
        fired.extend(self.alerts.paged.iter().cloned());
        fired.extend(episodes(self.alerts.book(), bake));
        fired
    }
}

/// What began to page by a book of rules.
pub fn episodes(book: &Book, bake: Bake) -> Vec<(Text, DateTime<Utc>)> {
    let pages = |rule: &Text| book.rules().any(|view| view.rule.name() == rule && is_page(view.rule));
    let ours = book.episodes().filter(|episode| bake.holds(episode.at) && pages(&episode.rule));
    ours.map(|episode| (episode.rule.clone(), episode.at)).collect()
}

/// When an objective began to burn so fast that it pages, each time in a window: by what was counted, at the ends of minutes.
fn began(slo: &Watched, bake: Bake, burnt: &mut Burnt, place: usize, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let minute = |at: DateTime<Utc>| at.timestamp().div_euclid(60);
    let until = now.min(bake.end);
    if until <= bake.start {
        return Vec::new();
    }
    let longest = slo.slo.rows.iter().map(|row| row.long).max().unwrap_or_default();
    let all = slo.ledger().sum(minute(minus(bake.start, longest)), minute(until));
    // While it is watched what fires now is known beside; once it is over, what comes late is counted as well.
    let counted = if now < bake.end { (0, u64::from(all.total > 0)) } else { (all.bad, all.total) };
    let of = Of { bake, until: minute(until), counted };
    if let Some((_, found)) = burnt.get(&place).filter(|(known, _)| *known == of) {
        return found.clone();
    }
    let burns = |at: DateTime<Utc>| all.bad > 0 && standing::burns(&slo.slo, slo.ledger(), Severity::Page, at);
    let ends = (minute(bake.start)..=minute(until)).filter_map(|n| DateTime::from_timestamp(n.saturating_mul(60), 0));
    let mut was = None;
    let mut found = Vec::new();
    for end in ends.filter(|end| *end <= now) {
        let is = burns(end);
        if is && was == Some(false) && bake.holds(end) {
            found.push(end);
        }
        was = Some(is);
    }
    burnt.insert(place, (of, found.clone()));
    found
}
