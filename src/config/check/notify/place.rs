//! Addresses and keys of channels: named by where they are found, for most of them are secrets.

use url::{Host, Url};

use crate::config::{
    Context, TokenSource,
    check::token,
    notify::Address,
    problems::Report,
    walk::{Said, Table},
};

/// The keys of a way to a secret: its variable, program, file and credential.
pub(super) type Ways = [&'static str; 4];

/// The ways to a whole address.
pub(in crate::config) const URL: Ways = ["url_env", "url_command", "url_file", "url_credential"];

/// The ways to a routing key.
pub(in crate::config) const KEY: Ways = ["key_env", "key_command", "key_file", "key_credential"];

/// The ways to a password.
pub(in crate::config) const PASSWORD: Ways =
    ["password_env", "password_command", "password_file", "password_credential"];

/// Reads a secret's one way, if one is given.
pub(super) fn secret(
    ways: Ways,
    table: &mut Table<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<TokenSource> {
    token::by(ways, table, context, report)
}

/// Reads where a webhook is: `url`, or a way to it.
pub(super) fn address(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<Address> {
    let plain = table.filled("url", report);
    let hidden = secret(URL, table, context, report);
    if let (Some(said), Some(_)) = (&plain, &hidden) {
        report.fault(said, "is one address too many", "keep url, or the way to it");
        return None;
    }
    if plain.is_none() && hidden.is_none() && !table.has("url") && !URL.iter().any(|way| table.has(way)) {
        table.missing(
            "url_env",
            "write url_env = \"CHAT_URL\": the address is a secret; or url, if nothing of it is",
            report,
        );
    }
    plain.and_then(|said| url(&said, report)).map(Address::Plain).or(hidden.map(Address::Secret))
}

/// Reads an address that is no secret: https, or http on this machine.
pub(in crate::config) fn url(said: &Said<&str>, report: &mut Report) -> Option<Url> {
    const HINT: &str = "write https://HOST/PATH, without a user name; a secret address goes into url_env";
    let Ok(url) = Url::parse(said.value) else {
        report.fault(said, "is no URL", HINT);
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        report.fault(said, "has a user name in it", HINT);
        return None;
    }
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Some(url),
        "http" if is_here => Some(url),
        "http" => {
            report.fault(said, "is plain http", "write https://; plain http is for this machine alone");
            None
        }
        _ => {
            report.fault(said, "is neither https nor http", HINT);
            None
        }
    }
}
