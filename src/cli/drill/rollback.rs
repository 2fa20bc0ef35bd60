//! `watchfloor drill rollback`: a marked breach of what a release is rolled back for.
//!
//! What is judged: how long at worst until the criterion fires, how long its channels take, and whether its runbook has steps.
//! Whether a release is out is not looked at.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{
    cli::{
        args::How,
        board,
        drill::{about, book, book::Book, deadline, failed, ground, rehearsal, rehearsed, said, verdict},
        exit,
        failure::{Failure, print},
        promised::EVALUATION,
        setup::Setup,
    },
    domain::{
        alert::{Alert, rule::AnyRule},
        notify::message::PROMISE,
        time::near_span,
        zone::Zones,
    },
    floor::Floor,
    shell::channels::{
        drill::{self, Rehearsal},
        duty::SCRAPE,
    },
};

/// What came of it.
struct Outcome {
    told: Rehearsal,
    book: Option<Book>,
    /// How long, at worst, until the criterion fires; nothing of an objective, where the burn decides.
    noticed: Option<TimeDelta>,
}

impl Outcome {
    fn latency(&self) -> Option<TimeDelta> {
        self.told.channels.iter().filter_map(|heard| heard.latency).max()
    }

    /// From the breach to the word of it; nothing where one part is not known.
    fn total(&self) -> Option<TimeDelta> {
        self.noticed?.checked_add(&self.latency()?)
    }

    fn code(&self) -> u8 {
        let is_told = self.told.is_whole() && self.total().is_none_or(|total| total <= PROMISE);
        match () {
            () if !self.told.is_judged() && self.told.held.is_none() => exit::COULD_NOT_JUDGE,
            () if is_told && self.book.as_ref().is_some_and(Book::has_steps) => exit::DONE,
            () => exit::NO,
        }
    }
}

/// Rehearses it and prints what came of it.
///
/// # Errors
/// Nothing is called like that, or the state folder refuses.
pub(super) async fn run(setup: &Setup, of: Option<&str>, how: How, zones: &Zones) -> Result<u8, Failure> {
    let (now, ground) = (setup.clock.now(), ground(setup, how).await);
    let alert = rehearsed(setup, of, now)?;
    let until = deadline(how);
    let (told, book) = tokio::join!(drill::breach(&ground, &alert, until), book::read(&alert));
    let outcome = Outcome { told: told.map_err(failed)?, book, noticed: noticed(&setup.floor, alert.rule.as_str()) };
    let code = outcome.code();
    if how.printed.json {
        print(&board::pretty(&document(&outcome, &alert, code, zones, now)))?;
        return Ok(code);
    }
    print(&lines(&outcome, &alert, code).join("\n"))?;
    Ok(code)
}

/// How long a signal or a rule takes, at worst, to fire.
fn noticed(floor: &Floor, of: &str) -> Option<TimeDelta> {
    let signal =
        floor.gauges().iter().find(|gauge| gauge.signal.name.as_str() == of && gauge.signal.threshold.is_some());
    let (evaluation, hold) = match signal {
        Some(gauge) => (EVALUATION, gauge.signal.hold),
        None => floor.book().rules().find_map(|view| match view.rule {
            AnyRule::Alert(rule) if rule.name.as_str() == of => Some((rule.every, rule.hold)),
            _ => None,
        })?,
    };
    SCRAPE.checked_add(&evaluation)?.checked_add(&hold)
}

fn document(outcome: &Outcome, alert: &Alert, code: u8, zones: &Zones, now: DateTime<Utc>) -> Value {
    let ms = |span: Option<TimeDelta>| json!(span.map(|span| span.num_milliseconds()));
    let document = rehearsal("rollback", &outcome.told, code, zones, now).with("alert", about(alert));
    let document = document.with("runbook", outcome.book.as_ref().map_or(Value::Null, Book::as_json));
    let document = document.with("noticed_ms", ms(outcome.noticed)).with("total_ms", ms(outcome.total()));
    document.with("release", "not_judged").value()
}

fn lines(outcome: &Outcome, alert: &Alert, code: u8) -> Vec<String> {
    let mut lines = vec![format!("DRILL rollback: {} {}", alert.rule, alert.labels)];
    lines.extend(said(&outcome.told));
    lines.push(match outcome.noticed {
        Some(noticed) => format!("  noticed: at most {} after the breach", near_span(noticed)),
        None => "  noticed: an objective fires by its burn, not after a fixed time".to_owned(),
    });
    lines.extend(outcome.total().map(|total| {
        let word = if total <= PROMISE { "within" } else { "NOT within" };
        format!("  known: at most {} after the breach, {word} 2 minutes", near_span(total))
    }));
    lines.push(book::said(outcome.book.as_ref()));
    if !outcome.book.as_ref().is_some_and(Book::has_steps) {
        lines
            .push("  the way back is not written down: numbered or task items in the runbook are its steps".to_owned());
    }
    lines.push("  the release itself was not looked at".to_owned());
    lines.push(verdict(code).to_owned());
    lines
}
