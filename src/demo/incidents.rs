//! Incidents of the play: their lives so far, told as events that agree with what their clocks should say.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    demo::{
        people::Cast,
        random::Dice,
        story::{self, BLOCKER, BLOCKERS, PULL_REQUESTS, Plot, REPOS, STORIES, Story, UNTRIAGED, WAITING},
    },
    domain::{
        incident::{Actor, CloseReason, Event, Incident, IncidentKey, Kind, Label, Login, Repo, What},
        priority::{Grade, Priority},
        sla::Policy,
        time::{between, minus, plus},
    },
    text::{Passage, Text},
};

/// Tells the lives of incidents up to the start.
#[derive(Debug, Clone)]
pub struct Teller {
    start: DateTime<Utc>,
    dice: Dice,
    policy: Policy,
    /// Everybody who acts.
    pub cast: Cast,
    repos: Vec<Repo>,
    labels: Labels,
}

/// Labels, made once: a hundred thousand incidents share them.
#[derive(Debug, Clone)]
struct Labels {
    priorities: [Label; 4],
    untriaged: Label,
    waiting: Label,
    blocker: Label,
    areas: Vec<Label>,
}

const AREAS: [&str; 8] =
    ["bug", "regression", "performance", "security", "area: checkout", "area: data", "a11y", "ops"];

/// The latest age of an incident that has no fix promise, in days.
const BEST_EFFORT_DAYS: f64 = 45.0;
/// How long an incident that was opened again had been closed.
const AWAY: TimeDelta = TimeDelta::hours(30);

impl Teller {
    /// A teller whose clocks are those of a policy.
    pub fn new(seed: u64, start: DateTime<Utc>, policy: Policy) -> Self {
        let labels = Labels {
            priorities: ["critical", "high", "medium", "low"].map(|word| Label::new(&format!("priority-{word}"))),
            untriaged: Label::new(UNTRIAGED),
            waiting: Label::new(WAITING),
            blocker: Label::new(BLOCKER),
            areas: AREAS.map(Label::new).into(),
        };
        let repos = REPOS.map(Repo::new).into();
        Self { start, dice: Dice::new(seed), policy, cast: Cast::everybody(), repos, labels }
    }

    /// One of the sixty by its place; nothing beyond them.
    pub fn curated(&self, place: usize) -> Option<Incident> {
        STORIES.get(place).map(|story| self.tell(story, self.dice.fork(place as u64)))
    }

    /// One of any number of others, mostly open, by its place: the same whenever it is asked for.
    pub fn crowd(&self, place: usize, key: (usize, u64)) -> Incident {
        let mut dice = self.dice.fork(1_000_000 + place as u64);
        let grade = grade_by_chance(&mut dice);
        let plot = match dice.below(100) {
            0..72 => Plot::Early,
            72..86 => Plot::Fresh,
            86..88 => Plot::Working(TimeDelta::minutes(dice.within(-4_000, 4_000))),
            88..90 => Plot::Silent(TimeDelta::minutes(dice.within(-900, 600))),
            90..93 => Plot::Waiting,
            93..98 => Plot::Done,
            98 => Plot::Late,
            _ => Plot::Duplicate,
        };
        let title = story::made_up(&mut dice);
        self.tell(&Story { repo: key.0, number: key.1, grade, title: &title, plot }, dice)
    }

    /// A new incident that nobody has looked at, opened at `at`, and the grade it will be given.
    pub fn arrival(&self, dice: &mut Dice, key: (usize, u64), at: DateTime<Utc>) -> (Incident, Grade) {
        let title = story::made_up(dice);
        let grade = grade_by_chance(dice);
        let author = self.cast.reporter(dice.below(12) as usize);
        let mut incident = self.open(key, &title, &author, at);
        incident.labels.push(self.labels.untriaged.clone());
        incident.body = Some(Box::new(Passage::scrub(&format!(
            "{title}.\n\n- seen: {} times in the last hour\n- version: `4.9.{}`\n",
            dice.within(2, 40),
            dice.within(6, 8)
        ))));
        (incident, grade)
    }

    /// The key of a repository's place and a number.
    pub fn key(&self, (repo, number): (usize, u64)) -> IncidentKey {
        let repo = self.repos.get(repo).or(self.repos.first()).cloned().unwrap_or_else(|| Repo::new("acme/api"));
        IncidentKey::issue(repo, number)
    }

    /// The label of a grade.
    pub fn label(&self, grade: Grade) -> Label {
        let [p0, p1, p2, p3] = &self.labels.priorities;
        match grade {
            Grade::Set(Priority::P0) => p0.clone(),
            Grade::Set(Priority::P1) => p1.clone(),
            Grade::Set(Priority::P2) => p2.clone(),
            Grade::Set(Priority::P3) => p3.clone(),
            Grade::Untriaged => self.labels.untriaged.clone(),
        }
    }

    /// An incident as it is when it was just opened.
    pub fn open(&self, key: (usize, u64), title: &str, author: &Actor, at: DateTime<Utc>) -> Incident {
        let (key, is_pull) = (self.key(key), PULL_REQUESTS.contains(&key));
        let page = if is_pull { "pull" } else { "issues" };
        Incident {
            url: Text::scrub(&format!("https://git.example/{}/{page}/{}", key.repo.full(), key.number)),
            kind: if is_pull { Kind::PullRequest } else { Kind::Issue },
            key,
            title: Text::scrub(title),
            author: Some(author.login.clone()),
            labels: Vec::new(),
            assignees: Vec::new(),
            reviewers: Vec::new(),
            milestone: None,
            is_draft: false,
            opened_at: at,
            updated_at: at,
            closed_at: None,
            close_reason: None,
            comments: 0,
            body: None,
            timeline: Vec::with_capacity(6),
            has_timeline: true,
        }
    }

    fn tell(&self, story: &Story<'_>, mut dice: Dice) -> Incident {
        let author = self.cast.reporter(dice.below(12) as usize);
        let owner = self.cast.member(dice.below(8) as usize);
        let key = (story.repo, story.number);
        let ended = minus(self.start, times(TimeDelta::days(1), dice.share(0.5, 27.0)));
        let (respond, fix) = self.promises(story.grade);
        let opened = self.opened_at(story, ended, &mut dice);
        let mut incident = self.open(key, story.title, &author, opened);
        self.dress(&mut incident, key, story, &mut dice);
        let early = |share: f64| plus(opened, times(respond, share));
        if story.grade != Grade::Untriaged {
            let at = early(dice.share(0.0005, 0.002));
            happen(
                &mut incident,
                at,
                &self.cast.member(dice.below(8) as usize),
                What::Labeled(self.label(story.grade)),
            );
        }
        if !matches!(story.plot, Plot::Silent(_) | Plot::Fresh | Plot::Withdrawn) {
            self.answer(&mut incident, &owner, early(dice.share(0.002, 0.03)));
        }
        match story.plot {
            Plot::Silent(_) | Plot::Fresh => {}
            Plot::Working(_) | Plot::Early => self.talk(&mut incident, &owner, &author, self.start, &mut dice),
            Plot::Reopened(_) => {
                let closed = plus(opened, times(fix, 0.6));
                self.talk(&mut incident, &owner, &author, closed, &mut dice);
                happen(&mut incident, closed, &owner, What::Closed(CloseReason::Completed));
                happen(&mut incident, plus(closed, AWAY), &author, What::Reopened);
                happen(&mut incident, plus(closed, AWAY), &author, What::Commented);
                happen(&mut incident, minus(self.start, TimeDelta::minutes(11)), &owner, What::Commented);
            }
            Plot::Waiting => {
                // Held once until the author wrote, then held again until today.
                let at = |share: f64| plus(opened, times(fix, share));
                happen(&mut incident, at(0.1), &owner, What::Labeled(self.labels.waiting.clone()));
                happen(&mut incident, at(0.13), &author, What::Commented);
                happen(&mut incident, at(0.13), &owner, What::Unlabeled(self.labels.waiting.clone()));
                happen(&mut incident, at(0.16), &owner, What::Commented);
                happen(&mut incident, at(0.16), &owner, What::Labeled(self.labels.waiting.clone()));
            }
            Plot::Done | Plot::Late => {
                self.talk(&mut incident, &owner, &author, ended, &mut dice);
                happen(&mut incident, ended, &owner, What::Closed(CloseReason::Completed));
            }
            Plot::NotPlanned => happen(&mut incident, ended, &owner, What::Closed(CloseReason::NotPlanned)),
            Plot::Duplicate => happen(&mut incident, ended, &owner, What::Closed(CloseReason::Duplicate)),
            Plot::Withdrawn => happen(&mut incident, ended, &author, What::Closed(CloseReason::Completed)),
        }
        incident
    }

    /// How long the response and the fix may take; a best effort takes some weeks.
    fn promises(&self, grade: Grade) -> (TimeDelta, TimeDelta) {
        let (day, target) = (TimeDelta::days(1), self.policy.target(grade));
        (target.response.unwrap_or(day), target.fix.unwrap_or_else(|| times(day, BEST_EFFORT_DAYS)))
    }

    /// When a story must have begun for its clocks to stand as its plot says.
    fn opened_at(&self, story: &Story<'_>, ended: DateTime<Utc>, dice: &mut Dice) -> DateTime<Utc> {
        let (respond, fix) = self.promises(story.grade);
        match story.plot {
            Plot::Silent(left) => ago(self.start, respond, left),
            Plot::Working(left) => ago(self.start, fix, left),
            Plot::Reopened(left) => minus(ago(self.start, fix, left), AWAY),
            Plot::Waiting => minus(self.start, times(fix, 0.4)),
            Plot::Early => minus(self.start, times(fix, dice.share(0.06, 0.68))),
            Plot::Fresh => minus(self.start, times(respond, dice.share(0.05, 0.66))),
            Plot::Done => minus(ended, times(fix, dice.share(0.03, 0.6))),
            Plot::Late => minus(ended, times(fix, dice.share(1.05, 1.4))),
            Plot::NotPlanned | Plot::Duplicate | Plot::Withdrawn => minus(ended, times(respond, dice.share(0.1, 0.9))),
        }
    }

    /// What it was opened with: labels and text; and what a robot said at once.
    fn dress(&self, incident: &mut Incident, key: (usize, u64), story: &Story<'_>, dice: &mut Dice) {
        let place = dice.below(self.labels.areas.len() as u64) as usize;
        incident.labels.extend(self.labels.areas.get(place).cloned());
        if story.grade == Grade::Untriaged {
            incident.labels.push(self.labels.untriaged.clone());
        }
        if BLOCKERS.contains(&key) {
            incident.labels.push(self.labels.blocker.clone());
        }
        incident.body = story::body(key.0, key.1).map(|body| Box::new(Passage::scrub(body)));
        if dice.once_in(3) {
            let at = plus(incident.opened_at, TimeDelta::seconds(dice.within(3, 25)));
            happen(incident, at, &self.cast.robot(dice.below(3) as usize), What::Commented);
        }
    }

    /// The team's first act: somebody takes it and says so.
    fn answer(&self, incident: &mut Incident, owner: &Actor, at: DateTime<Utc>) {
        let assigner = owner.clone();
        happen(incident, at, &assigner, What::Assigned(Some(owner.login.clone())));
        let what = if incident.kind == Kind::PullRequest { What::Reviewed } else { What::Commented };
        happen(incident, plus(at, TimeDelta::seconds(40)), owner, what);
    }

    /// Some comments between the last event and `until`.
    fn talk(&self, incident: &mut Incident, owner: &Actor, author: &Actor, until: DateTime<Utc>, dice: &mut Dice) {
        for _ in 0..dice.below(5) {
            let gap = between(incident.updated_at, until);
            let at = plus(incident.updated_at, times(gap, dice.share(0.05, 0.6)));
            let robot = self.cast.robot(dice.below(3) as usize);
            let who = match dice.below(5) {
                0 | 1 => owner,
                2 | 3 => author,
                _ => &robot,
            };
            happen(incident, at, who, What::Commented);
        }
    }
}

/// Lets something happen to an incident: its timeline grows, and it is what the event made of it.
pub fn happen(incident: &mut Incident, at: DateTime<Utc>, actor: &Actor, what: What) {
    match &what {
        What::Labeled(label) if !incident.labels.contains(label) => incident.labels.push(label.clone()),
        What::Unlabeled(label) => incident.labels.retain(|l| l != label),
        What::Assigned(Some(login)) if !incident.assignees.contains(login) => incident.assignees.push(login.clone()),
        What::Unassigned(login) => incident.assignees.retain(|a| Some(a) != login.as_ref()),
        What::Commented | What::Reviewed => incident.comments = incident.comments.saturating_add(1),
        What::Closed(reason) => {
            incident.closed_at = Some(at);
            incident.close_reason = Some(*reason);
        }
        What::Reopened => {
            incident.closed_at = None;
            incident.close_reason = None;
        }
        What::Labeled(_) | What::Assigned(_) | What::Merged | What::Renamed | What::Acted => {}
    }
    incident.updated_at = incident.updated_at.max(at);
    // What the person at the keyboard does may be later than what the world has come to.
    let place = incident.timeline.partition_point(|event| event.at <= at);
    incident.timeline.insert(place, Event { at, actor: Some(actor.clone()), what });
}

/// Who owns an incident, or else its author.
pub fn owner(incident: &Incident) -> Option<&Login> {
    incident.assignees.first().or(incident.author.as_ref())
}

fn grade_by_chance(dice: &mut Dice) -> Grade {
    match dice.below(100) {
        0 => Grade::Set(Priority::P0),
        1..13 => Grade::Set(Priority::P1),
        13..58 => Grade::Set(Priority::P2),
        58..92 => Grade::Set(Priority::P3),
        _ => Grade::Untriaged,
    }
}

/// The instant from which a promise of this length has so much left at `start`.
fn ago(start: DateTime<Utc>, promise: TimeDelta, left: TimeDelta) -> DateTime<Utc> {
    minus(start, promise.checked_sub(&left).unwrap_or(promise))
}

/// A length of time by a factor, in whole seconds.
fn times(length: TimeDelta, by: f64) -> TimeDelta {
    let seconds = length.num_seconds() as f64 * by;
    TimeDelta::try_seconds(seconds.round() as i64).unwrap_or(length)
}
