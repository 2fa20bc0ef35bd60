//! Where a token comes from. It is never asked for on the command line and never kept on disk: each look finds it anew.
//!
//! Order, where the settings name no place: our own variable, the variables that `gh` knows for that kind of host, then `gh`
//! itself. A token for github.com is never sent to another host (go-gh's rule, read 2026-11-20), and one that names no host
//! is for the first host of the settings alone.

use std::{ffi::OsString, fmt, sync::Mutex};

use secrecy::SecretString;
use thiserror::Error;
use url::Url;

use crate::{
    config::TokenSource,
    shell::http::{Credential, is_here},
    text::Text,
};

mod place;
mod program;

pub(in crate::shell) use program::in_path;

/// Our own variable: it wins for the first host of the settings, whatever host that is.
const OWN: &str = "WATCHFLOOR_GITHUB_TOKEN";

/// What `gh` reads for github.com and its tenants.
const CLOUD: [&str; 2] = ["GH_TOKEN", "GITHUB_TOKEN"];

/// What `gh` reads for any other host.
const ENTERPRISE: [&str; 2] = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];

/// The longest token taken, in bytes; GitHub's have 40 to 255.
const MAX_TOKEN: usize = 1024;

/// Variables that settings name for a token, in this process.
static NAMED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The variables that may hold a token, or lead to one: what no child process is handed.
pub fn secret_variables() -> Vec<String> {
    let named = NAMED.lock().map(|named| named.clone()).unwrap_or_default();
    let known = [OWN, "CREDENTIALS_DIRECTORY"].into_iter().chain(CLOUD).chain(ENTERPRISE).map(str::to_owned);
    known.chain(named).collect()
}

/// A token, and where it came from.
#[derive(Debug, Clone)]
pub struct Found {
    /// The token, bound to the host it is for.
    pub credential: Credential,
    /// A variable's name, `gh auth token`, or what the settings name.
    pub from: Text,
}

/// Why a token that should be there is not used. Never holds the token, nor anything that was read in its place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It holds something that no token holds: it is no token, or one with a line break pasted on.
    #[error("{from} holds no token: it is empty or too long, or has spaces or control characters in it")]
    Malformed {
        /// The variable's name, or the place.
        from: Text,
    },
    /// The place that the settings name gave nothing.
    #[error("no token from {from}: {why}")]
    NoneThere {
        /// The place.
        from: Text,
        /// Why not; our own words and the system's.
        why: Text,
        /// What to do.
        hint: &'static str,
    },
}

impl TokenError {
    /// What the reader can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "set it to a token, or unset it",
            Self::NoneThere { hint, .. } => hint,
        }
    }
}

/// An environment, by the names of its variables.
type Variables = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// Where tokens are looked for.
pub struct Tokens {
    env: Box<Variables>,
    /// The one place the settings name; nothing = the usual ones.
    source: Option<TokenSource>,
    /// It is not the settings' first host: what names no host is not for this one.
    is_further: bool,
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

    /// Looks in an environment; programs are found through its `PATH`.
    pub fn of(env: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self { env: Box::new(env), source: None, is_further: false }
    }

    /// Looks as the settings say: at the one place they name, if any; `is_further` = it is not their first host.
    /// A variable that is named is kept from children from now on.
    #[must_use]
    pub fn as_set(self, source: Option<&TokenSource>, is_further: bool) -> Self {
        if let (Some(TokenSource::Variable(name)), Ok(mut named)) = (source, NAMED.lock())
            && !named.contains(name)
        {
            named.push(name.clone());
        }
        Self { source: source.cloned(), is_further, ..self }
    }

    /// Looks for the token for an API's address. Nothing = there is none, and the host is asked without.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] for the first place that holds something which is no token; later places are not tried,
    /// for a slip in one would then quietly mean another account. [`TokenError::NoneThere`] where the settings name a place
    /// and it gives nothing.
    pub async fn find(&self, api_url: &Url) -> Result<Option<Found>, TokenError> {
        match &self.source {
            Some(source) => self.find_there(source, api_url).await.map(Some),
            None => self.find_with(api_url, async |host| program::ask_gh(&self.env, &host).await).await,
        }
    }

    async fn find_with(
        &self,
        api_url: &Url,
        gh: impl AsyncFnOnce(String) -> Option<String>,
    ) -> Result<Option<Found>, TokenError> {
        for name in variables(api_url, self.is_further) {
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

    async fn find_there(&self, source: &TokenSource, api_url: &Url) -> Result<Found, TokenError> {
        let (from, written) = self.read(source).await?;
        checked(api_url, &written, &from)
    }

    /// Reads another secret from the one place that the settings name: a channel's address or key.
    ///
    /// # Errors
    /// As [`Tokens::find`].
    pub async fn secret(&self, source: &TokenSource) -> Result<SecretString, TokenError> {
        let (from, written) = self.read(source).await?;
        if !is_token(&written) {
            return Err(TokenError::Malformed { from: Text::scrub(&from) });
        }
        Ok(SecretString::from(written))
    }

    /// Keeps a variable that holds a secret from children, from now on.
    pub fn guard(source: &TokenSource) {
        drop(Self::of(|_| None).as_set(Some(source), true));
    }

    async fn read(&self, source: &TokenSource) -> Result<(String, String), TokenError> {
        let (from, read) = match source {
            TokenSource::Variable(name) => {
                let found = (self.env)(name).filter(|written| !written.is_empty());
                let written = found.map(|written| written.to_str().unwrap_or_default().to_owned());
                (name.clone(), written.ok_or(("it is not set", "set it, or name another in token_env")))
            }
            TokenSource::File(path) => (format!("token_file {}", path.display()), place::file(path)),
            TokenSource::Credential(name) => {
                let folder = (self.env)("CREDENTIALS_DIRECTORY");
                (format!("token_credential {name}"), place::credential(folder.as_deref(), name))
            }
            TokenSource::Command(words) => {
                let called = words.first().map(String::as_str).unwrap_or_default();
                // Arguments are not shown: one may be a secret of its own.
                (format!("token_command {called}"), program::first_line(&self.env, words).await)
            }
        };
        match read {
            Ok(written) => Ok((from, written)),
            Err((why, hint)) => Err(TokenError::NoneThere { from: Text::scrub(&from), why: Text::scrub(why), hint }),
        }
    }
}

/// What a place gave: the text, or why there is none and what to do.
type Read = Result<String, (&'static str, &'static str)>;

/// The first line of what was written, without its line break.
fn first_line_of(bytes: &[u8]) -> &str {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    std::str::from_utf8(line).unwrap_or_default().trim_end_matches('\r')
}

fn is_token(written: &str) -> bool {
    (1..=MAX_TOKEN).contains(&written.len()) && written.bytes().all(|b| b.is_ascii_graphic())
}

fn checked(api_url: &Url, written: &str, from: &str) -> Result<Found, TokenError> {
    let from = Text::scrub(from);
    if !is_token(written) {
        return Err(TokenError::Malformed { from });
    }
    Ok(Found { credential: Credential::new(api_url, SecretString::from(written)), from })
}

/// The variables that may hold a token for this host, the first first.
fn variables(api_url: &Url, is_further: bool) -> Vec<&'static str> {
    let [cloud, github] = CLOUD;
    let own = (!is_further).then_some(OWN);
    let of_host: Vec<&str> = if is_cloud(api_url) {
        vec![cloud, github]
    } else if is_here(api_url) && !is_further {
        // On this machine a stand-in or a tunnel listens: it has what a program in CI has, and never a person's `gh` login.
        std::iter::once(github).chain(ENTERPRISE).collect()
    } else {
        ENTERPRISE.to_vec()
    };
    own.into_iter().chain(of_host).collect()
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

    type From = Result<Option<String>, TokenError>;

    fn from_as(is_further: bool, url: &str, env: &[(&str, &str)], gh: Option<&str>) -> From {
        let url = Url::parse(url).unwrap();
        let tokens = tokens(env).as_set(None, is_further);
        let found = wait(tokens.find_with(&url, async |_| gh.map(str::to_owned)))?;
        Ok(found.map(|found| found.from.as_str().to_owned()))
    }

    fn from(url: &str, env: &[(&str, &str)], gh: Option<&str>) -> From {
        from_as(false, url, env, gh)
    }

    fn some(from: &str) -> From {
        Ok(Some(from.to_owned()))
    }

    const GITHUB: &str = "https://api.github.com";
    const TENANT: &str = "https://api.acme.ghe.com";
    const SERVER: &str = "https://git.acme.example/api/v3";
    const HERE: &str = "http://127.0.0.1:8080";

    const ALL: [(&str, &str); 5] = [
        ("GITHUB_ENTERPRISE_TOKEN", "a"),
        ("GH_ENTERPRISE_TOKEN", "b"),
        ("GITHUB_TOKEN", "c"),
        ("GH_TOKEN", "d"),
        ("WATCHFLOOR_GITHUB_TOKEN", "e"),
    ];

    /// Where tokens are found, as one variable after the other is taken away.
    fn order(is_further: bool, url: &str) -> Vec<String> {
        let mut left = ALL.to_vec();
        let mut order = Vec::new();
        while let Some(from) = from_as(is_further, url, &left, Some("g")).unwrap() {
            left.retain(|(name, _)| *name != from);
            let is_last = from == "gh auth token";
            order.push(from);
            if is_last {
                break;
            }
        }
        order
    }

    #[test]
    fn each_host_has_its_order() {
        let own = "WATCHFLOOR_GITHUB_TOKEN";
        let (gh, ghe, githube) = ("gh auth token", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN");
        for url in [GITHUB, TENANT] {
            assert_eq!(order(false, url), [own, "GH_TOKEN", "GITHUB_TOKEN", gh], "{url}");
            assert_eq!(order(true, url), ["GH_TOKEN", "GITHUB_TOKEN", gh], "{url}");
        }
        assert_eq!(order(false, SERVER), [own, ghe, githube, gh]);
        assert_eq!(order(false, HERE), [own, "GITHUB_TOKEN", ghe, githube]);
    }

    #[test]
    fn a_token_that_names_no_host_goes_to_the_first_host_alone() {
        assert_eq!(order(true, SERVER), ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "gh auth token"]);
        assert_eq!(order(true, HERE), ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]);
    }

    #[test]
    fn a_token_for_github_is_for_nobody_else() {
        let cloud = [("GH_TOKEN", "d"), ("GITHUB_TOKEN", "c")];
        for url in [SERVER, "https://ghe.com", "https://evil-ghe.com", "https://api.github.com.evil.example"] {
            assert_eq!(from(url, &cloud, None), Ok(None), "{url}");
        }
        assert_eq!(from("http://api.github.com", &cloud, None), Ok(None));
        // A person's login is never for what listens on this machine; what CI sets is.
        assert_eq!(from(HERE, &[("GH_TOKEN", "d")], Some("g")), Ok(None));
        assert_eq!(from(HERE, &[("GITHUB_TOKEN", "c")], None), some("GITHUB_TOKEN"));
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        assert_eq!(from(GITHUB, &[("GH_TOKEN", ""), ("GITHUB_TOKEN", "c")], None), some("GITHUB_TOKEN"));
        assert_eq!(from(GITHUB, &[], Some("\n")), Ok(None));
    }

    #[test]
    fn what_is_no_token_is_refused_by_the_name_of_its_place() {
        for bad in ["a b", "a\n", "a\r\nx-evil: 1", "a\u{1b}", "tökén", &"x".repeat(2000)] {
            let refused = from(GITHUB, &[("GH_TOKEN", bad), ("GITHUB_TOKEN", "c")], None);
            assert_eq!(refused, Err(TokenError::Malformed { from: Text::scrub("GH_TOKEN") }), "{bad:?}");
        }
        let refused = from(GITHUB, &[], Some("a b"));
        assert_eq!(refused, Err(TokenError::Malformed { from: Text::scrub("gh auth token") }));
    }

    #[test]
    fn gh_is_asked_by_its_own_names_for_hosts() {
        let asked = |url: &str| gh_host(&Url::parse(url).unwrap());
        assert_eq!(asked(GITHUB).as_deref(), Some("github.com"));
        assert_eq!(asked(TENANT).as_deref(), Some("acme.ghe.com"));
        assert_eq!(asked(SERVER).as_deref(), Some("git.acme.example"));
        assert_eq!(asked(HERE), None);
    }

    fn there(source: TokenSource, env: &[(&str, &str)]) -> Result<Option<Found>, TokenError> {
        let tokens = tokens(env).as_set(Some(&source), false);
        wait(tokens.find(&Url::parse(SERVER).unwrap()))
    }

    #[test]
    fn a_named_place_is_the_only_place() {
        let named = TokenSource::Variable("ACME_TOKEN".to_owned());
        let found = there(named.clone(), &[("ACME_TOKEN", "t0k"), ("WATCHFLOOR_GITHUB_TOKEN", "e")]).unwrap().unwrap();
        assert_eq!(found.from.as_str(), "ACME_TOKEN");
        assert!(!format!("{found:?}").contains("t0k"));
        let error = there(named, &[("WATCHFLOOR_GITHUB_TOKEN", "e")]).unwrap_err();
        assert_eq!(error.to_string(), "no token from ACME_TOKEN: it is not set");
        assert!(secret_variables().iter().any(|name| name == "ACME_TOKEN"));
    }

    #[test]
    fn a_place_that_fails_says_which_and_never_what_it_held() {
        let places = [
            TokenSource::Command(vec!["/no/such/program".to_owned(), "canary".to_owned()]),
            TokenSource::File("/no/such/file".into()),
            TokenSource::Credential("acme".to_owned()),
        ];
        let said = places.map(|place| there(place, &[]).unwrap_err().to_string());
        let expected = [
            "no token from token_command /no/such/program: there is no such program",
            "no token from token_file /no/such/file: there is no such file",
            "no token from token_credential acme: CREDENTIALS_DIRECTORY is not set",
        ];
        assert_eq!(said, expected);
        #[cfg(unix)]
        {
            let words = ["/bin/sh", "-c", "echo can ary"].map(str::to_owned).to_vec();
            let error = there(TokenSource::Command(words), &[]).unwrap_err();
            assert!(error.to_string().starts_with("token_command /bin/sh holds no token"), "{error}");
            assert!(!format!("{error:?}").contains("ary"));
        }
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
        assert_eq!(found.from.as_str(), "gh auth token");
        assert!(!format!("{found:?}").contains("t0k"));
    }
}
