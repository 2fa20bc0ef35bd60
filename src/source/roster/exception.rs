//! `[[schedule.override]]`: one exception for a while.

use super::{
    layer::people,
    reader::{Reader, Table},
};
use crate::domain::{
    rota::{Override, OverrideKind, Person},
    trouble,
    zone::Zone,
};

const KEYS: [&str; 9] = ["kind", "people", "user", "with", "from", "to", "level", "created", "note"];

const KINDS: [&str; 4] = ["replace-all", "replace", "add", "remove"];

/// Reads an override; wall clocks are those of the roster's zone.
pub(super) fn read(reader: &mut Reader, table: &Table, zone: &Zone) -> Option<Override> {
    reader.only(table, &KEYS);
    let kind = kind(reader, table);
    for key in ["from", "to"] {
        reader.need(table, key, &format!("write {key} = 2026-12-24T00:00:00"));
    }
    let start = reader.instant(table, "from", zone);
    let end = reader.instant(table, "to", zone);
    if let (Some(start), Some(end), Some(value)) = (start, end, table.get("to"))
        && end <= start
    {
        reader.complain(value.span(), &table.key("to"), "not after from", Some("swap from and to?"));
    }
    let level = reader.level(table);
    let created = reader.instant(table, "created", zone);
    let note = reader.text(table, "note");
    Some(Override { kind: kind?, start: start?, end: end?, level, created, note })
}

fn kind(reader: &mut Reader, table: &Table) -> Option<OverrideKind> {
    let written = match table.get("kind") {
        None => "replace-all",
        Some(value) => reader.string(value, &table.key("kind"))?,
    };
    match written {
        "replace-all" => {
            means_nothing(reader, table, written, &["user", "with"]);
            reader.need(table, "people", "write who is on call instead: people = [\"ana\"]");
            people(reader, table.get("people")?, &table.key("people")).map(OverrideKind::ReplaceAll)
        }
        "replace" => {
            means_nothing(reader, table, written, &["people"]);
            let user = somebody(reader, table, "user");
            let with = somebody(reader, table, "with");
            Some(OverrideKind::ReplaceUser { user: user?, with: with? })
        }
        "add" => {
            means_nothing(reader, table, written, &["people", "with"]);
            somebody(reader, table, "user").map(OverrideKind::Add)
        }
        "remove" => {
            means_nothing(reader, table, written, &["people", "with"]);
            somebody(reader, table, "user").map(OverrideKind::Remove)
        }
        other => {
            let hint = match trouble::nearest(other, KINDS) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("known kinds: {}", KINDS.join(", ")),
            };
            let span = table.get("kind").map_or(table.span(), |value| value.span());
            reader.complain(span, &table.key("kind"), &format!("no override is of kind \"{other}\""), Some(&hint));
            None
        }
    }
}

fn somebody(reader: &mut Reader, table: &Table, key: &str) -> Option<Person> {
    reader.need(table, key, &format!("write {key} = \"ana\""));
    reader.person(table.get(key)?, &table.key(key))
}

/// A key that another kind would need: read silently, it would hide that the kind is the wrong one.
fn means_nothing(reader: &mut Reader, table: &Table, kind: &str, keys: &[&str]) {
    for key in keys {
        if let Some(value) = table.get(key) {
            let what = format!("means nothing for kind \"{kind}\"");
            reader.complain(value.span(), &table.key(key), &what, Some("leave it out, or change the kind"));
        }
    }
}
