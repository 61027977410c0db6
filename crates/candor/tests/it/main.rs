//! The shell's tests, one binary: each module tells one story through public surfaces.

#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a story says what it leaves out, and what it took")]

mod api; // the JSON API over HTTP
mod openapi; // the description of the API
mod api_abuse; // generated and odd requests to it
mod cli; // the binary on the command line
mod demo; // the demonstration shows everything
mod access_matrix; // every address, and what each role gets from it
mod access_story; // who reads which case, and what others can tell of it
mod reading_budget; // how many cases a member opens in a short time
mod accounts; // people of the team through their pages
mod case_story; // one case from report to advisory
mod letters; // letters leave once each and carry nothing of the case
mod mail_reading; // mails as people write them, and as nobody should
mod mail_in; // a mail becomes a case, or a message of one
mod mail_members; // members answer from their own mail program
mod mail_signed; // signed with their own key
mod mail_misled;
mod mail_team_letters; // letters to members, encrypted
mod mail_sealed; // encrypted to members alone
mod mail_origin; // who really sent a mail
mod mail_abuse; // mail as a weapon
mod fuzz_entries; // the entry points of the fuzzer, over seeds
mod mail_words; // letters in a program's own words
mod mail_outage; // a mail server that is down for a week
mod mail_corpus; // odd mails of other programs
mod mail_doors; // LMTP and the pipe
mod mail_tls; // letters leave inside TLS or wait
mod mail_openpgp; // encrypted and signed mail
mod mail_pieces; // whoever takes it apart has no key, and is not believed
mod mail_case; // what one mail can become; a whole case of MinIO's by encrypted mail
mod mail_server; // Postfix and Dovecot, where they are installed
mod form; // the form of a policy, without script
mod oidc_story; // signing in with an account elsewhere
mod passkey_story; // signing in with a key of one's own device
mod page_scripts; // scripts of pages, without a browser
mod parties_story; // outside parties, each with a cut of their own
mod parties_files; // files shared with an outside party, and sent by one
mod policies_story; // the example policies, each from report to close over the API
mod receipt; // the page behind a receipt
mod receipt_sealed; // the same, without any key of the desk
mod anchor_story; // heads of the journals, kept elsewhere
mod floods; // under attack
mod uploads; // large files, cut off and at once
mod sealed_story; // a report that the server cannot read
mod front_story; // the service in parts: door, front, desk
mod confined; // foreign bytes, taken apart by processes that hold nothing
mod hostile_web; // hostile files, links and texts
mod previews;
mod proof_story; // what was received, signed
mod rotation; // another root key, while the desk works
mod headers; // what every answer carries
mod sign_letters; // what members are told of the ways into their account
mod token_story; // what a program with a token may do, and where
mod upgrade_story; // a store of an older version shows nobody more than before
mod clock_abuse; // days without the service, and dates that others claim
mod disk_abuse; // small disks, few files, little memory
mod store_story; // the store, on SQLite and on PostgreSQL
mod chain_story; // every way to tamper with a journal is seen
mod keys_story; // what opens, and what must not
mod blob_bucket; // the same in a bucket that may lie
mod blob_story; // sealed files, cut and shuffled
mod browser; // the main job in a real browser
mod backup_story; // copies, restored into either database
mod support; // what stories share
mod tidy; // floors, rooms, licences, and the page of requirements
mod triage_door; // what is said and looked up when a report comes in
mod triage_known; // what was decided before, and what is proposed
mod triage_lists; // many rows at once: a fold, a branch matrix, checklists
mod triage_marks; // marks and lines of the queue that depend on who looks
mod triage_story; // verdicts, appeals, merging and splitting
mod tree; // the public tree: whole, valid, on time
mod osv_api; // scanners ask what is published
mod follow; // subscribers and hooks
mod cve_services; // numbers and records at the CVE program
mod disclosed; // what becomes public, and who decides it
mod record_story; // comments on a draft
mod record_editions; // chosen lines, commits, thanks, marks, backport, dispute, withdrawal
mod bucket; // the public tree in an object store
mod moment_abuse; // publishing alone, formulas in lists, a crafted past
mod embargo; // nothing before its instant, whatever breaks
mod imported; // advisories of the past
mod provider; // a CSAF provider, requirement by requirement
mod readers; // what programs of other makers make of a provider
mod whole_story; // the real program, killed at every flush
mod noise_story; // scanner output, likely duplicates, search, what a pipeline sends
mod watch_story; // channels that fail, the record in public, who was told of a breach
mod waiting_story; // what was sealed without keys becomes cases, each its own
mod openpgp_files; // files of OpenPGP, shown as what they are
mod openpgp; // with GnuPG on the other side, and hostile bytes
mod worker_story; // letters wait, leave in order, are given up
