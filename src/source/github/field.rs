//! Single fields as GitHub's REST API writes them: text borrowed where it can be, times, accounts, labels.

use std::{borrow::Cow, fmt};

use chrono::{DateTime, Utc};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{
    domain::{
        incident::{CloseReason, Standing},
        time::parse_rfc3339,
    },
    text::Text,
};

/// A JSON string, borrowed unless it holds escapes. Serde's own `Option<Cow<str>>` always copies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Str<'a>(pub(crate) Cow<'a, str>);

impl Str<'_> {
    /// The characters, not yet scrubbed.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Str<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_borrowed_str<E: Error>(self, s: &'de str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Borrowed(s)))
            }

            fn visit_str<E: Error>(self, s: &str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(s.to_owned())))
            }

            fn visit_string<E: Error>(self, s: String) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(s)))
            }
        }
        from.deserialize_str(Reader)
    }
}

/// An RFC 3339 time with any offset, as UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) DateTime<Utc>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as 2026-11-20T14:00:00Z")
            }

            fn visit_str<E: Error>(self, s: &str) -> Result<Self::Value, E> {
                parse_rfc3339(s).map(Time).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(s), &self))
            }
        }
        from.deserialize_str(Reader)
    }
}

/// An account. Deleted ones are `null` where they stand, or have no login.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User<'a> {
    /// The login.
    #[serde(borrow)]
    pub(crate) login: Option<Str<'a>>,
    /// `User`, `Bot`, `Organization`, `Mannequin`.
    #[serde(rename = "type", borrow)]
    pub(crate) kind: Option<Str<'a>>,
}

impl User<'_> {
    /// The login, unless it is blank.
    pub(crate) fn login(&self) -> Option<&str> {
        self.login.as_ref().map(Str::as_str).filter(|login| !login.trim().is_empty())
    }

    /// Whether the API calls it a robot.
    pub(crate) fn is_robot(&self) -> bool {
        self.kind.as_ref().is_some_and(|kind| kind.as_str() == "Bot") || self.login().is_some_and(is_robot_login)
    }
}

/// Whether a login is an app's: GitHub gives those, and only those, the ending `[bot]`.
pub(crate) fn is_robot_login(login: &str) -> bool {
    login.trim_end().ends_with("[bot]")
}

/// A label: an object with a name, or only its name (the API's schema allows both).
#[derive(Debug, Clone)]
pub(crate) struct Tag<'a>(pub(crate) Option<Str<'a>>);

impl Tag<'_> {
    /// The name, unless it is blank.
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.as_ref().map(Str::as_str).filter(|name| !name.trim().is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Tag<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Object<'a> {
            #[serde(borrow)]
            name: Option<Str<'a>>,
        }
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Tag<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a label: an object with a name, or a name")
            }

            fn visit_borrowed_str<E: Error>(self, s: &'de str) -> Result<Self::Value, E> {
                Ok(Tag(Some(Str(Cow::Borrowed(s)))))
            }

            fn visit_str<E: Error>(self, s: &str) -> Result<Self::Value, E> {
                Ok(Tag(Some(Str(Cow::Owned(s.to_owned())))))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Object::deserialize(MapAccessDeserializer::new(map)).map(|object| Tag(object.name))
            }
        }
        from.deserialize_any(Reader)
    }
}

/// Reads `author_association`.
pub(crate) fn standing(association: Option<&str>) -> Standing {
    match association {
        Some("OWNER" | "MEMBER" | "COLLABORATOR") => Standing::Member,
        Some(_) => Standing::Outsider,
        None => Standing::Unsaid,
    }
}

/// Reads `state_reason`, in the spelling of REST or GraphQL; nothing for reasons that are not about closing.
pub(crate) fn close_reason(reason: Option<&str>) -> Option<CloseReason> {
    let reason = reason?;
    [
        ("completed", CloseReason::Completed),
        ("not_planned", CloseReason::NotPlanned),
        ("duplicate", CloseReason::Duplicate),
    ]
    .into_iter()
    .find_map(|(word, means)| reason.eq_ignore_ascii_case(word).then_some(means))
}

/// A page's address, kept only when a browser may be sent there: http or https.
pub(crate) fn page(address: Option<&str>) -> Text {
    let is_web = |address: &&str| {
        let scheme = address.split("://").next().unwrap_or_default();
        address.contains("://") && (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
    };
    address.filter(is_web).map(Text::scrub).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed_and_escaped_text_is_not() {
        let plain: Option<Str<'_>> = serde_json::from_str(r#""plain""#).unwrap();
        assert!(matches!(plain.unwrap().0, Cow::Borrowed("plain")));
        let escaped: Str<'_> = serde_json::from_str(r#""a\"b""#).unwrap();
        assert_eq!(escaped.as_str(), "a\"b");
    }

    #[test]
    fn a_label_is_an_object_or_a_name() {
        let tags: Vec<Tag<'_>> = serde_json::from_str(r#"[{"name":"bug","id":1},"p\u0031",{"name":null},{}]"#).unwrap();
        let names: Vec<_> = tags.iter().map(Tag::name).collect();
        assert_eq!(names, [Some("bug"), Some("p1"), None, None]);
        assert!(serde_json::from_str::<Tag<'_>>("7").is_err());
    }

    #[test]
    fn robots_are_known_by_type_or_ending() {
        let robot = |json| serde_json::from_str::<User<'_>>(json).unwrap().is_robot();
        assert!(robot(r#"{"login":"renovate","type":"Bot"}"#) && robot(r#"{"login":"renovate[bot]"}"#));
        assert!(!robot(r#"{"login":"robotnik","type":"User"}"#) && !robot("{}"));
    }

    #[test]
    fn only_web_addresses_are_kept() {
        assert_eq!(page(Some("https://github.com/a/b/issues/1")).as_str(), "https://github.com/a/b/issues/1");
        for bad in ["javascript:alert(1)", "file:///etc/passwd", "https", ""] {
            assert_eq!(page(Some(bad)), Text::default(), "{bad}");
        }
    }
}
