//! The open incidents as rows.

use chrono::{DateTime, Utc};

use super::{ANY, Depth, Page, Side, TITLE, Table, escalation, source, words};
use crate::{
    domain::{
        plans::day,
        priority::Grade,
        sla::{ClockState, WhichClock},
        time::{between, short_span},
        zone::Zone,
    },
    sink::board::{Judged, Listed, Queue, Source},
    text::{Text, grouped},
};

/// Rows on a larger board.
const SHORT: usize = 12;

/// Writes the section; `sources` are those that tell of incidents.
///
/// On a larger board `n_above` lines above it, of alerts, are taken from its own.
pub fn write(
    page: &mut Page,
    queue: &Queue<'_>,
    sources: &[Source<'_>],
    (depth, n_above): (Depth, usize),
    now: DateTime<Utc>,
) {
    if !queue.is_known {
        page.line(&format!("INCIDENTS  {}", source::silence(sources, "no source of incidents")));
        return;
    }
    let most = if depth == Depth::Short { SHORT.saturating_sub(n_above) } else { usize::MAX };
    let cut = if most < queue.incidents.len() { format!("; the first {most}:") } else { String::new() };
    page.line(&format!(
        "INCIDENTS  {} open, {} over, {} at risk{}{cut}",
        grouped(queue.open),
        grouped(queue.over),
        grouped(queue.at_risk),
        source::missing(sources)
    ));
    let columns = [(Side::Left, 5), (Side::Left, 18), (Side::Left, 7), (Side::Right, 12), (Side::Left, 12)];
    let mut table = Table::new([columns.as_slice(), &[(Side::Left, TITLE)]].concat());
    let shown = queue.incidents.iter().take(most);
    shown.clone().for_each(|judged| table.row(row(judged, now)));
    page.table(&table);
    if shown.clone().any(|judged| !judged.is_known(judged.pressing)) {
        page.line("  ? the list does not tell whether somebody answered: counted as if nobody had");
    }
    escalation::next(page, &queue.incidents, now);
}

/// Writes those that were asked for, under their headings.
pub fn listed(page: &mut Page, queue: &Queue<'_>, listed: &Listed<'_>, sources: &[Source<'_>], now: DateTime<Utc>) {
    if !queue.is_known {
        page.line(&format!("INCIDENTS  {}", source::silence(sources, "no source of incidents")));
        return;
    }
    let section = listed.section.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
    let query = if listed.query.is_blank() { String::new() } else { format!(": {}", listed.query) };
    page.line(&format!(
        "INCIDENTS  {} of {} open{section}{query}, sorted by {}{}",
        grouped(listed.items.len()),
        grouped(queue.open),
        listed.sort,
        source::missing(sources)
    ));
    let columns = [(Side::Left, 5), (Side::Left, 18), (Side::Left, 7), (Side::Right, 12), (Side::Left, 12)];
    let columns = || [columns.as_slice(), &[(Side::Left, TITLE)]].concat();
    let mut rest = listed.items.as_slice();
    let whole = [(Text::default(), rest.len())];
    let runs = if listed.headings.is_empty() { whole.as_slice() } else { listed.headings.as_slice() };
    for (name, n) in runs {
        let (run, after) = rest.split_at_checked(*n).unwrap_or((rest, &[]));
        rest = after;
        if !listed.headings.is_empty() {
            page.blank();
            page.line(&format!("{name}  {}", grouped(*n)));
        }
        let mut table = Table::new(columns());
        run.iter().for_each(|judged| table.row(row(judged, now)));
        page.table(&table);
    }
    if listed.items.iter().any(|judged| !judged.is_known(judged.pressing)) {
        page.line("  ? the list does not tell whether somebody answered: counted as if nobody had");
    }
}

/// Writes one incident whole: who and what, both clocks, its ladder.
pub fn whole(page: &mut Page, judged: &Judged<'_>, zone: &Zone, now: DateTime<Utc>) {
    let incident = judged.incident;
    let grade = judged.verdict.grade;
    let priority = if grade == Grade::Untriaged { "untriaged" } else { grade.word() };
    let kind = if incident.is_draft { "draft pull request" } else { incident.kind.word() };
    let state = incident.closed_at.map_or("open".to_owned(), |at| format!("closed {}", words::moment(at, zone)));
    page.line(&format!("{}  {priority} {kind}, {state}", incident.key));
    page.line(&format!("  {}", incident.title));
    let author = incident.author.as_ref().map_or("a deleted account".to_owned(), ToString::to_string);
    let age = short_span(between(incident.opened_at, now));
    let joined = |words: Vec<&str>| if words.is_empty() { words::NOTHING.to_owned() } else { words.join(", ") };
    let mut table = Table::new([(Side::Left, 9), (Side::Left, ANY)]);
    let mut fact = |name: &str, value: String| table.row([name.to_owned(), value]);
    if let Some(rule) = judged.rule {
        fact("rule", rule.to_string());
    }
    fact("opened", format!("{} ({age} ago) by {author}", words::moment(incident.opened_at, zone)));
    fact("owner", joined(incident.assignees.iter().map(|login| login.as_str()).collect()));
    if let Some((by, at)) = judged.acked {
        fact("taken on", format!("by {by} {}", words::moment(at, zone)));
    }
    fact("labels", joined(incident.labels.iter().map(|label| label.as_str()).collect()));
    if let Some(milestone) = &incident.milestone {
        let due = judged.milestone_due.map(|at| format!(", due {}", day(at))).unwrap_or_default();
        fact("milestone", format!("{milestone}{due}"));
    }
    if !incident.reviewers.is_empty() {
        fact(
            "asked",
            format!("to review: {}", joined(incident.reviewers.iter().map(|login| login.as_str()).collect())),
        );
    }
    if let Some(until) = judged.snoozed_until {
        fact("snoozed", format!("until {}", words::moment(until, zone)));
    }
    for intent in &judged.pending {
        fact("pending", format!("{} ({})", intent.act.words(), intent.progress.code()));
    }
    if !incident.url.is_blank() {
        fact("url", incident.url.to_string());
    }
    page.table(&table);
    page.blank();
    page.line("CLOCKS");
    let mut table = Table::new([(Side::Left, 8), (Side::Left, 12), (Side::Left, ANY)]);
    for which in [WhichClock::Response, WhichClock::Fix] {
        table.row(clock_row(judged, which, zone, now));
        if let Some(words) = closing(judged, which, zone, now) {
            table.row([String::new(), String::new(), words]);
        }
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
    let hours = if clock.is_business { " open" } else { "" };
    let target = clock.target.map_or("no promise".to_owned(), |length| format!("within {}{hours}", clock.span(length)));
    let when = match (clock.stopped_at, clock.deadline) {
        (Some(at), _) => format!(", stopped {} after {}", words::moment(at, zone), clock.span(clock.elapsed)),
        (None, Some(at)) if clock.state == ClockState::Breached => format!(", was due {}", words::moment(at, zone)),
        (None, Some(at)) => format!(", due {}", words::moment(at, zone)),
        (None, None) => String::new(),
    };
    [name, words::clock_figure(clock, now), format!("{target}{when}")]
}

/// What a deadline at closing time means: beside "0s left" or "5m over" the deadline alone would be a riddle.
fn closing(judged: &Judged<'_>, which: WhichClock, zone: &Zone, now: DateTime<Utc>) -> Option<String> {
    let clock = judged.clock(which);
    if !judged.is_known(which) {
        return None;
    }
    if let Some(opens) = clock.counts_on(now) {
        return Some(format!("no time counts until {}", words::moment(opens, zone)));
    }
    let over_after = clock.over_after.filter(|at| clock.state == ClockState::Breached && clock.deadline < Some(*at))?;
    Some(format!("that was closing time: over since {}", words::moment(over_after, zone)))
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

#[cfg(test)]
mod tests {
    use chrono::{NaiveTime, TimeDelta};

    use super::*;
    use crate::domain::{
        calendar::{Calendar, Hours, Window},
        sla::{self, Policy, Target, sample_at as at, sample_incident},
    };

    /// Opened on Friday at 12:00, five open hours to answer: due at closing time.
    fn told(now: &str) -> Vec<String> {
        let (now, time) = (at(now), |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap());
        let days = [chrono::Weekday::Fri, chrono::Weekday::Mon];
        let windows = days.map(|day| Window { day, opens: time(9), closes: time(17) });
        let calendar = Calendar::Business(Hours::new(Zone::utc(), windows.into(), Default::default()).into());
        let mut policy = Policy::standard();
        policy.targets[0] = Target { response: Some(TimeDelta::hours(5)), fix: Some(TimeDelta::hours(40)), calendar };
        let incident = sample_incident(&["P0"], &[]);
        let verdict = sla::judge(&incident, &policy, now);
        let pressing = WhichClock::Response;
        let judged = Judged {
            incident: &incident,
            verdict,
            acked: None,
            pressing,
            rule: None,
            ladder: None,
            milestone_due: None,
            snoozed_until: None,
            pending: Vec::new(),
            roster_away: None,
        };
        let mut page = Page::new(80);
        whole(&mut page, &judged, &Zone::utc(), now);
        let text = page.finish();
        let clocks = text.lines().skip_while(|line| *line != "CLOCKS").skip(1).take_while(|line| !line.is_empty());
        clocks.map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn a_promise_due_at_closing_time_says_until_when_no_time_counts() {
        let fix = |left: &str| format!("fix      {left}  within 40h open, due Mon 7 Dec 12:00");
        let due = "respond  0s left   within 5h open, due Fri 20 Nov 17:00".to_owned();
        let waits = "no time counts until Mon 23 Nov 09:00".to_owned();
        assert_eq!(told("2026-11-21T13:00:00Z"), [due, waits, fix("15d left")]);
        let over = "respond  5m over   within 5h open, was due Fri 20 Nov 17:00".to_owned();
        let since = "that was closing time: over since Mon 23 Nov 09:00".to_owned();
        assert_eq!(told("2026-11-23T09:05:00Z"), [over, since, fix("14d left")]);
    }
}
