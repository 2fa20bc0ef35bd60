//! The `Link` header (RFC 8288), as far as paging needs it.

/// The target of the first link whose relation is `next`, as written; relative targets are the caller's to resolve.
///
/// Commas and semicolons inside `<…>` and inside quotes do not separate. `rel` may hold several words, in any case, with
/// or without quotes; the first `rel` of a link counts (RFC 8288, section 3.3). Broken links are passed over.
pub(crate) fn next(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let end = end_of_parameters(after);
        let (parameters, following) = after.split_at_checked(end)?;
        if has_rel(parameters, "next") {
            return Some(target.trim());
        }
        rest = following;
    }
    None
}

/// Where a link's parameters end: at a comma outside quotes.
fn end_of_parameters(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

fn has_rel(parameters: &str, relation: &str) -> bool {
    for parameter in split_outside_quotes(parameters) {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case("rel") {
            let words = value.trim().trim_matches('"');
            return words.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(relation));
        }
    }
    false
}

/// Parameters, which `;` separates outside quotes.
fn split_outside_quotes(text: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        c == ';' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_link_is_found_in_any_order_and_spelling() {
        for header in [
            r#"<https://h/a?page=2>; rel="next", <https://h/a?page=9>; rel="last""#,
            r#"<https://h/a?page=1>; rel="prev", <https://h/a?page=2>; rel="next""#,
            r#"<https://h/a?page=2>;rel=next"#,
            r#"<https://h/a?page=2>; REL="NEXT""#,
            r#"<https://h/a?page=2>; title="a, b; rel=last <x>"; rel="last next""#,
            r#"<https://h/p>; title="say \"hi\", <no>"; rel=prev,<https://h/a?page=2>; rel="next""#,
            r#"  ,, <https://h/a?page=2>  ; rel = "next" "#,
        ] {
            assert_eq!(next(header), Some("https://h/a?page=2"), "{header}");
        }
        assert_eq!(next(r#"<https://h/?labels=a,b;c&page=2>; rel="next""#), Some("https://h/?labels=a,b;c&page=2"));
    }

    #[test]
    fn where_there_is_no_next_link_there_is_none() {
        for header in [
            "",
            "rel=next",
            "<https://h/a",
            "<https://h/a>",
            r#"<https://h/a>; rel="prev""#,
            r#"<https://h/a>; title="rel=next""#,
            r#"<https://h/a>; rel="nextish""#,
            r#"<https://h/a>; rel="prev"; rel="next""#,
        ] {
            assert_eq!(next(header), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_can_be_read(header in r#"[<>;,"\\= a-zé]{0,60}|\PC{0,60}"#) {
            let _ = next(&header);
        }
    }
}
