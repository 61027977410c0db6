//! Closed lists that are the same in the core and outside, kept apart so that a change inside is no change outside.

/// Declares an enum of plain words with both ways between it and a core enum of the same variants.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident = $core:path { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl From<$core> for $name {
            fn from(core: $core) -> Self {
                use $core as Core;
                match core { $(Core::$variant => Self::$variant),+ }
            }
        }
        impl From<$name> for $core {
            fn from(outside: $name) -> Self {
                use $core as Core;
                match outside { $($name::$variant => Core::$variant),+ }
            }
        }
    };
}
