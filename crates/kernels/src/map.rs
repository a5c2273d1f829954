//! Activation buffers: channels-last maps with a zero border and padded channels.

use super::convolution::Convolution;

/// Channels are stored in multiples of this: one AVX-512 vector, two AVX2 vectors.
pub const CHANNEL_ALIGN: usize = 16;

/// `channels` rounded up to [`CHANNEL_ALIGN`].
#[must_use]
pub const fn align_channels(channels: usize) -> usize {
    channels.div_ceil(CHANNEL_ALIGN) * CHANNEL_ALIGN
}

/// Zero rows and columns around a map, in pixels. They may differ from side to side: TensorFlow's
/// SAME padding at stride 2 puts the odd pixel at the bottom right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Padding {
    /// Rows above.
    pub top: usize,
    /// Columns to the left.
    pub left: usize,
    /// Rows below.
    pub bottom: usize,
    /// Columns to the right.
    pub right: usize,
}

impl Padding {
    /// The same border on all four sides.
    #[must_use]
    pub const fn all(pixels: usize) -> Self {
        Self {
            top: pixels,
            left: pixels,
            bottom: pixels,
            right: pixels,
        }
    }

    /// TensorFlow's SAME padding: `out = ceil(in / stride)`, the smaller half first.
    #[must_use]
    pub const fn same(height: usize, width: usize, kernel: usize, stride: usize) -> Self {
        let (top, bottom) = same_axis(height, kernel, stride);
        let (left, right) = same_axis(width, kernel, stride);
        Self {
            top,
            left,
            bottom,
            right,
        }
    }
}

const fn same_axis(size: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let out = size.div_ceil(stride);
    let total = (out.saturating_sub(1) * stride + kernel).saturating_sub(size);
    (total / 2, total - total / 2)
}

/// Size of a [`Map`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapShape {
    /// Rows without the border.
    pub height: usize,
    /// Columns without the border.
    pub width: usize,
    /// Channels in use.
    pub channels: usize,
    /// The zero border that the next layer wants.
    pub padding: Padding,
    stride: usize,
}

impl MapShape {
    /// A map without a border.
    #[must_use]
    pub const fn new(height: usize, width: usize, channels: usize) -> Self {
        Self {
            height,
            width,
            channels,
            padding: Padding::all(0),
            stride: align_channels(channels),
        }
    }

    /// A network's input of at most four channels, four floats a pixel: aligning three colours to
    /// [`CHANNEL_ALIGN`] would multiply the first layer's work by five. Only for inputs: layers
    /// write whole vectors.
    #[must_use]
    pub const fn picture(height: usize, width: usize, channels: usize) -> Self {
        assert!(channels <= 4, "a picture has at most four channels");
        Self {
            height,
            width,
            channels,
            padding: Padding::all(0),
            stride: 4,
        }
    }

    /// The same map with a border.
    #[must_use]
    pub const fn padded(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    /// Floats from one pixel to the next: the channels, aligned.
    #[must_use]
    pub const fn pixel_stride(&self) -> usize {
        self.stride
    }

    /// Floats from one row to the next, border included.
    #[must_use]
    ///
    /// # Panics
    /// Where the size exceeds the address space: no such map can exist.
    pub const fn row_stride(&self) -> usize {
        times(
            plus(plus(self.padding.left, self.width), self.padding.right),
            self.pixel_stride(),
        )
    }

    /// Floats of the whole buffer.
    ///
    /// # Panics
    /// As [`MapShape::row_stride`].
    #[must_use]
    pub const fn len(&self) -> usize {
        let rows = plus(plus(self.padding.top, self.height), self.padding.bottom);
        times(rows, self.row_stride())
    }

    /// True where no pixel is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.height == 0 || self.width == 0
    }

    /// Offset of pixel (`row`, `column`) of the inside.
    #[must_use]
    pub const fn offset(&self, row: usize, column: usize) -> usize {
        (self.padding.top + row) * self.row_stride()
            + (self.padding.left + column) * self.pixel_stride()
    }
}

impl MapShape {
    /// The output of a bordered layer without a border of its own; the padding is this map's.
    ///
    /// # Panics
    /// Where the window is empty or larger than the padded map.
    pub(super) fn convolved(&self, layer: &Convolution) -> Self {
        let (p, kernel, stride) = (self.padding, layer.kernel, layer.stride);
        let height = outputs((p.top, self.height, p.bottom), kernel, stride);
        let width = outputs((p.left, self.width, p.right), kernel, stride);
        Self::new(height, width, layer.outputs)
    }
}

/// Kernels write through raw pointers: a size that wraps around must never pass for a small one.
const fn times(a: usize, b: usize) -> usize {
    match a.checked_mul(b) {
        Some(product) => product,
        None => panic!("a map larger than the address space"),
    }
}

const fn plus(a: usize, b: usize) -> usize {
    match a.checked_add(b) {
        Some(sum) => sum,
        None => panic!("a map larger than the address space"),
    }
}

/// Outputs along one axis of `size` inputs with `before` and `after` zeros around them.
///
/// # Panics
/// Where the window is empty or larger than the padded axis.
const fn outputs(
    (before, size, after): (usize, usize, usize),
    kernel: usize,
    stride: usize,
) -> usize {
    let padded = plus(plus(before, size), after);
    assert!(kernel >= 1 && stride >= 1, "an empty kernel or no step");
    assert!(kernel <= padded, "the kernel is larger than the padded map");
    (padded - kernel) / stride + 1
}

/// A buffer that is used again and again for maps of different shapes.
#[derive(Clone, Debug, Default)]
pub struct Map {
    data: Vec<f32>,
    shape: Option<MapShape>,
}

impl Map {
    /// Makes this buffer a map of `shape` with a zero border. The inside keeps whatever was there:
    /// the layer that asked for it writes every pixel. Allocates only when it has to grow.
    pub fn reshape(&mut self, shape: MapShape) -> &mut [f32] {
        if self.data.len() < shape.len() {
            self.data.resize(shape.len(), 0.0);
        }
        if shape.padding != Padding::default() {
            zero_border(&mut self.data[..shape.len()], &shape);
        }
        self.shape = Some(shape);
        &mut self.data[..shape.len()]
    }

    /// The shape given last; an empty map before that.
    #[must_use]
    pub fn shape(&self) -> MapShape {
        self.shape.unwrap_or(MapShape::new(0, 0, 0))
    }

    /// All floats, border included.
    #[must_use]
    pub fn data(&self) -> &[f32] {
        &self.data[..self.shape().len()]
    }

    /// The channels in use of pixel (`row`, `column`).
    #[must_use]
    pub fn pixel(&self, row: usize, column: usize) -> &[f32] {
        let shape = self.shape();
        let start = shape.offset(row, column);
        &self.data[start..start + shape.channels]
    }
}

fn zero_border(data: &mut [f32], shape: &MapShape) {
    let row = shape.row_stride();
    if row == 0 {
        return;
    }
    let (top, bottom) = (shape.padding.top, shape.padding.bottom);
    data[..top * row].fill(0.0);
    data[(top + shape.height) * row..][..bottom * row].fill(0.0);
    let left = shape.padding.left * shape.pixel_stride();
    let right = shape.padding.right * shape.pixel_stride();
    for line in data[top * row..(top + shape.height) * row].chunks_exact_mut(row) {
        line[..left].fill(0.0);
        line[row - right..].fill(0.0);
    }
}
