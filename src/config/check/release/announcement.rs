//! `[[release.announcement]]`: what is told to whom, and when.

use crate::{
    config::{problems::Report, secrets::quoted, walk::Table},
    domain::release::{
        announcement::{self, Declared},
        words::parse_when,
    },
    text::{Passage, Text},
};

const HINTS: [(&str, &str); 3] = [
    ("name", "write name = \"administrators\""),
    ("when", "write when = \"T-2\", or \"T-2h\" for two hours before"),
    ("text", "write text = \"{release} goes out on {day} at {time} ({zone}).\""),
];

/// Reads the announcements; a name is one announcement.
pub(super) fn all(table: &mut Table<'_>, report: &mut Report) -> Vec<Declared> {
    let mut found: Vec<Declared> = Vec::new();
    for mut table in table.tables("announcement", report) {
        for (name, hint) in HINTS {
            if !table.has(name) {
                table.missing(name, hint, report);
            }
        }
        let name = table.filled("name", report).map(|said| (Text::scrub(said.value.trim()), said));
        let when = table.filled("when", report).and_then(|said| {
            let when = parse_when(said.value);
            if when.is_none() {
                let what = format!("is {}, which is no time before or after T-0", quoted(said.value));
                report.fault(&said, &what, "write when = \"T-2\", or \"T-2h\" for two hours before");
            }
            when
        });
        let to = table.filled("to", report).map(|said| Text::scrub(said.value)).unwrap_or_default();
        let step = table.filled("step", report).map(|said| Text::scrub(said.value));
        let said = table.filled("text", report).map(|said| {
            for name in announcement::unknown(said.value) {
                let what = format!("has {}, which stands for nothing", quoted(name));
                let hint = format!("these stand for something: {}", announcement::NAMES.join(", "));
                report.fault(&said, &what, &hint);
            }
            Passage::scrub(said.value)
        });
        table.finish(report);
        let Some((name, named)) = name else { continue };
        if found.iter().any(|known| known.name == name) {
            report.fault(
                &named,
                &format!("{} stands for two announcements", quoted(named.value)),
                "give each its name",
            );
            continue;
        }
        if let (Some(when), Some(text)) = (when, said) {
            found.push(Declared { name, when, to, step, text });
        }
    }
    found
}
