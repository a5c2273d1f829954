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

/// Σ weight · cost / Σ weight; 0 where all weights are 0.
fn weighted_mean(costs: Tensor<1>, weights: Tensor<1>) -> Tensor<1> {
    let total = weights.clone().sum().clamp_min(1e-12);
    (costs * weights).sum() / total
}
