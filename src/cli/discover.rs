//! Started without settings inside a clone: what can be read off the repository.

use std::path::{Path, PathBuf};

use crate::{domain::incident::Repo, shell::disk};

/// What was found in a repository, and what was not.
#[derive(Debug, Default)]
pub struct Found {
    /// The folder of the working tree.
    pub root: Option<PathBuf>,
    /// The GitHub host and repository of its remote.
    pub remote: Option<(String, Repo)>,
    /// Release checklists.
    pub checklists: Vec<PathBuf>,
    /// Prometheus expositions.
    pub expositions: Vec<PathBuf>,
    /// Telemetry as JSON Lines.
    pub telemetry: Vec<PathBuf>,
    /// A roster.
    pub roster: Option<PathBuf>,
}

/// Files looked at, at most: a clone may hold a build folder of a million.
const MOST_ENTRIES: usize = 20_000;

/// Folders below the root looked into.
const DEPTH: usize = 5;

/// Folders that hold what others made.
const NOT_OURS: [&str; 7] = ["target", "node_modules", "vendor", "dist", "build", "venv", "third_party"];

/// Looks around from a folder.
pub fn look(from: &Path) -> Found {
    let mut found = Found { root: root_of(from), ..Found::default() };
    let Some(root) = found.root.clone() else { return found };
    found.remote = remote_of(&root);
    let mut waiting = vec![(root, 0)];
    let mut looked = 0;
    while let Some((folder, depth)) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            looked += 1;
            if looked > MOST_ENTRIES {
                break;
            }
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            // A link may lead out of the repository or in a circle.
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < DEPTH && !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()) {
                waiting.push((path, depth + 1));
            } else if kind.is_file() {
                found.take(path, &name, depth);
            }
        }
    }
    found.sort();
    found
}

impl Found {
    fn take(&mut self, path: PathBuf, name: &str, depth: usize) {
        let lower = name.to_lowercase();
        let is_release =
            lower.ends_with(".md") && ((depth == 0 && lower.starts_with("release")) || is_checklist(&lower));
        if is_release {
            self.checklists.push(path);
        } else if lower.ends_with(".prom") {
            self.expositions.push(path);
        } else if lower.ends_with(".jsonl") && is_telemetry(&path) {
            self.telemetry.push(path);
        } else if matches!(lower.as_str(), "oncall.toml" | "on-call.toml" | "roster.toml" | "rota.toml") {
            self.roster.get_or_insert(path);
        }
    }

    fn sort(&mut self) {
        for list in [&mut self.checklists, &mut self.expositions, &mut self.telemetry] {
            list.sort();
            list.truncate(12);
        }
    }

    /// What was found and what was not, one line each.
    pub fn told(&self) -> Vec<String> {
        let Some(root) = &self.root else {
            return vec!["no settings and no git repository here: nothing to show".to_owned()];
        };
        let short = |path: &PathBuf| path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
        let listed = |what: &str, paths: &[PathBuf], looked_for: &str| match paths {
            [] => format!("no {what} (looked for {looked_for})"),
            paths => format!("{what}: {}", paths.iter().map(short).collect::<Vec<_>>().join(", ")),
        };
        let remote = match &self.remote {
            Some((host, repo)) if is_github(host) => format!("incidents: {repo} on {host}, from the git remote"),
            Some((host, _)) => {
                format!(
                    "no incidents ({host}, of the git remote, is not GitHub's: name it in watchfloor.toml if you trust it)"
                )
            }
            None => "no incidents (the git remote is not a GitHub address)".to_owned(),
        };
        let roster: Vec<PathBuf> = self.roster.iter().cloned().collect();
        vec![
            remote,
            listed("checklist", &self.checklists, "RELEASE*.md, release*checklist*.md"),
            listed("expositions", &self.expositions, "**/*.prom"),
            listed("telemetry", &self.telemetry, "*.jsonl in telemetry, metrics or logs folders"),
            listed("roster", &roster, "oncall.toml, roster.toml"),
        ]
    }
}

/// Whether a host is GitHub's own. A repository's remote must not decide where a token goes: any other host has to be
/// named in settings that are the person's.
pub fn is_github(host: &str) -> bool {
    host == "github.com" || host.ends_with(".ghe.com")
}

/// `release-checklist.md`, `RELEASE_1.2_CHECKLIST.md`.
fn is_checklist(lower: &str) -> bool {
    lower.find("release").is_some_and(|at| lower.get(at..).is_some_and(|rest| rest.contains("checklist")))
}

fn is_telemetry(path: &Path) -> bool {
    let words = ["telemetry", "metric", "log", "event"];
    path.components().any(|part| {
        let part = part.as_os_str().to_string_lossy().to_lowercase();
        words.iter().any(|word| part.contains(word))
    })
}

/// The working tree a folder is in.
pub fn root_of(from: &Path) -> Option<PathBuf> {
    from.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf)
}

/// The host and repository of `origin`, else of the first remote; read from the file, no program is run.
fn remote_of(root: &Path) -> Option<(String, Repo)> {
    let git = root.join(".git");
    let folder = if git.is_file() {
        // A worktree: the file names its folder, and that one names the common folder.
        let text = String::from_utf8(disk::read(&git, 4096).ok()?).ok()?;
        let own = root.join(text.trim().strip_prefix("gitdir:")?.trim());
        let common = disk::read(&own.join("commondir"), 4096).ok().and_then(|b| String::from_utf8(b).ok());
        common.map_or(own.clone(), |c| own.join(c.trim()))
    } else {
        git
    };
    let config = String::from_utf8_lossy(&disk::read(&folder.join("config"), 1024 * 1024).ok()?).into_owned();
    let remotes = remotes(&config);
    let origin = remotes.iter().find(|(name, _)| name == "origin").or(remotes.first())?;
    repository_of(&origin.1)
}

/// Names and addresses of the remotes in a git configuration.
fn remotes(config: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut name = None;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            name = line.strip_prefix("[remote \"").and_then(|rest| rest.strip_suffix("\"]")).map(str::to_owned);
        } else if let (Some(name), Some((key, value))) = (&name, line.split_once('='))
            && key.trim() == "url"
        {
            found.push((name.clone(), value.trim().to_owned()));
        }
    }
    found
}

/// `https://host/owner/name.git`, `git@host:owner/name.git`, `ssh://git@host/owner/name`.
fn repository_of(address: &str) -> Option<(String, Repo)> {
    let (host, path) = if let Some((_, rest)) = address.split_once("://") {
        rest.split_once('/')?
    } else {
        address.split_once(':')?
    };
    let host = host.rsplit('@').next()?.split(':').next()?.to_lowercase();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_name = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let (owner, name) = path.split_once('/')?;
    let is_host = host.contains('.') && is_name(&host);
    (is_host && is_name(owner) && is_name(name) && !owner.starts_with('.') && !name.starts_with('.'))
        .then(|| (host, Repo::new(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_is_read_in_every_form() {
        for address in [
            "https://github.com/acme/api.git",
            "git@github.com:acme/api.git",
            "ssh://git@github.com/acme/api",
            "https://user:secret@github.com/acme/api/",
        ] {
            assert_eq!(repository_of(address), Some(("github.com".to_owned(), Repo::new("acme/api"))), "{address}");
        }
        for address in
            ["/srv/git/api.git", "file:///srv/api", "git@github.com:api", "https://github.com/a/../b", "x:a/b"]
        {
            assert_eq!(repository_of(address), None, "{address}");
        }
    }

    #[test]
    fn a_remote_elsewhere_is_told_and_never_asked() {
        for host in ["gitlab.com", "127.0.0.2", "github.com.evil.example", "evilghe.com"] {
            assert!(!is_github(host), "{host}");
        }
        let found = Found {
            root: Some(PathBuf::from("/x")),
            remote: Some(("gitlab.com".to_owned(), Repo::new("a/b"))),
            ..Found::default()
        };
        assert!(found.told()[0].starts_with("no incidents (gitlab.com"), "{:?}", found.told());
    }

    #[test]
    fn a_clone_tells_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join(".git")).unwrap();
        std::fs::create_dir_all(root.join("docs/ops")).unwrap();
        std::fs::create_dir_all(root.join("target")).unwrap();
        std::fs::write(root.join(".git/config"), "[core]\n[remote \"origin\"]\n\turl = git@github.com:acme/api.git\n")
            .unwrap();
        for name in ["RELEASE.md", "docs/ops/release-checklist.md", "docs/ops/node.prom", "target/x.prom", "README.md"]
        {
            std::fs::write(root.join(name), "").unwrap();
        }
        let found = look(&root.join("docs"));
        assert_eq!(
            found.told(),
            [
                "incidents: acme/api on github.com, from the git remote",
                "checklist: RELEASE.md, docs/ops/release-checklist.md",
                "expositions: docs/ops/node.prom",
                "no telemetry (looked for *.jsonl in telemetry, metrics or logs folders)",
                "no roster (looked for oncall.toml, roster.toml)",
            ]
        );
    }
}
