//! A new input from old ones: cut, joined, repeated, and mixed with the target's own words.

use crate::chance::Chance;

/// Inputs do not grow beyond it; what is long is for [`stretch`](crate::stretch).
pub(crate) const INPUT_BYTES_MAX: usize = 4 * 1024;
/// Changes that are made at once, at most.
const CHANGES_MAX: usize = 6;
/// Words of an input that is made of nothing else, at most.
const WORDS_MAX: usize = 40;

/// Numbers at which behaviour often changes.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "00",
    "127",
    "128",
    "255",
    "256",
    "998",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999",
];

/// Makes one more input.
pub(crate) fn next(chance: &mut Chance, pool: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    if pool.is_empty() || chance.one_in(8) {
        return made_of(chance, words);
    }
    let mut input = chance.pick(pool).cloned().unwrap_or_default();
    for _ in 0..=chance.below(CHANGES_MAX) {
        change(chance, &mut input, pool, words);
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

fn made_of(chance: &mut Chance, words: &[&str]) -> Vec<u8> {
    let count = chance.below(WORDS_MAX);
    let picked = (0..count).filter_map(|_| chance.pick(words).copied());
    picked.collect::<String>().into_bytes()
}

fn change(chance: &mut Chance, input: &mut Vec<u8>, pool: &[Vec<u8>], words: &[&str]) {
    let range = chance.range(input.len());
    match chance.below(8) {
        0 => drop(input.drain(range)),
        1 => {
            let copy = input.get(range.clone()).unwrap_or_default().to_vec();
            let times = 1 + chance.below(4);
            input.splice(range.end..range.end, copy.repeat(times));
        }
        2 => {
            if let Some(byte) = input.get_mut(range.start) {
                *byte ^= 1 << chance.below(8);
            }
        }
        3 => {
            let byte = u8::try_from(chance.below(256)).unwrap_or(b'\0');
            input.insert(range.start, byte);
        }
        4 => {
            let other = chance.pick(pool).cloned().unwrap_or_default();
            let cut = chance.range(other.len());
            let taken = other.get(cut).unwrap_or_default().to_vec();
            input.splice(range, taken);
        }
        5 => replace_number(chance, input),
        _ => {
            let word = chance.pick(words).copied().unwrap_or_default();
            let range = if chance.one_in(2) {
                range
            } else {
                range.start..range.start
            };
            input.splice(range, word.bytes());
        }
    }
}

fn replace_number(chance: &mut Chance, input: &mut Vec<u8>) {
    let starts: Vec<usize> = (0..input.len())
        .filter(|&at| input[at].is_ascii_digit())
        .filter(|&at| at == 0 || !input[at - 1].is_ascii_digit())
        .collect();
    let Some(&start) = chance.pick(&starts) else {
        return;
    };
    let length = input[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let number = chance.pick(NUMBERS).copied().unwrap_or_default();
    input.splice(start..start + length, number.bytes());
}
