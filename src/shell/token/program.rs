//! Tokens that a program prints: `gh`, or the one the settings name. No shell, a clean environment, little patience.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::io::AsyncReadExt as _;

use super::{Read, Variables, first_line_of};

/// How long a program may take: it may open a key store.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most that is read of what a program prints, in bytes: a token and what a chatty program says after it.
const MOST_READ: u64 = 16 * 1024;

/// What programs need to find their own configuration and the key store, and no more.
const ENVIRONMENT: [&str; 18] = [
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "GH_CONFIG_DIR",
    "GH_HOST",
    "DBUS_SESSION_BUS_ADDRESS",
    "GNUPGHOME",
    "SSH_AUTH_SOCK",
    "PASSWORD_STORE_DIR",
    "CLOUDSDK_CONFIG",
];

/// Asks `gh` for a host's token; nothing where `gh` is not there or has none.
pub(super) async fn ask_gh(env: &Variables, host: &str) -> Option<String> {
    let words = ["gh", "auth", "token", "--hostname", host].map(OsString::from);
    first_line_said(env, &words).await.ok()
}

/// Runs a program and takes the first line it prints.
pub(super) async fn first_line(env: &Variables, words: &[String]) -> Read {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    first_line_said(env, &words).await
}

async fn first_line_said(env: &Variables, words: &[OsString]) -> Read {
    const BY_HAND: &str = "run it by hand: it must print the token and nothing else";
    let program = words.first().and_then(|name| found(env, name));
    let Some((program, arguments)) = program.zip(words.get(1..)) else {
        return Err(("there is no such program", "install it, or write its full path in token_command"));
    };
    let mut command = tokio::process::Command::new(program);
    // The working folder may be a stranger's repository.
    command.args(arguments).env_clear().current_dir("/");
    command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, env(name)?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    // A program that would ask on the terminal is stopped there instead of drawing over the screen.
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|_| ("it could not be started", BY_HAND))?;
    let mut written = Vec::new();
    let answer = tokio::time::timeout(PATIENCE, async {
        if let Some(output) = child.stdout.take() {
            output.take(MOST_READ).read_to_end(&mut written).await?;
        }
        child.wait().await
    });
    let answer = answer.await;
    if answer.is_err() {
        end(&child);
    }
    match answer {
        Err(_) => Err(("it did not answer within 5 seconds", BY_HAND)),
        Ok(Ok(status)) if status.success() => Ok(first_line_of(&written).to_owned()),
        Ok(_) => Err(("it failed", BY_HAND)),
    }
}

/// Ends a program and what it started.
fn end(child: &tokio::process::Child) {
    #[cfg(unix)]
    if let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself just now.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// A program by its full path, or by its name in `PATH`.
fn found(env: &Variables, name: &OsStr) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.is_absolute() {
        return is_program(path).then(|| path.to_path_buf());
    }
    in_path(&env("PATH")?, name)
}

/// A program in `PATH`, by absolute places only: an empty or relative one means the working directory, which may belong to
/// a stranger's repository.
pub(in crate::shell) fn in_path(path: &OsStr, program: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program))
        .find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn run(script: &str) -> Read {
        let env = |name: &str| match name {
            "PATH" => Some(OsString::from(":.:relative:/usr/bin:/bin")),
            "HOME" => Some(OsString::from("/nowhere")),
            "GITHUB_TOKEN" | "SECRET" => Some(OsString::from("canary")),
            _ => None,
        };
        let words = ["sh", "-c", script, "arg with spaces; $(echo no shell)"].map(str::to_owned);
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(first_line(&env, &words))
    }

    #[test]
    fn the_first_line_counts_and_errors_are_dropped() {
        assert_eq!(run("echo t0k; echo more; echo noise >&2").as_deref(), Ok("t0k"));
        assert_eq!(run("printf 't0k\\r\\n'").as_deref(), Ok("t0k"));
        assert_eq!(run("yes t0k | head -c 9000").as_deref(), Ok("t0k"));
        assert_eq!(run("echo canary; exit 3"), run("exit 1"));
        assert!(!format!("{:?}", run("echo canary >&2; exit 3")).contains("canary"));
    }

    #[test]
    fn arguments_stay_as_they_are_and_the_environment_is_clean() {
        assert_eq!(run("echo \"$0\"").as_deref(), Ok("arg with spaces; $(echo no shell)"));
        assert_eq!(run("echo \"$HOME:$GITHUB_TOKEN:$SECRET\"").as_deref(), Ok("/nowhere::"));
        assert_eq!(run("pwd").as_deref(), Ok("/"));
    }

    #[test]
    fn a_program_that_does_not_end_is_ended_with_what_it_started() {
        let begun = Instant::now();
        let marker = tempfile::tempdir().unwrap();
        let file = marker.path().join("alive");
        let said = run(&format!("(sleep 6; touch {}) & sleep 60", file.display()));
        assert!(said.is_err_and(|(why, _)| why.contains("5 seconds")));
        assert!(begun.elapsed() < Duration::from_secs(8));
        std::thread::sleep(Duration::from_secs(2));
        assert!(!file.exists());
    }

    #[test]
    fn a_program_is_looked_for_in_absolute_places_only() {
        assert_eq!(in_path(OsStr::new(":.:relative"), OsStr::new("sh")), None);
        assert!(in_path(OsStr::new(":.:relative:/bin"), OsStr::new("sh")).is_some());
        let nothing = |_: &str| None;
        assert!(found(&nothing, OsStr::new("/bin/sh")).is_some());
        assert!(found(&nothing, OsStr::new("sh")).is_none());
    }
}
