//! Accounts that answer without a person behind them.

use crate::domain::incident::{Actor, Login};

/// Robots under ordinary accounts, as the world knows them; everything that ends in `[bot]` is one anyway.
pub const STANDARD: [&str; 9] = [
    "DrahtBot",
    "gitcoinbot",
    "weekly-digest",
    "codecov-io",
    "coveralls",
    "github-actions",
    "dependabot",
    "copilot",
    "CLAassistant",
];

/// Which accounts are robots: those the source says, those named `…[bot]`, [`STANDARD`], and a team's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Robots(Vec<Login>);

impl Robots {
    /// The standard ones and these.
    pub fn with<'a>(own: impl IntoIterator<Item = &'a Login>) -> Self {
        Self(STANDARD.into_iter().map(Login::new).chain(own.into_iter().cloned()).collect())
    }

    /// Their names.
    pub fn logins(&self) -> &[Login] {
        &self.0
    }

    /// Whether whoever did something is one.
    pub fn did(&self, actor: &Actor) -> bool {
        actor.is_robot || self.is_one(&actor.login)
    }

    /// Whether an account of which only the name is known is one.
    pub fn is_one(&self, login: &Login) -> bool {
        login.as_str().ends_with("[bot]") || self.0.contains(login)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_hide_a_robot() {
        let robots = Robots::with(&[Login::new("release-helper")]);
        for name in ["drahtbot", "Copilot", "renovate[bot]", "Release-Helper"] {
            assert!(robots.is_one(&Login::new(name)), "{name}");
        }
        assert!(!robots.is_one(&Login::new("robotnik")));
    }
}
