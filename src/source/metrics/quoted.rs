//! Text in quotes, as both text formats of Prometheus write it.

/// Reads a quoted text that begins here; also what stands behind it. Escapes are `\\`, `\"` and `\n`; another one stands for
/// itself, as Prometheus reads it.
///
/// # Errors
/// Nothing begins here, or it does not close.
pub(super) fn quoted(rest: &str) -> Result<(String, &str), &'static str> {
    const OPEN: &str = "a quote does not close";
    let mut rest = rest.strip_prefix('"').ok_or("a quote is missing")?;
    let mut out = String::new();
    loop {
        let (plain, at) = rest.split_at_checked(rest.find(['"', '\\']).ok_or(OPEN)?).ok_or(OPEN)?;
        out.push_str(plain);
        if let Some(behind) = at.strip_prefix('"') {
            return Ok((out, behind));
        }
        let mut signs = at.chars();
        signs.next();
        match signs.next().ok_or(OPEN)? {
            'n' => out.push('\n'),
            escaped @ ('"' | '\\') => out.push(escaped),
            other => out.extend(['\\', other]),
        }
        rest = signs.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_out_and_unknown_ones_stay() {
        assert_eq!(quoted(r#""a\"b\\c\nd\é" = 1"#), Ok(("a\"b\\c\nd\\é".to_owned(), " = 1")));
        assert_eq!(quoted("\"\"}"), Ok((String::new(), "}")));
        for (written, why) in
            [("a", "a quote is missing"), ("\"a", "a quote does not close"), ("\"a\\", "a quote does not close")]
        {
            assert_eq!(quoted(written), Err(why), "{written}");
        }
    }
}
