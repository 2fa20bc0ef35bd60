//! `watchfloor sla why KEY`: what moved the clocks of one incident, by whom, under which rule.

use super::scene::Scene;
use crate::{
    cli::{
        args::{Common, Sla},
        board, exit,
        failure::{Failure, print},
        show,
    },
    domain::zone::Zones,
    floor::{Floor, entry::Entry},
};

/// Runs it.
///
/// # Errors
/// Wrong settings, no such incident, or several that could be meant.
pub async fn run(key: &str, json: bool, sla: &Sla, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let scene = Scene::read(sla, common, zones).await?;
    let entry = find(&scene.floor, key)?;
    if json {
        print(&board::pretty(&board::why_json(&scene.floor, entry, zones.version(), scene.now)))?;
    } else {
        print(&board::why_plain(&scene.floor, entry, show::width(), scene.now))?;
    }
    Ok(scene.code())
}

/// The incident that is meant by `acme/api#812`, `api#812`, `#812` or `812`.
///
/// # Errors
/// There is none, or more than one.
pub fn find<'a>(floor: &'a Floor, written: &str) -> Result<&'a Entry, Failure> {
    let asked = written.trim();
    let (repo, number) = asked.rsplit_once('#').unwrap_or(("", asked));
    let number: u64 = number
        .parse()
        .map_err(|_| Failure::new(exit::USAGE, format!("find {asked}: it names no number"), "write acme/api#812"))?;
    let is_meant = |entry: &&Entry| {
        let key = &entry.incident.key;
        let is_repo = if repo.contains('/') { key.repo.full() } else { key.repo.short() }.eq_ignore_ascii_case(repo);
        key.number == number && (repo.is_empty() || is_repo)
    };
    let mut found: Vec<&Entry> = floor.queue().entries().iter().filter(is_meant).collect();
    found.sort_by(|a, b| a.incident.key.cmp(&b.incident.key));
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let hint = "watchfloor queue lists what is open; closed ones are known where a history or a cache tells";
            Err(Failure::new(exit::NO, format!("find {asked}: no incident of that key is known"), hint))
        }
        several => {
            let keys: Vec<String> = several.iter().take(8).map(|entry| entry.incident.key.to_string()).collect();
            Err(Failure::new(
                exit::USAGE,
                format!("find {asked}: several are meant"),
                format!("write one of {}", keys.join(", ")),
            ))
        }
    }
}
