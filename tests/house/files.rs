//! Files as sources: growth, half lines, rotation, mistakes, and files that change under a person's hand.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;
use watchfloor::{
    config::{PlanSettings, ReleaseSettings, SignalSource},
    domain::{
        release::{
            Word,
            plan::{StepId, Steps},
            record::{Deed, Entry, Say},
        },
        series::{MetricFormat, Signal},
        time::parse_rfc3339,
        zone::{Zone, Zones},
    },
    floor::fact::{Fact, SignalId, SourceId},
    shell::{
        engine::{Wanted, toggle_file},
        files::FileSource,
        plan_record,
    },
    source::checklist,
    text::Text,
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T09:00:00Z").unwrap()
}

fn poll(file: &mut FileSource) -> Vec<Fact> {
    let mut facts = Vec::new();
    file.poll(SourceId(0), now(), &mut |fact| facts.push(fact));
    facts
}

/// What a poll brought: values of samples, and whether the source was well.
fn values(file: &mut FileSource) -> (Vec<f64>, usize, bool) {
    let (mut values, mut skipped, mut is_well) = (Vec::new(), 0, true);
    for fact in poll(file) {
        match fact {
            Fact::Sampled { samples, n_skipped, .. } => {
                values.extend(samples.iter().map(|s| s.value));
                skipped = n_skipped;
            }
            Fact::Failed { .. } => is_well = false,
            _ => {}
        }
    }
    (values, skipped, is_well)
}

fn csv_signal(files: &Path) -> FileSource {
    let signal = Signal {
        name: Text::scrub("load"),
        unit: Text::default(),
        threshold: None,
        stale_after: TimeDelta::minutes(10),
        hold: TimeDelta::zero(),
        keep_firing: TimeDelta::zero(),
        window: TimeDelta::hours(1),
        objective: None,
        runbook: None,
    };
    let format = MetricFormat::Csv { time: Some("timestamp".to_owned()), value: Some("value".to_owned()) };
    let settings = Box::new(SignalSource { signal, files: files.to_string_lossy().into_owned(), format });
    FileSource::Metric { signal: SignalId(0), settings, followed: BTreeMap::new(), n_skipped: 0, shared: None }
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_metric_file_is_followed_as_it_grows_and_half_a_line_waits_for_its_end() {
    let folder = folder();
    let path = folder.path().join("load.csv");
    let mut file = csv_signal(&path);
    assert_eq!(values(&mut file), (vec![], 0, false), "a file that is not there is trouble");
    append(&path, "timestamp,value\n2026-11-20T08:00:00Z,1\n2026-11-20T08:01:00Z,2");
    // Modified long ago by the fixed clock's reckoning would settle the line: the file is newer than `now`, so it is held.
    assert_eq!(values(&mut file), (vec![1.0], 0, true));
    append(&path, "5\n");
    assert_eq!(values(&mut file), (vec![25.0], 0, true));
    assert_eq!(values(&mut file), (vec![], 0, true), "nothing new is nothing twice");
    append(&path, "2026-11-20T08:02:00Z,NaN\nnonsense\n2026-11-20T08:03:00Z,3\n");
    assert_eq!(values(&mut file), (vec![3.0], 2, true));
}

#[test]
fn a_rotated_and_a_truncated_file_are_read_from_their_start() {
    let folder = folder();
    let path = folder.path().join("load.csv");
    let mut file = csv_signal(&path);
    append(&path, "timestamp,value\n2026-11-20T08:00:00Z,1\n2026-11-20T08:01:00Z,2\n");
    assert_eq!(values(&mut file).0, [1.0, 2.0]);
    fs::rename(&path, folder.path().join("load.csv.1")).unwrap();
    append(&path, "timestamp,value\n2026-11-20T08:02:00Z,3\n");
    assert_eq!(values(&mut file).0, [3.0]);
    fs::write(&path, "timestamp,value\n2026-11-20T08:05:00Z,4\n2026-11-20T08:06:00Z,5\n2026-11-20T08:07:00Z,6\n")
        .unwrap();
    assert_eq!(values(&mut file).0, [4.0, 5.0, 6.0]);
}

#[test]
fn a_pattern_finds_files_that_come_later() {
    let folder = folder();
    let mut file = csv_signal(&folder.path().join("*.csv"));
    assert!(!values(&mut file).2);
    append(&folder.path().join("a.csv"), "timestamp,value\n2026-11-20T08:00:00Z,1\n");
    append(&folder.path().join("b.csv"), "timestamp,value\n2026-11-20T08:00:30Z,2\n");
    assert_eq!(values(&mut file), (vec![1.0, 2.0], 0, true));
}

#[cfg(unix)]
#[test]
fn a_pipe_a_folder_and_a_device_are_refused_and_never_waited_for() {
    let folder = folder();
    let pipe = folder.path().join("pipe.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), folder.path(), Path::new("/dev/zero")] {
        assert!(!values(&mut csv_signal(path)).2, "{}", path.display());
    }
}

#[test]
fn a_roster_with_a_mistake_says_so_until_it_is_mended() {
    let folder = folder();
    let path = folder.path().join("oncall.toml");
    fs::write(&path, "zone = \"Europe/Berlin\"\n[[schedule]]\nname = 7\n").unwrap();
    let mut file = FileSource::roster(path.clone(), Zones::bundled());
    for _ in 0..2 {
        let facts = poll(&mut file);
        assert!(
            matches!(facts.as_slice(), [Fact::Failed { why, .. }] if why.as_str().contains("oncall.toml: line ")),
            "{facts:?}"
        );
    }
    let good = "zone = \"UTC\"\n[[person]]\nid = \"ana\"\n[[schedule]]\nname = \"primary\"\n[[schedule.layer]]\nname = \"w\"\nanchor = 2026-01-05T09:00:00\nshift = \"1 week\"\npeople = [\"ana\"]\n";
    fs::write(&path, good).unwrap();
    assert!(matches!(
        poll(&mut file).as_slice(),
        [Fact::FilesRead { .. }, Fact::RosterRead { .. }, Fact::LeftOut { .. }]
    ));
    assert!(matches!(poll(&mut file).as_slice(), [Fact::Unchanged { .. }]));
}

fn checklist_file(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("RELEASE.md");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_tick_changes_one_byte_of_the_file() {
    let folder = folder();
    let text = "\u{feff}# Röléase\r\n\r\n- [ ] öne\r\n* [X] two\r\n";
    let path = checklist_file(&folder, text);
    let list = checklist::read("RELEASE.md", text.as_bytes()).unwrap();
    let ticked = toggle_file(&path, &Wanted::of(&list, &list.items[0])).unwrap();
    assert!(ticked.is_done && ticked.merged.is_none() && ticked.doubt.is_none());
    let written = fs::read(&path).unwrap();
    let changed: Vec<_> = written.iter().zip(text.as_bytes()).filter(|(a, b)| a != b).collect();
    assert_eq!((written.len(), changed), (text.len(), vec![(&b'x', &b' ')]));
    let after = checklist::read("RELEASE.md", &written).unwrap();
    assert_eq!((after.progress().done, after.digest), (2, ticked.to));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_file_that_changed_underneath_is_left_as_it_is() {
    let folder = folder();
    let path = checklist_file(&folder, "- [ ] one\n- [ ] two\n");
    // There is a box where one was seen, and it is another's.
    fs::write(&path, "- [ ] zero\n- [ ] two\n").unwrap();
    let why = toggle_file(&path, &wanted("- [ ] one\n- [ ] two\n", "one")).unwrap_err();
    assert!(why.contains("the file has changed, and this item with it"), "{why}");
    assert_eq!(fs::read(&path).unwrap(), b"- [ ] zero\n- [ ] two\n");
}

/// The box of the item with this text in the file as it was written first.
fn wanted(text: &str, of: &str) -> Wanted {
    let list = checklist::read("RELEASE.md", text.as_bytes()).unwrap();
    let item = list.items.iter().find(|item| item.text.as_str() == of).unwrap();
    Wanted::of(&list, item)
}

#[test]
fn a_box_is_found_again_where_the_file_changed_elsewhere() {
    let folder = folder();
    let seen = "# R\n- [ ] one\n- [ ] two\n";
    let path = checklist_file(&folder, "# R\nA new paragraph.\n\n- [x] zero\n- [x] one\n- [ ] two\n");
    let ticked = toggle_file(&path, &wanted(seen, "two")).unwrap();
    assert_eq!((ticked.line, ticked.merged.unwrap().progress().done), (6, 3));
    let after = fs::read_to_string(&path).unwrap();
    assert_eq!(after, "# R\nA new paragraph.\n\n- [x] zero\n- [x] one\n- [x] two\n");
}

#[test]
fn a_change_of_the_same_box_is_a_conflict_and_changes_nothing() {
    let seen = "# R\n- [ ] one\n- [ ] two\n";
    for (now, why) in [
        ("# R\n- [ ] one\n- [x] two\n", "somebody else has changed this box"),
        ("# R\n- [ ] one\n- [ ] two, and more\n", "and this item with it"),
        ("# R\n- [ ] one\n", "and this item with it"),
        ("# R\n- [ ] two\n- [ ] one\n- [ ] two\n", "two items with this text"),
    ] {
        let folder = folder();
        let path = checklist_file(&folder, now);
        let told = toggle_file(&path, &wanted(seen, "two")).unwrap_err();
        assert!(told.contains(why), "{told}");
        assert_eq!(fs::read_to_string(&path).unwrap(), now);
    }
}

/// A release without a day, whose checklists are found by a pattern.
fn release_of(pattern: &Path) -> FileSource {
    let settings = ReleaseSettings {
        name: Text::scrub("1.0"),
        day: None,
        time: None,
        zone: None,
        checklists: vec![pattern.to_string_lossy().into_owned()],
        blocker_labels: Vec::new(),
        sign_off: Vec::new(),
        plan: PlanSettings::default(),
        rules: watchfloor::domain::release::rules::Rules::default(),
    };
    FileSource::Release { settings: Box::new(settings), zone: Zone::utc(), stamps: Vec::new(), known: BTreeMap::new() }
}

#[test]
fn the_release_is_read_again_when_its_record_grows() {
    let folder = folder();
    let path = checklist_file(&folder, "# R\n## T0\n1. one\n");
    let mut plan = PlanSettings::default();
    plan.reading.steps = Steps::All;
    let settings = ReleaseSettings {
        name: Text::scrub("1.0"),
        day: None,
        time: None,
        zone: None,
        checklists: vec![folder.path().join("RELEASE*").to_string_lossy().into_owned()],
        blocker_labels: Vec::new(),
        sign_off: vec![Text::scrub("qa")],
        plan,
        rules: watchfloor::domain::release::rules::Rules::default(),
    };
    let mut file = FileSource::Release {
        settings: Box::new(settings),
        zone: Zone::utc(),
        stamps: Vec::new(),
        known: BTreeMap::new(),
    };
    let state = |facts: Vec<Fact>| match facts.as_slice() {
        [Fact::FilesRead { .. }, Fact::ReleaseRead { release, .. }] => {
            Some((release.courses.len(), release.courses[0].progress().done, release.sign_offs[0].word))
        }
        _ => None,
    };
    assert_eq!(state(poll(&mut file)), Some((1, 0, Word::Silent)));
    assert_eq!(state(poll(&mut file)), None);
    let step = StepId::of("T0", None, "one", 0);
    let entry = |deed| Entry { at: now(), by: Text::scrub("ana"), deed, commit: None, reason: Text::default() };
    plan_record::append(&path, &entry(Deed::Tick { step, text: Text::scrub("one"), is_done: true })).unwrap();
    assert_eq!(state(poll(&mut file)), Some((1, 1, Word::Silent)));
    plan_record::append(&path, &entry(Deed::SignOff { role: Text::scrub("QA"), say: Say::Go })).unwrap();
    assert_eq!(state(poll(&mut file)), Some((1, 1, Word::Go)));
}

#[test]
fn the_release_is_read_again_when_any_any_of_its_files_changes() {
    let folder = folder();
    let path = checklist_file(&folder, "- [ ] one\n");
    let mut file = release_of(&folder.path().join("*.md"));
    let total = |facts: Vec<Fact>| match facts.as_slice() {
        [Fact::FilesRead { .. }, Fact::ReleaseRead { release, .. }] => {
            Some((release.courses.len(), release.progress().total))
        }
        _ => None,
    };
    assert_eq!(total(poll(&mut file)), Some((1, 1)));
    assert_eq!(total(poll(&mut file)), None);
    append(&path, "- [ ] two\n");
    assert_eq!(total(poll(&mut file)), Some((1, 2)));
    append(&folder.path().join("post.md"), "- [ ] three\n");
    assert_eq!(total(poll(&mut file)), Some((2, 3)));
}

#[test]
fn a_checklist_that_vanishes_is_trouble_and_is_not_forgotten() {
    let folder = folder();
    let (a, b) = (folder.path().join("RELEASE-a.md"), folder.path().join("RELEASE-b.md"));
    fs::write(&a, "- [x] one\n").unwrap();
    fs::write(&b, "- [ ] two\n").unwrap();
    let mut file = release_of(&folder.path().join("RELEASE*.md"));
    assert!(matches!(poll(&mut file).as_slice(), [Fact::FilesRead { .. }, Fact::ReleaseRead { .. }]));
    fs::remove_file(&b).unwrap();
    for _ in 0..2 {
        let facts = poll(&mut file);
        let [Fact::FilesRead { .. }, Fact::ReleaseRead { release, .. }, Fact::Failed { why, .. }] = facts.as_slice()
        else {
            panic!("{facts:?}")
        };
        let progress = release.progress();
        assert_eq!((progress.done, progress.total), (1, 2), "the open item still stands");
        assert!(why.as_str().contains("RELEASE-b.md: there is no such file"), "{why}");
    }
}

#[test]
fn the_commit_that_is_checked_out_beside_a_plan_is_told_when_another_one_is() {
    let folder = folder();
    checklist_file(&folder, "- [ ] one\n");
    let git = folder.path().join(".git");
    fs::create_dir_all(&git).unwrap();
    let mut file = release_of(&folder.path().join("*.md"));
    let mut head = |commit: &str| {
        fs::write(git.join("HEAD"), format!("{commit}\n")).unwrap();
        match poll(&mut file).as_slice() {
            [Fact::FilesRead { .. }, Fact::ReleaseRead { release, .. }] => release.courses[0].head.clone(),
            _ => None,
        }
    };
    let (one, other) = ("1".repeat(40), "2".repeat(40));
    assert_eq!(head(&one), Some(Text::scrub(&one)));
    assert_eq!(head(&one), None, "nothing has changed");
    assert_eq!(head(&other), Some(Text::scrub(&other)));
}
