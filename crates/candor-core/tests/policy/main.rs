//! Policies, their calendars, clocks and gates, through the public functions of the crate.

#![allow(clippy::unwrap_used)]

mod asked;
mod broken;
mod broken_sense;
mod calendar;
mod changes;
mod checklists;
mod clocks;
mod dates;
mod deadlines;
mod documented;
mod duties;
mod examples;
mod forecast;
mod further;
mod gates;
mod given;
mod handover;
mod import;
mod levels;
mod marks;
mod party_files;
mod merging;
mod rendered;
mod scope;
mod standing;
mod times;
mod verdicts;
mod schedule;
