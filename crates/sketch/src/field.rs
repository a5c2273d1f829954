//! One number a pixel, and the filters on it that edges and saliency need.

/// Values in rows from top to bottom: shape `[height, width]`, both at least 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) values: Vec<f32>,
}

impl Field {
    pub(crate) fn new(width: usize, height: usize, values: Vec<f32>) -> Self {
        debug_assert_eq!(width * height, values.len());
        Self {
            width,
            height,
            values,
        }
    }

    /// The value at a column and row; beyond the border, that of the border.
    pub(crate) fn at(&self, x: isize, y: isize) -> f32 {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        self.values[y * self.width + x]
    }

    /// Between pixels, whose centres lie at whole numbers here.
    pub(crate) fn between(&self, x: f32, y: f32) -> f32 {
        self.with_slopes(x, y).0
    }

    /// [`between`](Self::between) with its slopes along x and y; 0 beyond the border.
    pub(crate) fn with_slopes(&self, x: f32, y: f32) -> (f32, [f32; 2]) {
        let place = |at: f32, length: usize| {
            let last = (length - 1) as f32;
            let inside = at > 0.0 && at < last;
            let at = at.clamp(0.0, last);
            let low = (at as usize).min(length.saturating_sub(2));
            (low, (low + 1).min(length - 1), at - low as f32, inside)
        };
        let (x0, x1, u, in_x) = place(x, self.width);
        let (y0, y1, v, in_y) = place(y, self.height);
        let value = |x: usize, y: usize| self.values[y * self.width + x];
        let (a, b, c, d) = (value(x0, y0), value(x1, y0), value(x0, y1), value(x1, y1));
        let (top, bottom) = (a + u * (b - a), c + u * (d - c));
        let by_x = (1.0 - v) * (b - a) + v * (d - c);
        let slopes = [
            if in_x { by_x } else { 0.0 },
            if in_y { bottom - top } else { 0.0 },
        ];
        (top + v * (bottom - top), slopes)
    }

    /// Three box filters in a row: about a Gaussian with a deviation of `radius`.
    pub(crate) fn smooth(&self, radius: usize) -> Self {
        (0..3).fold(self.clone(), |field, _| field.boxed(radius))
    }

    /// Mean over the square of 2 `radius` + 1 pixels a side, as far as it is in the field.
    pub(crate) fn boxed(&self, radius: usize) -> Self {
        if radius == 0 {
            return self.clone();
        }
        let mut rows = self.values.clone();
        let mut line = Vec::new();
        for row in rows.chunks_exact_mut(self.width) {
            running_mean(row.iter().copied(), radius, &mut line);
            row.copy_from_slice(&line);
        }
        let mut values = vec![0.0; rows.len()];
        for x in 0..self.width {
            let column = rows.iter().skip(x).step_by(self.width).copied();
            running_mean(column, radius, &mut line);
            for (y, &v) in line.iter().enumerate() {
                values[y * self.width + x] = v;
            }
        }
        Self::new(self.width, self.height, values)
    }

    /// To another size, between pixels.
    pub(crate) fn resized(&self, width: usize, height: usize) -> Self {
        let (sx, sy) = (
            self.width as f32 / width as f32,
            self.height as f32 / height as f32,
        );
        let place = |i: usize, s: f32| (i as f32 + 0.5) * s - 0.5;
        let values = (0..width * height)
            .map(|i| self.between(place(i % width, sx), place(i / width, sy)))
            .collect();
        Self::new(width, height, values)
    }
}

/// Means over windows of 2 `radius` + 1 values, cut at the ends.
fn running_mean(values: impl Iterator<Item = f32>, radius: usize, out: &mut Vec<f32>) {
    let mut sums = vec![0.0_f64];
    for v in values {
        sums.push(sums[sums.len() - 1] + f64::from(v));
    }
    let count = sums.len() - 1;
    out.clear();
    out.extend((0..count).map(|i| {
        let (from, to) = (i.saturating_sub(radius), (i + radius + 1).min(count));
        ((sums[to] - sums[from]) / (to - from) as f64) as f32
    }));
}

/// Distance of every pixel to the nearest one that is set, in pixels; infinite where none is.
///
/// Lower envelope of parabolas, along rows and then columns: P. Felzenszwalb and D. Huttenlocher,
/// "Distance Transforms of Sampled Functions" (2012).
pub(crate) fn distances(width: usize, height: usize, set: &[bool]) -> Field {
    const FAR: f32 = 1e12;
    let mut squares: Vec<f32> = set.iter().map(|&s| if s { 0.0 } else { FAR }).collect();
    let mut line = Vec::new();
    for x in 0..width {
        line.clear();
        line.extend(squares.iter().skip(x).step_by(width));
        for (y, v) in parabolas(&line).into_iter().enumerate() {
            squares[y * width + x] = v;
        }
    }
    for row in squares.chunks_exact_mut(width) {
        let out = parabolas(row);
        row.copy_from_slice(&out);
    }
    let root = |v: f32| {
        if v < FAR / 2.0 {
            v.sqrt()
        } else {
            f32::INFINITY
        }
    };
    Field::new(width, height, squares.into_iter().map(root).collect())
}

/// min over j of (i − j)² + f(j) for every i.
fn parabolas(f: &[f32]) -> Vec<f32> {
    let crossing = |i: usize, j: usize| {
        let (a, b) = (i as f64, j as f64);
        ((f64::from(f[j]) + b * b) - (f64::from(f[i]) + a * a)) / (2.0 * (b - a))
    };
    let mut hull: Vec<(usize, f64)> = vec![(0, f64::NEG_INFINITY)];
    for j in 1..f.len() {
        let mut from = crossing(hull[hull.len() - 1].0, j);
        while hull.len() > 1 && from <= hull[hull.len() - 1].1 {
            hull.pop();
            from = crossing(hull[hull.len() - 1].0, j);
        }
        hull.push((j, from));
    }
    let mut k = 0;
    let value = |i: usize| {
        while k + 1 < hull.len() && hull[k + 1].1 < i as f64 {
            k += 1;
        }
        let j = hull[k].0;
        let off = i as f32 - j as f32;
        off * off + f[j]
    };
    (0..f.len()).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_a_search() {
        let (width, height) = (23, 17);
        let set: Vec<bool> = (0..width * height).map(|i| i * 7919 % 53 == 3).collect();
        let found = distances(width, height, &set);
        for i in 0..width * height {
            let to = |j: usize| {
                let (dx, dy) = (
                    (i % width).abs_diff(j % width),
                    (i / width).abs_diff(j / width),
                );
                ((dx * dx + dy * dy) as f32).sqrt()
            };
            let nearest = (0..set.len()).filter(|&j| set[j]).map(to);
            assert_eq!(found.values[i], nearest.fold(f32::INFINITY, f32::min));
        }
        assert!(
            distances(3, 3, &[false; 9])
                .values
                .iter()
                .all(|v| v.is_infinite())
        );
    }

    #[test]
    fn means_by_hand() {
        let field = Field::new(3, 1, vec![3.0, 6.0, 0.0]);
        // (3 + 6) / 2, (3 + 6 + 0) / 3, (6 + 0) / 2.
        assert_eq!(field.boxed(1).values, [4.5, 3.0, 3.0]);
        assert_eq!(field.between(0.5, 7.0), 4.5);
        assert_eq!(field.with_slopes(1.25, 0.0), (4.5, [-6.0, 0.0]));
        assert_eq!(field.with_slopes(-1.0, 0.0), (3.0, [0.0, 0.0]));
    }
}
