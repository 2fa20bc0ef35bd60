//! Duties on paper: each as it stands, turn by turn, and a month of them.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use unicode_width::UnicodeWidthStr as _;

use super::{
    Page,
    table::{ANY, Side, Table},
    words,
};
use crate::{
    domain::{
        duty::{
            Duty,
            judge::{Judged, State},
            month,
        },
        escalation::Target,
        rota::Person,
        time::short_span,
        zone::Zone,
    },
    sink::duty::{Row, TurnRow},
    text::{Text, clip, counted},
};

/// Writes each duty as it stands.
pub fn list(page: &mut Page, rows: &[Row<'_>], now: DateTime<Utc>) {
    let heads = || rows.iter().filter_map(|row| row.standing.head());
    let n = |wanted: &str| heads().filter(|head| head.state.word() == wanted).count();
    page.line(&format!(
        "DUTIES  {}: {} late, {} due, {} unknown",
        counted(rows.len(), "duty", "duties"),
        n("late"),
        n("due"),
        n("unknown")
    ));
    let mut table =
        Table::new([(Side::Left, 8), (Side::Left, 28), (Side::Left, ANY), (Side::Left, 20), (Side::Left, ANY)]);
    for row in rows {
        let Some(head) = row.standing.head() else {
            table.row([
                "over".to_owned(),
                row.duty.name.to_string(),
                String::new(),
                String::new(),
                "it has no turn any more".to_owned(),
            ]);
            continue;
        };
        table.row([
            head.state.word().to_owned(),
            row.duty.name.to_string(),
            words::moment_of(head.turn.at, &row.duty.zone, now),
            who(&row.duty.owner, &row.people),
            more(row, head, now),
        ]);
    }
    page.table(&table);
}

/// Writes the duties that are late, among alerts: people are told of them as of alerts, and they have a page of their own.
pub fn late(page: &mut Page, rows: &[Row<'_>], now: DateTime<Utc>) {
    let late = rows.iter().filter_map(|row| Some((row, row.standing.head().filter(|head| head.state == State::Late)?)));
    for (row, head) in late {
        let by = head.late_by(row.duty, now).map(|late| format!(" by {}", short_span(late))).unwrap_or_default();
        let due = words::moment_of(head.turn.at, &row.duty.zone, now);
        page.line(&format!("late{by}: the duty {}, due {due}, {}", row.duty.name, who(&row.duty.owner, &row.people)));
    }
}

/// Who has a turn: `ana.k`, or `primary: ben.i`.
pub(crate) fn who(owner: &Target, people: &[Person]) -> String {
    let names = people.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
    match owner {
        Target::Person(person) => person.to_string(),
        Target::Seat(seat) if names.is_empty() => format!("{seat}: nobody"),
        Target::Seat(seat) => format!("{seat}: {names}"),
    }
}

fn more(row: &Row<'_>, head: &Judged, now: DateTime<Utc>) -> String {
    let mut parts: Vec<String> = state_words(row.duty, head, now).into_iter().collect();
    if let Some(last) = row.standing.last.as_ref().filter(|last| last.turn != head.turn) {
        let when = words::moment_of(last.turn.at, &row.duty.zone, now);
        let how = state_words(row.duty, last, now).unwrap_or_else(|| last.state.word().to_owned());
        parts.push(format!("{when} {how}"));
    }
    if let (missed, known @ 1..) = row.standing.missed() {
        parts.push(format!("{missed} of {known} missed"));
    }
    parts.join("; ")
}

/// What there is to say of a turn beside its state.
fn state_words(duty: &Duty, judged: &Judged, now: DateTime<Utc>) -> Option<String> {
    let late = judged.late_by(duty, now).map(short_span);
    match &judged.state {
        State::Late | State::Missed => late.map(|late| format!("by {late}")),
        State::Unknown(why) => Some(why.to_string()),
        State::Done(done) => {
            let by = match (&done.by, &done.file) {
                (Some(by), _) => format!("by {by}"),
                (None, Some(file)) => format!("by {file}"),
                (None, None) => String::new(),
            };
            let late = late.map(|late| format!(", {late} after it was due")).unwrap_or_default();
            let doubt = if done.is_unproven { ", and no file bears that out" } else { "" };
            let note = if done.note.is_blank() { String::new() } else { format!(": {}", done.note) };
            Some(format!("done {by}{late}{doubt}{note}"))
        }
        State::Upcoming | State::Soon | State::Due => None,
    }
}

/// Writes turns, day by day.
pub fn turns(page: &mut Page, rows: &[TurnRow<'_>], now: DateTime<Utc>) {
    page.line(&format!("TURNS  {}", counted(rows.len(), "turn", "turns")));
    let mut table =
        Table::new([(Side::Left, ANY), (Side::Left, 8), (Side::Left, 28), (Side::Left, 20), (Side::Left, ANY)]);
    for row in rows {
        table.row([
            words::moment_of(row.judged.turn.at, &row.duty.zone, now),
            row.judged.state.word().to_owned(),
            row.duty.name.to_string(),
            who(&row.duty.owner, &row.people),
            state_words(row.duty, &row.judged, now).unwrap_or_default(),
        ]);
    }
    page.table(&table);
}

/// One sign for a turn's state, in ASCII: a page goes into tickets.
pub fn sign(state: &State) -> &'static str {
    match state {
        State::Done(_) => "+",
        State::Late => "!",
        State::Missed => "x",
        State::Due => "*",
        State::Unknown(_) => "?",
        State::Soon | State::Upcoming => "-",
    }
}

/// Writes a month, week by week: as many rows a week as its fullest day has turns.
pub fn calendar(page: &mut Page, of: NaiveDate, rows: &[TurnRow<'_>], zone: &Zone, now: DateTime<Utc>) {
    let columns = (page.columns().min(200).saturating_sub(2) / 7).max(11);
    let today = zone.local(now).date();
    page.line(&format!("{}   + done  ! late  x missed  * due  - ahead  ? unknown", of.format("%B %Y")));
    let cells = |texts: Vec<String>| -> String {
        texts.iter().map(|text| format!("{}{}", text, " ".repeat(columns.saturating_sub(text.width())))).collect()
    };
    page.whole_line(cells(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(str::to_owned).to_vec()).trim_end());
    for week in month::weeks(of) {
        let of_day = |day: &NaiveDate| -> Vec<&TurnRow<'_>> {
            let is_of_month = day.month() == of.month();
            rows.iter().filter(|row| is_of_month && row.judged.turn.day == *day).collect()
        };
        let head = |day: &NaiveDate| match (day.month() == of.month(), *day == today) {
            (false, _) => String::new(),
            (true, false) => format!("{}", day.day()),
            (true, true) => format!("{} today", day.day()),
        };
        page.whole_line(cells(week.iter().map(head).collect()).trim_end());
        let most = week.iter().map(|day| of_day(day).len()).max().unwrap_or(0);
        for place in 0..most {
            let cell = |day: &NaiveDate| {
                let turn = of_day(day).get(place).map(|row| format!("{} {}", sign(&row.judged.state), row.duty.name));
                clip(&turn.unwrap_or_default(), columns.saturating_sub(1))
            };
            page.whole_line(cells(week.iter().map(cell).collect()).trim_end());
        }
    }
}
