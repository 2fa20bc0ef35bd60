//! The scenarios, and their table.

use std::{
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use watchfloor::{
    domain::zone::Zone,
    shell::{clock::Clock, feeds::metric::MetricFile},
    source::metrics::shape::Hint,
};

use crate::{
    child,
    scene::{Row, Scene, table, wait_for},
};

fn append() -> Row {
    let mut s = Scene::new();
    for _ in 0..5 {
        s.append(200);
        s.look();
    }
    s.done("41", "append", "")
}

fn rename() -> Row {
    let mut s = Scene::new();
    s.append(100);
    s.look();
    s.append(50);
    let old = s.beside("app.csv.1");
    fs::rename(&s.path, &old).unwrap();
    s.write_new(30);
    s.look();
    let late = s.lines(7);
    s.append_to(&old, late.as_bytes());
    s.append(10);
    s.look();
    s.done("37", "rename rotation, unread lines, late writes to the old file", "")
}

fn copytruncate(fault: &'static str, what: &'static str, again: u64) -> Row {
    let mut s = Scene::new();
    s.append(100);
    s.look();
    // Written after our last look, before the copy.
    s.append(40);
    fs::copy(&s.path, s.beside("app.csv.1")).unwrap();
    let lines = s.lines(again);
    fs::write(&s.path, lines).unwrap();
    s.look();
    s.append(5);
    s.look();
    s.done(fault, what, "rest found in the copy")
}

fn cut_without_copy() -> Row {
    let mut s = Scene::new();
    s.append(100);
    s.look();
    s.append(40);
    s.write_new(20);
    s.look();
    assert_eq!(s.gaps.len(), 1, "lines that nobody can read are said");
    s.done("38", "cut without a copy, 40 lines unread (impossible)", "")
}

fn recreate() -> Row {
    let mut s = Scene::new();
    s.append(100);
    s.look();
    s.append(10);
    fs::remove_file(&s.path).unwrap();
    s.write_new(200);
    s.look();
    s.done("39", "deleted with 10 lines unread, made anew", "the handle was kept")
}

fn same_first_lines() -> Row {
    let mut s = Scene::new();
    let first = "time,value\n".to_owned() + &"1700000000,0\n".repeat(20);
    let rest = s.lines(100);
    fs::write(&s.path, first.clone() + rest.split_once('\n').unwrap().1).unwrap();
    s.look();
    s.seen.retain(|id| *id != 0);
    fs::rename(&s.path, s.beside("app.csv.1")).unwrap();
    let rest = s.lines(100);
    fs::write(&s.path, first + &rest).unwrap();
    s.look();
    s.seen.retain(|id| *id != 0);
    s.seen.push(0);
    let mut row = s.done("40", "same first lines in the new file", "");
    // `tail` counts the twenty equal ones as one doubled line.
    row.tail = row.tail.map(|(lost, doubled)| (lost, doubled.saturating_sub(1)));
    row
}

fn partial() -> Row {
    let mut s = Scene::new();
    for _ in 0..10 {
        let line = s.lines(1);
        let (one, other) = line.split_at(line.len() - 2);
        let path = s.path.clone();
        s.append_to(&path, one.as_bytes());
        s.look();
        s.append_to(&path, other.as_bytes());
    }
    s.look();
    let path = s.path.clone();
    let last = s.lines(1);
    s.append_to(&path, last.trim_end().as_bytes());
    s.ahead = TimeDelta::seconds(90);
    s.done("41", "lines written in halves; a last one without its end", "taken once nobody has written for 60 s")
}

fn huge_line() -> Row {
    let mut s = Scene::new();
    s.append(10);
    let path = s.path.clone();
    s.append_to(&path, &[b'x'; 20 << 20]);
    s.append_to(&path, b"\n");
    s.append(10);
    s.look();
    assert_eq!(s.n_bad, 1);
    s.done("42", "a line of 20 MB between others", "skipped, counted")
}

fn nul_block() -> Row {
    let mut s = Scene::new();
    s.append(50);
    s.look();
    // The writer goes on at its old offset after the file was cut: NUL bytes stand before.
    let at = fs::metadata(&s.path).unwrap().len();
    let mut writer = fs::OpenOptions::new().write(true).open(&s.path).unwrap();
    writer.set_len(0).unwrap();
    let lines = s.lines(30);
    writer.seek(SeekFrom::Start(at)).unwrap();
    writer.write_all(format!("\n{lines}").as_bytes()).unwrap();
    s.look();
    assert!(s.n_bad >= 1, "the block is counted");
    s.done("43", "cut under a writer that goes on at its offset: NUL head", "skipped, counted")
}

fn odd_bytes() -> Row {
    let mut s = Scene::at("app.csv", false);
    let lines = s.lines(20).replace('\n', "\r\n");
    fs::write(&s.path, format!("\u{feff}time,value\r\n{lines}")).unwrap();
    let path = s.path.clone();
    s.append_to(&path, b"1700000000,\xff\xfe\n");
    s.look();
    assert_eq!(s.n_bad, 1);
    s.done("44", "byte-order mark, CRLF, a line that is not UTF-8", "UTF-16, gzip, binary: refused as a whole")
}

fn disorder() -> Row {
    let mut s = Scene::new();
    let mut lines: Vec<String> = s.lines(40).lines().map(str::to_owned).collect();
    lines.reverse();
    lines[3] = lines[3].replace("1700000000", "4000000000");
    let path = s.path.clone();
    s.append_to(&path, (lines.join("\n") + "\n").as_bytes());
    s.look();
    s.done("46", "stamps backwards, equal, in the future", "all handed on; the newest by stamp is shown")
}

fn late_file() -> Row {
    let mut s = Scene::at("app.csv", false);
    s.look();
    assert!(s.last_error.is_some());
    s.write_new(30);
    s.look();
    s.done("47", "missing at the start, comes later", "said until then")
}

fn folder_gone() -> Row {
    let mut s = Scene::at("logs/app.csv", false);
    let folder = s.beside("logs");
    fs::create_dir(&folder).unwrap();
    s.write_new(30);
    s.look();
    s.append(5);
    fs::remove_dir_all(&folder).unwrap();
    s.look();
    fs::create_dir(&folder).unwrap();
    s.write_new(30);
    s.look();
    s.done("49", "folder removed with 5 lines unread, and back", "")
}

fn link_switched() -> Row {
    let mut s = Scene::at("app.csv", false);
    let (one, other) = (s.beside("one.csv"), s.beside("other.csv"));
    for path in [&one, &other] {
        let lines = s.lines(40);
        s.append_to(path, format!("time,value\n{lines}").as_bytes());
    }
    symlink(&one, &s.path).unwrap();
    s.look();
    let late = s.lines(3);
    s.append_to(&one, late.as_bytes());
    fs::remove_file(&s.path).unwrap();
    symlink(&other, &s.path).unwrap();
    s.look();
    s.done("49", "symbolic link switched with 3 lines unread", "")
}

fn at_once() -> Row {
    let mut s = Scene::new();
    s.append(9_000);
    let begun = Instant::now();
    s.look();
    let took = begun.elapsed().as_millis().saturating_sub(250);
    s.done("52", "9,000 lines at once", &format!("{took} ms in a debug build"))
}

#[test]
fn no_line_is_lost_or_doubled_where_that_is_possible() {
    let rows = [
        append(),
        rename(),
        copytruncate("38", "copytruncate, 40 lines unread, regrown less", 20),
        copytruncate("38", "copytruncate, 40 lines unread, regrown past the old size", 400),
        cut_without_copy(),
        recreate(),
        same_first_lines(),
        partial(),
        huge_line(),
        nul_block(),
        odd_bytes(),
        disorder(),
        late_file(),
        folder_gone(),
        link_switched(),
        at_once(),
    ];
    println!("{}", table(&rows));
    for row in &rows {
        let possible = if row.what.contains("(impossible)") { 40 } else { 0 };
        assert_eq!(row.ours, (possible, 0), "{}", row.what);
    }
}

fn state_for(uid: Option<u32>) -> tempfile::TempDir {
    let state = tempfile::tempdir().unwrap();
    if let Some(uid) = uid {
        std::os::unix::fs::chown(state.path(), Some(uid), Some(uid)).unwrap();
    }
    fs::set_permissions(state.path(), fs::Permissions::from_mode(0o700)).unwrap();
    state
}

fn write_lines(path: &Path, from: u64, n: u64) {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    let lines: String = (from..from + n).map(|id| format!("{},{id}\n", 1_700_000_000 + id / 10)).collect();
    file.write_all(lines.as_bytes()).unwrap();
}

/// The sum of `0..n`: equal sums and counts mean the same lines.
fn sum(n: u64) -> f64 {
    (n * (n - 1) / 2) as f64
}

#[test]
fn a_process_killed_at_any_moment_neither_reads_again_nor_loses() {
    let folder = tempfile::tempdir().unwrap();
    let (path, state) = (folder.path().join("app.csv"), state_for(None));
    fs::write(&path, "time,value\n").unwrap();
    let begun = Instant::now();
    let (mut written, mut kills, mut rotations) = (0, 0, 0);
    let mut child = child::start(&path, state.path(), &[], None);
    let mut kill_at = Duration::from_millis(300);
    while begun.elapsed() < Duration::from_secs(12) {
        write_lines(&path, written, 100);
        written += 100;
        std::thread::sleep(Duration::from_millis(50));
        if begun.elapsed() > kill_at {
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            if kills % 4 == 0 {
                // Rotated while nobody looks, with lines unread.
                write_lines(&path, written, 100);
                written += 100;
                rotations += 1;
                fs::rename(&path, folder.path().join(format!("app.csv.{rotations}"))).unwrap();
                fs::write(&path, "time,value\n").unwrap();
            }
            child = child::start(&path, state.path(), &[], None);
            // Drawn from the time itself, so that each run meets other moments.
            kill_at = begun.elapsed() + Duration::from_millis(100 + u64::from(begun.elapsed().subsec_nanos() % 700));
        }
    }
    let all = wait_for(Duration::from_secs(20), || child::counted(state.path()).0 >= written);
    std::thread::sleep(Duration::from_millis(300));
    let found = child::counted(state.path());
    child.kill().unwrap();
    child.wait().unwrap();
    println!("{written} lines at 2,000 a second, {kills} kills, {rotations} rotations meanwhile: {} counted", found.0);
    assert!(all.is_some() && kills >= 10, "{found:?}");
    assert_eq!(found, (written, sum(written)));
}

fn can(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

#[test]
fn a_disk_error_or_a_stale_handle_in_the_middle_is_got_over() {
    if !can("strace") {
        return println!("left out: strace is not installed");
    }
    for error in ["EIO", "ESTALE"] {
        let folder = tempfile::tempdir().unwrap();
        let (path, state) = (folder.path().join("app.csv"), state_for(None));
        fs::write(&path, "time,value\n").unwrap();
        write_lines(&path, 0, 1_000);
        let inject = format!("inject=read:error={error}:when=3..9");
        let trace = state.path().join("trace").to_string_lossy().into_owned();
        let behind =
            ["strace", "-f", "-qq", "-o", &trace, "-P", &path.to_string_lossy(), "-e", "trace=read", "-e", &inject];
        let behind: Vec<String> = behind.iter().map(ToString::to_string).collect();
        let mut child = child::start(&path, state.path(), &behind, None);
        std::thread::sleep(Duration::from_millis(500));
        write_lines(&path, 1_000, 1_000);
        let took = wait_for(Duration::from_secs(30), || child::counted(state.path()).0 >= 2_000);
        let found = child::counted(state.path());
        // The traced process is ended, and its tracer ends with it.
        let tracer = child.id();
        let traced = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).unwrap_or_default();
        for id in traced.split_whitespace() {
            Command::new("kill").args(["-9", id]).status().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let injected = fs::read_to_string(&trace).unwrap().matches("INJECTED").count();
        println!("51 {error} on {injected} reads: {} of 2000 lines, after {took:?}", found.0);
        assert!(injected > 0, "no read failed, so nothing was shown");
        assert_eq!(found, (2_000, sum(2_000)), "{error}");
    }
}

#[test]
fn a_permission_lost_and_given_back_costs_nothing() {
    if !rustix::process::geteuid().is_root() {
        return println!("left out: only root can start a process as nobody");
    }
    const NOBODY: u32 = 65_534;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (path, state) = (folder.path().join("app.csv"), state_for(Some(NOBODY)));
    fs::write(&path, "time,value\n").unwrap();
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    write_lines(&path, 0, 100);
    mode(0o000);
    let mut child = child::start(&path, state.path(), &[], Some(NOBODY));
    std::thread::sleep(Duration::from_millis(600));
    let refused = child::told(state.path());
    mode(0o644);
    let back = wait_for(Duration::from_secs(5), || child::told(state.path()) == 100);
    mode(0o000);
    write_lines(&path, 100, 100);
    mode(0o644);
    let all = wait_for(Duration::from_secs(5), || child::told(state.path()) == 200);
    child.kill().unwrap();
    child.wait().unwrap();
    println!("48 as nobody: {refused} lines while refused, all after {back:?}; again after {all:?}");
    assert!(refused == 0 && back.is_some() && all.is_some());
}

#[test]
fn what_is_no_file_is_refused_and_a_sparse_one_holds_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), Path::new("/dev/zero"), folder.path()] {
        let mut file = MetricFile::new(path, Hint::default(), Zone::utc(), Vec::new());
        let begun = Instant::now();
        assert!(
            file.look(Clock::Wall.now()).is_err() && begun.elapsed() < Duration::from_secs(1),
            "{}",
            path.display()
        );
    }
    let sparse = folder.path().join("sparse.csv");
    fs::write(&sparse, "time,value\n1,1\n").unwrap();
    let mut writer = fs::OpenOptions::new().write(true).open(&sparse).unwrap();
    writer.set_len(16 << 30).unwrap();
    writer.seek(SeekFrom::End(0)).unwrap();
    writer.write_all(b"\n2,2\n").unwrap();
    let mut file = MetricFile::new(&sparse, Hint::default(), Zone::utc(), Vec::new());
    let begun = Instant::now();
    let (round, _) = file.look(Clock::Wall.now()).unwrap();
    println!("54 pipe, device, folder refused; 16 GiB with a hole read in {:?}", begun.elapsed());
    assert_eq!(round.samples.iter().map(|s| s.value).collect::<Vec<_>>(), [1.0, 2.0]);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

fn peak_kib(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|rest| rest.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn thirty_megabytes_without_a_newline_cost_little_memory() {
    let peak = |megabytes: usize| {
        let folder = tempfile::tempdir().unwrap();
        let (path, state) = (folder.path().join("app.csv"), state_for(None));
        fs::write(&path, "time,value\n").unwrap();
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        (0..megabytes).for_each(|_| file.write_all(&[b'7'; 1 << 20]).unwrap());
        file.write_all(b"\n").unwrap();
        write_lines(&path, 0, 10);
        let mut child = child::start(&path, state.path(), &[], None);
        let all = wait_for(Duration::from_secs(20), || child::counted(state.path()).0 == 10);
        let peak = peak_kib(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(all.is_some());
        peak
    };
    let (none, thirty) = (peak(0), peak(30));
    println!("42 30 MB without a newline: {} KiB more than without", thirty.saturating_sub(none));
    assert!(none > 0 && thirty < none + 64 * 1024, "{none} and {thirty} KiB");
}

#[test]
fn a_hundred_new_files_and_fifty_thousand_series_are_read_and_looking_costs_little() {
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<MetricFile> = (0..100)
        .map(|i| {
            let path = folder.path().join(format!("{i}.csv"));
            fs::write(&path, "time,value\n").unwrap();
            write_lines(&path, 0, 100);
            MetricFile::new(&path, Hint::default(), Zone::utc(), Vec::new())
        })
        .collect();
    let begun = Instant::now();
    let n: usize = files.iter_mut().map(|file| file.look(Clock::Wall.now()).unwrap().0.samples.len()).sum();
    let first = begun.elapsed();
    let begun = Instant::now();
    for _ in 0..10 {
        files.iter_mut().for_each(|file| assert!(file.look(Clock::Wall.now()).unwrap().0.samples.is_empty()));
    }
    let idle = begun.elapsed() / 1_000;
    let many: String = (0..50_000).map(|i| format!("up{{id=\"{i}\"}} {i}\n")).collect();
    let path = folder.path().join("many.prom");
    fs::write(&path, many).unwrap();
    let begun = Instant::now();
    let round = MetricFile::new(&path, Hint::default(), Zone::utc(), Vec::new()).look(Clock::Wall.now()).unwrap().0;
    println!(
        "52 100 files: {n} lines in {first:?}; a look at an idle file {idle:?}; 50,000 series {:?}",
        begun.elapsed()
    );
    assert_eq!((n, round.samples.len()), (10_000, 50_000));
    assert!(idle < Duration::from_millis(2));
}
