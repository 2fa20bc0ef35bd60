//! Words that every format says alike.

use crate::{
    domain::{release::Reason, sla::WhichClock},
    text::{Text, counted},
};

/// What counts as MTTA (SEMANTICS R32).
pub(super) const MTTA: &str = "opened in the last 30 days: from opening to the team's first act";

/// What counts as MTTR (SEMANTICS R32).
pub(super) const MTTR: &str = "closed in the last 30 days, cancelled left out: from opening to close";

/// What counts as in time (SEMANTICS R32).
pub(super) const IN_TIME: &str = "clocks that stopped in the last 30 days: met of met and missed";

/// What compliance is.
pub(super) const KEPT: &str = "met of met, missed (both of the last 30 days) and still over";

/// A clock's name.
pub(super) fn clock(which: WhichClock) -> &'static str {
    match which {
        WhichClock::Response => "response",
        WhichClock::Fix => "fix",
    }
}

/// A reason against release.
pub fn reason(reason: &Reason) -> Text {
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

/// What the figures of a fairness report count (SEMANTICS R11).
pub(super) const FAIRNESS: [(&str, &str); 6] = [
    ("hours", "time on call; two seats at once count once"),
    ("nights", "of it, 22:00 to 08:00 on the person's own clock (else the roster's)"),
    ("weekends", "of it, Saturday 00:00 to Monday 00:00 on that clock"),
    ("shifts", "stretches on one seat without a break"),
    ("share", "of the hours of all"),
    ("balance", "the fewer by the more, the mean over every two; 100 % = even"),
];
