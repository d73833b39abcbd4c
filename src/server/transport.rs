//! Frames of the base protocol: bytes to JSON and back. A broken frame is told and passed over.

use std::io::{self, BufRead, Read as _, Write};

use serde_json::Value;

/// What came in.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Frame {
    /// A JSON value, whatever it holds.
    Json(Value),
    /// Bytes that are none.
    Broken(String),
}

const MAX_HEADER_LINE: u64 = 8 << 10;
/// No buffer that an editor has open comes near.
const MAX_CONTENT: u64 = 256 << 20;

/// The next frame; `None` at the end of the stream.
pub(super) fn read_frame(input: &mut dyn BufRead) -> io::Result<Option<Frame>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.take(MAX_HEADER_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        match (line.trim(), length) {
            ("", Some(length)) => return content(input, length).map(Some),
            // Lines that are no header are passed over until one is.
            ("", None) => {}
            (header, _) => length = content_length(header).or(length),
        }
    }
}

fn content_length(header: &str) -> Option<u64> {
    let (name, value) = header.split_once(':')?;
    name.trim().eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
}

fn content(input: &mut dyn BufRead, length: u64) -> io::Result<Frame> {
    if length > MAX_CONTENT {
        io::copy(&mut input.take(length), &mut io::sink())?;
        return Ok(Frame::Broken(format!("a message of {length} bytes is too large")));
    }
    let mut bytes = Vec::new();
    let read = input.take(length).read_to_end(&mut bytes)?;
    if (read as u64) < length {
        return Ok(Frame::Broken("the stream ends within a message".to_owned()));
    }
    Ok(match serde_json::from_slice(&bytes) {
        Ok(value) => Frame::Json(value),
        Err(error) => Frame::Broken(error.to_string()),
    })
}

/// Writes one message and flushes.
pub(super) fn write_frame(output: &mut dyn Write, message: &Value) -> io::Result<()> {
    let text = message.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn frames_are_read_and_broken_ones_do_not_stop_the_next() {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(b"Content-Length: 3\r\n\r\n{]}nonsense without a length\r\n\r\n");
        write_frame(&mut bytes, &json!({"a": "é"})).expect("a vector");
        bytes.extend_from_slice(b"content-length: 2\r\nContent-Type: x\r\n\r\n[]Content-Length: 9\r\n\r\n{");
        let mut input = bytes.as_slice();
        let mut next = || read_frame(&mut input).expect("memory");
        assert!(matches!(next(), Some(Frame::Broken(_))));
        assert_eq!(next(), Some(Frame::Json(json!({"a": "é"}))));
        assert_eq!(next(), Some(Frame::Json(json!([]))));
        assert!(matches!(next(), Some(Frame::Broken(_))));
        assert_eq!(next(), None);
    }
}
