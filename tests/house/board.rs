//! Holds the board's JSON and plain text to their format: a small floor built from facts, every part, both formats.
//!
//! What is expected stands in `tests/house/board/`. Where a part differs, what came instead is left in the target folder
//! and the failure names it, so that a wanted change can be read and taken over.

use std::{fs, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{buffer::Buffer, layout::Rect};
use serde_json::Value;
use watchfloor::{
    cli::board::{
        Part, course_json, course_plain, incident_json, incident_plain, json, plain, pretty, why_json, why_plain,
    },
    domain::{
        escalation::{self, Step, Target},
        incident::{Actor, CloseReason, Event, Incident, IncidentKey, Kind, Label, Login, Repo, Standing, What},
        priority::Priority,
        release::{
            Release, SignOff, Word,
            calendar::{Calendar, DayFrom, Mode},
            course::Course,
            plan::{Reading, Steps},
            record::{Deed, Entry, Record, Say},
            week,
        },
        rota::{Advance, Layer, Override, OverrideKind, Roster, Schedule, ShiftLength, ShiftUnit},
        sample::Telling,
        series::{Sample, Side, Signal, Threshold},
        sla::Policy,
        time::{minus, parse_rfc3339},
        trouble::{Skipped, Trouble},
        zone::{Zone, Zones},
    },
    floor::{
        Floor,
        fact::{self, Fact, Polled, Quota, SignalId, SourceId},
        freshness::{Feed, Source},
    },
    source::plan,
    text::Text,
    tui::{
        Model, Msg,
        theme::{Glyphs, Theme},
        update,
        view::view,
    },
};

const PARTS: [(&str, Part); 6] = [
    ("status", Part::Status),
    ("queue", Part::Queue),
    ("sla", Part::Sla),
    ("oncall", Part::OnCall),
    ("release", Part::Release),
    ("metrics", Part::Metrics),
];

const SOURCES: [(&str, Feed); 5] = [
    ("github", Feed::Host),
    ("archive.json", Feed::History),
    ("roster.toml", Feed::Roster),
    ("release", Feed::Release),
    ("metrics", Feed::Metrics),
];

const CHECKLIST: &str = "# Release 4.9.9\n\n## T-3 Freeze\n\n- [x] Cut the branch @ana.k\n- [ ] Tell support\n\n## T-2 Rehearse\n\n- [ ] Run the upgrade on a copy\n  - [ ] and roll it back\n\n## T+1 After\n\n- [ ] Close the milestone\n";

fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

fn now() -> DateTime<Utc> {
    at("2026-11-20T08:12:00Z")
}

fn ago(minutes: i64) -> DateTime<Utc> {
    minus(now(), TimeDelta::minutes(minutes))
}

fn text(written: &str) -> Text {
    Text::scrub(written)
}

fn berlin() -> Zone {
    Zones::bundled().find("Europe/Berlin").unwrap()
}

fn incident(number: u64, title: &str, labels: &[&str], opened_at: DateTime<Utc>) -> Incident {
    Incident {
        key: IncidentKey::issue(Repo::new("acme/api"), number),
        kind: Kind::Issue,
        title: text(title),
        author: Some(Login::new("rita")),
        labels: labels.iter().map(|label| Label::new(label)).collect(),
        assignees: Vec::new(),
        reviewers: Vec::new(),
        milestone: None,
        is_draft: false,
        opened_at,
        updated_at: opened_at,
        closed_at: None,
        close_reason: None,
        comments: 2,
        url: text(&format!("https://github.com/acme/api/issues/{number}")),
        body: None,
        timeline: Vec::new(),
        has_timeline: true,
    }
}

fn event(at: DateTime<Utc>, login: &str, what: What) -> Event {
    Event { at, actor: Some(Actor { login: Login::new(login), standing: Standing::Member, is_robot: false }), what }
}

fn incidents() -> Vec<Incident> {
    let mut late = incident(812, "Login returns 500 after the deploy of the session store", &["P0", "bug"], ago(1482));
    late.assignees = vec![Login::new("ana.k"), Login::new("ben.i")];
    let mut listed = incident(799, "Exports stop at 10 000 rows", &[], ago(2400));
    listed.has_timeline = false;
    listed.author = None;
    let mut later = incident(640, "Dark mode: the footer keeps its white", &["P3"], ago(9000));
    later.timeline = vec![event(ago(8990), "ana.k", What::Commented)];
    later.kind = Kind::PullRequest;
    let mut closed = incident(600, "Search times out", &["P1"], ago(5000));
    closed.timeline = vec![
        event(ago(4970), "ben.i", What::Commented),
        event(ago(4000), "ben.i", What::Closed(CloseReason::Completed)),
    ];
    closed.closed_at = Some(ago(4000));
    closed.close_reason = Some(CloseReason::Completed);
    vec![late, listed, later, closed]
}

fn seat(name: &str, people: &[&str], overrides: Vec<Override>) -> Schedule {
    let layer = Layer {
        name: text("weekly"),
        zone: berlin(),
        anchor: "2026-11-16T09:00:00".parse().unwrap(),
        shift: ShiftLength { n: 1, unit: ShiftUnit::Weeks },
        participants: people.iter().map(|person| vec![text(person)]).collect(),
        level: 0,
        start: None,
        end: None,
        restrictions: Vec::new(),
        advance: Advance::Always,
    };
    Schedule::new(text(name), vec![layer], overrides)
}

fn roster() -> Roster {
    let nobody = Override {
        kind: OverrideKind::ReplaceAll(Vec::new()),
        start: at("2026-11-22T01:00:00Z"),
        end: at("2026-11-22T02:30:00Z"),
        level: 0,
        created: None,
        note: None,
    };
    let schedules =
        vec![seat("primary", &["ana.k", "ben.i"], Vec::new()), seat("backup", &["cleo", "dan"], vec![nobody])];
    let mut roster = Roster::new(berlin(), Vec::new(), schedules);
    let step = |name: &str| Step { delay: TimeDelta::hours(12), targets: vec![Target::Seat(text(name))] };
    roster.escalations.push(escalation::Policy {
        name: text("urgent"),
        priorities: vec![Priority::P0, Priority::P1],
        steps: vec![step("primary"), step("backup")],
        repeat: 1,
        ack_timeout: None,
        reserve: Some(text("lea")),
    });
    roster
}

fn read_course(written: &str) -> Course {
    Course::new(plan::read("RELEASE.md", written.as_bytes(), &Reading::default()).unwrap())
}

/// The same in a release: its day is set, and engineering said go.
fn dated_course(written: &str) -> Course {
    let zone = berlin();
    let day = "2026-11-22".parse().unwrap();
    let calendar = Calendar { at: Some(at("2026-11-22T09:00:00Z")), ..Calendar::new(day, zone, DayFrom::Settings) };
    let said = Entry {
        at: at("2026-11-19T10:00:00Z"),
        by: text("ana.k"),
        deed: Deed::SignOff { role: text("engineering"), say: Say::Go },
        commit: None,
        reason: Text::default(),
    };
    let record = Record::new(vec![said], Vec::new());
    Course { calendar: Some(calendar), record, ..read_course(written) }
}

fn release() -> Release {
    let sign_off = |role, word| SignOff { role: text(role), word };
    Release {
        name: text("4.9.9"),
        day: Some("2026-11-22".parse().unwrap()),
        at: Some(at("2026-11-22T09:00:00Z")),
        zone: berlin(),
        courses: vec![dated_course(CHECKLIST)],
        sign_offs: vec![sign_off("engineering", Word::Go), sign_off("qa", Word::Silent)],
        blockers: Vec::new(),
    }
}

fn signal(name: &str, unit: &str, objective: Option<f64>) -> Signal {
    Signal {
        name: text(name),
        unit: text(unit),
        threshold: Some(Threshold { bad: Side::Above, bound: 16.7 }),
        stale_after: TimeDelta::minutes(5),
        hold: TimeDelta::minutes(1),
        keep_firing: TimeDelta::zero(),
        window: TimeDelta::hours(1),
        objective,
        runbook: Some(text("docs/runbooks/frames.md")),
    }
}

fn polled(source: usize, items: Vec<Incident>) -> Fact {
    Fact::Polled(Polled {
        source: SourceId(source),
        items,
        skipped: vec![Skipped { at: text("page 2, item 7"), why: text("no number") }],
        n_skipped: 1,
        part: fact::Part::Last,
        as_of: ago(2),
        budget: Some(Quota { remaining: 4_871, limit: 5_000 }),
    })
}

fn empty_floor() -> Floor {
    let sources = SOURCES.map(|(name, feed)| Source::new(text(name), feed, TimeDelta::minutes(1)));
    let mut policy = Policy::standard();
    policy.maintainers = vec![Login::new("ana.k")];
    let mut floor = Floor::new(text("acme platform"), berlin(), policy, sources.into());
    floor.blocker_labels = vec!["bug".to_owned()];
    floor
}

fn sampled(floor: &mut Floor, signal: Signal, samples: &[(i64, f64)]) {
    let id = SignalId(floor.gauges().len());
    floor.apply(Fact::SignalAdded { source: SourceId(4), signal: Box::new(signal) }, now());
    for (minutes, value) in samples {
        let at = ago(*minutes);
        let samples = vec![Sample { at_ms: at.timestamp_millis(), value: *value }];
        floor.apply(
            Fact::Sampled { signal: id, samples, telling: Telling::Instead, skipped: Vec::new(), n_skipped: 0 },
            at,
        );
    }
}

fn floor() -> Floor {
    let mut floor = empty_floor();
    floor.apply(polled(0, incidents()), ago(2));
    let why = text("archive.json: no such file");
    floor.apply(Fact::Failed { source: SourceId(1), trouble: Trouble::Away, why }, ago(30));
    floor.apply(Fact::RosterRead { source: SourceId(2), roster: Box::new(roster()) }, ago(1));
    floor.apply(Fact::ReleaseRead { source: SourceId(3), release: Box::new(release()) }, ago(1));
    floor.apply(Fact::Unchanged { source: SourceId(4), budget: None }, ago(1));
    sampled(&mut floor, signal("frame p95", "ms", Some(0.99)), &[(30, 12.5), (5, 18.25), (3, 19.0), (1, 19.75)]);
    sampled(&mut floor, signal("crash rate", "%", None), &[(90, 0.5)]);
    sampled(&mut floor, signal("queue depth", "", None), &[]);
    let key = IncidentKey::issue(Repo::new("acme/api"), 640);
    floor.apply(Fact::Acknowledged { key, by: Login::new("ana.k"), at: ago(60) }, now());
    floor.settle(now());
    floor
}

/// A document as text, with a version that stays when the product's moves on.
fn written(value: &Value) -> String {
    let mut value = value.clone();
    assert_eq!(value["watchfloor"]["version"], env!("CARGO_PKG_VERSION"));
    value["watchfloor"]["version"] = Value::from("VERSION");
    pretty(&value)
}

/// Says where a difference can be read, or nothing.
fn difference(name: &str, found: &str) -> Option<String> {
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/house/board").join(name);
    if fs::read_to_string(&expected).is_ok_and(|expected| expected == found) {
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("board");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), found).unwrap();
    Some(format!("{name} differs from tests/house/board; what came instead is in {}", folder.display()))
}

#[test]
fn every_part_is_as_written_down() {
    let floor = floor();
    let course = read_course(CHECKLIST);
    let mut files = vec![
        ("checklist.json".to_owned(), written(&serde_json::to_value(course_json(&course, "2026e", now())).unwrap())),
        ("checklist.txt".to_owned(), course_plain(&course, 80, now())),
        ("nothing.txt".to_owned(), plain(&empty_floor(), Part::Status, 80, now())),
        ("nothing.json".to_owned(), written(&json(&empty_floor(), Part::Status, "2026e", now()))),
    ];
    // One that nobody answered, one that was closed, one whose history was not read.
    for number in [812, 600, 799] {
        let entry = floor.queue().find(&IncidentKey::issue(Repo::new("acme/api"), number)).unwrap();
        files.push((format!("incident_{number}.json"), written(&incident_json(&floor, entry, "2026e", now()))));
        files.push((format!("incident_{number}.txt"), incident_plain(&floor, entry, 80, now())));
        files.push((format!("why_{number}.json"), written(&why_json(&floor, entry, "2026e", now()))));
        files.push((format!("why_{number}.txt"), why_plain(&floor, entry, 80, now())));
    }
    for (name, part) in PARTS {
        files.push((format!("{name}.json"), written(&json(&floor, part, "2026e", now()))));
        files.push((format!("{name}.txt"), plain(&floor, part, 80, now())));
    }
    let differences: Vec<_> = files.iter().filter_map(|(name, found)| difference(name, found)).collect();
    assert_eq!(differences, Vec::<String>::new());
}

#[test]
fn a_part_says_the_same_as_the_whole() {
    let floor = floor();
    let whole = json(&floor, Part::Status, "2026e", now());
    for (name, part) in &PARTS[1..] {
        assert_eq!(json(&floor, *part, "2026e", now())[name], whole[name], "{name}");
    }
}

#[test]
fn a_release_document_has_its_total_and_done_at_the_top() {
    let found = json(&floor(), Part::Release, "2026e", now());
    assert_eq!((found["total"].as_u64(), found["done"].as_u64()), (Some(5), Some(1)));
    let course = read_course(CHECKLIST);
    let file = serde_json::to_value(course_json(&course, "2026e", now())).unwrap();
    assert_eq!((file["total"].as_u64(), file["done"].as_u64()), (Some(5), Some(1)));
}

const PLAN: &str = "# Release\n\n## T-2\n\n1. Freeze the branch (@ana.k)\n- [ ] Bake a cake (optional)\n- [x] Tell support\n\n\
    ## T-1\n\n1. Rehearse the upgrade\n\n## T-0\n\n1. 2 hours before: close the doors\n2. Roll out\n";

/// A release of T-0 on Monday, in business days, all of whose steps count.
fn release_in_business_days(day: &str, written: &str) -> Release {
    let reading = Reading { steps: Steps::All, ..Reading::default() };
    let plan = plan::read("PLAN.md", written.as_bytes(), &reading).unwrap();
    let at = Some(berlin().resolve(format!("{day}T12:00:00").parse().unwrap()));
    let calendar = Calendar::new(day.parse().unwrap(), berlin(), DayFrom::Settings);
    let calendar = Some(Calendar { at, mode: Mode::Business, ..calendar });
    let course = Course { calendar, ..Course::new(plan) };
    let day = Some(day.parse().unwrap());
    Release { day, at, courses: vec![course], sign_offs: Vec::new(), ..release() }
}

/// A floor that waits for nobody, with a release.
fn floor_with(release: Release, now: DateTime<Utc>) -> Floor {
    let mut floor = empty_floor();
    floor.blocker_labels.clear();
    floor.apply(Fact::ReleaseRead { source: SourceId(3), release: Box::new(release) }, now);
    floor.settle(now);
    floor
}

#[test]
fn text_and_json_count_the_steps_of_a_release_as_its_board_does() {
    // Friday is T-1 of a release on Monday where business days count.
    for (now, today, due, overdue) in [
        (at("2026-11-20T08:12:00Z"), "T-1", vec![11], vec![5, 6]),
        (at("2026-11-23T08:30:00Z"), "T-0", vec![15, 16], vec![5, 6, 11]),
        (at("2026-11-23T10:30:00Z"), "T-0", vec![16], vec![5, 6, 11, 15]),
    ] {
        let floor = floor_with(release_in_business_days("2026-11-23", PLAN), now);
        let found = json(&floor, Part::Release, "2026e", now)["release"].clone();
        let lines = |name: &str| -> Vec<u64> {
            found[name].as_array().unwrap().iter().map(|it| it["line"].as_u64().unwrap()).collect()
        };
        assert_eq!((lines("due_today"), lines("overdue")), (due.clone(), overdue.clone()), "{now}");
        assert_eq!(found["phase_today"], Value::from(today));
        let page = plain(&floor, Part::Release, 80, now);
        let counts = format!("1 of 6 done, {} due today, {} overdue", due.len(), overdue.len());
        assert!(page.contains(&counts) && page.contains(&format!("4.9.9, {today} today")), "{page}");
        assert!(plain(&floor, Part::Status, 80, now).contains(&counts));
        let week = week::of(&floor.release().unwrap().courses, now);
        assert_eq!((week.n_due, week.n_overdue), (due.len(), overdue.len()), "as the console's board");
    }
}

#[test]
fn the_verdict_is_the_gates_and_an_optional_step_holds_nothing_up() {
    let now = at("2026-11-23T08:30:00Z");
    let done = PLAN.replace("1. Freeze the branch", "- [x] Freeze the branch").replace("1. Rehearse", "- [x] Rehearse");
    let done = done.replace("1. 2 hours", "- [x] 2 hours").replace("2. Roll out", "- [x] Roll out");
    for (written, word) in [(PLAN, "no_go"), (&done, "go"), ("# Nothing\n", "no_go")] {
        let floor = floor_with(release_in_business_days("2026-11-23", written), now);
        let gate = floor.gate().unwrap();
        let verdict = json(&floor, Part::Release, "2026e", now)["release"]["verdict"].clone();
        assert_eq!(verdict["word"].as_str(), Some(word), "{written}");
        let told: Vec<_> = gate.reasons.iter().map(|reason| Value::from(reason.words())).collect();
        assert_eq!(verdict["reasons"], Value::from(told));
        let page = plain(&floor, Part::Release, 80, now);
        let said = if word == "go" { "\n  GO\n".to_owned() } else { format!("  NO GO: {} reason", gate.reasons.len()) };
        assert!(page.contains(&said), "{page}");
        let mut model = Model::new(floor, Login::new("ana.k"), Theme::shipped("midnight", Glyphs::Unicode));
        let area = Rect::new(0, 0, 120, 36);
        update(&mut model, Msg::Resized { width: area.width, height: area.height }, now);
        model.settle(now);
        let mut buffer = Buffer::empty(area);
        view(&model, &mut buffer, now);
        let screen: String = buffer.content().iter().map(|cell| cell.symbol()).collect();
        assert!(screen.contains(said.trim()), "{screen}");
    }
}

#[test]
fn a_release_is_never_go_while_a_source_it_is_judged_by_is_not_fresh() {
    let mut floor = empty_floor();
    let done = Release { courses: vec![dated_course("- [x] all\n")], sign_offs: Vec::new(), ..release() };
    floor.apply(Fact::ReleaseRead { source: SourceId(3), release: Box::new(done) }, now());
    floor.settle(now());
    let verdict = json(&floor, Part::Release, "2026e", now())["release"]["verdict"].clone();
    assert_eq!((verdict["go"].as_bool(), verdict["word"].as_str()), (Some(false), Some("not_judged")));
    let said = plain(&floor, Part::Release, 80, now());
    assert!(said.contains("COULD NOT JUDGE: 2 things are not known"), "{said}");
    for reason in &floor.gate().unwrap().reasons {
        assert!(said.contains(&format!("- {}", reason.words())), "as the gate says it: {said}");
    }
    let go = |floor: &mut Floor| {
        floor.settle(now());
        json(floor, Part::Release, "2026e", now())["release"]["verdict"]["go"].as_bool()
    };
    floor.apply(polled(0, Vec::new()), now());
    floor.apply(polled(1, Vec::new()), now());
    assert_eq!(go(&mut floor), Some(false), "a record that was left out may be the one that blocks");
    for source in [0, 1] {
        let Fact::Polled(answer) = polled(source, Vec::new()) else { unreachable!() };
        floor.apply(Fact::Polled(Polled { n_skipped: 0, skipped: Vec::new(), ..answer }), now());
    }
    assert_eq!(go(&mut floor), Some(true));
}

#[test]
fn an_unheard_queue_has_no_figures_and_an_empty_one_has_zeros() {
    let mut floor = empty_floor();
    floor.settle(now());
    let counts = |floor: &Floor| json(floor, Part::Queue, "2026e", now())["queue"]["counts"]["open"].clone();
    assert_eq!(counts(&floor), Value::Null);
    floor.apply(polled(0, Vec::new()), now());
    floor.settle(now());
    assert_eq!(counts(&floor), Value::from(0));
}

#[test]
fn a_gap_that_is_over_is_not_told_again() {
    let later = at("2026-11-22T02:30:00Z");
    let mut floor = floor();
    floor.settle(later);
    assert_eq!(json(&floor, Part::OnCall, "2026e", later)["oncall"]["gaps"], Value::Array(Vec::new()));
    assert!(plain(&floor, Part::OnCall, 80, later).contains("no gap in the next 14 days"));
}

/// Escapes, newlines, C1, bidi, zero-width, a NUL, and a broken-up word.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\r\n\0\u{9b}31m\u{202e}\u{2066}\u{200f}\u{200b}\u{2028}evil\u{7f}\t";

fn hostile_floor() -> Floor {
    let mut floor = floor();
    floor.team = text(HOSTILE);
    floor.blocker_labels = vec![HOSTILE.to_owned(), "P0".to_owned()];
    let mut items = Vec::new();
    for number in 1..=200 {
        let mut item = incident(number, &format!("{HOSTILE}{}", "日本\u{301}".repeat(80)), &["P0", HOSTILE], ago(3000));
        item.key.repo = Repo::new(&format!("{HOSTILE}/{HOSTILE}"));
        item.author = Some(Login::new(HOSTILE));
        item.assignees = vec![Login::new(HOSTILE)];
        item.url = text(HOSTILE);
        item.has_timeline = number % 2 == 0;
        items.push(item);
    }
    floor.apply(polled(0, items), now());
    for source in &mut floor.sources {
        source.name = text(HOSTILE);
        source.failed(Trouble::Garbled, text(HOSTILE), now());
    }
    for _ in 0..40 {
        sampled(&mut floor, signal(HOSTILE, HOSTILE, Some(0.5)), &[(4, 99.0), (1, 99.0)]);
    }
    let gap = |day: u32| Override {
        kind: OverrideKind::ReplaceAll(Vec::new()),
        start: at(&format!("2026-11-{day}T01:00:00Z")),
        end: at(&format!("2026-11-{day}T02:00:00Z")),
        level: 0,
        created: None,
        note: None,
    };
    let seats = (0..9).map(|_| seat(HOSTILE, &[HOSTILE, "x"], (20..30).map(gap).collect())).collect();
    let roster = Roster::new(berlin(), Vec::new(), seats);
    floor.apply(Fact::RosterRead { source: SourceId(2), roster: Box::new(roster) }, now());
    let list = dated_course(&format!("# {HOSTILE}\n## T-9 {HOSTILE}\n- [ ] {HOSTILE} @{HOSTILE}\n- [x] {HOSTILE}\n"));
    let sign_offs = (0..9).map(|_| SignOff { role: text(HOSTILE), word: Word::Veto }).collect();
    let bad = Release { name: text(HOSTILE), courses: vec![list], sign_offs, ..release() };
    floor.apply(Fact::ReleaseRead { source: SourceId(3), release: Box::new(bad) }, now());
    floor.sources.iter_mut().for_each(|source| source.failed(Trouble::Garbled, text(HOSTILE), now()));
    floor.settle(now());
    floor
}

#[test]
fn a_roster_that_was_never_read_leaves_the_escalation_unknown() {
    let mut floor = empty_floor();
    floor.apply(polled(0, incidents()), ago(2));
    let why = text("roster.toml: line 13: no name");
    floor.apply(Fact::Failed { source: SourceId(2), trouble: Trouble::Garbled, why }, ago(1));
    floor.settle(now());
    let entry = &floor.queue().entries()[0];
    let page = incident_plain(&floor, entry, 100, now());
    assert!(page.contains("ESCALATION  not known: the roster could not be read: roster.toml: line 13"), "{page}");
    let document = incident_json(&floor, entry, "2026b", now());
    let escalation = &document["incident"]["escalation"];
    assert_eq!((escalation["state"].as_str(), escalation["policy"].is_null()), (Some("unknown"), true));
    let names: Vec<_> = document["sources"].as_array().unwrap().iter().map(|source| &source["name"]).collect();
    assert!(names.iter().any(|name| **name == SOURCES[2].0), "{names:?}");
}

fn steers(c: char) -> bool {
    let is_bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || is_bidi || matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(s) => found.push(s.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn nothing_that_steers_a_terminal_survives_in_either_format() {
    let floor = hostile_floor();
    for (name, part) in PARTS {
        let lines = plain(&floor, part, 80, now());
        assert!(lines.contains("evil"), "{name}");
        for line in lines.lines() {
            assert!(!line.contains(steers), "{name}: {line:?}");
            assert!(text(line).width() <= 80, "{name}: {line:?}");
        }
        let mut found = Vec::new();
        strings(&json(&floor, part, HOSTILE, now()), &mut found);
        assert_eq!(found.iter().find(|s| s.contains(steers)), None, "{name}");
    }
}

#[test]
fn the_status_of_a_crowded_floor_fits_a_ticket() {
    // Names of 27 columns are never cut: at 80 columns an incident takes two lines, the board a page and a half.
    for (width, most) in [(199, 60), (80, 100)] {
        let lines = plain(&hostile_floor(), Part::Status, width, now());
        assert!(lines.lines().count() <= most, "{} lines\n{lines}", lines.lines().count());
    }
}

#[test]
fn any_width_is_kept_from_eighty_columns_on() {
    let floor = hostile_floor();
    for width in [0, 79, 80, 81, 100, 133, 200] {
        for (_, part) in PARTS {
            for line in plain(&floor, part, width, now()).lines() {
                assert!(text(line).width() <= width.max(80), "{width}: {line:?}");
            }
        }
    }
}
