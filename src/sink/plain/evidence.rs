//! Why an incident's clocks stand as they do: one line for each thing that moved one.

use super::{ANY, Page, Side, Table, words};
use crate::{
    domain::{
        sla::{self, Evidence},
        zone::Zone,
    },
    sink::{board::Judged, words as said},
};

/// Writes the section: the instant, the clock, what it did, by whom, and under which rule.
pub fn write(page: &mut Page, judged: &Judged<'_>, evidence: &[Evidence], zone: &Zone) {
    page.line(&format!("WHY  {}, times in {}", judged.incident.key, zone.name()));
    if !judged.incident.has_timeline {
        page.line("  its history has not been read: clocks run from the opening, and responses are not known");
    }
    let columns = [(Side::Left, 16), (Side::Left, 8), (Side::Left, 12), (Side::Left, 34), (Side::Left, ANY)];
    let mut table = Table::new(columns);
    for line in evidence {
        let by = line.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let under = line.under.as_ref().map(|name| format!(", under {name}")).unwrap_or_default();
        table.row([
            words::moment(line.at, zone),
            said::clock(line.clock).to_owned(),
            said::step(line.step),
            format!("{}{by}", line.event),
            format!("{} {}{under}", line.rule, sla::rule_words(line.rule)),
        ]);
    }
    page.table(&table);
}
