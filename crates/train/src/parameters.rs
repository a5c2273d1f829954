//! The values of a module by name, and back.
//!
//! Names are the fields on the way, joined by dots: `blocks.3.expand.weight`. Running moments of
//! normalisation layers are values too; they take no gradient.

use crate::error::TrainError;
use affetti_weights::NetError;
use affetti_weights::tensors::{Tensor as Values, Tensors};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use std::collections::BTreeMap;

/// Where in a module a visitor is.
#[derive(Debug, Default)]
pub(crate) struct Path(Vec<String>);

impl Path {
    pub(crate) fn enter(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    pub(crate) fn exit(&mut self) {
        self.0.pop();
    }

    pub(crate) fn name(&self) -> String {
        self.0.join(".")
    }
}

/// The numbers of a float tensor.
pub(crate) fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[derive(Default)]
struct Collect {
    path: Path,
    found: BTreeMap<String, Values>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        let data = floats(tensor);
        self.found.insert(self.path.name(), Values { shape, data });
    }
}

/// All values of `module`.
#[must_use]
pub fn values<M: Module>(module: &M) -> Tensors {
    let mut collect = Collect::default();
    module.visit(&mut collect);
    Tensors {
        file: String::new(),
        note: String::new(),
        map: collect.found,
    }
}

struct Fill<'a> {
    path: Path,
    from: &'a BTreeMap<String, Values>,
    used: usize,
    problems: Vec<String>,
}

impl ModuleMapper for Fill<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let Some(values) = self.from.get(&name) else {
            self.problems.push(format!("{name} is missing"));
            return param;
        };
        self.used += 1;
        let shape = param.val().dims();
        if values.shape != shape {
            let problem = format!("{name} is {:?}, not {shape:?}", values.shape);
            self.problems.push(problem);
            return param;
        }
        let data = TensorData::new(values.data.clone(), shape);
        param.map(|old| {
            let wanted = old.is_require_grad();
            Tensor::from_data(data, &old.device()).set_require_grad(wanted)
        })
    }
}

/// `module` with all its values replaced by `tensors`.
///
/// # Errors
/// Every missing, extra or misshapen tensor at once.
pub fn restore<M: Module>(module: M, tensors: &Tensors) -> Result<M, TrainError> {
    let mut fill = Fill {
        path: Path::default(),
        from: &tensors.map,
        used: 0,
        problems: Vec::new(),
    };
    let module = module.map(&mut fill);
    if fill.problems.is_empty() && fill.used < tensors.map.len() {
        let extra = tensors.map.len() - fill.used;
        fill.problems.push(format!("{extra} tensors too many"));
    }
    if fill.problems.is_empty() {
        return Ok(module);
    }
    Err(TrainError::Net(NetError::Mismatch {
        file: tensors.file.clone(),
        network: "the network in training".to_owned(),
        problems: fill.problems,
    }))
}

struct Freeze<'a> {
    path: Path,
    frozen: &'a dyn Fn(&str) -> bool,
}

impl ModuleMapper for Freeze<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if (self.frozen)(&self.path.name()) {
            param.set_require_grad(false)
        } else {
            param
        }
    }
}

/// `module` whose values with `frozen(name)` take no gradient and so are never changed.
#[must_use]
pub fn freeze<M: Module>(module: M, frozen: &dyn Fn(&str) -> bool) -> M {
    let path = Path::default();
    module.map(&mut Freeze { path, frozen })
}
