//! What a person does to incidents: asked before, written in an editor, seen to be done or not.

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use rustix::process::Signal;

use crate::terminal::{NOW, Run, Start};

/// The demo, with a clock that runs.
fn running() -> Start {
    Start::new(&["demo", "--now", NOW]).size(120, 36)
}

/// An editor that puts a text before what stands there.
fn with_editor(start: Start, text: &str) -> Start {
    let script =
        format!("#!/bin/sh\nprintf '{text}' | cat - \"$1\" > \"$1.new\" && cat \"$1.new\" > \"$1\" && rm \"$1.new\"\n");
    with_script(start, &script)
}

/// An editor that is this script.
fn with_script(start: Start, script: &str) -> Start {
    let path = start.folder().join("editor");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    let (editor, folder) = (path.to_str().unwrap().to_owned(), start.folder().to_str().unwrap().to_owned());
    start.env("EDITOR", &editor).env("XDG_RUNTIME_DIR", &folder)
}

fn texts_left(run: &Run) -> usize {
    let files = std::fs::read_dir(run.folder()).unwrap().filter_map(Result::ok);
    files.filter(|file| file.path().extension().is_some_and(|end| end == "md")).count()
}

#[test]
fn a_comment_is_written_in_the_editor_shown_and_sent_after_yes() {
    let mut run = with_editor(running(), "# Looked at\\n\\nRolled back 4.9.8.\\n").run();
    run.sees_all_panes().keys("n").sees("Comment on api#812? y/N").sees("# Looked at").sees("Rolled back 4.9.8.");
    run.loses("everything from this line on");
    assert_eq!(texts_left(&run), 0, "the text does not stay on the disk");
    run.keys("\r").sees("the text is kept").loses("y/N");
    run.keys("O").sees("nothing waits, and nothing was sent").keys("\x1b").loses("nothing was sent");
    run.keys("n").sees("Comment on api#812? y/N").keys("y").sees("… comment").sees("1 waiting");
    run.sees("(sent)").loses("1 waiting").keys("O").sees("✓ done").sees("#comment-");
    run.keys("\x1b").loses("#comment-");
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn an_editor_that_fails_sends_nothing() {
    let mut run = running().env("EDITOR", "false").run();
    run.sees_all_panes().keys("n").sees("the editor ended with").loses("y/N");
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn told_to_end_while_an_editor_is_open_it_ends_the_editor_and_itself_and_leaves_nothing() {
    // One that ends when it is told to, and one that does not hear it.
    for (signal, code, script) in [
        (Signal::TERM, 143, "#!/bin/sh\necho editing\nexec sleep 60\n"),
        (Signal::HUP, 129, "#!/bin/sh\ntrap '' TERM HUP\necho editing\nwhile true; do sleep 1; done\n"),
    ] {
        let mut run = with_script(running(), script).run();
        run.sees_all_panes().keys("n").sees("editing");
        assert_eq!(texts_left(&run), 1);
        run.signal(signal);
        assert_eq!(run.end_within(Duration::from_secs(8)), code, "{signal:?}");
        run.assert_given_back();
        assert_eq!(texts_left(&run), 0, "the text does not stay on the disk");
    }
}

#[test]
fn closing_several_is_asked_once_and_no_is_the_answer_to_enter() {
    let mut run = running().run();
    run.sees_all_panes().keys("   x").sees("Close 3 incidents as").keys("\r");
    run.sees("Close 3 incidents as completed? y/N").sees("api#812").sees("web#1151");
    run.keys("\r").sees("nothing is done").loses("y/N");
    run.keys("\x1b[200~xy\ry\x1b[201~").loses("Close 3 incidents");
    run.keys("x").sees("Close 3 incidents as").keys("\r").sees("y/N").keys("y");
    run.sees("… closing").sees("3 waiting");
    run.loses("3 waiting").loses(" waiting").loses("api#812 ");
    // One of them lies in a repository that is archived.
    run.sees("✗ 1 refused").keys("O").sees("✗ refused").sees("was archived").sees("✓ done");
    run.keys("\x1b").loses("✗ 1 refused").sees_all_panes();
    run.keys("Z").sees("Take back: close 3 incidents").sees("reopen").keys("y").sees("api#812 ");
    assert_eq!(run.keys("q").end(), 0);
}
