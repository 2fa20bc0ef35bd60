//! The board without a screen: walks a settled floor and hands its answers to a sink.

mod told;

use chrono::{DateTime, Utc};
use serde_json::Value;

use self::told::{feed, told};
use crate::{
    domain::{
        priority::Grade,
        release::{course::Course, week},
        sla,
        stats::times::{Life, Times},
        zone::Zones,
    },
    floor::{Floor, entry::Entry, freshness, metrics::Gauge, oncall, tally},
    sink::{
        board::{Day, Feed, Judged, OnCall, Queue, ReleaseBoard, Seat, Signal, Sla, SlaCounts, SlaRow, Source},
        json::{self, Document},
        plain::{self, Depth, Page},
    },
    text::Text,
};

/// One pane of the board, or all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    Status,
    /// The open incidents.
    Queue,
    /// The promises.
    Sla,
    /// Who is on call.
    OnCall,
    /// The release.
    Release,
    /// The signals.
    Metrics,
}

/// The product's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Part {
    /// The document's kind.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Queue => "queue",
            Self::Sla => "sla",
            Self::OnCall => "oncall",
            Self::Release => "release",
            Self::Metrics => "metrics",
        }
    }

    /// Whether a section for `part` belongs into a document of this part.
    fn shows(self, part: Self) -> bool {
        self == Self::Status || self == part
    }

    /// Whether what a feed tells can change this part. Blockers of a release are incidents.
    fn hears(self, feed: Feed) -> bool {
        match self {
            Self::Status => true,
            Self::Queue => feed == Feed::Alerts || INCIDENTS.contains(&feed),
            Self::Sla => INCIDENTS.contains(&feed),
            Self::OnCall => feed == Feed::Roster,
            Self::Release => feed == Feed::Release || INCIDENTS.contains(&feed),
            Self::Metrics => feed == Feed::Metrics,
        }
    }
}

/// What tells of incidents.
const INCIDENTS: [Feed; 2] = [Feed::Host, Feed::History];

/// The part as JSON, format [`json::FORMAT`] (`docs/json.md`). `zones_version` is the IANA release of the zones.
///
/// The floor must be settled at `now`.
pub fn json(floor: &Floor, part: Part, zones_version: &str, now: DateTime<Utc>) -> Value {
    sections(floor, part, true, zones_version, now)
}

/// As [`json()`], the same byte for byte, for a document that is written as it goes.
pub fn written<'f>(floor: &'f Floor, part: Part, zones_version: &str, now: DateTime<Utc>) -> json::board::Board<'f> {
    let courses = floor.release().map_or(&[][..], |release| release.courses.as_slice());
    json::board::Board::new(sections(floor, part, false, zones_version, now), courses)
}

fn sections(floor: &Floor, part: Part, has_items: bool, zones_version: &str, now: DateTime<Utc>) -> Value {
    let tzdata = Text::scrub(zones_version);
    let mut document = Document::new(part.kind(), VERSION, &tzdata, now)
        .with("team", (!floor.team.is_blank()).then(|| json::Said::from(&floor.team)))
        .with("zone", json::Said::from(&floor.zone));
    let needs_queue = part.shows(Part::Queue) || part.shows(Part::Sla);
    let queue = needs_queue.then(|| queue(floor, now));
    if let Some(queue) = queue.as_ref().filter(|_| part.shows(Part::Queue)) {
        let alerts = json::alert::rows(&floor.alarm_rows(now));
        document = document.with("queue", json::incident::Queue::of(queue, now)).with("alerts", alerts);
    }
    if let Some(queue) = queue.as_ref().filter(|_| part.shows(Part::Sla)) {
        document = document.with("sla", json::sla::Sla::of(&promises(floor, now), &queue.incidents, now));
    }
    if part.shows(Part::OnCall) {
        document = document
            .with("oncall", floor.on_call().map(|known| on_call(known, now)).as_ref().map(json::oncall::OnCall::of));
    }
    if part.shows(Part::Release) {
        let release = release(floor, now);
        let release = release.as_ref().map(|board| json::release::Release::of(board, now));
        let release = if has_items { release } else { release.map(json::release::Release::without_items) };
        document = document.with("release", release);
    }
    if part == Part::Release {
        // The two figures a script asks for first stand where it looks first.
        let progress = floor.release().map(|release| release.progress());
        document = document.with("total", progress.map(|p| p.total)).with("done", progress.map(|p| p.done));
    }
    if part.shows(Part::Metrics) {
        let signals: Vec<_> =
            floor.gauges().iter().map(|gauge| json::metrics::Signal::of(&signal(gauge, now), now)).collect();
        document = document.with("metrics", signals);
    }
    let sources: Vec<_> = sources(floor, part, now).iter().map(json::source::Source::of).collect();
    document.with("sources", sources).value()
}

/// The part as plain text, no line wider than `width` columns (at least 80), lines ending in `\n`.
///
/// The floor must be settled at `now`. [`Part::Status`] is at most 60 lines whatever the floor holds.
pub fn plain(floor: &Floor, part: Part, width: usize, now: DateTime<Utc>) -> String {
    let mut page = Page::new(width);
    let told_by = |part| sources(floor, part, now);
    let depth = if part == Part::Status { Depth::Short } else { Depth::Whole };
    let on_call = floor.on_call().map(|known| on_call(known, now));
    page.heading(&floor.team, &floor.zone, now);
    if let Some(line) = plain::oncall::line(on_call.as_ref(), &floor.zone).filter(|_| part == Part::Status) {
        page.line(&line);
    }
    if part.shows(Part::Queue) || part.shows(Part::Sla) {
        let queue = queue(floor, now);
        if part.shows(Part::Queue) {
            page.blank();
            let n_above = plain::alert::firing(&mut page, &floor.alarm_rows(now), depth, now);
            plain::incident::write(&mut page, &queue, &told_by(Part::Queue), (depth, n_above), now);
        }
        if part.shows(Part::Sla) {
            page.blank();
            plain::sla::write(&mut page, &promises(floor, now), &queue.incidents, depth, now);
        }
    }
    if part.shows(Part::OnCall) {
        page.blank();
        plain::oncall::write(&mut page, on_call.as_ref(), &told_by(Part::OnCall), depth, now);
    }
    if part.shows(Part::Release) {
        page.blank();
        let mut told_by = told_by(Part::Release);
        told_by.retain(|source| source.feed == Feed::Release);
        plain::release::write(&mut page, release(floor, now).as_ref(), &told_by, depth, now);
    }
    if part.shows(Part::Metrics) {
        page.blank();
        let signals: Vec<_> = floor.gauges().iter().map(|gauge| signal(gauge, now)).collect();
        plain::metrics::write(&mut page, &signals, &told_by(Part::Metrics), &floor.zone, depth, now);
        for doubt in floor.doubts() {
            page.whole_line(&format!("  {doubt}"));
        }
    }
    if part == Part::Status {
        page.blank();
        plain::source::write_not_fresh(&mut page, &told_by(part), &floor.zone);
    } else {
        plain::source::write_told_by(&mut page, &told_by(part), &floor.zone);
    }
    page.finish()
}

/// One incident as JSON: the shape of a queue's, with its state and its ladder.
pub fn incident_json(floor: &Floor, entry: &Entry, zones_version: &str, now: DateTime<Utc>) -> Value {
    let sources: Vec<_> = tellers(floor, now).iter().map(json::source::Source::of).collect();
    of_one(floor, "incident", zones_version, now)
        .with("incident", json::incident::Incident::of(&judged(floor, entry, now), now))
        .with("sources", sources)
        .value()
}

/// One incident as plain text.
pub fn incident_plain(floor: &Floor, entry: &Entry, width: usize, now: DateTime<Utc>) -> String {
    let mut page = Page::new(width);
    page.heading(&floor.team, &floor.zone, now);
    page.blank();
    plain::incident::whole(&mut page, &judged(floor, entry, now), &floor.zone, now);
    plain::source::write_told_by(&mut page, &tellers(floor, now), &floor.zone);
    page.finish()
}

/// What moved the clocks of one incident, as JSON.
pub fn why_json(floor: &Floor, entry: &Entry, zones_version: &str, now: DateTime<Utc>) -> Value {
    let incident = &entry.incident;
    let evidence = sla::explain(incident, &floor.policy, now);
    let sources: Vec<_> = sources(floor, Part::Queue, now).iter().map(json::source::Source::of).collect();
    of_one(floor, "why", zones_version, now)
        .with("key", json::Said::from(&incident.key))
        .with("history_read", incident.has_timeline)
        .with("evidence", json::evidence::lines(&evidence))
        .with("sources", sources)
        .value()
}

/// What moved the clocks of one incident, as plain text.
pub fn why_plain(floor: &Floor, entry: &Entry, width: usize, now: DateTime<Utc>) -> String {
    let mut page = Page::new(width);
    page.heading(&floor.team, &floor.zone, now);
    page.blank();
    let evidence = sla::explain(&entry.incident, &floor.policy, now);
    plain::evidence::write(&mut page, &judged(floor, entry, now), &evidence, &floor.zone, now);
    plain::source::write_told_by(&mut page, &sources(floor, Part::Queue, now), &floor.zone);
    page.finish()
}

/// The envelope of a document about a floor; sections are added to it.
pub(super) fn of_one(floor: &Floor, kind: &'static str, zones_version: &str, now: DateTime<Utc>) -> Document {
    Document::new(kind, VERSION, &Text::scrub(zones_version), now)
        .with("team", (!floor.team.is_blank()).then(|| json::Said::from(&floor.team)))
        .with("zone", json::Said::from(&floor.zone))
}

/// One plan as JSON, without a floor: `total`, `done` and `phases` at the top, its task items under `checklist`, all of it
/// under `plan`.
pub fn course_json<'a>(course: &'a Course, zones_version: &str, now: DateTime<Utc>) -> json::plan::OnePlan<'a> {
    json::plan::OnePlan::new(Document::new("checklist", VERSION, &Text::scrub(zones_version), now), course, now)
}

/// One plan as plain text, without a floor.
pub fn course_plain(course: &Course, width: usize, now: DateTime<Utc>) -> String {
    let mut page = Page::new(width);
    plain::plan::write(&mut page, course, now);
    page.finish()
}

/// The envelope of a document about no floor; sections are added to it.
pub fn document(kind: &'static str, zones: &Zones, now: DateTime<Utc>) -> Document {
    Document::new(kind, VERSION, &Text::scrub(zones.version()), now)
}

/// A document as text for a person's eyes: indented, ending in `\n`.
pub fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

/// The open incidents of a floor, judged at `now`.
pub(super) fn queue(floor: &Floor, now: DateTime<Utc>) -> Queue<'_> {
    let queue = floor.queue();
    let tally = queue.tally();
    let entries = queue.order().iter().filter_map(|place| queue.entry(*place));
    Queue {
        is_known: floor.knows_incidents(),
        open: tally.open,
        over: tally.over,
        at_risk: tally.at_risk,
        incidents: entries.map(|entry| judged(floor, entry, now)).collect(),
    }
}

/// One incident of a floor, judged at `now`.
pub(crate) fn judged<'a>(floor: &'a Floor, entry: &'a Entry, now: DateTime<Utc>) -> Judged<'a> {
    Judged {
        incident: &entry.incident,
        // A verdict on the floor counts up to the last poll; a report says what has counted up to now.
        verdict: sla::judge(&entry.incident, &floor.policy, now),
        acked: entry.acked.as_ref().map(|(by, at)| (by, *at)),
        pressing: entry.pressing(now).clock,
        rule: floor.policy.rule_name(entry.verdict.rule),
        milestone_due: floor.milestone_of(&entry.incident).and_then(|milestone| milestone.due),
        snoozed_until: floor.queue().snoozed_until(&entry.incident.key, now).map(|(until, _)| *until),
        pending: floor.outbox().pending_on(&entry.incident.key).collect(),
        ladder: floor.ladder(&entry.incident.key, now),
        roster_away: floor.roster_away(),
    }
}

/// Who told of an incident, and of whom it calls.
fn tellers(floor: &Floor, now: DateTime<Utc>) -> Vec<Source<'_>> {
    let is_of =
        |source: &&freshness::Source| Part::Queue.hears(feed(source.feed)) || Part::OnCall.hears(feed(source.feed));
    floor.sources.iter().filter(is_of).map(|source| told(source, now)).collect()
}

/// The promises of a floor and how they are kept.
pub(crate) fn promises(floor: &Floor, now: DateTime<Utc>) -> Sla<'_> {
    let (queue, lives) = (floor.queue(), floor.queue().entries().iter().map(|entry| entry.life(now)));
    let (tally, lives) = (queue.tally(), lives.collect::<Vec<Life>>());
    let row = |grade: Grade| {
        let target = floor.policy.target(grade);
        SlaRow {
            grade,
            response: target.response,
            fix: target.fix,
            is_business: target.calendar.is_business(),
            calendar_name: target.calendar.name(),
            counts: counts(tally::row(tally, grade)),
        }
    };
    let of_rule = |place: usize| counts(tally.rules.get(place).copied().unwrap_or_default());
    let rules = floor.policy.rules.iter().enumerate().map(|(place, rule)| (&rule.name, of_rule(place)));
    Sla {
        is_known: floor.knows_incidents(),
        rows: Grade::ALL.map(row).into(),
        rules: rules.collect(),
        times: Times::over(&lives, &tally::month(now), now),
    }
}

fn counts(row: tally::Row) -> SlaCounts {
    SlaCounts {
        open: row.open,
        at_risk: row.at_risk,
        over: row.over,
        still_over: row.still_over,
        met: row.met,
        missed: row.missed,
        in_time: row.in_time(),
        kept: row.kept(),
    }
}

fn on_call(on_call: &oncall::OnCall, now: DateTime<Utc>) -> OnCall<'_> {
    OnCall {
        zone: &on_call.roster.zone,
        seats: on_call.seats.iter().map(seat).collect(),
        days: &on_call.days,
        // The strip begins at midnight; a gap that is over needs nobody any more.
        gaps: on_call.gaps().into_iter().filter(|(_, gap)| now < gap.end).collect(),
    }
}

fn seat(seat: &oncall::Seat) -> Seat<'_> {
    let by_day = seat.by_day.iter().map(|day| Day { people: &day.people, is_split: day.is_split, gap: day.gap });
    let (missing, by_day) = (seat.missing.as_ref(), by_day.collect());
    Seat { name: &seat.name, duty: &seat.duty, missing, segments: &seat.segments, by_day }
}

fn release(floor: &Floor, now: DateTime<Utc>) -> Option<ReleaseBoard<'_>> {
    let (release, outcome) = floor.release().zip(floor.gate())?;
    Some(ReleaseBoard {
        release,
        week: week::of(&release.courses, now),
        outcome,
        blockers: release
            .blockers
            .iter()
            .map(|key| (key, floor.queue().find(key).map(|entry| &entry.incident)))
            .collect(),
        unheard: floor.release_unheard(now).into_iter().map(|source| &source.name).collect(),
        checks: floor.checks().collect(),
        doubts: floor.release_doubts(),
        evidence: floor.judged_steps().collect(),
        rollback: floor.rollback(),
    })
}

fn signal(gauge: &Gauge, now: DateTime<Utc>) -> Signal<'_> {
    Signal {
        signal: &gauge.signal,
        reading: gauge.reading(now),
        alert: gauge.alert,
        budget: gauge.budget,
        n_skipped: gauge.n_skipped,
        skipped: &gauge.skipped,
        group: Some(&gauge.group).filter(|group| !group.is_blank()),
        note: gauge.note.as_ref(),
    }
}

/// Who told what a part is made of.
pub(crate) fn sources(floor: &Floor, part: Part, now: DateTime<Utc>) -> Vec<Source<'_>> {
    floor.sources.iter().filter(|source| part.hears(feed(source.feed))).map(|source| told(source, now)).collect()
}
