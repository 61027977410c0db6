//! Chance from a seed: the same seed gives the same months, on every machine.

/// A small generator (xoshiro256**, Blackman and Vigna), seeded by SplitMix64. Good enough to draw months, and no more.
#[derive(Debug, Clone)]
pub struct Chance([u64; 4]);

impl Chance {
    /// The generator of a seed; `stream` keeps what is drawn for one thing apart from what is drawn for another.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut state = seed ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03);
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Self([next(), next(), next(), next()])
    }

    fn bits(&mut self) -> u64 {
        let s = &mut self.0;
        let out = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// A number from 0 up to, not including, 1.
    #[allow(clippy::cast_precision_loss)] // 53 bits fit
    pub fn part(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.part() < probability
    }

    /// Which of several weights is drawn.
    pub fn one_of(&mut self, weights: &[f64]) -> usize {
        let mut left = self.part() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// The time to the next of things that come at random, of this mean (exponential).
    pub fn gap(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.part()).ln()
    }

    /// A length of work around a median (log-normal): most near it, a few much longer.
    pub fn around(&mut self, median: f64, spread: f64) -> f64 {
        // Box and Muller.
        let (a, b) = (1.0 - self.part(), self.part());
        let normal = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        median * (spread * normal).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_another_draws_otherwise() {
        let draw = |seed| {
            let mut chance = Chance::new(seed, 1);
            (0..5).map(|_| chance.bits()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn what_is_drawn_has_the_shape_that_is_stated() {
        let mut chance = Chance::new(1, 2);
        let count = 20_000_u32;
        let mean = (0..count).map(|_| chance.gap(3.0)).sum::<f64>() / f64::from(count);
        assert!((mean - 3.0).abs() < 0.1, "{mean}");
        let shorter = (0..count).filter(|_| chance.around(60.0, 0.8) < 60.0).count();
        assert!((9_500..10_500).contains(&shorter), "{shorter}");
        let drawn = (0..count).filter(|_| chance.one_of(&[1.0, 3.0]) == 1).count();
        assert!((14_600..15_400).contains(&drawn), "{drawn}");
    }
}
