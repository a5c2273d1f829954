//! What is counted of requests and works, in the form of Prometheus.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Ends of the ranges of seconds.
const ENDS: [f64; 8] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Counts, since the start.
#[derive(Debug, Default)]
pub struct Counters {
    all: Mutex<All>,
}

#[derive(Debug, Default)]
struct All {
    /// Requests by route and status.
    requests: BTreeMap<(String, u16), u64>,
    /// Seconds by route.
    seconds: BTreeMap<String, Spread>,
}

#[derive(Debug, Default, Clone)]
struct Spread {
    within: [u64; ENDS.len()],
    count: u64,
    sum: f64,
}

impl Counters {
    /// Counts one request.
    pub fn count(&self, route: &str, status: u16, time: Duration) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        *all.requests.entry((route.to_owned(), status)).or_default() += 1;
        let spread = all.seconds.entry(route.to_owned()).or_default();
        let seconds = time.as_secs_f64();
        for (within, end) in spread.within.iter_mut().zip(ENDS) {
            *within += u64::from(seconds <= end);
        }
        spread.count += 1;
        spread.sum += seconds;
    }

    /// As text, with what is true at the moment: names and values.
    #[must_use]
    pub fn text(&self, now: &[(&str, &str, f64)]) -> String {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from(
            "# HELP affetti_requests_total Requests by route and status.\n# TYPE affetti_requests_total counter\n",
        );
        for ((route, status), count) in &all.requests {
            let _ = writeln!(
                text,
                "affetti_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}"
            );
        }
        text += "# HELP affetti_request_seconds Time from the head of a request to that of its answer.\n# TYPE affetti_request_seconds histogram\n";
        for (route, spread) in &all.seconds {
            for (end, within) in ENDS.iter().zip(spread.within) {
                let _ = writeln!(
                    text,
                    "affetti_request_seconds_bucket{{route=\"{route}\",le=\"{end}\"}} {within}"
                );
            }
            let Spread { count, sum, .. } = spread;
            let _ = writeln!(
                text,
                "affetti_request_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}\n\
                 affetti_request_seconds_sum{{route=\"{route}\"}} {sum}\n\
                 affetti_request_seconds_count{{route=\"{route}\"}} {count}"
            );
        }
        for (name, help, value) in now {
            let _ = writeln!(
                text,
                "# HELP affetti_{name} {help}\n# TYPE affetti_{name} gauge\naffetti_{name} {value}"
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Counters;
    use std::time::Duration;

    #[test]
    fn counts_are_told() {
        let counters = Counters::default();
        counters.count("/api/v1/feel", 200, Duration::from_millis(70));
        counters.count("/api/v1/feel", 200, Duration::from_secs(2));
        counters.count("/api/v1/feel", 429, Duration::from_millis(1));
        let text = counters.text(&[("waiting", "Works that wait.", 3.0)]);
        for line in [
            "affetti_requests_total{route=\"/api/v1/feel\",status=\"200\"} 2",
            "affetti_request_seconds_bucket{route=\"/api/v1/feel\",le=\"0.05\"} 1",
            "affetti_request_seconds_bucket{route=\"/api/v1/feel\",le=\"0.1\"} 2",
            "affetti_request_seconds_bucket{route=\"/api/v1/feel\",le=\"+Inf\"} 3",
            "affetti_request_seconds_count{route=\"/api/v1/feel\"} 3",
            "affetti_waiting 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
