//! Pages of whoever manages the desk: the words of letters, and sign-in services.

use super::house::House;
use super::person::Chromium;
use super::team::join;

/// Words of a program's own for one letter: broken ones come back with the place, good ones are shown and used.
pub async fn words_of_letters(house: &House, chromium: &Chromium) {
    let ada = join(chromium.person(&house.url).await, &house.setup_link(), "Ada Quist", "ada@minio.example", "-").await;
    let person = &ada.person;
    person.go("/desk/settings/letters").await.sees("MinIO").await.misses("own words").await.look("letters").await;
    person
        .press("To the reporter: a question")
        .await
        .sees("The usual words are in use")
        .await
        .look("letter-usual")
        .await;

    // What stands at its ends is no part of a text.
    let broken = "Subject: A question about {{case}}\n\nPlease read {{link}}.";
    person.fill("Text of the letter", broken).await.press("Use these words").await;
    person.sees("There is a problem").await.sees("link").await.look("letter-broken").await;
    assert_eq!(person.ask("field('text').value").await, broken, "nothing typed is lost");

    let words = "Subject: A question about {{case}}\n\nDear reporter,\n\n{{lead}}\n\n{{expected}}\n\n{{url}}\n\n{{answers}}\n\nYours, the team of {{program}}\n";
    person.fill("Text of the letter", words).await.press("Show a preview").await;
    person.sees("Yours, the team of MinIO").await.sees("The usual words are in use").await.look("letter-preview").await;
    person.press("Use these words").await.sees("The program's own words are in use").await.look("letter-own").await;
    person.press("Go back").await.sees("own words").await;
    person.press("To the reporter: a question").await.press("Back to the usual words").await;
    person.sees("The usual words are in use").await;
}

/// A sign-in service: an inner address is refused by its field, a good one is listed with the address that it has to know.
pub async fn sign_in_services(house: &House, chromium: &Chromium) {
    let ada = join(chromium.person(&house.url).await, &house.setup_link(), "Ada Quist", "ada@minio.example", "-").await;
    let person = &ada.person;
    person.go("/desk/settings/providers").await.sees("There is none.").await.look("providers-empty").await;
    person.fill("Short name", "work").await.fill("Name on the button", "Work account").await;
    person.fill("Issuer", "http://127.0.0.1/realm").await.fill("Client id", "candor").await;
    person.press("Add it").await.sees("Write the issuer as the provider does").await.look("providers-refused").await;
    assert_eq!(person.ask("field('title').value").await, "Work account", "nothing typed is lost");
    person.fill("Issuer", "https://id.example.org").await.fill("Client secret", "not shown again").await;
    person.press("Add it").await.sees("https://id.example.org").await.misses("not shown again").await;
    person.sees("/desk/sign-in/with/work/answer").await.look("providers").await;

    let visitor = chromium.person(&house.url).await;
    let buttons = visitor.go("/desk/sign-in").await.attributes("a[href^='/desk/sign-in/with/work']", "href").await;
    assert_eq!(buttons.len(), 1, "the service stands on the page to sign in");
    visitor.look("sign-in-services").await;
    person.press("Remove Work account and unlink everybody").await.sees("There is none.").await;
}
