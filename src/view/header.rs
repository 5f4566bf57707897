//! The two lines that tell the state of the world and never scroll away.

use crate::domain::text::{age, plural};
use crate::domain::{FeedState, Severity};
use crate::lifecycle::State;
use crate::model::{Area, Hit, Model, Reach};
use crate::panes::cells::{self, severity_role};
use crate::panes::fact;
use crate::panes::feeds_role;
use crate::store::Coverage;
use crate::theme::Role;

use super::paint::{Paint, Span, span, spans_width};

/// From this width on the lines are written out.
const WIDE: u16 = 110;

pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, area: Area) {
    paint.ground(area, Role::Header);
    let coverage = &model.coverage.all;
    first(
        model,
        coverage,
        paint,
        Area::new(area.x, area.y, area.width, 1),
    );
    if area.height > 1 {
        second(
            model,
            &model.coverage.counted,
            paint,
            Area::new(area.x, area.y + 1, area.width, 1),
        );
    }
}

fn first(model: &Model, coverage: &Coverage, paint: &mut Paint<'_>, line: Area) {
    let wide = line.width >= WIDE;
    let right = who(model, wide);
    let from = paint.spans_right(
        Area::new(line.x, line.y, line.width.saturating_sub(1), 1),
        &right,
    );
    let mut left = vec![span(" noctop ", Role::HeaderTitle)];
    let accounts = model.roster().len();
    let regions = model.vocabulary.regions.len();
    let name = if model.session.fleet.is_empty() {
        String::new()
    } else {
        format!(" {}", model.session.fleet)
    };
    let looked = if model.lens.accounts.is_empty() {
        accounts
    } else {
        model.lens.accounts.len()
    };
    let looked_regions = if model.lens.regions.is_empty() {
        regions
    } else {
        model.lens.regions.len()
    };
    let narrowed = looked != accounts || looked_regions != regions;
    let part = if narrowed {
        Role::HeaderReadonly
    } else {
        Role::Header
    };
    if accounts == 0 {
        left.push(span(format!("{name} accounts unread"), Role::FeedBlind));
    } else if wide {
        left.push(span(name, Role::Header));
        let (of_accounts, of_regions) = (of(looked, accounts), of(looked_regions, regions));
        left.push(span(
            format!(
                " · {of_accounts} account{} × {of_regions} region{}",
                plural(accounts),
                plural(regions)
            ),
            part,
        ));
    } else {
        left.push(span(name, Role::Header));
        left.push(span(
            format!(" {}×{}", of(looked, accounts), of(looked_regions, regions)),
            part,
        ));
    }
    let feeds = feeds(coverage, &model.coverage.seen, wide);
    let left_width = spans_width(&left);
    let feeds_width = spans_width(&feeds);
    let room = from.saturating_sub(line.x);
    paint.spans(Area::new(line.x, line.y, room.saturating_sub(1), 1), &left);
    if left_width + feeds_width + 2 <= room {
        let gap = (room - left_width - feeds_width) / 2;
        let place = Area::new(line.x + left_width + gap, line.y, feeds_width, 1);
        paint.hit(place, Hit::Command("pane.show", "feeds"));
        paint.spans(place, &feeds);
    } else {
        // Blindness has to be seen at every width: it takes the place of the fleet's name.
        let width = feeds_width.min(room.saturating_sub(9));
        paint.spans(Area::new(line.x + room - width, line.y, width, 1), &feeds);
    }
}

fn of(looked: usize, all: usize) -> String {
    if looked == all {
        all.to_string()
    } else {
        format!("{looked}/{all}")
    }
}

fn who(model: &Model, wide: bool) -> Vec<Span<'static>> {
    let clock = if wide && !model.session.sparing {
        "%H:%M:%SZ"
    } else {
        "%H:%MZ"
    };
    let mut spans = vec![
        span(
            model.now.to_jiff().strftime(clock).to_string(),
            Role::HeaderClock,
        ),
        span(" ", Role::Header),
    ];
    if let Some(since) = model.frozen {
        spans.push(span(
            format!("FROZEN {} ", age(model.now.since(since))),
            Role::ToastWarning,
        ));
    }
    if model.session.demo {
        spans.push(span("DEMO ", Role::HeaderReadonly));
    }
    spans.push(span(
        format!("{} ", model.acting.who.owner),
        Role::HeaderOperator,
    ));
    match &model.acting.reach {
        Reach::Local => spans.push(span("LOCAL ", Role::HeaderReadonly)),
        Reach::LocalOnly(_) => spans.push(span("LOCAL ONLY ", Role::ToastWarning)),
        Reach::Broken(_) => spans.push(span("NO LEDGER ", Role::ToastError)),
        Reach::Opening | Reach::Shared => {}
    }
    spans.push(match (model.session.read_only, wide) {
        (true, true) => span("READ-ONLY", Role::HeaderReadonly),
        (true, false) => span("RO", Role::HeaderReadonly),
        (false, true) => span("WRITE", Role::HeaderWrite),
        (false, false) => span("RW", Role::HeaderWrite),
    });
    spans
}

pub(super) fn feeds(coverage: &Coverage, seen: &Coverage, wide: bool) -> Vec<Span<'static>> {
    if coverage.feeds == 0 {
        return vec![span("FEEDS none yet", Role::FeedLoading)];
    }
    let counts = [
        (coverage.fresh, FeedState::Fresh),
        (coverage.late, FeedState::Late),
        (coverage.loading, FeedState::Loading),
        (coverage.blind, FeedState::Blind),
        (coverage.off, FeedState::Off),
    ];
    let mut spans = if wide {
        vec![span(format!("FEEDS {}: ", coverage.feeds), Role::Header)]
    } else {
        vec![span(
            format!("FEEDS {}/{}", coverage.fresh, coverage.feeds),
            Role::Header,
        )]
    };
    let mut first = wide;
    for (count, state) in counts {
        if count == 0 || (!wide && matches!(state, FeedState::Fresh | FeedState::Off)) {
            continue;
        }
        if !first {
            spans.push(span(if wide { " · " } else { " " }, Role::TextDim));
        }
        first = false;
        // The totals beside it speak for what is looked at alone; that something else is blind is said all the same.
        let place = if wide && state == FeedState::Blind && seen.blind == 0 {
            " elsewhere"
        } else {
            ""
        };
        spans.push(span(
            format!("{count} {}{place}", state.word()),
            feeds_role(state),
        ));
    }
    spans
}

fn second(model: &Model, coverage: &Coverage, paint: &mut Paint<'_>, line: Area) {
    let wide = line.width >= WIDE;
    let partial = coverage.is_partial();
    let mut left = vec![span(" ", Role::Header)];
    for severity in Severity::ALL.iter().filter(|s| **s != Severity::Info) {
        let count = model.open.severity(*severity);
        let glyph = if model.session.ascii {
            severity.ascii()
        } else {
            severity.glyph()
        };
        let sign = at_least(partial, model.session.ascii);
        let word = if wide {
            format!(" {severity}")
        } else {
            String::new()
        };
        let role = if count > 0 {
            severity_role(*severity)
        } else {
            Role::TextDim
        };
        left.push(span(
            format!(
                "{glyph} {sign}{count}{word}{}",
                if wide { "  " } else { " " }
            ),
            role,
        ));
    }
    let right = news(model, wide);
    let from = paint.spans_right(
        Area::new(line.x, line.y, line.width.saturating_sub(1), 1),
        &right,
    );
    let news = Area::new(from, line.y, (line.x + line.width).saturating_sub(from), 1);
    paint.hit(news, Hit::Command("view.since", ""));
    let end = paint.spans(
        Area::new(line.x, line.y, from.saturating_sub(line.x), 1),
        &left,
    );
    let counts = Area::new(line.x, line.y, end.saturating_sub(line.x), 1);
    paint.hit(counts, Hit::Command("floor.choose", ""));
    let oldest = oldest(model, wide);
    let room = from.saturating_sub(end + 4);
    if room >= 20 {
        paint.spans(Area::new(end + 2, line.y, room, 1), &oldest);
    }
}

/// The sign before a total that blind feeds may make larger.
pub(super) const fn at_least(partial: bool, ascii: bool) -> &'static str {
    match (partial, ascii) {
        (false, _) => "",
        (true, false) => "≥",
        (true, true) => ">=",
    }
}

fn oldest(model: &Model, wide: bool) -> Vec<Span<'static>> {
    let Some(row) = model.open.first().and_then(|id| model.store.row(id)) else {
        return Vec::new();
    };
    if row.state() != State::New {
        return Vec::new();
    }
    let severity = row.severity();
    let glyph = if model.session.ascii {
        severity.ascii()
    } else {
        severity.glyph()
    };
    let item = row.item();
    vec![
        span(
            if wide { "oldest unacked " } else { "oldest " },
            Role::TextDim,
        ),
        span(
            format!("{glyph} {}", cells::since(item.opened, model.now)),
            severity_role(severity),
        ),
        span(
            format!(
                " {} {}",
                model.roster().name(row.key().scope.account),
                if wide {
                    fact::what(item)
                } else {
                    item.name.to_string()
                }
            ),
            Role::Header,
        ),
    ]
}

fn news(model: &Model, wide: bool) -> Vec<Span<'static>> {
    let news = model.store.since_look();
    let mut spans = Vec::new();
    let (up, gone) = if model.session.ascii {
        ("^", "-")
    } else {
        ("↑", "✓")
    };
    for (count, sign, word, role) in [
        (news.new, "*", " new", Role::MarkNew),
        (news.worse, up, " worse", Role::MarkWorse),
        (news.gone, gone, " gone", Role::TextDim),
    ] {
        if count > 0 {
            spans.push(span(
                format!("  {sign}{count}{}", if wide { word } else { "" }),
                role,
            ));
        }
    }
    spans
}
