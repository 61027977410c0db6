//! Who is on which case by a rule, and who sees a report that nobody is on yet.

use crate::access::Role;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who is on which case without being put on it. Without rules nobody is: a case is read by those who were put on it, by
/// its holder, and by those who worked on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRules {
    /// Roles that see a report as long as nobody is on its case: the rota of first looks.
    #[serde(default = "first_look")]
    pub first_look: Vec<Role>,
    /// Roles that are on every case of a product.
    #[serde(default)]
    pub owners: Vec<Owners>,
}

impl Default for AccessRules {
    fn default() -> Self {
        Self { first_look: first_look(), owners: Vec::new() }
    }
}

fn first_look() -> Vec<Role> {
    vec![Role::Coordinator, Role::Analyst]
}

/// Roles that are on every case of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Owners {
    /// Names of products, as the policy's scope has them; `*` for every case, also one without a product.
    pub products: Vec<String>,
    /// The roles.
    pub roles: Vec<Role>,
}

impl Owners {
    /// Whether it speaks of a case's product.
    pub fn covers(&self, product: Option<&str>) -> bool {
        self.products.iter().any(|name| name == "*" || product.is_some_and(|of| of.eq_ignore_ascii_case(name)))
    }
}
