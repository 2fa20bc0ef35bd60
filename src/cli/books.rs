//! Runbooks that the settings name and nobody can read: whoever is woken would find nothing.

use std::path::Path;

use crate::{config::Settings, domain::alert::RUNBOOK, shell::disk, text::Text};

/// The most of a runbook that is read.
const LARGEST: usize = 4 * 1_024 * 1_024;

/// Every runbook in a file that cannot be read: where it is named in the settings, and why. Addresses are not asked.
pub(super) fn missing(settings: &Settings, path: &Path) -> Vec<String> {
    let written = disk::read(path, LARGEST).unwrap_or_default();
    let written = String::from_utf8_lossy(&written);
    let of_alerts = settings.alerts.iter().flat_map(|rule| &rule.annotations);
    let of_alerts = of_alerts.filter(|(name, _)| name.as_str() == RUNBOOK).map(|(_, link)| link.outline());
    let of_others = settings.signals.iter().filter_map(|source| source.signal.runbook.clone());
    let of_others = of_others.chain(settings.slos.iter().filter_map(|slo| slo.runbook.clone()));
    let of_others = of_others.chain(settings.duties.iter().filter_map(|duty| duty.runbook.clone()));
    let mut named: Vec<Text> = of_alerts.chain(of_others).filter(|link| !is_web(link.as_str())).collect();
    named.sort();
    named.dedup();
    let name = Text::scrub(&path.to_string_lossy());
    let unread = |link: Text| {
        let book = link.as_str().split('#').next().unwrap_or_default().to_owned();
        let why = disk::why(&disk::read(Path::new(&book), LARGEST).err()?);
        let lines: Vec<String> = lines_of(&written, &link).iter().map(ToString::to_string).collect();
        let at = if lines.is_empty() { String::new() } else { format!(":{}", lines.join(",")) };
        Some(format!("{name}{at}: runbook {link} cannot be read: {why}"))
    };
    named.into_iter().filter_map(unread).collect()
}

fn is_web(link: &str) -> bool {
    link.starts_with("http://") || link.starts_with("https://")
}

/// The lines in which this runbook is named.
fn lines_of(written: &str, link: &Text) -> Vec<usize> {
    let names = |line: &str| {
        let (key, value) = line.split_once('=')?;
        let said = value.trim().strip_prefix(['"', '\''])?.split(['"', '\'']).next()?;
        let said = said.strip_prefix("./").unwrap_or(said);
        (key.trim() == "runbook" && !said.is_empty() && Path::new(link.as_str()).ends_with(said)).then_some(())
    };
    let numbered = written.lines().enumerate();
    numbered.filter(|(_, line)| names(line).is_some()).map(|(n, _)| n.saturating_add(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_name_a_runbook_are_found() {
        let written =
            "[[signal]]\nrunbook = \"docs/a.md\" # gone\n[[alert]]\nrunbook='./docs/b.md#top'\nname = \"docs/a.md\"\n";
        let of = |link: &str| lines_of(written, &Text::scrub(link));
        assert_eq!((of("/srv/team/docs/a.md"), of("/srv/team/docs/b.md#top")), (vec![2], vec![4]));
        assert_eq!(of("/srv/team/docs/c.md"), Vec::<usize>::new());
    }
}
