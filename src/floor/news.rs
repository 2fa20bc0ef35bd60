//! What a watcher says of a fact: one line for each change that somebody would want to have read, in the order of events.
//!
//! Asked before the fact is applied, so that what was known can be compared with what is told.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        changes::{self, Beside},
        incident::{Incident, IncidentKey},
        intent::Progress,
        sla::ClockState,
        time::rfc3339,
    },
    floor::{
        Floor,
        fact::{Changed, Fact, Going, Part, Polled, Reach, Role, SourceId},
        freshness::{Feed, Source},
    },
    text::{Text, counted, grouped},
};

/// Tells news from what was known; keeps which sources told everything once.
#[derive(Debug, Default)]
pub struct News {
    /// Sources whose beginning is over: what they tell from now on is news.
    begun: BTreeSet<SourceId>,
    /// Overdue clocks that were said, by incident.
    over: BTreeSet<IncidentKey>,
    is_over_known: bool,
    /// The queue that was looked at last.
    looked_at: Option<u64>,
    leaves_out: bool,
    /// Series were stamped ahead of our clock.
    was_ahead: bool,
    /// Rules that failed at the last look.
    failing: BTreeSet<Text>,
}

/// Of what a source leaves out so much is said by name.
const LEFT_OUT_SAID: usize = 5;

impl News {
    /// Lines for a fact that is about to be applied; empty for what is no news.
    pub fn of(&mut self, fact: &Fact, floor: &Floor, now: DateTime<Utc>) -> Vec<String> {
        match fact {
            Fact::Polled(polled) => self.polled(polled, floor, now),
            Fact::Changed(changed) => self.changed(changed, floor, now),
            Fact::Failed { source, trouble, why } => match name(floor, *source) {
                Some(known) if is_new_trouble(known, trouble.word(), why) => {
                    vec![format!("{} {}: {why}", known.name, trouble.word())]
                }
                Some(_) | None => Vec::new(),
            },
            Fact::Unchanged { source, .. } => over(floor, *source),
            Fact::LeftOut { source, skipped } => match name(floor, *source) {
                Some(known) if known.n_skipped != skipped.len() => {
                    let said = skipped.iter().take(LEFT_OUT_SAID);
                    said.map(|it| format!("{}: {}: {}", known.name, it.at, it.why)).collect()
                }
                Some(_) | None => Vec::new(),
            },
            Fact::DutiesRead(read) => over(floor, read.source),
            Fact::RosterRead { source, .. } | Fact::ReleaseRead { source, .. } => {
                let mut lines = over(floor, *source);
                let known = name(floor, *source).filter(|known| known.heard_at.is_some());
                lines.extend(known.map(|known| format!("{} changed", known.name)));
                lines
            }
            Fact::Acknowledged { key, by, .. } => vec![beside(key, &Beside::Acknowledged(by.clone()))],
            Fact::AckTakenBack { key, by, .. } => vec![beside(key, &Beside::GivenBack(by.clone()))],
            Fact::Woken { key, by, .. } => vec![beside(key, &Beside::Woken(by.clone()))],
            Fact::Snoozed { key, until, by, at } => {
                vec![beside(key, &Beside::Snoozed { by: by.clone(), until: *until, at: *at })]
            }
            Fact::HostKnown { source, host } => lacks(floor, *source, &host.missing),
            Fact::Progressed { id, progress, .. } => progress_line(id.as_str(), progress).into_iter().collect(),
            Fact::Plays(role) => vec![role_line(role)],
            Fact::ClockJumped { by } => vec![format!("the clock was moved by {} s", by.num_seconds())],
            Fact::Told { what, .. } => vec![format!("note: {what}")],
            _ => Vec::new(),
        }
    }

    /// A line when series begin to find no room, and one when all have it again.
    pub fn left_out(&mut self, floor: &Floor) -> Option<String> {
        let left_out = floor.pool().left_out();
        let was = std::mem::replace(&mut self.leaves_out, left_out.is_some());
        match left_out {
            Some(why) if !was => Some(format!("error: {why}; rules that mean them cannot be judged")),
            None if was => Some("no series is left out any more".to_owned()),
            _ => None,
        }
    }

    /// Lines for rules that begin to fail or do so no more, and for series stamped ahead of our clock.
    pub fn doubts(&mut self, floor: &Floor) -> Vec<String> {
        let failing = floor.failing_rules();
        let is_new = |name: &Text| !self.failing.contains(name);
        let mut lines: Vec<String> = failing
            .iter()
            .filter(|(name, _)| is_new(name))
            .map(|(name, why)| format!("error: rule {name} cannot be judged: {why}"))
            .collect();
        let failing: BTreeSet<Text> = failing.into_iter().map(|(name, _)| name.clone()).collect();
        lines.extend(self.failing.difference(&failing).map(|name| format!("rule {name} does not fail any more")));
        self.failing = failing;
        let ahead = floor.ahead();
        let was_ahead = std::mem::replace(&mut self.was_ahead, ahead.is_some());
        match ahead {
            Some(why) if !was_ahead => lines.push(format!("error: {why}")),
            None if was_ahead => lines.push("no series is stamped ahead of this machine's clock any more".to_owned()),
            _ => {}
        }
        lines
    }

    /// Lines for clocks that ran out since the last look at a settled floor; the first look only learns.
    pub fn overdue(&mut self, floor: &Floor, now: DateTime<Utc>) -> Vec<String> {
        let queue = floor.queue();
        if self.looked_at.replace(queue.version()) == Some(queue.version()) {
            return Vec::new();
        }
        let entries = queue.order().iter().filter_map(|place| queue.entry(*place));
        let now_over: Vec<_> = entries.filter(|entry| entry.pressing(now).state == ClockState::Breached).collect();
        let is_new = |key: &IncidentKey| self.is_over_known && !self.over.contains(key);
        let lines = now_over.iter().filter(|entry| is_new(&entry.incident.key)).map(|entry| {
            format!("{} {} over its time: {}", entry.incident.key, entry.verdict.grade.word(), entry.incident.title)
        });
        let lines = lines.collect();
        self.over = now_over.iter().map(|entry| entry.incident.key.clone()).collect();
        self.is_over_known |= floor.knows_incidents();
        lines
    }

    fn polled(&mut self, polled: &Polled, floor: &Floor, now: DateTime<Utc>) -> Vec<String> {
        let mut lines = Vec::new();
        if self.begun.contains(&polled.source) {
            lines.extend(differences(&polled.items, floor, now));
        }
        if polled.part == Part::Last && self.begun.insert(polled.source) {
            lines.extend(beginning(floor, polled.source, &polled.items));
        }
        if matches!(polled.part, Part::Last | Part::Broken) {
            lines.extend(over(floor, polled.source));
        }
        lines
    }

    fn changed(&mut self, changed: &Changed, floor: &Floor, now: DateTime<Utc>) -> Vec<String> {
        let mut lines = over(floor, changed.source);
        if self.begun.contains(&changed.source) {
            lines.extend(differences(&changed.items, floor, now));
            let known = changed.gone.iter().filter(|gone| floor.queue().find(&gone.key).is_some());
            lines.extend(known.filter_map(|gone| match &gone.how {
                Going::Moved(to) => Some(beside(&gone.key, &Beside::Gone(Some(to.clone())))),
                Going::Deleted | Going::Converted => Some(beside(&gone.key, &Beside::Gone(None))),
                Going::Unwatched => None,
            }));
        }
        if changed.reach == Reach::Whole && self.begun.insert(changed.source) {
            lines.extend(beginning(floor, changed.source, &changed.items));
        }
        lines
    }
}

fn name(floor: &Floor, source: SourceId) -> Option<&Source> {
    floor.sources.get(source.0)
}

/// Trouble of another kind, or for another reason, than the one that is known.
fn is_new_trouble(known: &Source, word: &str, why: &Text) -> bool {
    known.trouble.as_ref().is_none_or(|(before, _, told)| before.word() != word || told != why)
}

/// A source that was in trouble answers.
fn over(floor: &Floor, source: SourceId) -> Vec<String> {
    let known = name(floor, source).filter(|known| known.trouble.is_some());
    let told = known.and_then(|known| known.trouble.as_ref().map(|(_, since, _)| (known, *since)));
    told.map(|(known, since)| format!("{} answers again, after trouble since {}", known.name, rfc3339(since)))
        .into_iter()
        .collect()
}

/// What a host's token turned out to lack since the host last told of it.
fn lacks(floor: &Floor, source: SourceId, missing: &[Text]) -> Vec<String> {
    let Some(known) = name(floor, source) else { return Vec::new() };
    let is_news = |what: &&Text| floor.host(source).is_none_or(|before| !before.missing.contains(what));
    missing.iter().filter(is_news).map(|what| format!("{}: {what}", known.name)).collect()
}

/// What a source began with, in one line: the incidents of the fact and those known before.
fn beginning(floor: &Floor, source: SourceId, told: &[Incident]) -> Option<String> {
    let known = name(floor, source)?;
    if !matches!(known.feed, Feed::Host | Feed::History) {
        return None;
    }
    let before = floor.queue().entries().iter().filter(|entry| entry.source == source);
    let before = before.map(|entry| &entry.incident).filter(|known| !told.iter().any(|item| item.key == known.key));
    let (mut n, mut n_open) = (0, 0);
    for incident in before.chain(told) {
        n += 1;
        n_open += usize::from(incident.is_open());
    }
    let incidents = counted(n, "incident", "incidents");
    Some(format!("{} read: {incidents}, {} open", known.name, grouped(n_open)))
}

fn differences<'a>(items: &'a [Incident], floor: &'a Floor, now: DateTime<Utc>) -> impl Iterator<Item = String> + 'a {
    items.iter().flat_map(move |item| {
        let told = match floor.queue().find(&item.key) {
            Some(known) => changes::between_versions(&known.incident, item, &floor.policy),
            None => vec![changes::first(item, now)],
        };
        told.into_iter().map(|told| format!("{} {told}: {}", item.key, item.title))
    })
}

fn beside(key: &IncidentKey, what: &Beside) -> String {
    format!("{key} {what}")
}

fn progress_line(id: &str, progress: &Progress) -> Option<String> {
    match progress {
        Progress::Done { .. } => Some(format!("outbox {id} done")),
        Progress::Refused { why, .. } => Some(format!("outbox {id} refused: {why}")),
        Progress::Cancelled { .. } => Some(format!("outbox {id} cancelled")),
        Progress::Unsure { why, .. } => Some(format!("outbox {id} is looked for at the host: {why}")),
        Progress::Waiting { why: Some(why), .. } => Some(format!("outbox {id} waits: {why}")),
        Progress::Waiting { .. } | Progress::Sending { .. } => None,
    }
}

fn role_line(role: &Role) -> String {
    match role {
        Role::Syncs => "this process asks the hosts and delivers".to_owned(),
        Role::Follows { who } => format!("{who} asks the hosts and delivers; this one follows"),
        Role::Alone => {
            "there is no store to share: nothing is put on record and no action goes out; alerts are told all the same"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        demo::World,
        domain::{
            incident::{CloseReason, Label},
            time::{parse_rfc3339, plus},
            trouble::Trouble,
            zone::Zones,
        },
        floor::fact::Part,
    };

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T09:00:00Z").unwrap()
    }

    fn polled(items: Vec<Incident>, part: Part) -> Fact {
        let source = SourceId(0);
        Fact::Polled(Polled { source, items, skipped: Vec::new(), n_skipped: 0, part, as_of: now(), budget: None })
    }

    /// Tells a fact as a watcher does.
    fn tell(news: &mut News, floor: &mut Floor, fact: Fact, at: DateTime<Utc>) -> Vec<String> {
        let lines = news.of(&fact, floor, at);
        floor.apply(fact, at);
        floor.settle(at);
        lines
    }

    fn begun() -> (News, Floor, Vec<Incident>) {
        let mut world = World::new(7, now(), 4, &Zones::bundled());
        let mut seen = world.floor();
        for fact in world.opening() {
            seen.apply(fact, now());
        }
        let items: Vec<_> = seen.queue().entries().iter().map(|entry| entry.incident.clone()).collect();
        let sources = vec![Source::new(Text::scrub("github"), Feed::Host, TimeDelta::seconds(30))];
        let floor = Floor::new(Text::default(), seen.zone.clone(), seen.policy.clone(), sources);
        (News::default(), floor, items)
    }

    #[test]
    fn a_beginning_is_one_line_and_what_follows_is_told_by_incident() {
        let (mut news, mut floor, items) = begun();
        let n_open = items.iter().filter(|item| item.is_open()).count();
        let first = tell(&mut news, &mut floor, polled(items.clone(), Part::Last), now());
        assert_eq!(first, [format!("github read: {} incidents, {n_open} open", items.len())]);
        assert_eq!(news.overdue(&floor, now()), Vec::<String>::new());
        let mut changed = items.iter().find(|item| item.is_open()).unwrap().clone();
        changed.labels.push(Label::new("seen-in-prod"));
        changed.closed_at = Some(now());
        changed.close_reason = Some(CloseReason::Duplicate);
        let told = tell(&mut news, &mut floor, polled(vec![changed.clone()], Part::More), now());
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with(&format!("{} closed as a duplicate", changed.key)), "{told:?}");
        assert!(told[1].starts_with(&format!("{} label seen-in-prod set", changed.key)), "{told:?}");
        assert_eq!(tell(&mut news, &mut floor, polled(vec![changed], Part::More), now()), Vec::<String>::new());
    }

    #[test]
    fn trouble_is_said_when_it_begins_and_when_it_is_over_and_not_in_between() {
        let (mut news, mut floor, _) = begun();
        let source = SourceId(0);
        let failed = || Fact::Failed { source, trouble: Trouble::Away, why: Text::scrub("no answer") };
        assert_eq!(tell(&mut news, &mut floor, failed(), now()), ["github away: no answer"]);
        assert_eq!(tell(&mut news, &mut floor, failed(), now()), Vec::<String>::new());
        let answers = tell(&mut news, &mut floor, Fact::Unchanged { source, budget: None }, now());
        assert_eq!(answers, ["github answers again, after trouble since 2026-11-20T09:00:00Z"]);
    }

    #[test]
    fn without_a_store_alerts_are_told_and_the_line_says_so() {
        assert!(role_line(&Role::Alone).ends_with("alerts are told all the same"));
    }

    #[test]
    fn a_clock_that_runs_out_is_said_once() {
        let (mut news, mut floor, items) = begun();
        tell(&mut news, &mut floor, polled(items, Part::Last), now());
        news.overdue(&floor, now());
        let later = plus(now(), TimeDelta::days(20));
        floor.settle(later);
        let said = news.overdue(&floor, later);
        assert!(!said.is_empty() && said.iter().all(|line| line.contains(" over its time: ")), "{said:?}");
        floor.settle(plus(later, TimeDelta::days(1)));
        assert_eq!(news.overdue(&floor, plus(later, TimeDelta::days(1))), Vec::<String>::new());
    }
}
