//! Names of things. All are opaque texts that carry no count, no date and no secret.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text of the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}

text_id!(
    /// A case, like `7K3M9-QXT4B`: ten characters of Crockford's base32, drawn at random.
    CaseId
);
text_id!(
    /// A member of the team. Never shown; people are shown by their names.
    MemberId
);
text_id!(
    /// A person outside the team (a reporter), whose name and address lie under a key of their own.
    PersonId
);
text_id!(
    /// A program's short name, as in its public address: `minio`.
    ProgramSlug
);
text_id!(
    /// A stored file, sealed in the blob store.
    BlobId
);

impl CaseId {
    /// Reads what a person typed: any case, with or without the dash, `O` for `0`, `I`/`L` for `1`.
    /// `None` when it cannot be a case's name.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut plain = String::with_capacity(10);
        for letter in typed.trim().chars().filter(|c| *c != '-' && *c != ' ') {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            if !"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(letter) {
                return None;
            }
            plain.push(letter);
        }
        (plain.len() == 10).then(|| Self(format!("{}-{}", &plain[..5], &plain[5..])))
    }
}
