//! Burn-in: so many days in a row on which a job ran, a condition held and nothing was changed (plans of rollouts ask for
//! it before a release is called general).
//!
//! Days are those of its own calendar (SEMANTICS R1). A day that cannot be judged is never one that held.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use crate::{
    domain::{
        record::{Act, Entry},
        release::record::TOLERANCE,
        time::{plus, rfc3339},
        zone::Zone,
    },
    text::Text,
};

/// So many days in a row that something must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct BurnIn {
    /// Its name; stands in the record.
    pub name: Text,
    /// Its first day.
    pub start: NaiveDate,
    /// How many days; at least one.
    pub days: u32,
    /// Whose days they are.
    pub zone: Zone,
    /// The duty whose turn of each day must be done; nothing = no job is asked for.
    pub duty: Option<Text>,
    /// Signals with a bound that must be kept all day.
    pub signals: Vec<Text>,
    /// Objectives that must be kept on each day by itself.
    pub slos: Vec<Text>,
    /// Files that must not change, each a path or a pattern.
    pub freeze: Vec<String>,
}

/// How one day went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Day {
    /// It has not come.
    Ahead,
    /// It is today, and nothing is wrong yet.
    Running,
    /// All that is asked for held.
    Held,
    /// Something did not, and what.
    Broken(Text),
    /// Something did not, and somebody allowed it, for a reason.
    Allowed(Text),
    /// Nobody can tell, and why.
    Unknown(Text),
}

impl Day {
    /// Its word, on paper and the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Running => "running",
            Self::Held => "held",
            Self::Broken(_) => "broken",
            Self::Allowed(_) => "allowed",
            Self::Unknown(_) => "unknown",
        }
    }

    /// What there is to say of it.
    pub fn why(&self) -> Option<&Text> {
        match self {
            Self::Broken(why) | Self::Allowed(why) | Self::Unknown(why) => Some(why),
            Self::Ahead | Self::Running | Self::Held => None,
        }
    }
}

/// What was found of one day by one of those who look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It held.
    Held,
    /// It did not, and what.
    Broken(Text),
    /// Nobody can tell, and why.
    Unknown(Text),
}

/// What a burn-in comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its first day has not come.
    NotBegun,
    /// Every day so far held.
    Running,
    /// A day was broken: it has to begin anew.
    Broken,
    /// A day that is over cannot be judged.
    Unknown,
    /// All days are over, and all held.
    Passed,
}

impl Verdict {
    /// Its word, on screens, paper and the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotBegun => "not begun",
            Self::Running => "running",
            Self::Broken => "broken",
            Self::Unknown => "cannot be judged",
            Self::Passed => "passed",
        }
    }
}

/// A burn-in as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The first day that counts: its own, or that of the last reset.
    pub start: NaiveDate,
    /// Each of its days with how it went.
    pub days: Vec<(NaiveDate, Day)>,
    /// The resets, the latest last: when, who, why.
    pub resets: Vec<Entry>,
    /// What it comes to.
    pub verdict: Verdict,
}

impl Standing {
    /// How many days are over.
    pub fn n_over(&self) -> usize {
        self.days.iter().filter(|(_, day)| !matches!(day, Day::Ahead | Day::Running)).count()
    }

    /// The first day that is broken or cannot be judged.
    pub fn first_bad(&self) -> Option<&(NaiveDate, Day)> {
        let broken = self.days.iter().find(|(_, day)| matches!(day, Day::Broken(_)));
        broken.or_else(|| self.days.iter().find(|(_, day)| matches!(day, Day::Unknown(_))))
    }
}

impl BurnIn {
    /// A day of it as an interval `[start, end)`.
    pub fn stretch(&self, day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
        let midnight = |day: NaiveDate| self.zone.resolve(day.and_time(NaiveTime::MIN));
        (midnight(day), midnight(day.succ_opt().unwrap_or(day)))
    }

    /// How it stands: `look` says of a day what was found of all that is asked for. Entries of other names are passed over.
    ///
    /// A reset begins it anew on the day after: the day itself was the broken one.
    pub fn standing(
        &self,
        entries: &[Entry],
        look: &dyn Fn(NaiveDate) -> Vec<Finding>,
        now: DateTime<Utc>,
    ) -> Standing {
        let latest = plus(now, TOLERANCE);
        let own = || entries.iter().filter(|entry| entry.name == self.name && entry.at <= latest);
        let resets: Vec<Entry> = own().filter(|entry| entry.act == Act::Reset).cloned().collect();
        let last = resets.last().map(|entry| self.zone.local(entry.at).date());
        let start = last.and_then(|day| day.succ_opt()).filter(|day| self.start < *day).unwrap_or(self.start);
        let today = self.zone.local(now).date();
        let allowed = |day: NaiveDate| {
            let of_day = own().filter(|entry| entry.act == Act::Allowed && entry.day == Some(day));
            let (before, since): (Vec<_>, Vec<_>) = of_day.partition(|entry| self.zone.local(entry.at).date() < day);
            match (since.last(), before.last()) {
                (Some(entry), _) => Allowed::For(entry.note.clone()),
                // Nobody can know what will break: such a line is a slip of the pen.
                (None, Some(entry)) => Allowed::TooSoon(entry.at),
                (None, None) => Allowed::Not,
            }
        };
        let mut days = Vec::new();
        for n in 0..self.days {
            let Some(day) = start.checked_add_days(Days::new(u64::from(n))) else { break };
            let judged = if today < day { Day::Ahead } else { one(&look(day), day == today, allowed(day)) };
            days.push((day, judged));
        }
        let verdict = verdict(&days);
        Standing { start, days, resets, verdict }
    }
}

/// Whether somebody allowed a day.
enum Allowed {
    Not,
    For(Text),
    /// The day had not come when it was allowed: that counts for nothing.
    TooSoon(DateTime<Utc>),
}

fn one(findings: &[Finding], is_today: bool, allowed: Allowed) -> Day {
    let broken = findings.iter().find_map(|finding| if let Finding::Broken(why) = finding { Some(why) } else { None });
    let unknown =
        findings.iter().find_map(|finding| if let Finding::Unknown(why) = finding { Some(why) } else { None });
    let said = |why: &Text| match &allowed {
        Allowed::TooSoon(at) => {
            Text::scrub(&format!("{why}; allowed {}, before that day: it does not count", rfc3339(*at)))
        }
        Allowed::Not | Allowed::For(_) => why.clone(),
    };
    match (broken, unknown, &allowed) {
        (Some(_), _, Allowed::For(reason)) => Day::Allowed(reason.clone()),
        (None, Some(_), Allowed::For(reason)) if !is_today => Day::Allowed(reason.clone()),
        (Some(why), _, _) => Day::Broken(said(why)),
        // What is missing may still come today.
        (None, _, _) if is_today => Day::Running,
        (None, Some(why), _) => Day::Unknown(said(why)),
        (None, None, _) => Day::Held,
    }
}

fn verdict(days: &[(NaiveDate, Day)]) -> Verdict {
    let has = |is: fn(&Day) -> bool| days.iter().any(|(_, day)| is(day));
    if has(|day| matches!(day, Day::Broken(_))) {
        Verdict::Broken
    } else if days.iter().all(|(_, day)| *day == Day::Ahead) {
        Verdict::NotBegun
    } else if has(|day| matches!(day, Day::Unknown(_))) {
        Verdict::Unknown
    } else if has(|day| matches!(day, Day::Ahead | Day::Running)) {
        Verdict::Running
    } else {
        Verdict::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{record, time::parse_rfc3339};

    fn burn_in() -> BurnIn {
        BurnIn {
            name: Text::scrub("calm"),
            start: "2026-11-01".parse().unwrap(),
            days: 3,
            zone: Zone::utc(),
            duty: None,
            signals: Vec::new(),
            slos: Vec::new(),
            freeze: Vec::new(),
        }
    }

    fn stands(record: &str, bad: &str, finding: Finding, now: &str) -> Standing {
        let (entries, skipped) = record::read(&format!("{record}\n"));
        assert!(skipped.is_empty(), "{skipped:?}");
        let look = |day: NaiveDate| if day.to_string() == bad { vec![finding.clone()] } else { vec![Finding::Held] };
        burn_in().standing(&entries, &look, parse_rfc3339(now).unwrap())
    }

    fn broken() -> Finding {
        Finding::Broken(Text::scrub("the job did not run"))
    }

    #[test]
    fn it_passes_when_its_last_day_is_over_and_not_before() {
        let verdict = |now: &str| stands("", "", Finding::Held, now).verdict;
        assert_eq!(verdict("2026-10-31T12:00:00Z"), Verdict::NotBegun);
        assert_eq!(verdict("2026-11-01T00:00:00Z"), Verdict::Running);
        assert_eq!(verdict("2026-11-03T23:59:59Z"), Verdict::Running);
        assert_eq!(verdict("2026-11-04T00:00:00Z"), Verdict::Passed);
    }

    #[test]
    fn a_broken_day_breaks_it_until_it_is_begun_anew_on_the_day_after() {
        let now = "2026-11-05T12:00:00Z";
        assert_eq!(stands("", "2026-11-02", broken(), now).verdict, Verdict::Broken);
        let reset = "- 2026-11-02T18:00:00Z reset \"calm\" by ana: the job did not run";
        let standing = stands(reset, "2026-11-02", broken(), now);
        assert_eq!((standing.verdict, standing.start.to_string()), (Verdict::Running, "2026-11-03".to_owned()));
        assert_eq!(standing.resets[0].note.as_str(), "the job did not run");
        // A reset of another one, or one that is still to come, changes nothing.
        let other = reset.replace("calm", "storm");
        assert_eq!(stands(&other, "2026-11-02", broken(), now).verdict, Verdict::Broken);
    }

    #[test]
    fn what_nobody_can_tell_is_not_held_and_what_is_allowed_is_marked() {
        let now = "2026-11-04T12:00:00Z";
        let blind = Finding::Unknown(Text::scrub("no data"));
        assert_eq!(stands("", "2026-11-02", blind.clone(), now).verdict, Verdict::Unknown);
        let allowed = "- 2026-11-02T18:00:00Z allowed \"calm\" for 2026-11-02 by ana: a fix for an incident";
        let standing = stands(allowed, "2026-11-02", broken(), now);
        assert_eq!((standing.verdict, standing.days[1].1.word()), (Verdict::Passed, "allowed"));
        // What was allowed before the day had come was allowed by a slip of the pen.
        let sooner = allowed.replace("11-02T18", "11-01T18");
        let standing = stands(&sooner, "2026-11-02", broken(), now);
        let said = "the job did not run; allowed 2026-11-01T18:00:00Z, before that day: it does not count";
        assert_eq!((standing.verdict, standing.days[1].1.why().unwrap().as_str()), (Verdict::Broken, said));
        let both = stands(&format!("{sooner}\n{allowed}"), "2026-11-02", broken(), now);
        assert_eq!(both.verdict, Verdict::Passed);
        // Today may still turn out well.
        assert_eq!(stands("", "2026-11-04", blind, "2026-11-04T12:00:00Z").verdict, Verdict::Passed);
        assert_eq!(stands("", "2026-11-02", broken(), "2026-11-02T01:00:00Z").verdict, Verdict::Broken);
    }
}
