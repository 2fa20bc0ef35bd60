//! What can go wrong with one request: on the way, with the answer, or before there was one.

use thiserror::Error;

use crate::{
    domain::trouble::Trouble,
    shell::{http::HttpError, token::TokenError},
    source::github::trouble::SourceError,
};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Trip {
    #[error(transparent)]
    Way(#[from] HttpError),
    #[error(transparent)]
    Answer(#[from] SourceError),
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl Trip {
    pub(super) fn trouble(&self) -> Trouble {
        match self {
            Self::Way(error) => error.trouble(),
            Self::Answer(error) => error.trouble(),
            Self::Token(_) => Trouble::Refused,
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Way(error) => error.hint(),
            Self::Answer(error) => error.hint(),
            Self::Token(error) => Some(error.hint()),
        }
    }

    /// Whether the host asks for patience, or for another token: nothing more may be asked now.
    pub(super) fn must_wait(&self) -> bool {
        matches!(
            self,
            Self::Answer(SourceError::RateLimited { .. } | SourceError::Unauthorized { .. }) | Self::Token(_)
        )
    }

    /// Whether every other request of the round would meet the same: the token, the limit or the way is at fault. With
    /// fifty repositories and a host that swallows packets, a round would else take twelve minutes.
    pub(super) fn stops_round(&self) -> bool {
        match self {
            Self::Way(HttpError::Cut { .. } | HttpError::Garbled { .. }) => false,
            Self::Way(HttpError::BodyTooBig { .. } | HttpError::HeadersTooBig { .. }) => false,
            Self::Way(_) => true,
            Self::Answer(_) | Self::Token(_) => self.must_wait(),
        }
    }
}
