//! What names an incident for good: its host and repository, and its number there.

use std::{fmt, sync::Arc};

use crate::text::Text;

/// A repository as its host spells it: `owner/name`, or `host/owner/name` on a host that is not the first one configured.
/// Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repo(Arc<str>);

impl Repo {
    /// Takes a repository's full name, scrubbed.
    pub fn new(full: &str) -> Self {
        Self(Text::scrub(full.trim()).as_str().into())
    }

    /// `owner/name`, with its host before it where it has one.
    pub fn full(&self) -> &str {
        &self.0
    }

    /// The name without its owner: `api` of `acme/api`.
    pub fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// `owner/name` as its own host knows it.
    pub fn on_host(&self) -> &str {
        let before = self.0.rsplit_once('/').and_then(|(path, _)| path.rsplit_once('/'));
        before.and_then(|(host, _)| self.0.get(host.len() + 1..)).unwrap_or(&self.0)
    }

    /// The host, where the name has one.
    pub fn host(&self) -> Option<&str> {
        let (host, _) = self.0.rsplit_once('/')?.0.rsplit_once('/')?;
        Some(host)
    }
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which row of numbers an incident is counted in: GitHub numbers issues together with pull requests, and each kind of
/// alert by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Numbering {
    /// Issues and pull requests: `acme/api#12`.
    #[default]
    Issues,
    /// Dependabot alerts: `acme/api#dependabot-12`.
    Dependabot,
    /// Code scanning alerts: `acme/api#code-12`.
    CodeScanning,
    /// Security advisories: `acme/api#GHSA-xxxx-xxxx-xxxx`.
    Advisories,
    /// Threads of the inbox: `acme/api#inbox-12`.
    Inbox,
}

impl Numbering {
    const PREFIXED: [(Self, &'static str); 3] =
        [(Self::Dependabot, "dependabot-"), (Self::CodeScanning, "code-"), (Self::Inbox, "inbox-")];
}

/// What names an incident for good: its repository and number. Titles change, this does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentKey {
    /// Where it lives.
    pub repo: Repo,
    /// Its number there; of an advisory, its name read as a number ([`advisory_number`]).
    pub number: u64,
    /// What is numbered so.
    pub numbering: Numbering,
}

impl IncidentKey {
    /// The key of an issue or a pull request.
    pub fn issue(repo: Repo, number: u64) -> Self {
        Self { repo, number, numbering: Numbering::Issues }
    }

    /// `api#812`, as a row shows it.
    pub fn short(&self) -> String {
        format!("{}#{}", self.repo.short(), self.name())
    }

    /// What stands behind the `#`: `812`, `dependabot-3`, `GHSA-2345-6789-cfgh`.
    pub fn name(&self) -> String {
        if self.numbering == Numbering::Advisories {
            return advisory_name(self.number);
        }
        let prefix = Numbering::PREFIXED.iter().find(|(numbering, _)| *numbering == self.numbering);
        format!("{}{}", prefix.map(|(_, prefix)| *prefix).unwrap_or_default(), self.number)
    }

    /// Reads a whole key as [`fmt::Display`] writes it; nothing where it is none.
    pub fn parse(written: &str) -> Option<Self> {
        let (repo, name) = written.rsplit_once('#')?;
        let (numbering, number) = numbered(name)?;
        Some(Self { repo: Repo::new(repo), number, numbering })
    }
}

/// Reads what stands behind the `#` of a key.
pub fn numbered(name: &str) -> Option<(Numbering, u64)> {
    let digits = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?;
    if let Some(number) = advisory_number(name) {
        return Some((Numbering::Advisories, number));
    }
    for (numbering, prefix) in Numbering::PREFIXED {
        if let Some(rest) = name.strip_prefix(prefix) {
            return Some((numbering, digits(rest)?));
        }
    }
    Some((Numbering::Issues, digits(name)?))
}

impl fmt::Display for IncidentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repo, self.name())
    }
}

/// The signs of advisory names (GitHub docs, "About the GitHub Advisory database").
const SIGNS: &[u8] = b"23456789cfghjmpqrvwx";

/// The number that an advisory's name `GHSA-xxxx-xxxx-xxxx` stands for, its signs read as digits; nothing for another name.
pub fn advisory_number(name: &str) -> Option<u64> {
    let groups = name.strip_prefix("GHSA-").or_else(|| name.strip_prefix("ghsa-"))?;
    let parts: Vec<&str> = groups.split('-').collect();
    if parts.len() != 3 || parts.iter().any(|part| part.len() != 4) {
        return None;
    }
    parts.concat().bytes().try_fold(0_u64, |number, sign| {
        let digit = SIGNS.iter().position(|known| *known == sign.to_ascii_lowercase())?;
        Some(number * 20 + digit as u64)
    })
}

/// The name of an advisory from its number.
fn advisory_name(number: u64) -> String {
    let mut signs = [b'2'; 12];
    let mut rest = number;
    for sign in signs.iter_mut().rev() {
        let digit = usize::try_from(rest % 20).unwrap_or_default();
        *sign = SIGNS.get(digit).copied().unwrap_or(b'2');
        rest /= 20;
    }
    let groups: Vec<String> = signs.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    format!("GHSA-{}", groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read_back_as_it_is_written() {
        for written in [
            "acme/api#12",
            "ghe.example/acme/api#12",
            "acme/api#dependabot-3",
            "acme/api#code-7",
            "acme/api#inbox-99",
            "acme/api#GHSA-jfh8-c2jp-5v3q",
            "acme/api#GHSA-2222-2222-2222",
        ] {
            assert_eq!(IncidentKey::parse(written).unwrap().to_string(), written);
        }
        for none in ["acme/api", "acme/api#", "acme/api#x", "acme/api#+1", "acme/api#code-", "a#GHSA-aaaa-2222-2222"] {
            assert_eq!(IncidentKey::parse(none).filter(|key| key.name() != "0" || none.ends_with('0')), None, "{none}");
        }
    }

    #[test]
    fn a_repository_knows_its_host_apart_from_its_name() {
        let away = Repo::new("ghe.example/acme/api");
        assert_eq!((away.on_host(), away.host(), away.short()), ("acme/api", Some("ghe.example"), "api"));
        let home = Repo::new("acme/api");
        assert_eq!((home.on_host(), home.host(), home.short()), ("acme/api", None, "api"));
    }
}
