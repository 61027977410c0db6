//! A store of an older version opens, and nobody reads more than before: the tables are made as the eighth layout had them,
//! when it was not yet written down to whom a case is open.

use std::collections::BTreeMap;
use std::path::Path;

use candor::app::App;
use candor::execute::{execute, load_case};
use candor::store::cases;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::id::CaseId;
use rusqlite::Connection;

use crate::access_matrix::POLICY;
use crate::letters::{at, filed};
use crate::support::service::open;

/// The last layout without grants.
const OLD: usize = 8;

fn member(name: &str, role: Role) -> Actor {
    Actor::Member { id: name.into(), roles: vec![("store".into(), role)] }
}

/// Writes the database anew as an older version had it: its tables, and of each row what they hold.
fn as_of_old(data: &Path) {
    let new = data.join("candor.db");
    let old = data.join("old.db");
    let connection = Connection::open(&old).expect("a database");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/schema");
    for step in 1..=OLD {
        let sql = std::fs::read_to_string(schema.join(format!("main_{step:04}.sql"))).expect("a step");
        let sql = sql.replace("{int}", "integer").replace("{bytes}", "blob").replace("{text}", "text");
        let sql = sql.replace("{table}", " strict").replace("{keyed}", " strict, without rowid");
        connection.execute_batch(&sql).unwrap_or_else(|why| panic!("step {step}: {why}"));
    }
    connection.execute("attach database ?1 as new", [new.display().to_string()]).expect("it is attached");
    let names = |sql: &str| -> Vec<String> {
        let mut asked = connection.prepare(sql).expect("it is read");
        let rows = asked.query_map([], |row| row.get(0)).expect("it is read");
        rows.map(|name| name.expect("a name")).collect()
    };
    for table in names("select name from main.sqlite_master where type = 'table'") {
        let columns = names(&format!("select name from pragma_table_info('{table}', 'main')")).join(", ");
        let copy = format!("insert into main.{table} ({columns}) select {columns} from new.{table}");
        connection.execute_batch(&copy).unwrap_or_else(|why| panic!("{table}: {why}"));
    }
    let version = format!(
        "create table schema_version (version integer not null) strict; insert into schema_version (version) values ({OLD});"
    );
    connection.execute_batch(&version).expect("the version is written");
    assert!(!names("select name from pragma_table_info('case_row', 'main')").contains(&"grants".to_owned()));
    connection.execute_batch("detach database new").expect("it is detached");
    drop(connection);
    for end in ["-wal", "-shm"] {
        std::fs::remove_file(data.join(format!("candor.db{end}"))).ok();
    }
    std::fs::rename(old, new).expect("it takes its place");
}

/// What each may read, and to whom each row is open.
async fn seen(app: &App, cases: &[CaseId]) -> (BTreeMap<String, bool>, Vec<String>) {
    let mut reads = BTreeMap::new();
    let mut grants = Vec::new();
    for case in cases {
        for (name, role) in [
            ("ines", Role::Coordinator),
            ("ana", Role::Analyst),
            ("bob", Role::Analyst),
            ("dev", Role::Developer),
            ("ruth", Role::Observer),
        ] {
            let may = load_case(app, &member(name, role), case).await.is_ok();
            reads.insert(format!("{name} reads {case}"), may);
        }
        grants.push(cases::get(&app.store, case.as_str()).await.expect("a store").expect("a row").grants);
    }
    (reads, grants)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_from_before_grants_opens_and_nobody_reads_more_than_before() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = open(&folder, &[POLICY], |_| ()).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(filed(&app, "reporter@outside.example").await.case);
    }
    let ana = member("ana", Role::Analyst);
    for case in &all[1..] {
        execute(&app, &ana, case, Command::Acknowledge { text: "Thank you.".into() }, None).await.expect("taken up");
    }
    let answer = Command::Answer { text: "We look at it.".into(), files: vec![], next_steps: false };
    execute(&app, &ana, &all[2], answer, None).await.expect("answered");
    let before = seen(&app, &all).await;
    assert_eq!(before.0.values().filter(|reads| **reads).count(), 3 + 3, "{:?}", before.0);
    let data = app.config.data.clone();
    drop(app);

    as_of_old(&data);
    let app = open(&folder, &[], |_| ()).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    assert_eq!(seen(&app, &all).await, before);
    assert!(!before.1.iter().any(|grants| grants.contains('?')), "worked out for every case");
}
