//! Themes: a file fills every slot; a view names slots, never colours.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// What a colour is for. Every theme fills every slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The ground everything stands on.
    Ground,
    /// The last column's ground. A theme with a ground of its own gives it a shade that no eye tells from it: recorders
    /// and multiplexers that carry a colour over the line's end then begin each line anew, and none is left dark.
    Edge,
    /// Ordinary text.
    Text,
    /// Text of second rank: labels, units, absolute times.
    Dim,
    /// Borders.
    Border,
    /// The one accent: focus, selection, links to follow.
    Accent,
    /// The selected row of the focused list.
    Selection,
    /// The selected row of a list without the focus.
    Resting,
    /// The header line.
    Header,
    /// A badge in the header (frozen, demo).
    Badge,
    /// Over, failed, blocked.
    Over,
    /// At risk, stale, pending.
    Risk,
    /// In time, done, go.
    Good,
    /// Held.
    Paused,
    /// Priority P0.
    P0,
    /// Priority P1.
    P1,
    /// Priority P2.
    P2,
    /// Priority P3.
    P3,
    /// No priority yet.
    Untriaged,
    /// Data older than it should be.
    Stale,
    /// The name of a key in the footer.
    Key,
    /// A sparkline inside its bound.
    Spark,
    /// A heading in rendered Markdown.
    Heading,
    /// Code in rendered Markdown.
    Code,
    /// What a filter or a search matched.
    Match,
}

/// Slots with the names they have in a theme file.
const SLOTS: &[(Slot, &str)] = &[
    (Slot::Ground, "ground"),
    (Slot::Edge, "edge"),
    (Slot::Text, "text"),
    (Slot::Dim, "dim"),
    (Slot::Border, "border"),
    (Slot::Accent, "accent"),
    (Slot::Selection, "selection"),
    (Slot::Resting, "resting"),
    (Slot::Header, "header"),
    (Slot::Badge, "badge"),
    (Slot::Over, "over"),
    (Slot::Risk, "risk"),
    (Slot::Good, "good"),
    (Slot::Paused, "paused"),
    (Slot::P0, "p0"),
    (Slot::P1, "p1"),
    (Slot::P2, "p2"),
    (Slot::P3, "p3"),
    (Slot::Untriaged, "untriaged"),
    (Slot::Stale, "stale"),
    (Slot::Key, "key"),
    (Slot::Spark, "spark"),
    (Slot::Heading, "heading"),
    (Slot::Code, "code"),
    (Slot::Match, "match"),
];

/// The themes that ship, by name, as their files.
pub const SHIPPED: &[(&str, &str)] = &[
    ("midnight", include_str!("../../themes/midnight.toml")),
    ("daylight", include_str!("../../themes/daylight.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// Signs that carry meaning beside the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// Box drawing, blocks, braille.
    Unicode,
    /// Nothing beyond ASCII: for a C or POSIX locale.
    Ascii,
}

/// A theme, ready to draw with.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: &'static str,
    /// Which signs to draw.
    pub glyphs: Glyphs,
    styles: Vec<Style>,
}

/// Why a theme file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// Not TOML, or not tables of styles.
    #[error("read theme `{name}`: {why}")]
    Unreadable {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
    /// A slot has no style.
    #[error("theme `{name}` leaves the slot `{slot}` empty")]
    Missing {
        /// Which theme.
        name: String,
        /// Which slot.
        slot: &'static str,
    },
    /// There is no such slot.
    #[error("theme `{name}` fills `{slot}`, which is not a slot")]
    Unknown {
        /// Which theme.
        name: String,
        /// Which slot.
        slot: String,
    },
    /// A colour cannot be read.
    #[error("theme `{name}`, slot `{slot}`: `{color}` is not a colour")]
    Color {
        /// Which theme.
        name: String,
        /// Which slot.
        slot: &'static str,
        /// What was written.
        color: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStyle {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    italic: bool,
    #[serde(default)]
    underline: bool,
    #[serde(default)]
    reverse: bool,
}

impl Theme {
    /// Reads a theme file. A colour is `"#rrggbb"`, one of the sixteen names, or `"terminal"`.
    ///
    /// # Errors
    /// [`ThemeError`]: unreadable, a slot left empty, an unknown slot, a bad colour.
    pub fn read(name: &'static str, file: &str, glyphs: Glyphs) -> Result<Self, ThemeError> {
        let mut raw: BTreeMap<String, RawStyle> = toml::from_str(file)
            .map_err(|e| ThemeError::Unreadable { name: name.to_owned(), why: e.message().to_owned() })?;
        let mut styles = Vec::with_capacity(SLOTS.len());
        for (_, slot) in SLOTS {
            let style = raw.remove(*slot).ok_or(ThemeError::Missing { name: name.to_owned(), slot })?;
            styles.push(style_of(&style, name, slot)?);
        }
        match raw.into_keys().next() {
            Some(slot) => Err(ThemeError::Unknown { name: name.to_owned(), slot }),
            None => Ok(Self { name, glyphs, styles }),
        }
    }

    /// A shipped theme; the first one where the name is not known.
    pub fn shipped(name: &str, glyphs: Glyphs) -> Self {
        let known = SHIPPED.iter().find(|(n, _)| *n == name).or(SHIPPED.first());
        known.and_then(|(name, file)| Self::read(name, file, glyphs).ok()).unwrap_or(Self {
            name: "none",
            glyphs,
            styles: Vec::new(),
        })
    }

    /// The shipped theme after this one, around the list.
    pub fn next(&self) -> Self {
        let at = SHIPPED.iter().position(|(n, _)| *n == self.name).map_or(0, |i| i + 1);
        let (name, _) = SHIPPED.get(at % SHIPPED.len()).copied().unwrap_or(("midnight", ""));
        Self::shipped(name, self.glyphs)
    }

    /// The style of a slot.
    pub fn style(&self, slot: Slot) -> Style {
        let at = SLOTS.iter().position(|(s, _)| *s == slot).unwrap_or(0);
        self.styles.get(at).copied().unwrap_or_default()
    }

    /// The Unicode sign, or its ASCII stand-in.
    pub fn sign(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self.glyphs {
            Glyphs::Unicode => unicode,
            Glyphs::Ascii => ascii,
        }
    }
}

fn style_of(raw: &RawStyle, name: &str, slot: &'static str) -> Result<Style, ThemeError> {
    let color = |written: &Option<String>| match written {
        None => Ok(None),
        Some(written) => color_of(written).map(Some).ok_or_else(|| ThemeError::Color {
            name: name.to_owned(),
            slot,
            color: written.clone(),
        }),
    };
    let mut style = Style { fg: color(&raw.fg)?, bg: color(&raw.bg)?, ..Style::default() };
    for (is_on, modifier) in [
        (raw.bold, Modifier::BOLD),
        (raw.dim, Modifier::DIM),
        (raw.italic, Modifier::ITALIC),
        (raw.underline, Modifier::UNDERLINED),
        (raw.reverse, Modifier::REVERSED),
    ] {
        if is_on {
            style = style.add_modifier(modifier);
        }
    }
    Ok(style)
}

fn color_of(written: &str) -> Option<Color> {
    if written == "terminal" {
        return Some(Color::Reset);
    }
    if let Some(hex) = written.strip_prefix('#') {
        let value = u32::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 6)?;
        let [_, r, g, b] = value.to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    let named = written.parse::<Color>().ok()?;
    (!matches!(named, Color::Rgb(..) | Color::Indexed(_) | Color::Reset)).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_theme_fills_every_slot() {
        for (name, file) in SHIPPED {
            let theme = Theme::read(name, file, Glyphs::Unicode).unwrap();
            assert_eq!(theme.styles.len(), SLOTS.len());
        }
    }

    #[test]
    fn mono_has_no_colour_and_tells_selection_by_reverse() {
        let mono = Theme::shipped("mono", Glyphs::Unicode);
        for (slot, name) in SLOTS {
            let style = mono.style(*slot);
            let plain = |c: Option<Color>| matches!(c, None | Some(Color::Reset));
            assert!(plain(style.fg) && plain(style.bg), "{name}");
        }
        assert!(mono.style(Slot::Selection).add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn a_missing_or_unknown_slot_is_named() {
        let (_, file) = SHIPPED[0];
        let without: String = file.lines().filter(|l| !l.starts_with("accent")).map(|l| format!("{l}\n")).collect();
        assert_eq!(
            Theme::read("x", &without, Glyphs::Unicode),
            Err(ThemeError::Missing { name: "x".to_owned(), slot: "accent" })
        );
        let with = format!("{file}\nacent = {{ fg = \"red\" }}\n");
        assert!(
            matches!(Theme::read("x", &with, Glyphs::Unicode), Err(ThemeError::Unknown { slot, .. }) if slot == "acent")
        );
    }

    #[test]
    fn themes_go_around() {
        let mut theme = Theme::shipped("midnight", Glyphs::Unicode);
        let mut names = Vec::new();
        for _ in 0..5 {
            names.push(theme.name);
            theme = theme.next();
        }
        assert_eq!(names, ["midnight", "daylight", "high-contrast", "mono", "midnight"]);
    }
}
