//! What is wrong with a query before it is run, and what it costs.

use std::collections::BTreeSet;

use graphql_parser::query::{Field, Selection, SelectionSet, Type, TypeCondition, Value as Written};
use serde_json::{Map, Value, json};

use crate::graphql::{Query, schema::schema};

/// What the check found.
#[derive(Debug, Default)]
pub struct Bill {
    /// What is wrong.
    pub errors: Vec<Value>,
    /// Requests the query stands for: one for each connection, times the entries of those around it.
    pub requests: u64,
    /// Entries it may bring at most.
    pub nodes: u64,
    used: BTreeSet<String>,
}

/// Checks a query and counts what it asks for.
pub fn check(query: &Query<'_>) -> Bill {
    let mut bill = Bill::default();
    for variable in query.declared {
        let is_required = matches!(variable.var_type, Type::NonNullType(_));
        if is_required && query.variables.get(&variable.name).is_none_or(Value::is_null) {
            let message = format!("Variable ${} was provided invalid value", variable.name);
            bill.errors.push(json!({"message": message, "extensions": {"value": null}}));
        }
    }
    selection(query, query.root, "Query", 1, &mut bill, &mut vec!["query".to_owned()]);
    for variable in query.declared.iter().filter(|it| !bill.used.contains(&it.name)) {
        let message = format!("Variable ${} is declared by anonymous query but not used", variable.name);
        bill.errors.push(json!({"message": message, "extensions": {"code": "variableNotUsed"}}));
    }
    bill
}

fn selection(
    query: &Query<'_>,
    set: &SelectionSet<'static, String>,
    kind: &str,
    times: u64,
    bill: &mut Bill,
    path: &mut Vec<String>,
) {
    for item in &set.items {
        match item {
            Selection::Field(it) => field(query, it, kind, times, bill, path),
            Selection::InlineFragment(it) => {
                let kind = match &it.type_condition {
                    Some(TypeCondition::On(name)) => name.as_str(),
                    None => kind,
                };
                if !schema().is_composite(kind) {
                    bill.wrong(
                        path,
                        "undefinedType",
                        &format!("No such type {kind}, so it can't be a fragment condition"),
                    );
                    continue;
                }
                selection(query, &it.selection_set, kind, times, bill, path);
            }
            Selection::FragmentSpread(it) => match query.fragments.get(it.fragment_name.as_str()) {
                Some(fragment) if path.len() < 60 => {
                    let TypeCondition::On(kind) = &fragment.type_condition;
                    selection(query, &fragment.selection_set, kind, times, bill, path);
                }
                _ => bill.wrong(
                    path,
                    "useAndDefineFragment",
                    &format!("Fragment {} was used, but not defined", it.fragment_name),
                ),
            },
        }
    }
}

fn field(
    query: &Query<'_>,
    it: &Field<'static, String>,
    kind: &str,
    times: u64,
    bill: &mut Bill,
    path: &mut Vec<String>,
) {
    path.push(it.alias.as_ref().unwrap_or(&it.name).clone());
    let Some(known) = schema().field(kind, &it.name) else {
        let message = format!("Field '{}' doesn't exist on type '{kind}'", it.name);
        bill.wrong(path, "undefinedField", &message);
        path.pop();
        return;
    };
    for (_, directive) in it.directives.iter().flat_map(|directive| &directive.arguments) {
        bill.note(query, directive, path);
    }
    for (name, value) in &it.arguments {
        bill.note(query, value, path);
        match known.arguments.get(name) {
            Some(argument) => fits(&plain(value, &query.variables), &argument.kind, name, bill, path),
            None => {
                let message = format!("Field '{}' doesn't accept argument '{name}'", it.name);
                bill.wrong(path, "argumentNotAccepted", &message);
            }
        }
    }
    for (name, _) in known.arguments.iter().filter(|(_, argument)| argument.is_required) {
        if !it.arguments.iter().any(|(given, _)| given == name) {
            let message = format!("Field '{}' is missing required arguments: {name}", it.name);
            bill.wrong(path, "missingRequiredArguments", &message);
        }
    }
    let is_composite = schema().is_composite(&known.kind);
    if is_composite == it.selection_set.items.is_empty() {
        let message = format!("Field '{}' (type {}) has a selection that does not fit its type", it.name, known.kind);
        bill.wrong(path, "selectionMismatch", &message);
    }
    let times = times * multiplier(query, it, &known.kind, times, bill, path);
    if is_composite {
        selection(query, &it.selection_set, &known.kind, times, bill, path);
    }
    path.pop();
}

/// By how much what is inside a field is multiplied.
fn multiplier(
    query: &Query<'_>,
    it: &Field<'static, String>,
    kind: &str,
    times: u64,
    bill: &mut Bill,
    path: &[String],
) -> u64 {
    let argument = |name: &str| {
        let (_, value) = it.arguments.iter().find(|(given, _)| given == name)?;
        Some(plain(value, &query.variables))
    };
    if it.name == "nodes" && it.arguments.iter().any(|(name, _)| name == "ids") {
        let n = argument("ids").and_then(|ids| ids.as_array().map(Vec::len)).unwrap_or(0) as u64;
        if n > 100 {
            bill.wrong(path, "argumentLimit", "You may not provide more than 100 node ids");
        }
        bill.nodes += n;
        return n.max(1);
    }
    if !kind.ends_with("Connection") {
        return 1;
    }
    bill.requests += times;
    let size = argument("first").or_else(|| argument("last")).and_then(|n| n.as_i64());
    let brings = it
        .selection_set
        .items
        .iter()
        .any(|item| matches!(item, Selection::Field(field) if field.name == "nodes" || field.name == "edges"));
    match size {
        Some(n) if (1..=100).contains(&n) => {
            bill.nodes += times * n as u64;
            n as u64
        }
        Some(n) => {
            let message = format!(
                "Requesting {n} records on the `{}` connection exceeds the `first` limit of 100 records.",
                it.name
            );
            bill.errors.push(json!({"type": "EXCESSIVE_PAGINATION", "path": path, "message": message}));
            1
        }
        None if brings => {
            let message = format!(
                "You must provide a `first` or `last` value to properly paginate the `{}` connection.",
                it.name
            );
            bill.errors.push(json!({"type": "MISSING_PAGINATION_BOUNDARIES", "path": path, "message": message}));
            1
        }
        None => 1,
    }
}

fn fits(value: &Value, kind: &str, name: &str, bill: &mut Bill, path: &[String]) {
    if let Value::Array(all) = value {
        for one in all {
            fits(one, kind, name, bill, path);
        }
        return;
    }
    let is_good = match (kind, value) {
        (_, Value::Null) => true,
        ("Int", value) => value.is_i64() || value.is_u64(),
        ("Boolean", value) => value.is_boolean(),
        ("String", value) => value.is_string(),
        ("ID", value) => value.is_string() || value.is_i64() || value.is_u64(),
        ("DateTime", Value::String(written)) => crate::wire::instant(written).is_some(),
        (kind, value) => match (schema().enums.get(kind), schema().inputs.get(kind), value) {
            (Some(words), _, Value::String(word)) => words.contains(word),
            (Some(_), ..) => false,
            (None, Some(known), Value::Object(given)) => {
                for (field, value) in given {
                    match known.get(field) {
                        Some(argument) => fits(value, &argument.kind, field, bill, path),
                        None => bill.wrong(
                            path,
                            "argumentNotAccepted",
                            &format!("InputObject '{kind}' doesn't accept argument '{field}'"),
                        ),
                    }
                }
                known.iter().all(|(field, argument)| !argument.is_required || given.contains_key(field))
            }
            (None, Some(_), _) => false,
            (None, None, _) => true,
        },
    };
    if !is_good {
        let message = format!("Argument '{name}' has an invalid value ({value}). Expected type '{kind}'.");
        bill.wrong(path, "argumentLiteralsIncompatible", &message);
    }
}

impl Bill {
    fn wrong(&mut self, path: &[String], code: &str, message: &str) {
        self.errors.push(json!({"path": path, "extensions": {"code": code}, "message": message}));
    }

    /// Notes which variables a value uses.
    fn note(&mut self, query: &Query<'_>, value: &Written<'static, String>, path: &[String]) {
        match value {
            Written::Variable(name) => {
                if !query.declared.iter().any(|variable| variable.name == *name) {
                    self.wrong(path, "variableNotDefined", &format!("Variable ${name} is used but not declared"));
                }
                self.used.insert(name.clone());
            }
            Written::List(all) => {
                for one in all {
                    self.note(query, one, path);
                }
            }
            Written::Object(all) => {
                for one in all.values() {
                    self.note(query, one, path);
                }
            }
            _ => {}
        }
    }
}

/// A written value with its variables put in.
pub fn plain(value: &Written<'static, String>, variables: &Map<String, Value>) -> Value {
    match value {
        Written::Variable(name) => variables.get(name).cloned().unwrap_or(Value::Null),
        Written::Int(n) => n.as_i64().into(),
        Written::Float(n) => (*n).into(),
        Written::String(text) => text.as_str().into(),
        Written::Boolean(yes) => (*yes).into(),
        Written::Null => Value::Null,
        Written::Enum(word) => word.as_str().into(),
        Written::List(all) => all.iter().map(|one| plain(one, variables)).collect::<Vec<_>>().into(),
        Written::Object(all) => {
            Value::Object(all.iter().map(|(name, one)| (name.clone(), plain(one, variables))).collect())
        }
    }
}
