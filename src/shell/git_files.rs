//! When files were written that a repository keeps: a checkout gives them its own time, and the history remembers another.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        duty::judge::Proof,
        time::{minus, parse_rfc3339, rfc3339},
    },
    shell::{git, git_head},
    text::Text,
};

/// Files that are asked about at once, the newest first.
const MOST_ASKED: usize = 2000;

/// The history is asked for so far back: what was not committed since is older than anybody asks.
const LOOKED_BACK: TimeDelta = TimeDelta::days(400);

/// What was asked of a repository once: it is asked again when a file or the commit that is checked out is another one.
#[derive(Debug, Clone, Default)]
pub struct Written {
    asked: Option<(Option<Text>, Vec<Proof>)>,
    told: Option<Result<Vec<Proof>, Text>>,
}

impl Written {
    /// Files with the time of each as it was before any checkout, the newest first: see [`written`].
    ///
    /// # Errors
    /// As [`written`].
    pub fn of(&mut self, files: Vec<Proof>) -> Result<Vec<Proof>, Text> {
        let head = files.first().and_then(|file| git_head::of(Path::new(file.path.as_str())));
        let asked = (head, files);
        if let Some(told) = self.told.as_ref().filter(|_| self.asked.as_ref() == Some(&asked)) {
            return told.clone();
        }
        let told = written(asked.1.clone());
        (self.asked, self.told) = (Some(asked), Some(told.clone()));
        told
    }
}

/// Files with the time of each as it was before any checkout, the newest first. What the repository keeps as it stands is no
/// younger than the commit that brought it; what it does not keep, or stands otherwise, has the time of the file system.
///
/// # Errors
/// There is a repository, and it cannot say: its history is cut short there, or there is no `git`.
pub fn written(mut files: Vec<Proof>) -> Result<Vec<Proof>, Text> {
    let paths: Vec<PathBuf> = files.iter().take(MOST_ASKED).map(|file| file.path.as_str().into()).collect();
    let Some(newest) = files.iter().map(|file| file.at).max() else { return Ok(files) };
    let committed = committed(&paths, minus(newest, LOOKED_BACK)).map_err(|why| {
        Text::scrub(&format!("when files were written that the repository keeps cannot be told: {why}"))
    })?;
    for (file, path) in files.iter_mut().zip(&paths) {
        file.at = committed.get(path).map_or(file.at, |at| file.at.min(*at));
    }
    files.sort_by_key(|file| std::cmp::Reverse(file.at));
    Ok(files)
}

/// When each of some files was committed as it stands, or `since` where that is longer ago; those are left out that the
/// repository does not keep, or keeps otherwise.
fn committed(paths: &[PathBuf], since: DateTime<Utc>) -> Result<BTreeMap<PathBuf, DateTime<Utc>>, String> {
    let Some(folder) = paths.first().filter(|file| git_head::is_kept(file)).and_then(|file| file.parent()) else {
        return Ok(BTreeMap::new());
    };
    let folder = std::fs::canonicalize(folder).map_err(|_| "their folder is not there")?;
    let (is_there, said) = git::ask(&folder, &["rev-parse", "--show-toplevel"])?;
    if !is_there {
        return Err("git cannot read the repository".to_owned());
    }
    let top = PathBuf::from(String::from_utf8_lossy(&said).trim_end_matches(['\n', '\r']));
    let top = std::fs::canonicalize(&top).unwrap_or(top);
    let inside = paths.iter().filter_map(|path| {
        let real = std::fs::canonicalize(path).ok()?;
        Some((real.strip_prefix(&top).ok()?.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"), path.clone()))
    });
    let inside: Vec<(String, PathBuf)> = inside.collect();
    let specs: Vec<String> = inside.iter().map(|(name, _)| format!(":(top,literal){name}")).collect();
    let about = |words: &[&str]| {
        let all: Vec<&str> = words.iter().copied().chain(["--"]).chain(specs.iter().map(String::as_str)).collect();
        git::ask(&top, &all).map(|(is_told, said)| is_told.then(|| String::from_utf8_lossy(&said).into_owned()))
    };
    let changed = about(&["diff", "--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames", "HEAD"])?;
    // Nothing is committed yet.
    let Some(changed) = changed.filter(|_| !specs.is_empty()) else { return Ok(BTreeMap::new()) };
    let changed: BTreeSet<&str> = changed.split('\0').collect();
    let kept = about(&["ls-files", "-z"])?.ok_or("git cannot tell its files")?;
    let kept: BTreeSet<&str> = kept.split('\0').collect();
    let from = format!("--since={}", rfc3339(since));
    let log = about(&["log", "-c", "-z", "--format=%x01%H %cI", "--name-only", "--no-renames", &from])?;
    let log = log.ok_or("git cannot tell its history")?;
    let (times, cut) = (times(&log), cut_at(&top)?);
    let mut found = BTreeMap::new();
    let is_asked = |name: &str| kept.contains(name) && !changed.contains(name);
    for (name, path) in inside.into_iter().filter(|(name, _)| is_asked(name)) {
        let (commit, at) = times.get(name.as_str()).copied().unwrap_or(("", since));
        if cut.contains(commit) {
            return Err(format!("its history is cut short: {}", git::DEEPER));
        }
        found.insert(path, at);
    }
    Ok(found)
}

/// The newest commit of each file, and when that was made.
fn times(log: &str) -> BTreeMap<&str, (&str, DateTime<Utc>)> {
    let mut times = BTreeMap::new();
    for commit in log.split('\u{1}') {
        let mut parts = commit.split(['\0', '\n']).filter(|part| !part.is_empty());
        let head = parts.next().and_then(|head| head.split_once(' '));
        let Some((commit, at)) = head.and_then(|(commit, at)| Some((commit, parse_rfc3339(at)?))) else { continue };
        for name in parts {
            times.entry(name).or_insert((commit, at));
        }
    }
    times
}

/// The commits where a history is cut short: each seems to bring all files there are.
fn cut_at(top: &Path) -> Result<BTreeSet<String>, String> {
    let (is_told, said) = git::ask(top, &["rev-parse", "--git-path", "shallow"])?;
    if !is_told {
        return Err("git cannot tell whether its history is whole".to_owned());
    }
    let path = top.join(String::from_utf8_lossy(&said).trim_end_matches(['\n', '\r']));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().map(|line| line.trim().to_owned()).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::*;

    fn git(folder: &Path, at: &str, words: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(words).current_dir(folder);
        command.env("GIT_COMMITTER_DATE", at).env("GIT_AUTHOR_DATE", at).env("HOME", folder);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn set(path: &Path, at: &str) {
        let at = std::time::SystemTime::from(parse_rfc3339(at).unwrap());
        fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
    }

    fn told(folder: &Path, names: &[&str]) -> Result<Vec<(String, String)>, Text> {
        let proof = |name: &&str| {
            let path = folder.join(name);
            let at = DateTime::<Utc>::from(fs::metadata(&path).unwrap().modified().unwrap());
            Proof { path: Text::scrub(&path.to_string_lossy()), at }
        };
        let told = written(names.iter().map(proof).collect())?;
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(told.iter().map(|file| (name(file.path.as_str()), rfc3339(file.at))).collect())
    }

    #[test]
    fn a_checkout_makes_no_file_younger_than_its_commit_and_what_is_not_committed_has_its_own_time() {
        let place = tempfile::tempdir().unwrap();
        let one = fs::canonicalize(place.path()).unwrap().join("one");
        fs::create_dir_all(&one).unwrap();
        git(&one, "2026-11-01T10:00:00Z", &["init", "-q", "-b", "main"]);
        fs::write(one.join("new"), "x").unwrap();
        set(&one.join("new"), "2026-11-20T10:00:00Z");
        let own = |name: &str, at: &str| (name.to_owned(), at.to_owned());
        assert_eq!(told(&one, &["new"]), Ok(vec![own("new", "2026-11-20T10:00:00Z")]), "nothing is committed");
        for (day, name) in [("05", "a"), ("09", "b")] {
            fs::write(one.join(name), name).unwrap();
            git(&one, &format!("2026-11-{day}T10:00:00Z"), &["add", name]);
            git(&one, &format!("2026-11-{day}T10:00:00Z"), &["commit", "-qm", "x"]);
        }
        let clone = |name: &str, more: &[&str]| {
            let from = format!("file://{}", one.display());
            let into = place.path().join(name);
            let to = into.to_string_lossy();
            let words = [&["clone", "-q"], more, &[from.as_str(), &to]].concat();
            git(place.path(), "2026-11-20T10:00:00Z", &words);
            into
        };
        let whole = clone("whole", &[]);
        fs::write(whole.join("new"), "x").unwrap();
        for name in ["a", "b", "new"] {
            set(&whole.join(name), "2026-11-20T10:00:00Z");
        }
        let (a, b) = (own("a", "2026-11-05T10:00:00Z"), own("b", "2026-11-09T10:00:00Z"));
        assert_eq!(
            told(&whole, &["a", "b", "new"]),
            Ok(vec![own("new", "2026-11-20T10:00:00Z"), b.clone(), a.clone()])
        );
        // What was written before it was committed is as old as that; what was changed since is as young.
        set(&whole.join("a"), "2026-11-04T10:00:00Z");
        fs::write(whole.join("b"), "other").unwrap();
        set(&whole.join("b"), "2026-11-21T10:00:00Z");
        assert_eq!(
            told(&whole, &["a", "b"]),
            Ok(vec![own("b", "2026-11-21T10:00:00Z"), own("a", "2026-11-04T10:00:00Z")])
        );
        // What was committed long ago is at least as old as is looked back.
        set(&whole.join("a"), "2028-01-10T00:00:00Z");
        assert_eq!(told(&whole, &["a"]), Ok(vec![own("a", "2026-12-06T00:00:00Z")]));
        // Where the history is cut short, the first commit that is there brought all of them, or did not.
        let short = clone("short", &["--depth", "1"]);
        let why = told(&short, &["a"]).unwrap_err();
        assert!(why.as_str().contains("its history is cut short"), "{why}");
        let less = clone("less", &["--depth", "2"]);
        fs::write(less.join("c"), "c").unwrap();
        git(&less, "2026-11-21T10:00:00Z", &["add", "c"]);
        git(&less, "2026-11-21T10:00:00Z", &["commit", "-qm", "x"]);
        assert_eq!(told(&less, &["b"]), Ok(vec![b]), "it was changed since");
    }
}
