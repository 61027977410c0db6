//! One table for the router and for the document that describes it: what is not described does not exist.

use crate::app::App;
use axum::routing::MethodRouter;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Makes the schema of a type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anyone.
    Anyone,
    /// The holder of a receipt.
    Holder,
    /// An outside party with the key of their page.
    Party,
    /// A member with a token.
    Member,
}

/// The shape of a body.
pub enum Takes {
    /// JSON.
    Json(SchemaOf),
    /// JSON, or the same as the part of this name beside files.
    JsonAndFiles(&'static str, SchemaOf),
    /// Files.
    Files,
    /// One file as it is, of any kind that is read here.
    Raw,
}

/// What comes back when all is well.
pub enum Gives {
    /// JSON.
    Json(SchemaOf),
    /// A file.
    File,
    /// A page.
    Page,
}

/// One operation.
pub struct Route {
    /// HTTP method in lower case.
    pub method: &'static str,
    /// Path below `/api/v1`.
    pub path: &'static str,
    /// Name for generated clients.
    pub id: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// More about it.
    pub description: &'static str,
    /// Who may ask.
    pub who: Who,
    /// The query, if it has one: an object's schema.
    pub query: Option<SchemaOf>,
    /// The body, if it has one.
    pub takes: Option<Takes>,
    /// Status when all is well.
    pub status: u16,
    /// What comes back.
    pub gives: Gives,
    /// Statuses of problems besides those that follow from the rest.
    pub problems: &'static [u16],
    /// Whether an `Idempotency-Key` is honoured.
    pub idempotent: bool,
    /// Does it.
    pub handler: MethodRouter<App>,
}

/// The schema of `T`, with the definitions it needs added to the document.
pub fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Route {
    /// An operation that reads.
    pub fn get(path: &'static str, id: &'static str, summary: &'static str, handler: MethodRouter<App>) -> Self {
        Self {
            method: "get",
            path,
            id,
            summary,
            description: "",
            who: Who::Anyone,
            query: None,
            takes: None,
            status: 200,
            gives: Gives::File,
            problems: &[],
            idempotent: false,
            handler,
        }
    }

    /// An operation that changes something.
    pub fn post(path: &'static str, id: &'static str, summary: &'static str, handler: MethodRouter<App>) -> Self {
        Self { method: "post", ..Self::get(path, id, summary, handler) }
    }

    /// An operation that puts something in the place of what was there.
    pub fn put(path: &'static str, id: &'static str, summary: &'static str, handler: MethodRouter<App>) -> Self {
        Self { method: "put", ..Self::get(path, id, summary, handler) }
    }

    /// Says more.
    pub fn says(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// For these people.
    pub fn by(self, who: Who) -> Self {
        Self { who, ..self }
    }

    /// With a query.
    pub fn asks<T: JsonSchema>(self) -> Self {
        Self { query: Some(|generator| T::json_schema(generator)), ..self }
    }

    /// With a body.
    pub fn takes(self, takes: Takes) -> Self {
        Self { takes: Some(takes), ..self }
    }

    /// Answers JSON with this status.
    pub fn gives<T: JsonSchema>(self, status: u16) -> Self {
        Self { status, gives: Gives::Json(schema::<T>), ..self }
    }

    /// Answers a page.
    pub fn gives_page(self) -> Self {
        Self { gives: Gives::Page, ..self }
    }

    /// May also answer these problems.
    pub fn or(self, problems: &'static [u16]) -> Self {
        Self { problems, ..self }
    }

    /// Honours an `Idempotency-Key`.
    pub fn once(self) -> Self {
        Self { idempotent: true, ..self }
    }

    /// Every problem it may answer.
    pub fn all_problems(&self) -> Vec<u16> {
        let mut all = self.problems.to_vec();
        all.extend([429, 500, 503]);
        if self.who != Who::Anyone {
            all.push(401);
        }
        if self.who == Who::Member {
            all.push(403);
        }
        if self.path.contains('{') {
            all.push(404);
        }
        if self.query.is_some() {
            all.push(400);
        }
        if self.takes.is_some() {
            all.extend([400, 413, 415, 422, 507]);
        }
        if self.method != "get" {
            all.extend([400, 409, 422, 507]);
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}
