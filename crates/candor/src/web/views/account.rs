//! Pages of accounts: signing in, the first set-up, an invitation, recovery codes shown once.

use super::parts::{Field, Group, Link, Problem, SafeHtml, Shell};
use askama::Template;

/// `/desk/sign-in`: password and code on one page, or a recovery code in place of the code.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/sign_in.html")]
pub struct SignIn {
    /// Around the page.
    pub shell: Shell,
    /// Where to go afterwards; sent back as `next`.
    pub next: String,
    /// The address that was typed.
    pub email: String,
    /// What has to be mended; says nothing about which part was wrong.
    pub problems: Vec<Problem>,
    /// Whether passkeys can be used under this address.
    pub passkeys: bool,
    /// Other services to sign in with.
    pub others: Vec<Link>,
    /// In a demonstration: whom to sign in as. Name, address, password, code now.
    pub demo_accounts: Vec<DemoAccount>,
}

/// A person one can sign in as in a demonstration.
#[derive(Debug, Clone, Default)]
pub struct DemoAccount {
    /// Name and role.
    pub name: String,
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
    /// The code of this minute.
    pub code: String,
}

impl SignIn {
    /// The fields in the order of the page.
    pub fn fields(&self) -> Vec<Field> {
        vec![
            Field::new("email", "Address", super::Control::Typed("email".into()))
                .value(self.email.clone())
                .autocomplete("username"),
            Field::new("password", "Password", super::Control::Typed("password".into()))
                .autocomplete("current-password"),
            Field::line("code", "Code")
                .hint("Six digits from your authenticator app, or a recovery code.")
                .autocomplete("one-time-code")
                .narrow(),
        ]
    }
}

/// The first set-up and the acceptance of an invitation, step one: who you are and a password.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/account.html")]
pub struct NewAccount {
    /// Around the page.
    pub shell: Shell,
    /// The heading, like `Set up Candor` or `Join the team of MinIO`.
    pub title: String,
    /// A sentence under it.
    pub lead: String,
    /// Where the form is sent.
    pub action: String,
    /// Name as typed.
    pub name: String,
    /// Address as typed.
    pub email: String,
    /// What has to be mended; field ids `name email password code`.
    pub problems: Vec<Problem>,
    /// Which step of how many, like `Step 1 of 3`.
    pub step: String,
    /// Whether address and code of an invitation are asked for, before anything else.
    pub asks_code: bool,
    /// Shows that they were given; empty for a link that has no code.
    pub proof: String,
    /// Other services whose account may stand in for a password.
    pub others: Vec<Link>,
}

impl NewAccount {
    fn problem(&self, field: &str) -> Option<String> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.clone())
    }

    /// The fields in the order of the page.
    pub fn fields(&self) -> Vec<Field> {
        if self.asks_code {
            return vec![
                Field::new("email", "Your address", super::Control::Typed("email".into()))
                    .hint("The one that was invited.")
                    .value(self.email.clone())
                    .autocomplete("username")
                    .error(self.problem("email")),
                Field::line("code", "Code of the invitation")
                    .hint("Eight digits. Whoever invited you tells it by another way than the link.")
                    .autocomplete("off")
                    .narrow()
                    .error(self.problem("code")),
            ];
        }
        vec![
            Field::hidden("proof", self.proof.clone()),
            Field::line("name", "Your name")
                .hint("As the team and reporters see it.")
                .value(self.name.clone())
                .autocomplete("name")
                .error(self.problem("name")),
            Field::new("email", "Your address", super::Control::Typed("email".into()))
                .hint("You sign in with it, and letters to you go there.")
                .value(self.email.clone())
                .autocomplete("username")
                .error(self.problem("email")),
            Field::new("password", "Password", super::Control::Typed("password".into()))
                .hint("At least 12 characters. Several words in a row are good.")
                .autocomplete("new-password")
                .error(self.problem("password")),
        ]
    }
}

/// Step two: the authenticator.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/authenticator.html")]
pub struct Authenticator {
    /// Around the page.
    pub shell: Shell,
    /// Where the form is sent.
    pub action: String,
    /// The QR code as inline `<svg>` markup of our own making.
    pub qr: SafeHtml,
    /// The key for typing, in groups of four.
    pub key: String,
    /// Fields that come back as they went, such as a sealed token of step one.
    pub hidden: Vec<Field>,
    /// What has to be mended; field id `code`.
    pub problems: Vec<Problem>,
    /// Which step of how many.
    pub step: String,
}

impl Authenticator {
    /// The one field of the page.
    pub fn field(&self) -> Field {
        Field::new("code", "Code", super::Control::Digits)
            .hint("The six digits that the app shows now.")
            .autocomplete("one-time-code")
            .narrow()
            .error(self.problems.first().map(|problem| problem.text.clone()))
    }
}

/// Step three: recovery codes, shown once.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/codes.html")]
pub struct RecoveryCodes {
    /// Around the page.
    pub shell: Shell,
    /// The codes.
    pub codes: Vec<String>,
    /// Where to go on.
    pub next: String,
    /// Which step of how many; empty for none.
    pub step: String,
}

/// Signing in with a passkey, and making one.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/passkey.html")]
pub struct PasskeyPage {
    /// Around the page.
    pub shell: Shell,
    /// The heading.
    pub title: String,
    /// A sentence under it.
    pub lead: String,
    /// Where the form is sent.
    pub action: String,
    /// `get` or `create` when the browser is asked for a passkey; empty for a plain form.
    pub kind: String,
    /// Options for the browser, as JSON.
    pub options: String,
    /// The questions.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// The button.
    pub submit: String,
    /// Another way.
    pub otherwise: Option<Link>,
}
