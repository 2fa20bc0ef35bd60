//! Answers a checked query, field by field.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use graphql_parser::query::{Directive, Field, Selection, SelectionSet, TypeCondition};
use serde_json::{Map, Value, json};

use crate::{
    graphql::{
        Query, check,
        connection::{Connection, Page},
        schema::schema,
    },
    rest::page::write_cursor,
    state::Issue,
    world::World,
};

/// Something that has fields.
#[derive(Debug, Clone)]
pub enum Thing {
    /// The root.
    Query,
    /// A repository, by its place.
    Repository(usize),
    /// An issue or pull request as it is (or was) in a repository.
    Issue(usize, Arc<Issue>),
    /// Anything that is told as it stands, with its `__typename` in it or its declared type.
    Plain(Value),
    /// A part of a list.
    Page(Arc<Page>),
    /// An entry of a list, with its cursor.
    Edge(String, Arc<Thing>),
}

/// What a field holds.
pub enum Held {
    /// A plain value.
    Value(Value),
    /// Something with fields.
    Thing(Thing),
    /// A list of such things, and why one is null.
    Things(Vec<Result<Thing, String>>),
    /// A list with pages.
    Connection(Connection),
    /// Null, and why.
    Missing(Value),
}

/// A query being answered.
pub struct Run<'a> {
    /// The host.
    pub world: &'a World,
    /// What is asked.
    pub query: &'a Query<'a>,
    /// The time.
    pub now: DateTime<Utc>,
    /// How old its lists are.
    pub as_of: DateTime<Utc>,
    /// Its price.
    pub cost: u64,
    /// How much it may bring.
    pub nodes: u64,
    /// What could not be found.
    pub errors: Vec<Value>,
}

impl Run<'_> {
    /// What several selections of one thing bring.
    pub fn select(
        &mut self,
        thing: &Thing,
        declared: &str,
        sets: &[&SelectionSet<'static, String>],
        path: &mut Vec<Value>,
    ) -> Value {
        let kind = self.kind(thing, declared);
        let mut fields: Vec<(String, Vec<&Field<'static, String>>)> = Vec::new();
        for set in sets {
            self.gather(set, &kind, &mut fields);
        }
        let mut out = Map::new();
        for (name, same) in fields {
            let Some(first) = same.first() else { continue };
            path.push(name.as_str().into());
            let value = self.field(thing, &kind, first, &same, path);
            path.pop();
            out.insert(name, value);
        }
        Value::Object(out)
    }

    /// The fields that apply to a type, those of the same name together.
    fn gather<'q>(
        &self,
        set: &'q SelectionSet<'static, String>,
        kind: &str,
        fields: &mut Vec<(String, Vec<&'q Field<'static, String>>)>,
    ) where
        Self: 'q,
    {
        for item in &set.items {
            match item {
                Selection::Field(it) if self.is_wanted(&it.directives) => {
                    let name = it.alias.as_ref().unwrap_or(&it.name);
                    match fields.iter_mut().find(|(known, _)| known == name) {
                        Some((_, same)) => same.push(it),
                        None => fields.push((name.clone(), vec![it])),
                    }
                }
                Selection::InlineFragment(it) if self.is_wanted(&it.directives) => {
                    let applies = match &it.type_condition {
                        Some(TypeCondition::On(wanted)) => schema().is_a(kind, wanted),
                        None => true,
                    };
                    if applies {
                        self.gather(&it.selection_set, kind, fields);
                    }
                }
                Selection::FragmentSpread(it) if self.is_wanted(&it.directives) => {
                    let Some(fragment) = self.query.fragments.get(it.fragment_name.as_str()).copied() else { continue };
                    let TypeCondition::On(wanted) = &fragment.type_condition;
                    if schema().is_a(kind, wanted) {
                        self.gather(&fragment.selection_set, kind, fields);
                    }
                }
                _ => {}
            }
        }
    }

    fn is_wanted(&self, directives: &[Directive<'static, String>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.iter().find(|(name, _)| name == "if");
            let is_so = condition.is_none_or(|(_, value)| check::plain(value, &self.query.variables) == json!(true));
            match directive.name.as_str() {
                "include" => is_so,
                "skip" => !is_so,
                _ => true,
            }
        })
    }

    fn kind(&self, thing: &Thing, declared: &str) -> String {
        match thing {
            Thing::Query => "Query".to_owned(),
            Thing::Repository(_) => "Repository".to_owned(),
            Thing::Issue(_, issue) if issue.pull.is_some() => "PullRequest".to_owned(),
            Thing::Issue(..) => "Issue".to_owned(),
            Thing::Plain(value) => value.get("__typename").and_then(Value::as_str).unwrap_or(declared).to_owned(),
            Thing::Page(_) | Thing::Edge(..) => declared.to_owned(),
        }
    }

    fn field(
        &mut self,
        thing: &Thing,
        kind: &str,
        field: &Field<'static, String>,
        same: &[&Field<'static, String>],
        path: &mut Vec<Value>,
    ) -> Value {
        if field.name == "__typename" {
            return kind.into();
        }
        let Some(known) = schema().field(kind, &field.name) else { return Value::Null };
        let arguments: Map<String, Value> = field
            .arguments
            .iter()
            .map(|(name, value)| (name.clone(), check::plain(value, &self.query.variables)))
            .filter(|(_, value)| !value.is_null())
            .collect();
        let sets: Vec<&SelectionSet<'static, String>> = same.iter().map(|field| &field.selection_set).collect();
        let held = match thing {
            Thing::Page(page) => held_by_page(page, &field.name),
            Thing::Edge(cursor, node) => match field.name.as_str() {
                "cursor" => Held::Value(cursor.as_str().into()),
                _ => Held::Thing((**node).clone()),
            },
            thing => self.held(thing, kind, &field.name, &arguments, path),
        };
        match held {
            Held::Value(value) if schema().is_composite(&known.kind) => {
                self.plain(value, &known.kind, &arguments, &sets, path)
            }
            Held::Value(value) => value,
            Held::Thing(thing) => self.select(&thing, &known.kind, &sets, path),
            Held::Things(all) => self.list(&all, &known.kind, &sets, path),
            Held::Connection(connection) => {
                let page = Thing::Page(Arc::new(connection.page(&arguments)));
                self.select(&page, &known.kind, &sets, path)
            }
            Held::Missing(error) => {
                self.errors.push(error);
                Value::Null
            }
        }
    }

    fn list(
        &mut self,
        all: &[Result<Thing, String>],
        kind: &str,
        sets: &[&SelectionSet<'static, String>],
        path: &mut Vec<Value>,
    ) -> Value {
        let mut out = Vec::new();
        for (i, one) in all.iter().enumerate() {
            path.push(i.into());
            match one {
                Ok(thing) => out.push(self.select(thing, kind, sets, path)),
                Err(message) => {
                    self.errors.push(json!({"type": "NOT_FOUND", "path": path, "message": message,
                        "locations": [{"line": 1, "column": 1}]}));
                    out.push(Value::Null);
                }
            }
            path.pop();
        }
        Value::Array(out)
    }

    /// A value that is told as it stands, as far as it is asked for.
    fn plain(
        &mut self,
        value: Value,
        kind: &str,
        arguments: &Map<String, Value>,
        sets: &[&SelectionSet<'static, String>],
        path: &mut Vec<Value>,
    ) -> Value {
        match value {
            Value::Null => Value::Null,
            Value::Array(all) => {
                let things: Vec<Thing> = all.into_iter().map(Thing::Plain).collect();
                if let Some(of) = kind.strip_suffix("Connection") {
                    let page = Connection::counted(of, things).page(arguments);
                    return self.select(&Thing::Page(Arc::new(page)), kind, sets, path);
                }
                let things: Vec<Result<Thing, String>> = things.into_iter().map(Ok).collect();
                self.list(&things, kind, sets, path)
            }
            value => self.select(&Thing::Plain(value), kind, sets, path),
        }
    }
}

fn held_by_page(page: &Page, name: &str) -> Held {
    match name {
        "totalCount" | "issueCount" => Held::Value(page.total.into()),
        "pageInfo" => Held::Value(page.info()),
        "nodes" => Held::Things(page.items.iter().map(|(_, thing)| Ok(thing.clone())).collect()),
        _ => {
            let edge = |(key, thing): &(_, Thing)| Ok(Thing::Edge(write_cursor(*key), Arc::new(thing.clone())));
            Held::Things(page.items.iter().map(edge).collect())
        }
    }
}
