//! "Did you mean": the word that is most like another one.

/// The word of `known` that is most like `word`, if one is like it.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let similarity = |other: &str| {
        let other = other.to_lowercase();
        strsim::jaro_winkler(&word, &other).max(strsim::normalized_damerau_levenshtein(&word, &other))
    };
    let likely = known.map(|other| (similarity(other), other)).filter(|(similarity, _)| *similarity > 0.75);
    // Of equally similar words the first.
    likely
        .fold(None, |best: Option<(f64, &str)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            Some(_) | None => Some(next),
        })
        .map(|(_, word)| word)
}
