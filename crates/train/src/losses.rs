//! Objectives that several rooms share. All are means over the batch.

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;

/// Cross-entropy of whole distributions: −Σ target · log softmax(logits), weighted per row.
///
/// `logits` and `targets` are `[batch, classes]`, each row of `targets` sums to 1; `weights`
/// `[batch]`, 0 or more: rows of weight 0 cost nothing and count nothing. It differs from
/// KL(target ‖ softmax) by the entropy of the targets, which no gradient sees.
#[must_use]
pub fn soft_cross_entropy(logits: Tensor<2>, targets: Tensor<2>, weights: Tensor<1>) -> Tensor<1> {
    let [batch, _] = logits.dims();
    let costs = (log_softmax(logits, 1) * targets)
        .sum_dim(1)
        .reshape([batch])
        * -1.0;
    weighted_mean(costs, weights)
}

/// Squared error of `[batch, values]`, summed over the values, weighted per row.
#[must_use]
pub fn squared_error(found: Tensor<2>, targets: Tensor<2>, weights: Tensor<1>) -> Tensor<1> {
    let [batch, _] = found.dims();
    let difference = found - targets;
    let costs = (difference.clone() * difference)
        .sum_dim(1)
        .reshape([batch]);
    weighted_mean(costs, weights)
}

/// Huber's error of `[batch, values]`: half the square up to `delta`, from there on linear; summed
/// over the values, weighted per row.
#[must_use]
pub fn huber_error(
    found: Tensor<2>,
    targets: Tensor<2>,
    weights: Tensor<1>,
    delta: f64,
) -> Tensor<1> {
    let [batch, _] = found.dims();
    let size = (found - targets).abs();
    let near = size.clone().clamp_max(delta);
    let costs = (near.clone() * (size - near * 0.5))
        .sum_dim(1)
        .reshape([batch]);
    weighted_mean(costs, weights)
}

/// 1 − the cosine between `[batch, values]` and targets of length 1, weighted per row.
#[must_use]
pub fn cosine_error(found: Tensor<2>, targets: Tensor<2>, weights: Tensor<1>) -> Tensor<1> {
    let [batch, _] = found.dims();
    let length = (found.clone() * found.clone())
        .sum_dim(1)
        .clamp_min(1e-12)
        .sqrt();
    let cosine = (found * targets).sum_dim(1) / length;
    weighted_mean(cosine.reshape([batch]) * -1.0 + 1.0, weights)
}

/// Σ weight · cost / Σ weight; 0 where all weights are 0.
fn weighted_mean(costs: Tensor<1>, weights: Tensor<1>) -> Tensor<1> {
    let total = weights.clone().sum().clamp_min(1e-12);
    (costs * weights).sum() / total
}

#[cfg(test)]
mod tests {
    use super::{cosine_error, huber_error};
    use burn::tensor::{Device, Tensor};

    #[test]
    fn cosine_by_hand() {
        let device = Device::flex();
        let found = Tensor::<2>::from_floats([[3.0, 4.0], [9.0, 9.0], [-2.0, 0.0]], &device);
        let targets = Tensor::from_floats([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], &device);
        // 1 − 3/5 and 1 − (−1), weighted 1 and 3; the second row weighs nothing.
        let weights = Tensor::from_floats([1.0, 0.0, 3.0], &device);
        let error: f32 = cosine_error(found, targets, weights).into_scalar();
        assert!((error - (0.4 + 3.0 * 2.0) / 4.0).abs() < 1e-6, "{error}");
    }

    #[test]
    fn huber_by_hand() {
        let device = Device::flex().autodiff();
        let found = Tensor::<2>::from_floats([[0.5, -3.0], [9.0, 9.0]], &device).require_grad();
        let targets = Tensor::zeros([2, 2], &device);
        // The second row weighs nothing. 0.5²/2 + 1 · (3 − 1/2) = 2.625.
        let weights = Tensor::from_floats([2.0, 0.0], &device);
        let error = huber_error(found.clone(), targets, weights, 1.0);
        let gradient = found.grad(&error.backward()).expect("found takes part");
        assert!((error.into_scalar::<f32>() - 2.625).abs() < 1e-6);
        let slopes: Vec<f32> = gradient.into_data().iter::<f32>().collect();
        assert_eq!(slopes, [0.5, -1.0, 0.0, 0.0]);
    }
}
