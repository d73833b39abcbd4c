//! What hashing a tuple costs: a tuple of tuples is hashed item by item, each as often as it is met, so that sixty pairs
//! one in the other take for ever as the key of a dictionary.
//!
//! Comes in: the items of a tuple. Goes out: about four times the binary logarithm of the number of steps.

use super::store::Value;

/// Four times log2(1 + 2^(-difference / 4)), rounded.
const JOINED: [u8; 14] = [4, 4, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1];

/// As a key such a tuple (2^26 steps) stops every loader for seconds, or for ever.
pub(super) const ENDLESS: u8 = 4 * 26;

/// The weight of a tuple of these items.
pub(super) fn of_tuple(items: &[Value]) -> u8 {
    let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
    let own = count.checked_ilog2().map_or(0, |log| 4 * log as u8);
    items.iter().map(|item| of(*item)).filter(|weight| *weight > 0).fold(own, joined)
}

/// The weight of a value.
pub(super) fn of(value: Value) -> u8 {
    match value {
        Value::Tuple { weight, .. } => weight,
        _ => 0,
    }
}

fn joined(a: u8, b: u8) -> u8 {
    let more = JOINED.get(usize::from(a.abs_diff(b))).copied().unwrap_or(0);
    a.max(b).saturating_add(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple(items: &[Value]) -> Value {
        Value::Tuple { weight: of_tuple(items), length: items.len() as u32, at: 0 }
    }

    #[test]
    fn each_level_of_pairs_doubles_the_cost() {
        let mut value = tuple(&[]);
        for _ in 0..30 {
            value = tuple(&[value, value]);
        }
        assert!(of(value) >= ENDLESS, "{value:?}");
        let (mut older, mut old) = (tuple(&[]), tuple(&[Value::None; 2]));
        for _ in 0..50 {
            (older, old) = (old, tuple(&[old, older]));
        }
        assert!(of(old) >= ENDLESS, "Fibonacci's numbers grow as well: {old:?}");
    }

    #[test]
    fn what_libraries_use_as_keys_is_light() {
        let pair = tuple(&[Value::Int(1); 2]);
        assert!(of(tuple(&[pair; 1000])) < ENDLESS / 2);
        let mut chain = pair;
        for _ in 0..20 {
            chain = tuple(&[chain, Value::None]);
        }
        assert!(of(chain) < ENDLESS);
    }
}
