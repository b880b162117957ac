//! A bar chart as SVG, fit for a slide: horizontal bars on a logarithmic axis.
//!
//! Text only: no scripts, no fonts beyond the generic ones, the same bytes for
//! the same bars. Counts reach from one to numbers with billions of digits, so
//! a first bar that would dwarf all others is drawn broken.

pub mod plot;

/// One bar.
#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    /// What it is the bar of.
    pub label: String,
    /// The decimal logarithm of its length; `None` for no bar.
    pub log10: Option<f64>,
    /// The number at its end.
    pub value: String,
    /// A remark after the number, such as the factor saved.
    pub remark: String,
    /// An index into a palette of four colours.
    pub colour: usize,
}

const WIDTH: f64 = 1280.0;
const LEFT: f64 = 40.0;
/// Where bars begin.
const ORIGIN: f64 = 392.0;
/// The longest bar; room for its number is left to the right.
const LONGEST: f64 = 600.0;
const TOP: f64 = 132.0;
const ROW: f64 = 62.0;
const THICKNESS: f64 = 34.0;
const COLOURS: [&str; 4] = ["#8a8f98", "#3b6ea8", "#2a9d8f", "#d9822b"];
const FONT: &str = "font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\"";

/// The beginning of a picture: its size, a title and a line below it.
fn head(height: f64, title: &str, subtitle: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" {FONT}>\n<title>{title}</title>\n<rect width=\"100%\" height=\"100%\" \
         fill=\"#ffffff\"/>\n<text x=\"{LEFT}\" y=\"56\" font-size=\"30\" font-weight=\"bold\" \
         fill=\"#1c1e21\">{title}</text>\n<text x=\"{LEFT}\" y=\"90\" font-size=\"19\" \
         fill=\"#55595f\">{subtitle}</text>\n",
        title = escaped(title),
        subtitle = escaped(subtitle),
    )
}

/// A chart with a title, a line below it, a label for the axis, and bars.
pub fn bar_chart(title: &str, subtitle: &str, axis: &str, bars: &[Bar]) -> String {
    let height = TOP + ROW * bars.len() as f64 + 84.0;
    let bottom = TOP + ROW * bars.len() as f64 + 4.0;
    let mut logs: Vec<f64> = bars.iter().filter_map(|bar| bar.log10).collect();
    let first = logs.first().copied().unwrap_or(0.0);
    let rest = logs.iter().skip(1).copied().fold(0.0, f64::max);
    // A first bar more than three times as long as the next is broken.
    let broken = logs.len() > 1 && rest > 0.0 && first > 3.0 * rest;
    if broken {
        logs[0] = 1.45 * rest;
    }
    let most = logs.iter().copied().fold(1.0, f64::max);
    let scale = LONGEST / most;
    let mut text = head(height, title, subtitle);
    // Lines at powers of ten; none under the end of a broken bar.
    let shown = if broken { rest.max(1.0) * 1.05 } else { most };
    let step = step(shown);
    let mut power = 0.0;
    while power <= shown + 1e-9 {
        let x = ORIGIN + power * scale;
        let colour = if power == 0.0 { "#1c1e21" } else { "#dcdfe4" };
        text.push_str(&format!(
            "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"{colour}\"/>\n",
            TOP - 14.0
        ));
        let label = match power {
            0.0 => "1".to_owned(),
            1.0 => "10".to_owned(),
            power => format!("10<tspan dy=\"-6\" font-size=\"12\">{power}</tspan>"),
        };
        text.push_str(&format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"16\" text-anchor=\"middle\" fill=\"#55595f\">{label}</text>\n",
            bottom + 24.0
        ));
        power += step;
    }
    text.push_str(&format!(
        "<text x=\"{ORIGIN}\" y=\"{:.1}\" font-size=\"16\" fill=\"#55595f\">{}</text>\n",
        bottom + 54.0,
        escaped(axis)
    ));
    for (at, bar) in bars.iter().enumerate() {
        let y = TOP + ROW * at as f64;
        let middle = y + THICKNESS / 2.0 + 6.0;
        let label = shortened(&bar.label, 36);
        text.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{middle:.1}\" font-size=\"18\" text-anchor=\"end\" fill=\"#1c1e21\">{}</text>\n",
            ORIGIN - 16.0,
            escaped(&label)
        ));
        let colour = COLOURS[bar.colour % COLOURS.len()];
        let is_broken = broken && at == 0;
        let length = match bar.log10 {
            None => 0.0,
            Some(_) if is_broken => 1.45 * rest * scale,
            // A count of one is a bar of length zero: a sliver shows it.
            Some(log10) => (log10 * scale).max(3.0),
        };
        text.push_str(&format!(
            "<rect x=\"{ORIGIN}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{THICKNESS}\" rx=\"2\" \
             fill=\"{colour}\"/>\n"
        ));
        if is_broken {
            let x = ORIGIN + 0.8 * length;
            text.push_str(&format!(
                "<path d=\"M{:.1} {:.1} L{:.1} {:.1} h14 L{:.1} {:.1} Z\" fill=\"#ffffff\"/>\n",
                x,
                y + THICKNESS + 3.0,
                x + 12.0,
                y - 3.0,
                x + 14.0,
                y + THICKNESS + 3.0
            ));
        }
        let remark = match bar.remark.as_str() {
            "" => String::new(),
            remark => {
                format!("<tspan dx=\"12\" font-weight=\"normal\" fill=\"#55595f\">{}</tspan>", with_powers(remark))
            }
        };
        text.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{middle:.1}\" font-size=\"18\" font-weight=\"bold\" fill=\"#1c1e21\" \
             stroke=\"#ffffff\" stroke-width=\"6\" paint-order=\"stroke\">{}{remark}</text>\n",
            ORIGIN + length + 10.0,
            with_powers(&bar.value)
        ));
    }
    text.push_str("</svg>\n");
    text
}

/// The distance of the lines of the axis: 1, 2 or 5 times a power of ten, for
/// at most ten lines.
fn step(most: f64) -> f64 {
    let mut step = 1.0;
    for factor in [2.0, 2.5, 2.0].iter().cycle().take(900) {
        if most / step <= 10.0 {
            break;
        }
        step *= factor;
    }
    step
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// Digits after `^` as a superscript.
fn with_powers(text: &str) -> String {
    let mut parts = text.split('^');
    let mut written = escaped(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (power, rest) = part.split_at(end);
        written.push_str(&format!("<tspan dy=\"-7\" font-size=\"13\">{power}</tspan>"));
        // What follows goes back to the line.
        let rest = if rest.is_empty() { "\u{200b}".to_owned() } else { escaped(rest) };
        written.push_str(&format!("<tspan dy=\"7\">{rest}</tspan>"));
    }
    written
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (most, expected) in [(1.0, 1.0), (10.0, 1.0), (11.0, 2.0), (45.0, 5.0), (99.0, 10.0), (3e11, 5e10)] {
            assert_eq!(step(most), expected, "{most}");
        }
    }
}
