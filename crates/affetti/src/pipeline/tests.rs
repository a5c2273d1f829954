//! The pipeline with work that needs no weights.

use std::{
    ops::ControlFlow,
    panic,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use affetti_picture::{DecodeOptions, Limits, Picture};
use affetti_sketch::Moment;

use super::{
    Budget, Cancel, Control, ErrorKind, Fault, Found, Input, Inputs, Job, Outcome, Progress,
    Source, Task, WORKER_THREAD, Work, answer, run,
};

/// Counts pixels, and the pictures of each state.
struct Counting {
    threads: usize,
    side_by_side: bool,
    states: AtomicUsize,
}

impl Counting {
    fn on(threads: usize) -> Self {
        Self {
            threads,
            side_by_side: true,
            states: AtomicUsize::new(0),
        }
    }
}

impl Work for Counting {
    type State = usize;
    type Answer = (String, u32, usize);

    fn state(&self) -> usize {
        self.states.fetch_add(1, Ordering::SeqCst);
        0
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn side_by_side(&self) -> bool {
        self.side_by_side
    }

    fn answer(&self, task: &Task<'_>, seen: &mut usize) -> Result<Self::Answer, Fault> {
        *seen += 1;
        let name = task.job.source.name();
        assert!(!name.starts_with("panic"), "as asked");
        let opened = task.open(&DecodeOptions::default())?;
        let moment = Moment {
            step: 1,
            of: 2,
            loss: 0.5,
            curves: &[],
            view: [1.0; 2],
        };
        if task.step(&moment).is_break() {
            return Err(Fault::new(ErrorKind::Input, "stopped"));
        }
        let pixels = opened.picture.width() * opened.picture.height();
        Ok((name.to_string(), pixels, *seen))
    }
}

fn bytes(name: &str, side: u32) -> Input {
    let picture = Picture::new(side, side, vec![9; (3 * side * side) as usize]).unwrap();
    Input::Bytes {
        name: name.into(),
        bytes: picture.encode_png().into(),
    }
}

fn job(name: &str, side: u32) -> Job {
    let found = Inputs::new([bytes(name, side)]).next();
    let Some(Found::Picture(job)) = found else {
        panic!("{found:?} is no picture");
    };
    job
}

fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() != Some(WORKER_THREAD) {
            usual(info);
        }
    }));
    let done = work();
    drop(panic::take_hook());
    done
}

/// Name and pixels, or the message of the failure.
fn all(work: &Counting, inputs: Vec<Input>, control: &Control<'_>) -> Vec<(String, String)> {
    let mut got = Vec::new();
    run(work, Inputs::new(inputs), control, |outcome| {
        got.push(match outcome {
            Outcome::Done(answer) => (answer.0, answer.1.to_string()),
            Outcome::Failed(failure) => (failure.path.to_string(), failure.fault.message),
            Outcome::Note(note) => (String::new(), note),
        });
        ControlFlow::Continue(())
    });
    got
}

#[test]
fn bytes_in_memory_are_a_source() {
    let work = Counting::on(2);
    let nothing = Input::Bytes {
        name: "<no picture>".into(),
        bytes: b"nothing"[..].into(),
    };
    let inputs = vec![bytes("a", 1), nothing, bytes("b", 3)];
    let got = all(&work, inputs, &Control::default());
    assert_eq!(got.len(), 3);
    assert_eq!(got[0], ("a".into(), "1".into()));
    assert_eq!(got[1].0, "<no picture>");
    assert_eq!(got[2], ("b".into(), "9".into()));
    let source = Source::Bytes {
        name: "c".into(),
        bytes: [0; 9][..].into(),
    };
    let small = Limits {
        max_bytes: 8,
        ..Limits::default()
    };
    assert!(source.bytes(&Limits::default()).is_ok());
    assert!(source.bytes(&small).is_err());
}

#[test]
fn a_panic_is_the_failure_of_its_picture_and_the_state_is_fresh() {
    for side_by_side in [true, false] {
        let work = Counting {
            side_by_side,
            ..Counting::on(1)
        };
        let inputs = vec![bytes("a", 1), bytes("panic", 1), bytes("b", 1)];
        let got = quietly(|| all(&work, inputs, &Control::default()));
        assert!(got[1].1.contains("please report it"), "{got:?}");
        assert_eq!((got[0].0.as_str(), got[2].0.as_str()), ("a", "b"));
        assert_eq!(work.states.into_inner(), 2);
    }
}

#[test]
fn one_picture_is_answered_in_place() {
    let work = Counting::on(3);
    let answered = answer(&work, &job("a", 2), &Control::default(), &Budget::new(1));
    assert_eq!(answered.unwrap(), ("a".into(), 4, 1));
}

#[test]
fn cancelled_between_pictures_and_between_steps() {
    for side_by_side in [true, false] {
        let work = Counting {
            side_by_side,
            ..Counting::on(1)
        };
        let control = Control::default();
        let inputs = (0..100).map(|n| bytes(&n.to_string(), 1));
        let mut got = 0;
        run(&work, Inputs::new(inputs), &control, |_| {
            got += 1;
            if got == 3 {
                control.cancel.clone().cancel();
            }
            ControlFlow::Continue(())
        });
        // What was taken by then is answered: within the window, no more.
        let most = if side_by_side { 3 + 6 } else { 3 };
        assert!((3..=most).contains(&got), "{got}");
    }
    let cancel = Cancel::default();
    let control = Control {
        cancel: cancel.clone(),
        ..Control::default()
    };
    cancel.cancel();
    assert!(all(&Counting::on(1), vec![bytes("a", 1)], &control).is_empty());
    let stopped = answer(&Counting::on(1), &job("a", 1), &control, &Budget::new(1)).unwrap_err();
    assert_eq!(stopped.fault.message, "stopped");
}

#[derive(Default)]
struct Told {
    pictures: Mutex<Vec<usize>>,
    steps: Mutex<Vec<String>>,
}

impl Progress for Told {
    fn pictures(&self, done: usize) {
        self.pictures.lock().unwrap().push(done);
    }

    fn step(&self, path: &str, moment: &Moment<'_>) {
        let step = format!("{path} {}/{}", moment.step, moment.of);
        self.steps.lock().unwrap().push(step);
    }
}

#[test]
fn progress_counts_inputs_and_tells_steps() {
    let told = Told::default();
    let control = Control {
        progress: &told,
        ..Control::default()
    };
    let missing = Input::Path("no such file".into());
    let inputs = vec![bytes("a", 1), missing, bytes("b", 1)];
    all(&Counting::on(1), inputs, &control);
    assert_eq!(*told.pictures.lock().unwrap(), [1, 2, 3]);
    assert_eq!(*told.steps.lock().unwrap(), ["a 1/2", "b 1/2"]);
}
