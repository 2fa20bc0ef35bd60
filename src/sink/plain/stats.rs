//! Statistics as tables, with what each figure means beneath them.

use chrono::{DateTime, Utc};

use super::{Page, Side, Table, words as say};
use crate::{
    domain::{
        incident::{IncidentKey, Repo},
        stats::{
            cases::{By, Row},
            delta::Changes,
            items::Group,
            summary::{Summary, length},
            survival::Median,
            ticket,
            times::Times,
        },
        time::{open_span, rfc3339, short_span},
    },
    sink::{
        report::{Deltas, Items, Left, Tickets, Uptime},
        words,
    },
    text::{Text, counted, grouped},
};

/// Numbers of items that are named in a line.
const NAMED: usize = 12;

/// Writes the figures of issues and pull requests.
pub fn items(page: &mut Page, report: &Items) {
    page.line(&format!("STATISTICS  {}, as of {}", names(&report.repositories), rfc3339(report.as_of)));
    let all = &report.all;
    page.line(&format!(
        "  {}, {}: {} open, {} closed, {} merged",
        counted(report.issues.count, "issue", "issues"),
        counted(report.pulls.count, "pull request", "pull requests"),
        grouped(all.open),
        grouped(all.closed),
        grouped(all.merged),
    ));
    page.line(&format!("  as of: {}", report.as_of_from));
    page.line(&format!("  months of {}", report.zone.name()));
    for (name, group) in [("ISSUES", &report.issues), ("PULL REQUESTS", &report.pulls), ("ALL", all)] {
        page.blank();
        page.line(&format!("{name}  {}, {} open", grouped(group.count), grouped(group.open)));
        if group.count == 0 {
            page.line("  no data");
            continue;
        }
        figures(page, group, report);
    }
    page.blank();
    let has_pulls = 0 < report.pulls.count;
    means(page, if has_pulls { "  issues and pull requests together" } else { "" }, &report.times);
    groups(page, &report.by);
    if 0 < all.closed_before_open {
        page.blank();
        page.line(&format!("  before the opening, not used: {} closed", grouped(all.closed_before_open)));
    }
    waiting(page, &all.awaiting_nobot, report.repositories.len() == 1);
    definitions(page, &words::STATS);
    page.line(&format!("  open hours: {}", report.hours));
    left(page, &report.left);
}

/// Writes the figures of tickets.
pub fn tickets(page: &mut Page, report: &Tickets) {
    page.line(&format!(
        "STATISTICS  {} from {}, as of {}",
        counted(report.n, "ticket", "tickets"),
        counted(report.rows, "line", "lines"),
        rfc3339(report.as_of)
    ));
    page.line(&format!("  as of: {}", report.as_of_from));
    page.line(&format!("  times and months of {}", report.zone.name()));
    let all = Text::scrub("all");
    for (name, group) in std::iter::once((&all, &report.all)).chain(&report.by_priority) {
        page.blank();
        ticket_group(page, name, group);
    }
    page.blank();
    means(page, "", &report.times);
    groups(page, &report.by);
    let [ack, resolve, close] = report.before_opening;
    if 0 < ack + resolve + close {
        page.blank();
        page.line(&format!("  before the opening, not used: {ack} taken on, {resolve} resolved, {close} closed"));
    }
    definitions(page, &words::TICKETS);
    left(page, &report.left);
}

/// Writes the figures of services.
pub fn uptime(page: &mut Page, report: &Uptime) {
    let as_of = report.as_of.map_or(say::NOTHING.to_owned(), rfc3339);
    page.line(&format!("UPTIME  {}, as of {as_of}", counted(report.services.len(), "service", "services")));
    let head = ["", "outages", "down", "available", "MTTR", "answer", "now"];
    let mut table = Table::new([(Side::Left, 26)].into_iter().chain([(Side::Right, 11); 6]).collect::<Vec<_>>());
    table.row(head.map(str::to_owned));
    for (name, service) in &report.services {
        table.row([
            name.to_string(),
            grouped(service.outages.len()),
            short_span(length(service.down_s)),
            // Four places: at two, an hour a month is invisible.
            service.availability.map_or(say::NOTHING.to_owned(), |share| format!("{:.4} %", floored(share))),
            span(service.mttr_s),
            service.response_ms.p90.map_or(say::NOTHING.to_owned(), |ms| format!("{ms:.0} ms")),
            if service.is_down() { "down" } else { "up" }.to_owned(),
        ]);
    }
    page.table(&table);
    definitions(page, &words::UPTIME);
    left(page, &report.left);
}

/// Writes what changed between two looks.
pub fn deltas(page: &mut Page, report: &Deltas) {
    let look = |at: Option<DateTime<Utc>>| at.map_or("?".to_owned(), rfc3339);
    page.line(&format!("CHANGES  {}, {} to {}", names(&report.repositories), look(report.old), look(report.new)));
    for (name, changes) in [("ISSUES", &report.issues), ("PULL REQUESTS", &report.pulls)] {
        page.blank();
        page.line(name);
        if changes.is_empty() {
            page.line("  nothing changed");
        }
        changed(page, changes);
    }
    left(page, &report.left);
}

fn changed(page: &mut Page, changes: &Changes) {
    for (word, numbers) in [
        ("new", &changes.opened),
        ("new and closed already", &changes.opened_and_already_closed),
        ("closed", &changes.closed),
        ("opened again", &changes.reopened),
        ("gone", &changes.gone),
        ("other title", &changes.retitled),
        ("other labels", &changes.relabelled),
        ("other owners", &changes.reassigned),
        ("changed in some way", &changes.updated_at_changed),
    ] {
        let list: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
        if !list.is_empty() {
            page.wrapped(&format!("  {word:<24}"), &list.join(" "));
        }
    }
    let said: Vec<String> = changes.new_comments.iter().map(|(number, n)| format!("#{number} +{n}")).collect();
    if !said.is_empty() {
        page.wrapped(&format!("  {:<24}", "new comments"), &said.join(", "));
    }
}

fn figures(page: &mut Page, group: &Group, report: &Items) {
    let mut rows =
        vec![("response, any", &group.any), ("response, nobot", &group.nobot), ("response, team", &group.team)];
    if report.knows_acts {
        rows.push(("any action", &group.any_action));
    }
    rows.push(("close", &group.close));
    if report.knows_turns {
        rows.push(("first close", &group.first_close));
    }
    rows.push(("open age", &group.open_age));
    let business = [("business, nobot", &group.business_nobot), ("business, close", &group.business_close)];
    summaries(page, &rows, &business);
    if report.knows_turns {
        page.line(&format!("  opened again: {}", grouped(group.reopened)));
    }
    if 0 < group.untold {
        page.line(&format!("  without a history, so in no response figure: {}", grouped(group.untold)));
    }
}

fn ticket_group(page: &mut Page, name: &Text, group: &ticket::Group) {
    let name = if name.is_blank() { "no priority" } else { name.as_str() };
    page.line(&format!(
        "{}  {}; promise kept {}, opened again {}, handed over {}",
        name,
        grouped(group.n),
        grouped(group.made_sla),
        grouped(group.reopened),
        group.reassignments
    ));
    summaries(page, &[("taken on", &group.ack), ("resolved", &group.resolve), ("closed", &group.close)], &[]);
}

/// The figures of each row; those of `business` are open hours, and are said in hours (SEMANTICS R31).
fn summaries(page: &mut Page, rows: &[(&str, &Summary)], business: &[(&str, &Summary)]) {
    let mut table = Table::new([(Side::Left, 18)].into_iter().chain([(Side::Right, 8); 7]).collect::<Vec<_>>());
    table.row(["", "n", "missing", "median", "p90", "mean", "min", "max"].map(str::to_owned));
    let hours = |seconds: Option<f64>| seconds.map_or(say::NOTHING.to_owned(), |s| open_span(length(s)));
    let said = rows.iter().map(|row| (row, false)).chain(business.iter().map(|row| (row, true)));
    for ((name, s), is_business) in said {
        let figures = [s.median, s.p90, s.mean, s.min, s.max];
        let spans = if is_business { figures.map(hours) } else { figures.map(span) };
        table.row([(*name).to_owned(), grouped(s.n), grouped(s.missing)].into_iter().chain(spans).collect::<Vec<_>>());
    }
    page.table(&table);
}

/// `of` says what of, where that is not plain.
fn means(page: &mut Page, of: &str, times: &Times) {
    page.line(&format!("MEAN TIMES{of}"));
    let line =
        |s: &Summary| format!("median {}, p90 {}, mean {}, n {}", span(s.median), span(s.p90), span(s.mean), s.n);
    let told = |s: &Summary| if s.n == 0 { format!("{}  no data", say::NOTHING) } else { line(s) };
    page.line(&format!("  MTTA  {}; {} not taken on", told(&times.tta), grouped(times.unacked)));
    page.line(&format!("  MTTR  {}", told(&times.ttr)));
    let (open, cancelled) = (grouped(times.still_open), grouped(times.cancelled));
    page.line(&format!("        {open} still open; half closed {}; {cancelled} cancelled", half(times)));
    let detected = if times.ttd.n == 0 { "not recorded".to_owned() } else { line(&times.ttd) };
    page.line(&format!("  MTTD  {detected}"));
}

fn half(times: &Times) -> String {
    match times.km_ttr {
        Median::At(seconds) => format!("in {}", span(Some(seconds))),
        Median::NotReached => "not reached: more than half are open".to_owned(),
        Median::Nothing => say::NOTHING.to_owned(),
    }
}

fn groups(page: &mut Page, by: &[(By, Vec<Row>)]) {
    for (by, rows) in by {
        page.blank();
        let what = "medians; half: half of those opened are closed after";
        page.line(&format!("BY {}  {what}", by.word().to_uppercase()));
        let mut table = Table::new([(Side::Left, 20)].into_iter().chain([(Side::Right, 8); 9]).collect::<Vec<_>>());
        let head = ["", "opened", "n", "MTTA", "p90", "n", "MTTR", "p90", "open", "half"];
        table.row(head.map(str::to_owned));
        for row in rows {
            let (t, name) = (&row.times, if row.name.is_blank() { "none" } else { row.name.as_str() });
            table.row([
                name.to_owned(),
                grouped(t.opened),
                grouped(t.tta.n),
                span(t.tta.median),
                span(t.tta.p90),
                grouped(t.ttr.n),
                span(t.ttr.median),
                span(t.ttr.p90),
                grouped(t.still_open),
                match t.km_ttr {
                    Median::At(seconds) => span(Some(seconds)),
                    Median::NotReached => "not yet".to_owned(),
                    Median::Nothing => say::NOTHING.to_owned(),
                },
            ]);
        }
        if rows.is_empty() {
            page.line("  no data");
        } else {
            page.table(&table);
        }
    }
}

fn waiting(page: &mut Page, keys: &[IncidentKey], is_one_repository: bool) {
    if keys.is_empty() {
        return;
    }
    let name = |key: &IncidentKey| if is_one_repository { format!("#{}", key.number) } else { key.short() };
    let named: Vec<String> = keys.iter().take(NAMED).map(name).collect();
    let more = keys.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {} more", grouped(more)) };
    page.blank();
    page.wrapped(&format!("  open, no answer ({}): ", grouped(keys.len())), &format!("{}{more}", named.join(" ")));
}

fn definitions(page: &mut Page, definitions: &[(&str, &str)]) {
    page.blank();
    page.line("DEFINITIONS");
    for (name, meaning) in definitions {
        page.wrapped(&format!("  {name:<13}"), meaning);
    }
}

fn left(page: &mut Page, left: &Left) {
    if left.n == 0 {
        return;
    }
    page.blank();
    page.line(&format!("LEFT OUT  {}", counted(left.n, "record", "records")));
    for one in &left.named {
        page.line(&format!("  {}: {}", one.at, one.why));
    }
}

fn names(repositories: &[Repo]) -> String {
    match repositories {
        [] => "no repository".to_owned(),
        [one] => one.to_string(),
        [first, ..] => format!("{first} and {} more", repositories.len() - 1),
    }
}

fn span(seconds: Option<f64>) -> String {
    say::span(seconds.map(length))
}

/// In percent, never rounded up: 99.99996 % is not 100 %.
fn floored(share: f64) -> f64 {
    (share * 1e6).floor() / 1e4
}
