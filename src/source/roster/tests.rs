use chrono::{NaiveDate, Weekday};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    escalation::{Step, Target},
    priority::Priority,
    rota::{Advance, OverrideKind, Restriction, ShiftLength, ShiftUnit},
    time::{parse_rfc3339, rfc3339},
};

/// The example in the module's documentation.
fn example() -> String {
    let lines = include_str!("mod.rs").lines();
    let inside = lines.skip_while(|line| *line != "//! ```toml").skip(1).take_while(|line| *line != "//! ```");
    inside.map(|line| line.strip_prefix("//!").unwrap().trim_start_matches(' ').to_owned() + "\n").collect()
}

fn problems(file: &str) -> Vec<String> {
    match read(file, &Zones::bundled()) {
        Ok(roster) => panic!("read as {roster:?}"),
        Err(problems) => problems.iter().map(Problem::to_string).collect(),
    }
}

/// A whole roster around what a test is about.
fn with_layer(layer: &str) -> String {
    format!("zone = \"UTC\"\n[[person]]\nid = \"ana\"\n[[schedule]]\nname = \"primary\"\n[[schedule.layer]]\n{layer}\n")
}

const PLAIN: &str = "anchor = 2026-01-05\nshift = \"1 day\"\npeople = [\"ana\"]";

#[test]
fn the_documented_example_is_read_whole() {
    let roster = read(&example(), &Zones::bundled()).unwrap();
    assert_eq!(roster.zone.name(), "Europe/Berlin");
    assert_eq!(roster.people.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["ana", "ben", "cleo"]);
    let ana = roster.people.first().unwrap();
    assert_eq!((ana.name.as_str(), ana.zone.as_ref().unwrap().name()), ("Ana Ruiz", "Europe/Madrid"));
    let primary = roster.schedules.first().unwrap();
    let [weeks, nights] = primary.layers.as_slice() else { panic!("{:?}", primary.layers) };
    assert_eq!(weeks.shift, ShiftLength { n: 1, unit: ShiftUnit::Weeks });
    assert_eq!(weeks.participants.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((nights.level, nights.advance), (1, Advance::ActiveDays));
    assert_eq!(nights.anchor, NaiveDate::from_ymd_opt(2026, 1, 5).unwrap().and_hms_opt(0, 0, 0).unwrap());
    assert_eq!(nights.start.map(rfc3339).as_deref(), Some("2026-02-01T05:00:00Z"));
    let weekend = Restriction {
        days: vec![Weekday::Sat, Weekday::Sun],
        start: chrono::NaiveTime::MIN,
        end: chrono::NaiveTime::MIN,
    };
    assert_eq!(nights.restrictions.last(), Some(&weekend));
    let holidays = primary.overrides.first().unwrap();
    assert_eq!(holidays.kind, OverrideKind::ReplaceAll(vec![Text::scrub("ana")]));
    assert_eq!(
        (rfc3339(holidays.start), rfc3339(holidays.end)),
        ("2026-12-23T23:00:00Z".into(), "2026-12-26T23:00:00Z".into())
    );
    let christmas = parse_rfc3339("2026-12-25T12:00:00Z").unwrap();
    assert_eq!(primary.on_call(christmas), [Text::scrub("ana")]);
}

#[test]
fn off_hours_leave_and_escalation_are_read_from_the_documented_example() {
    let roster = read(&example(), &Zones::bundled()).unwrap();
    let off = &roster.schedules[0].off[0];
    assert_eq!(
        (off.zone.name(), off.hours[0].days.as_slice()),
        ("Europe/Berlin", [Weekday::Sat, Weekday::Sun].as_slice())
    );
    assert_eq!(off.note.as_ref().map(Text::as_str), Some("the vendor covers weekends"));
    let leave = &roster.leave[0];
    let span = (rfc3339(leave.start), rfc3339(leave.end));
    assert_eq!((leave.user.as_str(), span), ("cleo", ("2026-08-02T22:00:00Z".into(), "2026-08-16T22:00:00Z".into())));
    let policy = &roster.escalations[0];
    assert_eq!(policy.priorities, [Priority::P0, Priority::P1]);
    assert_eq!((policy.repeat, policy.ack_timeout), (2, Some(chrono::TimeDelta::minutes(30))));
    assert_eq!(policy.reserve, Some(Text::scrub("ana")));
    let (primary, ben) = (Target::Seat(Text::scrub("primary")), Target::Person(Text::scrub("ben")));
    let step = |minutes, targets| Step { delay: chrono::TimeDelta::minutes(minutes), targets };
    assert_eq!(policy.steps, [step(5, vec![primary.clone()]), step(10, vec![primary, ben])]);
}

#[test]
fn problems_of_off_hours_leave_and_escalation_come_at_once() {
    let file = with_layer(PLAIN)
        + r#"[[schedule.off]]
days = "sundays"
from = "0:00h"
to = "24:00"
zone = "Berlin"
[[leave]]
user = "anna"
from = 2026-08-17
to = 2026-08-03
[[escalation]]
name = "urgent"
priorities = ["P0", "P7"]
repeat = 10
ack_timeout = "soon"
reserve = "zoe"
[[escalation.step]]
notify = ["seat:primry", "primary", "anna"]
delay = "0s"
[[escalation]]
name = "urgent"
"#;
    let found: Vec<_> = problems(&file).iter().map(|p| p.replace('\n', ";")).collect();
    let expected = [
        "schedule[0].off[0].days: \"sundays\" is no day",
        "schedule[0].off[0].from: not an hour of the day",
        "schedule[0].off[0].zone: no zone is called \"Berlin\"",
        "leave[0].user: nobody is called \"anna\";  hint: did you mean \"ana\"?",
        "leave[0].to: not after from",
        "escalation[0].priorities[1]: \"P7\" is no priority",
        "escalation[0].repeat: not a number that is allowed here;  hint: write a whole number from 0 to 9",
        "escalation[0].ack_timeout: \"soon\" is no length of time",
        "escalation[0].reserve: nobody is called \"zoe\"",
        "escalation[0].step[0].notify[0]: no seat is called \"primry\";  hint: did you mean \"seat:primary\"?",
        "escalation[0].step[0].notify[1]: \"primary\" is a seat, not a person",
        "escalation[0].step[0].notify[2]: nobody is called \"anna\"",
        "escalation[0].step[0].delay: \"0s\" is no length of time",
        "escalation[1].step: nobody is ever told",
        "escalation[1].name: \"urgent\" is there twice",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found} should say {expected}");
    }
}

#[test]
fn all_problems_come_at_once_with_line_key_and_remedy() {
    let file = r#"zone = "Europe/Berlni"
[[person]]
id = "ana"
[[person]]
nam = "Ben"
[[schedule]]
name = "primary"
[[schedule.layer]]
anchor = 2026-01-05T09:00:00+01:00
shift = "1 fortnight"
people = ["anna", ["ana", 3]]
[[schedule.override]]
kind = "ad"
from = 2026-12-24
to = "tomorrow"
"#;
    assert_eq!(
        problems(file),
        [
            "line 1: zone: no zone is called \"Europe/Berlni\"\n  hint: did you mean \"Europe/Berlin\"?",
            "line 4: person[1].id: missing\n  hint: write id = \"…\"",
            "line 5: person[1].nam: unknown key\n  hint: did you mean \"name\"?",
            "line 9: schedule[0].layer[0].anchor: not a wall-clock time\n  \
             hint: write the wall clock without an offset: 2026-01-05T09:00:00",
            "line 10: schedule[0].layer[0].shift: \"1 fortnight\" is no length of a shift\n  \
             hint: write a number and hours, days, weeks or months, such as \"12 hours\" or \"1 week\"",
            "line 11: schedule[0].layer[0].people[0]: nobody is called \"anna\"\n  hint: did you mean \"ana\"?",
            "line 11: schedule[0].layer[0].people[1][1]: found integer\n  hint: write text in quotes",
            "line 13: schedule[0].override[0].kind: no override is of kind \"ad\"\n  hint: did you mean \"add\"?",
            "line 15: schedule[0].override[0].to: not a time\n  \
             hint: write 2026-12-24T00:00:00 for the wall clock, or 2026-12-24T00:00:00+01:00",
        ]
    );
}

#[test]
fn an_empty_file_says_what_is_missing() {
    let missing: Vec<_> = problems("").iter().map(|p| p.lines().next().unwrap().to_owned()).collect();
    assert_eq!(missing, ["line 1: zone: missing", "line 1: schedule: there is no schedule"]);
}

#[test]
fn a_file_that_is_no_toml_is_reported_with_its_lines() {
    let found = problems("zone = UTC\n[[person]]\nid = \"ana\nname == 3\n");
    let lines: Vec<_> = found.iter().filter_map(|p| p.get(..7)).collect();
    assert_eq!(lines, ["line 1:", "line 3:", "line 4:"], "{found:?}");
}

#[test]
fn a_name_cannot_be_taken_twice() {
    let file = with_layer(PLAIN).replace("[[schedule]]", "[[person]]\nid = \"ana\"\n[[schedule]]");
    assert_eq!(problems(&file), ["line 5: person[1].id: \"ana\" is there twice\n  hint: give each its own name"]);
}

#[test]
fn people_of_overrides_must_be_known_and_keys_must_fit_the_kind() {
    let file = with_layer(PLAIN)
        + "[[schedule.override]]\nkind = \"replace\"\nuser = \"ana\"\nwith = \"zoe\"\npeople = [\"ana\"]\n\
           from = 2026-12-24\nto = 2026-12-24\n";
    assert_eq!(
        problems(&file),
        [
            "line 13: schedule[0].override[0].with: nobody is called \"zoe\"\n  hint: add a [[person]] with id = \"zoe\"",
            "line 14: schedule[0].override[0].people: means nothing for kind \"replace\"\n  \
             hint: leave it out, or change the kind",
            "line 16: schedule[0].override[0].to: not after from\n  hint: swap from and to?",
        ]
    );
}

#[test]
fn a_single_table_where_several_may_stand_is_named_as_such() {
    let file = with_layer(PLAIN).replace("[[person]]", "[person]");
    assert_eq!(
        problems(&file).first().map(String::as_str),
        Some(
            "line 2: person: found a single table\n  hint: there may be several: write [[person]] or a list of tables"
        )
    );
}

#[test]
fn active_days_need_days() {
    let file = with_layer("anchor = 2026-01-05\nshift = \"1 week\"\npeople = [\"ana\"]\nadvance = \"active-days\"");
    let found: Vec<_> = problems(&file).iter().map(|p| p.lines().next().unwrap().to_owned()).collect();
    assert_eq!(
        found,
        [
            "line 10: schedule[0].layer[0].advance: only a shift in days steps on active days",
            "line 10: schedule[0].layer[0].advance: every day is active without hours",
        ]
    );
}

#[test]
fn a_zone_by_its_windows_name_leads_to_the_one_that_is_meant() {
    let file = with_layer(PLAIN).replace("\"UTC\"", "\"Pacific Standard Time\"");
    assert!(problems(&file)[0].ends_with("hint: did you mean \"America/Los_Angeles\"?"), "{:?}", problems(&file));
}

#[test]
fn shifts_are_read_in_four_units_and_no_other() {
    let shift = |written: &str| {
        let file = with_layer(&format!("anchor = 2026-01-05\nshift = \"{written}\"\npeople = [\"ana\"]"));
        read(&file, &Zones::bundled()).ok().map(|roster| roster.schedules[0].layers[0].shift)
    };
    assert_eq!(shift("12 hours"), Some(ShiftLength { n: 12, unit: ShiftUnit::Hours }));
    assert_eq!(shift("1day"), Some(ShiftLength { n: 1, unit: ShiftUnit::Days }));
    assert_eq!(shift("2 months"), Some(ShiftLength { n: 2, unit: ShiftUnit::Months }));
    for refused in ["0 days", "-1 day", "90 minutes", "week", "1", "", "1.5 days", "99999999999 days", "1 m"] {
        assert_eq!(shift(refused), None, "{refused}");
    }
}

#[test]
fn an_escape_in_a_name_reaches_nobody() {
    let roster = read(&with_layer(PLAIN).replace("\"primary\"", "\"pri\\u001b[2Jmary\""), &Zones::bundled()).unwrap();
    assert_eq!(roster.schedules[0].name.as_str(), "pri␛[2Jmary");
    let hostile = problems(&with_layer(&format!("{PLAIN}\n\"k\\u001b[2J\" = 1")));
    assert!(!hostile.concat().contains('\u{1b}'));
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(file in "\\PC{0,200}") {
        let _ = read(&file, &Zones::bundled());
    }

    #[test]
    fn no_cut_or_slip_in_a_good_file_makes_it_panic(cut in 0usize..2_400, slip in any::<char>(), keep in any::<bool>()) {
        let mut file: Vec<char> = example().chars().collect();
        let at = cut.min(file.len() - 1);
        file[at] = slip;
        if !keep {
            file.truncate(at);
        }
        let _ = read(&file.into_iter().collect::<String>(), &Zones::bundled());
    }
}

#[test]
fn a_roster_too_large_to_work_out_is_refused_by_its_size() {
    let people: String = (0..5_001).map(|n| format!("[[person]]\nid = \"p{n}\"\n")).collect();
    let layer = "[[schedule.layer]]\nanchor = 2026-01-05\nshift = \"1 day\"\npeople = [\"p0\"]\n";
    let problem = |file: &str| read(file, &Zones::bundled()).unwrap_err()[0].to_string();
    let seat = "[[schedule]]\nname = \"primary\"\n";
    let many = problem(&format!("zone = \"UTC\"\n{people}{seat}{layer}"));
    assert!(many.contains("5001 people") && many.contains("at most 5000 people"), "{many}");

    let first = "[[person]]\nid = \"p0\"\n";
    let layers = layer.repeat(501);
    let two_seats = format!("{seat}{layers}[[schedule]]\nname = \"backup\"\n{layers}");
    let many = problem(&format!("zone = \"UTC\"\n{first}{two_seats}"));
    assert!(many.contains("1002 layers") && many.contains("at most 1000 layers"), "{many}");

    let turn = vec!["\"p0\""; 501].join(", ");
    let together = layer.replace("[\"p0\"]", &format!("[[{turn}]]"));
    let many = problem(&format!("zone = \"UTC\"\n{first}{seat}{together}"));
    assert!(many.contains("501 people at once") && many.contains("at most 500"), "{many}");
    let crowd = format!("[[{}]]", vec!["\"p0\""; 500].join(", "));
    let crowds = layer.replace("[\"p0\"]", &crowd).repeat(5);
    let many = problem(&format!("zone = \"UTC\"\n{first}{seat}{crowds}"));
    assert!(many.contains("2500 people on call at once") && many.contains("at most 2000"), "{many}");
    let one_by_one = layer.replace("[\"p0\"]", &format!("[{turn}]"));
    assert!(
        read(&format!("zone = \"UTC\"\n{first}{seat}{one_by_one}"), &Zones::bundled()).is_ok(),
        "turns are no crowd"
    );
}
