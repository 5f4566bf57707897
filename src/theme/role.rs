//! What a piece of the screen means, independent of how it is painted.

use std::fmt;

macro_rules! roles {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// A role: dotted names in theme files, one style each. Missing ones fall back along the dots.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in theme files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What it paints, as one sentence.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc,)+).trim_ascii_start(),)+
                }
            }
        }
    };
}

roles! {
    /// The ground that everything else is painted on.
    Screen = "screen",
    /// Ordinary text.
    Text = "text",
    /// Text of little weight: units, separators, what is only context.
    TextDim = "text.dim",
    /// Text that is read first.
    TextStrong = "text.strong",
    /// An address that can be opened.
    TextLink = "text.link",
    /// The line that names the fleet and its coverage.
    Header = "header",
    /// The program's name in the header.
    HeaderTitle = "header.title",
    /// The clock.
    HeaderClock = "header.clock",
    /// Who you are.
    HeaderOperator = "header.operator",
    /// The word READ-ONLY.
    HeaderReadonly = "header.readonly",
    /// The word for a session that may change things.
    HeaderWrite = "header.write",
    /// A pane's name in the line of panes.
    Tab = "tab",
    /// The pane that is shown.
    TabActive = "tab.active",
    /// A pane's name where something in it cannot be believed.
    TabAlert = "tab.alert",
    /// Frames and rules.
    Border = "border",
    /// The frame of the pane that has the keys.
    BorderFocused = "border.focused",
    /// A title inside a frame.
    BorderTitle = "border.title",
    /// The heading of a column.
    Column = "column",
    /// The heading of the column that rows are sorted by.
    ColumnSorted = "column.sorted",
    /// A row of a list.
    Row = "row",
    /// The row under the cursor.
    RowCursor = "row.cursor",
    /// The cursor's row while another pane has the keys.
    RowInactive = "row.inactive",
    /// A marked row.
    RowMarked = "row.marked",
    /// A row that is gone but still held in place.
    RowGone = "row.gone",
    /// The part of a row that the filter or the search matched.
    RowMatch = "row.match",
    /// Severity critical.
    SeverityCritical = "severity.critical",
    /// Severity high.
    SeverityHigh = "severity.high",
    /// Severity medium.
    SeverityMedium = "severity.medium",
    /// Severity low.
    SeverityLow = "severity.low",
    /// Severity info.
    SeverityInfo = "severity.info",
    /// The state NEW.
    StateNew = "state.new",
    /// The state ACK.
    StateAck = "state.ack",
    /// The state SNZ.
    StateSnoozed = "state.snoozed",
    /// The state CLEAR.
    StateClear = "state.clear",
    /// Any mark that has no role of its own.
    Mark = "mark",
    /// The mark of what is new since you looked.
    MarkNew = "mark.new",
    /// The mark of what got worse.
    MarkWorse = "mark.worse",
    /// The mark WIN.
    MarkWindow = "mark.window",
    /// The mark FLAP.
    MarkFlap = "mark.flap",
    /// The mark MUTED.
    MarkMuted = "mark.muted",
    /// The mark NO DATA.
    MarkNoData = "mark.no-data",
    /// The mark STALE.
    MarkStale = "mark.stale",
    /// The mark of a fold.
    MarkFold = "mark.fold",
    /// A feed that is fresh.
    FeedFresh = "feed.fresh",
    /// A feed that is late.
    FeedLate = "feed.late",
    /// A feed that loads for the first time.
    FeedLoading = "feed.loading",
    /// A feed whose service is not enabled.
    FeedOff = "feed.off",
    /// A feed that cannot be read.
    FeedBlind = "feed.blind",
    /// A total that may be higher: the sign before it and the number.
    CountUncertain = "count.uncertain",
    /// Something that has gone well.
    Good = "good",
    /// Something that has gone wrong.
    Bad = "bad",
    /// The line of keys at the bottom.
    Footer = "footer",
    /// A key in the footer, in help and in the palette.
    FooterKey = "footer.key",
    /// A line that is being typed.
    Input = "input",
    /// What stands before it.
    InputPrompt = "input.prompt",
    /// The part that is not understood.
    InputError = "input.error",
    /// What a completion would add.
    InputGhost = "input.ghost",
    /// A dialog, the palette and help: their ground and text.
    Overlay = "overlay",
    /// The frame of an overlay.
    OverlayBorder = "overlay.border",
    /// The title of an overlay.
    OverlayTitle = "overlay.title",
    /// The chosen line of an overlay.
    OverlayChosen = "overlay.chosen",
    /// The letters that a search in the palette matched.
    OverlayMatch = "overlay.match",
    /// What a dialog warns of.
    OverlayDanger = "overlay.danger",
    /// The name of a fact in the details.
    DetailLabel = "detail.label",
    /// The value of a fact in the details.
    DetailValue = "detail.value",
    /// A heading in the details.
    DetailHeading = "detail.heading",
    /// A key in raw JSON.
    JsonKey = "json.key",
    /// A string in raw JSON.
    JsonString = "json.string",
    /// A number, true, false or null in raw JSON.
    JsonLiteral = "json.literal",
    /// The moment of a log line.
    LogTime = "log.time",
    /// The group that a log line is from, in six colours that tell groups apart: the first.
    LogOrigin1 = "log.origin.1",
    /// The second.
    LogOrigin2 = "log.origin.2",
    /// The third.
    LogOrigin3 = "log.origin.3",
    /// The fourth.
    LogOrigin4 = "log.origin.4",
    /// The fifth.
    LogOrigin5 = "log.origin.5",
    /// The sixth.
    LogOrigin6 = "log.origin.6",
    /// A log line that says nothing works any more.
    LogFatal = "log.fatal",
    /// A log line that says something is wrong.
    LogError = "log.error",
    /// A log line that says something may be wrong.
    LogWarn = "log.warn",
    /// A log line for developers.
    LogDebug = "log.debug",
    /// Between log lines: gaps, seams, the moment at which an alarm fired.
    LogMark = "log.mark",
    /// What was looked for in log lines.
    LogFound = "log.found",
    /// A short message about what was done.
    ToastInfo = "toast.info",
    /// A short message about something to be careful with.
    ToastWarning = "toast.warning",
    /// A short message about what did not work.
    ToastError = "toast.error",
    /// A progress bar's done part and a chart's line.
    Chart = "chart",
    /// A chart's threshold.
    ChartThreshold = "chart.threshold",
}

impl Role {
    /// How many roles there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The role's own name, then its prefixes along the dots: `row.cursor`, `row`.
    pub fn scopes(self) -> impl Iterator<Item = &'static str> {
        let mut rest = Some(self.name());
        std::iter::from_fn(move || {
            let scope = rest?;
            rest = scope.rsplit_once('.').map(|(prefix, _)| prefix);
            Some(scope)
        })
    }

    /// Every name that a theme may style: the roles and the prefixes that they fall back to.
    #[must_use]
    pub fn scope_names() -> Vec<&'static str> {
        let mut names: Vec<_> = Self::ALL.iter().flat_map(|role| role.scopes()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The role that paints a severity.
    #[must_use]
    pub const fn of_severity(severity: crate::domain::Severity) -> Self {
        use crate::domain::Severity;
        match severity {
            Severity::Critical => Self::SeverityCritical,
            Severity::High => Self::SeverityHigh,
            Severity::Medium => Self::SeverityMedium,
            Severity::Low => Self::SeverityLow,
            Severity::Info => Self::SeverityInfo,
        }
    }

    /// The role that paints a feed's state.
    #[must_use]
    pub const fn of_feed(state: crate::domain::FeedState) -> Self {
        use crate::domain::FeedState;
        match state {
            FeedState::Fresh => Self::FeedFresh,
            FeedState::Late => Self::FeedLate,
            FeedState::Loading => Self::FeedLoading,
            FeedState::Off => Self::FeedOff,
            FeedState::Blind => Self::FeedBlind,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_numbered_in_order() {
        let names: std::collections::BTreeSet<_> = Role::ALL.iter().map(|r| r.name()).collect();
        assert_eq!(names.len(), Role::COUNT);
        for (index, role) in Role::ALL.iter().enumerate() {
            assert_eq!(*role as usize, index);
            assert!(role.help().ends_with('.'), "{role}");
        }
    }

    #[test]
    fn roles_fall_back_along_the_dots() {
        let scopes: Vec<_> = Role::MarkNoData.scopes().collect();
        assert_eq!(scopes, ["mark.no-data", "mark"]);
        assert!(Role::scope_names().contains(&"severity"));
    }
}
