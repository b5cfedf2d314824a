//! A file of which a part is held: the part begins where the comparison stands.

use std::io::{self, Read};

/// How much of a file is held at once, in bytes; two of these and what is learnt fit the cache.
pub(super) const WINDOW: usize = 256 << 10;
/// A child of the root that is larger than this is for the full index.
const LARGEST: usize = 8 << 20;

/// A file that is read in windows.
pub(super) struct Window<'b, R> {
    reader: R,
    buffer: &'b mut Vec<u8>,
    /// Where the comparison stands.
    start: usize,
    /// Where what was read ends.
    end: usize,
    /// How many bytes were read of the file.
    read: u64,
    is_at_end: bool,
}

impl<'b, R: Read> Window<'b, R> {
    /// Begins to read, `size` bytes at once.
    pub(super) fn new(reader: R, buffer: &'b mut Vec<u8>, size: usize) -> Self {
        buffer.resize(size, 0);
        Self { reader, buffer, start: 0, end: 0, read: 0, is_at_end: false }
    }

    /// What is held, from where the comparison stands.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether nothing stands behind what is held.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// Whether the file has more bytes than the index counts.
    pub(super) fn is_too_large(&self) -> bool {
        u32::try_from(self.read).is_err()
    }

    /// Goes on by some bytes.
    pub(super) fn advance(&mut self, by: usize) {
        self.start += by;
    }

    /// Reads on, and drops what was passed first; a window full of one thing grows. Returns
    /// whether more is held than before.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if self.is_at_end {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            if self.end >= LARGEST {
                return Ok(false);
            }
            self.buffer.resize(self.end * 2, 0);
        }
        let held = self.end;
        while self.end < self.buffer.len() && !self.is_at_end {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.is_at_end = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.read += (self.end - held) as u64;
        Ok(self.end > held)
    }
}
