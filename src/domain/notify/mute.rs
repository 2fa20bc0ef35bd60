//! Mute windows: hours in which some alerts are not told. What comes in them is dropped and not queued; when they end, what
//! still fires is told (R46).

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        calendar::Calendar,
        notify::matcher::{Matcher, all_fit},
        sample::Labels,
    },
    text::Text,
};

/// Hours in which alerts that fit are not told.
#[derive(Debug, Clone, PartialEq)]
pub struct Mute {
    /// Its name.
    pub name: Text,
    /// Which alerts; none = every one.
    pub matchers: Vec<Matcher>,
    /// When.
    pub when: When,
}

/// The hours of a mute window.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// While a calendar is open.
    During(Calendar),
    /// While a calendar is closed.
    Outside(Calendar),
    /// Once, in `[from, until)`.
    Once {
        /// When it begins.
        from: DateTime<Utc>,
        /// When it is over.
        until: DateTime<Utc>,
    },
}

impl Mute {
    /// Whether it holds back these labels now.
    pub fn mutes(&self, labels: &Labels, now: DateTime<Utc>) -> bool {
        self.holds(now) && all_fit(&self.matchers, labels)
    }

    /// Whether it is one of its hours.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        match &self.when {
            When::During(calendar) => calendar.counts_from(now) == now,
            When::Outside(calendar) => calendar.counts_from(now) != now,
            When::Once { from, until } => *from <= now && now < *until,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::{NaiveTime, Weekday};

    use super::*;
    use crate::domain::{
        calendar::{Hours, Window},
        time::parse_rfc3339,
        zone::Zone,
    };

    #[test]
    fn outside_a_calendar_is_whenever_it_is_closed() {
        let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
        let five = NaiveTime::from_hms_opt(17, 0, 0).unwrap();
        let window = Window { day: Weekday::Fri, opens: nine, closes: five };
        let calendar = Calendar::Business(std::sync::Arc::new(Hours::new(Zone::utc(), vec![window], BTreeSet::new())));
        let mute = Mute { name: Text::scrub("nights"), matchers: Vec::new(), when: When::Outside(calendar.clone()) };
        let at = |written: &str| parse_rfc3339(written).unwrap();
        let hours = ["2026-11-20T08:59:59Z", "2026-11-20T09:00:00Z", "2026-11-20T16:59:59Z", "2026-11-20T17:00:00Z"];
        assert_eq!(hours.map(|written| mute.holds(at(written))), [true, false, false, true]);
        let during = Mute { when: When::During(calendar), ..mute };
        assert_eq!(hours.map(|written| during.holds(at(written))), [false, true, true, false]);
    }
}
