//! Batches of texts: token ids of different lengths, made one rectangle.
//!
//! - **Input** rows of token ids; **output** ids padded to the longest row, and a mask that says which
//!   are real.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// Texts of one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextBatch {
    ids: Vec<i64>,
    lengths: Vec<usize>,
    width: usize,
}

impl TextBatch {
    /// `rows` padded with `padding` to the longest of them, and to one column at least: no tensor is
    /// empty then.
    #[must_use]
    pub fn new<R: AsRef<[u32]>>(rows: &[R], padding: u32) -> Self {
        let lengths: Vec<usize> = rows.iter().map(|row| row.as_ref().len()).collect();
        let width = lengths.iter().copied().max().unwrap_or(0).max(1);
        let mut ids = vec![i64::from(padding); rows.len() * width];
        for (place, row) in ids.chunks_exact_mut(width).zip(rows) {
            for (id, token) in place.iter_mut().zip(row.as_ref()) {
                *id = i64::from(*token);
            }
        }
        Self {
            ids,
            lengths,
            width,
        }
    }

    /// Tokens of each text.
    #[must_use]
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Token ids, `[texts, longest]`.
    #[must_use]
    pub fn ids(&self, device: &Device) -> Tensor<2, Int> {
        let shape = [self.lengths.len(), self.width];
        Tensor::from_data(TensorData::new(self.ids.clone(), shape), device)
    }

    /// 1 where a token is, 0 where there is padding, `[texts, longest]`.
    #[must_use]
    pub fn mask(&self, device: &Device) -> Tensor<2> {
        let row = |length: &usize| {
            let length = *length;
            (0..self.width).map(move |n| f32::from(u8::from(n < length)))
        };
        let mask: Vec<f32> = self.lengths.iter().flat_map(row).collect();
        let shape = [self.lengths.len(), self.width];
        Tensor::from_data(TensorData::new(mask, shape), device)
    }
}

#[cfg(test)]
mod tests {
    use super::TextBatch;
    use burn::tensor::Device;

    #[test]
    fn short_rows_are_padded_and_masked() {
        let batch = TextBatch::new(&[vec![5, 6, 7], vec![8], vec![]], 9);
        let device = Device::flex();
        let ids: Vec<i64> = batch.ids(&device).into_data().iter::<i64>().collect();
        assert_eq!(ids, [5, 6, 7, 8, 9, 9, 9, 9, 9]);
        let mask: Vec<f32> = batch.mask(&device).into_data().iter::<f32>().collect();
        assert_eq!(mask, [1., 1., 1., 1., 0., 0., 0., 0., 0.]);
        assert_eq!(batch.lengths(), [3, 1, 0]);
        assert_eq!(batch.ids(&device).dims(), [3, 3]);
    }

    #[test]
    fn texts_without_a_token_are_a_batch() {
        let batch = TextBatch::new(&[[], []], 0);
        assert_eq!(batch.mask(&Device::flex()).dims(), [2, 1]);
    }
}
