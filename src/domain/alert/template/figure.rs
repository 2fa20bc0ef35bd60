//! Figures as Go and Prometheus write them.

use chrono::DateTime;

/// Four digits and a prefix; below one with `m`, `u`, `n` where the step is a thousand.
pub(super) fn humanize(value: f64, step: f64, prefixes: &[&str]) -> String {
    const SMALL: [&str; 9] = ["", "m", "u", "n", "p", "f", "a", "z", "y"];
    if value == 0.0 || !value.is_finite() {
        return digits(value, 4);
    }
    let (mut value, mut prefix) = (value, "");
    if value.abs() >= 1.0 {
        for next in prefixes {
            prefix = next;
            if value.abs() < step {
                break;
            }
            if prefixes.last() != Some(next) {
                value /= step;
            }
        }
    } else if step == 1_000.0 {
        for next in SMALL {
            prefix = next;
            if value.abs() >= 1.0 {
                break;
            }
            if SMALL.last() != Some(&next) {
                value *= step;
            }
        }
    }
    format!("{}{prefix}", digits(value, 4))
}

/// Seconds as `1d 2h 3m 4s`, `5m 6s`, `7.5s`, `8ms`.
pub(super) fn length(seconds: f64) -> String {
    if !seconds.is_finite() || seconds == 0.0 {
        return format!("{}s", digits(seconds, 4));
    }
    if seconds.abs() < 1.0 {
        return format!("{}s", humanize(seconds, 1_000.0, &[""]));
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let whole = seconds.abs() as u64;
    let (days, hours, minutes, rest) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60, whole % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", digits(seconds.abs(), 4)),
        (0, 0, _) => format!("{sign}{minutes}m {rest}s"),
        (0, ..) => format!("{sign}{hours}h {minutes}m {rest}s"),
        _ => format!("{sign}{days}d {hours}h {minutes}m {rest}s"),
    }
}

/// Seconds after 1970 as a date and a time.
pub(super) fn stamp(seconds: f64) -> String {
    let at = (seconds.is_finite() && seconds.abs() < 1e11).then(|| DateTime::from_timestamp(seconds.floor() as i64, 0));
    at.flatten().map_or_else(|| digits(seconds, 4), |at| at.format("%Y-%m-%d %H:%M:%S +0000 UTC").to_string())
}

/// So many decimals.
pub(super) fn fixed(value: f64, places: usize) -> String {
    if value.is_finite() { format!("{value:.places$}") } else { odd(value) }
}

fn odd(value: f64) -> String {
    let word = if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    };
    word.to_owned()
}

/// As few digits as tell the value; with an exponent from 1e21 on and below 0.0001.
pub(super) fn shortest(value: f64) -> String {
    if !value.is_finite() {
        return odd(value);
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e21).contains(&size) { exponent(&format!("{value:e}")) } else { value.to_string() }
}

/// So many digits that count, without zeros at the end.
pub(super) fn digits(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return odd(value);
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let places = places.max(1);
    let written = format!("{value:.*e}", places - 1);
    let (mantissa, power) = written.split_once('e').unwrap_or((&written, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    if power < -4 || power >= i32::try_from(places).unwrap_or(i32::MAX) {
        return exponent(&format!("{}e{power}", short(mantissa)));
    }
    let decimals = i32::try_from(places).unwrap_or(i32::MAX) - 1 - power;
    short(&format!("{value:.*}", usize::try_from(decimals).unwrap_or(0))).to_owned()
}

fn short(written: &str) -> &str {
    if written.contains('.') { written.trim_end_matches('0').trim_end_matches('.') } else { written }
}

/// An exponent with its sign and at least two digits.
fn exponent(written: &str) -> String {
    let (mantissa, power) = written.split_once('e').unwrap_or((written, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(("+", power), |power| ("-", power));
    format!("{mantissa}e{sign}{power:0>2}")
}
