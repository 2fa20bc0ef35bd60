//! What stands around the terminal: the clipboard, the browser, the editor.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crossterm::{Command as _, clipboard::CopyToClipboard};

use crate::{
    floor::fact::{Fact, Went},
    shell::{
        signals::{Signaled, Signals},
        token::secret_variables,
    },
    text::{Passage, Text},
};

/// OSC 52 carries at most this much in the terminals that limit it.
const CLIPBOARD_BYTES: usize = 74_000;

/// A command that inherits everything but what opens the person's accounts: no program here has any business with it.
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in secret_variables() {
        command.env_remove(name);
    }
    command
}

fn told(what: &str, went: Went) -> Fact {
    Fact::Told { what: Text::scrub(what), went }
}

/// The bytes that hand text to the terminal's clipboard (OSC 52), also over SSH.
pub fn clipboard_bytes(text: &str) -> Vec<u8> {
    let cut: String = text.chars().take(CLIPBOARD_BYTES / 4).collect();
    let mut order = String::new();
    // A String takes whatever is written to it.
    let _ = CopyToClipboard::to_clipboard_from(cut).write_ansi(&mut order);
    order.into_bytes()
}

/// Hands text to tmux, which drops OSC 52 from programs by default; says whether it took it.
pub fn copy_through_tmux(text: &str) -> bool {
    if env::var_os("TMUX").is_none() {
        return false;
    }
    let mut command = command("tmux");
    command.args(["load-buffer", "-w", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    let is_written = child.stdin.take().is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
    is_written && child.wait().is_ok_and(|status| status.success())
}

/// Tells what was sent to the clipboard. "Sent", never "copied": no terminal answers.
pub fn copied(text: &str) -> Fact {
    told(
        &format!("{} sent to the clipboard", crate::text::clip(text.lines().next().unwrap_or_default(), 60)),
        Went::Well,
    )
}

/// Opens a page in a browser, detached; over SSH there is none here, so its address is shown.
pub fn browse(url: &Text) -> Fact {
    let is_web = url.as_str().starts_with("https://") || url.as_str().starts_with("http://");
    if !is_web {
        return told("not opened: the address is neither http nor https", Went::Badly);
    }
    if env::var_os("SSH_CONNECTION").is_some() && env::var_os("BROWSER").is_none() {
        return told(&format!("no browser over SSH: {url}"), Went::Well);
    }
    let opener = env::var_os("BROWSER")
        .filter(|b| !b.is_empty())
        .unwrap_or_else(|| OsString::from(if cfg!(target_os = "macos") { "open" } else { "xdg-open" }));
    let mut command = command(&opener);
    command.arg(url.as_str()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        Ok(mut child) => {
            // Somebody has to ask how it ended, or it stays as a zombie until we end.
            std::thread::spawn(move || child.wait());
            told(&format!("opened {url}"), Went::Well)
        }
        Err(_) => told(&format!("no browser ({}): {url}", opener.to_string_lossy()), Went::Badly),
    }
}

/// The person's editor, as words: `WATCHFLOOR_EDITOR`, `VISUAL`, `EDITOR`, `vi`.
fn editor() -> Vec<String> {
    let chosen = ["WATCHFLOOR_EDITOR", "VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.trim().is_empty());
    chosen.unwrap_or_else(|| "vi".to_owned()).split_whitespace().map(str::to_owned).collect()
}

/// Opens a file at a line in the person's editor and waits for its end. The terminal must have been given back.
pub fn edit(path: &Path, line: usize) -> Fact {
    let words = editor();
    let Some((program, arguments)) = words.split_first() else { return told("no editor", Went::Badly) };
    let mut command = command(program);
    command.args(arguments);
    // Editors that read the common form of a line number; others open the file at its top.
    let name = Path::new(program).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if ["vi", "vim", "nvim", "nano", "emacs", "kak", "micro"].contains(&name.as_str()) {
        command.arg(format!("+{line}"));
    }
    match command.arg(path).spawn().and_then(|child| ended(child, &told_to_end())) {
        Ok(Some(status)) if status.success() => told("back from the editor", Went::Well),
        Ok(Some(status)) => told(&format!("the editor ended with {status}"), Went::Badly),
        Ok(None) => told("the editor was ended: this program is to end", Went::Badly),
        Err(error) => told(&format!("no editor `{program}`: {}; set EDITOR", super::disk::why(&error)), Went::Badly),
    }
}

/// How often it is looked whether the editor has ended.
const LOOKED_EVERY: Duration = Duration::from_millis(20);

/// How long an editor that is told to end may take to give the terminal back.
const GRACE: Duration = Duration::from_secs(1);

/// Waits for the end of an editor; nothing = this process is to end, and the editor was ended before.
fn ended(mut child: Child, is_to_end: &AtomicBool) -> io::Result<Option<ExitStatus>> {
    let mut until = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(until.is_none().then_some(status));
        }
        match until {
            None if is_to_end.load(Ordering::Relaxed) => {
                until = Some(Instant::now() + GRACE);
                end(&child);
            }
            Some(until) if until < Instant::now() => {
                // It is gone by itself, or now.
                let _ = child.kill();
                return child.wait().map(|_| None);
            }
            None | Some(_) => {}
        }
        std::thread::sleep(LOOKED_EVERY);
    }
}

/// Asks a program to end.
fn end(child: &Child) {
    if let Some(id) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself just now.
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
    }
}

/// Becomes true when this process is told to end. The console's own loop stands still meanwhile, so that another thread
/// listens; the loop hears the same signal when it goes on.
fn told_to_end() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = Arc::downgrade(&flag);
    let listen = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::listen() else { return };
            // The editor's own end is the end of this thread as well.
            while let Some(flag) = theirs.upgrade() {
                let heard = tokio::time::timeout(LOOKED_EVERY * 10, signals.next()).await;
                if matches!(heard, Ok(Signaled::End(code)) if ENDS.contains(&code)) {
                    flag.store(true, Ordering::Relaxed);
                }
            }
        });
    };
    // Where no thread is left, the editor is waited for as long as it takes.
    let _ = std::thread::Builder::new().name("editor".to_owned()).spawn(listen);
    flag
}

/// What ends us though an editor is open: SIGTERM and SIGHUP. Ctrl-C and its like are the editor's own.
const ENDS: [u8; 2] = [128 + 15, 128 + 1];

/// The longest text that is read back, in bytes: more than any host takes.
const TEXT_BYTES: usize = 1024 * 1024;

/// Has a text written in the person's editor, beginning with this one, and waits for its end. The terminal must have been
/// given back. The text lies in a file that only its owner may read, and is gone afterwards.
///
/// # Errors
/// There is no text, and why: told, not done.
pub fn compose(first: &Passage) -> Result<Passage, Box<Fact>> {
    let away = |error: &std::io::Error| Box::new(told(&format!("no text: {}", super::disk::why(error)), Went::Badly));
    let path = text_file(first.as_str()).map_err(|error| away(&error))?;
    let ended = edit(&path, 1);
    let bytes = super::disk::read(&path, TEXT_BYTES);
    // Whatever came of it, the text does not stay on the disk; that this fails too changes nothing.
    let _ = fs::remove_file(&path);
    match ended {
        Fact::Told { went: Went::Well, .. } => {
            bytes.map(|bytes| Passage::scrub(&String::from_utf8_lossy(&bytes))).map_err(|error| away(&error))
        }
        failed => Err(Box::new(failed)),
    }
}

/// A new file with this text, for nobody else to read.
fn text_file(text: &str) -> std::io::Result<PathBuf> {
    let own = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_dir());
    let folder = own.unwrap_or_else(env::temp_dir);
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for n in 0..100 {
        let path = folder.join(format!("watchfloor-{}-{n}.md", std::process::id()));
        match options.open(&path) {
            Ok(mut file) => return file.write_all(text.as_bytes()).map(|()| path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clipboard_order_carries_the_text_in_base64_and_nothing_of_the_text_itself() {
        let order = String::from_utf8(clipboard_bytes("acme/api#812")).unwrap();
        assert_eq!(order, "\x1b]52;c;YWNtZS9hcGkjODEy\x1b\\");
    }

    #[test]
    fn only_web_pages_are_opened() {
        assert!(matches!(browse(&Text::scrub("file:///etc/passwd")), Fact::Told { went: Went::Badly, .. }));
    }
}
