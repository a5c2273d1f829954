//! Weights and inputs from the closed formula that peers/networks.py has too.
#![allow(dead_code, reason = "each test binary uses its own part")]

use affetti_testkit::uniform;
use affetti_weights::NetError;
use affetti_weights::tensors::{Tensor, Tensors};
use serde_json::Value;
use std::path::Path;

/// An input or the weights of the loss.
pub(crate) fn values(name: &str, count: usize) -> Vec<f32> {
    uniform(name, count).into_iter().map(|v| v as f32).collect()
}

pub(crate) fn closed_form(name: &str, shape: &[usize]) -> Tensor {
    Tensor {
        shape: shape.to_vec(),
        data: affetti_testkit::closed_form(name, shape),
    }
}

/// The tensors that `read` asks for. Names come from what an empty file is told, shapes from what
/// a file of wrong shapes is told.
pub(crate) fn tensors<T>(read: impl Fn(Tensors) -> Result<T, NetError>) -> Tensors {
    let complaints = |tensors: &Tensors| match read(tensors.clone()) {
        Err(NetError::Mismatch { problems, .. }) => problems,
        _ => panic!("the file must not fit"),
    };
    let mut tensors = Tensors::default();
    for problem in complaints(&tensors) {
        let name = problem.strip_suffix(" is missing").expect("a missing one");
        let wrong = Tensor {
            shape: vec![1, 1, 1, 1, 1],
            data: vec![0.0],
        };
        tensors.map.insert(name.to_owned(), wrong);
    }
    for problem in complaints(&tensors) {
        let (name, rest) = problem.split_once(" has shape ").expect("a wrong shape");
        let shape = rest.split_once("expected ").expect("the right shape").1;
        let shape: Vec<usize> = serde_json::from_str(shape).expect("a list");
        tensors
            .map
            .insert(name.to_owned(), closed_form(name, &shape));
    }
    tensors
}

/// What `read` makes of them.
pub(crate) fn filled<T>(read: impl Fn(Tensors) -> Result<T, NetError>) -> T {
    read(tensors(&read)).expect("every tensor is there")
}

/// One case of the fixture.
pub(crate) struct Case(Value);

impl Case {
    pub(crate) fn new(name: &str) -> Self {
        Self::of("networks.json", name)
    }

    /// Of another fixture.
    pub(crate) fn of(file: &str, name: &str) -> Self {
        Self(Self::whole(file).0["cases"][name].clone())
    }

    /// All of a fixture.
    pub(crate) fn whole(file: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let text = std::fs::read_to_string(folder.join(file)).expect("the fixture");
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    /// `[batch, height, width, channels]` of the input.
    pub(crate) fn shape(&self) -> [usize; 4] {
        let size = |i: usize| self.0["shape"][i].as_u64().expect("a size") as usize;
        std::array::from_fn(size)
    }

    /// The tensors that the fixture lists, filled.
    pub(crate) fn listed(&self) -> Tensors {
        let list = self.0["tensors"].as_object().expect("names and shapes");
        let filled = list.iter().map(|(name, shape)| {
            let shape: Vec<usize> = serde_json::from_value(shape.clone()).expect("a shape");
            (name.clone(), closed_form(name, &shape))
        });
        Tensors {
            file: "peer".into(),
            map: filled.collect(),
            ..Tensors::default()
        }
    }

    pub(crate) fn input(&self) -> Vec<f32> {
        values("input", self.shape().iter().product())
    }

    /// Compares every n-th of `found` with `part`, relative to the largest expected magnitude.
    pub(crate) fn check(&self, part: &str, found: &[f32], tolerance: f32) {
        let worst = self.differences(part, found).last().copied();
        let worst = worst.unwrap_or(f32::INFINITY);
        assert!(worst <= tolerance, "{part}: {worst:e}");
    }

    /// The same for three of four values; the others may be off by `worst`.
    pub(crate) fn check_most(&self, part: &str, found: &[f32], tolerance: f32, worst: f32) {
        let all = self.differences(part, found);
        let most = all[all.len() * 3 / 4];
        assert!(most <= tolerance, "{part}: three of four within {most:e}");
        self.check(part, found, worst);
    }

    /// Differences relative to the largest expected magnitude, in their order.
    fn differences(&self, part: &str, found: &[f32]) -> Vec<f32> {
        let part_of = &self.0[part];
        let step = part_of["step"].as_u64().expect("a step") as usize;
        let list = part_of["values"].as_array().expect("numbers");
        let expected: Vec<f32> = list
            .iter()
            .map(|v| v.as_f64().expect("a number") as f32)
            .collect();
        let found: Vec<f32> = found.iter().copied().step_by(step).collect();
        assert_eq!(found.len(), expected.len(), "{part}: length");
        let scale = expected.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        assert!(
            scale > 1e-3 && found.iter().all(|v| v.is_finite()),
            "{part}"
        );
        let pairs = found.iter().zip(&expected);
        let mut off: Vec<f32> = pairs.map(|(a, b)| (a - b).abs() / scale).collect();
        off.sort_by(f32::total_cmp);
        off
    }
}
