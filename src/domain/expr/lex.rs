//! An expression as words and signs.

use crate::domain::expr::Fault;

/// One word or sign of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name, keyword or function; it may hold `:`.
    Word(String),
    Number(f64),
    /// A length of time in milliseconds; as a number it is seconds.
    Length(i64),
    Text(String),
    Sign(&'static str),
}

impl Token {
    /// How a fault names it.
    pub(super) fn spelled(&self) -> String {
        match self {
            Self::Word(word) => format!("\"{word}\""),
            Self::Number(value) => value.to_string(),
            Self::Length(_) => "a length of time".to_owned(),
            Self::Text(text) => format!("the text \"{text}\""),
            Self::Sign(sign) => format!("\"{sign}\""),
        }
    }
}

/// Signs, longest first.
const SIGNS: [&str; 25] = [
    "=~", "!~", "==", "!=", ">=", "<=", "=", ">", "<", "+", "-", "*", "/", "%", "^", "(", ")", "{", "}", "[", "]", ",",
    "@", ":", "$",
];

/// A token and the byte at which it begins.
pub(super) type Placed = (usize, Token);

/// Cuts an expression into tokens; a comment runs from `#` to the end of its line.
pub(super) fn tokens(written: &str) -> Result<Vec<Placed>, Fault> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(rest) = written.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if first == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let in_brackets = matches!(all.last(), Some((_, Token::Sign("["))));
        let (token, len) = match first {
            '"' | '\'' | '`' => text(rest, first, at)?,
            c if c.is_ascii_digit() || (c == '.' && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit())) => {
                number(rest, at)?
            }
            // A `:` stands between range and step, and it may begin a recorded name.
            c if c == '_' || c.is_ascii_alphabetic() || (c == ':' && !is_step(&all) && !in_brackets) => word(rest),
            _ => sign(rest, at)?,
        };
        all.push((at, token));
        at += len;
    }
    Ok(all)
}

/// Whether the last `[` was not closed yet: `:` parts range and step there.
fn is_step(all: &[Placed]) -> bool {
    let last = all.iter().rev().find(|(_, token)| matches!(token, Token::Sign("[" | "]")));
    matches!(last, Some((_, Token::Sign("["))))
}

fn word(rest: &str) -> (Token, usize) {
    let end = rest.find(|c: char| !(c == '_' || c == ':' || c.is_ascii_alphanumeric())).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or_default();
    (Token::Word(word.to_owned()), end)
}

fn sign(rest: &str, at: usize) -> Result<(Token, usize), Fault> {
    let found = SIGNS.iter().find(|sign| rest.starts_with(**sign));
    let sign = found.ok_or_else(|| {
        let odd: String = rest.chars().take(1).collect();
        Fault::wrong(at, &format!("\"{odd}\" is no sign of an expression"))
    })?;
    Ok((Token::Sign(sign), sign.len()))
}

/// Reads a quoted text with Go's escapes; back-quotes know none.
fn text(rest: &str, quote: char, at: usize) -> Result<(Token, usize), Fault> {
    let unfinished = || Fault::wrong(at, "a quote that is not closed");
    let mut read: Vec<u8> = Vec::new();
    let push = |read: &mut Vec<u8>, c: char| read.extend(c.encode_utf8(&mut [0; 4]).bytes());
    let mut chars = rest.char_indices().skip(1);
    while let Some((place, c)) = chars.next() {
        if c == quote {
            let text = String::from_utf8(read).map_err(|_| Fault::wrong(at, "a text that is not UTF-8"))?;
            return Ok((Token::Text(text), place + c.len_utf8()));
        }
        if c != '\\' || quote == '`' {
            push(&mut read, c);
            continue;
        }
        let (_, escaped) = chars.next().ok_or_else(unfinished)?;
        let digits = match escaped {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let hex: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
            let odd = || Fault::wrong(at, &format!("\\{escaped}{hex} is no character"));
            let code = u32::from_str_radix(&hex, 16).map_err(|_| odd())?;
            match u8::try_from(code) {
                // As in Go: a byte, of which several may make a character.
                Ok(byte) if escaped == 'x' => read.push(byte),
                _ => push(&mut read, char::from_u32(code).ok_or_else(odd)?),
            }
            continue;
        }
        push(
            &mut read,
            match escaped {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'v' => '\u{b}',
                '\\' | '"' | '\'' => escaped,
                _ => return Err(Fault::wrong(at, &format!("\\{escaped} is no escape"))),
            },
        );
    }
    Err(unfinished())
}

/// Reads a number, or a length such as `1h30m`.
fn number(rest: &str, at: usize) -> Result<(Token, usize), Fault> {
    let end = rest.find(|c: char| !(c == '.' || c == '_' || c.is_ascii_alphanumeric())).unwrap_or(rest.len());
    let mut written = rest.get(..end).unwrap_or_default();
    // The sign of an exponent belongs to the number.
    if !written.starts_with("0x") && (written.ends_with('e') || written.ends_with('E')) {
        let more = rest.get(end..).unwrap_or_default();
        let digits = more.get(1..).unwrap_or_default().find(|c: char| !c.is_ascii_digit());
        if more.starts_with(['+', '-']) {
            let more = digits.map_or(more.len(), |digits| digits + 1);
            written = rest.get(..end + more).unwrap_or(written);
        }
    }
    let plain = written.replace('_', "");
    let hex = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X"));
    let value = match hex {
        Some(hex) => u32::from_str_radix(hex, 16).ok().map(f64::from),
        None => plain.parse::<f64>().ok(),
    };
    if let Some(value) = value {
        return Ok((Token::Number(value), written.len()));
    }
    let length = length_ms(written).ok_or_else(|| Fault::wrong(at, &format!("\"{written}\" is no number")))?;
    Ok((Token::Length(length), written.len()))
}

/// Reads a length of time as Prometheus writes it (`5m`, `1h30m`, `1d`, `500ms`), in milliseconds. Years have 365 days,
/// weeks seven; each unit once, the larger first.
pub fn length_ms(written: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 7] = [
        ("y", 31_536_000_000),
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let mut units = UNITS.iter();
    let mut rest = written;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
        let (n, tail) = rest.split_at_checked(digits)?;
        let unit_end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_end)?;
        // Only units after the last one are left: twice the same, or the larger later, is no length.
        let (_, ms) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(n.parse::<i64>().ok()?.checked_mul(*ms)?)?;
        rest = tail;
    }
    (!written.is_empty()).then_some(total)
}
