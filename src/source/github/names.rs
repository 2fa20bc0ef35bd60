//! One copy of each name that recurs: a history of 100,000 incidents has a few hundred logins and labels.

use std::collections::HashMap;

use crate::domain::incident::{Actor, Label, Login, Repo, Standing};

use super::field::{User, is_robot_login};

/// Names seen so far in one reading, as written outside.
#[derive(Debug, Default)]
pub(crate) struct Names {
    logins: HashMap<Box<str>, Login>,
    labels: HashMap<Box<str>, Label>,
    repos: HashMap<Box<str>, Repo>,
}

impl Names {
    /// The login written so.
    pub(crate) fn login(&mut self, written: &str) -> Login {
        shared(&mut self.logins, written, Login::new)
    }

    /// The label written so.
    pub(crate) fn label(&mut self, written: &str) -> Label {
        shared(&mut self.labels, written, Label::new)
    }

    /// The repository written so, `owner/name`.
    pub(crate) fn repo(&mut self, written: &str) -> Repo {
        shared(&mut self.repos, written, Repo::new)
    }

    /// The account's login; nothing for a deleted account.
    pub(crate) fn login_of(&mut self, user: Option<&User<'_>>) -> Option<Login> {
        user.and_then(User::login).map(|login| self.login(login))
    }

    /// Who did something; nothing for a deleted account.
    pub(crate) fn actor(&mut self, user: Option<&User<'_>>, standing: Standing) -> Option<Actor> {
        let user = user?;
        Some(Actor { login: self.login(user.login()?), standing, is_robot: user.is_robot() })
    }

    /// Who did something, where only the login is known; nothing for a deleted account.
    pub(crate) fn actor_named(&mut self, login: Option<&str>, standing: Standing) -> Option<Actor> {
        let login = login.filter(|login| !login.trim().is_empty())?;
        Some(Actor { login: self.login(login), standing, is_robot: is_robot_login(login) })
    }
}

fn shared<T: Clone>(seen: &mut HashMap<Box<str>, T>, written: &str, new: impl Fn(&str) -> T) -> T {
    if let Some(known) = seen.get(written) {
        return known.clone();
    }
    let name = new(written);
    seen.insert(written.into(), name.clone());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_is_one_allocation() {
        let mut names = Names::default();
        let (first, second) = (names.login("ann"), names.login("ann"));
        assert!(std::ptr::eq(first.as_str(), second.as_str()));
    }
}
