//! Why an incident's clocks stand as they do: one line for each thing that moved one.

use chrono::{DateTime, Datelike as _, Utc};

use super::{ANY, Page, Side, Table};
use crate::{
    domain::{
        sla::{self, Evidence, Step},
        zone::Zone,
    },
    sink::{board::Judged, words as said},
};

/// Writes the section: the instant, the clock, what it did, by whom, and under which rule.
pub fn write(page: &mut Page, judged: &Judged<'_>, evidence: &[Evidence], zone: &Zone, now: DateTime<Utc>) {
    page.line(&format!("WHY  {}, times in {}", judged.incident.key, zone.name()));
    if !judged.incident.has_timeline {
        page.line("  its history has not been read: whether somebody answered is not known");
    }
    let columns = [(Side::Left, 17), (Side::Left, 8), (Side::Left, 9), (Side::Left, 34), (Side::Left, ANY)];
    let mut table = Table::new(columns);
    for line in evidence {
        let by = line.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let under = line.under.as_ref().map(|name| format!(", under {name}")).unwrap_or_default();
        table.row([
            moment(line.at, zone, now),
            said::clock(line.clock).to_owned(),
            step(line.step),
            format!("{}{by}", line.event),
            format!("{} {}{under}", line.rule, sla::rule_words(line.rule)),
        ]);
    }
    page.table(&table);
}

/// `20 Nov 09:00`, with the year where it is another one: the line has to have room for the rule.
fn moment(at: DateTime<Utc>, zone: &Zone, now: DateTime<Utc>) -> String {
    let (there, here) = (zone.local(at), zone.local(now));
    let form = if there.year() == here.year() { "%-d %b %H:%M" } else { "%-d %b %Y %H:%M" };
    there.format(form).to_string()
}

fn step(step: Step) -> String {
    match step {
        Step::Start => "starts".to_owned(),
        Step::Pause => "pauses".to_owned(),
        Step::Resume => "goes on".to_owned(),
        Step::Stop => "stops".to_owned(),
        Step::Retarget(grade) => format!("as {}", grade.word()),
        Step::Breach => "goes over".to_owned(),
    }
}
