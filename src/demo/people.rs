//! Who is in the play: the team, the people who report, the robots that talk.

use crate::domain::incident::{Actor, Login, Standing};

/// One person of the team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The short name in the roster, and the login.
    pub id: &'static str,
    /// The full name.
    pub name: &'static str,
    /// Where they live.
    pub zone: &'static str,
    /// How to reach them.
    pub reach: &'static str,
}

const fn member(id: &'static str, name: &'static str, zone: &'static str, reach: &'static str) -> Member {
    Member { id, name, zone, reach }
}

/// The team "payments": three in Berlin, three in New York, two on the other side of the world.
pub const TEAM: [Member; 8] = [
    member("ana.k", "Ana Köhler", "Europe/Berlin", "chat @ana"),
    member("ben.i", "Ben Ito", "Europe/Berlin", "chat @ben"),
    member("cy.o", "Cy Okafor", "Europe/Berlin", "chat @cy"),
    member("dee.w", "Dee Walsh", "America/New_York", "chat @dee"),
    member("eli.r", "Eli Romero", "America/New_York", "chat @eli"),
    member("mae.l", "Mae Lindqvist", "America/New_York", "chat @mae"),
    member("kai.n", "Kai Nguyen", "Australia/Sydney", "chat @kai"),
    member("tui.p", "Tui Parata", "Pacific/Auckland", "chat @tui"),
];

const REPORTERS: [&str; 12] = [
    "hanna-sol",
    "m-petrov",
    "oleksii77",
    "rkapoor",
    "stellan",
    "yuki-dev",
    "acme-customer-17",
    "bluefin-ops",
    "j-moreau",
    "lwang",
    "northgate-it",
    "pilar-gz",
];

const ROBOTS: [&str; 3] = ["acme-ci[bot]", "dependabot[bot]", "stale-watch[bot]"];

/// Everybody as actors of events, made once.
#[derive(Debug, Clone, PartialEq)]
pub struct Cast {
    team: Vec<Actor>,
    reporters: Vec<Actor>,
    robots: Vec<Actor>,
}

impl Cast {
    /// Everybody.
    pub fn everybody() -> Self {
        let robot = |name| Actor { is_robot: true, ..person(name, Standing::Outsider) };
        Self {
            team: TEAM.iter().map(|m| person(m.id, Standing::Member)).collect(),
            reporters: REPORTERS.iter().map(|name| person(name, Standing::Outsider)).collect(),
            robots: ROBOTS.into_iter().map(robot).collect(),
        }
    }

    /// One of the team; numbers beyond the last begin again.
    pub fn member(&self, n: usize) -> Actor {
        nth(&self.team, n)
    }

    /// One of the people who report; numbers beyond the last begin again.
    pub fn reporter(&self, n: usize) -> Actor {
        nth(&self.reporters, n)
    }

    /// One of the robots; numbers beyond the last begin again.
    pub fn robot(&self, n: usize) -> Actor {
        nth(&self.robots, n)
    }

    /// Whoever has this login; somebody of the team unless it is a reporter's.
    pub fn by_login(&self, login: &Login) -> Actor {
        let everybody = self.team.iter().chain(&self.reporters).chain(&self.robots);
        everybody
            .into_iter()
            .find(|known| known.login == *login)
            .cloned()
            .unwrap_or_else(|| person(login.as_str(), Standing::Member))
    }
}

fn nth(actors: &[Actor], n: usize) -> Actor {
    let place = n.checked_rem(actors.len()).unwrap_or(0);
    actors.get(place).cloned().unwrap_or_else(|| person("somebody", Standing::Unsaid))
}

fn person(login: &str, standing: Standing) -> Actor {
    Actor { login: Login::new(login), standing, is_robot: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_found_by_login_and_robots_say_so() {
        let cast = Cast::everybody();
        assert_eq!(cast.by_login(&Login::new("ANA.K")), cast.member(0));
        assert_eq!(cast.member(8), cast.member(0));
        assert!(cast.robot(0).is_robot && !cast.reporter(0).is_robot);
    }
}
