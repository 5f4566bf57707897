//! Everything the console knows, as plain data. Changed only by `app::update`, read by `view::draw`.
//!
//! ```text
//! Model ── store, roster                the facts
//!       ├─ panes, active, scope         what is looked at
//!       ├─ overlay, input, chords       what is being asked
//!       ├─ details, toast, frozen       how it is shown
//!       └─ session, theme, keymap       who looks, and with what
//! ```

pub mod acting;
pub mod action;
pub mod area;
pub mod attention;
pub mod change;
pub mod closer;
pub mod details;
pub mod effect;
pub mod fit;
pub mod form;
pub mod heat;
pub mod hit;
pub mod input;
pub mod lines;
pub mod logs;
pub mod metric;
mod open;
pub mod overlay;
pub mod page;
pub mod pane;
pub mod query;
pub mod raw;
mod recorder;
pub mod runbooks;
pub mod saved;
pub mod trail;
pub mod visits;
pub mod wall;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::clock::Timestamp;
use crate::domain::{AccountId, ItemKey, Region, Roster, Severity};
use crate::filter::{Completion, Filter, Vocabulary};
use crate::keymap::{Chord, Keymap, Layer};
use crate::panes::link::Portal;
use crate::panes::{self, Lists, link};
use crate::store::projection::{Folding, Include, Projection, Query};
use crate::store::{Changes, Row, Store};
use crate::theme::{Ground, Theme};

pub use acting::{Acting, Reach, Undo};
pub use action::{Action, RowKey};
pub use area::{Area, Areas, DetailsView};
pub use attention::Attention;
pub use change::Changing;
pub use effect::{Effect, Effects, Gathering, Gesture, Outcome, Told, Written};
pub use heat::Heat;
pub use hit::Hit;
pub use input::InputLine;
pub use logs::Logs;
pub use open::{Covered, Open};
pub use overlay::{Choice, ChoiceEntry, Overlay, Palette, PaletteEntry, Purpose, RawBody};
pub use pane::{Hold, Pane, Rows};
pub use query::Queries;
pub use recorder::Recorder;
pub use runbooks::Runbooks;
pub use saved::SavedView;
pub use trail::Trail;
pub use visits::{Visit, Visits};
pub use wall::{Pulse, Wall};

/// How long the details wait before they follow the cursor: a held key draws the list only.
pub const DETAILS_REST: Duration = Duration::from_millis(80);

/// How long a message stays in the footer.
pub const TOAST_FOR: Duration = Duration::from_secs(6);

/// Who looks and how; fixed for the session.
#[derive(Clone, Debug)]
pub struct Session {
    /// The name of the fleet in the header.
    pub fleet: Arc<str>,
    /// The name of the operator who began it; who acts now is told by [`Acting`].
    pub operator: Arc<str>,
    /// Whether this is the embedded demo.
    pub demo: bool,
    /// Whether nothing may be changed.
    pub read_only: bool,
    /// Whether only ASCII can be shown.
    pub ascii: bool,
    /// Whether what leads to a page is told to the terminal as a link.
    pub links: bool,
    /// Through which portal pages of the AWS console are opened.
    pub portal: Option<Portal>,
    /// Whether as little as possible is drawn, for a slow line.
    pub sparing: bool,
    /// On whose clock local times are told.
    pub zone: TimeZone,
}

/// A message in the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// One sentence.
    pub text: Arc<str>,
    /// Whether it is a refusal or a failure.
    pub tone: Tone,
    /// Until when it stays.
    pub until: Timestamp,
}

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Done,
    /// Something was refused or went wrong.
    Refused,
}

/// The details of a row.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Whether and how they are shown.
    pub view: DetailsView,
    /// Which row they show; follows the cursor after [`DETAILS_REST`].
    pub shown: Option<RowKey>,
    /// When they follow the cursor, if it has moved.
    pub follow_at: Option<Timestamp>,
    /// First line shown.
    pub scroll: usize,
}

impl Details {
    /// The item that they show, if it is one.
    #[must_use]
    pub fn item(&self) -> Option<&ItemKey> {
        match &self.shown {
            Some(RowKey::Item(key)) if self.view != DetailsView::Closed => Some(key),
            _ => None,
        }
    }
}

/// The filter line while it is open.
#[derive(Clone, Debug)]
pub struct FilterInput {
    /// What is being typed.
    pub line: InputLine,
    /// The filter as it was before, for `Esc`.
    pub before: Arc<str>,
    /// What is wrong with it, and where (byte range).
    pub error: Option<(std::ops::Range<usize>, Arc<str>)>,
    /// How the word under the cursor could go on.
    pub completion: Completion,
    /// Where in the history the line stands.
    pub recalled: Option<usize>,
}

/// What decides about the theme beside the configuration, and the themes while one is chosen.
#[derive(Clone, Debug, Default)]
pub struct Themes {
    /// What the terminal said that it writes on.
    pub ground: Option<Ground>,
    /// The one that was chosen for this session.
    pub chosen: Option<Arc<str>>,
    /// All of them.
    pub all: Vec<Theme>,
    /// The one that was painted with before.
    pub before: Option<Theme>,
}

/// What of the fleet is looked at, on every pane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lens {
    /// Only these accounts; all where empty.
    pub accounts: BTreeSet<AccountId>,
    /// Only these regions; all where empty.
    pub regions: BTreeSet<Region>,
    /// Nothing below this severity.
    pub floor: Option<Severity>,
}

/// Everything the console knows.
#[derive(Debug)]
pub struct Model {
    /// The facts.
    pub store: Store,
    /// The fleet's names, for completion.
    pub vocabulary: Vocabulary,
    /// Every item that asks for attention, whatever the panes filter: what the header counts.
    pub open: Open,
    /// How much of everything, and of each pane, is read.
    pub coverage: Covered,
    /// Who looks and how.
    pub session: Session,
    /// Who writes into the ledger, and what is on its way there.
    pub acting: Acting,
    /// What is being changed in AWS, and what was.
    pub changing: Changing,
    /// Runbooks, and what runs of them.
    pub runbooks: Runbooks,
    /// What is read of logs.
    pub logs: Logs,
    /// What Logs Insights is asked.
    pub queries: Queries,
    /// What is told of the item that is looked at closer.
    pub closers: closer::Closers,
    /// What CloudTrail is asked.
    pub trail: Trail,
    /// What goes into the history.
    pub recorder: Recorder,
    /// Colours.
    pub theme: Theme,
    /// The themes while one is chosen.
    pub themes: Themes,
    /// Views that the configuration saves.
    pub views: Arc<[SavedView]>,
    /// Keys.
    pub keymap: Keymap,
    /// The panes, in the order of [`panes::ALL`].
    pub panes: Vec<Pane>,
    /// Which pane is shown.
    pub active: usize,
    /// Which pane was brought up to date last: it alone is in order.
    pub settled: Option<usize>,
    /// The pane that was shown before and is a home: where stepping out of another leads.
    pub tab: usize,
    /// What calls an operator who looks elsewhere.
    pub attention: Attention,
    /// That data arrives.
    pub pulse: Pulse,
    /// What the wall shows, where the console is one.
    pub wall: Option<Wall>,
    /// What is open where.
    pub heat: Heat,
    /// Where the operator has been.
    pub visits: Visits,
    /// Whether the pane has the screen for itself.
    pub zoomed: bool,
    /// What of the fleet is looked at.
    pub lens: Lens,
    /// From how many alike rows on a storm is one line; 0 folds nothing.
    pub storm: usize,
    /// The details.
    pub details: Details,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// The filter line while it is open.
    pub filtering: Option<FilterInput>,
    /// Filters used in this session, newest last.
    pub filters: Vec<Arc<str>>,
    /// The chords of an unfinished sequence.
    pub chords: Vec<Chord>,
    /// Since when the rows are frozen, if they are.
    pub frozen: Option<Timestamp>,
    /// The message in the footer.
    pub toast: Option<Toast>,
    /// The screen's columns and rows.
    pub size: (u16, u16),
    /// The present, as of the last message.
    pub now: Timestamp,
    /// When the overlay was put up; keys typed before it was drawn do not answer it.
    pub overlay_drawn: bool,
    /// When each operator was last at a console, as far as that is known.
    pub looks: BTreeMap<Arc<str>, Timestamp>,
    /// When a key was pressed last.
    pub pressed: Option<Timestamp>,
}

impl Model {
    /// A console that knows nothing yet.
    #[must_use]
    pub fn new(
        store: Store,
        session: Session,
        theme: Theme,
        keymap: Keymap,
        now: Timestamp,
    ) -> Self {
        let panes = panes::ALL
            .iter()
            .map(|spec| Pane {
                spec,
                rows: match spec.lists {
                    Lists::Feeds => Rows::Feeds(Vec::new()),
                    Lists::Runs => Rows::Runs(Vec::new()),
                    Lists::Accounts => Rows::Accounts(Vec::new()),
                    Lists::Logs | Lists::Query => Rows::Text,
                    Lists::Open(_) | Lists::Every(_) => {
                        Rows::Items(Box::new(Projection::new(Query::default())))
                    }
                },
                filter: Arc::from(""),
                order: spec.order.to_vec(),
                hidden: BTreeSet::new(),
                folding: spec.folding(),
                cursor: None,
                index: 0,
                offset: 0,
                hold: Hold::Top,
                displaced: None,
                marked: BTreeSet::new(),
                anchor: None,
                held: false,
            })
            .collect();
        let mut model = Self {
            vocabulary: vocabulary(store.roster()),
            store,
            open: Open::new(),
            coverage: Covered::default(),
            acting: Acting::new(&session.operator, "", ""),
            changing: Changing::default(),
            runbooks: Runbooks::default(),
            logs: Logs::default(),
            queries: Queries::default(),
            trail: Trail::default(),
            recorder: Recorder::default(),
            session,
            theme,
            keymap,
            panes,
            active: 0,
            settled: None,
            tab: 0,
            themes: Themes::default(),
            views: Arc::from([]),
            closers: closer::Closers::default(),
            attention: Attention::default(),
            pulse: Pulse::default(),
            wall: None,
            heat: Heat::default(),
            visits: Visits::default(),
            zoomed: false,
            lens: Lens::default(),
            storm: panes::STORM,
            details: Details::default(),
            overlay: None,
            filtering: None,
            filters: Vec::new(),
            chords: Vec::new(),
            frozen: None,
            toast: None,
            size: (80, 24),
            now,
            overlay_drawn: false,
            looks: BTreeMap::new(),
            pressed: None,
        };
        model.ask_all_again();
        model
    }

    /// Time has passed.
    pub fn pass(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
        self.acting.pass(self.now);
    }

    /// From here on somebody else is at this console. Nothing that was begun under the name before is left for them to
    /// end by accident. What began since they were last here is new to them; where that is not known, everything counts as seen.
    pub fn hand_over(&mut self, operator: &str) {
        let before = Arc::clone(&self.acting.who.owner.operator);
        self.looks.insert(before, self.now);
        let last = self.looks.get(operator).copied();
        self.acting.hand_over(operator);
        for pane in &mut self.panes {
            pane.marked.clear();
            pane.anchor = None;
        }
        let changes = self.store.look_as(last, self.now);
        self.note(&changes);
        // `owner:mine` means somebody else now.
        self.ask_all_again();
    }

    /// When each operator was last here: whoever is at the console now, when they pressed a key last.
    #[must_use]
    pub fn last_looks(&self) -> BTreeMap<Arc<str>, Timestamp> {
        let mut looks = self.looks.clone();
        if let Some(at) = self.pressed {
            looks.insert(Arc::clone(&self.acting.who.owner.operator), at);
        }
        looks
    }

    /// The pane that is shown, and what it is narrowed to.
    #[must_use]
    pub fn here(&self) -> Visit {
        Visit {
            pane: self.active,
            filter: Arc::clone(&self.pane().filter),
        }
    }

    /// The pane that is shown.
    #[must_use]
    pub fn pane(&self) -> &Pane {
        &self.panes[self.active]
    }

    /// The pane that is shown, to change it.
    pub fn pane_mut(&mut self) -> &mut Pane {
        &mut self.panes[self.active]
    }

    /// Where things stand on the screen now.
    #[must_use]
    pub fn areas(&self) -> Areas {
        area::arrange(self.size.0, self.size.1, self.details.view, self.zoomed)
    }

    /// Where log lines go in the list's area: below the histogram, where there is room for one.
    #[must_use]
    pub fn log_list(&self, area: Area) -> Area {
        let has_bars = self.logs.viewer.as_ref().is_some_and(|viewer| viewer.bars);
        let above = u16::from(has_bars && area.height >= 10);
        Area::new(area.x, area.y + above, area.width, area.height - above)
    }

    /// The address of an item's page in the AWS console.
    #[must_use]
    pub fn console_page(&self, key: &ItemKey) -> Option<String> {
        let item = self.row(key)?.item();
        link::console(item, self.session.portal.as_ref())
    }

    /// Where the rows of a query go in the list's area.
    #[must_use]
    pub fn query_rows(&self, area: Area) -> Area {
        query::rows(self, area)
    }

    /// Where the lines of the details go: their area without its margin, heading and foot.
    #[must_use]
    pub fn details_place(&self) -> Area {
        let areas = self.areas();
        let (area, beside) = (areas.details, areas.details_rule.width == 1);
        let (above, below) = if beside { (2, 1) } else { (0, 0) };
        Area::new(
            area.x + 1,
            area.y + above,
            area.width.saturating_sub(2),
            area.height.saturating_sub(above + below),
        )
    }

    /// Whether the details have the place of the list, so that movement keys scroll them.
    #[must_use]
    pub fn reads_details(&self) -> bool {
        self.details.view != DetailsView::Closed && self.areas().list.height == 0
    }

    /// Shows a message in the footer.
    pub fn say(&mut self, tone: Tone, text: impl Into<Arc<str>>) {
        self.toast = Some(Toast {
            text: text.into(),
            tone,
            until: self.now.plus(TOAST_FOR),
        });
    }

    /// Shows what is wrong in files that were read at the start.
    pub fn warn(&mut self, first: &str, more: usize) {
        let rest = if more == 0 {
            String::new()
        } else {
            format!(" (and {more} more: `noctop config check` lists them)")
        };
        self.say(Tone::Refused, format!("{first}{rest}"));
    }

    /// Puts something over the panes.
    pub fn show(&mut self, overlay: Overlay) {
        self.overlay = Some(overlay);
        self.overlay_drawn = false;
    }

    /// Makes a pane's query anew from its filter, its order and the lens. A filter that cannot be read leaves the
    /// query as it was.
    pub fn ask_again(&mut self, at: usize) {
        let pane = &mut self.panes[at];
        let Rows::Items(projection) = &mut pane.rows else {
            // Feeds and runs are looked through anew whenever they are not held still.
            pane.held = false;
            return;
        };
        let Ok(filter) = Filter::parse(&pane.filter) else {
            return;
        };
        projection.ask(Query {
            kinds: pane.spec.lists.kinds().to_vec(),
            include: if matches!(pane.spec.lists, Lists::Open(_)) {
                Include::Open
            } else {
                Include::Known
            },
            filter: filter.meant_by(&self.acting.who.owner.operator),
            floor: self.lens.floor,
            accounts: self.lens.accounts.iter().copied().collect(),
            regions: self.lens.regions.iter().copied().collect(),
            sort: pane.order.clone(),
            fold: match &pane.folding {
                Folding::Storms(_) => Folding::Storms(self.storm),
                other => other.clone(),
            },
        });
    }

    /// Makes every pane's query anew.
    pub fn ask_all_again(&mut self) {
        self.open.ask(&self.lens);
        self.coverage.is_stale = true;
        for at in 0..self.panes.len() {
            self.ask_again(at);
        }
    }

    /// The row of an item, if it is still there.
    #[must_use]
    pub fn row(&self, key: &ItemKey) -> Option<&Row> {
        self.store.find(key).and_then(|id| self.store.row(id))
    }

    /// The accounts.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        self.store.roster()
    }

    /// What to press for a command in these layers, the shortest first, as text.
    #[must_use]
    pub fn chords(&self, layers: &[Layer], command: &str) -> Vec<String> {
        let label = |chords: &[Chord]| {
            let labels: Vec<_> = chords.iter().map(|c| c.label(self.session.ascii)).collect();
            labels.join(" ")
        };
        self.keymap
            .chords_for(layers, command)
            .into_iter()
            .map(label)
            .collect()
    }

    /// Takes in what the fleet looks like now.
    pub fn learn(&mut self, roster: Roster) {
        self.vocabulary = vocabulary(&roster);
        let changes = self.store.set_roster(Arc::new(roster), self.now);
        self.note(&changes);
    }

    /// Tells everything that is derived from the store what changed there.
    pub fn note(&mut self, changes: &Changes) {
        if changes.is_empty() {
            return;
        }
        self.coverage.is_stale |= changes.coverage;
        self.recorder.note(&self.store, changes, self.now);
        self.attention.note(changes);
        if let Some(wall) = &mut self.wall {
            wall.note(&self.store, changes, self.now);
        }
        self.open.note(&self.store, changes);
        for pane in &mut self.panes {
            if let Rows::Items(projection) = &mut pane.rows {
                projection.note(&self.store, changes);
            }
        }
    }

    /// The next moment at which something changes without a message from outside.
    #[must_use]
    pub fn next_deadline(&self) -> Timestamp {
        // The clock in the header ticks every second; nothing finer than that is due but the resting cursor.
        [self.details.follow_at, self.store.next_deadline()]
            .into_iter()
            .flatten()
            .fold(self.next_second(), Timestamp::min)
            .max(self.now)
    }

    /// When the clock in the header goes on.
    #[must_use]
    pub fn next_second(&self) -> Timestamp {
        Timestamp::from_secs(self.now.as_secs() + 1)
    }
}

/// The names that a filter can be completed with.
fn vocabulary(roster: &Roster) -> Vocabulary {
    let regions: BTreeSet<_> = roster
        .iter()
        .flat_map(|a| &a.regions)
        .map(ToString::to_string)
        .collect();
    let tags: BTreeSet<_> = roster
        .iter()
        .flat_map(|a| &a.tags)
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    Vocabulary {
        accounts: roster.iter().map(|a| a.name.to_string()).collect(),
        regions: regions.into_iter().collect(),
        tags: tags.into_iter().collect(),
        products: Vec::new(),
    }
}
