//! The Mersenne Twister MT19937 with a seed of 32 bits, and numbers as NumPy's `RandomState` makes them.
//!
//! Here for one purpose: published data sets which were drawn by NumPy can be drawn again. Source: Matsumoto, Nishimura (1998),
//! "Mersenne Twister", doi:10.1145/272991.272995.

const SIZE: usize = 624;
const SHIFT: usize = 397;

pub struct Mersenne {
    state: [u32; SIZE],
    next: usize,
}

impl Mersenne {
    pub fn new(seed: u32) -> Self {
        let mut state = [seed; SIZE];
        for index in 1..SIZE {
            let last = state[index - 1];
            state[index] = (last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(index as u32);
        }
        Self { state, next: SIZE }
    }

    fn twist(&mut self) {
        for index in 0..SIZE {
            let joined = (self.state[index] & 0x8000_0000) | (self.state[(index + 1) % SIZE] & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[index] = self.state[(index + SHIFT) % SIZE] ^ (joined >> 1) ^ odd;
        }
        self.next = 0;
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        if self.next == SIZE {
            self.twist();
        }
        let mut bits = self.state[self.next];
        self.next += 1;
        bits ^= bits >> 11;
        bits ^= (bits << 7) & 0x9d2c_5680;
        bits ^= (bits << 15) & 0xefc6_0000;
        bits ^ (bits >> 18)
    }

    /// A number in [0, 1) of 53 bits: NumPy's `rand()`.
    pub fn uniform(&mut self) -> f64 {
        let (high, low) = (self.bits() >> 5, self.bits() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// A whole number from 0 to `count - 1`: NumPy's `randint(count)`, which draws until one fits.
    pub fn below(&mut self, count: u32) -> u32 {
        let most = count.max(1) - 1;
        if most == 0 {
            return 0;
        }
        let mask = u32::MAX >> most.leading_zeros();
        loop {
            let bits = self.bits() & mask;
            if bits <= most {
                return bits;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_those_of_the_authors() {
        // The first and the thousandth number of the reference program for the seed 5489.
        let mut random = Mersenne::new(5489);
        assert_eq!(random.bits(), 3_499_211_612);
        let last = (1..10_000).map(|_| random.bits()).last();
        assert_eq!(last, Some(4_123_659_995));
    }
}
