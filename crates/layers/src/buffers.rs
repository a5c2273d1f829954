//! Buffers of finished tensors, kept for the next ones.
//!
//! - **Computes** nothing; hands out vectors. Fresh memory costs a page fault every four
//!   kilobytes, which for the large maps of a training step is as much as the arithmetic on them.
//! - **Input** tensors that nobody reads any more; **output** vectors of old contents.
//! - **Source** ours. Vectors come back where a node's backward pass drops the last reference.
//! - **Deviations** of each size no more is kept than was handed out at once: tensors of other
//!   origin, such as the input of every step, do not pile up. [`release`] frees all.

use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{Bytes, DType, Shape};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Floats below which the allocator is as good.
const SMALL: usize = 16 * 1024;

static POOL: Mutex<Pool> = Mutex::new(Pool(BTreeMap::new()));

/// Vectors by capacity.
struct Pool(BTreeMap<usize, Class>);

/// Vectors of one capacity.
#[derive(Default)]
struct Class {
    free: Vec<Vec<f32>>,
    /// How many are out.
    lent: usize,
}

impl Pool {
    /// The smallest that holds `length` floats without wasting half as much again; a new one where
    /// there is none.
    fn take(&mut self, length: usize) -> Vec<f32> {
        let fitting = self.0.range_mut(length..=length + length / 2);
        let found = fitting
            .filter_map(|(_, class)| {
                let vector = class.free.pop()?;
                class.lent += 1;
                Some(vector)
            })
            .next();
        if let Some(mut vector) = found {
            vector.resize(length, 0.0);
            return vector;
        }
        let vector = vec![0.0; length];
        self.0.entry(vector.capacity()).or_default().lent += 1;
        vector
    }

    /// Keeps `vector` in place of one of its size that was lent.
    fn give(&mut self, vector: Vec<f32>) {
        if let Some(class) = self.0.get_mut(&vector.capacity())
            && class.lent > 0
        {
            class.lent -= 1;
            class.free.push(vector);
        }
    }
}

/// A vector of `length` floats with unspecified contents.
pub(super) fn take(length: usize) -> Vec<f32> {
    if length >= SMALL
        && let Ok(mut pool) = POOL.lock()
    {
        return pool.take(length);
    }
    vec![0.0; length]
}

/// Keeps `vector` for [`take`].
pub(super) fn give(vector: Vec<f32>) {
    if vector.capacity() >= SMALL
        && let Ok(mut pool) = POOL.lock()
    {
        pool.give(vector);
    }
}

/// Keeps the storage of `tensor` where this was its last owner.
pub(super) fn recycle(tensor: FlexTensor) {
    if let Some(vector) = into_unique(tensor) {
        give(vector);
    }
}

/// Frees all kept buffers.
pub fn release() {
    if let Ok(mut pool) = POOL.lock() {
        pool.0.clear();
    }
}

fn into_unique(tensor: FlexTensor) -> Option<Vec<f32>> {
    let owned = tensor.is_unique() && tensor.is_contiguous() && tensor.dtype() == DType::F32;
    let whole = tensor.bytes().len() == 4 * tensor.layout().num_elements();
    (owned && whole).then_some(())?;
    let data = tensor.into_data();
    let (bytes, _, _) = data.into_parts();
    bytes.try_into_vec::<f32>().ok()
}

/// The floats of `tensor`: its own storage where nobody shares it, a copy else.
pub(super) fn into_vec(tensor: FlexTensor) -> Vec<f32> {
    let tensor = contiguous(tensor);
    let length = tensor.layout().num_elements();
    if tensor.is_unique() && tensor.bytes().len() == 4 * length {
        let bytes = tensor.into_data().into_parts().0;
        return bytes
            .try_into_vec::<f32>()
            .unwrap_or_else(|bytes| copy_bytes(&bytes));
    }
    let mut copy = take(length);
    copy.copy_from_slice(slice(&tensor));
    copy
}

fn copy_bytes(bytes: &[u8]) -> Vec<f32> {
    let number = |b: &[u8]| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]);
    bytes.chunks_exact(4).map(number).collect()
}

/// The same tensor, copied where it is a view. By value: a second owner would force a copy later.
pub(super) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() {
        tensor
    } else {
        tensor.to_contiguous()
    }
}

/// The floats of a contiguous tensor.
pub(super) fn slice(tensor: &FlexTensor) -> &[f32] {
    let start = tensor.layout().start_offset();
    &tensor.storage::<f32>()[start..start + tensor.layout().num_elements()]
}

/// A contiguous tensor of `vector`.
pub(super) fn tensor(vector: Vec<f32>, shape: &[usize]) -> FlexTensor {
    let layout = Layout::contiguous(Shape::from(shape.to_vec()));
    FlexTensor::new(Bytes::from_elems(vector), layout, DType::F32)
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use std::collections::BTreeMap;

    #[test]
    fn what_was_lent_comes_back_and_nothing_else_is_kept() {
        let mut pool = Pool(BTreeMap::new());
        let kept = |pool: &Pool| pool.0.values().map(|class| class.free.len()).sum::<usize>();
        pool.give(vec![0.0; 100]);
        assert_eq!(kept(&pool), 0, "nobody took one of this size");
        let (a, b) = (pool.take(100), pool.take(100));
        let place = a.as_ptr();
        pool.give(a);
        pool.give(b);
        pool.give(vec![0.0; 100]);
        assert_eq!(kept(&pool), 2, "two were out at once");
        let again = [pool.take(80), pool.take(70)];
        assert_eq!(again.each_ref().map(Vec::len), [80, 70]);
        assert!(again.iter().any(|v| v.as_ptr() == place), "no new memory");
        assert_eq!(kept(&pool), 0);
        let small = pool.take(60);
        assert_eq!(small.capacity(), 60, "100 would waste more than half");
    }
}
