//! The frames of an event stream (`application/vnd.amazon.eventstream`), as the Smithy specification has them.
//!
//! ```text
//! length of all (4) │ length of the headers (4) │ CRC-32 of these 8 (4) │ headers │ payload │ CRC-32 of all before (4)
//! header: length of the name (1) │ name │ 7 (1) │ length of the text (2) │ text
//! ```

/// One frame with headers that are texts. Numbers are written with the highest byte first.
#[must_use]
pub fn encode(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, text) in headers {
        head.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        head.extend_from_slice(name.as_bytes());
        head.push(TEXT);
        head.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
        head.extend_from_slice(text.as_bytes());
    }
    let mut frame = Vec::with_capacity(head.len() + payload.len() + 16);
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    frame.extend_from_slice(&length(head.len() + payload.len() + 16));
    frame.extend_from_slice(&length(head.len()));
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.extend_from_slice(&head);
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// The type of a header that is a text.
const TEXT: u8 = 7;
