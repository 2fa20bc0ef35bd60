//! One incident on the floor, with its verdict and what is asked of it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        incident::{Incident, Login},
        sla::{self, Clock, ClockState, Policy, Verdict, WhichClock},
        stats::{
            life::{Ending, acted_at},
            times::Life,
        },
    },
    floor::{brief::Brief, fact::SourceId},
};

/// One incident with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The incident as its source last told it.
    pub incident: Incident,
    /// How it stood when it was last judged; ask [`Entry::pressing`] how it stands now.
    pub verdict: Verdict,
    /// Who told of it.
    pub source: SourceId,
    /// Who took it on, and when.
    pub acked: Option<(Login, DateTime<Utc>)>,
    /// The first act of the team, whenever it was (R21).
    pub(super) acted_at: Option<DateTime<Utc>>,
    /// How it ended.
    ending: Ending,
    /// What a word typed in a filter is looked for in, in lower case: title, key, labels, owners, a line each.
    ///
    /// Kept, though it could be derived: with a hundred thousand incidents, deriving it for every letter typed took
    /// 100 ms, and looking it up takes five.
    pub words: Box<str>,
    /// Which answer of its source last named it.
    pub(super) round: u64,
}

/// The clock that matters now: the one that is over, else the one that breaks next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pressing {
    /// Which clock.
    pub clock: WhichClock,
    /// What it says now.
    pub state: ClockState,
    /// Until its deadline; negative = over; nothing = it has none.
    pub left: Option<TimeDelta>,
    /// Its deadline.
    pub deadline: Option<DateTime<Utc>>,
}

impl Entry {
    /// The clock of this name.
    pub fn clock(&self, which: WhichClock) -> &Clock {
        match which {
            WhichClock::Response => &self.verdict.response,
            WhichClock::Fix => &self.verdict.fix,
        }
    }

    /// Whether this clock can be judged: a list without timelines does not tell whether anybody answered, and "could not
    /// judge" is neither in time nor over.
    pub fn is_known(&self, which: WhichClock) -> bool {
        which == WhichClock::Fix || self.incident.has_timeline
    }

    /// The clocks that can be judged, with what they say now.
    pub fn states(&self, now: DateTime<Utc>) -> impl Iterator<Item = ClockState> {
        let known = [WhichClock::Response, WhichClock::Fix].into_iter().filter(|which| self.is_known(*which));
        known.map(move |which| self.clock(which).state_at(now))
    }

    /// The clock that matters now: over before running, earlier before later, response before fix.
    pub fn pressing(&self, now: DateTime<Utc>) -> Pressing {
        let (clock, state) = Brief::of(self, now).pressing(now);
        let hand = self.clock(clock);
        Pressing { clock, state, left: hand.left(now), deadline: hand.deadline }
    }
}

impl Entry {
    /// Its moments as they are known at `now`, an acknowledgement here among them.
    pub fn life(&self, now: DateTime<Utc>) -> Life {
        Life::acted(&self.incident, self.ending, self.acted_at, self.acked.as_ref().map(|(_, at)| *at), now)
    }

    /// An incident with its verdict at `now`. It hangs on nothing else, so that many can be judged at once on several threads.
    pub fn judged(incident: Incident, source: SourceId, policy: &Policy, now: DateTime<Utc>) -> Self {
        let verdict = sla::judge(&incident, policy, now);
        let acted_at = acted_at(&incident, policy);
        Self::new(incident, verdict, source, None, acted_at, 0)
    }

    /// An incident as it was just told and judged.
    pub(super) fn new(
        incident: Incident,
        verdict: Verdict,
        source: SourceId,
        acked: Option<(Login, DateTime<Utc>)>,
        acted_at: Option<DateTime<Utc>>,
        round: u64,
    ) -> Self {
        let (words, ending) = (words_of(&incident), Ending::of(&incident));
        Self { words, ending, incident, verdict, source, acked, acted_at, round }
    }
}

fn words_of(incident: &Incident) -> Box<str> {
    let (repo, name) = (incident.key.repo.full(), incident.key.name());
    let mut words = String::with_capacity(incident.title.as_str().len() + (repo.len() + name.len()) * 2 + 64);
    let short = incident.key.repo.short();
    for word in [incident.title.as_str(), "\n", repo, "#", &name, "\n", short, "#", &name] {
        words.push_str(word);
    }
    for word in incident.labels.iter().map(|l| l.as_str()).chain(incident.assignees.iter().map(|a| a.as_str())) {
        words.push('\n');
        words.push_str(word);
    }
    if words.is_ascii() {
        words.make_ascii_lowercase();
        return words.into_boxed_str();
    }
    words.to_lowercase().into_boxed_str()
}
