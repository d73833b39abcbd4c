//! Members that are unpacked as far as they are read.
//!
//! Small ones are unpacked at once; of a large one only what its reader asks for, up to the limits. So an array of
//! gigabytes costs its header, and a bomb costs what its reader wants to see of it.

use std::fmt;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::bytes::{ReadAt, Window};
use crate::fact::artifact::{ByteRegion, GapKind};

use super::super::Examination;
use super::codec::{Codec, Decoder, broken_off, fault, salvage};
use super::entry::UNKNOWN_BYTES;

/// Members of up to this size are unpacked at once.
pub(super) const AT_ONCE_BYTES: u64 = 1 << 20;
const STEP_BYTES: usize = 64 << 10;

/// What went wrong while a member was unpacked, for when the member is left.
#[derive(Debug, Default)]
pub(in crate::artifact) struct Watch(OnceLock<Trouble>);

#[derive(Debug)]
enum Trouble {
    Limit,
    Damaged(String),
}

impl Watch {
    /// Makes a gap of it.
    pub(in crate::artifact) fn tell(&self, x: &mut Examination<'_>) {
        match self.0.get() {
            Some(Trouble::Limit) => x.unpack_limit_reached(),
            Some(Trouble::Damaged(fault)) => x.gap(GapKind::Damaged, ByteRegion::default(), fault.clone()),
            None => {}
        }
    }

    /// Whether there is something to tell.
    pub(in crate::artifact) fn has_told(&self) -> bool {
        self.0.get().is_some()
    }

    fn damaged(&self, fault: String) {
        // The first fault is the one that counts.
        let _ = self.0.set(Trouble::Damaged(fault));
    }

    fn limit(&self) {
        let _ = self.0.set(Trouble::Limit);
    }
}

/// What unpacking gave.
pub(super) struct Unpacked {
    /// The content.
    pub(super) content: Window,
    /// Whether nothing was cut off so far; what is unpacked later may yet break off.
    pub(super) whole: bool,
    /// How many packed bytes the decoder took, if it came to its end.
    pub(super) taken: Option<u64>,
}

/// Unpacks `packed`, which says that it holds `claimed` bytes. Called inside of the member; what goes wrong is told when
/// the member is left.
pub(super) fn unpack(codec: Codec, packed: &Window, claimed: u64, x: &mut Examination<'_>) -> Unpacked {
    let watch = Arc::new(Watch::default());
    x.watch(Arc::clone(&watch));
    let allowance = x.unpack_allowance();
    let mut state = State::new(codec, packed, claimed.min(allowance), &watch);
    let account = Account { spent: x.spent_bytes(), total: x.limits.max_unpacked_bytes, allowance };
    // Whatever it claims: one that claims too little is seen to go on. Of a bomb little is enough.
    let known = claimed != UNKNOWN_BYTES;
    let swollen = known && claimed / x.limits.max_unpack_ratio.max(1) > packed.len();
    let at_once = match (known, swollen) {
        (false, _) => allowance.saturating_add(1),
        (true, true) => STEP_BYTES as u64,
        (true, false) => AT_ONCE_BYTES,
    };
    state.advance(at_once, &account, &watch);
    if state.broken {
        let had = state.bytes.len() as u64;
        state.bytes.extend(salvage(codec, packed, had, STEP_BYTES));
    }
    if state.ended || !known || claimed <= at_once || state.decoder.is_none() || watch.0.get().is_some() {
        return state.finished(claimed, &watch);
    }
    let size = claimed;
    let content = Window::new(Arc::new(Unpacking { size, account, watch, state: Mutex::new(state) }));
    Unpacked { content, whole: true, taken: None }
}

struct State {
    decoder: Option<Decoder>,
    bytes: Vec<u8>,
    /// The decoder came to its end.
    ended: bool,
    /// It met a fault.
    broken: bool,
}

struct Account {
    spent: Arc<AtomicU64>,
    total: u64,
    allowance: u64,
}

impl State {
    /// The start of unpacking, of which at most `most` bytes will be wanted.
    fn new(codec: Codec, packed: &Window, most: u64, watch: &Watch) -> Self {
        let decoder = Decoder::new(codec, packed, most);
        if let Err(error) = &decoder {
            watch.damaged(format!("cannot be unpacked: {}", fault(error)));
        }
        Self { decoder: decoder.ok(), bytes: Vec::new(), ended: false, broken: false }
    }

    /// Unpacks until there are `until` bytes, or a limit, a fault or the end is reached.
    fn advance(&mut self, until: u64, account: &Account, watch: &Watch) {
        while (self.bytes.len() as u64) < until {
            let Some(decoder) = &mut self.decoder else { return };
            let had = self.bytes.len();
            if had as u64 >= account.allowance || account.spent.load(Ordering::Relaxed) >= account.total {
                return watch.limit();
            }
            let wanted = STEP_BYTES.min(usize::try_from(until - had as u64).unwrap_or(STEP_BYTES));
            self.bytes.resize(had + wanted, 0);
            let got = decoder.read(&mut self.bytes[had..]);
            self.bytes.truncate(had + got.as_ref().map_or(0, |count| *count));
            account.spent.fetch_add((self.bytes.len() - had) as u64, Ordering::Relaxed);
            match got {
                Ok(0) => {
                    self.ended = true;
                    return;
                }
                Ok(_) => {}
                Err(error) => {
                    self.decoder = None;
                    self.broken = true;
                    watch.damaged(broken_off(had as u64, &error));
                }
            }
        }
    }

    /// Bytes from `offset` on, of so many in all.
    fn read_at(
        &mut self,
        offset: u64,
        into: &mut [u8],
        size: u64,
        account: &Account,
        watch: &Watch,
    ) -> io::Result<usize> {
        let until = offset.saturating_add(into.len() as u64).min(size);
        self.advance(until, account, watch);
        if self.ended && (self.bytes.len() as u64) < until {
            watch.damaged(format!("unpacks to {} bytes instead of {size}", self.bytes.len()));
        }
        let count = self.bytes.read_at(offset, into)?;
        let limited = matches!(watch.0.get(), Some(Trouble::Limit));
        if count == 0 && limited && !into.is_empty() && offset < size {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        Ok(count)
    }

    fn finished(mut self, claimed: u64, watch: &Watch) -> Unpacked {
        let length = self.bytes.len() as u64;
        if self.ended && length < claimed && claimed != UNKNOWN_BYTES {
            watch.damaged(format!("unpacks to {length} bytes instead of {claimed}"));
        }
        self.bytes.shrink_to_fit();
        let taken = self.decoder.filter(|_| self.ended).map(|decoder| decoder.taken());
        Unpacked { content: self.bytes.into(), whole: self.ended, taken }
    }
}

/// A member that is unpacked as far as it is read. Reads behind damage find the end there; reads behind a limit fail.
struct Unpacking {
    size: u64,
    account: Account,
    watch: Arc<Watch>,
    state: Mutex<State>,
}

impl fmt::Debug for Unpacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacking").field("size", &self.size).finish_non_exhaustive()
    }
}

impl ReadAt for Unpacking {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.read_at(offset, into, self.size, &self.account, &self.watch)
    }

    fn is_cheap_anywhere(&self) -> bool {
        false
    }
}

/// Unpacks several packings as far as they are read, each as (codec, packed bytes, unpacked bytes). Only that one is kept
/// which was read last: archives of many are read one after the other. What goes wrong is told as with [`unpack`].
pub(super) fn unpack_in_turn(packings: Vec<(Codec, Window, u64)>, x: &mut Examination<'_>) -> Vec<Window> {
    let watch = Arc::new(Watch::default());
    x.watch(Arc::clone(&watch));
    let allowance = x.unpack_allowance();
    let account = Account { spent: x.spent_bytes(), total: x.limits.max_unpacked_bytes, allowance };
    let count = packings.len();
    let turns = Arc::new(Turns { packings, account, watch, last: Mutex::new(None) });
    (0..count).map(|index| Window::new(Arc::new(Turn { turns: Arc::clone(&turns), index }))).collect()
}

struct Turns {
    packings: Vec<(Codec, Window, u64)>,
    account: Account,
    watch: Arc<Watch>,
    /// The packing that was read last.
    last: Mutex<Option<(usize, State)>>,
}

struct Turn {
    turns: Arc<Turns>,
    index: usize,
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("index", &self.index).finish_non_exhaustive()
    }
}

impl ReadAt for Turn {
    fn size(&self) -> u64 {
        self.turns.packings[self.index].2
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let Turns { packings, account, watch, last } = &*self.turns;
        let (codec, packed, size) = &packings[self.index];
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|(index, _)| *index != self.index) {
            // Before the other decoder takes its memory.
            *last = None;
        }
        let (_, state) =
            last.get_or_insert_with(|| (self.index, State::new(*codec, packed, (*size).min(account.allowance), watch)));
        state.read_at(offset, into, *size, account, watch)
    }

    fn is_cheap_anywhere(&self) -> bool {
        false
    }
}
