//! The commit that is checked out where a plan lies, and others that people name, read from the files of its repository: no program is run.

use std::path::{Path, PathBuf};

use crate::{shell::disk, text::Text};

/// The commit that is checked out in the repository a file lies in; nothing where it lies in none, nothing is committed yet,
/// or the repository keeps its references in another way than in files.
pub fn of(file: &Path) -> Option<Text> {
    let git = repository_of(file)?;
    let head = line_of(&git.join("HEAD"))?;
    followed(&git, head)
}

/// The commit that somebody names: seven of its signs or more, `HEAD`, or a branch of the repository a file lies in.
///
/// # Errors
/// It is none of these, in words that say what to write.
pub fn named(file: &Path, written: &str) -> Result<Text, String> {
    let written = written.trim();
    if (SHORTEST..=LONGEST).contains(&written.len()) && written.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Text::scrub(written));
    }
    let branch = || {
        let git = repository_of(file)?;
        let places = ["", "refs/heads/", "refs/remotes/"].map(|place| format!("{place}{written}"));
        places.iter().find_map(|name| followed(&git, resolved(&git, name)?))
    };
    let found = if written == "HEAD" { of(file) } else { branch() };
    found.ok_or_else(|| {
        format!(
            "`{}` is no commit: write {SHORTEST} of its signs or more, HEAD, a branch or a tag",
            Text::scrub(written)
        )
    })
}

/// Signs of a commit that name it, and all of them in SHA-256.
const SHORTEST: usize = 7;
const LONGEST: usize = 64;

/// Whether a file lies in a repository.
pub fn is_kept(file: &Path) -> bool {
    repository_of(file).is_some()
}

/// The folder of the repository a file lies in.
fn repository_of(file: &Path) -> Option<PathBuf> {
    let real = std::fs::canonicalize(file).ok()?;
    real.ancestors().skip(1).find_map(|folder| git_folder(&folder.join(".git")))
}

/// The commit that a reference comes to.
fn followed(git: &Path, mut said: String) -> Option<Text> {
    for _ in 0..MOST_STEPS {
        let Some(name) = said.strip_prefix("ref:").map(str::trim) else { break };
        said = resolved(git, name)?;
    }
    is_commit(&said).then(|| Text::scrub(&said))
}

/// References that name one another are followed so far.
const MOST_STEPS: usize = 5;

/// The longest list of packed references read, in bytes.
const LIMIT_PACKED: usize = 32 * 1024 * 1024;

/// The longest of the small files read, in bytes.
const LIMIT_LINE: usize = 4096;

/// The folder of a repository; in a worktree and in a submodule `.git` is a file that names it.
fn git_folder(dot_git: &Path) -> Option<PathBuf> {
    if dot_git.is_dir() {
        return Some(dot_git.to_path_buf());
    }
    let said = line_of(dot_git)?;
    let folder = dot_git.parent()?.join(said.strip_prefix("gitdir:")?.trim());
    folder.is_dir().then_some(folder)
}

/// What a reference says: from its own file, of this worktree or of the repository, else from the packed ones.
fn resolved(git: &Path, name: &str) -> Option<String> {
    // A name never leads out of the repository.
    if !name.starts_with("refs/") || name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return None;
    }
    let common = line_of(&git.join("commondir")).map_or_else(|| git.to_path_buf(), |said| git.join(said));
    line_of(&git.join(name)).or_else(|| line_of(&common.join(name))).or_else(|| packed(&common, name))
}

fn packed(common: &Path, name: &str) -> Option<String> {
    let bytes = disk::read(&common.join("packed-refs"), LIMIT_PACKED).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut found = text.lines().filter_map(|line| line.split_once(' ')).filter(|(_, of)| of.trim() == name);
    found.next().map(|(commit, _)| commit.to_owned())
}

fn line_of(path: &Path) -> Option<String> {
    let bytes = disk::read(path, LIMIT_LINE).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// SHA-1 or SHA-256, in hexadecimal.
fn is_commit(said: &str) -> bool {
    matches!(said.len(), 40 | 64) && said.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ONE: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f80912345678";
    const TWO: &str = "ffffffffffffffffffffffffffffffffffffffff";

    fn put(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn found(folder: &Path) -> Option<String> {
        of(&folder.join("docs/plan.md")).map(|commit| commit.to_string())
    }

    #[test]
    fn the_commit_is_that_of_the_branch_from_its_file_or_the_packed_ones() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "docs/plan.md", "# R\n");
        assert_eq!(found(folder.path()), None, "no repository");
        put(folder.path(), ".git/HEAD", "ref: refs/heads/main\n");
        assert_eq!(found(folder.path()), None, "nothing is committed yet");
        put(folder.path(), ".git/packed-refs", &format!("# pack-refs with: peeled\n{TWO} refs/heads/main\n^{ONE}\n"));
        assert_eq!(found(folder.path()).as_deref(), Some(TWO));
        put(folder.path(), ".git/refs/heads/main", &format!("{ONE}\n"));
        assert_eq!(found(folder.path()).as_deref(), Some(ONE), "its own file is newer");
        put(folder.path(), ".git/HEAD", TWO);
        assert_eq!(found(folder.path()).as_deref(), Some(TWO), "a commit is checked out by itself");
    }

    #[test]
    fn a_commit_is_named_by_its_signs_by_head_or_by_a_branch_and_by_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "docs/plan.md", "# R\n");
        let plan = folder.path().join("docs/plan.md");
        let found = |written: &str| named(&plan, written).map(|commit| commit.to_string());
        assert_eq!(found(" 1A2b3c4 ").as_deref(), Ok("1A2b3c4"));
        assert_eq!(found(ONE).as_deref(), Ok(ONE));
        put(folder.path(), ".git/HEAD", "ref: refs/heads/main\n");
        put(folder.path(), ".git/refs/heads/main", ONE);
        put(folder.path(), ".git/refs/remotes/origin/main", "ref: refs/remotes/origin/next\n");
        put(folder.path(), ".git/packed-refs", &format!("{TWO} refs/remotes/origin/next\n"));
        for (written, commit) in
            [("HEAD", ONE), ("main", ONE), ("refs/heads/main", ONE), ("origin/main", TWO), ("origin/next", TWO)]
        {
            assert_eq!(found(written).as_deref(), Ok(commit), "{written}");
        }
        for written in ["1a2b3c", "gone", "../../docs/plan.md", "v1.4.0", "ok \u{b7} <b>", &format!("{ONE}{TWO}")] {
            assert!(found(written).unwrap_err().contains("is no commit"), "{written}");
        }
    }

    #[test]
    fn a_worktree_has_a_head_of_its_own_and_the_repositorys_branches() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "tree/docs/plan.md", "# R\n");
        put(folder.path(), "tree/.git", "gitdir: ../main/.git/worktrees/tree\n");
        put(folder.path(), "main/.git/worktrees/tree/HEAD", "ref: refs/heads/side\n");
        put(folder.path(), "main/.git/worktrees/tree/commondir", "../..\n");
        put(folder.path(), "main/.git/refs/heads/side", ONE);
        assert_eq!(found(&folder.path().join("tree")).as_deref(), Some(ONE));
    }

    #[test]
    fn what_is_no_commit_and_what_leads_out_of_the_repository_is_none() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "docs/plan.md", "# R\n");
        put(folder.path(), "secret", ONE);
        for head in
            ["ref: ../secret", "ref: refs/../../secret", "ref: refs/heads/.invalid", "", "1a2b3c4", "ref: refs/heads/a"]
        {
            put(folder.path(), ".git/HEAD", head);
            put(folder.path(), ".git/refs/heads/a", "ref: refs/heads/a");
            assert_eq!(found(folder.path()), None, "{head}");
        }
    }
}
