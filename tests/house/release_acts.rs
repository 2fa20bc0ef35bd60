//! What is put on the record beside a plan by command: each with its line, its exit code, and what programs read of it.

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;

const NOW: &str = "2026-12-03T15:00:00Z";
const COMMIT: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f80912345678";

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.0.path().join("plan.md"), "# R\n\n## T0\n\n- [x] one\n").unwrap();
        place
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.env_clear().current_dir(self.0.path()).env("HOME", self.0.path()).env("WATCHFLOOR_USER", "ana");
        let output = command.args(["--now", NOW, "release"]).args(words).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.run(&[words, &["--file", "plan.md", "--json"]].concat()).1).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.0.path().join("plan.md.record")).unwrap_or_default();
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }
}

#[test]
fn each_act_is_a_line_on_record_that_names_who_when_and_why() {
    let place = Place::new();
    for (words, said, line) in [
        (
            vec!["waive", "--reason", "known flake, issue 12", "perf"],
            "on record: waived: perf, by ana\n",
            "waive what=perf reason=\"known flake, issue 12\" .",
        ),
        (
            vec!["decide", "--reason", "sync is broken", "roll-back"],
            "on record: decided: roll-back, by ana\n",
            "decide what=roll-back reason=\"sync is broken\" .",
        ),
        (vec!["announce", "T-5 mail"], "on record: announced: T-5 mail, by ana\n", "announced what=\"T-5 mail\" ."),
        (
            vec!["except", "--by", "bo", "--reason", "the board agreed", "holidays"],
            "on record: exception from the freeze holidays, by bo\n",
            "except freeze=holidays reason=\"the board agreed\" .",
        ),
    ] {
        let (code, out, err) = place.run(&[words.as_slice(), &["--file", "plan.md"]].concat());
        assert_eq!((code, out.as_str(), err.as_str()), (0, said, ""));
        let by = if words.contains(&"bo") { "bo" } else { "ana" };
        assert_eq!(place.lines().last().unwrap(), &format!("{NOW} {by} {line}"));
    }
    assert_eq!(place.json(&["status"])["plan"]["entries"], 4);
    let memo = place.json(&["memo"]);
    let decisions = memo["memo"]["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 1, "{memo}");
    assert_eq!((&decisions[0]["by"], &decisions[0]["at"]), (&"ana".into(), &NOW.into()));
}

#[test]
fn what_counts_only_with_a_reason_is_refused_without_one_and_so_is_what_names_nothing() {
    let place = Place::new();
    let need: [&[&str]; 6] = [
        &["waive", "perf"],
        &["except", "holidays"],
        &["decide", "roll-back"],
        &["decide", "stay"],
        &["decide", "no-go"],
        &["sign", "--veto", "qa"],
    ];
    for words in need {
        for reason in [&[][..], &["--reason", " "][..]] {
            let (code, out, err) = place.run(&[words, &["--file", "plan.md"][..], reason].concat());
            assert_eq!((code, out.as_str()), (2, ""), "{words:?}");
            assert!(err.contains("it counts only with a reason"), "{err}");
        }
    }
    for words in [["announce", "\u{fe00}"], ["decide", " "], ["sign", "\u{200b}"]] {
        let (code, _, err) = place.run(&[&words, &["--file", "plan.md"][..]].concat());
        assert!(code == 2 && err.contains("a name is blank"), "{words:?}: {code} {err}");
    }
    let (code, _, err) = place.run(&["decide", "--file", "gone.md", "go"]);
    assert!(code == 1 && err.contains("nothing was written"), "{code} {err}");
    assert_eq!(place.lines(), [""; 0]);
}

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_word_on_the_release_without_a_commit_is_of_the_one_that_is_checked_out_and_says_so() {
    let place = Place::new();
    assert_eq!(place.run(&["sign", "--file", "plan.md", "qa"]).1, "on record: qa: go, by ana\n");
    assert_eq!(place.lines(), [format!("{NOW} ana sign role=qa say=go .")]);
    put(place.0.path(), ".git/HEAD", "ref: refs/heads/main\n");
    put(place.0.path(), ".git/packed-refs", &format!("{COMMIT} refs/heads/main\n"));
    let said = format!("on record: qa: go, by ana, of the commit {COMMIT} that is checked out here\n");
    assert_eq!(place.run(&["sign", "--file", "plan.md", "qa"]).1, said);
    let said = "on record: qa: veto, by ana\n";
    assert_eq!(
        place.run(&["sign", "--veto", "--file", "plan.md", "--commit", "ffffffff", "--reason", "x", "qa"]).1,
        said
    );
    // What is no word on the release is of no commit unless one is named.
    place.run(&["announce", "--file", "plan.md", "mail"]);
    let lines = place.lines();
    assert_eq!(lines[1], format!("{NOW} ana sign role=qa say=go commit={COMMIT} ."));
    assert_eq!(lines[2], format!("{NOW} ana sign role=qa say=veto commit=ffffffff reason=x ."));
    assert_eq!(lines[3], format!("{NOW} ana announced what=mail ."));
}
