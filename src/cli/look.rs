//! How the console looks: which theme, which signs.

use std::env;

use crate::{
    cli::args::Common,
    text::Text,
    tui::theme::{Glyphs, Theme},
};

/// The theme in force: the command line, then the settings; without colour, `mono` unless one was asked for by name.
pub fn theme(common: &Common, configured: &Text, has_color: bool) -> Theme {
    let glyphs = if common.ascii || !is_unicode() { Glyphs::Ascii } else { Glyphs::Unicode };
    let name = match (&common.theme, has_color) {
        (Some(name), true) => name.as_str(),
        (None, true) => configured.as_str(),
        (_, false) => "mono",
    };
    Theme::shipped(name, glyphs)
}

/// Whether the locale speaks UTF-8. Where nothing is said at all, most terminals of today do.
fn is_unicode() -> bool {
    let said = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|n| env::var(n).ok()).find(|v| !v.is_empty());
    said.is_none_or(|locale| {
        let lower = locale.to_lowercase();
        lower.contains("utf-8") || lower.contains("utf8")
    })
}
