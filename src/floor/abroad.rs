//! What other servers told of their alerts, rules and silences: shown with its origin, judged by nobody here.

use chrono::{DateTime, Utc};

use crate::{
    domain::remote::{RemoteSilence, Told},
    floor::{Floor, fact::SourceId, freshness::Source},
    text::Text,
};

impl Floor {
    /// Each server that has told of alerts, with what it told last; in the order of the settings.
    pub fn abroad(&self) -> impl Iterator<Item = (&Source, &Told)> {
        self.abroad.iter().filter_map(|(id, told)| Some((self.sources.get(id.0)?, told)))
    }

    /// A silence of another server by its name, with the server's name.
    pub fn silence_abroad(&self, id: &Text) -> Option<(&Text, &RemoteSilence)> {
        self.abroad().find_map(|(source, told)| {
            told.silences.iter().find(|silence| silence.id == *id).map(|silence| (&source.name, silence))
        })
    }

    pub(super) fn remote_told(&mut self, source: SourceId, told: Told, now: DateTime<Utc>) {
        self.with(source, |source| source.heard(now, now));
        self.abroad.insert(source, told);
    }
}
