//! `watchfloor oncall` and `watchfloor check` on small rosters: what they say, and how they end.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use watchfloor::{
    domain::{
        rota::watched::Watched,
        time::{parse_rfc3339, rfc3339},
        zone::Zones,
    },
    shell::{clock::Clock, store::Store},
    sink::oncall_page,
    source::roster,
    text::Text,
};

/// Two people who change on Mondays at nine, by the clock of Berlin.
const WEEKS: &str = r#"zone = "Europe/Berlin"

[[person]]
id = "ana"
name = "Ana Ruiz"
reach = "+49 30 555 0100"

[[person]]
id = "ben"

[[schedule]]
name = "primary"

[[schedule.layer]]
name = "weeks"
anchor = 2026-01-05T09:00:00
shift = "1 week"
people = ["ana", "ben"]
"#;

/// Office hours of one person; weekends are off.
const OFFICE: &str = r#"zone = "UTC"

[[person]]
id = "ana"

[[schedule]]
name = "office"

[[schedule.layer]]
name = "days"
anchor = 2026-01-05T00:00:00
shift = "1 week"
people = ["ana"]
hours = [{ days = "weekdays", from = "09:00", to = "17:00" }]

[[schedule.off]]
days = "weekend"
from = "00:00"
to = "24:00"
"#;

struct Place(TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            fs::write(place.path(name), text).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, line: &str) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        program.current_dir(self.0.path()).env_clear().env("HOME", self.0.path()).env("TZ", "UTC");
        program.arg("--state-dir").arg(self.path("state")).args(line.split(' ')).output().unwrap()
    }

    /// What it prints and how it ends, at a fixed time.
    fn said(&self, line: &str) -> (String, i32) {
        let output = self.run(&format!("--now 2026-11-20T14:00:00Z {line}"));
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
    }

    fn json(&self, line: &str) -> Value {
        let (said, _) = self.said(&format!("{line} --json"));
        serde_json::from_str(&said).unwrap_or_else(|e| panic!("{line}: {e}: {said}"))
    }

    fn complaint(&self, line: &str) -> (String, i32) {
        let output = self.run(&format!("--now 2026-11-20T14:00:00Z {line}"));
        (String::from_utf8(output.stderr).unwrap(), output.status.code().unwrap())
    }
}

fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

/// `start end who kind from`, for each segment.
fn segments(document: &Value) -> Vec<String> {
    let list = document["segments"].as_array().unwrap();
    list.iter()
        .map(|s| {
            let who: Vec<_> = s["on_call"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
            let text = |key: &str| s[key].as_str().unwrap().to_owned();
            [text("start"), text("end"), who.join("+"), text("kind"), text("from")].join(" ")
        })
        .collect()
}

#[test]
fn a_schedule_over_the_autumn_change_hands_over_at_nine_by_the_wall() {
    let place = Place::new(&[("r.toml", WEEKS)]);
    let span = "--from 2026-10-20T00:00:00Z --to 2026-10-27T00:00:00Z";
    let document = place.json(&format!("oncall schedule --roster r.toml {span}"));
    assert_eq!(
        segments(&document),
        [
            "2026-10-20T00:00:00Z 2026-10-26T08:00:00Z ben duty computed",
            "2026-10-26T08:00:00Z 2026-10-27T00:00:00Z ana duty computed",
        ]
    );
    assert_eq!(document["kind"], "oncall_schedule");
    assert_eq!(document["segments"][0]["clock_change_s"], 3_600);
    assert_eq!(document["segments"][1]["clock_change_s"], 0);
    let seats = json!([{ "seat": "primary", "coverage": 1.0, "duty_s": 604_800, "gap_s": 0, "off_s": 0 }]);
    assert_eq!(document["seats"], seats);
    // The hour is Berlin's: beside another zone's times it says so.
    let (text, _) = place.said(&format!("oncall schedule --roster r.toml --tz America/Vancouver {span}"));
    assert!(text.contains("  6d 8h  +1h in Berlin  computed  ben\n"), "{text}");
    let (text, code) = place.said(&format!("oncall schedule --roster r.toml {span}"));
    let expected = "\
SCHEDULE  r.toml  Europe/Berlin
  from Tue 20 Oct 2026 02:00 CEST to Tue 27 Oct 2026 01:00 CET

primary  100 % covered
  Tue 20 Oct 02:00 CEST  Mon 26 Oct 09:00 CET  6d 8h  +1h  computed  ben
  Mon 26 Oct 09:00 CET   Tue 27 Oct 01:00 CET    16h       computed  ana
";
    assert_eq!((text.as_str(), code), (expected, 0));
}

#[test]
fn a_gap_is_none_at_hours_that_are_off() {
    let place = Place::new(&[("r.toml", OFFICE)]);
    let span = "--from 2026-11-20T12:00:00Z --to 2026-11-23T12:00:00Z";
    let document = place.json(&format!("oncall schedule --roster r.toml {span}"));
    assert_eq!(
        segments(&document),
        [
            "2026-11-20T12:00:00Z 2026-11-20T17:00:00Z ana duty computed",
            "2026-11-20T17:00:00Z 2026-11-21T00:00:00Z  gap computed",
            "2026-11-21T00:00:00Z 2026-11-23T00:00:00Z  off computed",
            "2026-11-23T00:00:00Z 2026-11-23T09:00:00Z  gap computed",
            "2026-11-23T09:00:00Z 2026-11-23T12:00:00Z ana duty computed",
        ]
    );
    let seat = &document["seats"][0];
    assert_eq!((&seat["duty_s"], &seat["gap_s"], &seat["off_s"]), (&json!(28_800), &json!(57_600), &json!(172_800)));
    assert!((seat["coverage"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-12);
}

#[test]
fn a_span_of_which_one_end_is_missing_is_fourteen_days_or_up_to_it() {
    let place = Place::new(&[("r.toml", WEEKS)]);
    let span = |line: &str| {
        let document = place.json(format!("oncall schedule --roster r.toml {line}").trim());
        (document["span"]["start"].as_str().unwrap().to_owned(), document["span"]["end"].as_str().unwrap().to_owned())
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(span(""), pair("2026-11-20T14:00:00Z", "2026-12-04T14:00:00Z"));
    assert_eq!(span("--at 2026-01-01T00:00:00Z"), pair("2026-01-01T00:00:00Z", "2026-01-15T00:00:00Z"));
    assert_eq!(span("--from 2026-12-01T00:00:00Z"), pair("2026-12-01T00:00:00Z", "2026-12-15T00:00:00Z"));
    assert_eq!(span("--to 2026-11-21T00:00:00Z"), pair("2026-11-20T14:00:00Z", "2026-11-21T00:00:00Z"));
    assert_eq!(span("--to 2026-11-15T00:00:00Z"), pair("2026-11-01T00:00:00Z", "2026-11-15T00:00:00Z"));
}

#[test]
fn now_and_next_say_who_since_when_and_how_to_reach_them() {
    let place = Place::new(&[("r.toml", WEEKS)]);
    let (text, code) = place.said("oncall now --roster r.toml --at 2026-11-24T14:00:00Z");
    let expected = "\
ON CALL  Tue 24 Nov 2026 15:00:00 CET, 2026-11-24T14:00:00Z
  by r.toml
  primary  ana
           since Mon 23 Nov 2026 09:00 CET, 2026-11-23T08:00:00Z
           until Mon 30 Nov 2026 09:00 CET, 2026-11-30T08:00:00Z, in 5d 18h
           reach ana: Ana Ruiz, +49 30 555 0100
";
    assert_eq!((text.as_str(), code), (expected, 0));
    let (text, code) = place.said("oncall next --roster r.toml --tz America/New_York");
    let expected = "\
NEXT ON CALL  Fri 20 Nov 2026 09:00:00 EST, 2026-11-20T14:00:00Z
  by r.toml
  primary  ana
           from Mon 23 Nov 2026 03:00 EST, 2026-11-23T08:00:00Z, in 2d 18h
           until Mon 30 Nov 2026 03:00 EST, 2026-11-30T08:00:00Z
           reach ana: Ana Ruiz, +49 30 555 0100
";
    assert_eq!((text.as_str(), code), (expected, 0));
    let seat = &place.json("oncall next --roster r.toml")["seats"][0];
    assert_eq!((&seat["on_call"], &seat["next"]["on_call"]), (&json!(["ben"]), &json!(["ana"])));
    assert_eq!((&seat["next"]["from"], &seat["next"]["in_s"]), (&json!("2026-11-23T08:00:00Z"), &json!(237_600)));
}

#[test]
fn a_gap_is_said_loudly_and_is_no_failure_of_the_question() {
    let place = Place::new(&[("r.toml", OFFICE)]);
    let (text, code) = place.said("oncall now --roster r.toml --at 2026-11-20T20:00:00Z");
    assert!(text.contains("  office  NOBODY, and somebody should be\n"), "{text}");
    assert_eq!(code, 0);
    let (text, _) = place.said("oncall now --roster r.toml --at 2026-11-21T20:00:00Z");
    assert!(text.contains("  office  nobody, by design\n"), "{text}");
    let seat = &place.json("oncall now --roster r.toml --at 2026-11-21T20:00:00Z")["seats"][0];
    assert_eq!((&seat["kind"], &seat["on_call"]), (&json!("off"), &json!([])));
}

#[test]
fn whoever_is_always_on_call_is_so_since_before_and_until_after_what_was_looked_at() {
    let place = Place::new(&[("r.toml", &WEEKS.replace("[\"ana\", \"ben\"]", "[\"ana\"]"))]);
    let (text, _) = place.said("oncall now --roster r.toml");
    let expected = "
  primary  ana
           since before 21 Sep 2026
           no change until after 19 Jan 2027
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn long_names_are_whole_in_every_table_and_at_every_width() {
    let (ana, ben) = ("anastasia-ruiz-of-the-platform-team", "benjamin-ito-of-the-payments-team");
    let roster = WEEKS.replace("\"ana\"", &format!("\"{ana}\"")).replace("\"ben\"", &format!("\"{ben}\""));
    let place = Place::new(&[("r.toml", &roster), ("watchfloor.toml", "[roster]\nfile = \"r.toml\"\n")]);
    for line in ["oncall schedule", "oncall fairness", "oncall now", "oncall", "status"] {
        for columns in [None, Some("80"), Some("100")] {
            let mut program = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
            program.current_dir(place.0.path()).env_clear().env("HOME", place.0.path()).env("TZ", "UTC");
            program.envs(columns.map(|columns| ("COLUMNS", columns)));
            let arguments = ["--state-dir", "state", "--now", "2026-11-20T14:00:00Z", "--config", "watchfloor.toml"];
            let output = program.args(arguments).args(line.split(' ')).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(!text.contains('…') && text.contains(ben), "{line} {columns:?}\n{text}");
        }
    }
}

#[test]
fn fairness_counts_hours_nights_and_weekends() {
    let days = WEEKS
        .replace("Europe/Berlin", "UTC")
        .replace("2026-01-05T09:00:00", "2026-11-20T00:00:00")
        .replace("1 week", "1 day");
    let place = Place::new(&[("r.toml", &days)]);
    // Friday is ana's and Saturday is ben's; a whole day holds 22:00 to 24:00 and 00:00 to 08:00.
    let document = place.json("oncall fairness --roster r.toml --from 2026-11-20T00:00:00Z --to 2026-11-22T00:00:00Z");
    let shares: Vec<_> = document["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            (p["person"].as_str().unwrap(), p["total_s"].as_i64(), p["nights_s"].as_i64(), p["weekends_s"].as_i64())
        })
        .collect();
    let day = 24 * 3_600;
    assert_eq!(shares, [("ana", Some(day), Some(36_000), Some(0)), ("ben", Some(day), Some(36_000), Some(day))]);
    assert_eq!(document["from"], json!({ "recorded_s": 0, "computed_s": 2 * day }));
    assert_eq!(document["evenness"]["total"]["balance"], json!(1.0));
    assert_eq!(document["evenness"]["weekends"]["balance"], json!(0.0));
    let (text, _) = place.said("oncall fairness --roster r.toml --from 2026-11-20T00:00:00Z --to 2026-11-22T00:00:00Z");
    assert!(text.contains("  nothing of it is on record: all is worked out from the roster of now\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80 && !line.ends_with('…')), "{text}");
}

#[test]
fn a_calendar_and_an_exported_schedule_answer_alone() {
    let calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Night watch\r\nBEGIN:VEVENT\r\nUID:1\r\n\
                    DTSTART:20261120T120000Z\r\nDTEND:20261120T180000Z\r\nSUMMARY:ana\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let place = Place::new(&[("c.ics", calendar)]);
    let span = "--from 2026-11-20T10:00:00Z --to 2026-11-20T20:00:00Z";
    let document = place.json(&format!("oncall schedule --roster c.ics {span}"));
    assert_eq!(
        segments(&document),
        [
            "2026-11-20T10:00:00Z 2026-11-20T12:00:00Z  gap computed",
            "2026-11-20T12:00:00Z 2026-11-20T18:00:00Z ana duty computed",
            "2026-11-20T18:00:00Z 2026-11-20T20:00:00Z  gap computed",
        ]
    );
    assert_eq!(document["seats"][0]["seat"], "Night watch");
}

#[test]
fn each_trouble_has_its_own_end() {
    let broken = WEEKS.replace("\"1 week\"", "\"1 wek\"").replace("[\"ana\", \"ben\"]", "[\"anna\", \"ben\"]");
    let place = Place::new(&[("r.toml", WEEKS), ("broken.toml", &broken), ("c.ics", "no calendar")]);
    let (why, code) = place.complaint("oncall now --roster none.toml");
    assert_eq!(code, 4, "{why}");
    let (why, code) = place.complaint("oncall schedule --roster broken.toml");
    assert_eq!(code, 3, "{why}");
    assert!(why.contains("error: broken.toml: line 17: schedule[0].layer[0].shift: "), "{why}");
    assert!(why.contains("error: broken.toml: line 18: schedule[0].layer[0].people[0]: "), "{why}");
    assert!(why.ends_with("2 problems in broken.toml\n"), "{why}");
    assert_eq!(place.complaint("oncall now --roster c.ics").1, 3);
    let (why, code) = place.complaint("oncall now --roster r.toml --tz Berlin");
    assert_eq!((why.lines().last().unwrap(), code), ("hint: did you mean \"Europe/Berlin\"?", 2));
    let (why, code) = place.complaint("oncall now --roster r.toml --seat primry");
    assert_eq!((why.lines().last().unwrap(), code), ("hint: did you mean primary?", 2));
    let same = "--from 2026-11-20T00:00:00Z --to 2026-11-20T00:00:00Z";
    assert_eq!(place.complaint(&format!("oncall schedule --roster r.toml {same}")).1, 2);
    let century = "--from 2000-11-20T00:00:00Z --to 2100-11-20T00:00:00Z";
    assert_eq!(place.complaint(&format!("oncall schedule --roster r.toml {century}")).1, 2);
    // No settings, no roster: nobody can say.
    assert_eq!(place.complaint("oncall now").1, 3);
}

#[test]
fn a_check_names_what_is_wrong_who_when_and_what_to_do() {
    let leave = "\n[[leave]]\nuser = \"ben\"\nfrom = 2026-11-18T00:00:00\nto = 2026-11-22T00:00:00\n";
    let twice = "\n[[schedule.override]]\npeople = [\"ben\"]\nfrom = 2026-11-21T12:00:00\nto = 2026-11-21T13:00:00\n";
    let odd = format!("{WEEKS}{twice}{leave}");
    let place = Place::new(&[("good.toml", WEEKS), ("odd.toml", &odd), ("office.toml", OFFICE)]);
    let (text, code) = place.said("oncall check --roster good.toml");
    assert_eq!((text.as_str(), code), ("oncall  pass, good.toml from 20 Nov 2026 to 18 Feb 2027\n", 0));
    let (text, code) = place.said("oncall check --roster odd.toml");
    let expected = "\
oncall  FAIL: 2 findings, odd.toml from 20 Nov 2026 to 18 Feb 2027
  fail     ben is primary while on leave from Fri 20 Nov 2026 15:00 CET to Sun 22 Nov 2026 00:00 CET (1d 9h); let somebody take over with an override
  fail     override 1 (primary) changes nothing from Sat 21 Nov 2026 12:00 CET to Sat 21 Nov 2026 13:00 CET (1h); correct it, or take it out
";
    assert_eq!((text.as_str(), code), (expected, 1));
    let document = place.json("oncall check --roster office.toml --to 2026-11-23T00:00:00Z");
    let finding = &document["gates"][0]["findings"][0];
    assert_eq!(
        (&document["verdict"], &finding["code"], &finding["seat"]),
        (&json!("fail"), &json!("gap"), &json!("office"))
    );
    assert_eq!((&finding["start"], &finding["end"]), (&json!("2026-11-20T17:00:00Z"), &json!("2026-11-21T00:00:00Z")));
    assert_eq!(document["gates"][0]["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn an_on_call_page_that_no_longer_matches_fails() {
    let roster = roster::read(WEEKS, &Zones::bundled()).unwrap();
    let page = oncall_page::render(&roster, at("2026-11-16T00:00:00Z"), at("2026-12-16T00:00:00Z"));
    let place = Place::new(&[("r.toml", WEEKS), ("good.md", &page), ("old.md", &page.replace("ana", "cleo"))]);
    assert_eq!(place.said("oncall check --roster r.toml --page good.md").1, 0);
    let (text, code) = place.said("oncall check --roster r.toml --page old.md");
    assert_eq!(code, 1);
    assert!(
        text.contains("old.md no longer says what the roster says; write it again: watchfloor oncall export"),
        "{text}"
    );
    // Its days are over: whoever reads it sees nobody of today.
    let (text, code) = place.said("oncall check --roster r.toml --page good.md --at 2027-02-01T00:00:00Z");
    assert!(text.contains("good.md ends on 16 Dec 2026; write it again"), "{text}");
    assert_eq!(code, 1);
    // A page that is not there: nobody can say whether it matches.
    let (text, code) = place.said("oncall check --roster r.toml --page none.md");
    assert!(text.starts_with("oncall  COULD NOT JUDGE"), "{text}");
    assert_eq!(code, 4);
}

#[test]
fn zone_data_older_than_the_settings_allow_is_said_and_fails_the_check() {
    let settings = |least: &str| format!("tzdata_minimum = \"{least}\"\n\n[roster]\nfile = \"r.toml\"\n");
    let place = Place::new(&[("r.toml", WEEKS), ("old.toml", &settings("2020a")), ("new.toml", &settings("2099a"))]);
    assert_eq!(place.said("--config old.toml check oncall").1, 0);
    let (text, code) = place.said("--config new.toml check oncall");
    assert!(text.contains("older than 2099a (tzdata_minimum)"), "{text}");
    assert_eq!(code, 1);
    let (why, code) = place.complaint("--config new.toml config check");
    assert!(why.starts_with("warning: zone data 20") && why.contains("older than 2099a"), "{why}");
    assert_eq!(code, 0);
    let version = String::from_utf8(place.run("--version").stdout).unwrap();
    let expected = format!("watchfloor {} (tzdata 20", env!("CARGO_PKG_VERSION"));
    assert!(version.starts_with(&expected) && version.ends_with(")\n"), "{version}");
}

#[test]
fn all_gates_together_pass_only_where_each_that_is_configured_does() {
    let files = [
        ("r.toml", WEEKS),
        ("office.toml", OFFICE),
        ("rota.toml", "[roster]\nfile = \"r.toml\"\n"),
        ("gap.toml", "[roster]\nfile = \"office.toml\"\n"),
        ("away.toml", "[roster]\nfile = \"r.toml\"\n[release]\nname = \"1\"\nchecklists = [\"none.md\"]\n"),
        ("none.toml", "team = \"x\"\n"),
    ];
    let place = Place::new(&files);
    let verdicts = |config: &str| {
        let document = place.json(&format!("--config {config} check all"));
        let gates = document["gates"].as_array().unwrap().iter();
        let each: Vec<_> =
            gates.map(|g| format!("{}={}", g["gate"].as_str().unwrap(), g["verdict"].as_str().unwrap())).collect();
        (each.join(" "), place.said(&format!("--config {config} check all")).1)
    };
    let none = "sla=not_configured slo=not_configured release=not_configured \
                burn-in=not_configured goals=not_configured duties=not_configured";
    assert_eq!(verdicts("rota.toml"), (format!("config=pass {none} oncall=pass"), 0));
    assert_eq!(verdicts("gap.toml"), (format!("config=pass {none} oncall=fail"), 1));
    // Settings alone: a job that lost its roster does not stay green.
    assert_eq!(verdicts("none.toml"), (format!("config=pass {none} oncall=not_configured"), 4));
    let (text, _) = place.said("--config none.toml check all");
    let last = "all  NO PASS  nothing to judge: no gate but the settings is configured\n";
    assert!(text.ends_with(last), "{text}");
    let (each, code) = verdicts("away.toml");
    assert!(each.contains("config=wrong") && each.contains("release=not_judged"), "{each}");
    assert_eq!(code, 3);
    // Without settings there is nothing to pass.
    assert_eq!(place.said("check all").1, 3);
}

#[test]
fn reports_of_the_past_say_what_was_seen_and_not_what_the_roster_says_today() {
    let place = Place::new(&[("r.toml", WEEKS), ("watchfloor.toml", "[roster]\nfile = \"r.toml\"\n")]);
    let settings = "--config watchfloor.toml";
    let mut store = Store::open(&place.path("state"), at("2026-11-18T00:00:00Z")).unwrap();
    let seen = Watched {
        seat: Text::scrub("primary"),
        people: vec![Text::scrub("cleo")],
        start: at("2026-11-18T06:00:00Z"),
        end: at("2026-11-18T18:00:00Z"),
    };
    store.saw_on_call(&fs_name(&place.path("r.toml")), &[seen]).unwrap();
    drop(store);
    let span = "--from 2026-11-18T00:00:00Z --to 2026-11-19T00:00:00Z";
    let document = place.json(&format!("{settings} oncall schedule {span}"));
    assert_eq!(
        segments(&document),
        [
            "2026-11-18T00:00:00Z 2026-11-18T06:00:00Z ben duty computed",
            "2026-11-18T06:00:00Z 2026-11-18T18:00:00Z cleo duty recorded",
            "2026-11-18T18:00:00Z 2026-11-19T00:00:00Z ben duty computed",
        ]
    );
    let shared = place.json(&format!("{settings} oncall fairness {span}"));
    assert_eq!(shared["from"], json!({ "recorded_s": 43_200, "computed_s": 43_200 }));
    let (text, _) = place.said(&format!("{settings} oncall fairness {span}"));
    assert!(text.contains("\n  12h on record, 12h worked out from the roster of now\n"), "{text}");
    // Of two seats the time counts twice, and is said to.
    fs::write(place.path("r.toml"), format!("{WEEKS}\n{}", second_seat())).unwrap();
    let (text, _) = place.said(&format!("{settings} oncall fairness {span}"));
    assert!(text.contains("\n  2 seats of 1d each: 12h on record, 1d 12h worked out"), "{text}");
    fs::write(place.path("r.toml"), WEEKS).unwrap();
    // The file alone knows nothing of a record.
    let alone = place.json(&format!("oncall schedule --roster r.toml {span}"));
    assert_eq!(segments(&alone), ["2026-11-18T00:00:00Z 2026-11-19T00:00:00Z ben duty computed"]);
}

#[test]
fn a_look_goes_on_record_by_the_real_clock_and_never_under_a_fixed_one() {
    let place = Place::new(&[("r.toml", WEEKS), ("watchfloor.toml", "[roster]\nfile = \"r.toml\"\n")]);
    let rows = || {
        let store = Store::open(&place.path("state"), Clock::Wall.now()).unwrap();
        let (from, to) = (at("2000-01-01T00:00:00Z"), at("2100-01-01T00:00:00Z"));
        store.seen_on_call(&fs_name(&place.path("r.toml")), from, to).unwrap()
    };
    place.run("--now 2026-11-20T14:00:00Z --config watchfloor.toml oncall now");
    place.run("demo --status --now 2026-11-20T14:00:00Z");
    assert_eq!(rows(), []);
    let before = Clock::Wall.now();
    assert!(place.run("--config watchfloor.toml oncall now").status.success());
    assert!(place.run("--config watchfloor.toml status").status.success());
    let seen = rows();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(before <= seen[0].start && seen[0].start < seen[0].end, "{} {}", rfc3339(before), rfc3339(seen[0].start));
    assert_eq!(seen[0].people.len(), 1);
}

fn second_seat() -> String {
    let (_, seat) = WEEKS.split_once("[[schedule]]").unwrap();
    format!("[[schedule]]{}", seat.replace("\"primary\"", "\"backup\""))
}

fn fs_name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

const VENDOR: &str = "zone = \"UTC\"\n[[person]]\nid = \"ana\"\n[[schedule]]\nname = \"primary\"\n[[schedule.calendar]]\n\
                      name = \"vendor\"\nfile = \"v.ics\"\n";

#[test]
fn a_calendar_cut_off_between_two_events_could_not_be_judged() {
    let event = |day: u8| {
        format!(
            "BEGIN:VEVENT\r\nUID:{day}\r\nDTSTART:202611{day}T000000Z\r\nDTEND:202611{day}T230000Z\r\nSUMMARY:ana\r\nEND:VEVENT\r\n"
        )
    };
    let half = format!("BEGIN:VCALENDAR\r\n{}{}", event(20), event(21));
    let place = Place::new(&[("c.ics", &half), ("r.toml", VENDOR), ("v.ics", &half)]);
    let (why, code) = place.complaint("oncall check --roster c.ics");
    assert!(code == 4 && why.contains("it ends in the middle"), "{code} {why}");
    let (text, code) = place.said("oncall check --roster r.toml");
    assert!(
        code == 4 && text.contains("the calendar vendor of primary could not be read: it ends in the middle"),
        "{text}"
    );
}

#[test]
fn a_calendar_that_is_missing_is_no_gap_and_nothing_of_it_goes_on_record() {
    let settings = "version = 1\n[roster]\nfile = \"r.toml\"\n";
    let place = Place::new(&[("r.toml", VENDOR), ("wf.toml", settings), ("v.ics", "<html>log in</html>")]);
    let (text, code) = place.said("oncall check --roster r.toml");
    assert!(code == 4 && !text.contains("nobody is primary") && !text.contains("add a layer"), "{code} {text}");
    let (text, code) = place.said("oncall now --roster r.toml");
    assert!(code == 4 && text.contains("not known") && !text.contains("NOBODY"), "{code} {text}");
    assert_eq!(place.json("oncall now --roster r.toml")["seats"][0]["kind"], "unknown");
    assert_eq!(place.json("oncall schedule --roster r.toml")["seats"][0]["coverage"], Value::Null);
    let (text, _) = place.said("--config wf.toml oncall");
    assert!(text.contains("unknown: calendar unread") && !text.contains("nobody"), "{text}");
    assert_eq!(place.run("--config wf.toml oncall now").status.code(), Some(4));
    let state = recorded_rows(&place);
    assert_eq!(state, 0, "nobody was seen");
}

/// How many entries the record of this place's roster has.
fn recorded_rows(place: &Place) -> usize {
    let store = Store::open(&place.path("state"), Clock::Wall.now()).unwrap();
    let roster = fs::canonicalize(place.0.path()).unwrap().join("r.toml");
    let far = (at("2000-01-01T00:00:00Z"), at("2100-01-01T00:00:00Z"));
    store.seen_on_call(&roster.to_string_lossy(), far.0, far.1).unwrap().len()
}

#[test]
fn a_record_that_cannot_be_read_is_said_and_the_past_is_not_taken_for_whole() {
    let place = Place::new(&[("r.toml", WEEKS), ("wf.toml", "version = 1\n[roster]\nfile = \"r.toml\"\n")]);
    assert_eq!(place.run("--config wf.toml oncall now").status.code(), Some(0));
    assert_eq!(recorded_rows(&place), 1, "the control: this roster is recorded");
    let past = "--config wf.toml oncall schedule --from 2026-11-18T00:00:00Z --to 2026-11-19T00:00:00Z";
    assert_eq!(place.complaint(past), (String::new(), 0));
    fs::remove_dir_all(place.path("state")).unwrap();
    fs::write(place.path("state"), "in the way").unwrap();
    for asked in [past, "--config wf.toml oncall fairness"] {
        let (why, code) = place.complaint(asked);
        assert!(code == 4 && why.contains("the record of duties cannot be read"), "{code} {why}");
    }
    let output = place.run("--config wf.toml oncall now");
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(0) && why.contains("note: nothing is put on record: "), "{why}");
    fs::remove_file(place.path("state")).unwrap();
    assert_eq!(place.run("--config wf.toml oncall now").status.code(), Some(0));
    // The log beside it would bring back what it holds.
    for beside in ["state/watchfloor.db-wal", "state/watchfloor.db-shm"] {
        let _ = fs::remove_file(place.path(beside));
    }
    fs::write(place.path("state/watchfloor.db"), "no database, and long enough to be looked at ".repeat(200)).unwrap();
    let (why, code) = place.complaint(past);
    assert!(code == 4 && why.contains("the state file was damaged and begun anew at "), "{code} {why}");
    let (why, code) = place.complaint(past);
    assert!(code == 4 && why.contains("part of the record of duties is lost"), "again: {code} {why}");
    for asked in ["outbox", "--config wf.toml history"] {
        let output = place.run(asked);
        let why = String::from_utf8(output.stderr).unwrap();
        assert!(why.contains("note: the state file was damaged and begun anew at "), "{asked}: {why}");
    }
}

#[test]
fn an_export_without_a_calendar_it_rests_on_leaves_the_file_alone() {
    let shift = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261121T000000Z\r\nDTEND:20261122T000000Z\r\nSUMMARY:ana\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let place = Place::new(&[("r.toml", VENDOR), ("v.ics", shift)]);
    let export = "oncall export --roster r.toml --out o.ics";
    assert!(place.run(export).status.success());
    let before = std::fs::read(place.path("o.ics")).unwrap();
    std::fs::write(place.path("v.ics"), "<html>log in</html>").unwrap();
    let (why, code) = place.complaint(export);
    assert!(code == 4 && why.contains("vendor") && why.contains("as it was"), "{code} {why}");
    assert_eq!(std::fs::read(place.path("o.ics")).unwrap(), before, "nothing was cancelled");
    assert_eq!(place.run("oncall export --roster r.toml").status.code(), Some(4));
}

#[test]
fn an_override_of_another_seat_is_not_taken_out_and_a_change_is_no_json() {
    let place = Place::new(&[("r.toml", TWO_SEATS)]);
    let (why, code) = place.complaint("oncall override remove 1 --seat backup --roster r.toml --dry-run");
    assert!(code == 2 && why.contains("it is one of primary"), "{code} {why}");
    let (why, code) = place.complaint("oncall override remove 1 --roster r.toml --dry-run --json");
    assert!(code == 2 && why.contains("--json"), "{code} {why}");
}

const TWO_SEATS: &str = "zone = \"UTC\"\n[[person]]\nid = \"ana\"\n[[person]]\nid = \"ben\"\n\
    [[schedule]]\nname = \"primary\"\n[[schedule.layer]]\nanchor = 2026-01-05\nshift = \"1 week\"\npeople = [\"ana\"]\n\
    [[schedule.override]]\npeople = [\"ben\"]\nfrom = 2026-11-23T00:00:00Z\nto = 2026-11-24T00:00:00Z\n\
    [[schedule]]\nname = \"backup\"\n[[schedule.layer]]\nanchor = 2026-01-05\nshift = \"1 week\"\npeople = [\"ben\"]\n";
