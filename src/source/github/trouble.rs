//! What can be wrong with an answer of GitHub's, by what to do about it.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::{
    domain::{time::rfc3339, trouble::Trouble},
    text::Text,
};

/// Why nothing could be read from an answer. All outside text in it is scrubbed and short.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SourceError {
    /// 401: the token is missing, wrong or has expired.
    #[error("the host does not accept the token (401): {message}")]
    Unauthorized {
        /// What the host says.
        message: Text,
    },
    /// 403 that is no rate limit: the token is known, but may not.
    #[error("the host refuses access (403): {message}")]
    Forbidden {
        /// Which right is missing.
        refusal: Refusal,
        /// What the host says.
        message: Text,
    },
    /// 403 or 429: the primary or a secondary rate limit.
    #[error("the rate limit is used up until {}", rfc3339(*.until))]
    RateLimited {
        /// Ask no sooner, by our clock.
        until: DateTime<Utc>,
    },
    /// 404: no such repository, or a token that may not see it.
    #[error("the host does not show this repository (404)")]
    NotFound,
    /// 410: issues are switched off, or the API version is retired.
    #[error("the list is gone (410): {message}")]
    Gone {
        /// What the host says.
        message: Text,
    },
    /// A redirect that leads nowhere: without a usable address, or to itself.
    #[error("the host redirects ({status}) to no usable address: \"{to}\"")]
    Moved {
        /// The status code.
        status: u16,
        /// The address, as far as there was one.
        to: Text,
    },
    /// A redirect to another origin; following it could show the token to a stranger.
    #[error("the host redirects to another host, \"{host}\"")]
    ForeignRedirect {
        /// Scheme, host and port.
        host: Text,
    },
    /// The next page is on another origin; following it could show the token to a stranger.
    #[error("the next page is on another host, \"{host}\"")]
    ForeignLink {
        /// Scheme, host and port.
        host: Text,
    },
    /// 5xx or 408: the host has trouble of its own.
    #[error("the host has trouble of its own ({status})")]
    Server {
        /// The status code.
        status: u16,
    },
    /// Another refusal: 400 (API version unknown), 422 (request not understood), 451 and the like.
    #[error("the host rejects the request ({status}): {message}")]
    Rejected {
        /// The status code.
        status: u16,
        /// What the host says.
        message: Text,
    },
    /// An answer that is not a list of issues.
    #[error("the answer is not a list of issues: {why}")]
    Garbled {
        /// What it is instead.
        why: Text,
    },
    /// The list has more pages than a caller follows ([`super::MAX_PAGES`]). Made by callers: a page knows no other.
    #[error("the list is longer than {pages} pages")]
    TooManyPages {
        /// How many were read.
        pages: usize,
    },
}

/// Which right a refused token lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A permission of the token.
    Permission,
    /// Authorisation for an organisation's single sign-on (SAML).
    SingleSignOn,
    /// The host does not say.
    Unsaid,
}

impl SourceError {
    /// What kind of trouble the source is in.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::RateLimited { until } => Trouble::Limited { until: *until },
            Self::Server { .. } => Trouble::Away,
            Self::Unauthorized { .. } | Self::Forbidden { .. } | Self::NotFound | Self::Gone { .. } => Trouble::Refused,
            Self::Rejected { .. } | Self::ForeignRedirect { .. } | Self::ForeignLink { .. } => Trouble::Refused,
            Self::Moved { .. } | Self::Garbled { .. } | Self::TooManyPages { .. } => Trouble::Garbled,
        }
    }

    /// What the reader can do about it; nothing where waiting is all there is.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unauthorized { .. } => Some("give a token that is valid on this host"),
            Self::Forbidden { refusal: Refusal::Permission, .. } => {
                Some("give the token read access to issues (fine-grained: Issues, read; classic: repo)")
            }
            Self::Forbidden { refusal: Refusal::SingleSignOn, .. } => {
                Some("authorize the token for the organization's single sign-on, in the token's settings on the host")
            }
            Self::Forbidden { refusal: Refusal::Unsaid, .. } => Some("check what the token may see"),
            Self::NotFound => Some("check the repository's spelling, and that the token may see it"),
            Self::Gone { .. } => Some("switch issues on in the repository's settings, or take it out of the list"),
            Self::Moved { .. } | Self::ForeignRedirect { .. } | Self::ForeignLink { .. } => {
                Some("check `api_url`: it must be the API's own address")
            }
            Self::Rejected { .. } | Self::Garbled { .. } => {
                Some("check `api_url` (github.com: https://api.github.com; Enterprise Server: https://HOST/api/v3)")
            }
            Self::TooManyPages { .. } => Some("list fewer open issues; older ones are left out"),
            Self::RateLimited { .. } | Self::Server { .. } => None,
        }
    }
}
