//! Lines of a calendar file: escaped, folded at 75 octets, and put together again (RFC 5545, 3.1 and 3.3.11).

/// Octets of a line without its end.
const OCTETS: usize = 75;

/// Text as the value of a property.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            ';' => out.push_str("\\;"),
            ',' => out.push_str("\\,"),
            '\n' => out.push_str("\\n"),
            // Nothing else below a space may stand there; scrubbed text has none.
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A line with its end, folded where it is long, never within a character.
pub(super) fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len().saturating_add(8));
    let mut used = 0_usize;
    for c in line.chars() {
        let wide = c.len_utf8();
        if used.saturating_add(wide) > OCTETS {
            out.push_str("\r\n ");
            // The space counts.
            used = 1;
        }
        out.push(c);
        used = used.saturating_add(wide);
    }
    out.push_str("\r\n");
    out
}

/// The lines of a file, put together where they were folded; ends may be CRLF or LF.
pub(super) fn unfolded(file: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in file.lines() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            (_, _) if line.is_empty() => {}
            (_, _) => lines.push(line.to_owned()),
        }
    }
    lines
}
