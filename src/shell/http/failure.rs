//! What can go wrong on the way to a host and back, by what to do about it.

use std::{error::Error, io, time::Duration};

use thiserror::Error;

use super::Limits;
use crate::{
    domain::trouble::Trouble,
    text::{Text, clip},
};

/// Why there is no answer. Holds a host's name and scrubbed words, never a path, a query or a token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HttpError {
    /// Nothing listens there.
    #[error("\"{host}\" refuses connections")]
    Refused {
        /// The host.
        host: String,
    },
    /// The name does not resolve, no network leads there, or no connection came about in time: nothing was sent.
    #[error("there is no way to \"{host}\": {why}")]
    NoRoute {
        /// The host.
        host: String,
        /// What the system says.
        why: Text,
    },
    /// No answer, or no whole one, in time; the request may have been sent.
    #[error("\"{host}\" did not answer within {} s", .within.as_secs_f32())]
    Timeout {
        /// The host.
        host: String,
        /// The time it had.
        within: Duration,
    },
    /// The host could not prove who it is: nothing was sent.
    #[error("no trusted connection to \"{host}\": {why}")]
    Tls {
        /// The host.
        host: String,
        /// What is wrong with its proof.
        why: Text,
    },
    /// The connection broke off before the answer was whole.
    #[error("the answer of \"{host}\" broke off: {why}")]
    Cut {
        /// The host.
        host: String,
        /// Where.
        why: Text,
    },
    /// The body is longer than is taken.
    #[error("the answer of \"{host}\" is longer than {limit_mib} MiB")]
    BodyTooBig {
        /// The host.
        host: String,
        /// The limit, in MiB after decompression.
        limit_mib: usize,
    },
    /// The headers are longer than is taken.
    #[error("the headers of \"{host}\" are longer than {limit_kib} KiB")]
    HeadersTooBig {
        /// The host.
        host: String,
        /// The limit, in KiB.
        limit_kib: usize,
    },
    /// What came back is not HTTP, or cannot be decoded.
    #[error("\"{host}\" does not speak HTTP: {why}")]
    Garbled {
        /// The host.
        host: String,
        /// What it does instead.
        why: Text,
    },
    /// Plain http to another machine: anyone on the way could read the token.
    #[error("\"{host}\" would be asked without encryption")]
    Plain {
        /// The host.
        host: String,
    },
    /// An address without a host.
    #[error("the address names no host")]
    NoHost,
    /// A header that HTTP cannot carry.
    #[error("the question to \"{host}\" cannot be written as HTTP")]
    Unsendable {
        /// The host.
        host: String,
    },
    /// The host this runs on gives no means to ask: mostly, no certificates.
    #[error("no connection can be made from this machine: {why}")]
    Unready {
        /// What is missing.
        why: Text,
    },
}

impl HttpError {
    /// What kind of trouble the source is in.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Refused { .. } | Self::NoRoute { .. } | Self::Timeout { .. } | Self::Cut { .. } => Trouble::Away,
            // A hotel's network answers in place of the host until someone signs in: it passes.
            Self::Tls { .. } | Self::Unready { .. } => Trouble::Away,
            Self::BodyTooBig { .. } | Self::HeadersTooBig { .. } | Self::Garbled { .. } => Trouble::Garbled,
            Self::Plain { .. } | Self::NoHost | Self::Unsendable { .. } => Trouble::Refused,
        }
    }

    /// What the reader can do about it; nothing where waiting is all there is.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { .. } => Some("check the port in `api_url`, and that the host is up"),
            Self::NoRoute { .. } => Some("check the network, the host's name and the proxy settings"),
            Self::Tls { .. } => {
                Some("check this machine's clock, and SSL_CERT_FILE if the host has a certificate of its own")
            }
            Self::Plain { .. } | Self::NoHost => Some("write `api_url` with https"),
            Self::Unready { .. } => Some("install ca-certificates, or set SSL_CERT_FILE"),
            Self::Garbled { .. } | Self::BodyTooBig { .. } | Self::HeadersTooBig { .. } => {
                Some("check `api_url`, and what stands between this machine and the host")
            }
            Self::Timeout { .. } | Self::Cut { .. } | Self::Unsendable { .. } => None,
        }
    }
}

/// Columns kept of a cause's own words.
const WHY_COLUMNS: usize = 160;

/// Reads why a request failed. The address is taken out first.
pub(super) fn read(host: &str, limits: Limits, error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    let host = host.to_owned();
    // Until a connection stands nothing of a request has left this machine; afterwards it may have.
    let is_unsent = error.is_connect();
    match error.is_timeout() {
        true if is_unsent => {
            return HttpError::NoRoute {
                host,
                why: Text::scrub(&format!("no connection came about within {} s", limits.connect.as_secs())),
            };
        }
        true => return HttpError::Timeout { host, within: limits.total },
        false => {}
    }
    let why = words(&error);
    match causes(&error).find_map(tls_fault) {
        Some(kind) if is_unsent => return HttpError::Tls { host, why: short(&kind) },
        Some(kind) => return HttpError::Cut { host, why: short(&kind) },
        None => {}
    }
    let io = causes(&error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).last();
    match io {
        Some(io::ErrorKind::ConnectionRefused) => HttpError::Refused { host },
        _ if is_unsent => HttpError::NoRoute { host, why },
        Some(io::ErrorKind::TimedOut) => HttpError::Timeout { host, within: limits.total },
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            HttpError::Cut { host, why }
        }
        _ if is_cut(&error) => HttpError::Cut { host, why },
        _ => HttpError::Garbled { host, why },
    }
}

/// Whether the connection ended before anything of an answer came.
pub(super) fn is_closed(error: &reqwest::Error) -> bool {
    if error.is_connect() || error.is_timeout() {
        return false;
    }
    let io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).last();
    match io {
        Some(kind) => matches!(kind, io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe),
        None => is_cut(error),
    }
}

/// Reads why a client could not be built.
pub(super) fn unbuilt(error: &reqwest::Error) -> HttpError {
    HttpError::Unready { why: words(error) }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source()).take(LONGEST_CHAIN)
}

/// A chain of causes ends sooner; a loop would not.
const LONGEST_CHAIN: usize = 16;

fn tls_fault(cause: &(dyn Error + 'static)) -> Option<String> {
    // An `io::Error` names as its source the source of what it wraps, and so hides it; one can wrap another.
    let mut wrapped = std::iter::successors(Some(cause), |&cause| {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.map(|inner| inner as &(dyn Error + 'static))
    });
    let found = wrapped.find_map(|cause| cause.downcast_ref::<rustls::Error>());
    // Another version of the library below has a type of its own, and the same words.
    let words = cause.to_string();
    let is_said = words.starts_with("invalid peer certificate");
    found.map(ToString::to_string).or(is_said.then_some(words))
}

/// Whether the other side stopped before its answer was whole. The library below has no public type for it.
fn is_cut(error: &reqwest::Error) -> bool {
    let words = causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ").to_ascii_lowercase();
    ["incomplete", "before message completed", "end of file", "unexpected eof"].iter().any(|cut| words.contains(cut))
}

/// The innermost cause: the outer ones only say that a request failed.
fn words(error: &(dyn Error + 'static)) -> Text {
    causes(error).last().map(|cause| short(&cause.to_string())).unwrap_or_default()
}

fn short(outside: &str) -> Text {
    Text::scrub(&clip(Text::scrub(outside.trim()).as_str(), WHY_COLUMNS))
}
