//! Generated mail: the same letter for the same number, and no two alike. Pure.

/// A word in the text of every letter.
pub(crate) const COMMON_WORD: &str = "parcel";
/// A word in the text of every letter whose number is a multiple of [`RARE_EVERY`].
pub(crate) const RARE_WORD: &str = "quokkafeather";
pub(crate) const RARE_EVERY: usize = 2500;
/// A word in no letter.
pub(crate) const ABSENT_WORD: &str = "zyzzyvaless";

/// Letter `number` of exactly `bytes` bytes. A large letter is a short text with a large
/// attachment, as in real mail; less than a kilobyte is rounded up to what the headers need.
pub(crate) fn letter(number: usize, bytes: usize) -> Vec<u8> {
    letter_text(number, bytes).into_bytes()
}

/// Letters that differ in the Message-ID alone, as they are sent after DATA: a dot at the beginning of a
/// line is doubled (RFC 5321, 4.5.2).
#[derive(Debug)]
pub(crate) struct Pattern {
    before: String,
    after: String,
}

impl Pattern {
    /// Letters that are otherwise letter `number`, with the same number of bytes.
    pub(crate) fn new(number: usize, bytes: usize) -> Self {
        let text = letter_text(number, bytes.saturating_sub(SERIAL_BYTES));
        let text = text.replace("\r\n.", "\r\n..");
        let start = text.find(MESSAGE_ID).map_or(0, |at| at + MESSAGE_ID.len());
        let (before, after) = text.split_at(start);
        Self {
            before: before.to_owned(),
            after: after.to_owned(),
        }
    }

    /// Adds the letter with this serial number.
    pub(crate) fn write(&self, serial: u64, letter: &mut Vec<u8>) {
        letter.extend_from_slice(self.before.as_bytes());
        letter.extend_from_slice(format!("{serial:016x}").as_bytes());
        letter.extend_from_slice(self.after.as_bytes());
    }
}

fn letter_text(number: usize, bytes: usize) -> String {
    let mut dice = Dice::new(number);
    let mut letter = String::with_capacity(bytes + LINE_LETTERS_MAX);
    head(&mut letter, number, &mut dice);
    if bytes < ATTACHMENT_BYTES_MIN {
        letter.push_str("Content-Type: text/plain; charset=utf-8\r\n\r\n");
        text(&mut letter, bytes, number, &mut dice);
        return letter;
    }
    letter.push_str("Content-Type: multipart/mixed; boundary=\"edge\"\r\n\r\n--edge\r\n");
    letter.push_str("Content-Type: text/plain; charset=utf-8\r\n\r\n");
    let text_end = letter.len() + TEXT_BYTES;
    text(&mut letter, text_end, number, &mut dice);
    letter.push_str("--edge\r\nContent-Type: application/pdf; name=\"invoice.pdf\"\r\n");
    letter.push_str("Content-Disposition: attachment; filename=\"invoice.pdf\"\r\n");
    letter.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
    let end = "--edge--\r\n";
    attachment(&mut letter, bytes.saturating_sub(end.len()), &mut dice);
    letter.push_str(end);
    letter
}

/// The letters `0` to `count`.
pub(crate) fn letters(count: usize, bytes: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| letter(number, bytes)).collect()
}

fn head(letter: &mut String, number: usize, dice: &mut Dice) {
    let (day, hour, minute) = (number % 28 + 1, number % 24, number % 60);
    let subject = [dice.word(), dice.word(), dice.word()].join(" ");
    let name = dice.word();
    letter.push_str(&format!(
        "Received: from mail.example.net by mx.example.com with ESMTPS id {number:08x}\r\n\
         Date: {day:02} Nov 2026 {hour:02}:{minute:02}:00 +0100\r\n\
         From: {name} <{name}@example.net>\r\n\
         To: Support <support@example.com>, archive@example.com\r\n\
         {MESSAGE_ID}{number}.{name}@example.net>\r\n\
         In-Reply-To: <{}.{name}@example.com>\r\n\
         Subject: Re: {subject}\r\n\
         MIME-Version: 1.0\r\n",
        number / 2
    ));
}

/// Adds lines of words until the letter has `end` bytes.
fn text(letter: &mut String, end: usize, number: usize, dice: &mut Dice) {
    letter.push_str(COMMON_WORD);
    if number.is_multiple_of(RARE_EVERY) {
        letter.push(' ');
        letter.push_str(RARE_WORD);
    }
    letter.push_str("\r\n");
    let mut line = 0;
    while letter.len() + LINE_LETTERS_MAX < end {
        let word = dice.word();
        line += word.len() + 1;
        letter.push_str(&word);
        if line > 60 {
            letter.push_str("\r\n");
            line = 0;
        } else {
            letter.push(' ');
        }
    }
    fill_line(letter, end, |_| '.');
}

/// Adds lines of incompressible characters until the letter has `end` bytes.
fn attachment(letter: &mut String, end: usize, dice: &mut Dice) {
    while letter.len() + LINE_LETTERS_MAX < end {
        letter.extend((0..76).map(|_| dice.base64()));
        letter.push_str("\r\n");
    }
    fill_line(letter, end, |_| dice.base64());
}

/// Adds one line with what is missing up to `end`.
fn fill_line(letter: &mut String, end: usize, fill: impl FnMut(usize) -> char) {
    let missing = end.saturating_sub(letter.len() + 2);
    letter.extend((0..missing).map(fill));
    letter.push_str("\r\n");
}

/// Random numbers that are the same in each run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new(number: usize) -> Self {
        let seed = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut dice = Self(seed | 1);
        dice.roll(2);
        dice
    }

    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        usize::try_from(high).unwrap_or(0) % sides
    }

    /// A word; a few are frequent and most are rare, as in real text.
    fn word(&mut self) -> String {
        let often = self.roll(SYLLABLES.len()).min(self.roll(SYLLABLES.len()));
        let mut word = SYLLABLES[often].to_owned();
        for _ in 0..self.roll(3) {
            word.push_str(SYLLABLES[self.roll(SYLLABLES.len())]);
        }
        word
    }

    fn base64(&mut self) -> char {
        char::from(BASE64[self.roll(BASE64.len())])
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SYLLABLES: [&str; 40] = [
    "the", "and", "to", "of", "we", "our", "order", "in", "for", "is", "on", "that", "with",
    "ship", "ment", "pay", "town", "mon", "day", "ber", "lin", "ta", "re", "ra", "con", "tract",
    "sto", "vel", "ni", "mor", "ga", "pel", "hu", "sa", "fro", "dil", "ko", "wen", "bri", "zu",
];

const MESSAGE_ID: &str = "Message-ID: <";
/// A serial number as it is written.
const SERIAL_BYTES: usize = 16;
/// No line or word is longer than this.
const LINE_LETTERS_MAX: usize = 80;
/// Smaller letters are text alone.
const ATTACHMENT_BYTES_MIN: usize = 16 * 1024;
/// The size of the text beside an attachment.
const TEXT_BYTES: usize = 2 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn has(letter: &[u8], word: &str) -> bool {
        std::str::from_utf8(letter).unwrap().contains(word)
    }

    #[test]
    fn a_letter_is_as_long_as_asked() {
        for bytes in [1024, 4096, 20_000, 76_800, 1 << 20] {
            for number in 0..20 {
                assert_eq!(letter(number, bytes).len(), bytes, "{number}");
            }
        }
    }

    #[test]
    fn lines_end_as_the_rfc_says() {
        for bytes in [4096, 76_800] {
            let letter = letter(3, bytes);
            let text = std::str::from_utf8(&letter).unwrap();
            let lines: Vec<_> = text.split("\r\n").collect();
            assert_eq!(lines.last(), Some(&""));
            assert!(
                lines
                    .iter()
                    .all(|line| !line.contains(['\r', '\n']) && line.len() < 998)
            );
        }
    }

    #[test]
    fn the_same_number_is_the_same_letter_and_no_other() {
        assert_eq!(letter(7, 4096), letter(7, 4096));
        assert_ne!(letter(7, 4096), letter(8, 4096));
    }

    #[test]
    fn a_pattern_is_as_many_letters_as_there_are_numbers() {
        for bytes in [4096, 76_800] {
            let pattern = Pattern::new(7, bytes);
            let [one, other] = [1, 2].map(|serial| {
                let mut letter = Vec::new();
                pattern.write(serial, &mut letter);
                String::from_utf8(letter).unwrap()
            });
            assert_ne!(one, other);
            assert_eq!(one.replace("\r\n..", "\r\n.").len(), bytes);
            assert!(one.contains("\r\nMessage-ID: <00000000000000017."));
            let doubled = one.matches("\r\n..").count();
            assert_eq!(one.matches("\r\n.").count(), doubled);
        }
    }

    #[test]
    fn words_are_where_a_search_expects_them() {
        let all = letters(RARE_EVERY + 1, 1024);
        let with = |word| all.iter().filter(|letter| has(letter, word)).count();
        assert_eq!(with(COMMON_WORD), all.len());
        assert_eq!(with(RARE_WORD), 2);
        assert_eq!(with(ABSENT_WORD), 0);
    }
}
