//! The address of a host's API: nothing but https, and plain http on this machine.

use url::{Host, Url};

use crate::config::{Context, Trust, problems::Report, walk::Said};

/// Reads `api_url`. Nothing where it has a fault, which is reported.
pub(super) fn api_url(said: &Said<&str>, context: &Context<'_>, report: &mut Report) -> Option<Url> {
    if context.trusted == Trust::Repository {
        report.fault(
            said,
            "may not be set by a file that came with a repository: tokens would go to that host",
            "set it in your own settings file",
        );
        return None;
    }
    // Nothing here shows the URL: a password or a token may stand in it.
    let Ok(url) = Url::parse(said.value) else {
        report.fault(said, "is no URL", "write https://HOST/api/v3");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        report.fault(said, "has a user name in it", "write https://HOST/api/v3, and set GITHUB_TOKEN");
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        report.fault(said, "has a ? or # part", "write https://HOST/api/v3, and nothing behind it");
        return None;
    }
    match url.scheme() {
        "https" => Some(url),
        "http" if is_loopback(url.host()) => Some(url),
        "http" => {
            report.fault(
                said,
                "is plain http: a token would be sent unencrypted",
                "write https://; plain http is for this machine alone",
            );
            None
        }
        _ => {
            report.fault(said, "is neither https nor http", "write https://HOST/api/v3");
            None
        }
    }
}

/// Whether a host is this machine.
pub(super) fn is_loopback<S: AsRef<str>>(host: Option<Host<S>>) -> bool {
    match host {
        Some(Host::Domain(name)) => name.as_ref() == "localhost" || name.as_ref().ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
