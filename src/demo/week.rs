//! What the demo's release is judged by, what is on record of it, what it tells to whom, how it would be taken back.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        expr::Expr,
        release::{
            announcement::Declared,
            calendar::{Span, When},
            course::Course,
            evidence::{Evidence, Tie},
            gate::Role,
            judging::{Found, Seen},
            plan::{Criterion, CriterionKind, RollbackStep},
            record::{Deed, Entry, Say},
            rollback::{Condition, Watching},
            rules::Rules,
        },
        time::minus,
    },
    text::{Passage, Text},
};

fn text(written: &str) -> Text {
    Text::scrub(written)
}

/// Roles, announcements, evidence, and when it is taken back.
pub fn rules() -> Rules {
    let role =
        |name: &str, members: &[&str]| Role { name: text(name), members: members.iter().map(|m| text(m)).collect() };
    Rules {
        roles: vec![
            role("engineering", &["ana.k", "ben.i"]),
            role("qa", &["mae.l"]),
            role("security", &["cy.o", "kai.n"]),
            role("product", &["dee.w"]),
        ],
        ties: TIES.iter().map(|(step, evidence)| Tie { step: text(step), evidence: evidence() }).collect(),
        watching: Watching {
            owner: text("ana.k"),
            conditions: Expr::read("integrity > 1")
                .map(|expr| Condition { name: text("integrity over 1 %"), expr, hold: TimeDelta::minutes(30) })
                .into_iter()
                .collect(),
            is_declared: true,
            ..Watching::default()
        },
        announcements: announcements(),
        ..Rules::default()
    }
}

/// A step by its text, and what it is judged by.
type Proof = (&'static str, fn() -> Evidence);

const TIES: [Proof; 4] = [
    ("Write the numbers into the release notes @kai.n", || Evidence::ChangelogHas {
        path: text("CHANGELOG.md"),
        version: text("4.9.9"),
    }),
    ("Restore yesterday's backup to an empty host @cy.o", || Evidence::FileFresh {
        path: text("reports/restore.txt"),
        within: Some(TimeDelta::days(3)),
    }),
    ("Put the maintenance window on the status page @dee.w", || Evidence::FileFresh {
        path: text("status/2026-w47.md"),
        within: None,
    }),
    ("Take a fresh backup @cy.o", || Evidence::FileFresh {
        path: text("backups/latest.txt"),
        within: Some(TimeDelta::hours(6)),
    }),
];

/// What the files of the evidence hold, by the place of what asks.
pub fn seen(start: DateTime<Utc>, now: DateTime<Utc>) -> Vec<(usize, Seen)> {
    let there = |hours| Found::There { changed_at: Some(minus(start, TimeDelta::hours(hours))) };
    let found = [Found::Entry(true), there(16), Found::Missing, there(9)];
    let seen = |found| Seen { as_of: now, found: Ok(found) };
    found.into_iter().map(seen).enumerate().collect()
}

fn announcements() -> Vec<Declared> {
    let declared = |name: &str, when, to: &str, step: Option<&str>, said: &str| Declared {
        name: text(name),
        when,
        to: text(to),
        step: step.map(text),
        text: Passage::scrub(said),
    };
    let days = |offset| When::Days(Span::day(offset));
    vec![
        declared(
            "maintenance window",
            days(-5),
            "customers, by mail",
            None,
            "Subject: {release} on {day}\n\nOn {day} at {time} ({zone}) we update to {release}.\n\
             For about half an hour refunds are queued; nothing is lost.\n\nQuestions: support@payments.example\n",
        ),
        declared(
            "administrators",
            days(-2),
            "#administrators",
            Some("Send the announcement to administrators @dee.w"),
            "{release} goes out on {day} at {time} ({zone}).\n\nWhat you have to do:\n\
             - check the three settings that changed, by the evening before\n\
             - keep somebody reachable for an hour after it\n\nThe changed settings are in the release notes.\n",
        ),
        declared(
            "reminder",
            days(-1),
            "customers, by mail",
            None,
            "Tomorrow at {time} ({zone}) we update to {release}. Refunds are queued for about half an hour.\n",
        ),
        declared(
            "we begin",
            When::Hours(-2),
            "status page",
            None,
            "In two hours we begin to roll out {release}. Payments go on; refunds are queued.\n",
        ),
    ]
}

/// What is on record at the start.
pub fn record(start: DateTime<Utc>) -> Vec<Entry> {
    let entry = |hours, by: &str, deed, commit: Option<&str>, reason: &str| Entry {
        at: minus(start, TimeDelta::hours(hours)),
        by: text(by),
        deed,
        commit: commit.map(text),
        reason: text(reason),
    };
    let go = |role: &str| Deed::SignOff { role: text(role), say: Say::Go };
    vec![
        entry(68, "mae.l", Deed::Announced { what: text("maintenance window") }, None, ""),
        entry(20, "ana.k", go("engineering"), Some("7c41d0e"), ""),
        entry(11, "mae.l", go("qa"), Some("7c41d0e"), "two known flakes, both filed"),
    ]
}

/// Puts the order of the day and the way back into a plan.
pub fn plan(course: &mut Course) {
    for phase in course.plan.phases.iter_mut().filter(|phase| phase.when == Some(When::Days(Span::day(0)))) {
        phase.is_strict = true;
    }
    let mut n = 0;
    let strict = course.plan.phases.iter().position(|phase| phase.is_strict);
    for step in course.plan.steps.iter_mut().filter(|step| step.phase.is_some() && step.phase == strict) {
        n += 1;
        step.number = Some(n);
    }
    let line = course.plan.steps.last().map_or(1, |step| step.line.saturating_add(3));
    let criterion = |said: &&str| Criterion { kind: CriterionKind::Rollback, text: text(said), line };
    course.plan.criteria = WHEN.iter().map(criterion).collect();
    course.plan.rollback = STEPS.iter().map(|said| RollbackStep { text: text(said), line }).collect();
}

const WHEN: [&str; 2] =
    ["integrity failures stay over 1 % for half an hour", "a P0 is opened within the hour after it"];

const STEPS: [&str; 6] = [
    "Say in #payments that 4.9.9 is taken back, and that ana.k decided it",
    "Stop the roll-out; keep the hosts that run 4.9.9 for their logs",
    "Deploy 4.9.8 everywhere: `deploy --tag v4.9.8 --all`",
    "Run the backward migrations, which were rehearsed at T-3",
    "Compare integrity and the error ratio with the hour before",
    "Tell customers on the status page, and file what was learnt",
];
