//! The example policies at work: each runs one case from report to close over the API, and every date is worked out by
//! hand in a comment before it is compared. Time is an argument: each act says when it happens.

mod dapr; // working days over Christmas, a quorum of two, a timeline
mod dates; // dates that move, a pause for older cases, what a newer version would change
pub mod desk; // the service with one policy, its team and its reporters
mod directus; // New York over Thanksgiving, what comes first, credit with conditions
mod duties; // pauses, silence, what is owed for a missed target, duties by law, drills
mod gates; // what any program can ask for before a step
mod disclosing; // conditions and credit, the schedule of a publication, release notes, closed reports
mod ibexa; // Oslo over Easter, a dialogue that pauses the clocks, credit in four parts
mod moved; // a newer version of the policy, and a case that is moved to it
mod minio; // hours over a week-end, the escalation chain, the fixed process
mod plans; // scope, versions, severity and effort
mod strapi; // a person's answer in Paris, a missed target, several remedies
