//! Goals on paper: each as it stands, and one with what it is made of.

use super::{
    Page,
    table::{ANY, Side, Table},
};
use crate::{
    domain::{
        goal::{
            Goal, Window,
            judge::{Month, Standing, Verdict, Went},
        },
        time::{rfc3339, short_span},
    },
    sink::goal::Row,
    text::{Text, counted},
};

/// Writes each goal as it stands.
pub fn list(page: &mut Page, rows: &[Row<'_>]) {
    let n = |verdict| rows.iter().filter(|row| row.standing.verdict == verdict).count();
    page.line(&format!(
        "GOALS  {}: {} met, {} on the way, {} missed, {} not judged",
        counted(rows.len(), "goal", "goals"),
        n(Verdict::Met),
        n(Verdict::OnTheWay),
        n(Verdict::Missed),
        n(Verdict::NotJudged)
    ));
    let mut table = Table::new([
        (Side::Left, 10),
        (Side::Left, 26),
        (Side::Left, 20),
        (Side::Right, ANY),
        (Side::Left, 24),
        (Side::Left, 14),
        (Side::Left, ANY),
    ]);
    for row in rows {
        let (goal, standing) = (row.goal, &row.standing);
        table.row([
            standing.verdict.word().to_owned(),
            goal.name.to_string(),
            goal.figure.title(),
            standing.said(&goal.figure),
            goal.wants(standing.limit),
            goal.owner.as_ref().map_or("-".to_owned(), Text::to_string),
            more(goal, standing),
        ]);
    }
    page.table(&table);
}

fn more(goal: &Goal, standing: &Standing) -> String {
    let by = goal.by.map(|day| format!("by {day}"));
    let why = Some(standing.why.to_string()).filter(|why| !why.is_empty());
    let strip = (!standing.months.is_empty() && 0 < goal.months_running).then(|| strip(&standing.months));
    by.into_iter().chain(strip).chain(why).collect::<Vec<_>>().join("; ")
}

/// A sign a month, in ASCII: a page goes into tickets.
fn strip(months: &[Month]) -> String {
    let sign = |month: &Month| match month.went {
        Went::Met => '+',
        Went::Missed => 'x',
        Went::Running => '*',
        Went::NotJudged(_) => '?',
    };
    months.iter().map(sign).collect()
}

/// Writes one goal with what it is made of.
pub fn one(page: &mut Page, row: &Row<'_>) {
    let (goal, standing) = (row.goal, &row.standing);
    let figure = &goal.figure;
    page.line(&format!("{}  {}", goal.name, standing.verdict.word().to_uppercase()));
    if !goal.why.is_blank() {
        page.line(&format!("  {}", goal.why));
    }
    page.line(&format!("  figure      {} {}", figure.title(), standing.said(figure)));
    page.line(&format!("  asks        {}", goal.asks(standing.limit)));
    if let Some(baseline) = &standing.baseline {
        let said = match baseline {
            Ok(value) => figure.said(*value),
            Err(why) => format!("not known: {why}"),
        };
        page.line(&format!("  baseline    {said}"));
    }
    if !standing.why.is_blank() {
        page.line(&format!("  because     {}", standing.why));
    }
    page.line(&format!("  over        {}", over(goal, standing)));
    match &standing.figure {
        Ok(found) if found.note.is_blank() => page.line(&format!("  of          {}", found.n)),
        Ok(found) => page.line(&format!("  of          {}; {}", found.n, found.note)),
        Err(why) => page.line(&format!("  of          nothing: {why}")),
    }
    page.line(&format!("  means       {}", figure.definition()));
    let days = [goal.since.map(|day| format!("since {day}")), goal.by.map(|day| format!("by {day}"))];
    let days: Vec<_> = days.into_iter().flatten().collect();
    if !days.is_empty() {
        page.line(&format!("  days        {}", days.join(", ")));
    }
    page.line(&format!("  owner       {}", goal.owner.as_ref().map_or("nobody", |owner| owner.as_str())));
    if standing.months.is_empty() {
        return;
    }
    page.blank();
    page.line(&format!("MONTHS  of {}, each judged once it is over", goal.zone.name()));
    let mut table =
        Table::new([(Side::Left, ANY), (Side::Left, ANY), (Side::Right, ANY), (Side::Right, ANY), (Side::Left, ANY)]);
    for month in &standing.months {
        let why = if let Went::NotJudged(why) = &month.went { why.to_string() } else { String::new() };
        table.row([
            month.span.name.clone(),
            month.went.word().to_owned(),
            month.value.map_or("–".to_owned(), |value| figure.said(value)),
            format!("n {}", month.n),
            why,
        ]);
    }
    page.table(&table);
}

/// The stretch a figure speaks of, in words.
pub(crate) fn over(goal: &Goal, standing: &Standing) -> String {
    let span = &standing.span;
    if span.from == span.until {
        return format!("as it stands at {}", rfc3339(span.until));
    }
    let name = match (&goal.window, span.name.is_empty()) {
        (_, false) => span.name.clone(),
        (Window::Rolling(length), _) => format!("the last {}", short_span(*length)),
        (Window::Calendar(_), _) => String::new(),
    };
    format!("{name}: {} to {}", rfc3339(span.from), rfc3339(span.until))
}
