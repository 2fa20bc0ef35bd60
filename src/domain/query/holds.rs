//! Whether a term holds for an incident as it is seen now.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    pattern::Pattern,
    term::{ClockIs, KeyIs, Name, NameField, State, Test},
};
use crate::{
    domain::{
        incident::{Incident, Kind, Login, Repo, What},
        priority::Grade,
        sla::{Clock, ClockState, Verdict, WhichClock},
        time::between,
    },
    text::Text,
};

/// Who asks, for `@me` and `is:mine`: their names here, and the one that each host knows them by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Me {
    names: Vec<Login>,
    /// By the source's name: on another host the same name may be somebody else's.
    at: Vec<(Text, Login)>,
}

impl Me {
    /// Somebody with these names, whatever the source.
    pub fn new(names: impl IntoIterator<Item = Login>) -> Self {
        Self { names: names.into_iter().collect(), at: Vec::new() }
    }

    /// The same, and `login` in what the source of this name tells.
    #[must_use]
    pub fn known_as(mut self, login: Login, source: Text) -> Self {
        self.at.push((source, login));
        self
    }

    /// Whether a name is theirs in what a source tells.
    pub fn is(&self, login: &Login, source: &str) -> bool {
        self.names.contains(login) || self.at.iter().any(|(of, name)| of.as_str() == source && name == login)
    }
}

/// An incident with all that a query can ask of it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// How it stood when it was last judged.
    pub verdict: &'a Verdict,
    /// Where words are looked for, in lower case: title, key, labels, owners.
    pub words: &'a str,
    /// Who took it on.
    pub acked_by: Option<&'a Login>,
    /// Until when it is out of sight.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// Changes to it that wait to be delivered.
    pub n_pending: usize,
    /// The name of the source that told of it.
    pub source: &'a str,
    /// What people call the host that was asked for it; nothing where none was.
    pub host: Option<&'a str>,
    /// The rule that judges it.
    pub rule: Option<&'a Text>,
}

impl Seen<'_> {
    /// Whether it is out of sight at `now`.
    pub fn is_snoozed(&self, now: DateTime<Utc>) -> bool {
        self.snoozed_until.is_some_and(|until| now < until)
    }

    pub(super) fn holds(&self, test: &Test, me: &Me, now: DateTime<Utc>) -> bool {
        let incident = self.incident;
        match test {
            Test::Word(word) => self.words.contains(word.as_str()),
            Test::Is(states) => states.iter().any(|state| self.is(*state, me, now)),
            Test::Grade(grades) => grades.contains(&self.verdict.grade),
            Test::Kind(kinds) => kinds.contains(&incident.kind),
            Test::Key(keys) => keys.iter().any(|key| self.has_key(key)),
            Test::Named(field, names) => names.iter().any(|name| self.has_name(*field, name, me)),
            Test::Breach(clocks) => clocks.iter().any(|clock| self.breaks(*clock, now)),
            Test::Response(clocks) => clocks.iter().any(|clock| self.clock_is(WhichClock::Response, *clock, now)),
            Test::Fix(clocks) => clocks.iter().any(|clock| self.clock_is(WhichClock::Fix, *clock, now)),
            Test::Age(side, length) => side.holds(between(incident.opened_at, now), *length),
            Test::Updated(side, length) => side.holds(between(incident.updated_at, now), *length),
            Test::Comments(Some(side), n) => side.holds(u64::from(incident.comments), *n),
            Test::Comments(None, n) => u64::from(incident.comments) == *n,
        }
    }

    fn is(&self, state: State, me: &Me, now: DateTime<Utc>) -> bool {
        let incident = self.incident;
        match state {
            State::Open => incident.is_open(),
            State::Closed => !incident.is_open(),
            State::Over => self.has_state(ClockState::Breached, now),
            State::Risk => self.has_state(ClockState::AtRisk, now) && !self.has_state(ClockState::Breached, now),
            State::Paused => self.has_state(ClockState::Paused, now),
            State::Untriaged => self.verdict.grade == Grade::Untriaged,
            State::Acked => self.acked_by.is_some(),
            State::Mine => {
                let is_me = |login: &Login| me.is(login, self.source);
                incident.assignees.iter().any(is_me) || self.acked_by.is_some_and(is_me)
            }
            State::Snoozed => self.is_snoozed(now),
            State::Pending => self.n_pending > 0,
            State::PullRequest => incident.kind == Kind::PullRequest,
            State::Issue => incident.kind == Kind::Issue,
            State::Alert => incident.kind.is_alert(),
            State::Draft => incident.is_draft,
            State::WaitingForReview => self.waits_for_review(),
            State::Unanswered => {
                incident.is_open() && self.knows(WhichClock::Response) && self.verdict.response.stopped_at.is_none()
            }
        }
    }

    /// A pull request that is no draft, whose review is asked for, or that nobody is known to have reviewed.
    fn waits_for_review(&self) -> bool {
        let incident = self.incident;
        let is_reviewed = || incident.timeline.iter().any(|event| event.what == What::Reviewed);
        incident.kind == Kind::PullRequest
            && incident.is_open()
            && !incident.is_draft
            && (!incident.reviewers.is_empty() || !is_reviewed())
    }

    /// A list without history does not tell whether anybody answered.
    fn knows(&self, which: WhichClock) -> bool {
        which == WhichClock::Fix || self.incident.has_timeline
    }

    fn clock(&self, which: WhichClock) -> &Clock {
        match which {
            WhichClock::Response => &self.verdict.response,
            WhichClock::Fix => &self.verdict.fix,
        }
    }

    fn known(&self) -> impl Iterator<Item = &Clock> {
        [WhichClock::Response, WhichClock::Fix].into_iter().filter(|which| self.knows(*which)).map(|w| self.clock(w))
    }

    fn has_state(&self, wanted: ClockState, now: DateTime<Utc>) -> bool {
        self.known().any(|clock| clock.state_at(now) == wanted)
    }

    /// What is left of the clock that breaks next, or is over already: then less than nothing.
    fn next_breach(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        self.known().filter_map(|clock| left(clock, now)).min()
    }

    fn breaks(&self, wanted: ClockIs, now: DateTime<Utc>) -> bool {
        match wanted {
            ClockIs::Left(side, length) => self.next_breach(now).is_some_and(|left| side.holds(left, length)),
            ClockIs::Nothing => self.next_breach(now).is_none(),
            ClockIs::Unknown => !self.knows(WhichClock::Response),
            wanted => self.known().any(|clock| is_state(clock.state_at(now), wanted)),
        }
    }

    fn clock_is(&self, which: WhichClock, wanted: ClockIs, now: DateTime<Utc>) -> bool {
        if !self.knows(which) {
            return wanted == ClockIs::Unknown;
        }
        let clock = self.clock(which);
        match wanted {
            ClockIs::Left(side, length) => left(clock, now).is_some_and(|left| side.holds(left, length)),
            wanted => is_state(clock.state_at(now), wanted),
        }
    }

    fn has_key(&self, wanted: &KeyIs) -> bool {
        let key = &self.incident.key;
        key.number == wanted.number
            && key.numbering == wanted.numbering
            && wanted.repo.as_ref().is_none_or(|repo| repo.fits(key.repo.short()) || fits_repo(repo, &key.repo))
    }

    fn has_name(&self, field: NameField, name: &Name, me: &Me) -> bool {
        let incident = self.incident;
        let people = |people: &[Login]| match name {
            Name::Me => people.iter().any(|login| me.is(login, self.source)),
            Name::Nothing => people.is_empty(),
            Name::Fits(pattern) => people.iter().any(|login| pattern.fits(login.as_str())),
        };
        let text = |text: Option<&str>| match name {
            Name::Fits(pattern) => text.is_some_and(|text| pattern.fits(text)),
            Name::Nothing => text.is_none(),
            Name::Me => false,
        };
        match field {
            NameField::Owner => people(&incident.assignees),
            NameField::Author => people(incident.author.as_slice()),
            NameField::Reviewer => people(&incident.reviewers),
            NameField::Repo => matches!(name, Name::Fits(pattern) if fits_repo(pattern, &incident.key.repo)),
            NameField::Label => match name {
                Name::Fits(pattern) => incident.labels.iter().any(|label| pattern.fits(label.as_str())),
                _ => incident.labels.is_empty(),
            },
            NameField::Milestone => text(incident.milestone.as_ref().map(Text::as_str)),
            NameField::Host => text(incident.key.repo.host().or(self.host)),
            NameField::Source => text(Some(self.source)),
            NameField::Rule => text(self.rule.map(Text::as_str)),
        }
    }
}

fn fits_repo(pattern: &Pattern, repo: &Repo) -> bool {
    pattern.fits(repo.full()) || (repo.host().is_some() && pattern.fits(repo.on_host()))
}

/// Time left while the clock runs; less than nothing once it is over.
fn left(clock: &Clock, now: DateTime<Utc>) -> Option<TimeDelta> {
    match clock.state_at(now) {
        ClockState::Ok | ClockState::AtRisk => clock.left(now),
        // Over for less than a second is still over.
        ClockState::Breached => Some(clock.left(now).unwrap_or_default().min(TimeDelta::milliseconds(-1))),
        _ => None,
    }
}

fn is_state(state: ClockState, wanted: ClockIs) -> bool {
    match wanted {
        ClockIs::Running => matches!(state, ClockState::Ok | ClockState::AtRisk),
        ClockIs::Risk => state == ClockState::AtRisk,
        ClockIs::Over => state == ClockState::Breached,
        ClockIs::Paused => state == ClockState::Paused,
        ClockIs::Met => state == ClockState::Met,
        ClockIs::Missed => state == ClockState::Missed,
        ClockIs::Nothing => matches!(
            state,
            ClockState::NotStarted | ClockState::Unanswered | ClockState::Cancelled | ClockState::BestEffort
        ),
        ClockIs::Left(..) | ClockIs::Unknown => false,
    }
}
