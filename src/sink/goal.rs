//! Goals as plain values that every format can write.

use crate::domain::goal::{
    Goal,
    judge::{Standing, Verdict},
};

/// A goal and how it stands.
#[derive(Debug)]
pub struct Row<'a> {
    /// What it is.
    pub goal: &'a Goal,
    /// How it stands.
    pub standing: Standing,
}

impl Row<'_> {
    /// The figure against what it should come to, and what there is to say of it.
    pub fn words(&self) -> String {
        let (goal, standing) = (self.goal, &self.standing);
        let asks = goal.asks(standing.limit);
        let why = if standing.why.is_blank() { String::new() } else { format!("; {}", standing.why) };
        let until = goal.by.filter(|_| standing.verdict == Verdict::OnTheWay);
        let until = until.map(|day| format!("; until {day}")).unwrap_or_default();
        match standing.verdict {
            Verdict::NotJudged => format!("could not be judged: {}", standing.why),
            verdict => {
                format!(
                    "{}: {} {}, {asks}{why}{until}",
                    verdict.word(),
                    goal.figure.title(),
                    standing.said(&goal.figure)
                )
            }
        }
    }
}
