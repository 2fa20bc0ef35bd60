//! An incident's history as the events of an escalation: from when it matters, who took it on, when it was over.

use chrono::{DateTime, Utc};

use crate::domain::{
    escalation::{
        Policy,
        engine::{Event, Happened},
    },
    incident::{self, Incident, Label, What},
    priority::Grade,
    sla,
};

/// The policy in force for an incident, and what its escalation hears of up to `now`, oldest first.
///
/// It is triggered when the incident came under this policy: at its opening, or by the label that gave it the priority.
/// It is acknowledged by `acked` (taken on in a console) and by each act of the team that stops a response clock (R21): an
/// answer that came before the trigger counts, as it does for the clock. Closed is resolved, opened again is re-opened.
///
/// Nothing = it does not escalate (R18).
pub fn of<'a>(
    incident: &Incident,
    promises: &sla::Policy,
    policies: &'a [Policy],
    acked: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<(&'a Policy, Vec<Happened>)> {
    let (policy, trigger) = triggered(incident, promises, policies, now)?;
    let mut heard = history(incident, promises, acked);
    heard.retain(|happened| happened.at <= now);
    // What came before it mattered is not news, but it says how things stood then.
    let standing = standing(heard.iter().filter(|happened| happened.at <= trigger));
    heard.retain(|happened| trigger < happened.at);
    let mut events = vec![Happened { at: trigger, event: Event::Triggered }];
    events.extend(standing.map(|event| Happened { at: trigger, event }));
    events.extend(heard);
    Some((policy, events))
}

/// How things stood after these: over, taken on, or neither.
fn standing<'a>(heard: impl Iterator<Item = &'a Happened>) -> Option<Event> {
    let (mut is_over, mut is_taken) = (false, false);
    for happened in heard {
        match happened.event {
            Event::Acknowledged => is_taken = true,
            Event::Resolved => is_over = true,
            Event::Reopened => (is_over, is_taken) = (false, false),
            Event::Triggered | Event::Unacknowledged | Event::Snoozed { .. } | Event::Escalated => {}
        }
    }
    match (is_over, is_taken) {
        (true, _) => Some(Event::Resolved),
        (false, true) => Some(Event::Acknowledged),
        (false, false) => None,
    }
}

/// The policy that judges the incident now, and since when it has, without a break.
fn triggered<'a>(
    incident: &Incident,
    promises: &sla::Policy,
    policies: &'a [Policy],
    now: DateTime<Utc>,
) -> Option<(&'a Policy, DateTime<Utc>)> {
    let place = |grade: Grade| match grade {
        Grade::Set(priority) => policies.iter().position(|policy| policy.priorities.contains(&priority)),
        Grade::Untriaged => None,
    };
    let mut since: Option<(usize, DateTime<Utc>)> = None;
    for (at, grade) in grades(incident, promises, now) {
        since = match (place(grade), since) {
            (Some(now_under), Some((under, at))) if now_under == under => Some((under, at)),
            (found, _) => found.map(|under| (under, at)),
        };
    }
    let (under, at) = since?;
    Some((policies.get(under)?, at))
}

/// Every grade it had, from when; a swap of labels within one second is one change.
fn grades(incident: &Incident, promises: &sla::Policy, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Grade)> {
    let mut labels: Vec<Label> = incident.labels_at_opening();
    let counts = |label: &Label| promises.priority_of(label).is_some() || promises.is_triage(label);
    let mut grades = vec![(incident.opened_at, promises.grade_of(&labels))];
    for event in incident.timeline.iter().filter(|event| event.at <= now) {
        match &event.what {
            What::Labeled(label) if counts(label) => {
                if !labels.contains(label) {
                    labels.push(label.clone());
                }
            }
            What::Unlabeled(label) if counts(label) => labels.retain(|on| on != label),
            _ => continue,
        }
        let at = grades.last().map_or(event.at, |(last, _)| event.at.max(*last));
        grades.retain(|(earlier, _)| *earlier < at);
        grades.push((at, promises.grade_of(&labels)));
    }
    grades
}

fn history(incident: &Incident, promises: &sla::Policy, acked: Option<DateTime<Utc>>) -> Vec<Happened> {
    let mut heard: Vec<Happened> = Vec::new();
    for event in &incident.timeline {
        let what = match &event.what {
            What::Closed(_) => Some(Event::Resolved),
            What::Reopened => Some(Event::Reopened),
            What::Commented | What::Reviewed | What::Assigned(_) => {
                is_act_of_the_team(event, incident, promises).then_some(Event::Acknowledged)
            }
            What::Labeled(_) | What::Unlabeled(_) | What::Unassigned(_) => None,
            What::Merged | What::Renamed | What::Acted => None,
        };
        heard.extend(what.map(|what| Happened { at: event.at, event: what }));
    }
    let is_closed_in_it = heard
        .iter()
        .rfind(|happened| matches!(happened.event, Event::Resolved | Event::Reopened))
        .is_some_and(|happened| happened.event == Event::Resolved);
    let unlisted = incident.closed_at.filter(|_| !is_closed_in_it);
    heard.extend(unlisted.map(|at| Happened { at, event: Event::Resolved }));
    heard.extend(acked.map(|at| Happened { at, event: Event::Acknowledged }));
    heard.sort_by_key(|happened| happened.at);
    heard
}

fn is_act_of_the_team(event: &incident::Event, incident: &Incident, promises: &sla::Policy) -> bool {
    let by_author = |actor: &incident::Actor| incident.author.as_ref() == Some(&actor.login);
    event.actor.as_ref().is_some_and(|actor| promises.is_team(actor) && !by_author(actor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        escalation::samples::{clock, opened_at_noon, policy, promises},
        time::rfc3339,
    };

    fn heard(labels: &[&str], timeline: &[&str], acked: Option<&str>) -> Option<Vec<String>> {
        let policies = [policy(1)];
        let seen = opened_at_noon(labels, timeline);
        let (_, events) = of(&seen, &promises(), &policies, acked.map(clock), clock("18:00"))?;
        Some(events.iter().map(|e| format!("{} {:?}", &rfc3339(e.at)[11..16], e.event)).collect())
    }

    #[test]
    fn it_is_triggered_by_its_opening_or_by_the_label_that_gave_the_priority() {
        assert_eq!(heard(&["P1"], &[], None).unwrap(), ["12:00 Triggered"]);
        assert_eq!(heard(&["P2"], &["13:00 mia labeled P0"], None).unwrap(), ["13:00 Triggered"]);
        assert_eq!(heard(&["P1"], &["13:00 mia labeled P0"], None).unwrap(), ["12:00 Triggered"]);
        let swapped = ["13:00 mia unlabeled P1", "13:00 mia labeled P0"];
        assert_eq!(heard(&["P1"], &swapped, None).unwrap(), ["12:00 Triggered"]);
        let gone = ["13:00 mia unlabeled P1", "14:00 mia labeled P1"];
        assert_eq!(heard(&["P1"], &gone, None).unwrap(), ["14:00 Triggered"]);
    }

    #[test]
    fn low_urgency_and_no_urgency_do_not_escalate() {
        assert_eq!(heard(&["P3"], &[], None), None);
        assert_eq!(heard(&[], &[], None), None);
        assert_eq!(heard(&["P1"], &["13:00 mia unlabeled P1"], None), None);
        // A priority label wins over one that says untriaged.
        assert_eq!(heard(&["P1"], &["13:00 mia labeled untriaged"], None).unwrap(), ["12:00 Triggered"]);
    }

    #[test]
    fn acts_of_the_team_acknowledge_and_those_of_reporters_and_robots_do_not() {
        let timeline =
            ["12:05 rita commented", "12:06 max commented", "12:07 mia[bot] commented", "12:08 mia reviewed"];
        assert_eq!(heard(&["P1"], &timeline, None).unwrap(), ["12:00 Triggered", "12:08 Acknowledged"]);
        assert_eq!(heard(&["P1"], &[], Some("12:03")).unwrap(), ["12:00 Triggered", "12:03 Acknowledged"]);
    }

    #[test]
    fn an_answer_before_the_trigger_stands_until_it_is_opened_again() {
        let answered = ["12:30 mia commented", "13:00 mia labeled P0"];
        assert_eq!(heard(&["P3"], &answered, None).unwrap(), ["13:00 Triggered", "13:00 Acknowledged"]);
        let closed = ["12:30 mia commented", "12:40 mia closed", "12:50 rita reopened", "13:00 mia labeled P0"];
        assert_eq!(heard(&["P3"], &closed, None).unwrap(), ["13:00 Triggered"]);
        let late = ["12:40 mia closed", "12:45 mia commented", "13:00 mia labeled P0", "14:00 rita reopened"];
        assert_eq!(heard(&["P3"], &late, None).unwrap(), ["13:00 Triggered", "13:00 Resolved", "14:00 Reopened"]);
    }

    #[test]
    fn a_close_that_only_the_list_knows_resolves_it() {
        let mut listed = opened_at_noon(&["P1"], &[]);
        listed.closed_at = Some(clock("14:00"));
        let policies = [policy(1)];
        let (_, events) = of(&listed, &promises(), &policies, None, clock("18:00")).unwrap();
        assert_eq!(events.last().map(|e| (e.at, e.event)), Some((clock("14:00"), Event::Resolved)));
    }
}
