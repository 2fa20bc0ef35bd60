//! `[[channel]]` with `kind = "mail"`.

use url::Host;

use super::place::{self, PASSWORD};
use crate::config::{
    Context,
    check::choice,
    notify::{Mail, MailLogin, Tls},
    problems::Report,
    secrets::quoted,
    walk::{Said, Table},
};

/// Its keys that no other kind has, but for the ways to its password.
pub(super) const KEYS: [&str; 6] = ["host", "port", "tls", "from", "to", "user"];

const TLS: [(&str, Tls); 3] = [("starttls", Tls::StartTls), ("implicit", Tls::Implicit), ("none", Tls::None)];

const TO: &str = "write to = [\"oncall@acme.example\"]";

/// The longest address (RFC 5321, 4.5.3.1.3, without its brackets).
const LONGEST: usize = 254;

/// Reads what mail needs.
pub(super) fn read(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<Mail> {
    let needed = [
        ("host", "write host = \"smtp.acme.example\""),
        ("from", "write from = \"watchfloor@acme.example\""),
        ("to", TO),
    ];
    for (key, hint) in needed {
        if !table.has(key) {
            table.missing(key, hint, report);
        }
    }
    let host = table.filled("host", report).and_then(|said| host(said, report));
    let tls = match table.filled("tls", report) {
        Some(said) => choice(&said, &TLS, report).map(|tls| (tls, Some(said))),
        None => Some((Tls::StartTls, None)),
    };
    let is_plain = tls.as_ref().is_some_and(|(tls, _)| *tls == Tls::None);
    let is_away = host.as_ref().is_some_and(|said| !is_here(&said.value));
    if let Some((_, Some(said))) = tls.as_ref().filter(|_| is_plain && is_away) {
        let what = "is \"none\": what is told would go over the network for all to read";
        report.fault(said, what, "write tls = \"starttls\" or \"implicit\"; none is for this machine alone");
    }
    let tls = tls.map(|(tls, _)| tls);
    let usual = match tls {
        Some(Tls::Implicit) => 465,
        Some(Tls::None) => 25,
        _ => 587,
    };
    let port = match table.number("port", report) {
        Some(said) => port(&said, report),
        None => Some(usual),
    };
    let from = table.filled("from", report).and_then(|said| address(&said, report));
    let to = table.some_texts("to", TO, report).map(|said| said.value).unwrap_or_default();
    let n_written = to.len();
    let to: Vec<String> = to.iter().filter_map(|said| address(said, report)).collect();
    let login = login(table, context, report);
    (to.len() == n_written && !to.is_empty() && !(is_plain && is_away)).then_some(())?;
    Some(Mail { host: host?.value, port: port?, tls: tls?, from: from?, to, login: login? })
}

/// Who signs in: both or neither. The outer nothing is a fault, the inner one nobody.
fn login(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<Option<MailLogin>> {
    let user = table.filled("user", report);
    let password = place::secret(PASSWORD, table, context, report);
    let has_way = PASSWORD.iter().any(|way| table.has(way));
    if let Some(said) = user.as_ref().filter(|said| said.value.chars().any(char::is_control)) {
        report.fault(said, "has a control character in it", "write the name alone");
        return None;
    }
    match (user, password) {
        (Some(user), Some(password)) => Some(Some(MailLogin { user: user.value.to_owned(), password })),
        (Some(_), None) if !has_way => {
            let hint =
                "write password_env = \"SMTP_PASSWORD\", or password_file, password_command, password_credential";
            table.missing("password_env", hint, report);
            None
        }
        (None, Some(_)) if !table.has("user") => {
            table.missing("user", "write user = \"watchfloor\": whose password it is", report);
            None
        }
        (None, None) if !has_way && !table.has("user") => Some(None),
        _ => None,
    }
}

fn host(said: Said<&str>, report: &mut Report) -> Option<Said<String>> {
    if address_of(said.value).is_some() || is_domain(said.value) {
        return Some(said.with(said.value.to_owned()));
    }
    let what = format!("is {}, which is no name of a server", quoted(said.value));
    report.fault(&said, &what, "write host = \"smtp.acme.example\"; the port goes into port");
    None
}

/// A host that is named by its address.
fn address_of(host: &str) -> Option<Host> {
    let bracketed = format!("[{host}]");
    let written = if host.contains(':') { bracketed.as_str() } else { host };
    Host::parse(written).ok().filter(|host| !matches!(host, Host::Domain(_)))
}

fn is_here(host: &str) -> bool {
    match address_of(host) {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => host == "localhost",
    }
}

fn port(said: &Said<f64>, report: &mut Report) -> Option<u16> {
    let is_one = (1.0..=f64::from(u16::MAX)).contains(&said.value) && said.value.fract() == 0.0;
    if !is_one {
        report.fault(said, &format!("is {}", said.value), "write a port, from 1 to 65535: 587 is usual");
    }
    is_one.then_some(said.value as u16)
}

/// An address and nothing beside it: no name, no brackets, no list, so that nothing can be smuggled into a header.
fn address(said: &Said<&str>, report: &mut Report) -> Option<String> {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_one = said.value.len() <= LONGEST
        && said.value.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.split('.').all(|part| !part.is_empty() && part.chars().all(is_sign))
                && is_domain(domain)
        });
    if !is_one {
        let what = format!("is {}, which is no address", quoted(said.value));
        report.fault(said, &what, "write the address alone, such as \"oncall@acme.example\"");
    }
    is_one.then(|| said.value.to_owned())
}

fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}
