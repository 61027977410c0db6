//! Cases with a journal, put straight into the store.

use candor::store::cases::{self, CaseRow, NEVER};
use candor::store::journal::{self, Entry, Head};
use candor::store::{Batch, Statement, Store};

/// An entry of the story, `n` of its stream.
pub fn entry(n: i64) -> Entry {
    Entry {
        at: 1_760_000_000_000_000 + n,
        kind: "noted".into(),
        actor: "member:M1".into(),
        body: format!("sealed bytes of entry {n}").into_bytes(),
        person: (n == 2).then(|| "P1".into()),
        person_body: (n == 2).then(|| b"sealed bytes about a person".to_vec()),
    }
}

/// The row of a case whose chain ends at `head`.
pub fn case_row(id: &str, program: &str, due_at: i64, head: Head) -> CaseRow {
    CaseRow {
        id: id.into(),
        program: program.into(),
        policy_version: 1,
        state: "new".into(),
        open: true,
        severity: None,
        assignee: None,
        opened_at: 1,
        updated_at: 1,
        due_at,
        due_state: None,
        due_name: None,
        wake_at: (due_at != NEVER).then_some(due_at),
        card: b"sealed card".to_vec(),
        waiting_on: None,
        head_seq: head.seq,
        head_hash: head.hash.to_vec(),
        grants: " ".into(),
    }
}

/// The statements of a case with `length` entries.
pub fn case_statements(id: &str, program: &str, length: i64, due_at: i64) -> Vec<Statement> {
    let entries: Vec<Entry> = (1..=length).map(entry).collect();
    let (mut statements, head) = journal::append_statements(id, Head::EMPTY, &entries);
    statements.push(cases::insert_statement(&case_row(id, program, due_at, head)));
    statements.extend(cases::count_statements(None, Some((program, "new"))));
    statements
}

/// Keeps a case with `length` entries.
pub async fn keep_case(store: &Store, id: &str, length: i64) {
    store.commit(Batch::main(case_statements(id, "minio", length, NEVER))).await.expect("the case is kept");
}
