//! An incident as a row of bytes. Its key and its opening text stand beside it.

use chrono::{DateTime, Utc};

use super::{
    bytes::{Reader, Writer},
    names::Names,
};
use crate::{
    domain::incident::{Actor, CloseReason, Event, Incident, IncidentKey, Kind, Label, Login, Standing, What},
    text::Text,
};

/// The first byte: how the rest is to be read.
const FORM: u8 = 1;

const KINDS: [Kind; 6] =
    [Kind::Issue, Kind::PullRequest, Kind::Dependabot, Kind::CodeScanning, Kind::Advisory, Kind::Notification];
const REASONS: [CloseReason; 3] = [CloseReason::Completed, CloseReason::NotPlanned, CloseReason::Duplicate];
const STANDINGS: [Standing; 3] = [Standing::Member, Standing::Outsider, Standing::Unsaid];

// What is so or not, one bit each.
const IS_DRAFT: u64 = 1 << 4;
const HAS_TIMELINE: u64 = 1 << 5;
const IS_CLOSED: u64 = 1 << 6;
const HAS_REASON: u64 = 1 << 7;
const HAS_AUTHOR: u64 = 1 << 8;
const HAS_MILESTONE: u64 = 1 << 9;

/// Writes an incident without its key and its opening text.
pub fn incident(incident: &Incident) -> Vec<u8> {
    let mut out = Writer::default();
    out.byte(FORM);
    let kind = place(&KINDS, &incident.kind) as u64;
    let bit = |is_so: bool, bit: u64| if is_so { bit } else { 0 };
    out.number(
        kind | bit(incident.is_draft, IS_DRAFT)
            | bit(incident.has_timeline, HAS_TIMELINE)
            | bit(incident.closed_at.is_some(), IS_CLOSED)
            | bit(incident.close_reason.is_some(), HAS_REASON)
            | bit(incident.author.is_some(), HAS_AUTHOR)
            | bit(incident.milestone.is_some(), HAS_MILESTONE),
    );
    out.instant(incident.opened_at, DateTime::UNIX_EPOCH);
    out.instant(incident.updated_at, incident.opened_at);
    if let Some(at) = incident.closed_at {
        out.instant(at, incident.opened_at);
    }
    if let Some(reason) = &incident.close_reason {
        out.byte(place(&REASONS, reason) as u8);
    }
    out.number(u64::from(incident.comments));
    out.text(incident.title.as_str());
    out.text(incident.url.as_str());
    if let Some(author) = &incident.author {
        out.name(author.as_str());
    }
    if let Some(milestone) = &incident.milestone {
        out.text(milestone.as_str());
    }
    out.number(incident.labels.len() as u64);
    for label in &incident.labels {
        out.name(label.as_str());
    }
    for people in [&incident.assignees, &incident.reviewers] {
        out.number(people.len() as u64);
        for login in people {
            out.name(login.as_str());
        }
    }
    out.number(incident.timeline.len() as u64);
    let mut before = incident.opened_at;
    for event in &incident.timeline {
        write_event(&mut out, event, before);
        before = event.at;
    }
    out.done()
}

// An event's first byte: four bits of what it was, two of the actor's standing (3 = no actor), then whether the actor is a
// robot and whether a name follows.
const NO_ACTOR: u8 = 3;
const IS_ROBOT: u8 = 1 << 6;
const HAS_NAME: u8 = 1 << 7;

fn write_event(out: &mut Writer, event: &Event, before: DateTime<Utc>) {
    let (what, name) = match &event.what {
        What::Labeled(label) => (0, Some(label.as_str())),
        What::Unlabeled(label) => (1, Some(label.as_str())),
        What::Assigned(login) => (2, login.as_ref().map(Login::as_str)),
        What::Unassigned(login) => (3, login.as_ref().map(Login::as_str)),
        What::Commented => (4, None),
        What::Reviewed => (5, None),
        What::Closed(CloseReason::Completed) => (6, None),
        What::Closed(CloseReason::NotPlanned) => (7, None),
        What::Closed(CloseReason::Duplicate) => (8, None),
        What::Reopened => (9, None),
        What::Merged => (10, None),
        What::Renamed => (11, None),
        What::Acted => (12, None),
    };
    let standing = event.actor.as_ref().map_or(NO_ACTOR, |actor| place(&STANDINGS, &actor.standing) as u8);
    let is_robot = event.actor.as_ref().is_some_and(|actor| actor.is_robot);
    let robot = if is_robot { IS_ROBOT } else { 0 };
    out.byte(what | standing << 4 | robot | if name.is_some() { HAS_NAME } else { 0 });
    out.instant(event.at, before);
    if let Some(actor) = &event.actor {
        out.name(actor.login.as_str());
    }
    if let Some(name) = name {
        out.name(name);
    }
}

/// Reads what [`incident`] wrote; nothing where it is something else, or of a later version.
pub fn read_incident(key: IncidentKey, bytes: &[u8], names: &mut Names) -> Option<Incident> {
    let mut from = Reader::new(bytes);
    if from.byte()? != FORM {
        return None;
    }
    let flags = from.number()?;
    let is = |bit: u64| flags & bit != 0;
    let kind = *KINDS.get(usize::try_from(flags & 0xf).ok()?)?;
    let opened_at = from.instant(DateTime::UNIX_EPOCH)?;
    let updated_at = from.instant(opened_at)?;
    let closed_at = if is(IS_CLOSED) { Some(from.instant(opened_at)?) } else { None };
    let close_reason = if is(HAS_REASON) { Some(*REASONS.get(usize::from(from.byte()?))?) } else { None };
    let comments = u32::try_from(from.number()?).ok()?;
    let title = Text::scrub(from.text()?);
    let url = Text::scrub(from.text()?);
    let author = if is(HAS_AUTHOR) { Some(names.login(from.name()?)) } else { None };
    let milestone = if is(HAS_MILESTONE) { Some(Text::scrub(from.text()?)) } else { None };
    let labels = many(&mut from, |from| Some(names.label(from.name()?)))?;
    let assignees = many(&mut from, |from| Some(names.login(from.name()?)))?;
    let reviewers = many(&mut from, |from| Some(names.login(from.name()?)))?;
    let mut before = opened_at;
    let timeline = many(&mut from, |from| {
        let event = read_event(from, before, names)?;
        before = event.at;
        Some(event)
    })?;
    from.is_at_end().then_some(Incident {
        key,
        kind,
        title,
        author,
        labels,
        assignees,
        reviewers,
        milestone,
        is_draft: is(IS_DRAFT),
        opened_at,
        updated_at,
        closed_at,
        close_reason,
        comments,
        url,
        body: None,
        timeline,
        has_timeline: is(HAS_TIMELINE),
    })
}

fn read_event(from: &mut Reader<'_>, before: DateTime<Utc>, names: &mut Names) -> Option<Event> {
    let head = from.byte()?;
    let at = from.instant(before)?;
    let standing = head >> 4 & 3;
    let actor = if standing == NO_ACTOR {
        None
    } else {
        let standing = *STANDINGS.get(usize::from(standing))?;
        Some(Actor { login: names.login(from.name()?), standing, is_robot: head & IS_ROBOT != 0 })
    };
    let name = if head & HAS_NAME != 0 { Some(from.name()?) } else { None };
    let mut label = |name: Option<&str>| -> Option<Label> { Some(names.label(name?)) };
    let what = match head & 0xf {
        0 => What::Labeled(label(name)?),
        1 => What::Unlabeled(label(name)?),
        2 => What::Assigned(name.map(|name| names.login(name))),
        3 => What::Unassigned(name.map(|name| names.login(name))),
        4 => What::Commented,
        5 => What::Reviewed,
        6 => What::Closed(CloseReason::Completed),
        7 => What::Closed(CloseReason::NotPlanned),
        8 => What::Closed(CloseReason::Duplicate),
        9 => What::Reopened,
        10 => What::Merged,
        11 => What::Renamed,
        12 => What::Acted,
        _ => return None,
    };
    Some(Event { at, actor, what })
}

fn many<'a, T>(from: &mut Reader<'a>, mut one: impl FnMut(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
    let n = from.count()?;
    let mut all = Vec::with_capacity(n);
    for _ in 0..n {
        all.push(one(from)?);
    }
    Some(all)
}

fn place<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().position(|known| known == one).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*, sample::select};

    use super::{super::drawn::instants, *};
    use crate::domain::incident::Repo;

    // Trimming and scrubbing may have to be done twice to come to rest; outside text comes through the door once.
    fn logins() -> impl Strategy<Value = Login> {
        "[a-zA-Z\\[\\]-]{1,4}|.{0,12}".prop_map(|name| Login::new(Login::new(&name).as_str()))
    }

    fn labels() -> impl Strategy<Value = Label> {
        "P[0-3]|.{0,20}".prop_map(|name| Label::new(&name))
    }

    fn texts() -> impl Strategy<Value = Text> {
        "\\PC{0,80}|.{0,40}".prop_map(|text| Text::scrub(&text))
    }

    fn whats() -> impl Strategy<Value = What> {
        let plain = vec![What::Commented, What::Reviewed, What::Reopened, What::Merged, What::Renamed, What::Acted];
        prop_oneof![
            labels().prop_map(What::Labeled),
            labels().prop_map(What::Unlabeled),
            option::of(logins()).prop_map(What::Assigned),
            option::of(logins()).prop_map(What::Unassigned),
            select(REASONS.to_vec()).prop_map(What::Closed),
            select(plain),
        ]
    }

    fn events() -> impl Strategy<Value = Event> {
        let actors = (logins(), select(STANDINGS.to_vec()), any::<bool>());
        let actors = actors.prop_map(|(login, standing, is_robot)| Actor { login, standing, is_robot });
        (instants(), option::of(actors), whats()).prop_map(|(at, actor, what)| Event { at, actor, what })
    }

    fn incidents() -> impl Strategy<Value = Incident> {
        let key = IncidentKey::issue(Repo::new("acme/api"), 812);
        let who = (
            option::of(logins()),
            prop::collection::vec(labels(), 0..4),
            prop::collection::vec(logins(), 0..3),
            prop::collection::vec(logins(), 0..3),
            option::of(texts()),
        );
        let when = (instants(), instants(), option::of(instants()), option::of(select(REASONS.to_vec())));
        let what = (select(KINDS.to_vec()), texts(), texts(), any::<u32>(), any::<bool>(), any::<bool>());
        (who, when, what, prop::collection::vec(events(), 0..12)).prop_map(move |(who, when, what, timeline)| {
            let (author, labels, assignees, reviewers, milestone) = who;
            let (opened_at, updated_at, closed_at, close_reason) = when;
            let (kind, title, url, comments, is_draft, has_timeline) = what;
            Incident {
                key: key.clone(),
                kind,
                title,
                author,
                labels,
                assignees,
                reviewers,
                milestone,
                is_draft,
                opened_at,
                updated_at,
                closed_at,
                close_reason,
                comments,
                url,
                body: None,
                timeline,
                has_timeline,
            }
        })
    }

    proptest! {
        #[test]
        fn every_incident_is_read_back_as_it_was(told in incidents()) {
            let bytes = incident(&told);
            let read = read_incident(told.key.clone(), &bytes, &mut Names::default());
            // Names are equal without regard to case; what is kept is exact.
            prop_assert_eq!(format!("{:?}", read), format!("{:?}", Some(told)));
        }

        #[test]
        fn bytes_that_are_no_incident_are_none_and_end_nothing(
            told in incidents(),
            cut in any::<prop::sample::Index>(),
            flipped in any::<(prop::sample::Index, u8)>(),
        ) {
            let key = || IncidentKey::issue(Repo::new("acme/api"), 1);
            let whole = incident(&told);
            let cut = cut.index(whole.len());
            prop_assert_eq!(read_incident(key(), &whole[..cut], &mut Names::default()), None);
            let mut other = whole;
            let at = flipped.0.index(other.len());
            other[at] ^= flipped.1;
            // Whatever it is read as, it is read.
            drop(read_incident(key(), &other, &mut Names::default()));
        }
    }

    #[test]
    fn a_form_of_a_later_version_is_not_guessed_at() {
        let key = || IncidentKey::issue(Repo::new("acme/api"), 1);
        let mut bytes = vec![0; 40];
        bytes[0] = FORM + 1;
        assert_eq!(read_incident(key(), &bytes, &mut Names::default()), None);
    }
}
