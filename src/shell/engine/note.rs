//! Lines for the record: what the person did, and what was seen of evidence.

use crate::{
    domain::record::Entry,
    floor::{
        effect::Note,
        fact::{Fact, Went},
    },
    shell::{duties, engine::Engine},
    text::Text,
};

impl Engine {
    /// Adds a line to the record, in the person's name, and has it read again; says what came of it.
    pub(super) fn note(&mut self, note: Note) -> Vec<Fact> {
        let Some((source, record, seen)) = self.tending.clone() else { return Vec::new() };
        let Note { act, name, day, at, note } = note;
        let is_own = act.is_own();
        let by = (!is_own).then(|| Text::scrub(self.me.as_str()));
        let said = format!("{name}: {}", act.said());
        let entry = Entry { at: at.unwrap_or_else(|| self.clock.now()), act, name, day, by, note };
        let Some(path) = (if is_own { seen } else { Some(record) }) else { return Vec::new() };
        let told = |what: &str, went| vec![Fact::Told { what: Text::scrub(what), went }];
        match duties::add(&path, &entry) {
            Ok(()) => {
                self.due.push(source);
                if is_own { Vec::new() } else { told(&said, Went::Well) }
            }
            Err(why) => told(&format!("not put on record: {why}"), Went::Badly),
        }
    }
}
