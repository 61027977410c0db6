//! What becomes of a mail that a member passes on: held, then filed as its author's when it is proven, else as what it is.

use candor_core::id::{CaseId, MemberId, ProgramSlug};
use candor_core::origin::Origin;
use jiff::Timestamp;

use super::forwards::{self, Forwarded, Held};
use super::kept::Kept;
use super::read::Limits;
use super::receive::{Mail, Outcome, WHOLE};
use super::{members, tasks};
use crate::accounts::{self, MemberView};
use crate::app::App;
use crate::error::Error;
use crate::execute::report::{file_report_beside, hex};
use crate::execute::{Beside, Letters};
use crate::store;

/// A mail that was kept until it was known whose it is: filed for its author when it is proven to be the member's, else as
/// what it is. Takes it off the list.
///
/// # Errors
/// When it could not be kept; it stays on the list then.
pub(super) async fn held(
    app: &App,
    (file, came): (&str, Timestamp),
    held: Held,
    (member, program): (&MemberId, &ProgramSlug),
    origin: &Origin,
) -> Result<(), Error> {
    let Some(policy) = app.policy(program) else { return Err(Error::internal("the program is not in service")) };
    let limits = Limits { files: app.config.files_limit.saturating_sub(1), ..Limits::default() };
    let raw = (file, held.raw.clone());
    let letter = Box::pin(super::members::opened(app, program, member, raw, limits)).await?;
    let mut mail = Mail::new(app, program.clone(), letter, held.raw, held.path, "", None)?;
    mail.held = Some(file.to_owned());
    let address = mail.letter.from.as_ref().map(|from| from.address.clone()).unwrap_or_default();
    let member = accounts::member(app, member).await?;
    let signature = match &member {
        Some(member) => members::signature(app, member, &mail.letter, came).await?,
        None => None,
    };
    mail.signature = signature;
    let right = match (member, members::is_proven(&policy, origin, signature.is_some())) {
        (_, Err(why)) => Err(why),
        (Some(member), Ok(())) if forwards::may_file(app, &member, program, &address) => Ok(member),
        _ => Err("the member may not file reports"),
    };
    let mut kept = Kept::new(app);
    let found = forwards::forwarded(app, &mail.letter).await?;
    let filed = match (right, found) {
        (Ok(member), Some(found)) => match mail.on_behalf(&found, &member, &mut kept).await {
            Err(Error::Refused(why)) => {
                mail.log(&why);
                kept.forget().await;
                mail.more.push(format!("It passes on another mail for its author, and could not be filed so: {why}."));
                mail.report(&mut kept).await
            }
            other => other,
        },
        (Err(why), _) => {
            mail.more.push(format!("It passes on another mail under a member's name; that is not proven: {why}."));
            mail.report(&mut kept).await
        }
        (_, None) => mail.report(&mut kept).await,
    };
    match filed {
        Ok(Outcome::Later) => Err(Error::Busy),
        Ok(_) => Ok(()),
        Err(why) => {
            kept.drop_unused().await;
            Err(why)
        }
    }
}

impl Mail<'_> {
    /// Keeps it until it is known whether it is the member's.
    pub(super) async fn hold(&self, member: &MemberId) -> Result<Outcome, Error> {
        let held = Held { path: self.path.clone(), raw: self.raw.clone() };
        let (file, act) = (hex(&self.key), forwards::task(member, &self.program));
        let row = tasks::sealed(self.app, &file, "", &act, &held.bytes(), self.now)?;
        match self.app.store.commit(store::Batch::main(vec![row])).await {
            Ok(()) => {
                self.app.nudge_worker();
                Ok(Outcome::Held)
            }
            Err(store::StoreError::Conflict) => Ok(Outcome::Again),
            Err(why) => Err(why.into()),
        }
    }

    /// Files the mail that a member passes on as its author's.
    async fn on_behalf(&self, found: &Forwarded, member: &MemberView, kept: &mut Kept<'_>) -> Result<Outcome, Error> {
        for file in found.inner.files.iter().take(self.app.config.files_limit.saturating_sub(1)) {
            match Box::pin(kept.add(&file.name, &file.bytes)).await {
                Err(Error::FileTooLarge { .. }) => {}
                other => other?,
            }
        }
        Box::pin(kept.add(WHOLE, &self.raw)).await?;
        let mut report = forwards::report(found, member, self.now);
        report.facts.files.clone_from(&kept.files);
        let rows = |case: &CaseId| {
            let mut rows = vec![self.seen(&self.writer, case.as_str(), Letters::Now)];
            rows.extend(self.to_check(case, &kept.files, None));
            rows.extend(kept.rows());
            rows.extend(self.held.as_deref().map(store::mail_tasks::delete_statement));
            rows.extend(self.signature.map(|it| it.row(&self.program, case, self.now)));
            rows
        };
        let beside = Beside { rows: &rows, letters: Letters::Now };
        let actor = member.actor(self.app);
        let filed = Box::pin(file_report_beside(self.app, &actor, &self.program, report, &beside)).await?;
        Ok(Outcome::Filed(filed.case))
    }
}
