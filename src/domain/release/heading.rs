//! Phases as headings write them: `T-7`, `T−7 ... T−1`, `T+1` (SEMANTICS R49).

use super::calendar::Span;

/// A phase as a heading writes it: `T-7`, `T-0`, `T+1`.
pub fn phase_label(phase: i32) -> String {
    let sign = if phase <= 0 { '-' } else { '+' };
    format!("T{sign}{}", phase.unsigned_abs())
}

/// The first phase a heading names, in days from T-0: `T-2`, `T−2`, `Day T+1:`, `T0`, `T-0` (R49).
///
/// The T may be Latin or Cyrillic, the sign any dash that editors make of a hyphen, and only zero goes without a sign.
/// No letter or digit may touch it (`AT-2`, `T-shirt`, `T-2h` name none), and `T-1:30` or `T-2.5` is a clock or a
/// fraction, not a day. More than four digits are no phase.
pub fn phase_of_heading(heading: &str) -> Option<i32> {
    next_phase(heading).map(|(phase, _)| phase)
}

/// The days a heading names: `T-2`; of `T−7 ... T−1`, `T-7 to T-5` both ends and the days between. Two that nothing of the
/// kind joins (`T-2, not T-3`) are not a stretch: the first counts.
pub fn span_of_heading(heading: &str) -> Option<Span> {
    let (first, rest) = next_phase(heading)?;
    let second = next_phase(rest).filter(|(_, after)| {
        let n_between = rest.len() - after.len();
        rest.get(..n_between).is_some_and(joins)
    });
    Some(second.map_or(Span::day(first), |(second, _)| Span::between(first, second)))
}

/// Whether what stands between two phases, the second one included, makes them the ends of a stretch.
fn joins(between: &str) -> bool {
    let between = between.rfind(is_t).and_then(|t| between.get(..t)).unwrap_or_default();
    let word = between.trim_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '`' | '*'));
    let is_sign = |c: char| matches!(c, '.' | '\u{2026}' | '-' | '~' | '\u{2192}' | '>') || is_dash(c);
    let is_signs = !word.is_empty() && word.chars().all(is_sign);
    is_signs || JOINING.contains(&word.to_lowercase().as_str())
}

const JOINING: [&str; 12] = ["to", "through", "until", "till", "bis", "до", "по", "à", "au", "a", "hasta", "\u{81f3}"];

/// The first phase in a text, and what comes after it.
fn next_phase(text: &str) -> Option<(i32, &str)> {
    let mut before = None;
    for (at, c) in text.char_indices() {
        let stands_free = before.is_none_or(|b: char| !b.is_alphanumeric());
        before = Some(c);
        if stands_free && is_t(c) {
            let found = text.get(at + c.len_utf8()..).and_then(phase_after_t);
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

fn is_t(c: char) -> bool {
    matches!(c, 'T' | '\u{422}')
}

/// Hyphen, no-break hyphen, figure, en and em dash, minus, small and full-width hyphen.
fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2014}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}')
}

/// The longest number of days taken for a phase, in digits.
const PHASE_DIGITS: usize = 4;

fn phase_after_t(rest: &str) -> Option<(i32, &str)> {
    let mut after_sign = rest.chars();
    let sign = match after_sign.next()? {
        '+' | '\u{ff0b}' => Some(1),
        c if is_dash(c) => Some(-1),
        _ => None,
    };
    let number = if sign.is_some() { after_sign.as_str() } else { rest };
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let (days, after) = number.split_at_checked(digits)?;
    let mut tail = after.chars();
    let is_cut = match tail.next() {
        Some('.' | ',' | ':') => tail.next().is_some_and(|c| c.is_ascii_digit()),
        next => next.is_some_and(char::is_alphanumeric),
    };
    if is_cut || PHASE_DIGITS < days.len() {
        return None;
    }
    let days: i32 = days.parse().ok()?;
    let phase = match sign {
        Some(sign) => Some(sign * days),
        None => (days == 0).then_some(0),
    };
    phase.map(|phase| (phase, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_name_phases_in_every_spelling() {
        for (heading, phase) in [
            ("T-2", -2),
            ("T\u{2212}2", -2),
            ("T\u{2013}2 freeze", -2),
            ("T\u{2011}14", -14),
            ("Day T+1:", 1),
            ("T0", 0),
            ("T-0", 0),
            ("T+0", 0),
            ("(T-3)", -3),
            ("\u{422}-7 \u{437}\u{430}\u{43c}\u{43e}\u{440}\u{43e}\u{437}\u{43a}\u{430}", -7),
            ("T-shirts, then T-1.", -1),
            ("T-7 to T-5", -7),
        ] {
            assert_eq!(phase_of_heading(heading), Some(phase), "{heading}");
        }
    }

    #[test]
    fn headings_that_only_look_like_a_phase_name_none() {
        for heading in [
            "", "T", "T-", "AT-2", "T-shirt", "T2", "T-2h", "T--2", "T- 2", "T-1:30", "T-2.5", "T-99999", "t-2",
            "1T-2", "T00x",
        ] {
            assert_eq!(phase_of_heading(heading), None, "{heading}");
        }
    }

    #[test]
    fn a_stretch_of_days_has_two_ends() {
        for (heading, first, last) in [
            (
                "3. \u{41f}\u{43e}\u{434}\u{433}\u{43e}\u{442}\u{43e}\u{432}\u{43a}\u{430} (T\u{2212}7 ... T\u{2212}1)",
                -7,
                -1,
            ),
            ("T+1 ... T+7", 1, 7),
            ("T-7...T-1", -7, -1),
            ("T-7\u{2013}T-5", -7, -5),
            ("T-7 to T-5", -7, -5),
            ("\u{422}-7 \u{434}\u{43e} \u{422}-5", -7, -5),
            ("T-1 \u{2026} T0", -1, 0),
            ("T-2, not T-3", -2, -2),
            ("T-2", -2, -2),
            ("T+7 to T+1", 1, 7),
        ] {
            assert_eq!(span_of_heading(heading), Some(Span { first, last }), "{heading}");
        }
        assert_eq!(span_of_heading("T-shirts"), None);
    }
}
