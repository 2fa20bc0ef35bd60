//! Sums of metric files as text, JSON Lines and CSV; a row at a time, for there may be many.

use chrono::{DateTime, SecondsFormat};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{
    domain::summary::{Figures, OfValues},
    text::{Text, fit_left, fit_right},
};

/// A row's names, scrubbed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: Text,
    /// The label's value, where rows are told apart by one.
    pub label: Option<Text>,
}

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The label's name, where rows are told apart by one.
    by: Option<Text>,
    /// Columns of the name and of the label in text.
    widths: (usize, usize),
    bucket: usize,
    format: Format,
}

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Plain,
    /// One object a line.
    Json,
    /// Comma separated.
    Csv,
}

/// What a row has beside its label.
const FIELDS: [&str; 7] = ["bucket", "name", "count", "min", "max", "mean", "p95"];

/// Columns of a figure in text.
const FIGURE: usize = 12;

/// The widest that a name is in text.
const NAME: usize = 48;

impl Page {
    /// Rows with these names, of buckets so many milliseconds long.
    pub fn new(format: Format, by: Option<&str>, names: &[Named], every_ms: i64) -> Self {
        // A label that is called as a figure is would write it over.
        let by = by.map(|by| if FIELDS.contains(&by) { Text::scrub(&format!("label_{by}")) } else { Text::scrub(by) });
        let widest = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or(0).min(NAME);
        let name = widest(&mut names.iter().map(|n| n.name.width()).chain([4]));
        let label = widest(&mut names.iter().filter_map(|n| n.label.as_ref()).chain(&by).map(Text::width));
        let bucket = if every_ms % 1_000 == 0 { 20 } else { 24 };
        Self { by, widths: (name, label), bucket, format }
    }

    /// What stands above all rows, with its newline.
    pub fn head(&self) -> String {
        match self.format {
            Format::Json => String::new(),
            Format::Csv => {
                let mut cells = FIELDS.map(str::to_owned).to_vec();
                if let Some(by) = &self.by {
                    cells.insert(2, defused(by));
                }
                csv_line(&cells)
            }
            Format::Plain => {
                let cells = ["count", "min", "mean", "p95", "max"].map(str::to_owned);
                self.line("bucket", "name", self.by.as_ref().map(Text::as_str), cells)
            }
        }
    }

    /// A row with its newline; `start_ms` is the bucket's, epoch milliseconds.
    pub fn row(&self, start_ms: i64, named: &Named, figures: &Figures) -> String {
        let bucket = bucket(start_ms);
        let of = figures.of_values;
        match self.format {
            Format::Json => {
                let row = Row { bucket: &bucket, named, by: self.by.as_ref(), figures };
                // Text and finite numbers can always be written.
                serde_json::to_string(&row).map(|line| line + "\n").unwrap_or_default()
            }
            Format::Csv => {
                let figure =
                    |of_one: fn(&OfValues) -> f64| of.as_ref().map_or_else(String::new, |v| of_one(v).to_string());
                let mut cells = vec![bucket, defused(&named.name), figures.count.to_string()];
                cells.extend([figure(|v| v.min), figure(|v| v.max), figure(|v| v.mean), figure(|v| v.p95)]);
                if self.by.is_some() {
                    cells.insert(2, named.label.as_ref().map_or_else(String::new, defused));
                }
                csv_line(&cells)
            }
            Format::Plain => {
                let figure =
                    |of_one: fn(&OfValues) -> f64| of.as_ref().map_or_else(|| "-".to_owned(), |v| shown(of_one(v)));
                let count = figures.count.to_string();
                let cells = [count, figure(|v| v.min), figure(|v| v.mean), figure(|v| v.p95), figure(|v| v.max)];
                self.line(&bucket, named.name.as_str(), named.label.as_ref().map(Text::as_str), cells)
            }
        }
    }

    fn line(&self, bucket: &str, name: &str, label: Option<&str>, figures: [String; 5]) -> String {
        let mut out = format!("{}  {}", fit_left(bucket, self.bucket), fit_left(name, self.widths.0));
        if self.by.is_some() {
            out += "  ";
            out += &fit_left(label.unwrap_or(""), self.widths.1);
        }
        for figure in figures {
            out += "  ";
            // A figure that is too wide is not cut: the line grows.
            out += &if figure.len() > FIGURE { figure } else { fit_right(&figure, FIGURE) };
        }
        out.truncate(out.trim_end().len());
        out + "\n"
    }
}

/// The bucket's start in RFC 3339, UTC, with milliseconds where it has any.
fn bucket(start_ms: i64) -> String {
    let form = if start_ms.rem_euclid(1_000) == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    DateTime::from_timestamp_millis(start_ms).map_or_else(|| start_ms.to_string(), |at| at.to_rfc3339_opts(form, true))
}

/// A figure for people: four decimals where there are any, all digits before the point.
pub(super) fn shown(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e12).contains(&size) {
        return format!("{value:.4e}");
    }
    let written = format!("{value:.4}");
    if written.contains('.') { written.trim_end_matches('0').trim_end_matches('.').to_owned() } else { written }
}

/// A name as a cell that no table program takes for a formula: one that begins like one gets a `'` before it, unless it is a
/// number.
pub(super) fn defused(name: &Text) -> String {
    // A TAB is a blank by now, and a table program passes over blanks.
    let begins = name.as_str().trim_start();
    let is_formula = begins.starts_with(['=', '+', '-', '@', '␉', '␍']);
    let is_number = begins.trim_end().parse::<f64>().is_ok();
    if is_formula && !is_number { format!("'{name}") } else { name.to_string() }
}

/// Cells as a line of CSV.
pub(super) fn csv_line(cells: &[String]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Memory takes what is written to it.
    let written = writer.write_record(cells).ok().and_then(|()| writer.into_inner().ok());
    String::from_utf8(written.unwrap_or_default()).unwrap_or_default()
}

struct Row<'a> {
    bucket: &'a str,
    named: &'a Named,
    by: Option<&'a Text>,
    figures: &'a Figures,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("bucket", self.bucket)?;
        map.serialize_entry("name", self.named.name.as_str())?;
        if let Some(by) = self.by {
            map.serialize_entry(by.as_str(), self.named.label.as_ref().map_or("", Text::as_str))?;
        }
        map.serialize_entry("count", &self.figures.count)?;
        let of = self.figures.of_values;
        map.serialize_entry("min", &of.map(|v| v.min))?;
        map.serialize_entry("max", &of.map(|v| v.max))?;
        map.serialize_entry("mean", &of.map(|v| v.mean))?;
        map.serialize_entry("p95", &of.map(|v| v.p95))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_795_176_000_000;

    fn lines(format: Format, by: Option<&str>) -> Vec<String> {
        let names = [
            Named { name: Text::scrub("cpu"), label: by.map(|_| Text::scrub("a,b")) },
            Named { name: Text::scrub("\u{1b}[31mred"), label: by.map(|_| Text::scrub("")) },
        ];
        let page = Page::new(format, by, &names, 500);
        let of_values = Some(OfValues { min: 1.0, max: 1234.5, mean: 2.25, p95: 0.000_012_34 });
        let rows = [Figures { count: 2, of_values }, Figures { count: 7, of_values: None }];
        let mut out = page.head();
        for ((start, named), figures) in [AT, AT + 500].into_iter().zip(&names).zip(&rows) {
            out += &page.row(start, named, figures);
        }
        out.lines().map(str::to_owned).collect()
    }

    #[test]
    fn json_is_an_object_a_line_and_no_value_is_null() {
        assert_eq!(
            lines(Format::Json, Some("count")),
            [
                r#"{"bucket":"2026-11-20T12:00:00Z","name":"cpu","label_count":"a,b","count":2,"min":1.0,"max":1234.5,"mean":2.25,"p95":0.00001234}"#,
                r#"{"bucket":"2026-11-20T12:00:00.500Z","name":"␛[31mred","label_count":"","count":7,"min":null,"max":null,"mean":null,"p95":null}"#,
            ]
        );
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        assert_eq!(
            lines(Format::Csv, Some("host")),
            [
                "bucket,name,host,count,min,max,mean,p95",
                "2026-11-20T12:00:00Z,cpu,\"a,b\",2,1,1234.5,2.25,0.00001234",
                "2026-11-20T12:00:00.500Z,␛[31mred,,7,,,,",
            ]
        );
    }

    #[test]
    fn no_cell_of_csv_is_a_formula_and_numbers_stay_numbers() {
        for written in ["=cmd|' /C calc'!A0", "+x", "-x", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(defused(&Text::scrub(written)).starts_with('\''), "{written:?}");
        }
        for written in ["-5", "+1e3", "cpu", ""] {
            assert_eq!(defused(&Text::scrub(written)), written);
        }
        let named = Named { name: Text::scrub("=1+1"), label: Some(Text::scrub("@a")) };
        let page = Page::new(Format::Csv, Some("host"), std::slice::from_ref(&named), 1_000);
        let row = page.row(AT, &named, &Figures { count: 1, of_values: None });
        assert_eq!(row, "2026-11-20T12:00:00Z,'=1+1,'@a,1,,,,\n");
    }

    #[test]
    fn text_stands_in_columns() {
        assert_eq!(
            lines(Format::Plain, None),
            [
                "bucket                    name             count           min          mean           p95           max",
                "2026-11-20T12:00:00Z      cpu                  2             1          2.25     1.2340e-5        1234.5",
                "2026-11-20T12:00:00.500Z  ␛[31mred             7             -             -             -             -",
            ]
        );
    }
}
