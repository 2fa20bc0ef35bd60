//! The roster file and what is made of it: exceptions by command, calendars heard by our own reader, imports.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;
use watchfloor::{
    domain::{
        incident::Login,
        rota::{Override, OverrideChange, OverrideKind, Roster, Segment},
        time::parse_rfc3339,
        zone::Zones,
    },
    floor::{
        effect::Effect,
        fact::{Fact, SourceId},
    },
    shell::{
        clock::Clock,
        engine::{Engine, Sources},
        files::FileSource,
        keeper::{Keeper, Place},
    },
    sink::{
        ics::{self, Wanted},
        oncall_page::{self, Match},
    },
    source::{ical, roster},
    text::Text,
};

const REAL: &str = include_str!("../real/oncall.toml");

/// A folder with a roster in it, and nothing of this machine around.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("oncall.toml"), REAL).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `watchfloor oncall …` on the roster at noon of 2026-11-21.
    fn oncall(&self, words: &[&str]) -> (i32, String, String) {
        let folder: &Path = self.0.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.current_dir(folder).env_clear().env("HOME", folder);
        command.args(["--now", "2026-11-21T12:00:00Z", "oncall"]).args(words);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

const SPAN: [&str; 4] = ["--from", "2026-11-23T09:00:00+01:00", "--to", "2026-11-24T09:00:00+01:00"];

fn add<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["override", "add", "--roster", "oncall.toml"];
    words.extend(SPAN);
    words.extend(more);
    words
}

#[test]
fn an_exception_added_and_removed_by_command_leaves_the_file_as_it_was() {
    let desk = Desk::new();
    let (code, said, _) = desk.oncall(&add(&["--seat", "primary", "--user", "dee.w", "--instead-of", "ana.k"]));
    assert_eq!(code, 0);
    let line = "primary: dee.w instead of ana.k from Mon 2026-11-23 09:00 +01:00 until Tue 2026-11-24 09:00 +01:00\n";
    assert!(said.starts_with(line), "{said}");
    let added = "\n[[schedule.override]]\nkind = \"replace\"\nuser = \"ana.k\"\nwith = \"dee.w\"\n\
                 from = 2026-11-23T09:00:00+01:00\nto = 2026-11-24T09:00:00+01:00\n";
    assert_eq!(desk.text("oncall.toml").replacen(added, "", 1), REAL);
    let (_, listed, _) = desk.oncall(&["override", "list", "--roster", "oncall.toml"]);
    assert!(listed.contains("  2  primary: dee.w instead of ana.k from Mon"), "{listed}");
    assert_eq!(desk.oncall(&["override", "remove", "2", "--roster", "oncall.toml"]).0, 0);
    assert_eq!(desk.text("oncall.toml"), REAL);
}

#[test]
fn a_rehearsal_shows_the_lines_and_writes_nothing() {
    let desk = Desk::new();
    let (code, said, _) = desk.oncall(&add(&["--seat", "backup", "--user", "cy.o", "--extra", "--dry-run"]));
    assert_eq!(code, 0);
    assert!(
        said.contains("+ [[schedule.override]]\n") && said.contains("oncall.toml is not changed (--dry-run)"),
        "{said}"
    );
    assert_eq!(desk.text("oncall.toml"), REAL);
}

#[test]
fn what_cannot_be_meant_is_refused_with_a_hint_and_the_file_stays() {
    let desk = Desk::new();
    let refused = |words: &[&str]| {
        let (code, _, said) = desk.oncall(words);
        (code, said)
    };
    let (code, said) = refused(&add(&["--seat", "primary", "--user", "dee.v"]));
    assert_eq!(code, 2);
    assert!(said.contains("nobody of that name") && said.contains("did you mean dee.w?"), "{said}");
    let (code, said) = refused(&add(&["--user", "dee.w"]));
    assert!(code == 2 && said.contains("several seats: say which"), "{said}");
    let (code, said) = refused(&["override", "remove", "7", "--roster", "oncall.toml"]);
    assert!(code == 2 && said.contains("there is no override 7"), "{said}");
    let backwards = ["override", "add", "--roster", "oncall.toml", "--seat", "primary", "--user", "cy.o"];
    let mut backwards = backwards.to_vec();
    backwards.extend(["--from", "2026-11-24T09:00:00Z", "--to", "2026-11-23T09:00:00Z"]);
    assert_eq!(refused(&backwards).0, 2);
    let (_, said) = refused(&add(&["--seat", "backup", "--user", "dee.w", "--away", "--dry-run"]));
    assert!(said.contains("warning: this changes nothing"), "{said}");
    assert_eq!(desk.text("oncall.toml"), REAL);
}

#[test]
fn a_calendar_written_twice_is_the_same_file_and_one_of_somebody_else_is_left_alone() {
    let desk = Desk::new();
    let export = ["export", "--roster", "oncall.toml", "--out", "oncall.ics"];
    assert_eq!(desk.oncall(&export).0, 0);
    let first = desk.text("oncall.ics");
    assert!(first.contains("SUMMARY:primary: Ana Kovač\r\n"), "{first}");
    let (_, said, _) = desk.oncall(&export);
    assert_eq!(said, "oncall.ics says it already: not written\n");
    desk.oncall(&add(&["--seat", "primary", "--user", "dee.w"]));
    assert_eq!(desk.oncall(&export).0, 0);
    let second = desk.text("oncall.ics");
    assert!(second.contains("STATUS:CANCELLED\r\n") && second.contains("SEQUENCE:1\r\n"));
    fs::write(desk.path("oncall.ics"), "BEGIN:VCALENDAR\r\nPRODID:theirs\r\nEND:VCALENDAR\r\n").unwrap();
    let (code, _, said) = desk.oncall(&export);
    assert!(code == 1 && said.contains("no calendar that this program wrote"), "{said}");
    assert!(desk.text("oncall.ics").contains("theirs"));
}

#[test]
fn a_page_is_written_into_its_place_and_found_out_when_the_roster_moves_on() {
    let desk = Desk::new();
    let export = ["export", "--page", "--roster", "oncall.toml", "--out", "oncall.md"];
    assert_eq!(desk.oncall(&export).0, 0);
    let page = desk.text("oncall.md");
    fs::write(desk.path("oncall.md"), format!("# Operations\n\n{page}\nOur own words.\n")).unwrap();
    let (_, said, _) = desk.oncall(&export);
    assert_eq!(said, "oncall.md says it already: not written\n");
    desk.oncall(&add(&["--seat", "primary", "--user", "dee.w"]));
    assert_eq!(
        oncall_page::matches(
            &desk.text("oncall.md"),
            &read(&desk.text("oncall.toml")),
            parse_rfc3339("2026-11-21T12:00:00Z").unwrap()
        ),
        Match::Differs
    );
    assert_eq!(desk.oncall(&export).0, 0);
    let anew = desk.text("oncall.md");
    assert!(anew.starts_with("# Operations\n\n<!--") && anew.ends_with("-->\n\nOur own words.\n"), "{anew}");
    assert_eq!(
        oncall_page::matches(&anew, &read(&desk.text("oncall.toml")), parse_rfc3339("2026-11-21T12:00:00Z").unwrap()),
        Match::Same
    );
    fs::write(desk.path("oncall.md"), "# A page of ours\n").unwrap();
    assert_eq!(desk.oncall(&export).0, 1);
    assert_eq!(desk.text("oncall.md"), "# A page of ours\n");
}

#[test]
fn an_import_prints_a_roster_and_its_exit_code_says_whether_it_is_all() {
    let desk = Desk::new();
    let layer = |n: u32| {
        format!(
            r#"{{"name": "Layer {n}", "start": "2026-01-01T00:00:00Z", "rotation_virtual_start": "2026-01-05T09:00:00Z",
                "rotation_turn_length_seconds": SECONDS, "users": [{{"user": {{"id": "P{n}", "summary": "Person {n}"}}}}]}}"#
        )
    };
    let schedule = |seconds: [&str; 2]| {
        let [upper, lower] = [layer(2).replace("SECONDS", seconds[0]), layer(1).replace("SECONDS", seconds[1])];
        format!(r#"{{"schedule": {{"name": "ops", "time_zone": "UTC", "schedule_layers": [{upper}, {lower}]}}}}"#)
    };
    fs::write(desk.path("all.json"), schedule(["86400", "604800"])).unwrap();
    let (code, file, _) = desk.oncall(&["import", "all.json"]);
    assert_eq!(code, 0);
    let levels: Vec<_> = read(&file).schedules[0].layers.iter().map(|l| (l.name.to_string(), l.level)).collect();
    assert_eq!(levels, [("Layer 1".to_owned(), 0), ("Layer 2".to_owned(), 1)]);
    fs::write(desk.path("some.json"), schedule(["1000", "604800"])).unwrap();
    let (code, file, said) = desk.oncall(&["import", "some.json"]);
    assert_eq!((code, read(&file).schedules[0].layers.len()), (1, 1));
    assert!(said.contains("left out: Layer 2: a turn of 1000 seconds"), "{said}");
    fs::write(desk.path("none.json"), "{}").unwrap();
    assert_eq!(desk.oncall(&["import", "none.json"]).0, 4);
    assert_eq!(desk.oncall(&["import", "nowhere.json"]).0, 4);
}

fn read(file: &str) -> Roster {
    roster::read(file, &Zones::bundled()).unwrap()
}

/// An engine over the desk's roster alone.
fn engine(desk: &Desk) -> (Engine, tokio::sync::mpsc::Receiver<Fact>) {
    let file = FileSource::roster(desk.path("oncall.toml"), Zones::bundled());
    let sources = Sources { files: BTreeMap::from([(SourceId(0), file)]), hosts: Vec::new(), release: None };
    let clock = Clock::Fixed(parse_rfc3339("2026-11-21T12:00:00Z").unwrap());
    let (tell, facts) = Engine::channel();
    let place = Place::Nowhere(Text::scrub("no store here"));
    let keeper = Keeper::start(place, clock, Vec::new(), tell.clone());
    (Engine::new(clock, Login::new("ana"), sources, keeper, tell), facts)
}

#[tokio::test]
async fn the_console_previews_writes_and_hears_the_roster_anew_at_once() {
    let desk = Desk::new();
    let (mut engine, mut facts) = engine(&desk);
    let seat = Text::scrub("backup");
    let new = Override {
        kind: OverrideKind::Add(Text::scrub("cy.o")),
        start: parse_rfc3339("2026-11-23T08:00:00Z").unwrap(),
        end: parse_rfc3339("2026-11-24T08:00:00Z").unwrap(),
        level: 0,
        created: None,
        note: None,
    };
    let change = OverrideChange::Add(new.clone());
    let previewed = engine.perform(Effect::PreviewOverride { seat: seat.clone(), change: change.clone() });
    let [Fact::OverridePreviewed { diff, seen, .. }] = previewed.as_slice() else { panic!("{previewed:?}") };
    assert!(diff.iter().any(|line| line.text.as_str() == "user = \"cy.o\""));
    assert_eq!(desk.text("oncall.toml"), REAL);
    let write = Effect::WriteOverride { seat: seat.clone(), change: change.clone(), seen: *seen };
    assert_eq!(engine.perform(write.clone()), [Fact::OverrideWritten { seat: seat.clone(), change }]);
    engine.start_reading();
    // What the files held is told before what they say.
    let roster = loop {
        match facts.recv().await {
            Some(Fact::RosterRead { roster, .. }) => break roster,
            Some(_) => {}
            None => panic!("no roster"),
        }
    };
    assert_eq!(roster.schedules[1].overrides, [new]);
    // The same preview again is of a file that is no more: nothing is written twice.
    let written = desk.text("oncall.toml");
    let again = engine.perform(write);
    let [Fact::OverrideFailed { why }] = again.as_slice() else { panic!("{again:?}") };
    assert!(why.as_str().contains("has changed since the preview"), "{why}");
    assert_eq!(desk.text("oncall.toml"), written);
    let nobody = engine.perform(Effect::PreviewOverride {
        seat: Text::scrub("bakcup"),
        change: OverrideChange::Remove { nth: 0, old: roster.schedules[1].overrides[0].clone() },
    });
    let [Fact::OverrideFailed { why }] = nobody.as_slice() else { panic!("{nobody:?}") };
    assert!(why.as_str().contains("did you mean \"backup\"?"), "{why}");
}

#[test]
fn our_own_reader_hears_in_an_exported_calendar_the_final_schedule() {
    let at = |written: &str| parse_rfc3339(written).unwrap();
    let (from, to) = (at("2026-10-20T00:00:00Z"), at("2026-12-20T00:00:00Z"));
    let (roster, zones) = (read(REAL), Zones::bundled());
    for schedule in &roster.schedules {
        let name = Text::scrub("on call");
        let wanted = Wanted { name: &name, seat: Some(&schedule.name), from, to };
        let file = ics::render(&roster, &wanted, None, at("2026-11-21T12:00:00Z")).unwrap();
        let heard = ical::read(file.as_bytes(), (from, to), &roster.zone, &zones).unwrap();
        assert_eq!((heard.skipped.len(), heard.notes.len()), (0, 0), "{heard:?}");
        let found: Vec<_> = heard.occurrences.iter().map(|o| (o.start.max(from), o.end.min(to))).collect();
        let segments = schedule.segments(from, to);
        let meant = segments.iter().filter(|s| !s.people.is_empty()).map(|Segment { start, end, .. }| (*start, *end));
        assert_eq!(found, meant.collect::<Vec<_>>());
    }
}

#[test]
fn the_guide_shows_what_is_read() {
    let guide = include_str!("../../docs/guide/roster.md");
    let blocks: Vec<&str> = guide.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let whole = |what: &str| *blocks.iter().find(|block| block.contains(what)).unwrap();
    let base = whole("name = \"Ana Ruiz\"");
    for more in ["[[schedule.off]]", "[[escalation]]"] {
        let roster = read(&format!("{base}\n{}", whole(more)));
        assert_eq!(roster.schedules[0].off.len() + roster.escalations.len(), 1, "{more}");
    }
}
