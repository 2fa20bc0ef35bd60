//! The hosts at which channels open issues.

use std::{path::PathBuf, sync::Arc};

use crate::{
    config::notify::{ChannelKind, NotifySettings},
    shell::{
        clock::Clock,
        delivery::{Delivery, Host, Line, Tell},
        http::Http,
    },
};

/// The hosts at which issues may be opened, and where the outbox is.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    /// Hosts, in the order of the settings.
    pub hosts: Vec<Host>,
    /// The state folder; nothing = nothing can be asked for.
    pub folder: Option<PathBuf>,
    /// The door to the network.
    pub http: Arc<Http>,
}

impl Hosts {
    /// Has the outbox delivered until this is ended, for a process that leads and in which nobody else does that. Nothing where
    /// no channel opens issues.
    ///
    /// # Errors
    /// The disk refuses, or the machine gives no thread.
    pub fn deliver(&self, settings: &NotifySettings) -> Result<Option<Delivery>, String> {
        let is_wanted = settings.channels.iter().any(|channel| matches!(channel.kind, ChannelKind::GitHub(_)));
        let Some(folder) = self.folder.as_ref().filter(|_| is_wanted) else { return Ok(None) };
        let hosts: Vec<Host> = self.hosts.iter().filter(|host| !host.is_read_only).cloned().collect();
        let quiet = || -> Tell { Box::new(|_| {}) };
        let lines = Line::all(&hosts, folder, &self.http, Clock::Wall, quiet).map_err(|error| error.to_string())?;
        Delivery::start(lines).map(Some).map_err(|error| error.to_string())
    }
}
