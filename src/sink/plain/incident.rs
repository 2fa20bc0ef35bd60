//! The open incidents as rows.

use chrono::{DateTime, Utc};

use super::{ANY, Depth, Page, Side, Table, source, words};
use crate::{
    domain::{priority::Grade, sla::ClockState},
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
