//! A command as a request brings it.

use super::ApiCommand;
use super::strict::Strict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A command as a request brings it: the command, and the number of the last entry the asker looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    /// What is asked.
    #[serde(flatten)]
    pub command: ApiCommand,
    /// Number of the last entry you looked at: when somebody else wrote since, nothing is done and you are told what.
    /// Left out, the command is decided on the case as it is.
    pub seen: Option<u64>,
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let Strict(serde_json::Value::Object(mut object)) = Strict::deserialize(from)? else {
            return Err(D::Error::custom("a command is an object"));
        };
        let seen = match object.remove("seen") {
            None | Some(serde_json::Value::Null) => None,
            Some(seen) => {
                Some(seen.as_u64().ok_or_else(|| D::Error::custom("`seen` is the number of an entry, from 1"))?)
            }
        };
        let command = serde_json::from_value(serde_json::Value::Object(object)).map_err(D::Error::custom)?;
        Ok(Self { command, seen })
    }
}

impl JsonSchema for Asked {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = ApiCommand::json_schema(generator);
        let seen = serde_json::json!({
            "type": ["integer", "null"],
            "minimum": 0,
            "description": "Number of the last entry you looked at: when somebody else wrote since, nothing is done and \
                you are told what. Left out, the command is decided on the case as it is."
        });
        if let Some(serde_json::Value::Array(variants)) = schema.get_mut("oneOf") {
            for variant in variants {
                if let Some(properties) = variant.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
                    properties.insert("seen".into(), seen.clone());
                }
            }
        }
        schema
    }
}
