//! What a label must be for its series to be meant.

use std::fmt;

use regex::{Regex, RegexBuilder};

use crate::text::Text;

/// How large a pattern may be once it is compiled, in bytes.
const LARGEST: usize = 1 << 20;

/// How often a pattern may repeat something: each of them is looked at for each character.
const REPEATS: u64 = 1_000;

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
    if REPEATS < repeats(pattern) {
        return Err(format!("a pattern repeats more than {REPEATS} times in all: too dear"));
    }
    let built = RegexBuilder::new(&format!("^(?s:{pattern})$")).size_limit(LARGEST).build();
    built.map_err(|why| match why {
        regex::Error::CompiledTooBig(_) => "a pattern is too large: too dear".to_owned(),
        why => format!("\"{pattern}\" is no pattern: {why}"),
    })
}

/// How often counted repetitions repeat in all: `{2}` twice, `{2,5}` five times.
fn repeats(pattern: &str) -> u64 {
    let (mut n, mut rest) = (0_u64, pattern);
    while let Some(at) = rest.find(['{', '\\']) {
        let (_, found) = rest.split_at(at);
        let inner = |found: &str| found.find('}').map_or(found.len(), |end| end.saturating_add(1));
        let length = match found.strip_prefix('\\') {
            // `\x{2603}` and `\p{Greek}` are characters.
            Some(named) if named.starts_with(['x', 'u', 'U', 'p', 'P']) && named.get(1..2) == Some("{") => inner(found),
            Some(named) => named.chars().next().map_or(1, |next| next.len_utf8().saturating_add(1)),
            None => {
                let counts = found.trim_start_matches('{').split(['}', ',']).take(2);
                n = n.saturating_add(counts.filter_map(|count| count.trim().parse().ok()).max().unwrap_or(0));
                1
            }
        };
        rest = found.get(length..).unwrap_or_default();
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_repeats_too_often_is_refused_and_a_long_list_of_names_is_not() {
        assert!(whole("(a?){500}(a?){500}(a?){500}").unwrap_err().contains("too dear"));
        assert!(whole("((((a?){99}){99}){99}){99}").unwrap_err().contains("too dear"));
        let names: Vec<String> = (0..500).map(|n| format!("host-{n}.example")).collect();
        for right in [names.join("|").as_str(), r"\w{1,20}-\d{4}", r"\x{2603}\p{Greek}\{9999}[{]", "5.."] {
            whole(right).unwrap();
        }
    }
}
