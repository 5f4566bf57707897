use super::*;

const LIST: &[Layer] = &[Layer::List, Layer::Global];

fn own(text: &str) -> (Keymap, Vec<String>) {
    let mut library = library();
    library.add("own", "own.toml", text);
    let (keymap, problems) = Keymap::load(&library, "own", &Place::whole("--keymap"));
    (keymap, problems.iter().map(ToString::to_string).collect())
}

fn press(keymap: &Keymap, layers: &[Layer], chords: &str) -> String {
    match keymap.lookup(layers, &parse_sequence(chords).unwrap()) {
        Lookup::Found(binding) => binding.to_string(),
        Lookup::Prefix(next) => {
            let next: Vec<String> = next.iter().map(|c| c.chord.to_string()).collect();
            format!("… {}", next.join(" "))
        }
        Lookup::Nothing => "nothing".to_owned(),
    }
}

#[test]
fn every_shipped_keymap_loads_clean_and_says_what_it_is() {
    let library = library();
    assert!(library.names().contains(&DEFAULT));
    for name in library.names() {
        let (keymap, problems) = Keymap::load(&library, name, &Place::whole("test"));
        assert!(problems.is_empty(), "{name}: {problems:#?}");
        assert!(!keymap.description.is_empty(), "{name}");
    }
}

#[test]
fn the_default_keys_are_those_that_operators_were_promised() {
    let keymap = Keymap::shipped_default();
    for (chords, command) in [
        ("j", "row.next"),
        ("up", "row.previous"),
        ("g", "… b c g h o p r t v"),
        ("g g", "row.first"),
        ("G", "row.last"),
        ("ctrl-d", "row.half-down"),
        ("tab", "pane.next"),
        ("shift-tab", "pane.previous"),
        ("3", "pane.show 3"),
        ("enter", "row.details"),
        ("f", "pane.zoom"),
        (":", "palette.open"),
        ("?", "help.open"),
        ("/", "filter.open"),
        ("space", "mark.toggle"),
        ("-", "mark.clear"),
        ("!", "floor.choose"),
        ("0", "scope.all"),
        ("J", "row.raw"),
        (".", "view.looked"),
        ("q", "app.leave"),
        ("esc", "app.back"),
        ("x", "action.menu"),
        ("~", "nothing"),
    ] {
        assert_eq!(press(&keymap, LIST, chords), command, "{chords}");
    }
    assert_eq!(press(&keymap, &[Layer::Input], "j"), "nothing");
}

#[test]
fn own_keys_replace_the_default_ones_chord_by_chord() {
    let (keymap, problems) = own(
        "[list]\nx = 'mark.toggle'\n'g e' = 'row.last'\nj = false\n'ctrl-d' = ''\n[global]\n\
         q = { q = 'app.quit', w = 'app.leave' }\n",
    );
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(press(&keymap, LIST, "x"), "mark.toggle");
    assert_eq!(press(&keymap, LIST, "g"), "… b c e g h o p r t v");
    assert_eq!(press(&keymap, LIST, "g g"), "row.first");
    assert_eq!(press(&keymap, LIST, "j"), "nothing");
    assert_eq!(press(&keymap, LIST, "ctrl-d"), "nothing");
    assert_eq!(press(&keymap, LIST, "q"), "… q w");
    assert_eq!(press(&keymap, LIST, "q q"), "app.quit");
    assert_eq!(press(&keymap, LIST, "q x"), "nothing");
}

#[test]
fn what_a_layer_unbinds_means_nothing_below_it_either() {
    let (keymap, _) = own("[list]\nq = false\n");
    assert_eq!(press(&keymap, LIST, "q"), "nothing");
    assert_eq!(press(&keymap, &[Layer::Global], "q"), "app.leave");
}

#[test]
fn the_popup_gathers_what_may_follow_from_all_layers() {
    let (keymap, problems) = own("[global]\n'g n' = 'pane.next'\n'g g' = 'app.quit'\n");
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(press(&keymap, LIST, "g"), "… b c g h n o p r t v");
    assert_eq!(
        press(&keymap, LIST, "g g"),
        "row.first",
        "the inner layer first"
    );
    assert_eq!(press(&keymap, LIST, "g n"), "pane.next");
    let Lookup::Prefix(next) = keymap.lookup(LIST, &[Chord::char('g')]) else {
        panic!("a prefix");
    };
    let to =
        |next: &Continuation<'_>| matches!(next.leads, Leads::To(b) if &*b.command == "row.first");
    assert_eq!(next.iter().filter(|next| to(next)).count(), 1);
}

#[test]
fn none_below_means_none_below() {
    let (keymap, problems) = own("inherits = 'none'\n[global]\nq = 'app.quit'\n");
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(keymap.bindings().len(), 1);
}

#[test]
fn mistakes_are_told_with_their_place_and_the_rest_counts() {
    let (keymap, problems) = own(
        "inherit = 'none'\n[lits]\nj = 'row.next'\n[list]\n'ctrl-spce' = 'row.next'\n\
         'ctrl-x' = 'row.next'\n'C-x' = 'row.last'\n'z z' = 'row.first'\n'z' = 'row.last'\n\
         'm' = 'row.last'\n'm m' = 'row.first'\nw = 'row'\ne = 5\n'ctrl-i' = 'row.next'\nx = 'mark.all'\n",
    );
    assert_eq!(
        problems,
        [
            "own.toml:1:1: there is no layer `inherit`; did you mean `inherits`?",
            "own.toml:2:2: there is no layer `lits`; did you mean `list`?",
            "own.toml:5:1: there is no key `spce`; did you mean `ctrl-space`?",
            "own.toml:7:1: `ctrl-x` is bound twice in the layer `list`; the first one counts",
            "own.toml:9:1: `z` would hide `z z` in the layer `list`; it is left out",
            "own.toml:11:1: `m m` can never be pressed: `m` is bound in the layer `list` and comes first",
            "own.toml:12:5: `row` is not a command: they are called noun.verb",
            "own.toml:13:5: a key is bound to a command in quotes, or to false for nothing; this is a number",
            "own.toml:14:1: most terminals send `ctrl-i` as `tab`, so it cannot be bound",
        ]
    );
    assert_eq!(press(&keymap, LIST, "x"), "mark.all");
    assert_eq!(press(&keymap, LIST, "j"), "row.next");
}

#[test]
fn an_unknown_keymap_means_the_default_and_a_problem() {
    let (keymap, problems) = Keymap::load(&library(), "vmi", &Place::whole("NOCTOP_KEYMAP"));
    assert_eq!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["NOCTOP_KEYMAP: there is no keymap `vmi`; did you mean `vim`?"]
    );
    assert_eq!(press(&keymap, LIST, "j"), "row.next");
}

#[test]
fn commands_lead_back_to_their_keys_the_shortest_first() {
    let keymap = Keymap::shipped_default();
    let keys = |command: &str| -> Vec<String> {
        let found = keymap.chords_for(LIST, command);
        found.into_iter().map(sequence).collect()
    };
    assert_eq!(keys("row.next"), ["j", "down"]);
    assert_eq!(keys("row.first"), ["home", "g g"]);
    assert_eq!(keys("pane.show 3"), ["3"]);
    assert_eq!(keys("pane.show").len(), 12);
    assert_eq!(keys("pane.sho"), Vec::<String>::new());
    let (keymap, _) = own("[list]\nq = 'mark.all'\n");
    let hidden = keymap.chords_for(LIST, "app.leave");
    assert_eq!(
        hidden.into_iter().map(sequence).collect::<Vec<_>>(),
        ["ctrl-c"]
    );
}

#[test]
fn unknown_commands_become_problems_where_they_were_bound() {
    let (keymap, _) = own("[list]\nj = 'row.nxt'\n");
    let mut known: Vec<&str> = keymap.names().map(|(name, _)| name).collect();
    known.retain(|name| *name != "row.nxt");
    let problems = keymap.unknown_commands(&known);
    assert_eq!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["own.toml:2:5: there is no command `row.nxt`; did you mean `row.next`?"]
    );
}

#[test]
fn a_command_that_acts_may_not_stand_on_an_accidental_chord() {
    let (keymap, _) = own("[list]\nA = 'row.copy-id'\n'ctrl-t' = 'mark.all'\na = 'mark.all'\n");
    let problems = keymap.accidents(|name| name == "mark.all");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].place.line, 3);
}

mod merges {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// A few chords, so that sequences often begin alike.
    fn sequences() -> impl Strategy<Value = BTreeMap<String, Option<u8>>> {
        let one = proptest::sample::select(vec!["a", "b", "ctrl-c", "space"]);
        let chords = proptest::collection::vec(one, 1..4).prop_map(|c| c.join(" "));
        proptest::collection::btree_map(chords, proptest::option::of(0u8..9), 0..6)
    }

    fn file(inherits: &str, bindings: &BTreeMap<String, Option<u8>>) -> String {
        bindings.iter().fold(
            format!("inherits = '{inherits}'\n[list]\n"),
            |text, (chords, leaf)| match leaf {
                Some(n) => text + &format!("'{chords}' = 'row.n{n}'\n"),
                None => text + &format!("'{chords}' = false\n"),
            },
        )
    }

    /// Whether one of the two begins the other.
    fn collide(a: &str, b: &str) -> bool {
        let (a, b) = (format!("{a} "), format!("{b} "));
        a.starts_with(&b) || b.starts_with(&a)
    }

    proptest! {
        #[test]
        fn what_stands_above_always_wins_and_leaves_the_rest(below in sequences(), above in sequences()) {
            let mut library = Library::default();
            library.add("below", "below.toml", &file("none", &below));
            library.add("above", "above.toml", &file("below", &above));
            let place = Place::whole("test");
            let (alone, _) = Keymap::load(&library, "below", &place);
            let (merged, problems) = Keymap::load(&library, "above", &place);
            let hidden = |chords: &String| {
                problems.iter().any(|p| &*p.place.file == "above.toml" && p.message.starts_with(&format!("`{chords}` ")))
            };
            for (chords, leaf) in above.iter().filter(|(c, _)| !hidden(c)) {
                let wanted = leaf.map_or("nothing".to_owned(), |n| format!("row.n{n}"));
                prop_assert_eq!(press(&merged, &[Layer::List], chords), wanted);
            }
            for chords in below.keys().filter(|c| !above.keys().any(|a| collide(a, c))) {
                let layers = &[Layer::List];
                let before = press(&alone, layers, chords);
                if !before.starts_with('…') {
                    prop_assert_eq!(press(&merged, layers, chords), before);
                }
            }
            for bound in merged.bindings() {
                prop_assert_eq!(
                    merged.lookup(&[bound.layer], &bound.chords),
                    Lookup::Found(&bound.binding)
                );
            }
        }
    }
}
