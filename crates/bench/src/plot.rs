//! Lines over two logarithmic axes, as an SVG that is readable on a light page and on a dark one. Pure.

use std::fmt::Write;

use crate::figure::Short;

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    pub(crate) title: String,
    /// The name and the unit of each axis.
    pub(crate) x_label: &'static str,
    pub(crate) y_label: &'static str,
    pub(crate) lines: Vec<Line>,
}

/// One line through its points, which are in order of x.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Plot {
    /// The picture; `None` if there is no point that a logarithmic axis has a place for.
    pub(crate) fn svg(&self) -> Option<String> {
        let x = Axis::around(self.numbers(|point| point.0), LEFT, RIGHT)?;
        let y = Axis::around(self.numbers(|point| point.1), BOTTOM, TOP)?;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n\
             <title>{title}</title>\n{STYLE}<rect class=\"page\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n<text class=\"title\" x=\"{LEFT}\" y=\"24\">{title}</text>\n",
            title = escaped(&self.title)
        );
        for (mark, at) in x.marks() {
            let label = BOTTOM + 18.0;
            writeln!(
                svg,
                "<path class=\"grid\" d=\"M{at:.1} {BOTTOM}V{TOP}\"/>\
                 <text class=\"middle\" x=\"{at:.1}\" y=\"{label}\">{mark}</text>"
            )
            .ok()?;
        }
        for (mark, at) in y.marks() {
            let (label_x, label_y) = (LEFT - 8.0, at + 4.0);
            writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{RIGHT}\"/>\
                 <text class=\"end\" x=\"{label_x}\" y=\"{label_y:.1}\">{mark}</text>"
            )
            .ok()?;
        }
        let (middle, below) = ((LEFT + RIGHT) / 2.0, BOTTOM + 40.0);
        let (x_label, y_label) = (escaped(self.x_label), escaped(self.y_label));
        write!(
            svg,
            "<text class=\"middle\" x=\"{middle}\" y=\"{below}\">{x_label}</text>\n\
             <text x=\"{LEFT}\" y=\"44\">{y_label}</text>\n"
        )
        .ok()?;
        for (number, line) in self.in_order().into_iter().enumerate() {
            svg.push_str(&drawn(line, number, x, y));
        }
        svg.push_str("</svg>\n");
        Some(svg)
    }

    fn numbers(&self, of: impl Fn(&(f64, f64)) -> f64) -> impl Iterator<Item = f64> {
        self.lines.iter().flat_map(|line| &line.points).map(of)
    }

    /// The lines as they end, the highest first: the legend then stands as the picture does.
    fn in_order(&self) -> Vec<&Line> {
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        let end = |line: &Line| line.points.last().map_or(0.0, |point| point.1);
        lines.sort_by(|one, other| end(other).total_cmp(&end(one)));
        lines
    }
}

/// A line, its points, and its name in the legend.
fn drawn(line: &Line, number: usize, x: Axis, y: Axis) -> String {
    let class = number % COLOURS;
    let dashes = if number < COLOURS {
        ""
    } else {
        " stroke-dasharray=\"6 4\""
    };
    let points = line.points.iter().filter(|(x, y)| *x > 0.0 && *y > 0.0);
    let points: Vec<String> = points
        .map(|point| format!("{:.1},{:.1}", x.place(point.0), y.place(point.1)))
        .collect();
    let mut svg = format!(
        "<g class=\"line{class}\"{dashes}><polyline points=\"{}\"/>",
        points.join(" ")
    );
    for (x, y) in points.iter().filter_map(|point| point.split_once(',')) {
        svg.push_str(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"3.5\"/>"));
    }
    let (from, to, text) = (RIGHT + 16.0, RIGHT + 40.0, RIGHT + 48.0);
    let at = TOP + 10.0 + 22.0 * number as f64;
    let (base, name) = (at + 4.0, escaped(&line.name));
    svg.push_str(&format!(
        "<path d=\"M{from} {at}H{to}\"/></g><text x=\"{text}\" y=\"{base}\">{name}</text>\n"
    ));
    svg
}

/// From a power of ten to another, along a side of the picture.
#[derive(Clone, Copy, Debug)]
struct Axis {
    /// Both are whole numbers.
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Axis {
    fn around(numbers: impl Iterator<Item = f64>, start: f64, end: f64) -> Option<Self> {
        let numbers = numbers.filter(|number| *number > 0.0 && number.is_finite());
        let logs: Vec<f64> = numbers.map(f64::log10).collect();
        let low = logs.iter().copied().reduce(f64::min)?.floor();
        let high = logs.iter().copied().reduce(f64::max)?.ceil();
        Some(Self {
            low,
            high: high.max(low + 1.0),
            start,
            end,
        })
    }

    fn place(self, number: f64) -> f64 {
        let part = (number.log10() - self.low) / (self.high - self.low);
        self.start + part * (self.end - self.start)
    }

    /// Each power of ten and its place.
    fn marks(self) -> impl Iterator<Item = (String, f64)> {
        let powers = std::iter::successors(Some(self.low), |power| Some(power + 1.0));
        let powers = powers.take_while(move |power| *power <= self.high);
        powers.map(move |power| {
            let number = 10_f64.powf(power);
            (Short(number).to_string(), self.place(number))
        })
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 620.0;
const TOP: f64 = 60.0;
const BOTTOM: f64 = 380.0;

/// Colours that are told apart by those who see red and green alike (Okabe and Ito), on white and on black. The ground
/// is painted, because the page around it may be dark where the system is light.
const COLOURS: usize = 7;
const STYLE: &str = "<style>
text { font: 13px sans-serif; fill: #24292f } .title { font-weight: bold; font-size: 15px }
.middle { text-anchor: middle } .end { text-anchor: end } .grid { stroke: #d0d7de }
.page { fill: #ffffff }
g { fill: none; stroke-width: 2 } circle { stroke: none }
.line0 { stroke: #0072b2 } .line0 circle { fill: #0072b2 }
.line1 { stroke: #d55e00 } .line1 circle { fill: #d55e00 }
.line2 { stroke: #009e73 } .line2 circle { fill: #009e73 }
.line3 { stroke: #cc79a7 } .line3 circle { fill: #cc79a7 }
.line4 { stroke: #e69f00 } .line4 circle { fill: #e69f00 }
.line5 { stroke: #56b4e9 } .line5 circle { fill: #56b4e9 }
.line6 { stroke: #8a8a8a } .line6 circle { fill: #8a8a8a }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #3d444d } .page { fill: #0d1117 } }
</style>
";

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(lines: &[(&str, &[(f64, f64)])]) -> Plot {
        let line = |(name, points): &(&str, &[(f64, f64)])| Line {
            name: (*name).to_owned(),
            points: points.to_vec(),
        };
        Plot {
            title: "a < b".into(),
            x_label: "messages",
            y_label: "ms",
            lines: lines.iter().map(line).collect(),
        }
    }

    #[test]
    fn each_power_of_ten_has_its_mark() {
        let svg = plot(&[("STORE", &[(1000.0, 0.5), (100_000.0, 20.0)])])
            .svg()
            .unwrap();
        for mark in ["1,000<", "10,000<", "100,000<", "0.1<", "1<", "10<", "100<"] {
            assert_eq!(svg.matches(&format!(">{mark}")).count(), 1, "{mark}");
        }
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains(&format!("points=\"{LEFT:.1},")), "{svg}");
        assert!(svg.contains(&format!(" {RIGHT:.1},")), "{svg}");
    }

    #[test]
    fn the_legend_stands_as_the_lines_end() {
        let svg = plot(&[
            ("low", &[(10.0, 5.0), (100.0, 1.0)]),
            ("high", &[(10.0, 1.0), (100.0, 5.0)]),
        ])
        .svg()
        .unwrap();
        assert!(svg.find(">high<").unwrap() < svg.find(">low<").unwrap());
    }

    #[test]
    fn it_is_well_formed_and_without_what_has_no_place() {
        let svg = plot(&[("a & b", &[(0.0, 1.0), (10.0, 0.0), (10.0, 7.0)])])
            .svg()
            .unwrap();
        assert_eq!(svg.matches("<circle").count(), 1);
        assert!(svg.contains("a &amp; b") && svg.contains("<title>a &lt; b</title>"));
        for tag in ["svg", "g", "text", "style", "title"] {
            let opened =
                svg.matches(&format!("<{tag}>")).count() + svg.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, svg.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn of_nothing_there_is_no_picture() {
        assert!(plot(&[]).svg().is_none());
        assert!(plot(&[("x", &[(0.0, 0.0)])]).svg().is_none());
    }
}
