//! How many cases a test runs that cannot run all of them every time.

/// `few` in the gate, `all` in `.ci/full`, else `usual`: `SESSION_SIGNALS_SAMPLES` is `few`, `full` or not set.
#[must_use]
pub fn sample_size(few: usize, usual: usize, all: usize) -> usize {
    match std::env::var("SESSION_SIGNALS_SAMPLES").as_deref() {
        Ok("few") => few,
        Ok("full") => all,
        _ => usual,
    }
}
