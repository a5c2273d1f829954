//! Lines of a mask, one pixel wide.
//!
//! - **Computes** the skeleton of a mask by peeling off border pixels whose removal neither breaks a
//!   line nor shortens it.
//! - **Source** Z. Guo and R. Hall, "Parallel thinning with two-subiteration algorithms", CACM
//!   32(3), 1989 (algorithm A1), the one that the benchmark's tools use too.
//! - **Deviation** none.

/// Thins a mask `[height, width]` in place.
pub(crate) fn thin(mask: &mut [bool], width: usize) {
    let height = mask.len() / width;
    let mut doomed = Vec::new();
    let mut quiet = 0;
    let mut first = true;
    // Two half rounds without a change are the end.
    while quiet < 2 {
        doomed.clear();
        for at in (0..mask.len()).filter(|&at| mask[at]) {
            let (x, y) = (at % width, at / width);
            let look = |dx: isize, dy: isize| {
                let (u, v) = (x.wrapping_add_signed(dx), y.wrapping_add_signed(dy));
                u < width && v < height && mask[v * width + u]
            };
            // From the north, clockwise.
            let around = [
                look(0, -1),
                look(1, -1),
                look(1, 0),
                look(1, 1),
                look(0, 1),
                look(-1, 1),
                look(-1, 0),
                look(-1, -1),
            ];
            if removable(around, first) {
                doomed.push(at);
            }
        }
        for &at in &doomed {
            mask[at] = false;
        }
        quiet = if doomed.is_empty() { quiet + 1 } else { 0 };
        first = !first;
    }
}

fn removable(around: [bool; 8], first: bool) -> bool {
    let [n, ne, e, se, s, sw, w, nw] = around;
    let count = |pairs: [bool; 4]| pairs.into_iter().filter(|p| *p).count();
    let parts = count([
        !n && (ne || e),
        !e && (se || s),
        !s && (sw || w),
        !w && (nw || n),
    ]);
    let one = count([nw || n, ne || e, se || s, sw || w]);
    let other = count([n || ne, e || se, s || sw, w || nw]);
    let side = if first {
        (n || ne || !se) && e
    } else {
        (s || sw || !nw) && w
    };
    parts == 1 && (2..=3).contains(&one.min(other)) && !side
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_becomes_a_line() {
        let mut mask: Vec<bool> = (0..20 * 9)
            .map(|i| (3..17).contains(&(i % 20)) && (3..6).contains(&(i / 20)))
            .collect();
        thin(&mut mask, 20);
        let rows: Vec<usize> = (0..mask.len())
            .filter(|&i| mask[i])
            .map(|i| i / 20)
            .collect();
        assert!(
            rows.len() >= 11 && rows.iter().all(|&row| row == 4),
            "{rows:?}"
        );
    }

    #[test]
    fn thin_lines_stay() {
        let line: Vec<bool> = (0..100).map(|i| i % 10 == i / 10).collect();
        let mut mask = line.clone();
        thin(&mut mask, 10);
        assert_eq!(mask, line);
        thin(&mut [], 1);
    }
}
