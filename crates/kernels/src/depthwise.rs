//! Depthwise convolution: one filter per channel.
#![expect(
    unsafe_code,
    reason = "vector registers over raw pointers; each block has its proof"
)]

use super::convolution::{Convolution, Kind};
use super::isa::{Isa, PortableSimd, Set, Simd};
use super::map::{Map, MapShape, Padding, align_channels};
use rayon::prelude::*;

/// A depthwise convolution with bias and activation.
#[derive(Clone, Debug)]
pub struct Depthwise {
    shape: Convolution,
    /// The activation's bounds.
    range: (f32, f32),
    isa: Isa,
    /// `[kernel row][kernel column][aligned channel]`
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Depthwise {
    /// Packs `weight` `[channels, 1, kernel, kernel]` and `bias` `[channels]`. The border is that
    /// of the maps, whatever `shape` says.
    ///
    /// # Panics
    /// Where lengths do not match, and for other kinds than depthwise ones and the leaky rectifier:
    /// a bug of the caller.
    #[must_use]
    pub fn new(shape: Convolution, weight: &[f32], bias: &[f32], isa: Isa) -> Self {
        let Convolution {
            outputs: channels,
            kernel,
            stride,
            ..
        } = shape;
        assert_eq!(shape.kind, Kind::Depthwise, "kind");
        assert_eq!((shape.inputs, bias.len()), (channels, channels), "channels");
        assert!(
            Isa::available().contains(&isa),
            "this machine lacks {isa:?}"
        );
        assert!(
            channels >= 1 && kernel >= 1 && stride >= 1,
            "an empty layer"
        );
        let taps = kernel
            .checked_mul(kernel)
            .and_then(|k| k.checked_mul(channels));
        assert_eq!(Some(weight.len()), taps, "weight");
        let aligned = align_channels(channels);
        let mut weights = vec![0.0; kernel * kernel * aligned];
        for channel in 0..channels {
            for tap in 0..kernel * kernel {
                weights[tap * aligned + channel] = weight[channel * kernel * kernel + tap];
            }
        }
        let mut padded = vec![0.0; aligned];
        padded[..channels].copy_from_slice(bias);
        Self {
            shape,
            range: shape.activation.range().expect("two bounds"),
            isa,
            weights,
            bias: padded,
        }
    }

    /// The output for a map of `input`'s shape, border included; it has none itself.
    ///
    /// # Panics
    /// Where the kernel is larger than the map with its border.
    #[must_use]
    pub fn output(&self, input: &MapShape) -> MapShape {
        input.convolved(&self.shape)
    }

    /// Convolves `input` (its border is the padding) into `output`, which has its shape already.
    ///
    /// # Panics
    /// Where shapes do not fit: a bug of the caller.
    pub fn run(&self, input: &Map, output: &mut Map, threads: usize) {
        let (from, to) = (input.shape(), output.shape());
        let stride = align_channels(self.shape.inputs);
        assert_eq!(from.channels, self.shape.inputs, "input channels");
        assert_eq!(from.pixel_stride(), stride, "input");
        assert_eq!(to.padded(Padding::all(0)), self.output(&from), "output");
        let source = input.data();
        let out = output.reshape(to);
        let inside = &mut out[to.padding.top * to.row_stride()..][..to.height * to.row_stride()];
        let row = |(y, line): (usize, &mut [f32])| {
            let start = y * self.shape.stride * from.row_stride();
            let from_column = to.padding.left * to.pixel_stride();
            let line = &mut line[from_column..][..to.width * to.pixel_stride()];
            self.row(&source[start..], from.row_stride(), line);
        };
        if threads > 1 && to.height * to.width * self.weights.len() > 400_000 {
            inside
                .par_chunks_exact_mut(to.row_stride())
                .with_min_len(to.height.div_ceil(threads * 2))
                .enumerate()
                .for_each(row);
        } else {
            inside
                .chunks_exact_mut(to.row_stride())
                .enumerate()
                .for_each(row);
        }
    }

    /// One output row (`width · aligned` floats) from the bordered input rows at `source`.
    fn row(&self, source: &[f32], row_stride: usize, line: &mut [f32]) {
        let aligned = self.bias.len();
        let width = line.len() / aligned;
        let Convolution { kernel, stride, .. } = self.shape;
        let reach = (kernel - 1) * row_stride + ((width - 1) * stride + kernel) * aligned;
        assert!(source.len() >= reach, "the input holds every tap");
        // SAFETY: `reach` is the end of the last tap of the last pixel, checked just above;
        // `line` holds `width` pixels, and weights and bias have `aligned` channels, a multiple of
        // every set's lanes. The set was detected on this machine.
        unsafe {
            let args = RowArgs {
                source: source.as_ptr(),
                row_stride,
                line: line.as_mut_ptr(),
                width,
                layer: self,
            };
            match (self.isa.set(), kernel) {
                #[cfg(target_arch = "x86_64")]
                (Set::Avx512, 3) => row_avx512::<3>(&args),
                #[cfg(target_arch = "x86_64")]
                (Set::Avx512, 5) => row_avx512::<5>(&args),
                #[cfg(target_arch = "x86_64")]
                (Set::Avx512, _) => row_avx512::<0>(&args),
                #[cfg(target_arch = "x86_64")]
                (Set::Avx2, 3) => row_avx2::<3>(&args),
                #[cfg(target_arch = "x86_64")]
                (Set::Avx2, 5) => row_avx2::<5>(&args),
                #[cfg(target_arch = "x86_64")]
                (Set::Avx2, _) => row_avx2::<0>(&args),
                (Set::Portable, _) => row::<PortableSimd, 4, 0>(&args),
            }
        }
    }
}

struct RowArgs<'a> {
    source: *const f32,
    row_stride: usize,
    line: *mut f32,
    width: usize,
    layer: &'a Depthwise,
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn row_avx512<const K: usize>(args: &RowArgs<'_>) {
    // SAFETY: the caller's promise, with the feature enabled here.
    unsafe { row::<super::isa::Avx512Simd, 8, K>(args) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn row_avx2<const K: usize>(args: &RowArgs<'_>) {
    // SAFETY: the caller's promise, with the features enabled here.
    unsafe { row::<super::isa::Avx2Simd, 8, K>(args) }
}

/// One row: channel vectors outside, so that the few input lines of a vector stay in the
/// first-level cache, and `PIXELS` sums in registers. `K` is the kernel size, 0 for any.
#[inline(always)]
unsafe fn row<S: Simd, const PIXELS: usize, const K: usize>(args: &RowArgs<'_>) {
    let aligned = args.layer.bias.len();
    let step = args.layer.shape.stride * aligned;
    for channel in (0..aligned).step_by(S::LANES) {
        // SAFETY: see `Depthwise::row`; pixel x reads at most what the last pixel reads.
        unsafe {
            let source = args.source.add(channel);
            let line = args.line.add(channel);
            let mut x = 0;
            while x + PIXELS <= args.width {
                pixels::<S, PIXELS, K>(args, channel, source.add(x * step), line.add(x * aligned));
                x += PIXELS;
            }
            while x < args.width {
                pixels::<S, 1, K>(args, channel, source.add(x * step), line.add(x * aligned));
                x += 1;
            }
        }
    }
}

#[inline(always)]
unsafe fn pixels<S: Simd, const PIXELS: usize, const K: usize>(
    args: &RowArgs<'_>,
    channel: usize,
    source: *const f32,
    line: *mut f32,
) {
    let layer = args.layer;
    let aligned = layer.bias.len();
    let step = layer.shape.stride * aligned;
    let kernel = if K == 0 { layer.shape.kernel } else { K };
    // SAFETY: see `Depthwise::row`.
    unsafe {
        let mut sums = [S::load(layer.bias.as_ptr().add(channel)); PIXELS];
        let mut weights = layer.weights.as_ptr().add(channel);
        for y in 0..kernel {
            let mut tap = source.add(y * args.row_stride);
            for _ in 0..kernel {
                let weight = S::load(weights);
                for (pixel, sum) in sums.iter_mut().enumerate() {
                    *sum = S::mul_add(S::load(tap.add(pixel * step)), weight, *sum);
                }
                weights = weights.add(aligned);
                tap = tap.add(aligned);
            }
        }
        let (low, high) = layer.range;
        let (low, high) = (S::splat(low), S::splat(high));
        for (pixel, sum) in sums.into_iter().enumerate() {
            S::store(line.add(pixel * aligned), S::min(S::max(sum, low), high));
        }
    }
}
