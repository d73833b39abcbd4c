//! Tensors: where their data is, and whether there is as much as they say.

use crate::fact::artifact::{ByteRegion, ObservationKind, TensorHeader};

use super::super::protobuf::{Message, Value};
use super::{Walk, is_outside, shown};

/// Axes that are read; real tensors have up to eight.
const MAX_AXES: usize = 64;
/// What an entry of external data may be about.
const KEYS: [&str; 5] = ["location", "offset", "length", "checksum", "basepath"];

/// Element types that hold any bytes.
const UINT8: u64 = 2;
const INT8: u64 = 3;

/// Name and bits of an element type.
fn element(code: u64) -> Option<(&'static str, u64)> {
    Some(match code {
        1 => ("float32", 32),
        2 => ("uint8", 8),
        3 => ("int8", 8),
        4 => ("uint16", 16),
        5 => ("int16", 16),
        6 => ("int32", 32),
        7 => ("int64", 64),
        9 => ("bool", 8),
        10 => ("float16", 16),
        11 => ("float64", 64),
        12 => ("uint32", 32),
        13 => ("uint64", 64),
        16 => ("bfloat16", 16),
        _ => return None,
    })
}

#[derive(Default)]
struct Tensor {
    name: String,
    code: u64,
    shape: Vec<u64>,
    raw: Option<ByteRegion>,
    is_external: bool,
}

/// Where a tensor's data is, if it is in another file.
#[derive(Default)]
struct ExternalData {
    location: Option<String>,
    offset: u64,
    length: u64,
}

impl Walk<'_, '_> {
    pub(super) fn tensor(&mut self, message: &Message) {
        let mut tensor = Tensor::default();
        let mut bytes = None;
        for field in message.fields().map_while(Result::ok) {
            match (field.number, &field.value) {
                (1, Value::Number(axis)) if tensor.shape.len() < MAX_AXES => tensor.shape.push(*axis),
                (1, Value::Bytes(axes)) => tensor.shape.extend(axes.packed(MAX_AXES).unwrap_or_default()),
                (2, Value::Number(code)) => tensor.code = *code,
                (8, Value::Bytes(name)) => tensor.name = name.short_text(),
                (9, Value::Bytes(raw)) => {
                    tensor.raw = Some(raw.region());
                    bytes = Some(raw.clone());
                }
                (13, Value::Bytes(_)) => tensor.is_external = true,
                (14, Value::Number(1)) => tensor.is_external = true,
                _ => {}
            }
        }
        // Says so where the tensor is damaged, and looks at the entries with its name at hand.
        let mut data = ExternalData::default();
        self.each(message, |walk, field, entry| {
            if field.number == 13 {
                walk.external(&tensor.name, entry, &mut data);
            }
        });
        if let Some(location) = data.location.filter(|location| tensor.is_external && !is_outside(location)) {
            self.x.beside(&location, data.offset.saturating_add(data.length));
        }
        if let Some(bytes) = bytes.filter(|_| matches!(tensor.code, UINT8 | INT8)) {
            self.hidden(|| format!("tensor `{}`", shown(&tensor.name)), &bytes);
        }
        self.size(&tensor, message);
        let raw = tensor.raw.unwrap_or_default();
        let place = self.x.place(raw.start, raw.end);
        self.x.tensor(|| TensorHeader {
            dtype: element(tensor.code).map_or_else(|| format!("type {}", tensor.code), |(name, _)| name.into()),
            name: tensor.name,
            shape: tensor.shape,
            place,
        });
    }

    /// CVE-2022-25882, CVE-2024-27318, CVE-2024-5187: data read from anywhere.
    fn external(&mut self, tensor: &str, entry: &Message, data: &mut ExternalData) {
        let (mut key, mut value) = (String::new(), String::new());
        for field in entry.sound_fields() {
            match (field.number, field.bytes()) {
                (1, Some(text)) => key = text.short_text(),
                (2, Some(text)) => value = text.path(),
                _ => {}
            }
        }
        match key.as_str() {
            "location" => data.location = Some(value.clone()),
            "offset" => data.offset = value.parse().unwrap_or_default(),
            "length" => data.length = value.parse().unwrap_or_default(),
            _ => {}
        }
        if key == "location" && is_outside(&value) && self.told.insert(format!("path {value}")) {
            let subject = format!("`{}` (data of tensor `{tensor}`)", shown(&value));
            self.x.observe(ObservationKind::ExternalDataEscape, entry.region(), subject);
        }
        if matches!(key.as_str(), "offset" | "length")
            && value.parse::<u64>().is_err()
            && self.told.insert(format!("{key} {value}"))
        {
            let subject = format!("the {key} of the external data of tensor `{tensor}` is `{}`", shown(&value));
            self.x.observe(ObservationKind::InvalidHeader, entry.region(), subject);
        }
        // Readers that set an attribute for each key let a file set any.
        if !KEYS.contains(&key.as_str()) && self.told.insert(format!("key {key}")) {
            let subject = format!("external data of tensor `{tensor}` with the unknown key `{key}`");
            self.x.observe(ObservationKind::InvalidHeader, entry.region(), subject);
        }
    }

    fn size(&mut self, tensor: &Tensor, message: &Message) {
        let Some((_, bits)) = element(tensor.code) else { return };
        let name = &tensor.name;
        if tensor.shape.iter().any(|axis| *axis > i64::MAX as u64) {
            let subject = format!("tensor `{name}` has an axis below zero");
            return self.x.observe(ObservationKind::InvalidHeader, message.region(), subject);
        }
        let count = tensor.shape.iter().try_fold(1_u64, |count, axis| count.checked_mul(*axis));
        let Some(bytes) = count.and_then(|count| count.checked_mul(bits / 8)) else {
            let subject = format!("tensor `{name}` is too large to count");
            return self.x.observe(ObservationKind::InvalidHeader, message.region(), subject);
        };
        if let Some(raw) = tensor.raw.filter(|raw| !tensor.is_external && raw.end - raw.start != bytes) {
            let subject = format!("tensor `{name}` holds {} bytes instead of {bytes}", raw.end - raw.start);
            self.x.observe(ObservationKind::InvalidHeader, raw, subject);
        }
    }
}
