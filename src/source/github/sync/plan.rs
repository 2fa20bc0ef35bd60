//! What one source is to read.

use chrono::TimeDelta;
use url::Url;

use crate::domain::incident::Repo;

/// What one source is to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The place of the source among the sources: outcomes name it.
    pub source: usize,
    /// `https://api.github.com`, `https://HOST/api/v3`.
    pub api_url: Url,
    /// What stands before the names of its repositories in keys; nothing for the first host of the settings.
    pub host: Option<String>,
    /// Repositories as the settings name them, `owner/name`.
    pub repos: Vec<Repo>,
    /// How often to look for changes.
    pub every: TimeDelta,
    /// Whether pull requests are read as well.
    pub with_pull_requests: bool,
}

impl Plan {
    /// A repository as keys name it.
    pub fn keyed(&self, on_host: &str) -> Repo {
        match &self.host {
            Some(host) => Repo::new(&format!("{host}/{on_host}")),
            None => Repo::new(on_host),
        }
    }

    /// Where GraphQL is asked: `/graphql` beside the API's root, `/api/graphql` on an Enterprise Server.
    pub fn graphql_url(&self) -> Url {
        let mut url = super::super::without_credentials(self.api_url.clone());
        let is_enterprise = url.path().trim_end_matches('/').ends_with("/api/v3");
        // An address that cannot have a path is refused by the configuration; here it stays as it is.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            if is_enterprise {
                path.pop();
            }
            path.push("graphql");
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(api_url: &str) -> Plan {
        Plan {
            source: 0,
            api_url: Url::parse(api_url).unwrap(),
            host: Some("ghe.example".to_owned()),
            repos: Vec::new(),
            every: TimeDelta::seconds(30),
            with_pull_requests: false,
        }
    }

    #[test]
    fn graphql_stands_where_each_kind_of_host_has_it() {
        for (api, graphql) in [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://api.github.com/", "https://api.github.com/graphql"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql"),
            ("https://ghe.example/api/v3", "https://ghe.example/api/graphql"),
            ("https://ghe.example/api/v3/", "https://ghe.example/api/graphql"),
        ] {
            assert_eq!(plan(api).graphql_url().as_str(), graphql);
        }
    }

    #[test]
    fn repositories_of_another_host_carry_its_name() {
        assert_eq!(plan("https://ghe.example/api/v3").keyed("acme/api").full(), "ghe.example/acme/api");
    }
}
