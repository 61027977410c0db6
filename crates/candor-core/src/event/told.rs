//! Who is told of an event: the team alone, its reporter, or only those who may see another case as well.

use super::Event;

impl Event {
    /// Whether it changes nothing about the case itself: that somebody looked, or linked it with another.
    pub fn is_trace(&self) -> bool {
        matches!(self, Event::Seen | Event::ReadingNoticed { .. }) || self.is_between_cases()
    }

    /// Whether it is told only to those who may see another case as well.
    pub fn is_between_cases(&self) -> bool {
        matches!(self, Event::Related { .. } | Event::Unrelated { .. })
    }

    /// Whether the reporter sees it on their page.
    pub fn is_shown_to_reporter(&self) -> bool {
        if let Event::BellRung { bell, .. } = self {
            return !crate::schedule::is_bell(bell);
        }
        if let Event::Published { record } = self {
            return record.tlp.is_public();
        }
        !matches!(
            self,
            Event::Assigned { .. }
                | Event::Noted { .. }
                | Event::MailUnverified { .. }
                | Event::MailChecked { .. }
                | Event::LetterReturned { .. }
                | Event::Described { .. }
                | Event::Verified { .. }
                | Event::Gathered { .. }
                | Event::Prioritised { .. }
                | Event::TaskSet { .. }
                | Event::Released { .. }
                | Event::PartOf { .. }
                | Event::Discussed { .. }
                | Event::Audited { .. }
                | Event::AdvisoryDrafted { .. }
                | Event::AdvisoryCommented { .. }
                | Event::CommentResolved { .. }
                | Event::AdvisoryApproved { .. }
                | Event::PublicationOrdered { .. }
                | Event::PublicationHeld { .. }
                | Event::PublicationDated { .. }
                | Event::ApprovalWithdrawn { .. }
                | Event::GateOverridden { .. }
                | Event::StepTicked { .. }
                | Event::Related { .. }
                | Event::Unrelated { .. }
                | Event::Ticked { .. }
                | Event::StepDone { .. }
                | Event::EffortEstimated { .. }
                | Event::DependencyAssessed { .. }
                | Event::ContactGiven { .. }
                | Event::Forgotten { .. }
                | Event::Submitted { .. }
                | Event::IncidentKnown { .. }
                | Event::Party { .. }
                | Event::Seen
                | Event::PutOn { .. }
                | Event::TakenOff { .. }
                | Event::GlassBroken { .. }
                | Event::ReadingNoticed { .. }
        )
    }
}
