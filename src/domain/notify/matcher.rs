//! What a label must be: `env="prod"`, `env!="prod"`, `env=~"prod|stage"`, `env!~"dev.*"`.

use std::fmt;

use regex::Regex;

use crate::{domain::sample::Labels, text::Text};

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// It is this: `=`.
    Equal,
    /// It is not this: `!=`.
    Not,
    /// All of it fits the expression: `=~`.
    Fits,
    /// All of it does not fit the expression: `!~`.
    Unfit,
}

impl Op {
    /// How it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Not => "!=",
            Self::Fits => "=~",
            Self::Unfit => "!~",
        }
    }
}

/// What one label must be. A label that is missing is empty, so `!=` fits it (R45).
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The label.
    pub name: Text,
    /// How it is compared.
    pub op: Op,
    /// With what.
    pub value: Text,
    /// Of an expression: what is run.
    regex: Option<Regex>,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

impl Eq for Matcher {}

/// The most an expression may grow to when it is prepared, in bytes: `a{1000}{1000}` is refused.
const LARGEST: usize = 1 << 20;

impl Matcher {
    /// Makes a matcher; an expression is anchored at both ends, as Alertmanager anchors it.
    ///
    /// # Errors
    /// Why the expression is none, a lower-case fragment.
    pub fn new(name: &str, op: Op, value: &str) -> Result<Self, String> {
        let regex = match op {
            Op::Equal | Op::Not => None,
            Op::Fits | Op::Unfit => {
                // By itself first: `a)|(b` would slip out of the brackets around it.
                let built = expression(value).and_then(|_| expression(&format!("^(?:{value})$")));
                Some(built.map_err(|_| format!("{value:?} is no regular expression that can be used"))?)
            }
        };
        Ok(Self { name: Text::scrub(name), op, value: Text::scrub(value), regex })
    }

    /// Asks for this very value.
    pub fn equal(name: &str, value: &str) -> Self {
        Self { name: Text::scrub(name), op: Op::Equal, value: Text::scrub(value), regex: None }
    }

    /// Reads one matcher: `env="prod"`; the quotes may be left out.
    ///
    /// # Errors
    /// What is wrong with it, a lower-case fragment.
    pub fn parse(written: &str) -> Result<Self, String> {
        const FORM: &str = "write NAME=VALUE, NAME!=VALUE, NAME=~EXPRESSION or NAME!~EXPRESSION";
        let at = written.find(['=', '!']).ok_or_else(|| format!("{written:?} has no = in it: {FORM}"))?;
        let (name, rest) = written.split_at(at);
        // The longer signs first: `=~` begins with `=`.
        let signs = [("=~", Op::Fits), ("!~", Op::Unfit), ("!=", Op::Not), ("=", Op::Equal)];
        let found = signs.iter().find_map(|(sign, op)| Some((*op, rest.strip_prefix(sign)?)));
        let (op, value) = found.ok_or_else(|| format!("{written:?} compares in no way there is: {FORM}"))?;
        let name = name.trim();
        let is_name = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "{}\",".contains(c));
        if !is_name {
            return Err(format!("{written:?} names no label: {FORM}"));
        }
        Self::new(name, op, &unquoted(value.trim())?)
    }

    /// Whether a set of labels fits.
    pub fn fits(&self, labels: &Labels) -> bool {
        let value = labels.get(self.name.as_str()).map(Text::as_str).unwrap_or_default();
        let is_regex = || self.regex.as_ref().is_some_and(|regex| regex.is_match(value));
        match self.op {
            Op::Equal => value == self.value.as_str(),
            Op::Not => value != self.value.as_str(),
            Op::Fits => is_regex(),
            Op::Unfit => !is_regex(),
        }
    }

    /// Whether it fits labels that are not there at all: a silence of such matchers alone would silence everything.
    pub fn fits_nothing(&self) -> bool {
        self.fits(&Labels::default())
    }
}

fn expression(written: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(written).size_limit(LARGEST).build()
}

/// Whether every matcher fits; none at all fits everything.
pub fn all_fit(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.fits(labels))
}

/// A value without its quotes.
fn unquoted(value: &str) -> Result<String, String> {
    let Some(inner) = value.strip_prefix('"') else { return Ok(value.to_owned()) };
    let inner =
        inner.strip_suffix('"').ok_or_else(|| format!("{value} begins with a quote and does not end with one"))?;
    let (mut out, mut chars) = (String::with_capacity(inner.len()), inner.chars());
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some(c @ ('"' | '\\')) => out.push(c),
                // RE2 writes `\.` and the like; the sign and what it means go on to the expression.
                Some(c) => out.extend(['\\', c]),
                None => return Err(format!("{value} ends in the middle of an escape")),
            },
            ('"', _) => return Err(format!("{value} has a quote in it: write \\\"")),
            (c, _) => out.push(c),
        }
    }
    Ok(out)
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = self.value.as_str().replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "{}{}\"{escaped}\"", self.name, self.op.word())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| (Text::scrub(name), Text::scrub(value))).collect()
    }

    fn fits(written: &str, pairs: &[(&str, &str)]) -> bool {
        Matcher::parse(written).unwrap().fits(&labels(pairs))
    }

    #[test]
    fn a_missing_label_is_an_empty_one() {
        assert!(fits("env!=\"prod\"", &[]) && fits("env=\"\"", &[]) && fits("env=~\".*\"", &[]));
        assert!(!fits("env=~\".+\"", &[]) && fits("env!~\".+\"", &[]) && !fits("env=prod", &[]));
    }

    #[test]
    fn an_expression_must_fit_the_whole_value() {
        assert!(!fits("env=~\"pro\"", &[("env", "prod")]) && fits("env=~\"pro.\"", &[("env", "prod")]));
        assert!(fits("env=~\"dev|prod\"", &[("env", "prod")]) && !fits("env!~\"dev|prod\"", &[("env", "dev")]));
    }

    #[test]
    fn what_is_no_matcher_is_named() {
        for wrong in
            ["env", "=x", "env=~\"(\"", "env=\"x", "en v=x", "env=\"a\"b\"", "env=~\"(a{999}){999}\"", "env=~\"a)|(b\""]
        {
            assert!(Matcher::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(name in "[a-z_]{1,8}", value in "[ -~]{0,12}", is_not in any::<bool>()) {
            let matcher = Matcher::new(&name, if is_not { Op::Not } else { Op::Equal }, &value).unwrap();
            prop_assert_eq!(Matcher::parse(&matcher.to_string()), Ok(matcher));
        }

        #[test]
        fn nothing_written_makes_it_fail(written in "\\PC{0,24}") {
            let _ = Matcher::parse(&written);
        }
    }
}
