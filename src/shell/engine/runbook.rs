//! Reads a runbook's page.

use std::path::Path;

use tokio::sync::mpsc;

use crate::{
    floor::fact::Fact,
    shell::disk,
    text::{Passage, Text},
};

/// The longest runbook read; what a person follows at night is a hundredth of it.
const LARGEST: usize = 1 << 20;

/// Reads a page on a thread that may wait for a disk, and tells it.
pub(super) fn read(page: Text, tell: mpsc::Sender<Fact>) {
    tokio::task::spawn_blocking(move || {
        let read = match disk::read(Path::new(page.as_str()), LARGEST) {
            Ok(bytes) => Ok(Box::new(Passage::scrub(&String::from_utf8_lossy(&bytes)))),
            Err(error) => Err(Text::scrub(&disk::why(&error))),
        };
        // When nobody listens any more the program is ending.
        drop(tell.blocking_send(Fact::RunbookRead { page, read }));
    });
}
