//! What a gate found, as plain values that every format can write.

use chrono::{DateTime, Utc};

use crate::{domain::rota::Person, text::Text};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// The gate says no because of it.
    Fails,
    /// Somebody should look; the gate stays open.
    Warns,
    /// Good to know.
    Notes,
}

impl Weight {
    /// Its word on the wire and on paper.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fails => "fail",
            Self::Warns => "warning",
            Self::Notes => "note",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// How much it weighs.
    pub weight: Weight,
    /// What kind it is, for programs: `gap`.
    pub code: &'static str,
    /// The seat it is about, if one.
    pub seat: Option<Text>,
    /// The people it is about.
    pub people: Vec<Person>,
    /// From when until when; nothing = it holds of the file as it stands.
    pub when: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What is wrong, who, and when by the wall clock.
    pub what: Text,
    /// What to do about it.
    pub hint: Text,
}

/// What a gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing stands against it.
    Pass,
    /// Something does.
    Fail,
    /// The settings or a file they name are wrong.
    Wrong,
    /// Something it rests on was not heard. Never read as a pass.
    NotJudged,
    /// The settings name nothing that it could judge.
    NotConfigured,
}

impl Verdict {
    /// Its word on the wire and on paper.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Wrong => "wrong",
            Self::NotJudged => "not_judged",
            Self::NotConfigured => "not_configured",
        }
    }
}

/// A gate with what it found.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// Which: `oncall`.
    pub name: &'static str,
    /// What it says.
    pub verdict: Verdict,
    /// What it rests on, or why it could not judge; may be blank.
    pub about: Text,
    /// What it found, the worst first.
    pub findings: Vec<Finding>,
}

impl Gate {
    /// A gate that says no if a finding fails, and passes else.
    pub fn of(name: &'static str, about: Text, findings: Vec<Finding>) -> Self {
        let fails = findings.iter().any(|finding| finding.weight == Weight::Fails);
        Self { name, verdict: if fails { Verdict::Fail } else { Verdict::Pass }, about, findings }
    }

    /// A gate that could not judge, and why.
    pub fn without_verdict(name: &'static str, verdict: Verdict, why: &str) -> Self {
        Self { name, verdict, about: Text::scrub(why), findings: Vec::new() }
    }
}
