//! The walk's steps in words: what moved a clock, when, and by whose hand.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::{CloseReason, Incident, Login, What},
        sla::{
            Evidence, Policy, Step, WhichClock,
            judge::{Cause, Note, Walk},
            tags::Tags,
        },
    },
    text::Text,
};

pub(super) fn evidence(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> Vec<Evidence> {
    let mut notes = Walk::notes(incident, policy, now);
    // Stable: what happened in one second stays in the order in which it was judged.
    notes.sort_by_key(|note| note.at);
    // By clock: a stopped one is not told of a change, and learns of it when it goes on.
    let mut in_force = [Tags::at_opening(incident, policy).basis().rule; 2];
    let line = |note: Note<'_>| {
        let [of_response, of_fix] = &mut in_force;
        let known = if note.clock == WhichClock::Response { of_response } else { of_fix };
        let is_moved = std::mem::replace(known, note.rule) != note.rule;
        let (rule, under) = (rule(&note), policy.rule_name(note.rule));
        Evidence {
            at: note.at,
            clock: note.clock,
            step: note.step,
            by: who(note.cause, incident),
            event: words(note.cause),
            rule,
            words: Text::scrub(&rule_words(rule, note.step, is_moved, under)),
            under: under.cloned(),
        }
    };
    notes.into_iter().map(line).collect()
}

/// Which rule of the clocks a step follows (docs/rules.md).
fn rule(note: &Note<'_>) -> &'static str {
    let is_reopened = matches!(note.cause, Cause::Did(event) if event.what == What::Reopened);
    match (note.step, note.clock, note.cause) {
        (Step::Start, ..) => "R20",
        (Step::Stop, WhichClock::Response, _) => "R21",
        (Step::Stop, WhichClock::Fix, _) => "R22",
        (Step::Resume, ..) if is_reopened => "R24",
        (Step::Pause | Step::Resume, ..) => "R23",
        (Step::Breach, _, Cause::Time) => "R26",
        (Step::Retarget(_) | Step::Breach, ..) => "R25",
    }
}

/// A step's rule in a few words; from where the policy's own rule judges, or ceases to, its name as well.
fn rule_words(rule: &str, step: Step, is_moved: bool, under: Option<&Text>) -> String {
    let words = match (rule, step) {
        ("R20", _) => "the clocks start",
        ("R21", _) => "first act of the team",
        ("R22", _) => "the close stops it",
        ("R23", Step::Pause) => "a pause begins",
        ("R23", _) => "the pause ends",
        ("R24", _) => "opened again",
        ("R25", Step::Breach) => "its target is shorter now",
        ("R25", _) if is_moved => {
            return under.map_or("no rule judges it".to_owned(), |name| format!("judged by rule {name}"));
        }
        ("R25", _) => "priority changed",
        _ => "beyond its target",
    };
    match under.filter(|_| matches!(step, Step::Start | Step::Retarget(_) | Step::Breach)) {
        Some(name) => format!("{words}, rule {name}"),
        None => words.to_owned(),
    }
}

fn who(cause: Cause<'_>, incident: &Incident) -> Option<Login> {
    match cause {
        Cause::Opened => incident.author.clone(),
        Cause::Did(event) => event.actor.as_ref().map(|actor| actor.login.clone()),
        Cause::KnownClosed(_) | Cause::Time => None,
    }
}

fn words(cause: Cause<'_>) -> String {
    match cause {
        Cause::Opened => "opened".to_owned(),
        Cause::Did(event) => what_words(&event.what),
        Cause::KnownClosed(reason) => closed(reason).to_owned(),
        Cause::Time => "time ran out".to_owned(),
    }
}

fn what_words(what: &What) -> String {
    match what {
        What::Labeled(label) => format!("labeled {label}"),
        What::Unlabeled(label) => format!("unlabeled {label}"),
        What::Assigned(Some(login)) => format!("assigned {login}"),
        What::Assigned(None) => "assigned".to_owned(),
        What::Unassigned(Some(login)) => format!("unassigned {login}"),
        What::Unassigned(None) => "unassigned".to_owned(),
        What::Commented => "commented".to_owned(),
        What::Reviewed => "reviewed".to_owned(),
        What::Closed(reason) => closed(*reason).to_owned(),
        What::Reopened => "reopened".to_owned(),
        What::Merged => "merged".to_owned(),
        What::Renamed => "renamed".to_owned(),
        What::Acted => "changed".to_owned(),
    }
}

fn closed(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Completed => "closed",
        CloseReason::NotPlanned => "closed as not planned",
        CloseReason::Duplicate => "closed as duplicate",
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{
            sla::{
                Rule, Step, WhichClock, explain,
                samples::{at, incident, policy},
            },
            time::rfc3339,
        },
        text::Text,
    };

    fn lines(labels: &[&str], events: &[&str], now: &str) -> Vec<String> {
        let line = |e: crate::domain::sla::Evidence| {
            let clock = match e.clock {
                WhichClock::Response => "response",
                WhichClock::Fix => "fix",
            };
            let step = match e.step {
                Step::Retarget(grade) => format!("Retarget {}", grade.word()),
                step => format!("{step:?}"),
            };
            let by = e.by.map_or("-".to_owned(), |login| login.to_string());
            format!("{} {clock} {step}: {by} {}", &rfc3339(e.at)[8..16], e.event)
        };
        explain(&incident(labels, events), &policy(), at(now)).into_iter().map(line).collect()
    }

    #[test]
    fn each_step_names_its_event_and_its_hand() {
        let events = [
            "12:30 mia commented",
            "13:00 mia labeled waiting",
            "14:00 rita commented",
            "15:00 mia labeled P0",
            "16:00 mia closed duplicate",
            "17:00 rita reopened",
        ];
        let wanted = [
            "20T12:00 response Start: rita opened",
            "20T12:00 fix Start: rita opened",
            "20T12:30 response Stop: mia commented",
            "20T13:00 fix Pause: mia labeled waiting",
            "20T14:00 fix Resume: rita commented",
            "20T15:00 fix Retarget P0: mia labeled P0",
            "20T16:00 fix Stop: mia closed as duplicate",
            "20T17:00 fix Resume: rita reopened",
        ];
        assert_eq!(lines(&["P1"], &events, "18:00"), wanted);
        assert_eq!(lines(&["P1"], &events, "12:59"), wanted[..3]);
    }

    #[test]
    fn each_line_names_its_rule() {
        let events = [
            "12:30 mia commented",
            "13:00 mia labeled waiting",
            "14:00 rita commented",
            "15:00 mia labeled P0",
            "16:00 mia closed",
            "17:00 rita reopened",
        ];
        let told = explain(&incident(&["P1"], &events), &policy(), at("2026-11-28T12:00:00Z"));
        let rules: Vec<_> = told.iter().map(|e| e.rule).collect();
        assert_eq!(rules, ["R20", "R20", "R21", "R23", "R23", "R25", "R22", "R24", "R26"]);
    }

    #[test]
    fn each_line_says_what_its_rule_did_and_names_the_policy_s_rule() {
        let mut policy = policy();
        policy.rules.push(Rule {
            name: Text::scrub("customers"),
            labels: vec!["customer".to_owned()],
            repositories: Vec::new(),
            kind: None,
            terms: Default::default(),
        });
        let events = [
            "12:10 mia labeled customer",
            "12:30 mia commented",
            "13:00 mia labeled waiting",
            "14:00 rita commented",
            "15:00 mia labeled P0",
            "16:00 mia unlabeled customer",
        ];
        let told = explain(&incident(&["P1"], &events), &policy, at("18:00"));
        let of_fix = told.iter().filter(|e| e.clock == WhichClock::Fix).map(|e| e.words.as_str());
        let wanted = [
            "the clocks start",
            "judged by rule customers",
            "a pause begins",
            "the pause ends",
            "priority changed, rule customers",
            "no rule judges it",
        ];
        assert_eq!(of_fix.collect::<Vec<_>>(), wanted);
        let born = explain(&incident(&["P1", "customer"], &[]), &policy, at("2026-11-24T12:00:00Z"));
        let words: Vec<_> = born.iter().map(|e| e.words.as_str()).collect();
        let start = "the clocks start, rule customers";
        assert_eq!(words, [start, start, "beyond its target, rule customers"]);
    }

    #[test]
    fn in_one_second_a_stop_shows_and_no_pause_after_it_and_a_pause_instead_of_a_start() {
        // Once stopped, a pause is no step: neither set before the close nor after it, in the same second.
        let after = ["13:00 mia closed", "13:00 mia labeled waiting"];
        assert_eq!(
            lines(&["P0"], &after, "14:00")[2..],
            ["20T13:00 response Stop: mia closed", "20T13:00 fix Stop: mia closed",]
        );
        // Stopped while it was held: the stop shows, and it is the last word.
        let before = ["13:00 mia labeled waiting", "13:00 mia closed"];
        assert_eq!(
            lines(&["P0"], &before, "14:00")[2..],
            [
                "20T13:00 fix Pause: mia labeled waiting",
                "20T13:00 response Stop: mia closed",
                "20T13:00 fix Stop: mia closed",
            ]
        );
        // A pause beats a start: opened while held, it goes on only when the label goes.
        let reopened = ["13:00 mia closed", "13:10 mia labeled waiting", "13:20 rita reopened"];
        assert_eq!(lines(&["P0"], &reopened, "14:00")[4..], ["20T13:20 fix Pause: rita reopened"]);
    }

    #[test]
    fn a_breach_stands_at_the_instant_the_time_ran_out() {
        let wanted = [
            "20T12:00 response Start: rita opened",
            "20T12:00 fix Start: rita opened",
            "21T12:00 response Breach: - time ran out",
        ];
        assert_eq!(lines(&["P0"], &[], "2026-11-22T12:00:00Z"), wanted);
    }

    #[test]
    fn a_raise_over_the_target_is_the_label_s_breach() {
        let found = lines(&["P1"], &["2026-11-21T13:00:00Z mia labeled P0"], "2026-11-21T14:00:00Z");
        let wanted = [
            "21T13:00 response Retarget P0: mia labeled P0",
            "21T13:00 fix Retarget P0: mia labeled P0",
            "21T13:00 response Breach: mia labeled P0",
        ];
        assert_eq!(found[2..], wanted);
    }

    #[test]
    fn a_label_that_changes_no_clock_is_no_evidence() {
        let events = ["12:10 mia labeled P3", "12:20 mia labeled bug", "12:30 rita commented"];
        assert_eq!(lines(&["P1"], &events, "18:00").len(), 2);
    }

    #[test]
    fn a_priority_set_while_closed_shows_at_the_reopening() {
        let events = ["13:00 mia closed", "14:00 mia labeled P0", "15:00 rita reopened"];
        let wanted = ["20T15:00 fix Retarget P0: rita reopened", "20T15:00 fix Resume: rita reopened"];
        assert_eq!(lines(&["P1"], &events, "18:00")[4..], wanted);
    }
}
