//! Everything from outside is against us: titles, labels, logins, bodies, names, lines and file names.
//!
//! Judged by the raw bytes, since what a terminal shows afterwards says nothing of what it was told to do.

use std::{
    fmt::Write as _,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::json;

use crate::{
    sieve,
    terminal::{NOW, PROGRAM, Start},
};

/// What no terminal should get.
const HOSTILE: [&str; 24] = [
    "\u{1b}]0;forged\u{7}title",
    "\u{1b}[2J\u{1b}[31mcleared",
    "\u{9b}2Jcleared \u{9d}0;forged\u{9c}",
    "\u{1b}[6n\u{1b}[c\u{1b}]11;?\u{7}asked",
    "\u{1b}P+q544e\u{1b}\\device",
    "\u{1b}]52;c;ZWNobyBmb3JnZWQ=\u{7}clipboard",
    "\u{1b}]8;;http://forged.example\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}[?1049l\u{1b}[?25h\u{1b}c left",
    "\u{1b}(0lqqk\u{e}\u{f}shifted",
    "\u{202e}txt.exe\u{202c} reversed",
    "\u{2066}isolated\u{2069}\u{200f}\u{61c}",
    "zero\u{200b}\u{200d}\u{feff}\u{2060}width",
    "two\nrows\r\nthree\rrows\u{2028}four\u{2029}five",
    "tabs\tand\u{b}vertical\u{c}feed",
    "back\u{8}\u{8}\u{8}\u{8}spaced\u{7f}deleted",
    "\u{0}nul\u{1}\u{2}\u{3}\u{4}",
    "\u{e0041}\u{e007f}tags \u{fff9}note\u{fffb}",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦 family 🇩🇪 flag ❤\u{fe0f}",
    "日本語のとても長い題名はここで切られるべきです全角",
    "-- ../../../../etc/passwd $(touch forged) `touch forged` %s%n",
    "<script>alert(1)</script> ![x](https://forged.example/x.png) [y](javascript:forged)",
    "=cmd|' /C calc'!A0",
    "مرحبا بالعالم שלום",
    "\u{301}\u{301}\u{301}starts with marks",
];

/// The built-in strings, a long one, one of a million stacked marks, and the list of naughty strings where it is at hand.
fn strings() -> Vec<String> {
    let mut all: Vec<String> = HOSTILE.iter().map(|&s| s.to_owned()).collect();
    all.push(format!("zalgo{}", "\u{301}\u{489}".repeat(250_000)));
    all.push("\u{1b}[2J long ".repeat(10_000));
    match std::env::var_os("WATCHFLOOR_DATA") {
        Some(data) => {
            let listed = fs::read(Path::new(&data).join("conformance/blns.json")).unwrap();
            all.extend(serde_json::from_slice::<Vec<String>>(&listed).unwrap());
        }
        None => println!("left out: the list of naughty strings, since WATCHFLOOR_DATA is not set"),
    }
    all
}

/// One issue for every string, which stands wherever the world may write.
fn history(strings: &[String]) -> String {
    let mut lines = String::new();
    for (n, text) in strings.iter().enumerate() {
        let user = json!({ "login": text, "type": "User" });
        let label = ["P0", "P1", "P2", "P3"][n % 4];
        let at = format!("2026-11-{:02}T{:02}:00:00Z", 1 + n % 19, n % 24);
        let line = json!({
            "type": "issue",
            "issue": {
                "number": n + 1,
                "title": text,
                "body": format!("# {text}\n\n- [ ] {text}\n\n```\n{text}\n```\n\n> {text}\n\n| a | {text} |\n|---|---|\n| b | c |\n"),
                "user": user,
                "labels": [{ "name": label }, { "name": text }],
                "assignees": [user],
                "created_at": at,
                "updated_at": at,
                "state": "open",
                "html_url": format!("https://github.com/acme/api/issues/{}", n + 1),
                "repository_url": "https://api.github.com/repos/acme/api",
            },
            "events": [
                { "event": "labeled", "created_at": at, "actor": user, "label": { "name": text } },
                { "event": "assigned", "created_at": at, "actor": user, "assignee": user },
                { "event": "commented", "created_at": at, "user": user, "body": text },
            ],
        });
        writeln!(lines, "{line}").unwrap();
    }
    lines.push_str("{\"type\":\"issue\",\"issue\":\"\u{9b}2J broken \\u001b[2J\n");
    lines
}

fn quoted(text: &str) -> String {
    // A JSON string is a TOML string but for DEL.
    json!(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A folder in which everything is hostile.
fn folder(at: &Path) -> PathBuf {
    let strings = strings();
    fs::write(at.join("issues.jsonl"), history(&strings)).unwrap();
    let short: Vec<&String> = strings.iter().filter(|s| s.len() < 400 && !s.trim().is_empty()).collect();

    let metrics = at.join("metrics");
    fs::create_dir(&metrics).unwrap();
    let series = "timestamp,value\n2026-11-20T03:00:00Z,1\n2026-11-20T03:05:00Z,nan\u{1b}[2J\n2026-11-20T03:11:00Z,3\n";
    let names = ["\u{1b}]0;forged\u{7}\u{1b}[2J.csv", "\u{202e}fdp.\u{9b}2J.csv", "two\nrows.csv"];
    for name in names {
        fs::write(metrics.join(name), series).unwrap();
    }
    fs::write(metrics.join(std::ffi::OsStr::from_bytes(b"no utf8 \xff\x1b[2J.csv")), series).unwrap();

    let mut list = String::from("# \u{1b}]0;forged\u{7} phase \u{202e}\n\n");
    for text in &short {
        writeln!(list, "- [ ] {text} T-1 @{text}\n- [x] {text}\n\n## {text}\n").unwrap();
    }
    fs::write(at.join("release \u{1b}[2J\u{202e} checklist.md"), list).unwrap();

    let mut roster = String::from("zone = \"Europe/Berlin\"\n");
    for (n, text) in short.iter().take(24).enumerate() {
        let (id, name) = (quoted(&format!("{n}{text}")), quoted(text));
        writeln!(roster, "[[person]]\nid = {id}\nname = {name}\nlogin = {name}\nreach = {name}").unwrap();
    }
    for (n, text) in short.iter().take(6).enumerate() {
        let (id, name) = (quoted(&format!("{n}{text}")), quoted(&format!("{n} {text}")));
        writeln!(roster, "[[schedule]]\nname = {name}\n[[schedule.layer]]\nname = {name}\nanchor = 2026-01-05")
            .unwrap();
        writeln!(roster, "shift = \"1 day\"\npeople = [{id}]\n[[schedule.override]]\npeople = [{id}]").unwrap();
        writeln!(roster, "from = 2026-11-20T00:00:00\nto = 2026-11-21T00:00:00\nnote = {name}").unwrap();
    }
    fs::write(at.join("oncall.toml"), roster).unwrap();

    let mut settings = format!("team = {}\n[roster]\nfile = \"oncall.toml\"\n", quoted(HOSTILE[0]));
    settings.push_str("[[source]]\nkind = \"history\"\npath = \"issues.jsonl\"\nrepository = \"acme/api\"\n");
    writeln!(
        settings,
        "name = {}\n[[source]]\nkind = \"history\"\npath = \"none\\u001B[2J.jsonl\"",
        quoted(HOSTILE[1])
    )
    .unwrap();
    writeln!(settings, "[release]\nname = {}\nday = \"2026-11-22\"\nchecklists = [\"*.md\"]", quoted(HOSTILE[2]))
        .unwrap();
    writeln!(settings, "sign_off = [{}]", quoted(HOSTILE[9])).unwrap();
    for (n, text) in short.iter().take(20).enumerate() {
        let name = quoted(&format!("{n} {text}"));
        writeln!(settings, "[[signal]]\nname = {name}\nunit = {}\nfile = \"metrics/*.csv\"\nabove = 2", quoted(text))
            .unwrap();
    }
    let path = at.join("watchfloor.toml");
    fs::write(&path, settings).unwrap();
    path
}

/// Everywhere a person can look.
fn walk() -> Vec<String> {
    let mut keys: Vec<String> = ["i", "jjj", "\x1b", "?", "esc\u{1b}"].iter().map(|&k| k.to_owned()).collect();
    for pane in 1..=5 {
        // To the pane, down its rows, then alone on the screen, and back.
        for step in [&pane.to_string(), "jjj", "G", "g", "+", "jjjj", "\x04", "G", "_"] {
            keys.push((*step).to_owned());
        }
    }
    // Every row of the list once, alone on the screen.
    keys.extend(["1", "g+p"].map(str::to_owned));
    keys.extend(std::iter::repeat_n("\x04".to_owned(), 40));
    keys.push("g".to_owned());
    for _ in 0..40 {
        for step in ["\r", "\x04", "G", "\x1b", "j"] {
            keys.push(step.to_owned());
        }
    }
    for step in [
        "/forged",
        "\r",
        "\x1b",
        "/\x1b[200~\u{9b}2J\x1b]0;forged\x07\u{202e}x\x1b[201~",
        "\r",
        "\x1b",
        "u",
        "u",
        "a",
        "y",
        "Y",
        "T",
        "T",
    ] {
        keys.push(step.to_owned());
    }
    keys.extend(["4", " ", "4", "1", "_", "r"].map(str::to_owned));
    keys
}

#[test]
fn nothing_but_text_reaches_the_terminal() {
    for (columns, rows) in [(120, 40), (80, 24), (200, 60)] {
        let start = Start::new(&["--now", NOW]).size(columns, rows);
        folder(start.folder());
        let mut run = start.run();
        run.sees_all_panes().sees("forged");
        run.until("the files", |screen| !screen.contents().contains("reading"));
        for keys in walk() {
            run.keys(&keys).quiet(Duration::from_millis(20));
            assert_eq!(run.ended(), None, "it ended after {keys:?}");
        }
        run.keys("\x1b\x1b").quiet(Duration::from_millis(200));
        assert_eq!(run.keys("q").end(), 0);
        let drawn = String::from_utf8_lossy(run.raw()).matches('␛').count();
        assert!(drawn > 100, "only {drawn} escapes were drawn as pictures: the walk saw too little");
        let found = sieve::leftovers(run.raw(), true);
        assert!(found.is_empty(), "{} at {columns}x{rows}, such as {:#?}", found.len(), &found[..found.len().min(12)]);
        run.assert_given_back();
    }
}

#[test]
fn nothing_but_text_is_printed() {
    let home = tempfile::tempdir().unwrap();
    folder(home.path());
    for command in ["status", "queue", "sla", "oncall", "release", "metrics", "doctor"] {
        for json in [false, true] {
            let mut program = Command::new(PROGRAM);
            program.arg(command).args(["--now", NOW]).current_dir(home.path()).env("HOME", home.path());
            if json {
                program.arg("--json");
            }
            let output = program.output().unwrap();
            let code = output.status.code();
            assert!(
                matches!(code, Some(0 | 1 | 4)),
                "{command}: {code:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            for bytes in [&output.stdout, &output.stderr] {
                let text = std::str::from_utf8(bytes).unwrap();
                let found: Vec<_> =
                    text.chars().filter(|c| *c != '\n' && (sieve::is_forbidden(*c) || c.is_control())).collect();
                assert!(found.is_empty(), "{command}: {found:?}");
            }
        }
    }
}

#[test]
fn a_hostile_settings_file_is_reported_in_plain_text() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("bad \u{1b}[2J\u{202e}.toml");
    let lines: Vec<String> = HOSTILE.iter().map(|text| format!("{} = {}", quoted(text), quoted(text))).collect();
    fs::write(&path, lines.join("\n")).unwrap();
    let output = Command::new(PROGRAM).arg("--config").arg(&path).args(["config", "check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let words = String::from_utf8(output.stderr).unwrap();
    let found: Vec<_> = words.chars().filter(|c| *c != '\n' && (sieve::is_forbidden(*c) || c.is_control())).collect();
    assert!(found.is_empty() && words.contains("forged"), "{found:?} in {words}");
}
