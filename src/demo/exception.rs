//! Overrides in the simulated world: its roster stands in no file, so what is shown is the file it would stand in.

use std::fmt::Write as _;

use crate::{
    demo::ROSTER,
    domain::{
        diff,
        release::{Digest, fnv1a},
        rota::{Override, OverrideChange, OverrideKind, Roster, Schedule},
        time::rfc3339,
    },
    floor::fact::Fact,
    text::Text,
};

/// What a change would do.
pub fn preview(roster: &Roster, seat: &Text, change: &OverrideChange) -> Fact {
    let before = written(roster);
    match changed(roster, seat, change) {
        Ok(after) => Fact::OverridePreviewed {
            seat: seat.clone(),
            change: change.clone(),
            diff: diff::between(&before, &written(&after)),
            seen: digest(&before),
        },
        Err(why) => Fact::OverrideFailed { why },
    }
}

/// Makes a change, if the roster is still the one that was previewed; its readers hear of it at once.
pub fn write(roster: &mut Roster, seat: &Text, change: &OverrideChange, seen: Digest) -> Vec<Fact> {
    if digest(&written(roster)) != seen {
        let why = Text::scrub("the roster has changed since the preview; look at it again");
        return vec![Fact::OverrideFailed { why }];
    }
    match changed(roster, seat, change) {
        Ok(after) => {
            *roster = after;
            vec![
                Fact::OverrideWritten { seat: seat.clone(), change: change.clone() },
                Fact::RosterRead { source: ROSTER, roster: Box::new(roster.clone()) },
            ]
        }
        Err(why) => vec![Fact::OverrideFailed { why }],
    }
}

fn changed(roster: &Roster, seat: &Text, change: &OverrideChange) -> Result<Roster, Text> {
    let mut after = roster.clone();
    let Some(schedule) = after.schedules.iter_mut().find(|s| s.name == *seat) else {
        return Err(Text::scrub(&format!("there is no seat \"{seat}\"")));
    };
    match change {
        OverrideChange::Add(new) if new.end <= new.start => return Err(Text::scrub("it ends before it starts")),
        OverrideChange::Add(new) => schedule.overrides.push(new.clone()),
        OverrideChange::Remove { nth, old } if schedule.overrides.get(*nth) == Some(old) => {
            drop(schedule.overrides.remove(*nth));
        }
        OverrideChange::Remove { .. } => return Err(Text::scrub("there is no such override any more")),
    }
    Ok(after)
}

fn digest(file: &str) -> Digest {
    Digest { length: file.len() as u64, hash: fnv1a(file.as_bytes()) }
}

/// The seats with their overrides, as a roster file has them; people and layers are left out.
fn written(roster: &Roster) -> String {
    roster.schedules.iter().map(seat).collect::<Vec<_>>().join("\n")
}

fn seat(schedule: &Schedule) -> String {
    let mut file = format!("[[schedule]]\nname = {}\n", quoted(schedule.name.as_str()));
    for exception in &schedule.overrides {
        // Writing to a string cannot fail.
        let _ = write!(file, "\n[[schedule.override]]\n{}", lines(exception));
    }
    file
}

fn lines(exception: &Override) -> String {
    let mut file = match &exception.kind {
        OverrideKind::ReplaceAll(people) => {
            let people: Vec<_> = people.iter().map(|p| quoted(p.as_str())).collect();
            format!("kind = \"replace-all\"\npeople = [{}]\n", people.join(", "))
        }
        OverrideKind::ReplaceUser { user, with } => {
            format!("kind = \"replace\"\nuser = {}\nwith = {}\n", quoted(user.as_str()), quoted(with.as_str()))
        }
        OverrideKind::Add(user) => format!("kind = \"add\"\nuser = {}\n", quoted(user.as_str())),
        OverrideKind::Remove(user) => format!("kind = \"remove\"\nuser = {}\n", quoted(user.as_str())),
    };
    let _ = write!(file, "from = {}\nto = {}\n", rfc3339(exception.start), rfc3339(exception.end));
    if let Some(note) = &exception.note {
        let _ = writeln!(file, "note = {}", quoted(note.as_str()));
    }
    file
}

/// A TOML string: scrubbed text holds no control, so two signs are all there is to escape.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{diff::Mark, time::parse_rfc3339, zone::Zones};

    fn begin() -> (Roster, Text, Override) {
        let start = parse_rfc3339("2026-11-20T09:00:00Z").unwrap();
        let roster = crate::demo::roster::roster(&Zones::bundled(), start);
        let seat = roster.schedules[0].name.clone();
        let kind = OverrideKind::ReplaceAll(vec![roster.people[1].id.clone()]);
        let end = parse_rfc3339("2026-11-21T09:00:00Z").unwrap();
        let note = Some(Text::scrub("a \"note\""));
        (roster, seat, Override { kind, start, end, level: 0, created: None, note })
    }

    #[test]
    fn an_override_is_previewed_written_shown_and_taken_back() {
        let (mut roster, seat, new) = begin();
        let as_it_was = roster.clone();
        let add = OverrideChange::Add(new.clone());
        let Fact::OverridePreviewed { diff, seen, .. } = preview(&roster, &seat, &add) else { panic!() };
        assert!(diff.iter().any(|l| l.mark == Mark::Added && l.text.as_str() == r#"note = "a \"note\"""#), "{diff:?}");
        let facts = write(&mut roster, &seat, &add, seen);
        let [Fact::OverrideWritten { .. }, Fact::RosterRead { roster: told, .. }] = facts.as_slice() else {
            panic!("{facts:?}")
        };
        assert_eq!(told.schedules[0].overrides.last(), Some(&new));
        let remove = OverrideChange::Remove { nth: roster.schedules[0].overrides.len() - 1, old: new };
        let Fact::OverridePreviewed { seen, .. } = preview(&roster, &seat, &remove) else { panic!() };
        write(&mut roster, &seat, &remove, seen);
        assert_eq!(roster, as_it_was);
    }

    #[test]
    fn a_stale_preview_an_unknown_seat_and_an_override_that_is_gone_change_nothing() {
        let (mut roster, seat, new) = begin();
        let as_it_was = roster.clone();
        let add = OverrideChange::Add(new.clone());
        let stale = Digest { length: 1, hash: 1 };
        assert!(matches!(write(&mut roster, &seat, &add, stale).as_slice(), [Fact::OverrideFailed { .. }]));
        assert!(matches!(preview(&roster, &Text::scrub("nobody's"), &add), Fact::OverrideFailed { .. }));
        assert!(matches!(
            preview(&roster, &seat, &OverrideChange::Remove { nth: 0, old: new }),
            Fact::OverrideFailed { .. }
        ));
        assert_eq!(roster, as_it_was);
    }
}
