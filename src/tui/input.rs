//! Keys, as the console names them.

/// One key press, or one paste, from the terminal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A printed character, shift already applied.
    Char(char),
    /// Control with a lower-case letter, a space or one of `\ ] ^ _`.
    ///
    /// Never `h`, `i`, `m` or `[`: a terminal sends the same byte for Backspace, Tab, Enter and Esc.
    Ctrl(char),
    /// Alt (or Esc before it) with a printed character.
    Alt(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift with Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, 1..=12.
    F(u8),
    /// Control with arrow left.
    CtrlLeft,
    /// Control with arrow right.
    CtrlRight,
    /// Control with arrow up.
    CtrlUp,
    /// Control with arrow down.
    CtrlDown,
    /// Shift with arrow up.
    ShiftUp,
    /// Shift with arrow down.
    ShiftDown,
    /// Pasted text, as the terminal sent it: unscrubbed, line ends and control characters included, at most 1 MiB.
    ///
    /// Text only: nothing in it is a key, so that nothing pasted can act.
    Paste(String),
}

/// The keys with a name of their own.
const NAMED: [(&str, Key); 23] = [
    ("space", Key::Char(' ')),
    ("enter", Key::Enter),
    ("esc", Key::Esc),
    ("tab", Key::Tab),
    ("shift-tab", Key::BackTab),
    ("backspace", Key::Backspace),
    ("delete", Key::Delete),
    ("insert", Key::Insert),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("home", Key::Home),
    ("end", Key::End),
    ("pgup", Key::PageUp),
    ("pgdown", Key::PageDown),
    ("ctrl-left", Key::CtrlLeft),
    ("ctrl-right", Key::CtrlRight),
    ("ctrl-up", Key::CtrlUp),
    ("ctrl-down", Key::CtrlDown),
    ("shift-up", Key::ShiftUp),
    ("shift-down", Key::ShiftDown),
    ("paste", Key::Paste(String::new())),
];

impl Key {
    /// The name that settings and the help show: `j`, `G`, `ctrl-d`, `alt-x`, `space`, `pgdown`, `f5`.
    pub fn name(&self) -> String {
        let named = match self {
            Self::Paste(_) => Some("paste"),
            key => NAMED.iter().find(|(_, k)| k == key).map(|(name, _)| *name),
        };
        match (named, self) {
            (Some(name), _) => name.to_owned(),
            (None, Self::Ctrl(c)) => format!("ctrl-{}", char_name(*c)),
            (None, Self::Alt(c)) => format!("alt-{}", char_name(*c)),
            (None, Self::F(n)) => format!("f{n}"),
            (None, Self::Char(c)) => c.to_string(),
            (None, _) => String::new(),
        }
    }

    /// The key of a name; nothing for a name no key has, and for keys that no terminal can send.
    ///
    /// `shift-g` is `G`; `ctrl-m` is `enter`; `pgdn` is `pgdown`: one key has one name, so that two bindings cannot hide
    /// each other. A paste has a name but cannot be bound.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some((_, key)) = NAMED.iter().find(|(n, _)| *n == name) {
            return (*name != *"paste").then(|| key.clone());
        }
        if let Some(c) = only_char(name) {
            return Some(Self::Char(c));
        }
        if let Some(c) = name.strip_prefix("ctrl-").and_then(char_named) {
            let distinct = matches!(c, 'a'..='z' | ' ' | '\\' | ']' | '^' | '_') && !matches!(c, 'h' | 'i' | 'm');
            return distinct.then_some(Self::Ctrl(c));
        }
        if let Some(c) = name.strip_prefix("alt-").and_then(char_named) {
            return Some(Self::Alt(c));
        }
        // Compared again, because `f01` and `f+1` parse as numbers too.
        let n = name.strip_prefix('f')?.parse().ok().filter(|n| (1..=12).contains(n))?;
        Some(Self::F(n)).filter(|key| key.name() == name)
    }
}

fn char_name(c: char) -> String {
    if c == ' ' { "space".to_owned() } else { c.to_string() }
}

fn char_named(name: &str) -> Option<char> {
    if name == "space" { Some(' ') } else { only_char(name) }
}

/// The single printed character of `name`; a blank is written out as `space`.
fn only_char(name: &str) -> Option<char> {
    let mut chars = name.chars();
    chars.next().filter(|c| chars.next().is_none() && !c.is_control() && *c != ' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_key_has_one_name_and_only_that() {
        for (name, key) in [
            ("j", Key::Char('j')),
            ("G", Key::Char('G')),
            ("-", Key::Char('-')),
            ("ctrl-d", Key::Ctrl('d')),
            ("ctrl-space", Key::Ctrl(' ')),
            ("alt-x", Key::Alt('x')),
            ("shift-tab", Key::BackTab),
            ("space", Key::Char(' ')),
            ("pgdown", Key::PageDown),
            ("ctrl-left", Key::CtrlLeft),
            ("f", Key::Char('f')),
            ("f12", Key::F(12)),
        ] {
            assert_eq!(Key::parse(name), Some(key.clone()), "{name}");
            assert_eq!(key.name(), name);
        }
        for name in [
            "",
            " ",
            "pgdn",
            "page-down",
            "shift-g",
            "ctrl-m",
            "ctrl-i",
            "ctrl-h",
            "ctrl-[",
            "ctrl-D",
            "Ctrl-d",
            "f0",
            "f13",
            "f01",
            "f+1",
            "paste",
            "jj",
            "\n",
            "alt-",
            "ctrl-",
        ] {
            assert_eq!(Key::parse(name), None, "{name:?}");
        }
        assert_eq!(Key::Paste("x".into()).name(), "paste");
    }

    proptest! {
        #[test]
        fn what_parses_names_itself_again(name in "(ctrl-|alt-|shift-|f)?(\\PC{0,3}|[a-z]{1,9}|[0-9]{1,2})") {
            if let Some(key) = Key::parse(&name) {
                prop_assert_eq!(key.name(), name);
            }
        }
    }
}
