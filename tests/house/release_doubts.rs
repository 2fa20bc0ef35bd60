//! What a release is never let out by: a gate that rests on what is not there, cannot be read, or was said by nobody.

use std::{fs, path::PathBuf, process::Command};

use tempfile::TempDir;

const NOW: &str = "2026-12-03T15:00:00Z";
const COMMIT: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f80912345678";

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

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The exit code, and what was said on both ways out.
    fn run(&self, words: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.env_clear().current_dir(self.0.path()).env("HOME", self.0.path()).env("WATCHFLOOR_USER", "ana");
        command.env("COLUMNS", "200");
        let output = command.args(["--now", NOW, "release"]).args(words).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), said)
    }
}

#[test]
fn a_checklist_that_is_not_found_or_holds_no_step_is_not_answered_for_by_the_others() {
    let place = Place::new(&[
        ("done.md", "- [x] a\n"),
        ("empty.md", "# nothing yet\n"),
        ("empty.md.record", &format!("{NOW} cy sign role=qa say=go .\n")),
    ]);
    let gate = |checklists: &str| {
        let settings = format!("[release]\nname = \"1.4.0\"\nsign_off = [\"qa\"]\nchecklists = [{checklists}]\n");
        fs::write(place.path("watchfloor.toml"), settings).unwrap();
        place.run(&["gate"])
    };
    fs::write(place.path("done.md.record"), format!("{NOW} cy sign role=qa say=go .\n")).unwrap();
    assert_eq!(gate("\"done.md\"").0, 0);
    for (checklists, why) in [
        ("\"done.md\", \"qa/*.md\"", "no file matches `"),
        ("\"done.md\", \"done.md.rec*\"", "no file matches `"),
        ("\"done.md\", \"gone.md\"", "gone.md: there is no such file"),
        ("\"done.md\", \"empty.md\"", "it holds no step"),
        ("\"empty.md\"", "it holds no step"),
    ] {
        let (code, said) = gate(checklists);
        assert!(code == 4 && said.starts_with("COULD NOT JUDGE") && said.contains(why), "{checklists}: {code} {said}");
    }
    // Labels that block are of incidents: where no source tells of any, nobody knows.
    let labels = "[release]\nname = \"1.4.0\"\nchecklists = [\"done.md\"]\nblocker_labels = [\"release-blocker\"]\n";
    fs::write(place.path("watchfloor.toml"), labels).unwrap();
    let (code, said) = place.run(&["gate"]);
    assert!(code == 4 && said.contains("incidents: blocker_labels asks for them"), "{code} {said}");
    let (code, said) = gate("\"qa/*.md\"");
    assert!(code == 4 && said.contains("no file matches `") && said.contains("qa/*.md"), "{code} {said}");
}

#[test]
fn a_blank_ref_is_refused_and_not_taken_for_none() {
    let place = Place::new(&[("plan.md", "- [x] a\n")]);
    for blank in ["", " ", "\t", "\u{200b}"] {
        for words in [["gate", "--ref"], ["memo", "--ref"]] {
            let (code, said) = place.run(&[&words[..], &[blank, "--file", "plan.md"]].concat());
            assert!(code == 2 && said.contains("it is blank"), "{words:?} {blank:?}: {code} {said}");
        }
        let (code, said) = place.run(&["sign", "qa", "--commit", blank, "--file", "plan.md"]);
        assert!(code == 2 && said.contains("it is blank"), "{blank:?}: {code} {said}");
    }
    assert!(!place.path("plan.md.record").exists());
    assert_eq!(place.run(&["gate", "--ref", COMMIT, "--file", "plan.md"]).0, 0);
}

const UNMERGED: &str = "- [x] a\n<<<<<<< HEAD\n- [x] b\n=======\n- [x] c\n>>>>>>> side\n";

#[test]
fn a_merge_that_nobody_settled_is_judged_by_nobody_and_written_to_by_nobody() {
    let place = Place::new(&[("plan.md", UNMERGED), ("done.md", "- [x] a\n\n## T0\n\n1. b {#b}\n")]);
    let left = "is left of a merge: settle it first";
    let (code, said) = place.run(&["gate", "--file", "plan.md"]);
    assert!(code == 4 && said.contains(&format!("plan.md: line 2: `<<<<<<<` {left}")), "{code} {said}");
    // What is open on either side is open all the same.
    fs::write(place.path("open.md"), UNMERGED.replace("[x] c", "[ ] c")).unwrap();
    let (code, said) = place.run(&["gate", "--file", "open.md"]);
    assert!(code == 1 && said.contains("not done: c") && said.contains(left), "{code} {said}");
    let (code, said) = place.run(&["status", "--file", "plan.md"]);
    assert!(
        code == 0 && said.contains(&format!("line 2: `<<<<<<<` {left}")) && said.contains("3 of 3"),
        "{code} {said}"
    );
    for words in [vec!["untick", "L5"], vec!["untick", "L1"], vec!["toggle", "5"]] {
        let (code, said) = place.run(&[&words[..1], &["--file", "plan.md"], &words[1..]].concat());
        assert!(code == 1 && said.contains(&format!("line 2: `<<<<<<<` {left}")), "{words:?}: {code} {said}");
    }
    let (code, said) = place.run(&["sign", "qa", "--file", "plan.md"]);
    assert!(code == 1 && said.contains(&format!("plan.md: line 2: `<<<<<<<` {left}")), "{code} {said}");
    assert_eq!(place.read("plan.md"), UNMERGED);
    assert!(!place.path("plan.md.record").exists());
    // The same beside a plan that is whole.
    assert_eq!(place.run(&["sign", "qa", "--file", "done.md"]).0, 0);
    let record = place.read("done.md.record") + "=======\n";
    fs::write(place.path("done.md.record"), &record).unwrap();
    let (code, said) = place.run(&["gate", "--file", "done.md"]);
    assert!(code == 4 && said.contains(&format!("the record of done.md, line 3: `=======` {left}")), "{code} {said}");
    for words in [vec!["sign", "qa"], vec!["tick", "--steps", "all", "b"], vec!["decide", "go"]] {
        let (code, said) = place.run(&[&words[..], &["--file", "done.md"]].concat());
        assert!(code == 1 && said.contains(&format!("done.md.record: line 3: `=======` {left}")), "{code} {said}");
    }
    assert_eq!(place.read("done.md.record"), record);
}

#[test]
fn a_record_that_is_a_link_which_leads_nowhere_is_judged_by_nobody_and_not_written_through() {
    let place = Place::new(&[("plan.md", "- [x] a\n")]);
    std::os::unix::fs::symlink("elsewhere", place.path("plan.md.record")).unwrap();
    for (words, wanted) in [(["gate"].as_slice(), 4), (&["status"], 4), (&["sign", "qa"], 1)] {
        let (code, said) = place.run(&[words, &["--file", "plan.md"]].concat());
        assert!(code == wanted && said.contains("plan.md.record: it is a link that leads nowhere"), "{code} {said}");
    }
    assert!(!place.path("elsewhere").exists());
}

#[test]
fn a_decision_against_it_holds_the_release_until_somebody_decides_otherwise() {
    let place = Place::new(&[("plan.md", "- [x] a\n")]);
    let plan = ["--file", "plan.md"];
    let decide = |now: &str, what: &str| {
        let line = format!("{now} ana decide what=\"{what}\" reason=\"it crashes\" .\n");
        let record = fs::read_to_string(place.path("plan.md.record")).unwrap_or_default() + &line;
        fs::write(place.path("plan.md.record"), record).unwrap();
    };
    decide("2026-12-03T14:00:00Z", "no go");
    let (code, said) = place.run(&[&["gate"], &plan[..]].concat());
    let wanted = "NO GO  plan.md: 1 reason\n- ana decided no-go, 2026-12-03T14:00:00Z: it crashes\n";
    assert_eq!((code, said.as_str()), (1, wanted));
    decide("2026-12-03T14:10:00Z", "go");
    assert_eq!(place.run(&[&["gate"], &plan[..]].concat()).0, 0);
    decide("2026-12-03T14:20:00Z", "roll-back");
    assert_eq!(place.run(&[&["gate"], &plan[..]].concat()).0, 1);
    assert_eq!(place.run(&[&["decide", "go"], &plan[..]].concat()).0, 0);
    assert_eq!(place.run(&[&["gate"], &plan[..]].concat()).0, 0);
}

#[test]
fn an_entry_of_a_time_to_come_does_not_count_and_is_named() {
    let place = Place::new(&[("plan.md", "- [x] a\n")]);
    let settings = "[release]\nname = \"1.4.0\"\nsign_off = [\"qa\"]\nchecklists = [\"plan.md\"]\n";
    fs::write(place.path("watchfloor.toml"), settings).unwrap();
    let gate = |at: &str, say: &str| {
        fs::write(place.path("plan.md.record"), format!("{at} cy sign role=qa say={say} .\n")).unwrap();
        place.run(&["gate"])
    };
    assert_eq!(gate("2026-12-03T15:04:00Z", "go").0, 0, "clocks differ a little");
    let (code, said) = gate("2026-12-03T16:00:00Z", "go");
    assert!(code == 1 && said.contains("- qa has not signed off\n"), "{code} {said}");
    let why = "qa: go, by cy, is of 2026-12-03T16:00:00Z, later than now: it does not count; is a clock wrong?";
    assert!(said.contains(why), "{said}");
    // A veto that does not count yet is no go either.
    fs::write(place.path("watchfloor.toml"), settings.replace("sign_off = [\"qa\"]\n", "")).unwrap();
    let (code, said) = gate("2026-12-03T16:00:00Z", "veto");
    assert!(code == 4 && said.contains("plan.md: qa: veto, by cy, is of 2026-12-03T16:00:00Z"), "{code} {said}");
}

#[test]
fn a_tick_of_a_time_to_come_is_open_for_the_gate_and_everywhere_else() {
    let place = Place::new(&[("plan.md", "# R\n\n## T0\n\n1. Open the doors {#open}\n2. Tell everybody {#tell}\n")]);
    let settings = "[release]\nname = \"1.4.0\"\nsteps = \"all\"\nsign_off = [\"qa\"]\nchecklists = [\"plan.md\"]\n";
    fs::write(place.path("watchfloor.toml"), settings).unwrap();
    let record = "2026-12-03T14:00:00Z ana tick step=open text=\"Open the doors\" .\n\
                  2026-12-03T16:00:00Z ana tick step=tell text=\"Tell everybody\" .\n\
                  2026-12-03T16:00:00Z ana sign role=qa say=go .\n";
    fs::write(place.path("plan.md.record"), record).unwrap();
    let (code, said) = place.run(&["gate"]);
    assert!(code == 1 && said.contains("not done: Tell everybody") && said.contains("qa has not signed off"), "{said}");
    let why = "Tell everybody: done, by ana, is of 2026-12-03T16:00:00Z, later than now: it does not count";
    assert!(said.contains(why), "{said}");
    let (_, said) = place.run(&[]);
    assert!(said.contains("1 of 2") && !said.contains("2 of 2") && !said.contains("qa  go"), "{said}");
    let (_, said) = place.run(&["status", "--file", "plan.md", "--steps", "all"]);
    assert!(said.contains("1 of 2") && said.contains(why), "{said}");
    // Nor is it done already for whoever ticks it now.
    let (code, said) = place.run(&["tick", "tell", "--steps", "all", "--file", "plan.md"]);
    assert!(code == 0 && said.contains("2 of 2 done"), "{code} {said}");
}

#[test]
fn a_name_that_two_steps_have_is_nobodys() {
    let place = Place::new(&[("plan.md", "# R\n\n- [x] a {#x}\n- [ ] b {#x} (optional)\n- [x] c {#x}\n")]);
    let plan = ["--file", "plan.md"];
    let (code, said) = place.run(&[&["gate"], &plan[..]].concat());
    assert!(code == 4 && said.contains("plan.md: lines 3 and 5 are both called {#x}"), "{code} {said}");
    let (code, said) = place.run(&[&["status"], &plan[..]].concat());
    assert!(code == 0 && said.contains("lines 3 and 5 are both called {#x}: give each a name of its own"), "{said}");
    let before = place.read("plan.md");
    let (code, said) = place.run(&[&["untick", "x"], &plan[..]].concat());
    assert!(code == 2 && said.contains("lines 3 and 5 are both called {#x}") && said.contains("L3"), "{code} {said}");
    assert_eq!(place.read("plan.md"), before);
    assert_eq!(place.run(&[&["untick", "L5"], &plan[..]].concat()).0, 0);
}

#[test]
fn a_commit_that_is_none_and_a_freeze_that_is_not_there_are_refused() {
    let place = Place::new(&[("plan.md", "- [x] a\n"), ("other.md", "- [x] a\n")]);
    let settings = "[release]\nname = \"1.4.0\"\nchecklists = [\"plan.md\"]\n\n[[release.freeze]]\nname = \"holidays\"\n\
                    from = \"2026-12-20T00:00:00Z\"\nuntil = \"2027-01-04T00:00:00Z\"\n";
    fs::write(place.path("watchfloor.toml"), settings).unwrap();
    for commit in ["1a2b3c", "v1.4.0", "ok <b> \"q\" ."] {
        let (code, said) = place.run(&["sign", "qa", "--commit", commit, "--file", "plan.md"]);
        assert!(code == 2 && said.contains("is no commit"), "{commit}: {code} {said}");
    }
    let except = |freeze: &str, file: &str| place.run(&["except", freeze, "--reason", "agreed", "--file", file]);
    let (code, said) = except("hollidays", "plan.md");
    assert!(code == 2 && said.contains("no freeze is called `hollidays`"), "{code} {said}");
    assert!(said.contains("known freezes: holidays"), "{said}");
    assert!(!place.path("plan.md.record").exists());
    assert_eq!(except("Holidays", "plan.md").0, 0);
    assert_eq!(except("hollidays", "other.md").0, 0, "whose freezes hold for this plan is not known");
}

#[test]
fn a_role_a_job_and_an_announcement_that_nobody_knows_are_refused_with_those_that_are_known() {
    let place = Place::new(&[
        ("plan.md", "## T-1\n\n- [ ] Announce the window {#window}\n- [ ] b\n"),
        ("other.md", "- [x] a\n"),
    ]);
    let settings = "[release]\nname = \"1.4.0\"\nchecklists = [\"plan.md\"]\nsign_off = [\"legal\"]\n\n[[release.role]]\nname = \"qa\"\n\n\
                    [[release.announcement]]\nname = \"mail\"\nwhen = \"T-2\"\ntext = \"soon\"\n";
    fs::write(place.path("watchfloor.toml"), settings).unwrap();
    let run = |words: &[&str], file: &str| place.run(&[words, &["--file", file, "--reason", "agreed"]].concat());
    for (words, known) in [
        (["sign", "qqa"], "no role is called `qqa`\nhint: known roles: qa, legal"),
        (["waive", "perf"], "no job is called `perf`\nhint: the settings have no [[release.job]]"),
        (["announce", "zzz"], "no announcement is called `zzz`\nhint: known announcements: mail, Announce the window"),
        (["announce", "b"], "no announcement is called `b`"),
    ] {
        let (code, said) = run(&words, "plan.md");
        assert!(code == 2 && said.contains(known), "{words:?}: {code} {said}");
        assert!(!place.path("plan.md.record").exists(), "{words:?}: nothing is written");
        assert_eq!(run(&words, "other.md").0, 0, "{words:?}: whose plan that is nobody says");
    }
    for words in [["sign", "QA"], ["sign", "legal"], ["announce", "Mail"], ["announce", "L3"]] {
        let (code, said) = run(&words, "plan.md");
        assert!(code == 0, "{words:?}: {code} {said}");
    }
    let record = place.read("plan.md.record");
    assert!(record.contains("announced what=mail") && record.contains("announced what=window"), "{record}");
}

#[test]
fn a_record_of_a_later_version_is_judged_by_nobody_and_not_written_to() {
    let place = Place::new(&[("plan.md", "- [x] a\n")]);
    let record = "# watchfloor record 9: who knows\n2026-12-03T14:00:00Z ana sign role=qa say=go .\n";
    fs::write(place.path("plan.md.record"), record).unwrap();
    for (words, wanted) in [(["gate"].as_slice(), 4), (&["status"], 4), (&["sign", "qa"], 1)] {
        let (code, said) = place.run(&[words, &["--file", "plan.md"]].concat());
        assert!(
            code == wanted && said.contains("plan.md.record: line 1: it is a record of version 9"),
            "{code} {said}"
        );
    }
    assert_eq!(place.read("plan.md.record"), record);
}

#[test]
fn a_name_in_an_announcement_that_stands_for_nothing_is_told_by_the_check_of_the_settings() {
    let place = Place::new(&[("plan.md", "- [x] a\n")]);
    let settings = "[release]\nname = \"1.4.0\"\nchecklists = [\"plan.md\"]\n\n[[release.announcement]]\nname = \"mail\"\nwhen = \"T-2\"\n\
                    text = \"{release} of {nope}, { a } {} {day}\"\n";
    fs::write(place.path("watchfloor.toml"), settings).unwrap();
    let (code, said) = place.run(&[]);
    assert!(
        code == 3 && said.contains("{nope}") && said.contains("{release}, {day}, {time}, {zone}, {name}"),
        "{code} {said}"
    );
    fs::write(place.path("watchfloor.toml"), settings.replace("{nope}", "{zone}")).unwrap();
    let (code, said) = place.run(&[]);
    assert!(code != 3, "{code} {said}");
}

#[test]
fn a_step_that_nobody_ticked_and_whose_evidence_nobody_can_judge_is_not_known_to_be_open() {
    let place = Place::new(&[("plan.md", "- [ ] CI is green {#ci}\n- [x] b\n")]);
    let settings = "[release]\nname = \"1.4.0\"\nchecklists = [\"plan.md\"]\n\n[[release.evidence]]\nstep = \"ci\"\n\
                    checks = \"acme/api@main\"\njob = \"CI\"\n";
    fs::write(place.path("watchfloor.toml"), settings).unwrap();
    let (code, said) = place.run(&["gate"]);
    assert!(code == 4 && said.contains("evidence of \"CI is green\"") && !said.contains("not done"), "{code} {said}");
    // What is known to be open is a no, whatever else is not known.
    let more = "\n[[release.evidence]]\nstep = \"ci\"\nfile = \"gone.txt\"\n";
    fs::write(place.path("watchfloor.toml"), format!("{settings}{more}")).unwrap();
    let (code, said) = place.run(&["gate"]);
    assert!(code == 1 && said.contains("not done: CI is green"), "{code} {said}");
    fs::write(place.path("watchfloor.toml"), settings).unwrap();
    fs::write(place.path("plan.md"), "- [ ] CI is green {#ci}\n- [ ] b\n").unwrap();
    let (code, said) = place.run(&["gate"]);
    assert!(code == 1 && said.contains("not done: b") && !said.contains("not done: CI"), "{code} {said}");
}
