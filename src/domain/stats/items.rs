//! Issues and pull requests in figures: how long until somebody answers, until they are closed, and what still waits.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    period::Unit,
    robots::Robots,
    summary::{Summary, mean, seconds},
};
use crate::domain::{
    calendar::Calendar,
    incident::{Event, Incident, IncidentKey, Kind, Login, What},
    sla::Policy,
    time::between,
    zone::Zone,
};

/// What a deleted account is called: GitHub shows it so, and all deleted accounts are one.
const GHOST: &str = "ghost";

/// What an item is judged by.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    /// Who belongs to the team.
    pub policy: &'a Policy,
    /// Which accounts are robots.
    pub robots: &'a Robots,
    /// Which hours count in the business figures.
    pub hours: &'a Calendar,
}

/// One issue or pull request as it stood at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Issue or pull request.
    pub kind: Kind,
    /// Its repository and number.
    pub key: IncidentKey,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was last closed; nothing while open.
    pub closed_at: Option<DateTime<Utc>>,
    /// Closed by being merged.
    pub is_merged: bool,
    /// A robot opened it.
    pub is_by_robot: bool,
    /// Whether its history is known; otherwise nobody can say whether somebody answered.
    pub is_told: bool,
    /// First comment, review or review comment by somebody else.
    pub any: Option<DateTime<Utc>>,
    /// The first one by no robot.
    pub nobot: Option<DateTime<Utc>>,
    /// The first one by somebody of the team.
    pub team: Option<DateTime<Utc>>,
    /// The first one, or any other act, by somebody else who is no robot.
    pub any_action: Option<DateTime<Utc>>,
    /// Its first close.
    pub first_close: Option<DateTime<Utc>>,
    /// It was opened again at least once.
    pub is_reopened: bool,
    /// Comments, reviews and review comments by anybody.
    pub said: usize,
    /// Of those: dated before its opening (a transfer does that), so they answer nothing.
    pub said_before_open: usize,
    /// Seconds of open hours until the first answer of no robot.
    pub business_nobot: Option<f64>,
    /// Seconds of open hours until the close.
    pub business_close: Option<f64>,
}

impl Item {
    /// The item as it stood at `now`; nothing if it was not opened yet.
    pub fn of(incident: &Incident, rules: &Rules<'_>, now: DateTime<Utc>) -> Option<Self> {
        let opened_at = incident.opened_at;
        if now < opened_at {
            return None;
        }
        let ghost = Login::new(GHOST);
        let author = incident.author.as_ref().unwrap_or(&ghost);
        let mut item = Self {
            kind: incident.kind,
            key: incident.key.clone(),
            opened_at,
            closed_at: closed_at(incident, now),
            is_merged: false,
            is_by_robot: rules.robots.is_one(author),
            is_told: incident.has_timeline,
            any: None,
            nobot: None,
            team: None,
            any_action: None,
            first_close: None,
            is_reopened: false,
            said: 0,
            said_before_open: 0,
            business_nobot: None,
            business_close: None,
        };
        for event in incident.timeline.iter().filter(|event| event.at <= now) {
            item.take(event, author, &ghost, rules);
        }
        item.is_merged &= item.closed_at.is_some();
        let business = |until: Option<DateTime<Utc>>| {
            until.filter(|at| opened_at <= *at).map(|at| seconds(rules.hours.elapsed(opened_at, at)))
        };
        item.business_nobot = business(item.nobot);
        item.business_close = business(item.closed_at);
        Some(item)
    }

    fn take(&mut self, event: &Event, author: &Login, ghost: &Login, rules: &Rules<'_>) {
        let at = event.at;
        let is_said = matches!(event.what, What::Commented | What::Reviewed);
        self.said += usize::from(is_said);
        self.is_merged |= event.what == What::Merged;
        self.is_reopened |= event.what == What::Reopened;
        if at < self.opened_at {
            self.said_before_open += usize::from(is_said);
            return;
        }
        if matches!(event.what, What::Closed(_)) {
            earliest(&mut self.first_close, at);
        }
        // Who assigned is mostly not recorded: nobody known did it.
        let is_unnamed = matches!(event.what, What::Assigned(_) | What::Unassigned(_)) && event.actor.is_none();
        if is_unnamed || event.actor.as_ref().map_or(ghost, |actor| &actor.login) == author {
            return;
        }
        let is_robot = event.actor.as_ref().is_some_and(|actor| rules.robots.did(actor));
        if is_said {
            earliest(&mut self.any, at);
        }
        if is_robot {
            return;
        }
        earliest(&mut self.any_action, at);
        if is_said {
            earliest(&mut self.nobot, at);
            if event.actor.as_ref().is_some_and(|actor| rules.policy.is_team(actor)) {
                earliest(&mut self.team, at);
            }
        }
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Seconds from its opening to a moment of it; a moment before the opening is no measurement.
    pub fn since_opening(&self, at: Option<DateTime<Utc>>) -> Option<f64> {
        at.filter(|at| self.opened_at <= *at).map(|at| seconds(between(self.opened_at, at)))
    }

    /// Whether its close is dated before its opening.
    fn is_closed_before_open(&self) -> bool {
        self.closed_at.is_some_and(|at| at < self.opened_at)
    }
}

/// When it was last closed as far as `now` knows: a close after `now` has not happened, a reopening after it neither.
pub(super) fn closed_at(incident: &Incident, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let turns = || incident.timeline.iter().filter(|e| matches!(e.what, What::Closed(_) | What::Reopened));
    let is_past = incident.closed_at.is_some_and(|at| now < at) || turns().any(|turn| now < turn.at);
    if !is_past {
        return incident.closed_at;
    }
    let last = turns().rev().find(|turn| turn.at <= now)?;
    matches!(last.what, What::Closed(_)).then_some(last.at)
}

fn earliest(first: &mut Option<DateTime<Utc>>, at: DateTime<Utc>) {
    *first = Some(first.map_or(at, |known| known.min(at)));
}

/// Some items in figures, all lengths in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// How many.
    pub count: usize,
    /// Open ones.
    pub open: usize,
    /// Closed ones.
    pub closed: usize,
    /// Closed by being merged.
    pub merged: usize,
    /// Opened by a robot.
    pub opened_by_bot: usize,
    /// Whose history no source tells: they are in no response figure.
    pub untold: usize,
    /// Comments, reviews and review comments.
    pub comments_and_reviews: usize,
    /// Of those: dated before the item's opening.
    pub ignored_before_open: usize,
    /// Closed at a time before their opening: they are in no figure of closing.
    pub closed_before_open: usize,
    /// Time to the first response of anybody else.
    pub any: Summary,
    /// Time to the first response of anybody else but robots.
    pub nobot: Summary,
    /// Time to the first response of the team.
    pub team: Summary,
    /// Time to the first response or other act of anybody else but robots.
    pub any_action: Summary,
    /// Time to the last close.
    pub close: Summary,
    /// Time to the first close.
    pub first_close: Summary,
    /// Items opened again at least once.
    pub reopened: usize,
    /// Age of those open.
    pub open_age: Summary,
    /// The oldest open one.
    pub oldest: Option<IncidentKey>,
    /// Open items nobody but robots and the author has answered, in ascending order.
    pub awaiting_nobot: Vec<IncidentKey>,
    /// By calendar month.
    pub monthly: BTreeMap<String, Month>,
    /// Open hours to the first response of no robot.
    pub business_nobot: Summary,
    /// Open hours to the last close.
    pub business_close: Summary,
}

/// One calendar month.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Month {
    /// Items opened in it.
    pub opened: usize,
    /// Items closed in it.
    pub closed: usize,
    /// Mean time to a response of no robot, of items opened in it, and of how many.
    pub mtta_opened: Mean,
    /// The same, of items first answered in it.
    pub mtta_responded: Mean,
    /// Mean time to close, of items opened in it.
    pub mttr_opened: Mean,
    /// The same, of items closed in it.
    pub mttr_closed: Mean,
}

/// A mean that is still being made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mean(Vec<f64>);

impl Mean {
    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The mean; of nothing, nothing.
    pub fn value(&self) -> Option<f64> {
        mean(&self.0)
    }

    /// Of how many.
    pub fn n(&self) -> usize {
        self.0.len()
    }
}

impl Group {
    /// The figures of these items at `now`, months by the wall clock of `zone`.
    pub fn of<'a>(items: impl IntoIterator<Item = &'a Item>, zone: &Zone, now: DateTime<Utc>) -> Self {
        let items: Vec<&Item> = items.into_iter().collect();
        let count = |is: fn(&Item) -> bool| items.iter().filter(|item| is(item)).count();
        let told = || items.iter().filter(|item| item.is_told);
        let response =
            |of: fn(&Item) -> Option<DateTime<Utc>>| Summary::of_some(told().map(|item| item.since_opening(of(item))));
        let open = || items.iter().filter(|item| item.is_open());
        let mut awaiting: Vec<IncidentKey> =
            open().filter(|item| item.is_told && item.nobot.is_none()).map(|item| item.key.clone()).collect();
        awaiting.sort_unstable();
        Self {
            count: items.len(),
            open: count(Item::is_open),
            closed: count(|item| !item.is_open()),
            merged: count(|item| item.is_merged),
            opened_by_bot: count(|item| item.is_by_robot),
            untold: count(|item| !item.is_told),
            comments_and_reviews: items.iter().map(|item| item.said).sum(),
            ignored_before_open: items.iter().map(|item| item.said_before_open).sum(),
            closed_before_open: count(Item::is_closed_before_open),
            any: response(|item| item.any),
            nobot: response(|item| item.nobot),
            team: response(|item| item.team),
            any_action: response(|item| item.any_action),
            close: Summary::of_some(items.iter().map(|item| item.since_opening(item.closed_at))),
            first_close: response(|item| item.first_close),
            reopened: count(|item| item.is_reopened),
            open_age: Summary::of(open().map(|item| seconds(between(item.opened_at, now))), 0),
            oldest: open().min_by_key(|item| (item.opened_at, &item.key)).map(|item| item.key.clone()),
            awaiting_nobot: awaiting,
            monthly: monthly(&items, zone),
            business_nobot: Summary::of_some(told().map(|item| item.business_nobot)),
            business_close: Summary::of_some(items.iter().map(|item| item.business_close)),
        }
    }
}

fn monthly(items: &[&Item], zone: &Zone) -> BTreeMap<String, Month> {
    let mut months: BTreeMap<String, Month> = BTreeMap::new();
    let name = |at| Unit::Month.period_of(at, zone).name;
    for item in items {
        let (response, close) = (item.since_opening(item.nobot), item.since_opening(item.closed_at));
        let opened = months.entry(name(item.opened_at)).or_default();
        opened.opened += 1;
        response.into_iter().for_each(|value| opened.mtta_opened.add(value));
        close.into_iter().for_each(|value| opened.mttr_opened.add(value));
        if let Some((at, value)) = item.nobot.zip(response) {
            months.entry(name(at)).or_default().mtta_responded.add(value);
        }
        if let Some((at, value)) = item.closed_at.zip(close) {
            let closed = months.entry(name(at)).or_default();
            closed.closed += 1;
            closed.mttr_closed.add(value);
        }
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sla::{sample_at as at, sample_incident as incident};

    fn item(events: &[&str], now: &str) -> Option<Item> {
        let robots = Robots::with(&[]);
        let policy = Policy::standard();
        let rules = Rules { policy: &policy, robots: &robots, hours: &Calendar::Always };
        Item::of(&incident(&["P1"], events), &rules, at(now))
    }

    #[test]
    fn the_author_robots_and_strangers_are_told_apart() {
        let events = [
            "12:01 rita commented",
            "12:02 stale[bot] commented",
            "12:03 drahtbot commented",
            "12:04 max labeled P0",
            "12:05 max commented",
            "12:06 member reviewed",
        ];
        let found = item(&events, "20:00").unwrap();
        let first = [found.any, found.any_action, found.nobot, found.team];
        assert_eq!(first, [at("12:02"), at("12:04"), at("12:05"), at("12:06")].map(Some));
        assert_eq!((found.said, found.business_nobot), (5, Some(300.0)));
    }

    #[test]
    fn all_deleted_accounts_are_one() {
        let mut orphan = incident(&[], &["12:05 - commented", "12:09 max commented"]);
        orphan.author = None;
        let (robots, policy) = (Robots::with(&[]), Policy::standard());
        let rules = Rules { policy: &policy, robots: &robots, hours: &Calendar::Always };
        assert_eq!(Item::of(&orphan, &rules, at("13:00")).unwrap().any, Some(at("12:09")));
        assert_eq!(item(&["12:05 - commented"], "13:00").unwrap().any, Some(at("12:05")));
    }

    #[test]
    fn an_earlier_now_sees_the_item_as_it_stood() {
        let events = ["12:10 mia closed", "12:20 mia reopened", "12:30 mia closed"];
        let closed_at = |now| item(&events, now).unwrap().closed_at;
        assert_eq!([closed_at("12:05"), closed_at("12:15")], [None, Some(at("12:10"))]);
        assert_eq!([closed_at("12:25"), closed_at("12:35")], [None, Some(at("12:30"))]);
        let last = item(&events, "13:00").unwrap();
        assert_eq!((last.first_close, last.is_reopened), (Some(at("12:10")), true));
        assert_eq!(item(&[], "11:00"), None);
    }

    #[test]
    fn a_close_before_the_opening_is_counted_and_in_no_figure() {
        let mut odd = item(&["12:10 mia closed"], "13:00").unwrap();
        odd.closed_at = Some(at("11:00"));
        odd.business_close = None;
        let right = item(&["12:10 mia closed"], "13:00").unwrap();
        let group = Group::of(&[odd, right], &Zone::utc(), at("13:00"));
        assert_eq!((group.closed, group.closed_before_open), (2, 1));
        assert_eq!((group.close.n, group.close.missing, group.close.min), (1, 1, Some(600.0)));
        assert_eq!(group.close.within[0], 1, "it is not counted within the hour");
        assert!(group.monthly.values().all(|month| month.mttr_closed.value() == Some(600.0)));

        let mut incident = incident(&["P1"], &[]);
        incident.closed_at = Some(at("11:00"));
        let (robots, policy) = (Robots::with(&[]), Policy::standard());
        let rules = Rules { policy: &policy, robots: &robots, hours: &Calendar::Always };
        assert_eq!(Item::of(&incident, &rules, at("13:00")).unwrap().business_close, None);
    }

    #[test]
    fn an_item_without_a_history_is_in_no_response_figure() {
        let mut untold = item(&[], "13:00").unwrap();
        untold.is_told = false;
        let group = Group::of(&[untold, item(&[], "13:00").unwrap()], &Zone::utc(), at("13:00"));
        assert_eq!((group.count, group.untold, group.any.n, group.any.missing), (2, 1, 0, 1));
        assert_eq!((group.awaiting_nobot.len(), group.open_age.median), (1, Some(3_600.0)));
    }
}
