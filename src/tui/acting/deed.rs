//! What somebody wants done to incidents, and the words for it.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::{CloseReason, IncidentKey, Label, Login, Repo},
        intent::Act,
        priority::Priority,
        zone::Zone,
    },
    text::{Passage, Text, clip, counted},
    tui::words,
};

/// What somebody wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Take incidents on.
    Acknowledge,
    /// Give them back.
    GiveBack,
    /// Change who owns them.
    Assign {
        /// Who is assigned.
        on: Vec<Login>,
        /// Who is taken off.
        off: Vec<Login>,
    },
    /// Change their labels.
    Label {
        /// Labels that are set.
        on: Vec<Label>,
        /// Labels that are taken off.
        off: Vec<Label>,
    },
    /// Give them a priority; nothing = take it off.
    Prioritize(Option<Priority>),
    /// Comment on them.
    Comment(Box<Passage>),
    /// Close them.
    Close(CloseReason),
    /// Open them again.
    Reopen,
    /// Close them as duplicates of another one.
    Duplicate(IncidentKey),
    /// Put them out of sight until an instant.
    Snooze(DateTime<Utc>),
    /// Bring them back.
    Wake,
    /// Open their pages in a browser.
    Browse,
    /// Open a new incident.
    Create {
        /// Where.
        repo: Repo,
        /// Its title.
        title: Text,
        /// Its opening text.
        body: Box<Passage>,
    },
}

/// As many names as a question lists before it counts the rest.
const NAMES: usize = 4;

impl Deed {
    /// Whether one incident is enough to be asked about: what others see at once, or what ends something.
    pub fn always_asks(&self) -> bool {
        matches!(self, Self::Comment(_) | Self::Close(_) | Self::Reopen | Self::Duplicate(_) | Self::Create { .. })
    }

    /// Whether it happens at a host, and not only in the records here.
    pub fn is_remote(&self) -> bool {
        !matches!(self, Self::Acknowledge | Self::GiveBack | Self::Snooze(_) | Self::Wake | Self::Browse)
    }

    /// In the imperative, of these incidents: `close 3 incidents as completed`.
    pub fn order(&self, keys: &[IncidentKey], zone: &Zone, now: DateTime<Utc>) -> String {
        let what = subject(keys);
        match self {
            Self::Acknowledge => format!("take {what} on"),
            Self::GiveBack => format!("give {what} back"),
            Self::Assign { on, off } => both(
                &what,
                (!on.is_empty()).then(|| format!("assign {} to", listed(on.iter().map(Login::as_str)))),
                (!off.is_empty()).then(|| format!("take {} off", listed(off.iter().map(Login::as_str)))),
            ),
            Self::Label { on, off } => both(
                &what,
                (!on.is_empty()).then(|| format!("set {} on", listed(on.iter().map(Label::as_str)))),
                (!off.is_empty()).then(|| format!("take {} off", listed(off.iter().map(Label::as_str)))),
            ),
            Self::Prioritize(Some(priority)) => format!("make {what} {priority}"),
            Self::Prioritize(None) => format!("take the priority off {what}"),
            Self::Comment(_) => format!("comment on {what}"),
            Self::Close(reason) => format!("close {what} as {}", reason.words()),
            Self::Reopen => format!("open {what} again"),
            Self::Duplicate(of) => format!("close {what} as a duplicate of {}", of.short()),
            Self::Snooze(until) => format!("snooze {what} until {}", words::moment(*until, zone, now)),
            Self::Wake => format!("wake {what}"),
            Self::Browse if keys.len() == 1 => format!("open the page of {what}"),
            Self::Browse => format!("open {} in the browser", counted(keys.len(), "page", "pages")),
            Self::Create { repo, title, .. } => format!("create \"{}\" in {repo}", clip(title.as_str(), 60)),
        }
    }
}

/// `api#812`, or `3 incidents`.
pub fn subject(keys: &[IncidentKey]) -> String {
    match keys {
        [only] => only.short(),
        keys => counted(keys.len(), "incident", "incidents"),
    }
}

/// Some names, and how many more.
pub fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = names.collect();
    let shown = all.iter().take(NAMES).map(|name| clip(name, 30)).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn both(what: &str, on: Option<String>, off: Option<String>) -> String {
    match (on, off) {
        (Some(on), Some(off)) => format!("{on} {what}, and {off} it"),
        (Some(one), None) | (None, Some(one)) => format!("{one} {what}"),
        (None, None) => format!("change nothing of {what}"),
    }
}

/// What a row says while an act is not known to be done.
pub fn pending_word(act: &Act) -> &'static str {
    match act {
        Act::Assign(_) | Act::Unassign(_) => "assign",
        Act::Label(_) | Act::Unlabel(_) => "label",
        Act::Comment(_) => "comment",
        Act::Close(_) => "closing",
        Act::Reopen => "reopening",
        Act::Create { .. } => "creating",
    }
}

/// One act in the imperative, as the outbox lists it: with the beginning of a comment.
pub fn act_words(act: &Act) -> String {
    match act {
        Act::Comment(text) => format!("comment \"{}\"", clip(first_line(text), 60)),
        act => clip(&act.words(), 80),
    }
}

/// The first line of a passage that says something.
pub fn first_line(text: &Passage) -> &str {
    text.as_str().lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(n: u64) -> Vec<IncidentKey> {
        (1..=n).map(|number| IncidentKey::issue(Repo::new("acme/api"), number)).collect()
    }

    #[test]
    fn an_order_names_one_and_counts_several() {
        let now = DateTime::from_timestamp(0, 0).unwrap();
        let order = |deed: Deed, n| deed.order(&keys(n), &Zone::utc(), now);
        assert_eq!(order(Deed::Close(CloseReason::Completed), 3), "close 3 incidents as completed");
        assert_eq!(order(Deed::Close(CloseReason::NotPlanned), 1), "close api#1 as not planned");
        let assign = Deed::Assign { on: vec![Login::new("mia")], off: vec![Login::new("ben")] };
        assert_eq!(order(assign, 1), "assign mia to api#1, and take ben off it");
        let many = (0..6).map(|n| Label::new(&format!("l{n}"))).collect();
        assert_eq!(order(Deed::Label { on: many, off: Vec::new() }, 1), "set l0, l1, l2, l3 and 2 more on api#1");
        assert_eq!(order(Deed::Prioritize(Some(Priority::P1)), 2), "make 2 incidents P1");
    }
}
