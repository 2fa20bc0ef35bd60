//! Whether an alert of ours passes a query: what a query asks of incidents alone, no alert has.

use chrono::{DateTime, Utc};

use super::{
    Me, Query,
    term::{Name, NameField, State, Test},
};
use crate::domain::{
    alert::alarm::{Alarm, Stands},
    incident::Login,
    time::between,
};

impl Query {
    /// Whether an alert passes at `now`. Words are looked for in its name, what it says and its labels; `is:over` is one
    /// that fires, `is:risk` one that is about to, `is:snoozed` one that is silenced, its owner is whoever took it on.
    pub fn passes_alarm(&self, alarm: &Alarm, me: &Me, now: DateTime<Utc>) -> bool {
        let words = alarm.words();
        self.terms.iter().all(|term| holds(&term.test, alarm, &words, me, now) != term.is_negated)
    }
}

fn holds(test: &Test, alarm: &Alarm, words: &str, me: &Me, now: DateTime<Utc>) -> bool {
    match test {
        Test::Word(word) => words.contains(word.as_str()),
        Test::Is(states) => states.iter().any(|state| is(*state, alarm, me)),
        Test::Named(field, names) => names.iter().any(|name| has_name(*field, name, alarm, me)),
        Test::Age(side, length) => side.holds(between(alarm.since(), now), *length),
        Test::Grade(_)
        | Test::Kind(_)
        | Test::Key(_)
        | Test::Breach(_)
        | Test::Response(_)
        | Test::Fix(_)
        | Test::Updated(..)
        | Test::Comments(..) => false,
    }
}

fn is(state: State, alarm: &Alarm, me: &Me) -> bool {
    let stands = alarm.stands();
    match state {
        State::Open | State::Alert => true,
        State::Over => matches!(stands, Stands::Fires | Stands::TakenOn),
        State::Risk => stands == Stands::Pending,
        State::Acked => alarm.taken.is_some(),
        State::Mine => owner(alarm).is_some_and(|login| me.is(&login, "")),
        State::Snoozed => stands == Stands::Silenced,
        State::Unanswered => stands == Stands::Fires,
        State::Closed
        | State::Paused
        | State::Untriaged
        | State::Pending
        | State::PullRequest
        | State::Issue
        | State::Draft
        | State::WaitingForReview => false,
    }
}

fn owner(alarm: &Alarm) -> Option<Login> {
    alarm.taken.as_ref().map(|taken| Login::new(taken.by.as_str()))
}

fn has_name(field: NameField, name: &Name, alarm: &Alarm, me: &Me) -> bool {
    let own = owner(alarm);
    match (field, name) {
        (NameField::Owner, Name::Me) => own.is_some_and(|login| me.is(&login, "")),
        (NameField::Owner, Name::Nothing) => own.is_none(),
        (NameField::Owner, Name::Fits(pattern)) => own.is_some_and(|login| pattern.fits(login.as_str())),
        (NameField::Label, Name::Fits(pattern)) => alarm
            .alert
            .labels
            .iter()
            .any(|(name, value)| pattern.fits(value.as_str()) || pattern.fits(&format!("{name}={value}"))),
        (NameField::Rule, Name::Fits(pattern)) => pattern.fits(alarm.alert.rule.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            alert::{Alert, AlertId, AlertState, book::Taken},
            sample::Labels,
        },
        text::Text,
    };

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200, 0).unwrap()
    }

    fn alarm(taken: bool) -> Alarm {
        let labels: Labels = [("alertname", "ApiSlow"), ("service", "pay")]
            .map(|(name, value)| (Text::scrub(name), Text::scrub(value)))
            .into_iter()
            .collect();
        let alert = Alert {
            id: AlertId(1),
            rule: Text::scrub("ApiSlow"),
            labels,
            annotations: Labels::default(),
            state: AlertState::Firing { since: at(), fired_at: at(), kept_since: None, blind_since: None },
            value: 1.0,
            since: at(),
            fired_at: Some(at()),
            resolved_at: None,
            last_seen: at(),
        };
        let taken = taken.then(|| Taken { by: Text::scrub("ann"), at: at() });
        Alarm { alert, taken, silence: None, is_flapping: false, abroad: None, issue: None }
    }

    #[test]
    fn an_alert_is_found_by_its_words_labels_and_owner_and_never_by_what_only_incidents_have() {
        let me = Me::new([Login::new("ann")]);
        let passes = |query: &str, taken| Query::strict(query).unwrap().passes_alarm(&alarm(taken), &me, at());
        for query in ["", "apislow", "pay", "firing", "is:over", "is:alert", "label:pay", "rule:api*", "-is:acked"] {
            assert!(passes(query, false), "{query}");
        }
        for query in ["p:0", "repo:acme/*", "breach:<2h", "is:mine", "owner:@me", "is:risk", "label:bug", "is:closed"] {
            assert!(!passes(query, false), "{query}");
        }
        assert!(passes("is:mine", true) && passes("owner:ann is:acked", true) && !passes("is:unanswered", true));
    }
}
