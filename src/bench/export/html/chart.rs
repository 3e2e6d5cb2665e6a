//! A chart of lines as SVG: axes with round ticks and units, and lines that are told apart by dash and mark, not by colour
//! alone. Each is drawn twice, for a wide page and for a narrow one, with text of the same size; the style sheet shows one.

use std::fmt::Write as _;

use super::scale::{Scale, label};
use super::text::escaped;

/// What there is to draw.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// Part of the names that its elements have on the page.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What it shows, in words.
    pub(super) description: String,
    /// What a reader should know, below the title.
    pub(super) note: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) lines: Vec<Line>,
    pub(super) bands: Vec<Band>,
    /// Whether it is as wide as the page, not half of it.
    pub(super) is_large: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) name: &'static str,
    pub(super) scale: Scale,
    /// Values and what to write at them; if there are none, round values of the scale.
    pub(super) ticks: Vec<(f64, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: &'static str,
    /// In the order of x; `None` where nothing is known, and the line is broken.
    pub(super) points: Vec<Option<(f64, f64)>>,
}

/// A part of the x axis that is something else.
#[derive(Clone, Debug)]
pub(super) struct Band {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) name: &'static str,
}

/// All values of some lines.
pub(super) fn values(lines: &[Line]) -> impl Iterator<Item = f64> {
    lines.iter().flat_map(|line| line.points.iter().flatten().map(|(_, value)| *value))
}

/// How large a drawing is, in the units of its text.
#[derive(Clone, Copy, Debug)]
struct Size {
    class: &'static str,
    width: f64,
    height: f64,
}

/// The part of a drawing that the lines are in.
#[derive(Clone, Copy, Debug)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// How many ticks there is room for on the y axis.
    y_ticks: u32,
}

/// About how wide a character is: digits are alike, and few labels have others.
const CHARACTER: f64 = 7.2;

/// How many points of a line have a mark.
const MARKS: usize = 24;

/// From how many points on a line is drawn thin.
const DENSE: usize = 400;

impl Chart {
    /// The figure with its caption and legend.
    pub(super) fn figure(&self) -> String {
        let Self { title, note, .. } = self;
        let sizes = if self.is_large {
            [("wide", 1000.0, 340.0), ("narrow", 360.0, 280.0)]
        } else {
            [("wide", 490.0, 230.0), ("narrow", 360.0, 220.0)]
        };
        let drawings = sizes.map(|(class, width, height)| self.drawing(Size { class, width, height })).concat();
        let note = if note.is_empty() { String::new() } else { format!("<p class=\"note\">{}</p>", escaped(note)) };
        let legend = if self.lines.len() > 1 { self.legend() } else { String::new() };
        let class = if self.is_large { "large" } else { "half" };
        format!(
            "<figure class=\"{class}\"><figcaption><h3>{}</h3>{note}{legend}</figcaption>{drawings}</figure>\n",
            escaped(title)
        )
    }

    fn legend(&self) -> String {
        let entry = |(number, line): (usize, &Line)| {
            let key = format!("<path class=\"line l{number}\" d=\"M0 7H36\"/>{}", mark(number, 18.0, 7.0));
            format!(
                "<li><svg width=\"36\" height=\"14\" viewBox=\"0 0 36 14\" aria-hidden=\"true\">{key}</svg>{}</li>",
                escaped(line.name)
            )
        };
        format!("<ul class=\"legend\">{}</ul>", self.lines.iter().enumerate().map(entry).collect::<String>())
    }

    fn drawing(&self, size: Size) -> String {
        let Size { class, width, height } = size;
        let (name, description) = (escaped(self.title), escaped(&self.description));
        let id = format!("{}-{class}", self.id);
        let frame = self.frame(size);
        let mut svg = format!(
            "<svg class=\"chart {class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{name}</title><desc id=\"{id}-d\">{description}</desc>"
        );
        self.draw_bands(frame, &mut svg);
        self.draw_y(frame, &mut svg);
        self.draw_x(frame, size, &mut svg);
        for (number, line) in self.lines.iter().enumerate() {
            self.draw_line(number, line, frame, &mut svg);
        }
        svg + "</svg>"
    }

    fn frame(&self, size: Size) -> Frame {
        let y_ticks = if size.height > 250.0 { 8 } else { 4 };
        let widest = self.y.ticks(y_ticks).iter().map(|(_, text)| length(text)).fold(CHARACTER, f64::max);
        Frame { left: widest + 12.0, right: size.width - 16.0, top: 26.0, bottom: size.height - 48.0, y_ticks }
    }

    fn draw_bands(&self, frame: Frame, svg: &mut String) {
        for Band { from, to, name } in &self.bands {
            let (from, to) = (frame.x(self.x.scale.place(*from)), frame.x(self.x.scale.place(*to)));
            let (width, height) = (to - from, frame.bottom - frame.top);
            if width <= 0.0 {
                continue;
            }
            push(
                svg,
                format_args!(
                    "<rect class=\"band\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>",
                    frame.top
                ),
            );
            // It stands above the lines, to the left of the end: one that has no room there is said in the note.
            let x = from.min(frame.right - length(name));
            if x > frame.left + length(self.y.name) + 90.0 {
                push(svg, format_args!("<text class=\"aside\" x=\"{x:.1}\" y=\"14\">{}</text>", escaped(name)));
            }
        }
    }

    fn draw_y(&self, frame: Frame, svg: &mut String) {
        let suffix = if self.y.scale.is_log() { " (log scale)" } else { "" };
        push(svg, format_args!("<text class=\"name\" x=\"2\" y=\"14\">{}{suffix}</text>", escaped(self.y.name)));
        for (value, text) in self.y.ticks(frame.y_ticks) {
            let y = frame.y(self.y.scale.place(value));
            let (left, right) = (frame.left, frame.right);
            push(svg, format_args!("<path class=\"grid\" d=\"M{left:.1} {y:.1}H{right:.1}\"/>"));
            let (x, y) = (left - 8.0, y + 4.5);
            push(svg, format_args!("<text class=\"tick end\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&text)));
        }
    }

    fn draw_x(&self, frame: Frame, size: Size, svg: &mut String) {
        let (left, right, bottom) = (frame.left, frame.right, frame.bottom);
        push(svg, format_args!("<path class=\"axis\" d=\"M{left:.1} {bottom:.1}H{right:.1}\"/>"));
        let mut free_from = 0.0;
        for (value, text) in self.x.ticks(if size.width > 600.0 { 10 } else { 6 }) {
            let x = frame.x(self.x.scale.place(value));
            let half = length(&text) / 2.0;
            push(svg, format_args!("<path class=\"axis\" d=\"M{x:.1} {bottom:.1}v5\"/>"));
            // At the ends a label stays within the drawing; one that would touch the last is left out.
            let x = x.clamp(half, size.width - half);
            if x - half < free_from {
                continue;
            }
            free_from = x + half + 6.0;
            let y = bottom + 22.0;
            push(svg, format_args!("<text class=\"tick middle\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&text)));
        }
        let (x, y) = (f64::midpoint(left, right), size.height - 6.0);
        push(
            svg,
            format_args!("<text class=\"name middle\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(self.x.name)),
        );
    }

    fn draw_line(&self, number: usize, line: &Line, frame: Frame, svg: &mut String) {
        let place = |(x, y): (f64, f64)| (frame.x(self.x.scale.place(x)), frame.y(self.y.scale.place(y)));
        let points: Vec<Option<(f64, f64)>> = line.points.iter().map(|point| point.map(place)).collect();
        let mut path = String::new();
        let mut is_broken = true;
        for point in visible(&points) {
            if let Some((x, y)) = point {
                push(&mut path, format_args!("{}{x:.1} {y:.1}", if is_broken { 'M' } else { 'L' }));
            }
            is_broken = point.is_none();
        }
        let dense = if points.len() > DENSE { " dense" } else { "" };
        push(svg, format_args!("<path class=\"line l{number}{dense}\" d=\"{path}\"/>"));
        let known: Vec<(f64, f64)> = points.into_iter().flatten().collect();
        let each = known.len().div_ceil(MARKS).max(1);
        // A line that begins between two marks of another is easier to follow.
        svg.extend(known.iter().skip(number * each / 3).step_by(each).map(|(x, y)| mark(number, *x, *y)));
    }
}

impl Axis {
    fn ticks(&self, about: u32) -> Vec<(f64, String)> {
        if self.ticks.is_empty() {
            return self.scale.ticks(about).into_iter().map(|value| (value, label(value))).collect();
        }
        self.ticks.clone()
    }
}

impl Frame {
    fn x(self, part: f64) -> f64 {
        self.left + part * (self.right - self.left)
    }

    fn y(self, part: f64) -> f64 {
        self.bottom - part * (self.bottom - self.top)
    }
}

/// About how wide a text is; a percent sign takes the room of two.
fn length(text: &str) -> f64 {
    let characters = text.chars().count() + text.matches('%').count();
    CHARACTER * f64::from(u32::try_from(characters).unwrap_or(u32::MAX))
}

/// The mark of a line: a disc, a square or a triangle.
fn mark(number: usize, x: f64, y: f64) -> String {
    match number % 3 {
        0 => format!("<circle class=\"mark l{number}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"),
        1 => format!("<path class=\"mark l{number}\" d=\"M{:.1} {:.1}h6v6h-6z\"/>", x - 3.0, y - 3.0),
        _ => format!("<path class=\"mark l{number}\" d=\"M{x:.1} {:.1}l3.8 6.4h-7.6z\"/>", y - 4.2),
    }
}

/// The points that make a difference where many lie in the same column of the drawing: the first, the lowest, the highest
/// and the last of each.
fn visible(points: &[Option<(f64, f64)>]) -> Vec<Option<(f64, f64)>> {
    let mut shown = Vec::new();
    // A column is one unit wide; where nothing is known there is none.
    let same_column = |one: &Option<(f64, f64)>, other: &Option<(f64, f64)>| match (one, other) {
        (Some((one, _)), Some((other, _))) => (one.floor() - other.floor()).abs() < 0.5,
        (one, other) => one.is_none() && other.is_none(),
    };
    let height = |point: &Option<(f64, f64)>| point.map_or(0.0, |(_, y)| y);
    for column in points.chunk_by(same_column) {
        let by_height = |one: &&Option<(f64, f64)>, other: &&Option<(f64, f64)>| height(one).total_cmp(&height(other));
        if column.len() <= 4 {
            shown.extend_from_slice(column);
            continue;
        }
        let ends = [column.first(), column.iter().min_by(by_height), column.iter().max_by(by_height), column.last()];
        shown.extend(ends.into_iter().flatten());
    }
    shown
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<Option<(f64, f64)>>) -> Chart {
        let axis = |name, to| Axis { name, scale: Scale::linear(0.0, to), ticks: Vec::new() };
        Chart {
            id: "test",
            title: "A & B",
            description: "What <it> shows.".to_owned(),
            note: String::new(),
            x: axis("seconds", 10.0),
            y: axis("ms", 4.0),
            lines: vec![Line { name: "p50", points }],
            bands: vec![Band { from: 8.0, to: 10.0, name: "drain" }],
            is_large: true,
        }
    }

    #[test]
    fn a_line_goes_through_its_points_and_is_broken_where_nothing_is_known() {
        let figure = chart(vec![Some((0.0, 0.0)), Some((5.0, 4.0)), None, Some((10.0, 2.0))]).figure();
        // 340 high, less the room above and below; 1000 wide, less that of the labels of the y axis.
        let lines: Vec<&str> =
            figure.matches("<path class=\"line l0\" d=\"M33.6 292.0L508.8 26.0M984.0 159.0\"/>").collect();
        assert_eq!(lines.len(), 1, "{figure}");
    }

    #[test]
    fn a_drawing_has_a_title_and_says_in_words_what_it_shows() {
        let figure = chart(Vec::new()).figure();
        for part in
            ["<title id=\"test-wide-t\">A &amp; B</title>", "<desc id=\"test-narrow-d\">What &lt;it&gt; shows.</desc>"]
        {
            assert!(figure.contains(part), "{part} in {figure}");
        }
    }

    #[test]
    fn of_many_points_in_a_column_those_that_can_be_seen_are_drawn() {
        let points: Vec<_> = (0..4000).map(|n| Some((f64::from(n) / 100.0, f64::from(n % 7)))).collect();
        let shown = visible(&points);
        assert_eq!(shown.len(), 160);
        assert!(shown[..4].iter().flatten().any(|(_, y)| *y > 5.5) && shown[0] == points[0]);
    }
}
