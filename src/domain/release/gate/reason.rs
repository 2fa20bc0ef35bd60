//! Reasons against a release, for programs and for people.

use super::Reason;
use crate::{domain::time::rfc3339, text::counted};

impl Reason {
    /// A short name for programs: `item:notes`, `missing:qa`, `stale:qa`, `veto:qa`, `decided:no-go`, `ci:build`, `freeze:holiday`, `blockers`.
    pub fn code(&self) -> String {
        match self {
            Self::NoCriteria => "no-criteria".to_owned(),
            Self::Blockers(_) => "blockers".to_owned(),
            Self::Item { id, .. } => format!("item:{id}"),
            Self::Contradicted { id, .. } => format!("evidence:{id}"),
            Self::Missing(role) => format!("missing:{role}"),
            Self::Stale { role, .. } => format!("stale:{role}"),
            Self::Veto { role, .. } => format!("veto:{role}"),
            Self::Decided { what, .. } => format!("decided:{what}"),
            Self::Ci { job, .. } => format!("ci:{job}"),
            Self::Freeze { name, .. } => format!("freeze:{name}"),
            Self::Budget(name) => format!("budget:{name}"),
            Self::Unheard(what) => format!("unheard:{what}"),
        }
    }

    /// In words for a person, one line.
    pub fn words(&self) -> String {
        match self {
            Self::NoCriteria => "there is nothing to judge by: no step, no role, no job".to_owned(),
            Self::Blockers(keys) => {
                let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
                format!("{}: {}", counted(keys.len(), "incident blocks", "incidents block"), names.join(", "))
            }
            Self::Item { id, text } => format!("not done: {text} ({id})"),
            Self::Contradicted { id, said } => format!("ticked, but {said} ({id})"),
            Self::Missing(role) => format!("{role} has not signed off"),
            Self::Stale { role, commit: Some(commit), why } if why.is_blank() => {
                format!("{role} signed off {commit}, which is another commit")
            }
            Self::Stale { role, commit: Some(commit), why } => {
                format!("{role} signed off {commit}, which is another commit: {why}")
            }
            Self::Stale { role, commit: None, .. } => format!("{role} signed off without naming a commit"),
            Self::Veto { role, by, reason } if reason.is_blank() => format!("{by} vetoes for {role}"),
            Self::Veto { role, by, reason } => format!("{by} vetoes for {role}: {reason}"),
            Self::Decided { what, by, at, reason } if reason.is_blank() => {
                format!("{by} decided {what}, {}", rfc3339(*at))
            }
            Self::Decided { what, by, at, reason } => format!("{by} decided {what}, {}: {reason}", rfc3339(*at)),
            Self::Ci { job, said } => format!("CI {job}: {said}"),
            Self::Freeze { name, until } => format!("the freeze {name} holds until {until}"),
            Self::Budget(name) => format!("the error budget of {name} is overspent"),
            Self::Unheard(what) => format!("could not judge by {what}"),
        }
    }
}
