//! The head of a request, as a server of the benches reads it.

use std::io::{self, Read};

/// Reads up to the empty line; `None` where the client leaves before that.
pub fn read_head(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
    while !head.ends_with(b"\r\n\r\n") {
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            return Ok(None);
        }
        head.extend_from_slice(&buffer[..length]);
    }
    Ok(Some(head))
}
