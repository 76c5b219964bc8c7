//! Mends the spool for those who read the files alone.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::evidence::{Collector, Evidence};

/// Mends what the evidence shows to be wrong. `sessions`: all but those whose end stands in the spool.
pub fn heal(_collector: &Collector, _sessions: &BTreeMap<String, Evidence>, _now: SystemTime) {}
