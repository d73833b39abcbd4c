//! Work on many things at once, with the results in the order of the things.

use std::cell::Cell;
use std::num::NonZero;
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
    /// Whether this thread was started with room on its stack.
    static HAS_ROOM: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on a thread that has room on its stack: this one if it has, or one of its own.
///
/// # Errors
/// If the thread cannot be started.
///
/// # Panics
/// If `work` does.
pub fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    with_room_beside(work, || {})
}

/// The same; meanwhile this thread does something else.
///
/// # Errors
/// If the thread cannot be started.
///
/// # Panics
/// If one of them does.
pub fn with_room_beside<T: Send>(work: impl FnOnce() -> T + Send, meanwhile: impl FnOnce()) -> io::Result<T> {
    if HAS_ROOM.get() {
        meanwhile();
        return Ok(work());
    }
    let mut done = None;
    thread::scope(|scope| {
        let roomy = || {
            HAS_ROOM.set(true);
            done = Some(work());
        };
        // Not joined: the end of the scope waits for the work, and not for the thread to give back its memory.
        thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, roomy)?;
        meanwhile();
        io::Result::Ok(())
    })?;
    done.ok_or_else(|| io::Error::other("the thread ended early"))
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
    fn a_thread_with_room_is_not_left_for_another() {
        let of = || thread::current().id();
        let (outer, inner) = with_room(|| (of(), with_room(of).expect("no thread to start"))).expect("a thread starts");
        assert_eq!(outer, inner);
        assert_ne!(outer, of());
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
