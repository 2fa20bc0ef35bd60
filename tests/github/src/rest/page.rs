//! Pages of lists: by number with `last`, or by cursor without.

use serde_json::Value;

use crate::{
    wire::{Answer, Request},
    world::World,
};

/// How many entries a page has.
pub fn size(request: &Request) -> usize {
    let asked = request.query("per_page").and_then(|n| n.parse::<i64>().ok()).unwrap_or(30);
    if asked <= 0 { 30 } else { asked.min(100) as usize }
}

/// A page by number, with links to those around it: prev, next, last, first.
pub fn numbered(world: &World, request: &Request, base: &str, all: &[Value]) -> Answer {
    let (size, page) = (size(request), request.query("page").and_then(|n| n.parse().ok()).unwrap_or(1_usize).max(1));
    let n_pages = all.len().div_ceil(size).max(1);
    let shown: Vec<Value> = all.iter().skip((page - 1) * size).take(size).cloned().collect();
    let link = |page: usize, rel: &str| {
        let url = with_query(world, request, base, &[("page", Some(page.to_string()))]);
        format!("<{url}>; rel=\"{rel}\"")
    };
    let mut links = Vec::new();
    if page > 1 {
        links.push(link((page - 1).min(n_pages), "prev"));
    }
    if page < n_pages {
        links.push(link(page + 1, "next"));
        links.push(link(n_pages, "last"));
    }
    if page > 1 {
        links.push(link(1, "first"));
    }
    linked(Answer::json(200, &Value::Array(shown)), &links)
}

/// A place in a list: what it is sorted by, then the number that is never given twice.
pub type Key = (i64, u64);

/// The entries of a page by cursor, and links to the pages after and before it.
///
/// `keys` are in the list's order. The page starts behind the `after` of the request, wherever its entry is by now.
pub fn by_cursor(
    world: &World,
    request: &Request,
    base: &str,
    keys: &[Key],
    is_descending: bool,
    names_pages: bool,
) -> (std::ops::Range<usize>, Vec<String>) {
    let size = size(request);
    let cursor = |name| request.query(name).and_then(|written| read_cursor(&written));
    let behind = |key: &Key, cursor: &Key| if is_descending { key < cursor } else { key > cursor };
    let page = request.query("page").and_then(|n| n.parse().ok()).unwrap_or(1_usize).max(1);
    let start = match (cursor("after"), cursor("before")) {
        (Some(after), _) => keys.iter().position(|key| behind(key, &after)).unwrap_or(keys.len()),
        (None, Some(before)) => {
            let end = keys.iter().position(|key| *key == before || behind(key, &before)).unwrap_or(keys.len());
            end.saturating_sub(size)
        }
        (None, None) => ((page - 1) * size).min(keys.len()),
    };
    let end = (start + size).min(keys.len());
    let mut links = Vec::new();
    let link = |name: &str, other: &str, key: Key, page: usize, rel: &str| {
        let page = names_pages.then(|| page.to_string());
        let url = with_query(world, request, base, &[(name, Some(write_cursor(key))), (other, None), ("page", page)]);
        format!("<{url}>; rel=\"{rel}\"")
    };
    if end < keys.len() {
        links.push(link("after", "before", keys[end - 1], page + 1, "next"));
    }
    if start > 0 && start < end {
        links.push(link("before", "after", keys[start], page.saturating_sub(1).max(1), "prev"));
    }
    (start..end, links)
}

/// The answer with its links.
pub fn linked(answer: Answer, links: &[String]) -> Answer {
    if links.is_empty() { answer } else { answer.with("link", links.join(", ")) }
}

/// A cursor as clients see it; they must not look into it.
pub fn write_cursor((sorted_by, id): Key) -> String {
    format!("Y3Vyc29yOnYyOpK{sorted_by:x}z{id:x}==")
}

/// A cursor of ours; nothing for anything else.
pub fn read_cursor(written: &str) -> Option<Key> {
    let (sorted_by, id) = written.strip_prefix("Y3Vyc29yOnYyOpK")?.trim_end_matches('=').split_once('z')?;
    Some((i64::from_str_radix(sorted_by, 16).ok()?, u64::from_str_radix(id, 16).ok()?))
}

fn with_query(world: &World, request: &Request, base: &str, set: &[(&str, Option<String>)]) -> String {
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let kept = query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && !set.iter().any(|(other, _)| *other == name)
    });
    let mut pairs: Vec<String> = kept.map(str::to_owned).collect();
    for (name, value) in set {
        if let Some(value) = value {
            pairs.push(format!("{name}={}", value.replace('=', "%3D")));
        }
    }
    format!("{}{base}?{}", world.api, pairs.join("&"))
}
