//! Faults 55 to 64: the disk does not take what is written.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::scene::{NO_STRACE, Said, Scene, can, has_strace, row, said};

const INTACT: &str = "shown all the same, said as not saved; the old state intact; saved once it can be";

/// A small file system under the state folder; it goes with this.
struct Small(PathBuf);

impl Small {
    fn mount(scene: &Scene, options: &str) -> Option<Self> {
        let folder = scene.state();
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        let path = folder.to_str().unwrap().to_owned();
        can("mount", &["-t", "tmpfs", "-o", options, "tmpfs", &path]).then_some(Self(folder))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(can("mount", &["-o", &options, self.0.to_str().unwrap()]), "{options}");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

const NO_MOUNT: &str = "left out: a small file system cannot be mounted here (that needs root)";

fn fill(path: &Path) {
    use std::io::Write as _;
    let mut file = fs::File::create(path).unwrap();
    while file.write_all(&[b'x'; 512]).is_ok() {}
}

/// What is on disk, by the program with its host away: the number of open ones.
fn n_on_disk(scene: &Scene) -> usize {
    scene.server.weather(Some(github_world::fault::Fault::Refuse));
    let n = scene.queue()["items"].as_array().unwrap().len();
    scene.server.weather(None);
    n
}

/// A pass that could not save is said to be so, and the next one saves.
fn is_said_and_saved_later(scene: &Scene, unsaved: &Said, heal: impl FnOnce()) -> String {
    unsaved.ended_well().says("4 open");
    let line = unsaved
        .text
        .lines()
        .find(|line| ["note:", "error:", "  not saved:"].iter().any(|start| line.starts_with(start)));
    let line = line.unwrap_or_else(|| panic!("it is not said: {unsaved:?}")).to_owned();
    heal();
    assert!(matches!(n_on_disk(scene), 3 | 4));
    scene.pass().has_code(0).says("4 open");
    assert_eq!(n_on_disk(scene), 4);
    format!("exit {}, 4 open, \"{line}\"; then saved", unsaved.code.unwrap_or(-1))
}

#[test]
fn fault_55_a_full_disk_is_said() {
    row(55, "ENOSPC on write", INTACT, || {
        let scene = Scene::new();
        let Some(_small) = Small::mount(&scene, "size=1m,mode=0700") else { return NO_MOUNT.to_owned() };
        scene.pass().has_code(0);
        let filler = scene.state().join("filler");
        fill(&filler);
        scene.open("while it is full");
        let unsaved = scene.pass();
        is_said_and_saved_later(&scene, &unsaved, || fs::remove_file(&filler).unwrap())
    });
}

#[test]
fn fault_56_a_disk_without_inodes_is_said() {
    row(56, "ENOSPC on create (inodes)", INTACT, || {
        let scene = Scene::new();
        let Some(small) = Small::mount(&scene, "size=4m,nr_inodes=2,mode=0700") else { return NO_MOUNT.to_owned() };
        fs::write(scene.state().join("filler"), "x").unwrap();
        let unsaved = scene.pass();
        unsaved.ended_well().says("3 open").says("no room on the disk");
        small.remount("nr_inodes=64");
        scene.pass().has_code(0);
        assert_eq!(n_on_disk(&scene), 3);
        format!("exit {}, 3 open, \"no room on the disk\"; then saved", unsaved.code.unwrap_or(-1))
    });
}

/// A pass behind strace, with a fault put into calls on the state file or its log.
fn injected(what: &str, near: &str) -> String {
    if !has_strace() {
        return NO_STRACE.to_owned();
    }
    let scene = Scene::new();
    scene.pass().has_code(0);
    scene.open("while it fails");
    let (inject, database) = (format!("inject={what}"), scene.database().display().to_string());
    let log = format!("{database}-wal");
    let before =
        ["strace", "-f", "-qq", "-o", "/dev/null", "-P", database.as_str(), "-P", log.as_str(), "-e", inject.as_str()];
    let unsaved = scene.run_behind(&before, &["watch", "--once"]);
    unsaved.says(near);
    is_said_and_saved_later(&scene, &unsaved, || ())
}

#[test]
fn fault_57_a_quota_and_a_limit_of_size_are_said() {
    row(57, "EDQUOT; EFBIG and SIGXFSZ", INTACT, || {
        let quota = injected("pwrite64,write:error=EDQUOT", "not");
        let scene = Scene::new();
        scene.pass().has_code(0);
        scene.open("while it is too long");
        let limited = scene.run_behind(&["prlimit", "--fsize=30000"], &["watch", "--once"]);
        let _ = is_said_and_saved_later(&scene, &limited, || ());
        format!("{quota}; a limit of 30,000 bytes a file: exit {}, not killed", limited.code.unwrap_or(-1))
    });
}

#[test]
fn fault_58_what_cannot_be_flushed_is_not_saved() {
    row(58, "fsync EIO", INTACT, || injected("fsync,fdatasync:error=EIO", "not"));
}

#[test]
fn fault_59_a_short_write_is_no_damage() {
    row(59, "short write", "completed or undone; the file whole", || {
        // The limit cuts a page of the file in two: the call writes the first part of it.
        for bytes in [20_001, 33_333, 61_441] {
            let scene = Scene::new();
            let limit = format!("--fsize={bytes}");
            scene.run_behind(&["prlimit", &limit], &["watch", "--once"]).ended_well().says("3 open");
            let after = scene.pass();
            after.has_code(0).says("3 open");
            assert!(!after.text.contains("damaged") && !after.text.contains("set aside"), "{after:?}");
        }
        "writes cut at 20,001, 33,333 and 61,441 bytes: 3 open, the next pass whole".to_owned()
    });
}

#[test]
fn fault_60_a_slow_disk_is_slow_and_nothing_else() {
    row(60, "slow disk, fsync 2 s", "works; whoever looks does not wait", || {
        if !has_strace() {
            return NO_STRACE.to_owned();
        }
        let scene = Scene::new();
        let before = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:delay_enter=1000000"];
        let seen = scene.run_behind(&before, &["watch", "--once", "--within", "60s"]);
        seen.has_code(0).says("3 open");
        format!("exit 0 after {}; handing over takes < 200 ms (tests/state)", seen.seconds())
    });
}

#[test]
fn fault_61_a_rename_that_fails_leaves_the_old_file() {
    row(61, "rename EXDEV, EROFS, EACCES", "the old file intact, no leftover", || {
        if !has_strace() {
            return NO_STRACE.to_owned();
        }
        for error in ["EXDEV", "EROFS", "EACCES"] {
            let scene = Scene::new();
            scene.pass().has_code(0);
            let damaged = vec![b'?'; 8_192];
            fs::write(scene.database(), &damaged).unwrap();
            for name in ["watchfloor.db-wal", "watchfloor.db-shm"] {
                let _ = fs::remove_file(scene.state().join(name));
            }
            let inject = format!("inject=rename,renameat,renameat2:error={error}");
            let before = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", inject.as_str()];
            scene.run_behind(&before, &["watch", "--once"]).ended_well().says("3 open");
            assert_eq!(fs::read(scene.database()).unwrap(), damaged, "{error}");
        }
        "a damaged file that cannot be set aside is left as it is; 3 open shown".to_owned()
    });
}

#[test]
fn fault_62_a_disk_that_turns_read_only_is_said_and_waited_for() {
    row(62, "file system turns read-only mid-run", "goes on without saving, said; saved after", || {
        let scene = Scene::new();
        let Some(small) = Small::mount(&scene, "size=8m,mode=0700") else { return NO_MOUNT.to_owned() };
        scene.pass().has_code(0);
        small.remount("ro");
        scene.open("while it is read-only");
        let unsaved = scene.pass();
        unsaved.says("cannot be written");
        let seen = is_said_and_saved_later(&scene, &unsaved, || small.remount("rw"));
        format!("{seen} (between two passes; a file that is open for writing keeps a tmpfs from turning)")
    });
}

#[test]
fn fault_63_without_a_home_it_works_and_says_what_is_missing() {
    row(63, "home read-only, missing; HOME unset", "works headless; a clear message", || {
        let scene = Scene::new();
        let mut homeless = scene.command(&[], &["watch", "--once"]);
        homeless.env_remove("HOME").env_remove("WATCHFLOOR_STATE");
        let seen = said(&mut homeless);
        seen.ended_well().says("3 open");
        let mut other = scene.command(&[], &["watch", "--once"]);
        other.env("WATCHFLOOR_STATE", "/proc/no/such/folder");
        let read_only = said(&mut other);
        read_only.ended_well().says("3 open").says("note:");
        let note = read_only.text.lines().find(|line| line.starts_with("note:")).unwrap_or_default();
        format!("no HOME: exit {}, 3 open; no folder: 3 open, \"{note}\"", seen.code.unwrap_or(-1))
    });
}

#[test]
fn fault_64_a_file_that_must_not_change_is_said() {
    row(64, "immutable file", "a clear message", || {
        let scene = Scene::new();
        scene.pass().has_code(0);
        let database = scene.database().display().to_string();
        if !can("chattr", &["+i", &database]) {
            return "left out: chattr +i is not possible here".to_owned();
        }
        scene.open("while it must not change");
        let seen = scene.pass();
        assert!(can("chattr", &["-i", &database]));
        is_said_and_saved_later(&scene, &seen, || ())
    });
}
