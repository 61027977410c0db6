//! Who really sent a mail: SPF, DKIM, DMARC and ARC, worked out from its bytes and the DNS. What its headers claim about
//! that is not read. The one exception is the line in which a mail server that the operator named says where it got the
//! mail from, for SPF asks about that server.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use candor_core::origin::{Check, Looked, Origin};
use mail_auth::common::resolver::ToFqdn as _;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcResult, MessageAuthenticator, SpfOutput, SpfResult,
};

use super::read::unfolded;
use crate::config::MailDns;

/// How long all checks of one mail may take together.
const PATIENCE: Duration = Duration::from_secs(60);
/// The same for one question to the DNS, and how often it is asked.
const ASKING: (Duration, usize) = (Duration::from_secs(5), 2);
/// Signatures of one mail that are looked at, DKIM and ARC together; more cost time and prove nothing.
const SIGNATURES: usize = 25;

/// Works out who sent mails. Clones share connections.
#[derive(Clone)]
pub struct Checker {
    dns: MessageAuthenticator,
    relays: Vec<String>,
}

impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Checker(..)")
    }
}

/// The server that a mail came from, as a server of the operator's noted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub ip: IpAddr,
    /// What it called itself.
    pub helo: String,
    /// The return path, where the noting server wrote it above.
    pub path: Option<String>,
}

impl Checker {
    /// Gets ready as the operator chose; `None` when mails are not to be checked.
    ///
    /// # Errors
    /// When the DNS of this machine is not set up, in words for the operator.
    pub fn new(dns: &MailDns, relays: &[String]) -> Result<Option<Self>, String> {
        let (config, mut options) = match dns {
            MailDns::Off => return Ok(None),
            MailDns::System => mail_auth::hickory_resolver::system_conf::read_system_conf()
                .map_err(|why| format!("the DNS of this machine cannot be used to check mails ({why}); name a server with --mail-dns, or --mail-dns off"))?,
            MailDns::Server(server) => (asking(*server), ResolverOpts::default()),
        };
        (options.timeout, options.attempts) = ASKING;
        let dns =
            MessageAuthenticator::new(config, options).map_err(|why| format!("mails cannot be checked: {why}"))?;
        Ok(Some(Self { dns, relays: relays.iter().map(|name| name.trim().to_ascii_lowercase()).collect() }))
    }

    /// Works out who sent a mail. `path` is the return path that the door was told.
    pub async fn check(&self, raw: &[u8], path: Option<&str>) -> Origin {
        let raw = with_line_ends(raw);
        match tokio::time::timeout(PATIENCE, Box::pin(self.checked(&raw, path))).await {
            Ok(origin) => origin,
            Err(_) => Origin { from: from_domain(&raw), dmarc: Check::Unreachable, ..Origin::default() },
        }
    }

    async fn checked(&self, raw: &[u8], path: Option<&str>) -> Origin {
        let Some(message) = AuthenticatedMessage::parse(raw) else { return Origin::default() };
        let signatures = message.dkim_headers.len() + message.as_headers.len() + message.ams_headers.len();
        let from = domain(message.from());
        if signatures > SIGNATURES {
            let spf = Looked::new(Check::Unknown, "");
            return Origin { from, spf, dmarc: Check::Broken, ..Origin::default() };
        }
        let dkim = Box::pin(self.dns.verify_dkim(&message)).await;
        let arc = Box::pin(self.dns.verify_arc(&message)).await;
        let peer = peer(raw, &self.relays);
        let path = path.or_else(|| peer.as_ref()?.path.as_deref()).unwrap_or_default();
        let output = match &peer {
            Some(peer) => {
                let asked = SpfParameters::verify(peer.ip, &peer.helo, "candor.invalid", path);
                Some(Box::pin(self.dns.verify_spf(asked)).await)
            }
            None => None,
        };
        let spf = match &output {
            Some(output) => Looked::new(of_spf(output.result()), output.domain().trim_end_matches('.')),
            None => Looked::new(Check::Unknown, ""),
        };
        let output = output.unwrap_or_else(|| SpfOutput::new(String::new()));
        let spf_domain = domain(path);
        let asked = DmarcParameters::new(&message, &dkim, &spf_domain, &output);
        let dmarc = Box::pin(self.dns.verify_dmarc(asked)).await;
        let signed = *dmarc.dkim_result() == DmarcResult::Pass && dkim.iter().any(|it| covers(it, &from));
        let sealer = arc.sets().last().map(|set| set.seal.header.d.clone()).unwrap_or_default();
        Origin {
            from,
            spf,
            dkim: dkim.iter().map(looked).collect(),
            dmarc: of_dmarc(&dmarc.result()),
            signed_by_sender: signed,
            arc: Looked::new(of_dkim(arc.result()), sealer),
        }
    }
}

fn asking(server: SocketAddr) -> ResolverConfig {
    let mut known = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut known.connections {
        connection.port = server.port();
    }
    ResolverConfig::from_name_servers(vec![known])
}

/// Whether a signature that holds is of the sender's domain, one above or one below it, and covers whom the mail shows as
/// sender and recipient and what it is about: so that no old mail of theirs passes for a new one.
fn covers(signature: &DkimOutput<'_>, from: &str) -> bool {
    let Some(found) = signature.signature().filter(|_| *signature.result() == DkimResult::Pass) else { return false };
    let near = |a: &str, b: &str| a == b || a.strip_suffix(b).is_some_and(|rest| rest.ends_with('.'));
    let by = found.d.trim_end_matches('.').to_ascii_lowercase();
    let covered = |name: &str| found.h.iter().any(|it| it.eq_ignore_ascii_case(name));
    by.contains('.') && (near(from, &by) || near(&by, from)) && ["from", "to", "subject"].into_iter().all(covered)
}

fn looked(output: &DkimOutput<'_>) -> Looked {
    Looked::new(of_dkim(output.result()), output.signature().map(|it| it.d.clone()).unwrap_or_default())
}

fn of_dkim(result: &DkimResult) -> Check {
    match result {
        DkimResult::Pass => Check::Pass,
        DkimResult::Fail(_) | DkimResult::Neutral(_) => Check::Fail,
        DkimResult::PermError(_) => Check::Broken,
        DkimResult::TempError(_) => Check::Unreachable,
        DkimResult::None => Check::None,
    }
}

fn of_spf(result: SpfResult) -> Check {
    match result {
        SpfResult::Pass => Check::Pass,
        SpfResult::Fail => Check::Fail,
        SpfResult::SoftFail => Check::SoftFail,
        SpfResult::Neutral => Check::Neutral,
        SpfResult::TempError => Check::Unreachable,
        SpfResult::PermError => Check::Broken,
        SpfResult::None => Check::None,
    }
}

fn of_dmarc(result: &DmarcResult) -> Check {
    match result {
        DmarcResult::Pass => Check::Pass,
        DmarcResult::Fail(_) => Check::Fail,
        DmarcResult::TempError(_) => Check::Unreachable,
        DmarcResult::PermError(_) => Check::Broken,
        DmarcResult::None => Check::None,
    }
}

/// The domain of an address, without the last dot and in small letters.
fn domain(address: &str) -> String {
    let domain = address.rsplit_once('@').map(|(_, domain)| domain.trim_end_matches(['>', '.', ' ']));
    domain.unwrap_or_default().to_fqdn().trim_end_matches('.').to_owned()
}

fn from_domain(raw: &[u8]) -> String {
    AuthenticatedMessage::parse(raw).map(|message| domain(message.from())).unwrap_or_default()
}

/// The mail with the line ends that signatures are made over; programs that hand mails over a pipe leave CR out.
fn with_line_ends(raw: &[u8]) -> Vec<u8> {
    if raw.windows(2).any(|two| two == b"\r\n") {
        return raw.to_vec();
    }
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 32);
    for byte in raw {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

/// The server that a mail came from, by the first `Received` line that a server of `relays` wrote about an address
/// outside. Lines stand newest first, and what stands below is the sender's to forge: so only a line above it that says
/// the mail came from a private address is passed over, and a line of any other server ends the search.
pub fn peer(raw: &[u8], relays: &[String]) -> Option<Peer> {
    let mut path = None;
    for (name, value) in unfolded(raw) {
        if name.eq_ignore_ascii_case("return-path") {
            path.get_or_insert_with(|| value.trim().trim_matches(['<', '>']).to_owned());
        }
        if !name.eq_ignore_ascii_case("received") {
            continue;
        }
        let (ip, helo, by) = received(&value)?;
        if !relays.iter().any(|relay| by.eq_ignore_ascii_case(relay)) {
            return None;
        }
        if !is_inside(ip) {
            return Some(Peer { ip, helo, path });
        }
    }
    None
}

/// Reads `from HELO (NAME [ADDRESS]) (remarks) by SERVER …`, the way Postfix and Stalwart write it; every other way is not
/// read, because parts of it are the sender's words.
fn received(value: &str) -> Option<(IpAddr, String, String)> {
    let rest = value.trim_start().strip_prefix("from ")?;
    let (helo, rest) = rest.trim_start().split_once([' ', '\t'])?;
    let plain = |text: &str| !text.is_empty() && !text.contains(['(', ')', '=', ';', '\\', '"']);
    let (seen, rest) = rest.trim_start().strip_prefix('(')?.split_once(')')?;
    let (name, address) = seen.split_once(' ')?;
    let address = address.trim().strip_prefix('[')?.strip_suffix(']')?;
    let address = address.strip_prefix("IPv6:").unwrap_or(address);
    if !plain(helo) || !plain(name) || name.contains('[') {
        return None;
    }
    let mut rest = rest.trim_start();
    while let Some(remark) = rest.strip_prefix('(') {
        rest = remark.split_once(')')?.1.trim_start();
    }
    let by = rest.strip_prefix("by ")?.split_ascii_whitespace().next()?;
    Some((address.parse().ok()?, helo.to_owned(), by.trim_end_matches(';').to_owned()))
}

/// Whether an address is of this machine or a private network.
fn is_inside(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relays() -> Vec<String> {
        vec!["mx.example.org".into(), "in.example.org".into()]
    }

    fn found(lines: &str) -> Option<(String, String)> {
        let raw = format!("{lines}From: a@b.example\n\nx").replace('\n', "\r\n");
        peer(raw.as_bytes(), &relays()).map(|peer| (peer.ip.to_string(), peer.helo))
    }

    #[test]
    fn the_peer_is_what_a_named_server_noted_and_nothing_below_it() {
        let good = "Received: from out.a.example (out.a.example [192.0.2.7])\n\t(using TLSv1.3 with cipher X)\n\tby mx.example.org (Postfix) with ESMTPS id 1;\n";
        let seven = Some(("192.0.2.7".to_owned(), "out.a.example".to_owned()));
        assert_eq!(found(good), seven);
        let inner = "Received: from mx.example.org (mx [10.0.0.2]) by in.example.org with LMTP;\n";
        assert_eq!(found(&format!("{inner}{good}")), seven, "a hop inside is passed over");
        let forged = "Received: from good.bank.example (good.bank.example [198.51.100.1]) by mx.example.org;\n";
        assert_eq!(found(&format!("{good}{forged}")), seven, "what stands below is the sender's");
        assert_eq!(found(&format!("Received: from x (x [192.0.2.9]) by other.example;\n{forged}")), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn the_name_that_a_sender_gives_itself_is_never_read_as_its_address() {
        for line in [
            "Received: from [198.51.100.1] (helo=[198.51.100.2]) by mx.example.org;\n",
            "Received: from a (helo [198.51.100.1] (b [192.0.2.1]) by mx.example.org;\n",
            "Received: from 192.0.2.1 ([198.51.100.1] helo=x) by mx.example.org;\n",
            "Received: by mx.example.org (Postfix, from userid 0);\n",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
        let line = "Received: from [198.51.100.1] (unknown [IPv6:2001:db8::1]) by mx.example.org with SMTP;\n";
        assert_eq!(found(line).map(|(ip, _)| ip), Some("2001:db8::1".into()));
    }

    #[test]
    fn the_return_path_is_read_above_the_named_servers_line_only() {
        let raw = b"Return-Path: <a@b.example>\r\nReceived: from x (y [192.0.2.1]) by mx.example.org;\r\nReturn-Path: <z@z.example>\r\n\r\n";
        assert_eq!(peer(raw, &relays()).and_then(|peer| peer.path), Some("a@b.example".into()));
        let raw = b"Received: from x (y [192.0.2.1]) by mx.example.org;\r\nReturn-Path: <z@z.example>\r\n\r\n";
        assert_eq!(peer(raw, &relays()).and_then(|peer| peer.path), None);
    }

    #[test]
    fn bare_line_ends_become_whole_ones() {
        assert_eq!(with_line_ends(b"a\nb\n"), b"a\r\nb\r\n");
        assert_eq!(with_line_ends(b"a\r\nb\n"), b"a\r\nb\n");
    }
}
