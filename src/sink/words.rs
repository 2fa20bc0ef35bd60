//! Words that every format says alike.

use crate::domain::sla::WhichClock;

/// What counts as MTTA (SEMANTICS R32).
pub(super) const MTTA: &str = "opened in the last 30 days: to the team's first act, or taken on here";

/// What counts as MTTR (SEMANTICS R32).
pub(super) const MTTR: &str = "closed in the last 30 days, cancelled left out: opening to last close";

/// What the time by which half are closed is (SEMANTICS R34).
pub(super) const HALF: &str = "when half of those opened in the last 30 days are closed, those still open counted in (Kaplan-Meier), cancelled left out";

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

/// What the statistics of issues and pull requests mean.
pub(super) const STATS: [(&str, &str); 16] = [
    ("response", "from opening to the first comment, review or review comment of somebody other than the author"),
    ("any", "robots included"),
    (
        "nobot",
        "robots left out: logins ending in [bot], accounts of type Bot, a list of known ones, and those you name",
    ),
    ("team", "of somebody of the team, no robot; from a file: who was owner, member or collaborator"),
    ("any_action", "a response, or any other act of somebody else who is no robot: a label, an owner, a close, a lock"),
    ("close", "from opening to the last close, of those closed"),
    ("first_close", "from opening to the first close, also of those opened again"),
    ("open age", "from opening to now, of those open"),
    ("business", "the same, counting open hours only"),
    ("missing", "those that have no such moment; they are in no other figure"),
    ("median, p90", "the middle one; nine of ten are at most p90, linear between closest ranks (type 7)"),
    ("MTTA", "of those opened in the stretch: from opening to the team's first act, or until somebody took it on here"),
    ("MTTR", "of those closed in the stretch, whenever opened, cancelled left out: from opening to the last close"),
    ("MTTD", "from the start of the harm to its detection, where both are recorded; issues record neither"),
    (
        "half closed",
        "when half of those opened are closed, those still open counted in (Kaplan-Meier), cancelled left out",
    ),
    ("month, week", "openings and closings count where they lie, cut at the midnights of the zone"),
];

/// What the statistics of tickets mean.
pub(super) const TICKETS: [(&str, &str); 6] = [
    ("taken on", "from opening to the first change that leaves the state New"),
    ("resolved", "from opening to the resolution in the last change"),
    ("closed", "from opening to the close in the last change"),
    ("promise kept", "what the log itself says (made_sla)"),
    ("missing", "those without the moment, or with one before the opening; they are in no other figure"),
    ("median, p90", "the middle one; nine of ten are at most p90, linear between closest ranks (type 7)"),
];

/// What the statistics of services mean.
pub(super) const UPTIME: [(&str, &str); 4] = [
    ("outage", "from the first check that found it down to the next that found it up"),
    ("available", "the share of the time from its first check to the last check of the file, outages taken off"),
    ("MTTR", "mean length of the outages that are over"),
    ("answer", "p90 of how long checks took that found it up"),
];

/// What the figures of a fairness report count (SEMANTICS R11).
pub(super) const FAIRNESS: [(&str, &str); 6] = [
    ("hours", "time on call; two seats at once count once"),
    ("nights", "of it, 22:00 to 08:00 on the person's own clock (else the roster's)"),
    ("weekends", "of it, Saturday 00:00 to Monday 00:00 on that clock"),
    ("shifts", "stretches on one seat without a break"),
    ("share", "of the hours of all"),
    ("balance", "the fewer by the more, the mean over every two; 100 % = even"),
];
