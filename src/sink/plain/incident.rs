//! The open incidents as rows.

use chrono::{DateTime, Utc};

use super::{ANY, Depth, Page, Side, Table, escalation, source, words};
use crate::{
    domain::{
        incident::Kind,
        priority::Grade,
        sla::{ClockState, WhichClock},
        time::{between, short_span},
        zone::Zone,
    },
    sink::board::{Judged, Queue, Source},
    text::grouped,
};

/// Rows on a larger board.
const SHORT: usize = 12;

/// Writes the section; `sources` are those that tell of incidents.
pub fn write(page: &mut Page, queue: &Queue<'_>, sources: &[Source<'_>], depth: Depth, now: DateTime<Utc>) {
    if !queue.is_known {
        page.line(&format!("INCIDENTS  {}", source::silence(sources, "no source of incidents")));
        return;
    }
    let most = if depth == Depth::Short { SHORT } else { usize::MAX };
    let cut = if most < queue.incidents.len() { format!("; the first {most}:") } else { String::new() };
    page.line(&format!(
        "INCIDENTS  {} open, {} over, {} at risk{}{cut}",
        grouped(queue.open),
        grouped(queue.over),
        grouped(queue.at_risk),
        source::missing(sources)
    ));
    let columns = [(Side::Left, 5), (Side::Left, 18), (Side::Left, 7), (Side::Right, 12), (Side::Left, 12)];
    let mut table = Table::new([columns.as_slice(), &[(Side::Left, ANY)]].concat());
    let shown = queue.incidents.iter().take(most);
    shown.clone().for_each(|judged| table.row(row(judged, now)));
    page.table(&table);
    if shown.clone().any(|judged| !judged.is_known(judged.pressing)) {
        page.line("  ? the list does not tell whether somebody answered: counted as if nobody had");
    }
    escalation::next(page, &queue.incidents, now);
}

/// Writes one incident whole: who and what, both clocks, its ladder.
pub fn whole(page: &mut Page, judged: &Judged<'_>, zone: &Zone, now: DateTime<Utc>) {
    let incident = judged.incident;
    let grade = judged.verdict.grade;
    let priority = if grade == Grade::Untriaged { "untriaged" } else { grade.word() };
    let kind = match incident.kind {
        Kind::Issue => "issue",
        Kind::PullRequest => "pull request",
    };
    let state = incident.closed_at.map_or("open".to_owned(), |at| format!("closed {}", words::moment(at, zone)));
    page.line(&format!("{}  {priority} {kind}, {state}", incident.key));
    page.line(&format!("  {}", incident.title));
    let author = incident.author.as_ref().map_or("a deleted account".to_owned(), ToString::to_string);
    let age = short_span(between(incident.opened_at, now));
    let joined = |words: Vec<&str>| if words.is_empty() { words::NOTHING.to_owned() } else { words.join(", ") };
    let mut table = Table::new([(Side::Left, 8), (Side::Left, ANY)]);
    let mut fact = |name: &str, value: String| table.row([name.to_owned(), value]);
    fact("opened", format!("{} ({age} ago) by {author}", words::moment(incident.opened_at, zone)));
    fact("owner", joined(incident.assignees.iter().map(|login| login.as_str()).collect()));
    if let Some((by, at)) = judged.acked {
        fact("taken on", format!("by {by} {}", words::moment(at, zone)));
    }
    fact("labels", joined(incident.labels.iter().map(|label| label.as_str()).collect()));
    if !incident.url.is_blank() {
        fact("url", incident.url.to_string());
    }
    page.table(&table);
    page.blank();
    page.line("CLOCKS");
    let mut table = Table::new([(Side::Left, 8), (Side::Left, 12), (Side::Left, ANY)]);
    for which in [WhichClock::Response, WhichClock::Fix] {
        table.row(clock_row(judged, which, zone, now));
    }
    page.table(&table);
    page.blank();
    escalation::write(page, judged, zone, now);
}

fn clock_row(judged: &Judged<'_>, which: WhichClock, zone: &Zone, now: DateTime<Utc>) -> [String; 3] {
    let clock = judged.clock(which);
    let name = words::clock_of(which, judged.verdict.grade).to_owned();
    if !judged.is_known(which) {
        return [name, "unknown".to_owned(), "its history has not been read".to_owned()];
    }
    let target = clock.target.map_or("no promise".to_owned(), |length| format!("within {}", short_span(length)));
    let when = match (clock.stopped_at, clock.deadline) {
        (Some(at), _) => format!(", stopped {} after {}", words::moment(at, zone), short_span(clock.elapsed)),
        (None, Some(at)) if clock.state == ClockState::Breached => format!(", was due {}", words::moment(at, zone)),
        (None, Some(at)) => format!(", due {}", words::moment(at, zone)),
        (None, None) => String::new(),
    };
    [name, words::clock_figure(clock, now), format!("{target}{when}")]
}

fn row(judged: &Judged<'_>, now: DateTime<Utc>) -> [String; 6] {
    let grade = judged.verdict.grade;
    [
        format!("{:<2} {}", mark(judged), grade.word()),
        judged.incident.key.short(),
        words::clock(judged).to_owned(),
        words::figure(judged, now),
        owner(judged),
        judged.incident.title.to_string(),
    ]
}

/// `!!` over, `!` at risk, `=` held, `?` untriaged.
fn mark(judged: &Judged<'_>) -> &'static str {
    match (judged.clock(judged.pressing).state, judged.verdict.grade) {
        (ClockState::Breached, _) => "!!",
        (ClockState::AtRisk, _) => "!",
        (ClockState::Paused, _) => "=",
        (_, Grade::Untriaged) => "?",
        (_, Grade::Set(_)) => "",
    }
}

/// The first assignee, else who took it on, else nobody.
fn owner(judged: &Judged<'_>) -> String {
    match (judged.incident.assignees.as_slice(), judged.acked) {
        ([], Some((by, _))) => by.to_string(),
        ([], None) => words::NOTHING.to_owned(),
        ([only], _) => only.to_string(),
        ([first, rest @ ..], _) => format!("{first} +{}", rest.len()),
    }
}
