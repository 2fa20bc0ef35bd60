//! Keeps secrets out of the settings file, and what looks like one out of every message.

use toml::de::{DeTable, DeValue};

use crate::config::{
    check::{
        notify::{
            place::{KEY, PASSWORD, URL},
            watch::HEARTBEAT,
        },
        token::TOKEN_KEYS,
    },
    problems::Report,
};

const WHAT: &str = "tokens do not belong in the file";
const HINT: &str = "set GITHUB_TOKEN, or sign in with `gh auth login`; then change this one, for it has been on disk";

const CHANNEL_WHAT: &str = "secrets do not belong in the file";
const CHANNEL_HINT: &str =
    "say where it is found, such as password_env or token_file; then change this one, for it has been on disk";

/// Whether a key's name says that it holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    const WORDS: [&str; 8] =
        ["token", "secret", "password", "passwd", "api_key", "apikey", "private_key", "credential"];
    let name = name.to_ascii_lowercase().replace('-', "_");
    WORDS.iter().any(|word| name.contains(word))
}

/// How GitHub's and Slack's tokens begin, as both publish it for scanners.
const PREFIXES: [&str; 10] =
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "xoxb-", "xoxp-", "xapp-", "hooks.slack.com/services/"];

/// Takes every token out of a message; what is around it stays.
pub(super) fn masked(message: &str) -> String {
    /// More than any message of ours; less than a pasted page.
    const LONGEST: usize = 400;
    let mut out: String = message.chars().take(LONGEST).collect();
    for prefix in PREFIXES {
        while let Some((before, token)) = out.split_once(prefix) {
            let rest = token.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'));
            out = format!("{before}(not shown){rest}");
        }
    }
    out
}

/// Whether a text looks like a secret itself, or carries one.
fn is_secret_value(value: &str) -> bool {
    PREFIXES.iter().any(|prefix| value.contains(prefix)) || has_user_info(value)
}

/// Whether a URL names a user before its host.
pub(super) fn has_user_info(url: &str) -> bool {
    url.split_once("://").is_some_and(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest).contains('@'))
}

/// A value for a message: in quotes, short, and nothing at all of what looks like a secret.
pub(super) fn quoted(value: &str) -> String {
    /// Enough to recognize a value by, short enough for one row.
    const SHOWN: usize = 60;
    if is_secret_value(value) {
        return "\"(not shown)\"".to_owned();
    }
    let mut short: String = value.chars().take(SHOWN).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    format!("\"{short}\"")
}

/// Reports every secret in the document, once, wherever it stands.
pub(super) fn refuse(table: &DeTable<'_>, path: &str, report: &mut Report) {
    for (key, value) in table {
        let name: &str = key.get_ref();
        let key_path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let line = report.line_of(key.span().start);
        // Label names and event fields are the world's, not ours: a label may well be called `token`.
        let is_free = matches!(path.rsplit('.').next(), Some("where" | "labels"));
        if is_secret_name(name) && !is_free && !is_way_to_a_token(path, name) {
            let (what, hint) = if path.starts_with("channel[") { (CHANNEL_WHAT, CHANNEL_HINT) } else { (WHAT, HINT) };
            report.at(Some(line), &key_path, &format!("`{key_path}`: {what}"), hint);
            continue;
        }
        refuse_value(value.get_ref(), &key_path, line, report);
    }
}

/// Whether a key says where a host's token comes from, which is no secret.
fn is_way_to_a_token(path: &str, name: &str) -> bool {
    let is_host = ["github[", "source[", "prometheus[", "alertmanager["].iter().any(|host| path.starts_with(host));
    let is_channel = path.starts_with("channel[");
    if path == "watch" {
        return HEARTBEAT.contains(&name);
    }
    let is_of_channel = is_channel && [URL, KEY, PASSWORD].iter().any(|ways| ways.contains(&name));
    !path.contains('.') && (is_of_channel || ((is_host || is_channel) && TOKEN_KEYS.contains(&name)))
}

fn refuse_value(value: &DeValue<'_>, path: &str, line: usize, report: &mut Report) {
    match value {
        // User-info in a URL is reported by the key's own check, which knows what the URL is for.
        DeValue::String(text) if is_secret_value(text) && !has_user_info(text) => {
            report.at(Some(line), path, &format!("`{path}` looks like a secret: {WHAT}"), HINT);
        }
        DeValue::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                let line = report.line_of(item.span().start);
                let path = if item.get_ref().is_table() { format!("{path}[{}]", place + 1) } else { path.to_owned() };
                refuse_value(item.get_ref(), &path, line, report);
            }
        }
        DeValue::Table(table) => refuse(table, path, report),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_never_quoted() {
        for secret in
            ["ghp_abc", "x github_pat_1", "https://me:pw@ghe.acme.example/api", "https://hooks.slack.com/services/T0"]
        {
            assert_eq!(quoted(secret), "\"(not shown)\"");
        }
        assert_eq!(quoted("30 minuts"), "\"30 minuts\"");
        assert_eq!(quoted("https://acme.example/@me"), "\"https://acme.example/@me\"");
        assert_eq!(quoted(&"x".repeat(99)).chars().count(), 63);
    }

    #[test]
    fn tokens_are_taken_out_of_a_message() {
        assert_eq!(masked("unknown key `ghp_a1`, not gho_b_2!"), "unknown key `(not shown)`, not (not shown)!");
        assert_eq!(masked("nothing secret"), "nothing secret");
    }

    #[test]
    fn names_of_secrets_are_known_in_any_spelling() {
        assert!(
            ["token", "GITHUB_TOKEN", "token_file", "api-key", "client_secret"].iter().all(|name| is_secret_name(name))
        );
        assert!(!is_secret_name("repositories"));
    }
}
