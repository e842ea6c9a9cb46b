//! What was measured, as lines for people or one JSON object.

use crate::check::Check;
use crate::options::Options;
use crate::stats::Proc;

/// What came of a run.
pub struct Measured {
    pub open_s: f64,
    /// From the first message to the last delivery.
    pub run_s: f64,
    pub client_cpu_s: f64,
    pub client_util: f64,
    /// The server's processes before anything, at rest with all open, and at the end.
    pub before: Proc,
    pub idle: Proc,
    pub after: Proc,
    pub check: Check,
}

/// Prints it; whether every message arrived as it was sent, once and in order.
pub fn print(o: &Options, m: &Measured) -> bool {
    let is_good = is_good(m);
    let mut rows = vec![("ok", is_good.to_string())];
    rows.extend(asked(o));
    rows.extend(delivered(m));
    rows.extend(faults(m));
    rows.push(("client_cpu_s", format!("{:.2}", m.client_cpu_s)));
    rows.push(("client_util", format!("{:.2}", m.client_util)));
    if !o.server.is_empty() {
        rows.extend(server(m));
    }
    let first = m.check.faults.first.as_deref();
    if o.json {
        print_json(&rows, first);
    } else {
        print_lines(&rows, first);
    }
    is_good
}

type Row = (&'static str, String);

fn is_good(m: &Measured) -> bool {
    let (l, f) = (&m.check.ledger, &m.check.faults);
    l.lost() + l.duplicated + l.reordered + f.corrupt + f.own + f.foreign + f.closed == 0
}

fn asked(o: &Options) -> [Row; 4] {
    [
        ("clients", o.clients.to_string()),
        ("senders", o.senders.to_string()),
        ("messages", o.messages.to_string()),
        ("size", o.size.to_string()),
    ]
}

fn delivered(m: &Measured) -> [Row; 9] {
    let check = &m.check;
    let (deliveries, bytes) = (check.ledger.delivered, check.bytes);
    let us = |q: f64| check.latency.quantile(q) as f64 / 1e3;
    [
        ("open_s", format!("{:.4}", m.open_s)),
        ("run_s", format!("{:.4}", m.run_s)),
        ("deliveries", deliveries.to_string()),
        ("deliveries_per_s", format!("{:.0}", deliveries as f64 / m.run_s)),
        ("mbytes_per_s", format!("{:.1}", bytes as f64 / m.run_s / 1e6)),
        ("bytes", bytes.to_string()),
        ("p50_us", format!("{:.1}", us(0.5))),
        ("p99_us", format!("{:.1}", us(0.99))),
        ("max_us", format!("{:.1}", check.latency.max() as f64 / 1e3)),
    ]
}

fn faults(m: &Measured) -> [Row; 7] {
    let (l, f) = (&m.check.ledger, &m.check.faults);
    [
        ("lost", l.lost().to_string()),
        ("duplicated", l.duplicated.to_string()),
        ("reordered", l.reordered.to_string()),
        ("corrupt", f.corrupt.to_string()),
        ("own_back", f.own.to_string()),
        ("foreign", f.foreign.to_string()),
        ("closed", f.closed.to_string()),
    ]
}

fn server(m: &Measured) -> [Row; 7] {
    let cpu = m.after.cpu_s - m.idle.cpu_s;
    let deliveries = m.check.ledger.delivered.max(1) as f64;
    [
        ("server_rss_before_kib", m.before.rss_kib.to_string()),
        ("server_rss_open_kib", m.idle.rss_kib.to_string()),
        ("server_rss_after_kib", m.after.rss_kib.to_string()),
        ("server_rss_peak_kib", m.after.peak_kib.to_string()),
        ("server_open_cpu_s", format!("{:.2}", m.idle.cpu_s - m.before.cpu_s)),
        ("server_cpu_s", format!("{cpu:.2}")),
        ("server_cpu_us_per_delivery", format!("{:.3}", cpu * 1e6 / deliveries)),
    ]
}

fn print_json(rows: &[Row], first_fault: Option<&str>) {
    let mut fields: Vec<String> = rows.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
    fields.extend(first_fault.map(|why| format!("\"first_fault\":{why:?}")));
    println!("{{{}}}", fields.join(","));
}

fn print_lines(rows: &[Row], first_fault: Option<&str>) {
    for (k, v) in rows {
        println!("{k:28} {v}");
    }
    if let Some(why) = first_fault {
        println!("{:28} {why}", "first_fault");
    }
}
