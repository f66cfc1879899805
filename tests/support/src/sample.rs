//! The largest matrices: whole by `make test-whole`, a sample of them by `make test`.

/// Whether everything is asked for (`TRUSTCTL_WHOLE=1`).
pub fn whole() -> bool {
    std::env::var_os("TRUSTCTL_WHOLE").is_some()
}

/// Where a sample begins: `TRUSTCTL_SEED`, or another one each day, which the test prints.
pub fn seed() -> usize {
    let today = || {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        usize::try_from(since.as_secs() / 86_400).unwrap_or_default()
    };
    std::env::var("TRUSTCTL_SEED").map_or_else(
        |_| today(),
        |seed| seed.parse().expect("TRUSTCTL_SEED is a number"),
    )
}

/// All of them, or every `step`th from the seed on.
pub fn sample<T>(all: Vec<T>, step: usize) -> Vec<T> {
    if whole() {
        return all;
    }
    let first = seed() % step;
    println!("every {step}th from {first} on (TRUSTCTL_SEED={})", seed());
    all.into_iter().skip(first).step_by(step).collect()
}
