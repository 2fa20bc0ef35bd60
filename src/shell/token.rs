//! Where a token comes from. It is never asked for on the command line and never kept: each look finds it anew.
//!
//! Order: our own variable, the variables that `gh` knows for that kind of host, then `gh` itself. A token for github.com is
//! never sent to another host (go-gh's rule, read 2026-11-20).

use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use secrecy::SecretString;
use thiserror::Error;
use url::Url;

use crate::shell::http::{Credential, is_here};

/// Our own variable: it wins, for whatever host the configuration names.
const OWN: &str = "WATCHFLOOR_GITHUB_TOKEN";

/// What `gh` reads for github.com and its tenants.
const CLOUD: [&str; 2] = ["GH_TOKEN", "GITHUB_TOKEN"];

/// What `gh` reads for any other host.
const ENTERPRISE: [&str; 2] = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];

/// How long `gh` may take: it may open a key store.
const GH_PATIENCE: Duration = Duration::from_secs(5);

/// The longest token taken, in bytes; GitHub's have 40 to 255.
const MAX_TOKEN: usize = 1024;

/// A token, and where it came from.
#[derive(Debug, Clone)]
pub struct Found {
    /// The token, bound to the host it is for.
    pub credential: Credential,
    /// A variable's name, or `gh auth token`.
    pub from: &'static str,
}

/// Why a token that is there is not used. Never holds the token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It holds something that no token holds: it is no token, or one with a line break pasted on.
    #[error("{from} holds no token: it is empty or too long, or has spaces or control characters in it")]
    Malformed {
        /// The variable's name, or `gh auth token`.
        from: &'static str,
    },
}

/// An environment, by the names of its variables.
type Variables = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// Where tokens are looked for.
pub struct Tokens {
    env: Box<Variables>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// Looks in this process's environment.
    pub fn of_process() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    /// Looks in an environment; `gh` is found through its `PATH`.
    pub fn of(env: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self { env: Box::new(env) }
    }

    /// Looks for the token for an API's address. Nothing = there is none, and the host is asked without.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] for the first place that holds something which is no token; later places are not tried,
    /// for a slip in one would then quietly mean another account.
    pub async fn find(&self, api_url: &Url) -> Result<Option<Found>, TokenError> {
        self.find_with(api_url, async |host| self.ask_gh(&host).await).await
    }

    async fn find_with(
        &self,
        api_url: &Url,
        gh: impl AsyncFnOnce(String) -> Option<String>,
    ) -> Result<Option<Found>, TokenError> {
        for name in variables(api_url) {
            // `gh` takes an empty variable for an unset one.
            if let Some(written) = (self.env)(name).filter(|written| !written.is_empty()) {
                return checked(api_url, written.to_str().unwrap_or_default(), name).map(Some);
            }
        }
        let Some(host) = gh_host(api_url) else { return Ok(None) };
        match gh(host).await {
            Some(said) if !said.trim().is_empty() => checked(api_url, said.trim_end(), "gh auth token").map(Some),
            Some(_) | None => Ok(None),
        }
    }

    async fn ask_gh(&self, host: &str) -> Option<String> {
        let program = in_path(&(self.env)("PATH")?, OsStr::new("gh"))?;
        let mut command = tokio::process::Command::new(program);
        command.args(["auth", "token", "--hostname", host]).env_clear();
        for name in GH_ENV {
            if let Some(value) = (self.env)(name) {
                command.env(name, value);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let answer = tokio::time::timeout(GH_PATIENCE, command.output()).await.ok()?.ok()?;
        let written = answer.status.success().then_some(answer.stdout)?;
        String::from_utf8(written).ok()
    }
}

/// What `gh` needs to find its own configuration and the key store, and no more.
const GH_ENV: [&str; 9] = [
    "HOME",
    "PATH",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "GH_CONFIG_DIR",
    "GH_HOST",
    "DBUS_SESSION_BUS_ADDRESS",
];

fn checked(api_url: &Url, written: &str, from: &'static str) -> Result<Found, TokenError> {
    let is_token = (1..=MAX_TOKEN).contains(&written.len()) && written.bytes().all(|b| b.is_ascii_graphic());
    if !is_token {
        return Err(TokenError::Malformed { from });
    }
    Ok(Found { credential: Credential::new(api_url, SecretString::from(written)), from })
}

/// The variables that may hold a token for this host, the first first.
fn variables(api_url: &Url) -> [&'static str; 3] {
    let [first, second] = if is_cloud(api_url) { CLOUD } else { ENTERPRISE };
    [OWN, first, second]
}

/// github.com's API, or that of a tenant: `api.SUB.ghe.com`.
fn is_cloud(api_url: &Url) -> bool {
    let host = api_url.host_str().unwrap_or_default();
    api_url.scheme() == "https" && (host == "api.github.com" || host.ends_with(".ghe.com"))
}

/// The name `gh` knows a host by; nothing for this machine, which stands for a host that `gh` knows by another name.
fn gh_host(api_url: &Url) -> Option<String> {
    let host = api_url.host_str().filter(|_| !is_here(api_url))?;
    Some(match host {
        "api.github.com" => "github.com".to_owned(),
        tenant if tenant.ends_with(".ghe.com") => tenant.strip_prefix("api.").unwrap_or(tenant).to_owned(),
        other => other.to_owned(),
    })
}

/// A program in `PATH`, by absolute places only: an empty or relative one means the working directory, which may belong to
/// a stranger's repository.
fn in_path(path: &OsStr, program: &OsStr) -> Option<PathBuf> {
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
mod tests {
    use super::*;

    fn tokens(env: &[(&str, &str)]) -> Tokens {
        let env: Vec<(String, OsString)> = env.iter().map(|(n, v)| ((*n).to_owned(), OsString::from(v))).collect();
        Tokens::of(move |name| env.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()))
    }

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    fn from(url: &str, env: &[(&str, &str)], gh: Option<&str>) -> Result<Option<&'static str>, TokenError> {
        let url = Url::parse(url).unwrap();
        let found = wait(tokens(env).find_with(&url, async |_| gh.map(str::to_owned)))?;
        Ok(found.map(|found| found.from))
    }

    const GITHUB: &str = "https://api.github.com";
    const TENANT: &str = "https://api.acme.ghe.com";
    const SERVER: &str = "https://git.acme.example/api/v3";
    const HERE: &str = "http://127.0.0.1:8080";

    #[test]
    fn each_host_has_its_order() {
        let all = [
            ("GITHUB_ENTERPRISE_TOKEN", "a"),
            ("GH_ENTERPRISE_TOKEN", "b"),
            ("GITHUB_TOKEN", "c"),
            ("GH_TOKEN", "d"),
            ("WATCHFLOOR_GITHUB_TOKEN", "e"),
        ];
        for url in [GITHUB, TENANT] {
            let order: Vec<_> = (0..=5).map(|n| from(url, &all[..5 - n], Some("g")).unwrap().unwrap()).collect();
            let expected = ["WATCHFLOOR_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "gh auth token"];
            assert_eq!(order, [&expected[..], &["gh auth token"; 2]].concat(), "{url}");
        }
        for url in [SERVER, HERE] {
            let order: Vec<_> = (0..=4).map(|n| from(url, &all[..5 - n], Some("g")).unwrap().unwrap()).collect();
            let [b, a] = ENTERPRISE;
            assert_eq!(order, ["WATCHFLOOR_GITHUB_TOKEN", b, b, b, a], "{url}");
        }
        assert_eq!(from(SERVER, &[], Some("g\n")), Ok(Some("gh auth token")));
        assert_eq!(from(HERE, &[("GH_TOKEN", "d")], Some("g")), Ok(None));
    }

    #[test]
    fn a_token_for_github_is_for_nobody_else() {
        let cloud = [("GH_TOKEN", "d"), ("GITHUB_TOKEN", "c")];
        for url in [SERVER, HERE, "https://ghe.com", "https://evil-ghe.com", "https://api.github.com.evil.example"] {
            assert_eq!(from(url, &cloud, None), Ok(None), "{url}");
        }
        assert_eq!(from("http://api.github.com", &cloud, None), Ok(None));
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        assert_eq!(from(GITHUB, &[("GH_TOKEN", ""), ("GITHUB_TOKEN", "c")], None), Ok(Some("GITHUB_TOKEN")));
        assert_eq!(from(GITHUB, &[], Some("\n")), Ok(None));
    }

    #[test]
    fn what_is_no_token_is_refused_by_the_name_of_its_place() {
        for bad in ["a b", "a\n", "a\r\nx-evil: 1", "a\u{1b}", "tökén", &"x".repeat(2000)] {
            let refused = from(GITHUB, &[("GH_TOKEN", bad), ("GITHUB_TOKEN", "c")], None);
            assert_eq!(refused, Err(TokenError::Malformed { from: "GH_TOKEN" }), "{bad:?}");
        }
        assert_eq!(from(GITHUB, &[], Some("a b")), Err(TokenError::Malformed { from: "gh auth token" }));
    }

    #[test]
    fn gh_is_asked_by_its_own_names_for_hosts() {
        let asked = |url: &str| gh_host(&Url::parse(url).unwrap());
        assert_eq!(asked(GITHUB).as_deref(), Some("github.com"));
        assert_eq!(asked(TENANT).as_deref(), Some("acme.ghe.com"));
        assert_eq!(asked(SERVER).as_deref(), Some("git.acme.example"));
        assert_eq!(asked(HERE), None);
    }

    #[cfg(unix)]
    #[test]
    fn gh_is_run_from_an_absolute_place_with_a_clean_environment() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("gh");
        // Prints a token only when asked rightly, and only when it does not see ours.
        let script =
            "#!/bin/sh\n[ \"$*\" = 'auth token --hostname git.acme.example' ] && [ -z \"$SECRET\" ] && echo t0k\n";
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!(":.:relative:{}:/usr/bin:/bin", folder.path().display());
        let found = wait(tokens(&[("PATH", &path), ("SECRET", "s")]).find(&Url::parse(SERVER).unwrap()));
        let found = found.unwrap().unwrap();
        assert_eq!(found.from, "gh auth token");
        assert!(!format!("{found:?}").contains("t0k"));
        assert_eq!(in_path(OsStr::new(":.:relative"), OsStr::new("gh")), None);
    }
}
