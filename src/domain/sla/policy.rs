//! What the policy says about labels, people and thresholds, and what a verdict says when asked.

use std::hash::{DefaultHasher, Hasher as _};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{
    calendar::Calendar,
    incident::{Actor, Label, Standing},
    priority::{Grade, Priority},
    sla::{Clock, ClockState, OnRaise, Policy, Reopen, Start, Target, Verdict, WhichClock},
    time::{between, open_span, short_span},
};

/// Label spellings that mean a priority where a team has configured none.
const STANDARD_LABELS: [(&str, Priority); 12] = [
    ("priority-critical", Priority::P0),
    ("priority-high", Priority::P1),
    ("priority-medium", Priority::P2),
    ("priority-low", Priority::P3),
    ("P0", Priority::P0),
    ("P1", Priority::P1),
    ("P2", Priority::P2),
    ("P3", Priority::P3),
    ("priority/P0", Priority::P0),
    ("priority/P1", Priority::P1),
    ("priority/P2", Priority::P2),
    ("priority/P3", Priority::P3),
];

/// How severe a security alert is, as its labels say, and the priority that is, unless a team's own labels say otherwise.
const SEVERITY_LABELS: [(&str, Priority); 4] = [
    ("security-critical", Priority::P0),
    ("security-high", Priority::P1),
    ("security-medium", Priority::P2),
    ("security-low", Priority::P3),
];

/// The label that means "not triaged yet" where a team has configured none.
const TRIAGE_LABEL: &str = "status-triage";

impl Policy {
    /// A number that differs as a rule where the policy does, zone data and holidays included: what was judged by a policy of
    /// the same number, and the same version of the program, would be judged the same.
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write(format!("{self:?}").as_bytes());
        let terms = self.rules.iter().flat_map(|rule| &rule.terms).filter_map(|terms| terms.calendar.as_ref());
        for calendar in self.targets.iter().map(|target| &target.calendar).chain(terms) {
            hasher.write(calendar.zone_data().as_bytes());
            hasher.write_u8(0);
        }
        hasher.finish()
    }

    /// The policy the product ships with: P0 24 h and 7 d, P1 3 d and 14 d, P2 7 d and 30 d, P3 14 d and best effort,
    /// triage within 48 h; all around the clock, with no pause label and the source's members as the team.
    pub fn standard() -> Self {
        let always = |response: TimeDelta, fix| Target { response: Some(response), fix, calendar: Calendar::Always };
        let day = TimeDelta::days;
        Self {
            targets: [
                always(TimeDelta::hours(24), Some(day(7))),
                always(day(3), Some(day(14))),
                always(day(7), Some(day(30))),
                always(day(14), None),
                always(TimeDelta::hours(48), None),
            ],
            priority_labels: STANDARD_LABELS.map(|(label, priority)| (label.to_owned(), priority)).into(),
            default_priority: None,
            triage_labels: vec![TRIAGE_LABEL.to_owned()],
            rules: Vec::new(),
            pause_labels: Vec::new(),
            maintainers: Vec::new(),
            members_are_maintainers: true,
            robots: Vec::new(),
            at_risk: 0.75,
            start: Start::Created,
            on_raise: OnRaise::KeepElapsed,
            reopen: Reopen::Resume,
            grace: TimeDelta::zero(),
        }
    }

    /// The row for a grade.
    pub fn target(&self, grade: Grade) -> &Target {
        let [p0, p1, p2, p3, untriaged] = &self.targets;
        match grade {
            Grade::Set(Priority::P0) => p0,
            Grade::Set(Priority::P1) => p1,
            Grade::Set(Priority::P2) => p2,
            Grade::Set(Priority::P3) => p3,
            Grade::Untriaged => untriaged,
        }
    }

    /// The priority that a label means, if any (R19). A label listed twice means the more urgent; one that says how severe a
    /// security alert is means that, unless it is listed.
    pub fn priority_of(&self, label: &Label) -> Option<Priority> {
        let severe = || SEVERITY_LABELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(label.as_str()));
        self.listed_priority(label).or_else(|| severe().map(|(_, priority)| *priority))
    }

    /// The priority that a label means by the team's own list: what may be set to give an issue that priority.
    pub fn listed_priority(&self, label: &Label) -> Option<Priority> {
        let named = |(name, _): &&(String, Priority)| name.eq_ignore_ascii_case(label.as_str());
        self.priority_labels.iter().filter(named).map(|(_, priority)| *priority).min()
    }

    /// The grade of an incident that carries these labels: the most urgent match, else the default (R19); without
    /// a match, untriaged where one of them says so.
    pub fn grade_of<'a>(&self, labels: impl IntoIterator<Item = &'a Label>) -> Grade {
        let (mut set, mut is_triage) = (None::<Priority>, false);
        for label in labels {
            is_triage |= self.is_triage(label);
            set = set.into_iter().chain(self.priority_of(label)).min();
        }
        set.or(self.default_priority.filter(|_| !is_triage)).map_or(Grade::Untriaged, Grade::Set)
    }

    /// Whether a label means "not triaged yet".
    pub fn is_triage(&self, label: &Label) -> bool {
        self.triage_labels.iter().any(|name| name.eq_ignore_ascii_case(label.as_str()))
    }

    /// Whether a label holds the fix clock (R23).
    pub fn is_pause(&self, label: &Label) -> bool {
        self.pause_labels.iter().any(|name| name.eq_ignore_ascii_case(label.as_str()))
    }

    /// Whether an actor is one of the team's people: a maintainer, and no robot (R21).
    pub fn is_team(&self, actor: &Actor) -> bool {
        let is_robot = actor.is_robot || self.robots.contains(&actor.login);
        let is_member = self.members_are_maintainers && actor.standing == Standing::Member;
        !is_robot && (is_member || self.maintainers.contains(&actor.login))
    }

    /// The counted time from which a clock with this target is at risk (R26), to the millisecond.
    pub(super) fn at_risk_after(&self, target: TimeDelta) -> TimeDelta {
        // Rounded, because 0.7 has no exact binary form and would move the threshold past the whole second.
        let ms = (target.num_milliseconds() as f64 * self.at_risk).round() as i64;
        TimeDelta::try_milliseconds(ms).unwrap_or(target).min(target)
    }
}

impl Target {
    /// The promise for one of the clocks; nothing = none was made.
    pub fn of(&self, clock: WhichClock) -> Option<TimeDelta> {
        match clock {
            WhichClock::Response => self.response,
            WhichClock::Fix => self.fix,
        }
    }
}

impl Verdict {
    /// The two clocks, response first.
    pub fn clocks(&self) -> [(WhichClock, &Clock); 2] {
        [(WhichClock::Response, &self.response), (WhichClock::Fix, &self.fix)]
    }

    /// The earliest deadline of the clocks that run, those already over included; the response wins a tie.
    pub fn next_breach(&self) -> Option<(WhichClock, DateTime<Utc>)> {
        let running = self.clocks().into_iter().filter_map(|(which, clock)| Some((which, clock.deadline?)));
        running.min_by_key(|(_, deadline)| *deadline)
    }

    /// Whether a clock that has not stopped is over its target.
    pub fn is_over(&self) -> bool {
        self.has(ClockState::Breached)
    }

    /// Whether a running clock is at risk. One clock may be at risk while the other is over.
    pub fn is_at_risk(&self) -> bool {
        self.has(ClockState::AtRisk)
    }

    fn has(&self, state: ClockState) -> bool {
        self.response.state == state || self.fix.state == state
    }
}

/// What a clock says at a later instant that said `state` when it was judged, if nothing has happened since. The instants are
/// those of [`Clock`].
pub fn state_at(
    state: ClockState,
    over_after: Option<DateTime<Utc>>,
    at_risk_from: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> ClockState {
    let Some(over_after) = over_after else { return state };
    if over_after < now {
        ClockState::Breached
    } else if at_risk_from.is_some_and(|from| from <= now) {
        ClockState::AtRisk
    } else {
        ClockState::Ok
    }
}

impl Clock {
    /// The state at a later instant, if nothing has happened to the incident since it was judged.
    pub fn state_at(&self, now: DateTime<Utc>) -> ClockState {
        state_at(self.state, self.over_after, self.at_risk_from, now)
    }

    /// Time left until the target, negative when over; nothing where nothing was promised.
    ///
    /// While the clock runs this is real time to the deadline, also where only business hours count; once it is over, real
    /// time since it went over; in between, where the deadline falls on closing time, none. A held or stopped clock keeps
    /// the counted time it had.
    pub fn left(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let target = self.target?;
        Some(match (self.deadline, self.over_after) {
            (Some(_), Some(over_after)) if over_after < now => between(now, over_after),
            (Some(deadline), _) => between(now, deadline).max(TimeDelta::zero()),
            (None, _) => less(target, self.elapsed),
        })
    }

    /// The next opening, where the deadline has passed at closing time and the clock waits for it: until then no time
    /// counts, and it is not over (R26, R30).
    pub fn counts_on(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (deadline, over_after) = (self.deadline?, self.over_after?);
        (deadline <= now && now < over_after).then_some(over_after)
    }

    /// The share of the promised time that is used up, from 0 to 1; nothing where nothing, or no time, was promised.
    ///
    /// Of open hours, what had counted when it was judged: real time to the deadline is no share of them.
    pub fn used(&self, now: DateTime<Utc>) -> Option<f64> {
        let target = self.target.map(|target| target.num_seconds()).filter(|target| 0 < *target)?;
        let left = match self.left(now)?.num_seconds() {
            left if left <= 0 => 0,
            _ if self.is_business => less(TimeDelta::seconds(target), self.elapsed).num_seconds(),
            left => left,
        };
        Some((1.0 - left as f64 / target as f64).clamp(0.0, 1.0))
    }

    /// A length of its counted time in words: in hours where open hours alone count (R31), else as any other.
    pub fn span(&self, length: TimeDelta) -> String {
        if self.is_business { open_span(length) } else { short_span(length) }
    }
}

impl ClockState {
    /// The word a person reads.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotStarted => "not started",
            Self::Ok => "in time",
            Self::AtRisk => "at risk",
            Self::Breached => "over",
            Self::Paused => "paused",
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Unanswered => "unanswered",
            Self::Cancelled => "cancelled",
            Self::BestEffort => "best effort",
        }
    }
}

/// `length - by`, held at the ends of representable lengths.
pub(super) fn less(length: TimeDelta, by: TimeDelta) -> TimeDelta {
    length.checked_sub(&by).unwrap_or(if by < TimeDelta::zero() { TimeDelta::MAX } else { TimeDelta::MIN })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use chrono::{NaiveTime, Weekday};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        calendar::{Hours, Window},
        sla::{
            Step, explain, judge,
            samples::{at, event, incident, policy},
        },
        time::{plus, rfc3339},
        zone::Zone,
    };

    #[test]
    fn the_standard_table_reads_the_usual_labels() {
        let standard = Policy::standard();
        let grade = |label: &str| standard.grade_of(&[Label::new(label)]);
        assert_eq!(grade("priority-critical"), Grade::Set(Priority::P0));
        assert_eq!(grade("PRIORITY/p2"), Grade::Set(Priority::P2));
        assert_eq!(grade("bug"), Grade::Untriaged);
        assert_eq!(standard.grade_of(&[Label::new("P0"), Label::new("status-triage")]), Grade::Set(Priority::P0));
        assert_eq!(standard.grade_of(&[Label::new("P3"), Label::new("priority-high")]), Grade::Set(Priority::P1));
        assert_eq!(standard.target(Grade::Set(Priority::P2)).fix, Some(TimeDelta::days(30)));
        assert_eq!(standard.target(Grade::Untriaged).response, Some(TimeDelta::hours(48)));
    }

    #[test]
    fn the_next_breach_is_the_earliest_of_the_clocks_that_run() {
        let verdict = judge(&incident(&["P0"], &[]), &policy(), at("13:00"));
        assert_eq!(verdict.next_breach(), Some((WhichClock::Response, at("2026-11-21T12:00:00Z"))));
        let answered = judge(&incident(&["P0"], &["12:30 mia commented"]), &policy(), at("13:00"));
        assert_eq!(answered.next_breach(), Some((WhichClock::Fix, at("2026-11-27T12:00:00Z"))));
        let over = judge(&incident(&["P0"], &[]), &policy(), at("2026-11-22T12:00:00Z"));
        assert_eq!((over.is_over(), over.next_breach().map(|(_, at)| at)), (true, Some(at("2026-11-21T12:00:00Z"))));
        let closed = judge(&incident(&["P0"], &["12:30 mia closed"]), &policy(), at("13:00"));
        assert_eq!((closed.next_breach(), closed.is_over(), closed.is_at_risk()), (None, false, false));
    }

    #[test]
    fn time_left_runs_down_past_zero_and_stands_still_in_a_pause() {
        let running = judge(&incident(&["P0"], &[]), &policy(), at("13:00")).response;
        assert_eq!(running.left(at("14:00")), Some(TimeDelta::hours(22)));
        assert_eq!(running.left(at("2026-11-21T13:00:00Z")), Some(TimeDelta::hours(-1)));
        let held = judge(&incident(&["P0"], &["12:30 mia labeled waiting"]), &policy(), at("13:00")).fix;
        assert_eq!(held.left(at("20:00")), Some(TimeDelta::minutes(7 * 24 * 60 - 30)));
    }

    #[test]
    fn the_thresholds_fall_on_whole_milliseconds() {
        let mut policy = policy();
        policy.at_risk = 0.7;
        assert_eq!(policy.at_risk_after(TimeDelta::seconds(14_400)), TimeDelta::seconds(10_080));
        for odd in [f64::NAN, f64::INFINITY, -1.0] {
            policy.at_risk = odd;
            assert!(policy.at_risk_after(TimeDelta::MAX) <= TimeDelta::MAX);
        }
    }

    #[test]
    fn the_ends_of_time_break_nothing() {
        let mut odd = incident(&["P0"], &["12:30 mia commented", "13:00 mia labeled P3"]);
        for opened in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            odd.opened_at = opened;
            for now in [DateTime::<Utc>::MIN_UTC, at("13:00"), DateTime::<Utc>::MAX_UTC] {
                let breaches = judge(&odd, &policy(), now).response.breaches.len();
                let told = explain(&odd, &policy(), now).len();
                assert!(breaches <= 1 && told <= 12, "{breaches} breaches, {told} lines");
            }
        }
    }

    fn office_hours() -> Calendar {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let weekdays = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        let windows = weekdays.map(|day| Window { day, opens: time(9), closes: time(17) });
        Calendar::Business(Arc::new(Hours::new(Zone::utc(), windows.into(), BTreeSet::new())))
    }

    #[test]
    fn a_deadline_at_closing_time_is_not_over_before_the_next_opening() {
        let mut policy = policy();
        policy.targets[0] = Target { response: Some(TimeDelta::hours(5)), fix: None, calendar: office_hours() };
        let seen = incident(&["P0"], &[]);
        let friday = judge(&seen, &policy, at("13:00")).response;
        assert_eq!(friday.deadline, Some(at("17:00")));
        for (instant, state) in [
            ("15:44", ClockState::Ok),
            ("15:45", ClockState::AtRisk),
            ("2026-11-22T12:00:00Z", ClockState::AtRisk),
            ("2026-11-23T09:00:00Z", ClockState::AtRisk),
            ("2026-11-23T09:00:01Z", ClockState::Breached),
        ] {
            let clock = judge(&seen, &policy, at(instant)).response;
            let found = (clock.state, friday.state_at(at(instant)), clock.deadline);
            assert_eq!(found, (state, state, friday.deadline), "{instant}");
        }
    }

    #[test]
    fn between_closing_and_opening_no_time_is_left_and_none_is_over() {
        let mut policy = policy();
        policy.targets[0] = Target { response: Some(TimeDelta::hours(5)), fix: None, calendar: office_hours() };
        let seen = incident(&["P0"], &[]);
        let left = |now: &str| {
            let now = at(now);
            let (then, clock) = (judge(&seen, &policy, at("13:00")).response, judge(&seen, &policy, now).response);
            assert_eq!(then.left(now), clock.left(now));
            clock.left(now).unwrap().num_minutes()
        };
        assert_eq!([left("16:59"), left("17:00"), left("17:01")], [1, 0, 0]);
        assert_eq!([left("2026-11-22T12:00:00Z"), left("2026-11-23T09:00:00Z")], [0, 0]);
        assert_eq!(left("2026-11-23T09:05:00Z"), -5);
    }

    #[test]
    fn the_share_that_is_used_is_of_counted_time() {
        let mut policy = policy();
        policy.targets[0] =
            Target { response: Some(TimeDelta::hours(8)), fix: Some(TimeDelta::hours(10)), calendar: office_hours() };
        let verdict = judge(&incident(&["P0"], &[]), &policy, at("2026-11-22T12:00:00Z"));
        let used = [verdict.response.used(at("2026-11-22T12:00:00Z")), verdict.fix.used(at("2026-11-22T12:00:00Z"))];
        assert_eq!(used, [Some(0.625), Some(0.5)]);
        assert_eq!(verdict.response.used(at("2026-11-24T12:00:00Z")), Some(1.0));
        let always = judge(&incident(&["P1"], &[]), &policy, at("12:00")).response;
        assert_eq!([always.used(at("2026-11-22T00:00:00Z")), always.used(at("12:00"))], [Some(0.5), Some(0.0)]);
    }

    #[test]
    fn a_clock_due_at_closing_time_goes_over_at_the_next_opening() {
        let mut policy = policy();
        policy.targets[0] = Target { response: Some(TimeDelta::hours(5)), fix: None, calendar: office_hours() };
        let (seen, opening, now) = (incident(&["P0"], &[]), at("2026-11-23T09:00:00Z"), at("2026-11-23T09:05:00Z"));
        assert_eq!(judge(&seen, &policy, opening).response.breaches, vec![]);
        let clock = judge(&seen, &policy, now).response;
        let when: Vec<_> = clock.breaches.iter().map(|breach| breach.at).collect();
        assert_eq!((when, clock.over_after), (vec![opening], Some(opening)));
        let told = explain(&seen, &policy, now);
        let when: Vec<_> = told.iter().filter(|e| e.step == Step::Breach).map(|e| e.at).collect();
        assert_eq!(when, [opening]);
    }

    fn lives() -> impl Strategy<Value = Vec<String>> {
        let who = prop::sample::select(vec!["mia", "rita", "max", "member", "stale[bot]", "-"]);
        let what = prop::sample::select(vec![
            "commented",
            "closed",
            "closed duplicate",
            "reopened",
            "labeled P0",
            "labeled P3",
            "unlabeled P0",
            "unlabeled P1",
            "labeled waiting",
            "unlabeled waiting",
            "assigned max",
        ]);
        let step = (0_i64..400_000, who, what);
        prop::collection::vec(step, 0..12).prop_map(|steps| {
            let mut seconds = 0;
            let line = |(wait, who, what): (i64, &str, &str)| {
                seconds += if wait < 60_000 { 0 } else { wait };
                format!("{} {who} {what}", rfc3339(plus(at("12:00"), TimeDelta::seconds(seconds))))
            };
            steps.into_iter().map(line).collect()
        })
    }

    proptest! {
        #[test]
        fn a_verdict_foretells_its_states_until_the_next_event(
            life in lives(), keep in any::<bool>(), labeled in any::<bool>(), office in any::<bool>(), first in 0_i64..3_000_000, wait in 0_i64..3_000_000,
        ) {
            let lines: Vec<&str> = life.iter().map(String::as_str).collect();
            let seen = incident(&["P1"], &lines);
            let mut policy = policy();
            policy.on_raise = if keep { OnRaise::KeepElapsed } else { OnRaise::Restart };
            policy.start = if labeled { Start::Labeled } else { Start::Created };
            if office {
                policy.targets[1].calendar = office_hours();
                policy.targets[3] = Target { response: Some(TimeDelta::hours(4)), ..policy.targets[1].clone() };
            }
            let now = plus(at("12:00"), TimeDelta::seconds(first));
            let next = lines.iter().map(|line| event(line).at).find(|at| now < *at);
            let until = next.map_or(DateTime::<Utc>::MAX_UTC, |next| plus(next, TimeDelta::seconds(-1)));
            let later = plus(now, TimeDelta::seconds(wait)).min(until);
            let (then, found) = (judge(&seen, &policy, now), judge(&seen, &policy, later));
            for ((_, foretold), (_, clock)) in then.clocks().into_iter().zip(found.clocks()) {
                prop_assert_eq!(foretold.state_at(later), clock.state);
                if office {
                    continue;
                }
                prop_assert_eq!(foretold.left(later), clock.left(later));
                prop_assert_eq!(clock.left(later), clock.target.map(|target| less(target, clock.elapsed)));
            }
            let breaches = explain(&seen, &policy, later).iter().filter(|e| e.step == Step::Breach).count();
            prop_assert_eq!(breaches, found.response.breaches.len() + found.fix.breaches.len());
        }
    }
}
