//! A disk without room, and one that cannot be flushed.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::Receiver;
use watchfloor::{
    domain::incident::{IncidentKey, Login, Repo},
    floor::fact::Fact,
    shell::{
        clock::Clock,
        keeper::{Keeper, Place},
        store::{Deed, Did, Store},
    },
};

use crate::child::{github, heard, now};

fn until(facts: &mut Receiver<Fact>, limit: Duration, is_it: impl Fn(&Fact) -> bool) -> Vec<Fact> {
    let (end, mut all) = (Instant::now() + limit, Vec::new());
    while Instant::now() < end {
        match facts.try_recv() {
            Ok(fact) => {
                let is_last = is_it(&fact);
                all.push(fact);
                if is_last {
                    return all;
                }
            }
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    panic!("it did not come: {all:#?}");
}

/// A small file system of our own; it goes with this.
struct Small<'a>(&'a Path);

impl<'a> Small<'a> {
    fn mount(folder: &'a Path, options: &str) -> Option<Self> {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder).stderr(std::process::Stdio::null());
        command.status().is_ok_and(|status| status.success()).then_some(Self(folder))
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

fn fill(path: &Path) {
    use std::io::Write as _;
    let mut file = fs::File::create(path).unwrap();
    while file.write_all(&[b'x'; 4096]).is_ok() {}
}

#[test]
fn on_a_full_disk_the_old_state_stays_and_ten_seconds_after_there_is_room_all_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_small) = Small::mount(folder.path(), "size=1m,mode=0700") else {
        println!("left out: a disk that is full (mounting one needs root)");
        return;
    };
    let mut store = Store::open(folder.path(), now()).unwrap();
    store.record(&heard(1), now()).unwrap();
    drop(store);
    let (tell, mut facts) = tokio::sync::mpsc::channel(256);
    let keeper = Keeper::start(Place::Folder(folder.path().to_owned()), Clock::Wall, vec![github()], tell);
    keeper.with_now(|_| ()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(keeper.remembered());
    keeper.stand();
    until(&mut facts, Duration::from_secs(5), |fact| matches!(fact, Fact::Plays(_)));
    let filler = folder.path().join("filler");
    fill(&filler);
    let key = IncidentKey::issue(Repo::new("acme/api"), 1);
    let did = |n: u64| Did { key: key.clone(), deed: Deed::TakeOn, by: Login::new(&format!("ann{n}")), at: now() };
    // The log may have a little room left from before: many small deeds use it up.
    keeper.did((0..200).map(did).collect());
    keeper.record(heard(2));
    let before = until(&mut facts, Duration::from_secs(10), |fact| matches!(fact, Fact::Unsaved { why: Some(_), .. }));
    let why = format!("{:?}", before.last().unwrap());
    assert!(why.contains("no room on the disk"), "{why}");
    // What was there is there, and whole.
    let seen = Store::open(folder.path(), now()).map(|store| store.mirror(&github()).unwrap().items.len());
    assert!(matches!(seen, Ok(12) | Err(_)), "{seen:?}");
    fs::remove_file(&filler).unwrap();
    let began = Instant::now();
    until(&mut facts, Duration::from_secs(10), |fact| matches!(fact, Fact::Unsaved { n: 0, why: None }));
    println!("saved {:.1} s after there was room", began.elapsed().as_secs_f64());
    assert_eq!(keeper.close(Duration::from_secs(5)), Some(0));
    let store = Store::open(folder.path(), now()).unwrap();
    assert_eq!(store.set_aside(), None);
    assert_eq!(store.mirror(&github()).unwrap().items[0].title.as_str(), "2");
    assert_eq!(store.facts_of(watchfloor::shell::store::Sort::Ack, None).unwrap().len(), 200);
}

#[test]
fn where_no_file_can_be_made_nothing_is_saved_until_one_can() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_small) = Small::mount(folder.path(), "size=1m,nr_inodes=2,mode=0700") else {
        println!("left out: a disk without inodes (mounting one needs root)");
        return;
    };
    let filler = folder.path().join("filler");
    fs::write(&filler, "x").unwrap();
    let (tell, mut facts) = tokio::sync::mpsc::channel(256);
    let keeper = Keeper::start(Place::Folder(folder.path().to_owned()), Clock::Wall, vec![github()], tell);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let said = format!("{:?}", runtime.block_on(keeper.remembered()));
    assert!(said.contains("no room on the disk"), "{said}");
    keeper.stand();
    keeper.did(vec![Did {
        key: IncidentKey::issue(Repo::new("acme/api"), 1),
        deed: Deed::TakeOn,
        by: Login::new("ann"),
        at: now(),
    }]);
    until(&mut facts, Duration::from_secs(5), |fact| matches!(fact, Fact::Unsaved { n: 1, .. }));
    let grown = Command::new("mount").args(["-o", "remount,nr_inodes=64"]).arg(folder.path()).status().unwrap();
    assert!(grown.success());
    let after = until(&mut facts, Duration::from_secs(10), |fact| matches!(fact, Fact::Unsaved { n: 0, why: None }));
    assert!(after.iter().any(|fact| matches!(fact, Fact::Acknowledged { .. })), "{after:?}");
}
