use proptest::prelude::*;

use super::*;

fn is_ours(word: &str) -> bool {
    ["LL101", "LL103", "torch-load-unpickles", "B614", "B301"].iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn directive(comment: &str) -> Option<Directive> {
    parse(comment, &ThreatPattern::default(), &is_ours)
}

/// Threats and reason.
fn said(comment: &str) -> (Vec<&str>, String) {
    let directive = directive(comment).unwrap_or_else(|| panic!("{comment}"));
    (directive.threats.iter().map(|range| &comment[range.clone()]).collect(), directive.reason)
}

fn own_ids(comment: &str) -> Vec<&str> {
    let native = directive(comment).and_then(|directive| directive.native).unwrap_or_else(|| panic!("{comment}"));
    native.ids.iter().map(|range| &comment[range.clone()]).collect()
}

#[test]
fn canonical_forms_are_read_and_nothing_about_them_is_odd() {
    for comment in [
        "# nosec B614  # T-003: our own build artifact",
        "# nosec: B614  # T-003: our own build artifact",
        "# nosec B614, B301  # noqa: S301  # T-003: our own build artifact",
        "# noqa: S301  # nosec B614  # T-003: our own build artifact",
        "# type: ignore[attr]  # nosec B614  # T-003: our own build artifact",
        "# nosec B614  # T-003: our own build artifact  # nosemgrep: x.y",
        "# loadlint: ignore[LL103] T-003: our own build artifact",
        "# nosec B614  # loadlint: ignore[LL103] T-003: our own build artifact",
    ] {
        assert_eq!(said(comment), (vec!["T-003"], "our own build artifact".to_owned()), "{comment}");
        assert_eq!(directive(comment).map(|one| one.oddities), Some(Vec::new()), "{comment}");
    }
    assert_eq!(said("# nosec B614  # T-003, T-4: one # two").0, ["T-003", "T-4"]);
    assert_eq!(said("# nosec B614  # T-003: see issue #12 there").1, "see issue #12 there");
    assert_eq!(own_ids("# loadlint: ignore[LL103,B614 , x] T-1: y"), ["LL103", "B614", "x"]);
}

#[test]
fn other_places_for_threat_and_reason_are_read_and_told() {
    for (comment, threats, reason) in [
        ("# nosec B614 -- sha256 pinned (T-003)", vec!["T-003"], "sha256 pinned"),
        ("# nosec B614 (T-003)", vec!["T-003"], ""),
        ("# nosec B614 T-003: sha256 pinned", vec!["T-003"], "sha256 pinned"),
        ("# nosec B614  # sha256 pinned, see T-003", vec!["T-003"], "sha256 pinned, see T-003"),
        ("# nosec B614  # T-003 - sha256 pinned", vec!["T-003"], "sha256 pinned"),
        ("# T-003: sha256 pinned  # nosec B614", vec!["T-003"], "sha256 pinned"),
    ] {
        assert_eq!(said(comment), (threats, reason.to_owned()), "{comment}");
        assert!(!directive(comment).expect("read").oddities.is_empty(), "{comment}");
    }
    assert_eq!(said("# nosec B614  # t-3: sha256 pinned").0, ["t-3"]);
    assert_eq!(said("# nosec B614  # T003: sha256 pinned").0, ["T003"]);
    assert_eq!(said("# nosec B614  # T-cells are pinned"), (vec![], "T-cells are pinned".to_owned()));
}

#[test]
fn every_accident_is_known() {
    let oddities = |comment: &str| directive(comment).map(|one| one.oddities).unwrap_or_default();
    let unknown = |words: &[&str]| Oddity::UnknownWords(words.iter().map(|word| (*word).to_owned()).collect());
    assert_eq!(oddities("# nosec B614,B301"), [Oddity::LostToComma(vec!["B614"])]);
    assert_eq!(
        oddities("# nosec B614 -- this pickle is ours"),
        [Oddity::Widened { word: "pickle".to_owned(), id: "B301" }, unknown(&["this", "is", "ours"])]
    );
    assert!(oddities("# nosecurity review B614").contains(&Oddity::Glued("nosecurity".to_owned())));
    assert_eq!(oddities("# nosecB614"), []);
    assert_eq!(oddities("# NOSEC B614"), [Oddity::Capitals]);
    assert_eq!(oddities("# pylint: disable=x nosec B614"), [Oddity::NotAtStart]);
    assert_eq!(oddities("# nosec B614  # nosec B301"), [Oddity::SecondNosec]);
    assert_eq!(oddities("# nosec B614 (T-003)")[0], unknown(&["T", "003"]));
    assert!(directive("# nosec is what Bandit calls it").is_some());
    for comment in ["# why nosec is needed", "# todo nosec", "# T-003: x", "# loadlint is a tool"] {
        assert_eq!(directive(comment), None, "{comment}");
    }
}

#[test]
fn words_like_ids_are_told_from_reasons() {
    let claimed = |comment: &str| directive(comment).map(|one| (one.claimed, one.own)).expect("read");
    assert_eq!(claimed("# nosec b614"), (vec!["b614".to_owned()], vec![]));
    assert_eq!(claimed("# nosec B3O1, B999"), (vec!["B3O1".to_owned(), "B999".to_owned()], vec![]));
    assert_eq!(claimed("# nosec LL101 torch-load-unpickles").1.len(), 2);
    assert!(directive("# nosec LL101").expect("read").is_blanket());
}

#[test]
fn a_list_that_cannot_be_read_is_no_list() {
    for comment in ["# loadlint: ignore[LL103 T-003: why", "# loadlint: disable=LL103", "# loadlint: ignored[LL103]"] {
        let native = directive(comment).and_then(|one| one.native).expect("native");
        assert!(!native.is_readable, "{comment}");
    }
    assert!(
        directive("# loadlint: ignore T-003: why")
            .and_then(|one| one.native)
            .is_some_and(|native| native.ids.is_empty())
    );
}

proptest! {
    #[test]
    fn any_comment_is_read_without_a_panic(comment in "#( |nosec|NOSEC|loadlint:|ignore|\\[|\\]|B614|,|:|T-003|#|é|-|noqa|\\PC){0,20}") {
        if let Some(directive) = directive(&comment) {
            for range in directive.threats.iter().chain(&directive.others) {
                prop_assert!(comment.get(range.clone()).is_some());
            }
        }
    }
}

#[test]
fn the_cheap_test_passes_whatever_the_dear_one_takes() {
    for text in ["# nosec", "x\ny  #NOSEC B1", "# # a # b nOsec", "#!loadlint: ignore[LL101]", "a\n#\n# Loadlint:x"] {
        assert!(may_hold(text), "{text}");
    }
    for text in ["nosec", "# nose c", "x\nnosec # n\nosec", "#\n loadlint: x", "# loadlint :", "#c:", ""] {
        assert!(!may_hold(text), "{text}");
    }
    // Every `#` of a long line starts no new look at it.
    assert!(!may_hold(&"#".repeat(4 << 20)));
}
