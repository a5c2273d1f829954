//! The optimisers against PyTorch's; expected values from `peers/adamw.py`.

use affetti_train::optimizer::State;
use affetti_train::settings::{Kind, Optimizer};
use affetti_train::values;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

#[derive(Module, Debug)]
struct Two {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

fn gradient(step: usize, index: usize) -> f32 {
    ((step * 7 + index * 5) % 11) as f32 / 5.0 - 1.0
}

fn after_five_steps(kind: Kind, decay: f64, clip: f64) -> Vec<f32> {
    let device = Device::flex().autodiff();
    let mut model = Two {
        weight: Param::from_data([[0.5, -0.25], [1.0, 2.0]], &device),
        bias: Param::from_data([0.1, -0.3], &device),
    };
    let mut state = State::new(Optimizer {
        kind,
        rate: 0.05,
        decay,
        clip,
        beta1: 0.9,
        beta2: 0.999,
    });
    for step in 0..5 {
        let given: Vec<f32> = (0..6).map(|i| gradient(step, i)).collect();
        let weight = TensorData::new(given[..4].to_vec(), [2, 2]);
        let bias = TensorData::new(given[4..].to_vec(), [2]);
        // A loss whose gradients are the given ones.
        let loss = (model.weight.val() * Tensor::from_data(weight, &device)).sum()
            + (model.bias.val() * Tensor::from_data(bias, &device)).sum();
        model = state
            .step(model, loss.backward(), 0.05, &|_| 1.0)
            .expect("finite");
    }
    let found = values(&model);
    [&found.map["weight"].data[..], &found.map["bias"].data[..]].concat()
}

#[test]
fn as_pytorch() {
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("fixtures/optimizer.json")).expect("a fixture");
    for (kind, decay, name) in [(Kind::Adam, 0.1, "adam"), (Kind::Momentum, 0.0, "momentum")] {
        let expected = fixture[name].as_array().expect("numbers");
        let found = after_five_steps(kind, decay, 0.0);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let expected = expected.as_f64().expect("a number") as f32;
            assert!(
                (found - expected).abs() < 2e-6,
                "{name}: {found} not {expected}"
            );
        }
    }
}

#[test]
fn clipping_shortens_the_gradient() {
    // Momentum 0.9 with every gradient scaled to norm 1e-6: after five steps no value can have
    // moved by more than rate · Σ of the momentum's sums (1 + 1.9 + 2.71 + 3.439 + 4.0951) · 1e-6.
    let start = [0.5, -0.25, 1.0, 2.0, 0.1, -0.3];
    let most = 0.05 * 13.1441 * 1e-6 + 2e-7;
    for (found, start) in after_five_steps(Kind::Momentum, 0.0, 1e-6)
        .iter()
        .zip(start)
    {
        assert!((found - start).abs() <= most, "{found} from {start}");
    }
}
