//! A ticket system's log of changes as CSV: one line a change, as ServiceNow exports them.

use std::io::Read;

use chrono::{DateTime, NaiveDateTime, Utc};
use csv::{ByteRecord, ReaderBuilder};
use thiserror::Error;

use crate::{
    domain::{
        stats::ticket::{Facts, Log, Row, Ticket},
        zone::Zone,
    },
    source::Batch,
    text::{Text, clip},
};

/// The most read from one file.
const TOTAL_BYTES: u64 = 4 << 30;

/// What a log holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Tickets {
    /// The tickets, those opened first in front, and the lines left out.
    pub batch: Batch<Ticket>,
    /// Lines taken.
    pub rows: usize,
}

/// Why nothing could be read from a log.
#[derive(Debug, Error)]
pub enum TicketsError {
    /// A column that is needed is not in the header.
    #[error("the header has no column {0}")]
    NoColumn(&'static str),
    /// Nothing stands under the header: an export that found nothing looks like this, and must not read as "all quiet".
    #[error("the log holds no ticket: there is nothing under its header")]
    Empty,
    /// Not one line could be used.
    #[error("no line can be used; {0}")]
    Nothing(Text),
    /// Reading stopped half-way.
    #[error("the file cannot be read past line {line}")]
    Broken {
        /// The last line read.
        line: u64,
        /// What the reader says.
        #[source]
        source: csv::Error,
    },
}

/// The columns read, by their names in the header.
const COLUMNS: [&str; 11] = [
    "number",
    "incident_state",
    "sys_mod_count",
    "made_sla",
    "reopen_count",
    "reassignment_count",
    "opened_at",
    "sys_updated_at",
    "priority",
    "resolved_at",
    "closed_at",
];

/// Whether a file that begins so is such a log: its header names the columns that no log can do without.
pub fn is_log(head: &[u8]) -> bool {
    let line = head.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let columns: Vec<&str> =
        line.trim_start_matches('\u{feff}').split(',').map(|name| name.trim().trim_matches('"')).collect();
    ["number", "incident_state", "sys_mod_count", "opened_at"].iter().all(|needed| columns.contains(needed))
}

/// Reads a log. Times are `dd-mm-yyyy HH:MM` by the wall clock of `zone`; `?` and nothing are missing.
///
/// A line that cannot be read is counted and named by its number; the others are kept. Memory is needed for one entry a
/// ticket.
///
/// # Errors
/// [`TicketsError`] when the header lacks a column, when not one line can be used, or when the bytes end in an error.
pub fn read(input: impl Read, zone: &Zone) -> Result<Tickets, TicketsError> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(input.take(TOTAL_BYTES));
    let header = reader.byte_headers().map_err(|source| TicketsError::Broken { line: 1, source })?.clone();
    let columns = Columns::of(&header)?;
    let (mut log, mut batch, mut record) = (Log::default(), Batch::new(), ByteRecord::new());
    loop {
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(source) => return Err(TicketsError::Broken { line, source }),
        }
        let line = record.position().map_or(line, csv::Position::line);
        if record.len() != header.len() {
            batch.skip(
                &format!("line {line}"),
                &format!("it has {} cells, the header has {}", record.len(), header.len()),
            );
            continue;
        }
        match columns.row(&record, line, zone) {
            Ok(row) => log.take(row),
            Err(why) => batch.skip(&format!("line {line}"), &why),
        }
    }
    let rows = log.rows;
    if let Some(first) = batch.skipped.first().filter(|_| rows == 0) {
        return Err(TicketsError::Nothing(Text::scrub(&format!("{}: {}", first.at, first.why))));
    }
    if rows == 0 {
        return Err(TicketsError::Empty);
    }
    batch.items = log.tickets();
    Ok(Tickets { batch, rows })
}

/// Where each of [`COLUMNS`] stands.
struct Columns([usize; COLUMNS.len()]);

impl Columns {
    fn of(header: &ByteRecord) -> Result<Self, TicketsError> {
        let mut places = [0; COLUMNS.len()];
        for (place, name) in places.iter_mut().zip(COLUMNS) {
            let is_it =
                |cell: &[u8]| cell.strip_prefix(b"\xef\xbb\xbf").unwrap_or(cell).trim_ascii() == name.as_bytes();
            *place = header.iter().position(is_it).ok_or(TicketsError::NoColumn(name))?;
        }
        Ok(Self(places))
    }

    fn row(&self, record: &ByteRecord, line: u64, zone: &Zone) -> Result<Row, String> {
        let cells = self.0.map(|place| record.get(place).map(String::from_utf8_lossy).unwrap_or_default());
        let [number, state, changes, made_sla, reopens, hands, opened, changed, priority, resolved, closed] =
            cells.each_ref().map(|cell| cell.trim());
        if is_missing(number) {
            return Err("number: it is missing".to_owned());
        }
        let opened_at = time("opened_at", opened, zone)?.ok_or("opened_at: it is missing")?;
        Ok(Row {
            line,
            number: Text::scrub(number),
            changes: count("sys_mod_count", changes)?,
            is_acked: is_acked(state),
            facts: Facts {
                priority: Text::scrub(if is_missing(priority) { "" } else { priority }),
                made_sla: made_sla.eq_ignore_ascii_case("true"),
                reopens: count("reopen_count", reopens)?.unsigned_abs(),
                reassignments: count("reassignment_count", hands)?.unsigned_abs(),
                opened_at,
                resolved_at: time("resolved_at", resolved, zone)?,
                closed_at: time("closed_at", closed, zone)?,
            },
            changed_at: time("sys_updated_at", changed, zone)?,
        })
    }
}

fn is_missing(cell: &str) -> bool {
    matches!(cell, "" | "?")
}

/// A new ticket waits; a state written as a number below zero is one that the exporting system could not name.
fn is_acked(state: &str) -> bool {
    state != "New" && !is_missing(state) && !state.parse::<i64>().is_ok_and(|code| code < 0)
}

fn count(column: &str, cell: &str) -> Result<i64, String> {
    if is_missing(cell) {
        return Ok(0);
    }
    cell.parse::<i64>().ok().filter(|n| 0 <= *n).ok_or_else(|| format!("{column}: \"{}\" is no count", shown(cell)))
}

fn time(column: &str, cell: &str, zone: &Zone) -> Result<Option<DateTime<Utc>>, String> {
    if is_missing(cell) {
        return Ok(None);
    }
    match NaiveDateTime::parse_from_str(cell, "%d-%m-%Y %H:%M") {
        Ok(wall) => Ok(Some(zone.resolve(wall))),
        Err(_) => Err(format!("{column}: \"{}\" is no time such as 29-02-2016 01:16", shown(cell))),
    }
}

fn shown(cell: &str) -> String {
    clip(Text::scrub(cell).as_str(), 40)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{stats::ticket::Group, zone::Zones};

    const HEADER: &str = "number,incident_state,sys_mod_count,made_sla,reopen_count,reassignment_count,opened_at,\
                          sys_updated_at,priority,resolved_at,closed_at\n";

    fn log(lines: &[&str]) -> Result<Tickets, TicketsError> {
        read(format!("{HEADER}{}", lines.join("\n")).as_bytes(), &Zone::utc())
    }

    #[test]
    fn a_ticket_is_all_its_lines() {
        let read = log(&[
            "INC1,New,0,TRUE,0,0,29-02-2016 01:16,29-02-2016 01:23,2 - High,?,?",
            "INC1,-100,1,TRUE,0,0,29-02-2016 01:16,29-02-2016 01:24,2 - High,?,?",
            "INC1,Active,2,FALSE,1,3,29-02-2016 01:16,29-02-2016 02:16,1 - Critical,29-02-2016 03:16,",
        ])
        .unwrap();
        assert_eq!((read.rows, read.batch.items.len(), read.batch.n_skipped), (3, 1, 0));
        let all = Group::of(&read.batch.items);
        assert_eq!((all.made_sla, all.reopened, all.reassignments), (0, 1, 3));
        assert_eq!((all.ack.median, all.resolve.median, all.close.n), (Some(3_600.0), Some(7_200.0), 0));
        assert!(is_log(HEADER.as_bytes()) && !is_log(b"{\"number\": 1}") && !is_log(b""));
    }

    #[test]
    fn a_bad_line_is_left_out_with_its_number_and_the_key() {
        let read = log(&[
            "INC1,New,0,TRUE,0,0,29-02-2016 01:16,?,?,?,?",
            "INC2,New,0,TRUE,0,0,2016-02-29,?,?,?,?",
            "INC3,New,many,TRUE,0,0,29-02-2016 01:16,?,?,?,?",
            "short",
        ])
        .unwrap();
        let told: Vec<String> = read.batch.skipped.iter().map(|s| format!("{}: {}", s.at, s.why)).collect();
        let wanted = [
            "line 3: opened_at: \"2016-02-29\" is no time such as 29-02-2016 01:16",
            "line 4: sys_mod_count: \"many\" is no count",
            "line 5: it has 1 cells, the header has 11",
        ];
        assert_eq!((told, read.batch.items.len()), (wanted.map(str::to_owned).into(), 1));
    }

    #[test]
    fn times_are_of_the_zone_that_was_named() {
        let berlin = Zones::bundled().find("Europe/Berlin").unwrap();
        let text = format!("{HEADER}INC1,New,0,TRUE,0,0,29-02-2016 01:16,?,?,?,?\n");
        let read = read(text.as_bytes(), &berlin).unwrap();
        let opened = crate::domain::time::rfc3339(read.batch.items[0].facts.opened_at);
        assert_eq!(opened, "2016-02-29T00:16:00Z");
    }

    #[test]
    fn a_log_without_its_columns_is_refused() {
        assert!(matches!(
            read(&b"number,priority\n1,2\n"[..], &Zone::utc()),
            Err(TicketsError::NoColumn("incident_state"))
        ));
        assert!(matches!(log(&["x"]), Err(TicketsError::Nothing(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[INC0-9,?\": \\n-]{0,80}") {
            let _ = (read(&bytes[..], &Zone::utc()).is_ok(), log(&[&text]).is_ok());
        }
    }
}
