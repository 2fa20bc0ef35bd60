//! Expressions against the scripts with which PromQL itself is tested: what we evaluate comes out the same, what we do
//! not evaluate is refused by its name, and nothing is in between.

use std::{collections::BTreeMap, io::Read, path::Path};

use chrono::DateTime;
use flate2::read::GzDecoder;
use watchfloor::{
    domain::{
        expr::{Expr, Fault, Value, length_ms},
        pool::Pool,
        sample::{Labelled, Labels, SeriesKey},
    },
    text::Text,
};

/// The files of an archive.
pub fn untar(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut tar = Vec::new();
    GzDecoder::new(std::fs::File::open(path).expect("the archive")).read_to_end(&mut tar).expect("gzip");
    let (mut files, mut rest) = (Vec::new(), tar.as_slice());
    while rest.len() >= 512 && rest[0] != 0 {
        let name = String::from_utf8_lossy(&rest[..100]).trim_end_matches('\0').to_owned();
        let size = std::str::from_utf8(&rest[124..135]).expect("octal digits").trim();
        let size = usize::from_str_radix(size, 8).expect("octal digits");
        if rest[156] == b'0' {
            files.push((name, rest[512..512 + size].to_vec()));
        }
        rest = &rest[512 + size.div_ceil(512) * 512..];
    }
    files
}

/// What became of the cases of a file.
#[derive(Default)]
struct Counted {
    passed: usize,
    refused: BTreeMap<String, usize>,
    histograms: usize,
    failed: Vec<String>,
}

/// A case: an expression, when, and what it should come to.
struct Case<'a> {
    line: usize,
    expression: &'a str,
    /// Instants in milliseconds; one where the case is of an instant.
    at: Vec<i64>,
    is_range: bool,
    fails: bool,
    is_ordered: bool,
    expected: Vec<&'a str>,
}

#[derive(Default)]
struct World {
    pool: Pool,
    /// Names with native histograms, which we do not have.
    histograms: Vec<String>,
}

fn number(written: &str) -> Option<f64> {
    match written {
        "Inf" | "+Inf" | "inf" => Some(f64::INFINITY),
        "-Inf" | "-inf" => Some(f64::NEG_INFINITY),
        "NaN" | "nan" => Some(f64::NAN),
        other => other.parse().ok(),
    }
}

fn ms(written: &str) -> i64 {
    length_ms(written).unwrap_or_else(|| (written.parse::<f64>().expect(written) * 1_000.0) as i64)
}

/// `0+10x3` is 0 10 20 30; nothing is a missing value, NaN with the bits of an end is `stale`.
fn sequence(written: &str) -> Option<Vec<Option<f64>>> {
    let mut all = Vec::new();
    for word in written.split_whitespace() {
        if let Some(n) = word.strip_prefix("_x") {
            all.extend(std::iter::repeat_n(None, n.parse().ok()?));
        } else if word == "_" {
            all.push(None);
        } else if word == "stale" {
            all.push(Some(f64::from_bits(0x7ff0_0000_0000_0002)));
        } else if let Some((left, n)) = word.rsplit_once('x') {
            let n: u32 = n.parse().ok()?;
            let sign = left
                .char_indices()
                .skip(1)
                .filter(|(i, c)| matches!(c, '+' | '-') && !left[..*i].ends_with(['e', 'E']));
            let (start, step) = match (number(left), sign.last()) {
                (Some(same), _) => (same, 0.0),
                (None, Some((i, _))) => (number(&left[..i])?, number(left[i..].trim_start_matches('+'))?),
                (None, None) => return None,
            };
            // As the scripts' own reader has it: step by step, so that rounding is the same.
            let mut value = start;
            for _ in 0..=n {
                all.push(Some(value));
                value += step;
            }
        } else {
            all.push(Some(number(word)?));
        }
    }
    Some(all)
}

/// Reads `name{a="b"} rest`.
fn series(line: &str) -> (Option<Text>, Labels, &str) {
    let name_end = line.find(|c: char| c == '{' || c.is_whitespace()).unwrap_or(line.len());
    let mut name = (name_end > 0).then(|| line[..name_end].to_owned());
    let rest = line[name_end..].trim_start();
    if !rest.starts_with('{') || rest.starts_with("{{") {
        return (name.as_deref().map(Text::scrub), Labels::default(), rest);
    }
    let (mut labels, mut rest) = (Vec::new(), rest[1..].trim_start());
    while !rest.starts_with('}') {
        let (label, after) = quoted(rest).unwrap_or_else(|| {
            let end = rest.find(['=', ' ']).unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        });
        rest = after.trim_start();
        if let Some(after) = rest.strip_prefix('=') {
            let (value, after) = quoted(after.trim_start()).expect(line);
            rest = after;
            if label == "__name__" {
                name = Some(value);
            } else {
                labels.push((Text::scrub(&label), Text::scrub(&value)));
            }
        } else {
            name = Some(label);
        }
        rest = rest.trim_start().trim_start_matches(',').trim_start();
    }
    (name.as_deref().map(Text::scrub), Labels::new(labels), rest[1..].trim_start())
}

fn quoted(rest: &str) -> Option<(String, &str)> {
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let (mut read, mut chars) = (String::new(), rest.char_indices().skip(1));
    while let Some((i, c)) = chars.next() {
        if c == quote {
            return Some((read, &rest[i + 1..]));
        }
        read.push(if c == '\\' && quote != '`' {
            match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            }
        } else {
            c
        });
    }
    None
}

impl World {
    fn load(&mut self, step: i64, line: &str) {
        let (name, labels, values) = series(line);
        let name = name.expect(line);
        if values.contains("{{") {
            self.histograms.push(name.as_str().to_owned());
        }
        let Some(values) = sequence(values) else { return };
        let key = SeriesKey { name, labels };
        let far = DateTime::from_timestamp_millis(1_000_000_000_000).unwrap();
        for (i, value) in (0..).zip(values) {
            let Some(value) = value else { continue };
            self.pool.take(Labelled { key: key.clone(), at_ms: i * step, value }, far);
        }
    }

    fn run(&self, case: &Case<'_>, counted: &mut Counted) {
        let touches = |name: &String| case.expression.contains(name.as_str());
        let is_any = case.expression.contains("__name__") || case.expression.trim_start().starts_with('{');
        let has_histograms = case.expected.iter().any(|line| line.contains("{{"));
        if has_histograms || self.histograms.iter().any(touches) || (is_any && !self.histograms.is_empty()) {
            counted.histograms += 1;
            return;
        }
        let expr = match Expr::read(case.expression) {
            Ok(expr) => expr,
            Err(Fault::Unsupported(what)) => {
                *counted.refused.entry(what).or_default() += 1;
                return;
            }
            Err(_) if case.fails => {
                counted.passed += 1;
                return;
            }
            Err(fault) => {
                counted.failed.push(format!("line {}: {}: {fault}", case.line, case.expression));
                return;
            }
        };
        for (step, at) in case.at.iter().enumerate() {
            let found = expr.eval(&self.pool, *at);
            match compare(case, step, found) {
                Ok(()) => {}
                Err(why) => {
                    counted.failed.push(format!("line {}: {} at {at}: {why}", case.line, case.expression));
                    return;
                }
            }
        }
        counted.passed += 1;
    }
}

fn is_near(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-6 * a.abs().max(b.abs()) || (a - b).abs() < 1e-300
}

fn compare(case: &Case<'_>, step: usize, found: Result<Value, String>) -> Result<(), String> {
    let found = match (found, case.fails) {
        (Err(_), true) => return Ok(()),
        (Err(why), false) => return Err(why),
        (Ok(_), true) if case.is_range => return Ok(()),
        (Ok(found), true) => return Err(format!("should fail, and comes to {found:?}")),
        (Ok(found), false) => found,
    };
    let mut expected = Vec::new();
    for line in &case.expected {
        if let Some(text) = line.strip_prefix("expect string") {
            let (text, _) = quoted(text.trim()).ok_or("a text that cannot be read")?;
            return match found {
                Value::Text(found) if found == Text::scrub(&text) => Ok(()),
                other => Err(format!("expected the text {text}, found {other:?}")),
            };
        }
        if let (Some(number), Value::Scalar(found)) = (number(line), &found) {
            return if is_near(number, *found) { Ok(()) } else { Err(format!("expected {number}, found {found}")) };
        }
        let (name, labels, values) = series(line);
        let values = sequence(values).ok_or_else(|| format!("\"{line}\" cannot be read"))?;
        if let Some(Some(value)) = values.get(step) {
            expected.push((name, labels, *value));
        }
    }
    let found: Vec<_> = match found {
        Value::Vector(items) => items.into_iter().filter(|i| i.is_kept).map(|i| (i.name, i.labels, i.value)).collect(),
        Value::Scalar(value) if case.is_range => vec![(None, Labels::default(), value)],
        other => return Err(format!("found {other:?}")),
    };
    let same = |a: &(Option<Text>, Labels, f64), b: &(Option<Text>, Labels, f64)| {
        a.0 == b.0 && a.1 == b.1 && is_near(a.2, b.2)
    };
    let in_order = expected.iter().zip(&found).all(|(a, b)| same(a, b));
    let all = expected.iter().all(|a| found.iter().any(|b| same(a, b)));
    if expected.len() == found.len() && if case.is_ordered { in_order } else { all } {
        return Ok(());
    }
    Err(format!("expected {expected:?}, found {found:?}"))
}

/// Runs a script.
fn run(script: &str, counted: &mut Counted) {
    let mut world = World::default();
    world.pool.ask(None, 10_000_000_000_000);
    let lines: Vec<&str> = script.lines().collect();
    let mut n = 0;
    while n < lines.len() {
        let (line, begun) = (lines[n].trim(), n + 1);
        n += 1;
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut block = Vec::new();
        if line.starts_with("load") || line.starts_with("eval") {
            while n < lines.len() && lines[n].starts_with([' ', '\t']) && !lines[n].trim().is_empty() {
                if !lines[n].trim().starts_with('#') {
                    block.push(lines[n].trim());
                }
                n += 1;
            }
        }
        match words.first().copied() {
            Some("clear") => {
                world = World::default();
                world.pool.ask(None, 10_000_000_000_000);
            }
            Some(load) if load.starts_with("load") => {
                block.iter().for_each(|line| world.load(ms(words[1]), line));
            }
            Some(eval) if eval.starts_with("eval") => {
                let is_range = words[1] == "range";
                let (at, skip) = if is_range {
                    let (from, to, step) = (ms(words[3]), ms(words[5]), ms(words[7]).max(1));
                    ((0..).map(|i| from + i * step).take_while(|at| *at <= to).collect(), 8)
                } else {
                    (vec![ms(words[3])], 4)
                };
                let mut expression = line;
                for word in &words[..skip] {
                    expression = expression.trim_start().strip_prefix(word).expect("a word of the line");
                }
                let says = |what: &str| block.iter().any(|line| line.starts_with(what));
                let case = Case {
                    line: begun,
                    expression: expression.trim(),
                    at,
                    is_range,
                    fails: eval == "eval_fail" || says("expect fail"),
                    is_ordered: eval == "eval_ordered" || says("expect ordered"),
                    expected: block
                        .iter()
                        .copied()
                        .filter(|line| !line.starts_with("expect") || line.starts_with("expect string"))
                        .collect(),
                };
                world.run(&case, counted);
            }
            _ => {}
        }
    }
}

#[test]
fn what_promql_says_of_its_own_scripts_is_said_here_or_refused_by_name() {
    let Ok(data) = std::env::var("WATCHFLOOR_DATA") else {
        println!("left out: WATCHFLOOR_DATA is not set");
        return;
    };
    let files = untar(&Path::new(&data).join("conformance/promql_tests.tar.gz"));
    assert!(!files.is_empty());
    let (mut passed, mut failed) = (0, Vec::new());
    for (name, bytes) in &files {
        let mut counted = Counted::default();
        run(&String::from_utf8_lossy(bytes), &mut counted);
        let refused: usize = counted.refused.values().sum();
        println!(
            "{name}: {} passed, {refused} refused {:?}, {} of native histograms, {} failed",
            counted.passed,
            counted.refused,
            counted.histograms,
            counted.failed.len()
        );
        passed += counted.passed;
        failed.extend(counted.failed.into_iter().map(|why| format!("{name} {why}")));
    }
    for why in &failed {
        println!("{why}");
    }
    assert_eq!(failed.len(), 0);
    assert!(passed > 300, "only {passed} cases were judged");
}
