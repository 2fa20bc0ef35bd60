//! Exceptions of the roster: shown first, then written.

use super::{Engine, doubtful};
use crate::{
    domain::{release::Digest, rota::OverrideChange},
    floor::fact::Fact,
    shell::roster_file::Untouched,
    text::Text,
};

impl Engine {
    /// Says what an exception would do to the roster file.
    pub(super) fn preview_override(&mut self, seat: Text, change: OverrideChange) -> Fact {
        let previewed = match &self.roster {
            Some((_, file)) => file.preview(&seat, &change),
            None => Err(Untouched::no_file()),
        };
        match previewed {
            Ok((edited, seen)) => Fact::OverridePreviewed { seat, change, diff: edited.diff, seen },
            Err(untouched) => self.override_failed(untouched),
        }
    }

    /// Changes the roster file, if it is still the one that was previewed; it is read again at once, whatever came of it.
    pub(super) fn write_override(&mut self, seat: Text, change: OverrideChange, seen: Digest) -> Vec<Fact> {
        let written = match &self.roster {
            Some((_, file)) => file.write(&seat, &change, Some(seen)),
            None => Err(Untouched::no_file()),
        };
        match written {
            Ok(saved) => {
                self.due.extend(self.roster.iter().map(|(source, _)| *source));
                let doubt = saved.doubt.map(|doubt| doubtful(&seat, doubt.as_str()));
                std::iter::once(Fact::OverrideWritten { seat, change }).chain(doubt).collect()
            }
            Err(untouched) => vec![self.override_failed(untouched)],
        }
    }

    fn override_failed(&mut self, untouched: Untouched) -> Fact {
        self.due.extend(self.roster.iter().map(|(source, _)| *source));
        Fact::OverrideFailed { why: untouched.why }
    }
}
