//! The runbooks of the simulated team.

use crate::{
    floor::fact::Fact,
    text::{Passage, Text},
};

/// Each page with the name that its signal gives it.
const PAGES: [(&str, &str); 12] = [
    ("api-p99", include_str!("runbooks/api-p99.md")),
    ("cache-hits", include_str!("runbooks/cache-hits.md")),
    ("crash-rate", include_str!("runbooks/crash-rate.md")),
    ("disk-full", include_str!("runbooks/disk-full.md")),
    ("frame-p95", include_str!("runbooks/frame-p95.md")),
    ("ingestion", include_str!("runbooks/ingestion.md")),
    ("integrity", include_str!("runbooks/integrity.md")),
    ("login-errors", include_str!("runbooks/login-errors.md")),
    ("mail-backlog", include_str!("runbooks/mail-backlog.md")),
    ("queue-depth", include_str!("runbooks/queue-depth.md")),
    ("replica-lag", include_str!("runbooks/replica-lag.md")),
    ("sync-errors", include_str!("runbooks/sync-errors.md")),
];

/// The path of a page.
pub fn path(name: &str) -> Text {
    Text::scrub(&format!("runbooks/{name}.md"))
}

/// A page, or why there is none.
pub fn read(page: &Text) -> Fact {
    let found = PAGES.iter().find(|(name, _)| path(name) == *page);
    let read = match found {
        Some((_, text)) => Ok(Box::new(Passage::scrub(text))),
        None => Err(Text::scrub("there is no such page in the demo")),
    };
    Fact::RunbookRead { page: page.clone(), read }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::signals;

    #[test]
    fn every_signal_of_the_demo_has_a_page_with_steps() {
        for signal in signals::signals() {
            let page = signal.runbook.unwrap();
            let Fact::RunbookRead { read: Ok(text), .. } = read(&page) else { panic!("{page}") };
            assert!(text.as_str().contains("1. "), "{page}");
        }
    }
}
