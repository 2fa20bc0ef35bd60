//! An alert with what people did about it: what a list of alerts shows.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{
            Alert, AlertState,
            abroad::{Abroad, Unheard},
            book::Taken,
        },
        incident::IncidentKey,
        notify::{
            Silence,
            message::{BOUND, VALUE},
        },
        series::figure,
    },
    text::Text,
};

/// An alert that fires or is pending, and what people did about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// The alert.
    pub alert: Alert,
    /// Who took it on, until it clears.
    pub taken: Option<Taken>,
    /// The silence that holds it back now; of several the one that lasts longest.
    pub silence: Option<Silence>,
    /// It fires again and again.
    pub is_flapping: bool,
    /// What other servers tell of it; nothing where none does.
    pub abroad: Option<Box<Abroad>>,
    /// The issue on which people were told of it.
    pub issue: Option<Issue>,
}

/// An issue on which an alert is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Which.
    pub key: IncidentKey,
    /// Its page.
    pub url: Option<Text>,
}

/// How an alert stands, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stands {
    /// It fires, and nobody took it on.
    Fires,
    /// It fires, and somebody took it on.
    TakenOn,
    /// It is broken, and not yet for long enough.
    Pending,
    /// Somebody silenced it, or another alert holds it back.
    Silenced,
}

impl Alarm {
    /// How it stands.
    pub fn stands(&self) -> Stands {
        match (self.silence.is_some() || self.is_held(), self.alert.is_firing(), &self.taken) {
            (true, ..) => Stands::Silenced,
            (false, false, _) => Stands::Pending,
            (false, true, Some(_)) => Stands::TakenOn,
            (false, true, None) => Stands::Fires,
        }
    }

    /// What another server tells, where nothing here judges it.
    pub fn elsewhere(&self) -> Option<&Abroad> {
        self.abroad.as_deref().filter(|abroad| !abroad.is_own)
    }

    /// Whether it is held back where it comes from.
    fn is_held(&self) -> bool {
        self.elsewhere().is_some_and(Abroad::is_held)
    }

    /// Since when nobody who tells of it was heard, and why.
    pub fn unheard(&self) -> Option<&Unheard> {
        self.elsewhere()?.unheard.as_ref()
    }

    /// Whether it is grave: of another server, that its severity is none of the words for less.
    pub fn is_grave(&self) -> bool {
        let word = self.elsewhere().and_then(|_| self.alert.severity()).map(|word| word.as_str().to_lowercase());
        word.is_none_or(|word| !LESSER.contains(&word.as_str()))
    }

    /// Whether somebody has to do something about it: it fires, nobody took it on, nobody silenced it.
    pub fn presses(&self) -> bool {
        self.stands() == Stands::Fires
    }

    /// How it stands in a word of at most seven letters: `firing`, `stale`, `no data`, `pending`, `silent`, `held`.
    pub fn word(&self) -> &'static str {
        match self.alert.state {
            _ if self.unheard().is_some() => "stale",
            _ if self.silence.is_some() => "silent",
            _ if self.is_held() => "held",
            _ if self.alert.is_no_data() => "no data",
            AlertState::Firing { blind_since: Some(_), .. } => "stale",
            AlertState::Firing { .. } => "firing",
            AlertState::Pending { .. } | AlertState::Inactive => "pending",
        }
    }

    /// Since when it stands so: since it fires, else since it is broken.
    pub fn since(&self) -> DateTime<Utc> {
        self.alert.fired_at.unwrap_or(self.alert.since)
    }

    /// What was measured, with its unit where that is known; nothing where nothing could be.
    pub fn measured(&self) -> Option<String> {
        let said = self.alert.annotations.get(VALUE).map(|value| value.as_str().to_owned());
        said.or_else(|| self.alert.value.is_finite().then(|| figure(self.alert.value)))
    }

    /// The bound it should keep: `above 250 ms`.
    pub fn bound(&self) -> Option<&Text> {
        self.alert.annotations.get(BOUND).filter(|bound| !bound.is_blank())
    }

    /// What is wrong, in one line: what was measured against its bound, then what the rule says of it.
    pub fn line(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        match (self.measured(), self.bound()) {
            (Some(value), Some(bound)) => parts.push(format!("{value}, {bound}")),
            (Some(value), None) => parts.push(value),
            (None, Some(bound)) => parts.push(bound.as_str().to_owned()),
            (None, None) => {}
        }
        let summary = self.alert.summary();
        if *summary != self.alert.rule {
            parts.push(summary.as_str().to_owned());
        }
        parts.join("  ")
    }

    /// Where words are looked for, in lower case: the rule, what it says, the labels.
    pub fn words(&self) -> String {
        let alert = &self.alert;
        let servers = self.abroad.iter().flat_map(|abroad| &abroad.servers).map(Text::as_str);
        let servers = servers.collect::<Vec<_>>().join(" ");
        format!("{} {} {} {} {servers}", alert.rule, alert.summary(), alert.labels, self.word()).to_lowercase()
    }
}

/// Severities that wake nobody, as people write them.
const LESSER: [&str; 10] =
    ["warning", "warn", "ticket", "info", "informational", "notice", "low", "minor", "none", "debug"];

/// Sorts alerts as lists show them: what presses first, pages before the rest, then the longest.
pub fn sort(alarms: &mut [Alarm]) {
    let is_page = |alarm: &Alarm| {
        let says = alarm.alert.severity().is_some_and(|word| ["page", "critical"].contains(&word.as_str()));
        says && alarm.is_grave()
    };
    alarms.sort_by_key(|alarm| (alarm.stands(), !is_page(alarm), alarm.since(), alarm.alert.id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        alert::AlertId,
        notify::{Matcher, SilenceId},
        sample::Labels,
    };

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200 + minute * 60, 0).unwrap()
    }

    fn alarm(n: u64, minute: i64) -> Alarm {
        let state = AlertState::Firing { since: at(minute), fired_at: at(minute), kept_since: None, blind_since: None };
        let alert = Alert {
            id: AlertId(n),
            rule: Text::scrub("Slow"),
            labels: Labels::default(),
            annotations: [
                (Text::scrub(VALUE), Text::scrub("900 ms")),
                (Text::scrub(BOUND), Text::scrub("above 800 ms")),
            ]
            .into_iter()
            .collect(),
            state,
            value: 900.0,
            since: at(minute),
            fired_at: Some(at(minute)),
            resolved_at: None,
            last_seen: at(minute),
        };
        Alarm { alert, taken: None, silence: None, is_flapping: false, abroad: None, issue: None }
    }

    #[test]
    fn what_presses_comes_first_and_what_is_silenced_last() {
        let taken = Alarm { taken: Some(Taken { by: Text::scrub("ann"), at: at(9) }), ..alarm(1, 0) };
        let silence = Silence {
            id: SilenceId(1),
            matchers: vec![Matcher::equal("a", "b")],
            from: at(0),
            until: at(60),
            author: Text::scrub("ann"),
            comment: Text::scrub("known"),
        };
        let silenced = Alarm { silence: Some(silence), ..alarm(2, 0) };
        let mut pending = alarm(3, 1);
        pending.alert.state = AlertState::Pending { since: at(1) };
        let mut all = [silenced, pending, taken, alarm(4, 5), alarm(5, 3)];
        sort(&mut all);
        assert_eq!(all.each_ref().map(|alarm| alarm.alert.id.0), [5, 4, 1, 3, 2]);
        assert_eq!(all.each_ref().map(Alarm::word), ["firing", "firing", "firing", "pending", "silent"]);
        assert_eq!(all.each_ref().map(Alarm::presses), [true, true, false, false, false]);
    }

    #[test]
    fn a_line_says_the_value_against_its_bound() {
        assert_eq!(alarm(1, 0).line(), "900 ms, above 800 ms");
    }
}
