//! Names that come again and again, held once.

use std::collections::HashMap;

use crate::domain::{
    incident::{IncidentKey, Label, Login, Repo},
    quick::Quickly,
};

/// Logins, labels and repositories read so far: a hundred thousand incidents share a few hundred of them.
#[derive(Debug, Default)]
pub struct Names {
    logins: HashMap<Box<str>, Login, Quickly>,
    labels: HashMap<Box<str>, Label, Quickly>,
    repos: HashMap<Box<str>, Repo, Quickly>,
}

impl Names {
    /// A login; the same one for the same letters.
    pub fn login(&mut self, name: &str) -> Login {
        held(&mut self.logins, name, Login::new)
    }

    /// A label; the same one for the same letters.
    pub fn label(&mut self, name: &str) -> Label {
        held(&mut self.labels, name, Label::new)
    }

    /// A repository; the same one for the same letters.
    pub fn repo(&mut self, name: &str) -> Repo {
        held(&mut self.repos, name, Repo::new)
    }

    /// A key; its repository is the same one for the same letters. Nothing where it is none.
    pub fn key(&mut self, written: &str) -> Option<IncidentKey> {
        let (repo, name) = written.rsplit_once('#')?;
        let (numbering, number) = crate::domain::key::numbered(name)?;
        Some(IncidentKey { repo: held(&mut self.repos, repo, Repo::new), number, numbering })
    }
}

fn held<T: Clone>(known: &mut HashMap<Box<str>, T, Quickly>, name: &str, new: impl FnOnce(&str) -> T) -> T {
    if let Some(found) = known.get(name) {
        return found.clone();
    }
    let made = new(name);
    known.insert(name.into(), made.clone());
    made
}
