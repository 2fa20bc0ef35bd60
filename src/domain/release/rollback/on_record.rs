//! What was put on record as it was met: it stays so when its data are gone.

use chrono::{DateTime, Utc};

use super::{Criterion, State};
use crate::text::Text;

/// What is said of a criterion that only the record knows.
pub const KNOWN: &str = "put on record then";

impl Criterion {
    /// As it goes on record: `sync broken > 30m: for 31m`.
    pub fn on_record(&self) -> Text {
        Text::scrub(&format!("{}: {}", self.name, self.said))
    }

    /// What a line of the record says of this criterion, beside its name; nothing where it is of another one.
    fn said_by<'a>(&self, line: &'a Text) -> Option<&'a str> {
        line.as_str().strip_prefix(self.name.as_str())?.strip_prefix(": ")
    }

    /// Whether a line of the record is of this criterion.
    pub fn is_on_record(&self, line: &Text) -> bool {
        self.said_by(line).is_some()
    }
}

/// Takes what somebody saw met into what is found now, each with when. A criterion that cannot be judged any more, or that
/// is watched no longer, was met all the same.
pub fn take_record<'a>(criteria: &mut Vec<Criterion>, lines: impl Iterator<Item = (DateTime<Utc>, &'a Text)>) {
    for (at, line) in lines {
        let found = criteria.iter_mut().find_map(|known| known.said_by(line).map(|said| (said.to_owned(), known)));
        match found {
            Some((said, known)) => {
                known.newest = Some(known.newest.map_or(at, |newest| newest.max(at)));
                known.state = match known.state {
                    State::Met(met) => State::Met(met.min(at)),
                    State::Quiet | State::NotJudged => {
                        known.said = Text::scrub(&format!("{said}, {KNOWN}"));
                        State::Met(at)
                    }
                };
            }
            None => criteria.push(Criterion {
                name: line.clone(),
                state: State::Met(at),
                newest: Some(at),
                said: Text::scrub(KNOWN),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    #[test]
    fn what_was_met_stays_met_when_nothing_can_be_judged_any_more() {
        let at = |written: &str| parse_rfc3339(written).unwrap();
        let of = |name: &str, state| Criterion {
            name: Text::scrub(name),
            state,
            newest: None,
            said: Text::scrub("no data"),
        };
        let (met, again) = (at("2026-11-22T09:40:00Z"), at("2026-11-22T09:50:00Z"));
        let lines = [
            (met, Text::scrub("sync broken > 30m: for 34m")),
            (again, Text::scrub("a new P0: acme/api#7 was opened")),
            (again, Text::scrub("gone: for 1h")),
        ];
        let mut criteria =
            vec![of("sync broken > 30m", State::NotJudged), of("a new P0", State::Met(met)), of("calm", State::Quiet)];
        take_record(&mut criteria, lines.iter().map(|(at, line)| (*at, line)));
        let states: Vec<_> = criteria.iter().map(|c| (c.name.as_str(), c.state, c.met_last())).collect();
        assert_eq!(
            states,
            [
                ("sync broken > 30m", State::Met(met), Some(met)),
                ("a new P0", State::Met(met), Some(again)),
                ("calm", State::Quiet, None),
                ("gone: for 1h", State::Met(again), Some(again)),
            ]
        );
        assert_eq!(criteria[0].said.as_str(), "for 34m, put on record then");
    }
}
