//! `watchfloor oncall override add|remove|list`: exceptions in the roster file.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    cli::{
        args::{Asked, Common, OverrideCommand, Span},
        board, exit,
        failure::{Failure, complain, print},
        oncall::load::{Rota, load},
    },
    domain::{
        diff::DiffLine,
        rota::{Override, OverrideChange, OverrideKind, Person, Roster, Schedule, gaps},
        time::rfc3339,
        trouble::nearest,
        zone::{Zone, Zones},
    },
    shell::{
        feeds,
        roster_file::{RosterFile, Untouched},
    },
    text::Text,
};

/// Runs it.
///
/// # Errors
/// Exit code 2 for a person, a seat, a number or times that cannot be meant, 3 for a roster with problems, 1 when the file
/// could not be changed: it is as it was.
pub async fn run(command: &OverrideCommand, asked: &Asked, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let rota = load(asked, Span::default(), common, zones).await?;
    match command {
        OverrideCommand::List => list(&rota, asked.json, zones),
        OverrideCommand::Remove { number, dry_run } => {
            let path = path(asked, &rota)?;
            let (_, schedule, nth, old) = numbered(&rota.roster)
                .find(|(n, ..)| n == number)
                .ok_or_else(|| no_such_number(&rota.roster, *number))?;
            if asked.seat.as_ref().is_some_and(|wanted| Text::scrub(wanted) != schedule.name) {
                let what = format!("take out override {number}: it is one of {}", schedule.name);
                return Err(Failure::new(
                    exit::USAGE,
                    what,
                    "leave --seat out, or see watchfloor oncall override list",
                ));
            }
            let seat = schedule.name.clone();
            print(&format!("{seat}: no longer {}", said(old, &rota.shown)))?;
            make(&path, &seat, OverrideChange::Remove { nth, old: old.clone() }, *dry_run, zones)
        }
        OverrideCommand::Add { from, to, note, dry_run, .. } => {
            let path = path(asked, &rota)?;
            let (from, to) = (rota.read("--from", *from), rota.read("--to", *to));
            if to <= from {
                return Err(Failure::new(exit::USAGE, "--to is not after --from", "swap them, or name a later --to"));
            }
            let kind = kind(command, &rota.roster)?;
            let schedule = seat(&rota, asked)?;
            let is_disputed = schedule.overrides.iter().any(|known| known.start < to && from < known.end);
            let new = Override {
                kind,
                start: from,
                end: to,
                level: 0,
                // Between two that overlap the later one made wins; alone it needs no date.
                created: is_disputed.then_some(rota.now),
                note: note.as_deref().map(Text::scrub),
            };
            announce(&rota, schedule, &new)?;
            make(&path, &schedule.name, OverrideChange::Add(new.clone()), *dry_run, zones)
        }
    }
}

/// The file that is written into.
fn path(asked: &Asked, rota: &Rota) -> Result<PathBuf, Failure> {
    let of_settings = || rota.setup.as_ref().and_then(|setup| setup.engine.roster()).map(Path::to_path_buf);
    let path = asked
        .roster
        .clone()
        .or_else(of_settings)
        .ok_or_else(|| Failure::new(exit::CONFIG, "find the roster file", "name one with --roster FILE"))?;
    let is_toml = path.extension().is_none_or(|ending| ending.eq_ignore_ascii_case("toml"));
    if is_toml {
        return Ok(path);
    }
    let what = format!("write into {}: it is no roster file", path.to_string_lossy());
    let hint = match feeds::is_calendar(&path) {
        true => "change the calendar itself, or name it under [[schedule.calendar]] in a roster file and write there",
        false => "make one of it first: watchfloor oncall import",
    };
    Err(Failure::new(exit::USAGE, what, hint))
}

/// The seat asked for; the first one, where there is no other.
fn seat<'r>(rota: &'r Rota, asked: &Asked) -> Result<&'r Schedule, Failure> {
    let mut seats = rota.seats();
    match (seats.next(), seats.next()) {
        (Some(only), None) => Ok(only),
        (Some(first), Some(_)) if asked.seat.is_none() => {
            let names: Vec<_> = rota.roster.schedules.iter().map(|s| s.name.as_str()).collect();
            let hint = format!("--seat {} or another of: {}", first.name, names.join(", "));
            Err(Failure::new(exit::USAGE, "the roster has several seats: say which", hint))
        }
        (Some(first), Some(_)) => Ok(first),
        (None, _) => Err(Failure::new(exit::CONFIG, "the roster has no seat", "add a [[schedule]]")),
    }
}

fn kind(command: &OverrideCommand, roster: &Roster) -> Result<OverrideKind, Failure> {
    let OverrideCommand::Add { user, instead_of, extra, away, .. } = command else {
        return Err(Failure::new(exit::BUG, "an override of no kind", "please report it"));
    };
    let mut people = Vec::new();
    for name in user {
        let person = person(roster, name, "--user")?;
        if !people.contains(&person) {
            people.push(person);
        }
    }
    let one = |people: &[Person]| match people {
        [one] => Ok(one.clone()),
        _ => Err(Failure::new(exit::USAGE, "--user names several people", "name one, or write one override for each")),
    };
    match instead_of {
        Some(name) => {
            let user = person(roster, name, "--instead-of")?;
            Ok(OverrideKind::ReplaceUser { user, with: one(&people)? })
        }
        None if *extra => Ok(OverrideKind::Add(one(&people)?)),
        None if *away => Ok(OverrideKind::Remove(one(&people)?)),
        None => Ok(OverrideKind::ReplaceAll(people)),
    }
}

fn person(roster: &Roster, name: &str, option: &str) -> Result<Person, Failure> {
    let name = Text::scrub(name.trim());
    let known = || roster.people.iter().map(|contact| contact.id.as_str());
    if known().any(|id| id == name.as_str()) {
        return Ok(name);
    }
    let is_same = |said: &Text| !said.is_blank() && said.as_str().to_lowercase() == name.as_str().to_lowercase();
    let mut called = roster.people.iter().filter(|contact| {
        is_same(&contact.id) || is_same(&contact.name) || contact.login.as_ref().is_some_and(is_same)
    });
    let hint = match (called.next(), called.next()) {
        (Some(one), None) => return Ok(one.id.clone()),
        (Some(one), Some(other)) => format!("it may be {} or {}: write the id", one.id, other.id),
        (None, _) => match nearest(name.as_str(), known()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("the roster knows {}", known().collect::<Vec<_>>().join(", ")),
        },
    };
    Err(Failure::new(exit::USAGE, format!("{option} {name}: the roster has nobody of that name"), hint))
}

/// Says what changes, and warns where it is nothing or leaves nobody.
fn announce(rota: &Rota, schedule: &Schedule, new: &Override) -> Result<(), Failure> {
    let zone = &rota.shown;
    let mut with = schedule.clone();
    with.overrides.push(new.clone());
    let (before, after) = (schedule.segments(new.start, new.end), with.segments(new.start, new.end));
    let mut was: Vec<&str> = before.iter().flat_map(|s| s.people.iter().map(Text::as_str)).collect();
    was.sort_unstable();
    was.dedup();
    let nobody = "where nobody is on call,";
    let what = match &new.kind {
        OverrideKind::ReplaceAll(people) if was.is_empty() => format!("{}, {nobody}", names(people)),
        OverrideKind::Add(user) if was.is_empty() => format!("{user}, {nobody}"),
        OverrideKind::ReplaceAll(people) => format!("{} instead of {}", names(people), was.join(", ")),
        OverrideKind::ReplaceUser { user, with } => format!("{with} instead of {user}"),
        OverrideKind::Add(user) => format!("{user} as well as {}", was.join(", ")),
        OverrideKind::Remove(user) => format!("without {user}"),
    };
    print(&format!("{}: {what} from {} until {}", schedule.name, clock(new.start, zone), clock(new.end, zone)))?;
    if before == after {
        complain("warning: this changes nothing: who is on call stays the same throughout");
    }
    let had_gaps = gaps(&before).len();
    let left = gaps(&after);
    if let Some(gap) = left.first().filter(|_| left.len() > had_gaps || gaps(&before) != left) {
        let (start, end) = (clock(gap.start, zone), clock(gap.end, zone));
        complain(&format!("warning: nobody is on call from {start} until {end}"));
    }
    let changed = Roster { schedules: vec![with], ..rota.roster.clone() };
    let steps_in = new.kind.steps_in();
    for duty in changed.duties_in_leave(new.start, new.end).iter().filter(|duty| steps_in.contains(&duty.person)) {
        let note = rota.roster.leave.get(duty.leave).and_then(|leave| leave.note.as_ref());
        let why = note.map(|note| format!(" ({note})")).unwrap_or_default();
        let (start, end) = (clock(duty.start, zone), clock(duty.end, zone));
        complain(&format!("warning: {} is on leave{why} from {start} until {end}", duty.person));
    }
    Ok(())
}

/// Makes the change, or shows it.
fn make(path: &Path, seat: &Text, change: OverrideChange, dry_run: bool, zones: &Zones) -> Result<u8, Failure> {
    let file = RosterFile { path: path.to_path_buf(), zones: zones.clone() };
    let name = Text::scrub(&path.to_string_lossy());
    let failed = |untouched: Untouched| {
        let hint = "the file is as it was; look at it and try again";
        Failure::new(exit::NO, format!("change {name}: {}", untouched.why), hint)
    };
    if dry_run {
        let (edited, _) = file.preview(seat, &change).map_err(failed)?;
        print(&format!("{}\n{name} is not changed (--dry-run)", diff(&edited.diff)))?;
        return Ok(exit::DONE);
    }
    let saved = file.write(seat, &change, None).map_err(failed)?;
    if let Some(doubt) = saved.doubt {
        complain(&format!("warning: {name}: {doubt}"));
    }
    print(&format!("{name} is changed"))?;
    Ok(exit::DONE)
}

/// The lines with their numbers in the new file, or in the old one where they go.
fn diff(lines: &[DiffLine]) -> String {
    let line = |line: &DiffLine| {
        let number = line.new.or(line.old).unwrap_or_default();
        format!("{number:>5} {} {}", line.mark.sign(), line.text).trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Every override with its number as it is said everywhere, its seat, and its place among that seat's, from 0.
fn numbered(roster: &Roster) -> impl Iterator<Item = (usize, &Schedule, usize, &Override)> {
    roster.numbered_overrides().filter_map(|(n, schedule, one)| {
        let nth = schedule.overrides.iter().position(|other| std::ptr::eq(other, one))?;
        Some((n, schedule, nth, one))
    })
}

fn list(rota: &Rota, is_json: bool, zones: &Zones) -> Result<u8, Failure> {
    let seats: Vec<_> = rota.seats().map(|schedule| schedule.name.clone()).collect();
    let wanted = numbered(&rota.roster).filter(|(_, schedule, ..)| seats.contains(&schedule.name));
    if is_json {
        let listed: Vec<Value> = wanted.map(|(n, schedule, _, one)| on_wire(n, schedule, one)).collect();
        let document = board::document("oncall_overrides", zones, rota.now).with("overrides", listed);
        print(&board::pretty(&document.value()))?;
        return Ok(exit::DONE);
    }
    let lines: Vec<_> = wanted
        .map(|(n, schedule, _, one)| {
            let past = if one.end <= rota.now { " (past)" } else { "" };
            format!("{n:>3}  {}: {}{past}", schedule.name, said(one, &rota.shown))
        })
        .collect();
    print(&if lines.is_empty() { "no override".to_owned() } else { lines.join("\n") })?;
    Ok(exit::DONE)
}

fn on_wire(n: usize, schedule: &Schedule, one: &Override) -> Value {
    let (kind, people, instead_of) = match &one.kind {
        OverrideKind::ReplaceAll(people) => ("replace-all", people.clone(), None),
        OverrideKind::ReplaceUser { user, with } => ("replace", vec![with.clone()], Some(user.as_str())),
        OverrideKind::Add(user) => ("add", vec![user.clone()], None),
        OverrideKind::Remove(user) => ("remove", vec![user.clone()], None),
    };
    let people: Vec<&str> = people.iter().map(Text::as_str).collect();
    json!({
        "number": n,
        "seat": schedule.name.as_str(),
        "kind": kind,
        "people": people,
        "instead_of": instead_of,
        "from": rfc3339(one.start),
        "to": rfc3339(one.end),
        "note": one.note.as_ref().map(Text::as_str),
    })
}

fn no_such_number(roster: &Roster, number: usize) -> Failure {
    let hint = match roster.numbered_overrides().count() {
        0 => "the roster has no override".to_owned(),
        n => format!("numbers go from 1 to {n}: see watchfloor oncall override list"),
    };
    Failure::new(exit::USAGE, format!("there is no override {number}"), hint)
}

fn said(one: &Override, zone: &Zone) -> String {
    let what = match &one.kind {
        OverrideKind::ReplaceAll(people) => format!("{} instead of everybody", names(people)),
        OverrideKind::ReplaceUser { user, with } => format!("{with} instead of {user}"),
        OverrideKind::Add(user) => format!("{user} as well"),
        OverrideKind::Remove(user) => format!("without {user}"),
    };
    let note = one.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("{what} from {} until {}{note}", clock(one.start, zone), clock(one.end, zone))
}

fn names(people: &[Person]) -> String {
    people.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}

fn clock(at: DateTime<Utc>, zone: &Zone) -> String {
    at.with_timezone(zone).format("%a %Y-%m-%d %H:%M %:z").to_string()
}
