//! The plots of drift over time, as SVG that stands in a page. Colours and the words' are the
//! page's own where a style says so: attributes of SVG give way to it.

use std::ops::Range;

use jiff::civil::Date;
use plotters::prelude::*;

use crate::trend::{Day, Total};

/// How wide a plot is, in pixels; a page makes it narrower where it must.
const WIDTH: u32 = 800;

/// The colours of orgs in drift and of those without an answer; the page says their names.
const DRIFTED: RGBColor = RGBColor(0xd9, 0x82, 0x2b);
const SILENT: RGBColor = RGBColor(0x3f, 0x88, 0xb8);

/// How many labels an axis has at most.
const LABELS: usize = 8;

/// How many orgs had drifted, and how many gave no answer, day by day; none where it cannot be
/// drawn.
pub(super) fn days(days: &[Day]) -> Option<String> {
    let numbers: Vec<(i32, &Day)> =
        days.iter().filter_map(|day| Some((number(&day.day)?, day))).collect();
    let (first, last) = (numbers.first()?.0, numbers.last()?.0);
    let most = days.iter().map(|day| day.drifted.max(day.silent)).max()?.max(1);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, 260)).into_drawing_area();
        // One day alone has a width too.
        let range: Range<i32> = first..last.max(first + 1);
        let mut chart = ChartBuilder::on(&area)
            .margin(8)
            // The last day's name is wider than its place.
            .margin_right(44)
            .x_label_area_size(28)
            .y_label_area_size(44)
            .build_cartesian_2d(range, 0..most)
            .ok()?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(LABELS)
            .y_labels(most.min(LABELS) + 1)
            .x_label_formatter(&|number| day_of(*number))
            .label_style(("sans-serif", 14))
            .draw()
            .ok()?;
        for is_drift in [false, true] {
            let colour = if is_drift { DRIFTED } else { SILENT };
            let of = |day: &Day| if is_drift { day.drifted } else { day.silent };
            let points = || numbers.iter().map(|(number, day)| (*number, of(day)));
            chart.draw_series(LineSeries::new(points(), colour.stroke_width(3))).ok()?;
            let dots = points().map(|point| Circle::new(point, 4, colour.filled()));
            chart.draw_series(dots).ok()?;
        }
        area.present().ok()?;
    }
    Some(svg)
}

/// How often each step drifted, by its number in the list below.
pub(super) fn steps(totals: &[Total]) -> Option<String> {
    let most = totals.iter().map(|total| total.drifts).max()?;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, 220)).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(8)
            .x_label_area_size(28)
            .y_label_area_size(44)
            .build_cartesian_2d((1..totals.len()).into_segmented(), 0..most)
            .ok()?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(totals.len())
            .y_labels(most.min(LABELS) + 1)
            .x_label_formatter(&|segment| match segment {
                SegmentValue::CenterOf(number) => number.to_string(),
                _ => String::new(),
            })
            .label_style(("sans-serif", 14))
            .draw()
            .ok()?;
        let bars = totals.iter().zip(1..).map(|(total, number)| (number, total.drifts));
        let bars = Histogram::vertical(&chart).style(DRIFTED.filled()).margin(6).data(bars);
        chart.draw_series(bars).ok()?;
        area.present().ok()?;
    }
    Some(svg)
}

/// The day that counts are from.
const ZERO: Date = jiff::civil::date(2000, 1, 1);

/// A day as a number.
fn number(day: &str) -> Option<i32> {
    let day: Date = day.parse().ok()?;
    Some(day.since((jiff::Unit::Day, ZERO)).ok()?.get_days())
}

/// A number as a day.
fn day_of(number: i32) -> String {
    let day = ZERO.checked_add(jiff::Span::new().days(number));
    day.map(|day| day.to_string()).unwrap_or_default()
}
