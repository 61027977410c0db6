//! What a policy publishes: SECURITY.md, security.txt, HTML, JSON.

/// JSON Schema (2020-12) of the policy file, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(super::Policy).to_value()
}
