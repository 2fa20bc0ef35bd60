//! What a token lacks, told by feature. The rest goes on.

use crate::{
    domain::host::Host,
    source::github::{
        sync::{HostPart, Step},
        trouble::{Refusal, SourceError},
    },
    text::Text,
};

/// Something that needs a permission of its own (GitHub's table of permissions for fine-grained tokens, read 2026-11-20).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Dependabot alerts.
    Dependabot,
    /// Code scanning alerts.
    CodeScanning,
    /// Advisories that are not published.
    Advisories,
    /// Check runs.
    Checks,
    /// Commit statuses.
    Statuses,
    /// The inbox.
    Inbox,
    /// An owner's repositories.
    Repositories,
    /// Searches.
    Search,
}

impl Feature {
    /// As a reader reads it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dependabot => "Dependabot alerts",
            Self::CodeScanning => "code scanning alerts",
            Self::Advisories => "security advisories",
            Self::Checks => "check runs",
            Self::Statuses => "commit statuses",
            Self::Inbox => "the inbox",
            Self::Repositories => "repositories",
            Self::Search => "the search",
        }
    }

    /// What a token must have for it.
    pub fn need(self) -> &'static str {
        match self {
            Self::Dependabot => "the permission \"Dependabot alerts: read\" (classic token: security_events)",
            Self::CodeScanning => "the permission \"Code scanning alerts: read\" (classic token: security_events)",
            Self::Advisories => "the permission \"Repository security advisories: read\" (classic token: repo)",
            Self::Checks => {
                "a classic token with repo, or a GitHub App with \"Checks: read\": no fine-grained token has that"
            }
            Self::Statuses => "the permission \"Commit statuses: read\" (classic token: repo)",
            Self::Inbox => "a classic token with notifications: no fine-grained token and no app may read it",
            Self::Repositories => "the permission \"Metadata: read\" (classic token: repo)",
            Self::Search => "a token that may see what is searched",
        }
    }

    /// Says what is missing for it, and where: `Dependabot alerts of acme/api need ...`.
    pub fn needs(self, place: &str) -> Text {
        let of = if place.is_empty() { String::new() } else { format!(" of {place}") };
        let verb = if matches!(self, Self::Inbox | Self::Search) { "needs" } else { "need" };
        Text::scrub(&format!("{}{of} {verb} {}", self.word(), self.need()))
    }

    /// Reads a refusal: nothing where the feature is merely switched off, else what to tell. The rest of the host goes on.
    ///
    /// # Errors
    /// The refusal itself, where it is none of this feature alone: the token is not accepted, or the host does not
    /// understand the request.
    pub fn refused(self, place: &str, error: &SourceError) -> Result<Option<Text>, SourceError> {
        match error {
            SourceError::Forbidden { refusal: Refusal::SingleSignOn, .. } => {
                let what = "a token that is authorized for the organization's single sign-on";
                Ok(Some(Text::scrub(&format!("{} of {place} need {what}", self.word()))))
            }
            SourceError::Forbidden { message, .. } if is_switched_off(message.as_str()) => Ok(None),
            // "No analysis found" is the usual state of a repository that does not use it.
            SourceError::NotFound | SourceError::Gone { .. } if self == Self::CodeScanning => Ok(None),
            SourceError::Forbidden { .. } | SourceError::NotFound | SourceError::Gone { .. } => {
                Ok(Some(self.needs(place)))
            }
            _ => Err(error.clone()),
        }
    }
}

/// The answer of a feature that nobody switched on, in GitHub's words: "Dependabot alerts are disabled for this repository",
/// "Code scanning is not enabled", "Advanced Security must be enabled".
fn is_switched_off(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["disabled", "not enabled", "must be enabled", "not available"].iter().any(|words| message.contains(words))
}

/// A step that brings nothing but what is missing.
pub(super) fn lacking(missing: Vec<Text>) -> Step {
    Step { host: Some(HostPart { missing, host: Host::default() }), ..Step::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden(message: &str) -> SourceError {
        SourceError::Forbidden { refusal: Refusal::Permission, message: Text::scrub(message) }
    }

    #[test]
    fn a_missing_permission_is_told_by_feature_and_place() {
        let error = forbidden("Resource not accessible by personal access token");
        let said = Feature::Dependabot.refused("acme/api", &error).unwrap().unwrap();
        let expected = "Dependabot alerts of acme/api need the permission \"Dependabot alerts: read\" (classic token: security_events)";
        assert_eq!(said.as_str(), expected);
        let inbox = Feature::Inbox.refused("", &SourceError::NotFound).unwrap().unwrap();
        assert!(inbox.as_str().starts_with("the inbox needs a classic token"), "{inbox}");
        assert!(Feature::Advisories.refused("acme/api", &SourceError::NotFound).unwrap().is_some());
    }

    #[test]
    fn a_feature_that_is_switched_off_lacks_nothing() {
        for message in [
            "Dependabot alerts are disabled for this repository.",
            "Code scanning is not enabled for this repository.",
            "Advanced Security must be enabled for this repository to use code scanning.",
        ] {
            assert_eq!(Feature::Dependabot.refused("a/b", &forbidden(message)), Ok(None), "{message}");
        }
        assert_eq!(Feature::CodeScanning.refused("a/b", &SourceError::NotFound), Ok(None));
    }

    #[test]
    fn a_token_that_is_not_accepted_is_trouble_of_the_whole_source() {
        let error = SourceError::Unauthorized { message: Text::scrub("Bad credentials") };
        assert_eq!(Feature::Dependabot.refused("a/b", &error), Err(error));
    }
}
