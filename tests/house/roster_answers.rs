//! What commands about the roster answer a person who slips: numbers, names, times, calendars that name strangers.

use std::{fs, process::Command};

use serde_json::Value;
use tempfile::TempDir;
use watchfloor::{
    domain::{time::parse_rfc3339, zone::Zones},
    sink::ics,
    source::{ical, roster},
    text::Text,
};

/// Two seats with an override each; the one of the second seat changes nothing. Ben is away for a day.
const ROSTER: &str = r#"zone = "Europe/Berlin"

[[person]]
id = "ana"
name = "Ana Ruiz"
login = "ana-r"

[[person]]
id = "ben"
name = "Ben Ito"

[[person]]
id = "bea"
name = "Ben Ito"

[[schedule]]
name = "primary"

[[schedule.layer]]
anchor = 2026-01-05T09:00:00
shift = "1 week"
people = ["ana"]

[[schedule.override]]
people = ["bea"]
from = 2026-12-01T09:00:00
to = 2026-12-01T10:00:00

[[schedule]]
name = "backup"

[[schedule.layer]]
anchor = 2026-01-05T09:00:00
shift = "1 week"
people = ["bea"]

[[schedule.override]]
people = ["bea"]
from = 2026-12-02T09:00:00
to = 2026-12-02T10:00:00

[[leave]]
user = "ben"
from = 2026-12-05
to = 2026-12-06
note = "moving"
"#;

const VENDOR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n\
    BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261120T090000Z\r\nDTEND:20261121T090000Z\r\nSUMMARY:On call: Ana Ruiz\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:b\r\nDTSTART:20261121T090000Z\r\nDTEND:20261122T090000Z\r\nSUMMARY:Zoe\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

struct Said {
    code: i32,
    out: String,
    err: String,
}

struct Desk(TempDir);

impl Desk {
    fn new(files: &[(&str, &str)]) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            fs::write(desk.0.path().join(name), text).unwrap();
        }
        desk
    }

    fn ask(&self, words: &[&str]) -> Said {
        let mut program = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        program.current_dir(self.0.path()).env_clear().env("HOME", self.0.path()).env("TZ", "UTC");
        program.arg("--state-dir").arg(self.0.path().join("state")).args(["--now", "2026-11-20T14:00:00Z"]);
        let output = program.args(words).output().unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// `watchfloor oncall … --roster oncall.toml`.
    fn oncall(&self, words: &[&str]) -> Said {
        self.ask(&[&["oncall", "--roster", "oncall.toml"], words].concat())
    }

    /// `watchfloor oncall override add …` to the first seat, written nowhere.
    fn add(&self, user: &str, from: &str, to: &str) -> Said {
        let words = ["override", "add", "--seat", "primary", "--dry-run", "--user", user, "--from", from, "--to", to];
        self.oncall(&words)
    }
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err))
}

#[test]
fn a_check_and_the_list_number_overrides_alike() {
    let desk = Desk::new(&[("oncall.toml", ROSTER)]);
    let found = desk.oncall(&["check"]);
    assert!(found.code == 1 && found.out.contains("override 2 (backup) changes nothing"), "{}", found.out);
    assert!(json(&desk.oncall(&["check", "--json"])).to_string().contains("override 2 (backup) changes nothing"));
    let listed = desk.oncall(&["override", "list"]);
    assert!(listed.out.lines().any(|line| line.starts_with("  2  backup:")), "{}", listed.out);
    let removed = desk.oncall(&["override", "remove", "2"]);
    assert!(removed.code == 0 && removed.out.starts_with("backup: no longer"), "{}{}", removed.out, removed.err);
    assert_eq!(desk.oncall(&["check"]).code, 0);
    let words = desk.oncall(&["override", "remove", "two"]);
    assert!(words.code == 2 && words.err.contains("write the number that"), "{}", words.err);
}

#[test]
fn whoever_steps_in_while_on_leave_is_named() {
    let desk = Desk::new(&[("oncall.toml", ROSTER)]);
    let said = desk.add("ben", "2026-12-04 09:00", "2026-12-05 12:00");
    let warning =
        "warning: ben is on leave (moving) from Sat 2026-12-05 00:00 +01:00 until Sat 2026-12-05 12:00 +01:00";
    assert!(said.code == 0 && said.err.contains(warning), "{}", said.err);
    assert!(!desk.add("ana", "2026-12-05 09:00", "2026-12-05 12:00").err.contains("leave"));
}

#[test]
fn a_time_without_an_offset_is_the_clock_of_the_roster_or_the_one_asked_for() {
    let desk = Desk::new(&[("oncall.toml", ROSTER)]);
    let said = desk.add("ben", "2026-12-07T09:00", "2026-12-08");
    assert!(said.out.contains("from Mon 2026-12-07 09:00 +01:00 until Tue 2026-12-08 00:00 +01:00"), "{}", said.out);
    let odd = desk.add("ben", "2026-10-25T02:30", "2026-10-25T12:00");
    assert!(odd.err.contains("note: --from in Europe/Berlin: the clock shows it twice"), "{}", odd.err);
    let span = ["schedule", "--from", "2026-12-07", "--to", "2026-12-08T00:00", "--json"];
    assert_eq!(json(&desk.oncall(&span))["span"]["start"], "2026-12-06T23:00:00Z");
    let elsewhere = desk.oncall(&[&["--tz", "Asia/Kolkata"][..], &span].concat());
    assert_eq!(json(&elsewhere)["span"]["start"], "2026-12-06T18:30:00Z");
    for (typed, why) in [("tomorrow", "no date with a time"), ("2026-02-30", "no calendar has the day 2026-02-30")] {
        let said = desk.oncall(&["schedule", "--from", typed]);
        assert!(said.code == 2 && said.err.contains(why), "{}", said.err);
    }
    let at = desk.oncall(&["now", "--at", "2026-12-07T09:00:00"]);
    assert!(at.code == 2 && at.err.contains("in which zone: add Z or an offset"), "{}", at.err);
}

#[test]
fn a_person_is_found_by_name_or_login_where_that_names_only_one() {
    let desk = Desk::new(&[("oncall.toml", ROSTER)]);
    for name in ["ana", "Ana Ruiz", "ana ruiz", "ANA-R"] {
        let said = desk.add(name, "2026-12-01", "2026-12-02");
        assert!(said.code == 0 && said.out.contains("people = [\"ana\"]"), "{name}: {}", said.err);
    }
    let two = desk.add("Ben Ito", "2026-12-01", "2026-12-02");
    assert!(two.code == 2 && two.err.contains("it may be ben or bea: write the id"), "{}", two.err);
}

#[test]
fn zones_are_refused_for_the_true_reason() {
    let desk = Desk::new(&[("oncall.toml", ROSTER)]);
    for (zone, why) in [("GMT+1", "an offset is no zone"), ("CET", "an abbreviation is no zone")] {
        let said = desk.oncall(&["now", "--tz", zone]);
        assert!(said.code == 2 && said.err.contains(why) && !said.err.contains("Etc/"), "{}", said.err);
    }
    let desk = Desk::new(&[("oncall.toml", &ROSTER.replace("Europe/Berlin", "GMT+1"))]);
    let said = desk.oncall(&["now"]);
    assert!(said.code == 3 && said.err.contains("an offset is no zone"), "{}", said.err);
}

#[test]
fn each_event_that_names_a_stranger_is_named_with_settings_and_without() {
    let with_feed = ROSTER.replace(
        "[[schedule]]\nname = \"backup\"\n",
        "[[schedule]]\nname = \"backup\"\n[[schedule.calendar]]\nname = \"vendor\"\nfile = \"vendor.ics\"\n",
    );
    let settings = "[roster]\nfile = \"oncall.toml\"\n";
    let files = [("oncall.toml", &*with_feed), ("vendor.ics", VENDOR), ("watchfloor.toml", settings)];
    let desk = Desk::new(&files);
    let stranger = "vendor, line 10 (Zoe): nobody of the roster is called \"Zoe\": map it under people";
    for command in ["now", "next", "schedule"] {
        for said in [desk.oncall(&[command, "--json"]), desk.ask(&["oncall", command, "--json"])] {
            assert!(said.code == 4 && said.err.contains(stranger), "{command}: {}", said.err);
            let named = json(&said)["not_whole"].to_string().replace("\\\"", "\"");
            assert!(named.contains(stranger), "{command}: {named}");
        }
    }
    for said in [desk.oncall(&["check"]), desk.ask(&["oncall", "check"])] {
        assert!(said.out.replace('\n', " ").contains(stranger), "{}", said.out);
    }
    let doctor = desk.ask(&["doctor"]);
    assert!(doctor.out.contains(stranger), "{}", doctor.out);
    let check = desk.ask(&["config", "check"]);
    assert!(check.code == 0 && check.err.contains(stranger), "{}", check.err);
}

#[test]
fn a_roster_asked_alone_says_that_it_asks_no_address() {
    let with_feed = ROSTER.replace(
        "[[schedule]]\nname = \"backup\"\n",
        "[[schedule]]\nname = \"backup\"\n[[schedule.calendar]]\nurl = \"https://cal.example/s3cret.ics\"\n",
    );
    let said = Desk::new(&[("oncall.toml", &with_feed)]).oncall(&["now"]);
    assert!(said.code == 4 && said.err.contains("--roster reads files and asks no address"), "{}", said.err);
    assert!(!said.err.contains("repository") && !said.err.contains("s3cret"), "{}", said.err);
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_is_said_to_be_done() {
    let files =
        [("oncall.toml", ROSTER), ("vendor.ics", VENDOR), ("odd.json", "{}"), ("odd.gz", "x"), ("odd.txt", "x")];
    let desk = Desk::new(&files);
    let words = ["oncall", "--roster", "vendor.ics", "override", "add", "--user", "Ana Ruiz", "--from", "2026-12-01"];
    let said = desk.ask(&[&words[..], &["--to", "2026-12-02"]].concat());
    assert!(said.code == 2 && said.out.is_empty() && said.err.contains("it is no roster file"), "{}", said.out);
    for words in [&["export", "--json"][..], &["import", "odd.json", "--json"]] {
        let said = desk.oncall(words);
        assert!(said.code == 2 && said.err.contains("--json: export writes a calendar"), "{}", said.err);
    }
    for file in ["odd.json", "vendor.ics", "odd.gz", "odd.txt", "gone.jsonl"] {
        for words in [&["sla", "stats", "--history"][..], &["sla", "backtest", "--history"], &["oncall", "import"]] {
            let said = desk.ask(&[words, &[file]].concat());
            assert_eq!(said.code, 4, "{words:?} {file}: {}", said.err);
        }
    }
}

#[test]
fn our_own_calendar_read_back_names_the_people_it_was_written_with() {
    let zones = Zones::bundled();
    let mut written = roster::read(ROSTER, &zones).unwrap();
    written.schedules.truncate(1);
    let (from, to) = (parse_rfc3339("2026-11-20T00:00:00Z").unwrap(), parse_rfc3339("2026-12-10T00:00:00Z").unwrap());
    let wanted = ics::Wanted { name: &Text::scrub("team"), seat: None, from, to };
    let calendar = ics::render(&written, &wanted, None, from).unwrap();
    let read = ical::read(calendar.as_bytes(), (from, to), &written.zone, &zones).unwrap();
    let (back, skipped) = roster::calendar::from_calendar(&read, &Text::scrub("oncall"), &written.zone);
    assert!(skipped.is_empty(), "{skipped:?}");
    let names = |id: &Text| written.people.iter().find(|who| who.id == *id).unwrap().name.clone();
    let expected: Vec<_> =
        written.schedules[0].segments(from, to).into_iter().map(|s| (s.start, s.end, s.people)).collect();
    let expected: Vec<_> =
        expected.iter().map(|(a, b, who)| (*a, *b, who.iter().map(names).collect::<Vec<_>>())).collect();
    let found: Vec<_> = back.schedules[0].segments(from, to).into_iter().map(|s| (s.start, s.end, s.people)).collect();
    assert_eq!(found, expected);
}
