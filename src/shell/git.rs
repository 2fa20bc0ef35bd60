//! What a repository says of its commits, asked of `git`: no shell, no network, no hooks, a clean environment, little patience.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        duty::judge::Proof,
        release::gate::Kin,
        time::{parse_rfc3339, rfc3339},
    },
    floor::burn_in::History,
    shell::token::in_path,
    text::Text,
};

/// How long `git` may take for one question.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most that is read of an answer, in bytes.
const MOST_READ: u64 = 4 * 1024 * 1024;

/// Commits that are asked for at once: the newest on record.
const MOST_COMMITS: usize = 32;

/// What `git` needs to find itself and whom its user trusts, and no more.
const ENVIRONMENT: [&str; 5] = ["HOME", "PATH", "XDG_CONFIG_HOME", "TMPDIR", "SYSTEMROOT"];

/// What every question begins with: nothing is fetched, no program of the repository's settings is run.
const QUIETLY: [&str; 7] =
    ["--no-pager", "-c", "protocol.allow=never", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];

/// What to do about a commit that the repository does not have.
pub(super) const DEEPER: &str = "check out the whole history (actions/checkout with fetch-depth: 0)";

/// What lies between commits and a wanted one, by the repository the plans lie in.
pub fn compare(plans: &[PathBuf], named: &[Text], wanted: &str) -> Vec<(Text, Kin)> {
    let all = || named.iter().take(MOST_COMMITS);
    match Repository::of(plans) {
        Ok(repository) => all().map(|commit| (commit.clone(), repository.kin(commit.as_str(), wanted))).collect(),
        Err(why) => all().map(|commit| (commit.clone(), Kin::Unknown(Text::scrub(&why)))).collect(),
    }
}

/// Why a name comes to no commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoCommit {
    /// The repository was asked and has none of that name, or it is no name: whoever wrote it can mend it.
    None(String),
    /// Nobody could tell.
    Unknown(String),
}

/// The commit that a name comes to in the repository the plans lie in: its signs, a branch, a tag, `HEAD~1`. What can be the
/// signs of a commit is taken as it stands where the repository does not know it, or there is none.
///
/// # Errors
/// It comes to none, or nobody can tell, in words.
pub fn commit_of(plans: &[PathBuf], written: &str) -> Result<Text, NoCommit> {
    let written = written.trim();
    let shown = Text::scrub(written);
    let signs = || is_signs(written).then(|| shown.clone());
    let is_name = !written.starts_with('-') && !written.contains(|c: char| c.is_whitespace() || c.is_control());
    if !is_name {
        return Err(NoCommit::None(format!("`{shown}` is no name of a commit")));
    }
    let repository = match Repository::of(plans) {
        Ok(repository) => repository,
        Err(why) => return signs().ok_or_else(|| NoCommit::Unknown(format!("whose commit `{shown}` is: {why}"))),
    };
    let asked = ["rev-parse", "--verify", "--quiet", &format!("{written}^{{commit}}")];
    match ask(&repository.folder, &asked).map(|(_, said)| String::from_utf8_lossy(&said).trim().to_owned()) {
        Ok(whole) if is_signs(&whole) => Ok(Text::scrub(&whole)),
        Ok(_) => signs().ok_or_else(|| {
            let what = "write 7 of a commit's signs or more, HEAD, a branch, or a tag that was fetched";
            NoCommit::None(format!("`{shown}` is no commit of the repository that the plan lies in: {what}"))
        }),
        Err(why) => signs().ok_or_else(|| NoCommit::Unknown(format!("whose commit `{shown}` is: {why}"))),
    }
}

/// Whether a name can be the signs of a commit: hexadecimal, seven at least.
fn is_signs(name: &str) -> bool {
    (7..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What the repository that files lie in says of them since an instant, by its branch that is checked out; nothing where it
/// cannot say: there is none, its history is cut short, or it does not keep all of them.
pub fn history(patterns: &[String], files: &[Proof], since: DateTime<Utc>) -> Option<History> {
    let folder = patterns.first().and_then(|pattern| {
        let plain = pattern.split(['*', '?', '[']).next().map(Path::new)?;
        plain.ancestors().find(|folder| folder.is_dir())
    })?;
    let line = |words: &[&str]| {
        let (is_told, said) = ask(folder, words).ok()?;
        is_told.then(|| String::from_utf8_lossy(&said).trim_end_matches(['\n', '\r']).to_owned())
    };
    let top = PathBuf::from(line(&["rev-parse", "--show-toplevel"])?);
    if line(&["rev-parse", "--is-shallow-repository"])? != "false" {
        return None;
    }
    let specs: Vec<String> = patterns.iter().map(|pattern| format!(":(glob){pattern}")).collect();
    let about = |words: &[&str]| {
        let all: Vec<&str> = words.iter().copied().chain(["--"]).chain(specs.iter().map(String::as_str)).collect();
        let (is_told, said) = ask(&top, &all).ok()?;
        is_told.then(|| String::from_utf8_lossy(&said).into_owned())
    };
    let kept: BTreeSet<PathBuf> =
        about(&["ls-files", "-z"])?.split('\0').filter(|path| !path.is_empty()).map(|path| top.join(path)).collect();
    // Of what was never committed, or stands otherwise in the work tree, the history does not tell when it changed.
    about(&["diff", "--quiet", "--no-ext-diff", "--no-textconv", "--diff-filter=d", "HEAD"])?;
    let real = |path: &str| std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
    if !files.iter().all(|file| kept.contains(&real(file.path.as_str()))) {
        return None;
    }
    let gone = kept.iter().filter(|path| !path.exists()).map(|path| Text::scrub(&path.to_string_lossy())).collect();
    let from = format!("--since={}", rfc3339(since));
    let told = about(&["log", "--first-parent", "-m", "-z", "--format=%x01%cI", "--name-only", "--no-renames", &from])?;
    let mut changes = Vec::new();
    for commit in told.split('\u{1}') {
        let mut parts = commit.split(['\0', '\n']).filter(|part| !part.is_empty());
        let Some(at) = parts.next().and_then(parse_rfc3339) else { continue };
        changes.extend(parts.map(|path| Proof { path: Text::scrub(&top.join(path).to_string_lossy()), at }));
    }
    // Of files that it does not keep any more it knows when they went; of others it never had any.
    (!kept.is_empty() || !changes.is_empty()).then_some(History { since, changes, gone })
}

/// A repository, and the files of it that may change after a sign-off.
struct Repository {
    folder: PathBuf,
    /// From the top of the work tree, with `/`.
    plans: BTreeSet<String>,
}

impl Repository {
    fn of(plans: &[PathBuf]) -> Result<Self, String> {
        let real: Vec<PathBuf> = plans.iter().filter_map(|plan| std::fs::canonicalize(plan).ok()).collect();
        let folder = real.first().and_then(|plan| plan.parent()).ok_or("the plan is not there")?.to_path_buf();
        let (is_there, said) = ask(&folder, &["rev-parse", "--show-toplevel"])?;
        if !is_there {
            return Err("the plan lies in no repository that git can read".to_owned());
        }
        let top = PathBuf::from(String::from_utf8_lossy(&said).trim_end_matches(['\n', '\r']));
        let top = std::fs::canonicalize(&top).unwrap_or(top);
        let inside = real.iter().filter_map(|plan| plan.strip_prefix(&top).ok());
        let plans = inside.map(|plan| plan.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")).collect();
        Ok(Self { folder, plans })
    }

    fn kin(&self, said: &str, wanted: &str) -> Kin {
        match self.between(said, wanted) {
            Ok(None) => Kin::Same,
            Ok(Some(other)) => Kin::Other(Text::scrub(&other)),
            Err(why) => Kin::Unknown(Text::scrub(&why)),
        }
    }

    /// What else than plans and records lies between two commits, in words; nothing where nothing does.
    fn between(&self, said: &str, wanted: &str) -> Result<Option<String>, String> {
        let (said, wanted) = (self.whole(said)?, self.whole(wanted)?);
        let (is_before, _) = ask(&self.folder, &["merge-base", "--is-ancestor", &said, &wanted])?;
        if !is_before {
            return Ok(Some("it does not come before the one that goes out".to_owned()));
        }
        let words =
            ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--ignore-submodules=none", &said, &wanted];
        let (is_told, changed) = ask(&self.folder, &words)?;
        if !is_told {
            return Err("git cannot compare them".to_owned());
        }
        let changed = String::from_utf8_lossy(&changed);
        let others: Vec<&str> = changed.split('\0').filter(|path| !path.is_empty() && !self.may_change(path)).collect();
        Ok(others.first().map(|first| match others.len() {
            1 => format!("{first} changed since"),
            n => format!("{first} and {} more changed since", n - 1),
        }))
    }

    /// The whole name of a commit.
    fn whole(&self, named: &str) -> Result<String, String> {
        if !is_signs(named) {
            return Err(format!("{named} names no commit by its signs"));
        }
        let (is_there, said) =
            ask(&self.folder, &["rev-parse", "--verify", "--quiet", &format!("{named}^{{commit}}")])?;
        let whole = String::from_utf8_lossy(&said).trim().to_owned();
        if is_there && !whole.is_empty() { Ok(whole) } else { Err(format!("{named} is not here: {DEEPER}")) }
    }

    fn may_change(&self, path: &str) -> bool {
        let plan = path.strip_suffix(".record").unwrap_or(path);
        self.plans.contains(plan) || path.ends_with(".record.md")
    }
}

/// Asks `git` in a folder: whether it said yes, and what it printed.
pub(super) fn ask(folder: &Path, words: &[&str]) -> Result<(bool, Vec<u8>), String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let program = in_path(&path, &OsString::from("git")).ok_or("there is no git")?;
    let mut command = Command::new(program);
    command.args(QUIETLY).args(words).current_dir(folder).env_clear();
    command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.envs([
        ("GIT_NO_LAZY_FETCH", "1"),
        // What is built is what the commits hold, and not what somebody laid over them here.
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_GRAFT_FILE", "/dev/null"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("LC_ALL", "C"),
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|_| "git could not be started")?;
    let output = child.stdout.take();
    let reading = thread::spawn(move || {
        let mut written = Vec::new();
        let read = output.map(|output| output.take(MOST_READ).read_to_end(&mut written));
        (written, matches!(read, Some(Ok(_))))
    });
    let end = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
            _ => {
                // It is ended; that it had ended by itself just now changes nothing.
                let _ = child.kill();
                let _ = child.wait();
                return Err("git did not answer within 5 seconds".to_owned());
            }
        }
    };
    match reading.join() {
        Ok((written, true)) if (written.len() as u64) < MOST_READ => Ok((status.success(), written)),
        _ => Err("the answer of git could not be read".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::domain::time::plus;

    fn git(folder: &Path, at: &str, words: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(words).current_dir(folder);
        command.env("GIT_COMMITTER_DATE", at).env("GIT_AUTHOR_DATE", at).env("HOME", folder);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    #[test]
    fn the_history_of_files_is_told_by_the_day_and_not_where_it_is_cut_short() {
        let place = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(place.path()).unwrap().join("one");
        fs::create_dir_all(folder.join("config")).unwrap();
        let at = |day: u32| format!("2026-11-{day:02}T10:00:00Z");
        git(&folder, &at(1), &["init", "-q"]);
        for (day, name, text) in [(1, "a.toml", "1"), (5, "a.toml", "2"), (6, "other.txt", "3")] {
            fs::write(folder.join("config").join(name), text).unwrap();
            git(&folder, &at(day), &["add", "."]);
            git(&folder, &at(day), &["commit", "-qm", "x"]);
        }
        let since = parse_rfc3339("2026-11-03T00:00:00Z").unwrap();
        let files = |folder: &Path| {
            let path = Text::scrub(&folder.join("config/a.toml").to_string_lossy());
            [Proof { path, at: plus(since, chrono::TimeDelta::days(20)) }]
        };
        let patterns = |folder: &Path| [folder.join("config/*.toml").to_string_lossy().into_owned()];
        let told = history(&patterns(&folder), &files(&folder), since).unwrap();
        let changes: Vec<_> = told.changes.iter().map(|change| rfc3339(change.at)).collect();
        assert_eq!((changes, told.gone.len()), (vec![at(5)], 0));
        // Nor does it know anything of files that it never had, and of a change that is not committed.
        let slip = [folder.join("config/*.tmol").to_string_lossy().into_owned()];
        assert_eq!(history(&slip, &[], since), None);
        fs::write(folder.join("config/a.toml"), "4").unwrap();
        assert_eq!(history(&patterns(&folder), &files(&folder), since), None);
        fs::write(folder.join("config/a.toml"), "2").unwrap();
        assert!(history(&patterns(&folder), &files(&folder), since).is_some(), "as it is committed");
        // A file that the repository does not keep is none of which it knows anything.
        fs::write(folder.join("config/b.toml"), "x").unwrap();
        let new = Proof { path: Text::scrub(&folder.join("config/b.toml").to_string_lossy()), at: since };
        assert_eq!(history(&patterns(&folder), &[new], since), None);
        let short = place.path().join("short");
        let from = format!("file://{}", folder.display());
        git(place.path(), &at(7), &["clone", "-q", "--depth", "1", &from, &short.to_string_lossy()]);
        assert_eq!(history(&patterns(&short), &[], since), None, "its history is cut short");
        fs::remove_file(folder.join("config/a.toml")).unwrap();
        assert_eq!(history(&patterns(&folder), &[], since).unwrap().gone.len(), 1);
        git(&folder, &at(9), &["rm", "-q", "config/a.toml", "config/b.toml", "--ignore-unmatch"]);
        fs::remove_file(folder.join("config/b.toml")).unwrap();
        git(&folder, &at(9), &["commit", "-qm", "x"]);
        let told = history(&patterns(&folder), &[], since).unwrap();
        let changes: Vec<_> = told.changes.iter().map(|change| rfc3339(change.at)).collect();
        assert_eq!((changes, told.gone.len()), (vec![at(9), at(5)], 0), "it knows when it went");
    }

    #[test]
    fn what_was_laid_over_a_commit_is_not_believed() {
        let place = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(place.path()).unwrap();
        let (plans, at) = ([folder.join("plan.md")], "2026-11-01T10:00:00Z");
        git(&folder, at, &["init", "-q", "-b", "main"]);
        let commit = |name: &str, text: &str| {
            fs::write(folder.join(name), text).unwrap();
            git(&folder, at, &["add", "."]);
            git(&folder, at, &["commit", "-qm", "x"]);
            git(&folder, at, &["rev-parse", "HEAD"])
        };
        let signed = commit("plan.md", "- [x] a\n");
        let other = commit("evil.c", "int x;\n");
        let tree = git(&folder, at, &["rev-parse", &format!("{signed}^{{tree}}")]);
        let fake = git(&folder, at, &["commit-tree", &tree, "-p", &signed, "-m", "x"]);
        git(&folder, at, &["replace", &other, &fake]);
        let kin = || compare(&plans, &[Text::scrub(&signed)], &other).remove(0).1;
        assert_eq!(kin(), Kin::Other(Text::scrub("evil.c changed since")));
        let orphan = git(&folder, at, &["commit-tree", &tree, "-m", "y"]);
        fs::write(folder.join(".git/info/grafts"), format!("{orphan} {signed}\n")).unwrap();
        let why = Text::scrub("it does not come before the one that goes out");
        assert_eq!(compare(&plans, &[Text::scrub(&signed)], &orphan).remove(0).1, Kin::Other(why));
    }

    #[test]
    fn a_commit_is_known_by_any_name_that_its_repository_has_for_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(place.path()).unwrap();
        let plans = [folder.join("plan.md")];
        fs::write(&plans[0], "- [x] a\n").unwrap();
        assert!(matches!(commit_of(&plans, "main"), Err(NoCommit::Unknown(why)) if why.contains("in no repository")));
        assert_eq!(commit_of(&plans, "1a2b3c4").unwrap().as_str(), "1a2b3c4", "taken as it stands");
        let at = "2026-11-01T10:00:00Z";
        git(&folder, at, &["init", "-q", "-b", "main"]);
        git(&folder, at, &["add", "."]);
        git(&folder, at, &["commit", "-qm", "x"]);
        git(&folder, at, &["tag", "-a", "v1.4.0", "-m", "x"]);
        let whole = git(&folder, at, &["rev-parse", "HEAD"]);
        for name in ["HEAD", "main", "v1.4.0", "refs/heads/main", &whole[..7], &whole] {
            assert_eq!(commit_of(&plans, name).unwrap().as_str(), whole, "{name}");
        }
        assert_eq!(commit_of(&plans, "fffffff").unwrap().as_str(), "fffffff", "it may not be fetched");
        for name in ["mian", "v9", "--all", "HEAD:plan.md", "a b", "HEAD~7"] {
            assert!(matches!(commit_of(&plans, name), Err(NoCommit::None(_))), "{name}");
        }
    }
}
