//! Members of the team: how they join and sign in, and what they do with a case.

use candor::accounts::totp;
use jiff::{SignedDuration, Timestamp};

use super::person::Person;

pub const PASSWORD: &str = "tin harbour sleeps early";

/// A member at the desk, with their authenticator and recovery codes.
pub struct Member {
    pub person: Person,
    pub email: String,
    secret: Vec<u8>,
    recovery: Vec<String>,
}

/// Joins by a link, with a code when it is an invitation: name and password, authenticator, recovery codes.
pub async fn join(person: Person, invitation: &str, name: &str, email: &str, picture: &str) -> Member {
    let (link, code) = invitation.split_once('\n').unwrap_or((invitation, ""));
    person.go(link).await;
    if !code.is_empty() {
        person.look(&format!("{picture}-0-code")).await;
        person.fill("Your address", email).await.fill("Code of the invitation", "1234").await.press("Go on").await;
        person.sees("do not fit together").await;
        person.fill("Code of the invitation", code.trim()).await.press("Go on").await;
    }
    person.look(&format!("{picture}-1-account")).await;
    person.fill("Your name", name).await.fill("Your address", email).await;
    person.fill("Password", "too short").await.press("Go on to the authenticator").await;
    person.sees("There is a problem").await.sees("12").await;
    assert_eq!(person.ask("field('Your name').value").await, name, "nothing typed is lost");
    person.fill("Password", PASSWORD).await.press("Go on to the authenticator").await;
    person.look(&format!("{picture}-2-authenticator")).await;
    let secret = totp::from_letters(&person.read("code.key").await).expect("the key on the page is one");
    let code = totp::code(&secret, Timestamp::now()).expect("a code");
    person.fill("code", &code).await.press("Check the code").await;
    let recovery = person.read_all("#codes li").await;
    assert!(recovery.len() >= 8, "{recovery:?}");
    person.look(&format!("{picture}-3-recovery")).await;
    person.press("I have kept them, go to the desk").await.look(&format!("{picture}-4-desk")).await;
    Member { person, email: email.to_owned(), secret, recovery }
}

impl Member {
    /// Leaves, and signs in with the code of the next half minute: the one before was used up.
    pub async fn leave_and_come_back(&self) {
        let person = &self.person;
        person.press("Sign out").await.look("sign-in").await;
        let next = Timestamp::now() + SignedDuration::from_secs(30);
        let code = totp::code(&self.secret, next).expect("a code");
        person.fill("Address", &self.email).await.fill("Password", "not the password at all").await;
        person.fill("Code", "000000").await.press("Sign in").await;
        person.sees("There is a problem").await.look("sign-in-refused").await;
        person.fill("Password", PASSWORD).await.fill("Code", &code).await.press("Sign in").await;
        assert_eq!(person.path().await, "/desk");
    }

    /// Proves with a recovery code that it is them; the same code proves nothing twice.
    pub async fn prove(&self, next: &str) {
        let person = &self.person;
        let code = self.recovery.first().expect("a code");
        person.go(&format!("/desk/confirm?next={next}")).await.look("desk-confirm").await;
        person.fill("Code", code).await.press("Go on").await;
        assert_eq!(person.path().await, next);
        person.go(&format!("/desk/confirm?next={next}")).await.fill("Code", code).await.press("Go on").await;
        person.sees("was used before").await;
    }

    /// Opens a case from the queue by its title; gives its path.
    pub async fn open(&self, title: &str) -> String {
        self.person.go("/desk").await.press(title).await;
        self.person.path().await
    }

    /// Goes to a case. Who coordinates its program and is not on it puts themselves on it first.
    pub async fn comes_to(&self, case: &str) -> &Person {
        self.person.go(case).await;
        if self.person.text().await.contains("Put yourself on the case") {
            self.person.look("case-door").await.press("Put yourself on the case").await;
            assert_eq!(self.person.path().await, case);
        }
        &self.person
    }

    /// Starts an act on a case by its words.
    pub async fn begin(&self, case: &str, act: &str) -> &Person {
        self.comes_to(case).await.press(act).await;
        self.person.sees(act).await
    }

    pub async fn acknowledge(&self, case: &str) {
        let person = self.begin(case, "Acknowledge the report").await;
        person.sees("The reporter sees this.").await.look("act-acknowledge").await;
        person.press("Send the acknowledgement").await;
        assert_eq!(person.path().await, case);
    }

    pub async fn verify(&self, case: &str, environment: &str, impact: &str) {
        let person = self.begin(case, "Record a verification").await;
        person.sees("Only the team sees this.").await.look("act-verify").await;
        person.fill("Where you tried it", environment).await.tick("It happens as told").await;
        person.fill("What it leads to", impact).await.press("Record the verification").await;
        person.sees(environment).await;
    }

    pub async fn confirm(&self, case: &str, words: &str) {
        let person = self.begin(case, "Confirm the report").await;
        person.fill("Your words to the reporter", words).await.press("Confirm the report").await;
        person.sees("confirmed the report").await;
    }

    /// Rates by the lists of CVSS 3.1 and a pasted vector of 4.0.
    pub async fn rate(&self, case: &str, v3: &[(&str, &str)], v4: &str) {
        let person = self.begin(case, "Rate the severity").await;
        for (metric, value) in v3 {
            person.choose(&format!("v3-{metric}"), value).await;
        }
        person.fill("CVSS 4.0 vector", v4).await.look("act-rate").await;
        person.press("Save the rating").await.sees(v4).await;
    }

    pub async fn name_weakness(&self, case: &str, cwe: &str, name: &str) {
        let person = self.begin(case, "Name the weakness").await;
        person.look("act-weakness").await.fill("Weakness", cwe).await.press("Save the weakness").await.sees(name).await;
    }

    pub async fn audit(&self, case: &str, looked: &str, found: &str) {
        let person = self.begin(case, "Record the audit for similar problems").await;
        person.look("act-audit").await.fill("Where you looked", looked).await.fill("What you found", found).await;
        person.press("Record the audit").await.sees(looked).await;
    }

    /// Writes the advisory, looks at how it will look, and saves it.
    pub async fn write_advisory(&self, case: &str, draft: &[(&str, &str)]) {
        let person = self.comes_to(case).await;
        person.press("Write the advisory").await.look("advisory-empty").await;
        for (name, words) in draft {
            person.fill(name, words).await;
        }
        person.press("Show how it looks").await.look("advisory-preview").await;
        let title = draft.iter().find(|(name, _)| *name == "title").map_or("", |(_, words)| words);
        let sheet = person.read(".sheet").await;
        assert!(sheet.contains(title), "{sheet}{}", person.read(".preview").await);
        for (name, words) in draft {
            assert_eq!(person.ask(&format!("field('{name}').value")).await, *words, "the preview keeps what was typed");
        }
        person.press("Save the draft").await.sees("Draft 1, saved by").await;
    }

    pub async fn approve(&self, case: &str) {
        let person = &self.person;
        person.go(&format!("{case}/advisory")).await.press("Approve draft 1").await.look("act-approve").await;
        person.press("Approve this draft").await.sees("approved by").await;
    }

    /// Orders the publication, by way of the page that says what becomes visible.
    pub async fn publish(&self, case: &str, stays: &str) {
        let person = self.begin(case, "Publish the advisory").await;
        person.look("act-publish").await.press("Check it").await.look("check-publish").await;
        person.sees("with the release of the fix").await.sees(stays).await;
        person.press("Publish").await.sees("goes out with the fix").await;
    }

    pub async fn record_fix(&self, case: &str, version: &str, url: &str) {
        let person = self.begin(case, "Record a fix or a decision").await;
        person.look("act-fix").await.tick("A fix is released").await.fill("Version that has it", version).await;
        person.fill("Where it can be had", url).await.press("Put it on record").await.sees(version).await;
    }
}
