//! A passkey in a real browser with an authenticator of its own: made, used to sign in, and used as a fresh proof.

use chromiumoxide::cdp::browser_protocol::web_authn::{
    AddVirtualAuthenticatorParams, AuthenticatorProtocol, AuthenticatorTransport, EnableParams,
    VirtualAuthenticatorOptions,
};

use super::house::House;
use super::person::Chromium;
use super::team::join;

/// Tells the story. A passkey needs a host name, and this machine's own is one.
pub async fn tell(house: &House, chromium: &Chromium) {
    let home = house.url.replace("127.0.0.1", "localhost");
    let link = house.setup_link().replace("127.0.0.1", "localhost");
    let ada = join(chromium.person(&home).await, &link, "Ada Quist", "ada@minio.example", "-").await;
    let person = &ada.person;
    person.page.execute(EnableParams::default()).await.expect("WebAuthn is watched");
    let mut options = VirtualAuthenticatorOptions::new(AuthenticatorProtocol::Ctap2, AuthenticatorTransport::Internal);
    options.has_resident_key = Some(true);
    options.has_user_verification = Some(true);
    options.is_user_verified = Some(true);
    options.automatic_presence_simulation = Some(true);
    person.page.execute(AddVirtualAuthenticatorParams::new(options)).await.expect("an authenticator");

    person.go("/desk/settings").await.press("Make a passkey").await.look("passkey-make").await;
    person.press("Make a passkey").await.sees("Made in").await.look("settings-passkey").await;

    person.press("Sign out").await.press("Sign in with a passkey").await.look("passkey-sign-in").await;
    person.fill("Address", "ada@minio.example").await.press("Go on").await.look("passkey-use").await;
    person.press("Use your passkey").await;
    assert_eq!(person.path().await, "/desk");

    person.go("/desk/confirm?next=/desk/settings").await.press("Use a passkey").await.look("passkey-confirm").await;
    person.press("Use your passkey").await;
    assert_eq!(person.path().await, "/desk/settings");
    person.sees("Last used").await;
}
