//! What is said of what became of notices, and messages of our own.

use chrono::TimeDelta;

use crate::{
    domain::{
        alert::AlertId,
        incident::Login,
        notify::{Kind, Message},
        rota::Person,
        sample::Labels,
        time::{near_span, short_span},
    },
    floor::Floor,
    shell::channels::courier::Report,
    text::{Text, counted},
};

/// A line for the log.
pub(super) fn words(report: &Report) -> String {
    match report {
        Report::Delivered { channel, title, age, is_late, is_maybe_repeated, in_digest_of, .. } => {
            let late = if *is_late { ", late" } else { "" };
            let repeated = if *is_maybe_repeated { ", maybe repeated" } else { "" };
            let digest = if 1 < *in_digest_of { format!(", in a digest of {in_digest_of}") } else { String::new() };
            format!("told {channel} after {}{late}{repeated}{digest}: {title}", near_span(*age))
        }
        Report::Failing { channel, why, n_waiting, rests } => {
            let wait = counted(*n_waiting, "message waits", "messages wait");
            let rests = rests.and_then(|rests| TimeDelta::from_std(rests).ok());
            let again = rests.map(|rests| format!(", tried again in {}", short_span(rests))).unwrap_or_default();
            format!("{channel} takes nothing: {why}; {wait}{again}")
        }
        Report::Back { channel } => format!("{channel} is back"),
        Report::GivenUp { channel, title, why, .. } => format!("error: {channel} will not be told: {why}: {title}"),
        Report::LeftOut { channel, title, why, .. } => format!("{channel} is not told: {why}: {title}"),
        Report::Disk { why } => format!("error: the disk keeps nothing of what is told: {why}"),
        Report::Nowhere { channel, title, .. } => format!("error: there is no channel {channel} any more for: {title}"),
    }
}

/// `primary: ann, ben` for each seat that somebody is on.
pub(super) fn on_call(floor: &Floor) -> Vec<Text> {
    let seats = floor.on_call().map(|on_call| on_call.seats.as_slice()).unwrap_or_default();
    let named = seats.iter().filter(|seat| !seat.duty.people.is_empty()).map(|seat| {
        let people: Vec<&str> = seat.duty.people.iter().map(Text::as_str).collect();
        Text::scrub(&format!("{}: {}", seat.name, people.join(", ")))
    });
    named.collect()
}

/// The accounts of who is on the first seat that somebody is on.
pub(super) fn accounts(floor: &Floor) -> Vec<Login> {
    let Some(on_call) = floor.on_call() else { return Vec::new() };
    let Some(seat) = on_call.seats.iter().find(|seat| !seat.duty.people.is_empty()) else { return Vec::new() };
    let account = |person: &Person| {
        let contact = on_call.roster.people.iter().find(|contact| contact.id == *person);
        let login = contact.and_then(|contact| contact.login.as_ref());
        Login::new(login.map_or(person.as_str(), Text::as_str))
    };
    seat.duty.people.iter().map(account).collect()
}

/// A message of our own.
pub(super) fn word(said: &str, key: u64) -> Message {
    Message {
        kind: Kind::Word,
        key,
        title: Text::scrub(said),
        common: Labels::default(),
        alerts: Vec::new(),
        n_more: 0,
        on_call: Vec::new(),
        link: None,
        is_drill: false,
        is_repeat: false,
        accounts: Vec::new(),
    }
}

pub(super) fn key_of(about: &str) -> u64 {
    AlertId::of(&Text::scrub(about), &Labels::default()).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_asks_for_a_long_rest_says_when_it_is_tried_again() {
        let failing = |rests| Report::Failing {
            channel: Text::scrub("hook"),
            why: Text::scrub("it answered 429"),
            n_waiting: 1,
            rests,
        };
        assert_eq!(words(&failing(None)), "hook takes nothing: it answered 429; 1 message waits");
        let ten = std::time::Duration::from_secs(600);
        assert_eq!(
            words(&failing(Some(ten))),
            "hook takes nothing: it answered 429; 1 message waits, tried again in 10m"
        );
    }
}
