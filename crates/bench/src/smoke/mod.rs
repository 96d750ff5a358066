//! `cargo xtask bench smoke`: a little of each mix, so that they keep working, and counts of what an operation costs,
//! which fail when somebody adds a round trip. No figure is measured here.

mod counting;
mod ledger;
mod loads;
mod promises;

use counting::{COUNTS, Counted, Counting};

use crate::bench::Bench;
use crate::error::BenchError;
use crate::figure::Short;
use crate::mix::Mix;

/// Runs everything, and fails if a promise is broken or a mix does not work.
pub(crate) async fn run(bench: &mut Bench) -> Result<(), BenchError> {
    let mut failed = Vec::new();
    // First, as what an operation writes depends a little on what there is.
    let mut counting = Counting::new(&bench.world)?;
    loads::count(bench, &mut counting).await?;
    for counted in &counting.counted {
        println!("{}", line(counted));
        let broken = counted.broken();
        if !broken.is_empty() {
            for statement in counted.statements() {
                eprintln!("    {statement}");
            }
        }
        failed.extend(broken);
        for what in counted.loose() {
            println!("    less than promised: the bound of {what} can be lowered");
        }
    }
    drop(counting);
    for mix in Mix::Smoke.parts() {
        let (name, begun) = (mix.name(), std::time::Instant::now());
        match mix.run(bench).await {
            Ok(figures) => println!(
                "{name}: {} rows in {:.1} s",
                figures.len(),
                begun.elapsed().as_secs_f64()
            ),
            Err(error) => failed.push(format!("{name}: {error}")),
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(BenchError::new(failed.join("\n")))
}

/// `STORE: requests 2.01 ≤ 2.4, …`
fn line(counted: &Counted) -> String {
    let each = counted.each().into_iter().zip(counted.promise.bounds());
    let each = each.zip(COUNTS).map(|((count, bound), what)| {
        let sign = if count > bound { '>' } else { '≤' };
        format!("{what} {} {sign} {}", Short(count), Short(bound))
    });
    format!(
        "{}: {}",
        counted.promise.operation,
        each.collect::<Vec<_>>().join(", ")
    )
}
