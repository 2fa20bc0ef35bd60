//! Just enough of JSON's shape to take a large object apart without building it.

use serde::de::IgnoredAny;

/// The keys of the first object in `head`, outermost level only; stops where `head` does or where it is no JSON.
pub(super) fn keys(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut walk = Walk { rest: head.trim_ascii_start(), is_inside: false };
    std::iter::from_fn(move || walk.next_key())
}

struct Walk<'a> {
    rest: &'a [u8],
    is_inside: bool,
}

impl<'a> Walk<'a> {
    fn next_key(&mut self) -> Option<&'a [u8]> {
        let (key, value) = entry(self.rest, if self.is_inside { b',' } else { b'{' })?;
        self.is_inside = true;
        // A value that does not end inside the head ends the walk, after its key.
        self.rest = value_len(value).ok().and_then(|len| value.get(len..)).unwrap_or_default();
        Some(key)
    }
}

/// After `opener`, a key as written and what follows its colon.
fn entry(rest: &[u8], opener: u8) -> Option<Entry<'_>> {
    let rest = rest.trim_ascii_start().strip_prefix(&[opener])?.trim_ascii_start();
    let inside = rest.strip_prefix(b"\"")?;
    let len = value_len(rest).ok()?;
    let key = inside.get(..len.checked_sub(2)?)?;
    let value = rest.get(len..)?.trim_ascii_start().strip_prefix(b":")?;
    Some((key, value.trim_ascii_start()))
}

/// How many bytes the JSON value at the beginning of `bytes` takes.
fn value_len(bytes: &[u8]) -> Result<usize, serde_json::Error> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => Ok(values.byte_offset()),
        Some(Err(error)) => Err(error),
        None => Err(serde::de::Error::custom("the file ends early")),
    }
}

/// A key as written and its value, both as bytes.
type Entry<'a> = (&'a [u8], &'a [u8]);

/// The entries of one whole object.
pub(super) fn object(bytes: &[u8]) -> Result<Vec<Entry<'_>>, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (mut rest, mut opener, mut entries) = (bytes, b'{', Vec::new());
    loop {
        let is_end = |rest: &[u8]| rest.trim_ascii_start().starts_with(b"}");
        if (opener == b',' && is_end(rest)) || rest.trim_ascii() == b"{}" {
            return Ok(entries);
        }
        let (key, value) = entry(rest, opener).ok_or_else(|| broken_at(bytes, rest, "a key"))?;
        let len = value_len(value).map_err(|error| format!("{}: {error}", String::from_utf8_lossy(key)))?;
        let (value, after) = value.split_at_checked(len).unwrap_or((value, &[]));
        entries.push((key, value));
        (rest, opener) = (after, b',');
    }
}

/// The elements of one whole list, as bytes.
pub(super) fn list(bytes: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut elements = Vec::new();
    let Some(mut rest) = bytes.trim_ascii_start().strip_prefix(b"[") else { return Err("it is no list".to_owned()) };
    if rest.trim_ascii_start().starts_with(b"]") {
        return Ok(elements);
    }
    loop {
        rest = rest.trim_ascii_start();
        let len = value_len(rest).map_err(|error| format!("item {}: {error}", elements.len() + 1))?;
        let (element, after) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        elements.push(element);
        match after.trim_ascii_start() {
            [b',', more @ ..] => rest = more,
            [b']', ..] => return Ok(elements),
            more => return Err(broken_at(bytes, more, "a comma")),
        }
    }
}

fn broken_at(whole: &[u8], rest: &[u8], expected: &str) -> String {
    format!("{expected} is missing at byte {}", whole.len().saturating_sub(rest.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_found_up_to_the_end_of_the_head() {
        let found = |head: &'static str| keys(head.as_bytes()).collect::<Vec<_>>();
        assert_eq!(found("\u{feff} {\"a\": [{\"x\": 1}], \"b\" : \"}\\\"\", \"c\": {\"d\": [1, 2"), [b"a", b"b", b"c"]);
        assert!(found("[1]").is_empty() && found("").is_empty() && found("{\"a").is_empty() && found("{}").is_empty());
    }

    #[test]
    fn objects_and_lists_come_apart() {
        let entries = object(br#" { "a" : [ 1 , {"b": 2} ] , "c":"x" } "#).unwrap();
        assert_eq!(entries, [(&b"a"[..], &br#"[ 1 , {"b": 2} ]"#[..]), (b"c", b"\"x\"")]);
        assert_eq!(list(entries[0].1).unwrap(), [&b"1"[..], br#"{"b": 2}"#]);
        assert!(object(b"{}").unwrap().is_empty() && list(b"[ ]").unwrap().is_empty());
        for bad in [&b"{\"a\":1"[..], b"{\"a\":1;", b"{\"a\" 1}", b"{\"a\":[1}", b""] {
            assert!(object(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        for bad in [&b"[1"[..], b"[1,]", b"[1;2]", b"{}"] {
            assert!(list(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_taken_apart(bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "[\\[\\]{}\":,a1\\\\ ]{0,60}".prop_map(String::into_bytes),
        ]) {
            let _ = (keys(&bytes).count(), object(&bytes), list(&bytes));
        }
    }
}
