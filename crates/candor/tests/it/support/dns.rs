//! A DNS server on this machine that knows a fixed zone, and domains that sign their mail.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::DkimSigner;
use mail_auth::hickory_resolver::proto::op::{Message, ResponseCode};
use mail_auth::hickory_resolver::proto::rr::rdata::TXT;
use mail_auth::hickory_resolver::proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;

/// Answers questions for text records; every other name does not exist.
pub struct Dns {
    pub at: SocketAddr,
    zone: Arc<Mutex<BTreeMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Dns {
    /// Begins to answer; it ends with the test.
    pub async fn begin(zone: &[(&str, &str)]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let at = socket.local_addr().expect("its address");
        let zone = zone.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let dns = Self { at, zone: Arc::new(Mutex::new(zone)), asked: Arc::default() };
        let (zone, asked) = (dns.zone.clone(), dns.asked.clone());
        tokio::spawn(async move {
            let mut buffer = [0; 4_096];
            loop {
                let (length, from) = socket.recv_from(&mut buffer).await.expect("a question");
                let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
                let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
                answer.metadata.recursion_available = true;
                for query in &question.queries {
                    answer.add_query(query.clone());
                    let name = query.name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
                    asked.lock().expect("no panic").push(name.clone());
                    match zone.lock().expect("no panic").get(&name) {
                        Some(text) if query.query_type == RecordType::TXT => {
                            let pieces = text.as_bytes().chunks(250).map(|it| String::from_utf8_lossy(it).into_owned());
                            let data = RData::TXT(TXT::new(pieces.collect()));
                            answer.add_answer(Record::from_rdata(query.name.clone(), 60, data));
                        }
                        Some(_) => {}
                        None => answer.metadata.response_code = ResponseCode::NXDomain,
                    }
                }
                let bytes = answer.to_vec().expect("it is written");
                let _ = socket.send_to(&bytes, from).await;
            }
        });
        dns
    }

    /// Publishes a record.
    pub fn says(&self, name: &str, text: &str) {
        self.zone.lock().expect("no panic").insert(name.to_owned(), text.to_owned());
    }

    /// Every name that was asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// A domain that signs its mail, with the key it publishes.
pub struct Signing {
    domain: String,
    pkcs8: Vec<u8>,
}

impl Signing {
    /// A fresh key, published at `dns` beside a rule that all mail of the domain is signed, and one server that may send.
    pub fn publish(dns: &Dns, domain: &str, server: &str) -> Self {
        use std::fmt::Write as _;
        let pkcs8 = Ed25519Key::generate_pkcs8().expect("a key");
        let public = Ed25519Key::from_pkcs8_maybe_unchecked_der(&pkcs8).expect("a key").public_key();
        let mut key = String::new();
        for piece in public.chunks(3) {
            let bits = piece.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - piece.len()));
            for place in 0..4 {
                let letter = match place <= piece.len() {
                    true => char::from(
                        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                            [(bits >> (18 - 6 * place) & 63) as usize],
                    ),
                    false => '=',
                };
                let _ = write!(key, "{letter}");
            }
        }
        dns.says(&format!("one._domainkey.{domain}"), &format!("v=DKIM1; k=ed25519; p={key}"));
        dns.says(&format!("_dmarc.{domain}"), "v=DMARC1; p=reject");
        dns.says(domain, &format!("v=spf1 ip4:{server} -all"));
        Self { domain: domain.to_owned(), pkcs8 }
    }

    /// The mail with a signature of the domain above it.
    pub fn sign(&self, raw: &[u8]) -> Vec<u8> {
        self.signed(raw, false)
    }

    /// The same over the body as long as it is now (`l=`), so that more can be put below it.
    pub fn sign_beginning(&self, raw: &[u8]) -> Vec<u8> {
        self.signed(raw, true)
    }

    fn signed(&self, raw: &[u8], length: bool) -> Vec<u8> {
        let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(&self.pkcs8).expect("a key");
        let signer = DkimSigner::from_key(key).domain(self.domain.as_str()).selector("one");
        let signer = signer.headers(["From", "To", "Subject", "Message-ID"]).body_length(length);
        let signed = signer.sign(raw).expect("it is signed");
        [signed.to_header().as_bytes(), raw].concat()
    }

    /// The mail as a server of the domain passes it on: with a seal over it that says it saw `seen` (ARC, RFC 8617).
    pub fn seal(&self, raw: &[u8], seen: &str) -> Vec<u8> {
        use mail_auth::arc::ArcSealer;
        use mail_auth::{ArcOutput, AuthenticatedMessage, AuthenticationResults};
        let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(&self.pkcs8).expect("a key");
        let sealer =
            ArcSealer::from_key(key).domain(self.domain.as_str()).selector("one").headers(["From", "To", "Subject"]);
        let message = AuthenticatedMessage::parse(raw).expect("a mail");
        let results = AuthenticationResults::new(seen);
        let set = sealer.seal(&message, &results, &ArcOutput::default()).expect("it is sealed");
        [set.to_header().as_bytes(), raw].concat()
    }

    /// The same over the seals that are on it, after looking at them as `dns` has their keys: with what it found of them.
    pub async fn seal_again(&self, dns: SocketAddr, raw: &[u8], seen: &str) -> Vec<u8> {
        use mail_auth::arc::ArcSealer;
        use mail_auth::hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
        use mail_auth::{AuthenticatedMessage, AuthenticationResults, MessageAuthenticator};
        let mut server = NameServerConfig::udp_and_tcp(dns.ip());
        server.connections.iter_mut().for_each(|connection| connection.port = dns.port());
        let asks = ResolverConfig::from_name_servers(vec![server]);
        let checks = MessageAuthenticator::new(asks, ResolverOpts::default()).expect("a DNS");
        let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(&self.pkcs8).expect("a key");
        let sealer =
            ArcSealer::from_key(key).domain(self.domain.as_str()).selector("one").headers(["From", "To", "Subject"]);
        let message = AuthenticatedMessage::parse(raw).expect("a mail");
        let found = checks.verify_arc(&message).await;
        let results = AuthenticationResults::new(seen);
        let set = sealer.seal(&message, &results, &found).expect("it is sealed");
        [set.to_header().as_bytes(), raw].concat()
    }
}
