//! Two at once on one plan, and an editor beside them.

use std::{
    fs,
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use watchfloor::{
    domain::release::Checklist,
    shell::engine::{Wanted, toggle_file},
    source::checklist,
};

use crate::scene::{PLAN, Scene, has_strace, is_whole};

fn list(text: &str) -> Checklist {
    checklist::read("plan.md", text.as_bytes()).unwrap()
}

/// Runs it until it is not told to wait for another; how often it was.
fn done(scene: &Scene, words: &[&str]) -> u32 {
    for n_told in 0..100 {
        let output = scene.run(words);
        if output.status.success() {
            return n_told;
        }
        assert!(String::from_utf8_lossy(&output.stderr).contains(BUSY), "{output:?}");
    }
    panic!("the folder was never free");
}

/// What somebody is told who waited for a second: nothing was written.
const BUSY: &str = "another process is changing files in this folder";

#[test]
fn two_processes_that_change_different_boxes_lose_nothing() {
    let rounds = if is_whole() { 200 } else { 20 };
    let scene = Scene::new(PLAN);
    let n_told = AtomicU32::new(0);
    thread::scope(|scope| {
        for (line, box_of) in [("5", "one"), ("6", "two")] {
            let (scene, n_told) = (&scene, &n_told);
            scope.spawn(move || {
                for round in 0..rounds {
                    let told = done(scene, &["release", "toggle", "--file", "plan.md", line]);
                    n_told.fetch_add(told, Ordering::Relaxed);
                    let sign = if round % 2 == 0 { "x" } else { " " };
                    let is_there = scene.text().contains(&format!("- [{sign}] {box_of}\n"));
                    assert!(is_there, "round {round} of {box_of} is lost");
                }
            });
        }
        scope.spawn(|| {
            for round in 0..rounds {
                let role = format!("role-{round}");
                n_told.fetch_add(done(&scene, &["release", "sign", "--file", "plan.md", &role]), Ordering::Relaxed);
            }
        });
    });
    assert_eq!((scene.text().as_str(), scene.record().entries().len()), (PLAN, rounds));
    assert_eq!((scene.record().unread().len(), scene.n_left_over()), (0, 0));
    let n_told = n_told.into_inner();
    println!("two processes: {rounds} changes each and {rounds} sign-offs, {n_told} told to wait; lost 0");
}

#[test]
fn of_two_who_change_the_same_box_at_once_one_is_told() {
    let rounds = if is_whole() { 200 } else { 40 };
    let scene = Scene::new(PLAN);
    for round in 0..rounds {
        let before = list(&scene.text());
        let wanted = Wanted::of(&before, &before.items[1]);
        let start = Barrier::new(2);
        let change = || {
            start.wait();
            toggle_file(&scene.plan(), &wanted)
        };
        let (one, other) = thread::scope(|scope| {
            let one = scope.spawn(change);
            let other = scope.spawn(change);
            (one.join().unwrap(), other.join().unwrap())
        });
        let told: Vec<String> = [one, other].into_iter().filter_map(Result::err).collect();
        let is_conflict = |why: &String| why.starts_with("somebody else has changed this box meanwhile") || why == BUSY;
        assert!(told.len() == 1 && told.iter().all(is_conflict), "round {round}: {told:?}");
        assert_eq!(list(&scene.text()).items[1].is_done, !before.items[1].is_done);
    }
    println!("the same box at once: {rounds} rounds, in each one is told");
}

#[test]
fn an_editor_that_saves_all_the_time_gets_a_whole_file_and_what_was_ticked_stays_or_is_told() {
    let scene = Scene::new(PLAN);
    let is_over = AtomicBool::new(false);
    let (mut n_done, mut n_told) = (0, 0);
    let n_saved = thread::scope(|scope| {
        let editor = scope.spawn(|| {
            // As editors save: the file as they read it with something elsewhere changed, a new one, renamed over it.
            let (mut n, beside) = (0, scene.plan().with_extension("swap"));
            while !is_over.load(Ordering::Relaxed) {
                let text = scene.text();
                fs::write(&beside, text.replace("# R\n", "# R\n\nA word.\n")).unwrap();
                fs::rename(&beside, scene.plan()).unwrap();
                n += 1;
                thread::sleep(Duration::from_millis(7));
            }
            n
        });
        for _ in 0..60 {
            let seen = list(&scene.text());
            thread::sleep(Duration::from_millis(3));
            match toggle_file(&scene.plan(), &Wanted::of(&seen, &seen.items[0])) {
                Ok(ticked) => {
                    n_done += 1;
                    assert_eq!(ticked.is_done, !seen.items[0].is_done);
                }
                Err(why) => {
                    n_told += 1;
                    assert!(why.contains("changed"), "{why}");
                }
            }
            assert_eq!(list(&scene.text()).items.len(), 2, "half a file");
        }
        is_over.store(true, Ordering::Relaxed);
        editor.join().unwrap()
    });
    assert!(0 < n_done && 0 < n_saved);
    // Each save adds a word to what the editor read a moment before; what is between a look and a renaming is ours.
    let n_kept = scene.text().matches("A word.").count();
    println!("an editor beside: {n_saved} saves, {n_kept} kept, {n_done} ticks, {n_told} times told of a conflict");
}

#[test]
fn what_an_editor_saves_while_the_disk_takes_its_time_is_kept_and_so_is_the_tick() {
    if !has_strace() {
        println!("a save while the disk is slow: left out, strace is not here or may not trace");
        return;
    }
    let (scene, words) = (Scene::new(PLAN), ["release", "toggle", "--file", "plan.md", "6"]);
    thread::scope(|scope| {
        let ticking = scope.spawn(|| scene.run_with("fsync,fdatasync", "delay_enter=700000:when=1", &words));
        // The new file is written beside the plan, and is being flushed.
        for _ in 0..4_000 {
            if 0 < scene.n_left_over() {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let beside = scene.plan().with_extension("md.swap");
        fs::write(&beside, PLAN.replace("# R\n", "# R\n\nA word.\n")).unwrap();
        fs::rename(&beside, scene.plan()).unwrap();
        let output = ticking.join().unwrap();
        assert!(output.status.success(), "{output:?}");
    });
    assert_eq!(scene.text(), PLAN.replace("# R\n", "# R\n\nA word.\n").replace("- [ ] two", "- [x] two"));
    assert_eq!(scene.n_left_over(), 0);
}

#[test]
fn after_a_checkout_of_another_version_a_tick_goes_to_the_same_item_or_is_refused() {
    let scene = Scene::new(PLAN);
    let seen = list(&scene.text());
    for (checked_out, expected) in [
        (PLAN.replace("- [ ] one", "- [ ] zero\n- [ ] one"), Ok(7)),
        (PLAN.replace("- [ ] two\n", ""), Err("and this item with it")),
        (PLAN.replace("- [ ] two", "- [x] two"), Err("somebody else has changed this box")),
    ] {
        fs::remove_file(scene.plan()).unwrap();
        fs::write(scene.plan(), &checked_out).unwrap();
        let done = toggle_file(&scene.plan(), &Wanted::of(&seen, &seen.items[1]));
        match (done, expected) {
            (Ok(ticked), Ok(line)) => {
                assert_eq!(ticked.line, line);
                assert_eq!(scene.text(), checked_out.replace("- [ ] two", "- [x] two"));
            }
            (Err(why), Err(expected)) => {
                assert!(why.contains(expected), "{why}");
                assert_eq!(scene.text(), checked_out);
            }
            (done, expected) => panic!("{done:?}, {expected:?}"),
        }
    }
}
