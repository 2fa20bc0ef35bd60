//! What a terminal can do, from its environment alone: no query is ever sent to it.

use crate::shell::paint::Depth;

/// Why the console cannot run here; nothing when it can. `term` is the value of `TERM`.
pub fn refuse_reason(stdin_tty: bool, stdout_tty: bool, term: Option<&str>) -> Option<&'static str> {
    match (stdin_tty, stdout_tty, term.unwrap_or_default()) {
        (false, _, _) => Some("standard input is not a terminal"),
        (_, false, _) => Some("standard output is not a terminal"),
        (_, _, "") => Some("TERM is not set, so the terminal's abilities are not known"),
        (_, _, "dumb") => Some("TERM is \"dumb\": the terminal cannot move its cursor"),
        _ => None,
    }
}

/// How many colors to use; `vars` looks up one environment variable.
///
/// In this order: `WATCHFLOOR_COLOR` (truecolor, 256, 16 or none), `NO_COLOR` (set and not empty, no-color.org, which lets
/// a program's own setting win), `COLORTERM`, `TERM`. What is not known has 16 colors.
pub fn depth(vars: impl Fn(&str) -> Option<String>) -> Depth {
    let var = |name: &str| vars(name).unwrap_or_default();
    match var("WATCHFLOOR_COLOR").to_ascii_lowercase().as_str() {
        "truecolor" => return Depth::TrueColor,
        "256" => return Depth::Ansi256,
        "16" => return Depth::Ansi16,
        "none" => return Depth::None,
        _ => {}
    }
    if !var("NO_COLOR").is_empty() {
        return Depth::None;
    }
    let term = var("TERM");
    // GNU screen before 5 reads a 24-bit code wrongly, but hands on the COLORTERM of the terminal it runs in.
    let in_screen = !var("STY").is_empty() && var("TMUX").is_empty() && term.starts_with("screen");
    let colors = var("COLORTERM");
    if !in_screen && (colors == "truecolor" || colors == "24bit") {
        return Depth::TrueColor;
    }
    by_term(&term)
}

/// Terminals that always have 24-bit colors; over ssh they cannot say so in `COLORTERM`.
const TRUE_COLOR: [&str; 7] = ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio"];

/// Terminals of the old kind with one color.
const MONOCHROME: [&str; 4] = ["vt100", "vt102", "vt220", "vt320"];

fn by_term(term: &str) -> Depth {
    let is = |known: &str| term == known || term.strip_prefix(known).is_some_and(|rest| rest.starts_with('-'));
    if MONOCHROME.into_iter().any(is) || term.ends_with("-m") || term.ends_with("-mono") {
        return Depth::None;
    }
    if TRUE_COLOR.into_iter().any(is) || term.ends_with("-direct") {
        return Depth::TrueColor;
    }
    // tmux and screen turn 256 colors into what the terminal around them has.
    if term.contains("256color") || term.starts_with("tmux") || term.starts_with("screen") {
        return Depth::Ansi256;
    }
    Depth::Ansi16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_follows_the_environment() {
        let table: &[(&[(&str, &str)], Depth)] = &[
            (&[], Depth::Ansi16),
            (&[("TERM", "xterm")], Depth::Ansi16),
            (&[("TERM", "linux")], Depth::Ansi16),
            (&[("TERM", "vt100")], Depth::None),
            (&[("TERM", "xterm-mono")], Depth::None),
            (&[("TERM", "xterm-256color")], Depth::Ansi256),
            (&[("TERM", "tmux-256color")], Depth::Ansi256),
            (&[("TERM", "tmux")], Depth::Ansi256),
            (&[("TERM", "screen")], Depth::Ansi256),
            (&[("TERM", "screen.xterm-256color")], Depth::Ansi256),
            (&[("TERM", "xterm-kitty")], Depth::TrueColor),
            (&[("TERM", "alacritty")], Depth::TrueColor),
            (&[("TERM", "foot-extra")], Depth::TrueColor),
            (&[("TERM", "xterm-direct")], Depth::TrueColor),
            (&[("TERM", "xterm"), ("COLORTERM", "truecolor")], Depth::TrueColor),
            (&[("TERM", "xterm"), ("COLORTERM", "24bit")], Depth::TrueColor),
            (&[("TERM", "xterm"), ("COLORTERM", "yes")], Depth::Ansi16),
            (&[("TERM", "screen-256color"), ("COLORTERM", "truecolor"), ("STY", "1.a")], Depth::Ansi256),
            (&[("TERM", "screen-256color"), ("COLORTERM", "truecolor"), ("STY", "1"), ("TMUX", "x")], Depth::TrueColor),
            (&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], Depth::None),
            (&[("NO_COLOR", ""), ("COLORTERM", "truecolor")], Depth::TrueColor),
            (&[("WATCHFLOOR_COLOR", "256"), ("NO_COLOR", "1")], Depth::Ansi256),
            (&[("WATCHFLOOR_COLOR", "none"), ("COLORTERM", "truecolor")], Depth::None),
            (&[("WATCHFLOOR_COLOR", "TrueColor"), ("TERM", "linux")], Depth::TrueColor),
            (&[("WATCHFLOOR_COLOR", "many"), ("TERM", "xterm-256color")], Depth::Ansi256),
        ];
        for (vars, expected) in table {
            let look = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            assert_eq!(depth(look), *expected, "{vars:?}");
        }
    }

    #[test]
    fn a_console_without_a_terminal_is_refused() {
        assert_eq!(refuse_reason(true, true, Some("xterm")), None);
        for (stdin, stdout, term) in
            [(false, true, Some("xterm")), (true, false, Some("xterm")), (true, true, None), (true, true, Some("dumb"))]
        {
            assert!(refuse_reason(stdin, stdout, term).is_some(), "{stdin} {stdout} {term:?}");
        }
    }
}
