//! The schema, as far as it is modelled: what has which fields, and what they take.

use std::{
    collections::{BTreeSet, HashMap},
    sync::OnceLock,
};

use graphql_parser::schema::{Definition, Field as Parsed, InputValue, Type, TypeDefinition, parse_schema};

/// An argument or an input's field.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The type without list and non-null marks.
    pub kind: String,
    /// Whether it must be given.
    pub is_required: bool,
}

/// A field.
#[derive(Debug, Clone)]
pub struct Field {
    /// The type without list and non-null marks.
    pub kind: String,
    /// What it takes.
    pub arguments: HashMap<String, Argument>,
}

/// What there is.
#[derive(Debug, Default)]
pub struct Schema {
    objects: HashMap<String, HashMap<String, Field>>,
    /// An interface or union to the objects it stands for.
    pub families: HashMap<String, BTreeSet<String>>,
    /// Enums to their words.
    pub enums: HashMap<String, BTreeSet<String>>,
    /// Inputs to their fields.
    pub inputs: HashMap<String, HashMap<String, Argument>>,
}

/// The schema.
pub fn schema() -> &'static Schema {
    static READ: OnceLock<Schema> = OnceLock::new();
    READ.get_or_init(|| read(include_str!("schema.graphql")))
}

impl Schema {
    /// A field of a type; nothing where there is none.
    pub fn field(&self, kind: &str, name: &str) -> Option<Field> {
        if name == "__typename" {
            return Some(plain("String"));
        }
        if let Some(fields) = self.objects.get(kind) {
            if kind == "Query" && name == "__type" {
                let argument = Argument { kind: "String".to_owned(), is_required: true };
                return Some(Field { arguments: [("name".to_owned(), argument)].into(), ..plain("__Type") });
            }
            return fields.get(name).cloned();
        }
        if let Some(of) = kind.strip_suffix("Connection") {
            return match name {
                "nodes" => Some(plain(of)),
                "edges" => Some(plain(&format!("{of}Edge"))),
                "pageInfo" => Some(plain("PageInfo")),
                "totalCount" => Some(plain("Int")),
                "issueCount" if of == "SearchResultItem" => Some(plain("Int")),
                _ => None,
            };
        }
        if let Some(of) = kind.strip_suffix("Edge") {
            return match name {
                "node" => Some(plain(of)),
                "cursor" => Some(plain("String")),
                _ => None,
            };
        }
        match (kind, name) {
            ("__Type", "name") | ("__Field", "name") => Some(plain("String")),
            ("__Type", "fields") => Some(plain("__Field")),
            _ => None,
        }
    }

    /// Whether a type has fields of its own.
    pub fn is_composite(&self, kind: &str) -> bool {
        self.objects.contains_key(kind)
            || self.families.contains_key(kind)
            || kind.ends_with("Connection")
            || kind.ends_with("Edge")
            || kind.starts_with("__")
    }

    /// Whether something of type `kind` is a `wanted`.
    pub fn is_a(&self, kind: &str, wanted: &str) -> bool {
        kind == wanted || self.families.get(wanted).is_some_and(|members| members.contains(kind))
    }

    /// The names of a type's fields; nothing where there is no such type.
    pub fn fields_of(&self, kind: &str) -> Option<Vec<String>> {
        let mut names: Vec<String> = self.objects.get(kind)?.keys().cloned().collect();
        names.sort();
        Some(names)
    }
}

fn plain(kind: &str) -> Field {
    Field { kind: kind.to_owned(), arguments: HashMap::new() }
}

fn read(written: &'static str) -> Schema {
    let mut schema = Schema::default();
    let document = parse_schema::<&str>(written).map_or(Vec::new(), |document| document.definitions);
    for definition in document {
        let Definition::TypeDefinition(definition) = definition else { continue };
        match definition {
            TypeDefinition::Object(it) => {
                for family in &it.implements_interfaces {
                    schema.families.entry((*family).to_owned()).or_default().insert(it.name.to_owned());
                }
                schema.objects.insert(it.name.to_owned(), fields(&it.fields));
            }
            TypeDefinition::Interface(it) => {
                schema.families.entry(it.name.to_owned()).or_default();
                schema.objects.insert(it.name.to_owned(), fields(&it.fields));
            }
            TypeDefinition::Union(it) => {
                let members = it.types.iter().map(|name| (*name).to_owned()).collect();
                schema.families.insert(it.name.to_owned(), members);
                schema.objects.insert(it.name.to_owned(), HashMap::new());
            }
            TypeDefinition::Enum(it) => {
                let words = it.values.iter().map(|value| value.name.to_owned()).collect();
                schema.enums.insert(it.name.to_owned(), words);
            }
            TypeDefinition::InputObject(it) => {
                schema.inputs.insert(it.name.to_owned(), arguments(&it.fields));
            }
            TypeDefinition::Scalar(_) => {}
        }
    }
    schema
}

fn fields(all: &[Parsed<'static, &'static str>]) -> HashMap<String, Field> {
    let field = |it: &Parsed<'static, &'static str>| Field {
        kind: bare(&it.field_type).to_owned(),
        arguments: arguments(&it.arguments),
    };
    all.iter().map(|it| (it.name.to_owned(), field(it))).collect()
}

fn arguments(all: &[InputValue<'static, &'static str>]) -> HashMap<String, Argument> {
    let argument = |it: &InputValue<'static, &'static str>| Argument {
        kind: bare(&it.value_type).to_owned(),
        is_required: matches!(it.value_type, Type::NonNullType(_)),
    };
    all.iter().map(|it| (it.name.to_owned(), argument(it))).collect()
}

fn bare(kind: &Type<'static, &'static str>) -> &'static str {
    match kind {
        Type::NamedType(name) => name,
        Type::ListType(of) | Type::NonNullType(of) => bare(of),
    }
}
