//! A comparison with a baseline as text, JSON and CSV.

use serde_json::{Value, json};

use crate::{
    domain::compare::{Figures, Rule, Side, Verdict, delta},
    sink::summary::{csv_line, defused, shown},
    text::{Text, fit_left, fit_right},
};

/// One name.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Its name.
    pub name: Text,
    /// What is compared.
    pub is: Option<Side>,
    /// The baseline.
    pub was: Option<Side>,
    /// What is said of it.
    pub verdict: Verdict,
}

type Of = fn(&Figures) -> f64;

/// The figures, by their words.
const FIGURES: [(&str, Of); 4] = [("mean", |f| f.mean), ("p50", |f| f.p50), ("p95", |f| f.p95), ("max", |f| f.max)];

/// The widest that a name is in text.
const NAME: usize = 48;

impl Compared {
    fn figures(&self, of: Of) -> (Option<f64>, Option<f64>, Option<f64>) {
        let one = |side: &Option<Side>| side.as_ref().and_then(|side| side.figures.as_ref()).map(of);
        let (is, was) = (one(&self.is), one(&self.was));
        (is, was, is.zip(was).and_then(|(is, was)| delta(is, was)))
    }
}

/// The rule in words.
pub fn rule(rule: Rule) -> String {
    format!(
        "higher or lower: mean or p95 differs from the baseline by more than {}%, with at least {} records on each side",
        shown(rule.bound),
        rule.least
    )
}

/// For people: a line for each figure of each name.
pub fn plain(rows: &[Compared]) -> String {
    let width = rows.iter().map(|row| row.name.width()).max().unwrap_or(4).clamp(4, NAME);
    let line = |name: &str, cells: [&str; 4], verdict: &str| {
        let [what, was, is, delta] = cells;
        let numbers = [was, is, delta].map(|cell| fit_right(cell, cell.len().max(12))).join("  ");
        format!("{}  {}  {numbers}  {verdict}", fit_left(name, width), fit_left(what, 5)).trim_end().to_owned()
    };
    let mut lines = vec![line("name", ["", "baseline", "now", "change"], "verdict")];
    for row in rows {
        let count = |side: &Option<Side>| side.as_ref().map_or_else(|| "-".to_owned(), |side| side.count.to_string());
        let (was, is) = (count(&row.was), count(&row.is));
        lines.push(line(row.name.as_str(), ["count", &was, &is, ""], row.verdict.code()));
        for (word, of) in FIGURES {
            let (is, was, delta) = row.figures(of);
            if is.is_none() && was.is_none() {
                continue;
            }
            let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), shown);
            let change = delta.map_or_else(|| "-".to_owned(), |delta| format!("{delta:+.1}%"));
            lines.push(line("", [word, &figure(was), &figure(is), &change], ""));
        }
    }
    lines.join("\n")
}

/// For programs: one object for each name.
pub fn json(rows: &[Compared]) -> Value {
    let one = |row: &Compared| {
        let side = |side: &Option<Side>| {
            side.as_ref().map(|side| {
                let figure = |of: Of| side.figures.as_ref().map(of);
                let [mean, p50, p95, max] = FIGURES.map(|(_, of)| figure(of));
                json!({ "count": side.count, "mean": mean, "p50": p50, "p95": p95, "max": max })
            })
        };
        let [mean, p50, p95, max] = FIGURES.map(|(_, of)| row.figures(of).2);
        json!({
            "name": row.name.as_str(), "verdict": row.verdict.code(), "now": side(&row.is), "baseline": side(&row.was),
            "delta_percent": { "mean": mean, "p50": p50, "p95": p95, "max": max },
        })
    };
    rows.iter().map(one).collect()
}

/// Comma separated, with a header.
pub fn csv(rows: &[Compared]) -> String {
    let mut head = vec!["name".to_owned(), "verdict".to_owned(), "count".to_owned(), "baseline_count".to_owned()];
    for (word, _) in FIGURES {
        head.extend([word.to_owned(), format!("baseline_{word}"), format!("{word}_delta_percent")]);
    }
    let mut out = csv_line(&head);
    for row in rows {
        let count = |side: &Option<Side>| side.as_ref().map_or_else(String::new, |side| side.count.to_string());
        let mut cells = vec![defused(&row.name), row.verdict.code().to_owned(), count(&row.is), count(&row.was)];
        for (_, of) in FIGURES {
            let (is, was, delta) = row.figures(of);
            cells.extend([is, was, delta].map(|value| value.map_or_else(String::new, |value| value.to_string())));
        }
        out += &csv_line(&cells);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Compared> {
        let side =
            |count, mean| Some(Side { count, figures: Some(Figures { mean, p50: mean, p95: 2.0 * mean, max: 9.0 }) });
        let row = |name: &str, is, was, verdict| Compared { name: Text::scrub(name), is, was, verdict };
        vec![
            row("latency, ms", side(30, 12.5), side(25, 10.0), Verdict::Higher),
            row("deploys", Some(Side { count: 2, figures: None }), None, Verdict::New),
        ]
    }

    #[test]
    fn every_figure_stands_beside_its_baseline_and_what_is_not_there_is_not_zero() {
        let text = plain(&rows());
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let lines: Vec<Vec<String>> = text.lines().map(words).collect();
        assert_eq!(lines[0], ["name", "baseline", "now", "change", "verdict"]);
        assert_eq!(lines[1], ["latency,", "ms", "count", "25", "30", "higher"]);
        assert_eq!(lines[2], ["mean", "10", "12.5", "+25.0%"]);
        assert_eq!(lines[6], ["deploys", "count", "-", "2", "new"]);
        assert_eq!(lines.len(), 7, "{text}");
        let json = json(&rows());
        assert_eq!((&json[0]["delta_percent"]["p95"], &json[0]["baseline"]["count"]), (&json!(25.0), &json!(25)));
        assert_eq!((&json[1]["baseline"], &json[1]["now"]["mean"]), (&Value::Null, &Value::Null));
        let csv = csv(&rows());
        assert!(csv.contains("\n\"latency, ms\",higher,30,25,12.5,10,25,12.5,10,25,25,20,25,9,9,0\n"), "{csv}");
        assert!(csv.ends_with("\ndeploys,new,2,,,,,,,,,,,,,\n"), "{csv}");
    }
}
