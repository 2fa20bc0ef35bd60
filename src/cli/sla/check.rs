//! `watchfloor check sla`: whether the promises are kept, for CI.

use chrono::{DateTime, TimeDelta, Utc};

use super::scene::{Scene, incident_sources};
use crate::{
    cli::{
        args::{Common, Printed, Sla},
        failure::Failure,
    },
    domain::{
        incident::Incident,
        priority::{Grade, Priority},
        sla::{self, Basis, Clock, ClockState, Policy, WhichClock},
        time::{between, rfc3339, short_span},
        zone::Zones,
    },
    floor::{Floor, freshness::Worth},
    sink::gate::{Finding, Gate, Verdict, Weight},
    text::{Text, counted},
};

/// Reads every source and judges.
///
/// # Errors
/// Wrong settings.
pub async fn run(common: &Common, zones: &Zones) -> Result<Gate, Failure> {
    let asked = Sla { command: None, printed: Printed::default(), at: None, tz: None };
    let scene = Scene::read(&asked, common, zones).await?;
    Ok(judge(&scene.floor, scene.now))
}

/// Judges a settled floor.
///
/// It fails for each open incident with a clock that has been over for longer than the policy's grace, and for each open P0
/// that the team has not answered. It cannot judge where an incident's history is not known, where one is dated after `now`
/// (a wrong clock here or there, or a slip in the year), or a source was not heard, not heard whole, or not lately. A broken promise is one whatever else is unknown.
pub fn judge(floor: &Floor, now: DateTime<Utc>) -> Gate {
    if incident_sources(floor).next().is_none() {
        return Gate::without_verdict("sla", Verdict::NotConfigured, "no source of incidents in the settings");
    }
    let (mut findings, mut n_open, mut n_unknown, mut ahead) = (Vec::new(), 0, 0, Vec::new());
    for entry in floor.queue().order().iter().filter_map(|place| floor.queue().entry(*place)) {
        let incident = &entry.incident;
        let verdict = sla::judge(incident, &floor.policy, now);
        n_open += 1;
        if now < incident.opened_at {
            ahead.push(format!(
                "{}: it is dated {}, after now: no clock of it has begun",
                incident.key,
                rfc3339(incident.opened_at)
            ));
            continue;
        }
        let is_known = |which| which == WhichClock::Fix || incident.has_timeline;
        n_unknown += usize::from(!is_known(WhichClock::Response));
        for (which, clock) in verdict.clocks().into_iter().filter(|(which, _)| is_known(*which)) {
            if let Some(over) = over_for(clock, now).filter(|over| floor.policy.grace < *over) {
                findings.push(breach(incident, which, clock, over, floor));
            }
        }
        let waits = matches!(verdict.response.state, ClockState::Ok | ClockState::AtRisk | ClockState::BestEffort);
        if verdict.grade == Grade::Set(Priority::P0) && is_known(WhichClock::Response) && waits {
            let waited = short_span(between(incident.opened_at, now));
            let what = format!("{}: P0 without a response, open for {waited}", incident.key);
            findings.push(finding("unanswered", &what, "answer it"));
        }
    }
    let mut unjudged = silent(floor, now);
    unjudged.splice(0..0, ahead);
    if n_unknown > 0 {
        let n = counted(n_unknown, "open incident", "open incidents");
        unjudged.insert(0, format!("the response of {n} is not known: the source tells no history"));
    }
    let grace = floor.policy.grace;
    let about = match grace.is_zero() {
        true => counted(n_open, "open incident", "open incidents"),
        false => format!("{}, a grace of {}", counted(n_open, "open incident", "open incidents"), short_span(grace)),
    };
    let doubts = unjudged
        .iter()
        .map(|what| Finding { weight: Weight::Warns, ..finding("unheard", what, "see watchfloor doctor") });
    findings.extend(doubts);
    let gate = Gate::of("sla", Text::scrub(&about), findings);
    match gate.verdict {
        Verdict::Pass if !unjudged.is_empty() => {
            Gate { verdict: Verdict::NotJudged, about: Text::scrub(&unjudged.join("; ")), ..gate }
        }
        _ => gate,
    }
}

fn breach(incident: &Incident, which: WhichClock, clock: &Clock, over: TimeDelta, floor: &Floor) -> Finding {
    let rule = floor.policy.rule_name(clock.rule).map(|name| format!(" (rule {name})")).unwrap_or_default();
    let (word, hint) = match which {
        WhichClock::Response => ("response", "answer it"),
        WhichClock::Fix if is_helped_lower(clock, &floor.policy) => ("fix", "close it, or lower its priority"),
        WhichClock::Fix => ("fix", "close it"),
    };
    let word = match clock.judged {
        Grade::Untriaged => format!("untriaged, {word}"),
        grade => format!("{word} of {}", grade.word()),
    };
    let what = format!("{}: {word}{rule} over for {}", incident.key, short_span(over));
    finding("breach", &what, hint)
}

/// Whether a lower priority, under the same rule, promises a fix that what was counted so far would not exceed (R25).
fn is_helped_lower(clock: &Clock, policy: &Policy) -> bool {
    let lower = Grade::ALL.into_iter().filter(|grade| *grade != Grade::Untriaged && clock.judged < *grade);
    let mut promised = lower.map(|grade| policy.promise(Basis { grade, rule: clock.rule }).fix);
    promised.any(|fix| fix.is_none_or(|length| clock.elapsed <= length))
}

fn finding(code: &'static str, what: &str, hint: &str) -> Finding {
    let (what, hint) = (Text::scrub(what), Text::scrub(hint));
    Finding { weight: Weight::Fails, code, seat: None, people: Vec::new(), when: None, what, hint }
}

/// How long a clock has been over, in real time since the breach it is in; nothing where it is not over.
fn over_for(clock: &Clock, now: DateTime<Utc>) -> Option<TimeDelta> {
    let at = clock.breaches.last().filter(|_| clock.state == ClockState::Breached)?.at;
    Some(between(at, now))
}

fn silent(floor: &Floor, now: DateTime<Utc>) -> Vec<String> {
    let mut lines = Vec::new();
    for source in incident_sources(floor) {
        let name = &source.name;
        match (source.worth(now), &source.trouble) {
            (_, Some((trouble, _, why))) => lines.push(format!("{name}: {}: {why}", trouble.word())),
            (Worth::Reading | Worth::Never, None) => lines.push(format!("{name}: not heard")),
            // A backup is as old as it says; whoever names it as the source means that instant.
            (Worth::Stale(age), None) if !source.is_dated => {
                lines.push(format!("{name}: what it told is stale, {} old", short_span(age)));
            }
            (Worth::Stale(_) | Worth::Fresh(_), None) if source.n_skipped > 0 => {
                let n = counted(source.n_skipped, "record was", "records were");
                lines.push(format!("{name}: {n} left out"));
            }
            (Worth::Stale(_) | Worth::Fresh(_), None) => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::*;
    use crate::{
        domain::{
            calendar::{Calendar, Hours, Window},
            incident::{Actor, Event, Incident, IncidentKey, Kind, Label, Login, Repo, Standing, What},
            sla::Target,
            time::parse_rfc3339,
            zone::Zone,
        },
        floor::{
            fact::{Fact, Part, Polled, SourceId},
            freshness::{Feed, Source},
        },
        text::Text,
    };

    fn at(hour: i64) -> DateTime<Utc> {
        crate::domain::time::plus(parse_rfc3339("2026-11-20T00:00:00Z").unwrap(), TimeDelta::hours(hour))
    }

    fn incident(number: u64, label: &str, answered: Option<i64>) -> Incident {
        let actor = Some(Actor { login: Login::new("mia"), standing: Standing::Member, is_robot: false });
        let answer = answered.map(|hour| Event { at: at(hour), actor, what: What::Commented });
        Incident {
            key: IncidentKey::issue(Repo::new("acme/api"), number),
            kind: Kind::Issue,
            title: Text::scrub("Login returns 500"),
            author: Some(Login::new("rita")),
            labels: vec![Label::new(label)],
            assignees: Vec::new(),
            reviewers: Vec::new(),
            milestone: None,
            is_draft: false,
            opened_at: at(0),
            updated_at: at(0),
            closed_at: None,
            close_reason: None,
            comments: 0,
            url: Text::default(),
            body: None,
            timeline: answer.into_iter().collect(),
            has_timeline: true,
        }
    }

    fn floor(items: Vec<Incident>, grace: i64, now: DateTime<Utc>) -> Floor {
        let source = Source::new(Text::scrub("github"), Feed::Host, TimeDelta::seconds(60));
        let policy = Policy { grace: TimeDelta::hours(grace), ..Policy::standard() };
        let mut floor = Floor::new(Text::default(), Zone::utc(), policy, vec![source]);
        let (source, skipped, part) = (SourceId(0), Vec::new(), Part::Last);
        let polled = Polled { source, items, skipped, n_skipped: 0, part, as_of: now, budget: None };
        floor.apply(Fact::Polled(polled), now);
        floor.settle(now);
        floor
    }

    fn judged(items: Vec<Incident>, grace: i64, hour: i64) -> (Verdict, Vec<String>) {
        let gate = judge(&floor(items, grace, at(hour)), at(hour));
        (gate.verdict, gate.findings.iter().map(|f| f.what.to_string()).collect())
    }

    #[test]
    fn a_p0_that_nobody_answered_fails_at_once_and_an_answered_one_passes() {
        let wanted = vec!["acme/api#1: P0 without a response, open for 2h".to_owned()];
        assert_eq!(judged(vec![incident(1, "P0", None)], 0, 2), (Verdict::Fail, wanted));
        assert_eq!(judged(vec![incident(1, "P0", Some(1))], 0, 2), (Verdict::Pass, vec![]));
        assert_eq!(judged(vec![incident(1, "P1", None)], 0, 2), (Verdict::Pass, vec![]));
    }

    #[test]
    fn a_breach_fails_once_it_is_older_than_the_grace() {
        let late = || vec![incident(1, "P1", None)];
        assert_eq!(judged(late(), 0, 72).0, Verdict::Pass);
        assert_eq!(judged(late(), 0, 73).0, Verdict::Fail);
        assert_eq!(judged(late(), 2, 74).0, Verdict::Pass);
        let wanted = vec!["acme/api#1: response of P1 over for 3h".to_owned()];
        assert_eq!(judged(late(), 2, 75), (Verdict::Fail, wanted));
    }

    #[test]
    fn the_untriaged_are_called_so_and_a_lower_priority_is_advised_only_where_it_helps() {
        let told = |label: &str, hour: i64| {
            let gate = judge(&floor(vec![incident(1, label, Some(1))], 0, at(hour)), at(hour));
            gate.findings.iter().map(|f| format!("{}; {}", f.what, f.hint)).collect::<Vec<_>>()
        };
        let days = |n: i64| n * 24;
        let helped = "acme/api#1: fix of P1 over for 1d; close it, or lower its priority";
        assert_eq!(told("P1", days(15)), [helped]);
        // P3 promises no fix, so that lowering always helps by the standard table; a table that promises one does not.
        let mut strict = floor(vec![incident(1, "P1", Some(1))], 0, at(days(15)));
        strict.policy.targets[2].fix = Some(TimeDelta::days(10));
        strict.policy.targets[3].fix = Some(TimeDelta::days(12));
        let gate = judge(&strict, at(days(15)));
        assert_eq!(gate.findings[0].hint.as_str(), "close it");
        let gate = judge(&floor(vec![incident(1, "bug", None)], 0, at(days(3))), at(days(3)));
        assert_eq!(gate.findings[0].what.as_str(), "acme/api#1: untriaged, response over for 1d");
    }

    #[test]
    fn the_grace_of_a_promise_due_at_closing_time_counts_from_the_next_opening() {
        let time = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let weekdays = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        let windows = weekdays.map(|day| Window { day, opens: time(0), closes: time(8) });
        let calendar = Calendar::Business(Hours::new(Zone::utc(), windows.into(), Default::default()).into());
        let verdict = |hour: i64| {
            let mut floor = floor(vec![incident(1, "P1", None)], 1, at(hour));
            floor.policy.targets[1] =
                Target { response: Some(TimeDelta::hours(8)), fix: None, calendar: calendar.clone() };
            judge(&floor, at(hour)).verdict
        };
        // Friday's closing is at 8; Monday opens at 72, and the grace is an hour.
        assert_eq!(
            [9, 71, 72, 73, 74].map(verdict),
            [Verdict::Pass, Verdict::Pass, Verdict::Pass, Verdict::Pass, Verdict::Fail]
        );
    }

    #[test]
    fn an_incident_dated_after_now_could_not_be_judged_and_is_no_pass() {
        let (verdict, lines) = judged(vec![incident(1, "P0", None)], 0, -1);
        assert_eq!(verdict, Verdict::NotJudged);
        let wanted = "acme/api#1: it is dated 2026-11-20T00:00:00Z, after now: no clock of it has begun";
        assert_eq!(lines, [wanted]);
        let mut later = incident(1, "P0", None);
        later.opened_at = at(10);
        let (verdict, lines) = judged(vec![later, incident(2, "P0", None)], 0, 2);
        assert_eq!((verdict, lines.len()), (Verdict::Fail, 2), "a broken promise is one whatever else is unknown");
    }

    #[test]
    fn an_unknown_response_could_not_be_judged_and_is_no_pass() {
        let mut listed = incident(1, "P0", None);
        listed.has_timeline = false;
        let (verdict, lines) = judged(vec![listed.clone()], 0, 2);
        assert_eq!(verdict, Verdict::NotJudged);
        assert!(lines[0].contains("1 open incident is not known"), "{lines:?}");
        let (verdict, lines) = judged(vec![listed, incident(2, "P0", None)], 0, 2);
        assert_eq!((verdict, lines.len()), (Verdict::Fail, 2));
    }

    #[test]
    fn a_source_that_is_silent_away_or_missing_is_no_pass() {
        let mut away = floor(vec![], 0, at(0));
        assert_eq!(judge(&away, at(0)).verdict, Verdict::Pass);
        away.sources[0].heard_at = None;
        assert_eq!(judge(&away, at(0)).verdict, Verdict::NotJudged);
        away.sources.clear();
        assert_eq!(judge(&away, at(0)).verdict, Verdict::NotConfigured);
        let mut cut = floor(vec![], 0, at(0));
        cut.sources[0].n_skipped = 1;
        assert_eq!(judge(&cut, at(0)).verdict, Verdict::NotJudged);
        assert_eq!(judge(&floor(vec![], 0, at(0)), at(2)).verdict, Verdict::NotJudged);
    }
}
