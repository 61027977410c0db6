//! Walks a CSAF provider with `csaf-walker` as anybody would: finds its metadata by the name of the host or by address, reads
//! every distribution, downloads every document and checks its hashes and its signature.
//!
//! One line for each document; exit status 1 when one of them cannot be had or is not what its hash or signature says.

use std::sync::atomic::{AtomicUsize, Ordering};

use csaf_walker::common::fetcher::{Fetcher, FetcherOptions};
use csaf_walker::retrieve::RetrievingVisitor;
use csaf_walker::source::{HttpOptions, HttpSource};
use csaf_walker::validation::{ValidatedAdvisory, ValidationError, ValidationVisitor};
use csaf_walker::walker::Walker;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let from = std::env::args().nth(1).ok_or_else(|| anyhow::anyhow!("usage: csaf-client HOST|URL"))?;
    let source = HttpSource::new(from, Fetcher::new(FetcherOptions::default()).await?, HttpOptions::default());
    let (good, bad) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let visit = async |found: Result<ValidatedAdvisory, ValidationError<HttpSource>>| {
        match found {
            Ok(advisory) => {
                let word = |there: bool, name: &'static str| if there { name } else { "-" };
                println!(
                    "valid {} {} {} {}",
                    advisory.url,
                    word(advisory.sha256.is_some(), "sha256"),
                    word(advisory.sha512.is_some(), "sha512"),
                    word(advisory.signature.is_some(), "signed"),
                );
                good.fetch_add(1, Ordering::Relaxed);
            }
            Err(why) => {
                println!("wrong {why}");
                bad.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok::<_, anyhow::Error>(())
    };
    Walker::new(source.clone())
        .walk(RetrievingVisitor::new(source, ValidationVisitor::new(visit)))
        .await
        .map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let (good, bad) = (good.into_inner(), bad.into_inner());
    println!("{good} valid, {bad} wrong");
    anyhow::ensure!(good > 0 && bad == 0, "not every document is as it should be");
    Ok(())
}
