//! The duties as rows: what is late first, then what is due, then what comes, by its time.

pub mod view;

use crate::{
    domain::duty::judge::State,
    floor::{Floor, duties::Tended},
};

/// Rows below the list: what the selected duty is about.
pub const DETAILS: u16 = 6;

/// The duties in the order in which they press.
pub fn rows(floor: &Floor) -> Vec<&Tended> {
    let mut rows: Vec<&Tended> = floor.duties().all().iter().collect();
    rows.sort_by_key(|tended| {
        let head = tended.head();
        (head.map_or(u8::MAX, |head| urgency(&head.state)), head.map(|head| head.turn.at))
    });
    rows
}

fn urgency(state: &State) -> u8 {
    match state {
        State::Late => 0,
        State::Unknown(_) => 1,
        State::Due => 2,
        State::Soon => 3,
        State::Upcoming | State::Missed => 4,
        State::Done(_) => 5,
    }
}
