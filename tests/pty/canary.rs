//! A token that is easy to find again: it is in nothing that the program writes, hands on, or sends to a stranger.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use crate::terminal::{PROGRAM, Start};

const CANARY: &str = "ghp_c4n4ryc4n4ryc4n4ryc4n4ryc4n4ry";

/// A host that writes down every request, and answers by a script: what is asked for and the whole head in, answer out.
struct Host {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Host {
    fn start(script: impl Fn(&str, &str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (script, log) = (Arc::new(script), Arc::clone(&heads));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                thread::spawn(move || serve(stream, &*script, &log));
            }
        });
        Self { url, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, script: &dyn Fn(&str, &str) -> String, log: &Mutex<Vec<String>>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    log.lock().unwrap().push(head.clone());
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    drop(stream.write_all(script(&target, &head).as_bytes()));
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

/// A host that tries to have the token sent elsewhere and said back.
fn tempter(stranger: &str) -> Host {
    let stranger = stranger.to_owned();
    Host::start(move |target, head| {
        let issue = r#"{"number": 1, "title": "the burning one", "state": "open", "labels": [{"name": "P0"}], "comments": 0,
            "created_at": "2026-11-20T01:00:00Z", "updated_at": "2026-11-20T02:00:00Z",
            "html_url": "http://127.0.0.1:1/o/r/issues/1", "user": {"login": "casey"}}"#;
        let repository = |n: u64, name: &str| {
            answer(200, "", &format!(r#"{{"id": {n}, "name": "{name}", "full_name": "o/{name}", "archived": false}}"#))
        };
        let away = format!("link: <{stranger}/next>; rel=\"next\"\r\n");
        if target == "/repos/o/r" {
            repository(1, "r")
        } else if target == "/repos/o/link" {
            repository(2, "link")
        } else if target.starts_with("/repos/o/r/issues?") {
            answer(200, "", &format!("[{issue}]"))
        } else if target == "/repos/o/r/issues/1" {
            answer(200, "", issue)
        } else if target.starts_with("/repos/o/link/issues?") {
            answer(200, &away, "[]")
        } else if target.starts_with("/repos/o/r/issues/1/timeline") {
            answer(302, &format!("location: {stranger}/moved\r\n"), "")
        } else if target.starts_with("/rate_limit") {
            answer(200, "x-oauth-scopes: repo\r\n", "{}")
        } else if target.starts_with("/repos/o/echo") {
            let said = head.lines().find(|line| line.to_lowercase().starts_with("authorization")).unwrap_or_default();
            answer(403, "", &format!(r#"{{"message": "you sent {said}"}}"#))
        } else {
            answer(404, "", r#"{"message": "Not Found"}"#)
        }
    })
}

struct Scene {
    host: Host,
    stranger: Host,
}

impl Scene {
    fn new() -> Self {
        let stranger = Host::start(|_, _| answer(200, "", "[]"));
        Self { host: tempter(&stranger.url), stranger }
    }

    /// Writes the settings and returns their place; `way` says where the token comes from.
    fn settings(&self, folder: &Path, way: &str) -> PathBuf {
        let path = folder.join("own.toml");
        let (host, stranger) = (&self.host.url, &self.stranger.url);
        let text = format!(
            "[[github]]\napi_url = \"{host}\"\nrepos = [\"o/r\", \"o/link\", \"o/echo\"]\nalerts = true\nnotifications = true\n\
             refs = [\"o/r@main\"]\n{way}\n[[github]]\nname = \"stranger\"\napi_url = \"{stranger}\"\nrepos = [\"o/x\"]\n"
        );
        fs::write(&path, text).unwrap();
        fs::create_dir_all(folder.join("tmp")).unwrap();
        path
    }

    /// The token went where it belongs, and nowhere else.
    fn assert_only_at_home(&self) {
        let with_token = |heads: Vec<String>| heads.iter().filter(|head| head.contains(CANARY)).count();
        assert!(0 < with_token(self.host.heads()), "the token was never used: this test shows nothing");
        assert_eq!(with_token(self.stranger.heads()), 0);
        assert!(self.stranger.heads().iter().all(|head| !head.to_lowercase().contains("authorization")));
    }
}

fn assert_clean(what: &str, bytes: &[u8]) {
    let is_there = bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes());
    assert!(!is_there, "{what} shows the token:\n{}", String::from_utf8_lossy(bytes));
}

/// Looks through every file of a folder but the ones that are allowed to hold it; says how many it read.
fn assert_clean_folder(folder: &Path, allowed: &[&Path]) -> usize {
    let mut n_read = 0;
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            n_read += assert_clean_folder(&path, allowed);
        } else if path.is_file() && !allowed.contains(&path.as_path()) {
            assert_clean(&path.to_string_lossy(), &fs::read(&path).unwrap());
            n_read += 1;
        }
    }
    n_read
}

/// No process of the machine has it among its arguments.
fn assert_no_argument() {
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        if let Ok(arguments) = fs::read(entry.path().join("cmdline")) {
            assert_clean("an argument", &arguments);
        }
    }
}

fn script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn commands_show_the_token_to_nobody() {
    let (scene, folder) = (Scene::new(), tempfile::tempdir().unwrap());
    let home = folder.path();
    let settings = scene.settings(home, "");
    let settings = settings.to_str().unwrap();
    for words in [
        &["status"][..],
        &["status", "--json"],
        &["queue", "--json"],
        &["sla", "status"],
        &["incident", "o/r#1"],
        &["doctor"],
        &["doctor", "--json"],
        &["config", "check"],
        &["check", "all"],
    ] {
        let mut command = Command::new(PROGRAM);
        command.args(["--config", settings]).args(words).env_clear().current_dir(home);
        command.env("HOME", home).env("TMPDIR", home.join("tmp")).env("GITHUB_TOKEN", CANARY).env("RUST_LOG", "trace");
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(!said.is_empty(), "{words:?} says nothing");
        assert_clean(&words.join(" "), &said);
    }
    assert!(1 < assert_clean_folder(home, &[]), "no state was written: this test shows nothing");
    scene.assert_only_at_home();
}

#[test]
fn doctor_says_where_the_token_came_from_and_what_it_lacks() {
    let (scene, folder) = (Scene::new(), tempfile::tempdir().unwrap());
    let home = folder.path();
    let program = home.join("token.sh");
    script(&program, &format!("#!/bin/sh\nenv > {}/seen.txt\necho {CANARY}\n", home.display()));
    let settings = scene.settings(home, &format!("token_command = [\"{}\"]", program.display()));
    let mut command = Command::new(PROGRAM);
    command.arg("--config").arg(&settings).arg("doctor").env_clear().current_dir(home);
    command
        .env("HOME", home)
        .env("TMPDIR", home.join("tmp"))
        .env("GITHUB_TOKEN", "another")
        .env("PATH", "/usr/bin:/bin");
    let output = command.output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_clean("doctor", said.as_bytes());
    for line in ["from token_command", "classic, with repo", "the inbox needs a classic token", "not the first host"] {
        assert!(said.contains(line), "{line}:\n{said}");
    }
    // The program that prints the token sees no other one.
    let seen = fs::read_to_string(home.join("seen.txt")).unwrap();
    assert!(seen.contains("HOME=") && !seen.contains("another"), "{seen}");
    assert_clean_folder(home, &[&program]);
    scene.assert_only_at_home();
}

#[test]
fn the_console_shows_the_token_to_nobody_and_hands_it_to_no_child() {
    let scene = Scene::new();
    let start = Start::new(&["--config", "own.toml"]).size(120, 40);
    let home = start.folder().to_path_buf();
    scene.settings(&home, "");
    let (browser, seen) = (home.join("browser.sh"), home.join("seen.txt"));
    script(&browser, &format!("#!/bin/sh\nenv > {0}.part\nmv {0}.part {0}\nsleep 1\n", seen.display()));
    let tmp = home.join("tmp");
    let mut run = start
        .env("GITHUB_TOKEN", CANARY)
        .env("BROWSER", browser.to_str().unwrap())
        .env("TMPDIR", tmp.to_str().unwrap())
        .run();
    run.sees("the burning one").keys("o");
    let begun = Instant::now();
    while !seen.exists() && begun.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(20));
    }
    assert_no_argument();
    assert!(fs::read_to_string(&seen).unwrap().contains("HOME="), "the browser was never run");
    run.keys("i").sees("Sources").keys("\x03");
    assert_eq!(run.end(), 0);
    assert_clean("the console", run.raw());
    assert!(1 < assert_clean_folder(&home, &[]));
    scene.assert_only_at_home();
}

#[test]
fn a_crash_shows_the_token_to_nobody() {
    let scene = Scene::new();
    let start = Start::new(&["--config", "own.toml"]);
    let home = start.folder().to_path_buf();
    scene.settings(&home, "");
    let tmp = home.join("tmp");
    let mut run = start
        .env("GITHUB_TOKEN", CANARY)
        .env("WATCHFLOOR_DRILL", "panic")
        .env("RUST_BACKTRACE", "full")
        .env("TMPDIR", tmp.to_str().unwrap())
        .run();
    assert_eq!(run.end(), 70);
    assert_clean("the last words", run.raw());
    let reports = fs::read_dir(&tmp).unwrap().flatten().filter(|entry| entry.path().is_file()).count();
    assert!(0 < reports, "no report was written: this test shows nothing");
    assert_clean_folder(&home, &[]);
}

#[test]
fn the_process_leaves_no_core_and_no_look_into_its_memory() {
    let mut run = Start::demo().run();
    run.sees_all_panes();
    let pid = run.pid().as_raw_nonzero();
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(cores.split_whitespace().nth(4), Some("0"), "{cores}");
    if rustix::process::geteuid().is_root() {
        println!("left out: that the memory is nobody's to look into (root may look into everything)");
    } else {
        assert!(fs::read(format!("/proc/{pid}/environ")).is_err());
    }
    run.keys("q");
    run.end();
}
