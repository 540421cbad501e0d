//! Mutations that keep an input's pieces whole: records of a fixed length, lines of text. libFuzzer's own, which know no
//! pieces, are used as well.

use libfuzzer_sys::fuzzer_mutate;

/// A small generator: the seed comes from libFuzzer, so that a run can be repeated.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..below`; nought if there is none.
    fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.next() >> 1).unwrap_or_default().checked_rem(below).unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// A life: a head, then records. `shape` says how many bytes the head has, and how many a record.
pub fn records_mutated(data: &mut [u8], size: usize, max: usize, seed: u32, shape: (usize, usize)) -> usize {
    let (head, record) = shape;
    let mut draw = Draw(u64::from(seed));
    if draw.below(4) == 0 || size < head + record {
        return fuzzer_mutate(data, size, max);
    }
    let (start, records) = data[..size].split_at(head);
    let mut pieces: Vec<Vec<u8>> = records.chunks(record).map(<[u8]>::to_vec).collect();
    let mut start = start.to_vec();
    match draw.below(16) {
        0 if head > 0 => start[draw.below(head)] = draw.byte(),
        1..=5 => {
            let (at, byte) = (draw.below(pieces.len()), draw.byte());
            let piece = &mut pieces[at];
            let within = draw.below(piece.len());
            piece[within] = match draw.below(3) {
                0 => byte,
                1 => piece[within].wrapping_add(1 + byte % 8),
                _ => piece[within] ^ (1 << (byte % 8)),
            };
        }
        6..=9 => {
            let at = draw.below(pieces.len() + 1);
            pieces.insert(at, (0..record).map(|_| draw.byte()).collect());
        }
        _ => rearrange(&mut pieces, &mut draw),
    }
    put(data, max, [start].into_iter().chain(pieces))
}

/// Lines of text.
pub fn lines_mutated(data: &mut [u8], size: usize, max: usize, seed: u32) -> usize {
    let mut draw = Draw(u64::from(seed));
    let mut pieces: Vec<Vec<u8>> =
        data[..size].split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    if draw.below(3) > 0 || pieces.len() < 2 {
        return fuzzer_mutate(data, size, max);
    }
    rearrange(&mut pieces, &mut draw);
    put(data, max, pieces)
}

/// One piece, or a few that stand together, left out, moved or repeated.
fn rearrange(pieces: &mut Vec<Vec<u8>>, draw: &mut Draw) {
    let at = draw.below(pieces.len());
    let many = 1 + draw.below((pieces.len() - at).min(4));
    match draw.below(4) {
        0 => drop(pieces.drain(at..at + many)),
        1 => {
            let other = draw.below(pieces.len());
            pieces.swap(at, other);
        }
        2 => {
            let taken: Vec<Vec<u8>> = pieces.drain(at..at + many).collect();
            let to = draw.below(pieces.len() + 1);
            pieces.splice(to..to, taken);
        }
        _ => {
            let again = pieces[at..at + many].to_vec();
            let to = draw.below(pieces.len() + 1);
            pieces.splice(to..to, again);
        }
    }
}

/// As much of it as there is room for.
fn put(data: &mut [u8], max: usize, pieces: impl IntoIterator<Item = Vec<u8>>) -> usize {
    let bytes = pieces.into_iter().flatten();
    let room = data.iter_mut().take(max).zip(bytes);
    room.map(|(to, from)| *to = from).count()
}
