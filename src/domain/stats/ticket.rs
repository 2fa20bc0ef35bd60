//! Tickets put together from the log of their changes.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::{
    items::Mean,
    period::Unit,
    summary::{Summary, seconds},
    times::Life,
};
use crate::{
    domain::{time::between, zone::Zone},
    text::Text,
};

/// One line of the log: a ticket as it stood after one change.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its line in the file.
    pub line: u64,
    /// The ticket's number.
    pub number: Text,
    /// How many changes it had had.
    pub changes: i64,
    /// Whether this state means that somebody has taken it on.
    pub is_acked: bool,
    /// Its facts after the change.
    pub facts: Facts,
    /// When the change was made.
    pub changed_at: Option<DateTime<Utc>>,
}

/// What a line says of its ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The priority as written.
    pub priority: Text,
    /// Its promise was kept.
    pub made_sla: bool,
    /// How often it was opened again.
    pub reopens: u64,
    /// How often it went to somebody else.
    pub reassignments: u64,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was resolved.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
}

/// A ticket: the facts of its last change, and when it was taken on.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// The facts of its last change.
    pub facts: Facts,
    /// When a change first showed that somebody had taken it on.
    pub acked_at: Option<DateTime<Utc>>,
    last: i64,
    first_ack: Option<i64>,
}

/// Tickets as their log is read; it holds one entry a ticket, however long the log.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// Lines taken.
    pub rows: usize,
    tickets: HashMap<Text, Ticket>,
}

impl Log {
    /// Takes the next line. Where two lines have as many changes, the later one has the facts and the earlier one the time.
    pub fn take(&mut self, row: Row) {
        self.rows += 1;
        let ack = row.is_acked.then_some((row.changes, row.changed_at));
        match self.tickets.get_mut(&row.number) {
            Some(ticket) => {
                if ticket.last <= row.changes {
                    (ticket.last, ticket.facts) = (row.changes, row.facts);
                }
                if let Some((changes, at)) = ack.filter(|(n, _)| ticket.first_ack.is_none_or(|first| *n < first)) {
                    (ticket.first_ack, ticket.acked_at) = (Some(changes), at);
                }
            }
            None => {
                let ticket = Ticket {
                    facts: row.facts,
                    acked_at: ack.and_then(|(_, at)| at),
                    last: row.changes,
                    first_ack: ack.map(|(changes, _)| changes),
                };
                self.tickets.insert(row.number, ticket);
            }
        }
    }

    /// The tickets, those opened first in front.
    pub fn tickets(self) -> Vec<Ticket> {
        let mut tickets: Vec<(Text, Ticket)> = self.tickets.into_iter().collect();
        tickets.sort_by(|(a, x), (b, y)| x.facts.opened_at.cmp(&y.facts.opened_at).then(a.cmp(b)));
        tickets.into_iter().map(|(_, ticket)| ticket).collect()
    }
}

impl Ticket {
    /// Seconds from its opening to a moment; a moment before the opening is no measurement.
    fn since_opening(&self, at: Option<DateTime<Utc>>) -> Option<f64> {
        at.map(|at| seconds(between(self.facts.opened_at, at))).filter(|length| 0.0 <= *length)
    }

    /// Its moments.
    pub fn life(&self) -> Life {
        let after = |at: Option<DateTime<Utc>>| at.filter(|at| self.facts.opened_at <= *at);
        Life {
            opened_at: self.facts.opened_at,
            acked_at: after(self.acked_at),
            resolved_at: after(self.facts.resolved_at),
            cancelled_at: None,
            impact_at: None,
            detected_at: None,
        }
    }
}

/// Some tickets in figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// How many.
    pub n: usize,
    /// Whose promise was kept.
    pub made_sla: usize,
    /// Opened again at least once.
    pub reopened: usize,
    /// Hand-overs altogether.
    pub reassignments: u64,
    /// Time until taken on.
    pub ack: Summary,
    /// Time until resolved.
    pub resolve: Summary,
    /// Time until closed.
    pub close: Summary,
}

impl Group {
    /// The figures of these tickets.
    pub fn of<'a>(tickets: impl IntoIterator<Item = &'a Ticket>) -> Self {
        let tickets: Vec<&Ticket> = tickets.into_iter().collect();
        let summary = |of: fn(&Ticket) -> Option<DateTime<Utc>>| {
            Summary::of_some(tickets.iter().map(|ticket| ticket.since_opening(of(ticket))))
        };
        Self {
            n: tickets.len(),
            made_sla: tickets.iter().filter(|ticket| ticket.facts.made_sla).count(),
            reopened: tickets.iter().filter(|ticket| 0 < ticket.facts.reopens).count(),
            reassignments: tickets.iter().map(|ticket| ticket.facts.reassignments).sum(),
            ack: summary(|ticket| ticket.acked_at),
            resolve: summary(|ticket| ticket.facts.resolved_at),
            close: summary(|ticket| ticket.facts.closed_at),
        }
    }
}

/// The figures by priority as written, in the order of the words.
pub fn by_priority(tickets: &[Ticket]) -> BTreeMap<Text, Group> {
    let mut groups: BTreeMap<Text, Vec<&Ticket>> = BTreeMap::new();
    for ticket in tickets {
        groups.entry(ticket.facts.priority.clone()).or_default().push(ticket);
    }
    groups.into_iter().map(|(priority, tickets)| (priority, Group::of(tickets))).collect()
}

/// One calendar month.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Month {
    /// Tickets opened in it.
    pub opened: usize,
    /// Tickets resolved in it.
    pub resolved: usize,
    /// Mean time until taken on, of those opened in it.
    pub mtta_opened: Mean,
    /// Mean time until resolved, of those resolved in it.
    pub mttr_resolved: Mean,
}

/// The figures by calendar month of `zone`.
pub fn monthly(tickets: &[Ticket], zone: &Zone) -> BTreeMap<String, Month> {
    let mut months: BTreeMap<String, Month> = BTreeMap::new();
    let name = |at| Unit::Month.period_of(at, zone).name;
    for ticket in tickets {
        let opened = months.entry(name(ticket.facts.opened_at)).or_default();
        opened.opened += 1;
        ticket.since_opening(ticket.acked_at).into_iter().for_each(|value| opened.mtta_opened.add(value));
        if let Some(at) = ticket.facts.resolved_at {
            let resolved = months.entry(name(at)).or_default();
            resolved.resolved += 1;
            ticket.since_opening(Some(at)).into_iter().for_each(|value| resolved.mttr_resolved.add(value));
        }
    }
    months
}

/// How many moments lie before their ticket's opening and are not used: until taken on, until resolved, until closed.
pub fn before_opening(tickets: &[Ticket]) -> [usize; 3] {
    let count = |of: fn(&Ticket) -> Option<DateTime<Utc>>| {
        tickets.iter().filter(|ticket| of(ticket).is_some_and(|at| at < ticket.facts.opened_at)).count()
    };
    [count(|t| t.acked_at), count(|t| t.facts.resolved_at), count(|t| t.facts.closed_at)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u64, changes: i64, is_acked: bool, changed_s: i64, priority: &str) -> Row {
        let at = |s| DateTime::from_timestamp(s, 0).unwrap();
        Row {
            line,
            number: Text::scrub("INC1"),
            changes,
            is_acked,
            facts: Facts {
                priority: Text::scrub(priority),
                made_sla: true,
                reopens: 0,
                reassignments: 2,
                opened_at: at(1_000),
                resolved_at: Some(at(4_600)),
                closed_at: None,
            },
            changed_at: Some(at(changed_s)),
        }
    }

    #[test]
    fn the_last_change_has_the_facts_and_the_first_act_the_time() {
        let mut log = Log::default();
        for row in [row(2, 0, false, 1_100, "3"), row(3, 4, true, 1_900, "1"), row(4, 2, true, 1_300, "2")] {
            log.take(row);
        }
        assert_eq!(log.rows, 3);
        let tickets = log.tickets();
        let all = Group::of(&tickets);
        assert_eq!((all.n, all.ack.median, all.resolve.median, all.close.missing), (1, Some(300.0), Some(3_600.0), 1));
        assert_eq!(by_priority(&tickets).keys().map(Text::as_str).collect::<Vec<_>>(), ["1"]);
        assert_eq!(monthly(&tickets, &Zone::utc())["1970-01"].mttr_resolved.value(), Some(3_600.0));
    }

    #[test]
    fn a_moment_before_the_opening_is_counted_and_not_used() {
        let mut log = Log::default();
        log.take(row(2, 0, true, 400, "3"));
        let tickets = log.tickets();
        assert_eq!(before_opening(&tickets), [1, 0, 0]);
        assert_eq!((Group::of(&tickets).ack.n, tickets[0].life().acked_at), (0, None));
    }
}
