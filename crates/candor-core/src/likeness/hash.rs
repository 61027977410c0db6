//! A small hash for tables in memory: quick, and the same in every run.

use std::hash::{BuildHasherDefault, Hasher};

/// Tables keyed by words and numbers.
pub(super) type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Quick>>;

/// Multiply and turn, word by word.
#[derive(Default, Clone, Copy)]
pub(super) struct Quick(u64);

const BY: u64 = 0x9e37_79b9_7f4a_7c15;

impl Quick {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(BY);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.add(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.add(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.add(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.add(n as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

/// One number of some bytes, under a key that only this process knows.
pub(super) fn keyed(key: u64, bytes: &[u8]) -> u64 {
    let mut hash = Quick(key ^ BY);
    hash.write(bytes);
    hash.write_u64(bytes.len() as u64);
    mixed(hash.0)
}

/// Spreads the bits of a number.
pub(super) fn mixed(mut n: u64) -> u64 {
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}
