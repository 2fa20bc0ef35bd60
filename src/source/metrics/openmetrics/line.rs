//! One line of OpenMetrics by its grammar, to the letter: one space between parts, none anywhere else.

use crate::source::metrics::quoted::quoted;

/// What a line is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Parsed {
    /// `# TYPE`, `# HELP`, `# UNIT`: the keyword, the family, and the rest.
    Declared(&'static str, String, String),
    /// A sample.
    Sample(Sample),
    /// `# EOF`
    End,
}

/// A sample line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub name: String,
    pub labels: Vec<(String, String)>,
    pub value: f64,
    pub at: Option<f64>,
    pub has_exemplar: bool,
}

type Why = &'static str;

/// An exemplar's labels may have this many characters altogether (OpenMetrics 1.0, "Exemplars").
const EXEMPLAR_CHARS: usize = 128;

pub(super) fn parse(line: &str) -> Result<Parsed, Why> {
    match line.strip_prefix('#') {
        Some(" EOF") => Ok(Parsed::End),
        Some(comment) => declared(comment),
        None if line.is_empty() => Err("it is blank"),
        None => sample(line).map(Parsed::Sample),
    }
}

fn declared(comment: &str) -> Result<Parsed, Why> {
    const NONE: Why = "it is no comment this format knows: TYPE, HELP, UNIT or EOF";
    let (keyword, rest) = comment.strip_prefix(' ').and_then(|c| c.split_once(' ')).ok_or(NONE)?;
    let keyword = ["TYPE", "HELP", "UNIT"].into_iter().find(|k| *k == keyword).ok_or(NONE)?;
    let mut rest = Cursor { rest };
    let name = rest.any_name()?;
    let rest = rest.rest.strip_prefix(' ').ok_or("it declares nothing of a family")?;
    Ok(Parsed::Declared(keyword, name, rest.to_owned()))
}

fn sample(line: &str) -> Result<Sample, Why> {
    let mut cursor = Cursor { rest: line };
    let mut name = cursor.name(true).map(str::to_owned);
    let mut labels = Vec::new();
    if cursor.eat("{") {
        labels = cursor.labels(&mut name)?;
    }
    let name = name.ok_or("it begins with no metric name")?;
    if !cursor.eat(" ") {
        return Err("one space must stand before its value");
    }
    let value = number(cursor.word())?;
    let mut at = None;
    if cursor.rest.starts_with(' ') && !cursor.rest.starts_with(" #") {
        cursor.eat(" ");
        at = Some(finite(cursor.word())?);
    }
    let has_exemplar = cursor.eat(" # ");
    if has_exemplar {
        exemplar(&mut cursor)?;
    }
    if !cursor.rest.is_empty() {
        return Err("something stands behind its value and time");
    }
    Ok(Sample { name, labels, value, at, has_exemplar })
}

fn exemplar(cursor: &mut Cursor<'_>) -> Result<(), Why> {
    if !cursor.eat("{") {
        return Err("its exemplar has no labels");
    }
    let labels = cursor.labels(&mut Some(String::new()))?;
    if labels.iter().map(|(n, v)| n.chars().count() + v.chars().count()).sum::<usize>() > EXEMPLAR_CHARS {
        return Err("its exemplar's labels are longer than 128 characters");
    }
    if !cursor.eat(" ") {
        return Err("its exemplar has no value");
    }
    number(cursor.word())?;
    if cursor.eat(" ") {
        finite(cursor.word())?;
    }
    Ok(())
}

/// `[sign] digits [. digits] [e [sign] digits]`, or NaN, Inf and Infinity in any case.
pub(super) fn number(word: &str) -> Result<f64, Why> {
    const WHY: Why = "its value is not a number";
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let is_word =
        ["inf", "infinity"].iter().any(|w| unsigned.eq_ignore_ascii_case(w)) || word.eq_ignore_ascii_case("nan");
    let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if is_word || is_number { word.parse().map_err(|_| WHY) } else { Err(WHY) }
}

fn finite(word: &str) -> Result<f64, Why> {
    number(word).ok().filter(|at| at.is_finite()).ok_or("its time is not a finite number")
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn eat(&mut self, what: &str) -> bool {
        let eaten = self.rest.strip_prefix(what);
        self.rest = eaten.unwrap_or(self.rest);
        eaten.is_some()
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn word(&mut self) -> &'a str {
        self.take(self.rest.find(' ').unwrap_or(self.rest.len()))
    }

    fn name(&mut self, with_colon: bool) -> Option<&'a str> {
        let is_in = |c: char| c.is_ascii_alphanumeric() || c == '_' || (with_colon && c == ':');
        if !self.rest.starts_with(|c: char| is_in(c) && !c.is_ascii_digit()) {
            return None;
        }
        Some(self.take(self.rest.find(|c| !is_in(c)).unwrap_or(self.rest.len())))
    }

    /// A plain name or a quoted one.
    fn any_name(&mut self) -> Result<String, Why> {
        if self.rest.starts_with('"') {
            return self.quoted();
        }
        self.name(true).map(str::to_owned).ok_or("it names no family")
    }

    fn quoted(&mut self) -> Result<String, Why> {
        let (text, rest) = quoted(self.rest)?;
        self.rest = rest;
        Ok(text)
    }

    /// After the opening brace, up to and with the closing one.
    fn labels(&mut self, name: &mut Option<String>) -> Result<Vec<(String, String)>, Why> {
        let mut out: Vec<(String, String)> = Vec::new();
        if self.eat("}") {
            return Ok(out);
        }
        loop {
            let is_quoted = self.rest.starts_with('"');
            let key = if is_quoted {
                self.quoted()?
            } else {
                self.name(false).ok_or("a label's name cannot be read")?.to_owned()
            };
            if self.eat("=") {
                if out.iter().any(|(there, _)| *there == key) {
                    return Err("a label comes twice");
                }
                out.push((key, self.quoted()?));
            } else if is_quoted && name.is_none() && out.is_empty() {
                *name = Some(key);
            } else {
                return Err("a label has no value");
            }
            if self.eat("}") {
                return Ok(out);
            }
            if !self.eat(",") {
                return Err("no comma stands between its labels");
            }
        }
    }
}
