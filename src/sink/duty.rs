//! Duties as plain values that every format can write.

use crate::{
    domain::{
        duty::{
            Duty,
            judge::{Judged, Standing},
        },
        rota::Person,
    },
    text::Text,
};

/// A duty and how it stands.
#[derive(Debug)]
pub struct Row<'a> {
    /// What it is.
    pub duty: &'a Duty,
    /// How it stands.
    pub standing: &'a Standing,
    /// Who has the turn that matters now; empty = nobody, or nobody knows.
    pub people: Vec<Person>,
    /// Why its evidence cannot be looked for, where it cannot.
    pub blind: Option<&'a Text>,
}

/// One turn of a duty.
#[derive(Debug)]
pub struct TurnRow<'a> {
    /// Of which duty.
    pub duty: &'a Duty,
    /// Which, and how it stands.
    pub judged: Judged,
    /// Who has it.
    pub people: Vec<Person>,
}
