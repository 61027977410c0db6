//! PostgreSQL: one transaction per batch on a pooled connection.

use std::error::Error as Cause;

use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod};
use tokio::sync::mpsc;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use tokio_postgres::{IsolationLevel, NoTls};

use super::dialect::{Dialect, text_for};
use super::error::{Result, StoreError};
use super::schema::{History, MAIN, RING};
use super::value::{Batch, Row, Statement, Val};

/// Connections to one server.
const CONNECTIONS: usize = 16;
/// Schema of the key ring when it shares the server with the data.
const RING_SCHEMA: &str = "candor_ring";
/// How often a batch that lost a deadlock is tried again.
const TRIES: u32 = 4;
/// Number of the advisory lock under which tables are made or changed.
const MIGRATION_LOCK: i64 = 0x0063_616e_646f_7200;

/// Rows fetched at once when whole tables are read.
const DUMP_ROWS: i32 = 500;

/// One table to read whole.
pub(crate) struct Dump {
    /// The query.
    pub(crate) select: String,
}

impl ToSql for Val {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Cause + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(it) if *ty == Type::INT4 => i32::try_from(*it)?.to_sql(ty, out),
            Self::Int(it) => it.to_sql(ty, out),
            Self::Text(it) => it.to_sql(ty, out),
            Self::Bytes(it) => it.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

impl<'a> FromSql<'a> for Val {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Cause + Sync + Send>> {
        Ok(match *ty {
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(ty, raw)?.into()),
            Type::BOOL => Self::Int(bool::from_sql(ty, raw)?.into()),
            Type::BYTEA => Self::Bytes(Vec::from_sql(ty, raw)?),
            _ => Self::Text(String::from_sql(ty, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Cause + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::INT8
                | Type::INT4
                | Type::BOOL
                | Type::BYTEA
                | Type::TEXT
                | Type::VARCHAR
                | Type::NAME
                | Type::UNKNOWN
        )
    }
}

impl From<PoolError> for StoreError {
    fn from(why: PoolError) -> Self {
        match why {
            PoolError::Backend(why) => why.into(),
            other => Self::Busy(other.to_string()),
        }
    }
}

/// The server, and the second one when the key ring lives apart.
pub(crate) struct Postgres {
    main: Pool,
    apart: Option<Pool>,
}

fn pool(url: &str) -> Result<Pool> {
    let mut config: tokio_postgres::Config = url.parse().map_err(|why: tokio_postgres::Error| {
        StoreError::Database(format!("the database address cannot be read: {why}").into())
    })?;
    let options = format!("{} -c search_path=public,{RING_SCHEMA}", config.get_options().unwrap_or_default());
    config.options(options.trim());
    if config.get_application_name().is_none() {
        config.application_name("candor");
    }
    let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    Pool::builder(manager).max_size(CONNECTIONS).build().map_err(|why| StoreError::Database(why.into()))
}

async fn migrate(pool: &Pool, history: &History) -> Result<()> {
    let mut client = pool.get().await?;
    let exists =
        client.query_one("select to_regclass($1) is not null", &[&history.table]).await?.try_get::<_, bool>(0)?;
    if exists {
        let version = client.query_one(&history.version_sql(), &[]).await?.try_get::<_, Option<i64>>(0)?.unwrap_or(0);
        if history.upgrade_sql(version, Dialect::Postgres)?.is_none() {
            return Ok(());
        }
    }
    let tx = client.transaction().await?;
    tx.execute("select pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
    if history.table == RING.table {
        tx.batch_execute(&format!("create schema if not exists {RING_SCHEMA}; set local search_path to {RING_SCHEMA}"))
            .await?;
    }
    tx.batch_execute(&history.table_sql(Dialect::Postgres)).await?;
    let version = tx.query_one(&history.version_sql(), &[]).await?.try_get::<_, Option<i64>>(0)?.unwrap_or(0);
    if let Some(sql) = history.upgrade_sql(version, Dialect::Postgres)? {
        tx.batch_execute(&sql).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn read(rows: &[tokio_postgres::Row]) -> Result<Vec<Row>> {
    rows.iter()
        .map(|row| Ok(Row((0..row.len()).map(|index| row.try_get::<_, Val>(index)).collect::<Result<_, _>>()?)))
        .collect()
}

fn borrowed(args: &[Val]) -> Vec<&(dyn ToSql + Sync)> {
    args.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl Postgres {
    /// Connects, and brings the tables up to date. The key ring lives in a schema of its own on the
    /// same server unless `ring` names another one.
    pub(crate) async fn open(url: &str, ring: Option<&str>) -> Result<Self> {
        let main = pool(url)?;
        let apart = ring.map(pool).transpose()?;
        migrate(&main, &MAIN).await?;
        migrate(apart.as_ref().unwrap_or(&main), &RING).await?;
        Ok(Self { main, apart })
    }

    pub(crate) fn pool(&self, ring: bool) -> &Pool {
        if ring { self.apart.as_ref().unwrap_or(&self.main) } else { &self.main }
    }

    pub(crate) async fn query(&self, ring: bool, sql: &'static str, args: &[Val]) -> Result<Vec<Row>> {
        let client = self.pool(ring).get().await?;
        let statement = client.prepare_cached(text_for(sql, Dialect::Postgres)).await?;
        read(&client.query(&statement, &borrowed(args)).await?)
    }

    pub(crate) async fn commit(&self, batch: &Batch) -> Result<()> {
        let mut tries = 1;
        loop {
            match self.commit_once(batch).await {
                Err(StoreError::Busy(_)) if tries < TRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }

    async fn commit_once(&self, batch: &Batch) -> Result<()> {
        match &self.apart {
            // On one server one commit makes both durable at once, which is no later than "first".
            None => write(&self.main, &batch.ring, &batch.main).await,
            Some(apart) => {
                write(apart, &batch.ring, &[]).await?;
                write(&self.main, &batch.main, &[]).await
            }
        }
    }

    /// Reads whole tables as they are at one instant, a page at a time, in the order given.
    pub(crate) async fn dump(
        &self,
        ring: bool,
        tables: &[Dump],
        pages: &mpsc::Sender<(usize, Vec<Row>)>,
    ) -> Result<()> {
        let mut client = self.pool(ring).get().await?;
        let tx =
            client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await?;
        for (index, dump) in tables.iter().enumerate() {
            let portal = tx.bind(&tx.prepare(&dump.select).await?, &[]).await?;
            loop {
                let page = read(&tx.query_portal(&portal, DUMP_ROWS).await?)?;
                if page.is_empty() {
                    break;
                }
                pages.send((index, page)).await.map_err(|_| StoreError::Damaged("the copy ended early".into()))?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn purge_ring(&self) -> Result<()> {
        self.pool(true).get().await?.batch_execute("vacuum ring").await?;
        Ok(())
    }
}

async fn write(pool: &Pool, first: &[Statement], then: &[Statement]) -> Result<()> {
    if first.is_empty() && then.is_empty() {
        return Ok(());
    }
    let mut client = pool.get().await?;
    let tx = client.transaction().await?;
    for statement in first.iter().chain(then) {
        let prepared = tx.prepare_cached(text_for(statement.sql, Dialect::Postgres)).await?;
        let changed = tx.execute(&prepared, &borrowed(&statement.args)).await?;
        if statement.expect.is_some_and(|rows| rows != changed) {
            return Err(StoreError::Conflict);
        }
    }
    tx.commit().await?;
    Ok(())
}
