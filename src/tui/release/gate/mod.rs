//! The gate as rows: who signed, what stands against it, freezes, what is on record; and the acts on them.

pub mod view;

use chrono::{DateTime, Utc};

use crate::{
    domain::release::{
        gate::{Class, Reason, Role},
        record::{Decided, Deed, Entry, Say},
    },
    floor::{Floor, fact::Went},
    text::Text,
    tui::{
        Model, Overlay, acting, message,
        release::{
            Part,
            saying::{self, Choice},
        },
    },
};

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A title.
    Head(&'static str),
    /// A role, by its place in [`roles`].
    Role(usize),
    /// A reason of the gate's outcome, by its place.
    Reason(usize),
    /// A freeze of the rules, by its place.
    Freeze(usize),
    /// An entry on record: which plan, which entry.
    Entry(usize, usize),
}

/// Entries of the record that are listed, the latest first.
const ENTRIES: usize = 20;

/// The roles whose go is needed: those with members, then those that are only named.
pub fn roles(floor: &Floor) -> Vec<Role> {
    let mut roles = floor.release_rules().roles.clone();
    let named = floor.release().map(|release| release.sign_offs.as_slice()).unwrap_or_default();
    for sign_off in named {
        if !roles.iter().any(|role| same(&role.name, &sign_off.role)) {
            roles.push(Role { name: sign_off.role.clone(), members: Vec::new() });
        }
    }
    roles
}

fn same(one: &Text, other: &Text) -> bool {
    one.as_str().to_lowercase() == other.as_str().to_lowercase()
}

/// What each person last said for a role, the oldest first, over all records.
pub fn says<'a>(floor: &'a Floor, role: &Role) -> Vec<(&'a Entry, Say)> {
    let courses = floor.release().map(|release| release.courses.as_slice()).unwrap_or_default();
    courses.iter().flat_map(|course| course.record.says(role.name.as_str())).collect()
}

/// The rows. Steps that are open come last: they are many, and the plan has them.
pub fn rows(floor: &Floor) -> Vec<Row> {
    let mut rows = Vec::new();
    let n_roles = roles(floor).len();
    titled(&mut rows, "sign-offs", (0..n_roles).map(Row::Role));
    let mut open = Vec::new();
    if let Some(outcome) = floor.gate() {
        let is_step = |at: &usize| matches!(outcome.reasons.get(*at), Some(Reason::Item { .. }));
        let (steps, rest): (Vec<usize>, Vec<usize>) = (0..outcome.reasons.len()).partition(is_step);
        titled(&mut rows, "against it", rest.into_iter().map(Row::Reason));
        open = steps;
    }
    titled(&mut rows, "freezes", (0..floor.release_rules().freezes.len()).map(Row::Freeze));
    let courses = floor.release().map(|release| release.courses.as_slice()).unwrap_or_default();
    let mut entries: Vec<(DateTime<Utc>, Row)> = Vec::new();
    for (nth, course) in courses.iter().enumerate() {
        let told = course.record.entries().iter().enumerate().rev().filter(|(_, entry)| is_told(&entry.deed));
        entries.extend(told.take(ENTRIES).map(|(place, entry)| (entry.at, Row::Entry(nth, place))));
    }
    entries.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    titled(&mut rows, "on record", entries.into_iter().take(ENTRIES).map(|(_, row)| row));
    titled(&mut rows, "not done", open.into_iter().map(Row::Reason));
    rows
}

fn titled(rows: &mut Vec<Row>, title: &'static str, some: impl Iterator<Item = Row>) {
    let before = rows.len();
    rows.push(Row::Head(title));
    rows.extend(some);
    if rows.len() == before + 1 {
        rows.truncate(before);
    }
}

/// Ticks and sign-offs stand where they belong; the rest is told as it was entered.
fn is_told(deed: &Deed) -> bool {
    !matches!(deed, Deed::Tick { .. } | Deed::SignOff { .. })
}

/// The commit that is to go out, as far as it is known: the one that was named, else that of the last run of a job.
pub fn commit(floor: &Floor) -> Option<Text> {
    floor.commit_of_release().cloned().or_else(|| floor.checks().next().map(|checks| checks.commit.clone()))
}

/// The commit that a word on the release is about: the one in question, or the one that is checked out where the record lies.
fn signed(model: &Model) -> Option<Text> {
    let head = || model.release.sheet.courses(&model.floor).first()?.head.clone();
    commit(&model.floor).or_else(head)
}

/// The record that is written to: the first plan's.
fn path(model: &Model) -> Result<Text, String> {
    if model.release.entering.is_some() {
        return Err("the entry before is still on its way to the record".to_owned());
    }
    let course = model.release.sheet.courses(&model.floor).first();
    course.map(|course| course.plan.path.clone()).ok_or_else(|| "no plan was read: there is no record".to_owned())
}

fn open(model: &mut Model, made: Result<saying::State, String>, now: DateTime<Utc>) {
    match made {
        Ok(form) => model.overlays.push(Overlay::Saying(Box::new(form))),
        Err(why) => message::say(model, why, Went::Badly, now),
    }
}

/// Opens the form for a role's word: of the role under the cursor. Elsewhere the cursor goes to the first role that waits
/// for this person.
pub fn sign(model: &mut Model, now: DateTime<Utc>) {
    let roles = roles(&model.floor);
    let at = model.release.cursor().at;
    let here = match model.release.gate.get(at) {
        Some(Row::Role(place)) if model.is_zoomed && model.release.part == Part::Gate => roles.get(*place),
        _ => None,
    };
    match here {
        Some(role) => sign_for(model, role, now),
        None => seek(model, &roles, now),
    }
}

/// Opens the form for the word of one role.
fn sign_for(model: &mut Model, role: &Role, now: DateTime<Utc>) {
    let made = path(model).and_then(|path| {
        let may = role.members.is_empty() || role.members.iter().any(|who| same(who, &Text::scrub(model.me.as_str())));
        if !may {
            let members: Vec<&str> = role.members.iter().map(Text::as_str).collect();
            return Err(format!("{} is spoken for by {}: your word would not count", role.name, members.join(", ")));
        }
        let say = |say| Deed::SignOff { role: role.name.clone(), say };
        let choices = vec![
            Choice::new("go", "it may go out", say(Say::Go)),
            Choice::new("veto", "it must not, and why", say(Say::Veto)),
            Choice::new("withdrawn", "what I said does not count any more", say(Say::Withdrawn)),
        ];
        Ok(saying::State::new(format!("{} signs off", role.name), path, choices, signed(model)))
    });
    open(model, made, now);
}

fn seek(model: &mut Model, roles: &[Role], now: DateTime<Utc>) {
    let me = Text::scrub(model.me.as_str());
    let is_mine = |role: &Role| role.members.is_empty() || role.members.iter().any(|who| same(who, &me));
    let is_open = |role: &Role| !says(&model.floor, role).iter().any(|(entry, _)| same(&entry.by, &me));
    let place = roles.iter().position(|role| is_mine(role) && is_open(role));
    let place = place.or_else(|| roles.iter().position(is_mine)).unwrap_or(0);
    if roles.is_empty() {
        let why = "nobody's word is asked for: [release] sign_off = [\"qa\"] names roles".to_owned();
        return message::say(model, why, Went::Badly, now);
    }
    model.is_zoomed = true;
    model.release.part = Part::Gate;
    let at = model.release.gate.iter().position(|row| *row == Row::Role(place)).unwrap_or(0);
    if let Some(cursor) = model.release.cursor_mut() {
        cursor.at = at;
    }
}

/// Opens the form for a decision.
pub fn decide(model: &mut Model, now: DateTime<Utc>) {
    let made = path(model).map(|path| {
        let decision = |what| Deed::Decision { what };
        let mut choices = vec![
            Choice::new("go", "it goes out", decision(Decided::Go)),
            Choice::new("no-go", "it does not, and why", decision(Decided::NoGo)),
            Choice::new("roll-back", "it is taken back, and why", decision(Decided::RollBack)),
            Choice::new("stay", "it stays though a roll-back is recommended, and why", decision(Decided::Stay)),
        ];
        if model.floor.rollback().is_some_and(|watch| watch.is_recommended()) {
            choices.rotate_left(2);
        }
        saying::State::new("a decision".to_owned(), path, choices, commit(&model.floor))
    });
    open(model, made, now);
}

/// Does what a row is for: a role signs, a failing job or a freeze is passed over, anything else is told in full.
pub fn open_row(model: &mut Model, now: DateTime<Utc>) {
    if model.acting.rights.is_read_only {
        return message::say(model, acting::rights::READ_ONLY.to_owned(), Went::Badly, now);
    }
    let row = model.release.gate.get(model.release.cursor().at).copied();
    let reason = row.and_then(|row| reason_of(model, &row)).cloned();
    let told = match (row, reason) {
        (Some(Row::Role(_)), _) => return sign(model, now),
        (Some(Row::Freeze(_)), _) | (_, Some(Reason::Ci { .. } | Reason::Freeze { .. })) => return waive(model, now),
        (_, Some(Reason::Missing(role) | Reason::Stale { role, .. } | Reason::Veto { role, .. })) => {
            let role = roles(&model.floor).into_iter().find(|it| same(&it.name, &role));
            return role.map_or((), |role| sign_for(model, &role, now));
        }
        (Some(Row::Entry(course, place)), _) => {
            let course = model.floor.release().and_then(|release| release.courses.get(course));
            let entry = course.and_then(|course| course.record.entries().get(place));
            entry.map(|entry| format!("{}, by {}: {}", saying::named(model, &entry.deed), entry.by, entry.reason))
        }
        (_, reason) => reason.map(|reason| reason.words()),
    };
    if let Some(told) = told {
        message::say(model, told, Went::Well, now);
    }
}

/// Opens the form for what is passed over: the informing job or the freeze under the cursor; elsewhere all that can be.
pub fn waive(model: &mut Model, now: DateTime<Utc>) {
    let here = (model.is_zoomed && model.release.part == Part::Gate)
        .then(|| model.release.gate.get(model.release.cursor().at))
        .flatten();
    let made = path(model).and_then(|path| {
        let (title, choices) = match here.filter(|row| may_be_waived(model, row)) {
            Some(row) => waiver(model, *row).map(|(title, choice)| (title, vec![choice]))?,
            None => waivers(model)?,
        };
        Ok(saying::State::new(title, path, choices, commit(&model.floor)))
    });
    open(model, made, now);
}

fn reason_of<'a>(model: &'a Model, row: &Row) -> Option<&'a Reason> {
    let Row::Reason(at) = row else { return None };
    model.floor.gate().and_then(|outcome| outcome.reasons.get(*at))
}

fn may_be_waived(model: &Model, row: &Row) -> bool {
    let is_reason = matches!(reason_of(model, row), Some(Reason::Ci { .. } | Reason::Freeze { .. }));
    is_reason || matches!(row, Row::Freeze(_))
}

/// All that stands against the release now and can be passed over by this person.
fn waivers(model: &Model) -> Result<(String, Vec<Choice>), String> {
    let rows = model.release.gate.iter().filter(|row| matches!(row, Row::Reason(_)) && may_be_waived(model, row));
    let (mut choices, mut first, mut why_not) = (Vec::new(), None, None);
    for found in rows.map(|row| waiver(model, *row)) {
        match found {
            Ok((title, mut choice)) => {
                choice.help = format!("{title}: {}", choice.help);
                choices.push(choice);
                first.get_or_insert(title);
            }
            Err(why) => drop(why_not.get_or_insert(why)),
        }
    }
    match (first, choices.len()) {
        (Some(title), 1) => Ok((title, choices)),
        (Some(_), _) => Ok(("what is passed over".to_owned(), choices)),
        (None, _) => Err(why_not
            .unwrap_or_else(|| "no informing job fails and no freeze holds: there is nothing to pass over".to_owned())),
    }
}

fn waiver(model: &Model, row: Row) -> Result<(String, Choice), String> {
    let (rules, me) = (model.floor.release_rules(), Text::scrub(model.me.as_str()));
    let may = |who: &[Text]| who.iter().any(|login| same(login, &me));
    let reason = reason_of(model, &row);
    let freeze = match (row, reason) {
        (Row::Freeze(at), _) => rules.freezes.get(at).map(|freeze| freeze.name.clone()),
        (_, Some(Reason::Freeze { name, .. })) => Some(name.clone()),
        _ => None,
    };
    if let Some(freeze) = freeze {
        if !rules.may_except.is_empty() && !may(&rules.may_except) {
            return Err("the settings name who may approve an exception, and not you (may_except)".to_owned());
        }
        let deed = Deed::FreezeException { freeze: freeze.clone() };
        return Ok((
            format!("the freeze {freeze}"),
            Choice::new("exception", "it does not hold for this release", deed),
        ));
    }
    let Some(Reason::Ci { job, .. }) = reason else {
        return Err("select a failing job or a freeze at the gate: that is what can be passed over".to_owned());
    };
    let is_blocking = rules.jobs.iter().any(|rule| same(&rule.name, job) && rule.class == Class::Blocking);
    if is_blocking {
        return Err(format!("{job} is a blocking job: it cannot be waived"));
    }
    if !may(&rules.may_waive) {
        return Err("the settings name who may waive a job, and not you (may_waive)".to_owned());
    }
    Ok((format!("CI {job}"), Choice::new("waive", "it is passed over, and why", Deed::Waiver { what: job.clone() })))
}
