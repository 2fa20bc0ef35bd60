//! What somebody is told.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{ALERTNAME, Alert, AlertId, SEVERITY},
        incident::Login,
        sample::Labels,
        time::between,
    },
    text::Text,
};

/// Names a notice for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(pub u64);

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What is to be told over one channel, once.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Its name.
    pub id: NoticeId,
    /// The channel.
    pub channel: Text,
    /// What happened that it tells of, the earliest of it: the promise of two minutes counts from there.
    pub since: DateTime<Utc>,
    /// What it says.
    pub message: Message,
    /// Of a digest: what it was put together of. Each of these counts as told once it is.
    pub parts: Vec<NoticeId>,
}

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something fires.
    Firing,
    /// All of it is over.
    Resolved,
    /// Nobody took an incident on, and somebody is to be told.
    Escalation,
    /// Something of watchfloor's own: a notice that was given up, a silence that ends.
    Word,
    /// What a storm put together: so many, of which these.
    Digest,
}

impl Kind {
    /// Its word.
    pub const WORDS: [(&'static str, Kind); 5] = [
        ("firing", Kind::Firing),
        ("resolved", Kind::Resolved),
        ("escalation", Kind::Escalation),
        ("word", Kind::Word),
        ("digest", Kind::Digest),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// What is said.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What kind.
    pub kind: Kind,
    /// The key by which a receiver knows what it is about: the same from the first word to the last.
    pub key: u64,
    /// One line: what.
    pub title: Text,
    /// The labels in which all of it agrees.
    pub common: Labels,
    /// The alerts, the gravest first; a long list is cut, see `n_more`.
    pub alerts: Vec<Said>,
    /// How many more there are.
    pub n_more: usize,
    /// Who is on call, each with the seat: `primary: ann`.
    pub on_call: Vec<Text>,
    /// Where to look.
    pub link: Option<Text>,
    /// A rehearsal: marked wherever it shows.
    pub is_drill: bool,
    /// Nothing of it is new: what still fires is told again.
    pub is_repeat: bool,
    /// Accounts of who is on the first seat, at hosts.
    pub accounts: Vec<Login>,
}

impl Message {
    /// What a person is shown of the alerts, and how many more there are.
    pub fn shown(&self) -> (&[Said], usize) {
        let shown = self.alerts.get(..LISTED).unwrap_or(&self.alerts);
        (shown, self.n_more.saturating_add(self.alerts.len().saturating_sub(shown.len())))
    }
}

/// One alert, as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Which.
    pub id: AlertId,
    /// Its labels.
    pub labels: Labels,
    /// What is wrong, in a line.
    pub summary: Text,
    /// What to do, in a line or two; blank where nobody wrote it down.
    pub remedy: Text,
    /// Where to read what to do.
    pub runbook: Option<Text>,
    /// What was measured; nothing where nothing could be.
    pub value: Option<Text>,
    /// What it should keep: `above 250 ms`; blank where nobody said.
    pub bound: Text,
    /// Since when it fires.
    pub since: DateTime<Utc>,
    /// When it was over; nothing = it fires.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// The annotation with what to do.
pub const REMEDY: &str = "remediation";

/// The annotation with the bound a value should keep.
pub const BOUND: &str = "threshold";

/// The annotation with the value as it is to be shown, with its unit.
pub const VALUE: &str = "value";

/// The label that marks a rehearsal; its value is `true`.
pub const DRILL: &str = "drill";

/// The label that tells one rehearsal from another.
pub const DRILL_ID: &str = "drill_id";

/// Alerts that one message lists.
pub const LISTED: usize = 20;

/// A summary with the name of what it is about, unless it says that itself.
pub fn named(summary: &str, name: &Text) -> String {
    let is_there = summary.to_lowercase().contains(&name.as_str().to_lowercase());
    if is_there || name.is_blank() { summary.to_owned() } else { format!("{name}: {summary}") }
}

impl Said {
    /// What is wrong, with its name, in a line.
    pub fn headline(&self) -> String {
        let name = self.labels.get(ALERTNAME).cloned().unwrap_or_default();
        named(self.summary.as_str(), &name)
    }

    /// Tells an alert.
    pub fn of(alert: &Alert) -> Self {
        let noted = |name: &str| alert.annotations.get(name).cloned();
        let measured = || alert.value.is_finite().then(|| Text::scrub(&crate::domain::series::figure(alert.value)));
        Self {
            id: alert.id,
            labels: alert.labels.clone(),
            summary: alert.summary().clone(),
            remedy: noted(REMEDY).or_else(|| noted("description")).unwrap_or_default(),
            runbook: alert.runbook().cloned(),
            value: noted(VALUE).or_else(measured),
            bound: noted(BOUND).unwrap_or_default(),
            since: alert.fired_at.unwrap_or(alert.since),
            resolved_at: alert.resolved_at,
        }
    }
}

/// Where alerts of these labels stand among others: the gravest at 0, by the words that are in use.
pub fn gravity(labels: &Labels) -> usize {
    const WORDS: [&str; 7] = ["critical", "page", "p0", "error", "p1", "warning", "p2"];
    let severity = labels.get(SEVERITY).map(|word| word.as_str().to_ascii_lowercase()).unwrap_or_default();
    WORDS.iter().position(|word| *word == severity).unwrap_or(WORDS.len())
}

/// How a message is marked by what became of it on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// It comes later than it should: when what it tells of happened.
    pub late_since: Option<DateTime<Utc>>,
    /// It may have been told before: the process ended between sending and noting that.
    pub is_maybe_repeated: bool,
}

/// What a notice may take from what happened to the channel: two minutes (R43).
pub const PROMISE: TimeDelta = TimeDelta::seconds(120);

impl Marks {
    /// The marks of a notice that is sent now.
    pub fn of(since: DateTime<Utc>, is_maybe_repeated: bool, now: DateTime<Utc>) -> Self {
        let is_late = PROMISE < between(since, now);
        Self { late_since: is_late.then_some(since), is_maybe_repeated }
    }
}
