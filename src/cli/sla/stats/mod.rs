//! `watchfloor sla stats`: of one file without settings, or of all sources.

mod file;
mod floor;

use chrono::{DateTime, NaiveTime, Utc, Weekday};
use serde_json::Value;

use crate::{
    cli::{
        args::{Common, Edge, Sla, Stats, StatsBy},
        board::pretty,
        exit,
        failure::{Failure, print},
        show,
    },
    domain::{
        calendar::{Calendar, Hours, Window},
        incident::{Incident, Kind, Login},
        priority::Grade,
        sla::Policy,
        stats::{
            cases::{self, By, Case},
            items::{Group, Item, Rules},
            period::{Period, Unit},
            robots::Robots,
            times::{Life, Times},
        },
        zone::{Zone, Zones},
    },
    shell::clock::Clock,
    sink::{
        json::Document,
        plain::Page,
        report::{Items, Left},
    },
    text::Text,
};

/// What was asked.
struct Asked<'a> {
    stats: &'a Stats,
    zones: &'a Zones,
    is_json: bool,
    /// `--at`, or `--now`.
    at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    zone: Option<Zone>,
    by: Vec<By>,
    span: Period,
    hours: (Calendar, String),
}

/// Runs it.
///
/// # Errors
/// Wrong settings, a zone nobody knows, a file that cannot be read.
pub async fn run(stats: &Stats, sla: &Sla, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let zone = sla.tz.as_deref().map(|name| zone(name, zones)).transpose()?;
    let mut asked = Asked {
        stats,
        zones,
        is_json: stats.printed.json || sla.printed.json,
        at: sla.at.or(common.now),
        now: common.now.unwrap_or_else(|| Clock::Wall.now()),
        zone,
        by: groupings(&stats.by),
        span: Period::always(),
        hours: office_hours(&zone_of_hours(stats, zones)?),
    };
    if stats.history.is_some() {
        asked.stretch(&Zone::utc())?;
    }
    match (&stats.history, &stats.against) {
        (Some(old), Some(new)) => file::deltas(&asked, old, new),
        (Some(path), None) => file::run(&asked, path),
        (None, _) => floor::run(asked, common).await,
    }
}

fn zone(name: &str, zones: &Zones) -> Result<Zone, Failure> {
    zones.find(name).ok_or_else(|| {
        Failure::new(
            exit::USAGE,
            format!("count in the zone {name}: nobody knows it"),
            "write a name such as Europe/Berlin",
        )
    })
}

fn zone_of_hours(stats: &Stats, zones: &Zones) -> Result<Zone, Failure> {
    zone(&stats.business_zone, zones)
}

/// Monday to Friday, nine to five of a zone, no holidays; and the words for it.
fn office_hours(zone: &Zone) -> (Calendar, String) {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN);
    let days = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    let windows = days.map(|day| Window { day, opens: time(9), closes: time(17) });
    let hours = Hours::new(zone.clone(), windows.into(), std::collections::BTreeSet::new());
    (Calendar::Business(hours.into()), format!("Mon-Fri 09:00-17:00 {}, no holidays", zone.name()))
}

fn groupings(asked: &[StatsBy]) -> Vec<By> {
    let mut by = Vec::new();
    for one in asked {
        let one = match one {
            StatsBy::Month => By::Calendar(Unit::Month),
            StatsBy::Week => By::Calendar(Unit::Week),
            StatsBy::Quarter => By::Calendar(Unit::Quarter),
            StatsBy::Priority => By::Priority,
            StatsBy::Repository => By::Repository,
            StatsBy::Label => By::Label,
        };
        if !by.contains(&one) {
            by.push(one);
        }
    }
    by
}

/// Where incidents come from, and what can be known of them.
struct Origin {
    as_of: DateTime<Utc>,
    as_of_from: &'static str,
    format: &'static str,
    knows_turns: bool,
    knows_acts: bool,
    zone: Zone,
    left: Left,
}

/// The report on these incidents; beside each, when somebody took it on here.
fn report(
    asked: &Asked<'_>,
    incidents: &[(&Incident, Option<DateTime<Utc>>)],
    policy: &Policy,
    origin: Origin,
) -> Items {
    let named: Vec<Login> = asked.stats.robots.iter().map(|login| Login::new(login)).collect();
    let robots = Robots::with(policy.robots.iter().chain(&named));
    let mut judged = policy.clone();
    judged.robots = robots.logins().to_vec();
    let mut team = policy.clone();
    team.robots.extend(named.iter().cloned());
    let rules = Rules { policy: &judged, robots: &robots, hours: &asked.hours.0 };
    let now = origin.as_of;
    let (mut items, mut cases) = (Vec::new(), Vec::new());
    for (incident, taken_at) in incidents {
        let Some(item) = Item::of(incident, &rules, now) else { continue };
        cases.push(case(incident, *taken_at, &team, now));
        if asked.span.holds(item.opened_at) {
            items.push(item);
        }
    }
    items.sort_by(|a, b| a.key.cmp(&b.key));
    let mut repositories: Vec<_> = items.iter().map(|item| item.key.repo.clone()).collect();
    repositories.dedup();
    let of = |kind: Kind| Group::of(items.iter().filter(|item| item.kind == kind), &origin.zone, now);
    Items {
        repositories,
        as_of: now,
        as_of_from: origin.as_of_from,
        format: origin.format,
        hours: asked.hours.1.clone(),
        issues: of(Kind::Issue),
        pulls: of(Kind::PullRequest),
        all: Group::of(&items, &origin.zone, now),
        items,
        knows_turns: origin.knows_turns,
        knows_acts: origin.knows_acts,
        times: Times::over(cases.iter().map(|case| &case.life), &asked.span, now),
        by: by(asked, &cases, &origin.zone, now),
        zone: origin.zone,
        left: origin.left,
    }
}

fn by(asked: &Asked<'_>, cases: &[Case], zone: &Zone, now: DateTime<Utc>) -> Vec<(By, Vec<cases::Row>)> {
    asked.by.iter().map(|by| (*by, cases::rows(cases, *by, &asked.span, zone, now))).collect()
}

fn case(incident: &Incident, taken_at: Option<DateTime<Utc>>, team: &Policy, now: DateTime<Utc>) -> Case {
    // Today's labels say nothing of the priority it had then.
    let labels = incident.labels_at(now);
    Case {
        life: Life::of(incident, team, taken_at, now),
        priority: match team.grade_of(labels.iter().copied()) {
            Grade::Set(priority) => Text::scrub(priority.word()),
            Grade::Untriaged => Text::default(),
        },
        repository: Text::scrub(incident.key.repo.full()),
        labels: labels.into_iter().map(|label| Text::scrub(label.as_str())).collect(),
    }
}

impl Asked<'_> {
    /// Makes out the stretch that is counted, days being those of `--tz`, else of `zone`.
    fn stretch(&mut self, zone: &Zone) -> Result<(), Failure> {
        let (zone, now) = (self.zone.as_ref().unwrap_or(zone), self.at.unwrap_or(self.now));
        let (always, edges) = (Period::always(), &self.stats.span);
        let at = |edge: Option<Edge>, otherwise| edge.map_or(otherwise, |edge| edge.at(zone, now));
        self.span = Period::between(at(edges.from, always.start), at(edges.to, always.end));
        if self.span.end <= self.span.start {
            let what = "count in this stretch: --to is not after --from";
            return Err(Failure::new(exit::USAGE, what, "turn them around"));
        }
        Ok(())
    }

    fn document(&self, kind: &'static str) -> Document {
        Document::new(kind, env!("CARGO_PKG_VERSION"), &Text::scrub(self.zones.version()), self.now)
    }

    /// Prints the one or the other; 4 where something was left out.
    fn print(&self, left: &Left, json: impl FnOnce() -> Value, plain: impl FnOnce(&mut Page)) -> Result<u8, Failure> {
        if self.is_json {
            print(&pretty(&json()))?;
        } else {
            let mut page = Page::new(show::width());
            plain(&mut page);
            print(&page.finish())?;
        }
        Ok(if left.n == 0 { exit::DONE } else { exit::COULD_NOT_JUDGE })
    }
}
