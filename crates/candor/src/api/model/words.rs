//! States, severities, kinds: the closed lists.

mirror! {
    /// Where a case stands.
    State = candor_core::case::State {
        /// Nobody of the team has answered.
        New,
        /// A member has answered; it is being looked into.
        Triage,
        /// Confirmed; a fix is being made.
        Confirmed,
        /// A fix is out or another remediation is in force.
        Fixed,
        /// The advisory is public.
        Published,
        /// Ended without an advisory, or put to rest after one.
        Closed,
    }
}

mirror! {
    /// Severity band.
    Severity = candor_formats::cvss::Severity { None, Low, Medium, High, Critical }
}

mirror! {
    /// The door a report came through.
    Channel = candor_core::event::Channel { Form, Api, Mail, Member, PublicIssue }
}

mirror! {
    /// What came of a verification.
    VerificationResult = candor_core::event::VerificationResult { Reproduced, Partly, NotReproduced }
}

mirror! {
    /// Kinds of remediation and of decisions about a version.
    FixKind = candor_core::event::FixKind { Patch, Disable, Countermeasure, Workaround, NotAffected, WillNotFix }
}

mirror! {
    /// Commitment: the team stands by it. Target: the team aims at it, and owes a reason when it misses.
    PromiseKind = candor_core::policy::PromiseKind { Commitment, Target }
}

mirror! {
    /// A step that a gate of the policy can guard.
    Step = candor_core::policy::Step {
        Acknowledge, Confirm, Reject, Rate, Embargo, Fix, Approve, Order, Publish, Close, Reopen,
    }
}

mirror! {
    /// What a gate of the policy asks for.
    Need = candor_core::policy::Need {
        Verification, AnotherMember, TwoMembersDiscussed, Approvals, SimilarProblemsAudit, DecisionPerVersion,
        Remediation, Severity, Fields, SecondApprover, CreditAsked, CreditAnswered, Timeline, EmbargoAgreed,
        Checklist,
    }
}

mirror! {
    /// What a member is in a program.
    Role = candor_core::access::Role { Observer, Developer, Approver, Analyst, Member, Coordinator }
}

mirror! {
    /// How much work a fix is.
    Effort = candor_core::policy::Effort { Small, Medium, Large }
}

mirror! {
    /// When a problem is mended.
    Plan = candor_core::policy::Plan { FixNow, NextUpdate, WillNotFix }
}

mirror! {
    /// A section of an advisory.
    Section = candor_core::comments::Section {
        Title, Summary, Products, Severity, Details, Impact, Conditions, Cause, Workaround, References, Aliases,
        Credits, Timeline, Distribution, Change,
    }
}

mirror! {
    /// The label of the Traffic Light Protocol 2.0: who may read an advisory.
    Tlp = candor_formats::advisory::Tlp {
        /// Everybody.
        Clear,
        /// The reader's community.
        Green,
        /// The reader's organisation and its clients.
        Amber,
        /// The reader's organisation only.
        AmberStrict,
        /// The reader only.
        Red,
    }
}

impl Default for Tlp {
    fn default() -> Self {
        candor_formats::advisory::Tlp::default().into()
    }
}

mirror! {
    /// What an outside party is.
    PartyKind = candor_core::parties::PartyKind { Maintainer, Vendor, Researcher }
}

mirror! {
    /// What a reporter is to the program.
    Standing = candor_core::event::Standing { Staff, Partner, Outside }
}

mirror! {
    /// Why a vulnerability of a package does not make a product vulnerable; the closed list of VEX, with dashes.
    Justification = candor_core::event::Justification {
        ComponentNotPresent, VulnerableCodeNotPresent, VulnerableCodeNotInExecutePath,
        VulnerableCodeCannotBeControlledByAdversary, InlineMitigationsAlreadyExist,
    }
}
