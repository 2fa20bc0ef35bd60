//! What is known in brief of every incident, as one run of bytes: read whole before the first frame.

use std::hash::Hasher as _;

use chrono::{DateTime, Utc};

use super::{
    bytes::{Reader, Writer},
    names::Names,
};
use crate::{
    domain::{
        incident::{IncidentKey, Numbering},
        sla::ClockState,
    },
    floor::brief::{Brief, Hand},
};

/// The first byte: how the rest is to be read.
const FORM: u8 = 1;

const STATES: [ClockState; 10] = [
    ClockState::NotStarted,
    ClockState::Ok,
    ClockState::AtRisk,
    ClockState::Breached,
    ClockState::Paused,
    ClockState::Met,
    ClockState::Missed,
    ClockState::Unanswered,
    ClockState::Cancelled,
    ClockState::BestEffort,
];
const NUMBERINGS: [Numbering; 5] =
    [Numbering::Issues, Numbering::Dependabot, Numbering::CodeScanning, Numbering::Advisories, Numbering::Inbox];

/// What stands before the briefs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// What they were judged by, see [`crate::domain::sla::Policy::mark`].
    pub mark: u64,
    /// The number of the last fact that is in them.
    pub seq: i64,
    /// When they were judged.
    pub at: DateTime<Utc>,
}

/// The briefs of one source.
#[derive(Debug)]
pub struct Section<'a> {
    /// The source's name.
    pub source: &'a str,
    /// Incidents to be read whole all the same.
    pub again: Vec<&'a IncidentKey>,
    /// The others, without those that are closed and of which nothing counts any more.
    pub briefs: Vec<(&'a IncidentKey, Brief)>,
}

/// Writes briefs, with a sum over all of it at the end.
pub fn briefs(head: &Head, sections: &[Section<'_>]) -> Vec<u8> {
    let mut out = Writer::default();
    out.byte(FORM);
    out.text(env!("CARGO_PKG_VERSION"));
    out.number(head.mark);
    out.number(head.seq as u64);
    out.instant(head.at, DateTime::UNIX_EPOCH);
    out.number(sections.len() as u64);
    for section in sections {
        out.text(section.source);
        out.number(section.again.len() as u64);
        for key in &section.again {
            out.text(&key.to_string());
        }
        out.number(section.briefs.len() as u64);
        for (key, brief) in &section.briefs {
            out.name(key.repo.full());
            out.number(key.number);
            write_brief(&mut out, key.numbering, brief, head.at);
        }
    }
    let mut bytes = out.done();
    let sum = sum(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

/// Bytes that may be briefs.
#[derive(Debug)]
pub struct Briefs<'a> {
    /// What stands before them.
    pub head: Head,
    from: Reader<'a>,
}

impl<'a> Briefs<'a> {
    /// Reads what [`briefs`] wrote; nothing where it is something else, damaged, or of another version of the program.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (body, told) = bytes.split_last_chunk::<8>()?;
        if sum(body) != u64::from_le_bytes(*told) {
            return None;
        }
        let mut from = Reader::new(body);
        if from.byte()? != FORM || from.text()? != env!("CARGO_PKG_VERSION") {
            return None;
        }
        let (mark, seq) = (from.number()?, i64::try_from(from.number()?).ok()?);
        let head = Head { mark, seq, at: from.instant(DateTime::UNIX_EPOCH)? };
        Some(Self { head, from })
    }

    /// Gives every brief with its source's name, and without one each incident to be read whole; then names the sources.
    /// Nothing where the bytes end too early.
    pub fn each(
        self,
        names: &mut Names,
        take: &mut dyn FnMut(&str, IncidentKey, Option<Brief>),
    ) -> Option<Vec<&'a str>> {
        let Self { head, mut from } = self;
        let mut told = Vec::new();
        for _ in 0..from.count()? {
            let source = from.text()?;
            told.push(source);
            for _ in 0..from.count()? {
                take(source, names.key(from.text()?)?, None);
            }
            for _ in 0..from.count()? {
                let repo = names.repo(from.name()?);
                let number = from.number()?;
                let (numbering, brief) = read_brief(&mut from, head.at)?;
                take(source, IncidentKey { repo, number, numbering }, Some(brief));
            }
        }
        from.is_at_end().then_some(told)
    }
}

// What is so or not, one bit each, above the grade (three bits) and the numbering (three more).
const IS_OPEN: u64 = 1 << 6;
const HAS_TIMELINE: u64 = 1 << 7;
const HAS_RULE: u64 = 1 << 8;
const IS_ACKED: u64 = 1 << 9;
const IS_RESOLVED: u64 = 1 << 10;

fn write_brief(out: &mut Writer, numbering: Numbering, brief: &Brief, at: DateTime<Utc>) {
    let bit = |is_so: bool, bit: u64| if is_so { bit } else { 0 };
    let numbering = NUMBERINGS.iter().position(|known| *known == numbering).unwrap_or_default() as u64;
    out.number(
        brief.grade as u64
            | numbering << 3
            | bit(brief.is_open, IS_OPEN)
            | bit(brief.has_timeline, HAS_TIMELINE)
            | bit(brief.rule.is_some(), HAS_RULE)
            | bit(brief.acked_at.is_some(), IS_ACKED)
            | bit(brief.resolved_at.is_some(), IS_RESOLVED),
    );
    if let Some(rule) = brief.rule {
        out.number(rule as u64);
    }
    out.instant(brief.opened_at, at);
    for moment in [brief.acked_at, brief.resolved_at].into_iter().flatten() {
        out.instant(moment, brief.opened_at);
    }
    for hand in [&brief.response, &brief.fix] {
        write_hand(out, hand, brief.opened_at);
    }
}

fn read_brief(from: &mut Reader<'_>, at: DateTime<Utc>) -> Option<(Numbering, Brief)> {
    let flags = from.number()?;
    let is = |bit: u64| flags & bit != 0;
    let numbering = *NUMBERINGS.get(usize::try_from(flags >> 3 & 7).ok()?)?;
    let rule = if is(HAS_RULE) { Some(usize::try_from(from.number()?).ok()?) } else { None };
    let opened_at = from.instant(at)?;
    let acked_at = if is(IS_ACKED) { Some(from.instant(opened_at)?) } else { None };
    let resolved_at = if is(IS_RESOLVED) { Some(from.instant(opened_at)?) } else { None };
    let brief = Brief {
        grade: usize::try_from(flags & 7).ok()?,
        rule,
        is_open: is(IS_OPEN),
        has_timeline: is(HAS_TIMELINE),
        opened_at,
        acked_at,
        resolved_at,
        response: read_hand(from, opened_at)?,
        fix: read_hand(from, opened_at)?,
    };
    Some((numbering, brief))
}

// Above the state (four bits).
const HAS_TARGET: u64 = 1 << 4;
const HAS_DEADLINE: u64 = 1 << 5;
const IS_OVER_AFTER_DEADLINE: u64 = 1 << 6;
const IS_OVER_AFTER_ANOTHER: u64 = 1 << 7;
const HAS_RISK: u64 = 1 << 8;
const IS_STOPPED: u64 = 1 << 9;

fn write_hand(out: &mut Writer, hand: &Hand, base: DateTime<Utc>) {
    let bit = |is_so: bool, bit: u64| if is_so { bit } else { 0 };
    let is_same = hand.over_after.is_some() && hand.over_after == hand.deadline;
    let another = hand.over_after.filter(|_| !is_same);
    out.number(
        STATES.iter().position(|known| *known == hand.state).unwrap_or_default() as u64
            | bit(hand.has_target, HAS_TARGET)
            | bit(hand.deadline.is_some(), HAS_DEADLINE)
            | bit(is_same, IS_OVER_AFTER_DEADLINE)
            | bit(another.is_some(), IS_OVER_AFTER_ANOTHER)
            | bit(hand.at_risk_from.is_some(), HAS_RISK)
            | bit(hand.stopped_at.is_some(), IS_STOPPED),
    );
    for at in [hand.deadline, another, hand.at_risk_from, hand.stopped_at].into_iter().flatten() {
        out.instant(at, base);
    }
}

fn read_hand(from: &mut Reader<'_>, base: DateTime<Utc>) -> Option<Hand> {
    let flags = from.number()?;
    let mut moment = |bit: u64| if flags & bit != 0 { from.instant(base).map(Some) } else { Some(None) };
    let deadline = moment(HAS_DEADLINE)?;
    let another = moment(IS_OVER_AFTER_ANOTHER)?;
    let over_after = if flags & IS_OVER_AFTER_DEADLINE != 0 { deadline } else { another };
    let (at_risk_from, stopped_at) = (moment(HAS_RISK)?, moment(IS_STOPPED)?);
    let state = *STATES.get(usize::try_from(flags & 0xf).ok()?)?;
    Some(Hand { state, has_target: flags & HAS_TARGET != 0, deadline, over_after, at_risk_from, stopped_at })
}

fn sum(bytes: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*, sample::select};

    use super::{super::drawn::instants, *};
    use crate::domain::incident::Repo;

    fn hands() -> impl Strategy<Value = Hand> {
        let moments = (option::of(instants()), option::of(instants()), option::of(instants()), option::of(instants()));
        (select(STATES.to_vec()), any::<(bool, bool)>(), moments).prop_map(|(state, (has_target, is_same), moments)| {
            let (deadline, over_after, at_risk_from, stopped_at) = moments;
            let over_after = if is_same { deadline } else { over_after };
            Hand { state, has_target, deadline, over_after, at_risk_from, stopped_at }
        })
    }

    fn known() -> impl Strategy<Value = (IncidentKey, Brief)> {
        let names = (select(vec!["acme/api", "acme/web", "ghe.example/acme/api"]), any::<u64>());
        let names = (names, select(NUMBERINGS.to_vec()));
        let key =
            names.prop_map(|((repo, number), numbering)| IncidentKey { repo: Repo::new(repo), number, numbering });
        let moments = (instants(), option::of(instants()), option::of(instants()));
        let what = (0..5_usize, option::of(0..400_usize), any::<(bool, bool)>());
        (key, what, moments, hands(), hands()).prop_map(|(key, what, moments, response, fix)| {
            let (grade, rule, (is_open, has_timeline)) = what;
            let (opened_at, acked_at, resolved_at) = moments;
            let brief = Brief { grade, rule, is_open, has_timeline, opened_at, acked_at, resolved_at, response, fix };
            (key, brief)
        })
    }

    type Found = (Head, Vec<(String, IncidentKey, Option<Brief>)>, Vec<String>);

    fn read(bytes: &[u8]) -> Option<Found> {
        let briefs = Briefs::read(bytes)?;
        let (head, mut found) = (briefs.head, Vec::new());
        let told = briefs.each(&mut Names::default(), &mut |source, key, brief| {
            found.push((source.to_owned(), key, brief));
        })?;
        Some((head, found, told.into_iter().map(str::to_owned).collect()))
    }

    proptest! {
        #[test]
        fn briefs_are_read_back_as_they_were_and_damaged_ones_are_none(
            all in prop::collection::vec(known(), 0..20),
            (mark, seq, at) in (any::<u64>(), 0..i64::MAX, instants()),
            flipped in (any::<prop::sample::Index>(), 1..=255_u8),
        ) {
            let head = Head { mark, seq, at };
            let again = IncidentKey::issue(Repo::new("acme/api"), 7);
            let briefs = all.iter().map(|(key, brief)| (key, *brief)).collect();
            let sections = [
                Section { source: "github", again: Vec::new(), briefs },
                Section { source: "other", again: vec![&again], briefs: Vec::new() },
            ];
            let mut bytes = super::briefs(&head, &sections);
            let mut wanted: Vec<_> =
                all.iter().map(|(key, brief)| ("github".to_owned(), key.clone(), Some(*brief))).collect();
            wanted.push(("other".to_owned(), again.clone(), None));
            prop_assert_eq!(read(&bytes), Some((head, wanted, vec!["github".to_owned(), "other".to_owned()])));
            prop_assert_eq!(read(&bytes[..bytes.len() - 1]), None);
            let at = flipped.0.index(bytes.len());
            bytes[at] ^= flipped.1;
            prop_assert_eq!(read(&bytes), None);
        }
    }
}
