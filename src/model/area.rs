//! Where things stand on the screen: one pure function of the size, used for drawing and for scrolling alike.
//!
//! ```text
//! ┌ header (2) ──────────────┐   80×24: details take the body over
//! │ tabs (1)                 │   from 30 rows: details below the list
//! │ rule (1)                 │   from 180 columns: details beside the list
//! │ list            │details │
//! │ footer or input (1)      │
//! └──────────────────────────┘
//! ```

/// The smallest screen on which the console can be arranged; below it says so instead of drawing garbage.
pub const SMALLEST: (u16, u16) = (40, 10);

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Column of its left edge.
    pub x: u16,
    /// Row of its upper edge.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// A rectangle.
    #[must_use]
    pub const fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }

    /// Whether the cell at this column and row is inside.
    #[must_use]
    pub const fn contains(&self, x: u16, y: u16) -> bool {
        x >= self.x
            && x < self.x.saturating_add(self.width)
            && y >= self.y
            && y < self.y.saturating_add(self.height)
    }

    /// A centred rectangle of at most this size.
    #[must_use]
    pub const fn centred(&self, width: u16, height: u16) -> Self {
        let width = if width < self.width {
            width
        } else {
            self.width
        };
        let height = if height < self.height {
            height
        } else {
            self.height
        };
        Self::new(
            self.x + (self.width - width) / 2,
            self.y + (self.height - height) / 2,
            width,
            height,
        )
    }
}

/// Whether the details of a row are shown, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DetailsView {
    /// Not at all.
    #[default]
    Closed,
    /// Beside or below the list, following the cursor.
    Beside,
    /// Instead of the list, to read and scroll.
    Full,
}

/// The rectangles of one screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// Two lines that tell the state of the world.
    pub header: Area,
    /// The panes' names.
    pub tabs: Area,
    /// The line between the tabs and the list: the pane's filter and order.
    pub rule: Area,
    /// The rows, without the column heads.
    pub list: Area,
    /// The column heads; empty where there is no room.
    pub heads: Area,
    /// The line above or beside the details.
    pub details_rule: Area,
    /// The details; empty when closed.
    pub details: Area,
    /// Keys, input line, messages.
    pub footer: Area,
}

impl Areas {
    /// The list with its heads, for panes that have none.
    #[must_use]
    pub const fn whole_list(&self) -> Area {
        Area::new(
            self.list.x,
            self.heads.y,
            self.list.width,
            self.heads.height + self.list.height,
        )
    }
}

/// From this width on details stand beside the list.
const BESIDE_FROM: u16 = 180;
/// From this height on details stand below the list; on smaller screens they take its place.
const BELOW_FROM: u16 = 30;

/// Whether a screen has room for the list and the details at once.
#[must_use]
pub const fn has_room_beside(width: u16, height: u16) -> bool {
    width >= BESIDE_FROM || height >= BELOW_FROM
}

/// Arranges a screen. Every rectangle lies inside it; those without room are empty.
#[must_use]
pub fn arrange(width: u16, height: u16, details: DetailsView, zoomed: bool) -> Areas {
    let header_rows = if zoomed { 1 } else { 2 };
    let tabs_rows = u16::from(!zoomed);
    let header = Area::new(0, 0, width, header_rows.min(height));
    let tabs = Area::new(
        0,
        header.height,
        width,
        tabs_rows.min(height.saturating_sub(header.height)),
    );
    let top = header.height + tabs.height;
    let footer = Area::new(0, height.saturating_sub(1), width, u16::from(height > top));
    let rule = Area::new(0, top, width, u16::from(height > top + 1));
    let body = Area::new(
        0,
        top + rule.height,
        width,
        height.saturating_sub(top + rule.height + footer.height),
    );
    let mut areas = Areas {
        header,
        tabs,
        rule,
        footer,
        ..Areas::default()
    };
    let details = if details == DetailsView::Beside && !has_room_beside(width, height) {
        DetailsView::Full
    } else {
        details
    };
    let list = match details {
        DetailsView::Closed => body,
        DetailsView::Full => {
            areas.details = body;
            areas.details_rule = rule;
            Area::new(body.x, body.y, body.width, 0)
        }
        DetailsView::Beside if width >= BESIDE_FROM => {
            let list_width = width * 3 / 5;
            areas.details_rule = Area::new(list_width, body.y, 1, body.height);
            areas.details = Area::new(list_width + 2, body.y, width - list_width - 2, body.height);
            // A blank between the last column and the line beside it.
            Area::new(0, body.y, list_width - 1, body.height)
        }
        DetailsView::Beside => {
            let details_height = (body.height * 2 / 5)
                .max(8)
                .min(body.height.saturating_sub(5));
            let list_height = body.height - details_height - 1;
            areas.details_rule = Area::new(0, body.y + list_height, width, 1);
            areas.details = Area::new(0, body.y + list_height + 1, width, details_height);
            Area::new(0, body.y, width, list_height)
        }
    };
    // Column heads cost a row; a small screen has none to spare, and its columns explain themselves.
    let heads_rows = u16::from(height >= BELOW_FROM && list.height > 3);
    areas.heads = Area::new(list.x, list.y, list.width, heads_rows);
    areas.list = Area::new(
        list.x,
        list.y + heads_rows,
        list.width,
        list.height - heads_rows,
    );
    areas
}

/// Where overlays lie: between the header, which has to stay in sight, and the footer.
#[must_use]
pub const fn below_header(width: u16, height: u16) -> Area {
    Area::new(0, 2, width, height.saturating_sub(3))
}

/// The inside of a frame: its border and a blank at both sides are not for text.
#[must_use]
pub const fn in_frame(frame: Area) -> Area {
    Area::new(
        frame.x + 2,
        frame.y + 1,
        frame.width.saturating_sub(4),
        frame.height.saturating_sub(2),
    )
}

/// Cells beside an overlay that is there to be read; a narrow screen has none to spare.
const BESIDE_TEXT: u16 = 4;

/// The frame around a text that is there to be read: as large as the screen allows.
#[must_use]
pub const fn text_frame(width: u16, height: u16) -> Area {
    let room = below_header(width, height);
    let spare = if width < 100 { 0 } else { BESIDE_TEXT };
    room.centred(room.width.saturating_sub(spare), room.height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_is_arranged_outside_the_screen_or_on_top_of_another(
            width in 0u16..500, height in 0u16..200, details in 0..3, zoomed in any::<bool>()
        ) {
            let details = [DetailsView::Closed, DetailsView::Beside, DetailsView::Full][details as usize];
            let a = arrange(width, height, details, zoomed);
            let mut cells = std::collections::HashSet::new();
            for area in [a.header, a.tabs, a.list, a.heads, a.details, a.footer] {
                prop_assert!(area.x + area.width <= width && area.y + area.height <= height, "{area:?}");
                for y in area.y..area.y + area.height {
                    if area.width > 0 {
                        prop_assert!(cells.insert((y, area.x)), "two things share row {y}: {area:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_jump_host_keeps_eighteen_rows_for_the_list() {
        assert!(arrange(80, 24, DetailsView::Closed, false).list.height >= 18);
    }

    #[test]
    fn details_take_the_place_of_the_list_only_where_there_is_no_room() {
        assert_eq!(arrange(80, 24, DetailsView::Beside, false).list.height, 0);
        assert!(arrange(120, 40, DetailsView::Beside, false).list.height >= 15);
        assert!(arrange(200, 60, DetailsView::Beside, false).details.x > 100);
    }
}
