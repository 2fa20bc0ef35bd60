//! Faults 65 to 72: the state file, who may write it, and what else the system does not give.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Stdio, time::Duration};

use github_world::fault::Fault;

use crate::scene::{NO_STRACE, Scene, can, has_strace, row, said, sleep, until};

#[test]
fn fault_65_a_kill_at_any_write_leaves_the_old_state_or_the_new() {
    row(65, "kill -9 at every write, fsync, unlink", "old or new state whole; nothing left over", || {
        if !has_strace() {
            return NO_STRACE.to_owned();
        }
        let scene = Scene::new();
        scene.pass().has_code(0);
        let (mut n_killed, mut open) = (0, 3);
        for call in ["pwrite64", "fsync,fdatasync", "unlink,ftruncate"] {
            for when in 1..=12 {
                scene.open("one more");
                open += 1;
                let inject = format!("inject={call}:signal=SIGKILL:when={when}");
                let before = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", inject.as_str()];
                let seen = scene.run_behind(&before, &["watch", "--once"]);
                if seen.code.is_some_and(|code| code != 137) {
                    break;
                }
                n_killed += 1;
            }
        }
        let after = scene.pass();
        after.has_code(0).says(&format!("{open} open"));
        assert!(!after.text.contains("set aside") && n_killed > 3, "{n_killed} kills: {after:?}");
        let files: Vec<_> =
            fs::read_dir(scene.state()).unwrap().flatten().map(|f| f.file_name().into_string().unwrap()).collect();
        assert!(files.iter().all(|name| name.starts_with("watchfloor.") && !name.contains("tmp")), "{files:?}");
        format!("{n_killed} kills; then exit 0, {open} open, nothing set aside (each write: tests/state)")
    });
}

#[test]
fn fault_66_a_file_that_a_power_cut_spoiled_is_set_aside() {
    row(66, "zero length, NUL tail, cut, bit flip", "kept aside; started anew; nothing sent again", || {
        let mut seen = Vec::new();
        for (shape, spoil) in [
            ("zero length", (|bytes: &mut Vec<u8>| bytes.clear()) as fn(&mut Vec<u8>)),
            ("NUL tail", |bytes| {
                let half = bytes.len() / 2;
                bytes[half..].fill(0);
            }),
            ("cut", |bytes| bytes.truncate(bytes.len() * 2 / 3 + 7)),
            ("head flipped", |bytes| bytes[3] ^= 0x40),
        ] {
            let scene = Scene::new();
            scene.pass().has_code(0);
            scene.run(&["incident", "acme/api#1", "comment", "--body", "once"]).has_code(0);
            let db = rusqlite::Connection::open(scene.database()).unwrap();
            db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            drop(db);
            let mut bytes = fs::read(scene.database()).unwrap();
            spoil(&mut bytes);
            fs::write(scene.database(), bytes).unwrap();
            for name in ["watchfloor.db-wal", "watchfloor.db-shm"] {
                let _ = fs::remove_file(scene.state().join(name));
            }
            let after = scene.pass();
            after.has_code(0).says("3 open");
            scene.run(&["outbox", "send"]).has_code(0);
            assert_eq!((scene.comments("once"), scene.asked("POST", "/comments")), (1, 1), "{shape}");
            let is_aside = |name: &str| name.contains("damaged") || name.contains("corrupt");
            let n_aside = fs::read_dir(scene.state())
                .unwrap()
                .flatten()
                .filter(|f| is_aside(&f.file_name().to_string_lossy()))
                .count();
            assert!(n_aside == 1 || shape == "zero length", "{shape}: {after:?}");
            seen.push(shape);
        }
        format!("{}: exit 0, 3 open, the old file beside it, no second comment", seen.join(", "))
    });
}

#[test]
fn fault_67_a_file_of_a_later_version_is_read_and_not_written() {
    row(67, "newer state version", "read only, not rewritten", || {
        let scene = Scene::new();
        scene.pass().has_code(0);
        let db = rusqlite::Connection::open(scene.database()).unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(db);
        let before = fs::read(scene.database()).unwrap();
        scene.open("one more");
        let seen = scene.pass();
        seen.ended_well().says("later version").says("4 open");
        assert!(fs::read(scene.database()).unwrap() == before, "the file was written");
        let line = seen.text.lines().find(|line| line.contains("later version")).unwrap_or_default();
        format!("exit {}, 4 open, \"{line}\"; not a byte changed", seen.code.unwrap_or(-1))
    });
}

#[test]
fn fault_68_of_two_one_asks_and_when_it_dies_the_other_does() {
    row(68, "two instances, one dies", "one asks and sends; taken over within 5 s", || {
        let scene = Scene::new();
        let first = scene.watch();
        until(15, "it is read", || scene.queue()["items"].as_array().unwrap().len() == 3);
        // A command that only looked may have led for a moment.
        until(10, "the first leads", || first.leads(&scene));
        let second = scene.watch();
        sleep(3);
        assert!(first.leads(&scene) && !second.leads(&scene), "two lead");
        drop(first);
        scene.server.news();
        scene.open("after it");
        let took = until(8, "the other asks", || scene.asked("", "") > 0);
        assert!(second.leads(&scene), "it asks, and does not lead");
        until(20, "it is read", || scene.queue()["items"].as_array().unwrap().len() == 4);
        second.end().has_code(143);
        assert!(took.as_secs_f64() < 5.0, "{took:?}");
        format!("the other one asked {:.1} s after kill -9", took.as_secs_f64())
    });
}

#[test]
fn fault_68_a_command_that_reads_delivers_for_those_it_keeps_from_it() {
    row(68, "a long reading leads, somebody acts", "delivered while it reads", || {
        let scene = Scene::of(&["acme/api"], 80);
        scene.server.world().rules.graphql = false;
        scene.server.weather(Some(Fault::Latency(Duration::from_millis(700))));
        let mut command = scene.command(&[], &["queue"]);
        let mut reading = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let leader = || fs::read_to_string(scene.state().join("watchfloor.lock")).unwrap_or_default();
        until(10, "it leads", || leader() == format!("pid {}", reading.id()));
        let done = scene.run(&["incident", "acme/api#1", "close"]);
        done.has_code(0);
        assert!(reading.try_wait().unwrap().is_none(), "the reading was over before");
        let _ = reading.kill();
        let _ = reading.wait();
        format!("closed after {} while it read on", done.seconds())
    });
}

#[test]
fn fault_69_without_locks_a_lease_takes_their_place() {
    row(69, "no locks (NFS): ENOLCK", "said; one writer by a lease", || {
        if !has_strace() {
            return NO_STRACE.to_owned();
        }
        let scene = Scene::new();
        let before = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK"];
        scene.run_behind(&before, &["watch", "--once"]).has_code(0).says("3 open");
        let watching = scene.watch_behind(&before, &[]);
        until(10, "it is said", || watching.log().contains("no file locks"));
        let log = watching.log();
        let line = log.lines().find(|line| line.contains("no file locks")).unwrap_or_default();
        format!("exit 0, 3 open, \"{line}\" (ESTALE, root squash: no NFS here)")
    });
}

#[test]
fn fault_70_a_folder_that_others_may_write_is_refused() {
    row(70, "state folder world-writable, file a foreign link", "refused", || {
        let scene = Scene::new();
        scene.pass().has_code(0);
        fs::set_permissions(scene.state(), fs::Permissions::from_mode(0o777)).unwrap();
        let open_to_all = scene.pass();
        open_to_all.ended_well().says("nobody else may write to it");
        fs::set_permissions(scene.state(), fs::Permissions::from_mode(0o700)).unwrap();
        let elsewhere = scene.folder.path().join("elsewhere");
        fs::write(&elsewhere, "mine").unwrap();
        fs::remove_file(scene.database()).unwrap();
        std::os::unix::fs::symlink(&elsewhere, scene.database()).unwrap();
        scene.pass().ended_well().says("is not a plain file");
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine");
        let line = open_to_all.text.lines().find(|line| line.contains("nobody else")).unwrap_or_default();
        format!("\"{line}\"; a link: \"is not a plain file\", its target untouched")
    });
}

#[test]
fn fault_71_too_many_open_files_are_said() {
    row(71, "EMFILE", "marked, no crash; well again after", || {
        let scene = Scene::new();
        scene.pass().has_code(0);
        let mut seen = Vec::new();
        for n in [12, 14, 16, 20, 24] {
            let limit = format!("--nofile={n}");
            let now = scene.run_behind(&["prlimit", &limit], &["watch", "--once"]);
            now.ended_well();
            seen.push(format!("{n}: exit {}", now.code.unwrap_or(-1)));
        }
        scene.run_behind(&["prlimit", "--nofile=8"], &["watch", "--once"]).says("Too many open files");
        scene.open("after it");
        scene.pass().has_code(0).says("4 open");
        format!("8: \"Too many open files\"; {}; then exit 0, 4 open", seen.join(", "))
    });
}

#[test]
fn fault_72_a_log_that_cannot_be_written_stops_nobody() {
    row(72, "log cannot be written", "goes on; a pass says it by its exit code", || {
        if !Path::new("/dev/full").exists() {
            return "left out: there is no /dev/full here".to_owned();
        }
        let scene = Scene::new();
        let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let once = scene.command(&[], &["watch", "--once"]).stdout(full()).stderr(full()).status().unwrap();
        assert_eq!(once.code(), Some(1));
        let mut command = scene.command(&[], &["watch"]);
        let mut child = command.stdout(full()).stderr(full()).spawn().unwrap();
        scene.open("while nobody reads");
        until(20, "it is read", || scene.queue()["items"].as_array().unwrap().len() == 4);
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        child.kill().unwrap();
        child.wait().unwrap();
        scene.server.weather(Some(Fault::Refuse));
        assert!(can("true", &[]) && said(&mut scene.command(&[], &["queue"])).text.contains("while nobody reads"));
        "the watcher went on and saved; a pass: exit 1".to_owned()
    });
}
