//! What is typed behind `/`: words, `!word`, `field:value`; all of them must hold.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::Login,
        priority::{Grade, Priority},
        sla::ClockState,
    },
    floor::entry::Entry,
};

/// A filter, read once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    terms: Vec<Term>,
    /// Words that look like a field but are none, for the footer.
    pub unknown: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    is_negated: bool,
    what: What,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    Word(String),
    Grade(Grade),
    Repo(String),
    Label(String),
    Owner(String),
    Nobody,
    Author(String),
    State(State),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Over,
    Risk,
    Paused,
    Untriaged,
    Acked,
}

/// The fields a filter knows, for its help line.
pub const FIELDS: &str = "p: repo: label: owner: author: is:over|risk|paused|untriaged|acked";

impl Filter {
    /// Reads what was typed. Never fails: what is no field is a word.
    pub fn read(typed: &str) -> Self {
        let mut filter = Self::default();
        for word in typed.split_whitespace() {
            let (is_negated, word) = match word.strip_prefix('!') {
                Some("") => continue,
                Some(rest) => (true, rest),
                None => (false, word),
            };
            let what = match word.split_once(':') {
                // A field that is still being typed filters nothing away.
                Some((_, "")) => continue,
                Some((field, value)) => filter.field(field, value, word),
                None => What::Word(word.to_lowercase()),
            };
            filter.terms.push(Term { is_negated, what });
        }
        filter
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether an entry passes.
    pub fn passes(&self, entry: &Entry, now: DateTime<Utc>) -> bool {
        self.terms.iter().all(|term| term.what.holds(entry, now) != term.is_negated)
    }

    fn field(&mut self, field: &str, value: &str, word: &str) -> What {
        let lower = value.to_lowercase();
        let known = match field.to_ascii_lowercase().as_str() {
            "p" | "priority" => grade(&lower).map(What::Grade),
            "repo" => Some(What::Repo(lower)),
            "label" => Some(What::Label(lower)),
            "owner" | "assignee" if lower == "none" || lower == "nobody" => Some(What::Nobody),
            "owner" | "assignee" => Some(What::Owner(lower)),
            "author" => Some(What::Author(lower)),
            "is" => state(&lower).map(What::State),
            _ => None,
        };
        known.unwrap_or_else(|| {
            self.unknown.push(word.to_owned());
            What::Word(word.to_lowercase())
        })
    }
}

fn grade(value: &str) -> Option<Grade> {
    match value {
        "?" | "??" | "none" => Some(Grade::Untriaged),
        digit if digit.len() == 1 => Priority::parse(&format!("p{digit}")).map(Grade::Set),
        word => Priority::parse(word).map(Grade::Set),
    }
}

fn state(value: &str) -> Option<State> {
    match value {
        "over" | "breached" => Some(State::Over),
        "risk" | "at-risk" => Some(State::Risk),
        "paused" => Some(State::Paused),
        "untriaged" => Some(State::Untriaged),
        "acked" => Some(State::Acked),
        _ => None,
    }
}

impl What {
    fn holds(&self, entry: &Entry, now: DateTime<Utc>) -> bool {
        let incident = &entry.incident;
        match self {
            Self::Word(word) => entry.words.contains(word.as_str()),
            Self::Grade(grade) => entry.verdict.grade == *grade,
            Self::Repo(name) => contains(incident.key.repo.full(), name),
            Self::Label(name) => incident.labels.iter().any(|l| contains(l.as_str(), name)),
            Self::Owner(name) => incident.assignees.iter().any(|a| contains(a.as_str(), name)),
            Self::Nobody => incident.assignees.is_empty(),
            Self::Author(name) => incident.author.as_ref().is_some_and(|a| contains(a.as_str(), name)),
            Self::State(state) => {
                let is = |wanted: ClockState| entry.states(now).any(|state| state == wanted);
                match state {
                    State::Over => is(ClockState::Breached),
                    State::Risk => is(ClockState::AtRisk) && !is(ClockState::Breached),
                    State::Paused => is(ClockState::Paused),
                    State::Untriaged => entry.verdict.grade == Grade::Untriaged,
                    State::Acked => entry.acked.is_some(),
                }
            }
        }
    }
}

/// Whether an incident is somebody's: assigned to them, or taken on by them.
pub fn is_mine(entry: &Entry, me: &Login) -> bool {
    entry.incident.assignees.contains(me) || entry.acked.as_ref().is_some_and(|(by, _)| by == me)
}

/// Whether `lower` (already in lower case) stands in `text`, without regard to case.
fn contains(text: &str, lower: &str) -> bool {
    if lower.is_ascii() {
        let (text, needle) = (text.as_bytes(), lower.as_bytes());
        let Some(first) = needle.first() else { return true };
        return text.len() >= needle.len()
            && text
                .windows(needle.len())
                .any(|w| w.first().is_some_and(|c| c.eq_ignore_ascii_case(first)) && w.eq_ignore_ascii_case(needle));
    }
    text.to_lowercase().contains(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_reads_words_negations_and_fields() {
        let filter = Filter::read("Login !docs p:1 is:over label:Bug owner:none what:ever label:");
        assert_eq!(filter.unknown, ["what:ever"]);
        let whats: Vec<_> = filter.terms.iter().map(|t| (t.is_negated, t.what.clone())).collect();
        assert_eq!(
            whats,
            [
                (false, What::Word("login".to_owned())),
                (true, What::Word("docs".to_owned())),
                (false, What::Grade(Grade::Set(Priority::P1))),
                (false, What::State(State::Over)),
                (false, What::Label("bug".to_owned())),
                (false, What::Nobody),
                (false, What::Word("what:ever".to_owned())),
            ]
        );
    }

    #[test]
    fn case_does_not_matter_in_any_script() {
        assert!(contains("Отчёт не открывается", "отчёт") && contains("Login FAILS", "fails"));
        assert!(!contains("Login", "logout") && contains("x", ""));
    }
}
