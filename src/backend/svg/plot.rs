//! Plots as SVG, fit for a slide: errors against neurons on logarithmic axes,
//! and counts against a parameter on a logarithmic axis.
//!
//! Marks carry numbers, and a legend to the right says what they are, so that
//! long names do not collide. The same bytes for the same marks.

use super::{escaped, head, shortened, step};

/// What a mark stands for, which gives it a shape and a colour.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Style {
    /// One hidden layer.
    Shallow,
    /// Several layers.
    Deep,
    /// The compiled network.
    Compiled,
    /// A trained network.
    Trained,
}

/// A network: its neurons and its error.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    /// What it is.
    pub label: String,
    /// The shape.
    pub style: Style,
    /// The decimal logarithm of its neurons.
    pub neurons: f64,
    /// That of its error; `None` for no error at all.
    pub error: Option<f64>,
    /// Those of the least and the greatest error, where there are several.
    pub spread: Option<(f64, f64)>,
}

/// A number of neurons: a bound, or a network that was not built.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// What it is.
    pub label: String,
    /// The decimal logarithm of the neurons.
    pub neurons: f64,
}

/// A count for each value of a parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve {
    /// What is counted.
    pub label: String,
    /// Its law, written after the label.
    pub law: String,
    /// Values of the parameter and decimal logarithms of the count.
    pub points: Vec<(f64, f64)>,
}

/// Numbers of neurons that belong together.
#[derive(Clone, PartialEq, Debug)]
pub struct Range {
    /// What they belong to.
    pub label: String,
    /// The networks, each with the decimal logarithm of its neurons and their
    /// number in writing.
    pub marks: Vec<(Style, f64, String)>,
}

const HEIGHT: f64 = 760.0;
const LEFT: f64 = 100.0;
const RIGHT: f64 = 800.0;
const TOP: f64 = 128.0;
const BOTTOM: f64 = 656.0;
/// Where the legend begins.
const LEGEND: f64 = 836.0;
const DARK: &str = "#1c1e21";
const GREY: &str = "#55595f";
const PALE: &str = "#dcdfe4";
const COLOURS: [&str; 9] =
    ["#8a8f98", "#3b6ea8", "#2a9d8f", "#d9822b", "#8a4fa3", "#b5423c", "#5f8a2f", "#c2a020", "#444a52"];

impl Style {
    fn colour(self) -> &'static str {
        match self {
            Style::Shallow => "#3b6ea8",
            Style::Deep => "#2a9d8f",
            Style::Compiled => "#d9822b",
            Style::Trained => "#8a4fa3",
        }
    }

    fn shape(self, x: f64, y: f64) -> String {
        let colour = self.colour();
        match self {
            Style::Shallow => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"8\" fill=\"{colour}\"/>\n"),
            Style::Deep => {
                format!(
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"15\" height=\"15\" fill=\"{colour}\"/>\n",
                    x - 7.5,
                    y - 7.5
                )
            }
            Style::Compiled => format!(
                "<path d=\"M{x:.1} {:.1} L{:.1} {y:.1} L{x:.1} {:.1} L{:.1} {y:.1} Z\" fill=\"{colour}\"/>\n",
                y - 13.0,
                x + 13.0,
                y + 13.0,
                x - 13.0
            ),
            Style::Trained => format!(
                "<path d=\"M{x:.1} {:.1} L{:.1} {:.1} L{:.1} {:.1} Z\" fill=\"{colour}\"/>\n",
                y - 9.0,
                x + 9.0,
                y + 7.0,
                x - 9.0,
                y + 7.0
            ),
        }
    }
}

fn text(x: f64, y: f64, size: u32, anchor: &str, colour: &str, content: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{content}</text>\n"
    )
}

/// Text with a white edge, over lines.
fn edged(x: f64, y: f64, size: u32, anchor: &str, content: &str) -> String {
    let common =
        format!("x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" font-weight=\"bold\" text-anchor=\"{anchor}\"");
    format!(
        "<text {common} fill=\"#ffffff\" stroke=\"#ffffff\" stroke-width=\"5\">{content}</text>\n\
         <text {common} fill=\"{DARK}\">{content}</text>\n"
    )
}

/// What follows `^`, letters and digits, as a superscript.
fn raised(content: &str) -> String {
    let mut parts = content.split('^');
    let mut written = escaped(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| !c.is_alphanumeric() && c != '.').unwrap_or(part.len());
        let (power, rest) = part.split_at(end);
        written.push_str(&format!("<tspan dy=\"-6\" font-size=\"12\">{}</tspan>", escaped(power)));
        // What follows goes back to the line.
        let rest = if rest.is_empty() { "\u{200b}".to_owned() } else { escaped(rest) };
        written.push_str(&format!("<tspan dy=\"6\">{rest}</tspan>"));
    }
    written
}

/// A range of an axis that holds all values, whole powers of ten at its ends;
/// counts begin at one.
fn range(values: impl Iterator<Item = f64>, counts: bool) -> (f64, f64) {
    let (least, most) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
    if least > most {
        return (0.0, 1.0);
    }
    let least = if counts && least >= 0.0 { least.floor() } else { (least - 0.1).floor() };
    let most = (most + 0.1).ceil();
    if most - least < 1.0 { (least, least + 1.0) } else { (least, most) }
}

/// `10⁻⁹` in plain characters, which stand well at the end of a line.
fn power_of_ten(power: f64) -> String {
    let superscript = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' | '4'..='9' => char::from_u32('⁰' as u32 + c as u32 - '0' as u32).unwrap_or(c),
        other => other,
    };
    match power as i64 {
        0 => "1".to_owned(),
        1 => "10".to_owned(),
        power => format!("10{}", power.to_string().chars().map(superscript).collect::<String>()),
    }
}

/// The lines and numbers of a logarithmic vertical axis.
fn vertical_axis((least, most): (f64, f64), label: &str) -> String {
    let mut drawn = String::new();
    let step = step(most - least).max(1.0);
    let mut power = least;
    while power <= most + 1e-9 {
        let y = BOTTOM - (power - least) / (most - least) * (BOTTOM - TOP);
        drawn
            .push_str(&format!("<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\" stroke=\"{PALE}\"/>\n"));
        drawn.push_str(&text(LEFT - 12.0, y + 6.0, 16, "end", GREY, &power_of_ten(power)));
        power += step;
    }
    drawn.push_str(&format!(
        "<text x=\"30\" y=\"{:.1}\" font-size=\"17\" text-anchor=\"middle\" fill=\"{GREY}\" \
         transform=\"rotate(-90 30 {:.1})\">{}</text>\n",
        (TOP + BOTTOM) / 2.0,
        (TOP + BOTTOM) / 2.0,
        escaped(label)
    ));
    drawn
}

/// Errors against neurons: a mark for each network, dashed lines at bounds.
pub fn errors(title: &str, subtitle: &str, marks: &[Mark], lines: &[Line]) -> String {
    let mut drawn = head(HEIGHT, title, subtitle);
    let horizontal = range(marks.iter().map(|mark| mark.neurons).chain(lines.iter().map(|line| line.neurons)), true);
    let spreads = marks.iter().filter_map(|mark| mark.spread).flat_map(|(least, most)| [least, most]);
    let known = marks.iter().filter_map(|mark| mark.error);
    let mut vertical = range(known.chain(spreads), false);
    // A network without any error stands on the floor, a step below the rest.
    let has_exact = marks.iter().any(|mark| mark.error.is_none());
    if has_exact {
        vertical.0 -= 1.0;
    }
    let x_of = |value: f64| LEFT + (value - horizontal.0) / (horizontal.1 - horizontal.0) * (RIGHT - LEFT);
    let y_of = |value: f64| {
        BOTTOM - (value.clamp(vertical.0, vertical.1) - vertical.0) / (vertical.1 - vertical.0) * (BOTTOM - TOP)
    };
    drawn.push_str(&vertical_axis(vertical, "largest error on the domain"));
    if has_exact {
        drawn.push_str(&text(RIGHT - 8.0, BOTTOM - 8.0, 15, "end", GREY, "no error at all"));
    }
    let tick = step(horizontal.1 - horizontal.0).max(1.0);
    let mut power = horizontal.0;
    while power <= horizontal.1 + 1e-9 {
        let x = x_of(power);
        drawn
            .push_str(&format!("<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{BOTTOM}\" stroke=\"{PALE}\"/>\n"));
        drawn.push_str(&text(x, BOTTOM + 26.0, 16, "middle", GREY, &power_of_ten(power)));
        power += tick;
    }
    drawn.push_str(&text((LEFT + RIGHT) / 2.0, BOTTOM + 60.0, 17, "middle", GREY, "neurons"));
    drawn.push_str(&format!(
        "<path d=\"M{LEFT} {TOP} V{BOTTOM} H{RIGHT}\" fill=\"none\" stroke=\"{DARK}\" stroke-width=\"1.5\"/>\n"
    ));
    // Lines of the same number are one.
    let mut groups: Vec<(f64, Vec<char>)> = Vec::new();
    for (line, letter) in lines.iter().zip('a'..='z') {
        let x = x_of(line.neurons);
        match groups.iter_mut().find(|(known, _)| (known - x).abs() < 2.0) {
            Some((_, letters)) => letters.push(letter),
            None => groups.push((x, vec![letter])),
        }
    }
    groups.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut last = (f64::NEG_INFINITY, 0);
    for (x, letters) in &groups {
        let names: String = letters.iter().map(char::to_string).collect::<Vec<_>>().join(",");
        // Neighbouring letters take turns in two rows.
        let row = if x - last.0 < 14.0 * names.len() as f64 { 1 - last.1 } else { 0 };
        last = (*x, row);
        drawn.push_str(&format!(
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{BOTTOM}\" stroke=\"{GREY}\" stroke-width=\"1.6\" \
             stroke-dasharray=\"7 6\"/>\n"
        ));
        drawn.push_str(&text(*x, TOP - 6.0 - 15.0 * row as f64, 15, "middle", DARK, &names));
    }
    // Marks at the same place are one, with all their numbers.
    let mut places: Vec<(f64, f64, Style, Vec<usize>)> = Vec::new();
    for (at, mark) in marks.iter().enumerate() {
        let (x, y) = (x_of(mark.neurons), y_of(mark.error.unwrap_or(vertical.0)));
        if let Some((least, most)) = mark.spread {
            drawn.push_str(&format!(
                "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"{}\" stroke-width=\"3\" \
                 opacity=\"0.5\"/>\n",
                y_of(least),
                y_of(most),
                mark.style.colour()
            ));
        }
        match places.iter_mut().find(|(known_x, known_y, _, _)| (known_x - x).abs() < 7.0 && (known_y - y).abs() < 7.0)
        {
            Some((_, _, style, numbers)) => {
                *style = (*style).max(mark.style);
                numbers.push(at + 1);
            }
            None => places.push((x, y, mark.style, vec![at + 1])),
        }
    }
    for (x, y, style, _) in &places {
        drawn.push_str(&style.shape(*x, *y));
    }
    drawn.push_str(&numbers(&places));
    let entries = marks.len() + lines.len();
    let pitch = (580.0 / entries.max(1) as f64).min(28.0);
    let size = if pitch < 20.0 { 13 } else { 16 };
    let mut y = TOP + 4.0;
    for (at, mark) in marks.iter().enumerate() {
        drawn.push_str(&mark.style.shape(LEGEND + 8.0, y - 5.0));
        let label = format!("{}  {}", at + 1, shortened(&mark.label, 44));
        drawn.push_str(&text(LEGEND + 28.0, y, size, "start", DARK, &escaped(&label)));
        y += pitch;
    }
    for (line, letter) in lines.iter().zip('a'..='z') {
        drawn.push_str(&format!(
            "<line x1=\"{LEGEND}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{GREY}\" stroke-width=\"1.6\" \
             stroke-dasharray=\"6 4\"/>\n",
            y - 5.0,
            LEGEND + 18.0,
            y - 5.0
        ));
        let label = format!("{letter}  {}", shortened(&line.label, 44));
        drawn.push_str(&text(LEGEND + 28.0, y, size, "start", DARK, &escaped(&label)));
        y += pitch;
    }
    drawn + "</svg>\n"
}

/// The numbers of marks, each at the first place near its mark that no other
/// mark or number takes, with a thin line to it where that is not next to it.
fn numbers(places: &[(f64, f64, Style, Vec<usize>)]) -> String {
    let mut drawn = String::new();
    let mut taken: Vec<[f64; 4]> = places.iter().map(|(x, y, ..)| [x - 9.0, y - 9.0, x + 9.0, y + 9.0]).collect();
    for (x, y, _, numbers) in places {
        let content = numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let width = 9.0 * content.len() as f64;
        let offsets = [(12.0, -8.0), (-12.0 - width, -8.0), (12.0, 22.0), (-width / 2.0, -30.0), (-width / 2.0, 40.0)];
        let farther = (2..8).flat_map(|step| {
            let height = 22.0 * step as f64;
            [(12.0, -8.0 - height), (12.0, 22.0 + height)]
        });
        let place = |(dx, dy): (f64, f64)| [x + dx, y + dy - 13.0, x + dx + width, y + dy + 2.0];
        let free = |own: &[f64; 4]| {
            let inside = own[0] > LEFT && own[2] < RIGHT + 24.0 && own[1] > TOP - 10.0 && own[3] < BOTTOM;
            inside && taken.iter().all(|t| own[2] < t[0] || t[2] < own[0] || own[3] < t[1] || t[3] < own[1])
        };
        let (at, own) = offsets
            .into_iter()
            .chain(farther)
            .map(place)
            .enumerate()
            .find(|(_, own)| free(own))
            .unwrap_or((0, place(offsets[0])));
        if at > 2 {
            let end = if own[1] > *y { own[1] } else { own[3] };
            drawn.push_str(&format!(
                "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{end:.1}\" stroke=\"{GREY}\" \
                 stroke-width=\"1\"/>\n",
                (own[0] + own[2]) / 2.0
            ));
        }
        drawn.push_str(&edged(own[0], own[3] - 2.0, 16, "start", &content));
        taken.push(own);
    }
    drawn
}

/// Where the rows of [`ranges`] begin, and the room of each.
const ROWS: f64 = 260.0;
const ROW: f64 = 44.0;

/// Numbers of neurons on one logarithmic axis, a row for each range.
pub fn ranges(title: &str, subtitle: &str, rows: &[Range]) -> String {
    let bottom = TOP + 30.0 + ROW * rows.len() as f64;
    let mut drawn = head(bottom + 84.0, title, subtitle);
    let (least, most) = range(rows.iter().flat_map(|row| &row.marks).map(|(_, neurons, _)| *neurons), true);
    let right = 1110.0;
    let x_of = |value: f64| ROWS + (value - least) / (most - least) * (right - ROWS);
    let tick = step(most - least).max(1.0);
    let mut power = least;
    while power <= most + 1e-9 {
        let x = x_of(power);
        drawn.push_str(&format!(
            "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"{PALE}\"/>\n",
            TOP + 20.0
        ));
        drawn.push_str(&text(x, bottom + 26.0, 16, "middle", GREY, &power_of_ten(power)));
        power += tick;
    }
    drawn.push_str(&text((ROWS + right) / 2.0, bottom + 60.0, 17, "middle", GREY, "neurons"));
    let legend = [(Style::Shallow, "one hidden layer"), (Style::Deep, "as written"), (Style::Compiled, "compiled")];
    for (at, (style, name)) in legend.into_iter().enumerate() {
        let x = ROWS + 240.0 * at as f64;
        drawn.push_str(&style.shape(x + 10.0, TOP - 5.0));
        drawn.push_str(&text(x + 32.0, TOP, 17, "start", DARK, name));
    }
    for (at, row) in rows.iter().enumerate() {
        let y = TOP + 30.0 + ROW * (at as f64 + 0.5);
        drawn.push_str(&text(ROWS - 24.0, y + 6.0, 17, "end", DARK, &escaped(&shortened(&row.label, 26))));
        let ends = row.marks.iter().map(|(_, neurons, _)| x_of(*neurons));
        let (first, last) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        if first < last {
            drawn.push_str(&format!(
                "<line x1=\"{first:.1}\" y1=\"{y:.1}\" x2=\"{last:.1}\" y2=\"{y:.1}\" stroke=\"{GREY}\" \
                 stroke-width=\"2\"/>\n"
            ));
        }
        for (style, neurons, _) in &row.marks {
            drawn.push_str(&style.shape(x_of(*neurons), y));
        }
        // The numbers at both ends, inside the picture.
        let at_end = |end: f64| row.marks.iter().filter(move |(_, neurons, _)| x_of(*neurons) == end);
        if let Some((_, _, number)) = at_end(first).next_back() {
            let fits = first - ROWS > 24.0 + 9.0 * number.len() as f64;
            let (x, anchor) = if fits { (first - 18.0, "end") } else { (last + 18.0, "start") };
            if first == last || fits {
                drawn.push_str(&edged(x, y + 6.0, 15, anchor, &escaped(number)));
            }
        }
        if let (true, Some((_, _, number))) = (first < last, at_end(last).next_back()) {
            drawn.push_str(&edged(last + 18.0, y + 6.0, 15, "start", &escaped(number)));
        }
    }
    drawn + "</svg>\n"
}

/// Counts against a parameter, each with its law in the legend.
pub fn growth(title: &str, subtitle: &str, parameter: &str, curves: &[Curve]) -> String {
    let mut drawn = head(HEIGHT, title, subtitle);
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let vertical = range(points().map(|(_, count)| *count), true);
    let (first, last) = points()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(first, last), (value, _)| (first.min(*value), last.max(*value)));
    let (first, last) = match first.total_cmp(&last) {
        std::cmp::Ordering::Less => (first, last),
        std::cmp::Ordering::Equal => (first.min(0.0), first.max(1.0)),
        // No point at all.
        std::cmp::Ordering::Greater => (0.0, 1.0),
    };
    let x_of = |value: f64| LEFT + (value - first) / (last - first) * (RIGHT - LEFT - 30.0);
    let y_of = |value: f64| BOTTOM - (value - vertical.0) / (vertical.1 - vertical.0) * (BOTTOM - TOP);
    drawn.push_str(&vertical_axis(vertical, "count"));
    let tick = step(last - first).max(1.0);
    let mut value = (first / tick).ceil() * tick;
    while value <= last + 1e-9 {
        let x = x_of(value);
        drawn
            .push_str(&format!("<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{BOTTOM}\" stroke=\"{PALE}\"/>\n"));
        drawn.push_str(&text(x, BOTTOM + 26.0, 16, "middle", GREY, &format!("{value}")));
        value += tick;
    }
    drawn.push_str(&text((LEFT + RIGHT) / 2.0, BOTTOM + 60.0, 17, "middle", GREY, &escaped(parameter)));
    drawn.push_str(&format!(
        "<path d=\"M{LEFT} {TOP} V{BOTTOM} H{RIGHT}\" fill=\"none\" stroke=\"{DARK}\" stroke-width=\"1.5\"/>\n"
    ));
    // The legend in the order of the curves' ends, the highest first.
    let mut order: Vec<usize> = (0..curves.len()).collect();
    let end = |at: usize| curves[at].points.last().map_or(f64::NEG_INFINITY, |(_, count)| *count);
    order.sort_by(|&a, &b| end(b).total_cmp(&end(a)));
    let mut y = TOP + 4.0;
    for (rank, &at) in order.iter().enumerate() {
        let curve = &curves[at];
        // Later curves are thinner, so that one below another shows.
        let width = (7.0 - rank as f64).max(2.5);
        let colour = COLOURS[at % COLOURS.len()];
        let path: Vec<String> =
            curve.points.iter().map(|(value, count)| format!("{:.1} {:.1}", x_of(*value), y_of(*count))).collect();
        drawn.push_str(&format!(
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>\n",
            path.join(" L")
        ));
        for (value, count) in &curve.points {
            drawn.push_str(&format!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{colour}\"/>\n",
                x_of(*value),
                y_of(*count)
            ));
        }
        drawn.push_str(&format!(
            "<line x1=\"{LEGEND}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\" stroke-width=\"4\"/>\n",
            y - 6.0,
            LEGEND + 26.0,
            y - 6.0
        ));
        drawn.push_str(&text(LEGEND + 38.0, y, 17, "start", DARK, &escaped(&shortened(&curve.label, 40))));
        drawn.push_str(&text(LEGEND + 38.0, y + 22.0, 16, "start", GREY, &raised(&shortened(&curve.law, 44))));
        y += 58.0;
    }
    drawn + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_has_a_place_within_the_plot() {
        let mark = |label: &str, neurons: f64, error: Option<f64>| Mark {
            label: label.to_owned(),
            style: Style::Shallow,
            neurons,
            error,
            spread: None,
        };
        let marks = [mark("a < b", 2.0, Some(-3.0)), mark("exact", 1.0, None), mark("far", 9.6, Some(2.0))];
        let lines = [Line { label: "bound".to_owned(), neurons: 1.5 }];
        let drawn = errors("t & u", "s", &marks, &lines);
        assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>\n"));
        assert!(drawn.contains("a &lt; b") && drawn.contains("t &amp; u"));
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"));
        let empty = errors("t", "s", &[], &[]);
        assert!(!empty.contains("NaN") && !empty.contains("inf"));
        let one = Range { label: "a".to_owned(), marks: vec![(Style::Deep, 0.0, "1".to_owned())] };
        for rows in [vec![], vec![Range { label: "b".to_owned(), marks: vec![] }, one]] {
            let drawn = ranges("t", "s", &rows);
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
        let empty = growth("t", "s", "n", &[]);
        assert!(!empty.contains("NaN") && !empty.contains("inf"), "{empty}");
    }
}
