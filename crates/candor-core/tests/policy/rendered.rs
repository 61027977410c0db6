//! What a policy publishes.

use crate::given::{at, policy};
use candor_core::policy::render;

#[test]
fn s7_a_target_is_never_worded_as_a_commitment() {
    let policy = policy(
        r#"
[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "7 days"
[[promises]]
name = "patch"
what = "a patch"
kept_by = "fix"
within = "7 days"
kind = "target"
[disclosure]
no_sla = "This is no service level agreement."
"#,
    );
    let text = render::security_md(&policy, None);
    assert!(text.contains("| An answer | within 7 days of your report | We commit to it |"), "{text}");
    assert!(text.contains("| A patch | within 7 days of your report | We aim at it |"), "{text}");
    assert!(text.contains("What we aim at is no commitment."));
    assert!(text.contains("This is no service level agreement."));
}

#[test]
fn words_of_the_policy_stay_words_in_html_and_markdown() {
    let mut policy = policy("");
    policy.program.name = "<b>A & B</b>".into();
    policy.program.summary = "See <script>alert(1)</script> *and* [this](javascript:x) | `that`".into();
    policy.channels.never = vec!["# no heading".into(), "1. no list".into()];
    let html = render::html(&policy, Some("https://security.example.org"));
    assert!(html.contains("&lt;b&gt;A &amp; B&lt;/b&gt;"));
    assert!(!html.contains("<script"));
    let text = render::security_md(&policy, None);
    assert!(text.contains(r"\<script\>alert(1)\</script\> \*and\* \[this\](javascript:x) \| \`that\`"), "{text}");
    assert!(text.contains("\n\\# no heading\n"));
    assert!(text.contains("\n1\\. no list\n"));
}

#[test]
fn addresses_in_a_sentence_become_links() {
    let policy = policy("[scope]\nstatement = \"See https://example.org/a_b(c). Then write.\"\n");
    let text = render::security_md(&policy, None);
    assert!(text.contains("See <https://example.org/a_b%28c>). Then write."), "{text}");
}

#[test]
fn the_form_is_linked_where_a_site_serves_it() {
    let policy = policy("[channels]\nemail = \"security@example.org\"\n");
    assert!(
        render::security_md(&policy, Some("https://s.example.org")).contains("(https://s.example.org/sample/report)")
    );
    assert!(render::html(&policy, Some("")).contains("href=\"/sample/report\""));
    assert!(!render::security_md(&policy, None).contains("/sample/report"));
}

#[test]
fn security_txt_names_the_form_the_address_and_the_key() {
    let mut policy = policy("[channels]\nemail = \"security@example.org\"\n[report]\nlanguages = [\"en\", \"de\"]\n");
    policy.contacts[0].openpgp = Some("ABCD 1234 ABCD 1234 ABCD 1234 ABCD 1234 ABCD 1234".into());
    let file = render::security_txt_of(&[&policy, &policy], "https://s.example.org", at("2027-05-20T00:00Z"));
    assert_eq!(file.contact, ["https://s.example.org/sample/report", "mailto:security@example.org"]);
    assert_eq!(file.canonical, ["https://s.example.org/.well-known/security.txt"]);
    assert_eq!(file.policy, ["https://s.example.org/sample"]);
    assert_eq!(file.preferred_languages, ["en", "de"]);
    assert_eq!(file.encryption, ["openpgp4fpr:abcd1234abcd1234abcd1234abcd1234abcd1234"]);
    let text = render::security_txt(&policy, "https://s.example.org", at("2027-05-20T00:00Z"));
    assert!(text.contains("Contact: https://s.example.org/sample/report\n"), "{text}");
    assert!(text.contains("Expires: 2027-05-20T00:00:00"), "{text}");
}

#[test]
fn the_schema_knows_every_section() {
    let schema = render::schema();
    for section in [
        "program",
        "contacts",
        "channels",
        "scope",
        "versions",
        "report",
        "promises",
        "calendar",
        "gates",
        "severity",
        "disclosure",
        "credit",
        "dependencies",
        "advisories",
        "publish",
    ] {
        assert!(schema["properties"][section].is_object(), "{section}");
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn json_has_the_keys_of_the_file_and_no_contact_that_is_not_public() {
    let mut policy = policy("[credit]\ndefault = \"anonymous\"\n");
    policy.contacts[1].public = false;
    let json = render::json(&policy);
    assert_eq!(json["credit"]["default"], "anonymous");
    assert_eq!(json["calendar"]["time_zone"], "UTC");
    assert!(!json.to_string().contains("two@example.org"));
}

#[test]
fn d5_the_insights_file_names_repositories_and_where_the_policy_stands() {
    let policy = policy(
        "[[scope.products]]\nname = \"One: \\\"quoted\\\"\"\nrepositories = [\"github.com/sample/one\", \"github.com/sample/*\", \"*\"]\n",
    );
    let day = jiff::civil::date(2027, 1, 4);
    let text = render::security_insights(&policy, Some("https://s.example.org"), day).unwrap();
    let expected = expect_test::expect![[r##"
        # Printed by Candor from the policy file. Change that file, not this one.
        header:
          schema-version: "2.1.0"
          last-updated: "2027-01-04"
          last-reviewed: "2027-01-04"
          url: "https://s.example.org/sample"
        project:
          name: "Sample"
          homepage: "https://github.com/sample/one"
          administrators:
            - name: "primary"
              email: "one@example.org"
              primary: true
            - name: "secondary"
              email: "two@example.org"
              primary: false
          repositories:
            - name: "One: \"quoted\""
              url: "https://github.com/sample/one"
              comment: "Covered by the security policy of Sample."
            - name: "One: \"quoted\""
              url: "https://github.com/sample"
              comment: "Covered by the security policy of Sample."
          vulnerability-reporting:
            reports-accepted: true
            bug-bounty-available: false
            contact:
              name: "primary"
              email: "one@example.org"
              primary: true
            security-policy: "https://s.example.org/sample"
            comment: "Private form: https://s.example.org/sample/report"
            in-scope:
              - "One: \"quoted\""
    "##]];
    expected.assert_eq(&text);
    let mut nowhere = policy.clone();
    nowhere.scope.products.clear();
    assert_eq!(render::security_insights(&nowhere, None, day), None, "the specification asks for a repository");
}

#[test]
fn s7_addresses_of_recipients_are_in_nothing_that_is_published() {
    let policy = policy(
        "[[disclosure.recipients]]\nname = \"lists\"\naddresses = [\"secret@lists.example\"]\n\n\
         [[disclosure.schedule]]\nname = \"tell\"\nwhat = \"tell the lists\"\nat = \"-2 days\"\ndone_by = \"candor\"\ntell = \"lists\"\n",
    );
    let base = Some("https://s.example.org");
    for text in [render::security_md(&policy, base), render::html(&policy, base), render::json(&policy).to_string()] {
        assert!(text.contains("2 days") && !text.contains("secret@"), "{text}");
    }
    assert!(
        render::security_md(&policy, base).contains(
            "| 2 days before | Tell the lists | lists: a reference, the date and the severity, nothing more |"
        )
    );
}
