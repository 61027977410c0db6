//! Whether time tells what words do not: pairs of requests whose answers are equal, asked in turns of chance, and compared by
//! Welch's t over thousands of them. An absolute t above 4.5 is the usual mark for a difference that can be seen.
//!
//! `bench-intake --timing` (`--rounds 20000` for more). No test asserts these figures: they depend on the machine.

use super::{Connection, Result, Server, open, write_policy};
use candor::accounts::{self, signin, token};
use candor::keys::random;
use candor_core::access::Role;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Instant;

/// The mark.
const SEEN: f64 = 4.5;

#[derive(Default)]
struct Side(Vec<f64>);

impl Side {
    /// Number, mean and variance of the mean, without the slowest twentieth: that is the machine's noise.
    fn figures(&mut self) -> (usize, f64, f64) {
        self.0.sort_by(f64::total_cmp);
        self.0.truncate(self.0.len() - self.0.len() / 20);
        let n = self.0.len() as f64;
        let mean = self.0.iter().sum::<f64>() / n;
        let variance = self.0.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (self.0.len(), mean, variance / n)
    }
}

fn print(what: &str, mut one: Side, mut other: Side) {
    let (n, mean_one, var_one) = one.figures();
    let (m, mean_other, var_other) = other.figures();
    let t = (mean_one - mean_other) / (var_one + var_other).sqrt();
    let word = if t.abs() < SEEN { "not seen" } else { "SEEN" };
    println!("{what:<52} {:>6} {mean_one:>10.1} {mean_other:>10.1} {t:>8.2}  {word}", n + m);
}

/// Asks one of two requests by chance, so many times.
async fn pair(address: SocketAddr, what: &str, rounds: usize, asks: [(String, &str); 2]) -> Result<()> {
    let mut connection = Connection::open(address).await?;
    let mut sides = [Side::default(), Side::default()];
    for round in 0..rounds {
        let side = usize::from(random::number() & 1 == 1);
        let (request, expected) = &asks[side];
        let began = Instant::now();
        connection.ask(request, expected).await?;
        // The first few fill caches.
        if round > 50 {
            sides[side].0.push(began.elapsed().as_secs_f64() * 1e6);
        }
    }
    let [one, other] = sides;
    print(what, one, other);
    Ok(())
}

fn get(path: &str, authorization: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {authorization}\r\n\r\n")
}

/// Prints every pair.
pub async fn measure(place: &Path, rounds: usize) -> Result<()> {
    let folder = tempfile::tempdir_in(place)?;
    let data = folder.path().join("data");
    super::candor(&data, &["program", "add"], Some(&write_policy(folder.path())?))?;
    let server = Server::start(&data, Some("all"))?;
    let address = server.address;
    let app = open(&data).await?;
    let roles = [("*".to_owned(), Role::Developer)];
    let password = "a long password for a bench";
    let (id, _) = accounts::add_ready(&app, "Bench", "bench@example.org", password, &roles, false).await?;
    let scopes = token::Scopes::parse("read,write")?;
    let made = token::make(&app, &id, "bench", scopes, 30).await?.secret;

    let mut connection = Connection::open(address).await?;
    for number in 0..20 {
        let body = super::report(number).replace("folded headers", "quizzaciously folded headers");
        connection.post("/api/v1/programs/minio/reports", &body, &format!("timing-{number}")).await?;
    }
    let row = candor::store::cases::all_after(&app.store, "", 1).await?.pop().ok_or("no case was filed")?.id;

    println!("{:<52} {:>6} {:>10} {:>10} {:>8}", "pair", "n", "one µs", "other µs", "t");
    let mut sides = [Side::default(), Side::default()];
    for _ in 0..rounds / 10 {
        let side = usize::from(random::number() & 1 == 1);
        // A source of its own each time: nobody is slowed down.
        let from = IpAddr::from(random::number().to_be_bytes().first_chunk::<4>().copied().unwrap_or_default());
        let attempt = signin::Attempt {
            email: ["bench@example.org", "nobody@example.org"][side],
            password: "not the right password",
            code: "000000",
            from: from.into(),
            agent: "bench",
            old: None,
        };
        let began = Instant::now();
        if signin::sign_in(&app, attempt).await.is_ok() {
            return Err("a wrong password signed in".into());
        }
        sides[side].0.push(began.elapsed().as_secs_f64() * 1e6);
    }
    let [known, unknown] = sides;
    print("sign-in: an address that is known, one that is not", known, unknown);

    let (bearer, absent) = (format!("Bearer {made}"), "HTTP/1.1 404");
    let case = |id: &str| (get(&format!("/api/v1/cases/{id}"), &bearer), absent);
    pair(address, "API: a case of others, none at all", rounds, [case(&row), case("00000-00000")]).await?;
    let search = |word: &str| (get(&format!("/api/v1/search?q={word}"), &bearer), "HTTP/1.1 200");
    pair(
        address,
        "search: a word of hidden cases, one of none",
        rounds,
        [search("quizzaciously"), search("quizzacioulsy")],
    )
    .await?;
    let near = format!("{}0", &made[..made.len() - 1]);
    let far = format!("{}{}", &made[..7], "0".repeat(made.len() - 7));
    let tokens = [near, far].map(|token| (get("/api/v1/cases", &format!("Bearer {token}")), "HTTP/1.1 401"));
    pair(address, "token: wrong in its last letter, wrong in all", rounds, tokens).await?;
    let receipts = ["7K3M9-QXT4B-7K3M9-QXT4B-7K3M9-0", "00000-00000-00000-00000-00000-0"];
    let receipts = receipts.map(|it| (get("/api/v1/receipt", &format!("Receipt {it}")), "HTTP/1.1 401"));
    pair(address, "receipt: two wrong ones", rounds, receipts).await?;
    let same = (get("/api/v1/cases/00000-00000", &bearer), absent);
    pair(address, "the same request twice, for comparison", rounds, [same.clone(), same]).await
}
