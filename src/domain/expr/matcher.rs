//! What a label must be for its series to be meant.

use std::fmt;

use regex::Regex;

use crate::text::Text;

/// How a label is compared.
#[derive(Debug, Clone)]
enum Test {
    Is(Text),
    IsNot(Text),
    Like(Regex),
    Unlike(Regex),
}

/// A label and what it must be. A label that is not there is a blank one.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The label; `__name__` is the metric's name.
    pub label: Text,
    test: Test,
    written: Text,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label
            && self.written == other.written
            && std::mem::discriminant(&self.test) == std::mem::discriminant(&other.test)
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.test {
            Test::Is(_) => "=",
            Test::IsNot(_) => "!=",
            Test::Like(_) => "=~",
            Test::Unlike(_) => "!~",
        };
        write!(f, "{}{sign}\"{}\"", self.label, self.written)
    }
}

impl Matcher {
    /// Makes a matcher of `=`, `!=`, `=~` or `!~`. Patterns must match whole values.
    ///
    /// # Errors
    ///
    /// A pattern that is none, or another sign.
    pub fn new(label: &str, sign: &str, value: &str) -> Result<Self, String> {
        let written = Text::scrub(value);
        let test = match sign {
            "=" => Test::Is(written.clone()),
            "!=" => Test::IsNot(written.clone()),
            "=~" => Test::Like(whole(value)?),
            "!~" => Test::Unlike(whole(value)?),
            _ => return Err(format!("{sign} is none of = != =~ !~")),
        };
        Ok(Self { label: Text::scrub(label), test, written })
    }

    /// Tells whether a value is meant.
    pub fn meets(&self, value: &str) -> bool {
        match &self.test {
            Test::Is(wanted) => wanted.as_str() == value,
            Test::IsNot(unwanted) => unwanted.as_str() != value,
            Test::Like(pattern) => pattern.is_match(value),
            Test::Unlike(pattern) => !pattern.is_match(value),
        }
    }

    /// The one value that is meant; nothing where it is not one.
    pub fn only(&self) -> Option<&Text> {
        match &self.test {
            Test::Is(wanted) => Some(wanted),
            Test::IsNot(_) | Test::Like(_) | Test::Unlike(_) => None,
        }
    }
}

/// A pattern that must match from the first character to the last; `.` matches line ends too.
///
/// # Errors
///
/// What is wrong with it.
pub fn whole(pattern: &str) -> Result<Regex, String> {
    Regex::new(&format!("^(?s:{pattern})$")).map_err(|why| format!("\"{pattern}\" is no pattern: {why}"))
}
