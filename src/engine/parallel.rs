//! Work on many things at once, with the results in the order of the things.

use std::cell::Cell;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::{io, thread};

use rayon::prelude::*;

/// Parsing and looking into archives recurse; deep ones need room. Only touched pages are real memory.
const STACK_BYTES: usize = 256 << 20;

/// Does `work` for each of `things` on `threads` threads (0: one for each processor) that have room on their stacks.
///
/// # Errors
/// If the threads cannot be started.
pub(super) fn each<'t, T: Sync, R: Send>(
    things: &'t [T],
    threads: usize,
    work: &(dyn Fn(&'t T) -> R + Sync),
) -> io::Result<Vec<R>> {
    let threads = useful(threads, things.len());
    if threads == 1 {
        return with_room(|| things.iter().map(work).collect());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build();
    Ok(pool.map_err(io::Error::other)?.install(|| things.par_iter().map(work).collect()))
}

thread_local! {
    /// Whether what runs on this thread has room on its stack.
    static HAS_ROOM: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on a stack with room: this one if it has, or one of its own. It stays on this thread, for to start another
/// takes as long as to look at a small file.
///
/// # Errors
/// If there is no memory for the stack.
///
/// # Panics
/// If `work` does.
pub fn with_room<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    if HAS_ROOM.get() {
        return Ok(work());
    }
    let roomy = AssertUnwindSafe(|| {
        HAS_ROOM.set(true);
        work()
    });
    let done = catch_unwind(|| stacker::grow(STACK_BYTES, roomy));
    let has_begun = HAS_ROOM.replace(false);
    match done {
        Ok(done) => Ok(done),
        Err(panic) if has_begun => resume_unwind(panic),
        Err(_) => Err(io::Error::other("there is no memory for a stack")),
    }
}

/// How many of `threads` (0: one for each processor) have something to do; one without is only in the way of the others.
fn useful(threads: usize, things: usize) -> usize {
    let threads = if threads == 0 && things > 1 { processors() } else { threads };
    threads.min(things).max(1)
}

/// How many processors there are for us.
fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// The same, the heaviest first, so that none of them is left for the end alone.
///
/// # Errors
/// If the threads cannot be started.
pub(super) fn heaviest_first<'t, T: Sync, R: Send>(
    things: &'t [T],
    threads: usize,
    weight: &dyn Fn(&'t T) -> u64,
    work: &(dyn Fn(&'t T) -> R + Sync),
) -> io::Result<Vec<R>> {
    let mut order: Vec<(u64, usize)> = things.iter().enumerate().map(|(index, thing)| (weight(thing), index)).collect();
    order.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let workers = vec![(); useful(threads, things.len())];
    let one = |(): &()| {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some((_, index)) = order.get(at) else { return done };
            done.push((*index, work(&things[*index])));
        }
    };
    let mut done: Vec<(usize, R)> = each(&workers, workers.len(), &one)?.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_and_it_is_made_once() {
        fn deep(levels: u64) -> u64 {
            std::hint::black_box(if levels == 0 { 0 } else { deep(levels - 1) + 1 })
        }
        assert_eq!(with_room(|| deep(1_000_000)).expect("memory for a stack"), 1_000_000);
        let at = || std::ptr::from_ref(&std::hint::black_box(0_u8)).addr();
        let (outer, inner) =
            with_room(|| (at(), with_room(at).expect("no stack to make"))).expect("memory for a stack");
        assert!(outer.abs_diff(inner) < 1 << 20);
        assert!(!HAS_ROOM.get());
    }

    #[test]
    fn a_panic_goes_on_and_leaves_the_thread_as_it_was() {
        let panic = catch_unwind(|| with_room(|| panic!("expected"))).expect_err("it went on");
        assert_eq!((panic.downcast_ref(), HAS_ROOM.get()), (Some(&"expected"), false));
    }

    #[test]
    fn results_keep_the_order_of_the_things() {
        let things: Vec<u64> = (0..1_000).map(|number| number * 7 % 1_000).collect();
        for threads in [0, 1, 3] {
            let done = heaviest_first(&things, threads, &|thing| *thing, &|thing| thing + 1).expect("threads start");
            assert_eq!(done, things.iter().map(|thing| thing + 1).collect::<Vec<_>>());
        }
    }
}
