//! Models of boosted trees in formats of their own, which hold numbers and no code: whether they are whole.
//!
//! Comes in: a text or bytes without a reader. Goes out: gaps. Called by `content`.

use std::io;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind};

use super::Examination;
use super::json;

/// What follows the last tree of LightGBM's models: importances and parameters.
const END_BYTES: u64 = 8 << 20;

/// Looks at the whole of `content`, which begins with `head`.
pub(super) fn examine(head: &[u8], content: &Window, x: &mut Examination<'_>) {
    let fault = match fault(head, content, x) {
        Ok(fault) => fault,
        Err(error) => return x.unreadable(&error),
    };
    if let Some(fault) = fault {
        x.gap(GapKind::Damaged, ByteRegion::new(0, content.len()), fault);
    }
}

/// What is wrong with it, if it is such a model.
fn fault(head: &[u8], content: &Window, x: &Examination<'_>) -> io::Result<Option<&'static str>> {
    Ok(match head {
        // `GBDT::SaveModelToString` in LightGBM's `src/boosting/gbdt_model_text.cpp`.
        _ if head.starts_with(b"tree\nversion=") => lacks_end(content)?.then_some("a LightGBM model without its end"),
        // `TFullModel::Save` in CatBoost's `catboost/libs/model/model.cpp`: a size, and so many bytes.
        [b'C', b'B', b'M', b'1', a, b, c, d, ..] => {
            let needed = 8 + u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
            (needed > content.len()).then_some("the file ends within its CatBoost model")
        }
        _ if is_xgboost(head) => is_cut_json(content, x)?.then_some("an XGBoost model whose JSON breaks off"),
        _ => None,
    })
}

fn lacks_end(content: &Window) -> io::Result<bool> {
    let at = content.len().saturating_sub(END_BYTES);
    Ok(memchr::memmem::find(&content.read(at, END_BYTES as usize)?, b"end of trees").is_none())
}

/// Whether it is what `Booster.save_model` writes as JSON: a learner, and a version behind or before it.
fn is_xgboost(head: &[u8]) -> bool {
    const START: &[u8] = b"{\"learner\":{";
    let start = head.iter().filter(|byte| !byte.is_ascii_whitespace()).take(START.len());
    start.eq(START) && memchr::memmem::find(head, b"\"attributes\"").is_some()
}

fn is_cut_json(content: &Window, x: &Examination<'_>) -> io::Result<bool> {
    if content.len() > x.limits.max_text_bytes {
        return Ok(false);
    }
    let bytes = content.read(0, usize::try_from(content.len()).unwrap_or(0))?;
    Ok(!str::from_utf8(&bytes).is_ok_and(json::closes))
}

#[cfg(test)]
mod tests {
    use crate::artifact::{Detail, examine};
    use crate::limits::Limits;

    #[test]
    fn models_of_trees_that_break_off() {
        let gaps = |name: &str, bytes: &[u8]| {
            let found = examine(&bytes.to_vec().into(), name, &Limits::default(), Detail::Findings);
            found.gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>()
        };
        let light = b"tree\nversion=v4\nnum_class=1\n\nTree=0\nnum_leaves=2\n\nend of trees\n\nparameters:\nend of parameters\n";
        assert_eq!(gaps("model.txt", light), [""; 0]);
        assert_eq!(gaps("model.txt", &light[..40]), ["a LightGBM model without its end"]);
        let cat = b"CBM1\x08\0\0\0\x0C\0\0\0\x08\0\x0C\0";
        assert_eq!(gaps("model.cbm", cat), [""; 0]);
        assert_eq!(gaps("model.cbm", &cat[..12]), ["the file ends within its CatBoost model"]);
        let boost = br#"{"learner": {"attributes": {}, "gradient_booster": {"model": {}}}, "version": [3, 0, 0]}"#;
        assert_eq!(gaps("model.json", boost), [""; 0]);
        assert_eq!(gaps("model.json", &boost[..60]), ["an XGBoost model whose JSON breaks off"]);
        assert_eq!(gaps("settings.json", br#"{"learner": {"rate": 1"#), ["this is not valid JSON: it ends early"]);
    }
}
