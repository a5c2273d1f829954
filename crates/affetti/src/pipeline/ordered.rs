//! A parallel map that keeps the order and bounds the memory.
//!
//! Workers take items from a shared iterator; the calling thread hands the results to a sink in
//! the order of the items. At most `window` items are between being taken and being handed over,
//! so that one slow item cannot pile up the results of all the others.
//!
//! No channel of the standard library does both: results come out of order, and a worker that is
//! far ahead has to wait before it takes an item, not after.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

/// Name of the threads that work on pictures. A panic there is caught and becomes a failure of the
/// picture, so that a program may keep the panic hook quiet on threads of this name.
pub const WORKER_THREAD: &str = "affetti-worker";

struct Shared<I, T> {
    state: Mutex<State<I, T>>,
    /// A result has come, or none will any more.
    filled: Condvar,
    /// A result was handed over, or work has ended.
    room: Condvar,
    window: usize,
}

struct State<I, T> {
    items: I,
    /// Items taken; the next one has this index.
    taken: usize,
    /// Results handed to the sink.
    delivered: usize,
    exhausted: bool,
    stopped: bool,
    ready: BTreeMap<usize, T>,
}

/// Ends the work when its thread leaves early, by a panic or by the sink's wish: nobody may wait
/// for a thread that is gone.
struct Stop<'a, I, T> {
    shared: &'a Shared<I, T>,
    only_on_panic: bool,
}

impl<I, T> Drop for Stop<'_, I, T> {
    fn drop(&mut self) {
        if !self.only_on_panic || thread::panicking() {
            self.shared.lock().stopped = true;
            self.shared.filled.notify_all();
            self.shared.room.notify_all();
        }
    }
}

impl<I: Iterator, T> Shared<I, T> {
    /// The next item and its index, once there is room for its result.
    fn take(&self) -> Option<(usize, I::Item)> {
        let mut state = self.lock();
        while !state.stopped && !state.exhausted && state.taken >= state.delivered + self.window {
            state = self
                .room
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped || state.exhausted {
            return None;
        }
        let Some(item) = state.items.next() else {
            state.exhausted = true;
            self.filled.notify_all();
            self.room.notify_all();
            return None;
        };
        let index = state.taken;
        state.taken += 1;
        Some((index, item))
    }

    fn put(&self, index: usize, result: T) {
        self.lock().ready.insert(index, result);
        self.filled.notify_all();
    }

    /// The next result in order; `None` when there are no more.
    fn wait(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            let next = state.delivered;
            if let Some(result) = state.ready.remove(&next) {
                return Some(result);
            }
            if state.stopped || (state.exhausted && state.taken == next) {
                return None;
            }
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn delivered(&self) {
        self.lock().delivered += 1;
        self.room.notify_all();
    }
}

impl<I, T> Shared<I, T> {
    /// The lock is poisoned only by a panic, which `Stop` has announced: the counts still hold.
    fn lock(&self) -> MutexGuard<'_, State<I, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Maps `items` with `work` on `workers` threads and hands the results to `sink` on this one,
/// until the sink breaks. `fresh` makes what each worker keeps between items.
///
/// # Panics
/// If `work`, `items` or `sink` does; all threads have ended then.
pub(super) fn map<I, S, T>(
    items: I,
    workers: usize,
    window: usize,
    fresh: impl Fn() -> S + Sync,
    work: impl Fn(I::Item, &mut S) -> T + Sync,
    mut sink: impl FnMut(T) -> ControlFlow<()>,
) where
    I: Iterator + Send,
    T: Send,
{
    let shared = Shared {
        state: Mutex::new(State {
            items,
            taken: 0,
            delivered: 0,
            exhausted: false,
            stopped: false,
            ready: BTreeMap::new(),
        }),
        filled: Condvar::new(),
        room: Condvar::new(),
        window: window.max(1),
    };
    let worker = || {
        let _stop = Stop {
            shared: &shared,
            only_on_panic: true,
        };
        let mut own = fresh();
        while let Some((index, item)) = shared.take() {
            shared.put(index, work(item, &mut own));
        }
    };
    thread::scope(|scope| {
        let _stop = Stop {
            shared: &shared,
            only_on_panic: false,
        };
        let spawned = (0..workers)
            .map_while(|_| {
                let named = thread::Builder::new().name(WORKER_THREAD.to_owned());
                named.spawn_scoped(scope, worker).ok()
            })
            .count();
        // A system that refuses every thread has this one.
        if spawned == 0 {
            let mut own = fresh();
            while let Some((_, item)) = shared.take() {
                let result = work(item, &mut own);
                shared.delivered();
                if sink(result).is_break() {
                    return;
                }
            }
            return;
        }
        while let Some(result) = shared.wait() {
            let flow = sink(result);
            shared.delivered();
            if flow.is_break() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::map;
    use std::{
        ops::ControlFlow,
        panic::{AssertUnwindSafe, catch_unwind},
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::Duration,
    };

    fn nap(item: usize) {
        thread::sleep(Duration::from_micros((item as u64 * 7919) % 900));
    }

    #[test]
    fn order_holds_and_the_window_bounds() {
        for (workers, window) in [(0, 1), (1, 1), (4, 1), (4, 8), (8, 3)] {
            let (taken, handed) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let items = (0..200).inspect(|_| {
                let ahead = taken.fetch_add(1, Ordering::SeqCst) - handed.load(Ordering::SeqCst);
                assert!(ahead <= window, "{ahead} > {window}");
            });
            let mut got = Vec::new();
            let work = |item, calls: &mut usize| {
                nap(item);
                *calls += 1;
                item
            };
            map(
                items,
                workers,
                window,
                || 0,
                work,
                |item| {
                    got.push(item);
                    handed.fetch_add(1, Ordering::SeqCst);
                    ControlFlow::Continue(())
                },
            );
            assert_eq!(got, (0..200).collect::<Vec<_>>(), "{workers} {window}");
        }
    }

    #[test]
    fn the_sink_can_stop() {
        for workers in [0, 3] {
            let mut got = Vec::new();
            map(
                0..,
                workers,
                4,
                || (),
                |item: u32, ()| item,
                |item| {
                    got.push(item);
                    if item == 20 {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                },
            );
            assert_eq!(got, (0..=20).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panic_anywhere_ends_everything() {
        let go = |bad_item: u32, bad_sink: u32, bad_source: u32| {
            let items = (0..1000_u32).inspect(move |&i| assert_ne!(i, bad_source, "source"));
            let work = |item, (): &mut ()| {
                assert_ne!(item, bad_item, "work");
                item
            };
            let sink = |item| {
                assert_ne!(item, bad_sink, "sink");
                ControlFlow::Continue(())
            };
            catch_unwind(AssertUnwindSafe(|| map(items, 3, 5, || (), work, sink))).is_err()
        };
        let never = u32::MAX;
        assert!(go(50, never, never));
        assert!(go(never, 50, never));
        assert!(go(never, never, 50));
        assert!(!go(never, never, never));
    }
}
