//! Buffers of finished tensors, kept for the next ones.
//!
//! - **Computes** nothing; hands out vectors. Fresh memory costs a page fault every four
//!   kilobytes, which for the large maps of a training step is as much as the arithmetic on them.
//! - **Input** tensors that nobody reads any more; **output** vectors of old contents.
//! - **Source** ours. Vectors come back where a node's backward pass drops the last reference.
//! - **Deviations** a vector that nobody takes while [`KEPT`] others come back is freed, so that
//!   tensors of other origin, such as the input of every step, do not pile up. [`release`] frees all.

use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{Bytes, DType, Shape};
use std::collections::VecDeque;
use std::sync::Mutex;

/// Floats below which the allocator is as good.
const SMALL: usize = 16 * 1024;
/// More vectors than a training step of our deepest networks gives back.
const KEPT: u64 = 1024;

static POOL: Mutex<Pool> = Mutex::new(Pool {
    given: 0,
    free: VecDeque::new(),
});

/// Vectors that came back, the oldest first, each with the count of vectors at its return.
struct Pool {
    given: u64,
    free: VecDeque<(u64, Vec<f32>)>,
}

impl Pool {
    /// The smallest that holds `length` floats without wasting half as much again.
    fn take(&mut self, length: usize) -> Option<Vec<f32>> {
        let fits = |v: &Vec<f32>| v.capacity() >= length && v.capacity() <= length + length / 2;
        let best = (0..self.free.len())
            .filter(|&i| fits(&self.free[i].1))
            .min_by_key(|&i| self.free[i].1.capacity())?;
        let (_, mut vector) = self.free.remove(best)?;
        vector.resize(length, 0.0);
        Some(vector)
    }

    fn give(&mut self, vector: Vec<f32>) {
        self.given += 1;
        self.free.push_back((self.given, vector));
        while self
            .free
            .front()
            .is_some_and(|(at, _)| at + KEPT < self.given)
        {
            self.free.pop_front();
        }
    }
}

/// A vector of `length` floats with unspecified contents.
pub(super) fn take(length: usize) -> Vec<f32> {
    if length >= SMALL
        && let Ok(mut pool) = POOL.lock()
        && let Some(vector) = pool.take(length)
    {
        return vector;
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
        pool.free.clear();
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
    use super::{KEPT, Pool};
    use std::collections::VecDeque;

    #[test]
    fn vectors_come_back_and_what_nobody_takes_is_freed() {
        let mut pool = Pool {
            given: 0,
            free: VecDeque::new(),
        };
        pool.give(vec![0.0; 100]);
        assert!(pool.take(101).is_none());
        assert!(pool.take(60).is_none(), "wastes more than half");
        assert_eq!(pool.take(80).map(|v| v.len()), Some(80));
        assert!(pool.take(80).is_none(), "it was the only one");
        // A step that brings ten vectors and takes back nine: the tenth must not pile up.
        for _ in 0..10 * KEPT {
            pool.give(vec![0.0; 7]);
            for _ in 0..9 {
                let vector = pool.take(100).unwrap_or_else(|| vec![0.0; 100]);
                pool.give(vector);
            }
        }
        assert!(pool.free.len() as u64 <= KEPT + 1);
        assert!(pool.take(100).is_some(), "what is used stays");
    }
}
