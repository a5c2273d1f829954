//! The metrics of a training as curves: one small plot per column over the epochs, as SVG.

use crate::checkpoint::History;
use std::fmt::Write;

const WIDTH: f64 = 280.0;
const HEIGHT: f64 = 160.0;
const COLUMNS: usize = 3;
/// Left, right, top and bottom of the plot inside its cell.
const INSET: [f64; 4] = [46.0, 12.0, 28.0, 24.0];

/// The plots of all columns but the first, which counts the epochs.
#[must_use]
pub fn svg(history: &History) -> String {
    let plots = history.columns.len().saturating_sub(1);
    let rows = plots.div_ceil(COLUMNS).max(1);
    let size = [WIDTH * COLUMNS as f64, HEIGHT * rows as f64];
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        size[0], size[1]
    );
    for plot in 0..plots {
        let x = (plot % COLUMNS) as f64 * WIDTH;
        let y = (plot / COLUMNS) as f64 * HEIGHT;
        let values: Vec<f64> = history
            .rows
            .iter()
            .filter_map(|row| row.get(plot + 1).copied())
            .collect();
        let name = history.columns[plot + 1]
            .replace('&', "&amp;")
            .replace('<', "&lt;");
        // Writing to a string cannot fail.
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        one(&mut svg, &name, &values, history.best_epoch);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// One plot; `best` is marked, counted from 1.
fn one(svg: &mut String, name: &str, values: &[f64], best: usize) {
    let [left, right, top, bottom] = INSET;
    let (right, bottom) = (WIDTH - right, HEIGHT - bottom);
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    let span = if high > low { high - low } else { 1.0 };
    let last = values.len().saturating_sub(1).max(1) as f64;
    let x = |epoch: usize| left + (right - left) * epoch as f64 / last;
    let y = |value: f64| bottom - (bottom - top) * (value - low) / span;
    let mut points = String::new();
    for (epoch, &value) in values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        let _ = write!(points, "{:.1},{:.1} ", x(epoch), y(value));
    }
    let _ = writeln!(
        svg,
        "<text x=\"{left}\" y=\"18\" font-weight=\"bold\">{name}</text>\n\
         <path d=\"M{left} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#999\"/>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#25648c\" stroke-width=\"1.5\"/>",
        points.trim_end()
    );
    if low.is_finite() {
        let _ = writeln!(
            svg,
            "<text x=\"{0}\" y=\"{1}\" text-anchor=\"end\">{high:.3}</text>\
             <text x=\"{0}\" y=\"{bottom}\" text-anchor=\"end\">{low:.3}</text>\
             <text x=\"{right}\" y=\"{2}\" text-anchor=\"end\">epoch {3}</text>",
            left - 4.0,
            top + 8.0,
            HEIGHT - 8.0,
            values.len()
        );
    }
    if let Some(value) = best.checked_sub(1).and_then(|epoch| values.get(epoch))
        && value.is_finite()
    {
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#c2452d\"/>",
            x(best - 1),
            y(*value)
        );
    }
}
