//! What else can come of a report: other verdicts, a date that is declined, a report that is taken back, and two members
//! who write at once.

use jiff::{SignedDuration, Timestamp};

use super::house::House;
use super::person::{Chromium, Person};
use super::team::{Member, join};

/// Every other end, one after the other.
pub async fn tell(house: &House, chromium: &Chromium) {
    let ada = join(chromium.person(&house.url).await, &house.setup_link(), "Ada Quist", "ada@minio.example", "-").await;
    let link = house.invite("Bela Noor", "bela@minio.example", "coordinator");
    let bela = join(chromium.person(&house.url).await, &link, "Bela Noor", "bela@minio.example", "-").await;
    let reporter = chromium.person(&house.url).await;
    asks_answers_and_takes_it_back(&ada, &reporter).await;
    rejected_and_taken_up_again(&ada, &bela, &reporter).await;
    out_of_scope(&ada, &bela, &reporter).await;
    known_already(&ada, &bela, &reporter).await;
    two_at_once(&ada, &bela, &reporter).await;
}

/// Files a short report; the reporter then stands on its page.
async fn file(reporter: &Person, title: &str) {
    reporter.go("/minio/report").await.fill("What you found, in one sentence", title).await;
    reporter.fill("What is wrong", "It does what it should not do.").await;
    reporter.press("Send the report privately").await.press("Go to your report").await.sees(title).await;
}

async fn leave(reporter: &Person) {
    reporter.go("/receipt").await.press("Leave this page and forget the receipt here").await;
}

async fn asks_answers_and_takes_it_back(ada: &Member, reporter: &Person) {
    let title = "A policy with two wildcards matches everything";
    file(reporter, title).await;
    reporter.press("Nudge the primary coordinator").await.sees("They were asked to look at your report").await;
    reporter.sees("the primary coordinator was told").await.sees("Last nudge").await.look("own-nudged").await;

    let case = ada.open(title).await;
    ada.person.sees("asked for news").await;
    let until = (Timestamp::now() + SignedDuration::from_hours(30 * 24)).strftime("%Y-%m-%d 14:00").to_string();
    let person = ada.begin(&case, "Propose a disclosure date").await;
    person.fill("Nothing is published before", "some day").await.press("Propose this date").await;
    person.sees("There is a problem").await.look("act-propose-embargo-refused").await;
    person.fill("Nothing is published before", &until).await;
    person
        .fill("text", "The release is planned for then.")
        .await
        .press("Propose this date")
        .await
        .sees("14:00 UTC")
        .await;

    reporter.go("/receipt").await.sees("A date for publishing is proposed").await.look("own-embargo-asked").await;
    reporter.fill("#embargo-text", "I speak about it the week before.").await.press("Decline and say why").await;
    reporter.sees("Your answer about the date is with the team").await.sees("would rather have another date").await;
    ada.person.go(&case).await.sees("I speak about it the week before.").await;
    let person = ada.begin(&case, "Propose a disclosure date").await;
    person.fill("Nothing is published before", &until).await.press("Propose this date").await;
    reporter.go("/receipt").await.press("Agree to the date").await.sees("agreed that nothing is published").await;
    ada.person.go(&case).await.sees("agreed").await.look("case-embargo-agreed").await;

    reporter.go("/receipt").await.unfold("Change how you are named").await.tick("Name me with these words").await;
    reporter
        .fill("Name to publish", "N. Ilves")
        .await
        .press("Save the choice")
        .await
        .sees("Your choice about credit")
        .await;
    ada.person.go(&case).await.sees("N. Ilves").await;

    reporter.go("/receipt").await.press("Withdraw the report").await.sees("Withdraw your report?").await;
    reporter.look("own-withdraw").await.fill("Why", "The wildcard was mine.").await.press("Withdraw the report").await;
    reporter.sees("You took the report back.").await.look("own-withdrawn").await;
    ada.person.go(&case).await.sees("took the report back").await.sees("The wildcard was mine.").await;
    ada.person.look("case-withdrawn").await;
    leave(reporter).await;
}

/// One member tries it, another rejects it with the reason; what was wrong about that is mended.
async fn rejected_and_taken_up_again(ada: &Member, bela: &Member, reporter: &Person) {
    let title = "The console shows a version number";
    file(reporter, title).await;
    let case = ada.open(title).await;
    ada.verify(&case, "the latest release", "Nothing is gained by knowing it.").await;
    let person = bela.begin(&case, "Reject the report").await;
    person.look("act-reject").await.press("Check it").await.sees("There is a problem").await;
    let words = "The version is public, and the policy does not count on hiding it.";
    person.fill("The reason, for the reporter", words).await.press("Check it").await.look("check-reject").await;
    person.press("Reject the report").await.look("case-rejected").await;
    reporter.go("/receipt").await.sees(words).await.look("own-rejected").await;
    reporter.fill("#text", "It shows the build's key as well.").await.press("Send to the team").await;
    bela.comes_to(&case).await.sees("It shows the build's key as well.").await;
    let person = bela.begin(&case, "Take the case up again").await;
    person.fill("The reason", "There is more to it.").await.press("Take the case up again").await;
    reporter.go("/receipt").await.sees("took the case up again").await.look("own-reopened").await;
    leave(reporter).await;
}

async fn out_of_scope(ada: &Member, bela: &Member, reporter: &Person) {
    let title = "A program that uses the client library logs its keys";
    file(reporter, title).await;
    let case = ada.open(title).await;
    ada.verify(&case, "the latest release", "The library logs nothing.").await;
    let person = bela.begin(&case, "Mark as out of scope").await;
    person.fill("clause", "other-programs").await.fill("instead", "Those who make the program").await;
    person.fill("Your words to the reporter", "The program that logs them is not ours.").await;
    person.press("Check it").await.look("check-out-of-scope").await.press("Mark as out of scope").await;
    reporter.go("/receipt").await.sees("closed it as out of scope").await.sees("is not ours").await;
    reporter.look("own-out-of-scope").await;
    leave(reporter).await;
}

/// The reporter is told that it is known, and not which case has it.
async fn known_already(ada: &Member, bela: &Member, reporter: &Person) {
    let title = "The version can be read off the console";
    file(reporter, title).await;
    let first = ada.open("The console shows a version number").await;
    let id = first.rsplit('/').next().expect("the case's name").to_owned();
    let case = ada.open(title).await;
    ada.verify(&case, "the latest release", "The same as before.").await;
    let person = bela.begin(&case, "Mark as known already").await;
    person.fill("The case that has it", &id).await.fill("Your words to the reporter", "Somebody was faster.").await;
    person.press("Check it").await.look("check-duplicate").await.press("Mark as known already").await.sees(&id).await;
    reporter.go("/receipt").await.sees("Somebody was faster.").await.misses(&id).await.look("own-duplicate").await;
    leave(reporter).await;
}

/// Both write; the second is told what the first did, and keeps what they typed.
async fn two_at_once(ada: &Member, bela: &Member, reporter: &Person) {
    let title = "Two doors open at once";
    file(reporter, title).await;
    let case = ada.open(title).await;
    ada.verify(&case, "two machines", "One door stays open.").await;
    bela.comes_to(&case).await;
    bela.person.go(&format!("{case}/describe")).await.fill("title", "Both doors open at once").await;
    ada.person.go(&format!("{case}/acknowledge")).await.press("Send the acknowledgement").await;
    bela.person.press("Save the description").await.sees("Somebody else changed this case").await;
    bela.person.sees("acknowledged").await.look("act-changed").await;
    assert_eq!(bela.person.ask("field('title').value").await, "Both doors open at once", "nothing typed is lost");
    bela.person.press("Save the description").await.sees("Both doors open at once").await;
    ada.person.go(&case).await.sees("Both doors open at once").await.sees("acknowledged").await;
    leave(reporter).await;
}
