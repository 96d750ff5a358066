//! A message as a tree of parts: ranges of its bytes, found in one pass over its lines.

use std::ops::Range;

use mail::limits::{MIME_DEPTH_MAX, MIME_PARTS_MAX};

use crate::header::{self, line_length, without_line_break};
use crate::parameter::Media;

/// A message, or one part of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    header: Range<usize>,
    body: Range<usize>,
    /// The number of line breaks in the body.
    pub(crate) lines: usize,
    pub(crate) media: Media,
    pub(crate) content: Content,
}

/// The content of a part's body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Octets of any type.
    Leaf,
    /// A list of parts, at least one.
    Multipart(Vec<Part>),
    /// An enclosed message; its bytes are the body.
    Message(Box<Part>),
}

impl Part {
    pub(crate) fn parse(message: &[u8]) -> Self {
        let mut splitter = Splitter {
            message,
            position: 0,
            lines: 0,
            boundaries: Vec::new(),
            parts_left: MIME_PARTS_MAX,
            depth: 0,
        };
        splitter.part(Media::plain_text).0
    }

    /// The header block with the empty line. `message` is the one that was parsed.
    pub(crate) fn header<'m>(&self, message: &'m [u8]) -> &'m [u8] {
        message.get(self.header.clone()).unwrap_or_default()
    }

    pub(crate) fn body<'m>(&self, message: &'m [u8]) -> &'m [u8] {
        message.get(self.body.clone()).unwrap_or_default()
    }

    /// Header and body, as BODY[3] of an enclosed message.
    pub(crate) fn whole<'m>(&self, message: &'m [u8]) -> &'m [u8] {
        message.get(self.whole_range()).unwrap_or_default()
    }

    /// The range of header and body in the message.
    pub(crate) fn whole_range(&self) -> Range<usize> {
        self.header.start..self.body.end
    }
}

/// Reads lines up to the delimiter of any multipart.
struct Splitter<'m> {
    message: &'m [u8],
    position: usize,
    /// The number of line breaks before `position`.
    lines: usize,
    /// The boundaries of the multiparts around `position`, outermost first.
    boundaries: Vec<Vec<u8>>,
    parts_left: usize,
    depth: usize,
}

/// Where a part ends, and at what.
#[derive(Clone, Copy)]
struct End {
    /// The first byte that no longer belongs to the part: a delimiter's line, or the end of the
    /// message.
    position: usize,
    lines: usize,
    delimiter: Option<Delimiter>,
}

#[derive(Clone, Copy)]
struct Delimiter {
    /// Whose delimiter it is: an index into `boundaries`.
    level: usize,
    is_last: bool,
}

impl Splitter<'_> {
    /// Parses one entity from here on; `default` is its type when its header does not name one.
    fn part(&mut self, default: fn() -> Media) -> (Part, End) {
        self.parts_left = self.parts_left.saturating_sub(1);
        let start = self.position;
        let early_end = self.skip_header();
        let header = start..self.position;
        let mut media = self
            .message
            .get(header.clone())
            .and_then(|header| header::find(header, "Content-Type"))
            .map_or_else(default, |value| {
                Media::parse(value).unwrap_or_else(Media::plain_text)
            });

        let header_end = self.position;
        let lines_before = self.lines;
        let early_end = early_end.filter(|&end| !self.begins_its_own(&media, start, end));
        let (content, end) = match early_end {
            Some(end) => (self.nothing_in(&media, start, end), end),
            None => self.content(&mut media),
        };
        // A part that ends where it begins leaves no line break to the delimiter.
        let end_of_last = match &content {
            Content::Multipart(parts) => parts.last().map_or(start, |part| part.body.end),
            Content::Leaf | Content::Message(_) => start,
        };
        let (part_end, lines_end) = self.before_line_break(end_of_last, end);
        // The empty line may be the delimiter's line break; then the header ends before it.
        let header_end = header_end.min(part_end);
        let part = Part {
            header: start..header_end,
            body: header_end..part_end,
            lines: lines_end.saturating_sub(lines_before),
            media,
            content,
        };
        (part, end)
    }

    /// A multipart within another may have the same boundary, although that is wrong; what follows
    /// its header is then its own first part.
    fn begins_its_own(&self, media: &Media, start: usize, end: End) -> bool {
        let header = self.message.get(start..end.position).unwrap_or_default();
        let is_whole = header.ends_with(b"\n\n") || header.ends_with(b"\n\r\n");
        let around = end
            .delimiter
            .filter(|delimiter| !delimiter.is_last)
            .and_then(|delimiter| self.boundaries.get(delimiter.level));
        let own = media.parameter("boundary").map(<[u8]>::trim_ascii_end);
        is_whole && media.is_kind("multipart") && around.map(Vec::as_slice) == own
    }

    /// Skips the header with its empty line. `Some` where there is no body: a delimiter comes
    /// first, or directly after the empty line, whose line break then belongs to the delimiter.
    fn skip_header(&mut self) -> Option<End> {
        while self.position < self.message.len() {
            if let Some(end) = self.delimiter() {
                return Some(end);
            }
            if without_line_break(self.skip_line()).is_empty() {
                return self.delimiter();
            }
        }
        None
    }

    /// Parses the body from here on. Where `media` announces parts that are too many or too deep to
    /// be described, it becomes opaque octets.
    fn content(&mut self, media: &mut Media) -> (Content, End) {
        let is_message = media.is("message", "rfc822");
        if !is_message && !media.is_kind("multipart") {
            return (Content::Leaf, self.skip_to_delimiter());
        }
        if self.depth >= MIME_DEPTH_MAX || self.parts_left == 0 {
            *media = Media::octets();
            return (Content::Leaf, self.skip_to_delimiter());
        }
        self.depth += 1;
        let content = if is_message {
            let (message, end) = self.part(Media::plain_text);
            (Content::Message(Box::new(message)), end)
        } else {
            self.multipart(media)
        };
        self.depth -= 1;
        content
    }

    fn multipart(&mut self, media: &Media) -> (Content, End) {
        let start = self.position;
        let lines_before = self.lines;
        let boundary = media.parameter("boundary").map(<[u8]>::trim_ascii_end);
        let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty()) else {
            let end = self.skip_to_delimiter();
            let only = self.undivided(start, lines_before, end);
            return (Content::Multipart(vec![only]), end);
        };
        let default = if media.is("multipart", "digest") {
            Media::message
        } else {
            Media::plain_text
        };

        let level = self.boundaries.len();
        self.boundaries.push(boundary.to_vec());
        let mut parts = Vec::new();
        let mut end = self.skip_to_delimiter();
        while end.begins_part_of(level) {
            self.skip_line();
            // Parts beyond the limit are not described, but their delimiters are still followed.
            if self.parts_left == 0 {
                end = self.skip_to_delimiter();
                continue;
            }
            let (part, part_end) = self.part(default);
            parts.push(part);
            end = part_end;
        }
        self.boundaries.pop();
        if end.closes(level) {
            // The epilogue may repeat the boundary, which means nothing there (RFC 2046, 5.1.1).
            self.skip_line();
            end = self.skip_to_delimiter();
        }
        if parts.is_empty() {
            parts.push(self.undivided(start, lines_before, end));
        }
        (Content::Multipart(parts), end)
    }

    /// A multipart without any delimiter shows its body as its one part, as plain text:
    /// BODYSTRUCTURE must name a part (RFC 3501, body-type-mpart), and no text is lost.
    fn undivided(&self, start: usize, lines_before: usize, end: End) -> Part {
        let (body_end, lines_end) = self.before_line_break(start, end);
        Part {
            header: start..start,
            body: start..body_end,
            lines: lines_end.saturating_sub(lines_before),
            media: Media::plain_text(),
            content: Content::Leaf,
        }
    }

    /// The content of a part from `start` that has no body.
    fn nothing_in(&self, media: &Media, start: usize, end: End) -> Content {
        let (here, _) = self.before_line_break(start, end);
        let nothing = Part {
            header: here..here,
            body: here..here,
            lines: 0,
            media: Media::plain_text(),
            content: Content::Leaf,
        };
        if media.is_kind("multipart") {
            Content::Multipart(vec![nothing])
        } else if media.is("message", "rfc822") {
            Content::Message(Box::new(nothing))
        } else {
            Content::Leaf
        }
    }

    fn skip_to_delimiter(&mut self) -> End {
        // Nothing but the end of the message can end this body, so its lines are only counted.
        if self.boundaries.is_empty() {
            let rest = self.message.get(self.position..).unwrap_or_default();
            self.lines += memchr::memchr_iter(b'\n', rest).count();
            self.position = self.message.len();
        }
        while self.position < self.message.len() {
            if let Some(end) = self.delimiter() {
                return end;
            }
            self.skip_line();
        }
        End {
            position: self.position,
            lines: self.lines,
            delimiter: None,
        }
    }

    fn skip_line(&mut self) -> &[u8] {
        let rest = self.message.get(self.position..).unwrap_or_default();
        let line = rest.get(..line_length(rest)).unwrap_or_default();
        self.position += line.len();
        self.lines += usize::from(line.ends_with(b"\n"));
        line
    }

    /// Whether the line here is a delimiter of any multipart around it, the innermost first.
    ///
    /// The whole line must be a delimiter, except for white space at its end. By RFC 2046, 5.1.1, a
    /// line that only begins with one would do; but clients in use nest `Mail-1` and `Mail-12`.
    fn delimiter(&self) -> Option<End> {
        let rest = self.message.get(self.position..)?;
        if self.boundaries.is_empty() || !rest.starts_with(b"--") {
            return None;
        }
        let line = without_line_break(rest.get(2..line_length(rest))?).trim_ascii_end();
        let of = |text: &[u8]| {
            self.boundaries
                .iter()
                .rposition(|boundary| boundary == text)
        };
        // The whole line is tried first, because a boundary may itself end with `--`.
        let delimiter = match (of(line), line.strip_suffix(b"--").and_then(of)) {
            (Some(level), _) => Delimiter {
                level,
                is_last: false,
            },
            (None, Some(level)) => Delimiter {
                level,
                is_last: true,
            },
            (None, None) => return None,
        };
        Some(End {
            position: self.position,
            lines: self.lines,
            delimiter: Some(delimiter),
        })
    }

    /// Where something from `start` on ends, and the line breaks up to there. The line break before
    /// a delimiter belongs to the delimiter (RFC 2046, 5.1.1).
    fn before_line_break(&self, start: usize, end: End) -> (usize, usize) {
        if end.delimiter.is_none() {
            return (end.position, end.lines);
        }
        let body = self.message.get(start..end.position).unwrap_or_default();
        let trimmed = without_line_break(body).len();
        let lines = end.lines - usize::from(trimmed < body.len());
        (start + trimmed, lines)
    }
}

impl End {
    fn begins_part_of(self, level: usize) -> bool {
        self.delimiter
            .is_some_and(|delimiter| delimiter.level == level && !delimiter.is_last)
    }

    fn closes(self, level: usize) -> bool {
        self.delimiter
            .is_some_and(|delimiter| delimiter.level == level && delimiter.is_last)
    }
}
