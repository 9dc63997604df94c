//! Bytes written as runs: `A*5000+0*12`.

use std::fmt;

/// What a run of bytes that mean nothing is written as.
const NOISE: char = '?';
/// Runs of up to this many equal bytes are noise where there are many of them in a row.
const SHORT: u64 = 3;
/// How many short runs in a row are noise.
const MANY: usize = 8;

/// Bytes as runs of equal ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs(Vec<(u8, u64)>);

impl Runs {
    /// Reads `BYTE*LEN`, joined by `+`; a byte is a letter, or `0` for zero.
    pub fn parse(text: &str) -> Option<Runs> {
        let mut runs = Vec::new();
        for run in text.split('+') {
            let (byte, length) = run.split_once('*')?;
            let byte = match byte.as_bytes() {
                [b'0'] => 0,
                [letter] if letter.is_ascii_alphabetic() => *letter,
                _ => return None,
            };
            let length: u64 = length.parse().ok().filter(|&length| length > 0)?;
            runs.push((byte, length));
        }
        Some(Runs(runs))
    }

    /// The runs of some bytes.
    pub fn of(bytes: &[u8]) -> Runs {
        let runs = bytes.chunk_by(|one, next| one == next);
        Runs(runs.map(|run| (run[0], run.len() as u64)).collect())
    }

    /// The bytes themselves.
    pub fn to_bytes(&self) -> Vec<u8> {
        let runs = self.0.iter();
        runs.flat_map(|&(byte, length)| (0..length).map(move |_| byte))
            .collect()
    }
}

/// `A*6000+0*2192`; `empty` for no bytes; `?*512` for bytes that mean nothing.
impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("empty");
        }
        let mut rest = self.0.as_slice();
        let mut separator = "";
        while let [(byte, length), ..] = *rest {
            let short = rest.iter().take_while(|(_, length)| *length <= SHORT);
            let short = short.count();
            f.write_str(separator)?;
            separator = "+";
            if short >= MANY {
                let noise: u64 = rest[..short].iter().map(|(_, length)| length).sum();
                write!(f, "{NOISE}*{noise}")?;
                rest = &rest[short..];
                continue;
            }
            match byte {
                0 => write!(f, "0*{length}")?,
                byte if byte.is_ascii_alphabetic() => write!(f, "{}*{length}", char::from(byte))?,
                byte => write!(f, "x{byte:02x}*{length}")?,
            }
            rest = &rest[1..];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_as_they_are_written() {
        for text in ["A*1", "A*5000+0*12", "0*3+B*4096+A*1"] {
            let runs = Runs::parse(text).unwrap();
            assert_eq!(runs.to_string(), text);
            assert_eq!(Runs::of(&runs.to_bytes()), runs);
        }
        for text in ["", "A", "A5", "A*0", "AB*2", "7*2", "A*2+", "A*x"] {
            assert_eq!(Runs::parse(text), None, "{text}");
        }
    }

    #[test]
    fn bytes_that_mean_nothing_are_one_run() {
        let noise: Vec<u8> = (0..200_u8).map(|index| index.wrapping_mul(37)).collect();
        let bytes = [vec![b'A'; 10], noise, vec![0; 5]].concat();
        assert_eq!(Runs::of(&bytes).to_string(), "A*10+?*200+0*5");
    }
}
