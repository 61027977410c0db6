//! Values, rows and statements: a write is data, so it can be grouped, tested and retried.

use super::error::{Result, StoreError};

/// One value of a column: a 64-bit number, text or bytes. Nothing else is stored, so that one
/// SQL text means the same on both databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Val {
    /// No value.
    Null,
    /// A number; instants are microseconds UTC, booleans 0 and 1.
    Int(i64),
    /// Text, ordered by its bytes.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

macro_rules! val_from {
    ($($kind:ty => |$it:ident| $make:expr;)*) => {$(
        impl From<$kind> for Val {
            fn from($it: $kind) -> Self {
                $make
            }
        }
    )*};
}

val_from! {
    i64 => |it| Val::Int(it);
    u32 => |it| Val::Int(it.into());
    bool => |it| Val::Int(it.into());
    &str => |it| Val::Text(it.to_owned());
    String => |it| Val::Text(it);
    &String => |it| Val::Text(it.clone());
    &[u8] => |it| Val::Bytes(it.to_vec());
    Vec<u8> => |it| Val::Bytes(it);
    &Vec<u8> => |it| Val::Bytes(it.clone());
}

impl<const N: usize> From<[u8; N]> for Val {
    fn from(it: [u8; N]) -> Self {
        Self::Bytes(it.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Val {
    fn from(it: &[u8; N]) -> Self {
        Self::Bytes(it.to_vec())
    }
}

impl<T: Into<Val>> From<Option<T>> for Val {
    fn from(it: Option<T>) -> Self {
        it.map_or(Self::Null, Into::into)
    }
}

/// Makes a `Vec<Val>` of anything that turns into a [`Val`]: `vals![id, 7_i64, None::<i64>]`.
macro_rules! vals {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::Val::from($value)),*] };
}

/// One row of an answer. Getters go by column index and move the value out; each is read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub(crate) Vec<Val>);

impl Row {
    fn take(&mut self, index: usize) -> Result<Val> {
        let cell =
            self.0.get_mut(index).ok_or_else(|| StoreError::Damaged(format!("an answer has no column {index}")))?;
        Ok(std::mem::replace(cell, Val::Null))
    }

    fn wrong<T>(index: usize, wanted: &str) -> Result<T> {
        Err(StoreError::Damaged(format!("column {index} of an answer is not {wanted}")))
    }

    /// The number in column `index`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the column is absent or holds something else; so for all getters.
    pub fn int(&mut self, index: usize) -> Result<i64> {
        match self.take(index)? {
            Val::Int(it) => Ok(it),
            _ => Self::wrong(index, "a number"),
        }
    }

    /// The number in column `index`, or nothing.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn opt_int(&mut self, index: usize) -> Result<Option<i64>> {
        match self.take(index)? {
            Val::Null => Ok(None),
            Val::Int(it) => Ok(Some(it)),
            _ => Self::wrong(index, "a number or nothing"),
        }
    }

    /// The number in column `index` as a boolean: anything but 0 is true.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn flag(&mut self, index: usize) -> Result<bool> {
        Ok(self.int(index)? != 0)
    }

    /// The text in column `index`.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn text(&mut self, index: usize) -> Result<String> {
        match self.take(index)? {
            Val::Text(it) => Ok(it),
            _ => Self::wrong(index, "text"),
        }
    }

    /// The text in column `index`, or nothing.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn opt_text(&mut self, index: usize) -> Result<Option<String>> {
        match self.take(index)? {
            Val::Null => Ok(None),
            Val::Text(it) => Ok(Some(it)),
            _ => Self::wrong(index, "text or nothing"),
        }
    }

    /// The bytes in column `index`.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn bytes(&mut self, index: usize) -> Result<Vec<u8>> {
        match self.take(index)? {
            Val::Bytes(it) => Ok(it),
            _ => Self::wrong(index, "bytes"),
        }
    }

    /// The bytes in column `index`, or nothing.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn opt_bytes(&mut self, index: usize) -> Result<Option<Vec<u8>>> {
        match self.take(index)? {
            Val::Null => Ok(None),
            Val::Bytes(it) => Ok(Some(it)),
            _ => Self::wrong(index, "bytes or nothing"),
        }
    }
}

/// One write: SQL with `$1`, `$2`, … and the values for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The SQL, valid on both databases.
    pub sql: &'static str,
    /// Values of `$1`, `$2`, ….
    pub args: Vec<Val>,
    /// How many rows must change; any other number makes the batch a [`StoreError::Conflict`].
    pub expect: Option<u64>,
}

impl Statement {
    /// A statement that may change any number of rows.
    #[must_use]
    pub fn new(sql: &'static str, args: Vec<Val>) -> Self {
        Self { sql, args, expect: None }
    }

    /// The same, but a conflict unless exactly `rows` rows change.
    #[must_use]
    pub fn expecting(mut self, rows: u64) -> Self {
        self.expect = Some(rows);
        self
    }
}

/// Statements that are kept together or not at all. Those of the key ring become durable first,
/// so a crash can leave a key without data but never data without its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Writes to the key ring.
    pub ring: Vec<Statement>,
    /// Writes to everything else.
    pub main: Vec<Statement>,
}

impl Batch {
    /// A batch that leaves the key ring alone.
    #[must_use]
    pub fn main(statements: Vec<Statement>) -> Self {
        Self { ring: Vec::new(), main: statements }
    }
}
