//! Texts with places that are filled in when an alert fires: the part of Prometheus' templates that needs no query.

mod figure;

use self::figure::{digits, fixed, humanize, length, shortest, stamp};
use crate::{domain::sample::Labels, text::Text};

/// A text with places to fill in.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Plain(String),
    Filled(Vec<Call>),
}

/// One step of `a | b | c`: a word with what it is given; the value of the step before comes last.
#[derive(Debug, Clone, PartialEq)]
struct Call {
    word: Word,
    given: Vec<Given>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// The value itself.
    Value,
    Humanize,
    Humanize1024,
    HumanizeDuration,
    HumanizePercentage,
    HumanizeTimestamp,
    Printf,
    Title,
    ToUpper,
    ToLower,
}

const WORDS: [(&str, Word); 9] = [
    ("humanize", Word::Humanize),
    ("humanize1024", Word::Humanize1024),
    ("humanizeDuration", Word::HumanizeDuration),
    ("humanizePercentage", Word::HumanizePercentage),
    ("humanizeTimestamp", Word::HumanizeTimestamp),
    ("printf", Word::Printf),
    ("title", Word::Title),
    ("toUpper", Word::ToUpper),
    ("toLower", Word::ToLower),
];

#[derive(Debug, Clone, PartialEq)]
enum Given {
    Value,
    Labels,
    Label(String),
    Text(String),
    Number(f64),
}

/// What a step comes to.
#[derive(Debug, Clone, PartialEq)]
enum Made {
    Number(f64),
    Text(String),
}

impl Template {
    /// A text without places.
    pub fn plain(text: &str) -> Self {
        Self(vec![Part::Plain(text.to_owned())])
    }

    /// Reads a text with `{{ ... }}` in it.
    ///
    /// # Errors
    ///
    /// What it uses that is not filled in here, by name: `query`, `range`, `if`; or a place that is not closed.
    pub fn read(written: &str) -> Result<Self, String> {
        let (mut parts, mut rest) = (Vec::new(), written);
        while let Some((plain, after)) = rest.split_once("{{") {
            let Some((inside, after)) = after.split_once("}}") else { return Err("{{ is not closed".to_owned()) };
            let (plain, inside, after) = trimmed(plain, inside, after);
            if !plain.is_empty() {
                parts.push(Part::Plain(plain.to_owned()));
            }
            if !inside.starts_with("/*") {
                parts.push(Part::Filled(calls(inside)?));
            }
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Plain(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// Whether it is the same whatever is filled in.
    pub fn is_plain(&self) -> bool {
        self.0.iter().all(|part| matches!(part, Part::Plain(_)))
    }

    /// Whether it says the value: as a label it would make a new alert of every evaluation (R44).
    pub fn says_value(&self) -> bool {
        let says = |call: &Call| call.given.contains(&Given::Value);
        self.0.iter().any(|part| matches!(part, Part::Filled(calls) if calls.iter().any(says)))
    }

    /// What stands there before anything is known: `…` for each place.
    pub fn outline(&self) -> Text {
        let part = |part: &Part| match part {
            Part::Plain(text) => text.clone(),
            Part::Filled(_) => "…".to_owned(),
        };
        Text::scrub(&self.0.iter().map(part).collect::<String>())
    }

    /// Fills it in.
    pub fn fill(&self, value: f64, labels: &Labels) -> Text {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Plain(text) => filled.push_str(text),
                Part::Filled(calls) => filled.push_str(&run(calls, value, labels)),
            }
        }
        Text::scrub(&filled)
    }
}

/// `{{-` and `-}}` take the blanks beside them away.
fn trimmed<'a>(plain: &'a str, inside: &'a str, after: &'a str) -> (&'a str, &'a str, &'a str) {
    let (inside, plain) = match inside.strip_prefix("- ") {
        Some(inside) => (inside, plain.trim_end()),
        None => (inside, plain),
    };
    match inside.strip_suffix(" -") {
        Some(inside) => (plain, inside.trim(), after.trim_start()),
        None => (plain, inside.trim(), after),
    }
}

fn calls(inside: &str) -> Result<Vec<Call>, String> {
    let mut calls = Vec::new();
    for step in split(inside, '|') {
        let words = split(step.trim(), ' ');
        let mut words = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
        let Some(first) = words.next() else { return Err("{{ }} holds nothing".to_owned()) };
        let word = WORDS.iter().find(|(name, _)| *name == first).map(|(_, word)| *word);
        let given: Result<Vec<Given>, String> = words.map(given).collect();
        calls.push(match word {
            Some(word) => Call { word, given: given? },
            None => {
                let value = self::given(first)?;
                if given.is_ok_and(|given| !given.is_empty()) || !calls.is_empty() {
                    return Err(format!("{first} is no function that is filled in here"));
                }
                Call { word: Word::Value, given: vec![value] }
            }
        });
    }
    Ok(calls)
}

/// Splits outside quotes.
fn split(written: &str, at: char) -> Vec<&str> {
    let mut quote: Option<char> = None;
    let parts = written.split(|c: char| {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if c == '"' || c == '`' => quote = Some(c),
            None => return c == at,
        }
        false
    });
    parts.collect()
}

fn given(word: &str) -> Result<Given, String> {
    let label = ["$labels.", ".Labels.", "$externalLabels.", ".ExternalLabels."];
    if let Some(name) = label.iter().find_map(|start| word.strip_prefix(start)) {
        return Ok(Given::Label(name.to_owned()));
    }
    match word {
        "$value" | ".Value" => return Ok(Given::Value),
        "$labels" | ".Labels" => return Ok(Given::Labels),
        _ => {}
    }
    let quoted = |quote: char| word.strip_prefix(quote).and_then(|word| word.strip_suffix(quote));
    if let Some(text) = quoted('"').or_else(|| quoted('`')) {
        return Ok(Given::Text(text.replace("\\\"", "\"").replace("\\n", "\n")));
    }
    word.parse().map(Given::Number).map_err(|_| format!("{word} is not filled in here"))
}

fn run(calls: &[Call], value: f64, labels: &Labels) -> String {
    let mut made: Option<Made> = None;
    for call in calls {
        let mut given: Vec<Made> = call.given.iter().map(|given| given.made(value, labels)).collect();
        given.extend(made.take());
        made = Some(call.word.run(given));
    }
    made.map(|made| made.written()).unwrap_or_default()
}

impl Given {
    fn made(&self, value: f64, labels: &Labels) -> Made {
        match self {
            Self::Value => Made::Number(value),
            // As Go prints a map.
            Self::Labels => {
                let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}:{value}")).collect();
                Made::Text(format!("map[{}]", pairs.join(" ")))
            }
            Self::Label(name) => {
                Made::Text(labels.get(name).map(|value| value.as_str().to_owned()).unwrap_or_default())
            }
            Self::Text(text) => Made::Text(text.clone()),
            Self::Number(number) => Made::Number(*number),
        }
    }
}

impl Made {
    fn written(&self) -> String {
        match self {
            Self::Number(value) => shortest(*value),
            Self::Text(text) => text.clone(),
        }
    }

    fn number(&self) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }
}

impl Word {
    fn run(self, given: Vec<Made>) -> Made {
        let Some(last) = given.last() else { return Made::Text(String::new()) };
        Made::Text(match self {
            Self::Value => return last.clone(),
            Self::Humanize => humanize(last.number(), 1_000.0, &["", "k", "M", "G", "T", "P", "E", "Z", "Y"]),
            Self::Humanize1024 => {
                humanize(last.number(), 1_024.0, &["", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"])
            }
            Self::HumanizeDuration => length(last.number()),
            Self::HumanizePercentage => format!("{}%", digits(last.number() * 100.0, 4)),
            Self::HumanizeTimestamp => stamp(last.number()),
            Self::Printf => printf(&given),
            Self::ToUpper => last.written().to_uppercase(),
            Self::ToLower => last.written().to_lowercase(),
            Self::Title => title(&last.written()),
        })
    }
}

fn title(text: &str) -> String {
    let mut is_first = true;
    let change = |c: char| {
        let is_begun = std::mem::replace(&mut is_first, c.is_whitespace());
        if is_begun { c.to_uppercase().collect::<String>() } else { c.to_string() }
    };
    text.chars().map(change).collect()
}

/// `%.2f`, `%f`, `%.3g`, `%g`, `%e`, `%d`, `%s`, `%v`, `%q`, `%%`; what else stands behind `%` is left as it is.
fn printf(given: &[Made]) -> String {
    let Some((format, values)) = given.split_first() else { return String::new() };
    let format = format.written();
    let (mut filled, mut rest, mut values) = (String::new(), format.as_str(), values.iter());
    while let Some((plain, after)) = rest.split_once('%') {
        filled.push_str(plain);
        let end = after.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(after.len());
        let (flags, tail) = after.split_at_checked(end).unwrap_or((after, ""));
        let verb = tail.chars().next().unwrap_or(' ');
        rest = tail.get(verb.len_utf8()..).unwrap_or_default();
        let places = flags.split_once('.').and_then(|(_, places)| places.parse::<usize>().ok()).map(|p| p.min(20));
        if verb == '%' {
            filled.push('%');
            continue;
        }
        let Some(value) = values.next() else {
            filled.push_str(&format!("%{flags}{verb}"));
            continue;
        };
        filled.push_str(&match verb {
            'f' | 'F' => fixed(value.number(), places.unwrap_or(6)),
            'g' | 'G' => places.map_or_else(|| shortest(value.number()), |places| digits(value.number(), places)),
            'd' => fixed(value.number().trunc(), 0),
            'q' => format!("\"{}\"", value.written()),
            's' | 'v' => value.written(),
            _ => format!("%{flags}{verb}"),
        });
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(written: &str, value: f64) -> String {
        let labels: Labels = [("instance", "db 1"), ("job", "node")]
            .into_iter()
            .map(|(name, value)| (Text::scrub(name), Text::scrub(value)))
            .collect();
        Template::read(written).unwrap().fill(value, &labels).as_str().to_owned()
    }

    #[test]
    fn before_anything_is_known_each_place_is_left_open() {
        let template = Template::read("{{ $labels.host }} has {{ $value | humanize }} errors/s").unwrap();
        assert_eq!(template.outline().as_str(), "… has … errors/s");
    }

    #[test]
    fn places_are_filled_in_as_prometheus_does() {
        assert_eq!(filled("{{ $labels.instance }} at {{$value}}", 0.1), "db 1 at 0.1");
        assert_eq!(filled("{{ $labels }}", 1.0), "map[instance:db 1 job:node]");
        assert_eq!(filled("{{ printf \"%.2f of %s\" $value $labels.job }}", 0.126), "0.13 of node");
        assert_eq!(filled("{{ $value | printf \"%.1f%%\" }}", 12.34), "12.3%");
        assert_eq!(filled("[{{ $labels.nothing }}] {{ $labels.job | toUpper }}", 0.0), "[] NODE");
        assert_eq!(filled("{{ $labels.job | title }}{{/* aside */}}", 0.0), "Node");
    }

    #[test]
    fn figures_are_written_for_people() {
        let humanize = |value| filled("{{ $value | humanize }}", value);
        assert_eq!(
            [0.0, 1.0, 1_234_567.0, 0.12, 0.000_99, 1e99].map(humanize),
            ["0", "1", "1.235M", "120m", "990u", "1e+75Y"]
        );
        assert_eq!(filled("{{ humanize1024 $value }}B", 2_097_152.0), "2MiB");
        let length = |value| filled("{{ humanizeDuration $value }}", value);
        assert_eq!(
            [0.0, 59.5, 3_661.0, 90_061.0, 0.02].map(length),
            ["0s", "59.5s", "1h 1m 1s", "1d 1h 1m 1s", "20ms"]
        );
        assert_eq!(filled("{{ $value | humanizePercentage }}", 0.123_456), "12.35%");
        assert_eq!(filled("{{ $value | humanizeTimestamp }}", 1_435_065_584.0), "2015-06-23 13:19:44 +0000 UTC");
        assert_eq!([1e21, 1e-5, 123_456_789.0].map(shortest), ["1e+21", "1e-05", "123456789"]);
    }

    #[test]
    fn what_is_not_filled_in_is_named() {
        for (written, named) in [
            ("{{ range query \"up\" }}x{{ end }}", "range"),
            ("{{ query \"up\" | first }}", "query"),
            ("{{ if eq 1 1 }}", "if"),
            ("{{ $value", "{{ is not closed"),
            ("{{ $value | reReplaceAll \"a\" \"b\" }}", "reReplaceAll"),
        ] {
            assert!(Template::read(written).unwrap_err().contains(named), "{written}");
        }
    }
}
