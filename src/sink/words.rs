//! Words that every format says alike.

use crate::{
    domain::{
        release::Reason,
        sla::{Step, WhichClock},
    },
    text::{Text, counted},
};

/// What counts as MTTA (SEMANTICS R32).
pub(super) const MTTA: &str = "opened in the last 30 days: from opening to the team's first act";

/// What counts as MTTR (SEMANTICS R32).
pub(super) const MTTR: &str = "closed in the last 30 days, cancelled left out: from opening to close";

/// What counts as in time (SEMANTICS R32).
pub(super) const IN_TIME: &str = "clocks that stopped in the last 30 days: met of met and missed";

/// A clock's name.
pub(super) fn clock(which: WhichClock) -> &'static str {
    match which {
        WhichClock::Response => "response",
        WhichClock::Fix => "fix",
    }
}

/// What an event did to a clock.
pub(super) fn step(step: Step) -> String {
    match step {
        Step::Start => "starts".to_owned(),
        Step::Pause => "pauses".to_owned(),
        Step::Resume => "goes on".to_owned(),
        Step::Stop => "stops".to_owned(),
        Step::Retarget(grade) => format!("judged as {}", grade.word()),
        Step::Breach => "goes over".to_owned(),
    }
}

/// A reason against release.
pub(super) fn reason(reason: &Reason) -> Text {
    Text::scrub(&match reason {
        Reason::ItemsOpen(n) => format!("{} open", counted(*n, "item", "items")),
        Reason::ItemsOverdue(n) => format!("{} overdue", counted(*n, "item", "items")),
        Reason::NotSigned(role) => format!("no word from {role}"),
        Reason::Vetoed(role) => format!("{role} said no"),
        Reason::Blocked(key) => format!("blocked by {key}"),
        Reason::NothingIn(path) => format!("no task item in {path}"),
        Reason::NothingToJudge => "nothing to judge by: no task item was found".to_owned(),
    })
}
