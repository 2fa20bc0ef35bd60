//! Times that plans tell in words: `Pre-Release`, "За 5 дней", "2 days before", and words that the settings add.

use super::{
    calendar::{Span, When},
    heading::span_of_heading,
};

/// Words of the settings that make a heading a phase, lower-cased, and when that is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhaseWords(Vec<(String, When)>);

impl PhaseWords {
    /// These words; letters' case is of no account.
    pub fn new(words: impl IntoIterator<Item = (String, When)>) -> Self {
        Self(words.into_iter().map(|(word, when)| (word.to_lowercase(), when)).collect())
    }

    /// Whether one of these words stands in a heading.
    pub fn is_configured(&self, heading: &str) -> bool {
        let lower = heading.to_lowercase();
        self.0.iter().any(|(word, _)| lower.contains(word.as_str()))
    }

    /// When a heading is, told from T-0: by a configured word in it, by `T-7`, by "2 days before", by `Pre-Release`; in that
    /// order. Nothing where it tells no time.
    pub fn when(&self, heading: &str) -> Option<When> {
        let lower = heading.to_lowercase();
        if let Some((_, when)) = self.0.iter().find(|(word, _)| lower.contains(word.as_str())) {
            return Some(*when);
        }
        if let Some(span) = span_of_heading(heading) {
            return Some(When::Days(span));
        }
        told(heading).or_else(|| part_of_release(heading))
    }
}

/// A time as settings write it: `T-7`, `T-7..T-1`, `before`, `after`, `T-2h`. Nothing where it is none of these.
pub fn parse_when(written: &str) -> Option<When> {
    let written = written.trim();
    match written {
        "before" => return Some(When::Before),
        "after" => return Some(When::After),
        _ => {}
    }
    if let Some(hours) = written.strip_suffix('h') {
        let span = span_of_heading(hours)?;
        let is_one =
            hours.starts_with('T') && hours.chars().skip(1).all(|c| c.is_ascii_digit() || "+-\u{2212}".contains(c));
        return is_one.then_some(When::Hours(span.first));
    }
    written.starts_with('T').then(|| span_of_heading(written).map(When::Days))?
}

/// What a time in words counts in.
#[derive(Clone, Copy)]
enum Unit {
    Days(i32),
    Hours,
}

/// When a text is to be done, where it says so at the start of a sentence ("За 5 дней: ...", "2 hours before ...") or tells
/// it of the release itself ("... no later than two days before the release").
pub fn told(text: &str) -> Option<When> {
    let lower = text.to_lowercase();
    // Most texts tell no time: a look at each word says so, and a plan may have many thousand.
    if !lower.split_whitespace().any(|word| says_side(word.trim_matches(|c: char| !c.is_alphanumeric()))) {
        return told_in_signs(text);
    }
    let words = words_of(&lower);
    let by_word = (0..words.len()).find_map(|at| {
        let (when, n_words) = told_at(words.get(at..)?)?;
        let is_start = words.get(at)?.starts_sentence;
        let of_release =
            words.get(at + n_words..)?.iter().take(REACH).any(|word| OF_RELEASE.iter().any(|of| word.is(of)));
        (is_start || of_release).then_some(when)
    });
    by_word.or_else(|| told_in_signs(text))
}

/// How many words after "before" may pass until the release is named.
const REACH: usize = 3;

const OF_RELEASE: [&str; 12] = [
    "release",
    "launch",
    "deployment",
    "go-live",
    "start",
    "t0",
    "t-0",
    "релиза",
    "начала",
    "выпуска",
    "veröffentlichung",
    "lanzamiento",
];

struct Word<'a> {
    lower: &'a str,
    starts_sentence: bool,
}

impl Word<'_> {
    fn is(&self, wanted: &str) -> bool {
        self.lower == wanted
    }
}

fn words_of(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut starts_sentence = true;
    for written in text.split_whitespace() {
        let bare = written.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.is_empty() {
            continue;
        }
        words.push(Word { lower: bare, starts_sentence });
        starts_sentence = written.ends_with(['.', ':', ';', '!', '?', '\u{2014}']);
    }
    words
}

/// A time that starts with the first of some words, and how many words it takes.
fn told_at(words: &[Word<'_>]) -> Option<(When, usize)> {
    let first = words.first()?;
    let leading = leading_of(first.lower);
    let mut at = usize::from(leading.is_some());
    let number = number_of(words.get(at)?.lower);
    at += usize::from(number.is_some());
    if COUNTED.contains(&words.get(at)?.lower) {
        at += 1;
    }
    let unit = unit_of(words.get(at)?.lower)?;
    at += 1;
    let sign = match leading {
        Some(sign) => sign,
        None => {
            let sign = direction_of(words.get(at)?.lower)?;
            at += 1;
            sign
        }
    };
    let n = number.unwrap_or(1);
    let when = match unit {
        Unit::Days(each) => When::Days(Span::day(sign * n * each)),
        Unit::Hours => When::Hours(sign * n),
    };
    Some((when, at))
}

/// Words that may stand between a number and its unit.
const COUNTED: [&str; 6] = ["business", "working", "calendar", "full", "рабочих", "полных"];

/// The largest number taken for days or hours: beyond it, it is no plan.
const MOST: i32 = 9_999;

fn number_of(word: &str) -> Option<i32> {
    let named = NUMBERS.iter().find(|(names, _)| names.contains(&word)).map(|(_, n)| *n);
    named.or_else(|| word.parse().ok()).filter(|n| (0..=MOST).contains(n))
}

const NUMBERS: [(&[&str], i32); 12] = [
    (&["a", "an", "one", "the", "один", "одну", "одни", "ein", "einen", "eine", "un", "une", "una", "uno"], 1),
    (&["two", "два", "две", "двое", "zwei", "deux", "dos", "due"], 2),
    (&["three", "три", "трое", "drei", "trois", "tres", "tre"], 3),
    (&["four", "четыре", "vier", "quatre", "cuatro"], 4),
    (&["five", "пять", "fünf", "cinq", "cinco"], 5),
    (&["six", "шесть", "sechs", "seis"], 6),
    (&["seven", "семь", "sieben", "sept", "siete"], 7),
    (&["eight", "восемь", "acht", "huit", "ocho"], 8),
    (&["nine", "девять", "neun", "neuf", "nueve"], 9),
    (&["ten", "десять", "zehn", "dix", "diez"], 10),
    (&["twelve", "двенадцать", "zwölf", "douze", "doce"], 12),
    (&["fourteen", "четырнадцать", "vierzehn", "quatorze", "catorce"], 14),
];

fn unit_of(word: &str) -> Option<Unit> {
    const DAYS: [&str; 20] = [
        "day",
        "days",
        "день",
        "дня",
        "дней",
        "сутки",
        "суток",
        "tag",
        "tage",
        "tagen",
        "jour",
        "jours",
        "día",
        "días",
        "dia",
        "dias",
        "giorno",
        "giorni",
        "dag",
        "dagen",
    ];
    const WEEKS: [&str; 14] = [
        "week",
        "weeks",
        "неделю",
        "недели",
        "недель",
        "woche",
        "wochen",
        "semaine",
        "semaines",
        "semana",
        "semanas",
        "settimana",
        "settimane",
        "weken",
    ];
    const HOURS: [&str; 14] = [
        "hour",
        "hours",
        "h",
        "час",
        "часа",
        "часов",
        "stunde",
        "stunden",
        "heure",
        "heures",
        "hora",
        "horas",
        "ora",
        "ore",
    ];
    match word {
        _ if DAYS.contains(&word) => Some(Unit::Days(1)),
        _ if WEEKS.contains(&word) => Some(Unit::Days(7)),
        _ if HOURS.contains(&word) => Some(Unit::Hours),
        _ => None,
    }
}

/// A word in front of a time that says on which side it lies.
fn leading_of(word: &str) -> Option<i32> {
    match word {
        "за" => Some(-1),
        "через" => Some(1),
        _ => None,
    }
}

/// Whether a word says on which side of T-0 a time lies.
fn says_side(word: &str) -> bool {
    direction_of(word).is_some() || leading_of(word).is_some()
}

fn direction_of(word: &str) -> Option<i32> {
    match word {
        "before" | "prior" | "ahead" | "до" | "vor" | "vorher" | "avant" | "antes" | "prima" | "voor" => Some(-1),
        "after" | "later" | "после" | "nach" | "danach" | "après" | "después" | "dopo" | "depois" | "na" => {
            Some(1)
        }
        _ => None,
    }
}

/// Chinese and Japanese: `发布前5天`, `5天前`, `3日後`.
fn told_in_signs(text: &str) -> Option<When> {
    if text.is_ascii() {
        return None;
    }
    let signs: Vec<char> = text.chars().collect();
    let at =
        signs.windows(2).position(|pair| matches!(pair, [digit, '\u{5929}' | '\u{65e5}'] if digit.is_ascii_digit()))?;
    let start = signs.get(..at)?.iter().rposition(|c| !c.is_ascii_digit()).map_or(0, |before| before + 1);
    let number: String = signs.get(start..=at)?.iter().collect();
    let n = number_of(&number)?;
    let direction = |c: &char| match c {
        '\u{524d}' => Some(-1),
        '\u{540e}' | '\u{5f8c}' => Some(1),
        _ => None,
    };
    let before = start.checked_sub(1).and_then(|at| signs.get(at)).and_then(direction);
    let sign = before.or_else(|| signs.get(at + 2).and_then(direction))?;
    Some(When::Days(Span::day(sign * n)))
}

/// `Pre-Release`, the release itself, `Post-Release`: the heading says which side of T-0 it is, in words.
fn part_of_release(heading: &str) -> Option<When> {
    let bare = bare_heading(heading);
    let opens = |names: &[&str]| {
        names.iter().any(|name| {
            bare.strip_prefix(name).is_some_and(|rest| rest.chars().next().is_none_or(|c| !c.is_alphanumeric()))
        })
    };
    if opens(&PRE) {
        Some(When::Before)
    } else if opens(&POST) {
        Some(When::After)
    } else {
        DAY.contains(&bare.as_str()).then_some(When::Days(Span::day(0)))
    }
}

const PRE: [&str; 17] = [
    "pre-release",
    "prerelease",
    "pre release",
    "before release",
    "before the release",
    "pre-launch",
    "before launch",
    "предрелизный этап",
    "пре-релиз",
    "пререлиз",
    "до релиза",
    "перед релизом",
    "vor dem release",
    "avant la release",
    "发布前",
    "發佈前",
    "リリース前",
];

const POST: [&str; 17] = [
    "post-release",
    "postrelease",
    "post release",
    "after release",
    "after the release",
    "post-launch",
    "after launch",
    "пост-релизный контроль",
    "пост-релиз",
    "построелиз",
    "после релиза",
    "пострелиз",
    "nach dem release",
    "après la release",
    "发布后",
    "發佈後",
    "リリース後",
];

const DAY: [&str; 14] = [
    "release",
    "release day",
    "day of release",
    "day of the release",
    "launch day",
    "the release",
    "релиз",
    "день релиза",
    "am tag der veröffentlichung",
    "release-tag",
    "jour j",
    "发布日",
    "發佈日",
    "リリース当日",
];

/// A heading in small letters, without its number in front and the signs around it.
fn bare_heading(heading: &str) -> String {
    let sign = |c: char| !c.is_alphanumeric();
    let text = heading.trim_matches(sign);
    let unnumbered = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')'));
    // Only what a blank parts from the rest was a number: `2nd release` keeps it.
    let text = if unnumbered.starts_with(char::is_whitespace) { unnumbered } else { text };
    text.trim_matches(sign).to_lowercase()
}

/// The name of a numbered part of a plan, `Phase 2` of `Phase 2 – Assessment`: a phase that tells no time. A number that is
/// not followed by a dash, a colon or the end is none (`Phase 7 Objectives` speaks of a phase).
pub fn numbered_part(heading: &str) -> Option<&str> {
    let heading = heading.trim();
    let (name, rest) = heading.split_once(char::is_whitespace)?;
    if !PARTS.contains(&name.to_lowercase().as_str()) {
        return None;
    }
    let rest = rest.trim_start();
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let after = rest.get(digits..)?.trim_start();
    let ends = after.is_empty() || after.starts_with([':', '-', '\u{2013}', '\u{2014}', '\u{2212}']);
    if digits == 0 || !ends {
        return None;
    }
    heading.get(..heading.len() - rest.get(digits..)?.len())
}

const PARTS: [&str; 10] = ["phase", "этап", "фаза", "sprint", "спринт", "stage", "étape", "fase", "etapa", "iteration"];

#[cfg(test)]
mod tests {
    use super::*;

    fn day(offset: i32) -> Option<When> {
        Some(When::Days(Span::day(offset)))
    }

    #[test]
    fn times_in_words_are_read_in_many_languages() {
        for (text, when) in [
            ("\u{417}\u{430} 5 дней: анонс", day(-5)),
            ("За 1 день: напоминание", day(-1)),
            ("За сутки до релиза", day(-1)),
            ("За неделю: заморозка", day(-7)),
            ("Через 3 дня после релиза", day(3)),
            ("Заморозка изменений. За 2 часа до начала закрыть доступ", Some(When::Hours(-2))),
            ("провести его не позднее чем за два дня до релиза", day(-2)),
            ("2 days before", day(-2)),
            ("Two weeks before the release", day(-14)),
            ("The day before", day(-1)),
            ("3 business days after", day(3)),
            ("finish no later than 2 days before the launch", day(-2)),
            ("5 Tage vor dem Release", day(-5)),
            ("7 jours avant", day(-7)),
            ("\u{53d1}\u{5e03}\u{524d}5\u{5929}", day(-5)),
            ("3\u{65e5}\u{5f8c}", day(3)),
        ] {
            assert_eq!(told(text), when, "{text}");
        }
    }

    #[test]
    fn what_only_sounds_like_a_time_is_none() {
        for text in [
            "",
            "days",
            "before",
            "keep logs 7 days before deleting them",
            "2 days",
            "5 beforehand",
            "за кадром",
            "wait 3 hours",
            "99999 days before",
            "version 2 before",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }

    #[test]
    fn headings_say_their_time_in_words_or_by_configured_ones() {
        let words = PhaseWords::new([("Code Freeze".to_owned(), When::Days(Span::between(-7, -5)))]);
        for (heading, when) in [
            ("The code freeze begins", Some(When::Days(Span { first: -7, last: -5 }))),
            ("4. День релиза (T0)", day(0)),
            ("День релиза", day(0)),
            ("Pre-Release:", Some(When::Before)),
            ("2) Post-release checks", Some(When::After)),
            ("Release", day(0)),
            ("\u{1f680} Release day", day(0)),
            ("Release notes", None),
            ("Release Checklist", None),
            ("Prereleases", None),
            ("За 5 дней", day(-5)),
            ("Contacts", None),
        ] {
            assert_eq!(words.when(heading), when, "{heading}");
        }
    }

    #[test]
    fn a_numbered_part_is_a_phase_and_talk_of_one_is_not() {
        for (heading, part) in [
            ("Phase 0 \u{2013} Alignment & Baseline", Some("Phase 0")),
            ("Phase 12: More", Some("Phase 12")),
            ("\u{42d}тап 2", Some("\u{42d}тап 2")),
            ("Phase 7 Objectives", None),
            ("Phase 4.0: Rollout", None),
            ("Phases 1", None),
            ("Phase", None),
        ] {
            assert_eq!(numbered_part(heading), part, "{heading}");
        }
    }

    #[test]
    fn settings_write_times_shortly() {
        assert_eq!(parse_when("T-7"), day(-7));
        assert_eq!(parse_when("T-7..T-1"), Some(When::Days(Span { first: -7, last: -1 })));
        assert_eq!(parse_when("T-2h"), Some(When::Hours(-2)));
        assert_eq!(parse_when("before"), Some(When::Before));
        for wrong in ["", "7", "soon", "x T-7", "T-7h..T-1h", "h"] {
            assert_eq!(parse_when(wrong), None, "{wrong}");
        }
    }
}
